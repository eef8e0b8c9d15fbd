"""The dialog that chooses the columns of the table: which, in what order, and how wide."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from kconsole.operations.preferences import ColumnPreference
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.account_columns import ADDRESS, DEFAULT, Choice, columns_of, in_range, preferences_of
from kconsole.tui.widgets.account_table import AccountTable
from kconsole.tui.widgets.column_list import laid_out
from kconsole.tui.widgets.painting import Part
from kconsole.tui.widgets.row_list import RowList


class ColumnsDialog(Dialog[tuple[ColumnPreference, ...]]):
    """Asks for the columns. The answer is empty for the default columns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", show=False, priority=True),
        Binding("space", "show_or_not", show=False, priority=True),
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
        self._choices, self._table_width = list(choices), table_width

    def body(self) -> Iterable[Widget]:
        yield plain("space on, off · < > move · + - width · r the default", "dialog-note")
        self._list = RowList(id="columns")
        self._list.styles.height = len(self._choices)
        self._show()
        yield self._list

    def _show(self) -> None:
        """Show the choices. Each of them may change the room of all others."""
        cells = self._cells()
        self._list.lines = [self._line(choice, cells.get(choice.column.name)) for choice in self._choices]
        self._list.refresh()

    def _line(self, choice: Choice, cells: int | None) -> list[Part]:
        room = "not shown" if not choice.shown else "no room at this size"
        if choice.shown and cells is not None:
            room = f"{cells} cells" + (", your width" if choice.width else "")
        style = "" if choice.shown else "muted"
        return [(f" [{'x' if choice.shown else ' '}] {choice.column.title:<14} {room}", style)]

    def _cells(self) -> dict[str, int]:
        layout = laid_out(columns_of(self._choices), self._table_width, AccountTable.signs)
        return {column.name: cells for column, cells in layout}

    @property
    def _choice(self) -> Choice:
        return self._choices[self._list.cursor]

    def _put(self, choice: Choice) -> None:
        self._choices[self._list.cursor] = choice
        self._show()

    def action_show_or_not(self) -> None:
        is_fixed = self._choice.column.name == ADDRESS
        self.tell_problem("The account itself is always shown." if is_fixed else "")
        self._put(self._choice._replace(shown=is_fixed or not self._choice.shown))

    def action_move(self, rows: int) -> None:
        """Move the column to the right (down in this list), or to the left. The cursor goes with it."""
        before, moved = self._list.cursor, self._choice
        self._list.move_by(rows)
        self._choices[before] = self._choice
        self._put(moved)

    def action_widen(self, cells: int) -> None:
        choice = self._choice
        width = (choice.width or self._cells().get(choice.column.name, choice.column.width)) + cells
        self._put(choice._replace(width=in_range(width)))

    def action_reset(self) -> None:
        self.tell_problem("")
        self._choices = list(DEFAULT)
        self._show()

    def action_keep(self) -> None:
        self.dismiss(preferences_of(self._choices))
