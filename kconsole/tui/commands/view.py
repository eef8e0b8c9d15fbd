"""Commands that change what is shown: marks, filter, sorting, scope."""

from kconsole.tui.commands.base import AnyCommand, Command


class _ViewCommand(Command):
    group = "Looking"


class Mark(_ViewCommand):
    """Mark the account, or remove its mark. The gauge shows what disabling or enabling the marked accounts would do."""

    name, keys, title, word = "mark", "space", "Marks: mark the account", "mark"


class MarkRange(_ViewCommand):
    """Begin a range of marks here; press it again where the range ends."""

    name, keys, title = "mark-range", "v", "Marks: from here to where it is pressed again"


class InvertMarks(_ViewCommand):
    """Mark the listed accounts that are not marked, and unmark the others."""

    name, keys, title = "invert-marks", "asterisk", "Marks: invert"


class Filter(_ViewCommand):
    """Show only what you type: words, -words, domain:x, is:never, is:disabled, seen:>180d, seen:<2025-01-01."""

    name, keys, title, word = "filter", "slash", "View: filter", "filter"


class SavedFilters(_ViewCommand):
    """Use a filter that you saved, save the current one under a name, or forget one."""

    name, keys, title = "saved-filters", "f", "View: saved filters"


class Sort(_ViewCommand):
    """Choose the column to sort by."""

    name, keys, title, word = "sort", "s", "View: sort", "sort"


class ReverseSort(_ViewCommand):
    """Reverse the order."""

    name, keys, title = "reverse-sort", "S", "View: reverse the order"


class Columns(_ViewCommand):
    """Choose the columns, their order and their widths. The choice is kept."""

    name, keys, title = "columns", "C", "View: columns"


class NextDomain(_ViewCommand):
    """Show the next domain only."""

    name, keys, title, word = "next-domain", "right_square_bracket", "View: next domain", "domain"


class PreviousDomain(_ViewCommand):
    """Show the domain before only; before the first come all of them."""

    name, keys, title = "previous-domain", "left_square_bracket", "View: domain before"


class SwitchPane(_ViewCommand):
    """Go from the accounts to the domains, and back."""

    name, keys, title = "switch-pane", "tab,shift+tab", "View: other pane"


class Back(_ViewCommand):
    """One step back: drop a range, clear the filter, remove the marks, show all domains. It never quits."""

    name, keys, title = "back", "escape", "View: back"


VIEW_COMMANDS: tuple[AnyCommand, ...] = (
    Mark,
    MarkRange,
    InvertMarks,
    Filter,
    SavedFilters,
    Sort,
    ReverseSort,
    Columns,
    NextDomain,
    PreviousDomain,
    SwitchPane,
    Back,
)
