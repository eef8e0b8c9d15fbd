"""The engine of a store in a PostgreSQL database.

Lines are appended by a function of the database under the lock of one head row, so the chain cannot fork. One
connection reads, another one writes; each is made when it is first needed, and again after it was lost.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from kconsole.core.codes import Message, message
from kconsole.core.errors import ReadOnly, Refused, StoreBusy, StoreUnusable
from kconsole.core.roles import Authority
from kconsole.store.engine import START, Away, BrokenJournal, Head, Snapshot, StorageAway, unwritable
from kconsole.store.file_names import FORMAT
from kconsole.store.journal_line import hash_of
from kconsole.store.postgresql.address import parse
from kconsole.store.postgresql.connection import (
    BINDING,
    answers,
    away,
    bounds_of,
    close_quietly,
    is_lost,
    psycopg,
    speaking,
)
from kconsole.store.postgresql.follower import Follower
from kconsole.store.postgresql.lease import leased
from kconsole.store.postgresql.link import RETRY, Link
from kconsole.store.postgresql.recent_lines import RecentLines

_BATCH: Final = 2_000
"""Lines that are read at once."""

_IN_DOUBT: Final = 15.0
"""Seconds in which the answer to a lost COMMIT is looked for."""

_SLOWEST: Final = 200_000
"""Bytes of lines that a database checks and saves in a second, at least."""


class PostgresEngine:
    """A handle on a journal in a database; see `JournalEngine`."""

    def __init__(self, address: str, read_only: bool = False) -> None:
        self._where = parse(address)
        self._link = Link(self._where)
        self.address = address
        self.journal_name = f"the journal in {address}"
        self.read_only = read_only
        self.why_read_only: ReadOnly | None = None
        self.notices: list[Message] = []
        self.commit_seconds: float | None = None
        self._size = 0
        self._alone = threading.Lock()
        self._locked: Head | None = None
        """The head under the lock; None while it is not held."""
        self._follower: Follower | None = None
        self._recent = RecentLines()

    @property
    def snapshot_name(self) -> str:
        return str(self._link.cache.snapshot_path)

    @property
    def folder(self) -> Path:
        return self._link.cache.folder

    @property
    def away(self) -> Away | None:
        return self._link.away

    @property
    def login(self) -> str:
        return self._link.login

    def bounded(self, authority: Callable[[], Authority]) -> Callable[[], Authority]:
        return lambda: authority().within(self._link.bounds)

    @property
    def checks_lines(self) -> bool:
        return self._link.bounds.role in ("helpdesk", "account-admin")

    # Opening and closing

    def open(self) -> bool:
        """Open the journal; returns whether there is one. Without its server, what was read of it before will do."""
        try:
            self._link.reader()
        except StorageAway as error:
            if not self._link.cache.snapshot_path.exists():
                raise
            self.notices.append(message("database-away-since", why=error.happened, minutes=self._link.minutes))
            return False
        if (known := self._link.known) is not None:
            self._link.saw(known.head)
            self._size = known.size
            if known.line is not None:
                self._recent.keep(known.head.sequence, known.line)
        if self._link.bounds.role == "auditor" and not self.read_only:
            self.why_read_only = ReadOnly("database-role-reads", "ask-for-database-role", login=self.login)
        return self._link.has_store

    @contextmanager
    def creating(self, patience: float, holder: str, group: int | None = None) -> Iterator[None]:
        if group is not None:
            raise Refused("no-group-in-database", "roles-in-database")
        with self.lock(patience, holder):
            if self._locked != START:
                raise Refused("store-exists", "use-it-or-another-folder", folder=self.address)
            yield

    def close(self) -> None:
        if self._follower is not None:
            self._follower.stop()
        self._link.close()

    # Locks

    @contextmanager
    def lock(self, patience: float, holder: str) -> Iterator[None]:
        if not self._alone.acquire(timeout=patience):
            raise self._busy("store-busy", patience)
        try:
            self._begin(patience, holder)
            try:
                yield
            finally:
                self._locked = None
                self._link.roll_back()
        finally:
            self._alone.release()

    def _begin(self, patience: float, holder: str) -> None:
        """Begin a transaction that holds the head. A connection that was lost meanwhile is made again, once."""
        self._link.holder = holder
        store, driver = self._where.store.replace("'", "''"), psycopg()
        # one message, so that it costs one way there and back
        begin = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = %d; SET LOCAL synchronous_commit = on;"
        begin += " SELECT sequence, hash, size FROM kconsole.lock_head('%s'); "
        begin %= max(1, round(patience * 1000)), store
        for is_last in (False, True):
            writer = self._link.writer()
            writer.allow(patience)
            try:
                row, *own = answers(writer.execute(begin + BINDING if self._link.has_bindings else begin))
                self._link.bounds = bounds_of(own[0]) if own else self._link.bounds
                break
            except driver.errors.LockNotAvailable:
                self._link.roll_back()
                raise self._busy("store-busy", patience) from None
            except driver.Error as failed:
                close_quietly(writer)
                if not is_lost(failed) or is_last:
                    with self._link.losing(), speaking(self._where):
                        raise
        self._locked = START if row is None else Head(row[0], row[1])
        self._size = 0 if row is None else row[2]

    def lease(self, name: str, patience: float, holder: str) -> AbstractContextManager[Callable[[], None]]:
        self._link.holder = self._link.holder or holder
        key, deadline = f"kconsole {name} {self._where.store}", time.monotonic() + patience
        return leased(self._link, key, deadline, lambda: self._busy(f"{name}-busy", patience))

    def _busy(self, code: str, patience: float) -> StoreBusy:
        """The error for whoever waited too long, with the login that holds the lock."""
        login = self._link.login_holding("relation" if code == "store-busy" else "advisory")
        params = {"folder": self.address, "operator": login, "process": 0, "seconds": patience}
        return StoreBusy(Message(code, params), "try-again-or-find-hanging")

    # Reading

    def ask(self, sql: str, *values: object) -> list[Any]:
        """The answer of the database to a question about itself."""
        return self._link.rows(sql, *values)

    def head(self) -> Head:
        return self._head_now() if self._locked is None else self._locked

    def _head_now(self) -> Head:
        rows = self._link.rows("SELECT sequence, hash, size FROM kconsole.head WHERE store = %s", self._where.store)
        head = Head(rows[0][0], rows[0][1]) if rows else START
        self._size = rows[0][2] if rows else 0
        return head

    def store_id(self) -> str:
        if not self._link.store_id and self._link.has_store:
            with suppress(StorageAway):
                self._link.learn_store_id()
        return self._link.store_id

    def size(self) -> int:
        return self._size

    def start(self) -> Head:
        return START

    def missing(self) -> Message | None:
        return None

    def read_after(self, head: Head) -> Iterator[bytes]:
        if self._follower is not None and self._locked is None and (known := self._follower.after(head)) is not None:
            for sequence, own, raw in known:
                self._link.saw(Head(sequence, own))
                self._recent.keep(sequence, raw)
                yield raw
            return
        for sequence, raw in enumerate(self._lines_after(head, "line"), head.sequence + 1):
            self._recent.keep(sequence, raw)
            yield raw

    def read_beginnings(self, head: Head, length: int, patterns: Sequence[bytes]) -> Iterator[bytes]:
        wanted = "".join(" OR position(%s IN line) > 0" for _ in patterns)
        part = f"CASE WHEN octet_length(line) <= %s{wanted} THEN line ELSE substring(line FROM 1 FOR %s) END"
        yield from self._lines_after(head, part, length, *patterns, length)

    def _lines_after(self, head: Head, part: str, *values: object) -> Iterator[bytes]:
        """A part of each line after a head, some lines at a time."""
        last, is_known = head.sequence, head == START
        while True:
            rows = self._link.rows(
                f"SELECT sequence, hash, CASE WHEN sequence > %s THEN {part} END FROM kconsole.journal"  # noqa: S608
                " WHERE store = %s AND sequence >= %s ORDER BY sequence LIMIT %s",
                *(last, *values, self._where.store, last if not is_known else last + 1, _BATCH),
                binary=True,
            )
            if not is_known:
                if not rows or (rows[0][0], rows[0][1]) != head:
                    raise BrokenJournal(head.sequence, "line-changed-since", START)
                rows, is_known = rows[1:], True
                is_full = len(rows) == _BATCH - 1
            else:
                is_full = len(rows) == _BATCH
            for sequence, own, line in rows:
                last = sequence
                self._link.saw(Head(sequence, own))
                yield bytes(line)
            if not is_full:
                return

    def read_backwards(self, head: Head, patterns: Sequence[bytes] = ()) -> Iterator[bytes]:
        wanted = " OR ".join("position(%s IN line) > 0" for _ in patterns)
        last, some = head.sequence, 16
        for sequence, raw in self._recent.backwards(last, patterns):
            last = sequence - 1
            if raw is not None:
                yield raw
        while last > 0:
            # found in the database: a window of numbers each, so that the first ones come soon
            rows = self._link.rows(
                "SELECT line FROM kconsole.journal WHERE store = %s AND sequence <= %s AND sequence > %s"  # noqa: S608
                f" AND ({wanted or 'true'}) ORDER BY sequence DESC",
                *(self._where.store, last, last - some, *patterns),
                binary=True,
            )
            yield from (bytes(line) for (line,) in rows)
            last, some = last - some, min(some * 4, 50_000 if patterns else _BATCH)

    def line(self, sequence: int) -> bytes | None:
        if (raw := self._recent.line(sequence)) is not None:
            return raw
        rows = self._link.rows(
            "SELECT line FROM kconsole.journal WHERE store = %s AND sequence = %s",
            *(self._where.store, sequence),
            binary=True,
        )
        return bytes(rows[0][0]) if rows else None

    # Writing

    def append(self, lines: Sequence[bytes], expected: Head) -> Head:
        if not lines:
            return expected
        if self._locked is None:  # what was locked has been saved
            self._begin(0.001, self._link.holder)
        return self.append_all([lines], expected)

    def append_all(self, batches: Iterable[Sequence[bytes]], expected: Head) -> Head:
        """Append several batches of lines in one transaction: all of them or none. The caller holds the lock."""
        writer, driver, after = self._link.writer(), psycopg(), expected
        began, size = time.monotonic(), 0
        try:
            with writer.pipeline():
                for lines in batches:
                    size += sum(map(len, lines))
                    writer.allow(size / _SLOWEST)
                    values = (self._where.store, *after, list(lines), FORMAT)
                    after = Head(after.sequence + len(lines), hash_of(lines[-1]))  # what to look for if no answer comes
                    writer.execute("SELECT kconsole.append(%s, %s, %s, %s, %s)", values)
                writer.execute("COMMIT")
        except driver.Error as failed:
            if not is_lost(failed):
                self._link.roll_back()
                with speaking(self._where):
                    raise
            close_quietly(writer)
            if not self._is_there(after, failed):
                error = away(self._where, failed)
                self._link.lost(error)
                raise error from None
        finally:
            self._locked = None
        self.commit_seconds = time.monotonic() - began
        if self._follower is not None:
            self._follower.appended(expected, after)
        self._link.has_store = True
        self._size += size
        self._link.saw(after)
        if after.sequence == expected.sequence + len(lines):  # of more, the last ones are not worth it
            for sequence, raw in enumerate(lines, expected.sequence + 1):
                self._recent.keep(sequence, raw)
        with suppress(StoreUnusable):
            self.store_id()  # which names the cache
        return after

    def _is_there(self, head: Head, why: Exception) -> bool:
        """Whether a line was saved of which no answer came. Its transaction has ended when the head can be locked.

        Raises:
            StoreUnusable: no one can say.
        """
        deadline = time.monotonic() + _IN_DOUBT
        while True:
            try:
                self._begin(max(0.001, deadline - time.monotonic()), self._link.holder)
                found = self._link.writer().execute(
                    "SELECT sequence FROM kconsole.journal WHERE store = %s AND hash = %s",
                    (self._where.store, head.hash),
                )
                is_there = bool(_first(found) == head.sequence)
                self._link.roll_back()
                return is_there
            except (StoreUnusable, StoreBusy, psycopg().Error):
                if time.monotonic() >= deadline:
                    error = away(self._where, why).params["error"]
                    happened = message("database-not-confirmed", database=self.address, error=error)
                    raise StorageAway(happened, "look-when-it-is-back", effect="perhaps-saved") from None
                time.sleep(RETRY / 4)

    def archive(self, keep: int) -> int:
        del keep  # the database has room
        return 0

    # Following

    @contextmanager
    def watch(self) -> Iterator["PostgresEngine"]:
        yield self

    def since(self, head: Head) -> bool:
        if self._locked is not None:
            now = self._locked
        elif self._follower is not None:
            now = self._follower.head_after(head)
        else:
            try:
                now = self._head_now()
            except StorageAway:
                return False
        if now.sequence < head.sequence:
            raise BrokenJournal(head.sequence, "journal-cut-off", START)
        if now.sequence == head.sequence and now != head:
            raise BrokenJournal(head.sequence, "line-changed-since", START)
        return now.sequence != head.sequence

    def follow(self, heard: Callable[[], None] = lambda: None) -> None:
        if self._follower is None:
            self._follower = Follower(self._link, self.notices.append, heard)
            self._follower.start(self._link.seen)

    # Snapshots

    def snapshot(self) -> Snapshot | None:
        return self._link.cache.snapshot()

    @contextmanager
    def snapshotting(self, holder: str) -> Iterator[None]:
        del holder  # it is this host's own
        yield

    def write_snapshot(
        self, head: Head, next_number: int, body: Iterable[bytes], state_sum: str = "", damaged: bool = False
    ) -> tuple[int, str]:
        try:
            return self._link.cache.write(head, next_number, body, self.store_id(), state_sum, damaged)
        except OSError as error:
            raise unwritable(self.snapshot_name, error) from error


def _first(answer: Any) -> Any:
    row = answer.fetchone()
    return None if row is None else row[0]
