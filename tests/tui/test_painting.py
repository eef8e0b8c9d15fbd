"""Plain text in lines of so many cells."""

import pytest

from kconsole.tui.widgets.painting import fitted, spread, wrapped


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
    ],
)
def test_texts_are_wrapped_at_blanks_or_where_they_must_be(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


def test_texts_are_cut_or_filled() -> None:
    assert fitted("abcdef", 4) == "abc…"
    assert fitted("ab", 4) == "ab  "
    assert spread("left", "right", 12) == "left   right"
    assert spread("left", "right", 4) == "left"
