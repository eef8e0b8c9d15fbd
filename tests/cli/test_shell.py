"""`kconsole shell`: what an operator types over SSH is a command line of kconsole, and nothing else."""

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest

from kconsole.cli.context import CliContext, FilePath
from kconsole.cli.main import OWNERS_ONLY, kconsole, run
from kconsole.cli.shell import kept_variables, words_of_command
from kconsole.core.errors import BadInput
from kconsole.core.roles import RoleName
from kconsole.operations.confinement import confine_files, named_file
from kconsole.operations.files import whole_path
from kconsole.operations.importing.kerio_files import read_kerio
from tests.cli.console import Console, Said, account
from tests.operations.sessions import NORTH, SOUTH

FAR = SOUTH.name


def write_roles(folder: Path, role: RoleName = "helpdesk", domains: tuple[str, ...] = ()) -> Path:
    file = folder / "roles.toml"
    file.write_text(f'[operator.anna]\nrole = "{role}"\n' + (f"domains = {list(domains)}\n" if domains else ""))
    file.chmod(0o644)
    return file


class Remote:
    """An operator at the other end of an SSH connection without a terminal."""

    def __init__(self, console: Console, roles: Path, files: Path) -> None:
        self._console, self._roles, self.files = console, roles, files

    def process(self, command: str | None, **variables: str) -> Said:
        """Run the forced command, in a process of its own."""
        original = {} if command is None else {"SSH_ORIGINAL_COMMAND": command}
        store = ("--store", str(self._console.folder), "--roles", str(self._roles))
        return self._console.process(
            *store, "shell", "--operator", "anna", "--files", str(self.files), **original, **variables
        )

    def __call__(self, command: str) -> Said:
        """Run what the forced command runs, in this process."""
        return self.words(words_of_command(command))

    def words(self, words: list[str]) -> Said:
        """Run these words of an operator, in this process."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        place = CliContext(location=self._console.folder, operator_name="anna", roles_file=self._roles, patience=0)
        confine_files(self.files)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = run(words, place)
        finally:
            confine_files(None)
        return Said(code, *(each.buffer.getvalue().decode() for each in (out, err)))


@pytest.fixture
def remote(console: Console, tmp_path: Path) -> Remote:
    console.fill(account("mara"), account("nils"), account(f"olaf@{FAR}"), domains=(NORTH, SOUTH))
    (tmp_path / "files" / "inbox").mkdir(parents=True)
    return Remote(console, write_roles(tmp_path), tmp_path / "files")


def test_words_are_those_of_a_command_line() -> None:
    assert words_of_command("") == []
    assert words_of_command("kconsole") == []
    assert words_of_command("kconsole status --json") == words_of_command("status --json") == ["status", "--json"]
    assert words_of_command("disable a@b.example --reason 'left us'") == [
        "disable", "a@b.example", "--reason", "left us",
    ]  # fmt: skip
    assert words_of_command("log; rm -rf / && $(id) `id` | sh > x") == [
        "log;", "rm", "-rf", "/", "&&", "$(id)", "`id`", "|", "sh", ">", "x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "command", ["log 'x", 'log "', "log \n status", "log \x1b[2J", "log \x00", "a" * 20_000, "x\\"]
)
def test_what_is_no_line_is_refused(command: str) -> None:
    with pytest.raises(BadInput):
        words_of_command(command)


def test_the_environment_is_made_of_what_is_known_and_looks_right() -> None:
    given = {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "de_DE.UTF-8", "LC_TIME": "C",
        "SSH_CONNECTION": "192.0.2.7 5022 192.0.2.1 22", "NO_COLOR": "",
    }  # fmt: skip
    hostile = {
        "PYTHONPATH": "/tmp", "LD_PRELOAD": "/tmp/x.so", "PAGER": "sh", "EDITOR": "sh", "TERMINFO": "/tmp",
        "COLUMNS": "1", "TEXTUAL_DRIVER": "os:system", "KCONSOLE_STORE": "/tmp", "KCONSOLE_DEBUG": "1",
        "LC_X; id": "C", "LC_ALL": "../../x", "BASH_ENV": "/tmp/x", "SSLKEYLOGFILE": "/tmp/keys",
        "SSL_CERT_FILE": "/tmp/ca", "HTTPS_PROXY": "http://192.0.2.9", "KRB5_CONFIG": "/tmp/k", "TZ": ":/etc/shadow",
    }  # fmt: skip
    assert kept_variables(given | hostile) == given
    assert kept_variables({"TERM": "../../etc/x", "COLORTERM": "a b", "SSH_CONNECTION": "x\ny"}) == {}


def test_without_a_command_and_a_terminal_it_prints_the_status(remote: Remote) -> None:
    said = remote.process(None, PYTHONPATH="/nowhere", TERMINFO="/nowhere", KCONSOLE_DEBUG="1", COLUMNS="10")
    assert said == Said(0, remote("status").out, "")
    assert remote.process("kconsole nonsense").code == 2
    refused = remote.process("delete nils@north.example --yes")
    assert (refused.code, refused.out) == (4, "")


def test_a_command_runs_with_the_rights_of_the_operator(remote: Remote, console: Console) -> None:
    assert remote("kconsole disable mara@north.example --reason 'left us'").code == 0
    assert remote("delete nils@north.example --yes").code == 4
    assert remote("disable nosuch@north.example").code == 3
    line = console.process("log", "--json").json[1]
    assert (line["operator_name"], line["reason"]) == ("anna", "left us")


@pytest.mark.parametrize(
    "command",
    [
        "--store /tmp status", "status --store=/tmp", "disable mara --as root", "--wait 1 status",
        "--roles /tmp/r status", "--allow-network-fs status", "demo", "demo --into exports/x", "init",
        "shell --operator berg", "kconsole kconsole status", "nonsense", "roles check /etc/shadow",
        "dump /etc/passwd", "dump inbox/x", "dump exports/../x", "dump exports/.ssh", "dump exports/a/b",
        "backup /tmp/x", "import csv /etc/passwd", "import csv exports/x", "import csv inbox/../../etc/passwd",
        "restore ~/x", "disable mara --password-file /etc/shadow", "import csv inbox/x --faults inbox/y",
        "license install /etc/shadow",
    ],
)  # fmt: skip
def test_what_belongs_to_the_owner_is_refused(remote: Remote, console: Console, command: str) -> None:
    before = (console.folder / "journal.jsonl").read_bytes()
    said = remote(command)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert (console.folder / "journal.jsonl").read_bytes() == before


def test_files_come_from_the_inbox_and_go_to_exports(remote: Remote, console: Console, tmp_path: Path) -> None:
    write_roles(tmp_path, "full-admin")
    (remote.files / "inbox" / "users.csv").write_text("Name;MailAddress\nvera;vera@north.example\n")
    assert remote("import csv inbox/users.csv --domain north.example").code == 0
    assert remote("dump exports/all.json").code == 0
    assert (remote.files / "exports" / "all.json").stat().st_mode & 0o777 == 0o600
    (remote.files / "inbox" / "link").symlink_to("/etc/passwd")
    assert remote("import csv inbox/link").code == 2
    (remote.files / "exports" / "link").symlink_to(console.folder / "journal.jsonl")
    assert remote("dump exports/link").code == 2
    assert remote("dump -").out.startswith("{")


def test_every_file_of_a_command_line_is_named_through_the_one_door() -> None:
    def walk(group: click.Group, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        with click.Context(group, obj=CliContext()) as context:
            found = []
            for name in group.list_commands(context):
                command = group.get_command(context, name)
                assert command is not None
                if isinstance(command, click.Group):
                    found += walk(command, (*path, name))
                found += [
                    (*path, name, parameter.name or "")
                    for parameter in command.params
                    if isinstance(parameter.type, click.Path | click.File) and not isinstance(parameter.type, FilePath)
                ]
            return found

    assert walk(kconsole, ()) == [
        ("demo", "folder"), ("shell", "base"), ("serve", "path"), ("serve", "base"),
    ]  # fmt: skip
    assert {"demo", "serve", "shell"} <= OWNERS_ONLY


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    confine_files(tmp_path)
    try:
        (tmp_path / "inbox").mkdir()
        os.mkfifo(tmp_path / "inbox" / "pipe")
        assert named_file(Path("-")) == Path("-")
        assert named_file(Path("inbox/new.csv")) == tmp_path / "inbox" / "new.csv"
        assert named_file(tmp_path / "inbox" / "new.csv") == tmp_path / "inbox" / "new.csv"
        for name in (
            "inbox",
            "inbox/",
            ".",
            "",
            "/",
            "inbox/pipe",
            "inbox/a\nb",
            "exports/x",
            "~/inbox/x",
            "x/inbox/y",
        ):
            with pytest.raises(BadInput):
                named_file(Path(name))
        (tmp_path / "exports").symlink_to("/tmp")
        with pytest.raises(BadInput):
            named_file(Path("exports/x"), to_write=True)
        with pytest.raises(BadInput):
            whole_path("-")  # where no standard input is meant, it is a name like any other
        (tmp_path / "inbox" / "mail").mkdir()
        (tmp_path / "users.cfg").write_text("<config></config>")
        (tmp_path / "inbox" / "mail" / "users.cfg").symlink_to(tmp_path / "users.cfg")
        with pytest.raises(BadInput) as caught:
            read_kerio(tmp_path / "inbox" / "mail")
        assert caught.value.code == "cannot-read"
    finally:
        confine_files(None)


HIDDEN = "canary"
"""Stands in all that is not of north.example."""


@pytest.mark.parametrize("role", ["auditor", "helpdesk", "account-admin"])
def test_no_command_shows_another_domain(console: Console, tmp_path: Path, role: RoleName) -> None:
    far = [account(f"{HIDDEN}{number}@{FAR}", full_name=f"{HIDDEN} {number}") for number in range(4)]
    console.fill(account("mara"), account("nils"), *far, domains=(NORTH, SOUTH))
    console.done("disable", f"{HIDDEN}1@{FAR}", "mara@north.example", "--reason", f"{HIDDEN} left")
    console.done("delete", f"{HIDDEN}3@{FAR}", "--yes")
    tried = [
        "status", "status --json", "accounts", "accounts --json", "accounts --csv", "accounts --report markdown",
        f"accounts --filter {HIDDEN}", f"accounts --filter domain:{FAR}", "accounts --filter is:held",
        f"explain {HIDDEN}1", f"explain {HIDDEN}@north.example", f"explain canari1@{FAR}", "domains", "domains --json",
        "log", "log --json", f"log --account {HIDDEN}1@{FAR}", "log verify", "log head", "undo 2", "undo 3", "license",
        "license show --json", "doctor", "dump", "backup -", "reconcile", "sync", "diagnose", "disable cannary1",
        f"disable {HIDDEN}1", f"enable {HIDDEN}1@{FAR}", f"connect {HIDDEN}1@{FAR}", f"delete {HIDDEN}2 --yes",
        f"delete nils --yes --mailbox transfer --transfer-to {HIDDEN}0@{FAR}", f"tag {HIDDEN}0@{FAR} x",
        f"map {FAR}", f"domains map {FAR}", "roles check", "roles whoami", "roles keys berg", "journal archive",
        "restarted", f"add {HIDDEN}0@{FAR}", f"add x@{FAR}", "--help", "disable mara", "enable mara nils",
        "check --detail", "metrics", "metrics --format json",
    ]  # fmt: skip
    (tmp_path / "files" / "inbox").mkdir(parents=True)
    remote = Remote(console, write_roles(tmp_path, role, (NORTH.name,)), tmp_path / "files")
    for command in tried:
        said = remote(command)
        assert "Traceback" not in said.err, command
        shown = said.out + said.err
        for typed in command.split():
            shown = shown.replace(typed, "")  # what the user typed is said again, but no more
        assert HIDDEN not in shown, (command, said)
