"""The parser of what may go to a terminal lets nothing else pass."""

from base64 import b64encode

import pytest

from tests.wire.bytes import not_meant


@pytest.mark.parametrize(
    "written",
    [
        "plain text, 王小明, e\u0301, ▸ ● │ ␛",
        "\x1b[H\x1b[2J\x1b[3;4H\x1b[5H\x1b[C\x1b[12C\x1b[7X\x1b[2;9r\x1b[r\x1bM\r\n",
        "\x1b[m\x1b[0m\x1b[1;7m\x1b[38;2;1;20;255m\x1b[48;5;17m\x1b[91;49m",
        "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1049l\x1b[>25u\x1b[<u\x1b[?2026$p",
        "\x1b[?1000l\x1b[?1003l",
    ],
)
def test_what_is_meant_passes(written: str) -> None:
    assert not_meant(written.encode()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "\x07", "\x08", "\x0e", "\x7f", "\x00", "\t", "\x0b", "\x85", "\x9b31m", "\x90q\x9c",
        "\x1b", "\x1bc", "\x1b(0", "\x1b#8", "\x1b[1;1",
        "\x1b]0;title\x07", "\x1b]8;;http://x.example\x1b\\", "\x1b]52;c;eA==\x07", "\x1bP+q\x1b\\", "\x1b_x\x1b\\",
        "\x1b[5m", "\x1b[8m", "\x1b[38;2;1;2m", "\x1b[38;9m", "\x1b[38;5;300m",
        "\x1b[6n", "\x1b[c", "\x1b[5i", "\x1b[3J", "\x1b[2;3;4H", "\x1b[4h", "\x1b[21t", "\x1b[?1000h", "\x1b[?47h",
        "\u202e", "\u200b", "\ufeff", "\u2028", "\u00a0", "\u00ad", "\U000e0041", "\ue000",
    ],
)  # fmt: skip
def test_what_is_not_meant_is_found(planted: str) -> None:
    assert not_meant(f"text {planted} text".encode())


def test_half_a_letter_is_found() -> None:
    assert not_meant("ä".encode()[:1])
    assert not_meant("ä".encode(), encoding="ascii")


def test_the_clipboard_takes_what_was_copied_and_nothing_else() -> None:
    written = b"\x1b]52;c;" + b64encode(b"a@x.example") + b"\x07"
    assert not_meant(written, copied="a@x.example") == []
    assert not_meant(written, copied="b@x.example")
    assert not_meant(written)


def test_the_mouse_is_for_those_who_asked() -> None:
    assert not_meant(b"\x1b[?1000h", mouse=True) == []
