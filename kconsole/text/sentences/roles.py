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


def _key_unknown(params: Mapping[str, Any]) -> str:
    return "'{key}' is not known" + (": the keys are {known:commas}" if params["known"] else "")


TEMPLATES: Final[Mapping[str, Template]] = {
    "not-permitted": _not_permitted,
    "not-in-this-store": "Your role, {role}, may not do that in a store in a database.",
    "ask-full-admin": "Ask a full admin of this store to do that.",
    "roles-file-first": "Ask a full admin to put the roles file right. What is shown stays as it was.",
    "all-domains-needed": "Your role, {role}, is bound to domains, and this has the accounts of all.",
    "own-account": "not changed: it is your own account",
    "higher-role": "not changed: its role is higher than yours, {role}",
    "admin-account": "not changed: it administers the server, and your role, {role}, may not enable such accounts",
    "brake-reached": "not changed: your role, {role}, changes {most} accounts an hour at most",
    "ask-account-admin": "Ask an account admin, or wait. Undoing your own changes is always possible.",
    "brake-refused": "Your role, {role}, changes {most} accounts an hour at most.",
    "own-account-refused": "{address} is your own account, which you cannot disable or delete.",
    "higher-role-refused": "{address} has a higher role than yours, {role}: you cannot disable or delete it.",
    "admin-account-refused": "{address} administers the server: your role, {role}, may not enable such accounts.",
    "line-outside-domains": "Line {line} changed accounts outside of your domains.",
    "outside-domains-refused": "That would change more than the domains of your role, {role}.",
    # Who works here
    "operator-unknown": "'{name}' is not an operator in {file}.",
    "operator-is-another": "'{name}' in {file} is not the user with uid {uid}, who called sudo.",
    "not-in-roles": "The user with uid {uid} is not an operator in {file}.",
    "name-an-operator": "Add the operator to that file first.",
    "not-a-public-key": "{file} is not an SSH public key, or holds more than one.",
    "name-a-public-key": "Name the file that ends in .pub.",
    "ask-for-a-role": "Ask a full admin of this store for a role.",
    "operator-without-roles": "There is no roles file {file}, so '{name}' is not an operator.",
    "make-roles-file": "Let root create it, with a table [operator.{name}] and a role in it.",
    "roles-option-for-owner": "Only the store's owner and root may choose a roles file.",
    "leave-out-roles": "Leave the choice to them.",
    # The roles file
    "roles-file-gone": "The roles file {file} is gone.",
    "roles-file-unreadable": "The roles file {file} cannot be read: {reason}.",
    "roles-file-is-a-link": "The roles file {file} is a symbolic link.",
    "roles-file-is-no-file": "The roles file {file} is a pipe or a device, not a file.",
    "roles-file-too-large": "The roles file {file} is too large.",
    "put-roles-file-back": "Let root put it right. Until then, nothing can be changed here.",
    "roles-of-another-user": "{file} is of the user with uid {uid}, who could give out roles.",
    "chown-to-root": "Let root run 'chown root {file}'.",
    "roles-writable-by-others": "Others than its owner can write in {file}, and could give out roles.",
    "close-to-writing": "Run 'chmod go-w {file}'.",
    "roles-not-toml": "The roles file {file} is not TOML: {reason}.",
    "roles-invalid": "The roles file {file} has {number:count error}.",
    "correct-roles-file": "Correct it, and check it with 'kconsole roles check'.",
    "not-utf8": "line {line} is not written in UTF-8",
    "roles-key-unknown": _key_unknown,
    "roles-key-missing": "'{key}' is missing: it is {allowed}",
    "roles-key-invalid": "'{key}' is {found}: it must be {allowed}",
    "roles-name-invalid": "'{name}' is not a valid operator name: use up to 64 letters, digits, . _ -",
    "roles-uid-twice": "'operator.{second}' has the uid {uid}, as 'operator.{first}' has",
    "roles-full-admin-bound": "'{key}' is a full admin: it cannot be bound to domains",
    "allowed-roles": "{roles:or}",
    "allowed-domains": 'a list with at least one domain, as ["north.example"]; leave it out for all domains',
    "allowed-account": "an address",
    "allowed-uid": "a user id, a number",
    "allowed-operators": "a table for each operator, as [operator.NAME]",
    "uid-is-full-admin": "uid {uid} is root's or the store's owner's, who is a full admin anyway",
    "uid-unknown": "no user of this machine has the uid {uid}",
    "role-domain-unknown": "the store has no domain {domain}",
    "role-account-unknown": "the store has no account {address}",
    "no-roles-file": "There is no roles file {file}: everyone who can open this store may do everything.",
}
