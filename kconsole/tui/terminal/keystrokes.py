"""Keys, one after the other: each is handed on when what the one before it set in motion has come to rest.

Keys of one burst (a fast typist, a slow line, a paste) come all at once. Textual hands them all to what has the focus
then. If the first of them opens the filter, the others are meant for that: "/dy" must not disable an account. While
some wait, nothing is written: nobody looks at what the first of them does.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from textual.events import Event

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

    def take(self, event: Event) -> None:
        """Hand an event on when its turn comes."""
        self._typed.append(event)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._hand_on())

    async def _hand_on(self) -> None:
        while self._typed and self._app.is_running:
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
