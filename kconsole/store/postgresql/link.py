"""The connections of one handle to its database: made when they are needed, and again after they were lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from kconsole.core.codes import message
from kconsole.core.errors import StoreUnusable
from kconsole.core.roles import Bounds
from kconsole.store.engine import START, Away, Head, StorageAway
from kconsole.store.postgresql.address import DatabaseAddress
from kconsole.store.postgresql.cache import Cache
from kconsole.store.postgresql.connection import (
    BINDING,
    Known,
    bounds_of,
    checked,
    close_quietly,
    connected,
    is_lost,
    psycopg,
    speaking,
)

if TYPE_CHECKING:
    from kconsole.store.postgresql.silence import Connection

RETRY: Final = 0.4
"""Seconds between two attempts to reach a server that is away."""

_HOLDER: Final = """
SELECT a.usename::text FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.granted AND l.locktype = %s
    AND (l.locktype = 'advisory' AND a.application_name LIKE 'kconsole%%'
        OR l.relation = 'kconsole.head'::regclass AND l.mode = 'RowShareLock')
LIMIT 1
"""


class Link:
    """What reaches the database, and what it says of itself.

    Attributes:
        away: why it cannot be reached now; None if it can, or was not tried.
        login: the login by which it knows who writes; empty before the first connection.
        bounds: what the login may do; its role is None before the first connection.
        has_bindings: whether the database says what logins are bound to.
        has_store: whether the store was there when a connection was made.
        seen: the last line that this host has seen.
        store_id: the id of the store; empty before it is known.
        known: what the database said when a connection was made.
        is_followed: whether a thread follows the journal, and tries to reach a server that is away.
        holder: who works here, for those who look at the sessions of the server.
    """

    def __init__(self, where: DatabaseAddress) -> None:
        self.where, self.cache = where, Cache(where.digest)
        self.away: Away | None = None
        self.login, self.bounds, self.has_bindings, self.has_store = "", Bounds(), False, False
        self.store_id = self.holder = ""
        self.is_followed = False
        seen = self.cache.seen()
        self.seen = START if seen is None else seen.head
        self.seen_at = None if seen is None else seen.at
        self.known: Known | None = None
        self._reader: Connection | None = None
        self._writer: Connection | None = None
        self._guard = threading.RLock()
        self._retry_at = 0.0
        self._has_seen = False

    def connect(self, is_follower: bool = False) -> "Connection":
        """A new connection to a server that may keep the journal.

        While a follower tries to reach a server that is away, no one else does: a screen would wait for it.

        Raises:
            StorageAway: it cannot be reached.
            StoreUnusable: no journal may be kept there, or it is not the one that was there before.
        """
        is_tried = self.is_followed or time.monotonic() < self._retry_at
        if self.away is not None and is_tried and not is_follower:
            raise StorageAway(self.away.why, "database-away-hint")
        with self.losing():
            connection = connected(self.where, f"kconsole {self.holder}".strip())
            try:
                self.known = known = checked(connection, self.where, self.seen.sequence)
                self.login, self.has_store = known.login, known.has_store
                self.bounds, self.has_bindings = known.bounds, known.has_bindings
                self._check_seen(connection, known)
            except BaseException:
                close_quietly(connection)
                raise
        self.away, self.seen_at = None, datetime.now(UTC)
        return connection

    def read_bounds(self, connection: "Connection") -> None:
        """Ask again what the login may do, which an administrator may have changed."""
        if self.has_bindings and (row := connection.execute(BINDING).fetchone()) is not None:
            self.bounds = bounds_of(row)

    def _check_seen(self, connection: "Connection", known: Known) -> None:
        """Refuse a journal that does not have the last line that was seen of it, as after an old backup was restored.

        Another store at the same address has a cache of its own.
        """
        if not known.store_id:
            return
        if not self.store_id:
            self.store_id = known.store_id
            if self.cache.use(self.store_id) and not self._has_seen:
                self.seen = START  # another store was at this address
            if (seen := self.cache.seen()) is not None and seen.head.sequence > self.seen.sequence:
                self.seen = seen.head
        if (last := self.seen) == START:
            return
        if known.seen.sequence != last.sequence:
            known = checked(connection, self.where, last.sequence)
        if known.seen != last:
            hint = message("compare-then-remove-cache", folder=str(self.cache.folder))
            raise StoreUnusable("database-went-back", hint, database=self.where.shown, line=last.sequence)

    def learn_store_id(self) -> None:
        """Ask for the id of a store that was made meanwhile."""
        connection = self.reader()
        self._check_seen(connection, checked(connection, self.where, self.seen.sequence))

    @property
    def minutes(self) -> int | None:
        """How old is what was seen, rounded up; None if that is not known."""
        if self.seen_at is None:
            return None
        return max(0, int((datetime.now(UTC) - self.seen_at).total_seconds() // 60)) + 1

    def saw(self, head: Head) -> None:
        """Remember a line as the last one that was seen, if it is."""
        if head.sequence >= self.seen.sequence:
            self.seen, self.seen_at, self._has_seen = head, datetime.now(UTC), True

    def lost(self, error: StorageAway) -> None:
        """Note that the database is away."""
        if self.away is None:  # what comes of it says less
            self.away = Away(error.happened, self.seen_at)
        self._retry_at = time.monotonic() + RETRY

    @contextmanager
    def losing(self) -> Iterator[None]:
        """Note that the database is away, if that is why something failed."""
        try:
            yield
        except StorageAway as error:
            self.lost(error)
            raise

    def reader(self) -> "Connection":
        """The connection that reads."""
        with self._guard:
            if self._reader is None or self._reader.closed:
                self._reader = self.connect()
            return self._reader

    def writer(self) -> "Connection":
        """The connection that holds the head, and appends."""
        with self._guard:
            if self._writer is None or self._writer.closed:
                self._writer = self.connect()
            return self._writer

    def roll_back(self) -> None:
        """End the transaction of the writer, if one is open. Never fails."""
        writer = self._writer
        if writer is not None and not writer.closed and writer.info.transaction_status != 0:
            try:
                writer.execute("ROLLBACK")
            except psycopg().Error:
                close_quietly(writer)

    def rows(self, sql: str, *values: object, binary: bool = False) -> list[Any]:
        """The answer to a query. A connection that was lost is made again, once."""
        error = psycopg().Error
        for is_last in (False, True):
            connection = self.reader()
            try:
                return connection.cursor(binary=binary).execute(sql, values or None).fetchall()
            except error as failed:
                if is_lost(failed):
                    close_quietly(connection)
                if not is_lost(failed) or is_last:
                    with self.losing(), speaking(self.where):
                        raise
        raise AssertionError

    def login_holding(self, kind: str) -> str:
        """The login that holds a lock of this kind; empty where that is not known."""
        with suppress(StoreUnusable):
            found = self.rows(_HOLDER, kind)
            return str(found[0][0]) if found else ""
        return ""

    def close(self) -> None:
        """Close everything, and note what was seen. Never fails."""
        if self.seen != START and self.login:
            self.cache.note(self.seen)
        close_quietly(self._reader)
        close_quietly(self._writer)
