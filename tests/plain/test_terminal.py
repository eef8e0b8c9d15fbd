"""The plain console in a real terminal: lines only, however it was asked for, and safe ends."""

import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from kconsole.cli.plain import _ask_secret
from kconsole.plain.terminal import Quit
from kconsole.text.terminals import TerminalProfile, why_plain
from tests.cli.console import Console, account
from tests.wire.terminal import Terminal, terminal

MENU: Final = "Main menu, a number, or ? for the list:"
DISABLED: Final = r"Done: 2 to 1 seat used, anna@north\.example disabled\."

DISABLE: Final = (
    ("2", "Filter"), ("anna", "Numbers"), ("1", "What to do:"), ("1", "Reason"), ("left", "Type y"), ("y", "Done:"),
)  # fmt: skip
"""Each answer, and what is asked after it."""


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path / "store").fill(account("anna", full_name="Anna \x1b[31m Berg"), account("berg"))


def answer(screen: Terminal, steps: Sequence[tuple[str, str]]) -> None:
    for typed, then in steps:
        start = len(screen.written)
        screen.send(f"{typed}\r")
        screen.wait_until(lambda _, start=start, then=then: then.encode() in screen.written[start:], then)  # type: ignore[misc]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (["--plain"], {}),
        ([], {"ACCESSIBLE": "1"}),
        ([], {"TERM": "dumb"}),
        (["--plain"], {"LC_ALL": "C", "PYTHONUTF8": "0"}),
    ],
)
def test_a_change_in_lines_and_not_one_escape_sequence(
    console: Console, tmp_path: Path, options: list[str], environment: dict[str, str]
) -> None:
    options = ["--store", str(console.folder), *options]
    with terminal(*options, home=tmp_path, environment=environment, columns=200, lines=60) as screen:
        screen.wait_for(MENU)
        answer(screen, DISABLE)
        answer(screen, [("b", MENU), ("5", "Reason"), ("", "Type y"), ("y", "Done:"), ("q", "ends")])
        assert screen.wait_for_end() == 0
        written = bytes(screen.written)
    assert re.search(DISABLED.encode(), written)
    assert not [byte for byte in written if byte < 32 and byte not in b"\r\n\t"]
    assert not {"\x1b", "\x9b"} & set(written.decode())
    assert [entry["enabled"] for entry in console.accounts("--sort", "address")] == [True, True]


@pytest.mark.thorough
@pytest.mark.parametrize(("key", "code"), [("\x04", 0), ("\x03", 130)])
def test_ctrl_d_and_ctrl_c_end_at_once_and_safely(console: Console, tmp_path: Path, key: str, code: int) -> None:
    with terminal("--store", str(console.folder), "--plain", home=tmp_path, columns=200) as screen:
        screen.wait_for(MENU)
        answer(screen, DISABLE[:5])
        screen.send(key)
        assert screen.wait_for_end() == code
    assert all(entry["enabled"] for entry in console.accounts())


@pytest.mark.parametrize(("key", "expected"), [(EOFError, Quit), (KeyboardInterrupt, KeyboardInterrupt)])
def test_a_password_is_left_as_every_question_is(
    monkeypatch: pytest.MonkeyPatch, key: type[BaseException], expected: type[BaseException]
) -> None:
    def typed(_: str) -> str:
        raise key

    monkeypatch.setattr("click.termui.hidden_prompt_func", typed)
    with pytest.raises(expected):
        _ask_secret("Password:")


@pytest.mark.thorough
def test_a_closed_connection_and_what_was_typed_too_early_change_nothing(console: Console, tmp_path: Path) -> None:
    with terminal("--store", str(console.folder), "--plain", home=tmp_path, columns=200) as screen:
        screen.wait_for(MENU)
        screen.send("2\ranna\r1\r1\rleft\ry\r")  # pasted: the y came before its question
        screen.wait_for("Type y to disable; all else cancels:")
        screen.signal(signal.SIGHUP)
        assert screen.wait_for_end() == 128 + signal.SIGHUP
    assert all(entry["enabled"] for entry in console.accounts())


def test_answers_from_a_file_are_refused(console: Console) -> None:
    said = console.forked("--plain", text="2\nanna\n1\n1\n\ny\n")
    assert (said.code, said.out) == (2, "")
    assert "kconsole status" in said.err
    assert all(entry["enabled"] for entry in console.accounts())


@pytest.mark.thorough
def test_under_a_forced_command_too(console: Console, tmp_path: Path) -> None:
    roles = tmp_path / "roles.toml"
    roles.write_text('[operator.olga]\nrole = "auditor"\n')
    roles.chmod(0o644)
    for variables in ({"SSH_ORIGINAL_COMMAND": "--plain"}, {"ACCESSIBLE": "1"}):
        command = ["--store", str(console.folder), "--roles", str(roles), "shell", "--operator", "olga"]
        with terminal(*command, home=Path(os.environ["HOME"]), environment=variables, columns=200) as screen:
            screen.wait_for("You are olga, auditor.", MENU)
            answer(screen, [("5", MENU), ("2", "Filter"), ("", "Numbers"), ("1", "What to do:"), ("q", "ends")])
            assert screen.wait_for_end() == 0
            assert "Disable" not in screen.text


DRAWN = TerminalProfile()
UNDRAWN = TerminalProfile(is_drawable=False, reasons={"is_drawable": "TERM=dumb"})


@pytest.mark.parametrize(
    ("environment", "profile", "is_asked", "usual", "expected"),
    [
        ({}, DRAWN, False, False, False),
        ({}, DRAWN, True, False, True),
        ({}, DRAWN, False, True, True),
        ({}, UNDRAWN, False, False, True),
        ({"ACCESSIBLE": "1"}, DRAWN, False, False, True),
        ({"ACCESSIBLE": "yes"}, DRAWN, False, False, True),
        ({"ACCESSIBLE": "0"}, DRAWN, False, True, False),
        ({"ACCESSIBLE": "false"}, UNDRAWN, False, False, False),
        ({"ACCESSIBLE": "0"}, DRAWN, True, False, True),
        ({"ACCESSIBLE": ""}, DRAWN, False, False, False),
    ],
)
def test_when_it_is_the_plain_console(
    environment: dict[str, str], profile: TerminalProfile, is_asked: bool, usual: bool, expected: bool
) -> None:
    assert bool(why_plain(environment, profile, is_asked, usual)) == expected
