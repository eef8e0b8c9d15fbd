"""Dialogs for a connection to another server: a password, and the progress of a reading."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Generic, TypeVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState, get_current_worker

from kconsole.core.directory import Directory
from kconsole.core.errors import ConsoleError
from kconsole.core.server import ServerAccess
from kconsole.net.deadlines import Flag, WaitCancelled
from kconsole.net.secrets import Secret
from kconsole.text.safe_text import safe_text
from kconsole.text.trust import INSECURE
from kconsole.tui.collector import collecting_later
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.elapsed import Elapsed
from kconsole.tui.widgets.inputs import PasswordLine

Result = TypeVar("Result")
Far = TypeVar("Far")

Progress = Callable[[Far], None]
"""Called with the progress."""

Next = Callable[[], None]

LOOK: Final = 0.2
"""Seconds between two updates of the progress."""


class PasswordDialog(Dialog[Secret]):
    """Asks for the password to another server. No widget keeps it; `kept` says where it is kept, and for how long."""

    AUTO_FOCUS = "#password"
    heading = "Password"
    verb = "Continue"
    keys = "enter continue · esc cancel"

    def __init__(
        self, who: str, server: Directory | ServerAccess, kept: str = "It is used once and not stored."
    ) -> None:
        super().__init__()
        self._who, self._server, self._kept = who, server, kept

    def body(self) -> Iterable[Widget]:
        yield plain(safe_text(self._who, 200), "dialog-subject")
        yield plain(f"at {safe_text(self._server.url, 200)}", "dialog-note")
        if self._server.insecure:
            yield plain(INSECURE, "dialog-news -first")
        line = PasswordLine(id="password")
        line.add_class("-first")
        yield line
        yield plain(self._kept, "dialog-note -first")

    @on(Input.Submitted)
    def action_confirm(self) -> None:
        line = self.query_one("#password", PasswordLine)
        if secret := line.taken():
            self.dismiss(secret)
        else:
            self.tell_problem("Type the password, or press esc to cancel.")
            line.focus()

    def action_leave(self) -> None:
        self.query_one("#password", PasswordLine).taken()
        self.dismiss(None)


class ReadingDialog(Dialog[Next], Generic[Far, Result]):
    """Reads from another server in a worker, and shows the progress. Escape cancels.

    `act` runs in the worker's thread. It reports its progress to the function that it is given, and ends soon after its
    flag is set: kconsole quits only when it has ended.
    """

    heading = "One moment"
    keys = "esc cancel"

    def __init__(
        self,
        text: str,
        act: Callable[[Progress[Far], Flag], Result],
        done: Callable[[Result], None],
        failed: Callable[[ConsoleError], None],
        so_far: Callable[[Far], str],
    ) -> None:
        super().__init__()
        self._text, self._act, self._done, self._failed, self._so_far = text, act, done, failed, so_far
        self._far: Far | None = None

    def body(self) -> Iterable[Widget]:
        yield plain(self._text)
        yield Static(id="so-far")
        yield Elapsed()

    def on_mount(self) -> None:
        self._worker = self.run_worker(self._read, thread=True, exclusive=True, group="reading")
        self.set_interval(LOOK, self._show_progress)

    def action_leave(self) -> None:
        self._worker.cancel()
        self.dismiss(None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS and not event.worker.is_cancelled:
            self.dismiss(event.worker.result)

    def _show_progress(self) -> None:
        if self._far is not None:
            self.query_one("#so-far", Static).update(Content(self._so_far(self._far)))

    def _read(self) -> Next:
        worker = get_current_worker()

        def note(far: Far) -> None:
            if worker.is_cancelled:
                raise WaitCancelled
            self._far = far

        try:
            with collecting_later():
                return partial(self._done, self._act(note, worker.cancelled_event))
        except ConsoleError as error:
            return partial(self._failed, error)
