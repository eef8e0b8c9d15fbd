"""Decisions of the guards: each code has a sentence, and some have `CODE-detail` with the figures behind it."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template
from kconsole.text.words import with_article

_WANTED: Final = {
    "add": "You cannot add more users",
    "enable": "It cannot be enabled",
    "enable-several": "They cannot be enabled",
    "undo": "It cannot be undone",
}
"""By the purpose of the seats. The first is the vendor's. Source: Licenses in Kerio Connect, GFI support."""


def _wanted(params: Mapping[str, Any]) -> str:
    return _WANTED[params["purpose"]]


def _license_limit(params: Mapping[str, Any]) -> str:
    held = ", {held} of them held until the server is restarted" if params["held"] else ""
    return (
        f"{{used}} of {{limit}} seats are used{held}; {{needed:count seat}} needed, {{free}} free, short by {{short}}"
    )


def _not_an_account(params: Mapping[str, Any]) -> str:
    return f"{with_article(params['what']).capitalize()} is not a user account"


def _auth_license(params: Mapping[str, Any]) -> str:
    have = "has" if params["connected"] == 1 else "have"
    return f"{{connected:count user}} {have} connected and the license has {{limit:count seat}}"


TEMPLATES: Final[Mapping[str, Template]] = {
    "allowed": "Allowed",
    "license-limit": _wanted,
    "license-limit-detail": _license_limit,
    "free-a-seat": "Disable an account that is not needed, restart the server if seats are held, or buy seats.",
    "domain-limit": _wanted,
    "domain-limit-detail": (
        "domain {domain} is limited to {limit} accounts; {needed} more needed, {left} left, short by {short}"
    ),
    "free-a-seat-of-the-domain": "Disable an account of this domain, or raise the domain's user limit.",
    "builtin-admin": "The built-in administrator is not a user account",
    "builtin-admin-elsewhere": (
        "It is switched on and off in the server's Administration Settings, and takes no seat."
    ),
    "not-an-account": _not_an_account,
    "takes-no-seat": "It takes no seat anyway.",
    "over-limit": "The license will be exceeded by {over:count seat}",
    "over-limit-detail": "{used} used of {limit}",
    "refused-at-login": (
        "Users without a mailbox are refused at login once the license is used up by those who connected."
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
}
"""In the vendor's own words where it has some."""
