"""The journal: one line for each transaction, appended, synced, and never changed.

A line is a JSON object that ends with the hash of the line before it and its own:

    {"sequence":7, ... ,"previous":"<64 hex digits>","hash":"<64 hex digits>"}

The own hash is SHA-256 over the line's bytes up to and including the previous hash. So the lines are a chain: whatever
is changed, left out or put between breaks it from there on. What it cannot show is a tail that was cut off whole, or a
chain that somebody made anew from an early line: for that its head has to be kept elsewhere.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from kconsole.store.files import set_aside, write_whole

JOURNAL_FILE: Final = "journal.jsonl"
NO_HASH: Final = "0" * 64
"""The previous hash of the first line."""

_HASH_START: Final = b',"hash":"'
_PREVIOUS_START: Final = b',"previous":"'
_TAIL_LENGTH: Final = len(_HASH_START) + 64 + len(b'"}')
_PREVIOUS_LENGTH: Final = len(_PREVIOUS_START) + 64 + len(b'"')
_HEX: Final = re.compile(rb"[0-9a-f]{64}")
_CHUNK: Final = 1 << 20
_SLICE: Final = 1000
"""Changes that are encoded in one go: a millisecond, in which no other thread runs."""

_FLAGS: Final = os.O_CLOEXEC | os.O_NOFOLLOW


class Head(NamedTuple):
    """The last line that is known: its number, where it ends, and its hash."""

    sequence: int = 0
    offset: int = 0
    """Bytes from the beginning of the file to the end of the line."""
    hash: str = NO_HASH


class BrokenJournal(Exception):
    """The chain is broken.

    Attributes:
        line: the number of the first bad line, from 1.
        why: what is wrong with it.
        good: the last good line before it.
    """

    def __init__(self, line: int, why: str, good: Head) -> None:
        super().__init__(f"line {line}: {why}")
        self.line, self.why, self.good = line, why, good


class JournalLine(NamedTuple):
    """A good line: what it says, and where it ends."""

    body: dict[str, Any]
    head: Head


def encoded(body: dict[str, Any], previous: str) -> tuple[bytes, str]:
    """A line of the journal with its line feed, and its hash.

    Args:
        body: what it says, its `sequence` included.
        previous: the hash of the line before.
    """
    rest, changes = dict(body), body.get("changes")
    if isinstance(changes, list) and len(changes) > _SLICE:
        del rest["changes"]
        slices = (orjson.dumps(changes[begin : begin + _SLICE])[1:-1] for begin in range(0, len(changes), _SLICE))
        tail = b'],"previous":%b' % orjson.dumps(previous)
        hashed = b"".join((orjson.dumps(rest)[:-1], b',"changes":[', b",".join(slices), tail))
    else:
        hashed = orjson.dumps({**body, "previous": previous})[:-1]
    own = sha256(hashed).hexdigest()
    return hashed + _HASH_START + own.encode() + b'"}\n', own


def linked(raw: bytes, before: Head) -> Head:
    """The head after a line, if it links to the head before; the line is not parsed.

    Args:
        raw: the line with its line feed.
        before: the head that it should follow.

    Raises:
        BrokenJournal: it does not.
    """
    number = before.sequence + 1
    end = raw[-_TAIL_LENGTH - 1 :]
    own = end[len(_HASH_START) : -len(b'"}\n')]
    if not (end.startswith(_HASH_START) and end.endswith(b'"}\n') and _HEX.fullmatch(own)):
        raise BrokenJournal(number, "it does not end with a hash", before)
    if sha256(memoryview(raw)[: -_TAIL_LENGTH - 1]).hexdigest().encode() != own:
        raise BrokenJournal(number, "its content does not match its hash", before)
    if raw[-_TAIL_LENGTH - 1 - _PREVIOUS_LENGTH : -_TAIL_LENGTH - 1] != _previous(before):
        raise BrokenJournal(number, "it does not follow the line before it", before)
    return Head(number, before.offset + len(raw), own.decode())


def _previous(before: Head) -> bytes:
    return _PREVIOUS_START + before.hash.encode() + b'"'


def parsed(raw: bytes, head: Head) -> JournalLine:
    """What a linked line says.

    Raises:
        BrokenJournal: it is no line of ours, although its hash is right.
    """
    before = Head(head.sequence - 1, head.offset - len(raw), "")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BrokenJournal(head.sequence, f"it is not JSON ({error})", before) from None
    if not isinstance(body, dict) or body.get("sequence") != head.sequence:
        raise BrokenJournal(head.sequence, "its number is not the next one", before)
    return JournalLine(body, head)


class InDoubt(OSError):
    """A whole line may have come to disk or not: the disk failed, and would not let it be cut off again."""


class Journal:
    """An open journal file, and how far it has been read."""

    def __init__(self, path: Path, descriptor: int, head: Head, unwritable: OSError | None = None) -> None:
        self.path = path
        self.head = head
        self._descriptor = descriptor
        self._unwritable = unwritable
        status = os.fstat(descriptor)
        self._identity = status.st_ino, status.st_dev

    @classmethod
    def create(cls, path: Path, body: dict[str, Any]) -> "Journal":
        """Make a journal with its first line.

        Raises:
            FileExistsError: there is one already.
            OSError: it cannot be written; then there is none.
        """
        raw, own = encoded(body, NO_HASH)
        write_whole(path, raw, replace=False)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | _FLAGS)
        except OSError:
            path.unlink()
            raise
        return cls(path, descriptor, Head(1, len(raw), own))

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> "Journal":
        """Open a journal, none of which has been read yet.

        Where nothing can be written, it can still be read; to append then says why not.

        Raises:
            OSError: it is not there, or cannot be opened.
        """
        unwritable = None
        if not read_only:
            try:
                return cls(path, os.open(path, os.O_RDWR | os.O_APPEND | _FLAGS), Head())
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                    raise
                unwritable = error
        return cls(path, os.open(path, os.O_RDONLY | _FLAGS), Head(), unwritable)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        """A store that was dropped without being closed keeps no file open."""
        self.close()

    @property
    def size(self) -> int:
        """Bytes in the file now."""
        return os.fstat(self._descriptor).st_size

    def has_grown(self) -> bool:
        """Whether there is more than has been read. Costs one call to the system.

        Raises:
            BrokenJournal: another file has the journal's name now, or its end has been cut off.
            OSError: no file has its name, or it cannot be looked at.
        """
        status = self.path.stat()
        if (status.st_ino, status.st_dev) != self._identity:
            raise BrokenJournal(self.head.sequence, "another file was put in its place", self.head)
        if status.st_size < self.head.offset:
            raise BrokenJournal(self.head.sequence, "the end of the journal has been cut off", Head())
        return status.st_size != self.head.offset

    def raw_lines(self, begin: int = 0) -> Iterator[bytes]:
        """The whole lines from an offset on, with their line feeds; a torn last line is not among them."""
        offset = begin
        pieces: list[bytes] = []
        while chunk := os.pread(self._descriptor, _CHUNK, offset):
            offset += len(chunk)
            *whole, rest = chunk.split(b"\n")
            for text in whole:
                yield b"".join((*pieces, text, b"\n"))
                pieces.clear()
            pieces.append(rest)

    def linked_lines(self, start: Head | None = None) -> Iterator[tuple[bytes, Head]]:
        """The whole lines after a head, each with the head it makes.

        Raises:
            BrokenJournal: at the first one that does not follow.
        """
        head = start or Head()
        for raw in self.raw_lines(head.offset):
            head = linked(raw, head)
            yield raw, head

    def lines_backwards(self, head: Head) -> Iterator[JournalLine]:
        """The lines up to a head that is trusted, the last one first.

        Each is checked against the one after it, which holds its hash: so nothing before it has to be read.

        Raises:
            BrokenJournal: at the first one that has been changed.
        """
        for raw in self._raw_lines_backwards(head.offset):
            previous = raw[-_TAIL_LENGTH - 1 - 65 : -_TAIL_LENGTH - 2]
            before = Head(head.sequence - 1, head.offset - len(raw), previous.decode("ascii", "replace"))
            if linked(raw, before) != head:
                raise BrokenJournal(head.sequence, "its hash is not the one that the line after it holds", before)
            yield parsed(raw, head)
            head = before

    def _raw_lines_backwards(self, end: int) -> Iterator[bytes]:
        """The lines that end at an offset and before, the last one first, with their line feeds."""
        begin, rest, size = end, b"", _CHUNK
        while begin > 0:
            size = min(size, begin)
            begin -= size
            first, *whole = (os.pread(self._descriptor, size, begin) + rest).split(b"\n")
            for text in reversed(whole[:-1]):
                yield text + b"\n"
            rest = first + b"\n" if whole else first
            size *= 2 if len(whole) < 2 else 1  # a line longer than a chunk is not looked through again and again
        if rest:
            yield rest

    def read_on(self) -> Iterator[JournalLine]:
        """The lines that have not been read yet; each counts as read once the next one is asked for.

        Raises:
            BrokenJournal: at the first one that does not follow.
        """
        for raw, head in self.linked_lines(self.head):
            yield parsed(raw, head)
            self.head = head

    def check(self) -> Head:
        """Check every line of the file, whatever has been read; returns its head. The caller holds the lock.

        Raises:
            BrokenJournal: at the first bad line; a torn last one is bad too.
        """
        head = Head()
        for raw, after in self.linked_lines():
            parsed(raw, after)
            head = after
        if self.size != head.offset:
            raise BrokenJournal(head.sequence + 1, "it has no end", head)
        return head

    def holds(self, head: Head) -> bool:
        """Whether the line that a head names ends where it says, with its hash."""
        if head.sequence == 0:
            return True
        end = os.pread(self._descriptor, _TAIL_LENGTH + 1, max(head.offset - _TAIL_LENGTH - 1, 0))
        return end == _HASH_START + head.hash.encode() + b'"}\n'

    def append(self, body: dict[str, Any]) -> Head:
        """Append a line; it is on disk when this returns. The caller holds the lock and has read everything.

        Raises:
            InDoubt: it could not be synced, nor cut off again; whoever reads on will find it.
            OSError: it could not be written. The file has been cut back to where it was, if the disk let that be
                done; if not, a torn line stays, which nobody takes for one.
        """
        raw, own = encoded(body, self.head.hash)
        self._check_writable()
        try:
            self._write(raw)
        except BaseException as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.head.offset)
            if isinstance(error, OSError) and self.size >= self.head.offset + len(raw):
                raise InDoubt(error.errno, error.strerror, str(self.path)) from error
            raise
        self.head = Head(self.head.sequence + 1, self.head.offset + len(raw), own)
        return self.head

    def torn_tail(self) -> bytes:
        """What stands after the last whole line; the caller has read everything and holds the lock."""
        return os.pread(self._descriptor, self.size - self.head.offset, self.head.offset)

    def mend_torn_tail(self) -> Path | None:
        """Move a torn last line into a file of its own; returns which. The caller holds the lock.

        Nobody was ever told that it was done, so the store goes on without it. If all that is missing is its line
        feed, it gets that, stays, and is to be read on: then there is no file.

        Raises:
            BrokenJournal: the line is whole, but has another byte for its line feed: no torn one, a damaged one.
            OSError: it cannot be mended; nothing is lost.
        """
        torn = self.torn_tail()
        if not torn:
            return None
        self._check_writable()
        if self._follows(torn):
            self._write(b"\n")
            return None
        if self._follows(torn[:-1]):
            raise BrokenJournal(self.head.sequence + 1, "its line feed is another byte", self.head)
        aside = set_aside(torn, self.path.with_name(f"journal.torn-{self.head.sequence + 1}"))
        os.ftruncate(self._descriptor, self.head.offset)
        os.fsync(self._descriptor)
        return aside

    def _follows(self, text: bytes) -> bool:
        try:
            linked(text + b"\n", self.head)
        except BrokenJournal:
            return False
        return True

    def _check_writable(self) -> None:
        if self._unwritable is not None:
            raise OSError(self._unwritable.errno, self._unwritable.strerror, str(self.path))

    def _write(self, content: bytes) -> None:
        remaining = memoryview(content)
        while remaining:
            remaining = remaining[os.write(self._descriptor, remaining) :]
        os.fdatasync(self._descriptor)
