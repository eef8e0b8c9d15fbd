"""The list of commits on the log screen, the newest first."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import ClassVar

from kconsole.core.history import Commit
from kconsole.text.commits import clock_time, operation_word, seats_words, short_time, subject
from kconsole.text.safe_text import safe_text
from kconsole.tui.widgets.column_list import ALARM_SIGN, Column, ColumnList
from kconsole.tui.widgets.painting import Part


class LogList(ColumnList[Commit]):
    """Lines of the log."""

    header_lines: ClassVar[int] = 1
    signs: ClassVar[int] = 2
    columns = (
        Column[Commit]("Line", 5, lambda commit, _: str(commit.sequence), needs=70),
        Column[Commit]("Time", 11, lambda commit, now: short_time(commit.at, now), until=100),
        Column[Commit]("Time", 16, lambda commit, _: clock_time(commit.at), needs=100),
        Column[Commit]("Operator", 8, lambda commit, _: safe_text(commit.operator.shown), share=1, needs=50),
        Column[Commit]("Change", 15, lambda commit, _: operation_word(commit)),
        Column[Commit]("Accounts", 14, lambda commit, _: subject(commit), share=3, gives_way=True),
        Column[Commit]("Seats", 9, lambda commit, _: seats_words(commit), needs=66),
        Column[Commit]("Reason", 12, lambda commit, _: safe_text(commit.reason, 200), share=2, needs=100),
    )

    def __init__(self, now: datetime) -> None:
        super().__init__("log", now)

    def show(self, lines: Sequence[Commit], new: int = 0) -> None:
        """Show these lines, so many of them new at the top; the cursor stays on its line then."""
        at = self.cursor - self.scroll_offset.y
        self.rows = lines
        if new:
            self.cursor = self._within(self.cursor + new)
        self.rows_changed(at if new else None)

    def key(self, record: Commit) -> Hashable:
        return record.sequence

    def sign_parts(self, row: int, record: Commit) -> Sequence[Part]:
        return [*super().sign_parts(row, record), (ALARM_SIGN if record.refused else " ", "alarm")]

    def row_style(self, row: int, record: Commit) -> str:
        return "" if record.changes or row == self.cursor else "muted"
