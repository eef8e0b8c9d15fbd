"""Commands on the console itself."""

from kconsole.tui.commands.base import AnyCommand, Command


class Log(Command):
    """Show the activity log: each change with its operator, time, and the seats before and after."""

    name, keys, title, word = "log", "L", "Console: activity log", "log"


class License(Command):
    """Show the license: its state, what ends when, components, what was bought; register, activate, update, install."""

    name, keys, title, word = "license", "l", "Console: the license", "license"


class Palette(Command):
    """Find a command by its name."""

    name, keys, title = "palette", "colon,ctrl+p", "Console: find a command"


class NextTheme(Command):
    """Use the next theme: dark, light, high contrast, the terminal's own colours. The choice is kept."""

    name, keys, title = "theme", "t", "View: next theme"


class Redraw(Command):
    """Redraw the screen."""

    name, keys, title = "redraw", "ctrl+l", "Console: redraw"


class Help(Command):
    """This help."""

    name, keys, title, word = "help", "question_mark", "Console: help", "help"


class Quit(Command):
    """Quit. All changes are saved already."""

    name, keys, title, word = "quit", "q,ctrl+q", "Console: quit", "quit"


CONSOLE_COMMANDS: tuple[AnyCommand, ...] = (Log, License, Palette, NextTheme, Redraw, Help, Quit)
