"""Texts that scroll and lists with a cursor, of any length: only the rows in sight are painted."""

from collections.abc import Sequence

from rich.style import Style
from textual.geometry import Offset, Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kconsole.tui.commands.base import AnyCommand, CommandTarget
from kconsole.tui.commands.console import MOVEMENTS
from kconsole.tui.styles import Palette
from kconsole.tui.widgets.painting import Part, palette_of_app, strip, wrapped


class Movable(CommandTarget, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of which some are in sight. The commands that move in a list scroll it."""

    commands = MOVEMENTS
    header_lines: int = 0

    lines: Sequence[Sequence[Part]] = ()
    """The parts of each row, where they do not depend on the width."""

    @property
    def row_count(self) -> int:
        return len(self.lines)

    @property
    def page(self) -> int:
        """How many rows are in sight."""
        return max(self.size.height - self.header_lines, 1)

    def move_to(self, row: int) -> None:
        """Go to a row, or to the nearest one."""
        self.scroll_to(y=max(min(row, self.row_count - self.page), 0), animate=False, immediate=True)

    def move_by(self, rows: int) -> None:
        self.move_to(self.scroll_offset.y + rows)

    async def run_command(self, command: AnyCommand) -> None:
        page, every = self.page, self.row_count
        half = max(page // 2, 1)
        rows = {"down": 1, "page-down": page, "half-page-down": half, "bottom": every}
        rows |= {"up": -1, "page-up": -page, "half-page-up": -half, "top": -every}
        self.move_by(rows[command.name])


class Sheet(Movable):
    """Lines that are laid out for the width. It scrolls by the keys that move in a list."""

    DEFAULT_CSS = """
    Sheet { height: 1fr; background: $background; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
        overflow-x: hidden; scrollbar-color: $border; scrollbar-background: $background;
        scrollbar-corner-color: $background; }
    """

    def lines_at(self, width: int) -> Sequence[Sequence[Part]]:
        """The lines of all that is shown."""
        raise NotImplementedError

    def lay_out(self) -> None:
        self.lines = self.lines_at(max(self.size.width - 3, 1))  # a cell at each edge, and the scroll bar, there or not
        self.virtual_size = Size(self.size.width, len(self.lines))
        self.refresh()

    def on_resize(self) -> None:
        self.lay_out()

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        parts = [(" ", ""), *self.lines[row]] if row < len(self.lines) else []
        return strip(parts, self.rich_style, palette_of_app(self), self.size.width)


class RowList(Movable):
    """Rows addressed by position, a cursor on one of them, and `header_lines` lines that stay on top."""

    cursor: reactive[int] = reactive(0, repaint=False)

    empty_text: str = ""
    """The text of an empty list. It must be safe to show."""

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        """The parts of a row; empty parts take the row's own style."""
        del width
        return self.lines[row]

    def paint_header(self, line: int, width: int) -> Sequence[Part]:
        """The parts of a line that stays on top."""
        raise NotImplementedError

    def cursor_moved(self) -> None:
        """Called when the cursor is on another row."""

    def rows_changed(self, line: int | None = None) -> None:
        """Show other rows. The cursor stays on this line in sight, unless the list stands at its top."""
        self.virtual_size = Size(self.size.width, self.row_count + self.header_lines)
        self.cursor = self._within(self.cursor)
        if line is not None and self.scroll_offset.y > 0:
            self.scroll_to(y=max(self.cursor - line, 0), animate=False, immediate=True)
        self.bring_into_sight(self.cursor)
        self.refresh()

    def move_to(self, row: int) -> None:
        self.cursor = self._within(row)

    def move_by(self, rows: int) -> None:
        self.move_to(self.cursor + rows)

    def watch_cursor(self, before: int, after: int) -> None:
        if before == after:
            return
        self.refresh_row(before)
        self.refresh_row(after)
        self.bring_into_sight(after)
        self.cursor_moved()

    @property
    def cursor_screen_offset(self) -> Offset:
        region = self.content_region
        return Offset(region.x, region.y + self.header_lines + self.cursor - self.scroll_offset.y)

    def rows_in_sight(self) -> range:
        top = self.scroll_offset.y
        return range(top, min(top + self.page, self.row_count))

    def refresh_row(self, row: int) -> None:
        y = row + self.header_lines - self.scroll_offset.y
        if self.header_lines <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def bring_into_sight(self, row: int) -> None:
        """Scroll as little as it takes to have a row in sight."""
        top = self.scroll_offset.y
        if row < top:
            self.scroll_to(y=row, animate=False, immediate=True)
        elif row >= top + self.page:
            self.scroll_to(y=row - self.page + 1, animate=False, immediate=True)

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, self.row_count + self.header_lines)
        self.bring_into_sight(self.cursor)

    def render_line(self, y: int) -> Strip:
        width, palette = self.size.width, palette_of_app(self)
        if y < self.header_lines:
            return strip(self.paint_header(y, width), self.rich_style, palette, width)
        row = y - self.header_lines + self.scroll_offset.y
        if row < self.row_count:
            return strip(self.paint_row(row, width), self._row_style(row, palette), palette, width)
        if self.row_count == 0 and y > self.header_lines:
            text = "".join(wrapped(self.empty_text, width - 1)[y - self.header_lines - 1 :][:1])
            return strip([(f" {text}", "muted")], self.rich_style, palette, width)
        return Strip.blank(width, self.rich_style)

    def _row_style(self, row: int, palette: Palette) -> Style:
        if row != self.cursor:
            return self.rich_style
        return self.rich_style + (palette.cursor if self.has_focus else palette.waiting_cursor)

    def _within(self, row: int) -> int:
        return max(min(row, self.row_count - 1), 0)
