"""Columns, measured in cells."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth, wcwidth

from kconsole.text.columns import cell_width, cut, pad, table
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


def test_a_table_in_a_narrow_terminal_cuts_the_widest_column() -> None:
    assert list(table(HEADER, ROWS, right={2}, width=30)) == [
        "Account         Name     Seats",
        "j.hart@northw…  Jo Hart      1",
        "p.lin@retail.…  王小明   1,200",
        "x@y",
    ]


def test_a_table_cuts_only_what_is_aligned_left_and_not_to_nothing() -> None:
    assert list(table(["A", "B"], [["a" * 12, "b" * 12]], width=20, right={0})) == [
        "           A  B",
        "aaaaaaaaaaaa  bbbbbbb…",
    ]
    assert list(table(["A"], [["a" * 12]], width=3)) == ["A", "aaaaaaa…"]
    assert list(table(["A"], [["a" * 12]], width=3, right={0})) == ["           A", "a" * 12]


def test_a_table_without_rows_has_its_header() -> None:
    assert list(table(HEADER, [])) == ["Account  Name  Seats"]


@given(st.lists(st.tuples(SHOWN_TEXT, SHOWN_TEXT, st.integers(0, 9999).map(str)), max_size=5), st.integers(30, 90))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = list(table(HEADER, rows, right={2}, width=width))
    assert len(lines) == len(rows) + 1
    assert max(map(cell_width, lines)) <= width


def test_a_narrow_text_is_as_wide_as_wcwidth_says() -> None:
    for character in map(chr, range(0x3000)):
        if character.isprintable() and (cells := wcwidth(character)) >= 0:
            assert cell_width(character) == cells, hex(ord(character))
