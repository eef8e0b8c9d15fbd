"""Two consoles at one store, side by side."""

from pathlib import Path

from kconsole.cli.screen import PATIENCE
from kconsole.tui.app import TICK
from tests.wire.terminal import terminal


def test_the_console_looks_often_enough_and_waits_for_no_one_long() -> None:
    """What a clock would say of the two tests below on an idle machine; on a busy one it would say something else."""
    assert TICK * 2 <= 1
    assert PATIENCE <= 1


def test_a_change_in_one_is_seen_in_the_other(tmp_path: Path) -> None:
    store = str(tmp_path / "kept")
    with terminal("demo", "--into", store, home=tmp_path) as here:
        here.wait_for("113 of 120 seats used", "q quit")
        with terminal("--store", store, "--as", "berg", home=tmp_path, columns=120, lines=36) as there:
            there.wait_for("113 of 120 seats used", "q quit")
            there.send("jjjjjd")
            there.wait_for("Disable 1 account?")
            there.send("y")
            there.wait_for("112 of 120 seats used")
            here.wait_for("112 of 120 seats used", "berg", "disabled")
            there.send("q")
            assert there.wait_for_end() == 0
        here.wait_until_silent(1)
        assert here.watch(2) == b""


def test_while_another_process_saves_the_console_says_who_it_is(tmp_path: Path) -> None:
    import fcntl

    store = tmp_path / "kept"
    with terminal("demo", "--into", str(store), home=tmp_path) as screen:
        screen.wait_for("113 of 120 seats used", "q quit")
        with (store / "lock").open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(b'{"operator":"berg","process":4242,"since":"2026-08-05T12:00:00Z"}'.ljust(256))
            lock.flush()
            screen.send("jjjjjd")
            screen.wait_for("Disable 1 account?")
            screen.send("y")
            screen.wait_for("berg", "4242", "Try again")
        screen.send("q")
        screen.send("d")
        screen.wait_for("Disable 1 account?")
        screen.send("y")
        screen.wait_for("112 of 120 seats used")
