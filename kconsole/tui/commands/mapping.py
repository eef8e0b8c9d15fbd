"""Commands on mapped domains, and on the preview of a mapping."""

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class _MappingCommand(Command):
    group = "Mapping"
    prefix = "map-"


class Preview(_MappingCommand):
    """Read the directory of the domain, and preview the mapping. This changes nothing."""

    name, keys, title, word = "map-preview", "enter", "Mapping: read the directory, and preview", "preview"
    operation = "map"
    changes = False


class TestConnection(_MappingCommand):
    """Test the connection: whether the directory answers, how its certificate was checked, how many users it has."""

    name, keys, title, word = "map-test", "p", "Mapping: test the connection", "test"
    needs = "map"


class Settings(_MappingCommand):
    """Set the directory that the domain is mapped from, and how to connect to it."""

    name, keys, title, word = "map-settings", "m", "Mapping: settings of the directory", "settings"
    operation = "set directory"


class Forget(_MappingCommand):
    """Forget the directory of the domain. Its accounts do not change."""

    name, keys, title, word = "map-forget", "F", "Mapping: forget the directory", "forget"
    operation = "forget directory"


class UndoMapping(_MappingCommand):
    """Undo the last change of this session: a mapping as a whole, or settings."""

    name, keys, title, word = "map-undo", "u", "Mapping: undo the last change", "undo"
    needs = "undo"
    changes = True


class DomainsBack(_MappingCommand):
    """Back to the accounts."""

    name, keys, title, word = "map-back", "escape,q,M", "Mapping: back", "back"


class _PreviewCommand(Command):
    group = "Preview"
    prefix = "plan-"


class Apply(_PreviewCommand):
    """Map all users, after a confirmation that warns if the license will be exceeded."""

    name, keys, title, word = "plan-apply", "A", "Preview: map all of it", "apply"
    operation = "map"


class ToggleGone(_PreviewCommand):
    """Disable the accounts that are gone from the directory, or leave them enabled."""

    name, keys, title, word = "plan-gone", "d", "Preview: disable gone accounts, or keep them", "those gone"


class WholeRow(_PreviewCommand):
    """Show the whole text of the row."""

    name, keys, title, word = "plan-row", "enter", "Preview: the whole row", "all of it"


class PreviewBack(_PreviewCommand):
    """Back to the domains; nothing changes."""

    name, keys, title, word = "plan-back", "escape,q", "Preview: back", "back"


_ON_MAPPINGS = (Preview, TestConnection, Settings, Forget, UndoMapping)
MAPPING_COMMANDS: tuple[AnyCommand, ...] = (*_ON_MAPPINGS, Palette, Redraw, Help, DomainsBack)
PREVIEW_COMMANDS: tuple[AnyCommand, ...] = (Apply, ToggleGone, WholeRow, Palette, NextTheme, Redraw, Help, PreviewBack)
