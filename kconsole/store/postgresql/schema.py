"""The SQL that prepares a database or brings it up to date, for review and to be run; and what logins are bound to."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from kconsole.core.codes import message
from kconsole.core.decisions import (
    LONGEST_AHEAD,
    LONGEST_RESERVATION,
    MOST_RESERVED,
    Keep,
    Mark,
    Offboarding,
    Reservation,
)
from kconsole.core.errors import NotFound, Refused, StoreUnusable
from kconsole.core.records import Entry
from kconsole.core.roles import BRAKE, BRAKE_TIME, LONGEST_KEEP
from kconsole.core.server import PendingChange
from kconsole.store.postgresql.address import parse
from kconsole.store.postgresql.connection import OPERATIONS, connected, psycopg, speaking

VERSION: Final = 2
"""Higher where an older kconsole must not put its own SQL in the place of this one."""

_KINDS: Final[Mapping[str, type[Struct]]] = {
    "entries": Entry,
    "intents": PendingChange,
    "keeps": Keep,
    "marks": Mark,
    "offboardings": Offboarding,
    "reservations": Reservation,
}
"""The kinds of records that others than full admins change."""

_PATTERNS: Final[Mapping[Any, str]] = {  # \d would be a digit of any script
    str: r'"(?:[^"\\]|\\.)*"',
    int: r"-?[0-9]{1,15}",
    bool: "(?:true|false)",
    datetime: r'"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"',
    NoneType: "null",
}

_FUNCTION: Final = re.compile(r"^CREATE OR REPLACE FUNCTION kconsole\.(\w+)\(.*?AS \$\$(.*?)\$\$;$", re.M | re.S)


def schema() -> str:
    """The whole SQL, which one transaction runs."""
    folder = Path(__file__).parent
    text = (folder / "schema.sql").read_text("utf-8")
    checks = [(folder / name).read_text("utf-8") for name in ("record_checks.sql", "line_checks.sql")]
    text = text.replace("-- {CHECKS}\n", "\n".join(checks))
    values = {
        "VERSION": VERSION,
        "BRAKE": BRAKE,
        "BRAKE_TIME": f"{BRAKE_TIME.total_seconds():.0f} seconds",
        "LONGEST_KEEP": LONGEST_KEEP["account-admin"],
        "LONGEST_RESERVATION": LONGEST_RESERVATION,
        "LONGEST_AHEAD": LONGEST_AHEAD,
        "MOST_RESERVED": MOST_RESERVED,
        "OPERATIONS": f"ARRAY[{', '.join(map(_quoted, OPERATIONS))}]",
        "PATTERNS": "\n".join(f"        WHEN '{kind}' THEN {_quoted(pattern(each))}" for kind, each in _KINDS.items()),
    }
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def functions() -> dict[str, str]:
    """The functions of the schema by name, each with what it does."""
    return dict(_FUNCTION.findall(schema()))


def pattern(kind: Any) -> str:
    """The regular expression of what a value of a type looks like as JSON."""
    if kind in _PATTERNS:
        return _PATTERNS[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return f'"(?:{"|".join(map(re.escape, arguments))})"'.replace(r"\-", "-")
    if origin in (UnionType, Union):
        return f"(?:{'|'.join(map(pattern, arguments))})"
    if origin is tuple:
        each = pattern(arguments[0])
        return rf"\[(?:{each}(?:,{each})*)?\]"
    hints = get_type_hints(kind)
    leaves_out, parts = kind.__struct_config__.omit_defaults, []
    for field in msgspec.structs.fields(kind):  # JSON itself knows which ones have a comma
        if (kind, field.name) == (Entry, "id"):  # see `compact_entry`
            continue
        part = rf'"{field.encode_name}":{pattern(hints[field.name])},?'
        parts.append(f"(?:{part})?" if leaves_out and not field.required else part)
    return rf"\{{{''.join(parts)}\}}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def prepare(address: str) -> tuple[str, bool]:
    """Run it; returns the login that did, and whether an older one was there.

    Raises:
        Refused: a newer kconsole prepared it, or the login may not do that.
        StoreUnusable: it cannot be reached, or is not fit for a journal.
    """
    where = parse(address)
    with connected(where) as connection, speaking(where):
        found = connection.execute(
            "SELECT to_regnamespace('kconsole') IS NOT NULL, session_user::text, EXISTS ("
            " SELECT FROM pg_proc WHERE pronamespace = to_regnamespace('kconsole') AND proname = 'version')"
        ).fetchone()
        assert found is not None  # noqa: S101  # it always gives one row
        if found[2]:
            newest = connection.execute("SELECT kconsole.version()").fetchone()
            if newest is not None and newest[0] > VERSION:
                raise Refused("database-is-newer", "use-newer-kconsole", database=address)
        try:
            connection.execute(schema())
        except psycopg().errors.RaiseException as error:
            raise StoreUnusable("database-failed", "see-log-of-database", database=address, error=str(error)) from None
        return str(found[1]), bool(found[0])


def bind(address: str, login: str, domains: Iterable[str], account: str) -> None:
    """Bind a login to domains (none for all), and to the account that is its own; without both, end that.

    Raises:
        NotFound: the database does not have that login.
        NotPermitted: only a full admin may do that.
    """
    where, names = parse(address), sorted(domains)
    with connected(where) as connection, speaking(where):
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,)).fetchone() is None:
            raise NotFound("no-such-login", message("make-the-login", login=login), login=login, database=address)
        if names or account:
            connection.execute("SELECT kconsole.bind(%s, %s::text[], %s)", (login, names or None, account))
        else:
            connection.execute("SELECT kconsole.unbind(%s)", (login,))
