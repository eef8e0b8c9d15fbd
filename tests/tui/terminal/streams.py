"""Random streams of a terminal that hold no key: answers, reports, pastes and noise, whole and cut off."""

import random
from collections.abc import Callable
from typing import Final

MANY: Final = 'dyuxeaRcMLlqU \r\n\t0123456789;?/=:@~"é✓ž한€𝄞'
"""Text that would do something if it were typed, and of every length in UTF-8."""

STARTS: Final = (
    b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x9d", b"\x90", b"\x9f", b"\x9e", b"\x98", b"\xc2\x9d",
    b"\xc2\x90",
)  # fmt: skip
ENDS: Final = (b"\x1b\\", b"\x9c", b"\xc2\x9c")
ANSWERS: Final = (
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", b"\x1b]10;rgb:dddd/dddd/dddd\x07", b"\x1b]52;c;aGRdy0==\x07",
    b"\x1b]4;1;rgb:aa/00/00\x9c", b"\x9d11;rgb:dd/yy/uu\x9c", b"\x1bP>|kitty(0.32.2)\x1b\\",
    b"\x1bP1+r636f=323536\x1b\\", b"\x1bP1$r0m\x1b\\", b"\x1bP!|00000000\x1b\\", b"\x1bPdy\x07",
    b"\x1b_Gi=31;OK\x1b\\", b"\x1b^dy\x1b\\", b"\x1bXdy\x1b\\", b"\x1b[?62;22c", b"\x9b?62;22c",
    b"\x1b[>41;354;0c", b"\x1b[=0c", b"\x1b[24;80R", b"\x1b[1;5R", b"\x1b[?1;1R", b"\x1b[0n", b"\x1b[?10n",
    b"\x1b[?997;1n", b"\x1b[8;24;80t", b"\x1b[1t", b"\x1b[48;24;80;480;800t", b"\x1b[4;600;800t",
    b"\x1b[?2026;2$y", b"\x1b[?2048;2$y", b"\x1b[4;2$y", b"\x1b[?31u", b"\x1b[?1u", b"\x1b[I", b"\x1b[O",
    b"\x1b[201~", b"\x1b[<0;10;5M", b"\x1b[<0;10;5m", b"\x1b[<35;-1;99999M", b"\x1b[M !!",
    b"\x1b[M\xff\xfe\xfd", b"\x1b[M \xc3\xa9",
)  # fmt: skip
"""Answers and reports of terminals."""

NOISE: Final = (
    b"\x1b[100~", b"\x1b[121~", b"\x1b[100A", b"\x1b[100;1P", b"\x1b[121;1:3u", b"\x1b[97;5:3u",
    b"\x1b[9999999999u", b"\x1b[55296u", b"\x1b[57343;1u", b"\x1b[63000u", b"\x1b[u", b"\x1b[;;u", b"\x1b[3u",
    b"\x1b[97;;1u", b"\x1b[97;999u", b"\x1b[99;99~", b"\x1b[31;1m", b"\x1b[2J", b"\x1b[6n", b"\x1b[?25h",
    b"\x1b[1\r2\n3m", b"\x1b(B", b"\x1b#8", b"\x1b\\", b"\x1b[" + b"9" * 5000 + b"~",
    b"\x1b[" + b"1;" * 300 + b"u", b"\x1bO99x", b"\x8f9x", b"\xff\xfe", b"\xc0\xaf", b"\xe2\x82\xff", b"\xed\xff",
    b"\xf5", b"\x80\x85\x8e",
)  # fmt: skip
"""Sequences that look like keys, or like nothing."""


def text(dice: random.Random, size: int = 12) -> bytes:
    return "".join(dice.choices(MANY, k=dice.randrange(size))).encode()


def control_string(dice: random.Random) -> bytes:
    start = dice.choice(STARTS)
    is_osc = start in (b"\x1b]", b"\x9d", b"\xc2\x9d")
    inside = b"".join(
        text(dice) + dice.choice((b"", b"\x1b[31m", b"\x1bd", b"\x18", b"\x1b[200~", b"" if is_osc else b"\x07"))
        for _ in range(dice.randrange(4))
    )
    return start + inside + dice.choice((*ENDS, b"\x07") if is_osc else ENDS)


def csi_answer(dice: random.Random) -> bytes:
    params = "".join(dice.choices("0123456789;:", k=dice.randrange(12)))
    return (
        f"\x1b[{dice.choice('?>=<')}{params}{dice.choice(['', '', '$', ' '])}{chr(dice.randrange(0x40, 0x7F))}".encode()
    )


def paste(dice: random.Random) -> bytes:
    inside = b"".join(
        text(dice)
        + dice.choice((b"", b"\x1b", b"\x1b[B", b"\x1b[200~", b"\x1b[201~", b"\x00", b"\x1b]0;t\x07", b"\xff"))
        for _ in range(dice.randrange(5))
    )
    return b"\x1b[200~" + inside + text(dice) + b"\x1b[201~"


FRAGMENTS: Final[tuple[Callable[[random.Random], bytes], ...]] = (
    control_string,
    csi_answer,
    paste,
    lambda dice: dice.choice(ANSWERS),
    lambda dice: dice.choice(NOISE),
)


def stream(dice: random.Random, is_whole: bool) -> bytes:
    """A stream without a key. One that is not whole holds sequences that lack their end."""
    pieces = [dice.choice(FRAGMENTS)(dice) for _ in range(dice.randrange(1, 6))]
    if not is_whole:  # a paste with an end inside that has lost its own end is a paste with keys after it
        pieces = [piece.replace(b"\x1b[201~", b"") for piece in pieces]
        pieces = [piece[: dice.randrange(len(piece) + 1)] for piece in pieces]
    whole = b""
    for piece in pieces:  # half a character and an 8-bit control character might be another character
        if not (whole[-1:] >= b"\x80" and b"\x80" <= piece[:1] < b"\xc0"):
            whole += piece
    return whole


def split(dice: random.Random, data: bytes) -> list[bytes]:
    """The same in pieces, as reads may have it."""
    places = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice((0, 1, 3, len(data)))))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
