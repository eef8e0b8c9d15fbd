"""The application: it wires a session to the main screen."""

import os
from typing import ClassVar

from textual.app import App
from textual.command import Provider
from textual.theme import Theme

from kconsole.operations.session import Session
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

    def __init__(self, session: Session, title: str = "", host: str = "") -> None:
        no_colour = bool(os.environ.get("NO_COLOR"))
        super().__init__(ansi_color=no_colour)
        self.animation_level = "none"
        self.register_theme(KCONSOLE_THEME)
        self.set_reactive(KConsoleApp.theme, "ansi-dark" if no_colour else KCONSOLE_THEME.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self._main = MainScreen(session, title, host or os.uname().nodename)

    def get_default_screen(self) -> MainScreen:
        """The main screen."""
        return self._main
