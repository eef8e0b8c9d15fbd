"""Commands on the console itself."""

from typing import TYPE_CHECKING

from kconsole.tui.commands.base import AnyCommand, Command

if TYPE_CHECKING:
    from kconsole.tui.screens.main import MainScreen


class Log(Command["MainScreen"]):
    """Show who did what and when, with the seats before and after."""

    name, keys, title, word = "log", "L", "Console: who did what", "log"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Open the log."""
        target.open_log()


class Palette(Command["MainScreen"]):
    """Find a command by its name."""

    name, keys, title = "palette", "colon,ctrl+p", "Console: find a command"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Open the palette."""
        target.app.action_command_palette()


class Redraw(Command["MainScreen"]):
    """Draw the screen again."""

    name, keys, title = "redraw", "ctrl+l", "Console: draw again"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Draw it again."""
        target.app.refresh(repaint=True, layout=True)


class Help(Command["MainScreen"]):
    """This help."""

    name, keys, title, word = "help", "question_mark", "Console: help", "help"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Show it."""
        target.show_help()


class Quit(Command["MainScreen"]):
    """Leave. Everything that was done is saved already."""

    name, keys, title, word = "quit", "q,ctrl+q", "Console: quit", "quit"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Leave."""
        target.app.exit()


CONSOLE_COMMANDS: tuple[AnyCommand, ...] = (Log, Palette, Redraw, Help, Quit)
