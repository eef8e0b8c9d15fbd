"""Commands in the activity log."""

from kconsole.tui.commands.base import Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class _LogCommand(Command):
    group = "Log"
    prefix = "log-"


class ShowLine(_LogCommand):
    """Show everything about the line: all accounts, the reason, the session, and the claimed name."""

    name, keys, title, word = "log-line", "enter", "Log: everything about the line", "all of it"


class LogFilter(_LogCommand):
    """Show only lines that hold the words you type: time, operator, change, address, reason."""

    name, keys, title, word = "log-filter", "slash", "Log: filter", "filter"


class UndoLine(_LogCommand):
    """Undo the line, after a confirmation. Undoing an undo redoes it."""

    name, keys, title, word = "log-undo", "u", "Log: undo the line", "undo"
    needs = "undo"
    changes = True


class OneAccount(_LogCommand):
    """Show only lines about the account under the cursor of the console, or all lines again."""

    name, keys, title, word = "log-account", "h", "Log: one account, or all", "one account"


class LogBack(_LogCommand):
    """Back: clear the filter, then return to the accounts."""

    name, keys, title, word = "log-back", "escape,q,L", "Log: back", "back"


LOG_COMMANDS = (ShowLine, LogFilter, UndoLine, OneAccount, Palette, NextTheme, Redraw, Help, LogBack)
