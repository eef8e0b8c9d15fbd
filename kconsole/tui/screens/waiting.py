"""The dialog while something is done in the background that takes longer than a moment."""

import asyncio
from collections.abc import Callable, Iterable

from textual.widget import Widget
from textual.widgets import Static

from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.elapsed import Elapsed

CANCELLING = "Cancelling. The server may still do what it was asked."


class WaitingDialog(Dialog[None]):
    """Says what is being done, and closes when that is done.

    Args:
        text: what is being done; safe to show.
        cancel: called by escape; None for what cannot be cancelled: then no key does anything.
    """

    heading = "One moment"

    def __init__(self, text: str, cancel: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._text, self._cancel = text, cancel
        self.keys = "" if cancel is None else "esc cancels; the server may still do it"
        self._is_over = False
        self._gone = asyncio.Event()

    def body(self) -> Iterable[Widget]:
        yield plain(self._text)
        yield Elapsed()
        cancelling = plain(CANCELLING, "dialog-note -first")
        cancelling.display = False
        yield cancelling

    def action_leave(self) -> None:
        """Cancel. The dialog stays until it is known how far it came: that is a moment."""
        if self._cancel is not None:
            self.query_one(".dialog-note", Static).display = True
            self._cancel()

    async def end(self) -> None:
        """Close; if another dialog stands over it, as soon as that is closed."""
        self._is_over = True
        self._close()
        await self._gone.wait()

    def on_screen_resume(self) -> None:
        self._close()

    def on_unmount(self) -> None:
        if self._cancel is not None:
            self._cancel()  # no screen is left to show the result
        self._gone.set()

    def _close(self) -> None:
        if self._is_over and self.is_current:
            self.dismiss(None)
