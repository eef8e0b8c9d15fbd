"""The screen while a large store is opened: how far that has come."""

from collections.abc import Callable, Iterable
from threading import Thread
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen

from kconsole.operations.session import Session
from kconsole.tui.widgets.elapsed import Elapsed
from kconsole.tui.widgets.lines import HeaderLine, KeyLine
from kconsole.tui.widgets.painting import Painted, Part

Opening = Callable[[Callable[[int, int], None]], Session]
"""Opens a session, and reports how many records have been read and of how many; what that raises ends it."""

LOOK: Final = 0.2
"""Seconds between two looks at how far it has come."""

BAR: Final = 40
"""Cells of the bar, where the terminal has so many."""


class _Cancelled(Exception):
    """The console ends before the session is open."""


class _Progress(Painted):
    """How many records of how many, and a bar."""

    DEFAULT_CSS = "_Progress { height: 3; }"
    read: reactive[tuple[int, int]] = reactive((0, 0))

    def paint(self, y: int, width: int) -> Iterable[Part]:
        done, total = self.read
        if y == 0:
            yield " Opening the store ...", "strong"
        elif total and y == 1:
            yield f" {done:,} of {total:,} records", ""
        elif total:
            cells = min(BAR, width - 2)
            full = cells * done // total
            yield " ", ""
            yield "█" * full, "counted"
            yield "░" * (cells - full), "free"


class OpeningScreen(Screen[None]):
    """Opens the store in a thread, and shows the progress."""

    DEFAULT_CSS = "OpeningScreen Elapsed { padding: 0 1; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape,ctrl+q,ctrl+c", "cancel", show=False)]

    class Ended(Message):
        """The store is open, or cannot be opened."""

        def __init__(self, result: Session | Exception, screen: "OpeningScreen") -> None:
            super().__init__()
            self.result, self.screen = result, screen

    def __init__(self, opening: Opening, title: str, leads_back: bool = False) -> None:
        super().__init__()
        self._leads_back, self._is_cancelled = leads_back, False
        self._opening, self._title = opening, title
        self._read = (0, 0)

    def compose(self) -> ComposeResult:
        header = HeaderLine()
        header.left = self._title
        yield header
        yield _Progress()
        yield Elapsed()
        keys = KeyLine()
        keys.instead = "esc back" if self._leads_back else "esc quit"
        yield keys

    def on_mount(self) -> None:
        # No worker: Python waits for their threads when it ends, and a store on a dead disk answers never.
        Thread(target=self._open, daemon=True).start()
        self._timer = self.set_interval(LOOK, self._show_progress)

    def on_screen_suspend(self) -> None:
        self._timer.stop()

    def on_unmount(self) -> None:
        self._is_cancelled = True

    def action_cancel(self) -> None:
        self._is_cancelled = True
        if self._leads_back:
            self.dismiss(None)
        else:
            self.app.exit()

    def _show_progress(self) -> None:
        self.query_one(_Progress).read = self._read

    def _open(self) -> None:
        try:
            result: Session | Exception = self._opening(self._note)
        except _Cancelled:
            return
        except Exception as error:
            result = error
        is_taken = not self._is_cancelled and self.post_message(self.Ended(result, self))
        if not is_taken and isinstance(result, Session):
            result.close()

    def _note(self, done: int, total: int) -> None:
        if self._is_cancelled:
            raise _Cancelled
        self._read = (done, total)
