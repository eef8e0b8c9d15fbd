"""Reconcile: kconsole's count beside the server's own numbers, with the likely causes of a difference."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from kconsole.core.history import Commit
from kconsole.core.server import Server
from kconsole.licensing.comparison import Comparison, compared
from kconsole.text import words
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.server import cause_text, cause_words, figure_cells, figure_title, missing_texts, synced_briefly
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.server import RECONCILE_COMMANDS, NextDifference, WholeFigure
from kconsole.tui.screens.console import MANY
from kconsole.tui.screens.server import ServerScreen
from kconsole.tui.widgets.figure_list import CausesPane, FigureList
from kconsole.tui.widgets.painting import Part
from kconsole.tui.workspace import Workspace

TALL: Final = 30
"""Lines from which on the causes of a difference have more room."""

MOST_HERE: Final = 4
"""How many accounts of a cause are listed below the figures."""

MOST_NAMED: Final = 500
"""The same in the dialog with all details."""


class ReconcileScreen(ServerScreen):
    """Our count, the server's numbers as of the last sync, and the likely causes of a difference."""

    commands = RECONCILE_COMMANDS
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012  # Textual's own declaration
    CSS_PATH = "../css/reconcile.tcss"
    AUTO_FOCUS = "#figures"
    on_key_line = ("figure-details", "next-difference", "reconcile-sync", "reconcile-back", "help")

    heading = "our count and the server's"
    help_title = "Help: the server's numbers"
    topic = "server"
    signs = (
        ("▸", "the cursor"),
        ("!", "the server counts another number"),
        ("?", "the server does not report it to this login"),
    )

    figures = getters.query_one(FigureList)
    causes = getters.query_one(CausesPane)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        workspace.feed.poll()  # so that it begins with how things are now

    def content(self) -> Iterable[Widget]:
        with Vertical(id="figures-pane"):
            yield FigureList()
        yield CausesPane()

    def on_mount(self) -> None:
        self.watch(self.figures, "cursor", self.show_causes, init=False)
        self.show_trouble()
        self._compare()

    # Commands

    def is_of_use(self, command: AnyCommand) -> bool:
        if command is WholeFigure:
            return self.figures.highlighted is not None
        if command is NextDifference:
            return any(not each.agrees for each in self.figures.rows)
        return super().is_of_use(command)

    def action_figure_details(self) -> None:
        figure = self.figures.highlighted
        if figure is None:
            return
        from kconsole.tui.screens.dialog import TableDialog

        title, ours, theirs, difference = figure_cells(figure)
        numbers = [("Ours", ours), ("Server", theirs), ("Difference", difference)]
        causes: list[tuple[str, str]] = []
        for cause in figure.causes:
            text = safe_text(cause_text(cause))
            causes.append(("·", f"{text}:" if cause.accounts else text))
            causes += [("", safe_address(entry.address)) for entry in cause.accounts[:MOST_NAMED]]
            if len(cause.accounts) > MOST_NAMED:
                causes.append(("", f"and {len(cause.accounts) - MOST_NAMED:,} more: run 'kconsole reconcile --json'"))
        sections = [("", numbers), ("Likely causes", causes)] if causes else [("", numbers)]
        self.app.push_screen(TableDialog(title, sections, large=True))

    def action_next_difference(self) -> None:
        rows, here = self.figures.rows, self.figures.cursor
        places = [place for place, row in enumerate(rows) if not row.agrees]
        if places:
            self.figures.move_to(next((place for place in places if place > here), places[0]))
        else:
            self.tell("No difference.")

    # Showing

    def grow_older(self, now: datetime) -> None:
        del now
        self._show_title()

    def show_causes(self) -> None:
        """Show the causes of the difference of the figure under the cursor."""
        figure = self.figures.highlighted
        self.causes.border_title = Content("" if figure is None else figure_title(figure))
        self.causes.lines = () if figure is None else tuple(_causes_of(figure, self.session.state.server))

    def committed(self, commits: Sequence[Commit]) -> None:
        del commits
        self._compare()

    def _compare(self) -> None:
        """Compare; many entries in the background."""
        server = self.session.state.server
        self.workers.cancel_group(self, "comparing")
        if server is None or server.numbers is None:
            self._show((), self._empty_text(server))
            return
        report, numbers, entries = self.session.seats.report(), server.numbers, self.session.state.live_entries()
        policy = self.session.seats.policy
        compare_all = partial(compared, report, numbers, entries, policy, server.uncounted, server.hides_domains)
        if len(entries) <= MANY:
            self._show(compare_all())
            return

        async def compare() -> None:
            self._show(await asyncio.to_thread(compare_all))

        if not self.figures.rows:
            self._show((), "Comparing ...")
        self.run_worker(compare, group="comparing", exclusive=True)  # type: ignore[arg-type]  # mypy infers no result

    def _empty_text(self, server: Server | None) -> str:
        if server is None:
            return "No server is configured for this store. Run 'kconsole server add'."
        if self.is_read_only:
            return f"The server {safe_text(server.name, 40)} was never read, and this store is open read-only."
        key = self.key_to("reconcile-sync")
        press = f" Press {key} to read it now." if key else ""
        return f"The server {safe_text(server.name, 40)} was never read.{press}"

    def _show(self, rows: Sequence[Comparison], empty_text: str = "") -> None:
        self.figures.empty_text = empty_text
        self.figures.show_rows(rows)
        self.set_class(not rows, "-empty")
        self._show_title()
        self.show_causes()
        self.show_keys()

    def _show_title(self) -> None:
        server, rows = self.session.state.server, self.figures.rows
        parts = ["Figures"]
        if server is not None:
            parts += [safe_text(server.name, 40), synced_briefly(server, self.session.clock.now())]
        if rows:
            differing = sum(not row.agrees for row in rows)
            unread = sum(not row.is_read for row in rows)
            verb = "differs" if differing == 1 else "differ"
            differ = f"{words.of_limit(differing, len(rows), 'figure')} {verb}"
            parts += [differ if differing else "no difference", *([f"{unread:,} not read"] if unread else [])]
        self.query_one("#figures-pane").border_title = Content(" · ".join(parts))


def _causes_of(figure: Comparison, server: Server | None) -> Iterator[Part]:
    """The causes of a difference, line by line."""
    if not figure.is_read:
        role = "" if server is None else safe_text(server.role).replace("_", " ")
        yield f"The server did not report it{f' to this login ({role})' if role else ''}.", ""
        for text in () if server is None else missing_texts(server):
            yield f"· {safe_text(text)}", "muted"
        return
    if figure.agrees:
        yield "No difference.", ""
        return
    yield "Likely causes:", "strong"
    for cause in figure.causes:
        yield f"· {cause_words(cause, MOST_HERE)}", ""
