"""The dialog that chooses the column to sort by."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button

from kconsole.operations.search.index import SortField
from kconsole.text.words import ORDER_WORDS
from kconsole.tui.screens.dialog import Dialog
from kconsole.tui.widgets.account_table import ASCENDING_SIGN, DESCENDING_SIGN
from kconsole.tui.widgets.painting import Part
from kconsole.tui.widgets.row_list import RowList


class Sorting(NamedTuple):
    """A column and a direction."""

    field: SortField
    reverse: bool


SORT_KEYS: dict[SortField, str] = {
    "last-login": "l",
    "address": "a",
    "name": "n",
    "seat": "s",
    "because": "b",
    "domain": "d",
    "protocol": "v",
    "role": "r",
    "kind": "t",
    "origin": "o",
}
"""The letter that chooses each order; the letters of movement are left free."""

FIELDS = tuple(SORT_KEYS)


class _OrderList(RowList):
    """The columns to choose from."""

    def __init__(self, now: Sorting) -> None:
        super().__init__(id="orders")
        self._now = now
        self.set_reactive(RowList.cursor, FIELDS.index(now.field))

    @property
    def row_count(self) -> int:
        return len(FIELDS)

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        del width
        field = FIELDS[row]
        name, ascending, descending = ORDER_WORDS[field]
        title = f"{SORT_KEYS[field]}  {name.capitalize():<12}"
        if field != self._now.field:
            return [(f"   {title} {ascending}", "")]
        sign = DESCENDING_SIGN if self._now.reverse else ASCENDING_SIGN
        now, then = (descending, ascending) if self._now.reverse else (ascending, descending)
        return [(f" {sign} {title} {now} now, {then} if chosen again", "strong")]


class SortDialog(Dialog[Sorting]):
    """Asks what to sort by. The column that is sorted by already changes its direction."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose_row", show=False, priority=True),
        *(Binding(key, f"choose('{field}')", show=False, priority=True) for field, key in SORT_KEYS.items()),
    ]
    AUTO_FOCUS = "#orders"
    heading = "Sort by"
    keys = "letter or enter · again turns it round · esc cancel"

    def __init__(self, now: Sorting) -> None:
        super().__init__()
        self._now = now

    def body(self) -> Iterable[Widget]:
        """The columns."""
        yield _OrderList(self._now)

    def buttons(self) -> Iterable[Button]:
        """None: a row is the answer."""
        return ()

    def action_choose_row(self) -> None:
        """Choose the row under the cursor."""
        self.action_choose(FIELDS[self.query_one("#orders", _OrderList).cursor])

    def action_choose(self, field: SortField) -> None:
        """Choose a column, or turn the one that is chosen round."""
        self.dismiss(Sorting(field, not self._now.reverse if field == self._now.field else False))
