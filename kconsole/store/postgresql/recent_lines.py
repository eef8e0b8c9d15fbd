"""The last lines of a journal, in memory: looking back a little, as before an undo, asks no database."""

from collections.abc import Iterator, Sequence
from typing import Final

_KEPT: Final = 256
"""Lines that are kept, """
_LONG: Final = 64 * 1024
"""unless one has more bytes than this."""


class RecentLines:
    """Some lines that follow each other. They never change, so they are never wrong."""

    def __init__(self) -> None:
        self._lines: dict[int, bytes] = {}

    def keep(self, sequence: int, raw: bytes) -> None:
        """Keep a line, if it is short and goes on from the others."""
        if len(raw) > _LONG or sequence - 1 not in self._lines:
            self._lines.clear()
        if len(raw) <= _LONG:
            self._lines[sequence] = raw
        if len(self._lines) > _KEPT:
            self._lines.pop(sequence - _KEPT, None)

    def line(self, sequence: int) -> bytes | None:
        return self._lines.get(sequence)

    def backwards(self, sequence: int, patterns: Sequence[bytes]) -> Iterator[tuple[int, bytes | None]]:
        """The numbers of the lines up to one, as far as they are kept; with the line where a pattern is in it."""
        while (raw := self._lines.get(sequence)) is not None:
            is_wanted = not patterns or any(pattern in raw for pattern in patterns)
            yield sequence, raw if is_wanted else None
            sequence -= 1
