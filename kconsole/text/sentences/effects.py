"""What became of a request that went wrong, and what to do next; about several subjects."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Both, Template

TEMPLATES: Final[Mapping[str, Template]] = {
    "done": "done",
    "read-only-option": "Nothing was changed: --read-only forbids it.",
    "leave-out-read-only": "Leave out --read-only to change something.",
    "nothing-changed": "Nothing was changed.",
    "nothing-taken": "Nothing was taken.",
    "nothing-imported": "Nothing was imported.",
    "nothing-mapped": "Nothing was mapped.",
    "license-not-changed": "The license was not changed.",
    "would-be-refused": "It would be refused.",
    "nothing-changed-there-or-here": "Nothing was changed, neither there nor here.",
    "not-known-whether-done": "Whether it did it is not known.",
    "old-refusal": "{text}",
    "over-limit-takes-it": "--over-limit takes it.",
    "over-limit-maps-them": "--over-limit maps them nevertheless.",
    "cannot-undo-account": "It cannot be undone: {address} {reason}",
    "as-last-read": "{what}, as the server was last read",
    "without-password": "{what}; it has no password yet, so that nobody can log in",
    "do-it-there-and-sync": Both(
        "Do it in its administration, and read that with 'kconsole sync'.",
        "Do it in its administration, and read that with {key_sync}.",
    ),
    "asked-to": "It was asked to {operation} {addresses:some}.",
    "server-did-nothing": "The server did nothing of it.",
    "server-did-it": "The server did it for {addresses:some}.",
    "store-could-not-take-it": "{what} The store could not take that in: {store}",
    "first-the-server-has-to-say": (
        "Before, the server has to tell what came of what it was asked for {addresses:some}."
    ),
    "session-ended-when-sent": "{server} ended the session when {method} was sent. {then}",
    "trial-file": "That is the file of a trial, and a license is registered here",
    "install-the-license": "Install the file of the license. Nothing was changed.",
}
