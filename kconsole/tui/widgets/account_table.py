"""The table of accounts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple

from textual.message import Message

from kconsole.display.details import last_login_word
from kconsole.display.safe_text import safe_text
from kconsole.licensing.guards import may_connect
from kconsole.licensing.verdicts import verdict_of
from kconsole.model.records import Entry
from kconsole.model.reports import SeatReport
from kconsole.operations.roster import SortField
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList

SIGNS_WIDTH = 3
"""Cells before the first column: cursor, mark, refused at login."""

CURSOR_SIGN, MARK_SIGN, REFUSED_SIGN = "▸", "●", "!"
ASCENDING_SIGN, DESCENDING_SIGN = "▲", "▼"


class Column(NamedTuple):
    """One column of the table."""

    sort: SortField
    title: str
    width: int
    """Cells; for one that stretches, the least."""
    share: int
    """Its share of the cells that are left over; 0 if it does not stretch."""
    needs: int
    """The width of the table from which on it is shown."""
    text: Callable[[Entry, datetime], str]


def _protocol(entry: Entry, _: datetime) -> str:
    return safe_text(entry.last_login.protocol) if entry.last_login else "–"


COLUMNS = (
    Column("address", "Account", 16, 5, 0, lambda entry, _: safe_text(entry.address)),
    Column("name", "Name", 8, 2, 56, lambda entry, _: safe_text(entry.full_name)),
    Column("seat", "Seat", 6, 0, 0, lambda entry, _: "1" if verdict_of(entry).seat else "–"),
    Column("because", "Because", 12, 0, 84, lambda entry, _: verdict_of(entry).because),
    Column("last-login", "Last login", 14, 0, 0, last_login_word),
    Column("protocol", "Via", 7, 0, 84, _protocol),
)
"""The columns, in their order. Where there is no room, those that need most go first."""


class AccountTable(RowList):
    """Accounts, one a row; the cursor and the marks stay with an account, wherever it moves."""

    header_lines: ClassVar[int] = 1

    @dataclass
    class Highlighted(Message):
        """The cursor is on another account, or on none."""

        entry: Entry | None

    @dataclass
    class MarksChanged(Message):
        """Other accounts are marked."""

        marked: frozenset[int]

    def __init__(self) -> None:
        super().__init__(id="accounts")
        self._rows: list[Entry] = []
        self._position: dict[int, int] = {}
        self._marked: set[int] = set()
        self._now: datetime | None = None
        self._report: SeatReport | None = None
        self._sort: SortField = "last-login"
        self._reverse = False
        self._layout: list[tuple[Column, int]] = []
        self._layout_width = -1
        self._range_start: int | None = None

    # What is shown

    @property
    def row_count(self) -> int:
        """How many accounts are listed."""
        return len(self._rows)

    @property
    def highlighted(self) -> Entry | None:
        """The account under the cursor; None in an empty table."""
        return self._rows[self.cursor] if self._rows else None

    @property
    def rows(self) -> Sequence[Entry]:
        """The accounts that are listed, in their order."""
        return self._rows

    def show(self, rows: list[Entry], sort: SortField, reverse: bool, report: SeatReport, now: datetime) -> None:
        """List these accounts. The cursor stays on its account, or goes to the next one that is still there."""
        before, at, line = self._rows, self.cursor, self.cursor - self.scroll_offset.y
        self._rows, self._sort, self._reverse, self._report, self._now = rows, sort, reverse, report, now
        self._position = {entry.id: row for row, entry in enumerate(rows)}
        self._range_start = None
        still_there = (row for entry in before[at:] if (row := self._position.get(entry.id)) is not None)
        self.cursor = next(still_there, at if at < len(before) else 0)
        self.rows_changed(line)
        self.cursor_moved()

    def change(self, entries: Iterable[Entry], report: SeatReport, now: datetime) -> None:
        """Show accounts as they are now, where they stand; what is not listed is passed over."""
        refused_before = self._refusing()
        self._report, self._now = report, now
        for entry in entries:
            row = self._position.get(entry.id)
            if row is not None:
                self._rows[row] = entry
                self.refresh_row(row)
        if self._refusing() != refused_before:
            self.refresh()
        self.cursor_moved()

    def _refusing(self) -> bool:
        return self._report is not None and self._report.locked_out > 0

    def grow_older(self, now: datetime) -> None:
        """Tell ages as of now; only rows in sight of which the words changed are painted again."""
        before, self._now = self._now, now
        if before is not None:
            for row in self.rows_in_sight():
                entry = self._rows[row]
                if last_login_word(entry, before) != last_login_word(entry, now):
                    self.refresh_row(row)

    # Marks

    def not_listed(self, numbers: Iterable[int]) -> int:
        """How many of these accounts are not in the list."""
        return sum(number not in self._position for number in numbers)

    @property
    def marked(self) -> frozenset[int]:
        """The numbers of the marked accounts, listed or not."""
        return frozenset(self._marked)

    def mark(self, numbers: Iterable[int]) -> None:
        """Let these accounts be the marked ones."""
        numbers = set(numbers)
        changed = numbers ^ self._marked
        self._marked = numbers
        for number in changed:
            if number in self._position:
                self.refresh_row(self._position[number])
        if changed:
            self.post_message(self.MarksChanged(self.marked))

    def toggle_mark(self) -> None:
        """Mark the account under the cursor, or take its mark away; the cursor moves on."""
        if (entry := self.highlighted) is not None:
            self.mark(self._marked ^ {entry.id})
            self.move_by(1)

    def invert_marks(self) -> None:
        """Mark the listed accounts that are not marked, and take the marks of the others away."""
        self.mark(self._marked ^ {entry.id for entry in self._rows})

    def start_or_end_range(self) -> bool:
        """Begin a range at the cursor, or mark from where it began to the cursor; True if one has begun."""
        if self._range_start is None:
            self._range_start = self.cursor
            return True
        first, last = sorted((self._range_start, self.cursor))
        self._range_start = None
        self.mark(self._marked | {entry.id for entry in self._rows[first : last + 1]})
        return False

    def forget_range(self) -> bool:
        """Let go of a range that was begun; True if there was one."""
        begun = self._range_start is not None
        self._range_start = None
        return begun

    # Painting

    def cursor_moved(self) -> None:
        """Tell which account is under the cursor."""
        self.post_message(self.Highlighted(self.highlighted))

    def paint_header(self, line: int, width: int) -> Sequence[Part]:
        """The titles, with the sign of the sorting."""
        del line
        parts: list[Part] = [(" " * SIGNS_WIDTH, "")]
        for column, cells in self._columns(width):
            sign = ""
            if column.sort == self._sort:
                sign = " " + (DESCENDING_SIGN if self._reverse else ASCENDING_SIGN)
            parts.append((fitted(column.title + sign, cells) + " ", "strong" if sign else "muted"))
        return parts

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        """An account."""
        entry = self._rows[row]
        assert self._now is not None  # noqa: S101  # set with the rows
        marked = entry.id in self._marked
        refused = self._is_refused(entry)
        takes_seat = verdict_of(entry).seat
        style = "marked" if marked else ("" if takes_seat or row == self.cursor else "muted")
        parts: list[Part] = [
            (CURSOR_SIGN if row == self.cursor else " ", ""),
            (MARK_SIGN, "marked") if marked else (" ", ""),
            (REFUSED_SIGN, "alarm") if refused else (" ", ""),
        ]
        for column, cells in self._columns(width):
            text = fitted(column.text(entry, self._now), cells)
            parts.append((text + " ", style))
        return parts

    def _is_refused(self, entry: Entry) -> bool:
        """Whether the license would keep an account from logging in."""
        if self._report is None or not self._report.locked_out or not verdict_of(entry).seat:
            return False
        return not may_connect(self._report, entry).allowed

    def _columns(self, width: int) -> list[tuple[Column, int]]:
        """The columns that are shown at a width, with their cells; each is followed by one blank."""
        if width != self._layout_width:
            shown = [column for column in COLUMNS if width >= column.needs]
            spare = width - SIGNS_WIDTH - sum(column.width + 1 for column in shown)
            shares = sum(column.share for column in shown)
            widths = [column.width + max(spare, 0) * column.share // shares for column in shown]
            widths[0] += max(width - SIGNS_WIDTH - sum(widths) - len(shown), min(spare, 0))
            self._layout = list(zip(shown, widths, strict=True))
            self._layout_width = width
        return self._layout
