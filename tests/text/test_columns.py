"""Columns, measured in cells."""

import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import wcswidth, wcwidth

from kconsole.text.columns import cell_width, cut, pad, table, wrapped
from kconsole.text.safe_text import safe_text

SHOWN_TEXT = (
    st.text() | st.text(st.sampled_from("ab王明é\u0301\u0308ö한🇩🇪👍\U0001f3fb…\u0e33\u093fЖ"), max_size=30)
).map(safe_text)


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("Jo", 2), ("Łukasz", 6), ("王小明", 6), ("e\u0308", 1), ("…", 1), ("한국어", 6), ("a\x1bb", 2)],
)
def test_cell_width(text: str, cells: int) -> None:
    assert cell_width(text) == cells


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("Hannah", 6, "Hannah"),
        ("Hannah", 5, "Hann…"),
        ("Hannah", 1, "…"),
        ("Hannah", 0, ""),
        ("Hannah", -1, ""),
        ("王小明", 6, "王小明"),
        ("王小明", 5, "王小…"),
        ("王小明", 4, "王…"),
        ("王小明", 2, "…"),
        ("xq\u0308q\u0308q", 3, "xq\u0308…"),
        ("q\u0308\u0301q", 1, "…"),
    ],
)
def test_cut(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


def test_cut_with_an_ellipsis_of_ascii() -> None:
    assert cut("Hannah Arendt", 8, "...") == "Hanna..."
    assert cut("Hannah Arendt", 2, "...") == ".."


@pytest.mark.parametrize(
    ("text", "right", "expected"),
    [("Jo", False, "Jo   "), ("Jo", True, "   Jo"), ("王小", False, "王小 "), ("Johanna", True, "Johanna")],
)
def test_pad(text: str, right: bool, expected: str) -> None:
    assert pad(text, 5, right=right) == expected


@given(SHOWN_TEXT, st.integers(0, 40))
def test_a_cut_and_padded_cell_has_exactly_its_width(text: str, width: int) -> None:
    cell = pad(cut(text, width), width)
    assert cell_width(cell) == width
    assert wcswidth(cell) == width


@given(SHOWN_TEXT, st.integers(1, 40))
def test_a_cut_keeps_whole_letters(text: str, width: int) -> None:
    shortened = cut(text, width)
    if shortened == text:
        return
    kept = shortened.removesuffix("…")
    assert text.startswith(kept)
    following = text[len(kept)]
    assert not unicodedata.combining(following)
    # No room is wasted: not more than the first cell of a wide character.
    assert cell_width(text[: len(kept) + 1]) > width - 1 or wcwidth(following) == 0


HEADER = ["Account", "Name", "Seats"]
ROWS = [["j.hart@northwind.example", "Jo Hart", "1"], ["p.lin@retail.example", "王小明", "1,200"], ["x@y"]]


def test_table() -> None:
    assert list(table(HEADER, ROWS, right={2})) == [
        "Account                   Name     Seats",
        "j.hart@northwind.example  Jo Hart      1",
        "p.lin@retail.example      王小明   1,200",
        "x@y",
    ]


def test_a_narrow_table_goes_on_below_and_breaks_no_word() -> None:
    rows = [["j.hart@x.example", "Jo of the Hart", "left in June, j.doe@x.example has it"]]
    assert list(table(["A", "B", "C"], rows, whole={0}, width=46)) == [
        "A                 B            C",
        "j.hart@x.example  Jo of the    left in June,",
        "                  Hart         j.doe@x.example",
        "                               has it",
    ]


def test_a_narrow_table_drops_columns_first() -> None:
    rows = [["a" * 12, "b" * 12, "c" * 12]]
    assert list(table(["A", "B", "C"], rows, drops=(1, 2), width=30)) == ["A             C", f"{'a' * 12}  {'c' * 12}"]
    assert next(table(["A", "B", "C"], rows, drops=(1, 2), width=40)).split() == ["A", "B", "C"]


def test_the_rest_of_a_row_stands_below_an_address_that_is_too_long() -> None:
    address = "very.long.login@northwind.example"
    lines = list(table(["A", "B"], [[address, "x y"]], whole={0}, width=40))
    assert [line.strip() for line in lines[1:]] == [address, "x y"]


def test_addresses_and_times_are_never_broken() -> None:
    address = f"{'a' * 40}@northwind.example"
    lines = list(table(["WHAT", "WHY"], [[f"anna@north.example, {address} and 3 more", "left"]], width=40))
    assert [line.split()[0] for line in lines[1:]] == ["anna@north.example,", address, "and"]
    assert wrapped("since 2026-08-05 12:03 CEST", 16) == ["since", "2026-08-05 12:03 CEST"]
    assert wrapped("until 2026-08-05, one day", 12) == ["until", "2026-08-05,", "one day"]


def test_in_a_file_one_long_name_pushes_no_other_out_of_sight() -> None:
    lines = list(table(["A", "B"], [["a" * 100, "1"], ["b", "2"]]))
    assert lines[1] == f"{'a' * 100}  1"
    assert len(lines[2]) < 40


def test_a_table_without_rows_has_its_header() -> None:
    assert list(table(HEADER, [])) == ["Account  Name  Seats"]


@given(st.lists(st.tuples(SHOWN_TEXT, SHOWN_TEXT, st.integers(0, 9999).map(str)), max_size=5), st.integers(30, 90))
@example([("", "0" * 15, "0")], 30)
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = list(table(HEADER, rows, right={2}, width=width))
    assert max((cell_width(line) for line in lines if "@" not in line), default=0) <= width
    letters = Counter("".join(lines).replace(" ", ""))
    empty = [name for at, name in enumerate(HEADER) if rows and not any(row[at] for row in rows)]  # may be dropped
    cells = [*(name for name in HEADER if name not in empty), *(cell for row in rows for cell in row)]
    needed = Counter("".join(cells).replace(" ", ""))
    assert needed <= letters <= needed + Counter("".join(empty))


def test_a_narrow_text_is_as_wide_as_wcwidth_says() -> None:
    for character in map(chr, range(0x3000)):
        if character.isprintable() and (cells := wcwidth(character)) >= 0:
            assert cell_width(character) == cells, hex(ord(character))


def test_an_empty_column_is_dropped_before_one_that_is_spare() -> None:
    rows = [["1", "carol", "j.hart@northwind.example", ""]]
    lines = list(table(["LINE", "OPERATOR", "ACCOUNTS", "REASON"], rows, spare=(1,), width=44))
    assert lines[0].split() == ["LINE", "OPERATOR", "ACCOUNTS"]
