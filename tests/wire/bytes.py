"""What may go to a terminal: the one place that says it, for every test that looks at what was written.

The text is what a person reads: no control character, none that is not seen, none that turns the direction of reading.
Between the text stand sequences that move the cursor, erase, or choose how what follows looks, and a few that
switch the terminal over when the console begins and ends.
"""

import re
import unicodedata
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from typing import Final

PICTURE: Final = re.compile(
    r"\x1b\[(?:\d+(?:;\d+)?)?H"  # the cursor to a place
    r"|\x1b\[\d*[CX]"  # the cursor some cells on, some cells blank
    r"|\x1b\[2J"  # all of it blank
    r"|\x1b\[(?:\d+;\d+)?r"  # which lines move when the screen does
    r"|\x1bM|[\r\n]"  # up, to the edge, down
)
"""Sequences that make a picture, but for colours."""

COLOURS: Final = re.compile(r"\x1b\[([0-9;]*)m")

ATTRIBUTES: Final = {*range(8), 9, 22, 23, 24, 27, 29, *range(30, 50), *range(90, 98), *range(100, 108)} - {5, 6}
"""Numbers that a sequence of colours may hold; of what follows 38 and 48, any below 256. Nothing blinks or hides."""

SWITCHES: Final = {
    7: "lines that are full go on below",
    25: "the cursor is shown",
    1004: "the focus is told",
    1049: "the other screen",
    2004: "what is pasted is marked",
    2026: "a picture is shown at once",
}
"""Modes that are switched on and off."""

MOUSE: Final = {1000, 1003, 1006, 1015, 1016}
"""Modes that are switched off at the end, and on only where the mouse was asked for."""

OTHERS: Final = ("\x1b[?2026$p", "\x1b[>1u", "\x1b[>9u", "\x1b[>25u", "\x1b[<u")
"""What is asked of the terminal, and how it tells keys apart."""

CLIPBOARD: Final = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")

_MODE: Final = re.compile(r"\x1b\[\?(\d+)([hl])")


def not_meant(written: bytes, *, copied: str | None = None, mouse: bool = False, encoding: str = "utf-8") -> list[str]:
    """What was written that may not go to a terminal, piece by piece; empty if all is well.

    Args:
        written: all that a program has written.
        copied: what it may have asked the terminal to copy, if anything.
        mouse: whether the mouse was asked for.
        encoding: that of the terminal.
    """
    try:
        text = written.decode(encoding)
    except UnicodeDecodeError as error:
        return [f"no {encoding} at byte {error.start}: {written[error.start - 20 : error.end + 20]!r}"]
    return [repr(piece) for piece in _strange(text, copied, mouse)]


def _strange(text: str, copied: str | None, mouse: bool) -> Iterator[str]:
    at = 0
    while at < len(text):
        length = _sequence(text, at, copied, mouse)
        if length:
            at += length
        elif _is_readable(text[at]):
            at += 1
        else:
            yield text[at : at + 30]
            at += 1


def _sequence(text: str, at: int, copied: str | None, mouse: bool) -> int:
    """How long the sequence is that begins here; 0 if there is none that is meant."""
    if text[at] not in "\x1b\r\n":
        return 0
    if found := PICTURE.match(text, at):
        return len(found[0])
    if found := COLOURS.match(text, at):
        return len(found[0]) if _are_colours(found[1]) else 0
    if found := _MODE.match(text, at):
        mode, is_on = int(found[1]), found[2] == "h"
        return len(found[0]) if mode in SWITCHES or (mode in MOUSE and (mouse or not is_on)) else 0
    if (found := CLIPBOARD.match(text, at)) and copied is not None:
        try:
            return len(found[0]) if b64decode(found[1], validate=True).decode() == copied else 0
        except (Error, UnicodeDecodeError):
            return 0
    return next((len(other) for other in OTHERS if text.startswith(other, at)), 0)


def _are_colours(numbers: str) -> bool:
    values = [int(number or "0") for number in numbers.split(";")]
    while values:
        value = values.pop(0)
        if value in (38, 48):
            count = {5: 1, 2: 3}.get(values.pop(0) if values else -1, -1)
            if count < 0 or len(values) < count or any(part > 255 for part in values[:count]):
                return False
            del values[:count]
        elif value not in ATTRIBUTES:
            return False
    return True


def _is_readable(character: str) -> bool:
    """Whether a character is one that a person sees, or a plain blank."""
    return character == " " or unicodedata.category(character)[0] not in "CZ" or character == "\u3000"
