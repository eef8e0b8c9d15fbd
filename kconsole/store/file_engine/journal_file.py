"""The journal as a file: lines by their places, appended, synced, and never changed."""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path
from typing import Final

from kconsole.store.engine import START, BrokenJournal, Head
from kconsole.store.file_engine.files import OpenFile, set_aside, write_whole
from kconsole.store.journal_line import (
    HASH_LENGTH,
    STORE_ID_LENGTH,
    hash_of,
    head_after,
    head_of,
    named_before,
    store_id_in,
)

_CHUNK: Final = 1 << 20

_LONGEST_PATTERN: Final = 64
"""Bytes that a pattern has at most: it may stand where two chunks meet."""
_FIRST: Final = b'{"sequence":1,'
_FLAGS: Final = os.O_CLOEXEC | os.O_NOFOLLOW


class InDoubt(OSError):
    """A whole line may have come to disk or not: the disk failed, and did not let it be cut off again."""


class JournalFile(OpenFile):
    """An open journal file. Places in it are bytes from its beginning, at the end of a line.

    Attributes:
        base: the head before its first line; lines up to that are in segments.
        unwritable: why it was opened to be read only, although it was to be written.
    """

    def __init__(self, path: Path, descriptor: int, unwritable: OSError | None = None) -> None:
        super().__init__(path, descriptor)
        self.unwritable = unwritable
        self._status = os.fstat(descriptor)
        self.base = self._base()
        self._places = {self.base.sequence: 0}
        """Where some lines end, by number: the line of the snapshot, and the last one that was read or written."""
        self.last = self.base.sequence
        """The number of the last line in `_places`."""
        self._snapshot_line = self.last
        """The line of the snapshot, whose place is kept."""

    @classmethod
    def create(cls, path: Path, raw: bytes | Iterable[bytes]) -> "JournalFile":
        """Make a journal with its first lines; if they cannot be written, there is none."""
        write_whole(path, raw, replace=False)
        try:
            return cls(path, os.open(path, os.O_RDWR | os.O_APPEND | _FLAGS))
        except OSError:
            path.unlink()
            raise

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> "JournalFile":
        """Open a journal. Where nothing can be written it can still be read; `append` then raises the reason."""
        unwritable = None
        if not read_only:
            try:
                return cls(path, os.open(path, os.O_RDWR | os.O_APPEND | _FLAGS))
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                    raise
                unwritable = error
        return cls(path, os.open(path, os.O_RDONLY | _FLAGS), unwritable)

    @property
    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def size_in_place(self) -> int:
        """The size of the file that has the journal's name now; -1 if that is another one. One call to the system."""
        status = self.path.stat()
        return status.st_size if os.path.samestat(status, self._status) else -1

    def _base(self) -> Head:
        if os.pread(self._descriptor, len(_FIRST), 0) == _FIRST:
            return START
        try:
            first = next(self.lines(), b"")
            return named_before(first, head_of(first).sequence)
        except BrokenJournal:
            return START

    # Where lines are

    def remember(self, sequence: int, place: int) -> None:
        """Remember where the last line ends that was read or written."""
        self._places[sequence] = place
        if self.last not in (self.base.sequence, self._snapshot_line, sequence):
            del self._places[self.last]
        self.last = sequence

    def remember_snapshot(self, head: Head, place: int) -> None:
        """Remember where the line of a snapshot ends, if it does."""
        if head.sequence > self.base.sequence and self.hash_at(place) == head.hash:
            self._places[head.sequence] = place
            self._snapshot_line = head.sequence
            self.last = max(self.last, head.sequence)

    def place_of(self, head: Head) -> int:
        """Where the line of a head ends; found by counting lines if it is not remembered."""
        known = self._places.get(head.sequence)
        if known is not None:
            return known
        sequence = max((line for line in tuple(self._places) if line < head.sequence), default=self.base.sequence)
        for place, _ in self.lines_from(sequence, self._places[sequence]):
            sequence += 1
            if sequence == head.sequence:
                return place
        raise BrokenJournal(head.sequence, "journal-cut-off", START)

    def place_checked(self, head: Head) -> int:
        """Where the line of a head ends, which is there; BrokenJournal if it is not, or is another line."""
        place = self.place_of(head)
        if self.size < place:
            raise BrokenJournal(head.sequence, "journal-cut-off", START)
        if self.head_at(head.sequence, place) != head:
            raise BrokenJournal(head.sequence, "line-changed-since", START)
        return place

    def last_head(self) -> Head:
        return self.head_at(self.last, self._places[self.last])

    def head_at(self, sequence: int, place: int) -> Head:
        return Head(sequence, self.hash_at(place)) if place else self.base

    def lines_from(self, sequence: int, place: int) -> Iterator[tuple[int, bytes]]:
        """The whole lines after one that ends at a place, each with the place where it ends."""
        for raw in self.lines(place):
            place, sequence = place + len(raw), sequence + 1
            if sequence > self.last:
                self.remember(sequence, place)
            yield place, raw

    # Reading and writing

    def lines(self, begin: int = 0) -> Iterator[bytes]:
        """The whole lines from a place on, with their line feeds; a torn last line is not among them."""
        offset = begin
        pieces: list[bytes] = []
        while chunk := os.pread(self._descriptor, _CHUNK, offset):
            offset += len(chunk)
            *whole, rest = chunk.split(b"\n")
            for text in whole:
                yield b"".join((*pieces, text, b"\n"))
                pieces.clear()
            pieces.append(rest)

    def beginnings(self, begin: int, length: int, patterns: Sequence[bytes]) -> Iterator[bytes]:
        """The same; of a line longer than that only its beginning, unless it contains one of these bytes.

        So a line of a large import need not be in memory.
        """
        offset = start = begin
        pieces: list[bytes] = []
        first = end = b""
        is_wanted = False
        while chunk := os.pread(self._descriptor, _CHUNK, offset):
            for text in chunk.splitlines(keepends=True) if b"\n" in chunk else (chunk,):
                offset += len(text)
                if start == offset - len(text) and len(text) <= length and text.endswith(b"\n"):  # as most are
                    yield text
                    start = offset
                    continue
                if first:
                    is_wanted = is_wanted or any(pattern in end + text for pattern in patterns)
                    end = text[-_LONGEST_PATTERN:]
                else:
                    pieces.append(text)
                    if offset - start > length:
                        first = b"".join(pieces)
                        is_wanted = any(pattern in first for pattern in patterns)
                        first, end = first[:length], first[-_LONGEST_PATTERN:]
                        pieces.clear()
                if text.endswith(b"\n"):
                    if not first:
                        yield b"".join(pieces)
                    else:
                        yield os.pread(self._descriptor, offset - start, start) if is_wanted else first
                    pieces.clear()
                    start, first, is_wanted = offset, b"", False

    def texts(self) -> Iterator[bytes]:
        """The same from the beginning, and a torn last line."""
        place = 0
        for raw in self.lines():
            place += len(raw)
            yield raw
        if torn := os.pread(self._descriptor, self.size - place, place):
            yield torn

    def lines_backwards(self, end: int, patterns: Sequence[bytes] = ()) -> Iterator[bytes]:
        """The lines that end at a place and before, the last one first, with their line feeds.

        Given patterns, only the lines that contain one of these bytes: a search among a million lines splits none.
        """
        begin, rest, size = end, b"", _CHUNK
        while begin > 0:
            size = min(size, begin)
            begin -= size
            block = os.pread(self._descriptor, size, begin) + rest
            first = block.find(b"\n") + 1 if begin else 0  # where the first line that is whole for certain begins
            rest = block[:first] if first else block
            if first or not begin:
                yield from lines_with(block, first, patterns) if patterns else _lines_of(block, first)
            size *= 2 if first in (0, len(block)) else 1  # a line longer than a chunk is not read again and again

    def hash_at(self, place: int) -> str:
        """The hash of the line that ends at a place; empty if none does."""
        return hash_of(os.pread(self._descriptor, HASH_LENGTH, max(place - HASH_LENGTH, 0)))

    def store_id(self) -> str:
        """The id of the store, from its first line; empty if that is not in this file."""
        if self.base != START:
            return ""
        said = store_id_in(os.pread(self._descriptor, HASH_LENGTH, 0))
        if said:
            return said
        end, chunk = 0, b""
        while (found := chunk.find(b"\n")) < 0:
            end += len(chunk)
            if not (chunk := os.pread(self._descriptor, _CHUNK, end)):
                return ""
        return self.hash_at(end + found + 1)[:STORE_ID_LENGTH]

    def append(self, raw: bytes, place: int) -> None:
        """Append lines at a place, the end of the file; they are on disk when this returns.

        Raises:
            InDoubt: they could not be synced, nor cut off again; whoever reads on will find them.
            OSError: they could not be written. The file was cut back to where it was, if the disk let that be done;
                if not, a torn line stays, which every reader takes for none.
        """
        self._check_writable()
        try:
            written = os.write(self._descriptor, raw)
            while written < len(raw):
                written += os.write(self._descriptor, memoryview(raw)[written:])
            os.fdatasync(self._descriptor)
        except BaseException as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, place)
            if isinstance(error, OSError) and self.size >= place + len(raw):
                raise InDoubt(error.errno, error.strerror, str(self.path)) from error
            raise

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Be the only one who appends; gives False where another process does.

        The store's lock is for that. But its file can be removed while a process holds it, and then another process
        locks the next file of that name.
        """
        try:
            flock(self._descriptor, LOCK_EX | LOCK_NB)
        except (BlockingIOError, PermissionError):
            yield False
            return
        except OSError:  # a file system without locks of this kind
            yield True
            return
        try:
            yield True
        finally:
            with suppress(OSError):
                flock(self._descriptor, LOCK_UN)

    def checked_lines(self) -> Iterator[tuple[int, bytes]]:
        """All lines with their numbers; BrokenJournal at the first that is bad."""
        head = self.base
        for raw in self.lines():
            head = head_after(raw, head)
            yield head.sequence, raw

    def first_bad(self) -> BrokenJournal | None:
        """What is wrong with the first line that is bad; None if all are good."""
        try:
            for _ in self.checked_lines():
                pass
        except BrokenJournal as found:
            return found
        return None

    def cut(self, place: int) -> None:
        """Put a file with the lines after a place in the place of this one, which stays as it is for its readers."""
        self._check_writable()
        chunks = (os.pread(self._descriptor, _CHUNK, begin) for begin in range(place, self.size, _CHUNK))
        write_whole(self.path, chunks)

    def ends_with_a_line(self) -> bool:
        size = self.size
        return size == 0 or os.pread(self._descriptor, 1, size - 1) == b"\n"

    def mend_torn_tail(self, head: Head, place: int) -> Path | None:
        """Move a torn line after the last whole one into a file of its own; returns which. The caller holds the lock.

        No one was ever shown it as done, so the store goes on without it. If only its line feed is missing, it gets
        that and stays: then there is no file.

        Raises:
            BrokenJournal: the line is whole, but has another byte for its line feed: it is not torn, but damaged.
        """
        torn = os.pread(self._descriptor, self.size - place, place)
        if not torn:
            return None
        self._check_writable()
        if _follows(torn, head):
            os.write(self._descriptor, b"\n")
            os.fdatasync(self._descriptor)
            return None
        if (damage := self.damaged_line_feed(head, place)) is not None:
            raise damage
        aside = set_aside(torn, self.path.with_name(f"journal.torn-{head.sequence + 1}"))
        os.ftruncate(self._descriptor, place)
        os.fsync(self._descriptor)
        return aside

    def damaged_line_feed(self, head: Head, place: int) -> BrokenJournal | None:
        """What is wrong with a line after the last whole one that is whole, but for its line feed; None if none is."""
        last = os.pread(self._descriptor, self.size - place, place)[:-1]
        return BrokenJournal(head.sequence + 1, "line-feed-is-another-byte", head) if _follows(last, head) else None

    def _check_writable(self) -> None:
        if self.unwritable is not None:
            raise OSError(self.unwritable.errno, self.unwritable.strerror, str(self.path))


def end_of_lines(descriptor: int, size: int) -> int:
    """Where the last whole line ends in so many bytes of a journal."""
    while size > 0:
        begin = max(size - _CHUNK, 0)
        found = os.pread(descriptor, size - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        size = begin
    return 0


def _lines_of(block: bytes, begin: int) -> Iterator[bytes]:
    for text in reversed(block[begin:].split(b"\n")[:-1]):
        yield text + b"\n"


def lines_with(block: bytes, begin: int, patterns: Sequence[bytes]) -> Iterator[bytes]:
    """The lines from a place on that contain one of the patterns, the last one first."""
    end = len(block)
    found = {pattern: block.rfind(pattern, begin) for pattern in patterns}
    while (last := max(found.values())) >= 0:
        start = block.rfind(b"\n", begin, last) + 1 or begin
        yield block[start : block.find(b"\n", last, end) + 1]
        end = start
        found = {
            pattern: place if place < end else block.rfind(pattern, begin, end) for pattern, place in found.items()
        }


def _follows(text: bytes, head: Head) -> bool:
    try:
        head_after(text + b"\n", head)
    except BrokenJournal:
        return False
    return True
