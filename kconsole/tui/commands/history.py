"""Commands on the history of the seats."""

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class _HistoryCommand(Command):
    group = "History"
    prefix = "history-"


class Period(_HistoryCommand):
    """Show 90 days, a year, or 30 days, in turn."""

    name, keys, title, word = "history-period", "p", "History: another period", "period"


class HistoryBack(_HistoryCommand):
    """Back to the accounts."""

    name, keys, title, word = "history-back", "escape,q,H", "History: back", "back"


HISTORY_COMMANDS: tuple[AnyCommand, ...] = (Period, Palette, NextTheme, Redraw, Help, HistoryBack)
