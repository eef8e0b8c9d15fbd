"""The seats over time: a plot of the use, what is forecast from it, and each day below."""

import asyncio
from collections.abc import Iterable, Sequence
from threading import Event
from typing import Final, NamedTuple

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from kconsole.core.errors import ConsoleError
from kconsole.core.history import Commit
from kconsole.licensing.forecast import Forecast
from kconsole.licensing.seat_history import SeatDay
from kconsole.operations.seat_history import seat_forecast, seat_history
from kconsole.text.messages import error_words
from kconsole.text.safe_text import safe_text
from kconsole.text.seat_history import summary
from kconsole.tui.commands.history import HISTORY_COMMANDS
from kconsole.tui.screens.console import ConsoleScreen
from kconsole.tui.widgets.history_sheet import HistorySheet
from kconsole.tui.workspace import Workspace

PERIODS: Final = (90, 365, 30)
"""Days that are shown, in turn."""


class _Read(NamedTuple):
    days: Sequence[SeatDay]
    forecast: Forecast


class HistoryScreen(ConsoleScreen):
    """Shows how many seats were used on each day, and when none may be free."""

    commands = HISTORY_COMMANDS
    CSS_PATH = "../css/license.tcss"
    AUTO_FOCUS = "#history"
    on_key_line = ("history-period", "help", "history-back")

    heading = "seats over time"
    help_title = "Help: seats over time"
    topic = "reservations"
    signs = (("█", "seats used"), ("─", "the limit of the license"))

    sheet = getters.query_one(HistorySheet)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._period = 0
        self._read: _Read | None = None
        self._is_outdated = False
        self._is_reading = False
        self._left = Event()

    def content(self) -> Iterable[Widget]:
        with Vertical(id="license-pane"):
            yield HistorySheet()

    def on_mount(self) -> None:
        self.sheet.say("Reading the log ...")
        self._read_log()

    def on_unmount(self) -> None:
        self._left.set()

    def action_period(self) -> None:
        self._period = (self._period + 1) % len(PERIODS)
        self._show()

    def committed(self, commits: Sequence[Commit]) -> None:
        del commits
        self._is_outdated = True
        self._read_log()

    def _read_log(self) -> None:
        if not self._is_reading:
            self._is_reading = True
            self.run_worker(self._read_in_background(), group="history")

    async def _read_in_background(self) -> None:
        """Read the log until no line came meanwhile."""
        try:
            while True:
                self._is_outdated = False
                self._read = await asyncio.to_thread(self._reading)
                if not self._is_outdated or self._left.is_set():
                    break
            self._show()
        except ConsoleError as error:  # the log is broken
            self.sheet.say(safe_text(error_words(error, self.voice)))
        finally:
            self._is_reading = False

    def _reading(self) -> _Read:
        days = seat_history(self.session, cancelled=self._left.is_set).days
        return _Read(days, seat_forecast(self.session, days))

    def _show(self) -> None:
        if self._read is None or self._left.is_set():
            return
        days = self._read.days[-PERIODS[self._period] :]
        self.query_one("#license-pane").border_title = Content(f"Seats used in {PERIODS[self._period]} days")
        self.sheet.show(days, self._read.forecast)
        self.tell(summary(days).removesuffix("."))
