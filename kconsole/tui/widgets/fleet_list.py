"""The list of the stores of all contexts."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar, Final

from rich.cells import cell_len

from kconsole.operations.fleet_reading import FleetRow
from kconsole.text import fleet as texts
from kconsole.text.gauge import gauge_bar
from kconsole.text.screen import context_words
from kconsole.tui.widgets.column_list import ALARM_SIGN, Column, ColumnList
from kconsole.tui.widgets.painting import Part, fitted

LEAST_BAR: Final = 4
"""Cells of the shortest bar."""

LONGEST_NAME: Final = 20


def _name(row: FleetRow, _: Any) -> str:
    return context_words(row.context.name, row.context.confirm_name, LONGEST_NAME)


def _used(row: FleetRow, _: Any) -> str:
    return "" if row.facts is None else texts.used_words(row.facts)


def _free(row: FleetRow, _: Any) -> str:
    return "" if row.facts is None else texts.free_words(row.facts)


def _reserved(row: FleetRow, is_any: bool) -> str:
    return "" if row.facts is None or not is_any else f"{row.facts.report.reserved:,}"


def _age(row: FleetRow, _: Any) -> str:
    return "" if row.facts is None else texts.age_words(row.read_at, row.facts)


def _product(row: FleetRow, _: Any) -> str:
    return "" if row.facts is None else row.facts.policy.name


def _role(row: FleetRow, _: Any) -> str:
    return "" if row.facts is None else texts.role_words(row.role, row.context.read_only)


def alarm_words(row: FleetRow, _: Any = None) -> str:
    """What is not as it should be, or why there are no figures."""
    return texts.alarm_words(row.alarm, row.findings) if row.facts is not None else problem_words(row)


def _worst(row: FleetRow, _: Any) -> str:
    """The same where there is little room."""
    return alarm_words(row).partition(": ")[2] or alarm_words(row)


def problem_words(row: FleetRow) -> str:
    """Why there are no figures, in few words and then in all of them, unless these begin with the same."""
    word = texts.STATE_WORDS[row.state]
    if row.error is None:
        return word
    sentence = texts.problem_words(row.state, row.error)
    return sentence if row.state in ("missing", "unusable") else f"{word}: {sentence}"


_NAME: Final = Column[FleetRow]("Store", 18, _name, fits=True, needs=60)
_SHORT_NAME: Final = Column[FleetRow]("Store", 11, _name, fits=True, until=60)
_USED: Final = Column[FleetRow]("Used", 20, _used, share=1, most=40)


class FleetList(ColumnList[FleetRow]):
    """Contexts with their figures. One that could not be read says why in place of them."""

    signs: ClassVar[int] = 3
    header_lines = 1
    columns = (
        _NAME,
        _SHORT_NAME,
        Column[FleetRow]("Product", 13, _product, needs=100, fits=True, leaves=1),
        _USED,
        Column[FleetRow]("Free", 9, _free, right=True, fits=True, needs=46),
        Column[FleetRow]("Reserved", 8, _reserved, right=True, needs=100, fits=True),
        Column[FleetRow]("Full 90 d", 9, lambda row, _: texts.chance_words(row.chance, row.has_forecast), needs=56),
        Column[FleetRow]("Maintained", 10, lambda row, _: texts.day_words(row.maintenance), needs=100),
        Column[FleetRow]("Data", 13, _age, fits=True, needs=66),
        Column[FleetRow]("Role", 13, _role, needs=100, fits=True, leaves=2),
        Column[FleetRow]("Alarms", 10, _worst, share=5, needs=60, until=100, gives_way=True),
        Column[FleetRow]("Alarms", 17, _worst, share=5, needs=100, until=132, gives_way=True),
        Column[FleetRow]("Alarms", 24, alarm_words, share=3, needs=132, gives_way=True),
    )

    def __init__(self) -> None:
        super().__init__("fleet")
        self._is_any_reserved = False

    @property
    def view(self) -> bool:
        """Whether any seat is reserved; otherwise that needs no column."""
        return self._is_any_reserved

    def show_rows(self, rows: Sequence[FleetRow]) -> None:
        self._is_any_reserved = any(row.facts is not None and row.facts.report.reserved for row in rows)
        super().show_rows(rows)

    def key(self, record: FleetRow) -> Hashable:
        return record.context.name

    def sign_parts(self, row: int, record: FleetRow) -> Sequence[Part]:
        is_ok = record.state == "reading" or record.alarm == "ok"
        style = "alarm" if record.alarm == "critical" else "notice"
        return [*super().sign_parts(row, record), (" " if is_ok else ALARM_SIGN, style), (" ", "")]

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        """The cells; of a store without figures, why there are none, in the place of all of them."""
        record = self.rows[row]
        if record.facts is not None:
            return super().paint_row(row, width)
        parts = list(self.sign_parts(row, record))
        cells = next((cells for column, cells in self.layout_at(width) if column.cell is _name), 0)
        parts += self.paint_cell(_NAME, record, cells, "")
        room = max(width - self.signs - cells - 1, 0)
        return [*parts, (fitted(problem_words(record), room), "muted" if record.state == "reading" else "notice")]

    def paint_cell(self, column: Column[Any], record: FleetRow, cells: int, style: str) -> Iterable[Part]:
        text = column.cell(record, self.view)
        if column.cell is _name:
            yield fitted(text, cells), f"context-{record.context.colour}"
            yield " ", ""
        elif column.cell is _used and record.facts is not None:
            longest = max(cell_len(_used(each, None)) for each in self.rows)  # so that all bars are as long
            bar = cells - longest - 1
            if bar >= LEAST_BAR:
                yield from gauge_bar(record.facts.report, bar)
                yield " ", ""
                cells = longest
            yield f"{fitted(text, cells)} ", style
        elif column.cell in (alarm_words, _worst):
            part = {"ok": "muted", "critical": "alarm"}.get(record.alarm, "notice")
            yield f"{fitted(text, cells)} ", part
        else:
            yield from super().paint_cell(column, record, cells, style)
