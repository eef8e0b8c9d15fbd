"""Commands that change what is shown: marks, filter, sorting, scope."""

from dataclasses import replace
from typing import TYPE_CHECKING

from kconsole.core.errors import ConsoleError
from kconsole.tui.commands.base import AnyCommand, Command, console_of
from kconsole.tui.messages import nothing_here

if TYPE_CHECKING:
    from kconsole.operations.preferences import ColumnPreference
    from kconsole.tui.screens.main import MainScreen


class _OnView(Command["MainScreen"]):
    group = "Looking"


class Mark(_OnView):
    """Mark the account, or take its mark away. The gauge shows what disabling or enabling those marked would do."""

    name, keys, title, word = "mark", "space", "Marks: mark the account", "mark"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Mark, and go on to the next row."""
        if not target.accounts.toggle_mark():
            target.tell(nothing_here(target.accounts.highlighted))


class MarkRange(_OnView):
    """Begin a range of marks here; press it again where the range ends."""

    name, keys, title = "mark-range", "v", "Marks: from here to where it is pressed again"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Begin or end."""
        if target.accounts.start_or_end_range():
            key = target.key_of(cls.name)
            target.tell(f"Range begun: move to its other end and press {key}. Esc lets go of it.")


class InvertMarks(_OnView):
    """Mark the listed accounts that are not, and unmark the others."""

    name, keys, title = "invert-marks", "asterisk", "Marks: invert"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Invert."""
        target.accounts.invert_marks()


class Filter(_OnView):
    """Show only what you type: words, -words, domain:x, is:never, is:disabled, seen:>180d, seen:<2025-01-01."""

    name, keys, title, word = "filter", "slash", "View: filter", "filter"

    @classmethod
    async def run(cls, target: "MainScreen") -> None:
        """Open the line to type in."""
        await target.open_filter()


class SavedFilters(_OnView):
    """Use a filter that you saved, save the one of now under a name, or forget one."""

    name, keys, title = "saved-filters", "f", "View: saved filters"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Show them."""
        from kconsole.tui.screens.saved_filters import SavedFiltersDialog

        async def use(text: str | None) -> None:
            if text is not None:
                await target.use_filter(text)

        target.app.push_screen(SavedFiltersDialog(console_of(target).preferences, target.listing.text), use)


class Sort(_OnView):
    """Choose the column to sort by."""

    name, keys, title, word = "sort", "s", "View: sort", "sort"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask for the column."""
        from kconsole.tui.screens.sort import SortDialog, Sorting

        def sort(sorting: Sorting | None) -> None:
            if sorting is not None:
                target.look(replace(target.listing, sort=sorting.field, reverse=sorting.reverse))

        target.app.push_screen(SortDialog(Sorting(target.listing.sort, target.listing.reverse)), sort)


class ReverseSort(_OnView):
    """Turn the order round."""

    name, keys, title = "reverse-sort", "S", "View: turn the order round"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Turn it round."""
        target.look(replace(target.listing, reverse=not target.listing.reverse))


class Columns(_OnView):
    """Choose the columns, their order and their widths. The choice is kept."""

    name, keys, title = "columns", "C", "View: columns"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Ask for them."""
        from kconsole.tui.screens.columns import ColumnsDialog

        def keep(columns: "tuple[ColumnPreference, ...] | None") -> None:
            if columns is None:
                return
            target.accounts.show_columns(columns)
            try:
                console_of(target).preferences.keep_columns(columns)
            except ConsoleError as error:
                target.tell_problem(error)

        target.app.push_screen(ColumnsDialog(target.accounts.choices, target.accounts.size.width), keep)


class NextDomain(_OnView):
    """Show the next domain only."""

    name, keys, title, word = "next-domain", "right_square_bracket", "View: next domain", "domain"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Go to the next."""
        target.domains.move_by(1)


class PreviousDomain(_OnView):
    """Show the domain before only; before the first come all of them."""

    name, keys, title = "previous-domain", "left_square_bracket", "View: domain before"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Go to the one before."""
        target.domains.move_by(-1)


class SwitchPane(_OnView):
    """Go from the accounts to the domains, and back."""

    name, keys, title = "switch-pane", "tab,shift+tab", "View: other pane"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Move the focus."""
        other = target.domains if target.accounts.has_focus and target.domains.display else target.accounts
        other.focus()


class Back(_OnView):
    """One step back: let go of a range, clear the filter, take the marks away, show all domains. It never quits."""

    name, keys, title = "back", "escape", "View: back"

    @classmethod
    def run(cls, target: "MainScreen") -> None:
        """Take one thing away."""
        target.go_back()


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
