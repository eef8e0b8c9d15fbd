"""Text in columns, measured in terminal cells: an East Asian letter takes two, a combining mark none.

Callers pass text that went through `safe_text`: other text has no width. wcwidth knows the widths; it is imported only
for text beyond Latin letters, dashes and bars, since it takes longer to load than a whole table to print.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from kconsole.text.safe_text import ELLIPSIS

_NARROW: Final = re.compile("[ -\u02ff\u2010-\u2026\u2190-\u2193\u2500-\u259f]*")
"""Text whose printable characters take one cell each."""

NARROWEST: Final = 8
"""The least cells of a column that is cut: fewer would be unreadable."""

GAP: Final = "  "


def cell_width(text: str) -> int:
    """The number of terminal cells that a text takes."""
    if text.isprintable() and (text.isascii() or _NARROW.fullmatch(text)):
        return len(text)
    from wcwidth import wcswidth, wcwidth

    width = wcswidth(text)
    return width if width >= 0 else sum(max(wcwidth(character), 0) for character in text)


def cut(text: str, width: int, ellipsis: str = ELLIPSIS) -> str:
    """The text, cut to so many cells with an ellipsis at its end if it is longer.

    A wide character is never halved and a letter keeps its marks, so the result may be a cell short; `pad` fills it.
    """
    if width <= 0:
        return ""
    if cell_width(text) <= width:
        return text
    room = width - len(ellipsis)
    if room < 0:
        return ellipsis[:width]
    fitting = bisect_right(range(len(text) + 1), room, key=lambda end: cell_width(text[:end])) - 1
    return text[:fitting] + ellipsis


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text filled with blanks to so many cells: after it, or for numbers before it."""
    blanks = " " * (width - cell_width(text))
    return blanks + text if right else text + blanks


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[int] = (), width: int | None = None
) -> Iterator[str]:
    """A plain table for the command line: the header's line, then a line for each row, no blanks at their ends.

    Args:
        header: the names of the columns.
        rows: the cells; a row may have fewer than the header.
        right: positions of columns that are aligned right, and never cut.
        width: the most cells of a line; None cuts nothing, as for output to a file. If even the narrowest columns do
            not fit, lines are longer: no column is omitted.
    """
    lines = [[*row, *[""] * (len(header) - len(row))] for row in chain([header], rows)]
    widths = [max(map(cell_width, column)) for column in zip(*lines, strict=True)]
    if width is not None:
        may_cut = [column for column in range(len(widths)) if column not in right]
        _narrow(widths, width - len(GAP) * (len(widths) - 1), may_cut)
    for line in lines:
        cells = (pad(cut(cell, widths[at]), widths[at], right=at in right) for at, cell in enumerate(line))
        yield GAP.join(cells).rstrip(" ")


def _narrow(widths: list[int], room: int, columns: Collection[int]) -> None:
    """Take cells from the widest of the columns until all fit, or none can give more."""
    for _ in range(sum(widths) - room):
        widest = max(columns, key=lambda column: widths[column], default=None)
        if widest is None or widths[widest] <= NARROWEST:
            return
        widths[widest] -= 1
