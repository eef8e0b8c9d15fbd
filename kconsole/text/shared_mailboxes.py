"""Accounts that could be something without a seat, in words."""

import shlex
from collections.abc import Mapping
from typing import Final

from kconsole.licensing.shared_mailboxes import Against, Found, Purpose, Reason, Unknown, Way
from kconsole.text import words
from kconsole.text.safe_text import safe_address, safe_text

WAYS: Final[Mapping[Way, str]] = {
    "public-folder": "public folder",
    "mailing-list": "mailing list",
    "resource": "resource",
    "alias": "alias",
}

STEPS: Final[Mapping[Way, str]] = {
    "public-folder": (
        "Make a public folder for mail and share it with those who read it. Move the mail there, delete the account,"
        " and make an alias with its address that delivers to the folder. What sends mail with this login needs"
        " another one, or leave to relay by its IP address."
    ),
    "mailing-list": (
        "Move the mail to one of those who read it, delete the account, and make a mailing list with its address, whose"
        " members are those who get the mail."
    ),
    "resource": "Delete the account, and make a resource with its address: it is booked in calendars as before.",
    "alias": "Hand its mailbox and its address to the account that gets its mail.",
}
"""How an account becomes something else at the server. Its seat is free after a restart of the server."""

_PURPOSES: Final[Mapping[Purpose, str]] = {
    "contact": "a place to write to",
    "administration": "the administration",
    "device": "a device",
    "no-reply": "mail that no one answers",
    "list": "a list of people",
    "place": "a room or a thing",
    "unknown": "no one in particular",
}

_REASONS: Final[Mapping[Reason, str]] = {
    "login-word": "",
    "never-logged-in": "never logged in",
    "one-login": "one login in the log, long ago",
    "forwards": "",
    "no-mailbox": "no mailbox",
    "service-tag": "tagged as a service",
}

_AGAINST: Final[Mapping[Against, str]] = {
    "logs-in": "someone logs in",
    "name-of-a-person": "has the name of a person",
    "admin": "administers the server",
    "protected": "protected",
    "kept": "kept",
    "moderator": "moderates a list",
    "directory-mapped": "mapped from a directory, where it would have to go first",
}

_UNKNOWN: Final[Mapping[Unknown, str]] = {
    "last-login": "ever logged in",
    "forwarding": "forwards mail",
    "moderator": "moderates a list",
}


def why(found: Found) -> str:
    """What speaks for it. Safe to show."""
    said = dict(_REASONS)
    said["login-word"] = f'"{safe_text(found.word)}" names {_PURPOSES[found.purpose]}'
    said["forwards"] = f"forwards to {words.and_list(list(map(safe_address, found.entry.delivers_to)), 2)}"
    return ", ".join(said[code] for code in found.reasons)


def but(found: Found) -> str:
    """What speaks against it, or is not known. Safe to show."""
    unknown = " or ".join(_UNKNOWN[code] for code in found.unknown)
    return ", ".join(
        [*(_AGAINST[code] for code in found.against), *([f"not known if it {unknown}"] if unknown else [])]
    )


def command_for(found: Found) -> str:
    """The command that makes it an alias, as a shell takes it; empty where kconsole has none."""
    if found.heir is None or found.against:
        return ""
    account, heir = shlex.quote(found.entry.address), shlex.quote(found.heir)
    return f"kconsole offboard {account} --to {heir} --alias-to {heir}"
