"""A whole screen of the console: where it is, what happened, the keys; it asks, says what failed, and helps."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

from rich.cells import cell_len

from kconsole.core.errors import ConsoleError, NotPermitted
from kconsole.core.history import Commit
from kconsole.core.reports import Decision
from kconsole.operations.base import HalfDone
from kconsole.operations.catalog import not_permitted
from kconsole.operations.session import Session
from kconsole.text import screen as texts
from kconsole.text.messages import error_words, hint_words, parts_of, sentences, words_of
from kconsole.text.roles import who_words
from kconsole.text.safe_text import safe_text
from kconsole.tui.collector import collecting_later
from kconsole.tui.commands.base import AnyCommand, console_of
from kconsole.tui.screens.framed import FramedScreen
from kconsole.tui.workspace import Workspace

if TYPE_CHECKING:
    from kconsole.tui.screens.question import Question

Result = TypeVar("Result")
Failed = Callable[[ConsoleError], None]

MANY: Final = 1000
"""Records from which on a change is not shown row by row, but everything again, or counted in a thread."""


class ConsoleScreen(FramedScreen):
    """A screen that shows a store. It follows what happens to the store, also by other processes."""

    host: str = ""
    """The machine, with an @ before it, where the header names it."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.is_read_only = workspace.session.store.read_only

    @property
    def session(self) -> Session:
        return self.workspace.session

    def on_mount(self) -> None:
        self.show_role()
        self.workspace.feed.followers.add(self.committed)
        self.show_trouble()

    def on_unmount(self) -> None:
        self.workspace.feed.followers.discard(self.committed)

    # What happens to the store

    def committed(self, commits: Sequence[Commit]) -> None:
        """Show what these commits, our own or others', changed."""

    def grow_older(self, now: datetime) -> None:
        """Show what is different by now; called each minute."""

    def show_role(self) -> None:
        """Show who works here, in which role, and the keys of what that role allows."""
        authority = self.session.authority
        self.header.right, self.header.brief = who_words(self.session.store.operator.shown, authority, self.host)
        if self.is_read_only or authority.refused is not None:
            self.header.warning = "READ ONLY"
        elif self.header.warning == "READ ONLY":
            self.header.warning = ""
        self.show_keys()

    # Work in the background

    def work(
        self,
        text: str,
        act: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Failed,
        cancel: Event | None = None,
    ) -> None:
        """Act on the session in a thread, and then show the result, or why it failed.

        Keys typed meanwhile wait for it. A dialog shows the text, which must be safe, if it takes longer than a moment.
        With a `cancel`, the user can cancel it. Without, nothing is painted for that moment: a question
        closes, and its result shows, in one picture.
        """
        console, holder = console_of(self), object()  # a holder of its own: no other operation ends its hold
        release = partial(console.hold_pictures, holder, False)
        console.keystrokes.hold()
        if cancel is None:
            console.hold_pictures(holder, True)
            asyncio.get_running_loop().call_later(2 * self.workspace.unseen, release)  # it may have to wait its turn
        group = "store" if cancel is None else "server"  # the wait for a server has its own group
        self.app.run_worker(self._work(text, act, done, failed, cancel, release), group=group)

    async def _work(
        self,
        text: str,
        act: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Failed,
        cancel: Event | None,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        """What is typed before the dialog shows goes where it was meant to; later keys are the dialog's.

        For what can be cancelled, what was typed is forgotten where the result has to be read first.
        """
        keys, dialog = console_of(self).keystrokes, None
        outcome: Result | ConsoleError
        if self._is_of_another_scope():
            release()
            return
        try:
            with collecting_later(), self.workspace.feed.held():  # and passes commits on when the lock is released
                async with self.workspace.at_work:
                    thread = asyncio.ensure_future(asyncio.to_thread(act))
                    finished, _ = await asyncio.wait([thread], timeout=self.workspace.unseen)
                    if not finished:
                        from kconsole.tui.screens.waiting import WaitingDialog

                        dialog = WaitingDialog(text, None if cancel is None else cancel.set)
                        await self.app.push_screen(dialog)
                        release()
                        if keys.set_aside():
                            dialog.action_leave()
                    outcome = await thread
        except ConsoleError as error:
            outcome = error
        except asyncio.CancelledError:  # the console ends, and does not wait
            if cancel is not None:
                cancel.set()
            raise
        if dialog is not None:
            await dialog.end()
        if self._is_of_another_scope():
            release()
            return
        shown = list(self.app.screen_stack)
        if isinstance(outcome, ConsoleError):
            failed(outcome)
        else:
            done(outcome)
        must_be_read = isinstance(outcome, ConsoleError) or self.app.screen not in shown
        keys.let_go(forget=cancel is not None and must_be_read)
        self.app.screen.call_after_refresh(release)

    def _is_of_another_scope(self) -> bool:
        """Whether the operator sees other domains by now; then all begins again, and no result is shown."""
        if not console_of(self).follow_scope():
            return False
        console_of(self).keystrokes.let_go(forget=True)
        return True

    # Asking and telling

    def confirm(
        self,
        question: str,
        lines: Sequence[str],
        verb: str,
        notes: Sequence[str],
        then: Callable[[], None],
        news: Sequence[str] = (),
        number: int = 0,
        what: str = "accounts",
        is_big: bool = False,
    ) -> None:
        """Ask, and go on only after a yes, or after the number was typed, if there is one. All texts must be safe."""
        from kconsole.tui.screens.question import Question

        def answered(reason: str | None) -> None:
            if reason is not None:
                then()

        self.ask(Question(question, lines, verb, notes, news, number, what, is_big=is_big), answered)

    def ask(self, question: "Question", answered: Callable[[str | None], None]) -> None:
        """Ask, and pass on the reason that was given with a yes, which may be empty; None after a no."""
        from kconsole.tui.screens.question import ConfirmDialog

        self.app.push_screen(ConfirmDialog(question), answered)

    def tell_nothing_to_do(self, text: str, news: Sequence[str] = ()) -> None:
        """Say that a command has nothing to act on, and if another console is the reason, what that did."""
        if news:
            self.tell_news("Changed meanwhile", [*news, text])
        elif cell_len(text) > self.size.width - 2:  # the status line would cut it
            self.tell_news("Nothing was changed", [text], alarm=False)
        else:
            self.tell(text)

    def tell_refusal(self, decision: Decision, news: Sequence[str] = ()) -> None:
        """Say why something is refused, and what helps."""
        self.tell_news("Refused", [*news, *self.why_refused(decision)], sentences(decision.hints, self.voice))

    def why_refused(self, decision: Decision) -> list[str]:
        """Why, a sentence a line; safe to show."""
        return [f"{safe_text(part)}." for part in parts_of(decision.message, self.voice)]

    def tell_problem(self, error: ConsoleError) -> None:
        """Say what failed, so that it cannot be overlooked; and what was done before that."""
        self.show_trouble()
        self.show_keys()
        if self.session.state.server is not None:
            from kconsole.operations.sync.access import Cancelled

            if isinstance(error, Cancelled):
                self.tell(texts.NOT_ASKED)
                return
        hint = hint_words(error, self.voice)
        details = (words_of(detail, self.voice) for detail in error.details)
        lines = [safe_text(line) for line in (error_words(error, self.voice), *details)]
        if isinstance(error, HalfDone):
            self.tell(texts.done_words(error.done))
            lines += texts.outcome_lines(error.done.changed)
            lines += texts.outcome_lines(error.done.failures, texts.MOST_FAILED)
            self.tell_news("Only part of it was done", lines, hint)
        else:
            self.tell_news("Failed", lines, hint)

    def refuse_change(self) -> None:
        self.tell(texts.READ_ONLY)

    def forbids(self, command: AnyCommand) -> NotPermitted | None:
        return not_permitted(command.needs, self.session.authority) if command.needs else None

    def tell_forbidden(self, refused: NotPermitted) -> None:
        """Say in the status line what the role does not allow.

        It is not logged: a key that is not offered may be a slip, and nothing was asked of the store.
        """
        self.tell(safe_text(error_words(refused, self.voice)))

    # Showing

    def show_trouble(self) -> None:
        """Show whether the store can be read and saved, and how old the last reading of the server is."""
        self.status.trouble = self.workspace.trouble
        server = self.session.state.server
        if server is None:
            self.status.age = self.status.open = ""
            return
        from kconsole.text.server import synced_briefly

        read = synced_briefly(server, self.session.clock.now())
        self.status.age = f"offline · {read}" if self.session.offline else read
        if not self.workspace.feed.is_held:  # else the server is being asked just now
            self.status.open = texts.unconfirmed_words(self.session.state.pending_changes.values())
