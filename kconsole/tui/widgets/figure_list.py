"""Our count beside the live server's own numbers: a list of figures, and below it what is behind a difference."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual.message import Message
from textual.reactive import reactive

from kconsole.licensing.comparison import Comparison
from kconsole.text.columns import cell_width
from kconsole.text.server import FigureCells, figure_cells
from kconsole.tui.widgets.painting import Painted, Part, fitted, wrapped
from kconsole.tui.widgets.row_list import RowList

SIGNS_WIDTH: Final = 3
"""Cells before the first column: cursor, difference, and a blank."""

NUMBER: Final = 14
"""Cells of a number, or of what stands there in words."""

CURSOR_SIGN, DIFFERS_SIGN, UNREAD_SIGN = "▸", "!", "?"


class FigureList(RowList):
    """The figures that both count, each with both numbers and the difference."""

    header_lines: ClassVar[int] = 1

    class Highlighted(Message):
        """The cursor is on another figure."""

    def __init__(self) -> None:
        super().__init__(id="figures")
        self.rows: Sequence[Comparison] = ()
        self._cells: Sequence[FigureCells] = ()

    @property
    def row_count(self) -> int:
        """How many figures there are."""
        return len(self.rows)

    @property
    def highlighted(self) -> Comparison | None:
        """The figure under the cursor; None if there are none."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def show(self, rows: Sequence[Comparison]) -> None:
        """Show these; the cursor stays on its own figure, if that is still there."""
        before = self.highlighted
        self.rows, self._cells = rows, [figure_cells(row) for row in rows]
        self.rows_changed()
        if before is not None:
            places = (place for place, row in enumerate(rows) if row.figure == before.figure)
            self.move_to(next(places, self.cursor))

    def cursor_moved(self) -> None:
        """Tell what is under the cursor now."""
        self.post_message(self.Highlighted())

    def paint_header(self, line: int, width: int) -> Sequence[Part]:
        """What the columns are."""
        del line
        if not self.rows:
            return []
        return [(" " * SIGNS_WIDTH + _row(FigureCells("Figure", "Ours", "Server", "Difference"), width), "muted")]

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        """A figure, our number, the server's, and the difference."""
        figure, cells = self.rows[row], self._cells[row]
        is_here = row == self.cursor
        sign = "" if figure.agrees and figure.is_read else DIFFERS_SIGN if figure.is_read else UNREAD_SIGN
        ink = "alarm" if sign == DIFFERS_SIGN else "muted" if sign and not is_here else ""
        return [(CURSOR_SIGN if is_here else " ", ""), (f"{sign or ' '} ", ink), (_row(cells, width), ink)]


def _row(cells: FigureCells, width: int) -> str:
    title_width = max(min(width - SIGNS_WIDTH - 3 * NUMBER - 1, 44), 10)
    numbers = "".join(f"{text:>{NUMBER}}" for text in (cells.ours, cells.theirs, cells.difference))
    return f"{fitted(cells.title, title_width)}{numbers}"


class CausesPane(Painted):
    """What is likely behind a difference, with accounts."""

    lines: reactive[tuple[Part, ...]] = reactive(())
    """Each with the part that it stands for; safe to show."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        """A line of it; what there is no room for is told in the last one."""
        shown = [(line, part) for text, part in self.lines for line in _indented(text, width - 2)]
        height = self.size.height
        if y == height - 1 and len(shown) > height:
            yield f" … {len(shown) - height + 1} more lines", "muted"
        elif y < len(shown):
            yield f" {shown[y][0]}", shown[y][1]


def _indented(text: str, width: int) -> list[str]:
    """A text in lines, the ones after the first set in: where one cause ends and the next begins is seen."""
    first, *_ = wrapped(text, width) or [""]
    rest = text[len(first) :].lstrip() if cell_width(first) else ""
    return [first, *(f"  {line}" for line in wrapped(rest, width - 2))]
