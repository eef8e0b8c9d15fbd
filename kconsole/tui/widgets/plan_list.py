"""The list of the mapping preview: all accounts that would change, by name."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kconsole.text.columns import cell_width
from kconsole.text.mapping import Section
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList


class PlanRow(NamedTuple):
    """A row of the list: a heading, an account, or a blank line between two sections."""

    label: str
    text: str = ""
    is_heading: bool = False


class PlanList(RowList):
    """All accounts that would change, in sections."""

    def __init__(self) -> None:
        super().__init__(id="plan")
        self.rows: Sequence[PlanRow] = ()
        self._label_width = 0

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def highlighted(self) -> PlanRow | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def show(self, sections: Iterable[Section]) -> None:
        """Show these sections. All their texts must be safe to show."""
        rows: list[PlanRow] = []
        for heading, details in sections:
            if rows:
                rows.append(PlanRow(""))
            rows.append(PlanRow(f"{len(details):,} · {heading}", is_heading=True))
            rows += [PlanRow(*detail) for detail in details]
        self.rows = rows
        self._label_width = max((cell_width(row.label) for row in rows if row.text), default=0)
        self.rows_changed()

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        label, text, is_heading = self.rows[row]
        sign = ("▸" if row == self.cursor else " ", "")
        if is_heading:
            return [sign, (f" {fitted(label, width - 3)}", "strong")]
        if not label or not text:
            return [sign, (f"   {fitted(label or text, width - 5)}", "")]
        room = min(self._label_width, max(width // 2, width - 30))
        quiet = "" if row == self.cursor else "muted"
        return [sign, (f"   {fitted(label, room)}  ", ""), (fitted(text, width - room - 7), quiet)]
