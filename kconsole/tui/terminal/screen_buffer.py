"""The screen as a grid of cells, twice: as it should be, and as the terminal shows it. Only the difference is written.

It is kept small: cells that are right are not written, the style in use is not switched on again, and rows that only
moved up or down are moved by the terminal. After a letter whose width a terminal may see differently, the cursor is
placed explicitly, so that nothing to its right is ever out of place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from rich.cells import get_character_cell_size
from rich.segment import Segment

from kconsole.tui.terminal.cell_styles import CellStyles

BRIDGE: Final = 4
"""Up to so many cells that are right are written again rather than jumped over: a jump costs as much."""

ERASED: Final = 8
"""From so many blanks on, they are erased rather than written."""

MOVED: Final = 3
"""Rows are moved if that saves writing so many of them."""

UNKNOWN: Final = -1
"""The style of a cell whose content on the terminal is not known."""

_CONTINUED: Final = ""

_CERTAIN: Final = (
    (0x20, 0x7E), (0xA0, 0x2FF), (0x370, 0x377), (0x37A, 0x482), (0x48A, 0x58F), (0x1E00, 0x1FFF), (0x2010, 0x2027),
    (0x2030, 0x205E), (0x2190, 0x21FF), (0x2400, 0x2426), (0x2500, 0x25FF), (0x3001, 0x3029), (0x3041, 0x3096),
    (0x30A0, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFF01, 0xFF5E),
)  # fmt: skip
"""Letters whose width is the same on all terminals: Latin, Greek, Cyrillic, East Asian ones, lines and blocks."""

_WIDE_BLANK: Final = "\u3000"
"""Used in East Asian names; Python does not call it printable."""

_INSTEAD: Final = "\ufffd"
"""Replaces, once for each cell, a character that must not reach a terminal.

Texts pass `safe_text` long before; this is the last defence.
"""


class ScreenBuffer:
    """The cells of one terminal. Its writer holds a lock while it reads or changes them: see `TtyWriter`.

    `erases` says whether the terminal can erase within a line. A VT100 cannot.
    """

    erases_in_colour = False
    """Whether erased cells are known to take the background in use ("bce"). Elsewhere they might show as stripes."""

    def __init__(self, styles: CellStyles, width: int, height: int, erases: bool = True) -> None:
        self._styles, self._erases = styles, erases
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Take another size. All cells have to be put again."""
        self.width, self.height = width, height
        self._wanted = _Grid(width, height)
        self.forget()

    def forget(self) -> None:
        """Forget what the terminal shows: the next changes are the whole screen."""
        self._shown = _Grid(self.width, self.height)
        self._clear = True
        self._style = 0
        self._at: tuple[int, int] | None = None
        self._touched = set(range(self.height))
        self._cursor = (0, 0)

    def put(self, x: int, y: int, segments: Iterable[Segment]) -> None:
        """Put segments into a line, from the cell `x` on. What does not fit into the grid is cut off."""
        if not 0 <= y < self.height:
            return
        letters, styles = self._wanted.letters[y], self._wanted.styles[y]
        self._touched.add(y)
        for text, style, control in segments:
            if control or x >= self.width:
                continue
            cells = list(text) if text.isascii() and text.isprintable() else _cells(text)
            end = min(x + len(cells), self.width)
            if cells[end - x : end - x + 1] == [_CONTINUED]:  # half a wide letter would stay
                _cut(cells, end - x)
            if letters[x] == _CONTINUED:
                _cut(letters, x)
            rest = end
            while rest < self.width and letters[rest] == _CONTINUED:
                letters[rest] = " "
                rest += 1
            letters[x:end] = cells[: end - x]
            styles[x:end] = [self._styles.of(style)] * (end - x)
            x = end

    def set_cursor(self, x: int, y: int) -> None:
        self._cursor = (max(min(x, self.width - 1), 0), max(min(y, self.height - 1), 0))

    def changes(self) -> str:
        """The sequences that bring the terminal up to date. From then on it counts as showing that."""
        out: list[str] = []
        if self._clear:
            out.append("\x1b[m\x1b[2J")
            self._clear, self._style = False, 0
        rows = sorted(y for y in self._touched if not self._is_shown(y))
        self._touched.clear()
        if len(rows) > MOVED and (moves := list(self._moved(rows))):
            out += moves
            # Rows between them that were right have moved, too.
            rows = [y for y in range(rows[0], rows[-1] + 1) if not self._is_shown(y)]
        for y in rows:
            out += self._row(y)
        if self._at != self._cursor:
            out.append(self._move(*self._cursor))
        return "".join(out)

    def _is_shown(self, y: int) -> bool:
        return self._wanted.letters[y] == self._shown.letters[y] and self._wanted.styles[y] == self._shown.styles[y]

    def _moved(self, rows: list[int]) -> Iterator[str]:
        """Let the terminal move rows up or down, if that puts enough of them in their place."""
        stands: dict[tuple[str, ...], int] = {}
        for y in range(rows[0], rows[-1] + 1):
            stands.setdefault(self._shown.row(y), y)
        found = {y: stands.get(self._wanted.row(y), y) - y for y in rows}
        steps = Counter(step for step in found.values() if step)
        for step, saved in steps.most_common(1):
            moved = [y for y in rows if found[y] == step]
            top, bottom = min(moved[0], moved[0] + step), max(moved[-1], moved[-1] + step)
            if saved - sum(self._is_shown(y) for y in range(top, bottom + 1)) >= MOVED:
                self._shown.move(top, bottom, step)
                yield self._switch(0)
                yield f"\x1b[{top + 1};{bottom + 1}r"
                if step > 0:
                    yield f"\x1b[{bottom + 1}H" + "\n" * step
                else:
                    yield f"\x1b[{top + 1}H" + "\x1bM" * -step
                yield "\x1b[r"
                self._at = None

    def _row(self, y: int) -> Iterator[str]:
        letters, styles = self._wanted.letters[y], self._wanted.styles[y]
        differing = self._differing(y)
        x, end = 0, self.width
        while x < end:
            if not differing[x]:
                x += 1
                continue
            while x and letters[x] == _CONTINUED:
                x -= 1
            if self._at != (x, y):
                yield self._move(x, y)
            while x < end and (differing[x] or self._is_bridge(y, x, differing)):
                blanks = self._blanks(y, x, differing) if self._erases and letters[x] == " " else 0
                yield self._switch(styles[x], letters[x] == " ")
                if blanks:
                    yield f"\x1b[{blanks}X"
                    self._at, x = (x, y), x + blanks
                    break
                letter, width = letters[x], 1
                while x + width < end and letters[x + width] == _CONTINUED:
                    width += 1
                yield letter
                x += width
                is_certain = _is_certain(letter)
                self._at = (x, y) if x < end and is_certain else None
                if not is_certain:  # where the terminal gave its marks cells of their own, they are in the next ones
                    differing[x : x + len(letter)] = [True] * len(differing[x : x + len(letter)])
                if self._at is None and x < end and (letters[x].isascii() or _is_certain(letters[x])):
                    break
        self._shown.letters[y][:] = letters
        self._shown.styles[y][:] = styles

    def _differing(self, y: int) -> list[bool]:
        blank, wanted, now = self._styles.blank, self._wanted, self._shown
        return [
            letter != shown or (style != used and (letter != " " or used == UNKNOWN or blank[style] != blank[used]))
            for letter, shown, style, used in zip(
                wanted.letters[y], now.letters[y], wanted.styles[y], now.styles[y], strict=True
            )
        ]

    def _is_bridge(self, y: int, x: int, differing: list[bool]) -> bool:
        """Whether the next cell that differs is so near that the cells before it are written, too."""
        blank = self._styles.blank
        for ahead in range(x, min(x + BRIDGE + 1, self.width)):
            if differing[ahead]:
                return True
            letter, style = self._wanted.letters[y][ahead], self._wanted.styles[y][ahead]
            if not letter.isascii() or letter == _CONTINUED:
                return False
            if style != self._style and (letter != " " or blank[style] != blank[self._style]):
                return False
        return False

    def _blanks(self, y: int, x: int, differing: list[bool]) -> int:
        """How many cells from here on can be erased together: blanks on a background that erasing leaves."""
        letters, styles, blank = self._wanted.letters[y], self._wanted.styles[y], self._styles.blank
        ground = blank[styles[x]]
        if ground and not (self.erases_in_colour and self._styles.is_plain(ground)):
            return 0
        end = x
        while end < self.width and letters[end] == " " and blank[styles[end]] == ground:
            end += 1
        while end > x and not differing[end - 1]:
            end -= 1
        return end - x if end - x >= ERASED else 0

    def _switch(self, style: int, blank: bool = False) -> str:
        """Switch to a style, unless it is in use, or looks the same on a blank."""
        if blank and self._styles.blank[style] == self._styles.blank[self._style]:
            return ""
        switch = self._styles.switch(self._style, style)
        self._style = style
        return switch

    def _move(self, x: int, y: int) -> str:
        at, self._at = self._at, (x, y)
        if at is not None and at[1] == y and at[0] < x:
            return f"\x1b[{x - at[0]}C" if x - at[0] > 1 else "\x1b[C"
        if x == 0:
            return f"\x1b[{y + 1}H" if y else "\x1b[H"
        return f"\x1b[{y + 1};{x + 1}H"


class _Grid:
    """The cells: a list of letters and a list of styles for each row."""

    def __init__(self, width: int, height: int, style: int = 0) -> None:
        self.width = width
        self.letters = [[" "] * width for _ in range(height)]
        self.styles = [[style] * width for _ in range(height)]

    def row(self, y: int) -> tuple[str, ...]:
        return tuple(self.letters[y])

    def move(self, top: int, bottom: int, step: int) -> None:
        """Move the rows from `top` to `bottom` up by `step`, or down. The rows that come in are not known."""
        part = slice(top, bottom + 1)
        fresh = _Grid(self.width, min(abs(step), bottom + 1 - top), UNKNOWN)
        letters, styles = self.letters[part], self.styles[part]
        self.letters[part] = letters[step:] + fresh.letters if step > 0 else fresh.letters + letters[:step]
        self.styles[part] = styles[step:] + fresh.styles if step > 0 else fresh.styles + styles[:step]


def _cells(text: str) -> list[str]:
    """A letter for each cell. Combining marks go with their letter."""
    cells: list[str] = []
    for letter in text:
        width = 1 if " " <= letter < "\u0300" else get_character_cell_size(letter)
        if not letter.isprintable() and letter != _WIDE_BLANK:
            cells += [_INSTEAD] * max(width, letter < " ")
            continue
        if width == 0:
            place = len(cells) - 1
            while place > 0 and cells[place] == _CONTINUED:
                place -= 1
            if place >= 0:
                cells[place] += letter
            continue
        cells.append(letter)
        cells.extend([_CONTINUED] * (width - 1))
    return cells


def _cut(cells: list[str], end: int) -> None:
    """Replace a wide letter by a blank if its cells from `end` on are lost."""
    while end and cells[end] == _CONTINUED:
        cells[end] = " "
        end -= 1
    cells[end] = " "


def _is_certain(letter: str) -> bool:
    return len(letter) == 1 and any(first <= ord(letter) <= last for first, last in _CERTAIN)
