"""Sentences about roles: what an operator may not do, and who may."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Template

CAPABILITIES: Final[Mapping[str, str]] = {
    "read-server": "read the mail server",
    "disable": "disable accounts",
    "undo": "undo own changes",
    "keep": "exempt accounts from reclaiming",
    "enable": "enable accounts",
    "enable-admins": "enable accounts that administer the server",
    "add": "add accounts",
    "tag": "tag accounts",
    "record-logins": "record logins",
    "reserve": "reserve seats",
    "reclaim": "reclaim seats",
    "map": "map accounts from a directory",
    "offboard": "offboard accounts",
    "delete": "delete accounts",
    "undo-others": "undo changes of others",
    "import": "import accounts or logins",
    "license": "change the license",
    "server": "change domains, or what is known of the server",
    "restore": "replace the whole store",
    "repair": "repair or archive the store",
    "policies": "change policies",
    "protect": "protect accounts",
    "roles": "change who may do what",
}
"""What each capability allows: follows "may"."""


def _not_permitted(params: Mapping[str, Any]) -> str:
    return f"Your role, {{role}}, may not {CAPABILITIES.get(params['capability'], params['capability'])}."


TEMPLATES: Final[Mapping[str, Template]] = {
    "not-permitted": _not_permitted,
    "ask-full-admin": "Ask a full admin of this store to do that.",
    "roles-file-first": "Ask a full admin to put the roles file right. What is shown stays as it was.",
    "own-account": "not changed: it is your own account",
    "higher-role": "not changed: its role is higher than yours, {role}",
    "admin-account": "not changed: it administers the server, and your role, {role}, may not enable such accounts",
    "own-account-refused": "{address} is your own account, which you cannot disable or delete.",
    "higher-role-refused": "{address} has a higher role than yours, {role}: you cannot disable or delete it.",
    "admin-account-refused": "{address} administers the server: your role, {role}, may not enable such accounts.",
    "line-outside-domains": "Line {line} changed accounts outside of your domains.",
    "outside-domains-refused": "That would change more than the domains of your role, {role}.",
}
