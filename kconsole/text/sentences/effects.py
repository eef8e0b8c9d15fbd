"""What became of a request that went wrong, and what to do next; about several subjects."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Both, Template

TEMPLATES: Final[Mapping[str, Template]] = {
    "nothing-changed": "Nothing was changed.",
    "nothing-taken": "Nothing was taken.",
    "nothing-imported": "Nothing was imported.",
    "nothing-mapped": "Nothing was mapped.",
    "license-not-changed": "The license was not changed.",
    "would-be-refused": "It would be refused.",
    "nothing-changed-there-or-here": "Nothing was changed, neither there nor here.",
    "not-known-whether-done": "Whether it did it is not known.",
    "changed-meanwhile": "{addresses:some} was changed by somebody else just now.",
    "look-again": "Nothing was done. Look at it again.",
    "not-in-store": "not found in this store",
    "address-not-in-store": "{address} is not in this store.",
    "look-it-up": Both("Look it up with 'kconsole accounts'.", "Look it up in the list of accounts."),
    "old-refusal": "{text}",
    "over-limit-takes-it": "--over-limit takes it.",
    "over-limit-maps-them": "--over-limit maps them nevertheless.",
    "see-line-of-log": Both(
        "See line {line} of 'kconsole log', and set it right by hand.",
        "See line {line} of the log, and set it right by hand.",
    ),
    "cannot-undo-license": "It cannot be undone. {reason}",
    "disable-first-or-by-hand": "Disable accounts first, or change the seats by hand, where that can be said yes to.",
    "cannot-undo-account": "It cannot be undone: {address} {reason}",
    "as-last-read": "{what}, as the server was last read",
    "without-password": "{what}; it has no password yet, so that nobody can log in",
    "do-it-there-and-sync": Both(
        "Do it in its administration, and read that with 'kconsole sync'.",
        "Do it in its administration, and read that with {key_sync}.",
    ),
    "asked-to": "It was asked to {operation} {addresses:some}.",
    "server-did-nothing": "The server did nothing of it",
    "server-did-it": "The server did it for {addresses:some}",
    "store-could-not-take-it": "{what}; but the store could not take that in. {store}",
    "first-the-server-has-to-say": (
        "Before, the server has to tell what came of what it was asked for {addresses:some}."
    ),
    "session-ended-when-sent": "{server} ended the session when {method} was sent. {then}",
    "trial-file": "That is the file of a trial, and a license is registered here",
    "install-the-license": "Install the file of the license. Nothing was changed.",
}
