"""The clipboard as it is reached: from a real terminal, and from within a real tmux."""

import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.terminal import terminal

ADDRESS = "i.jansen@labs.example"
OSC_52 = b"\x1b]52;c;" + b64encode(ADDRESS.encode())


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    """A tmux server of its own, that ends with the test."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    command = ["tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]
    yield command
    subprocess.run([*command, "kill-server"], check=False, capture_output=True)


def test_the_terminal_is_asked_to_take_the_address(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"TMUX": "", "STY": ""}) as screen:
        screen.wait_for(ADDRESS, "q quit")
        screen.send("y")
        screen.wait_for("1 address sent to your terminal · Y shows it")
        assert screen.written.count(OSC_52 + b"\x07") == 1
        screen.send("q")
        assert screen.wait_for_end() == 0


def test_in_screen_it_is_wrapped(tmp_path: Path) -> None:
    environment = {"TMUX": "", "STY": "1.pts", "TERM": "screen-256color"}
    with terminal("demo", home=tmp_path, environment=environment) as screen:
        screen.wait_for("q quit")
        screen.send("y")
        screen.wait_for("1 address sent to your terminal through screen")
        assert b"\x1bP" + OSC_52 + b"\x07\x1b\\" in screen.written


def test_tmux_takes_the_address_and_passes_it_on(tmp_path: Path, tmux: list[str]) -> None:
    console = f"{sys.executable} -m kconsole demo"
    environment = {"TMUX": "", "STY": ""}
    with terminal("new-session", console, program=tmux, home=tmp_path, environment=environment) as screen:
        screen.wait_for(ADDRESS, "q quit")
        screen.send("y")
        screen.wait_for("1 address sent to your terminal by tmux · Y shows it")
        shown = subprocess.run([*tmux, "show-buffer"], check=True, capture_output=True, text=True)
        assert shown.stdout == ADDRESS
        screen.wait_until(lambda _: b64encode(ADDRESS.encode()) in screen.written, "the sequence of tmux itself")
        screen.send("q")
        assert screen.wait_for_end() == 0
