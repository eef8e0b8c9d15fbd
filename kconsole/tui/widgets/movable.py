"""What the commands that move in a list act on: a list with a cursor, or a text that scrolls."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.scroll_view import ScrollView

from kconsole.tui.commands.base import AnyCommand, CommandTarget, bindings_of
from kconsole.tui.commands.movement import MOVEMENTS


class Movable(CommandTarget, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of which some are in sight; the movement commands go from one to another."""

    commands: ClassVar[Sequence[AnyCommand]] = MOVEMENTS
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MOVEMENTS)

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    @property
    def page(self) -> int:
        """How many rows are in sight."""
        raise NotImplementedError

    def move_to(self, row: int) -> None:
        """Go to a row, or the nearest there is."""
        raise NotImplementedError

    def move_by(self, rows: int) -> None:
        """Go down, or up."""
        raise NotImplementedError

    def action_down(self) -> None:
        self.move_by(1)

    def action_up(self) -> None:
        self.move_by(-1)

    def action_page_down(self) -> None:
        self.move_by(self.page)

    def action_page_up(self) -> None:
        self.move_by(-self.page)

    def action_half_page_down(self) -> None:
        self.move_by(max(self.page // 2, 1))

    def action_half_page_up(self) -> None:
        self.move_by(-max(self.page // 2, 1))

    def action_top(self) -> None:
        self.move_to(0)

    def action_bottom(self) -> None:
        self.move_to(self.row_count - 1)
