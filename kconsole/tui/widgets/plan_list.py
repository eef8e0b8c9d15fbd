"""Widgets of the mapping preview: a summary, and all accounts by name."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from kconsole.text.columns import cell_width
from kconsole.text.details import Detail
from kconsole.text.mapping import Section
from kconsole.tui.widgets.painting import Painted, Part, fitted, wrapped
from kconsole.tui.widgets.row_list import RowList

LABEL: Final = 11
"""Cells of a label of the summary."""


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
        """The highlighted row; None if there is none."""
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


class PlanSummary(Painted):
    """Labels with their texts, wrapped."""

    def __init__(self) -> None:
        super().__init__(id="summary")
        self._details: Sequence[Detail] = ()

    def show(self, details: Sequence[Detail]) -> None:
        """Show these lines. Their texts must be safe to show."""
        self._details = details
        self._fit()
        self.refresh()

    def on_resize(self) -> None:
        self._fit()

    def paint(self, y: int, width: int) -> Iterable[Part]:
        lines = self._lines(width)
        if y < len(lines):
            label, text, part = lines[y]
            yield f" {fitted(label, LABEL)}", part or "muted"
            yield fitted(text, width - LABEL - 1), part

    def _fit(self) -> None:
        """Take the height that the texts need, but leave half of a low terminal to the list below."""
        width, height = self.app.size
        self.styles.height = min(len(self._lines(self.size.width or width)), max(height // 2 - 3, 2))

    def _lines(self, width: int) -> list[tuple[str, str, str]]:
        """The lines: label, text, and style."""
        return [
            ("" if place else detail.label, line, "alarm" if detail.label == "!" else "")
            for detail in self._details
            for place, line in enumerate(wrapped(detail.text, max(width - LABEL - 2, 1)))
        ]
