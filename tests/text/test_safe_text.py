"""Text from outside: nothing dangerous is left, nothing harmless is lost."""

import json
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kconsole.text.safe_text import MOST_MARKS, escaped, json_safe, safe_text

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=[]))
"""Every code point, lone surrogates among them."""

NASTY_TEXT = st.text(
    st.sampled_from('ab \\"[]/\x00\x1b\x07\n\r\t\x7f\x80\x9b\xa0\xad\u0301\u0323\u0344\u09c7\u09be\u1100\u1161\u11a8')
    | st.sampled_from("\u200d\u200f\u2028\u202e\u2066\u212b\u3000\u3164\ufeff\ufe0f\uffff王é\U000e0041\U0001f1e9"),
    max_size=60,
)


OF_INTEREST = [
    *range(0x40000),
    *range(0xE0000, 0xE1010),
    *(code for code in range(0x40000, sys.maxunicode + 1) if code & 0xFFFF in (0, 1, 0xFFFD, 0xFFFE, 0xFFFF)),
]
"""Every code point of the planes that have characters, and the ends of the others."""


def is_dangerous(character: str) -> bool:
    """By the categories of Unicode alone: an opinion of its own, beside the ranges in the code."""
    noncharacter = 0xFDD0 <= ord(character) <= 0xFDEF or ord(character) & 0xFFFE == 0xFFFE
    return noncharacter or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("", ""),
        ("Jo Hart", "Jo Hart"),
        ("a[/]b [@click=app.quit]x[/]", "a[/]b [@click=app.quit]x[/]"),
        ("\x1b]0;t\x07", "␛]0;t␇"),
        ("two\r\nlines\tand a tab\x00", "two␍␊lines␉and a tab␀"),
        ("\x7f\x9b31m", "␡�31m"),
        ("abc\u202edcba", "abc�dcba"),
        ("\ufeffBOM, soft\u00adhyphen, zero\u200bwidth, tag\U000e0041", "�BOM, soft�hyphen, zero�width, tag�"),
        ("para\u2029graph\u2028", "para�graph�"),
        ("half \ud83d", "half �"),
        ("\ufffe\uffff\U0010ffff\ufdd0", "����"),
        ("hangul\u3164filler braille\u2800blank", "hangul�filler braille�blank"),
        ("\u115f\u1160\u034f\u17b4\u180b\uffa0\U000e0100\u2065", "�" * 8),
        ("no\u00a0break thin\u2009narrow\u202f", "no break thin narrow "),
        ("e\u0301 \u212b", "é Å"),
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("Łukasz, 王小明, عمر, हिन्दी, 한국어", "Łukasz, 王小明, عمر, हिन्दी, 한국어"),
        ("👩\u200d💻 ❤\ufe0f", "👩�💻 ❤�"),
        ("\u0301alone", "◌\u0301alone"),
        ("q" + "\u0301" * 50 + "x", "q" + "\u0301" * MOST_MARKS + "�x"),
        ("x" * 1001, "x" * 999 + "…"),
        ("x" * 1000, "x" * 1000),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert safe_text(raw) == shown


@pytest.mark.parametrize(
    ("limit", "shown"), [(0, ""), (-3, ""), (1, "…"), (4, "Han…"), (6, "Hanna!"), (None, "Hanna!")]
)
def test_the_limit_holds_the_ellipsis_too(limit: int | None, shown: str) -> None:
    assert safe_text("Hanna!", limit) == shown


def test_every_code_point_by_itself() -> None:
    for code in OF_INTEREST:
        raw = chr(code)
        shown = safe_text(raw)
        assert shown
        assert not any(map(is_dangerous, shown)), hex(code)
        assert safe_text(shown) == shown, hex(code)
        assert (escaped(raw) == raw) == (shown == raw), hex(code)
        if is_dangerous(raw):
            assert shown != raw
            assert json_safe(raw) != raw or raw in "\n\t", hex(code)


def test_every_assigned_character_without_width_is_a_mark_or_hidden() -> None:
    """So that no run of them can be longer than marks may be."""
    from wcwidth import wcwidth

    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if wcwidth(character) == 0 and unicodedata.category(character) != "Cn":
            assert len(safe_text("a" + character * 100)) <= 2 + MOST_MARKS or wcwidth(safe_text(character)) == 1


def test_a_tower_of_a_million_marks_takes_no_time() -> None:
    assert safe_text("e" + "\u0323\u0301" * 500_000, None) == "\u1eb9" + "\u0323" * MOST_MARKS + "�"


@given(ANY_TEXT | NASTY_TEXT, st.none() | st.integers(0, 40))
@example("\u09c7" * 30 + "\u09be", None)
@example("\u1100" + "\u1161" * 30 + "\u11a8", None)
def test_nothing_dangerous_is_left(text: str, limit: int | None) -> None:
    shown = safe_text(text, limit)
    assert not any(map(is_dangerous, shown))
    assert unicodedata.is_normalized("NFC", shown)
    assert limit is None or len(shown) <= limit
    assert safe_text(shown, limit) == shown


@given(ANY_TEXT | NASTY_TEXT)
def test_escapes_are_safe_and_tell_the_whole_text(text: str) -> None:
    reported = escaped(text)
    assert safe_text(reported, None) == reported
    if reported == text:
        assert safe_text(text, None) == text
    else:
        assert _read_back(reported) == text


def _read_back(reported: str) -> str:
    return "".join(
        piece if not piece.isascii() else piece.encode().decode("unicode_escape")
        for piece in _ascii_and_other(reported)
    )


def _ascii_and_other(text: str) -> list[str]:
    pieces = [""]
    for character in text:
        if pieces[-1] and pieces[-1].isascii() != character.isascii():
            pieces.append("")
        pieces[-1] += character
    return pieces


@pytest.mark.parametrize(
    ("raw", "reported"),
    [
        ("Jo", "Jo"),
        ("C:\\mail", "C:\\mail"),
        ("C:\\\x1b", "C:\\\\\\x1b"),
        ("ab\u202ecd\U000e0001", "ab\\u202ecd\\U000e0001"),
        ("e\u0301tude, \u0301", "e\\u0301tude, \u0301"),
        ("no\u00a0break", "no\\xa0break"),
    ],
)
def test_what_escapes_look_like(raw: str, reported: str) -> None:
    assert escaped(raw) == reported


JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"])) | NASTY_TEXT
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | JSON_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(JSON_TEXT, inner),
    max_leaves=12,
)


@given(JSON_VALUES, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_json_stays_equal_and_becomes_harmless(value: object, indent: int | str | None, ascii_only: bool) -> None:
    document = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    safe = json_safe(document)
    assert json.loads(safe) == value
    assert not any(map(is_dangerous, safe.replace("\n", "").replace("\t", "")))


@pytest.mark.parametrize(
    ("document", "safe"),
    [
        ('{\n\t"a": 1}\r\n', '{\n\t"a": 1} \n'),
        ('"\x7f\x9b\u202e\ufeff"', '"\\u007f\\u009b\\u202e\\ufeff"'),
        ('"\U000e0041"', '"\\udb40\\udc41"'),
        ('"\ud83d"', '"\\ud83d"'),
        ('"王 é"', '"王 é"'),
    ],
)
def test_what_safe_json_looks_like(document: str, safe: str) -> None:
    assert json_safe(document) == safe
