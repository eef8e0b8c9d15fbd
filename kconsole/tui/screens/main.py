"""The console: gauge over everything, domains and accounts below, what happened and the keys at the bottom."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen

from kconsole.display import words
from kconsole.display.ages import full_moment
from kconsole.display.details import Detail, details_of
from kconsole.display.safe_text import safe_text
from kconsole.licensing import guards
from kconsole.model.errors import ConsoleError
from kconsole.model.history import Commit
from kconsole.model.records import Entry
from kconsole.model.reports import Decision, SeatReport
from kconsole.operations.deeds import Deed, Done
from kconsole.operations.roster import RosterQuery, order_words, select
from kconsole.operations.session import Session
from kconsole.tui.commands.accounts import ACCOUNT_COMMANDS, refusal_lines
from kconsole.tui.commands.base import AnyCommand, CommandTarget, bindings_of, command_named
from kconsole.tui.commands.console import CONSOLE_COMMANDS
from kconsole.tui.commands.movement import MOVEMENTS
from kconsole.tui.commands.view import VIEW_COMMANDS
from kconsole.tui.widgets.account_table import AccountTable
from kconsole.tui.widgets.domain_list import ALL_DOMAINS, DomainList
from kconsole.tui.widgets.lines import Banner, DetailsPane, HeaderLine, KeyLine, SeatGauge, StatusLine
from kconsole.tui.widgets.painting import Part

if TYPE_CHECKING:
    from kconsole.operations.accounts import AddAccount
    from kconsole.tui.widgets.filter_line import FilterBar

COMMANDS: tuple[AnyCommand, ...] = (*ACCOUNT_COMMANDS, *VIEW_COMMANDS, *CONSOLE_COMMANDS)
"""All commands of the console, in the order of the key line and the help."""

KEY_LINE = (
    "mark", "disable", "enable", "undo", "filter", "add", "delete", "sort", "next-domain", "details", "help", "quit",
)  # fmt: skip
"""The commands in the key line, the ones that may go first at the end."""


BANNER_WARNINGS = ("exceeded", "full")
"""The warnings that have a line of their own; the others stand in the gauge and in the list of domains."""


def banner_lines(report: SeatReport) -> list[Part]:
    """What has to be said above the lists, the worst first."""
    lines = [
        (f"! {safe_text(warning.text)}", "alarm") for warning in report.warnings if warning.code in BANNER_WARNINGS
    ]
    if report.held:
        text = f"! {words.count(report.held, 'seat')} held until the server is restarted · R when it was"
        lines.append((text, "notice"))
    return lines


class MainScreen(CommandTarget, Screen[None]):
    """The main screen."""

    commands: ClassVar[Sequence[AnyCommand]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(COMMANDS)
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # Textual's own declaration
        (0, "-narrow"),
        (100, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-short"),
        (30, "-tall"),
    ]
    AUTO_FOCUS = "#accounts"

    header = getters.query_one(HeaderLine)
    gauge = getters.query_one(SeatGauge)
    banner = getters.query_one(Banner)
    domains = getters.query_one(DomainList)
    accounts = getters.query_one(AccountTable)
    details = getters.query_one(DetailsPane)
    status = getters.query_one(StatusLine)
    key_line = getters.query_one(KeyLine)

    def __init__(self, session: Session, title: str, host: str) -> None:
        super().__init__()
        self.session = session
        self.listing = RosterQuery()
        """What is listed, in what order."""
        self._filter_bar: FilterBar | None = None
        self._title = title
        self._host = host

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield HeaderLine()
        yield SeatGauge()
        yield Banner()
        with Horizontal(id="lists"):
            yield DomainList()
            with Vertical(id="accounts-pane"):
                yield AccountTable()
        yield DetailsPane()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the session, and follow it."""
        self.gauge.border_title = "Seats"
        self.domains.border_title = "Domains"
        self.details.border_title = "Account"
        self.session.listen(self._committed)
        self._show_report()
        self._list()
        self.status.right = "all saved"
        self._show_keys()

    # What commands ask for

    @property
    def targets(self) -> list[Entry]:
        """The accounts a command acts on: the marked ones, or the one under the cursor."""
        marked = [entry for number in sorted(self.accounts.marked) if (entry := self.session.entry(number)) is not None]
        if marked:
            return marked
        highlighted = self.accounts.highlighted
        return [] if highlighted is None else [highlighted]

    @property
    def domain_for_new_accounts(self) -> str:
        """The domain that a new account most likely belongs to."""
        return self.listing.domain or self.session.primary_domain

    def look(self, listing: RosterQuery) -> None:
        """List something else, or in another order."""
        self.listing = listing
        self._list()

    def may_enable(self, accounts: Sequence[Entry]) -> Decision:
        """Whether there are seats to enable all of these."""
        needed = guards.new_seats([(account, replace(account, enabled=True)) for account in accounts])
        what = "It" if len(accounts) == 1 else "They"
        return guards.may_take_seats(self.session.report, needed, f"{what} cannot be enabled")

    def confirm(
        self, question: str, lines: Sequence[str], verb: str, notes: Sequence[str], then: Callable[[], None]
    ) -> None:
        """Ask, and go on only after a yes."""
        from kconsole.tui.screens.dialog import ConfirmDialog

        def answered(yes: bool | None) -> None:
            if yes:
                then()

        self.app.push_screen(ConfirmDialog(question, lines, verb, notes), answered)

    def perform(self, deed: Deed) -> None:
        """Do a deed, and tell what came of it."""
        try:
            done = self.session.do(deed)
        except ConsoleError as error:
            self.tell_problem(error)
        else:
            self._tell_done(done)

    def add(self, deed: "AddAccount") -> None:
        """Add an account, and go to it.

        Raises:
            ConsoleError: it cannot be added.
        """
        done = self.session.do(deed)
        self._tell_done(done)
        self._go_to(done.outcomes[0].address)

    def undo(self) -> None:
        """Take back the last deed, and tell."""
        undoable = self.session.undoable
        try:
            done = self.session.undo()
        except ConsoleError as error:
            self.tell_problem(error)
            self._show_keys()
        else:
            self._tell_done(done, f"undone: {undoable.deed if undoable else ''}")

    def tell(self, text: str, alarm: bool = False) -> None:
        """Say something in the status line. It must be safe to show."""
        self.status.left, self.status.alarm = text, alarm

    def tell_problem(self, error: ConsoleError) -> None:
        """Say what went wrong, so that it cannot be overlooked."""
        self._news("That did not work", [safe_text(line) for line in (error.message, *error.details)], error.hint)

    def tell_refusal(self, decision: Decision) -> None:
        """Say why something may not be done, and what helps."""
        self._news("Refused", refusal_lines(decision), decision.remedy)

    def show_details(self, entry: Entry) -> None:
        """Explain an entry."""
        from kconsole.tui.screens.dialog import TableDialog

        self.app.push_screen(TableDialog("Details", [("", self._details(entry))]))

    def show_help(self) -> None:
        """Show all keys and rules."""
        from kconsole.tui.screens.dialog import TableDialog
        from kconsole.tui.screens.help import help_sections

        self.app.push_screen(TableDialog("Help", help_sections((*COMMANDS, *MOVEMENTS)), large=True))

    def go_back(self) -> None:
        """Take away one thing: a begun range, the filter, the marks."""
        if self.accounts.forget_range():
            self.tell("")
        elif self._filter_bar is not None:
            self._close_filter()
        elif self.accounts.marked:
            self.accounts.mark(())
        elif self.listing.domain:
            self.domains.move_to(0)

    # Filter

    async def open_filter(self) -> None:
        """Open the line to type a filter in, or go to it."""
        if self._filter_bar is None:
            from kconsole.tui.widgets.filter_line import FilterBar

            self._filter_bar = FilterBar(self._filter, self._keep_filter)
            await self.query_one("#accounts-pane").mount(self._filter_bar)
        self.set_focus(self._filter_bar.line)

    def _filter(self, text: str) -> None:
        """List what fits so far."""
        if self._filter_bar is not None and text != self.listing.text:
            self.look(replace(self.listing, text=text))

    def _keep_filter(self) -> None:
        """Go to the list, which stays filtered."""
        if self.listing.text.strip():
            self.accounts.focus()
        else:
            self._close_filter()

    def _close_filter(self) -> None:
        self.accounts.focus()
        if self._filter_bar is not None:
            self._filter_bar.remove()
            self._filter_bar = None
        self.look(replace(self.listing, text=""))

    # What happens

    @on(DomainList.Chosen)
    def scope_to_domain(self, message: DomainList.Chosen) -> None:
        """List the accounts of the chosen domain."""
        if message.domain != self.listing.domain:
            self.look(replace(self.listing, domain=message.domain))

    @on(AccountTable.Highlighted)
    def explain_highlighted(self, message: AccountTable.Highlighted) -> None:
        """Explain the account under the cursor, where there is room for it."""
        self.details.details = () if message.entry is None else tuple(self._details(message.entry))

    @on(AccountTable.MarksChanged)
    def plan_for_marked(self) -> None:
        """Show what disabling the marked accounts would come to, or enabling them if all are disabled."""
        self._show_plan()

    def _committed(self, commit: Commit) -> None:
        """A deed is on disk: show it, in the rows it touched."""
        self._show_report()
        changed = [change.after for change in commit.changes if change.table == "entries"]
        came_or_went = any(
            change.before is None or change.after is None or change.before.deleted_at != change.after.deleted_at
            for change in commit.changes
            if change.table == "entries"
        )
        if came_or_went:
            self.accounts.mark(self.accounts.marked & {entry.id for entry in self.session.entries})
            self._list()
        else:
            self.accounts.change(changed, self.session.report, self.session.clock.now())
        self.status.right = f"saved {full_moment(commit.at).split()[1]}"
        self._show_plan()

    # Showing

    def _show_report(self) -> None:
        report = self.session.report
        self.gauge.report = report
        self.domains.show(report)
        limit = "seats without limit" if report.limit is None else words.count(report.limit, "seat")
        self.header.left = safe_text(self._title or self.session.primary_domain)
        self.header.right = safe_text(f"{limit} · {self.session.operator.shown}@{self._host}")
        self.banner.lines = tuple(banner_lines(report))

    def _show_plan(self) -> None:
        marked = [entry for number in self.accounts.marked if (entry := self.session.entry(number)) is not None]
        planned = self.session.if_toggled(marked) if marked else None
        self.gauge.planned = planned
        if planned is not None:
            report = self.session.report
            self.tell(f"{len(marked):,} marked: {report.used:,} → {planned.used:,} used")
        elif self.status.left.endswith(" used") and " marked: " in self.status.left:
            self.tell("")

    def _list(self) -> None:
        now = self.session.clock.now()
        entries = self.session.entries
        rows = select(entries, self.listing, now)
        self.accounts.empty_text = self._empty_text(bool(entries))
        self.accounts.show(rows, self.listing.sort, self.listing.reverse, self.session.report, now)
        order = order_words(self.listing.sort, self.listing.reverse)
        scope = safe_text(self.listing.domain) if self.listing.domain else ALL_DOMAINS.lower()
        self.query_one("#accounts-pane").border_title = Content(
            f"Accounts · {scope} · {len(rows):,} of {len(entries):,} · {order}"
        )

    def _empty_text(self, has_entries: bool) -> str:
        if not has_entries:
            return "No accounts yet. Press a to add one, or run 'kconsole import csv FILE --domain NAME'."
        if self.listing.text:
            return f"Nothing matches '{safe_text(self.listing.text, 40)}'. Esc clears the filter."
        return "There are no accounts in this domain."

    def _show_keys(self) -> None:
        shown = [command_named(COMMANDS, name) for name in KEY_LINE]
        self.key_line.shown = tuple(command for command in shown if command.is_available(self))

    def _details(self, entry: Entry) -> list[Detail]:
        session = self.session
        return details_of(entry, session.report, session.last_restart, session.clock.now())

    def _tell_done(self, done: Done, what: str = "") -> None:
        self.accounts.mark(())
        seats = ""
        if done.before.used != done.after.used:
            seats = f" · {done.before.used:,} → {done.after.used:,} used"
        if done.failures:
            lines = [f"{safe_text(outcome.address)}: {safe_text(outcome.text)}" for outcome in done.failures]
            self._news("Not everything was done", lines, done.failures[0].hint)
        changed = done.changed
        if len(changed) == 1:
            outcome = changed[0]
            said = f"{safe_text(outcome.address)} {outcome.text.partition(',')[0]}".strip()
        else:
            said = f"{done.deed}: {words.count(len(changed), 'account')}"
        self.tell(f"{what + ': ' if what else ''}{said}{seats}")
        self._show_keys()

    def _go_to(self, address: str) -> None:
        """Put the cursor on an account that is listed."""
        for row, entry in enumerate(self.accounts.rows):
            if entry.address == address:
                self.accounts.move_to(row)

    def _news(self, title: str, lines: Sequence[str], hint: str) -> None:
        from kconsole.tui.screens.dialog import NewsDialog

        self.app.push_screen(NewsDialog(title, lines, safe_text(hint), alarm=True))
