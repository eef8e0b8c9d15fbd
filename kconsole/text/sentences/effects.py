"""What an error means for the request, and what to do next; used by several rooms."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Both, Template

TEMPLATES: Final[Mapping[str, Template]] = {
    "done": "done",
    "context-read-only": "Nothing was changed: the context {context} is read-only.",
    "change-context-or-file": "Remove read_only from it in the configuration file to change something.",
    "context-wants-name": "Nothing was changed: the context {context} wants its name for this.",
    "give-context-name": "Give it: --confirm-name {context}.",
    "context-name-differs": lambda params: (
        "--confirm-name is not the name of the context, {context}."
        if params["context"]
        else "--confirm-name is given, but the store was not named by a context."
    ),
    "forced-command-names-no-store": "The forced command names no store, and there are several.",
    "read-only-option": "Nothing was changed: --read-only forbids it.",
    "leave-out-read-only": "Leave out --read-only to change something.",
    "nothing-changed": "Nothing was changed.",
    "no-backup": "No backup was made.",
    "nothing-taken": "Nothing was taken.",
    "nothing-imported": "Nothing was imported.",
    "nothing-mapped": "Nothing was mapped.",
    "would-be-refused": "It would be refused.",
    "nothing-changed-there-or-here": "Nothing was changed, neither on the server nor here.",
    "not-known-whether-done": "It is not known whether the server made the change.",
    "old-refusal": "{text}",
    "over-limit-maps-them": Both("Add --over-limit to map them nevertheless.", "Confirm to map them nevertheless."),
    "over-limit-imports-them": Both(
        "Add --over-limit to import them nevertheless.", "Confirm to import them nevertheless."
    ),
    "cannot-undo-account": "It cannot be undone: {address} {reason}",
    "still-unconfirmed": "not known: the server has not confirmed an earlier change to it",
    "ask-to-read-server": Both(
        "Ask an administrator with more rights to run 'kconsole sync', then try again.",
        "Ask an administrator with more rights to read the server, then try again.",
    ),
    "as-last-read": "{what}, as the server was last read",
    "without-password": Both(
        "{what}; it has no password yet, so no one can log in", "{what} · no password yet: the user cannot log in"
    ),
    "do-it-there-and-sync": Both(
        "Do it in the server's administration, then run 'kconsole sync'.",
        "Do it in the server's administration, then press {key_sync}.",
    ),
    "asked-to": "It was asked to {operation} {addresses:some}.",
    "server-did-nothing": "The server changed nothing.",
    "server-did-it": "The server changed {addresses:some}.",
    "store-could-not-take-it": "{what} That could not be written into the store: {store}",
}
