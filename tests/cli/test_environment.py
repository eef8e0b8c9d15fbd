"""Every command in whatever environment: it does its work, or says in a sentence why not."""

import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kconsole.cli.main import run as command_line
from kconsole.operations.preferences import preferences_path
from kconsole.operations.search.filters import LONGEST_FILTER
from kconsole.operations.settings import Settings, read_settings
from tests.cli.console import Console, Said, account
from tests.cli.test_streams import COMMANDS, prepared
from tests.wire.terminal import terminal

__all__ = ["prepared"]
NAMES = [name for name in COMMANDS if name not in ("demo", "backup")]


def unknown_user(_: int) -> pwd.struct_passwd:
    raise KeyError


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home and without a name, as in a container."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown_user)


@pytest.fixture
def no_folder(tmp_path: Path) -> Iterator[None]:
    """A working folder that is gone."""
    before, gone = Path.cwd(), tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    yield
    os.chdir(before)


@pytest.fixture
def run(prepared: Path, tmp_path: Path) -> Callable[[str], Said]:
    def run(name: str) -> Said:
        here = tmp_path / "copy"
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(prepared, here)
        return Console(here / "store")(*f"{name} {COMMANDS[name].replace('FILES', str(here))}".split())

    return run


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_can_use_every_command(
    run: Callable[[str], Said], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    said = {name: run(name) for name in NAMES}
    assert not [name for name, each in said.items() if "nexpected" in each.err]
    monkeypatch.setenv("HOME", str(home))
    assert {name: run(name).code for name in NAMES} == {name: each.code for name, each in said.items()}


@pytest.mark.usefixtures("no_home")
def test_without_a_home_the_store_has_to_be_named(console: Console) -> None:
    assert command_line(["status"]) == 2
    assert command_line(["init"]) == 2
    assert preferences_path() is None
    assert read_settings() == Settings()
    paths = console.done("diagnose", "--json").json["paths"]
    assert (paths["configuration"], paths["state"]) == ({"path": None, "there": False},) * 2
    assert console("--store", "~/x", "status").code == 2
    assert console("domains", "map", "x.example", "--url", "ldaps://x", "--base", "x", "--ca", "~/ca.pem").code == 2


@pytest.mark.usefixtures("no_folder")
def test_a_working_folder_that_is_gone_matters_to_relative_names_only(run: Callable[[str], Said], home: Path) -> None:
    gone = {name: run(name) for name in NAMES}
    os.chdir(home)
    assert {name: run(name).code for name in NAMES} == {name: each.code for name, each in gone.items()}


@pytest.mark.usefixtures("no_folder")
def test_a_relative_name_in_a_folder_that_is_gone_is_refused(console: Console) -> None:
    console.fill(account("anna"))
    for arguments in ("dump x.json", "backup x.tar", "restore x.json", "--store x init", "--store x status"):
        said = console(*arguments.split())
        assert said.code != 0
        assert said.err
        assert "nexpected" not in said.err


def test_a_dump_needs_a_name(console: Console) -> None:
    console.fill(account("anna"))
    assert [console(name, file).code for name in ("dump", "backup") for file in ("", "/")] == [2] * 4


def test_a_filter_has_a_longest_length(console: Console) -> None:
    console.fill(account("anna"))
    assert console("accounts", "--filter", "a " * (LONGEST_FILTER // 2)).code == 0
    assert console("accounts", "--filter", "a " * 60_000).code == 2


def test_an_argument_of_another_encoding_is_no_surprise(console: Console) -> None:
    console.fill(account("anna"))
    assert console("connect", "a\udcffb", "--json").code == 3


RUBBISH = {
    "COLUMNS": "-5", "LINES": "x", "ESCDELAY": "x", "KCONSOLE_ASCII": "\x07", "KCONSOLE_CONFIG": "/dev/zero",
    "KCONSOLE_STATE": "/proc/x", "XDG_CONFIG_HOME": "rel", "XDG_DATA_HOME": "rel", "XDG_STATE_HOME": "rel",
    "TMPDIR": "/nonexistent", "LANG": "xx_YY.z", "LC_ALL": "xx_YY.z", "COLORFGBG": "x;y;99999", "NO_COLOR": "",
    "TERM": "", "COLORTERM": "\x1b[2J", "SSH_CONNECTION": "\x1b[2J",
}  # fmt: skip


@pytest.mark.thorough
def test_rubbish_in_the_environment_is_survived(console: Console) -> None:
    assert console.process("init", "--seats", "5", **RUBBISH).code == 0
    for arguments in ("status", "accounts --filter x", "diagnose", "--help", "log", "domains add x.example"):
        said = console.process(*arguments.split(), **RUBBISH)
        assert (said.code, said.is_harmless()) == (0, True), (arguments, said.err)


@pytest.mark.thorough
@pytest.mark.parametrize("mask", [0o000, 0o777])
def test_under_any_mask_a_store_is_its_owners(console: Console, mask: int) -> None:
    deep = Console(console.folder / "deep" / "store")
    before = os.umask(mask)
    try:
        assert deep.process("init").code == 0
        assert deep.process("domains", "add", "x.example").code == 0
    finally:
        os.umask(before)
    assert [folder.stat().st_mode & 0o777 for folder in (deep.folder, deep.folder.parent)] == [0o700] * 2


@pytest.mark.thorough
def test_over_ssh_without_a_terminal_says_how_to_get_one(console: Console) -> None:
    console.fill(account("anna"))
    said = console.process(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22")
    assert said.code == 2
    assert "ssh -t" in said.err


@pytest.mark.thorough
def test_the_size_is_the_terminals_own(tmp_path: Path) -> None:
    with terminal("demo", home=tmp_path, environment={"COLUMNS": "200", "LINES": "60"}) as screen:
        screen.wait_for("q quit")
        screen.resize(140, 36)
        screen.wait_until(lambda text: "q quit" in text.splitlines()[-1], "the footer in the last line")


ANNA, NORTH = "anna@north.example", "north.example"


@pytest.mark.parametrize("around", [" {} ", "{}\r", "\ufeff{}", "{}\u200b", "\u00a0{}", "\u2060{}\t\n"])
def test_blanks_around_a_name_matter_to_no_command(console: Console, around: str, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("Name;FullName\np1;Person\n")
    commands = [
        ["add", around.format("new@north.example")],
        ["explain", around.format(ANNA)],
        ["disable", around.format(ANNA)],
        ["enable", around.format(ANNA)],
        ["connect", around.format(ANNA)],
        ["accounts", "--domain", around.format(NORTH)],
        ["accounts", "--filter", around.format(ANNA)],
        ["log", "--account", around.format(ANNA)],
        ["domains", "add", around.format("south.example")],
        ["domains", "map", around.format(NORTH), "--url", "ldaps://d.example", "--base", "dc=north"],
        ["import", "csv", str(tmp_path / "users.csv"), "--domain", around.format(NORTH)],
        ["delete", "berg@north.example", "--yes", "--mailbox", f"transfer:{around.format(ANNA)}"],
        ["delete", "--yes", around.format(ANNA)],
    ]
    console.fill(account("anna"), account("berg"), seats=9)
    for arguments in commands:
        said = console.done(*arguments)
        assert ANNA in said.out or arguments[0] not in ("explain", "accounts", "log"), arguments
    live = {document["address"] for document in console.accounts()}
    assert live == {"new@north.example", "p1@north.example"}
