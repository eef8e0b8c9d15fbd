"""Commands on the license. Those that make no sense as it stands say why."""

from typing import TYPE_CHECKING

from kconsole.licensing.lifecycle import COMPONENT_WORDS, bought_words
from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, Palette, Redraw

if TYPE_CHECKING:
    from kconsole.tui.screens.license import LicenseScreen


class _OnLicense(Command["LicenseScreen"]):
    group = "License"

    @classmethod
    def why_not(cls, target: "LicenseScreen") -> str:
        """Why it makes no sense now; empty if it does. Safe to show."""
        del target
        return ""

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
    def why_not(cls, target: "LicenseScreen") -> str:
        """There is a license, or there has been a trial."""
        license_ = target.session.state.license
        if license_.registered_at is not None or license_.activated_at is not None:
            return "A license is registered here: there is no trial any more."
        if license_.trial_until is not None:
            return f"The trial has begun already; its last day is {license_.trial_until.isoformat()}."
        return ""

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then begin it."""
        target.begin_trial()


class Register(_OnChange):
    """Register the license to a customer, or change whom it is registered to. Of its ID only the last four are kept."""

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
    def why_not(cls, target: "LicenseScreen") -> str:
        """It is not registered, is activated, or has expired."""
        license_ = target.session.state.license
        if license_.registered_at is None:
            return f"The license is not registered: there is nothing to activate. Press {target.key_of(Register.name)}."
        if license_.activated_at is not None:
            return f"It was activated on {license_.activated_at.date().isoformat()} already."
        if target.session.license_status.is_expired:
            return f"The license has expired: renew it and press {target.key_of(Install.name)} to install its file."
        return ""

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then activate it."""
        target.activate()


class Arrived(_OnChange):
    """Record that what was bought has arrived: it changes the license. What it changes is shown first."""

    name, keys, title, word = "license-arrived", "U", "License: what was bought has arrived", "it arrived"

    @classmethod
    def why_not(cls, target: "LicenseScreen") -> str:
        """Nothing is on its way."""
        if target.session.state.license.update is None:
            return "Nothing was bought that could arrive."
        return ""

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then change it."""
        target.receive_update()


class CalledOff(_OnChange):
    """Record that what was bought will not come, after asking."""

    name, keys, title, word = "license-called-off", "X", "License: what was bought will not come", "call off"

    @classmethod
    def why_not(cls, target: "LicenseScreen") -> str:
        """Nothing is on its way."""
        if target.session.state.license.update is None:
            return "Nothing was bought that could be called off."
        return ""

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask, then expect it no more."""
        target.cancel_update()


class Buy(_OnChange):
    """Record that seats or components were bought: they are due within 24 hours."""

    name, keys, title, word = "license-buy", "b", "License: seats or components were bought", "buy"

    @classmethod
    def why_not(cls, target: "LicenseScreen") -> str:
        """It is not registered, something is on its way, or there is nothing to buy."""
        license_ = target.session.state.license
        if license_.registered_at is None:
            key = target.key_of(Register.name)
            return f"The license is not registered: nothing can be bought for it. Press {key}."
        if license_.update is not None:
            arrived, called_off = target.key_of(Arrived.name), target.key_of(CalledOff.name)
            bought = bought_words(license_.update)
            return f"{bought} on the way: {arrived} if it arrived, {called_off} to call it off."
        if license_.seats is None and len(license_.components) == len(COMPONENT_WORDS):
            return "There is nothing to buy: seats without limit, and all components are licensed."
        return ""

    @classmethod
    def act(cls, target: "LicenseScreen") -> None:
        """Ask what was bought."""
        target.buy()


class Components(_OnLicense):
    """Show who uses the components and who is beyond their seats; license one, or change its seats and days."""

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
    """Take back the last deed of this session, if it was one on the license; if there is none, ask about your last."""

    name, keys, title, word = "license-undo", "u", "License: undo the last deed", "undo"

    @classmethod
    def is_of_use(cls, target: "LicenseScreen") -> bool:
        """Whether the last deed of this session was one on the license."""
        return target.workspace.undoing.last is not None and not cls.why_not(target)

    @classmethod
    def why_not(cls, target: "LicenseScreen") -> str:
        """The last deed was one on accounts, which are not in sight here."""
        step = target.workspace.undoing.last
        if step is None or any(change.table == "license" for change in step.commit.changes):
            return ""
        return f"The last deed was '{step.what}', on accounts: take it back in their list."

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
