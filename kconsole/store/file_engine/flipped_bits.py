"""Restores lines of a journal in which one bit was flipped: a line's hash says which one that was."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from kconsole.store.engine import BrokenJournal, Head
from kconsole.store.journal_line import HASH_LENGTH, hash_of, head_after, linked_tail

_LONGEST: Final = 16 * 1024
"""Bytes of a line up to which each bit is tried: some seconds."""

_MOST: Final = 8 * _LONGEST**2
"""What the squares of the lengths of all lines that are tried may add up to."""


class BitRestorer:
    """Restores the damaged lines of one journal, as long as that takes no more than some seconds."""

    def __init__(self) -> None:
        self._left = _MOST

    def restored(self, texts: list[bytes], head: Head) -> list[bytes]:
        """The lines after a head, as many as can be restored, from what stands there instead, cut at line feeds."""
        lines: list[bytes] = []
        while texts:
            used = 1
            found = self._line(texts[0], head)
            if found is None and len(texts) > 1:  # a flipped bit may have made a line feed
                used = 2
                found = self._line(texts[0] + texts[1], head)
            if found is None:
                break
            lines.append(found)
            head, texts = head_after(found, head), texts[used:]
        return lines

    def _line(self, raw: bytes, head: Head) -> bytes | None:
        self._left -= len(raw) ** 2
        if len(raw) > _LONGEST or self._left < 0:
            return None
        return next((content for content in _candidates(raw) if _follows(content, head)), None)


def _candidates(raw: bytes) -> Iterator[bytes]:
    """What a damaged line may have been."""
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


def _follows(content: bytes, head: Head) -> bool:
    try:
        head_after(content, head)
    except BrokenJournal:
        return False
    return True
