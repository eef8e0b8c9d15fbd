"""Keys, one after the other: each is handed on when what the one before it set in motion has come to rest.

Keys of one burst (a fast typist, a slow line, a paste) come all at once. Textual hands them all to what has the focus
then. If the first of them opens the filter, the others are meant for that: "/dy" must not disable an account. While
some wait, nothing is written: nobody looks at what the first of them does.

While something is at work that will change what is shown, and says nothing yet, keys can be held: they are meant for
what comes of it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from textual.events import Event, Key

from kconsole.tui.terminal.framing import FramedApp

ROUNDS: Final = 3
"""How often all that has the focus is waited for: a key is answered by a message, that by a change of focus."""

PATIENCE: Final = 2.0
"""Seconds after which the next key is handed on all the same: something has gone that was to answer."""


class Keystrokes:
    """What was typed, in its order.

    Args:
        app: what it is typed into.
        deliver: hands a key on.
    """

    def __init__(self, app: FramedApp, deliver: Callable[[Event], Awaitable[None]]) -> None:
        self._app, self._deliver = app, deliver
        self._typed: deque[Event] = deque()
        self._work: asyncio.Task[None] | None = None
        self._aside: list[Event] = []
        self.is_held = False
        """Whether keys wait until `let_go`."""

    def take(self, event: Event) -> None:
        """Hand an event on when its turn comes."""
        self._typed.append(event)
        self._go_on()

    def hold(self) -> None:
        """Hand nothing on until told to."""
        self.is_held = True

    def set_aside(self) -> bool:
        """Hand on again what is typed from now on, which is for what is shown now; what was typed before waits on.

        Returns:
            Whether escape was typed before: it cannot wait.
        """
        self._aside += self._typed
        self._typed.clear()
        self.is_held = False
        return any(isinstance(event, Key) and event.key == "escape" for event in self._aside)

    def let_go(self, forget: bool = False) -> None:
        """Hand on what waits, in its order; or forget it, where what is shown is not what it was typed for."""
        if forget:
            if self.is_held:
                self._typed.clear()
        else:
            self._typed.extendleft(reversed(self._aside))
        self._aside.clear()
        self.is_held = False
        self._go_on()

    def _go_on(self) -> None:
        if self._typed and not self.is_held and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._hand_on())

    async def _hand_on(self) -> None:
        while self._typed and self._app.is_running:
            if self.is_held:
                self._app.hold_pictures(False)
                return
            event = self._typed.popleft()
            self._app.hold_pictures(bool(self._typed))
            try:
                await self._deliver(event)
                for _ in range(ROUNDS):
                    await self._rest()
            except Exception as error:
                self._app._handle_exception(error)

    async def _rest(self) -> None:
        """Wait until all that a key passes has done what it had to do before."""
        start = self._app.focused or self._app.screen
        for node in start.ancestors_with_self:
            done = asyncio.Event()
            if node.call_later(done.set):
                try:
                    await asyncio.wait_for(done.wait(), PATIENCE)
                except TimeoutError:
                    return
