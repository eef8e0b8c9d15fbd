"""The accounts that a policy judged: those that would be done, then those that stay, by reason."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate, islice
from typing import Final, NamedTuple

from kconsole.licensing.outcomes import Code, Judgement
from kconsole.text.columns import cell_width
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.commands.base import voice_of
from kconsole.tui.widgets.column_list import CURSOR_SIGN
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList

MEASURED: Final = 500
"""Accounts by which the width of the addresses is chosen."""

TAKEN_SIGN, LEFT_OUT_SIGN = "●", "○"


class Heading(NamedTuple):
    """A line that begins a group."""

    text: str


class Reason(NamedTuple):
    """A line with a reason, and the number of accounts that stay for it."""

    code: Code
    text: str
    number: int
    is_open: bool


Line = Heading | Reason | Judgement | None
"""A row; None for a blank one."""

Span = Sequence[Line]
"""Rows one after the other."""


class ReclaimList(RowList):
    """The rows are made as they are painted, so there may be any number."""

    def __init__(self) -> None:
        super().__init__(id="plan")
        self._spans: list[Span] = []
        self._begins: list[int] = [0]
        self._left_out: Collection[int] = ()
        self._address_width = 0

    @property
    def row_count(self) -> int:
        return self._begins[-1]

    @property
    def highlighted(self) -> Line:
        return self.row_at(self.cursor) if self.cursor < self.row_count else None

    def show(self, spans: Sequence[Span], left_out: Collection[int]) -> None:
        """Show these rows. The cursor stays on its account or reason, or on its line."""
        before = _key(self.highlighted)
        self._spans, self._left_out = [span for span in spans if span], left_out
        self._begins = [0, *accumulate(map(len, self._spans))]
        some = (line for span in self._spans for line in islice(span, MEASURED) if isinstance(line, Judgement))
        self._address_width = max((cell_width(safe_address(line.entry.address)) for line in some), default=0)
        self.rows_changed()
        if before is not None and _key(self.highlighted) != before:
            rows = (
                self._begins[place] + row
                for place, span in enumerate(self._spans)
                for row, line in enumerate(span)
                if _key(line) == before
            )
            self.move_to(next(rows, self.cursor))

    def row_at(self, row: int) -> Line:
        place = bisect_right(self._begins, row) - 1
        return self._spans[place][row - self._begins[place]]

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        line, sign = self.row_at(row), (CURSOR_SIGN if row == self.cursor else " ", "")
        if line is None:
            return [sign]
        if isinstance(line, Heading):
            return [sign, (f" {fitted(line.text, width - 3)}", "strong")]
        if isinstance(line, Reason):
            return [sign, (fitted(f" {'-' if line.is_open else '+'}{line.number:>6,}  {line.text}", width - 2), "")]
        address, why = safe_address(line.entry.address), safe_text(words_of(line.message, voice_of(self)))
        mark, quiet = "    ", "" if row == self.cursor else "muted"
        if line.code in ("do", "brake"):
            mark = f"  {LEFT_OUT_SIGN if line.entry.id in self._left_out else TAKEN_SIGN} "
        room = min(self._address_width, max(width // 2, width - 34))
        style = quiet if line.entry.id in self._left_out else ""
        return [sign, (f"{mark}{fitted(address, room)}  ", style), (fitted(why, max(width - room - 8, 0)), quiet)]


def _key(line: Line) -> object:
    if isinstance(line, Judgement):
        return line.entry.id
    return line.code if isinstance(line, Reason) else None
