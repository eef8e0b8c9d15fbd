"""What all commands share: where the store is, busy and damaged stores, help, and the start of the console."""

import csv
import io
import os
import re
from pathlib import Path
from typing import Any

import click
import pytest
from filelock import FileLock

from kconsole import __version__
from kconsole.cli.main import COMMANDS, kconsole
from kconsole.cli.screen import Appearance, Start
from kconsole.operations.preferences import Preferences, preferences_path
from kconsole.operations.session import Session
from tests.cli.console import Console, Said, logins
from tests.importers.exports import NORTHWIND

# Where the store is


@pytest.mark.parametrize(
    "arguments",
    [
        "status",
        "accounts",
        "explain a",
        "domains",
        "domains add x.example",
        "disable a",
        "enable a",
        "add a@x.example",
        "delete a --yes",
        "restarted",
        "connect a",
        "dump",
        f"import csv {NORTHWIND} --domain x.example",
    ],
)
def test_without_a_store_every_command_says_how_to_make_one(console: Console, arguments: str) -> None:
    said = console(*arguments.split(" "))
    assert (said.code, said.out) == (3, "")
    assert str(console.folder) in said.talk[0]
    assert not console.folder.exists()


def test_the_store_is_chosen_by_option_before_variable_before_default(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_option = Console(tmp_path / "option").fill(seats=1)
    by_variable = Console(tmp_path / "variable").fill(seats=2)
    by_default = Console(home / ".local" / "share" / "kconsole").fill(seats=3)

    def seats(*arguments: str) -> Any:
        said = by_option.process(*arguments, "--json", KCONSOLE_STORE=os.environ.get("KCONSOLE_STORE", ""))
        return said.json["license"]["seats"]

    assert seats("status") == 3
    monkeypatch.setenv("KCONSOLE_STORE", str(by_variable.folder))
    assert seats("status") == 2
    assert seats("--store", str(by_option.folder), "status") == 1
    assert seats("status", "--store", str(by_option.folder)) == 1
    assert seats("--store", str(by_option.folder), "status", "--store", str(by_default.folder)) == 3


# Busy and damaged stores


def test_a_busy_store_says_so(office: Console) -> None:
    with FileLock(office.folder / "lock"):
        said = office("disable", "anna@north.example")
        assert office("status").code == 0
    assert (said.code, said.out) == (6, "")
    assert re.match(rf"kconsole: .+ \(process \d+.*\) is saving to {office.folder}", said.talk[0])
    assert office("status", "--wait", "-1").code == 2


@pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
def test_a_damaged_snapshot_is_rebuilt_from_the_journal_with_a_note(office: Console, content: str) -> None:
    before = office.dump
    file = office.folder / "store.json"
    file.write_text(content)
    said = office.done("status", "--json")
    (note,) = said.talk
    assert note.startswith(f"Note: {file} was damaged (it is ")
    assert said.json["seats"]["used"] == 5
    office.done("disable", "anna@north.example")
    assert office.done("enable", "anna@north.example").talk[0].startswith("anna@north.example")
    after = office.done("dump")
    assert (after.json, after.err) == (before, "")


@pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
def test_a_damaged_store_is_named_and_not_touched(office: Console, content: str, tmp_path: Path) -> None:
    file = office.folder / "store.json"
    (office.folder / "journal.jsonl").unlink()
    file.write_text(content)
    for arguments in (["status"], ["status", "--json"], ["disable", "anna@north.example"], ["dump"]):
        said = office(*arguments)
        assert (said.code, said.out) == (7, "")
        assert said.talk[0].startswith(f"kconsole: {file} is ")
        assert "not touched" in said.talk[1]
    (tmp_path / "good.json").write_text("{}")
    assert office("restore", str(tmp_path / "good.json")).code == 7
    assert office("init").code == 4
    assert file.read_text() == content


# Help


def test_help_and_version(console: Console) -> None:
    said = console.done("--help")
    assert said.err == ""
    assert "Exit codes: 0 done, 1 partly failed, 2 usage" in said.out
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", said.out, re.MULTILINE), name
    assert console.done("--version").out == f"kconsole {__version__}\n"


def all_commands(
    command: click.Command = kconsole, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found += all_commands(below, (*path, name))
    return found


@pytest.mark.parametrize(
    ("path", "command"), all_commands(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_has_a_short_help(
    console: Console, path: tuple[str, ...], command: click.Command
) -> None:
    sentence = command.get_short_help_str(1000)
    assert 0 < len(sentence) <= 60, sentence
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
    said = console(*path, "-h")
    assert said == console(*path, "--help")
    assert said.is_harmless()
    assert "\\" not in said.out  # a sign that is for click, and not taken as one
    assert said.code == (3 if path == ("check",) else 0)  # a monitoring system that gets help has checked nothing


def test_what_is_no_command(console: Console) -> None:
    for arguments in (
        ["nonsense"],
        ["--nonsense"],
        ["status", "--nonsense"],
        ["status", "more"],
        ["domains", "remove"],
    ):
        said = console(*arguments)
        assert (said.code, said.out) == (2, "")
        assert said.talk[-1].startswith("kconsole: ")


# The console itself


def test_without_a_terminal_the_console_says_what_to_use_instead(
    office: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    said = office()
    assert (said.code, said.out) == (2, "")
    assert said.talk[0] == "kconsole: The console needs a terminal that can move its cursor."
    assert "kconsole status" in said.talk[1]
    assert office("demo").code == 2


def test_with_a_terminal_the_console_opens_on_the_store_or_on_a_throw_away_sample(
    office: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, Path, int | None]] = []

    def show(_: Start, session: Session, title: str, __: Appearance, **___: object) -> None:
        assert session.store.folder.is_dir()
        shown.append((title, session.store.folder, session.seats.report().limit))

    monkeypatch.setattr("kconsole.cli.screen.has_terminal", lambda _: True)
    monkeypatch.setattr("kconsole.cli.screen.show", show)
    office.done()
    assert shown.pop() == ("", office.folder, 6)
    office.done("demo")
    title, folder, limit = shown.pop()
    assert (title, limit, folder.exists()) == ("sample 'office'", 120, False)
    office.done("demo", "--sample", "crisis", "--into", str(tmp_path / "kept"))
    assert shown.pop() == (f"sample 'crisis' in {tmp_path / 'kept'}", tmp_path / "kept", 50)
    assert (tmp_path / "kept").is_dir()
    office.folder = tmp_path / "none"
    assert office().code == 3


def test_demo_keeps_its_store_where_asked(console: Console, tmp_path: Path) -> None:
    said = console.done("demo", "--sample", "small", "--into", str(tmp_path / "demo"))
    (line,) = said.talk
    assert f"kconsole --store {tmp_path / 'demo'}" in line
    assert Console(tmp_path / "demo").done("status", "--json").json["license"] == {"seats": 5, "id_end": ""}
    assert console("demo", "--into", str(tmp_path / "demo")).code == 4
    assert console("demo", "--sample", "none").code == 2


def test_accounts_takes_the_filter_of_the_screen(office: Console) -> None:
    answer = office.done("accounts", "--json", "--filter", "seen:>180d -is:disabled").json
    assert logins(answer) == ["old"]
    refused = office("accounts", "--filter", "is:missing")
    assert refused.code == 2


def test_tags_are_in_the_list_the_filter_and_the_csv(office: Console) -> None:
    office.done("tag", "anna", "all@north.example", "VIP", "service", "--reason", "audit")
    assert [each["tags"] for each in office.accounts("--filter", "is:service tag:vip")] == [["service", "vip"]] * 2
    (row,) = csv.DictReader(io.StringIO(office.done("accounts", "--csv", "--filter", "tag:vip anna").out))
    assert row["tags"] == "service vip"
    office.done("tag", "anna", "vip", "--remove")
    assert logins(office.accounts("--filter", "tag:vip")) == ["all"]
    office.done("undo")
    assert logins(office.accounts("--filter", "(is:service -is:list) or none")) == ["anna"]
    assert "servce" in office.done("accounts", "--json", "--filter", "-tag:servce").err
    assert office("tag", "anna", "berg@south.example").code == 2
    assert office("tag", "anna", "not a tag").code == 2
    assert office("tag", "no-such-login", "vip").code == 3


@pytest.mark.parametrize(
    "command",
    [
        ("disable",),
        ("enable",),
        ("explain",),
        ("delete", "--yes"),
        ("connect",),
        ("tag", "vip"),
        ("delete", "--yes", "old@north.example", "--mailbox", "transfer:{}"),
    ],
    ids=" ".join,
)
def test_every_command_takes_a_login_alone_and_names_the_nearest(office: Console, command: tuple[str, ...]) -> None:
    def run(login: str) -> Said:
        if "{}" in command[-1]:
            return office(*command[:-1], command[-1].format(login))
        return office(command[0], login, *command[1:])

    misspelled = run("ana")
    assert (misspelled.code, "anna@north.example" in misspelled.err) == (3, True)
    office.done("add", "anna@south.example")
    ambiguous = run("anna")
    assert (ambiguous.code, "anna@north.example, anna@south.example" in ambiguous.err) == (4, True)
    office.done("delete", "--yes", "anna@south.example")
    assert run("Anna").code == 0


def test_accounts_lists_the_deleted_whose_seat_is_held_when_asked(office: Console) -> None:
    assert "gone" not in logins(office.accounts())
    (gone,) = office.accounts("--filter", "is:held")
    assert (gone["login"], gone["seat"], gone["verdict"]) == ("gone", False, "held")
    (row,) = csv.DictReader(io.StringIO(office.done("accounts", "--csv", "--filter", "is:held").out))
    assert (row["login"], row["verdict"]) == ("gone", "held")
    office.done("restarted")
    assert office.accounts("--filter", "is:held") == []


def test_accounts_takes_a_filter_that_was_saved_on_the_screen(office: Console) -> None:
    assert office("accounts", "--filter", "@unused").code == 2
    preferences = Preferences(preferences_path())
    preferences.keep_filter("unused", "seen:>180d is:enabled")
    assert logins(office.accounts("--filter", "@unused")) == ["old"]
    assert logins(office.accounts("--filter", "@unused anna")) == []
    assert office("accounts", "--filter", "@used").code == 2
