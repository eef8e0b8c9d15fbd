"""Any text in ASCII, cell for cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kconsole.text.columns import cell_width
from kconsole.text.gauge import ASCII_GLYPHS, GLYPHS
from kconsole.text.plain import LIKENESS, in_ascii
from kconsole.text.safe_text import safe_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("kconsole · mail", "kconsole - mail"),
        ("╭ Seats ─╮│╰╯", "+ Seats -+|++"),
        ("▸ ● ▲ ▼ – …", "> * ^ v - ~"),
        ("63 → 62", "63 > 62"),
        ("Łukasz Müller", "Lukasz Muller"),
        ("Čapek, Ångström, Øster", "Capek, Angstrom, Oster"),
        ("e\u0301", "e"),
        ("王小明", "??????"),
        ("Яна", "???"),
        ("😀!", "??!"),
        ("㎏", "kg"),
        ("½", "?"),
        ("�", "?"),
        ("", ""),
    ],
)
def test_likenesses(text: str, plain: str) -> None:
    assert in_ascii(text) == plain
    assert in_ascii(text, cell_len) == plain


def test_the_parts_of_the_gauge_stay_apart() -> None:
    plain = {part: in_ascii(glyph) for part, glyph in GLYPHS.items()}
    assert plain == ASCII_GLYPHS
    assert len(set(plain.values())) == len(plain)


def test_every_sign_in_the_table_is_one_cell_and_becomes_one() -> None:
    for sign, plain in LIKENESS.items():
        assert plain.isascii()
        assert (len(plain), cell_width(sign), cell_len(sign)) == (1, 1, 1), sign


@given(st.text())
def test_no_cell_changes_its_width(text: str) -> None:
    line = safe_text(text)
    for width in (cell_width, cell_len):
        plain = in_ascii(line, width)
        assert plain.isascii()
        assert plain.isprintable()
        assert len(plain) == width(line)


@given(st.text(st.sampled_from("a☺❤\ufe0f\u200d👩👨é\u0301王")))
def test_characters_that_are_wider_in_company_keep_the_line_as_wide_as_it_was(text: str) -> None:
    assert len(in_ascii(text, cell_len)) == cell_len(text)
