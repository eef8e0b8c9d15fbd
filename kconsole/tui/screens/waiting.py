"""The dialog while the live server is asked to change something."""

import asyncio
from collections.abc import Callable, Iterable

from textual.widget import Widget
from textual.widgets import Static

from kconsole.tui.screens.dialog import Dialog, plain

LEFT_OFF = "Leaving off. What was asked already may be done all the same."


class WaitingDialog(Dialog[None]):
    """Tells what the server is being asked to do. It goes when that is answered; escape leaves off waiting.

    Args:
        text: what it is asked to do; safe to show.
        leave_off: called when nobody wants to wait any more.
    """

    heading = "One moment"
    keys = "esc leaves off waiting; it may be done all the same"

    def __init__(self, text: str, leave_off: Callable[[], None]) -> None:
        super().__init__()
        self._text, self._leave_off = text, leave_off
        self._is_over = False
        self._gone = asyncio.Event()

    def body(self) -> Iterable[Widget]:
        """What it is asked to do."""
        yield plain(self._text)
        left_off = plain(LEFT_OFF, "dialog-note -first")
        left_off.display = False
        yield left_off

    def action_leave(self) -> None:
        """Leave off waiting. The dialog stays until it is known how far that has come: that is a moment."""
        self.query_one(".dialog-note", Static).display = True
        self._leave_off()

    async def end(self) -> None:
        """Go; if something has been told over it, as soon as that was read."""
        self._is_over = True
        self._go()
        await self._gone.wait()

    def on_screen_resume(self) -> None:
        """Go, if it is over by now."""
        self._go()

    def on_unmount(self) -> None:
        """Leave off: there is nobody to tell."""
        self._leave_off()
        self._gone.set()

    def _go(self) -> None:
        if self._is_over and self.is_current:
            self.dismiss(None)
