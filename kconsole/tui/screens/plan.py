"""The preview of what changes many accounts at once: the seats on top, all of it by name below."""

from collections.abc import Iterable, Sequence
from typing import Final

from textual import getters
from textual.containers import Vertical
from textual.widget import Widget

from kconsole.core.history import Commit
from kconsole.operations.base import Done
from kconsole.tui.screens.dialog import NewsDialog
from kconsole.tui.screens.store import StoreScreen
from kconsole.tui.widgets.labelled import LabelledText
from kconsole.tui.widgets.lines import SeatGauge
from kconsole.tui.widgets.section_list import SectionList
from kconsole.tui.workspace import Workspace

WIDE: Final = 100
"""Columns of a terminal where the gauge has a frame, as on the main screen."""


class PlanScreen(StoreScreen):
    """A preview. A change by another process makes it outdated: it is planned again before the user confirms."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  # Textual's own declaration
    CSS_PATH = "../css/mapping.tcss"
    AUTO_FOCUS = "#plan"

    gauge = getters.query_one(SeatGauge)
    summary = getters.query_one("#summary", LabelledText)
    accounts = getters.query_one(SectionList)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.done: Done | None = None
        """The result; None if nothing was changed."""
        self._is_outdated = False
        self._meanwhile: Sequence[Commit] = ()
        """The last change by others since the preview was opened."""

    def content(self) -> Iterable[Widget]:
        yield SeatGauge()
        yield LabelledText(11, id="summary")
        with Vertical(id="plan-pane"):
            yield SectionList("plan")

    def on_mount(self) -> None:
        self.gauge.border_title = "Seats, before → after"

    def on_resize(self) -> None:
        self.summary.styles.max_height = max(self.size.height // 2 - 3, 2)  # half of a low terminal is for the list

    def action_row(self) -> None:
        row = self.accounts.highlighted
        if row is not None and (row.label or row.text):
            self.app.push_screen(NewsDialog("Row", [text for text in (row.label, row.text) if text]))
