"""Commands on the license. One that makes no sense in its state says why."""

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, Palette, Redraw


class LicenseCommand(Command):
    """A command of the License screen."""

    group = "License"
    prefix = "license-"


class Trial(LicenseCommand):
    """Begin the trial of 30 days, after a confirmation."""

    name, keys, title, word = "license-trial", "N", "License: begin the trial", "trial"
    operation = "begin trial"


class Register(LicenseCommand):
    """Register the license to a customer, or change that. Only the last four characters of its ID are kept."""

    name, keys, title, word = "license-register", "B", "License: register it, change the registration", "register"
    synonyms = "customer owner id"
    operation = "register license"


class Activate(LicenseCommand):
    """Activate the license on this installation, after a confirmation."""

    name, keys, title, word = "license-activate", "A", "License: activate it here", "activate"
    operation = "activate license"


class Arrived(LicenseCommand):
    """Record that the purchase has arrived. What changes in the license is shown first."""

    name, keys, title, word = "license-arrived", "U", "License: the purchase has arrived", "it arrived"
    operation = "update license"


class CancelPurchase(LicenseCommand):
    """Cancel the pending purchase, after a confirmation."""

    name, keys, title, word = "license-called-off", "X", "License: cancel the purchase", "cancel"
    operation = "cancel update"


class Buy(LicenseCommand):
    """Record that seats or components were bought: they are due within 24 hours."""

    name, keys, title, word = "license-buy", "b", "License: seats or components were bought", "buy"
    synonyms = "renew order purchase more"
    operation = "buy"


class Components(LicenseCommand):
    """Show which accounts use the components or exceed their seats; license one, or change its seats and days."""

    name, keys, title, word = "license-components", "o", "License: its components", "components"
    synonyms = "antivirus activesync antispam why"


class TermsByHand(LicenseCommand):
    """Change seats and dates by hand, as after a renewal. The effect is shown first."""

    name, keys, title, word = "license-terms", "D", "License: seats and days by hand", "seats, days"
    synonyms = "renew renewal maintenance extend expiry"
    operation = "change license"


class Install(LicenseCommand):
    """Install a license file (license.key). The changes are shown first; its signature is not checked."""

    name, keys, title, word = "license-install", "i", "License: install a license file", "install"
    synonyms = "renew key file import"
    operation = "install license"


class Renewal(LicenseCommand):
    """Show how many seats the next renewal needs, and without which accounts a smaller license would do."""

    name, keys, title, word = "license-renewal", "dollar_sign", "License: the next renewal", "renewal"
    synonyms = "renew cost price money seats fewer smaller forecast budget"


class Price(LicenseCommand):
    """Record what a seat costs for a year. Reports and the renewal compute with it."""

    name, keys, title = "license-price", "percent_sign", "License: what a seat costs"
    synonyms = "cost money currency euro amount"
    operation = "set price"


class LicenseUndo(LicenseCommand):
    """Undo the last change of this session, if it was one to the license; if there is none, ask about your last one."""

    name, keys, title, word = "license-undo", "u", "License: undo the last change", "undo"
    needs = "undo"
    changes = True


class LicenseBack(LicenseCommand):
    """Back to the accounts."""

    name, keys, title, word = "license-back", "escape,q,l", "License: back", "back"


_ON_LICENSE = (
    Trial,
    Register,
    Activate,
    Buy,
    Arrived,
    CancelPurchase,
    Components,
    TermsByHand,
    Install,
    Price,
    LicenseUndo,
)

LICENSE_COMMANDS: tuple[AnyCommand, ...] = (*_ON_LICENSE, Renewal, Palette, Redraw, Help, LicenseBack)
