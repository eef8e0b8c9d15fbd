"""Connections to PostgreSQL: opened, checked, and their errors as those of a store."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from uuid import uuid4

from kconsole.core.errors import DATABASE_REFUSES, NotPermitted, StoreBusy, StoreUnusable
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.roles import Bounds, RoleName
from kconsole.store.engine import Head, HeadMoved, StorageAway
from kconsole.store.file_names import FORMAT
from kconsole.store.journal_line import STORE_ID_LENGTH, store_id_in
from kconsole.store.postgresql.address import DatabaseAddress

if TYPE_CHECKING:
    from kconsole.store.postgresql.silence import Connection

CONNECTING: Final = 3
"""Seconds in which a server has to answer."""

_PROOF: Final = 3.0
"""Seconds in which a notification has to come back."""

_HEAD_MOVED, _BAD_LINE, _REFUSED, _KEPT = "KC001", "KC002", "KC003", "KC004"  # of schema.sql
_NOT_PREPARED: Final = ("3F000", "42P01", "42883")  # no such schema, table, function
_NO_RIGHT: Final = "42501"
_LOCK_TIMEOUT: Final = "55P03"
_FULL: Final = "53100"
_AWAY_CLASSES: Final = ("08", "57P0")  # connection exceptions; shut down, crashed, starting


class Known(NamedTuple):
    """What a database says of itself and of the store, at opening."""

    login: str
    bounds: Bounds
    """What the login may do."""
    has_bindings: bool
    """Whether it is prepared by a kconsole that binds logins to domains."""
    has_store: bool
    store_id: str
    """Empty where the store is not there, or has no line."""
    head: Head
    size: int
    """The bytes of its lines."""
    line: bytes | None
    """The last one, if it is short."""
    seen: Head
    """Its line with the number that was asked for; without a hash if it has none."""


def psycopg() -> Any:
    """The driver; StoreUnusable if it is not installed."""
    try:
        import psycopg
    except ImportError as error:
        raise StoreUnusable("no-driver", "install-driver", error=str(error)) from None
    return psycopg


def connected(address: DatabaseAddress, name: str = "kconsole") -> "Connection":
    """A new connection, in which each statement is a transaction of its own.

    Raises:
        StorageAway: the server cannot be reached, or does not let the login in.
    """
    driver = psycopg()
    from kconsole.store.postgresql.silence import Connection

    # What hangs is found in seconds, by TCP too; what is idle behind a firewall is kept.
    how: dict[str, Any] = {
        "connect_timeout": CONNECTING,
        "tcp_user_timeout": CONNECTING * 1000,
        "keepalives_idle": 20,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "application_name": name,
    }
    try:
        if not address.is_on_this_host() and not address.has_chosen_tls():
            how["sslmode"] = "verify-full"
        return Connection.connect(address.conninfo, autocommit=True, prepare_threshold=None, **how)
    except driver.ProgrammingError as error:  # an option that libpq does not know, for example
        raise StoreUnusable("database-address-wrong", "address-like-this", error=_words(error)) from None
    except driver.Error as error:
        raise away(address, error) from None


def away(address: DatabaseAddress, error: Exception) -> StorageAway:
    """The error for a database that cannot be reached, or does not answer."""
    if (seconds := getattr(error, "seconds", None)) is not None:
        silent = {"database": address.shown, "seconds": round(seconds), "error": _words(error)}
        return StorageAway("database-silent", "database-away-hint", **silent)
    return StorageAway("database-away", "database-away-hint", database=address.shown, error=_words(error))


def _words(error: Exception) -> str:
    diagnosis = getattr(error, "diag", None)
    text = getattr(diagnosis, "message_primary", "") or str(error)
    return " ".join(text.split()).removeprefix("connection is bad: ").rstrip(".?")


@contextmanager
def speaking(address: DatabaseAddress) -> Iterator[None]:
    """Raise the errors of the database as those of a store."""
    driver = psycopg()
    try:
        yield
    except driver.Error as error:
        raise _told(address, error) from None


def is_lost(error: Exception) -> bool:
    """Whether an error of the driver says that the connection is gone, so that no answer is known."""
    state = getattr(error, "sqlstate", None)
    return state is None or state.startswith(_AWAY_CLASSES)


def _told(address: DatabaseAddress, error: Exception) -> Exception:
    state = getattr(error, "sqlstate", None) or ""
    names = {"database": address.shown, "error": _words(error)}
    if is_lost(error):
        return away(address, error)
    if state == _HEAD_MOVED:
        return HeadMoved()
    if state in (_REFUSED, _KEPT, _NO_RIGHT):
        hint = "who-changes-that" if state == _REFUSED else "ask-for-database-role"
        return NotPermitted(DATABASE_REFUSES, hint, **names)
    if state == _LOCK_TIMEOUT:
        return StoreBusy("store-busy", folder=address.shown, operator="", process=0, seconds=0)
    if state in _NOT_PREPARED:
        return StoreUnusable("database-not-prepared", "prepare-database", database=address.shown)
    hint = "make-room-on-server" if state == _FULL else "see-log-of-database"
    return StoreUnusable("database-failed", hint, effect="nothing-changed", **names)


_WHY_NOT: Final = """
SELECT session_user::text, pg_is_in_recovery(),
    (SELECT has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace n JOIN pg_proc p ON p.pronamespace = n.oid
        WHERE n.nspname = 'kconsole' AND p.proname = 'append')
"""

BINDING: Final = "SELECT role, domains, account FROM kconsole.binding()"
"""What holds for the login that asks."""
_UNBOUND: Final = "SELECT kconsole.role_of(session_user) AS role, NULL::text[] AS domains, '' AS account"
"""The same where an older kconsole prepared it."""

_ABOUT: Final = """
SELECT session_user::text, pg_backend_pid(), pg_is_in_recovery(), current_setting('fsync'),
    own.role, own.domains, own.account, h.format, coalesce(h.sequence, 0), coalesce(h.hash, ''), coalesce(h.size, 0),
    substring(first.line FROM 1 FOR 100), first.hash, seen.hash,
    CASE WHEN octet_length(last.line) < 65536 THEN last.line END,
    -- what a host holds that lost its power or its network, others get within a minute
    set_config('tcp_keepalives_idle', '20', false), set_config('tcp_keepalives_interval', '2', false),
    set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '20000', false)
FROM ({own}) own
LEFT JOIN kconsole.head h ON h.store = %(store)s
LEFT JOIN kconsole.journal first ON first.store = %(store)s AND first.sequence = 1
LEFT JOIN kconsole.journal seen ON seen.store = %(store)s AND seen.sequence = %(seen)s
LEFT JOIN kconsole.journal last ON last.store = h.store AND last.sequence = h.sequence
"""
"""All that opening a store has to know, so that it costs one way there and back."""


OPERATIONS: Final = (
    "disable", "enable", "add", "delete", "connect", "keep", "end keep", "reserve", "cancel reservation",
    "extend reservation", "map", "offboard", "schedule offboarding", "cancel offboarding", "reclaim", "reclaim mark",
    "settle", "tag", "undo",
)  # fmt: skip
"""The operations by which account admins change records in a database; a delete only where they are bound."""

_OF_HELPDESK: Final = ("disable", "settle")
"""The same of helpdesk."""


def bounds_of(row: Sequence[Any]) -> Bounds:
    """What an answer to `BINDING` says."""
    role, names, account = row
    domains, operations = frozenset(map(canonical_domain, names or ())), None
    if role == "helpdesk":
        operations = frozenset(_OF_HELPDESK)
    elif role == "account-admin":
        operations = frozenset(OPERATIONS) - (frozenset() if domains else {"delete"})
    return Bounds(cast("RoleName", role or "auditor"), domains, canonical_address(account), operations)


def checked(connection: "Connection", address: DatabaseAddress, seen: int) -> Known:
    """What a database says of itself, and of its line with the number that was seen last.

    Raises:
        StoreUnusable: no journal may be kept there, or not this way.
    """
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise StoreUnusable("database-encoding", "make-utf8-database", database=address.shown, encoding=encoding)
    with speaking(address):
        values = {"store": address.store, "seen": seen}
        try:
            has_bindings, answer = True, connection.execute(_ABOUT.format(own=BINDING), values)
        except psycopg().ProgrammingError:
            _refuse_unprepared(connection, address)
            has_bindings, answer = False, connection.execute(_ABOUT.format(own=_UNBOUND), values)
        row = answer.fetchone()
    assert row is not None  # noqa: S101  # it always gives one
    login, process, is_standby, fsync = row[:4]
    written, sequence, last, size, first, first_hash, hash_seen, line = row[7:15]
    if is_standby:
        raise StoreUnusable("database-standby", "name-primary", database=address.shown)
    if fsync != "on":
        raise StoreUnusable("database-unsafe", "turn-fsync-on", database=address.shown)
    if process != connection.info.backend_pid:
        _refuse_shared_sessions(connection, address)
    if written is not None and written > FORMAT:
        raise StoreUnusable("newer-store", "use-newer-kconsole", file=address.shown, format=written, newest=FORMAT)
    store_id = "" if first is None else store_id_in(first) or first_hash[:STORE_ID_LENGTH]
    head, there = Head(sequence, last), Head(seen, hash_seen or "")
    return Known(login, bounds_of(row[4:7]), has_bindings, written is not None, store_id, head, size, line, there)


def _refuse_unprepared(connection: "Connection", address: DatabaseAddress) -> None:
    """Say why a database knows nothing of a journal, or says nothing of it."""
    login, is_standby, may_use = answers(connection.execute(_WHY_NOT))[0]
    if is_standby:
        raise StoreUnusable("database-standby", "name-primary", database=address.shown)
    if may_use is None:
        raise StoreUnusable("database-not-prepared", "prepare-database", database=address.shown)
    if not may_use:
        raise NotPermitted("database-gives-no-role", "ask-for-database-role", login=login, database=address.shown)


def answers(cursor: Any) -> list[Any]:
    """The first row of each statement that was sent at once, where it gives rows."""
    found = []
    while True:
        found += [cursor.fetchone()] if cursor.description else []
        if not cursor.nextset():
            return found


def _refuse_shared_sessions(connection: "Connection", address: DatabaseAddress) -> None:
    """Refuse a pooler that gives a session to another client after each transaction: it loses locks and notifications.

    What one connection sets for its session, another must not find.
    """
    mark = uuid4().hex
    refused = StoreUnusable("database-pooled", "pool-sessions", database=address.shown)
    with connected(address) as other:
        for _ in range(3):
            pid = connection.execute("SELECT set_config('kconsole.mark', %s, false), pg_backend_pid()", (mark,))
            (_, first) = pid.fetchone() or ("", 0)
            found = other.execute("SELECT current_setting('kconsole.mark', true), pg_backend_pid()").fetchone()
            again = connection.execute("SELECT current_setting('kconsole.mark', true), pg_backend_pid()").fetchone()
            if found is None or found[0] == mark or found[1] == first or again != (mark, first):
                raise refused
        if not hears(other, connection):
            raise refused


def hears(listener: "Connection", sender: "Connection", channel: str = "kconsole") -> bool:
    """Whether what one connection notifies comes to another, which listens from now on."""
    mark = f"?{uuid4().hex}"
    listener.execute(f'LISTEN "{channel}"')
    sender.execute("SELECT pg_notify(%s, %s)", (channel, mark))
    deadline = time.monotonic() + _PROOF
    while (left := deadline - time.monotonic()) > 0:
        for notice in listener.notifies(timeout=left, stop_after=1):
            if notice.payload == mark:
                return True
    return False


def close_quietly(connection: "Connection | None") -> None:
    """Close a connection, if there is one. Never fails."""
    if connection is not None:
        with suppress(Exception):
            connection.close()
