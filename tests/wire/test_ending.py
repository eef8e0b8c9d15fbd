"""The console ends in good order, however it ends: nothing runs on, nothing is left behind, the terminal is usable."""

import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.limits import PATIENCE
from tests.wire.terminal import KCONSOLE, Terminal, terminal

LEFT_ALTERNATE_SCREEN, CURSOR_SHOWN = b"\x1b[?1049l", b"\x1b[?25h"

IGNORING_HANGUP = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])",
    sys.executable,
    "-m",
    "kconsole",
)
"""As nohup does it."""

BREAKING = (
    sys.executable,
    "-c",
    "import sys\n"
    "from kconsole.tui.screens.main import MainScreen\n"
    "def broken(self):\n"
    "    secret = '\\x1b]0;owned\\x07'\n"
    "    raise RuntimeError(secret)\n"
    "MainScreen.action_help = broken\n"
    "from kconsole.cli.main import run\n"
    "sys.exit(run())\n",
)
"""A console whose help is broken."""


def opened(screen: Terminal) -> Terminal:
    return screen.wait_for("113 of 120 seats used", "q quit")


def is_left(folder: Path) -> bool:
    return any(folder.glob("kconsole-demo-*"))


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("keys", ["", "jjjjjd", "/ab", "L"])
def test_a_signal_leaves_the_terminal_as_it_was_and_nothing_behind(
    tmp_path: Path, number: signal.Signals, keys: str
) -> None:
    with terminal("demo", home=tmp_path, environment={"TMPDIR": str(tmp_path)}) as screen:
        opened(screen).send(keys)
        screen.watch(0.3)
        screen.signal(number)
        assert screen.wait_for_end() == 128 + number
        assert screen.written.count(LEFT_ALTERNATE_SCREEN) == 1
        assert CURSOR_SHOWN in screen.written
        assert not is_left(tmp_path)


def test_what_was_done_before_a_signal_is_there(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with terminal("demo", "--into", str(kept), home=tmp_path) as screen:
        opened(screen).send("jjjjjd")
        screen.wait_for("Cancel")
        screen.send("y")
        screen.wait_for("112 of 120 seats used")
        screen.signal(signal.SIGTERM)
        assert screen.wait_for_end() == 128 + signal.SIGTERM
    with terminal("--store", str(kept), "status", home=tmp_path) as screen:
        screen.wait_for("112 of 120")


def test_a_signal_before_the_screen_stands_leaves_nothing_behind(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TMPDIR": str(tmp_path)}) as screen:
        deadline = time.monotonic() + PATIENCE
        while not is_left(tmp_path):
            assert time.monotonic() < deadline, "it never began"
            time.sleep(0.001)
        screen.signal(signal.SIGTERM)
        assert screen.wait_for_end() == 128 + signal.SIGTERM
        assert not is_left(tmp_path)


@pytest.mark.parametrize("written", [1, 40, 120, 400, 1000])
def test_a_signal_while_the_first_screen_is_built_ends_it_in_order(tmp_path: Path, written: int) -> None:
    with terminal("demo", home=tmp_path, environment={"TMPDIR": str(tmp_path)}) as screen:
        screen.wait_until(lambda _: len(screen.written) >= written, "so many bytes")
        screen.signal(signal.SIGTERM)
        assert screen.wait_for_end() == 128 + signal.SIGTERM
        assert b"console failed" not in screen.written
        assert not is_left(tmp_path)


INTERRUPTED = """
import os, signal, tempfile
from kconsole.cli.screen import ending_in_order, temporary_folder

make = tempfile.mkdtemp

def mkdtemp(*arguments, **named):
    folder = make(*arguments, **named)
    os.kill(os.getpid(), signal.SIGTERM)
    return folder

tempfile.mkdtemp = mkdtemp
with ending_in_order(), temporary_folder():
    raise AssertionError("it went on")
"""
"""A signal comes as soon as the folder is there."""


def test_a_signal_in_the_moment_in_which_the_folder_is_made_leaves_none(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], env=environment, capture_output=True, text=True, check=False
    )
    assert "it went on" not in ended.stderr
    assert "Exit" in ended.stderr
    assert not is_left(tmp_path)


DROPPING = (
    sys.executable,
    "-c",
    "import os, signal, sys, weakref\n"
    "import kconsole.cli.screen as screen\n"
    "class Referenced: pass\n"
    "make = screen.sample_session\n"
    "def sample_session(*arguments, **options):\n"
    "    referenced = Referenced()\n"
    "    reference = weakref.ref(referenced, lambda _: os.kill(os.getpid(), signal.SIGTERM))\n"
    "    del referenced\n"
    "    return make(*arguments, **options)\n"
    "screen.sample_session = sample_session\n"
    "from kconsole.cli.main import run\n"
    "sys.exit(run())\n",
)
"""A signal comes while a weakref callback runs, as at the end of an import. Python drops what its handler raises."""


def test_a_signal_whose_exception_python_drops_ends_the_start(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TMPDIR": str(tmp_path)}, program=DROPPING) as screen:
        assert screen.wait_for_end() == 128 + signal.SIGTERM
        assert b"Exception ignored" in screen.written
        assert not is_left(tmp_path)


def test_a_terminal_that_goes_away_ends_it(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TMPDIR": str(tmp_path)}) as screen:
        opened(screen).close()
        assert screen.wait_for_end_unseen() == 128 + signal.SIGHUP
        assert not is_left(tmp_path)


def test_a_terminal_that_goes_away_ends_it_even_where_hangups_are_ignored(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TMPDIR": str(tmp_path)}, program=IGNORING_HANGUP) as screen:
        opened(screen).signal(signal.SIGHUP)
        screen.send("j")
        screen.watch(0.3)
        screen.close()
        assert screen.wait_for_end_unseen() == 128 + signal.SIGHUP
        assert not is_left(tmp_path)


@pytest.mark.parametrize("debug", [False, True])
def test_a_failure_of_the_screen_is_one_safe_line(tmp_path: Path, debug: bool) -> None:
    environment = {"TMPDIR": str(tmp_path), "KCONSOLE_DEBUG": "1" if debug else ""}
    with terminal("demo", home=tmp_path, environment=environment, program=BREAKING) as screen:
        opened(screen).send("?")
        assert screen.wait_for_end() == 1
        after = bytes(screen.written).partition(LEFT_ALTERNATE_SCREEN)[2].decode()
        assert "The console failed (RuntimeError)." in after
        assert "KCONSOLE_DEBUG=1" in after
        assert ("Traceback" in after) is debug
        assert "secret" not in after or debug
        assert b"\x1b]0;owned" not in screen.written
        assert not is_left(tmp_path)


def test_an_idle_console_writes_nothing_and_uses_next_to_nothing(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path) as screen:
        opened(screen).wait_until_silent(1.5)
        before = screen.cpu_seconds
        assert screen.watch(4) == b""
        assert screen.cpu_seconds - before < 0.3


def processes_at(folder: Path) -> list[int]:
    """The processes whose command line names a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder).encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def gone(folder: Path) -> bool:
    deadline = time.monotonic() + PATIENCE
    while processes_at(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_at(folder)


@pytest.mark.parametrize("program", [KCONSOLE, IGNORING_HANGUP], ids=["", "hangups ignored"])
@pytest.mark.parametrize("keys", ["", "jjjjjd", "/ab", "L", "?", "a", ":"])
def test_no_process_is_left_when_the_terminal_is_closed(tmp_path: Path, keys: str, program: Sequence[str]) -> None:
    store = tmp_path / "kept"
    with terminal("demo", "--into", str(store), home=tmp_path, program=program) as screen:
        opened(screen).send(keys)
        screen.watch(0.2)
        assert processes_at(store) == [screen.pid]
        screen.close()
        assert screen.wait_for_end_unseen() == 128 + signal.SIGHUP
    assert gone(store)


def test_an_end_of_what_is_typed_ends_it_though_the_screen_is_still_there(tmp_path: Path) -> None:
    store = tmp_path / "kept"
    typing, typed = os.openpty()
    seeing, seen = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "HOME": str(tmp_path)}
    arguments = [*KCONSOLE, "demo", "--into", str(store)]
    with subprocess.Popen(arguments, stdin=typed, stdout=seen, stderr=seen, env=environment) as process:
        os.close(typed)
        os.close(seen)
        shown = b""
        while b"quit" not in shown:
            assert select.select([seeing], [], [], PATIENCE)[0], shown
            shown += os.read(seeing, 65536)
        os.close(typing)
        with suppress(OSError):  # what it says at the end is read until there is no one to say more
            while os.read(seeing, 65536):
                pass
        assert process.wait(PATIENCE) == 128 + signal.SIGHUP
    os.close(seeing)
    assert gone(store)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (on Debian: apt install tmux)")
@pytest.mark.parametrize("order", [("kill-server",), ("kill-session", "-t", "console"), ("kill-pane", "-t", "console")])
def test_no_process_is_left_when_tmux_is_killed(tmp_path: Path, order: Sequence[str]) -> None:
    store = tmp_path / "kept"
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    command = shlex.join([*KCONSOLE, "demo", "--into", str(store)])
    subprocess.run([*tmux, "new-session", "-d", "-s", "console", "-x", "80", "-y", "24", command], check=True)
    try:
        shown = ""
        deadline = time.monotonic() + PATIENCE
        while "q quit" not in shown and time.monotonic() < deadline:
            time.sleep(0.05)
            captured = [*tmux, "capture-pane", "-p", "-t", "console"]
            shown = subprocess.run(captured, capture_output=True, text=True).stdout
        assert "113 of 120 seats used" in shown
        assert any(pid for pid in processes_at(store))
        subprocess.run([*tmux, *order], check=True)
        assert gone(store)
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)
