"""Commands that move the cursor in a list. Keys as in vim, k9s and lazygit."""

from typing import TYPE_CHECKING

from kconsole.tui.commands.base import AnyCommand, Command

if TYPE_CHECKING:
    from kconsole.tui.widgets.row_list import RowList


class _Movement(Command["RowList"]):
    group = "Moving"


class Down(_Movement):
    """Next row."""

    name, keys, title = "down", "j,down", "Move: next row"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move one row down."""
        target.move_by(1)


class Up(_Movement):
    """Row before."""

    name, keys, title = "up", "k,up", "Move: row before"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move one row up."""
        target.move_by(-1)


class PageDown(_Movement):
    """A page down."""

    name, keys, title = "page-down", "pagedown,ctrl+f", "Move: a page down"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move one page down."""
        target.move_by(target.page)


class PageUp(_Movement):
    """A page up."""

    name, keys, title = "page-up", "pageup", "Move: a page up"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move one page up."""
        target.move_by(-target.page)


class HalfPageDown(_Movement):
    """Half a page down."""

    name, keys, title = "half-page-down", "ctrl+d", "Move: half a page down"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move half a page down."""
        target.move_by(max(target.page // 2, 1))


class HalfPageUp(_Movement):
    """Half a page up."""

    name, keys, title = "half-page-up", "ctrl+u", "Move: half a page up"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move half a page up."""
        target.move_by(-max(target.page // 2, 1))


class Top(_Movement):
    """First row."""

    name, keys, title = "top", "g,home", "Move: first row"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move to the first row."""
        target.move_to(0)


class Bottom(_Movement):
    """Last row."""

    name, keys, title = "bottom", "G,end", "Move: last row"

    @classmethod
    def run(cls, target: "RowList") -> None:
        """Move to the last row."""
        target.move_to(target.row_count - 1)


MOVEMENTS: tuple[AnyCommand, ...] = (Down, Up, PageDown, PageUp, HalfPageDown, HalfPageUp, Top, Bottom)
