"""A list in sections, each with a heading; its rows are made as they are painted, so it may have any length."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice
from typing import Any, Final, NamedTuple

from kconsole.text.columns import cell_width
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList

MEASURED: Final = 500
"""Rows of a section by which the width of the labels is chosen."""


class SectionRow(NamedTuple):
    """A row of the list: a heading, a line below it, or a blank line between two sections."""

    label: str
    text: str = ""
    is_heading: bool = False


Row = tuple[str, str]
"""A label and its text; both must be safe to show."""


class Lazily(Sequence[Row]):
    """The rows of things, each made when it is asked for."""

    def __init__(self, things: Sequence[Any], row: Callable[[Any], Row]) -> None:
        self._things, self._row = things, row

    def __len__(self) -> int:
        return len(self._things)

    def __getitem__(self, at: Any) -> Any:
        return self._row(self._things[at])


class SectionList(RowList):
    """All that an operation would change, in sections."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._sections: list[tuple[str, Sequence[Row]]] = []
        self._begins: list[int] = []
        """The rows of the headings, and at last the end."""
        self._label_width = 0

    @property
    def row_count(self) -> int:
        return self._begins[-1] if self._begins else 0

    @property
    def highlighted(self) -> SectionRow | None:
        return self.row_at(self.cursor) if self.cursor < self.row_count else None

    def show(self, sections: Iterable[tuple[str, Sequence[Row]]]) -> None:
        """Show these sections. All their texts must be safe to show."""
        self._sections = list(sections)
        self._begins = [0, *accumulate(len(rows) + 2 for _, rows in self._sections)] if self._sections else []
        if self._begins:
            self._begins[-1] -= 1  # no blank line after the last one
        labels = (row[0] for _, rows in self._sections for row in islice(rows, MEASURED) if row[1])
        self._label_width = max(map(cell_width, labels), default=0)
        self.rows_changed()

    def row_at(self, row: int) -> SectionRow:
        """The row at this place of the list."""
        section = min(bisect_right(self._begins, row), len(self._sections)) - 1
        (heading, rows), place = self._sections[section], row - self._begins[section] - 1
        if place < 0:
            return SectionRow(f"{len(rows):,} · {heading}", is_heading=True)
        return SectionRow(*rows[place][:2]) if place < len(rows) else SectionRow("")

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        label, text, is_heading = self.row_at(row)
        sign = ("▸" if row == self.cursor else " ", "")
        if is_heading:
            return [sign, (f" {fitted(label, width - 3)}", "strong")]
        if not label or not text:
            return [sign, (f"   {fitted(label or text, width - 5)}", "")]
        room = min(self._label_width, max(width // 2, width - 30))
        quiet = "" if row == self.cursor else "muted"
        return [sign, (f"   {fitted(label, room)}  ", ""), (fitted(text, width - room - 7), quiet)]
