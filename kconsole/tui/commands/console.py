"""Commands on the console itself. The log has them too, but for those that only the list of accounts can do."""

from typing import TYPE_CHECKING

from kconsole.tui.commands.base import AnyCommand, Command, console_of

if TYPE_CHECKING:
    from kconsole.tui.screens.console import ConsoleScreen
    from kconsole.tui.screens.license import LicenseScreen
    from kconsole.tui.screens.log import LogScreen
    from kconsole.tui.screens.main import MainScreen
    from kconsole.tui.screens.mapping import MappingScreen
    from kconsole.tui.screens.mapping_preview import PreviewScreen
    from kconsole.tui.screens.reconcile import ReconcileScreen


class Log(Command["MainScreen"]):
    """Show who did what and when, with the seats before and after."""

    name, keys, title, word = "log", "L", "Console: who did what", "log"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Open the log."""
        target.open_log()


class License(Command["MainScreen"]):
    """Show the license: its state, what ends when, components, what was bought; register, activate, update, install."""

    name, keys, title, word = "license", "l", "Console: the license", "license"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Open its screen."""
        target.open_license()


class Palette(Command["ConsoleScreen"]):
    """Find a command by its name."""

    name, keys, title = "palette", "colon,ctrl+p", "Console: find a command"

    @classmethod
    def run(cls, target: "ConsoleScreen") -> None:
        """Open the palette."""
        from textual.command import CommandPalette

        if not CommandPalette.is_open(target.app):
            target.app.push_screen(CommandPalette(id="--command-palette"))


class NextTheme(Command["ConsoleScreen"]):
    """Use the next theme: dark, light, high contrast, the terminal's own colours. The choice is kept."""

    name, keys, title = "theme", "t", "View: next theme"

    @classmethod
    def run(cls, target: "ConsoleScreen") -> None:
        """Change it, and say which it is."""
        target.tell(console_of(target).next_theme())


class Redraw(Command["ConsoleScreen"]):
    """Draw the screen again."""

    name, keys, title = "redraw", "ctrl+l", "Console: draw again"

    @classmethod
    def run(cls, target: "ConsoleScreen") -> None:
        """Draw it again."""
        console_of(target).redraw()


class Help(Command["MainScreen | LogScreen | LicenseScreen | MappingScreen | PreviewScreen | ReconcileScreen"]):
    """This help."""

    name, keys, title, word = "help", "question_mark", "Console: help", "help"

    @classmethod
    def run(
        cls, target: "MainScreen | LogScreen | LicenseScreen | MappingScreen | PreviewScreen | ReconcileScreen"
    ) -> None:
        """Show it."""
        target.show_help()


class Quit(Command["MainScreen"]):
    """Leave. Everything that was done is saved already."""

    name, keys, title, word = "quit", "q,ctrl+q", "Console: quit", "quit"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Leave."""
        target.app.exit()


CONSOLE_COMMANDS: tuple[AnyCommand, ...] = (Log, License, Palette, NextTheme, Redraw, Help, Quit)
