"""The list of accounts: what is in it, its order, marks and filter, and what changing the marked ones would do.

Its commands show, copy and save accounts, and change none: those that do are in `accounts.py`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from textual import getters, on
from textual.content import Content
from textual.events import Key

from kconsole.core.codes import Message
from kconsole.core.errors import ConsoleError
from kconsole.core.records import Entry
from kconsole.core.reports import SeatReport
from kconsole.operations.explaining import explanation_of
from kconsole.operations.preferences import ColumnPreference
from kconsole.operations.search.filters import Filter, FilterReader
from kconsole.operations.search.queries import AccountQuery
from kconsole.text import screen as texts
from kconsole.text import words
from kconsole.text.details import LIMIT, Detail, details_of
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.chunk_runner import ChunkRunner
from kconsole.tui.commands.base import command_named, console_of
from kconsole.tui.screens.console import Failed
from kconsole.tui.screens.filtering import FilterScreen
from kconsole.tui.screens.server import ServerScreen
from kconsole.tui.widgets.account_table import AccountTable
from kconsole.tui.widgets.domain_list import ALL_DOMAINS, YOUR_DOMAINS, DomainList
from kconsole.tui.widgets.lines import SeatGauge
from kconsole.tui.workspace import Workspace

if TYPE_CHECKING:
    from kconsole.tui.screens.export import Export


class ListingScreen(FilterScreen, ServerScreen):
    """A screen with a list of accounts beside the domains."""

    filter_hint = "words, -words, is:never, seen:>180d, (a or b)"
    filter_pane = "#accounts-pane"
    filtered = AccountTable

    gauge = getters.query_one(SeatGauge)
    domains = getters.query_one(DomainList)
    accounts = getters.query_one(AccountTable)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.listing = AccountQuery()
        """What is listed, in what order."""
        self._finding: ChunkRunner[list[Entry]] = ChunkRunner(self, "finding", workspace.at_work)
        self._planning: ChunkRunner[SeatReport | None] = ChunkRunner(self, "planning", workspace.at_work)
        self._sought = ""
        """The address of the account that the cursor goes to when it is listed."""
        self._to_top_of = ""
        """The filter whose list the cursor goes to the top of."""
        self._count = 0
        """The number that was typed before a key, as in vim; 0 for none."""
        self._has_read_advice = False
        """Whether what makes tmux pass copies on was shown; it is shown once."""
        self._plan_words, self._news = "", ""
        """What the status line says of a plan for the marked accounts, and of what others did."""

    @property
    def targets(self) -> list[Entry]:
        """The accounts a command acts on: the marked ones, or the one under the cursor; none that was deleted."""
        entry_of = self.session.state.live_entry
        marked = [entry for number in sorted(self.accounts.marked) if (entry := entry_of(number)) is not None]
        if marked:
            return marked
        highlighted = self.accounts.highlighted
        return [] if highlighted is None or highlighted.deleted_at is not None else [highlighted]

    # Commands

    def action_back(self) -> None:
        if self.accounts.forget_range():
            self.tell("")
        elif self.filter_bar is not None:
            self.close_filter()
        elif self.accounts.marked:
            self.accounts.mark(())
        elif self.listing.domain:
            self.domains.move_to(0)
        else:
            console_of(self).leave_store()

    def on_key(self, event: Key) -> None:
        """Take digits for how many accounts the next mark marks."""
        if event.key.isdecimal() and self.accounts.has_focus and (self._count or event.key != "0"):
            self._count = min(self._count * 10 + int(event.key), len(self.accounts.rows))
            self.tell(f"{self.key_of('mark')} marks {words.count(self._count, 'account')} from here on.")
        elif event.key not in console_of(self).keys.keys_of(command_named(self.commands, "mark")):
            self._count = 0

    def action_mark(self) -> None:
        count, self._count = self._count, 0
        if count:
            self.accounts.mark_next(count)
        elif not self.accounts.toggle_mark():
            self.tell(texts.nothing_here(self.accounts.highlighted))

    def action_mark_range(self) -> None:
        if self.accounts.start_or_end_range():
            key = self.key_of("mark-range")
            self.tell(f"Range begun: move to its other end and press {key}. Esc drops it.")

    def action_invert_marks(self) -> None:
        if not self.accounts.invert_marks():
            keys = f"{self.key_of('mark')} and {self.key_of('mark-range')} mark other entries"
            self.tell(f"No account is listed that can be marked; {keys}.")

    def action_next_domain(self) -> None:
        self.domains.move_by(1)

    def action_previous_domain(self) -> None:
        self.domains.move_by(-1)

    def action_switch_pane(self) -> None:
        (self.domains if self.accounts.has_focus and self.domains.display else self.accounts).focus()

    def action_sort(self) -> None:
        from kconsole.tui.screens.sort import SortDialog, Sorting

        def sort(sorting: Sorting | None) -> None:
            if sorting is not None:
                self.look(replace(self.listing, sort=sorting.field, reverse=sorting.reverse))

        self.app.push_screen(SortDialog(Sorting(self.listing.sort, self.listing.reverse)), sort)

    def action_reverse_sort(self) -> None:
        self.look(replace(self.listing, reverse=not self.listing.reverse))

    def action_columns(self) -> None:
        from kconsole.tui.screens.columns import ColumnsDialog

        def keep(columns: tuple[ColumnPreference, ...] | None) -> None:
            if columns is None:
                return
            self.accounts.show_columns(columns)
            try:
                console_of(self).preferences.keep_columns(columns)
            except ConsoleError as error:
                self.tell_problem(error)

        self.app.push_screen(ColumnsDialog(self.accounts.choices, self.accounts.size.width), keep)

    def action_never(self) -> None:
        if self.accounts.group:
            self.accounts.is_folded = not self.accounts.is_folded
            self.show_listing()
        else:
            self.tell(
                "Accounts that never logged in form a group only by last login, oldest first, and without a filter."
            )

    def look(self, listing: AccountQuery) -> None:
        """List something else, or in another order."""
        self.listing = listing
        self.show_listing()

    def tell(self, text: str) -> None:
        super().tell(text)
        self._plan_words, self._news = "", ""

    def tell_plan(self, plan: str, news: str) -> None:
        """Say what is planned for the marked accounts, and beside it what others did; the plan may come later."""
        super().tell(" · ".join(filter(None, (plan, news))))
        self._plan_words, self._news = plan, news

    # Show and copy

    def action_details(self) -> None:
        from kconsole.tui.screens.dialog import TableDialog

        if (entry := self.accounts.highlighted) is not None:
            self.app.push_screen(TableDialog("Details", [("", self.details_of(entry, limit=None))]))

    def details_of(self, entry: Entry, limit: int | None = LIMIT) -> list[Detail]:
        return details_of(explanation_of(entry, self.session), limit)

    async def action_copy(self) -> None:
        """Copy the addresses, and say how: no terminal answers whether it took them."""
        from kconsole.tui.clipboard import ADVICE, copy

        if entries := self.targets:
            how = await copy(self.app, "\n".join(safe_address(entry.address) for entry in entries))
            shown = "it" if len(entries) == 1 else "them"
            text = f"{words.count(len(entries), 'address', 'addresses')} {how} · {self.key_of('text')} shows {shown}"
            self.tell(text)
            if ADVICE in how and not self._has_read_advice:  # the status line would cut it off
                self._has_read_advice = True
                self.tell_news("Copied", [text], alarm=False)
        else:
            self.tell(texts.nothing_here(self.accounts.highlighted))

    def action_text(self) -> None:
        from kconsole.tui.screens.text import TextScreen

        if entries := self.targets:
            self.app.push_screen(TextScreen(self.session, entries, self.accounts.as_text))
        else:
            self.tell(texts.nothing_here(self.accounts.highlighted))

    def action_export(self) -> None:
        from kconsole.tui.screens.export import ExportDialog

        marked, listed = len(self.accounts.marked), len(self.accounts.rows) + self.accounts.hidden
        if not (marked or listed):
            self.tell("Nothing is listed that can be exported.")
            return
        what = words.count(marked, "marked entry") if marked else words.count(listed, "entry")
        self.app.push_screen(ExportDialog(what, self.session.clock.now().astimezone().date(), self._export))

    def _export(self, wanted: "Export", saved: Callable[[], None], failed: Failed) -> None:
        """Write a file with all that is listed, the folded ones included, or with the marked ones in that order."""
        from kconsole.operations.confinement import shown_path
        from kconsole.operations.files import save_listing
        from kconsole.text.report import report_pieces, totals

        listing, now, session, marked = self.listing, self.session.clock.now(), self.session, self.accounts.marked
        filters, style = console_of(self).preferences.filters, console_of(self).csv_style
        columns = [choice.column.name for choice in self.accounts.choices if choice.shown]

        def write() -> str:
            entries = session.account_index.select(listing, now, filters)
            if marked:
                entries = [entry for entry in entries if entry.id in marked]
                others = marked.difference(entry.id for entry in entries)
                entries += filter(None, map(session.state.live_entry, sorted(others)))
            policy = session.seats.policy
            text = "" if marked else listing.text
            pieces = report_pieces(wanted.form, entries, columns, policy, now, text, session.state.keeps, style)
            path = save_listing(wanted.name, pieces, session.store.folder, replace=wanted.replace)
            return f"{totals(entries, policy)} saved in {safe_text(shown_path(path))}"

        def done(text: str) -> None:
            saved()
            self.tell(text)

        self.work("Writing the file.", write, done, failed)

    # Filter

    def action_saved_filters(self) -> None:
        from kconsole.tui.screens.saved_filters import SavedFiltersDialog

        text = self.listing.text
        problem = "" if (found := self.filter_problem(text)) is None else safe_text(words_of(found, self.voice))
        self.app.push_screen(SavedFiltersDialog(console_of(self).preferences, text, problem), self.use_filter)

    async def use_filter(self, text: str | None) -> None:
        """List what a filter asks for, the cursor on its first row; it stands in the line where it can be changed.

        One that comes with kconsole lists the longest unused first: a number and the key that marks mark these then.
        """
        from kconsole.tui.screens.saved_filters import SUGGESTED

        if text is None:
            return
        if text in dict(SUGGESTED).values():
            self.listing = replace(self.listing, sort="last-login", reverse=False)
        self._to_top_of = text
        if text == self.filter_text:
            self.show_listing()
        await self.action_filter()
        if self.filter_bar is not None:
            self.filter_bar.line.value = text
            if self.filter_problem(text) is None:
                self.accounts.focus()

    @property
    def filter_text(self) -> str:
        return self.listing.text

    def filter_by(self, text: str) -> None:
        self.look(replace(self.listing, text=text))
        if self.filter_bar is None:
            return
        asked = self._read_filter(text)  # in place of the list stands what is wrong with it
        problem = None if asked.problems else asked.unused_tag(self.session.state.entries.values())
        if problem or not self.accounts.marked:  # else the status line says how many marked ones are not listed
            self.tell(safe_text(words_of(problem, self.voice)) if problem else "")

    def filter_problem(self, text: str) -> Message | None:
        problems = self._read_filter(text).problems
        return problems[0] if problems else None

    def _read_filter(self, text: str) -> Filter:
        saved = console_of(self).preferences.filters
        return FilterReader(self.session.clock.now(), self.session.seats.policy, saved).read(text)

    # Showing

    @on(DomainList.Chosen)
    def scope_to_domain(self) -> None:
        if self.domains.chosen != self.listing.domain:
            self.look(replace(self.listing, domain=self.domains.chosen))

    @on(AccountTable.MarksChanged)
    def show_plan(self) -> None:
        """Show what disabling the marked accounts would come to, or enabling them if all are disabled."""
        marked = self.accounts.marked
        if marked:
            planning = self.session.what_if.planning(marked)
            self._planning.start(planning, lambda planned: self._show_planned(marked, planned))
        else:
            self._planning.stop()
            self._show_planned(marked, None)

    def _show_planned(self, marked: frozenset[int], planned: SeatReport | None) -> None:
        if marked != self.accounts.marked:  # a change took the marks, and its result stands in the status line
            return
        self.gauge.planned = planned
        if planned is not None:
            away = self.accounts.not_listed(marked)
            entries = [entry for number in marked if (entry := self.session.state.live_entry(number)) is not None]
            folded, report = self.accounts.left_folded, self.session.seats.report()
            self.tell_plan(texts.plan_words(entries, away, folded, report, planned), self._news)
        elif self._plan_words:
            self.tell_plan("", self._news)

    def show_listing(self) -> None:
        """List what is asked for, once it is found; of many accounts that is after other events."""
        listing, now = self.listing, self.session.clock.now()
        steps = self.session.account_index.selecting(listing, now, console_of(self).preferences.filters)
        self._finding.start(steps, lambda rows: self.show_list(rows, listing, now))

    def show_list(self, rows: list[Entry], listing: AccountQuery, now: datetime) -> None:
        everything, problem = len(self.session.account_index), self.filter_problem(listing.text)
        self.accounts.empty_text = texts.empty_text(
            everything > 0,
            listing.text,
            [(self.key_to("add"), "to add one"), (self.key_to("import"), "to import a file")],
            "" if problem is None else words_of(problem, self.voice),
            self.session.authority.is_bound,
        )
        report, has_group = self.session.seats.report(), not listing.text
        self.accounts.keeps = self.session.state.keeps
        self.accounts.show(rows, listing.sort, listing.reverse, report, now, has_group)
        if self._to_top_of and self._to_top_of == listing.text:
            self._to_top_of = ""
            self.accounts.move_to(0)
        order = words.order_words(listing.sort, listing.reverse)
        every = YOUR_DOMAINS if self.domains.is_bound else ALL_DOMAINS.lower()
        scope = safe_address(listing.domain) or every
        title = f"Accounts · {scope} · {words.of_limit(len(rows), everything, 'entry')} · {order}"
        self.query_one("#accounts-pane").border_title = Content(title)
        self._seek()
        if self.accounts.marked:
            self.show_plan()

    def start_over(self) -> None:
        """List the accounts of the chosen domain that are seen now, in the same order; marks and the filter go."""
        self._planning.stop()
        self.accounts.mark(())
        self.gauge.planned = None
        if self.filter_bar is not None:
            self.filter_bar.remove()
            self.filter_bar = None
        self._sought, self.listing = "", replace(self.listing, domain=self.domains.chosen, text="")
        # the old list is gone before the new one is found
        self.show_list([], self.listing, self.session.clock.now())
        self.show_listing()
        self.accounts.focus()
        self.tell("")

    def go_to(self, address: str) -> None:
        """Put the cursor on an account as soon as it is listed, if it is."""
        self._sought = address
        if not self._finding.is_working:
            self._seek()

    def _seek(self) -> None:
        sought, self._sought = self._sought, ""
        if not sought:
            return
        for row, entry in enumerate(self.accounts.rows):
            if entry.address == sought:
                self.accounts.move_to(row)
                return
        if self.accounts.is_folded and self.accounts.group:  # a new account is there
            self.accounts.is_folded, self._sought = False, sought
            self.show_listing()
