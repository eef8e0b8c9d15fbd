"""Records in columns: one layout and one painter for every list of the console.

A list is a tuple of columns, and the signs that stand before them.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len

from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList

Record = TypeVar("Record")

CURSOR_SIGN, ALARM_SIGN = "▸", "!"

NO_MOMENT = datetime.fromtimestamp(0, UTC)

NO_LIMIT = 10_000


class Column(Struct, Generic[Record], frozen=True):
    """One column of a list."""

    title: str
    width: int
    """Cells. A column that stretches has at least so many."""
    cell: Callable[[Record, Any], str]
    """The text of a record in the view of the list. It must be safe to show."""
    share: int = 0
    """Its share of the spare cells; 0 for a column that does not stretch."""
    most: int = NO_LIMIT
    """The cells beyond which it does not stretch."""
    needs: int = 0
    """The width of the list from which on it is shown."""
    until: int = NO_LIMIT
    """The width of the list from which on it is no longer shown."""
    leaves: int = 0
    """Its turn to go where the line is too short, the lowest first; 0 for a column that stays."""
    comfort: int = 0
    """The cells it has beside a column that is an extra; 0 for no more than its width."""
    is_extra: bool = False
    """Whether it goes before the column with a comfort has to shrink."""
    gives_way: bool = False
    """Whether it takes the cells that rounding leaves, and gives those that are missing in the end."""
    fits: bool = False
    """Whether it has no more cells than its longest text needs, and none where all of its texts are empty."""
    right: bool = False
    """Whether its text stands at the right, as numbers do."""
    style: str = ""
    """The part it is painted as; empty for the style of the row."""


AnyColumn = TypeVar("AnyColumn", bound=Column[Any])


def laid_out(columns: Iterable[AnyColumn], width: int, signs: int = 0) -> list[tuple[AnyColumn, int]]:
    """The columns that a list has room for, with their cells. A blank follows each of them; signs stand before them."""
    room = width - signs
    shown = [column for column in columns if column.needs <= width < column.until]
    for column in sorted((column for column in shown if column.leaves), key=lambda column: column.leaves):
        if sum(_least(shown)) + len(shown) <= room:
            break
        shown.remove(column)
    least = _least(shown)
    spare, shares = max(room - sum(least) - len(shown), 0), max(sum(column.share for column in shown), 1)
    cells = [
        min(minimum + spare * column.share // shares, max(column.most, minimum))
        for column, minimum in zip(shown, least, strict=True)
    ]
    rest = room - sum(cells) - len(shown)
    stretching = [place for place, column in enumerate(shown) if column.share and column.most == NO_LIMIT]
    giving = [place for place, column in enumerate(shown) if column.gives_way and (rest < 0 or place in stretching)]
    if giving:
        cells[giving[0]] = max(cells[giving[0]] + rest, 0)
    elif rest > 0 and stretching:
        cells[stretching[0]] += rest
    return list(zip(shown, cells, strict=True))


def _least(columns: Sequence[Column[Any]]) -> list[int]:
    is_crowded = any(column.is_extra for column in columns)
    return [column.comfort if is_crowded and column.comfort else column.width for column in columns]


class ColumnList(RowList, Generic[Record]):
    """A list of records, one a row."""

    columns: Sequence[Column[Any]] = ()
    signs: ClassVar[int] = 0

    def __init__(self, id: str, now: datetime = NO_MOMENT) -> None:  # noqa: A002
        super().__init__(id=id)
        self.rows: Sequence[Record] = ()
        self.now = now
        self._layout: list[tuple[Column[Record], int]] = []
        self._layout_width = -1
        self._longest: dict[Callable[[Record, Any], str], tuple[int, int]] = {}
        """For columns that fit, by what gives their texts: the rows that were measured, and the most cells."""

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def highlighted(self) -> Record | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def view(self) -> Any:
        """What the cells depend on besides their records: the moment, if the list says no more."""
        return self.now

    def show_rows(self, rows: Sequence[Record]) -> None:
        """Show these records. The cursor stays on its record, if that is still there."""
        before = self.highlighted
        self.rows, self._layout_width = rows, -1
        self._longest.clear()
        self.rows_changed()
        if before is not None:
            self.move_to_key(self.key(before))

    def move_to_key(self, key: Hashable) -> None:
        """Put the cursor on the record with this key, if it is listed."""
        self.move_to(next((row for row, record in enumerate(self.rows) if self.key(record) == key), self.cursor))

    def key(self, record: Record) -> Hashable:
        """What identifies a record among others."""
        raise NotImplementedError

    def layout_at(self, width: int) -> list[tuple[Any, int]]:
        if width != self._layout_width:
            columns = [fitting for column in self.columns_at(width) if (fitting := self._fitting(column)) is not None]
            self._layout, self._layout_width = laid_out(columns, width, self.signs), width
        return self._layout

    def _fitting(self, column: Column[Any]) -> Column[Any] | None:
        """The column, not wider than its texts where it fits; None if all are empty. Each row is measured once."""
        if not column.fits:
            return column
        known, longest = self._longest.get(column.cell, (0, 0))
        for record in self.rows[known:]:
            longest = max(longest, cell_len(column.cell(record, self.view)))
        self._longest[column.cell] = len(self.rows), longest
        if self.rows and not longest:
            return None
        cells = max(longest, cell_len(column.title))
        return replace(column, width=min(column.width, cells), most=cells)

    def columns_at(self, width: int) -> Sequence[Column[Any]]:
        """The columns to lay out, where their cells depend on the width of the list or on what it shows."""
        del width
        return self.columns

    # Painting

    def sign_parts(self, row: int, record: Record) -> Sequence[Part]:
        """The signs of a row: the cursor first."""
        del record
        return [(CURSOR_SIGN if row == self.cursor else " ", "")] if self.signs else ()

    def row_style(self, row: int, record: Record) -> str:
        """The part that the cells of a row are painted as."""
        del row, record
        return ""

    def paint_cell(self, column: Column[Any], record: Record, cells: int, style: str) -> Iterable[Part]:
        """A cell, and the blank after it."""
        yield aligned(column, column.cell(record, self.view), cells) + " ", column.style or style

    def paint_header(self, line: int, width: int) -> Sequence[Part]:
        del line
        titles = "".join(f"{aligned(column, column.title, cells)} " for column, cells in self.layout_at(width))
        return [(" " * self.signs + titles, "muted")]

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        record = self.rows[row]
        parts, style = list(self.sign_parts(row, record)), self.row_style(row, record)
        for column, cells in self.layout_at(width):
            parts += self.paint_cell(column, record, cells, style)
        return parts


def aligned(column: Column[Any], text: str, cells: int) -> str:
    """A text in exactly the cells of a column."""
    if column.right and (blanks := cells - cell_len(text)) > 0:
        return " " * blanks + text
    return fitted(text, cells)
