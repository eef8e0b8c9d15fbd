"""Commands on the domains that are mapped from directories, and on the preview of mapping one."""

from typing import TYPE_CHECKING

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw

if TYPE_CHECKING:
    from kconsole.tui.screens.mapping import MappingScreen
    from kconsole.tui.screens.mapping_preview import PreviewScreen


class _OnDomains(Command["MappingScreen"]):
    group = "Mapping"


class Preview(_OnDomains):
    """Read the directory of the domain, and show what mapping it would do. Nothing is changed by that."""

    name, keys, title, word = "map-preview", "enter", "Mapping: read the directory, and preview", "preview"
    operation = "map"

    @classmethod
    def run(cls, target: "MappingScreen") -> None:
        """Ask for the password where one is needed, then read."""
        target.preview()


class TestConnection(_OnDomains):
    """Test the connection: whether the directory answers, who checked its certificate, how many users it shows."""

    name, keys, title, word = "map-test", "t", "Mapping: test the connection", "test"

    @classmethod
    def run(cls, target: "MappingScreen") -> None:
        """Ask for the password where one is needed, then ask the directory."""
        target.test()


class Settings(_OnDomains):
    """Say which directory the domain is mapped from, and how it is reached."""

    name, keys, title, word = "map-settings", "e", "Mapping: settings of the directory", "settings"
    changes = True

    @classmethod
    def run(cls, target: "MappingScreen") -> None:
        """Ask for them."""
        target.edit()


class Forget(_OnDomains):
    """Map the domain from no directory any more. Its accounts stay as they are."""

    name, keys, title, word = "map-forget", "f", "Mapping: forget the directory", "forget"
    changes = True

    @classmethod
    def run(cls, target: "MappingScreen") -> None:
        """Ask, then forget it."""
        target.forget()


class UndoMapping(_OnDomains):
    """Take back the last deed of this session: a mapping as a whole, or settings."""

    name, keys, title, word = "map-undo", "u", "Mapping: undo the last deed", "undo"
    changes = True

    @classmethod
    def is_of_use(cls, target: "MappingScreen") -> bool:
        """Whether there is a deed of this session to take back."""
        return target.workspace.undoing.last is not None

    @classmethod
    def run(cls, target: "MappingScreen") -> None:
        """Take it back."""
        target.undo_last()


class DomainsBack(_OnDomains):
    """Back to the accounts."""

    name, keys, title, word = "map-back", "escape,q,M", "Mapping: back", "back"

    @classmethod
    def run(cls, target: "MappingScreen") -> None:
        """Return."""
        target.dismiss(None)


class _OnPreview(Command["PreviewScreen"]):
    group = "Preview"


class Apply(_OnPreview):
    """Map all of it, after asking; past the license too, which the question then says."""

    name, keys, title, word = "plan-apply", "a", "Preview: map all of it", "apply"
    operation = "map"
    changes = True

    @classmethod
    def run(cls, target: "PreviewScreen") -> None:
        """Ask, then map."""
        target.apply()


class ToggleGone(_OnPreview):
    """Disable the accounts that are gone from the directory, or let them stay as they are."""

    name, keys, title, word = "plan-gone", "x", "Preview: disable those who are gone, or not", "those gone"

    @classmethod
    def is_available(cls, target: "PreviewScreen") -> bool:
        """Whether somebody is gone."""
        return bool(target.plan.gone)

    @classmethod
    def run(cls, target: "PreviewScreen") -> None:
        """Change from one to the other, and show what it comes to."""
        target.toggle_gone()


class WholeRow(_OnPreview):
    """Show the whole text of the row."""

    name, keys, title, word = "plan-row", "enter", "Preview: the whole row", "all of it"

    @classmethod
    def run(cls, target: "PreviewScreen") -> None:
        """Show it."""
        target.show_row()


class PreviewBack(_OnPreview):
    """Back to the domains; nothing is taken."""

    name, keys, title, word = "plan-back", "escape,q", "Preview: back", "back"

    @classmethod
    def run(cls, target: "PreviewScreen") -> None:
        """Return."""
        target.go_back()


MAPPING_COMMANDS: tuple[AnyCommand, ...] = (
    Preview,
    TestConnection,
    Settings,
    Forget,
    UndoMapping,
    Palette,
    Redraw,
    Help,
    DomainsBack,
)

PREVIEW_COMMANDS: tuple[AnyCommand, ...] = (
    Apply,
    ToggleGone,
    WholeRow,
    Palette,
    NextTheme,
    Redraw,
    Help,
    PreviewBack,
)
