"""Commands on the license. One that makes no sense in its state says why."""

from typing import TYPE_CHECKING

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, Palette, Redraw

if TYPE_CHECKING:
    from kconsole.tui.screens.license import LicenseScreen


class _OnLicense(Command["LicenseScreen"]):
    group = "License"

    @classmethod
    def why_not(cls, target: "LicenseScreen") -> str:
        """Why it makes no sense now; empty if it does. Safe to show."""
        return target.why_not(cls.name)

    @classmethod
    def is_of_use(cls, target: "LicenseScreen") -> bool:
        """Whether it makes sense as the license stands."""
        return not cls.why_not(target)

    @classmethod
    def run(cls, target: "LicenseScreen") -> None:
        """Do it, or say why it makes no sense."""
        if why := cls.why_not(target):
            target.tell(why)
        else:
            cls.act(target)

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Do it."""
        raise NotImplementedError(cls.name)


class _OnChange(_OnLicense):
    changes = True


class Trial(_OnChange):
    """Begin the trial of 30 days, after asking."""

    name, keys, title, word = "license-trial", "t", "License: begin the trial", "trial"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then begin it."""
        target.begin_trial()


class Register(_OnChange):
    """Register the license to a customer, or change that. Only the last four characters of its ID are kept."""

    name, keys, title, word = "license-register", "r", "License: register it, change the registration", "register"

    @classmethod
    def is_of_use(cls, target: "LicenseScreen") -> bool:
        """Whether it is not registered yet."""
        return target.session.state.license.registered_at is None

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask for the details."""
        target.register()


class Activate(_OnChange):
    """Activate the license on this installation, after asking."""

    name, keys, title, word = "license-activate", "a", "License: activate it here", "activate"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then activate it."""
        target.activate()


class Arrived(_OnChange):
    """Record that what was bought has arrived: it changes the license. What it changes is shown first."""

    name, keys, title, word = "license-arrived", "U", "License: what was bought has arrived", "it arrived"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then change it."""
        target.receive_update()


class CalledOff(_OnChange):
    """Record that what was bought will not arrive, after asking."""

    name, keys, title, word = "license-called-off", "X", "License: what was bought will not arrive", "cancel"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then expect it no more."""
        target.cancel_update()


class Buy(_OnChange):
    """Record that seats or components were bought: they are due within 24 hours."""

    name, keys, title, word = "license-buy", "b", "License: seats or components were bought", "buy"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask what was bought."""
        target.buy()


class Components(_OnLicense):
    """Show which accounts use the components or exceed their seats; license one, or change its seats and days."""

    name, keys, title, word = "license-components", "c", "License: its components", "components"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Show them."""
        target.open_components()


class TermsByHand(_OnChange):
    """Change seats and days by hand, as after a renewal. What that would mean is shown first."""

    name, keys, title, word = "license-terms", "e", "License: seats and days by hand", "seats, days"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask what is otherwise."""
        target.change_terms()


class Install(_OnChange):
    """Install a license file of the server (license.key). What would change is shown first; no signature is checked."""

    name, keys, title, word = "license-install", "i", "License: install a license file", "install"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask which file."""
        target.install()


class LicenseUndo(_OnChange):
    """Undo the last change of this session, if it was one to the license; if there is none, ask about your last one."""

    name, keys, title, word = "license-undo", "u", "License: undo the last change", "undo"

    @classmethod
    def is_of_use(cls, target: "LicenseScreen") -> bool:
        """Whether the last deed of this session was one on the license."""
        return target.workspace.undoing.last is not None and not cls.why_not(target)

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Take it back."""
        target.undo_last()


class LicenseBack(_OnLicense):
    """Back to the accounts."""

    name, keys, title, word = "license-back", "escape,q,l", "License: back", "back"

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Return."""
        target.dismiss(None)


LICENSE_COMMANDS: tuple[AnyCommand, ...] = (
    Trial,
    Register,
    Activate,
    Buy,
    Arrived,
    CalledOff,
    Components,
    TermsByHand,
    Install,
    LicenseUndo,
    Palette,
    Redraw,
    Help,
    LicenseBack,
)
