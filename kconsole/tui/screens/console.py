"""What the console's screens have in common: they do deeds, ask first, and say what came of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, Final

from textual import getters

from kconsole.core.errors import ChangedMeanwhile, ConsoleError
from kconsole.core.history import Commit
from kconsole.core.reports import Decision
from kconsole.operations.base import Done, HalfDone, Operation
from kconsole.text import words
from kconsole.text.ages import age
from kconsole.text.messages import Voice, error_words, hint_words, sentences, words_of
from kconsole.text.safe_text import safe_text
from kconsole.tui import messages
from kconsole.tui.commands.base import command_named, console_of
from kconsole.tui.commands.server import Sync
from kconsole.tui.screens.working import MANY as MANY
from kconsole.tui.screens.working import NOT_ASKED, WorkingScreen
from kconsole.tui.undoing import Step, deleted_by_undoing
from kconsole.tui.widgets.lines import KeyLine

READ_ONLY: Final = "Nothing can be changed: the store was opened to be read only."


class ConsoleScreen(WorkingScreen):
    """A whole screen with a status line and a line of keys."""

    on_key_line: ClassVar[Sequence[str]] = ()
    """The names of the commands in the key line, the ones that may go first at the end."""

    key_line = getters.query_one(KeyLine)

    # Doing

    def change(self, operation: Operation, again: Callable[[Sequence[str]], None] | None = None) -> None:
        """Do a deed, on the live server first if the store follows one, and tell what came of it.

        Args:
            operation: what to do.
            again: asks the user again, told what somebody else did to the accounts since he was asked.
        """

        def failed(error: ConsoleError) -> None:
            if again is not None and isinstance(error, ChangedMeanwhile):
                again(messages.meanwhile_lines(self.workspace.feed.who_changed(error.numbers)))
            else:
                self.tell_problem(error)

        self.change_and_show(operation, self.told, failed)

    def change_and_show(
        self, operation: Operation, done: Callable[[Done], None], failed: Callable[[ConsoleError], None]
    ) -> None:
        """Do a deed as `perform` does, and tell others what came of it, or why nothing did."""
        self.workspace.feed.poll()  # whoever named another server meanwhile is heard first
        addresses: Sequence[str] = getattr(operation, "addresses", ()) or (getattr(operation, "address", ""),)
        if self.session.offline or not self.session.is_done_there(operation.name):
            self._work(lambda: self.workspace.do(operation), len(addresses), done, failed)
            return
        text = messages.asking_words(self.session.state.server, operation.name, addresses)
        self._ask_server(text, lambda by: self.workspace.do(operation, by), len(addresses), done, failed)

    def undo_last(self) -> None:
        """Take back the last deed of this session; if there is none, ask about the operator's last one."""
        step = self.workspace.undoing.last
        if step is not None:
            self._step(step, again=False)
        else:
            self._beside(
                "Looking through the log ...", self.session.history.last_undoable, self._ask_about, self.tell_problem
            )

    def _ask_about(self, commit: Commit | None) -> None:
        if commit is None:
            self.tell("There is nothing to undo: the log has no deed of yours that was not taken back.")
        else:
            self.tell("")
            self.ask_to_take_back(commit)

    def redo_last(self) -> None:
        """Do again what was undone last."""
        step = self.workspace.undoing.last_undone
        if step is None:
            self.tell("There is nothing to do again: nothing was undone since the last deed.")
        else:
            self._step(step, again=True)

    def ask_to_take_back(self, commit: Commit) -> None:
        """Ask whether to take back a line of the log, naming it."""
        if self._refuses_to_take(commit):
            return
        entries = [entry for change in commit.changes if change.table == "entries" if (entry := change.after)]
        doomed = len(deleted_by_undoing(commit))
        self.confirm(
            f"Take back '{safe_text(commit.operation, 40)}'?",
            messages.take_back_lines(commit, entries, age(commit.at, self.session.clock.now())),
            "Take back",
            [f"{words.count(doomed, 'entry')} would be deleted."] if doomed else [],
            lambda: self._take(Step(commit, commit.operation), again=False),
        )

    def _step(self, step: Step, again: bool) -> None:
        """Take a step of this session back, or again. What deletes is asked first."""
        if self._refuses_to_take(step.commit):
            return
        doomed = deleted_by_undoing(step.commit)
        if not doomed:
            self._take(step, again)
            return
        what = words.count(len(doomed), "entry") if again else words.count(len(doomed), "new entry")
        self.confirm(
            f"{'Do again' if again else 'Undo'}: delete {what}?",
            messages.named(doomed),
            "Delete",
            ["A seat comes free with the next restart of the server."],
            lambda: self._take(step, again),
        )

    def _take(self, step: Step, again: bool) -> None:
        what = f"{'done again' if again else 'undone'}: {safe_text(step.what, 40)}"
        take, records = self.workspace.redo if again else self.workspace.undo, len(step.commit.changes)

        def done(done: Done) -> None:
            self.told(done, what)

        self.workspace.feed.poll()
        if self.session.offline or not self._is_taken_there(step.commit):
            self._work(lambda: take(step), records, done, self.tell_problem)
            return
        text = messages.asking_to_take_back(self.session.state.server, step.what, step.commit, again)
        self._ask_server(text, lambda by: take(step, by), records, done, self.tell_problem)

    def _is_taken_there(self, commit: Commit) -> bool:
        """Whether the live server has to be asked to take a commit back. Of a broken log, taking it back tells."""
        try:
            server = self.session.state.server
            return server is not None and self.session.is_done_there(self.session.history.first_operation(commit))
        except ConsoleError:
            return False

    def _refuses_to_take(self, commit: Commit) -> bool:
        """Say why a commit is not taken back with the server that is followed, if so, before anybody is asked."""
        if self.session.state.server is None:
            return False
        try:
            refused = self.session.refusal_of(self.session.history.first_operation(commit))
        except ConsoleError as error:
            self.tell_problem(error)
            return True
        if refused is not None:
            self.tell_problem(refused)
        return refused is not None

    def refuses(self, operation: str) -> bool:
        """Say why a deed is not done with the server that is followed, if so, before anybody is asked."""
        refused = self.session.refusal_of(operation)
        if refused is not None:
            self.tell_problem(refused)
        return refused is not None

    def where_it_is_done(self, operation: str, for_good: bool = False) -> list[str]:
        """A note for a question, where the answer takes effect on the live server; and whether that is for good."""
        server = self.session.state.server
        if server is None or not self.session.is_done_there(operation):
            return []
        and_for_good = ", and cannot be taken back there" if for_good else ""
        return [f"It takes effect on {safe_text(server.name, 40)} at once{and_for_good}."]

    # Asking and telling

    def confirm(
        self,
        question: str,
        lines: Sequence[str],
        verb: str,
        notes: Sequence[str],
        then: Callable[[], None],
        news: Sequence[str] = (),
    ) -> None:
        """Ask, and go on only after a yes. All texts must be safe to show."""
        from kconsole.tui.screens.dialog import ConfirmDialog, Question

        def answered(yes: bool | None) -> None:
            if yes:
                then()

        self.app.push_screen(ConfirmDialog(Question(question, lines, verb, notes, news)), answered)

    def told(self, done: Done, undone: str = "") -> None:
        """Say what came of a deed."""
        self.show_trouble()
        if done.failures:
            title = "Not everything was done" if done.changed else "Nothing was done"
            hint = sentences(done.failures[0].hints, self.voice)
            self.tell_news(title, messages.failure_lines(done), safe_text(hint))
        self.tell(messages.done_words(done, undone))
        self.show_keys()

    def refuse_change(self) -> None:
        """Say that nothing can be changed."""
        self.tell(READ_ONLY)

    def tell_nothing_to_do(self, text: str, news: Sequence[str] = ()) -> None:
        """Say that a command has nothing to act on, and if somebody else saw to that, what he did."""
        if news:
            self.tell_news("Changed meanwhile", [*news, text], "")
        else:
            self.tell(text)

    def tell_problem(self, error: ConsoleError) -> None:
        """Say what went wrong, so that it cannot be overlooked; and what was done before that."""
        self.show_trouble()
        self.show_keys()
        if self._is_left_off(error):
            self.tell(NOT_ASKED)
            return
        hint = safe_text(hint_words(error, self.voice))
        said = (error_words(error, self.voice), *(words_of(detail, self.voice) for detail in error.details))
        lines = [safe_text(line) for line in said]
        if isinstance(error, HalfDone):
            self.tell(messages.done_words(error.done))
            self.tell_news("Only some of it was done", [*lines, *messages.half_done_lines(error.done)], hint)
        else:
            self.tell_news("That did not work", lines, hint)

    def _is_left_off(self, error: ConsoleError) -> bool:
        """Whether it is no error, but the server was not asked since somebody left off."""
        if self.session.state.server is None:
            return False
        from kconsole.operations.sync.access import Cancelled

        return isinstance(error, Cancelled)

    @property
    def voice(self) -> Voice:
        """Sentences for this screen name keys, not commands."""
        return Voice(keys={"sync": console_of(self).keys.first(Sync)})

    def tell_refusal(self, decision: Decision, news: Sequence[str] = ()) -> None:
        """Say why something may not be done, and what helps."""
        self.tell_news(
            "Refused", [*news, *messages.refusal_lines(decision)], safe_text(sentences(decision.hints, self.voice))
        )

    def tell_news(self, title: str, lines: Sequence[str], hint: str, alarm: bool = True) -> None:
        """Say something that has to be read. All texts must be safe to show."""
        from kconsole.tui.screens.dialog import NewsDialog

        self.app.push_screen(NewsDialog(title, lines, safe_text(hint), alarm))

    # Showing

    def grow_older(self, now: datetime) -> None:
        """Show what is otherwise by now; called each minute."""

    def show_trouble(self) -> None:
        """Show whether the store can be read and saved, and how old what is known of its live server is."""
        self.status.trouble = self.workspace.trouble
        server = self.session.state.server
        if server is None:
            self.status.age = self.status.open = ""
            return
        from kconsole.text.server import synced_briefly

        read = synced_briefly(server, self.session.clock.now())
        self.status.age = f"offline · {read}" if self.session.offline else read
        if not self.workspace.feed.is_held:  # else what is open is being asked for just now
            self.status.open = messages.open_words(self.session.state.pending_changes.values())

    def show_keys(self) -> None:
        """Show the keys that are of use now."""
        shown = [command_named(self.commands, name) for name in self.on_key_line]
        self.key_line.shown = tuple(
            command for command in shown if not (command.changes and self.is_read_only) and command.is_of_use(self)
        )
