"""The list of what was done, the newest first."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from textual.message import Message

from kconsole.core.history import Commit
from kconsole.text.commits import clock_time, operation_word, operator_words, seats_words, short_time, subject
from kconsole.text.safe_text import safe_text
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList

SIGNS_WIDTH = 2
"""Cells before the first column: cursor, refused."""

CURSOR_SIGN, REFUSED_SIGN = "▸", "!"


class Column(NamedTuple):
    """One column of the log."""

    title: str
    width: int
    """Cells; for one that stretches, the least."""
    share: int
    """Its share of the cells that are left over."""
    needs: int
    """The width of the list from which on it is shown."""
    text: Callable[[Commit, datetime], str]
    until: int = 10_000
    """The width of the list from which on it is not shown any more."""


COLUMNS = (
    Column("Line", 5, 0, 70, lambda commit, _: str(commit.sequence)),
    Column("Time", 11, 0, 0, lambda commit, now: short_time(commit.at, now), until=100),
    Column("Time", 16, 0, 100, lambda commit, _: clock_time(commit.at)),
    Column("Operator", 8, 1, 50, lambda commit, _: operator_words(commit.operator)),
    Column("Deed", 15, 0, 0, lambda commit, _: operation_word(commit)),
    Column("Accounts", 14, 3, 0, lambda commit, _: subject(commit)),
    Column("Seats", 9, 0, 66, lambda commit, _: seats_words(commit)),
    Column("Reason", 12, 2, 100, lambda commit, _: safe_text(commit.reason, 200)),
)
"""The columns, in their order. Where there is no room, those that need most go first."""


class LogList(RowList):
    """Lines of the log."""

    header_lines: ClassVar[int] = 1

    class Reached(Message):
        """The cursor is on another line."""

    def __init__(self, now: datetime) -> None:
        super().__init__(id="log")
        self._now = now
        self.lines: Sequence[Commit] = ()

    @property
    def row_count(self) -> int:
        """How many lines there are so far."""
        return len(self.lines)

    @property
    def highlighted(self) -> Commit | None:
        """The line under the cursor; None if there are none."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    def show(self, lines: Sequence[Commit], new: int = 0) -> None:
        """Show these lines.

        Args:
            lines: all that fit, the newest first.
            new: how many at the top came since the last time; the cursor stays on its line.
        """
        at = self.cursor - self.scroll_offset.y
        self.lines = lines
        if new:
            self.cursor = self._within(self.cursor + new)
        self.rows_changed(at if new else None)

    def cursor_moved(self) -> None:
        """Tell that more may be wanted."""
        self.post_message(self.Reached())

    def paint_header(self, line: int, width: int) -> Sequence[Part]:
        """The titles."""
        del line
        titles = "".join(fitted(column.title, cells) + " " for column, cells in self._columns(width))
        return [(" " * SIGNS_WIDTH + titles, "muted")]

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        """A line of the log."""
        commit = self.lines[row]
        cells = "".join(fitted(column.text(commit, self._now), cells) + " " for column, cells in self._columns(width))
        return [
            (CURSOR_SIGN if row == self.cursor else " ", ""),
            (REFUSED_SIGN if commit.refused else " ", "alarm"),
            (cells, "" if commit.changes or row == self.cursor else "muted"),
        ]

    def _columns(self, width: int) -> list[tuple[Column, int]]:
        """The columns that are shown at a width, with their cells; each is followed by one blank."""
        shown = [column for column in COLUMNS if column.needs <= width < column.until]
        spare = max(width - SIGNS_WIDTH - sum(column.width + 1 for column in shown), 0)
        shares = sum(column.share for column in shown)
        return [(column, column.width + spare * column.share // shares) for column in shown]
