"""Old lines of the journal in compressed files beside it, `journal-FIRST-LAST.jsonl.gz`, which may be moved elsewhere.

The chain of lines goes on from a segment to the next, and into the journal. What a segment holds of lines that the
journal still has is not looked at: an archiving that was interrupted left it behind.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from kconsole.core.codes import Message, message
from kconsole.core.errors import StoreUnusable
from kconsole.store.engine import START, BrokenJournal, Head
from kconsole.store.file_engine.files import write_whole
from kconsole.store.file_engine.journal_file import lines_with
from kconsole.store.journal_line import hash_of, named_before
from kconsole.store.replay import Replay

if TYPE_CHECKING:
    from concurrent.futures import Future

SEGMENT_SIZE: Final = 8 * 1024 * 1024
"""Bytes of lines in a segment, unless one line has more; whoever reads backwards has them in memory."""

MEMBER_SIZE: Final = 1024 * 1024
"""Bytes of lines in each part of a segment that is compressed by itself: damage to one spares the others."""

_MEMBER_BEGIN: Final = gzip.compress(b"", mtime=0)[:8]
_MEMBER_HEADER: Final = 10
_MEMBER_STEP: Final = 256
"""Bytes that are unpacked in one go, so that no more is lost before damage."""

_NAME: Final = re.compile(r"journal-(\d{1,18})-(\d{1,18})\.jsonl\.gz")


class Segment(NamedTuple):
    """A file with the lines from one number to another."""

    first: int
    last: int
    path: Path

    def lines(self) -> Iterator[bytes]:
        with self._unpacking(), gzip.open(self.path) as file:
            yield from file

    def readable_lines(self) -> Iterator[bytes]:
        """What can be unpacked of a damaged file, cut at line feeds."""
        content, rest, begin = self.path.read_bytes(), b"", 0
        while begin >= 0:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)  # without the checksum at the end, which may be damaged too
            with suppress(zlib.error):
                for place in range(begin + _MEMBER_HEADER, len(content), _MEMBER_STEP):
                    *texts, rest = (rest + unpacker.decompress(content[place : place + _MEMBER_STEP])).split(b"\n")
                    yield from (text + b"\n" for text in texts)
                    if unpacker.eof:
                        break
            if rest:
                yield rest
                rest = b""
            begin = content.find(_MEMBER_BEGIN, begin + 1)

    def content_up_to(self, last: int) -> bytes:
        """The lines up to a number."""
        with self._unpacking():
            content = gzip.decompress(self.path.read_bytes())
        end = len(content)
        for _ in range(last, self.last):  # what the journal has
            end = content.rfind(b"\n", 0, end - 1) + 1
        return content if end == len(content) else content[:end]

    @contextmanager
    def _unpacking(self) -> Iterator[None]:
        try:
            yield
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            why = message("archive-unreadable", file=self.path.name, error=str(error))
            raise BrokenJournal(self.first, why, Head(self.first - 1)) from None


def all_segments(folder: Path) -> list[Segment]:
    """The segments of a folder by their numbers. A folder that cannot be read is an error, rather than none of them.

    A pipe is none: who opens it would wait.
    """
    named = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted(Segment(int(name[1]), int(name[2]), path) for name, path in named if name and path.is_file())


class Archive:
    """The segments that hold the lines up to that with which a journal begins, without a gap, the oldest first."""

    def __init__(self, folder: Path, base: Head) -> None:
        self._base = base
        self._segments: list[Segment] = []
        first = base.sequence + 1
        for segment in reversed(all_segments(folder) if base.sequence else []):
            if segment.first < first <= segment.last + 1:
                self._segments.insert(0, segment)
                first = segment.first

    def start(self) -> Head:
        """The head before the oldest line."""
        if not self._segments:
            return self._base
        oldest = self._segments[0]
        return START if oldest.first == 1 else named_before(next(oldest.lines(), b""), oldest.first)

    def missing(self) -> Message | None:
        """What is missing before that; None if nothing is."""
        last = self._segments[0].first - 1 if self._segments else self._base.sequence
        return message("archive-missing", last=last, file=f"journal-*-{last}.jsonl.gz") if last else None

    def lines_after(self, head: Head) -> Iterator[bytes]:
        """The lines after a head; StoreUnusable if they are not all there."""
        if not self._segments or head.sequence < self._segments[0].first - 1:
            raise StoreUnusable(self.missing() or "archive-missing", "put-archive-back")
        last = head.sequence
        for segment in self._segments:
            if segment.last < head.sequence:
                continue
            for number, raw in enumerate(segment.lines(), segment.first):
                if number == head.sequence and hash_of(raw) != head.hash:
                    raise BrokenJournal(number, "line-changed-since", START)
                if number == last + 1 <= self._base.sequence:
                    last = number
                    yield raw
            if last < min(segment.last, self._base.sequence):
                raise BrokenJournal(last + 1, message("archive-too-short", file=segment.path.name), Head(last))

    def replayed(self) -> Replay | Message:
        """What all lines add up to, or why that is not known."""
        replay = Replay(START, 1)
        try:
            for raw in self.lines_after(START) if self._base != START else ():
                replay.take(raw)
            replay.changes()  # a gap is open until a line of the journal says so
        except BrokenJournal as found:
            return message("archive-damaged", line=found.line, reason=found.why)
        except StoreUnusable as missing:
            return missing.happened
        return replay

    def lines_backwards(self, head: Head, patterns: Sequence[bytes]) -> Iterator[bytes]:
        """The lines up to a head that contain one of the patterns, the last one first.

        From the second segment on, the next one is unpacked meanwhile: that takes longer than to search one.
        """
        last, wanted = min(head.sequence, self._base.sequence), list[tuple[Segment, int]]()
        for segment in reversed(self._segments):
            if segment.first <= last:
                wanted.append((segment, min(last, segment.last)))
                last = segment.first - 1
        from concurrent.futures import ThreadPoolExecutor  # who reads no archive does without

        with ThreadPoolExecutor(1) as pool:
            ahead: Future[bytes] | None = None
            for at, (segment, last) in enumerate(wanted, 1):
                content = segment.content_up_to(last) if ahead is None else ahead.result()
                ahead = pool.submit(Segment.content_up_to, *wanted[at]) if 1 < at < len(wanted) else None
                yield from lines_with(content, 0, patterns or (b"\n",))


def write_segments(folder: Path, numbered: Iterable[tuple[int, bytes]]) -> None:
    """Write lines with their numbers into segments, in the place of those that an interrupted archiving wrote."""
    first, last, size, lines = 0, 0, 0, list[bytes]()
    for number, raw in numbered:
        if lines and size + len(raw) > SEGMENT_SIZE:
            write_segment(_path_of(folder, first, last), lines)
            lines, size = [], 0
        first = first if lines else number
        last, size = number, size + len(raw)
        lines.append(raw)
    if lines:
        write_segment(_path_of(folder, first, last), lines)


def _path_of(folder: Path, first: int, last: int) -> Path:
    return folder / f"journal-{first}-{last}.jsonl.gz"


def write_segment(path: Path, lines: list[bytes]) -> None:
    """Put a segment with these lines in place."""
    write_whole(path, _compressed(lines))


def _compressed(lines: list[bytes]) -> Iterator[bytes]:
    size, some = 0, list[bytes]()
    for raw in lines:
        if some and size + len(raw) > MEMBER_SIZE:
            yield gzip.compress(b"".join(some), 6, mtime=0)
            size, some = 0, []
        size += len(raw)
        some.append(raw)
    yield gzip.compress(b"".join(some), 6, mtime=0)
