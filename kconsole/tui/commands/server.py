"""Commands on the live server: read it, and compare its numbers with ours."""

from typing import TYPE_CHECKING

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw

if TYPE_CHECKING:
    from kconsole.tui.screens.main import MainScreen
    from kconsole.tui.screens.reconcile import ReconcileScreen


class _OnServer(Command["MainScreen"]):
    group = "Server"


class Sync(_OnServer):
    """Read the live server now: accounts, logins, license and its own numbers. Its password is asked for once."""

    name, keys, title, word = "sync", "r,f5", "Server: read it now", "read server"
    changes = True

    @classmethod
    def is_of_use(cls, target: "MainScreen") -> bool:
        """Whether there is one, and it may be asked."""
        return target.session.state.server is not None and not target.session.offline

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask for the password where nobody gave it yet, then read beside the screen."""
        target.read_server()


class Reconcile(_OnServer):
    """Compare our count with the server's own numbers as of when it was read, and say what may explain a difference."""

    name, keys, title = "reconcile", "equals_sign", "Server: compare its numbers with ours"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Show them side by side."""
        target.open_reconcile()


class _OnComparison(Command["ReconcileScreen"]):
    group = "Comparison"


class WholeFigure(_OnComparison):
    """Show everything about the figure: what is likely behind the difference, with all accounts."""

    name, keys, title, word = "figure-details", "enter", "Comparison: all about the figure", "all of it"

    @classmethod
    def is_of_use(cls, target: "ReconcileScreen") -> bool:
        """Whether there is a figure."""
        return target.figures.highlighted is not None

    @classmethod
    def run(cls, target: "ReconcileScreen") -> None:
        """Show it."""
        target.show_figure()


class NextDifference(_OnComparison):
    """Go to the next figure that differs; after the last comes the first."""

    name, keys, title, word = (
        "next-difference",
        "right_square_bracket",
        "Comparison: next difference",
        "next difference",
    )

    @classmethod
    def is_of_use(cls, target: "ReconcileScreen") -> bool:
        """Whether something differs."""
        return any(not each.agrees for each in target.figures.rows)

    @classmethod
    def run(cls, target: "ReconcileScreen") -> None:
        """Go there."""
        target.next_difference()


class SyncHere(_OnComparison):
    """Read the live server now, and compare anew."""

    name, keys, title, word = "reconcile-sync", "r,f5", "Comparison: read the server now", "read server"
    changes = True

    @classmethod
    def is_of_use(cls, target: "ReconcileScreen") -> bool:
        """Whether there is a server, and it may be asked."""
        return target.session.state.server is not None and not target.session.offline

    @classmethod
    def run(cls, target: "ReconcileScreen") -> None:
        """Ask for the password where nobody gave it yet, then read beside the screen."""
        target.read_server()


class ComparisonBack(_OnComparison):
    """Back to the accounts."""

    name, keys, title, word = "reconcile-back", "escape,q,equals_sign", "Comparison: back", "back"

    @classmethod
    def run(cls, target: "ReconcileScreen") -> None:
        """Return."""
        target.dismiss(None)


SERVER_COMMANDS: tuple[AnyCommand, ...] = (Sync, Reconcile)

RECONCILE_COMMANDS: tuple[AnyCommand, ...] = (
    WholeFigure,
    NextDifference,
    SyncHere,
    Palette,
    NextTheme,
    Redraw,
    Help,
    ComparisonBack,
)
