"""What every command has: the store, the time to wait for it, help, and one line for what was not foreseen."""

from pathlib import Path

import click
import pytest

from kconsole.cli.main import kconsole
from tests.cli.console import Console


@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", "-1", "1e9", "x", ""])
def test_a_wait_that_is_none_is_a_usage_error(small: Console, wait: str) -> None:
    for arguments in (["--wait", wait, "status"], ["status", "--wait", wait]):
        said = small(*arguments)
        assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize("store", ["", " ", "~no-such-user/x"])
def test_a_store_that_is_none_is_a_usage_error(small: Console, store: str) -> None:
    for arguments in (["--store", store, "status"], ["status", "--store", store]):
        said = small(*arguments)
        assert (said.code, said.out) == (2, "")
        assert "--store" in said.talk[-1]


def test_a_home_in_a_variable_or_an_option_is_found(home: Path) -> None:
    console = Console(home / "kc").fill(seats=3)
    for arguments, variable in ((["status"], "~/kc"), (["--store=~/kc", "status"], "/none")):
        said = console.forked(*arguments, "--json", KCONSOLE_STORE=variable)
        assert said.json["license"]["seats"] == 3


@pytest.mark.thorough
@pytest.mark.parametrize("variable", ["~no-such-user/x", "/dev/null/x", " ", "x" * 5000])
def test_a_bad_variable_does_not_defeat_the_option(small: Console, variable: str) -> None:
    folder = str(small.folder)
    for arguments in (["--store", folder, "status"], ["status", "--store", folder], ["--help"], ["status", "--help"]):
        said = small.forked(*arguments, KCONSOLE_STORE=variable)
        assert said.code == 0, (arguments, said)
    said = small.forked("status", KCONSOLE_STORE=variable)
    assert (said.code in (2, 3, 7), said.out, "Traceback" in said.err) == (True, "", False)
    assert "Unexpected error" not in said.err


def groups(command: click.Command = kconsole, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return []
    found = [path] if path and not command.invoke_without_command else []
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        found += groups(below, (*path, name))
    return found


@pytest.mark.parametrize("path", groups(), ids=" ".join)
def test_a_group_without_arguments_prints_its_help_in_lines(console: Console, path: tuple[str, ...]) -> None:
    said = console(*path)
    assert said.code == 2
    assert said.is_harmless()
    assert said.talk[0].startswith(f"Usage: kconsole {' '.join(path)}")
    assert any(line.startswith("Commands:") for line in said.talk)
    assert len(said.talk) > 5


def test_json_of_the_domains_does_not_go_with_adding_one(small: Console) -> None:
    said = small("domains", "--json", "add", "west.example")
    assert (said.code, said.out) == (2, "")
    assert [domain["name"] for domain in small.dump["domains"]] == ["north.example"]


def test_what_was_not_foreseen_is_one_line(small: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("x\x1b]0;t\x07\nkconsole: all is well")

    monkeypatch.setattr("kconsole.cli.context.Session.open", fail)
    said = small("status")
    assert (said.code, said.out, len(said.talk)) == (1, "", 2)
    assert said.talk[0].startswith("kconsole: Unexpected error: ValueError: x")
    assert "KCONSOLE_DEBUG=1" in said.talk[1]
    assert said.is_harmless()
    monkeypatch.setenv("KCONSOLE_DEBUG", "1")
    with pytest.raises(ValueError, match="x"):
        small("status")
