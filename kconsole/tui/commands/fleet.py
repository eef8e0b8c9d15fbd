"""Commands of Fleet, the screen with the stores of all contexts."""

from kconsole.tui.commands.base import Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class _FleetCommand(Command):
    group = "Stores"
    prefix = "fleet-"


class OpenStore(_FleetCommand):
    """Open the store; esc leads back from its accounts. Of one that cannot be read, show why."""

    name, keys, title, word = "fleet-open", "enter", "Stores: open", "open"


class FleetFilter(_FleetCommand):
    """Show only stores that hold the words you type: name, note, product, alarm."""

    name, keys, title, word = "fleet-filter", "slash", "Stores: filter", "filter"


class FleetSort(_FleetCommand):
    """The next order: as in the configuration, alarms, fewest free seats, chance of none."""

    name, keys, title, word = "fleet-sort", "s", "Stores: next order", "sort"


class FleetRead(_FleetCommand):
    """Read all stores again."""

    name, keys, title, word = "fleet-read", "r", "Stores: read again", "read"
    synonyms = "refresh reload"


class FleetBack(_FleetCommand):
    """Back: clear the filter."""

    name, keys, title = "fleet-back", "escape", "Stores: back"


class FleetQuit(_FleetCommand):
    """Quit."""

    name, keys, title, word = "fleet-quit", "q,ctrl+q", "Stores: quit", "quit"
    synonyms = "exit leave close"


FLEET_COMMANDS = (
    OpenStore, FleetFilter, FleetSort, FleetRead, Palette, NextTheme, Redraw, Help, FleetBack, FleetQuit,
)  # fmt: skip
