"""Makes text from outside harmless: the one sanitizer, for the screen, the command line, logs and errors.

A name may hold anything: escape sequences that retitle or reprogram a terminal, marks that change the reading
direction, invisible characters. `safe_text` makes them visible, `escaped` shows which they are, and `json_safe` keeps
machine output equal in meaning and harmless. None of them parses markup: `[bold]` stays as it is, and the caller must
not parse markup either.

The joiners (U+200C, U+200D) and variation selectors are removed as well: a Persian or Indic name may lose a joined
form, an emoji falls into its parts. That is the price of a width that all terminals agree on; `escaped` has it all.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from kconsole.core.identity import shown_address

ELLIPSIS: Final = "…"

MOST_MARKS: Final = 6
"""Combining marks in a row that are kept. Burmese words need six; towers of them ("zalgo") run over other rows."""

_HIDDEN_TEXT: Final = (
    r"\x7f-\x9f"  # delete, C1 controls
    r"\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2"  # format characters
    r"\u115f-\u1160\u17b4-\u17b5\u180b-\u180f"  # fillers, vowels without form, Mongolian selectors
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, separators, bidi
    r"\u2800\u3164\uffa0"  # letters that look like a blank
    r"\ud800-\udfff\ufdd0-\ufdef"  # surrogates, noncharacters
    r"\ufe00-\ufe0f\ufeff\ufff0-\ufffb"  # variation selectors, byte order mark, annotations
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format characters
    r"\U000e0000-\U000e0fff"  # tags, more selectors, and what Unicode reserves for such
    + "".join(rf"\U{plane:04x}fffe-\U{plane:04x}ffff" for plane in range(17))  # noncharacters
)
"""Invisible characters, and code points that are no characters: one set for screen and machine output."""

_ODD_BLANKS: Final = r"\xa0\u1680\u2000-\u200a\u202f\u205f"
"""Blanks of other widths, which become plain ones. The ideographic blank stays, as part of East Asian names."""

# `re` compiles these when a text needs them, and remembers the result.
_DANGERS: Final = f"[\\x00-\\x1f{_HIDDEN_TEXT}{_ODD_BLANKS}]"
_JSON_DANGERS: Final = f"[\\x00-\\x08\\x0b-\\x1f{_HIDDEN_TEXT}]"

_MARK: Final = "M"

_RAW_PER_SHOWN: Final = 8
"""Beyond this many times the limit, a text is not even read."""


def safe_text(text: str, limit: int | None = 1000) -> str:
    """The text as any terminal can show it. Applying it twice changes nothing.

    Control characters become their pictures (`␛` for escape, `␊` for a line feed), other invisible ones become U+FFFD,
    odd blanks become plain ones, and the text is composed (NFC). Only so many combining marks stay in a row, and none
    at the beginning, where it would mark what stands left of the text.

    Args:
        text: anything.
        limit: the most characters, with the ellipsis that ends a longer text; None for no limit.
    """
    if text.isascii() and text.isprintable():
        return _capped(text, limit)
    raw = text if limit is None else text[: _RAW_PER_SHOWN * max(limit, 1)]
    shown = re.sub(_DANGERS, _picture, raw)
    # The first bound is for composing alone, whose time grows with the square of a run of marks.
    composed = unicodedata.normalize("NFC", _bounded(shown, 4 * MOST_MARKS, ""))
    shown = _bounded(composed, MOST_MARKS, "\ufffd")
    if shown and _shape(shown[0]) == _MARK:
        shown = "◌" + shown
    return _capped(shown + ELLIPSIS if len(raw) < len(text) else shown, limit)


def safe_address(address: str, limit: int | None = 1000) -> str:
    """An address or a domain name as any terminal can show it, in Unicode whatever its form in the store."""
    return safe_text(shown_address(address), limit)


def one_line(text: str, limit: int = 1000) -> str:
    """A text as monitoring plugins show it: safe, in one line, and without the bar that ends it there."""
    return safe_text(" ".join(text.split()), limit).replace("|", "/")


def escaped(text: str) -> str:
    r"""The raw text, with an escape for each character that `safe_text` changes: `\x1b`, `\u202e`, `\U000e0001`.

    For details, which show the text and what is hidden in it. A text that needs no escape is returned as it is;
    otherwise its own backslashes are doubled, so that no text can pose as an escape.
    """
    if text.isascii() and text.isprintable():
        return text
    pieces = [(piece, _changes(piece)) for piece in _letters(text)]
    if not any(changes for _, changes in pieces):
        return text
    return "".join(_escapes(piece) if changes else piece.replace("\\", "\\\\") for piece, changes in pieces)


def json_safe(document: str) -> str:
    r"""A JSON document of equal data, with a `\uXXXX` escape for every character that `safe_text` would not show.

    The line feeds and tabs between its values stay, a carriage return there becomes a blank: in strings JSON has
    none of the three. Two surrogates in a row, each by itself, would be read back as the one character they encode;
    the JSON that kconsole writes holds none.
    """
    return re.sub(_JSON_DANGERS, _json_escape, document)


def _picture(found: re.Match[str]) -> str:
    character = found[0]
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "\u2421"
    return " " if unicodedata.category(character) == "Zs" else "\ufffd"


def _json_escape(found: re.Match[str]) -> str:
    if found[0] == "\r":
        return " "
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def _capped(text: str, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return text
    return text[: limit - 1] + ELLIPSIS if limit > 0 else ""


class _Shapes(dict[int, str]):
    """For `str.translate`: each character becomes `M` if it stands on the one before it, and `.` otherwise.

    It learns characters as they come, up to a limit: a hostile file could hold a million.
    """

    def __missing__(self, code: int) -> str:
        jamo = 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF
        shape = _MARK if jamo or unicodedata.category(chr(code)).startswith("M") else "."
        if len(self) < 10_000:
            self[code] = shape
        return shape


_SHAPES: Final = _Shapes()


def _shape(text: str) -> str:
    """The text with `M` for each mark (Hangul vowels and finals among them, which have no width either)."""
    return text.translate(_SHAPES)


def _bounded(text: str, most: int, instead: str) -> str:
    """The text with each run of marks cut after `most`, and `instead` in place of the others."""
    if len(text) <= most or max(text) < "\u0300":
        return text
    shape = _shape(text)
    if _MARK * (most + 1) not in shape:
        return text
    kept: list[str] = []
    end = 0
    for run in re.finditer(f"{_MARK}{{{most + 1},}}", shape):
        kept += [text[end : run.start() + most], instead]
        end = run.end()
    return "".join([*kept, text[end:]])


def _letters(text: str) -> Iterator[str]:
    """The text in pieces: a character with the marks on it, as `safe_text` sees them."""
    shape = _shape(re.sub(_DANGERS, ".", text))
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or shape[end] != _MARK:
            yield text[start:end]
            start = end


def _changes(letter: str) -> bool:
    """Whether `safe_text` shows a character with its marks in another way."""
    return not (letter.isascii() and letter.isprintable()) and safe_text(letter, None) != letter


def _escapes(letter: str) -> str:
    return "".join(
        character if " " < character < "\x7f" and character != "\\" else character.encode("unicode_escape").decode()
        for character in letter
    )
