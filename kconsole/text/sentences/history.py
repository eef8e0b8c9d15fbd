"""Sentences about the log, and about undo."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template

_WHAT: Final = {
    "entry": "{name:address}",
    "heir": "{name:address}, who gets its mailbox,",
    "domain": "The domain {name:address}",
    "restart": "The recorded restart",
    "server": "The server",
    "license": "The license",
}
_HOW: Final = {
    "changed": "has changed since",
    "changed-and-back": "was changed since, and changed back",
    "has-entries": "has new entries",
    "added-again": "was added again since",
    "became-primary": "is the primary domain now",
}


def _changed_since(params: Mapping[str, Any]) -> str:
    if params["how"] == "recorded":
        what = "Another restart was recorded since"
    elif params["how"] == "taken":
        what = "The address {name:address} was taken since"
    else:
        what = f"{_WHAT[params['what']]} {_HOW[params['how']]}"
    return f"{what}: '{{operation}}' cannot be undone."


TEMPLATES: Final[Mapping[str, Template]] = {
    "as-before": "is as before",
    "deleted-again": "deleted again",
    "domain-stays": "stays, because its deleted accounts belong to it",
    "all-as-before-that": "everything is as it was before",
    "all-as-before-restore": "everything is as it was before the dump was restored",
    "changed-since": _changed_since,
    "set-it-right-by-hand": "Look at it, and correct it by hand.",
    "see-line-of-log": Both(
        "See line {line} of 'kconsole log', and correct it by hand.",
        "See line {line} of the log, and correct it by hand.",
    ),
    "cannot-undo-license": "It cannot be undone. {reason}.",
    "disable-first-or-by-hand": "Disable accounts first, or change the seats by hand and confirm that.",
    "nothing-to-undo": "Nothing to undo: the log has no change of yours that can be undone.",
    "undone-already": "Line {line} of the log was undone in line {by} already.",
    "redo-line": Both("To redo it, run 'kconsole undo {line}'.", "To redo it, undo line {line}."),
    "no-such-line": "There is no line {line} in the log.",
    "see-the-log": Both("See the lines with 'kconsole log'.", "See the lines in the log."),
    "line-is-of-the-server": "Line {line} of the log records the state of the server. It cannot be undone here.",
    "change-it-there-and-sync": Both(
        "Change it on the server, then run 'kconsole sync'.", "Change it on the server, then press {key_sync}."
    ),
    "line-to-undo-is-lost": "Line {line} of the log was lost to damage: what it changed is not known.",
    "line-has-nothing-to-undo": "Line {line} of the log has nothing to undo.",
}
