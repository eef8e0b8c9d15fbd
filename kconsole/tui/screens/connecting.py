"""Dialogs for a connection to another server: a password, and the progress of a reading."""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Generic, TypeVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from kconsole.core.directory import Directory
from kconsole.core.errors import ConsoleError
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.text.safe_text import safe_text
from kconsole.text.trust import INSECURE
from kconsole.tui.screens.dialog import Dialog, plain
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


class _Left(Exception):
    """The dialog is gone; ends the thread."""


class ReadingDialog(Dialog[Next], Generic[Far, Result]):
    """Reads from another server in a thread, and shows the progress. Escape cancels.

    The thread is a daemon and not a Textual worker: quitting kconsole does not wait for a server that hangs.
    `act` runs in the thread, and reports its progress to the function that it is given. Code that waits for the server
    can look at `cancel`, which is set when the user cancels.
    """

    heading = "One moment"
    keys = "esc cancel"

    def __init__(
        self,
        text: str,
        act: Callable[[Progress[Far]], Result],
        done: Callable[[Result], None],
        failed: Callable[[ConsoleError], None],
        so_far: Callable[[Far], str],
        cancel: threading.Event | None = None,
    ) -> None:
        super().__init__()
        self._text, self._act, self._done, self._failed, self._so_far = text, act, done, failed, so_far
        self._far: Far | None = None
        self._cancel = cancel or threading.Event()

    def body(self) -> Iterable[Widget]:
        yield plain(self._text)
        yield Static(id="so-far")

    def on_mount(self) -> None:
        threading.Thread(target=self._ask, daemon=True, name="kconsole-reading").start()
        self.set_interval(LOOK, self._show_progress)

    def on_unmount(self) -> None:
        self._cancel.set()

    def action_leave(self) -> None:
        self._cancel.set()  # the thread ends with its next report of progress
        self.dismiss(None)

    def _go_on(self, then: Next) -> None:
        if not self._cancel.is_set():
            self.dismiss(then)

    def _show_progress(self) -> None:
        if self._far is not None:
            self.query_one("#so-far", Static).update(Content(self._so_far(self._far)))

    def _ask(self) -> None:
        then: Next
        try:
            then = partial(self._done, self._act(self._note))
        except _Left:
            return
        except ConsoleError as error:
            then = partial(self._failed, error)
        except Exception as error:
            then = partial(self.app._handle_exception, error)
        self.call_later(self._go_on, then)

    def _note(self, far: Far) -> None:
        if self._cancel.is_set():
            raise _Left
        self._far = far
