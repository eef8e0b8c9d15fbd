"""Old terminals, few colours, other encodings, any size: the same console, and no byte that they cannot take."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.wire.terminal import Terminal, terminal

TOUR = (
    "j",
    "/",
    "a",
    "\x1b",
    "\r",
    "\x1b",
    "s",
    "\x1b",
    "n",
    "d",
    "\x1b",
    "?",
    "\x1b",
    "L",
    "\x1b",
    ":",
    "\x1b",
    "G",
    "g",
)
"""Keys that open every kind of screen, and close it."""

COLOURS = re.compile(rb"\x1b\[[0-9;]*?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m")
RGB = re.compile(rb"[34]8;2;")
OF_256 = re.compile(rb"[34]8;5;")
NEWER = (b"\x1b[>", b"\x1b[<u", b"\x1b[?2026", b"\x1b[?2048", b"\x1b[?2004", b"\x1b[?1004", b"\x1b[?25u")


def toured(screen: Terminal, keys: Sequence[str] = TOUR) -> bytes:
    """Everything that it wrote on a tour of the console."""
    screen.wait_for("113 of 120 seats used", "q quit")
    for key in keys:
        screen.send(key)
        screen.watch(0.15)
    screen.send("q")
    assert screen.wait_for_end() == 0
    return bytes(screen.written)


def test_a_terminal_of_true_colours_gets_them(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        assert RGB.search(toured(screen))


def test_256_colours(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TERM": "screen-256color", "COLORTERM": ""}) as screen:
        written = toured(screen)
    assert not RGB.search(written)
    assert OF_256.search(written)


@pytest.mark.parametrize("term", ["xterm", "screen", "rxvt", "tmux"])
def test_sixteen_colours_are_those_of_the_terminal(tmp_path: Path, term: str) -> None:
    with terminal("demo", home=tmp_path, environment={"TERM": term, "COLORTERM": ""}) as screen:
        written = toured(screen)
    assert not RGB.search(written)
    assert not OF_256.search(written)
    assert COLOURS.search(written)


def test_the_linux_console_gets_ascii_and_nothing_it_does_not_know(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TERM": "linux", "COLORTERM": ""}) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        assert "+- Accounts" in screen.text
        written = toured(screen)
    assert written.isascii()
    assert not RGB.search(written)
    assert not any(sequence in written for sequence in NEWER)


def test_a_vt100_gets_no_colours_either(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TERM": "vt100", "COLORTERM": ""}) as screen:
        written = toured(screen)
    assert written.isascii()
    assert not COLOURS.search(written)
    assert not any(sequence in written for sequence in NEWER)
    assert not re.search(rb"\x1b\[[0-9]+X", written)
    assert b"\x1b[;7m" in written or b"\x1b[;1;7m" in written


def test_no_colour_means_none(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"NO_COLOR": "1"}) as screen:
        written = toured(screen)
    assert not COLOURS.search(written)
    assert "╭".encode() in written


@pytest.mark.parametrize("option", [("--ascii",), ()])
def test_ascii_when_asked_for(tmp_path: Path, option: tuple[str, ...]) -> None:
    environment = {} if option else {"KCONSOLE_ASCII": "1"}
    with terminal("demo", *option, home=tmp_path, environment=environment) as screen:
        assert toured(screen).isascii()


@pytest.fixture(scope="session")
def latin_1(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A real locale of another encoding: without one, Python falls back to UTF-8."""
    folder = tmp_path_factory.mktemp("locales")
    name = "de_DE.ISO-8859-1"
    if shutil.which("localedef") is None:
        pytest.skip("localedef is not installed")
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / name)], capture_output=True, text=True
    )
    if not (folder / name).exists():
        pytest.skip(
            f"the sources of locales are not installed (on Debian: apt install locales): {made.stderr.strip()[:100]}"
        )
    return {"LOCPATH": str(folder), "LANG": name, "LC_ALL": name}


def test_another_encoding_gets_ascii(tmp_path: Path, latin_1: dict[str, str]) -> None:
    with terminal("demo", home=tmp_path, environment=latin_1) as screen:
        assert toured(screen).isascii()


def test_the_c_locale_is_utf_8_to_python_and_so_to_us(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"LANG": "C", "LC_ALL": ""}) as screen:
        assert "╭".encode() in toured(screen)


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_be_drawn_in_is_served_in_lines_or_refused_where_that_is_not_wanted(
    tmp_path: Path, term: str
) -> None:
    with terminal("demo", home=tmp_path, environment={"TERM": term}, columns=200) as screen:
        screen.wait_for("plain console", "TERM", "Main menu, a number, or ? for the list:")
        screen.send("q\r")
        assert screen.wait_for_end() == 0
        assert b"\x1b" not in screen.written
    with terminal("demo", home=tmp_path, environment={"TERM": term, "ACCESSIBLE": "0"}, columns=200) as screen:
        assert screen.wait_for_end() == 2
        assert "kconsole status" in screen.text
        assert b"\x1b" not in screen.written


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (80, 24), (120, 36), (400, 100)])
def test_any_size(tmp_path: Path, columns: int, lines: int) -> None:
    with terminal("demo", home=tmp_path, columns=columns, lines=lines) as screen:
        toured(screen)


def test_resizing_at_any_moment(tmp_path: Path) -> None:
    sizes = [(60, 20), (400, 100), (20, 5), (80, 24), (1, 1), (120, 36), (61, 21)]
    with terminal("demo", home=tmp_path) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        for key, size in zip(("j", "/", "a", "\x1b", "d", "\x1b", "L"), sizes, strict=True):
            screen.send(key)
            screen.resize(*size)
            screen.watch(0.2)
        screen.send("\x1b")
        screen.resize(80, 24)
        screen.wait_for("113 of 120 seats used", "q quit", "▸")
        whole = screen.watch(0.5) and screen.text
        screen.send("\x0c")
        screen.watch(0.5)
        assert not whole or screen.text == whole
        screen.send("q")
        assert screen.wait_for_end() == 0


@pytest.mark.parametrize("wish", ["kconsole", "kconsole-light", "kconsole-contrast", "terminal"])
def test_every_theme(tmp_path: Path, wish: str) -> None:
    with terminal("demo", "--theme", wish, home=tmp_path) as screen:
        toured(screen)


def test_the_terminals_cursor_follows_the_row(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        for keys in ("", "j", "jj", "G", "g"):
            screen.send(keys)
            screen.watch(0.3)
            line = next(number for number, text in enumerate(screen.text.splitlines()) if "▸" in text)
            assert screen.cursor == (1, line)
        screen.send("/sca")
        screen.wait_for("/ sca")
        screen.watch(0.3)
        column, line = screen.cursor
        assert screen.text.splitlines()[line][:column].endswith("/ sca")
