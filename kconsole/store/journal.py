"""The journal: one line for each transaction, appended, synced, and never changed.

A line is a JSON object that ends with the hash of the line before it and its own:

    {"sequence":7, ... ,"previous":"<64 hex digits>","hash":"<64 hex digits>"}

The own hash is SHA-256 over the line's bytes up to and including the previous hash. So the lines are a chain: whatever
is changed, left out or put between breaks it from there on. What it cannot show is a tail that was cut off whole, or a
chain that somebody made anew from an early line: for that its head has to be kept elsewhere.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from kconsole.store.files import PRIVATE_FILE, write_whole

JOURNAL_FILE: Final = "journal.jsonl"
NO_HASH: Final = "0" * 64
"""The previous hash of the first line."""

_HASH_START: Final = b',"hash":"'
_PREVIOUS_START: Final = b',"previous":"'
_TAIL_LENGTH: Final = len(_HASH_START) + 64 + len(b'"}')
_PREVIOUS_LENGTH: Final = len(_PREVIOUS_START) + 64 + len(b'"')
_HEX: Final = re.compile(rb"[0-9a-f]{64}")
_CHUNK: Final = 1 << 20


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


class Line(NamedTuple):
    """A good line: what it says, and where it ends."""

    body: dict[str, Any]
    head: Head


def encoded(body: dict[str, Any], previous: str) -> tuple[bytes, str]:
    """A line of the journal with its line feed, and its hash.

    Args:
        body: what it says, its `sequence` included.
        previous: the hash of the line before.
    """
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
    text = raw[:-1]
    hashed, end = text[:-_TAIL_LENGTH], text[-_TAIL_LENGTH:]
    own = end[len(_HASH_START) : -2]
    if not (raw.endswith(b'"}\n') and end.startswith(_HASH_START) and _HEX.fullmatch(own)):
        raise BrokenJournal(number, "it does not end with a hash", before)
    if sha256(hashed).hexdigest().encode() != own:
        raise BrokenJournal(number, "its content does not match its hash", before)
    previous = hashed[-_PREVIOUS_LENGTH:]
    if previous != _PREVIOUS_START + before.hash.encode() + b'"':
        raise BrokenJournal(number, "it does not follow the line before it", before)
    return Head(number, before.offset + len(raw), own.decode())


def parsed(raw: bytes, head: Head) -> Line:
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
    return Line(body, head)


class Journal:
    """An open journal file, and how far it has been read."""

    def __init__(self, path: Path, descriptor: int, head: Head) -> None:
        self.path = path
        self._descriptor = descriptor
        self.head = head

    @classmethod
    def create(cls, path: Path, body: dict[str, Any]) -> "Journal":
        """Make a journal with its first line.

        Raises:
            FileExistsError: there is one already.
            OSError: it cannot be written.
        """
        raw, own = encoded(body, NO_HASH)
        write_whole(path, raw, replace=False)
        return cls(path, _opened(path, read_only=False), Head(1, len(raw), own))

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> "Journal":
        """Open a journal, none of which has been read yet.

        Raises:
            OSError: it is not there, or cannot be opened.
        """
        return cls(path, _opened(path, read_only), Head())

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def size(self) -> int:
        """Bytes in the file now."""
        return os.fstat(self._descriptor).st_size

    def is_replaced(self) -> bool:
        """Whether another file has this name now."""
        here, there = os.fstat(self._descriptor), self.path.stat()
        return (here.st_ino, here.st_dev) != (there.st_ino, there.st_dev)

    def has_grown(self) -> bool:
        """Whether there is more than has been read. Costs one call to the system."""
        return self.size != self.head.offset

    def raw_lines(self, begin: int = 0) -> Iterator[bytes]:
        """The whole lines from an offset on, with their line feeds; a torn last line is not among them."""
        offset, rest = begin, b""
        while chunk := os.pread(self._descriptor, _CHUNK, offset):
            offset += len(chunk)
            rest += chunk
            *whole, rest = rest.split(b"\n")
            for text in whole:
                yield text + b"\n"

    def linked_lines(self, start: Head | None = None) -> Iterator[tuple[bytes, Head]]:
        """The whole lines after a head, each with the head it makes.

        Raises:
            BrokenJournal: at the first one that does not follow.
        """
        head = start or Head()
        for raw in self.raw_lines(head.offset):
            head = linked(raw, head)
            yield raw, head

    def read_on(self) -> Iterator[Line]:
        """The lines that have not been read yet; each counts as read once the next one is asked for.

        Raises:
            BrokenJournal: at the first one that does not follow, or if the file is shorter than what was read.
        """
        if self.size < self.head.offset:
            raise BrokenJournal(self.head.sequence, "the end of the journal has been cut off", Head())
        for raw, head in self.linked_lines(self.head):
            line = parsed(raw, head)
            yield line
            self.head = head

    def holds(self, head: Head) -> bool:
        """Whether the line that a head names ends where it says, with its hash."""
        if head.sequence == 0:
            return True
        end = os.pread(self._descriptor, _TAIL_LENGTH + 1, max(head.offset - _TAIL_LENGTH - 1, 0))
        return end == _HASH_START + head.hash.encode() + b'"}\n'

    def append(self, body: dict[str, Any]) -> Head:
        """Append a line; it is on disk when this returns. The caller holds the lock and has read everything.

        Raises:
            OSError: it could not be written. The file has been cut back to where it was, if the disk let that be
                done; if not, a torn line stays, which nobody takes for one, or a whole one, which everybody does.
        """
        raw, own = encoded(body, self.head.hash)
        try:
            remaining = memoryview(raw)
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
            os.fdatasync(self._descriptor)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.head.offset)
            raise
        self.head = Head(self.head.sequence + 1, self.head.offset + len(raw), own)
        return self.head

    def torn_tail(self) -> bytes:
        """What stands after the last whole line; the caller has read everything and holds the lock."""
        return os.pread(self._descriptor, self.size - self.head.offset, self.head.offset)

    def set_aside_torn_tail(self) -> Path | None:
        """Move a torn last line into a file of its own; None if there is none. The caller holds the lock.

        Nobody was ever told that it was done, so the store goes on without it.

        Raises:
            OSError: it cannot be moved.
        """
        torn = self.torn_tail()
        if not torn:
            return None
        number = self.head.sequence + 1
        aside = next(
            path
            for attempt in range(1, 10_000)
            if not (path := self.path.with_name(f"journal.torn-{number}-{attempt}")).exists()
        )
        write_whole(aside, torn, replace=False)
        os.ftruncate(self._descriptor, self.head.offset)
        os.fsync(self._descriptor)
        return aside


def _opened(path: Path, read_only: bool) -> int:
    mode = os.O_RDONLY if read_only else os.O_RDWR | os.O_APPEND
    return os.open(path, mode | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
