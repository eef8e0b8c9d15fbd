"""The console: gauge over everything, domains and accounts below, what happened and the keys at the bottom."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from msgspec import structs
from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from kconsole.core.codes import Message
from kconsole.core.errors import ConsoleError
from kconsole.core.history import Commit
from kconsole.core.records import Entry, fold
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing import guards
from kconsole.operations.base import Done
from kconsole.operations.search.filters import read_filter
from kconsole.operations.search.index import AccountQuery
from kconsole.operations.session import Session
from kconsole.text import words
from kconsole.text.ages import full_moment
from kconsole.text.details import LIMIT, Detail, details_of
from kconsole.text.licenses import license_words
from kconsole.text.messages import sentence, sentences, whole, words_of
from kconsole.text.safe_text import safe_text
from kconsole.tui import messages
from kconsole.tui.chunk_runner import ChunkRunner
from kconsole.tui.commands.accounts import ACCOUNT_COMMANDS
from kconsole.tui.commands.base import AnyCommand, bindings_of, console_of
from kconsole.tui.commands.console import CONSOLE_COMMANDS
from kconsole.tui.commands.movement import MOVEMENTS
from kconsole.tui.commands.server import SERVER_COMMANDS
from kconsole.tui.commands.view import VIEW_COMMANDS
from kconsole.tui.screens.console import MANY, ConsoleScreen
from kconsole.tui.screens.server import ServerScreen, import_ahead
from kconsole.tui.widgets.account_table import AccountTable
from kconsole.tui.widgets.domain_list import ALL_DOMAINS, DomainList
from kconsole.tui.widgets.labelled import DetailsPane
from kconsole.tui.widgets.lines import Banner, HeaderLine, KeyLine, SeatGauge, StatusLine
from kconsole.tui.workspace import Workspace

if TYPE_CHECKING:
    from kconsole.net.secrets import Secret
    from kconsole.operations.accounts import AddAccount
    from kconsole.tui.widgets.filter_line import FilterBar

COMMANDS: tuple[AnyCommand, ...] = (*ACCOUNT_COMMANDS, *VIEW_COMMANDS, *SERVER_COMMANDS, *CONSOLE_COMMANDS)
"""All commands of the console, in the order of the key line and the help."""

KEY_LINE = (
    "mark", "disable", "enable", "undo", "filter", "add", "delete", "sync", "sort", "next-domain", "log", "license",
    "details", "help", "quit",
)  # fmt: skip
"""The commands in the key line, the ones that may go first at the end."""

WIDE: Final = 100
"""Cells of a line from which on the domains have their place beside the accounts."""

TALL: Final = 30
"""Lines from which on the account under the cursor is explained below."""

LEISURE: Final = 0.3
"""Seconds after the first list until the next question is prepared for."""

OLDER: Final = timedelta(minutes=1)
"""How often ages are told anew: the smallest that is told is a minute."""


class MainScreen(ServerScreen):
    """The main screen."""

    commands: ClassVar[Sequence[AnyCommand]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(COMMANDS)
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # Textual's own declaration
        (0, "-narrow"),
        (WIDE, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-short"),
        (TALL, "-tall"),
    ]
    AUTO_FOCUS = "#accounts"

    header = getters.query_one(HeaderLine)
    gauge = getters.query_one(SeatGauge)
    banner = getters.query_one(Banner)
    domains = getters.query_one(DomainList)
    accounts = getters.query_one(AccountTable)
    on_key_line = KEY_LINE

    def __init__(self, session: Session, title: str, host: str, server_secret: "Secret | None" = None) -> None:
        super().__init__(Workspace(session, server_secret))
        self.add_class("-bare")  # the details pane has its place before it is there
        self.listing = AccountQuery()
        """What is listed, in what order."""
        self._filter_bar: FilterBar | None = None
        self._details_pane: DetailsPane | None = None
        self._title = title
        self._host = host
        self._finding: ChunkRunner[list[Entry]] = ChunkRunner(self._failed)
        self._planning: ChunkRunner[SeatReport | None] = ChunkRunner(self._failed)
        self._preparing: ChunkRunner[None] = ChunkRunner(self._failed)
        self._is_prepared = False
        self._sought = ""
        """The address of the account that the cursor goes to when it is listed."""
        self._plan_told = False
        """Whether the status line tells what the marked accounts would come to."""
        self._aged_at = session.clock.now()
        self._standing = session.license_status
        self._notices_told = 0
        self._trouble_told: Message | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom, laid out for the terminal there is: Textual finds that out after the first picture."""
        width, height = self.app.size
        self.set_class(width >= WIDE, "-wide")
        self.set_class(height >= TALL, "-tall")
        yield HeaderLine()
        yield SeatGauge()
        yield Banner()
        with Horizontal(id="lists"):
            yield DomainList()
            with Vertical(id="accounts-pane"):
                yield AccountTable()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the session, and follow it."""
        self.gauge.border_title = "Seats"
        self.domains.border_title = "Domains"
        self.workspace.feed.follow(self._committed)
        self.watch(self.accounts, "cursor", self._show_highlighted, init=False)
        self.header.warning = "READ ONLY" if self.is_read_only else ""
        self._show_report()
        self._list()
        self.status.right = "" if self.is_read_only else "all saved"
        self.show_trouble()
        self.show_keys()

    def complete(self) -> None:
        """Mount what the first picture does not wait for, and say what was found at opening."""
        pane = DetailsPane()
        pane.border_title = "Account"
        self._details_pane = pane
        self.remove_class("-bare")
        self.mount(pane, after="#lists")
        self._show_highlighted()
        self._tell_notices()
        if problems := console_of(self).problems:
            self.tell_news("About your configuration", problems, "'kconsole diagnose' tells more.")
        if (
            self.session.state.pending_changes and not self.workspace.feed.is_held
        ):  # else a deed is at it, and settles that first
            self.settle_open()

    def tick(self) -> None:
        """Show what other processes did since the last time. Nothing is painted if nothing changed."""
        self.workspace.feed.poll()
        self._tell_trouble()
        self._tell_notices()
        now = self.session.clock.now()
        if abs(now - self._aged_at) >= OLDER:  # a clock may be set back, too
            self._aged_at = now
            for screen in self._consoles():
                screen.grow_older(now)

    def grow_older(self, now: datetime) -> None:
        """Tell ages anew, and how the license stands."""
        if self.session.license_status != self._standing:
            self._show_report()
        self.accounts.grow_older(now)
        self._show_highlighted()

    def told(self, done: Done, undone: str = "") -> None:
        """Say what came of a deed; the marks have served."""
        self.accounts.mark(())
        super().told(done, undone)

    # What commands ask for

    @property
    def targets(self) -> list[Entry]:
        """The accounts a command acts on: the marked ones, or the one under the cursor; none that was deleted."""
        marked = [
            entry
            for number in sorted(self.accounts.marked)
            if (entry := self.session.state.live_entry(number)) is not None
        ]
        if marked:
            return marked
        highlighted = self.accounts.highlighted
        return [] if highlighted is None or highlighted.deleted_at is not None else [highlighted]

    @property
    def domain_for_new_accounts(self) -> str:
        """The domain that a new account most likely belongs to."""
        return self.listing.domain or self.session.state.primary_domain

    def look(self, listing: AccountQuery) -> None:
        """List something else, or in another order."""
        self.listing = listing
        self._list()

    def may_enable(self, accounts: Sequence[Entry]) -> Decision:
        """Whether there are seats to enable all of these."""
        needed = guards.new_seats([(account, structs.replace(account, enabled=True)) for account in accounts])
        return guards.may_take_seats(
            self.session.seats.report(), needed, "enable" if len(accounts) == 1 else "enable-several"
        )

    def as_now(self, entries: Iterable[Entry]) -> list[Entry]:
        """Entries as they are now; those that were deleted are left out."""
        return [now for entry in entries if (now := self.session.state.live_entry(entry.id)) is not None]

    def add(self, operation: "AddAccount", added: Callable[[], None], failed: Callable[[str], None]) -> None:
        """Add an account, on the live server first if the store follows one, and go to it.

        Args:
            operation: adds it.
            added: called when it was, or when it is not known whether it was.
            failed: told why it was not, in words that are safe to show.
        """

        def done(done: Done) -> None:
            if done.failures:  # the server refused it
                (outcome,) = done.failures
                said = (sentence(outcome.message, self.voice), sentences(outcome.hints, self.voice))
                failed(safe_text(f"{outcome.address}: {' '.join(said)}"))
                return
            added()
            self.told(done)
            if operation.password is None and self.session.is_done_there(operation.name):
                self.tell(f"{messages.done_words(done)} · no password yet: nobody can log in")
            self._go_to(done.outcomes[0].address)

        def problem(error: ConsoleError) -> None:
            asked = (each for each in self.session.state.pending_changes.values() if each.operation == "add")
            if fold(operation.address) in {fold(target.address) for each in asked for target in each.targets}:
                added()
                self.tell_problem(error)
            else:
                failed(safe_text(whole(error, self.voice)))

        self.change_and_show(operation, done, problem)

    # Telling

    def tell(self, text: str) -> None:
        """Say something in the status line. It must be safe to show."""
        super().tell(text)
        self._plan_told = False

    def _failed(self, error: Exception) -> None:
        self.app._handle_exception(error)

    def show_details(self, entry: Entry) -> None:
        """Explain an entry."""
        from kconsole.tui.screens.dialog import TableDialog

        self.app.push_screen(TableDialog("Details", [("", self._details(entry, limit=None))]))

    def show_help(self) -> None:
        """Show all keys and rules."""
        from kconsole.tui.screens.dialog import TableDialog
        from kconsole.tui.screens.help import help_sections

        sections = help_sections((*COMMANDS, *MOVEMENTS), console_of(self).keys)
        self.app.push_screen(TableDialog("Help", sections, large=True))

    def open_license(self) -> None:
        """Show how the license stands."""
        from kconsole.tui.screens.license import LicenseScreen

        self.app.push_screen(LicenseScreen(self.workspace))

    def open_mapping(self) -> None:
        """Show the domains, and the directories that they are mapped from."""
        from kconsole.tui.screens.mapping import MappingScreen

        here = self.accounts.highlighted
        self.app.push_screen(
            MappingScreen(self.workspace, self.listing.domain or ("" if here is None else here.domain))
        )

    def open_reconcile(self) -> None:
        """Show our count beside the live server's own numbers."""
        from kconsole.tui.screens.reconcile import ReconcileScreen

        self.app.push_screen(ReconcileScreen(self.workspace))

    def open_log(self) -> None:
        """Show who did what."""
        from kconsole.tui.screens.log import LogScreen

        self.app.push_screen(LogScreen(self.workspace, self.accounts.highlighted))

    def go_back(self) -> None:
        """Take away one thing: a begun range, the filter, the marks, the choice of a domain."""
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

            self._filter_bar = FilterBar(
                self._filter, self._keep_filter, "words, -words, domain:x, is:never, seen:>180d"
            )
            await self.query_one("#accounts-pane").mount(self._filter_bar)
        self.set_focus(self._filter_bar.line)

    async def use_filter(self, text: str) -> None:
        """List what a saved filter asks for; it stands in the line where it can be changed."""
        await self.open_filter()
        if self._filter_bar is not None:
            self._filter_bar.line.value = text
            self.accounts.focus()

    def _filter(self, text: str) -> None:
        """List what fits so far."""
        if self._filter_bar is not None and text != self.listing.text:
            self.look(replace(self.listing, text=text))
            problems = read_filter(text, self.session.clock.now(), self._saved_filters).problems
            if problems or not self.accounts.marked:  # else it is told how many of the marked are not listed
                self.tell(safe_text(words_of(problems[0])) if problems else "")

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

    @on(AccountTable.MarksChanged)
    def plan_for_marked(self) -> None:
        """Show what disabling the marked accounts would come to, or enabling them if all are disabled."""
        self._show_plan()

    def _committed(self, commits: Sequence[Commit]) -> None:
        """Deeds are on disk, our own or others': show them, in the rows they touched."""
        self._show_report()
        if sum(len(commit.changes) for commit in commits) > MANY or messages.changed_shape(commits):
            self.accounts.mark(
                number for number in self.accounts.marked if self.session.state.live_entry(number) is not None
            )
            self._list()
        else:
            changed = {
                change.number: change.after
                for commit in commits
                for change in commit.changes
                if change.table == "entries" and change.after is not None
            }
            self.accounts.change(changed.values(), self.session.seats.report(), self.session.clock.now())
            self._show_highlighted()
        self.status.right = f"saved {full_moment(commits[-1].at).split()[1]}"
        self._show_plan()
        self._note([commit for commit in commits if not commit.own])

    def _note(self, commits: Sequence[Commit]) -> None:
        """Say quietly what others did; what the marked accounts would come to stays beside it."""
        if not commits:
            return
        from kconsole.text.commits import note

        said = note(commits)
        if said and self._plan_told:
            self.status.left = f"{self.status.left} · {said}"
        elif said:
            self.tell(said)

    # Showing

    def _show_report(self) -> None:
        report, self._standing = self.session.seats.report(), self.session.license_status
        self.gauge.report = report
        self.domains.show(report)
        limit = "seats without limit" if report.limit is None else words.count(report.limit, "seat")
        self.header.left = safe_text(self._title or self.session.state.primary_domain)
        self.header.limit = limit
        self.header.right = safe_text(f"{self.session.store.operator.shown}@{self._host}")
        self.header.middle = license_words(self._standing)
        self.banner.lines = tuple(
            messages.banner_lines(
                report,
                self._standing,
                "" if self.is_read_only else self.key_of("restarted"),
                self.key_of("license"),
            )
        )
        self.accounts.suspend(self._standing.is_suspended)

    def _show_highlighted(self) -> None:
        if self._details_pane is not None:
            entry = self.accounts.highlighted
            self._details_pane.details = () if entry is None else tuple(self._details(entry))

    def _show_plan(self) -> None:
        marked = self.accounts.marked
        if marked:
            self._planning.start(
                self.session.what_if.planning(marked), lambda planned: self._show_planned(marked, planned)
            )
        else:
            self._planning.stop()
            self._show_planned(marked, None)

    def _show_planned(self, marked: frozenset[int], planned: SeatReport | None) -> None:
        self.gauge.planned = planned
        if planned is not None:
            away = self.accounts.not_listed(marked)
            self.tell(messages.plan_words(len(marked), away, self.session.seats.report(), planned))
            self._plan_told = True
        elif self._plan_told:
            self.tell("")

    def _list(self) -> None:
        """List what is asked for, once it is found; of many accounts that is after other events."""
        listing, now = self.listing, self.session.clock.now()
        steps = self.session.account_index.selecting(listing, now, self._saved_filters)
        self._finding.start(steps, lambda rows: self._show_list(rows, listing, now))

    def _show_list(self, rows: list[Entry], listing: AccountQuery, now: datetime) -> None:
        everything = len(self.session.account_index)
        self.accounts.empty_text = messages.empty_text(
            everything > 0, listing.text, self.is_read_only, self.key_of("add")
        )
        self.accounts.show(rows, listing.sort, listing.reverse, self.session.seats.report(), now)
        order = words.order_words(listing.sort, listing.reverse)
        scope = safe_text(listing.domain) if listing.domain else ALL_DOMAINS.lower()
        self.query_one("#accounts-pane").border_title = Content(
            f"Accounts · {scope} · {len(rows):,} of {everything:,} · {order}"
        )
        self._seek()
        self._show_highlighted()
        if self.accounts.marked:
            self._show_plan()
        if not self._is_prepared:
            self._is_prepared = True
            self.set_timer(LEISURE, self._prepare)

    def _prepare(self) -> None:
        """Make ready what the next question will need, while nobody asks one."""
        self._preparing.start(self.session.preparing(), lambda _: None)
        threading.Thread(target=self._check_ahead, daemon=True, name="kconsole-checking").start()

    def _check_ahead(self) -> None:
        self.session.store.check_ahead()
        server = self.session.state.server
        if server is not None:
            import_ahead(server.access)

    @property
    def _saved_filters(self) -> Mapping[str, str]:
        return console_of(self).preferences.filters

    def _details(self, entry: Entry, limit: int | None = LIMIT) -> list[Detail]:
        session = self.session
        return details_of(
            entry,
            session.seats.report(),
            session.state.last_restart,
            session.clock.now(),
            limit,
            self._standing.is_suspended,
        )

    def _go_to(self, address: str) -> None:
        """Put the cursor on an account as soon as it is listed, if it is."""
        self._sought = address
        if not self._finding.is_working:
            self._seek()

    def _seek(self) -> None:
        sought, self._sought = self._sought, ""
        if sought:
            for row, entry in enumerate(self.accounts.rows):
                if entry.address == sought:
                    self.accounts.move_to(row)

    def _consoles(self) -> Iterator[ConsoleScreen]:
        """The screens that are there; one that was just asked for has no lines yet."""
        shown = (screen for screen in self.app.screen_stack if isinstance(screen, ConsoleScreen))
        return (screen for screen in shown if screen.is_mounted)

    def _tell_notices(self) -> None:
        """Say once what was found wrong with the store, and mended or not."""
        notices = self.session.store.notices[self._notices_told :]
        if notices:
            self._notices_told += len(notices)
            hint = "It was opened to be read only." if self.is_read_only else ""
            self.tell_news("About this store", [safe_text(sentence(notice, self.voice)) for notice in notices], hint)

    def _tell_trouble(self) -> None:
        """Say once that what others do cannot be read, and show that it is so until it can."""
        trouble = self.workspace.feed.trouble
        for screen in self._consoles():
            screen.show_trouble()
        if trouble is None:
            self._trouble_told = None
        elif trouble.happened != self._trouble_told:
            self._trouble_told = trouble.happened
            self.tell_problem(trouble)
