"""Reads the journal of one store into its records, and checks its chain."""

import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct

from kconsole.core.codes import Message, message
from kconsole.core.encoding import NONSENSE
from kconsole.core.errors import NotFound, StoreUnusable
from kconsole.core.history import MEND, Commit, Trace
from kconsole.store.engine import START, BrokenJournal, Changes, DamagedSnapshot, Head, JournalEngine, Snapshot
from kconsole.store.journal_line import (
    UNDO_LINES,
    Checks,
    checks_of,
    commit_of,
    head_after,
    head_before,
    head_of,
    line_numbered,
    lines_changing,
    trace_in,
)
from kconsole.store.records import Progress, Records
from kconsole.store.replay import Gaps, Replay
from kconsole.store.state_sum import hash_of_sum

CHECK_AT_OPENING: Final = 4 * 1024 * 1024
"""Bytes of lines before the snapshot that are checked at opening, in hundredths of a second. `verified` checks all."""

FEW: Final = 8
"""Records up to which the lines that change them are searched for; for more, each line is read."""

RECENT: Final = 5_000
"""Lines among which `recent` looks."""

LONG: Final = 100_000
"""Bytes from which on it skips a line: reading one of a large import takes seconds."""

_OFTEN: Final = 1024
"""Lines after which progress is reported; what it raises ends the reading."""

SETTLING: Final = 1.0
"""Seconds in which a line that another process is writing is whole for certain."""


class _TimeLine(Struct, frozen=True):
    at: datetime


_decode_time: Final = msgspec.json.Decoder(_TimeLine).decode


class JournalReader:
    """How far a journal has been read, and what is read next.

    Attributes:
        state: the records as of the head.
        head: the last line that was read.
        next_number: the number of the next new record after it.
        tail: bytes of the journal after the snapshot.
        snapshot_size: bytes of the snapshot.
        snapshot_checksum: its checksum.
        has_damaged_snapshot: whether the snapshot is damaged, and was rebuilt from the journal.
        is_damaged: whether the store was opened read-only in spite of damage: then nothing more can be read.
    """

    def __init__(self, engine: JournalEngine) -> None:
        self.state = Records()
        self.head = START
        self.next_number = 1
        self.tail = self.snapshot_size = 0
        self.snapshot_checksum = ""
        self.has_damaged_snapshot = self.is_damaged = False
        self._engine = engine
        self._watch: AbstractContextManager[Changes] = engine.watch()
        self._changes = self._watch.__enter__()
        self._snapshot_head = START

    def close(self) -> None:
        self._watch.__exit__(None, None, None)

    def open(self, has_journal: bool, progress: Progress | None) -> None:
        """Read everything."""
        self._read_snapshot(has_journal, progress)
        if self._engine.away is not None and self._snapshot_head != START:
            return  # what is kept of it here will do until it is back
        if not has_journal:
            if self._snapshot_head == START:
                raise NotFound("no-store", "make-or-demo", address=self._engine.address.removeprefix("file:"))
            missing = StoreUnusable("journal-missing", "restore-or-read-only", journal=self._engine.journal_name)
            if not self._engine.read_only:
                raise missing
            self._engine.notices.append(missing.happened)
            self.is_damaged = True
            return
        for step in (self._read_rest, self._check_chain):
            try:
                step(progress)
            except BrokenJournal as found:
                damage = found.of(self._engine.journal_name)
                if not self._engine.read_only:
                    raise damage from None
                self.is_damaged = True
                if damage.happened not in self._engine.notices:
                    self._engine.notices.append(damage.happened)

    def _read_snapshot(self, has_journal: bool, progress: Progress | None) -> None:
        """Take the records of the snapshot, if there is one that is good; the journal has everything."""
        try:
            snapshot = self._engine.snapshot()
            if snapshot is None:
                return
            if has_journal and not self._engine.read_only:
                _refuse_foreign(snapshot, self._engine)
            self.state.load(snapshot.body, progress)
            if has_journal:
                self._check_state(snapshot)
        except DamagedSnapshot as damage:
            name = self._engine.snapshot_name
            self.state.clear()
            if not has_journal:
                raise StoreUnusable("snapshot-damaged", "restore-backup", snapshot=name, reason=damage.why) from None
            self._engine.notices.append(message("snapshot-rebuilt", snapshot=name, reason=damage.why))
            self.has_damaged_snapshot = True
            return
        self.next_number = snapshot.next_number
        self.head = self._snapshot_head = snapshot.head
        self.snapshot_size, self.snapshot_checksum = len(snapshot.body), snapshot.checksum

    def _check_state(self, snapshot: Snapshot) -> None:
        """Check that a snapshot holds the records that the journal says of its line; a checksum can be made by anyone.

        The sum is taken without that if the line after it says that its writer has checked this very snapshot.
        """
        said = Checks()
        with suppress(BrokenJournal, StopIteration, *NONSENSE):  # which `_check_chain` will report
            said = checks_of(next(self._engine.read_backwards(snapshot.head)))
            is_checked = self._engine.login != ""  # of a database, this user keeps it alone
            if not is_checked:
                after = next(iter(self._engine.read_after(snapshot.head)), b"{}")
                is_checked = checks_of(after).snapshot == snapshot.checksum
            if said.state and snapshot.state_sum and is_checked:
                self.state.take_sum(int(snapshot.state_sum, 16))
                return
        if said.state and hash_of_sum(self.state.sum()) != said.state:
            raise DamagedSnapshot(message("state-not-of-line", line=snapshot.head.sequence))

    def _check_chain(self, _: Progress | None) -> None:
        """Check some lines before that of the snapshot; `_read_rest` has checked what comes after it."""
        most = 0 if self._engine.login else CHECK_AT_OPENING  # a database lets no one change a line
        head, left = self._snapshot_head, min(most, self._engine.size() - self.tail)
        for raw in self._engine.read_backwards(head) if left > 0 else ():
            head, left = head_before(raw, head), left - len(raw)
            if left <= 0:
                break
        if head.sequence == 0 and head != START:
            raise BrokenJournal(1, "line-does-not-follow", START)

    def _read_rest(self, progress: Progress | None) -> None:
        replay = Replay(self.head, self.next_number)
        try:
            for raw in self._engine.read_after(self.head):
                replay.take(raw)
                if progress is not None and replay.head.sequence % _OFTEN == 0:
                    progress(len(self.state.entries), len(self.state.entries))
            replay.gaps.check()
            changes = replay.changes(self.state.entries)
        except BrokenJournal:
            for _ in self.commits():  # one by one, up to the bad line
                pass
        else:
            for change in changes:
                self.state.take(change._replace(before=self.state.tables[change.table].get(change.number)))
            self.head, self.next_number, self.tail = replay.head, replay.next_number, replay.size
        if progress is not None and self.tail:
            progress(len(self.state.entries), len(self.state.entries))
        if self.head == START:
            raise BrokenJournal(1, "journal-empty" if self._engine.size() == 0 else "line-has-no-end", START)

    def has_more(self) -> bool:
        """Whether the journal has lines after the head."""
        if self.is_damaged:
            return False
        with self.reporting_damage():
            return self._changes.since(self.head)

    def commits(self) -> Iterator[Commit]:
        """Take the lines after the head; each commit is given when the records are as after it.

        Raises:
            BrokenJournal: at the first bad line.
        """
        for raw in self._engine.read_after(self.head):
            head = head_after(raw, self.head)
            commit, next_number = commit_of(raw, head, self.state.entries)
            if commit.is_lost:
                raise BrokenJournal(head.sequence, "line-is-lost", self.head)
            if commit.operation == MEND:
                commit = self._compared(commit)
            for change in commit.changes:
                self.state.take(change)
            if commit.operation == MEND and checks_of(raw).state != hash_of_sum(self.state.sum()):
                raise BrokenJournal(head.sequence, "journal-replaced", self.head)
            self.head, self.next_number, self.tail = head, next_number, self.tail + len(raw)
            yield commit

    def _compared(self, commit: Commit) -> Commit:
        """A repair of the doctor as a change of our records, which may have what the lost lines changed."""
        tables = self.state.tables
        changes = (change._replace(before=tables[change.table].get(change.number)) for change in commit.changes)
        return commit._replace(changes=tuple(change for change in changes if change.before != change.after))

    def history(self, logins: bool = True) -> Iterator[Commit]:
        """All commits that have been read, the first one first; on request without the last logins, which are many."""
        with self.reporting_damage():
            head, lost = self._engine.start(), list[Commit]()
            for raw in self._engine.read_after(head):
                head = head_after(raw, head)
                if head.sequence > self.head.sequence:
                    return
                commit = commit_of(raw, head, None if logins else {})[0]
                if commit.is_lost:
                    lost.append(commit)
                    continue
                yield from (each._replace(at=commit.at) for each in lost)
                lost.clear()
                yield commit

    def beginnings(self, length: int, *patterns: bytes) -> Iterator[bytes]:
        """The lines that have been read, unchecked; of longer ones without these bytes perhaps the beginnings only."""
        with self.reporting_damage():
            start = self._engine.start()
            lines = self._engine.read_beginnings(start, length, patterns)
            yield from islice(lines, self.head.sequence - start.sequence)

    def history_backwards(self) -> Iterator[Commit]:
        """All commits that have been read, the last one first. A line is read only when it is asked for."""
        with self.reporting_damage():
            head, at = self.head, None
            for raw in self._engine.read_backwards(head):
                before = head_before(raw, head)
                commit = commit_of(raw, head)[0]
                at = at if at and commit.is_lost else commit.at
                yield commit._replace(at=at)
                head = before
            head = self.head
            for raw in self._engine.read_after(head):  # damage after what was read is reported last
                head = head_after(raw, head)

    def backwards(self, *patterns: bytes) -> Iterator[bytes]:
        """The lines that have been read and contain one of these, the last one first; they are not checked."""
        with self.reporting_damage():
            yield from self._engine.read_backwards(self.head, patterns)

    def find(self, *patterns: bytes) -> Iterator[Commit]:
        """The commits whose lines contain one of these, the last one first; only these lines are read and checked."""
        with self.reporting_damage():
            for raw in self._engine.read_backwards(self.head, patterns):
                yield commit_of(raw, head_of(raw))[0]
        self._check_all_were_there()

    def since(self, moment: datetime, pattern: bytes) -> Iterator[Commit]:
        """The commits from a moment on whose lines contain this, the last one first; others are not read whole."""
        with self.reporting_damage():
            for raw in self._engine.read_backwards(self.head):
                if pattern in raw:
                    commit, _ = commit_of(raw, head_of(raw))
                    if commit.at < moment:
                        return
                    yield commit
                elif _time_in(raw) < moment:
                    return

    def recent(self, *patterns: bytes) -> Iterator[Commit]:
        """The same among the last lines only, and among those that are quickly read: it may stand in for an answer."""
        with self.reporting_damage():
            for raw in islice(self._engine.read_backwards(self.head), RECENT):
                if len(raw) < LONG and any(pattern in raw for pattern in patterns):
                    yield commit_of(raw, head_of(raw))[0]

    def commit(self, sequence: int) -> Commit | None:
        """The commit with a number, of those that have been read; only its line is read and checked."""
        with self.reporting_damage():
            raw = self._engine.line(sequence) if 0 < sequence <= self.head.sequence else None
            if raw is not None:
                return commit_of(raw, head_of(raw))[0]
        if 0 < sequence <= self.head.sequence:
            self._check_all_were_there()
        return None

    def traces(self, records: Collection[tuple[str, int]], after: int) -> Iterator[Trace]:
        """The traces, after a line, of what changed one of these records and of all undos, the last one first."""
        patterns = (
            (UNDO_LINES, *(pattern for record in records for pattern in lines_changing(*record)))
            if len(records) <= FEW
            else ()
        )
        with self.reporting_damage():
            for raw in self._engine.read_backwards(self.head, (line_numbered(after), *patterns) if patterns else ()):
                if raw.startswith(line_numbered(after)):  # not read: it may be that of a large import
                    return
                trace = trace_in(raw)
                if trace.sequence <= after:
                    return
                if trace.records and (trace.undoes is not None or not trace.records.isdisjoint(records)):
                    yield trace
        self._check_all_were_there()

    def _check_all_were_there(self) -> None:
        """Raise StoreUnusable if what was looked for may be in a line that was moved elsewhere."""
        if (missing := self.missing()) is not None:
            raise StoreUnusable(missing, "put-archive-back", effect="nothing-changed")

    def missing(self) -> Message | None:
        """Which of the first lines are not there, and what to put back."""
        return self._engine.missing()

    @contextmanager
    def reporting_damage(self) -> Iterator[None]:
        """Raise StoreUnusable in place of BrokenJournal."""
        try:
            yield
        except BrokenJournal as damage:
            raise damage.of(self._engine.journal_name) from None


def _refuse_foreign(snapshot: Snapshot, engine: JournalEngine) -> None:
    """Raise StoreUnusable if a snapshot is of another store than the journal."""
    if snapshot.store and snapshot.store != engine.store_id():
        names = {"journal": engine.journal_name, "snapshot": engine.snapshot_name}
        raise StoreUnusable("parts-of-two-stores", "take-the-foreign-part-away", effect="nothing-changed", **names)


def verified(engine: JournalEngine, gaps: Gaps) -> Iterator[Head]:
    """The head after each line that is there now, every byte of which is checked; lines added meanwhile are left out.

    A last line without an end is being written, unless it stays so. A damaged snapshot says nothing of the log: no one
    takes its records. `gaps` gets the lost lines; from there up to the line of the doctor that says so, no one knows
    the records.

    Raises:
        BrokenJournal: at the first bad line.
        DamagedSnapshot: a snapshot with a right checksum does not hold what the log adds up to.
    """
    head, last, records = engine.start(), engine.head(), Records()
    snapshot = None
    with suppress(DamagedSnapshot):
        snapshot = engine.snapshot()
    if snapshot is not None:
        _refuse_foreign(snapshot, engine)
    is_whole = head == START  # else lines that were archived are elsewhere
    for raw in engine.read_after(head):
        head = head_after(raw, head)
        commit = commit_of(raw, head, records.entries if is_whole else None)[0]
        said = checks_of(raw)
        if commit.is_lost:
            gaps.add(head.sequence)
        gaps.take(said)
        if is_whole:
            for change in commit.changes:
                records.take(change)
            if said.state and not gaps.open and hash_of_sum(records.sum()) != said.state:
                raise BrokenJournal(head.sequence, "state-not-said", head)
        if snapshot is not None and head == snapshot.head:
            if is_whole and not gaps.open:
                _compare(snapshot, records)
            snapshot = None
        yield head
        if head.sequence >= last.sequence:
            break
    deadline = time.monotonic() + SETTLING
    with engine.watch() as changes:
        while changes.since(head) and not any(True for _ in engine.read_after(head)):
            if time.monotonic() >= deadline:
                raise BrokenJournal(head.sequence + 1, "line-has-no-end", head)
            time.sleep(SETTLING / 20)
    if head == START:
        raise BrokenJournal(1, "journal-empty", head)
    gaps.check()
    if snapshot is not None and is_whole:
        raise DamagedSnapshot("not-of-this-journal")


def _compare(snapshot: Snapshot, records: Records) -> None:
    in_snapshot = Records()
    in_snapshot.load(snapshot.body)
    if in_snapshot.sum() != records.sum():
        raise DamagedSnapshot(message("state-not-of-line", line=snapshot.head.sequence))


def _time_in(raw: bytes) -> datetime:
    try:
        return _decode_time(raw).at
    except NONSENSE:
        return commit_of(raw, head_of(raw))[0].at  # which says what is wrong
