"""Commands that every screen or list has: on the console itself, and moving the cursor as in vim, k9s and lazygit."""

from kconsole.tui.commands.base import Command


class Log(Command):
    """Show the activity log: each change with its operator, time, and the seats before and after."""

    name, keys, title, word = "log", "L", "Console: activity log", "log"
    synonyms = "history audit who when journal activity changes operator"


class History(Command):
    """Show the seats used day by day, and how likely it is that none is free in 30 days, 90 and a year."""

    name, keys, title, word = "history", "H", "Console: seats over time, and forecast", "history"
    synonyms = "history trend plot chart growth when full purchase"


class Report(Command):
    """Write a report to a file: who holds which seat, a review of all accounts, or what was changed."""

    name, keys, title = "report", "number_sign", "Console: write a report to a file"
    synonyms = "report audit review evidence html print pdf csv cost price seats changes"


class Reclaim(Command):
    """Show the plan of a policy: which accounts are not used and would be disabled, and why the others stay."""

    name, keys, title, word = "reclaim", "P", "Console: free seats of accounts that are not used", "plan"
    synonyms = "idle inactive unused policy cleanup"


class Decisions(Command):
    """Show the reservations, keeps and protections, and who leaves on a day: add, end, or move the end."""

    name, keys, title, word = "decisions", "V", "Console: reservations, keeps and protections", "reserved"
    synonyms = "reserve keep protect hold exempt exception leave"


class License(Command):
    """Show the license: its state, what ends when, components, what was bought; register, activate, update, install."""

    name, keys, title, word = "license", "l", "Console: the license", "license"
    synonyms = "renew renewal maintenance expiry expires ends trial subscription buy seats limit"


class Palette(Command):
    """Find a command by its name."""

    name, keys, title = "palette", "colon,ctrl+p", "Console: find a command"


class NextTheme(Command):
    """Use the next theme: dark, light, high contrast, the terminal's own colours. The choice is kept."""

    name, keys, title = "theme", "t", "View: next theme"
    synonyms = "colour color dark light contrast settings preferences"


class Redraw(Command):
    """Redraw the screen."""

    name, keys, title = "redraw", "ctrl+l", "Console: redraw"


class Help(Command):
    """This help."""

    name, keys, title, word = "help", "question_mark", "Console: help", "help"
    synonyms = "keys shortcuts manual topics documentation"


class Quit(Command):
    """Quit. All changes are saved already; where marks, typed text or work would be lost, it asks."""

    name, keys, title, word = "quit", "q,ctrl+q", "Console: quit", "quit"
    synonyms = "exit leave close"


class _Movement(Command):
    group = "Moving"


class Down(_Movement):
    """Next row."""

    name, keys, title = "down", "j,down", "Move: next row"


class Up(_Movement):
    """Previous row."""

    name, keys, title = "up", "k,up", "Move: previous row"


class PageDown(_Movement):
    """A page down."""

    name, keys, title = "page-down", "pagedown,ctrl+f", "Move: a page down"


class PageUp(_Movement):
    """A page up."""

    name, keys, title = "page-up", "pageup", "Move: a page up"


class HalfPageDown(_Movement):
    """Half a page down."""

    name, keys, title = "half-page-down", "ctrl+d", "Move: half a page down"


class HalfPageUp(_Movement):
    """Half a page up."""

    name, keys, title = "half-page-up", "ctrl+u", "Move: half a page up"


class Top(_Movement):
    """First row."""

    name, keys, title = "top", "g,home", "Move: first row"


class Bottom(_Movement):
    """Last row."""

    name, keys, title = "bottom", "G,end", "Move: last row"


CONSOLE_COMMANDS = (Log, History, Report, Reclaim, Decisions, License, Palette, NextTheme, Redraw, Help, Quit)
MOVEMENTS = tuple(_Movement.__subclasses__())
