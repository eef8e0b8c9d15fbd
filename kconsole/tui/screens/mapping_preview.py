"""The preview of a mapping: seats on top, all accounts by name below."""

from collections.abc import Callable, Iterable, Sequence

from textual.content import Content

from kconsole.core.directory import Directory
from kconsole.core.errors import ChangedMeanwhile, ConsoleError
from kconsole.core.history import Commit
from kconsole.operations.base import Done
from kconsole.operations.mapping import DirectoryListing, MapDomain, MapPlan, plan_mapping
from kconsole.text import screen as texts
from kconsole.text import words
from kconsole.text.details import Detail
from kconsole.text.gauge import change_words, used_words
from kconsole.text.mapping import (
    access_words,
    counts_words,
    gone_words,
    left_out_words,
    plan_groups,
    plan_summary,
)
from kconsole.text.messages import parts_of
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.mapping import PREVIEW_COMMANDS, Apply, ToggleGone, WholeRow
from kconsole.tui.screens.console import MANY
from kconsole.tui.screens.plan import PlanScreen
from kconsole.tui.screens.question import ConfirmDialog, Question
from kconsole.tui.workspace import Workspace


class PreviewScreen(PlanScreen):
    """The preview of a mapping.

    It follows the store: a change by another process updates the plan at once. For many accounts that takes a while;
    then the preview is marked as outdated, and planned again before the user is asked to confirm.
    """

    commands = PREVIEW_COMMANDS
    on_key_line = ("plan-apply", "plan-gone", "plan-row", "plan-back", "help")

    help_title = "Help: the preview"
    topic = "directory"

    def __init__(self, workspace: Workspace, directory: Directory, listing: DirectoryListing, plan: MapPlan) -> None:
        super().__init__(workspace)
        self.directory, self.listing, self.plan = directory, listing, plan
        self.disables_gone = False

    def on_mount(self) -> None:
        self.header.left = f"mapping {safe_address(self.plan.domain)}"
        self.header.middle = safe_text(self.directory.url)
        self.header.warning = "INSECURE" if self.directory.insecure else ""
        self._show()

    # Commands

    def is_available(self, command: AnyCommand) -> bool:
        return command is not ToggleGone or bool(self.plan.gone)

    def is_of_use(self, command: AnyCommand) -> bool:
        if command is Apply and not self.plan.records(self.disables_gone):
            return False
        return super().is_of_use(command) and not (command is WholeRow and self.accounts.highlighted is None)

    def action_gone(self) -> None:
        self.disables_gone = not self.disables_gone
        self.tell("")
        self._show()

    def action_apply(self, news: Sequence[str] = ()) -> None:
        """Ask for confirmation, then map; if the store changes in between, ask again."""
        domain = self.session.state.domain_named(self.plan.domain)
        if domain is None or domain.directory != self.directory:
            lines = [f"{safe_address(self.plan.domain)} is no longer mapped from {safe_text(self.directory.url)}."]
            self.tell_news("Changed meanwhile", lines, "Go back and read the directory again.")
        elif self._is_outdated:
            self._plan_again(lambda: self.action_apply(news))
        elif not self.plan.records(self.disables_gone):
            gone = ", except for gone accounts" if self.plan.gone else ""
            self.tell_nothing_to_do(f"Nothing to map: the accounts match the directory{gone}.", news)
        else:
            self._ask(news)

    # Mapping

    def _ask(self, news: Sequence[str]) -> None:
        plan, disables = self.plan, self.disables_gone and bool(self.plan.gone)
        decision = plan.decision(disables)
        lines = [safe_address(plan.domain), counts_words(plan)]
        if decision.over:
            lines.append(f"! {parts_of(decision.message, self.voice)[0]}.")
        verb = "Map over the limit" if decision.over else "Map"
        is_typed = disables and plan.needs_typing
        question = Question(
            f"Map {self._number_words()}?",
            lines,
            verb,
            list(self._notes(disables)),
            news,
            len(plan.gone) if is_typed else 0,
            "accounts that are gone",
            is_big=True,
        )

        def answered(reason: str | None) -> None:
            if reason is None:
                return
            self.workspace.feed.poll()
            if self._is_outdated or self.plan.decision(disables) != decision:
                self.action_apply(texts.meanwhile_lines(self._meanwhile))
                return
            number = len(plan.gone) if is_typed else None
            self._map(MapDomain(plan.domain, self.listing, bool(decision.over), disables, number, expected=plan))

        dialog = ConfirmDialog(question)
        dialog.set_class(bool(decision.over), "-final")
        self.app.push_screen(dialog, answered)

    def _notes(self, disables: bool) -> Iterable[str]:
        """Facts to know before confirming."""
        plan = self.plan
        yield change_words(plan.now, plan.after(disables))
        if (access := access_words(plan.access(disables))) is not None:
            yield f"At login, {access}."
        if plan.gone:
            they = "it is" if len(plan.gone) == 1 else "they are"
            yield f"{gone_words(plan)}; {f'{they} disabled too' if disables else 'kconsole does not disable them'}."
        if plan.left_out:
            yield f"{left_out_words(plan)}."

    def _map(self, operation: MapDomain) -> None:
        def failed(error: ConsoleError) -> None:
            self.workspace.feed.poll()  # so that the message can name the change
            if isinstance(error, ChangedMeanwhile):
                self.action_apply(texts.meanwhile_lines(self._meanwhile))
            else:
                self.tell_problem(error)

        def mapped(done: Done) -> None:
            self.done = done
            self.dismiss(None)

        text = f"Mapping {words.count(self.plan.records(self.disables_gone), 'account')} ..."
        self.work(text, lambda: self.workspace.do(operation), mapped, failed)

    def _number_words(self) -> str:
        """How many accounts change; if only last logons change, how many of those."""
        noted = len(self.plan.noted)
        return words.count(self.plan.records(self.disables_gone) - noted or noted, "account")

    # Following the store

    def committed(self, commits: Sequence[Commit]) -> None:
        from kconsole.text.commits import note

        others = [commit for commit in commits if not commit.own and commit.changes]
        if not others:
            return
        self._meanwhile = others[-1:]
        if len(self.listing.users) + self.session.seats.report().created > MANY:
            self._is_outdated = True
            self.tell(f"{note(others)} · this preview is outdated")
            self._show_title()
            return
        try:
            self.plan = self._planned()
        except ConsoleError as error:
            self._is_outdated = True
            self.tell_problem(error)
        else:
            self.tell(f"{note(others)} · planned again")
            self._show()

    def _planned(self) -> MapPlan:
        return plan_mapping(self.plan.domain, self.listing, self.session.state, self.session.seats)

    def _plan_again(self, then: Callable[[], None]) -> None:
        def planned(plan: MapPlan) -> None:
            self.plan, self._is_outdated = plan, False
            self._show()
            then()

        users = words.count(len(self.listing.users), "user")
        self.work(f"Comparing {users} with the accounts again ...", self._planned, planned, self.tell_problem)

    # Showing

    def _show(self) -> None:
        plan = self.plan
        self.gauge.report, self.gauge.planned = plan.now, plan.after(self.disables_gone)
        _, *summary = plan_summary(plan, self.disables_gone)  # the gauge has the seats
        details = [*summary, *self._gone_details()]
        self.summary.show([("", [(label, text, "alarm" if label == "Exceeded" else "") for label, text in details])])
        self.accounts.empty_text = "Nothing to do: the accounts match the directory."
        self.accounts.show(plan_groups(plan, self.disables_gone))
        self._show_title()
        self.show_keys()

    def _show_title(self) -> None:
        outdated = " · OUTDATED: others made changes" if self._is_outdated else ""
        title = f"Preview · {self._number_words()} to change · nothing changed yet{outdated}"
        self.query_one("#plan-pane").border_title = Content(title)

    def _gone_details(self) -> Iterable[Detail]:
        """How many accounts are gone, what happens to them, and the seats with the other choice."""
        plan = self.plan
        if not plan.gone:
            return
        other = plan.after(not self.disables_gone)
        key = self.key_of("plan-gone")
        what, otherwise = ("will be disabled", "keeps them") if self.disables_gone else ("stay", "disables them")
        yield Detail(
            "Gone",
            f"{len(plan.gone):,} of {plan.mapped:,} mapped {what} · {key} {otherwise}: {used_words(other, 'seat')}",
        )
