"""Text in columns, measured in terminal cells: an East Asian letter takes two, a combining mark none.

Callers pass text that went through `safe_text`: other text has no width. wcwidth knows the widths; it is imported only
for text beyond Latin letters, dashes and bars, since it takes longer to load than a whole table to print.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from kconsole.text.safe_text import ELLIPSIS

_NARROW: Final = re.compile("[ -\u02ff\u2010-\u2026\u2190-\u2193\u2500-\u259f]*")
"""Text whose printable characters take one cell each."""

NARROWEST: Final = 8
"""The least cells of a column that is wrapped: fewer would be unreadable."""

PADDED: Final = 32
"""The most cells that a column is padded to in a file: one long name would push all others out of sight."""

GAP: Final = "  "

_BREAK: Final = re.compile(r"(?!(?<=-\d\d) \d\d:\d\d)(?!(?<= \d\d:\d\d) [A-Z+-]) ")
"""A blank at which a line may be broken: none in a time."""


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
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Collection[int] = (),
    whole: Collection[int] = (),
    drops: Sequence[int] = (),
    spare: Sequence[int] = (),
    width: int | None = None,
) -> Iterator[str]:
    """A plain table for the command line: the header's line, then those of each row, no blanks at their ends.

    Nothing is cut. Where a line is too narrow, columns are dropped, and then cells go on below, broken at blanks.

    Args:
        header: the names of the columns.
        rows: the cells; a row may have fewer than the header.
        right: positions of columns that are aligned right; these stay in one line.
        whole: positions of columns that stay in one line, as addresses and times; the rest of a row stands below a cell
            that is too long for them.
        drops: positions of columns that are dropped before a cell is wrapped, the first one first.
        spare: positions of columns that are dropped before a word is broken; empty columns go before them.
        width: the cells of a line; None for output to a file, which is wrapped nowhere, and padded to no long text.
    """
    lines = [[*row, *[""] * (len(header) - len(row))] for row in chain([header], rows)]
    widths = [max(map(cell_width, column)) for column in zip(*lines, strict=True)]
    shown = list(range(len(widths)))
    if width is None:
        widths = [min(cells, PADDED) for cells in widths]
    else:
        widths = [min(cells, max(width // 2, NARROWEST)) if at in whole else cells for at, cells in enumerate(widths)]
        wrapping = [at for at in shown if at not in right and at not in whole]
        words = {at: [word for line in lines for word in _BREAK.split(line[at])] for at in wrapping}
        least = {at: max(map(cell_width, words[at])) for at in wrapping}
        empty = [at for at in shown if at not in drops and not any(line[at] for line in lines[1:] or lines)]
        for column, fits in (*((column, {}) for column in drops), *((column, least) for column in (*empty, *spare))):
            if column in shown and sum(fits.get(at, widths[at]) + len(GAP) for at in shown) - len(GAP) > width:
                shown.remove(column)
        _narrow(widths, shown, width, {at: floor for at, floor in least.items() if at in shown})
    for line in lines:
        cells = [
            [line[at]] if width is None or at in right or at in whole else wrapped(line[at], widths[at]) for at in shown
        ]
        while any(cells):
            begun: list[str] = []
            for at, pieces in zip(shown, cells, strict=True):
                piece = pieces.pop(0) if pieces else ""
                begun.append(pad(piece, widths[at], right=at in right))
                if width is not None and cell_width(piece) > widths[at]:
                    break  # the other cells stand below
            yield GAP.join(begun).rstrip(" ")


def _narrow(widths: list[int], shown: Sequence[int], room: int, least: Mapping[int, int]) -> None:
    """Take cells from the widest of the columns until all fit: first as far as no word is broken, then further."""
    missing = sum(widths[at] + len(GAP) for at in shown) - len(GAP) - room
    for floors in (least, dict.fromkeys(least, NARROWEST)):
        while missing > 0 and (giving := [at for at, floor in floors.items() if widths[at] > floor]):
            widths[max(giving, key=lambda at: widths[at])] -= 1
            missing -= 1


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most so many cells, broken at blanks where possible; one line if it is empty.

    Times and addresses are not broken: an address may be longer than a line.
    """
    lines = [""]
    for word in _BREAK.split(text):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_width(longer) <= width:
            lines[-1] = longer
            continue
        while (
            "@" not in word
            and " " not in word
            and cell_width(word) > width
            and (head := cut(word, width, "") or word[:1]) != word
        ):
            lines.append(head)
            word = word[len(head) :]
        lines.append(word)
    return lines[1:] if not lines[0] and len(lines) > 1 else lines
