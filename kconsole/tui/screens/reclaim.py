"""The plan of a policy: who would be disabled, who stays and why; leave accounts out, and apply it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError
from kconsole.core.history import Commit
from kconsole.core.reports import SeatReport
from kconsole.licensing.outcomes import Code, Judgement, Judgements
from kconsole.operations.reclaim.applying import ApplyPlan, applying
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.planning import plan_of
from kconsole.operations.reclaim.policies import IDLE, policies_of
from kconsole.operations.what_if import if_toggled
from kconsole.text import reclaim as texts
from kconsole.text import words
from kconsole.text.gauge import change_words
from kconsole.text.messages import sentence
from kconsole.text.questions import NOTHING_PLANNED, change_question
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.commands import reclaim as commands
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.screens.console import MANY
from kconsole.tui.screens.plan import WIDE
from kconsole.tui.screens.server import ServerScreen
from kconsole.tui.widgets.labelled import LabelledText
from kconsole.tui.widgets.lines import SeatGauge
from kconsole.tui.widgets.reclaim_list import Heading, Reason, ReclaimList, Span
from kconsole.tui.workspace import Workspace

TALL: Final = 30
"""Lines from which on it is shown what is not known of any account; the question before it is applied says it too."""

SOME: Final = 6
"""Accounts of a reason that come into sight when they are listed."""

MOST_NAMED: Final = 6
"""Accounts that are named in the question."""


class ReclaimScreen(ServerScreen):
    """Judges all accounts by a policy. Nothing is changed before the plan is applied.

    It follows the store: a change judges again at once; of many accounts, before the plan is applied.
    """

    commands = commands.RECLAIM_COMMANDS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  # Textual's own declaration
    CSS_PATH = "../css/mapping.tcss"
    AUTO_FOCUS = "#plan"
    on_key_line = (
        "reclaim-leave-out", "reclaim-apply", "reclaim-explain", "reclaim-all", "reclaim-undo", "reclaim-sync",
        "reclaim-next-policy", "reclaim-back", "help",
    )  # fmt: skip

    heading = "seats of accounts that are not used"
    help_title = "Help: the plan"
    topic = "reclaim"
    signs = (
        ("▸", "the cursor"),
        ("●", "would be done when the plan is applied"),
        ("○", "left out of this plan"),
        ("+ -", "a reason: enter lists its accounts, or folds them"),
    )

    gauge = getters.query_one(SeatGauge)
    summary = getters.query_one("#summary", LabelledText)
    list = getters.query_one(ReclaimList)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._policy = IDLE.name
        self._found: Judgements | None = None
        self._left_out: set[int] = set()
        self._open: set[Code] = set()
        """The reasons whose accounts are listed."""
        self._passes_brake = False
        self._is_outdated = False

    def content(self) -> Iterable[Widget]:
        yield SeatGauge()
        yield LabelledText(11, id="summary")
        with Vertical(id="plan-pane"):
            yield ReclaimList()

    def on_mount(self) -> None:
        self.watch(self.list, "cursor", self.show_keys, init=False)
        self.gauge.border_title = "Seats, before → after"
        self.gauge.report = self.session.seats.report()
        self.list.empty_text = "Reading the log ..."
        self._judge(self._show_first)

    # What would be done

    @property
    def _candidates(self) -> Sequence[Judgement]:
        """What the plan has: with what is beyond the brake, if that is passed."""
        found = self._found
        if found is None or found.objections:
            return ()
        return [*found.to_do, *(found.coded("brake") if self._passes_brake else ())]

    @property
    def _taken(self) -> Sequence[Judgement]:
        return [each for each in self._candidates if each.entry.id not in self._left_out]

    def _judge(self, then: Callable[[], None]) -> None:
        """Judge in the background, and go on."""
        policies = policies_of(self.session.state)
        policy = next((each for each in policies if each.name == self._policy), policies[0])
        self._policy = policy.name

        def judged(found: Judgements) -> None:
            self._found, self._is_outdated = found, False
            self._left_out &= {each.entry.id for each in self._candidates}
            if self.is_mounted:
                then()

        def failed(error: ConsoleError) -> None:
            self._found = None
            self._show()
            self.tell_problem(error)

        number = self.session.seats.report().created
        self.work(f"Judging {words.count(number, 'account')} ...", lambda: judge(self.session, policy), judged, failed)

    # Commands

    def is_of_use(self, command: AnyCommand) -> bool:
        here = self.list.highlighted
        if command is commands.LeaveOut:
            return isinstance(here, Judgement) and here.code in ("do", "brake")
        if command is commands.ExplainReclaim:
            return isinstance(here, Judgement | Reason)
        if command is commands.ApplyReclaim:
            return bool(self._taken)
        if command is commands.PassBrake:
            return self._found is not None and "brake" in self._found.counts
        if command is commands.NextPolicy:
            return len(policies_of(self.session.state)) > 1
        if command is commands.UndoReclaim:
            return self.workspace.last_change is not None
        if command is commands.SyncReclaim:
            return self.session.state.server is not None and not self.session.offline
        return super().is_of_use(command)

    def action_explain(self) -> None:
        here, found = self.list.highlighted, self._found
        if isinstance(here, Reason):
            self._open ^= {here.code}
            self._show()
            self.list.bring_into_sight(min(self.list.cursor + SOME, self.list.row_count - 1))
        elif isinstance(here, Judgement) and found is not None:
            lines = [texts.verdict(here, found.policy.step), *(sentence(each, self.voice) for each in found.objections)]
            lines += ["It is left out of this plan."] if here.entry.id in self._left_out else []
            self.tell_news(safe_address(here.entry.address), [safe_text(line) for line in lines], alarm=False)

    def action_leave_out(self) -> None:
        from kconsole.tui.screens.keep import KeepDialog

        here = self.list.highlighted
        if not isinstance(here, Judgement) or here not in self._candidates:
            self.tell("Only what the plan would change can be left out.")
            return
        entry = here.entry
        self._left_out ^= {entry.id}
        self._show()
        if entry.id in self._left_out and not self.is_read_only and self.session.may("keep"):
            self.app.push_screen(KeepDialog((entry,), self.session, self.save))
            self.tell(f"{safe_address(entry.address)} is left out of this plan")

    def action_all(self) -> None:
        self._passes_brake = not self._passes_brake
        self._show()

    def action_next_policy(self) -> None:
        self._other_policy(1)

    def action_previous_policy(self) -> None:
        self._other_policy(-1)

    def _other_policy(self, step: int) -> None:
        names = [each.name for each in policies_of(self.session.state)]
        if len(names) < 2:
            self.tell("There is one policy only. 'kconsole policy set' makes others.")
            return
        self._policy = names[(names.index(self._policy) + step) % len(names)]
        self._left_out, self._passes_brake = set(), False
        self._judge(self._show)

    def action_apply(self) -> None:
        """Ask for the number of accounts, and apply the plan."""
        if self._is_outdated:
            self._judge(self.action_apply)
            return
        self._show()
        found, taken = self._found, self._taken
        if found is None or not taken:
            self.tell(NOTHING_PLANNED)
            return
        from kconsole.tui.screens.question import Question

        verb = found.policy.step.capitalize()
        names = [safe_address(each.entry.address) for each in taken[:MOST_NAMED]]
        more = len(taken) - len(names)
        notes = [change_words(self.session.seats.report(), self._planned(taken))]
        notes += [words.BACKUP_NOTE] if found.policy.step == "disable" else []
        notes += [unknown] if (unknown := texts.unknown_words(found)) else []
        notes += self.where_it_is_done(found.policy.step, found.policy.step == "delete")
        question = Question(
            change_question(verb, [each.entry for each in taken], found.policy.name),
            [*names, *([f"and {more:,} more"] if more else [])],
            verb,
            notes,
            (),
            len(taken),
            "accounts",
            found.policy.step == "delete",
            self.session.history.recent_reasons,
        )

        def answered(reason: str | None) -> None:
            if reason is not None:
                self._apply(found, taken, reason)

        self.ask(question, answered)

    def _apply(self, found: Judgements, taken: Sequence[Judgement], reason: str) -> None:
        """Make the plan of what is taken, and apply it: each account is judged again under the lock."""
        numbers = {each.entry.id for each in taken}
        judged = [each for each in found.judged if each.entry.id in numbers or each.code not in ("do", "brake")]
        confirmed = len(taken) if any(each.code == "brake" for each in taken) else None

        def act() -> ApplyPlan:
            return applying(self.session, plan_of(self.session, found._replace(judged=judged)), confirmed, reason)

        def ready(operation: ApplyPlan) -> None:
            self.change(operation)

        self.work("Making the plan ...", act, ready, self.tell_problem)

    # Following the store

    def committed(self, commits: Sequence[Commit]) -> None:
        if not any(commit.changes for commit in commits):
            return
        if self.session.seats.report().created > MANY and not any(commit.own for commit in commits):
            self._is_outdated = True
            self._show()
        else:
            self._judge(self._show)

    # Showing

    def _planned(self, taken: Sequence[Judgement]) -> SeatReport:
        accounts = [each.entry for each in taken if each.entry.enabled]
        return if_toggled(self.session.seats, accounts) if accounts else self.session.seats.report()

    def _show(self) -> None:
        found, taken = self._found, self._taken
        self.gauge.report = self.session.seats.report()
        self.gauge.planned = self._planned(taken) if taken else None
        if found is None:
            self.summary.show([])
            self.list.show([], ())
            return
        rows = [("Policy", texts.policy_line(found.policy), "")]
        rows += [("No plan", safe_text(sentence(each, self.voice)), "alarm") for each in found.objections]
        rows += [("Next", safe_text(sentence(message("sync-then-plan"), self.voice)), "")] if found.objections else []
        unknown = texts.unknown_words(found)
        rows += [("Note", unknown, "muted")] if unknown and self.size.height >= TALL else []
        self.summary.show([("", rows)])
        outdated = " · OUTDATED: others made changes" if self._is_outdated else ""
        title = f"Plan · {words.count(len(taken), 'account')} · nothing changed yet{outdated}"
        self.query_one("#plan-pane").border_title = Content(title)
        self.list.show(self._spans(found), frozenset(self._left_out))
        self.show_keys()

    def _show_first(self) -> None:
        self._show()
        self.list.move_to(1)  # the first account, if there is any

    def _spans(self, found: Judgements) -> Sequence[Span]:
        candidates = self._candidates
        stays = {code: number for code, number in found.counts.items() if code != "do"}
        if self._passes_brake:
            stays.pop("brake", None)
        heads = texts.plan_headings(found.policy.step, len(self._taken), len(found.judged) - len(self._taken))
        spans: list[Span] = [[Heading(heads[0])], candidates, [None, Heading(heads[1])]]
        for code, number in stays.items():
            is_open = code in self._open
            spans.append([Reason(code, texts.REASONS[code], number, is_open)])
            if is_open:
                spans.append(found.coded(code))
        return spans
