"""What was found out about the terminal, reported by the command line."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kconsole import __version__
from kconsole.operations.preferences import Preferences
from tests.cli.console import Console, account

XTERM = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TMUX": "", "STY": "", "COLORFGBG": ""}


@pytest.fixture(autouse=True)
def terminal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del home
    for name, value in XTERM.items():
        monkeypatch.setenv(name, value)
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "TERM_PROGRAM", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)


def found(answer: Any) -> dict[str, Any]:
    return {name: finding["value"] for name, finding in answer["terminal"].items()}


def in_terminal(console: Console, *arguments: str, **environment: str) -> str:
    """Run in a terminal of its own, and return what it wrote there."""
    reader, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kconsole", "--store", str(console.folder), *arguments],
        stdin=end,
        stdout=end,
        stderr=end,
        env={**os.environ, **environment},
    )
    os.close(end)
    written = b""
    try:
        while chunk := os.read(reader, 65536):
            written += chunk
    except OSError:  # the other end is closed
        pass
    os.close(reader)
    process.wait(60)
    return written.decode()


def test_it_needs_no_store_and_tells_all(console: Console, home: Path) -> None:
    said = console.done("diagnose")
    assert said.is_harmless()
    lines = said.out.splitlines()
    assert lines[0].split() == ["TERMINAL", "FOUND", "BECAUSE"]
    assert lines[2].split() == ["colours", "truecolor", "COLORTERM=truecolor"]
    assert f"configuration  not there  {home}/.config/kconsole/config.toml" in lines
    assert f"state          not there  {home}/.local/state/kconsole/habits.json" in lines
    assert f"store          not there  {console.folder}" in lines
    assert f"kconsole  {__version__}" in lines
    assert not (home / ".config").exists()
    assert not (home / ".local").exists()


def test_as_a_document(console: Console) -> None:
    answer = console.fill(account("anna")).done("diagnose", "--json").json
    assert answer["schema"] == 1
    assert found(answer) | {"encoding": "", "locale": "", "size": None, "ascii_only": False} == {
        "drawable": True, "colours": "truecolor", "ascii_only": False, "theme": "kconsole", "mouse": False,
        "size": None, "multiplexer": "", "ssh": False, "background": "", "encoding": "", "locale": "",
        "plain": False, "sorting": "",
    }  # fmt: skip
    assert answer["paths"]["store"] == {"path": str(console.folder), "there": True}
    assert set(answer["versions"]) == {"kconsole", "python", "textual", "rich", "tinydb", "pydantic", "click"}
    assert answer["problems"] == []


@pytest.mark.parametrize("place", ["before", "after"])
def test_it_takes_the_options_of_the_console(console: Console, place: str) -> None:
    options = ["--ascii", "--mouse", "--theme", "terminal", "--colors", "16"]
    arguments = [*options, "diagnose", "--json"] if place == "before" else ["diagnose", "--json", *options]
    answer = console.done(*arguments).json
    assert found(answer)["ascii_only"] is True
    assert (found(answer)["mouse"], found(answer)["theme"], found(answer)["colours"]) == (True, "terminal", "16")
    assert answer["terminal"]["colours"]["because"] == "asked for with --colours"


def test_configuration_and_what_was_chosen(console: Console, home: Path) -> None:
    folder = home / ".config" / "kconsole"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('theme = "kconsole-light"\ncolours = "256"\nmouse = 3\n\n[keys]\nundo = "U"\n')
    answer = console.done("diagnose", "--json").json
    assert (found(answer)["theme"], found(answer)["colours"]) == ("kconsole-light", "256")
    assert answer["problems"] == [f"{folder / 'config.toml'}, line 3: 'mouse' is 3. It must be true or false."]
    assert console.done("diagnose").out.splitlines()[-1] == f"! {answer['problems'][0]}"
    Preferences(home / ".local" / "state" / "kconsole" / "habits.json").choose_theme("kconsole-contrast")
    answer = console.done("diagnose", "--json").json
    assert answer["terminal"]["theme"] == {"value": "kconsole-contrast", "because": "chosen on the screen"}
    assert answer["paths"]["state"]["there"]


def test_a_terminal_that_cannot_be_drawn_on_is_reported_what_else_there_is(console: Console) -> None:
    for term in ("dumb", ""):
        answer = console.process("diagnose", "--json", TERM=term)
        assert found(answer.json)["drawable"] is False
        written = in_terminal(console, TERM=term, ACCESSIBLE="0")
        assert f"needs a terminal that can move its cursor (TERM={term})." in written
        assert "'kconsole status'" in written
        assert "\x1b" not in written


def test_hostile_values_do_no_harm(console: Console) -> None:
    hostile = dict.fromkeys(("TERM", "COLORTERM", "LANG", "KCONSOLE_CONFIG", "COLORFGBG"), "\x1b]0;x\x07\u202e[bold]")
    for arguments in (("diagnose",), ("diagnose", "--json")):
        said = console.process(*arguments, **hostile)
        assert (said.code, said.is_harmless()) == (0, True)
    said = console.process("diagnose", "--json", KCONSOLE_CONFIG="\udcff")
    assert (said.code, said.is_harmless()) == (0, True)


@pytest.mark.parametrize("option", [["--theme", "solarized"], ["--colours", "8"], ["--ascii=yes"]])
def test_options_that_make_no_sense_are_refused(console: Console, option: list[str]) -> None:
    assert console(*option, "diagnose").code == 2


def test_in_a_terminal_it_tells_its_size_and_keeps_to_its_width(console: Console) -> None:
    written = in_terminal(console, "diagnose", COLUMNS="80", LINES="24")
    assert "size         0x0" in written or "size         80x24" in written
    assert "\x1b" not in written


def test_in_a_terminal_the_command_line_draws_with_ascii_where_asked_to(console: Console) -> None:
    console.fill(account("anna"), seats=10)
    assert in_terminal(console, "status").startswith("█")
    for arguments, environment in ((("--ascii", "status"), {}), (("status",), {"KCONSOLE_ASCII": "1"})):
        assert in_terminal(console, *arguments, **environment).startswith("#####....")
    assert console.process("status", KCONSOLE_ASCII="1").out.startswith("█")
