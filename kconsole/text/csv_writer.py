"""Writes CSV, in the one way that everything here writes it, and in the style that the reader's spreadsheet opens."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from kconsole.text.safe_text import safe_text

Cell = str | int | float | Decimal | None
"""Text, a number, which follows the style, or nothing. A truth value is written `true` or `false`."""

_FORMULA: Final = re.compile(r"""((?:\A|[;,|\t\r\n])["'\s]*)(?=[-=+@＝＋－＠﹦﹢﹣﹫])""")
"""What precedes a text that a spreadsheet takes for a formula, whichever separator it cuts at; its sign may be wide."""


class CsvStyle(NamedTuple):
    """What spreadsheets differ in."""

    separator: str = ","
    end: str = "\n"
    decimal: str = "."
    mark: str = ""
    """What stands before the first line: a byte order mark, without which Excel takes UTF-8 for an old code page."""


STANDARD: Final = CsvStyle()
STYLES: Final[Mapping[str, CsvStyle]] = {
    "standard": STANDARD,
    "semicolon": CsvStyle(";", "\n", ","),
    "excel": CsvStyle(",", "\r\n", ".", "\ufeff"),
    "excel-semicolon": CsvStyle(";", "\r\n", ",", "\ufeff"),
}
"""By the names of the option `--csv-style`. Where a decimal comma is usual, programs separate cells by semicolons."""


def csv_text(rows: Iterable[Sequence[Cell]], style: CsvStyle = STANDARD) -> str:
    """Rows as CSV, without the mark. A quote stands before what a spreadsheet would take for a formula.

    Importers remove it. Numbers are no formulas: who wants them calculated with passes them as numbers.
    """
    import csv  # here, as the first screen does not need them
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=style.separator, lineterminator=style.end)
    writer.writerows([_text(cell, style) for cell in row] for row in rows)
    return buffer.getvalue()


def _text(cell: Cell, style: CsvStyle) -> str:
    if isinstance(cell, str):
        return _FORMULA.sub(r"\1'", safe_text(cell, None))
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell).replace(".", style.decimal)
