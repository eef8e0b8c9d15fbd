"""Writes the server's own files, as public scripts of administrators describe them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from kconsole.core.records import Entry, Inventory

SECRET = "D3S:5ec4e7f00d5ec4e7f00d"
"""A password as the files hold them; nothing of it may ever be seen."""

RIGHTS = {"user": "0", "auditor": "1", "full_admin": "3"}
LISTS = {"user": "User", "alias": "Alias", "mailing_list": "MailingList", "resource": "Resource"}

Values = Mapping[str, str]


def variables(values: Values) -> str:
    return "".join(f"<variable name={quoteattr(name)}>{escape(value)}</variable>\n" for name, value in values.items())


def listed(name: str, items: Iterable[Values]) -> str:
    body = "".join(f"<listitem>\n{variables(values)}</listitem>\n" for values in items)
    return f"<list name={quoteattr(name)}>\n{body}</list>\n"


def document(*parts: str, encoding: str = "UTF-8") -> bytes:
    body = "".join(parts)
    return f'<?xml version="1.0" encoding="{encoding}"?>\n<config>\n{body}</config>\n'.encode(encoding)


def user(login: str, domain: str = "north.example", **values: str) -> dict[str, str]:
    secrets = {"Password": SECRET, "PasswordHistory": f"SHA:{SECRET}"}
    return {"Name": login, **secrets, "Domain": domain, "Account_enabled": "1", "Rights": "0", **values}


def users_file(*users: Values, encoding: str = "UTF-8") -> bytes:
    return document(listed("User", users), encoding=encoding)


def _values(entry: Entry) -> dict[str, str]:
    values = {"Domain": entry.domain, "Description": entry.description, "FullName": entry.full_name}
    if entry.kind == "alias":
        return {**values, "Lhs": entry.login, "Rhs": ", ".join(entry.delivers_to)}
    if entry.kind == "user":
        values |= {"Account_enabled": str(int(entry.enabled)), "Rights": RIGHTS[entry.role], "Password": SECRET}
    return {**values, "Name": entry.login}


def write_files(folder: Path, inventory: Inventory, encoding: str = "UTF-8") -> Path:
    """The files that describe an inventory."""
    by_kind = {kind: [_values(entry) for entry in inventory.entries if entry.kind == kind] for kind in LISTS}
    lists = {kind: listed(LISTS[kind], items) for kind, items in by_kind.items()}
    domains = listed(
        "Domain",
        (
            {"Domain": domain.name, "Type": "0" if domain.primary else "1", "Description": domain.description}
            for domain in inventory.domains
        ),
    )
    administrators = (
        '<table name="Administration">\n'
        + variables(
            {
                "BuiltInAdminEnabled": str(int(entry.enabled)),
                "BuiltInAdminPassword": SECRET,
                "BuiltInAdminUsername": entry.login,
            }
        )
        + "</table>\n"
        for entry in inventory.entries
        if entry.kind == "builtin_admin"
    )
    folder.mkdir(parents=True, exist_ok=True)
    users = document(lists["alias"], lists["user"], encoding=encoding)
    server = document(domains, lists["mailing_list"], lists["resource"], *administrators, encoding=encoding)
    for name, content in (("users.cfg", users), ("mailserver.cfg", server)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)
    return folder
