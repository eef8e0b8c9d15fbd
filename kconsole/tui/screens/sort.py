"""The dialog that chooses the column to sort by."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.widget import Widget

from kconsole.operations.search.sorting import SortField
from kconsole.text.words import ORDER_WORDS
from kconsole.tui.screens.dialog import Dialog
from kconsole.tui.widgets.account_table import ASCENDING_SIGN, DESCENDING_SIGN
from kconsole.tui.widgets.painting import Part
from kconsole.tui.widgets.row_list import RowList


class Sorting(NamedTuple):
    """A column and a direction."""

    field: SortField
    reverse: bool


FIELDS: tuple[SortField, ...] = (
    "last-login", "address", "name", "seat", "because", "domain", "protocol", "role", "kind", "origin",
)  # fmt: skip
SORT_KEYS = dict(zip(FIELDS, "lansbdvrto", strict=True))
"""The letter that chooses each column; the letters that move the cursor are left free."""


class SortDialog(Dialog[Sorting]):
    """Asks what to sort by. The current column changes its direction."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose_row", show=False, priority=True),
        *(Binding(key, f"choose('{field}')", show=False, priority=True) for field, key in SORT_KEYS.items()),
    ]
    AUTO_FOCUS = "#sort-fields"
    heading = "Sort by"
    keys = "letter or enter · again reverses · esc cancel"

    def __init__(self, current: Sorting) -> None:
        super().__init__()
        self._current = current

    def body(self) -> Iterable[Widget]:
        fields = RowList(id="sort-fields")
        fields.lines = [self._line(field) for field in FIELDS]
        fields.set_reactive(RowList.cursor, FIELDS.index(self._current.field))
        yield fields

    def _line(self, field: SortField) -> list[Part]:
        name, ascending, descending = ORDER_WORDS[field]
        title = f"{SORT_KEYS[field]}  {name.capitalize():<12}"
        if field != self._current.field:
            return [(f"   {title} {ascending}", "")]
        sign = DESCENDING_SIGN if self._current.reverse else ASCENDING_SIGN
        now, then = (descending, ascending) if self._current.reverse else (ascending, descending)
        return [(f" {sign} {title} {now} now, {then} if chosen again", "strong")]

    def action_choose_row(self) -> None:
        self.action_choose(FIELDS[self.query_one(RowList).cursor])

    def action_choose(self, field: SortField) -> None:
        """Choose a column, or reverse the current one."""
        self.dismiss(Sorting(field, not self._current.reverse if field == self._current.field else False))
