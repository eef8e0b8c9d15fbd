"""The table of accounts."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count, islice
from operator import attrgetter
from typing import ClassVar, Final

from textual.message import Message
from textual.reactive import reactive

from kconsole.core.records import Entry
from kconsole.core.reports import SeatReport
from kconsole.licensing.guards import is_locked_out
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.preferences import ColumnPreference
from kconsole.operations.search.sorting import SortField
from kconsole.text import words
from kconsole.text.details import last_login_word
from kconsole.text.report import NO_KEEPS, Keeps
from kconsole.tui.commands.accounts import NeverLoggedIn
from kconsole.tui.commands.base import console_of
from kconsole.tui.widgets.account_columns import DEFAULT, AccountColumn, Choice, View, choices_of, columns_of
from kconsole.tui.widgets.column_list import ALARM_SIGN, ColumnList
from kconsole.tui.widgets.painting import Part, fitted

_NUMBER: Final = attrgetter("id")

MARK_SIGN = "●"
ASCENDING_SIGN, DESCENDING_SIGN = "▲", "▼"


class AccountTable(ColumnList[Entry]):
    """Accounts, one a row. The cursor and the marks stay with an account, wherever it moves."""

    header_lines = 1
    signs: ClassVar[int] = 3

    is_suspended: reactive[bool] = reactive(False)
    """Whether the license has expired, so that no account can log in."""

    class MarksChanged(Message):
        """Other accounts are marked."""

    def __init__(self, policy: LicensePolicy) -> None:
        super().__init__("accounts")
        self._policy = policy
        self.rows: list[Entry] = []
        self._positions: dict[int, int] | None = None
        self.marked: frozenset[int] = frozenset()
        """The numbers of the marked accounts, listed or not."""
        self._report: SeatReport | None = None
        self._sort: SortField = "last-login"
        self._reverse = False
        self.choices: Sequence[Choice] = DEFAULT
        """The columns as the user chose them, those that are not shown included."""
        self.columns: Sequence[AccountColumn] = columns_of(DEFAULT)
        self._range_start: int | None = None
        self.is_folded = True
        """Whether the accounts that never logged in are not listed, where they form a group."""
        self.group = 0
        """How many there are in that group, which comes before all others; 0 if there is none."""
        self._folded: Sequence[Entry] = ()
        self.keeps: Keeps = NO_KEEPS
        """The keeps of the store, which follow it."""

    def on_mount(self) -> None:
        self.show_columns(console_of(self).preferences.columns)

    # What is shown

    def show_columns(self, preferences: Iterable[ColumnPreference]) -> None:
        """Show these columns, as many as there is room for; the default ones if there are none."""
        choices = choices_of(preferences)
        if choices != self.choices:
            self.choices, self.columns, self._layout_width = choices, columns_of(choices), -1
            self.refresh()

    def as_text(self, entries: Iterable[Entry]) -> list[list[str]]:
        """The columns that the user chose, uncut, the titles first. All of it is safe to show."""
        columns, view = [choice.column for choice in self.choices if choice.shown], self.view
        rows = [[column.cell(entry, view) for column in columns] for entry in entries]
        return [[column.title for column in columns], *rows]

    @property
    def view(self) -> View:
        return View(self.now, self._policy, self.keeps)

    def key(self, record: Entry) -> int:
        return record.id

    def show(
        self,
        rows: list[Entry],
        sort: SortField,
        reverse: bool,
        report: SeatReport,
        now: datetime,
        has_group: bool = False,
    ) -> None:
        """List these accounts. The cursor stays on its account, or goes to the next one that is still there.

        Where it `has_group`, the accounts at the top that never logged in are counted in a line, and can be folded.
        """
        before, at, line = self.rows, self.cursor, self.cursor - self.scroll_offset.y
        self.group = _never_logged_in(rows) if has_group and sort == "last-login" and not reverse else 0
        self.header_lines = 2 if self.group else 1
        self._folded, rows = (rows[: self.group], rows[self.group :]) if self.is_folded else ((), rows)
        self.rows, self._sort, self._reverse, self._report, self.now = rows, sort, reverse, report, now
        self._positions = None
        self._range_start = None
        self.cursor = self._row_to_stay_on(before, at)
        self.rows_changed(line)

    def _row_to_stay_on(self, before: Sequence[Entry], at: int) -> int:
        if at >= len(before) or not self.rows:
            return 0
        if at < len(self.rows) and self.rows[at].id == before[at].id:  # as at the top after a letter of a filter
            return at
        with suppress(ValueError):  # as after sorting
            return list(map(_NUMBER, self.rows)).index(before[at].id)
        position, numbers = self._position, map(_NUMBER, islice(before, at, None))
        still_there = next(filter(position.__contains__, numbers), None)
        return at if still_there is None else position[still_there]

    @property
    def hidden(self) -> int:
        """How many accounts are folded into the line of their group."""
        return len(self._folded)

    @property
    def _position(self) -> Mapping[int, int]:
        if self._positions is None:
            self._positions = dict(zip(map(_NUMBER, self.rows), count(), strict=False))
        return self._positions

    def change(self, entries: Iterable[Entry], report: SeatReport, now: datetime) -> None:
        """Show accounts as they are now, in their rows. Accounts that are not listed are skipped."""
        refused_before = self._refusing()
        self._report, self.now = report, now
        in_sight = self.rows_in_sight()
        for entry in entries:
            row = self._position.get(entry.id)
            if row is not None:
                self.rows[row] = entry
                if row in in_sight:
                    self.refresh_row(row)
        if self._refusing() != refused_before:
            self.refresh()

    def _refusing(self) -> bool:
        return self._report is not None and self._report.locked_out > 0

    def grow_older(self, now: datetime) -> None:
        """Count ages from another moment. Only rows in sight whose words changed are painted again."""
        before, self.now = self.now, now
        for row in self.rows_in_sight():
            if last_login_word(self.rows[row], before) != last_login_word(self.rows[row], now):
                self.refresh_row(row)

    # Marks

    def not_listed(self, numbers: Iterable[int]) -> int:
        """How many of these accounts are not in the list."""
        return sum(number not in self._position for number in numbers)

    @property
    def left_folded(self) -> int:
        """How many folded accounts are not marked where all that are listed are: they may be thought to be marked."""
        if not self._folded or not self.marked or not self.marked.issuperset(self._accounts_listed()):
            return 0
        return sum(entry.id not in self.marked for entry in self._folded)

    def _accounts_listed(self) -> set[int]:
        return _to_be_marked(filter(self._policy.is_account, self.rows))

    def mark(self, numbers: Iterable[int]) -> None:
        """Mark these accounts, and no others."""
        before, self.marked = self.marked, frozenset(numbers)
        changed = before ^ self.marked
        for row in self.rows_in_sight() if changed else ():
            if self.rows[row].id in changed:
                self.refresh_row(row)
        if changed:
            self.post_message(self.MarksChanged())

    def toggle_mark(self) -> bool:
        """Mark or unmark the account under the cursor, and move on; False if it cannot be marked."""
        entry = self.highlighted
        if entry is None or entry.deleted_at is not None:
            return False
        self.mark(self.marked ^ {entry.id})
        self.move_by(1)
        return True

    def mark_next(self, count: int) -> None:
        """Mark so many accounts from the cursor on, and move on."""
        self.mark(self.marked | _to_be_marked(filter(self._policy.is_account, self.rows[self.cursor :][:count])))
        self.move_by(count)

    def invert_marks(self) -> bool:
        """Invert the marks of the listed accounts, not of folded ones, mailing lists and the like; False if none is."""
        accounts = self._accounts_listed()
        self.mark(self.marked ^ accounts)
        return bool(accounts)

    def start_or_end_range(self) -> bool:
        """Start a range at the cursor, or mark the accounts from its start to the cursor; True if one was started."""
        if self._range_start is None:
            self._range_start = self.cursor
            return True
        first, last = sorted((self._range_start, self.cursor))
        self._range_start = None
        self.mark(self.marked | _to_be_marked(self.rows[first : last + 1]))
        return False

    def forget_range(self) -> bool:
        """Drop a range that was started; True if there was one."""
        begun, self._range_start = self._range_start is not None, None
        return begun

    # Painting

    def paint_header(self, line: int, width: int) -> Sequence[Part]:
        """The titles, with the sign of the sort order; before them if the sort order has no column in sight."""
        if line:
            sign, does = ("+", "shows") if self.is_folded else ("-", "folds")
            count = f"{'':{self.signs - 1}}{sign} {words.count(self.group, 'account')} never logged in"
            return [(count, "strong"), (f" · {console_of(self).keys.first(NeverLoggedIn)} {does} them", "muted")]
        columns = self.layout_at(width)
        sign = DESCENDING_SIGN if self._reverse else ASCENDING_SIGN
        is_in_sight = any(column.name == self._sort for column, _ in columns)
        parts: list[Part] = [(fitted("" if is_in_sight else f" {sign}", self.signs), "strong")]
        for column, cells in columns:
            if column.name == self._sort:
                parts.append((_title(column.title, sign, cells) + " ", "strong"))
            else:
                parts.append((fitted(column.title, cells) + " ", "muted"))
        return parts

    def sign_parts(self, row: int, record: Entry) -> Sequence[Part]:
        return [
            *super().sign_parts(row, record),
            (MARK_SIGN, "marked") if record.id in self.marked else (" ", ""),
            (ALARM_SIGN, "alarm") if self._is_refused(record) else (" ", ""),
        ]

    def row_style(self, row: int, record: Entry) -> str:
        if record.id in self.marked:
            return "marked"
        return "" if row == self.cursor or self._policy.listed(record).seat else "muted"

    def _is_refused(self, entry: Entry) -> bool:
        """Whether the license would keep an account from logging in."""
        return self._report is not None and is_locked_out(self._report, entry, self._policy, self.is_suspended)


def _never_logged_in(rows: Sequence[Entry]) -> int:
    """How many accounts at the top of the order by last login never logged in; 0 if no account ever did."""
    number = bisect_left(rows, True, key=lambda entry: not (entry.is_account and entry.never_logged_in))
    return number if number < len(rows) and rows[number].is_account else 0


def _to_be_marked(entries: Iterable[Entry]) -> set[int]:
    """The numbers of the accounts that can be marked: deleted ones cannot."""
    return {entry.id for entry in entries if entry.deleted_at is None}


def _title(title: str, sign: str, cells: int) -> str:
    """A title with the sign of the sort order, which is never cut off."""
    return f"{fitted(title, cells - 2)} {sign}" if len(title) + 2 > cells > 2 else fitted(f"{title} {sign}", cells)
