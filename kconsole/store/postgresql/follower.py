"""Follows the journal of a database in a thread, so that no screen ever waits for the network.

The database notifies of each line. Where that does not work, it is asked each second.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from kconsole.core.codes import Message, message
from kconsole.core.errors import ConsoleError, StoreUnusable
from kconsole.store.engine import START, BrokenJournal, Head, StorageAway
from kconsole.store.postgresql.connection import away, close_quietly, hears, is_lost, psycopg
from kconsole.store.postgresql.link import RETRY, Link

if TYPE_CHECKING:
    from kconsole.store.postgresql.silence import Connection

_POLL: Final = 1.0
"""Seconds after which the database is asked, whatever it notifies; a connection that was lost is noticed by that."""

_MOST: Final = 1_000
"""Lines that are fetched at once."""


class Fetched(NamedTuple):
    """A line that was fetched."""

    sequence: int
    hash: str
    line: bytes


class Follower:
    """Knows the lines after a head that was read."""

    def __init__(self, link: Link, notice: Callable[[Message], None], heard: Callable[[], None]) -> None:
        self._link, self._where, self._notice, self._heard = link, link.where, notice, heard
        self._guard = threading.Lock()
        self._base = self._last = START
        self._lines: list[Fetched] = []
        self._damage: BrokenJournal | StoreUnusable | None = None
        self._ends = threading.Event()

    def start(self, head: Head) -> None:
        self._base = self._last = head
        self._link.is_followed = True
        threading.Thread(target=self._run, name="following", daemon=True).start()

    def stop(self) -> None:
        """End within a moment; the thread closes its connection."""
        self._ends.set()
        self._link.is_followed = False

    def head_after(self, head: Head) -> Head:
        """The last line that is known, at least this one; what was read up to it is forgotten.

        Raises what is wrong with the journal.
        """
        with self._guard:
            if self._damage is not None:
                raise self._damage
            if head.sequence > self._base.sequence:
                self._lines = [each for each in self._lines if each.sequence > head.sequence]
                self._base = head
                if self._last.sequence < head.sequence:  # our own line, which was not notified yet
                    self._last = head
            return self._last

    def appended(self, before: Head, after: Head) -> None:
        """Know our own lines without fetching them."""
        with self._guard:
            if self._last == before:
                self._last = after

    def after(self, head: Head) -> list[Fetched] | None:
        """The lines after a head, if they are known."""
        with self._guard:
            return list(self._lines) if head == self._base else None

    def _run(self) -> None:
        while not self._ends.is_set():
            connection = None
            try:
                connection = self._link.connect(is_follower=True)
                self._follow(connection)
            except StorageAway as error:
                self._link.lost(error)
            except BrokenJournal as damage:
                self._damage = damage
            except ConsoleError as error:  # it may be another one soon, as after a failover
                self._damage = StoreUnusable(error.happened, error.hints)
            except psycopg().Error as error:
                if is_lost(error):
                    self._link.lost(away(self._where, error))
            finally:
                close_quietly(connection)
            self._ends.wait(RETRY)

    def _follow(self, connection: "Connection") -> None:
        sender = self._link.connect()
        try:
            is_heard = hears(connection, sender)
        finally:
            close_quietly(sender)
        if not is_heard:
            self._notice(message("database-polled", database=self._where.shown))
        while not self._ends.is_set():
            self._fetch(connection)
            self._link.read_bounds(connection)
            if is_heard:
                for _ in connection.notifies(timeout=_POLL, stop_after=1):
                    pass
            else:
                self._ends.wait(_POLL)

    def _fetch(self, connection: "Connection") -> None:
        while True:
            with self._guard:
                last = self._last
            rows = (
                connection.cursor(binary=True)
                .execute(
                    "SELECT sequence, hash, CASE WHEN sequence > %s THEN line END FROM kconsole.journal"
                    " WHERE store = %s AND sequence >= %s ORDER BY sequence LIMIT %s",
                    (last.sequence, self._where.store, last.sequence, _MOST),
                )
                .fetchall()
            )
            if last != START:
                if not rows or (rows[0][0], rows[0][1]) != last:
                    raise BrokenJournal(last.sequence, "journal-cut-off" if not rows else "line-changed-since", START)
                rows = rows[1:]
            self._link.seen_at, self._damage = datetime.now(UTC), None
            self._link.away = None  # for those too whose own connection was lost after this one was made
            if not rows:
                return
            with self._guard:
                if self._last == last:
                    self._lines += [Fetched(sequence, own, bytes(line)) for sequence, own, line in rows]
                    self._last = Head(rows[-1][0], rows[-1][1])
            self._heard()
