"""Reports: every format holds the same cells, harmless where it is opened."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from kconsole.core.records import Entry, LastLogin
from kconsole.licensing.policy import KERIO
from kconsole.operations.appearance import CSV_STYLES
from kconsole.text.csv_writer import STYLES, csv_text
from kconsole.text.report import CELLS, DEFAULT, FORMATS, PIECE, report_pieces

NOW = datetime(2026, 8, 5, 12, tzinfo=UTC)
LOGIN = LastLogin(datetime(2025, 1, 2, 3, 4, tzinfo=UTC), "IMAP")
ENTRIES = (
    Entry(address="anna@north.example", full_name="=SUM(1)", last_login=LOGIN),
    Entry(address="off@north.example", full_name="a|b *c*", enabled=False),
    Entry(address="müller@north.example", full_name="Müller; Zoë"),
)


def report(*arguments: Any, **options: Any) -> str:
    return "".join(report_pieces(*arguments, **options))


def rows(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=separator))


def test_csv_has_titles_and_absolute_times_and_totals_and_no_formula() -> None:
    titles, anna, *others, total = rows(report("csv", ENTRIES, DEFAULT, KERIO, NOW), ",")
    assert titles == ["Account", "Name", "Seat", "Because", "Last login", "Via"]
    assert anna == ["anna@north.example", "'=SUM(1)", "1", "local", "2025-01-02T03:04:00Z", "IMAP"]
    assert others[0][2:] == ["", "disabled", "never", ""]
    assert total == ["Total: 3 entries, 2 seats", "", "", "", "", ""]


def test_a_spreadsheet_gets_semicolons_a_bom_and_times_that_it_takes_for_times() -> None:
    text = report("spreadsheet", ENTRIES, DEFAULT, KERIO, NOW)
    assert text[0] == "\ufeff"
    _, anna, _, other, _ = rows(text[1:], ";")
    assert datetime.fromisoformat(anna[4]).year == 2025
    assert other[:2] == ["müller@north.example", "Müller; Zoë"]


def test_json_has_the_columns_in_their_order_and_what_was_asked() -> None:
    document = json.loads(report("json", ENTRIES, ("name", "address"), KERIO, NOW, "is:seat"))
    assert list(document["accounts"][0]) == ["name", "address"]
    assert (document["filter"], document["number"], document["made_at"]) == ("is:seat", 3, "2026-08-05T12:00:00Z")


def test_markdown_has_one_row_for_each_and_no_markup_of_a_name() -> None:
    lines = report("markdown", ENTRIES, ("address", "name"), KERIO, NOW).splitlines()
    assert lines[2:4] == ["| Account | Name |", "| --- | --- |"]
    assert lines[5] == r"| off@north.example | a\|b \*c\* |"


@pytest.mark.parametrize("form", FORMATS)
def test_every_column_can_be_written(form: str) -> None:
    assert report(form, ENTRIES, tuple(CELLS), KERIO, NOW)
    assert report(form, (), ("address",), KERIO, NOW)


@pytest.mark.parametrize("form", FORMATS)
def test_the_pieces_of_a_long_report_are_those_of_a_whole_one(form: str) -> None:
    entries = tuple(Entry(address=f"p{number}@north.example") for number in range(2 * PIECE + 1))
    text = report(form, entries, ("address",), KERIO, NOW)
    assert [text.count(entry.address) for entry in entries] == [1] * len(entries)
    if form == "json":
        assert text.encode() == orjson.dumps(json.loads(text), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    assert max(len(piece) for piece in report_pieces(form, entries, ("address",), KERIO, NOW)) < len(text)


def test_a_csv_report_follows_the_style() -> None:
    text = report("csv", ENTRIES, DEFAULT, KERIO, NOW, style=STYLES["excel-semicolon"])
    assert (text[0], text.count("\ufeff"), text.count("\r\n"), text.count("\n")) == ("\ufeff", 1, 5, 5)
    assert rows(text[1:], ";")[1][:2] == ["anna@north.example", "'=SUM(1)"]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("standard", "'-1,-1,2.5,true,,a;'-b\n"),
        ("semicolon", "'-1;-1;2,5;true;;\"a;'-b\"\n"),
        ("excel", "'-1,-1,2.5,true,,a;'-b\r\n"),
        ("excel-semicolon", "'-1;-1;2,5;true;;\"a;'-b\"\r\n"),
    ],
)
def test_numbers_follow_the_style_and_are_no_formulas(style: str, expected: str) -> None:
    assert csv_text([["-1", -1, Decimal("2.5"), True, None, "a;-b"]], STYLES[style]) == expected


def test_every_style_that_can_be_chosen_is_there() -> None:
    assert tuple(STYLES) == CSV_STYLES
