"""The application: it wires a session to the main screen."""

import gc
import os
from typing import ClassVar
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
    """The console on one session."""

    TITLE = "kconsole"
    CSS_PATH = "styles/main.tcss"
    COMMANDS = {_palette}  # noqa: RUF012  # Textual's own declaration
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar = []

    theme = Reactive(KCONSOLE_THEME.name)

    def __init__(self, session: Session, title: str = "", host: str = "") -> None:
        no_colour = bool(os.environ.get("NO_COLOR"))
        self._palette: tuple[str, Palette] | None = None
        self._aims: WeakKeyDictionary[Key, Widget] = WeakKeyDictionary()
        super().__init__(ansi_color=no_colour)
        self.animation_level = "none"
        if no_colour:
            self.set_reactive(KConsoleApp.theme, "ansi-dark")
            self.stylesheet.set_variables(self.get_css_variables())
        self._main = MainScreen(session, title, host or os.uname().nodename)

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

    def on_ready(self) -> None:
        """Collect garbage again, but not what the start has made: it stays as long as the program runs."""
        gc.freeze()
        gc.enable()

    def get_default_screen(self) -> MainScreen:
        """The main screen."""
        return self._main
