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
    "policy": "The policy {name}",
    "keep": "How long {name:address} is kept",
    "protection": "The protection of {name}",
    "reservation": "The reservation for {name}",
    "mark": "The mark of {name:address}",
    "offboarding": "The offboarding of {name:address}",
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
    # Signed heads
    "log-not-as-signed": "Line {line} of {journal} is not the one that was signed on {time}: the log was rewritten.",
    "log-ends-before-signed": (
        "{journal} ends at line {last}, and line {line} was signed on {time}: its end was cut off, or it was rewritten."
    ),
    "signed-head-of-another-store": (
        "The line {line} that was signed on {time} is not of {journal}, which has the id of another store."
    ),
    "check-which-store": "If the signature is of this store, the whole log was rewritten: compare it with a backup.",
    "signed-line-archived": (
        "Whether {journal} is the log whose line {line} was signed on {time} is unknown: that line is archived."
    ),
    "signed-line-lost": (
        "Whether {journal} is the log whose line {line} was signed on {time} is unknown: that line was lost to damage."
    ),
    "no-signed-head": "{file} has no signed head of a log.",
    "damaged-signed-head": "{file} has a signature without the whole head of a log before it.",
    "bad-signed-head": "The signed head {number} in {file} cannot be read: {reason}.",
    "sign-a-head": "'kconsole log head --sign KEY' makes one.",
    "signature-wrong": "The signature of line {line} is not one of that text for this purpose by the key {key}.",
    "take-another-signature": "The log was not looked at. Use another signature that you kept.",
    "signer-unknown": "The key {key}, which signed line {line}, is not one of the allowed signers in {file}.",
    "signer-not-valid-then": "The key {key} was not valid on {time}, when it signed line {line}.",
    "signer-not-allowed": "{name} may not sign line {line}, by the allowed signers in {file}.",
    "add-signer-or-not": "The log was not looked at. Add the key only if you know whose it is.",
    "sign-again": "The log was not looked at. Sign heads with a key that is valid.",
    "cannot-sign": "{key} cannot sign.",
    "private-key-or-agent": (
        "Name a private key, or the public key of one in the SSH agent. A cron job needs one without a passphrase."
    ),
    "program-missing": "The program {program} is not installed.",
    "install-openssh": "Install the client programs of OpenSSH.",
    "program-not-run": "The program {program} cannot be run: {reason}.",
    "program-too-slow": "{program} did not answer within {seconds:g} s.",
    "program-says": "{program}: {text}",
    "line-has-nothing-to-undo": "Line {line} of the log has nothing to undo.",
}
