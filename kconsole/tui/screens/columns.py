"""The dialog that chooses the columns of the table: which, in what order, and how wide."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.account_columns import (
    ADDRESS,
    DEFAULT,
    NARROWEST,
    WIDEST,
    Choice,
    columns_of,
    preferences_of,
)
from kconsole.tui.widgets.account_table import AccountTable
from kconsole.tui.widgets.column_list import laid_out
from kconsole.tui.widgets.painting import Part
from kconsole.tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from kconsole.operations.preferences import ColumnPreference


class _ColumnList(RowList):
    """All columns, those that are not shown included."""

    def __init__(self, choices: Sequence[Choice], table_width: int) -> None:
        super().__init__(id="columns")
        self.choices = list(choices)
        self._table_width = table_width

    @property
    def row_count(self) -> int:
        return len(self.choices)

    @property
    def cells(self) -> dict[str, int]:
        """The cells of the columns that have room, by name."""
        layout = laid_out(columns_of(self.choices), self._table_width, AccountTable.signs)
        return {column.name: cells for column, cells in layout}

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        del width
        choice = self.choices[row]
        cells = self.cells.get(choice.column.name)
        if not choice.shown:
            wide = "not shown"
        elif cells is None:
            wide = "no room at this size"
        else:
            wide = f"{cells} cells" + (", your width" if choice.width else "")
        return [
            (f" [{'x' if choice.shown else ' '}] {choice.column.title:<14} {wide}", "" if choice.shown else "muted")
        ]

    def put(self, row: int, choice: Choice) -> None:
        """Replace a choice. That may change the room of all others."""
        self.choices[row] = choice
        self.refresh()

    def move_row(self, rows: int) -> None:
        """Move the column under the cursor; the cursor goes with it."""
        before = self.cursor
        self.move_by(rows)
        self.choices[self.cursor], self.choices[before] = self.choices[before], self.choices[self.cursor]
        self.refresh()


class ColumnsDialog(Dialog[tuple["ColumnPreference", ...]]):
    """Asks for the columns. The answer is empty for the default columns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", show=False, priority=True),
        Binding("space,x", "show_or_not", show=False, priority=True),
        Binding("greater_than_sign,J,right", "move(1)", show=False, priority=True),
        Binding("less_than_sign,K,left", "move(-1)", show=False, priority=True),
        Binding("plus,equals_sign", "widen(1)", show=False, priority=True),
        Binding("minus,underscore", "widen(-1)", show=False, priority=True),
        Binding("r", "reset", show=False, priority=True),
    ]
    AUTO_FOCUS = "#columns"
    heading = "Columns"
    keys = "enter keep · esc cancel"

    def __init__(self, choices: Sequence[Choice], table_width: int) -> None:
        super().__init__()
        self._choices, self._table_width = choices, table_width

    def body(self) -> Iterable[Widget]:
        yield plain("space on, off · < > move · + - width · r the default", "dialog-note")
        columns = _ColumnList(self._choices, self._table_width)
        columns.styles.height = len(self._choices)
        yield columns

    @property
    def columns(self) -> _ColumnList:
        """The list of columns."""
        return self.query_one("#columns", _ColumnList)

    def action_show_or_not(self) -> None:
        """Show the column, or hide it."""
        choice = self.columns.choices[self.columns.cursor]
        if choice.column.name == ADDRESS:
            self.tell_problem("The account itself is always shown.")
            return
        self.tell_problem("")
        self.columns.put(self.columns.cursor, choice._replace(shown=not choice.shown))

    def action_move(self, rows: int) -> None:
        """Move the column to the right (down in this list), or to the left."""
        self.columns.move_row(rows)

    def action_widen(self, cells: int) -> None:
        """Make the column a cell wider or narrower than it is now."""
        choice = self.columns.choices[self.columns.cursor]
        width = (choice.width or self.columns.cells.get(choice.column.name, choice.column.width)) + cells
        self.columns.put(self.columns.cursor, choice._replace(width=max(NARROWEST, min(width, WIDEST))))

    def action_reset(self) -> None:
        """Choose the default columns."""
        self.tell_problem("")
        self.columns.choices = list(DEFAULT)
        self.columns.refresh()

    def action_keep(self) -> None:
        """Answer with these columns."""
        self.dismiss(preferences_of(self.columns.choices))
