"""The application: it wires a session to the main screen."""

import asyncio
import gc
import os
import signal
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final
from weakref import WeakKeyDictionary

from textual.app import App
from textual.command import Provider
from textual.events import Event, Key
from textual.reactive import Reactive
from textual.theme import Theme
from textual.widget import Widget

from kconsole.operations.session import Session
from kconsole.tui.ink import Palette, palette_of
from kconsole.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from textual.driver import Driver

TICK: Final = 0.5
"""Seconds between two looks at what other processes did, and whether the terminal is still there."""

SIGNALLED: Final = 128
"""The exit code after a signal is its number and this, as shells have it."""

KCONSOLE_THEME = Theme(
    name="kconsole",
    primary="#5aa9e6",
    secondary="#7f8fa6",
    accent="#f2c14e",
    warning="#f2a65a",
    error="#e5616b",
    success="#7bc47f",
    foreground="#d7dde5",
    background="#11151b",
    surface="#171c24",
    panel="#222a35",
    dark=True,
    variables={"border": "#3b4656"},
)


def _palette() -> type[Provider]:
    from kconsole.tui.commands.palette import ConsoleCommands

    return ConsoleCommands


class KConsoleApp(App[None]):
    """The console on one session.

    Args:
        session: what it shows and changes.
        title: what it says that this is; empty for the primary domain.
        host: where it runs; empty for the name of this machine.
        signals: the signals that end it in good order.
    """

    TITLE = "kconsole"
    CSS_PATH = "styles/main.tcss"
    COMMANDS = {_palette}  # noqa: RUF012  # Textual's own declaration
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar = []

    theme = Reactive(KCONSOLE_THEME.name)

    def __init__(
        self, session: Session, title: str = "", host: str = "", signals: Iterable[signal.Signals] = ()
    ) -> None:
        no_colour = bool(os.environ.get("NO_COLOR"))
        self._palette: tuple[str, Palette] | None = None
        self._aims: WeakKeyDictionary[Key, Widget] = WeakKeyDictionary()
        super().__init__(ansi_color=no_colour)
        self.animation_level = "none"
        if no_colour:
            self.set_reactive(KConsoleApp.theme, "ansi-dark")
            self.stylesheet.set_variables(self.get_css_variables())
        self._main = MainScreen(session, title, host or os.uname().nodename)
        self._signals = tuple(signals)
        self.failure: Exception | None = None
        """What the screen broke down of; None if it did not."""

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and our own, which is there before the first style is asked for."""
        return {**super().available_themes, KCONSOLE_THEME.name: KCONSOLE_THEME}

    @property
    def palette(self) -> Palette:
        """The styles of painted parts, for the theme of now."""
        if self._palette is None or self._palette[0] != self.theme:
            self._palette = (self.theme, palette_of(self.theme_variables, self.native_ansi_color))
        return self._palette[1]

    # Beginning and ending

    def get_driver_class(self) -> "type[Driver]":
        """A driver that bears the loss of its terminal."""
        if "TEXTUAL_DRIVER" in os.environ:
            return super().get_driver_class()
        from kconsole.tui.terminal import TerminalDriver

        return TerminalDriver

    def on_load(self) -> None:
        """End in good order when asked to by a signal: the terminal is left as it was found."""
        for number in self._signals:
            asyncio.get_running_loop().add_signal_handler(number, self._end_by, number)

    def _end_by(self, number: signal.Signals) -> None:
        self.exit(return_code=SIGNALLED + number)

    def on_ready(self) -> None:
        """Mount what is not in the first picture, and follow what happens elsewhere.

        Garbage is collected again, but not what the start has made: it stays as long as the program runs.
        """
        gc.freeze()
        gc.enable()
        self._main.complete()
        self.set_interval(TICK, self._tick)

    def _tick(self) -> None:
        """Look whether the terminal is still there, then what other processes did. Writes nothing if all is as it was.

        A terminal can go without a signal: under nohup, or where SIGHUP is not delivered.
        """
        if not self.is_running:  # it is ending, and its widgets may be gone already
            return
        if getattr(self._driver, "is_gone", False):
            self._end_by(signal.SIGHUP)
        else:
            self._main.tick()

    def panic(self, *renderables: object) -> None:
        """End after a failure. What is rendered here is not shown: it may hold text from outside.

        Whoever started the app finds the error in `failure`.
        """
        del renderables
        self._close_messages_no_wait()

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self.panic()

    # Keys

    async def on_event(self, event: Event) -> None:
        """Remember which widget a key was meant for when it came."""
        if isinstance(event, Key) and not event.is_forwarded:
            self._aims[event] = self.focused or self.screen
        await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """Send a letter on that was overtaken by the opening of a line to type in.

        Keys of one burst (a fast typist, a slow line, a paste) are all handed to the widget that has the focus when
        they come. If the first of them opens the filter, the others are meant for that: without this, "/dy" would
        not filter but disable an account.
        """
        aim, now = self._aims.pop(event, None), self.focused
        if now is not None and aim is not now and now.check_consume_key(event.key, event.character):
            event.prevent_default()
            now.post_message(Key(event.key, event.character))

    def get_default_screen(self) -> MainScreen:
        """The main screen."""
        return self._main
