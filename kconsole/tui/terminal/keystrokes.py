"""Delivers keys one by one: each after everything that the key before it caused is done.

Keys of one burst (a fast typist, a slow connection, a paste) arrive together, and Textual sends them all to the widget
that has the focus then. If the first of them opens the filter, the others are meant for it: "/dy" must not disable an
account. While keys wait, nothing is written: what the first of them shows need not be seen.

Keys can be held while an operation runs that will change the screen: they are meant for its result. A screen that
says yes or no judges which keys are meant for it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic
from typing import Final

from textual.events import Event, Key
from textual.widgets import Input

from kconsole.tui.terminal.attention import QUIET, Judge
from kconsole.tui.terminal.buffered_app import BufferedApp
from kconsole.tui.terminal.terminal_input import AltKey

ROUNDS: Final = 3
"""How many round trips through the focused widgets a key needs: it causes a message, which may move the focus."""

PATIENCE: Final = 2.0
"""Seconds after which the next key is delivered anyway: a widget that should have answered is gone."""


class Keystrokes:
    """The typed keys, in order."""

    def __init__(self, app: BufferedApp, deliver: Callable[[Event], Awaitable[None]]) -> None:
        self._app, self._deliver = app, deliver
        self._typed: deque[Event] = deque()
        self._work: asyncio.Task[None] | None = None
        self._aside: list[Event] = []
        self.is_held = False
        self.quiet = QUIET
        self._last = -inf

    def take(self, event: Event) -> None:
        """Deliver an event when its turn comes."""
        self._typed.append(event)
        self._go_on()

    def hold(self) -> None:
        """Deliver nothing until `let_go`."""
        self.is_held = True

    def set_aside(self) -> bool:
        """Deliver the keys typed from now on, which are for the current screen; earlier ones keep waiting.

        True if escape is among the earlier keys: it cannot wait.
        """
        self._aside += self._typed
        self._typed.clear()
        self.is_held = False
        return any(isinstance(event, AltKey) or getattr(event, "key", "") == "escape" for event in self._aside)

    def let_go(self, forget: bool = False) -> None:
        """Deliver the waiting keys in order; or forget them, if the screen is not the one they were typed for."""
        if not forget:
            self._typed.extendleft(reversed(self._aside))
        elif self.is_held:
            self._typed.clear()
        self._aside.clear()
        self.is_held = False
        self._go_on()

    def _go_on(self) -> None:
        if self._typed and not self.is_held and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._hand_on())

    async def _hand_on(self) -> None:
        while self._typed and self._app.is_running:
            if self.is_held:
                self._app.hold_pictures(self, False)
                return
            event = self._typed.popleft()
            if isinstance(event, AltKey):
                self._typed.extendleft(reversed(self._plain_keys(event)))
                continue
            self._app.hold_pictures(self, bool(self._typed))
            try:
                if isinstance(event, Key) and not await self._is_meant(event):
                    continue
                await self._deliver(event)
                for _ in range(ROUNDS):
                    await self._rest()
            except Exception as error:
                self._app._handle_exception(error)
        self._app.hold_pictures(self, False)  # what waited may have been forgotten meanwhile

    def _plain_keys(self, event: AltKey) -> list[Key]:
        """Alt with a key where that means something, else Escape and the key, which may have come together."""
        screen, focused = self._app.screen, self._app.focused
        is_typed = isinstance(focused, Input) and event.is_printable and focused.check_consume_key("", event.character)
        if is_typed or event.key in screen.active_bindings:
            keys = [Key(event.key, event.character)]
        else:
            keys = [Key("escape", "\x1b"), Key(event.alone.key, event.alone.character)]
        for key in keys:
            key.time = event.time
            key.set_sender(self._app)
        return keys

    async def _is_meant(self, event: Key) -> bool:
        """Whether the screen takes a key; for a decision that is final, once it is known that no other key follows."""
        screen, since_last = self._app.screen, event.time - self._last
        self._last = event.time
        if not isinstance(screen, Judge):
            return True
        verdict = screen.judge(event, since_last)
        if verdict == "if-alone" and not self._typed:
            await asyncio.sleep(min(max(event.time + self.quiet - monotonic(), 0), self.quiet))
        is_meant = verdict == "take" or (verdict == "if-alone" and not self._typed and self._app.screen is screen)
        if not is_meant:
            screen.dropped()
        return is_meant

    async def _rest(self) -> None:
        """Wait until every widget on the way of a key has done its earlier work."""
        start = self._app.focused or self._app.screen
        for node in start.ancestors_with_self:
            done = asyncio.Event()
            if node.call_later(done.set):
                try:
                    await asyncio.wait_for(done.wait(), PATIENCE)
                except TimeoutError:
                    return
