"""The main screen: the gauge on top, domains and accounts below it, what happened and the keys at the bottom."""

import asyncio
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from textual import getters
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.timer import Timer
from textual.widget import Widget

from kconsole.core.codes import Message
from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.net.secrets import Secret
from kconsole.operations.search.queries import AccountQuery
from kconsole.operations.session import Session
from kconsole.text import screen as texts
from kconsole.text.ages import full_moment
from kconsole.text.gauge import limit_words
from kconsole.text.licenses import license_words
from kconsole.text.messages import sentence, sentences, words_of
from kconsole.text.questions import OPEN_READ_ONLY, role_words
from kconsole.text.roles import domains_words
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.chunk_runner import ChunkRunner
from kconsole.tui.commands.accounts import (
    ACCOUNT_COMMANDS,
    VIEW_COMMANDS,
    Delete,
    Disable,
    Enable,
    Import,
    Mark,
    NeverLoggedIn,
    Undo,
)
from kconsole.tui.commands.base import AnyCommand, console_of
from kconsole.tui.commands.console import CONSOLE_COMMANDS
from kconsole.tui.commands.server import SERVER_COMMANDS
from kconsole.tui.screens.console import MANY, ConsoleScreen
from kconsole.tui.screens.doors import DoorsScreen
from kconsole.tui.screens.server import import_ahead
from kconsole.tui.widgets.account_table import AccountTable
from kconsole.tui.widgets.domain_list import DomainList
from kconsole.tui.widgets.labelled import DetailsPane, Section
from kconsole.tui.widgets.lines import Banner, SeatGauge
from kconsole.tui.workspace import Workspace, changed_shape

COMMANDS: tuple[AnyCommand, ...] = (*ACCOUNT_COMMANDS, *VIEW_COMMANDS, *SERVER_COMMANDS, *CONSOLE_COMMANDS)
"""All commands of the console, in the order of the key line and the help."""

WIDE: Final = 100
"""Cells of a line from which on the domains have their place beside the accounts."""

BROAD: Final = 160
"""Cells of a line from which on the account under the cursor is explained beside the others, with its history."""

TALL: Final = 30
"""Lines from which on the account under the cursor is explained below."""

REST: Final = 0.3
"""Seconds that the cursor rests on an account before its history is read."""

MOST_HISTORY: Final = 6
"""Changes of an account that are shown."""

LEISURE: Final = 0.3
"""Seconds after the first list until the next command is prepared for."""

OLDER: Final = timedelta(minutes=1)
"""How often ages are shown again: the smallest that is shown is a minute."""


class MainScreen(DoorsScreen):
    """The main screen."""

    commands = COMMANDS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  # Textual's own declaration
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012
    AUTO_FOCUS = "#accounts"

    banner = getters.query_one(Banner)
    on_key_line = (
        "mark", "disable", "enable", "undo", "filter", "add", "import", "delete", "sync",
        "sort", "never", "next-domain", "log", "license", "details", "help", "quit",
    )  # fmt: skip
    signs = (
        ("▸", "the cursor"),
        ("●", "marked: the next command acts on all marked accounts"),
        ("!", "an account that cannot log in, or a domain at its limit"),
        ("–", "takes no seat, or cannot log in"),
        ("▁▄█", "beside the seats: how many were used in the last 90 days"),
    )

    def __init__(self, session: Session, title: str, host: str, server_secret: Secret | None = None) -> None:
        super().__init__(Workspace(session, server_secret))
        self.add_class("-bare")  # the details pane has its place before it is there
        self._details_pane: DetailsPane | None = None
        self._title, self.host = title, f"@{host}"
        self._authority, self._scopes = session.authority, session.scopes
        self._preparing: ChunkRunner[None] = ChunkRunner(self, "preparing", self.workspace.at_work)
        self._leisure: Timer | None = None
        self._aged_at = session.clock.now()
        self._license_status = session.license_status
        self._notices_shown = 0
        self._trouble_shown: Message | None = None

    def content(self) -> Iterable[Widget]:
        width, height = self.app.size  # Textual lays out for it only after the first picture
        self.set_class(width >= WIDE, "-wide")
        self.set_class(height >= TALL, "-tall")
        self.set_class(width >= BROAD, "-broad")
        yield SeatGauge()
        yield Banner()
        with Horizontal(id="lists"):
            yield DomainList()
            with Vertical(id="accounts-pane"):
                yield AccountTable(self.session.seats.policy)

    def on_mount(self) -> None:
        self.gauge.border_title = "Seats"
        self.watch(self.accounts, "cursor", self._show_highlighted, init=False)
        self._show_report()
        self.show_listing()
        self.status.right = "" if self.is_read_only else "all saved"

    def complete(self) -> None:
        """Mount what the first picture does not wait for, and say what was found at opening."""
        self._place_details()
        self._tell_notices()
        if problems := console_of(self).problems:
            self.tell_news("About your configuration", problems, "'kconsole diagnose' shows more.")
        if self.session.state.pending_changes and not self.workspace.feed.is_held:  # else a change resolves them first
            self.recover_unconfirmed()

    def on_resize(self, event: Resize) -> None:
        is_broad = event.size.width >= BROAD
        if is_broad != self.has_class("-broad"):
            self.set_class(is_broad, "-broad")
            if self._details_pane is not None:
                self._details_pane.remove()
                self._place_details()

    def _place_details(self) -> None:
        """Mount the details below the lists, or beside them where there is room for their whole text."""
        is_broad = self.has_class("-broad")
        self._details_pane = DetailsPane(wraps=is_broad)
        self._details_pane.border_title = "Account"
        self.remove_class("-bare")
        if is_broad:
            self.query_one("#lists").mount(self._details_pane)
        else:
            self.mount(self._details_pane, after="#lists")
        self._show_highlighted()

    def tick(self) -> None:
        """Show what other processes did since the last time. Nothing is painted if nothing changed."""
        if self.workspace.feed.is_held:
            return
        self.workspace.feed.poll()
        self._follow_role()
        self._tell_trouble()
        self._tell_notices()
        now = self.session.clock.now()
        if abs(now - self._aged_at) >= OLDER:  # a clock may be set back, too
            self._aged_at = now
            for screen in self._consoles():
                screen.grow_older(now)

    def _follow_role(self) -> None:
        """Show what the operator may do and see now, if the roles file was changed."""
        authority, before = self.session.authority, self._authority
        if self.follow_scope() or authority == before:
            return
        self._authority = authority
        self._show_report()
        for screen in self._consoles():
            screen.show_role()
        if (authority.role, authority.refused) != (before.role, before.refused):
            role = role_words(authority.role)
            self.tell(role if authority.refused is None else "Nothing can be changed now.")

    def follow_scope(self) -> bool:
        """Show the domains that the operator may see now, and return whether they are others than before.

        Nothing stays of what was shown before: dialogs and other screens close, and marks and the filter go.
        """
        session = self.session
        if session.scopes == self._scopes or not self.app.is_running:
            return False
        self._scopes, self._authority = session.scopes, session.authority
        while self.app.screen is not self and self in self.app.screen_stack:
            self.app.pop_screen()
        self.workspace.forget_scope()
        if self.app.clipboard:
            self.app.copy_to_clipboard("")
        self._leisure = None
        self._show_report()
        self.start_over()
        self.workers.cancel_group(self, "history")
        self._show_highlighted()
        self.show_role()
        self.show_trouble()
        self.status.right = ""
        where = domains_words(self._authority) if self._authority.is_bound else "all domains"
        lines = [f"You work in {where} now, as {self._authority.role}."]
        hint = "What was open is closed. The activity log shows what was done before."
        self.tell_news("Your role has changed", lines, hint, alarm=False)
        return True

    def grow_older(self, now: datetime) -> None:
        if self.session.license_status != self._license_status:
            self._show_report()
        self.show_use()
        self.accounts.grow_older(now)
        self._show_highlighted()

    # Commands

    def is_of_use(self, command: AnyCommand) -> bool:
        if command is Undo:
            return self.workspace.can_undo
        if command is NeverLoggedIn:
            return self.accounts.group > 0
        if command in (Mark, Disable, Enable, Delete, Import):
            return (command is Import) is not bool(self.session.state.entries)
        return super().is_of_use(command)

    def help_sections(self) -> Iterator[Section]:
        from kconsole.text.details import reason_word, rule_sentence

        yield from super().help_sections()
        rules = self.session.seats.policy.classifications
        rows = [(f"{'1' if rule.seat else '–'}  {reason_word(rule)}", rule_sentence(rule)) for rule in rules]
        yield "Filter (all terms must fit)", texts.FILTER_HELP
        yield "What takes a seat (the first that fits)", rows

    def action_quit(self) -> None:
        """Quit, after a question where something would be lost; asked for again in that question, at once."""
        from kconsole.tui.screens.quit import QuitDialog, what_is_lost

        if isinstance(self.app.screen, QuitDialog):
            self.app.screen.action_confirm()
        elif lost := list(what_is_lost(self)):
            self.app.push_screen(QuitDialog(lost), lambda reason: None if reason is None else self.app.exit())
        else:
            self.app.exit()

    # What happens

    def committed(self, commits: Sequence[Commit]) -> None:
        self._show_report()
        if sum(len(commit.changes) for commit in commits) > MANY or changed_shape(commits, self.accounts.group > 0):
            live = self.session.state.live_entry
            self.accounts.mark(number for number in self.accounts.marked if live(number) is not None)
            self.show_listing()
        else:
            changed = {
                change.number: change.after
                for commit in commits
                for change in commit.changes
                if change.table == "entries" and change.after is not None
            }
            changed |= {entry.id: entry for commit in commits for entry in self._with_other_keeps(commit)}
            self.accounts.change(changed.values(), self.session.seats.report(), self.session.clock.now())
            self._show_highlighted()
        took = self.session.store.commit_seconds if commits[-1].own else None
        self.status.right = f"saved {full_moment(commits[-1].at).split()[1]}"
        self.status.right += "" if took is None else f" in {math.ceil(took * 1000)} ms"
        self.show_plan()
        self.show_keys()
        self._note([commit for commit in commits if not commit.own])

    def _with_other_keeps(self, commit: Commit) -> Iterator[Entry]:
        """The accounts that are kept until another day, which a column shows."""
        numbers = (change.number for change in commit.changes if change.table == "keeps")
        return filter(None, map(self.session.state.live_entry, numbers))

    def _note(self, commits: Sequence[Commit]) -> None:
        """Say quietly what others did, beside the plan for the marked accounts."""
        if not commits:
            return
        from kconsole.text.commits import note

        if said := note(commits):
            self.tell_plan(self._plan_words, said)

    # Showing

    def _show_report(self) -> None:
        report, self._license_status = self.session.seats.report(), self.session.license_status
        self.gauge.report = report
        self.domains.is_bound = is_bound = self.session.authority.is_bound
        self.gauge.of = "whole license:" if is_bound else ""
        self.domains.border_title = "Your domains · seats" if is_bound else "Domains · seats"
        self.domains.show(report)
        self.header.left = safe_text(self._title) or safe_address(self.session.state.primary_domain)
        self.header.limit = limit_words(report)
        self.header.middle = license_words(self._license_status)
        restarted_key = self.key_to("restarted")
        refused = self.session.authority.refused
        unchanged = "" if refused is None else safe_text(words_of(refused, self.voice)).rstrip(".")
        banner = texts.banner_lines(report, self._license_status, restarted_key, self.key_of("license"), unchanged)
        self.banner.lines = tuple(banner)
        self.accounts.is_suspended = self._license_status.is_suspended

    def _show_highlighted(self) -> None:
        if self._details_pane is None:
            return
        entry = self.accounts.highlighted
        self._details_pane.show_details(() if entry is None else tuple(self.details_of(entry)))
        if entry is not None and self.has_class("-broad"):
            self.run_worker(self._show_history, group="history", exclusive=True)  # type: ignore[arg-type]  # mypy infers no result

    async def _show_history(self) -> None:
        """Show the last changes of an account below its details, once the cursor rests on it."""
        from kconsole.text.commits import history_rows

        await asyncio.sleep(REST)
        if not self.app.is_running:  # its widgets may be gone already
            return
        entry, pane = self.accounts.highlighted, self._details_pane
        if entry is None or pane is None:
            return
        try:
            commits = await asyncio.to_thread(self.session.history.of_entry, entry.id, MOST_HISTORY)
        except StoreUnusable:  # the log says so
            return
        rows = history_rows(commits, self.session.clock.now())
        pane.show([("", tuple(self.details_of(entry))), ("History", rows)])

    def show_list(self, rows: list[Entry], listing: AccountQuery, now: datetime) -> None:
        super().show_list(rows, listing, now)
        self._show_highlighted()
        self.show_keys()
        if self._leisure is None:  # no set_timer(): on a busy machine, Textual may drop its only event
            self._leisure = self.set_interval(LEISURE, self._prepare)

    def _prepare(self) -> None:
        """Prepare what the next command will need, while there is none."""
        if self._leisure is not None:
            self._leisure.stop()
        self.show_use()
        self._preparing.start(self.session.preparing(), lambda _: self.look_for_undo())
        if (server := self.session.state.server) is not None:
            self.run_worker(partial(import_ahead, server.access), thread=True, group="importing")

    def _consoles(self) -> Iterator[ConsoleScreen]:
        """The screens that are there; one that was just asked for has no lines yet."""
        return (each for each in self.app.screen_stack if isinstance(each, ConsoleScreen) and each.is_mounted)

    def _tell_notices(self) -> None:
        """Say once what was found wrong with the store, and mended or not."""
        notices = self.session.store.notices[self._notices_shown :]
        if notices:
            self._notices_shown += len(notices)
            hint, why = OPEN_READ_ONLY if self.is_read_only else "", self.session.store.why_read_only
            hint = hint if why is None else sentences(why.hints, self.voice)
            self.tell_news("About this store", [safe_text(sentence(notice, self.voice)) for notice in notices], hint)

    def _tell_trouble(self) -> None:
        """Say once that what others do cannot be read, and show that it is so until it can."""
        trouble = self.workspace.feed.trouble
        for screen in self._consoles():
            screen.show_trouble()
        if trouble is None:
            self._trouble_shown = None
        elif trouble.happened != self._trouble_shown:
            self._trouble_shown = trouble.happened
            self.tell_problem(trouble)
