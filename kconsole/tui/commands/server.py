"""Commands on the server: read it, and compare its numbers with ours."""

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class Sync(Command):
    """Read the server now: accounts, logins, license and its own numbers."""

    name, keys, title, word = "sync", "r,f5", "Server: read it now", "read server"
    synonyms = "refresh reload update pull fetch"
    group = "Server"
    needs = "sync"
    changes = True


class Reconcile(Command):
    """Compare kconsole's count with the server's numbers of the last reading, with likely causes of differences."""

    name, keys, title = "reconcile", "equals_sign", "Server: compare its numbers with ours"
    synonyms = "why difference compare check wrong"
    group = "Server"


class _ComparisonCommand(Command):
    group = "Comparison"
    prefix = "reconcile-"


class WholeFigure(_ComparisonCommand):
    """Show everything about the figure: likely causes of a difference, with all accounts."""

    name, keys, title, word = "figure-details", "enter", "Comparison: all about the figure", "all of it"


class NextDifference(_ComparisonCommand):
    """Go to the next figure that differs; after the last comes the first."""

    name, keys = "next-difference", "right_square_bracket"
    title, word = "Comparison: next difference", "next difference"


class SyncHere(_ComparisonCommand):
    """Read the server now, and compare again."""

    name, keys, title, word = "reconcile-sync", "r,f5", "Comparison: read the server now", "read server"
    needs = "sync"
    changes = True


class ComparisonBack(_ComparisonCommand):
    """Back to the accounts."""

    name, keys, title, word = "reconcile-back", "escape,q,equals_sign", "Comparison: back", "back"


SERVER_COMMANDS: tuple[AnyCommand, ...] = (Sync, Reconcile)

_ON_FIGURES = (WholeFigure, NextDifference, SyncHere)
RECONCILE_COMMANDS: tuple[AnyCommand, ...] = (*_ON_FIGURES, Palette, NextTheme, Redraw, Help, ComparisonBack)
