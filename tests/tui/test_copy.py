"""Addresses are copied by whatever way the terminal has, shown as text, and saved in a file."""

import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from kconsole.core.records import Domain, Inventory
from kconsole.tui import clipboard
from kconsole.tui.clipboard import MOST, PIECE, copy, wrapped_for_screen
from tests.operations.sessions import DOMAIN, account
from tests.tui.console import NARROW, Console, console, until

MANY = Inventory(domains=(Domain(name=DOMAIN, primary=True),), entries=tuple(account(f"a{n:05}") for n in range(3_000)))


@pytest.fixture(autouse=True)
def _no_multiplexer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TMUX", "STY", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


class Driver:
    def __init__(self) -> None:
        self.written = ""

    def write(self, data: str) -> None:
        self.written += data


OLD_TMUX = "sent to tmux; to pass it on, it needs: set -s set-clipboard on"


class FakeApp:
    """What copying needs of an application."""

    def __init__(self) -> None:
        self._driver = Driver()
        self.copied = ""

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text


def a_tmux(folder: Path, script: str) -> dict[str, str]:
    """A program called tmux that does what a script says."""
    program = folder / "bin" / "tmux"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"TMUX": "/tmp/tmux,1,0"}


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


async def copied(text: str, environment: dict[str, str]) -> tuple[Any, str]:
    app: Any = FakeApp()
    return app, await copy(app, text, environment)


# Ways to the clipboard


async def test_a_terminal_takes_it_by_osc_52() -> None:
    app, how = await copied("a@x.example", {"TERM": "xterm-256color"})
    assert app.copied == "a@x.example"
    assert how == "sent to your terminal"


@pytest.mark.parametrize("environment", [{"STY": "1.pts"}, {"TERM": "screen"}, {"TERM": "screen-256color"}])
async def test_screen_passes_it_on_in_pieces(environment: dict[str, str]) -> None:
    text = "anna@north.example\n" * 100
    app, how = await copied(text, environment)
    assert how == "sent to your terminal through screen"
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", app._driver.written, re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == app._driver.written
    assert max(map(len, pieces)) <= PIECE
    sequence = re.fullmatch("\x1b]52;c;([A-Za-z0-9+/=]+)\x07", "".join(pieces))
    assert sequence is not None
    assert b64decode(sequence[1]).decode() == text


def test_a_short_text_is_one_piece() -> None:
    assert list(wrapped_for_screen("YQ==")) == ["\x1bP\x1b]52;c;YQ==\x07\x1b\\"]


@pytest.mark.usefixtures("on_path")
async def test_tmux_takes_it_by_its_own_command(tmp_path: Path) -> None:
    environment = a_tmux(tmp_path, f'echo "$@" > {tmp_path}/how; cat > {tmp_path}/what; echo clipboard')
    app, how = await copied("ä@x.example", {**environment, "TERM": "screen-256color"})
    assert how == "sent to your terminal by tmux"
    assert (tmp_path / "how").read_text() == "load-buffer -w - ; display -p #{client_termfeatures}\n"
    assert (tmp_path / "what").read_text(encoding="utf-8") == "ä@x.example"
    assert not app.copied
    assert not app._driver.written


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("script", ["exit 1", "echo unknown flag >&2; exit 1"])
async def test_a_tmux_that_cannot_leaves_it_to_the_terminal(tmp_path: Path, script: str) -> None:
    app, how = await copied("a@x.example", a_tmux(tmp_path, script))
    assert (app.copied, how) == ("a@x.example", OLD_TMUX)


@pytest.mark.usefixtures("on_path")
async def test_a_terminal_that_tmux_passes_nothing_on_to_says_what_to_set(tmp_path: Path) -> None:
    _, how = await copied("a@x.example", a_tmux(tmp_path, "cat > /dev/null; echo 256,title"))
    assert how.endswith("set -as terminal-features ',*:clipboard'")


@pytest.mark.usefixtures("on_path")
async def test_a_tmux_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "PATIENCE", 0.05)
    app, how = await copied("a@x.example", a_tmux(tmp_path, "exec sleep 600"))
    assert (app.copied, how) == ("a@x.example", OLD_TMUX)


async def test_where_there_is_no_tmux_the_terminal_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    app, how = await copied("a@x.example", {"TMUX": "/tmp/gone,1,0"})
    assert (app.copied, how) == ("a@x.example", OLD_TMUX)


@pytest.mark.usefixtures("on_path")
async def test_too_much_for_a_clipboard_goes_into_tmux_alone(tmp_path: Path) -> None:
    environment = a_tmux(tmp_path, f'echo "$@" > {tmp_path}/how; cat > /dev/null')
    _, how = await copied("x" * MOST, environment)
    assert how == "copied into tmux's buffer, too much for a clipboard"
    assert (tmp_path / "how").read_text().startswith("load-buffer - ;")


async def test_too_much_is_not_sent_down_the_line() -> None:
    for environment in ({}, {"STY": "1"}):
        app, how = await copied("x" * MOST, environment)
        assert how.startswith("not copied: more than the 56 kB")
        assert not app.copied
        assert not app._driver.written


# In the console


@pytest.mark.usefixtures("on_path")
async def test_what_tmux_needs_is_shown_whole_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in a_tmux(tmp_path, "cat > /dev/null; echo 256,title").items():
        monkeypatch.setenv(name, value)
    async with console("office", NARROW) as screen:
        await screen.press("y")
        await until(screen, lambda: screen.dialog is not None)
        screen.expect_dialog("Copied", "set -as terminal-features ',*:clipboard'")
        await screen.press("escape", "y")
        await until(screen, lambda: "1 address copied into tmux's buffer" in screen.status)
        screen.expect_no_dialog()


async def test_copying_takes_the_marked_addresses() -> None:
    async with console("office") as screen:
        await screen.press("y")
        assert screen.app.clipboard == screen.main.accounts.rows[0].address
        assert screen.status == "1 address sent to your terminal · Y shows it"
        await screen.press("space", "space", "y")
        assert screen.app.clipboard.splitlines() == [entry.address for entry in screen.main.accounts.rows[:2]]
        assert screen.status == "2 addresses sent to your terminal · Y shows them"


async def test_copying_nothing_does_nothing() -> None:
    async with console(Inventory()) as screen:
        await screen.press("y", "Y")
        assert screen.app.clipboard == ""
        assert screen.app.screen is screen.main


def lines(screen: Console) -> list[str]:
    return [line.rstrip() for line in screen.text.splitlines()]


async def test_addresses_are_shown_from_the_edge_with_nothing_beside_them() -> None:
    async with console("office") as screen:
        first, second = screen.listed[:2]
        await screen.press("space", "space", "Y")
        assert lines(screen)[:4] == [" 2 addresses · select with the mouse of your terminal", first, second, ""]
        assert lines(screen)[-1] == " s save in a file · C with columns · esc back"
        await screen.press("escape")
        assert screen.app.screen is screen.main


async def test_a_long_address_is_shown_whole() -> None:
    long = account(f"{'long.' * 40}end")
    async with console(Inventory(entries=(long,)), (60, 20)) as screen:
        await screen.press("Y")
        assert "".join(lines(screen)[1:6]) == long.address
        await screen.resize(100, 30)
        assert "".join(lines(screen)[1:4]) == long.address


async def test_wide_letters_are_not_torn_at_the_edge() -> None:
    wide = account("x" + "王" * 40)
    async with console(Inventory(entries=(wide,)), (80, 24)) as screen:
        await screen.press("Y")
        assert "".join(lines(screen)[1:3]) == wide.address


async def test_c_shows_the_columns_of_the_table() -> None:
    async with console("office") as screen:
        address = screen.at.address
        await screen.press("Y", "c")
        assert lines(screen)[1].split() == ["Account", "Name", "Seat", "Because", "Last", "login", "Via"]
        assert lines(screen)[2].startswith(address)
        await screen.press("c")
        assert lines(screen)[1] == address


async def test_s_saves_them_in_a_file_that_no_one_else_may_read(tmp_path: Path) -> None:
    async with console("office") as screen:
        first, second = screen.listed[:2]
        await screen.press("space", "space", "Y", "s", "enter")
        file = tmp_path / "kconsole-accounts.txt"
        assert "2addressessavedin~/kconsole-accounts.txt" in "".join(screen.text.split())
        assert file.read_text() == f"{first}\n{second}\n"
        assert file.stat().st_mode & 0o777 == 0o600
        await screen.press("escape")
        assert screen.app.screen is screen.main


async def test_columns_are_saved_with_tabs(tmp_path: Path) -> None:
    async with console("office") as screen:
        await screen.press("Y", "c", "s", "enter")
        header, row = (tmp_path / "kconsole-accounts.txt").read_text().splitlines()
        assert header.split("\t") == ["Account", "Name", "Seat", "Because", "Last login", "Via"]
        assert row.split("\t")[0] == screen.at.address


async def test_a_file_that_is_there_is_replaced_only_after_asking(tmp_path: Path) -> None:
    file = tmp_path / "kconsole-accounts.txt"
    file.write_text("mine")
    async with console("office") as screen:
        await screen.press("Y", "s", "enter")
        assert "exists already" in " ".join(screen.text.split())
        assert file.read_text() == "mine"
        await screen.press("x", "backspace", "escape", "s", "enter")
        assert file.read_text() == "mine"
        await screen.press("enter")
        assert file.read_text() == f"{screen.at.address}\n"


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["", "/nowhere/at/all", "/dev/null", ".", "~no-such-user/x"])
async def test_what_cannot_be_written_is_reported(name: str) -> None:
    async with console("office", (120, 36)) as screen:
        await screen.press("Y", "s", "ctrl+u")
        from textual.widgets import Input

        screen.app.screen.query_one(Input).value = name
        await screen.press("enter")
        said = screen.text.splitlines()[-3]
        assert said.strip()
        assert "saved" not in said


async def test_no_file_is_written_into_the_store(tmp_path: Path) -> None:
    async with console("office", (120, 36)) as screen:
        from textual.widgets import Input

        await screen.press("Y", "s")
        screen.app.screen.query_one(Input).value = str(screen.session.store.folder / "mine.txt")
        await screen.press("enter")
        assert "is in the store's own folder" in " ".join(screen.text.split())
        assert not (screen.session.store.folder / "mine.txt").exists()
    assert not list(tmp_path.glob("*.txt"))


async def test_of_very_many_the_first_are_shown_and_all_are_saved(tmp_path: Path) -> None:
    async with console(MANY) as screen:
        await screen.press("asterisk", "Y")
        assert "3,000 addresses · the first 1,000 are shown, the file has all" in screen.text
        await screen.press("s", "enter")
        assert len((tmp_path / "kconsole-accounts.txt").read_text().splitlines()) == 3_000
