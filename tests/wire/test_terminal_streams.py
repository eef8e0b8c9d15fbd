"""Whatever a terminal sends that is no key: the console changes nothing by it, and takes keys afterwards."""

import random
import subprocess
from pathlib import Path

import pytest

from tests.limits import EXAMPLES
from tests.tui.terminal import streams
from tests.wire.terminal import KCONSOLE, Terminal, terminal


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    subprocess.run([*KCONSOLE, "demo", "--into", str(folder)], stdin=subprocess.DEVNULL, check=True)
    return folder


def works(screen: Terminal) -> None:
    """See that the keyboard works, at once or once a paste without an end was let go."""
    screen.send_until("?", lambda text: "╭─ Help" in text, "the help")
    screen.send("\x1b")
    screen.wait_until(lambda text: "╭─ Help" not in text, "the help gone")


@pytest.mark.quick
def test_no_stream_without_a_key_changes_anything(store: Path, tmp_path: Path) -> None:
    journal = (store / "journal.jsonl").read_bytes()
    with terminal("--store", str(store), home=tmp_path) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        for seed in range(EXAMPLES):
            dice = random.Random(seed)
            for piece in streams.split(dice, streams.stream(dice, is_whole=True)):
                screen.send(piece)
            if seed % 20 == 19:
                works(screen)
        for answer in (*streams.ANSWERS, *streams.NOISE):
            screen.send(answer)
        works(screen)
        screen.send("q")
        assert screen.wait_for_end() == 0
    assert (store / "journal.jsonl").read_bytes() == journal
    assert not list(tmp_path.rglob("habits.json"))


@pytest.mark.parametrize("start", [b"\x1b[200~name dy", b"\x1b]52;c;dy", b"\x1bP+rdy", b"\x9ddy", b"\x1b[?1;", b"\x1b"])
def test_what_never_ends_is_let_go(store: Path, tmp_path: Path, start: bytes) -> None:
    journal = (store / "journal.jsonl").read_bytes()
    with terminal("--store", str(store), home=tmp_path) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        screen.send(start)
        works(screen)
    assert (store / "journal.jsonl").read_bytes() == journal


def test_a_paste_without_marks_is_not_obeyed_and_takes_no_time(store: Path, tmp_path: Path) -> None:
    journal = (store / "journal.jsonl").read_bytes()
    with terminal("--store", str(store), home=tmp_path) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        before = screen.cpu_seconds
        screen.send(b"name dy\ruuxy\r" * 400)
        works(screen)
        assert screen.cpu_seconds - before < 2
        screen.send("/")
        screen.wait_for("│ / ")
        screen.send(b"never@northwind.example or any other text that is long\rdy" * 3)
        screen.wait_for("never@northwind.example or any")
    assert (store / "journal.jsonl").read_bytes() == journal
