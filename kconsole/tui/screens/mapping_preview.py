"""What mapping a domain would do, before it is done: seats on top, everybody by name below."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from kconsole.core.directory import Directory
from kconsole.core.errors import ChangedMeanwhile, ConsoleError
from kconsole.core.history import Commit
from kconsole.operations.base import Done
from kconsole.operations.mapping import DirectoryListing, MapDomain, MapPlan, named_domain, plan_mapping
from kconsole.text import words
from kconsole.text.details import Detail
from kconsole.text.gauge import used_words
from kconsole.text.mapping import access_words, counts_words, plan_groups, plan_summary
from kconsole.text.messages import decision_lines
from kconsole.text.safe_text import safe_text
from kconsole.tui import messages
from kconsole.tui.commands.base import AnyCommand, bindings_of, console_of
from kconsole.tui.commands.mapping import PREVIEW_COMMANDS
from kconsole.tui.commands.movement import MOVEMENTS
from kconsole.tui.screens.console import MANY, ConsoleScreen
from kconsole.tui.screens.dialog import ConfirmDialog, NewsDialog, Question, QuestionDialog, TableDialog, plain
from kconsole.tui.screens.help import key_sections
from kconsole.tui.widgets.lines import HeaderLine, KeyLine, SeatGauge, StatusLine
from kconsole.tui.widgets.plan_list import PlanList, PlanSummary
from kconsole.tui.widgets.text_line import TextLine
from kconsole.tui.workspace import Workspace

WIDE: Final = 100
"""Cells of a line from which on the gauge has a frame, as on the main screen."""


class TypedNumberDialog(QuestionDialog[int]):
    """Asks whether to go on, and wants a number typed that has to be read for it.

    Args:
        question: what is asked.
        number: the number.
        what: what it is the number of: "accounts that are gone".
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = "#number"
    keys = "type the number, then enter · esc no"

    def __init__(self, question: Question, number: int, what: str) -> None:
        super().__init__(question)
        self._number, self._what = number, what

    def choices(self) -> Iterable[Widget]:
        """The line to type it in."""
        yield plain(f"Type the number of {self._what}:", "dialog-note -first")
        yield TextLine(id="number")

    def answer(self) -> int | None:
        """The number, if it is the one."""
        line = self.query_one("#number", TextLine)
        typed = line.value.strip().replace(",", "")
        if typed == str(self._number):
            return self._number
        self.tell_problem(f"That is not the number of {self._what}. Esc leaves everything as it is.")
        line.focus()
        return None

    @on(Input.Submitted)
    def submit(self, message: Input.Submitted) -> None:
        """Answer with it."""
        message.stop()
        self.action_confirm()


class PreviewScreen(ConsoleScreen):
    """The preview of mapping a domain, until it is mapped or the user goes back.

    It follows the store: what somebody else does is part of the preview at once, or, where that takes a while, the
    preview says that it is of before, and is made anew before anybody is asked.

    Args:
        workspace: the operator's place.
        directory: where the domain is mapped from.
        listing: what that directory lists.
        plan: what mapping it would do.
    """

    commands: ClassVar[Sequence[AnyCommand]] = PREVIEW_COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(PREVIEW_COMMANDS)
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # Textual's own declaration
        (0, "-narrow"),
        (WIDE, "-wide"),
    ]
    CSS_PATH = "../css/mapping.tcss"
    AUTO_FOCUS = "#plan"
    on_key_line = ("plan-apply", "plan-gone", "plan-row", "plan-back", "help")

    header = getters.query_one(HeaderLine)
    gauge = getters.query_one(SeatGauge)
    summary = getters.query_one(PlanSummary)
    everybody = getters.query_one(PlanList)

    def __init__(self, workspace: Workspace, directory: Directory, listing: DirectoryListing, plan: MapPlan) -> None:
        super().__init__(workspace)
        self.directory, self.listing, self.plan = directory, listing, plan
        self.disables_gone = False
        """Whether the accounts that are gone from the directory shall be disabled."""
        self.done: Done | None = None
        """What came of it; None if nothing was mapped."""
        self._is_of_before = False
        """Whether somebody changed the store since it was planned."""
        self._meanwhile: list[Commit] = []
        """What others did since the preview was opened, the last one last."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield HeaderLine()
        yield SeatGauge()
        yield PlanSummary()
        with Vertical(id="plan-pane"):
            yield PlanList()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the plan, and follow the store."""
        self.header.left = f"mapping {safe_text(self.plan.domain)}"
        self.header.middle = safe_text(self.directory.url)
        self.header.warning = "READ ONLY" if self.is_read_only else "INSECURE" if self.directory.insecure else ""
        self.header.right = safe_text(self.session.store.operator.shown)
        self.gauge.border_title = "Seats, before → after"
        self.workspace.feed.follow(self._committed)
        self._show()
        self.show_trouble()

    def on_unmount(self) -> None:
        """Follow it no more."""
        self.workspace.feed.leave(self._committed)

    # What commands ask for

    def toggle_gone(self) -> None:
        """Disable those who are gone, or let them stay; show what it comes to."""
        self.disables_gone = not self.disables_gone
        self.tell("")
        self._show()

    def show_row(self) -> None:
        """Show the whole text of the row under the cursor."""
        row = self.everybody.highlighted
        if row is not None and (row.label or row.text):
            self.app.push_screen(NewsDialog("Row", [text for text in (row.label, row.text) if text]))

    def apply(self, news: Sequence[str] = ()) -> None:
        """Ask whether to map all of it, and do it; if somebody changed something meanwhile, ask again."""
        domain = self.session.state.domain_named(self.plan.domain)
        if domain is None or domain.directory != self.directory:
            lines = [f"{safe_text(self.plan.domain)} is not mapped from {safe_text(self.directory.url)} any more."]
            self.tell_news("Changed meanwhile", lines, "Go back, and read its directory again.")
        elif self._is_of_before:
            self._plan_again(lambda: self.apply(news))
        elif not self._records():
            gone = ", but for those who are gone" if self.plan.gone else ""
            self.tell_nothing_to_do(f"There is nothing to map: all is as the directory says{gone}.", news)
        else:
            self._ask(news)

    def show_help(self) -> None:
        """Show the keys."""
        sections = key_sections((*PREVIEW_COMMANDS, *MOVEMENTS), console_of(self).keys)
        self.app.push_screen(TableDialog("Help: the preview", sections, large=True))

    def go_back(self) -> None:
        """Return; nothing is taken."""
        self.dismiss(None)

    # Doing

    def _ask(self, news: Sequence[str]) -> None:
        plan, disables = self.plan, self.disables_gone and bool(self.plan.gone)
        decision = plan.decision(disables)
        lines = [safe_text(plan.domain), counts_words(plan)]
        if decision.over:
            lines.append(f"! {decision_lines(decision)[0]}.")
        verb = "Map over the limit" if decision.over else "Map"
        question = Question(f"Map {self._number_words()}?", lines, verb, list(self._notes(disables)), news)

        def answered(answer: bool | int | None) -> None:
            if not answer:
                return
            self.workspace.feed.poll()
            if self._is_of_before or self.plan.decision(disables) != decision:
                self.apply(messages.meanwhile_lines(self._meanwhile[-1:]))
                return
            number = len(plan.gone) if is_typed else None
            self._map(MapDomain(plan.domain, self.listing, bool(decision.over), disables, number, expected=plan))

        is_typed = disables and plan.needs_typing
        dialog: QuestionDialog[int] | QuestionDialog[bool] = ConfirmDialog(question)
        if is_typed:
            dialog = TypedNumberDialog(question, len(plan.gone), "accounts that are gone")
        dialog.set_class(bool(decision.over), "-alarm")
        self.app.push_screen(dialog, answered)

    def _notes(self, disables: bool) -> Iterable[str]:
        """What should be known before it is done."""
        plan = self.plan
        yield f"Seats: {plan.now.used:,} → {used_words(plan.after(disables))}."
        if (access := access_words(plan.access(disables))) is not None:
            yield f"At login, {access}."
        if plan.gone:
            gone = words.count(len(plan.gone), "account")
            of = f"of {plan.mapped:,} mapped, gone from the directory"
            stays = "stays" if len(plan.gone) == 1 else "stay"
            yield f"{gone} {of}: {'disabled too' if disables else f'{stays} enabled'}."
        if plan.collisions or plan.faults:
            yield f"{words.count(len(plan.collisions) + len(plan.faults), 'user')} cannot be mapped."

    def _map(self, operation: MapDomain) -> None:
        def failed(error: ConsoleError) -> None:
            self.workspace.feed.poll()  # what others did is seen before anything is said of it
            if isinstance(error, ChangedMeanwhile):
                self.apply(messages.meanwhile_lines(self._meanwhile[-1:]))
            else:
                self.tell_problem(error)

        self._work(lambda: self.workspace.do(operation), self._records(), self._mapped, failed)

    def _mapped(self, done: Done) -> None:
        self.done = done
        self.dismiss(None)

    def _records(self) -> int:
        """How many records would be stored."""
        return sum(1 for _ in self.plan.puts) + (len(self.plan.gone) if self.disables_gone else 0)

    def _number_words(self) -> str:
        """How many accounts are not the same afterwards; where only logons are noted, those."""
        plan = self.plan
        changed = self._records() - len(plan.noted)
        return words.count(changed or len(plan.noted), "account")

    # Following the store

    def _committed(self, commits: Sequence[Commit]) -> None:
        """Somebody changed the store."""
        from kconsole.text.commits import note

        others = [commit for commit in commits if not commit.own and commit.changes]
        if not others:
            return
        self._meanwhile += others
        if len(self.listing.users) + self.session.seats.report().created > MANY:
            self._is_of_before = True
            self.tell(f"{note(others)} · this preview is of before that")
            self._show_title()
            return
        try:
            self.plan = plan_mapping(
                named_domain(self.session.state, self.plan.domain),
                self.listing,
                self.session.state,
                self.session.seats.if_changed,
            )
        except ConsoleError as error:
            self._is_of_before = True
            self.tell_problem(error)
            return
        self.tell(f"{note(others)} · planned again")
        self._show()

    def _plan_again(self, then: Callable[[], None]) -> None:
        def planned(plan: MapPlan) -> None:
            self.plan, self._is_of_before = plan, False
            self._show()
            then()

        users = words.count(len(self.listing.users), "user")
        text = f"Comparing {users} with the accounts again ..."
        self._beside(
            text,
            lambda: plan_mapping(
                named_domain(self.session.state, self.plan.domain),
                self.listing,
                self.session.state,
                self.session.seats.if_changed,
            ),
            planned,
            self.tell_problem,
        )

    # Showing

    def _show(self) -> None:
        plan = self.plan
        self.gauge.report, self.gauge.planned = plan.now, plan.after(self.disables_gone)
        self.summary.show([*plan_summary(plan, self.disables_gone)[1:], *self._gone_details()])  # the gauge has seats
        self.everybody.empty_text = "There is nothing to do: all is as the directory says."
        self.everybody.show(plan_groups(plan, self.disables_gone))
        self._show_title()
        self.show_keys()

    def _show_title(self) -> None:
        before = " · OF BEFORE, others changed something" if self._is_of_before else ""
        title = f"Preview · {self._number_words()} to change · nothing is done yet{before}"
        self.query_one("#plan-pane").border_title = Content(title)

    def _gone_details(self) -> Iterable[Detail]:
        """Those who are gone, what happens to them, and what the other choice comes to."""
        plan = self.plan
        if not plan.gone:
            return
        other = plan.after(not self.disables_gone)
        key = self.key_of("plan-gone")
        what, otherwise = ("will be disabled", "lets them stay") if self.disables_gone else ("stay", "disables them")
        yield Detail(
            "Gone", f"{len(plan.gone):,} of {plan.mapped:,} mapped {what} · {key} {otherwise}: {used_words(other)}"
        )
