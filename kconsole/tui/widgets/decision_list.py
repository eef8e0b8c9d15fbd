"""The list of reservations, keeps and protections."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from kconsole.text.decisions import (
    Decided,
    from_words,
    is_over,
    name_words,
    reason_words,
    until_words,
    what_words,
)
from kconsole.tui.widgets.column_list import Column, ColumnList
from kconsole.tui.widgets.painting import Part


class DecisionList(ColumnList[Decided]):
    """Decisions by their kind."""

    signs: ClassVar[int] = 2
    header_lines = 1
    columns = (
        Column[Decided]("Decision", 20, what_words, fits=True),
        Column[Decided]("For", 16, name_words, share=1, gives_way=True),
        Column[Decided]("From", 10, from_words, fits=True, leaves=1),
        Column[Decided]("Until", 15, until_words, fits=True),
        Column[Decided]("Reason", 30, reason_words, share=1, needs=100),
    )

    def __init__(self) -> None:
        super().__init__("decisions")

    def key(self, record: Decided) -> Hashable:
        return record.table, record.number

    def sign_parts(self, row: int, record: Decided) -> Sequence[Part]:
        return [*super().sign_parts(row, record), (" ", "")]

    def row_style(self, row: int, record: Decided) -> str:
        return "muted" if is_over(record, self.now) and row != self.cursor else ""
