"""Copies of a store's files while others work on it. Every line is checked on the way: a copy is whole, or an error."""

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from kconsole.core.codes import message
from kconsole.core.errors import StoreUnusable
from kconsole.store.engine import START, BrokenJournal, DamagedSnapshot, Head, unreadable
from kconsole.store.file_engine.journal_file import end_of_lines
from kconsole.store.file_engine.segments import Segment, all_segments
from kconsole.store.file_engine.snapshot_file import snapshot_in
from kconsole.store.file_names import JOURNAL_FILE, SNAPSHOT_FILE
from kconsole.store.journal_line import head_after, head_of, named_before

_GZIP: Final = 31
"""What zlib calls the format of segments."""


class Readable(Protocol):
    """What a copy is read from."""

    def read(self, size: int, /) -> bytes: ...


class Copy(NamedTuple):
    """A file of the store to be copied: its name, what to read, and how many bytes of that."""

    name: str
    content: Readable
    size: int


class Copies:
    """The files that make up a store, opened; `stack` closes them.

    The snapshot is read before the journal is measured, which only grows: so the copy of the journal holds all that the
    copy of the snapshot does. What is archived meanwhile is in a segment, or in the journal that was opened. A snapshot
    that is damaged is left out: the journal has everything.

    They are to be read in their order. What is wrong is raised before the end of a file is given.

    Raises:
        BrokenJournal: a line is bad, or a file ends too soon, or does not follow another.
        StoreUnusable: there is no journal, a file cannot be read, or old lines were moved elsewhere, and there is no
            good snapshot that has what they did.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self.snapshot = START
        """The head of the snapshot."""
        self._last, self._is_complete = START, True
        """The last head that was read, and whether all lines up to it were."""
        self.files = list(self._opened(stack))

    def _opened(self, stack: ExitStack) -> Iterator[Copy]:
        name = str(self._folder / JOURNAL_FILE)
        try:
            with suppress(FileNotFoundError, DamagedSnapshot):
                path = self._folder / SNAPSHOT_FILE
                content = path.read_bytes()
                self.snapshot = snapshot_in(content, path).snapshot.head
                yield Copy(SNAPSHOT_FILE, io.BytesIO(content), len(content))
            journal = stack.enter_context((self._folder / JOURNAL_FILE).open("rb"))
            size = end_of_lines(journal.fileno(), os.fstat(journal.fileno()).st_size)
            for segment in all_segments(self._folder):
                file = stack.enter_context(segment.path.open("rb"))
                packed = os.fstat(file.fileno()).st_size
                yield Copy(segment.path.name, _Lines(self, segment.path.name, file, packed, segment), packed)
            yield Copy(JOURNAL_FILE, _Lines(self, JOURNAL_FILE, journal, size), size)
        except FileNotFoundError:
            raise StoreUnusable("journal-missing", "restore-or-read-only", journal=name) from None
        except OSError as error:
            raise unreadable(str(error.filename or name), error) from error

    def begin(self, base: Head, is_journal: bool) -> None:
        """Check that a file follows the one before, if it is the next."""
        if base.sequence == self._last.sequence and base != self._last:
            raise BrokenJournal(base.sequence + 1, "line-does-not-follow", self._last)
        self._is_complete = base == START or (self._is_complete and base == self._last)
        if is_journal and not self._is_complete and self.snapshot == START:
            last = base.sequence
            missing = message("archive-missing", last=last, file=f"journal-*-{last}.jsonl.gz")
            raise StoreUnusable(missing, "put-archive-back")

    def end(self, head: Head, is_journal: bool) -> None:
        """Check that a file has all that it should, and go on with the next."""
        if is_journal and head.sequence < self.snapshot.sequence:
            raise BrokenJournal(self.snapshot.sequence, "journal-cut-off", head)
        self._last = head


class _Lines:
    """A file of lines that are checked as they are read."""

    def __init__(self, copies: Copies, name: str, file: IO[bytes], size: int, segment: Segment | None = None) -> None:
        self._copies, self._name, self._file, self._left, self._segment = copies, name, file, size, segment
        self._unpacker = None if segment is None else zlib.decompressobj(_GZIP)
        self._rest: list[bytes] = []
        self._first = 0
        self._head = START
        if size == 0:
            raise self._cut_off()

    def read(self, size: int, /) -> bytes:
        try:
            content = self._file.read(size)
        except OSError as error:
            raise unreadable(self._name, error) from error
        if len(content) < size:
            raise self._cut_off()
        try:
            self._take(content if self._unpacker is None else self._unpacker.decompress(content))
        except zlib.error as error:
            why = message("archive-unreadable", file=self._name, error=str(error))
            raise BrokenJournal(self._head.sequence + 1, why, self._head) from None
        self._left -= size
        if not self._left:
            self._check_end()
        return content

    def _take(self, content: bytes) -> None:
        *whole, rest = content.split(b"\n")
        for text in whole:
            line = b"".join((*self._rest, text, b"\n"))
            self._rest.clear()
            if not self._first:
                self._first = head_of(line).sequence
                self._head = START if self._first == 1 else named_before(line, self._first)
                self._copies.begin(self._head, self._segment is None)
            self._head = head_after(line, self._head)
            if self._head.sequence == self._copies.snapshot.sequence and self._head != self._copies.snapshot:
                raise BrokenJournal(self._head.sequence, "not-the-line-of-the-snapshot", START)
        self._rest.append(rest)

    def _check_end(self) -> None:
        if self._segment is not None and self._unpacker is not None:
            is_whole = self._unpacker.eof and not self._unpacker.unused_data
            if not is_whole or (self._first, self._head.sequence) != (self._segment.first, self._segment.last):
                raise self._cut_off()
        self._copies.end(self._head, self._segment is None)

    def _cut_off(self) -> BrokenJournal:
        why = message("archive-too-short", file=self._name) if self._segment else message("journal-cut-off")
        return BrokenJournal(self._head.sequence + 1, why, self._head)
