"""Our count beside the live server's own figures, and what may explain a difference."""

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar

from textual.reactive import reactive

from kconsole.licensing.comparison import Comparison
from kconsole.text.server import cause_words, figure_cells
from kconsole.tui.widgets.column_list import ALARM_SIGN, Column, ColumnList
from kconsole.tui.widgets.painting import Painted, Part, wrapped

UNREAD_SIGN = "?"


class FigureList(ColumnList[Comparison]):
    """The figures that both sides count, each with both numbers and the difference."""

    header_lines = 1
    signs: ClassVar[int] = 3
    columns = (
        Column[Comparison](
            "Figure", 10, lambda line, _: figure_cells(line).title, share=1, most=44, until=110, gives_way=True
        ),
        Column[Comparison]("Figure", 30, lambda line, _: figure_cells(line).title, needs=110),
        Column[Comparison]("Ours", 11, lambda line, _: figure_cells(line).ours, right=True),
        Column[Comparison]("Server", 11, lambda line, _: figure_cells(line).theirs, right=True),
        Column[Comparison]("Difference", 11, lambda line, _: figure_cells(line).difference, right=True),
        Column[Comparison](
            "  Likely cause", 20, lambda line, _: _first_cause(line), needs=110, share=2, gives_way=True
        ),
    )

    def __init__(self) -> None:
        super().__init__("figures")

    def key(self, record: Comparison) -> Hashable:
        return record.name

    def paint_header(self, line: int, width: int) -> Sequence[Part]:
        return super().paint_header(line, width) if self.rows else []

    def sign_parts(self, row: int, record: Comparison) -> Sequence[Part]:
        sign = UNREAD_SIGN if not record.is_read else " " if record.agrees else ALARM_SIGN
        return [*super().sign_parts(row, record), (f"{sign} ", self.row_style(row, record))]

    def row_style(self, row: int, record: Comparison) -> str:
        if record.is_read:
            return "" if record.agrees else "notice"
        return "" if row == self.cursor else "muted"


def _first_cause(line: Comparison) -> str:
    """The likeliest cause of a difference, which the pane below explains with the others."""
    return "" if line.agrees or not line.causes else f"  {cause_words(line.causes[0], 1)}"


class CausesPane(Painted):
    """The likely reasons for a difference, with accounts."""

    lines: reactive[tuple[Part, ...]] = reactive(())
    """Each with the part that it is painted as; safe to show."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        shown = [(line, part) for text, part in self.lines for line in _indented(text, width - 2)]
        height = self.size.height
        if y == height - 1 and len(shown) > height:
            yield f" … {len(shown) - height + 1} more lines", "muted"
        elif y < len(shown):
            yield f" {shown[y][0]}", shown[y][1]


def _indented(text: str, width: int) -> list[str]:
    """A text in lines, of which all but the first are indented."""
    first, *_ = wrapped(text, width) or [""]
    rest = text[len(first) :].lstrip() if first.strip() else ""
    return [first, *(f"  {line}" for line in wrapped(rest, width - 2))]
