"""Plain text in lines of so many cells."""

import pytest

from kconsole.tui.widgets.painting import brief, fitted, shortened, spread, wrapped


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, []),
        ("one two three", 8, ["one two", "three"]),
        ("one", 3, ["one"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a 王小明", 4, ["a", "王小", "明"]),
        ("王小", 3, ["王", "小"]),
        ("王小", 1, ["王", "小"]),
        ("m.ueda@retail.example Ueda", 15, ["m.ueda", "@retail.example", "Ueda"]),
    ],
)
def test_texts_are_wrapped_at_blanks_or_where_they_must_be(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


def test_texts_are_cut_or_filled() -> None:
    assert fitted("abcdef", 4) == "abc…"
    assert fitted("ab", 4) == "ab  "
    assert spread("left", "right", 12) == "left   right"
    assert spread("left", "right", 4) == "left"


@pytest.mark.parametrize(
    ("text", "width", "reported"),
    [
        ("2f-scanner@north.example disabled", 40, "2f-scanner@north.example disabled"),
        ("2f-scanner@north.example disabled", 30, "2f-scanner@north.exa… disabled"),
        ("2f-scanner@north.example disabled", 10, "2f-scanner@… disabled"),
        ("undone: disable 2f-scanner@north.example", 30, "undone: disable 2f-scanner@no…"),
        ("a@b.example to 2f-scanner@north.example moved", 34, "a@b.example to 2f-scanner@n… moved"),
        ("nothing was asked of the server", 10, "nothing was asked of the server"),
        ("", 10, ""),
    ],
)
def test_addresses_are_cut_before_what_is_said_of_them(text: str, width: int, reported: str) -> None:
    assert brief(text, width) == reported


def test_lines_that_are_left_out_are_reported_of() -> None:
    assert shortened(["one", "two"], 2) == ["one", "two"]
    assert shortened(["one", "two", "three"], 2) == ["one", "tw…"]
