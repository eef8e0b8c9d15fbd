"""Sentences about the license: classifications, states, warnings, causes of differences, operations, license files."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from kconsole.text.sentences.base import Both, Template
from kconsole.text.words import COMPONENT_WORDS, and_list, are, count, with_article

Params = Mapping[str, Any]

RULES: Final = {
    "builtin-admin": "The built-in administrator has no mailbox and takes no seat.",
    "mailing-list": "Mailing lists take no seat.",
    "resource": "Resources (rooms and equipment) take no seat.",
    "alias": "An alias is a further address of an account and takes no seat.",
    "disabled": "A disabled account takes no seat, wherever it came from. It keeps its mail and cannot log in.",
    "directory-mapped": "An enabled account mapped from a directory service takes a seat, connected or not.",
    "other-server": "An account on another server of a distributed domain takes its seat there, and none here.",
    "imported": "An enabled account imported from a domain takes a seat.",
    "local": "An enabled account created on this server takes a seat, even if it has administrator rights.",
    "held": "A deleted account no longer counts, but its seat is held until the server is restarted.",
}
"""The rules behind classifications, by their codes."""


class State(NamedTuple):
    """A state of the license in words."""

    word: str
    meaning: str
    allows: str
    next: str
    urgent: str = ""
    """What has stopped, as a clause; empty if nothing has."""


_NO_MAIL: Final = "mail stops and no user can log in to a mailbox"
_SUSPENDED: Final = f"all functions are suspended, {_NO_MAIL}"

STATES: Final = {
    "unregistered": State(
        "not recorded",
        "Neither a license nor a trial is recorded in this store.",
        "Not known, as no license is recorded. Seats are counted all the same.",
        "Register the license or install its file here, to be warned before it ends.",
    ),
    "trial": State(
        "trial",
        "The server runs as a trial of 30 days.",
        "All functions, until the trial ends.",
        "Buy a license and register it before the trial ends.",
    ),
    "trial-expired": State(
        "trial expired",
        "The 30 days of the trial are over.",
        f"Administration only: {_NO_MAIL}.",
        "Register a license and activate it, or install its file.",
        _NO_MAIL,
    ),
    "registered": State(
        "registered",
        "The license is bound to its customer, but not to this installation.",
        "All functions of the license, once it is activated here.",
        "Activate it on this installation.",
    ),
    "activated": State(
        "activated",
        "The license is bound to its customer and to this installation.",
        "All functions, and updates of the program and its components.",
        "Nothing now. Software Maintenance is renewed before its anniversary.",
    ),
    "maintenance-expired": State(
        "maintenance expired",
        "Software Maintenance has ended.",
        "All functions of the installed version; updates have stopped.",
        "Renew Software Maintenance.",
    ),
    "license-expired": State(
        "license expired",
        "The license has expired. There has been no grace period since 1 May 2023.",
        f"Administration only: {_SUSPENDED}.",
        "Renew the license and install its file.",
        _NO_MAIL,
    ),
    "grace": State(
        "license expired, in grace",
        "The license has expired. Licenses that expired before 1 May 2023 have 30 days of grace.",
        "Reduced functions, until the grace period ends. Updates, Antivirus, Anti-spam and ActiveSync have stopped.",
        "Renew the license and install its file.",
        "reduced functions until the grace period ends",
    ),
}
"""By `LicenseStatus.code`."""

ENDINGS: Final[Mapping[str, str]] = {
    "trial": "The trial",
    "maintenance": "Software Maintenance",
    "license": "The license",
    "grace": "The grace period",
    **{str(name): word for name, word in COMPONENT_WORDS.items()},
}
"""What ends on a day, by `Ending.what`, at the beginning of a sentence."""

OVERDUE_STEPS: Final = (
    "Check that the server reaches the vendor's registration server (HTTPS, through firewall and proxy).",
    "Compare the license ID and the registration details with the order.",
    "If both are right, contact the vendor's support with the license ID and the order.",
)
"""What to do when a purchase does not arrive."""


def _bought(params: Params) -> str:
    """For example "10 seats and Antivirus"."""
    seats = [count(params["seats"], "seat")] if params["seats"] else []
    return and_list([*seats, *(COMPONENT_WORDS[name] for name in params["components"])])


def _ends(params: Params) -> str:
    when = "today" if params["days"] == 0 else "in {days:count day}"
    return f"{ENDINGS[params['what']]} ends {when} ({{on}})"


def _seats(params: Params) -> str:
    return "unlimited seats" if params["seats"] is None else "{seats:count seat}"


def _file_ended(params: Params) -> str:
    what = params["what"]
    return "It expired on {on}." if what == "license" else f"Its {ENDINGS[what]} ended on {{on}}."


def _licensed_already(params: Params) -> str:
    names = [COMPONENT_WORDS[name] for name in params["components"]]
    return f"{and_list(names)} {'is' if len(names) == 1 else 'are'} licensed already"


_WANTED: Final = {
    "add": "You cannot add more users",
    "enable": "It cannot be enabled",
    "enable-several": "They cannot be enabled",
    "undo": "It cannot be undone",
}
"""By the purpose of the seats. The first is the vendor's. Source: Licenses in Kerio Connect, GFI support."""


def _license_limit(params: Params) -> str:
    held = ", {held:,} of them held until the server is restarted" if params["held"] else ""
    figures = "{needed:count seat} needed, {free:,} free, short by {short:,}"
    return f"{{used:,}} of {{limit:count seat}} {are(params['limit'])} used{held}; {figures}"


def _full(params: Params) -> str:
    which = {0: "The license has no seats", 1: "The only seat is used"}
    return f"{which.get(params['limit'], 'All {limit:,} seats are used')}: no account can be created or enabled"


def _auth_license(params: Params) -> str:
    have = "has" if params["connected"] == 1 else "have"
    return f"{{connected:count user}} {have} connected and the license has {{limit:count seat}}"


TEMPLATES: Final[Mapping[str, Template]] = {
    **{f"license-word-{code}": state.word for code, state in STATES.items()},
    # The vendor's own words on its dashboard. Source: Licenses in Kerio Connect, GFI support.
    "warning-exceeded": "Total number of user mailboxes authorized by the license has been exceeded",
    "warning-full": _full,
    "warning-low": lambda params: f"Only {{free:,}} of {{limit:count seat}} {are(params['free'])} free",
    "warning-users-locked-out": "{accounts:count account} without a mailbox would be refused at login",
    "warning-restart-recommended": lambda params: (
        f"{{seats:count seat}} of deleted accounts {are(params['seats'])} held until the server is restarted"
    ),
    "warning-domain-at-limit": "Domain {domain} is at its own limit of {limit:count account}",
    "warning-trial-expired": f"{STATES['trial-expired'].meaning} {STATES['trial-expired'].allows}",
    "warning-license-expired": lambda params: f"{STATES[params['status']].meaning} {STATES[params['status']].allows}",
    "warning-update-overdue": "Overdue: {bought}, bought more than 24 hours ago",
    **{f"warning-{what}-ends": _ends for what in ENDINGS},
    **{
        f"warning-{what}-expired": f"{ENDINGS[what]} ended on {{on}}"
        for what in ("maintenance", "grace", *COMPONENT_WORDS)
    },
    **{f"component-{name}": word for name, word in COMPONENT_WORDS.items()},
    "bought": _bought,
    "next-step": lambda params: f"Next: {STATES[params['status']].next}",
    # Differences from the server
    "figure-licensed": "Seats of the license",
    "figure-counted": "Accounts that take a seat",
    "figure-connected": "Mailboxes in use",
    "figure-created": "Accounts, enabled or not",
    "figure-in-domain": "in {domain}",
    "cause-lists": "old server versions count mailing lists as users",
    "cause-disabled": "the server may count disabled accounts and their mailboxes",
    "cause-held": "deleted accounts count until the server is restarted",
    "cause-restarted": "the server may count only accounts that connected since it was started",
    "cause-latent": "accounts that take a seat and have no mailbox yet, as far as known",
    "cause-only-here": "accounts in this store that were never on the server",
    "cause-unread": "the users of {domains:some} were not read from the server",
    "cause-hidden": "the login may see its own domain only, so the users of others were not read from the server",
    "cause-stale": "accounts may have changed since the server was read; read it again",
    # Guards; "CODE-detail" has the figures behind a decision, in the vendor's own words where it has some
    "allowed": "Allowed",
    "license-limit": lambda params: _WANTED[params["purpose"]],
    "license-limit-detail": _license_limit,
    "free-a-seat": "Disable an account that is not needed, restart the server if seats are held, or buy seats.",
    "domain-limit": lambda params: _WANTED[params["purpose"]],
    "domain-limit-detail": lambda params: (
        "domain {domain} is limited to {limit:count account}"
        + (" and has {used:,}" if "used" in params else "")  # journals before 2026-12 have no such figure
        + "; {needed:,} more needed, {left:,} left, short by {short:,}"
    ),
    "free-a-seat-of-the-domain": "Disable an account of this domain, or raise the domain's user limit.",
    "builtin-admin": "The built-in administrator is not a user account",
    "builtin-admin-elsewhere": (
        "It is switched on and off in the server's Administration Settings, and takes no seat."
    ),
    "not-an-account": lambda params: f"{with_article(params['what']).capitalize()} is not a user account",
    "alias-delivers-to": "It delivers to {addresses:some}.",
    "takes-no-seat": "It takes no seat anyway.",
    "over-limit": "The license will be exceeded by {over:count seat}",
    "over-limit-detail": "{used:,} of {limit:count seat} used",
    "refused-at-login": (
        "Users without a mailbox are refused at login once as many users have connected as there are seats."
    ),
    "disable-first": "Disable accounts first, or go on: users without a mailbox are then refused at login.",
    "account-deleted": "The account has been deleted",
    "account-disabled": "The account is disabled",
    "enable-it-first": "Enable it first.",
    "license-expired": "License is expired",
    "license-expired-detail": "all functions are suspended",
    "renew-the-license": Both(
        "Renew the license and install its file. See 'kconsole license show'.",
        "Renew the license and install its file.",
    ),
    "auth-license": "AuthLicense",
    "auth-license-detail": _auth_license,
    "show-the-license": Both("See 'kconsole license show'.", "The License screen shows more."),
    "no-trial-with-license": "A license is registered here, so there is no trial",
    "trial-has-begun": "The trial has begun already; its last day is {until}",
    "nothing-to-activate": "The license is not registered, so there is nothing to activate",
    "register-first": Both("Register it first.", "Register it first: press {key_license_register}."),
    "already-activated": "the license was activated on {on} already",
    "expired-not-activated": "The license has expired, so it cannot be activated",
    "renew-and-install": Both(
        "Renew it and install its file.", "Renew it, then press {key_license_install} to install its file."
    ),
    "nothing-can-be-bought": "The license is not registered, so nothing can be bought for it",
    "purchase-pending": "A purchase is pending already: {bought}",
    "finish-purchase": Both(
        "First record that it arrived or was cancelled.",
        "Press {key_license_arrived} if it arrived, {key_license_called_off} to cancel it.",
    ),
    "nothing-left-to-buy": "There is nothing to buy: seats are unlimited, and all components are licensed",
    "no-purchase": "No purchase is pending",
    # Operations
    "begun-in-future": "{day} is in the future",
    "name-the-first-day": "Name the day on which the trial began.",
    "trial-recorded": "trial of {days:count day} recorded, its last day is {until}",
    "not-a-license-id": "That is not a license ID",
    "no-license-id-in-file": "{name} does not hold a license ID",
    "license-id-form": "It has the form NNNNN-XXXXX-XXXXX; its last {shown} characters are enough.",
    "nothing-registered": "Nothing was registered.",
    "registered-already": "the license is registered with these details already",
    "registration-changed": "the registration is changed: {organization}",
    "registered-to": "registered to {organization}; Software Maintenance until {until}",
    "registration-needs": lambda params: f"The registration needs {and_list(params['names'], len(params['names']))}",
    "details-too-long": "{names:list}: at most {most} characters",
    "not-an-email-address": "The email address is not valid",
    "asked-on-a-terminal": "On a terminal, kconsole asks for them.",
    "not-in-this-encoding": "That is not in the encoding of this terminal",
    "no-terminal-for-license-id": "There is no terminal to ask for the license ID",
    "name-an-id-file": "Name a file with it: --id-file FILE.",
    "write-an-email-address": "Write it as login@domain.",
    "activated-here": "activated on this installation",
    "bought-nothing": "Say how many seats or which components were bought",
    "nothing-recorded": "Nothing was recorded.",
    "no-seats-to-buy": "The license has unlimited seats: there are none to buy",
    "components-licensed": _licensed_already,
    "too-many-more-seats": "There cannot be {seats:,} more seats",
    "too-many-seats": "There cannot be {seats:,} seats",
    "purchase-recorded": "{bought} bought, due within {hours:count hour}",
    "purchase-arrived": lambda params: f"{{bought}} arrived: the license has {_seats(params)} now",
    "purchase-cancelled": "{bought} cancelled",
    "cancel-and-change": "Cancel the purchase, and change the seats by hand.",
    "license-not-changed": "The license was not changed.",
    "over-limit-takes-it": Both("Add --over-limit to accept that.", "Confirm to accept that."),
    "license-unchanged": "the license already has these terms",
    "license-changed": lambda params: f"the license has {_seats(params)} now; {{status}}",
    "price": "{amount} {currency} per seat and year",
    "price-set": "a seat costs {amount} {currency} a year",
    "price-removed": "what a seat costs is not recorded any more",
    "price-unchanged": "that is the price already",
    "not-an-amount": "'{text}' is not an amount of money",
    "not-a-currency": "'{text}' is not the code of a currency",
    "write-like-an-amount": "Write it like 24.50, with four decimals at most and no sign between thousands.",
    "write-like-a-currency": "Write it like EUR.",
    "component-licensed": "{component} is licensed",
    "component-licensed-already": "{component} already has these terms",
    "component-not-licensed": "{component} is not licensed",
    "component-removed": "{component} is no longer licensed",
    # Forms of the License screen
    "no-terms": "Nothing would change",
    "type-or-leave": "Type new values, or press esc.",
    "name-the-file": "Name the file",
    "or-leave": "Or press esc.",
    "not-a-number-of-seats": "'{text}' is not a number of seats",
    "write-like-120": "Write it like 120.",
    "at-most-seats": "At most {most:,}.",
    "not-a-day": "'{text}' is not a day",
    "day-says-none": "'{text}' stands for no day at all",
    "write-like-a-day": "Write it like 2027-03-01.",
    # License files
    "file-unsigned": "Its signature is not checked: only the server can do that.",
    "trial-file": "This is the license file of a trial, but a license is registered here",
    "install-the-license": "Install the file of the license. Nothing was changed.",
    "file-would-be-refused": "This is the file of a trial, and a license is registered here: it would be refused.",
    "file-of-trial": "This is the file of a trial.",
    "file-of-other-id": "It has another license ID: it ends in {theirs}, and the one here in {ours}.",
    "file-ended": _file_ended,
    "file-without-purchase": "It does not include the pending purchase ({bought}), which stays pending.",
}
