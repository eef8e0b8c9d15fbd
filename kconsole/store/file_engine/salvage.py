"""What can be kept of a damaged journal: every line whose hash is right, with its bytes, and gaps for those between.

Lines are found by their own hashes, wherever the damage has moved them. They are kept in runs of lines that follow each
other. The hash of the last lost line is what the next good one names as `previous`, so the chain goes on through a gap.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.codes import Message
from kconsole.core.history import Change
from kconsole.store.engine import NO_HASH, START, BrokenJournal, Head
from kconsole.store.file_engine.flipped_bits import BitRestorer
from kconsole.store.file_engine.journal_file import JournalFile
from kconsole.store.file_engine.segments import Segment, all_segments
from kconsole.store.file_names import JOURNAL_FILE
from kconsole.store.journal_line import gap_line, head_after, is_gap, named_before, store_id_of
from kconsole.store.records import Records
from kconsole.store.replay import Gaps, Replay, head_of_whole
from kconsole.store.state_sum import hash_of_sum

_BEGIN: Final = b'{"sequence":'
_END: Final = b'"}'

_LEAST_LINE: Final = 250
"""No line has fewer bytes: so many lines at most were where so much is damaged."""

_MOST_LOST: Final = 1_000_000
"""Lost lines beyond which a journal is not repaired, but begun again."""

_MOST_DAMAGE: Final = 64 * 1024
"""Bytes of damage in one place up to which lines in it are restored."""


class _Run:
    """Good lines that follow each other, and what stands before them in place of others."""

    def __init__(self, raw: bytes, head: Head, damage: list[bytes], size: int) -> None:
        self.first, self.last, self.hash = head.sequence, head.sequence, head.hash
        self.before = self.before_last = named_before(raw, head.sequence).hash
        self.damage, self.damaged_bytes = damage, size

    def goes_on(self, raw: bytes, head: Head) -> bool:
        """Take the next line, if it is that."""
        if head.sequence != self.last + 1 or named_before(raw, head.sequence).hash != self.hash:
            return False
        self.before_last, self.last, self.hash = self.hash, head.sequence, head.hash
        return True


class Good(NamedTuple):
    """What is good in a store's files, up to the last good line."""

    records: Records
    next_number: int = 1
    head: Head = START
    place: int = 0
    """Where that line ends."""
    source: Message | None = None
    """Where the records come from; None if there is nothing good."""
    store: str = ""
    """The id of the store, as far as it is known."""


class Salvage:
    """What can be kept of the journal and the segments in a folder; `bases` are snapshots, the best one first.

    Attributes:
        is_usable: whether there is a good line, and all that is there belongs together.
        is_certain: whether the records are known, in spite of what is lost.
        gaps: the first and the last number of lines that are lost.
        restored: lines that were damaged and are as they were, by number.
        replay: what all lines add up to; None if the first ones were moved elsewhere.
        head: the last line.
        records, next_number: what the store holds.
    """

    def __init__(self, folder: Path, bases: list[Good], store: str) -> None:
        self.is_usable = self.is_certain = False
        self.gaps: list[tuple[int, int]] = []
        self.restored: dict[int, bytes] = {}
        self.replay: Replay | None = None
        self.head, self.records, self.next_number = START, Records(), 1
        self._folder, self._bases, self._store = folder, bases, store
        self._anchors = {base.head.sequence: base.head.hash for base in reversed(bases)}
        self._runs, self._end = self._read_runs()
        if self._runs:
            self._base = self._base_before(self._runs[0])
            self._last = self._fill()
            kept = sum(map(_length, self._runs)) + len(self.restored)
            if self._last - self._base.sequence - kept <= _MOST_LOST:
                with suppress(BrokenJournal):
                    self._add_up()

    # Which lines there are

    @cached_property
    def segments(self) -> list[Segment]:
        """The segments that the journal goes on from, the oldest one first."""
        with closing(JournalFile.open(self._folder / JOURNAL_FILE, read_only=True)) as journal:
            first = next((head.sequence for head, _ in _lines_in(journal.texts()) if head), 0)
        found: list[Segment] = []
        for segment in reversed(all_segments(self._folder) if first > 1 else []):
            if segment.first < found[0].first <= segment.last + 1 if found else segment.last < first:
                found.insert(0, segment)
        return found

    def _found(self) -> Iterator[tuple[Head | None, bytes]]:
        """All good lines in the order of the files, each with its head, and what stands between, without one."""
        for segment in self.segments:
            for head, raw in _lines_in(segment.readable_lines()):
                yield head if head and segment.first <= head.sequence <= segment.last else None, raw
        with closing(JournalFile.open(self._folder / JOURNAL_FILE, read_only=True)) as journal:
            yield from _lines_in(journal.texts())

    def _read_runs(self) -> tuple[list[_Run], list[bytes]]:
        """The good lines, and what stands after them."""
        runs, damage, size = list[_Run](), list[bytes](), 0
        for head, raw in self._found():
            if head is None:
                size += len(raw)
                damage = [*damage, raw] if size <= _MOST_DAMAGE else []
                continue
            if size or not runs or not runs[-1].goes_on(raw, head):
                runs.append(_Run(raw, head, damage, size))
            damage, size = [], 0
        return _chosen(runs), damage

    def _base_before(self, first: _Run) -> Head:
        """The head before the oldest line. Of damage at the beginning, it is a guess how many lines that was."""
        if self.segments:
            number = min(self.segments[0].first, first.first) - 1
        elif first.first - 1 <= first.damaged_bytes // _LEAST_LINE + 1 or not self._bases:
            number = 0
        else:
            number = first.first - 1 - sum(map(_is_ended, first.damage))
        known = first.before if number == first.first - 1 else NO_HASH
        return Head(number, known) if number else START

    def has_changed(self, segment: Segment) -> bool:
        """Whether a segment does not hold the lines that it should."""
        numbers = range(segment.first, segment.last + 1)
        if any(number in numbers for number in self.restored) or any(
            first <= segment.last and segment.first <= last for first, last in self.gaps
        ):
            return True
        with suppress(BrokenJournal):
            return sum(1 for _ in segment.lines()) != len(numbers)
        return True

    # What stands in the place of the others

    def _fill(self) -> int:
        """Restore what can be restored between good lines and after them; returns the number of the last line."""
        restorer, head = BitRestorer(), self._base
        for run in self._runs:
            for raw in restorer.restored(run.damage, head) if run.first > head.sequence + 1 else ():
                head = head_after(raw, head)
                if head.sequence >= run.first or (head.sequence == run.first - 1 and head.hash != run.before):
                    break
                self.restored[head.sequence] = raw
            head = Head(run.last, run.hash)
        after = list(filter(_is_ended, self._end))
        for raw in restorer.restored(after, head):
            head = head_after(raw, head)
            self.restored[head.sequence] = raw
        return int(max(self._runs[-1].last + len(after), *self._anchors, 0))

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """All lines with their numbers: good ones, restored ones, and gaps."""
        head, runs = self._base, iter(self._runs)
        run = next(runs, None)
        for found, raw in self._found():
            if run is None:
                break
            if found is None or not head.sequence < found.sequence <= run.last:
                continue
            before = named_before(raw, found.sequence)
            if found.sequence == run.first and before.hash == run.before:
                yield from self._between(head, before)
            elif before != head:
                continue
            yield found.sequence, raw
            head = found
            if head.sequence == run.last:
                run = next(runs, None)
        yield from self._between(head, Head(self._last, ""))

    def _between(self, head: Head, end: Head) -> Iterator[tuple[int, bytes]]:
        for number in range(head.sequence + 1, end.sequence + 1):
            raw = self.restored.get(number)
            if raw is None:
                own = (end.hash if number == end.sequence else "") or self._anchors.get(number, "")
                raw = gap_line(Head(number, own), head.hash, self._store)
            head = head_after(raw, head)
            yield number, raw

    # What they add up to

    def _add_up(self) -> None:
        """Replay the lines from the first one and from each snapshot; BrokenJournal if they make no sense."""
        replay, gaps, head = Replay(START, 1), Gaps(), self._base
        started: list[tuple[Good | None, Replay]] = [(None, replay)] if self._base == START else []
        is_proved, store = False, ""
        for number, raw in self.lines():
            head = head_after(raw, head)
            for _, each in started:
                each.take(raw)
            if is_gap(raw):
                gaps.add(number)
            elif number == 1:
                store = store_id_of(raw)
            for base in self._bases:
                if base.head == head:
                    started.append((base, Replay(head, base.next_number)))
                    is_proved = is_proved or not is_gap(raw)
        if self._bases and all(base is not self._bases[0] for base, _ in started):
            return  # it has another line in the place of that of the snapshot
        if store and self._bases and not is_proved and self._bases[0].store != store:
            return
        results = [self._result(base, each, gaps.open) for base, each in started]
        if results:
            results.sort(key=lambda result: result[0], reverse=True)
            (self.is_certain, _), self.records, self.next_number = results[0]
            self.replay = replay if self._base == START else None
            self.gaps, self.head, self.is_usable = gaps.open, head, True

    def changes(self) -> tuple[Change, ...]:
        """What the lost lines changed: all that the others do not say."""
        if self.replay is None:
            return ()
        said, known = Records(self.replay.changes()).tables, self.records.tables
        return tuple(
            Change(table, number, said[table].get(number), known[table].get(number))
            for table in known
            for number in sorted({*said[table], *known[table]})
            if said[table].get(number) != known[table].get(number)
        )

    def _result(
        self, base: Good | None, replay: Replay, gaps: list[tuple[int, int]]
    ) -> tuple[tuple[bool, int], Records, int]:
        """What the lines after a snapshot add up to, whether that is certain, and from which line it starts."""
        records, start = (base.records.copy(), base.head.sequence) if base else (Records(), 0)
        for change in replay.changes(records.entries):
            records.take(change._replace(before=records.tables[change.table].get(change.number)))
        is_certain = all(last <= start for _, last in gaps) or hash_of_sum(records.sum()) == replay.state
        return (is_certain, start), records, replay.next_number


def _lines_in(texts: Iterable[bytes]) -> Iterator[tuple[Head | None, bytes]]:
    """The good lines in texts that are cut at line feeds, with their heads; what else there is, without one."""
    for text in texts:
        if (head := _head_of(text)) is not None:
            yield head, text
            continue
        begin = 0
        while begin < len(text):
            end = text.find(_BEGIN, begin + 1)
            piece = text[begin : end if end > 0 else len(text)]
            line = piece[: piece.rfind(_END) + len(_END)] + b"\n"  # its line feed may be another byte, or not there
            head = _head_of(line)
            yield head, piece if head is None else line
            begin += len(piece)


def _head_of(raw: bytes) -> Head | None:
    with suppress(BrokenJournal):
        return head_of_whole(raw)
    return None


def _chosen(runs: list[_Run]) -> list[_Run]:
    """The runs whose numbers go up; of two that do not, the longer one, since a disk may show old blocks again."""
    chosen: list[_Run] = []
    for run in runs:
        while chosen and run.first <= chosen[-1].last and _length(chosen[-1]) < _length(run):
            chosen.pop()
        if chosen and run.first <= chosen[-1].last:
            continue
        if chosen and run.first == chosen[-1].last + 1 and run.before != chosen[-1].hash:
            top = chosen[-1]  # its last line is not the one that the next line names
            if _length(top) == 1:
                chosen.pop()
            else:
                top.last, top.hash = top.last - 1, top.before_last
        chosen.append(run)
    return chosen


def _is_ended(text: bytes) -> bool:
    return text.endswith(b"\n")


def _length(run: _Run) -> int:
    return run.last - run.first + 1
