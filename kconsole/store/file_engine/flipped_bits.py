"""Restores lines of a journal in which one bit was flipped: a line's hash says which one that was."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final, NamedTuple

from kconsole.store.engine import BrokenJournal, Head
from kconsole.store.file_engine.journal_file import JournalFile
from kconsole.store.journal_line import HASH_LENGTH, hash_of, head_after, linked_tail

_LONGEST: Final = 16 * 1024
"""Bytes of a line up to which each bit is tried: some seconds."""

_MOST: Final = 8
"""Lines that are restored; a file with more of them is damaged otherwise."""


class Restored(NamedTuple):
    """What stands in a journal from one place to another, as it was."""

    begin: int
    end: int
    content: bytes


def restored_lines(journal: JournalFile) -> list[Restored] | None:
    """The damaged lines of a journal as they were; None if that cannot be found out for each of them."""
    found: list[Restored] = []
    head, begin, raws = journal.base, 0, journal.lines()
    for raw in raws:
        end = begin + len(raw)
        try:
            head = head_after(raw, head)
        except BrokenJournal:
            good = _restored(raw, head)
            if good is None and (following := next(raws, b"")):  # a flipped bit may have made a line feed
                end += len(following)
                good = _restored(raw + following, head)
            if good is None or len(found) == _MOST:
                return None
            found.append(Restored(begin, end, good))
            for line in good.splitlines(keepends=True):
                head = head_after(line, head)
        begin = end
    return found


def _restored(raw: bytes, head: Head) -> bytes | None:
    return next((content for content in _candidates(raw, head) if _follow(content, head)), None)


def _candidates(raw: bytes, head: Head) -> Iterator[bytes]:
    """What a damaged line may have been."""
    if (seam := raw.find(b'{"sequence":%d,' % (head.sequence + 2))) > 0:  # its line feed is another byte
        yield raw[: seam - 1] + b"\n" + raw[seam:]
    if len(raw) > _LONGEST:
        return
    hashed = raw[:-HASH_LENGTH]
    tail = linked_tail(sha256(hashed).hexdigest())
    if (int.from_bytes(tail) ^ int.from_bytes(raw[-HASH_LENGTH:])).bit_count() == 1:
        yield hashed + tail
    own, begun = hash_of(raw), sha256()
    for at, byte in enumerate(hashed if own else b""):
        for bit in range(8):
            tried, flipped = begun.copy(), bytes((byte ^ 1 << bit,))
            tried.update(flipped + hashed[at + 1 :])
            if tried.hexdigest() == own:
                yield hashed[:at] + flipped + raw[at + 1 :]
        begun.update(hashed[at : at + 1])


def _follow(content: bytes, head: Head) -> bool:
    try:
        for line in content.splitlines(keepends=True):
            head = head_after(line, head)
    except BrokenJournal:
        return False
    return True
