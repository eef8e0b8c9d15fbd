"""What the console's screens have in common: they do deeds, ask first, and say what came of it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, Final, TypeVar

from textual import getters
from textual.screen import Screen

from kconsole.display import words
from kconsole.display.ages import age
from kconsole.display.safe_text import safe_text
from kconsole.model.errors import ChangedMeanwhile, ConsoleError
from kconsole.model.history import Commit
from kconsole.model.reports import Decision
from kconsole.operations.deeds import Deed, Done
from kconsole.operations.session import Session, nothing_collected
from kconsole.tui import telling
from kconsole.tui.commands.base import CommandTarget, command_named
from kconsole.tui.desk import Desk
from kconsole.tui.undoing import Step, deleted_by_undoing
from kconsole.tui.widgets.lines import KeyLine, StatusLine

Result = TypeVar("Result")

MANY: Final = 1000
"""Records up to which a deed is done between two events: some twenty milliseconds."""

READ_ONLY: Final = "Nothing can be changed: the store was opened to be read only."


class ConsoleScreen(CommandTarget, Screen[None]):
    """A whole screen with a status line and a line of keys."""

    on_key_line: ClassVar[Sequence[str]] = ()
    """The names of the commands in the key line, the ones that may go first at the end."""

    status = getters.query_one(StatusLine)
    key_line = getters.query_one(KeyLine)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._at_work: asyncio.Task[None] | None = None
        self.is_read_only = desk.is_read_only

    @property
    def session(self) -> Session:
        """What is shown and changed."""
        return self.desk.session

    # Doing

    def perform(self, deed: Deed, again: Callable[[Sequence[str]], None] | None = None) -> None:
        """Do a deed, and tell what came of it.

        Args:
            deed: what to do.
            again: asks the user again, told what somebody else did to the accounts since he was asked.
        """

        def failed(error: ConsoleError) -> None:
            if again is not None and isinstance(error, ChangedMeanwhile):
                again(telling.meanwhile_lines(self.desk.feed.who_changed(error.numbers)))
            else:
                self.tell_problem(error)

        self._work(lambda: self.desk.do(deed), len(getattr(deed, "addresses", ())), self.told, failed)

    def _work(
        self,
        act: Callable[[], Done],
        records: int,
        done: Callable[[Done], None],
        failed: Callable[[ConsoleError], None],
    ) -> None:
        """Do something to records; with many of them beside the screen, which says so and takes no keys meanwhile."""
        if records > MANY:
            self._beside(f"Working on {words.count(records, 'record')} ...", act, done, failed)
            return
        try:
            result = act()
        except ConsoleError as error:
            failed(error)
        else:
            done(result)

    def _beside(
        self,
        text: str,
        act: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[ConsoleError], None],
    ) -> None:
        """Do something that takes a while beside the screen, which says so and takes no keys meanwhile."""
        from kconsole.tui.screens.dialog import BusyDialog

        self.app.push_screen(BusyDialog(text))
        self._at_work = asyncio.create_task(self._work_beside(act, done, failed))

    async def _work_beside(
        self, act: Callable[[], Result], done: Callable[[Result], None], failed: Callable[[ConsoleError], None]
    ) -> None:
        try:
            with self.desk.feed.held(), nothing_collected():
                result = await asyncio.to_thread(act)
        except ConsoleError as error:
            await self.app.pop_screen()
            failed(error)
        except Exception as error:
            self.app._handle_exception(error)
        else:
            await self.app.pop_screen()
            done(result)

    def undo_last(self) -> None:
        """Take back the last deed of this session; if there is none, ask about the operator's last one."""
        step = self.desk.undoing.last
        if step is not None:
            self._step(step, again=False)
        else:
            self._beside("Looking through the log ...", self.session.last_undoable, self._ask_about, self.tell_problem)

    def _ask_about(self, commit: Commit | None) -> None:
        if commit is None:
            self.tell("There is nothing to undo: the log has no deed of yours that was not taken back.")
        else:
            self.tell("")
            self.ask_to_take_back(commit)

    def redo_last(self) -> None:
        """Do again what was undone last."""
        step = self.desk.undoing.last_undone
        if step is None:
            self.tell("There is nothing to do again: nothing was undone since the last deed.")
        else:
            self._step(step, again=True)

    def ask_to_take_back(self, commit: Commit) -> None:
        """Ask whether to take back a line of the log, naming it."""
        entries = [entry for change in commit.changes if change.table == "entries" if (entry := change.after)]
        doomed = len(deleted_by_undoing(commit))
        self.confirm(
            f"Take back '{safe_text(commit.deed, 40)}'?",
            telling.take_back_lines(commit, entries, age(commit.at, self.session.clock.now())),
            "Take back",
            [f"{words.count(doomed, 'entry')} would be deleted."] if doomed else [],
            lambda: self._take(Step(commit, commit.deed), again=False),
        )

    def _step(self, step: Step, again: bool) -> None:
        """Take a step of this session back, or again. What deletes is asked first."""
        doomed = deleted_by_undoing(step.commit)
        if not doomed:
            self._take(step, again)
            return
        what = words.count(len(doomed), "entry") if again else words.count(len(doomed), "new entry")
        self.confirm(
            f"{'Do again' if again else 'Undo'}: delete {what}?",
            telling.named(doomed),
            "Delete",
            ["A seat comes free with the next restart of the server."],
            lambda: self._take(step, again),
        )

    def _take(self, step: Step, again: bool) -> None:
        what = f"{'done again' if again else 'undone'}: {safe_text(step.what, 40)}"
        self._work(
            lambda: self.desk.redo(step) if again else self.desk.undo(step),
            len(step.commit.changes),
            lambda done: self.told(done, what),
            self.tell_problem,
        )

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
            self.tell_news("Not everything was done", telling.failure_lines(done), done.failures[0].hint)
        self.tell(telling.done_words(done, undone))
        self.show_keys()

    def tell(self, text: str) -> None:
        """Say something in the status line. It must be safe to show."""
        self.status.left = text

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
        """Say what went wrong, so that it cannot be overlooked."""
        self.show_trouble()
        self.show_keys()
        lines = [safe_text(line) for line in (error.message, *error.details)]
        self.tell_news("That did not work", lines, safe_text(error.hint))

    def tell_refusal(self, decision: Decision, news: Sequence[str] = ()) -> None:
        """Say why something may not be done, and what helps."""
        self.tell_news("Refused", [*news, *telling.refusal_lines(decision)], safe_text(decision.remedy))

    def tell_news(self, title: str, lines: Sequence[str], hint: str) -> None:
        """Say something that has to be read. All texts must be safe to show."""
        from kconsole.tui.screens.dialog import NewsDialog

        self.app.push_screen(NewsDialog(title, lines, safe_text(hint), alarm=True))

    # Showing

    def grow_older(self, now: datetime) -> None:
        """Show what is otherwise by now; called each minute."""

    def show_trouble(self) -> None:
        """Show whether the store can be read and saved, and how old what is known of its live server is."""
        self.status.trouble = self.desk.trouble
        server = self.session.server
        if server is None:
            self.status.age = ""
            return
        from kconsole.display.live import synced_briefly

        self.status.age = synced_briefly(server, self.session.clock.now())

    def show_keys(self) -> None:
        """Show the keys that are of use now."""
        shown = [command_named(self.commands, name) for name in self.on_key_line]
        self.key_line.shown = tuple(
            command for command in shown if not (command.changes and self.is_read_only) and command.is_of_use(self)
        )
