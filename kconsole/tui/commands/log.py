"""Commands in the log."""

from typing import TYPE_CHECKING

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw

if TYPE_CHECKING:
    from kconsole.tui.screens.log import LogScreen


class _OnLog(Command["LogScreen"]):
    group = "Log"


class ShowLine(_OnLog):
    """Show everything about the line: all accounts, the reason, the session, and what was claimed."""

    name, keys, title, word = "log-line", "enter", "Log: everything about the line", "all of it"

    @classmethod
    def run(cls, target: "LogScreen") -> None:
        """Show it."""
        target.show_line()


class LogFilter(_OnLog):
    """Show only lines that hold the words you type: operator, deed, address, reason."""

    name, keys, title, word = "log-filter", "slash", "Log: filter", "filter"

    @classmethod
    async def run(cls, target: "LogScreen") -> None:
        """Open the line to type in."""
        await target.open_filter()


class TakeBack(_OnLog):
    """Take the line back, after asking. To take back an undo is to do it again."""

    name, keys, title, word = "log-undo", "u", "Log: take the line back", "take back"
    changes = True

    @classmethod
    def run(cls, target: "LogScreen") -> None:
        """Ask, then take it back."""
        target.take_back_line()


class OneAccount(_OnLog):
    """Show only lines about the account under the cursor of the console, or all lines again."""

    name, keys, title, word = "log-account", "a", "Log: one account, or all", "one account"

    @classmethod
    def is_available(cls, target: "LogScreen") -> bool:
        """Whether there is an account under the cursor."""
        return target.account is not None

    @classmethod
    def run(cls, target: "LogScreen") -> None:
        """Change from one to all, or back."""
        target.toggle_account()


class LogBack(_OnLog):
    """Back: clear the filter, then return to the accounts."""

    name, keys, title, word = "log-back", "escape,q,L", "Log: back", "back"

    @classmethod
    def run(cls, target: "LogScreen") -> None:
        """Take one thing away."""
        target.go_back()


LOG_COMMANDS: tuple[AnyCommand, ...] = (
    ShowLine,
    LogFilter,
    TakeBack,
    OneAccount,
    Palette,
    NextTheme,
    Redraw,
    Help,
    LogBack,
)
