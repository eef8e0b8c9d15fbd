"""A store so large that its opening is shown: in a real terminal."""

import signal
from pathlib import Path

import pytest

from kconsole.operations.session import Session
from kconsole.operations.system import takes_long
from tests.samples import make_inventory
from tests.wire.terminal import terminal


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "store"
    Session.create(folder, make_inventory(25_000, seats=25_000), "anna").close()
    assert takes_long(folder)
    return folder


def test_it_is_opened_searched_and_left(store: Path, tmp_path: Path) -> None:
    with terminal("--store", str(store), home=tmp_path) as screen:
        screen.wait_for("of 25,000 seats used", "q quit", "▸")
        assert b"Opening the store" in screen.written
        screen.send("/zh")
        screen.wait_for("/ zh").watch(0.3)
        screen.send("\x1b")
        screen.wait_until(lambda text: "/ zh" not in text, "the end of the filter")
        screen.send("q")
        assert screen.wait_for_end() == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_while_it_is_being_opened_ends_it(store: Path, tmp_path: Path, number: signal.Signals) -> None:
    with terminal("--store", str(store), home=tmp_path) as screen:
        screen.wait_for("Opening the store")
        screen.signal(number)
        assert screen.wait_for_end() == 128 + number


def test_a_terminal_that_goes_away_while_it_is_being_opened_ends_it(store: Path, tmp_path: Path) -> None:
    with terminal("--store", str(store), home=tmp_path) as screen:
        screen.wait_for("Opening the store").close()
        assert screen.wait_for_end_unseen() == 128 + signal.SIGHUP


def test_a_damaged_one_is_reported_on_the_terminal_as_it_was(store: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir(0o700)
    for path in store.iterdir():
        content = path.read_bytes()
        if path.name == "journal.jsonl":
            content = content.replace(b"@", b"#", 1)
        if path.name.startswith("store.json"):
            continue
        (damaged / path.name).write_bytes(content)
    with terminal("--store", str(damaged), home=tmp_path, columns=200) as screen:
        assert screen.wait_for_end() == 7
        assert b"\x1b[?1049l" in screen.written
        assert "doctor" in screen.text
        assert "Traceback" not in screen.text
