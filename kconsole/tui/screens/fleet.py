"""Fleet: the stores of all contexts. Each is read by itself, and keys are answered meanwhile."""

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from kconsole.core.errors import ConsoleError
from kconsole.licensing.monitoring import STATES
from kconsole.operations.contexts import Context
from kconsole.operations.fleet import totals
from kconsole.operations.fleet_reading import FleetRow
from kconsole.operations.fleet_stores import Stores
from kconsole.text import fleet as texts
from kconsole.text import words
from kconsole.text.messages import error_words, hint_words
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.fleet import FLEET_COMMANDS
from kconsole.tui.screens.filtering import FilterScreen
from kconsole.tui.widgets.fleet_list import FleetList, alarm_words, problem_words

OFTEN: Final = 0.05
SELDOM: Final = 1.0
"""Seconds between two looks at what the threads have found: while stores are read, and afterwards."""

LAST: Final = 10_000_000
"""Where what is not known stands in an order by numbers."""


def _alarm(row: FleetRow) -> int:
    return -STATES.index(row.alarm)


def _free(row: FleetRow) -> int:
    free = None if row.facts is None else row.facts.report.free
    return LAST if free is None or row.facts is None else free - row.facts.report.over


def _chance(row: FleetRow) -> float:
    return LAST if row.chance is None else -row.chance


ORDERS: Final[Mapping[str, Callable[[FleetRow], float]]] = {
    "as configured": lambda _: 0,
    "alarms first": _alarm,
    "fewest free first": _free,
    "likeliest full first": _chance,
}
"""The orders, the first one that of the configuration file."""


class FleetScreen(FilterScreen):
    """The stores of all contexts, a row each."""

    commands = FLEET_COMMANDS
    DEFAULT_CSS = """
    #fleet-pane { height: 1fr; border: round $border; border-title-color: $text-muted; background: $background; }
    #fleet-pane:focus-within { border: round $primary; border-title-color: $foreground; }
    FleetList { height: 1fr; background: $background; }
    """
    AUTO_FOCUS = "#fleet"
    on_key_line = ("fleet-open", "fleet-filter", "fleet-sort", "fleet-read", "help", "fleet-quit")

    heading = "all stores"
    help_title = "Help: all stores"
    topic = "contexts"
    signs = (
        ("▸", "the cursor"),
        ("!", "an alarm, or a store that could not be read"),
        ("▲", "the context wants its name before deletions and changes of many"),
    )

    filter_hint = "words of name, note, product or alarm"
    filter_pane = "#fleet-pane"
    filtered = FleetList

    list = getters.query_one(FleetList)

    class Chosen(Message):
        """A store is to be opened."""

        def __init__(self, context: Context) -> None:
            super().__init__()
            self.context = context

    def __init__(self, stores: Stores) -> None:
        super().__init__()
        self.fleet = stores.fleet()
        self._who = stores.who
        self._text, self._order = "", next(iter(ORDERS))
        self._looking: list[Timer] = []

    def content(self) -> Iterable[Widget]:
        with Vertical(id="fleet-pane"):
            yield FleetList()

    def on_mount(self) -> None:
        self.header.right = self._who
        self.show_keys()
        self._show()
        # no set_timer(): Textual drops its one event on a busy machine, and nothing new would be shown
        self._looking = [self.set_interval(seconds, self._look) for seconds in (OFTEN, SELDOM)]
        self._look()

    def on_unmount(self) -> None:
        self.fleet.close()

    def on_screen_resume(self) -> None:
        self._look()

    def on_screen_suspend(self) -> None:
        for timer in self._looking:
            timer.pause()

    # Reading

    def _look(self) -> None:
        """Take what was found since, and look again soon, as long as this is the screen that is seen."""
        if not self.is_current:
            return
        self.fleet.refresh()
        if self.fleet.look():
            self._show()
        if self.fleet.is_complete and not gc.isenabled():  # as the main screen does: what the start has made stays
            gc.freeze()
            gc.enable()
        for timer, is_due in zip(self._looking, (not self.fleet.is_complete, True), strict=False):
            timer.resume() if is_due else timer.pause()

    # Commands

    def action_open(self) -> None:
        row = self.list.highlighted
        if row is None:
            return
        is_away = row.state == "no-answer" and row.error is not None  # what this host kept of it can be seen
        if row.state in ("ok", "reading") or is_away:
            self.post_message(self.Chosen(row.context))
        else:
            self.tell_unread(row)

    def tell_unread(self, row: FleetRow) -> None:
        """Say why a store cannot be opened."""
        error = row.error
        lines = [f"{row.context.name}: {safe_text(row.context.store, None)}".rstrip(": ")]
        lines.append(safe_text(problem_words(row) if error is None else error_words(error, self.voice)))
        self.tell_news("Not opened", lines, "" if error is None else hint_words(error, self.voice))

    def tell_error(self, context: Context | None, error: ConsoleError) -> None:
        """Say why a store could not be opened after all."""
        if context is not None:
            self.tell_unread(FleetRow(context, "failed", error=error))

    def action_sort(self) -> None:
        names = [*ORDERS]
        self._order = names[(names.index(self._order) + 1) % len(names)]
        self._show()

    def action_read(self) -> None:
        for name in self.fleet.rows:
            self.fleet.read_again(name)
        self._look()

    def action_back(self) -> None:
        if self.filter_bar is not None:
            self.close_filter()

    def action_quit(self) -> None:
        self.app.exit()

    # Showing

    @property
    def filter_text(self) -> str:
        return self._text

    def filter_by(self, text: str) -> None:
        self._text = text
        self._show()

    def _show(self) -> None:
        asked = self._text.casefold().split()
        every = [*self.fleet.rows.values()]
        rows = sorted((row for row in every if _fits(row, asked)), key=ORDERS[self._order])
        self.list.empty_text = f"No store has '{safe_text(self._text, 40)}'. Esc clears the filter."
        self.list.show_rows(rows)
        number = words.of_limit(len(rows), len(every), "store") if asked else words.count(len(every), "store")
        self.query_one("#fleet-pane").border_title = Content(f"{number} · {self._order}")
        self.status.left = " · ".join(self._sums(every))

    def _sums(self, rows: Iterable[FleetRow]) -> Iterable[str]:
        rows = [*rows]
        for each in totals(rows):
            yield texts.total_words(each.product, each.stores, each.used, each.limit, each.free, each.is_whole)
        if unread := texts.unread_words(sum(row.facts is None for row in rows)):
            yield unread


def _fits(row: FleetRow, asked: Sequence[str]) -> bool:
    product = "" if row.facts is None else row.facts.policy.name
    text = f"{row.context.name} {row.context.note} {product} {row.alarm} {alarm_words(row)}".casefold()
    return all(word in text for word in asked)
