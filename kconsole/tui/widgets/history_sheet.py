"""The seats over time: a plot, the forecast beneath it, and a line for each day. It scrolls."""

from collections.abc import Sequence
from typing import Final

from kconsole.licensing.forecast import Forecast
from kconsole.licensing.seat_history import SeatDay
from kconsole.text.columns import table
from kconsole.text.seat_history import COLUMNS, day_cells, forecast_lines, plot
from kconsole.tui.widgets.painting import Part, wrapped
from kconsole.tui.widgets.row_list import Sheet

LEAST_PLOT: Final = 5
MOST_PLOT: Final = 14
"""Lines of the plot: half of the screen, but no less and no more."""


class HistorySheet(Sheet):
    """All of it, laid out for the width."""

    def __init__(self) -> None:
        super().__init__(id="history")
        self._days: Sequence[SeatDay] = ()
        self._forecast: Forecast | None = None
        self._text = ""

    def show(self, days: Sequence[SeatDay], forecast: Forecast) -> None:
        self._days, self._forecast = days, forecast
        self.lay_out()

    def say(self, text: str) -> None:
        """Show a text instead, which must be safe."""
        self._text, self._forecast = text, None
        self.lay_out()

    def lines_at(self, width: int) -> list[list[Part]]:
        if self._forecast is None:
            return [[(line, "muted")] for line in wrapped(self._text, width)]
        height = min(max(self.size.height // 2, LEAST_PLOT), MOST_PLOT)
        *rows, foot = plot(self._days, width, height) or [""]
        lines: list[list[Part]] = [[(row, "counted")] for row in rows]
        lines += [[(foot, "muted")], []]
        for number, text in enumerate(forecast_lines(self._forecast)):
            lines += [[(line, "" if number else "strong")] for line in wrapped(text, width)]
        cells = [day_cells(day) for day in reversed(self._days)]
        right = set(range(1, len(COLUMNS) - 1))
        header, *each = table(COLUMNS, cells, right=right, whole={0}, drops=(4, 7, 2), width=width)
        return [*lines, [], [(header, "muted")], *([(row, "")] for row in each)]
