"""Sentences about accounts whose users leave: the plan, and what comes of it."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template


def _denied(params: Mapping[str, Any]) -> str:
    return "does not get the mail to {alias}: the server refused that" + (" ({said})" if params["said"] else "")


TEMPLATES: Final[Mapping[str, Template]] = {
    "step-disabled": "Disable {address}: no one can log in to it.",
    "step-disabled-already": "{address} is disabled already.",
    "step-deleted-already": "{address} is deleted already.",
    "step-deleted": "Delete {address}.",
    "step-no-seat": "It takes no seat.",
    "step-seat-free": "Its seat is free at once.",
    "step-seat-held": "Its seat is free after the next restart of the server.",
    "step-mail-stays": "Its mail stays. The server's backups leave out disabled accounts.",
    "step-forwarding-ends": (
        "Disabled accounts do not forward. As far as is known this one does not: look in the server's administration"
        " to be sure."
    ),
    "step-aliases-stay": "Its aliases stay: {addresses:commas}.",
    "step-lists-stay": "It stays a member of mailing lists and groups.",
    "step-mailbox-to": "Its mailbox goes to {address}.",
    "step-mailbox-kept": "Its mailbox stays on the server, which attaches it to the next account of this address.",
    "step-address-to": "{address} becomes an alias of {heir}, who gets the mail to it.",
    "step-aliases-to": "{heir} gets the mail to its aliases too: {addresses:commas}.",
    "step-address-gone": "Mail to {address} is refused from then on.",
    "step-aliases-gone": "Its aliases no longer deliver to it, and go if it was the only one: {addresses:commas}.",
    "step-references-gone": "It leaves all mailing lists and groups.",
    "step-final-there": "The deletion cannot be undone on the server {server}.",
    "step-forwards": "Mind: it forwards its mail to {addresses:commas}, and that ends.",
    "step-moderates": "Mind: it moderates {addresses:commas}.",
    "step-administrator": "Mind: it has administrator rights.",
    "step-kept": "Mind: it is kept until {until:day}: {reason}.",
    "step-protected": "Mind: it is protected as {pattern}: {reason}.",
    "mapped-stays": "{address} is mapped from a directory: it can be disabled, but not deleted.",
    "leave-out-successors": Both(
        "Leave out --to and --alias-to, or remove the user from the directory first.",
        "Leave both lines empty, or remove the user from the directory first.",
    ),
    "no-successor": "There is no account {address} to take over.",
    "successor-is-leaver": "{address} is the account that leaves: it cannot take over.",
    "successor-no-account": "{address} is {what:a}: it cannot take over.",
    "successor-disabled": "{address} is disabled: no one could read the mail that it takes over.",
    "no-aliases-there": "{product} cannot let mail to {address} go to another account.",
    "alias-domain-unread": "The domain of {address} was never read from the server.",
    "alias-unconfirmed": "it is not confirmed that it gets the mail to {alias}",
    "alias-not-asked": "does not get the mail to {alias}: the server was not asked",
    "alias-denied": _denied,
    "offboard-again": Both(
        "Once 'kconsole sync' shows that the account is deleted, run 'kconsole offboard' again: it makes the alias that"
        " is missing.",
        "Once the account is deleted, run 'kconsole offboard' again: it makes the alias that is missing.",
    ),
    "make-the-alias-there": Both(
        "Make the alias in the server's administration, then run 'kconsole sync'.",
        "Make the alias in the server's administration, then press {key_sync}.",
    ),
    "gets-mail-to": "gets the mail to {addresses:commas}",
    "leaves-on": "is offboarded on {due:day}",
    "leaves-already": "is offboarded on {due:day} already",
    "leaves-not": "has no offboarding ahead",
    "offboarding-changed": "its offboarding was changed or cancelled meanwhile",
    "alias-gone-again": "its alias is gone again",
    "no-longer-due": "is as before; its offboarding does not come back, since its day is over",
    "offboarding-cancelled": Both("its offboarding is cancelled", "is no longer to be offboarded"),
}
