"""Reads the journal of one store into its records, and checks its chain."""

import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from kconsole.core.codes import Message, message
from kconsole.core.errors import NotFound, StoreUnusable
from kconsole.core.history import Commit, Trace
from kconsole.store.engine import START, BrokenJournal, Changes, DamagedSnapshot, Head, JournalEngine
from kconsole.store.journal_line import (
    UNDO_LINES,
    Replay,
    commit_of,
    head_after,
    head_before,
    head_of,
    line_numbered,
    lines_changing,
    trace_in,
)
from kconsole.store.records import Progress, Records

CHECK_AT_OPENING: Final = 4 * 1024 * 1024
"""Bytes of lines before the snapshot that are checked at opening, in hundredths of a second. `verified` checks all."""

FEW: Final = 8
"""Records up to which the lines that change them are searched for; for more, each line is read."""

_OFTEN: Final = 1024
"""Lines after which progress is reported; what it raises ends the reading."""

SETTLING: Final = 1.0
"""Seconds in which a line that another process is writing is whole for certain."""


class JournalReader:
    """How far a journal has been read, and what is read next.

    Attributes:
        state: the records as of the head.
        head: the last line that was read.
        next_number: the number of the next new record after it.
        tail: bytes of the journal after the snapshot.
        snapshot_size: bytes of the snapshot.
        has_damaged_snapshot: whether the snapshot is damaged, and was rebuilt from the journal.
        is_damaged: whether the store was opened read-only in spite of damage: then nothing more can be read.
    """

    def __init__(self, engine: JournalEngine) -> None:
        self.state = Records()
        self.head = START
        self.next_number = 1
        self.tail = self.snapshot_size = 0
        self.has_damaged_snapshot = self.is_damaged = False
        self._engine = engine
        self._watch: AbstractContextManager[Changes] = engine.watch()
        self._changes = self._watch.__enter__()
        self._snapshot_head = START

    def close(self) -> None:
        self._watch.__exit__(None, None, None)

    # Opening

    def open(self, has_journal: bool, progress: Progress | None) -> None:
        """Read everything."""
        self._read_snapshot(has_journal, progress)
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
            self.state.load(snapshot.body, progress)
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
        self.snapshot_size = len(snapshot.body)

    def _check_chain(self, _: Progress | None) -> None:
        """Check some lines before that of the snapshot; `_read_rest` has checked what comes after it."""
        head, left = self._snapshot_head, min(CHECK_AT_OPENING, self._engine.size() - self.tail)
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
            changes = replay.changes()
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

    # Reading on

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
            commit, next_number = commit_of(raw, head)
            for change in commit.changes:
                self.state.take(change)
            self.head, self.next_number, self.tail = head, next_number, self.tail + len(raw)
            yield commit

    # Reading again

    def history(self) -> Iterator[Commit]:
        with self.reporting_damage():
            head = self._engine.start()
            for raw in self._engine.read_after(head):
                head = head_after(raw, head)
                if head.sequence > self.head.sequence:
                    return
                yield commit_of(raw, head)[0]

    def history_backwards(self) -> Iterator[Commit]:
        """All commits that have been read, the last one first. A line is read only when it is asked for."""
        with self.reporting_damage():
            head = self.head
            for raw in self._engine.read_backwards(head):
                before = head_before(raw, head)
                yield commit_of(raw, head)[0]
                head = before
            head = self.head
            for raw in self._engine.read_after(head):  # damage after what was read is reported last
                head = head_after(raw, head)

    def find(self, *patterns: bytes) -> Iterator[Commit]:
        """The commits whose lines contain one of these, the last one first; only these lines are read and checked."""
        with self.reporting_damage():
            for raw in self._engine.read_backwards(self.head, patterns):
                yield commit_of(raw, head_of(raw))[0]
        self._check_all_were_there()

    def traces(self, records: Collection[tuple[str, int]], after: int) -> Iterator[Trace]:
        """The traces, after a line, of what changed one of these records and of all undos, the last one first."""
        patterns = (UNDO_LINES, *(lines_changing(*record) for record in records)) if len(records) <= FEW else ()
        with self.reporting_damage():
            for raw in self._engine.read_backwards(self.head, (line_numbered(after), *patterns) if patterns else ()):
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


def verified(engine: JournalEngine) -> Iterator[Head]:
    """The head after each line that is there now, every byte of which is checked; lines added meanwhile are left out.

    A last line without an end is being written, unless it stays so.

    Raises:
        BrokenJournal: at the first bad line.
    """
    head, last = engine.start(), engine.head()
    for raw in engine.read_after(head):
        head = head_after(raw, head)
        commit_of(raw, head)
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
