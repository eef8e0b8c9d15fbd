"""Sentences about live servers, and about changes that go to them."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Both, Template

TEMPLATES: Final[Mapping[str, Template]] = {
    "no-server": "No server is configured for this store.",
    "add-a-server": Both(
        "Configure one with 'kconsole server add NAME --url https://... --user ...'.",
        "Configure one on the command line with 'kconsole server add'.",
    ),
    "offline-change": "Nothing was changed: the server {server} has to be changed first, and --offline forbids that.",
    "leave-out-offline-to-change": "Leave out --offline. Nothing is queued for later.",
    "password-needed": "Nothing was changed: the server {server} has to be changed first, and no password is given.",
    "give-the-password": "Give the password that kconsole logs in with. Nothing is queued for later.",
    "offline-read": "{server} was not contacted: --offline forbids it.",
    "leave-out-offline-to-read": "Leave out --offline to contact the server.",
    "only-without-server": (
        "This store follows the server {server}. '{operation}' would change the store only, not the server."
    ),
    "do-it-there-or-without-server": Both(
        "Do it in the server's administration, then run 'kconsole sync'; or use a store without a server.",
        "Do it in the server's administration, then read it with {key_sync}; or use a store without a server.",
    ),
    "server-added-meanwhile": "Nothing was changed: the server {server} has just been configured for this store.",
    "look-at-the-server": Both("Look at it with 'kconsole server', and try again.", "Look at it, and try again."),
    "accounts-only-there": "is {what}: on the server, kconsole changes accounts only",
    "changes-more-than-enabled": "would change in more than being enabled",
}
