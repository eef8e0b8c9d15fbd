"""Operators who log in over SSH: what they can do, and that they can do nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kconsole.core.records import Domain, Entry
from tests.cli.console import Console, account
from tests.ssh.server import SshServer, ssh_server
from tests.wire.terminal import terminal

pytestmark = pytest.mark.thorough

ROLES: Final = """
[operator.anna]
role = "helpdesk"
domains = ["north.example"]
[operator.berg]
role = "account-admin"
domains = ["south.example"]
[operator.olga]
role = "auditor"
"""

HIDDEN: Final = "canary"
"""Stands in all that is not of north.example."""


def entries() -> list[Entry]:
    far = [account(f"{HIDDEN}{number}@south.example", full_name=f"{HIDDEN} {number}") for number in range(4)]
    return [*(account(login) for login in ("mara", "nils", "otto", "petra")), *far]


@pytest.fixture
def console(tmp_path: Path) -> Console:
    console = Console(tmp_path / "store").fill(
        *entries(), seats=20, domains=(Domain(name="north.example"), Domain(name="south.example"))
    )
    console.done("disable", f"{HIDDEN}1@south.example", "--reason", f"{HIDDEN} left")
    return console


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    file = tmp_path / "roles.toml"
    file.write_text(ROLES)
    file.chmod(0o644)
    return file


@pytest.fixture
def server(tmp_path: Path, console: Console, roles: Path) -> Iterator[SshServer]:
    (tmp_path / "files").mkdir()
    with ssh_server(tmp_path / "ssh") as server:
        lines = []
        for name in ("anna", "berg", "olga"):
            public = server.key(name).with_suffix(".pub")
            line = console.done("--roles", str(roles), "roles", "keys", name, str(public)).out
            lines.append(line.replace(f"--operator {name}", f"--operator {name} --files {tmp_path / 'files'}"))
        (server.folder / "authorized_keys").write_text("".join(lines))
        yield server


def test_three_operators_work_by_their_roles(server: SshServer, console: Console) -> None:
    assert server.run("anna", "kconsole", "disable", "mara", "--reason", "'on leave'").code == 0
    assert server.run("anna", "kconsole delete nils@north.example --yes").code == 4
    assert server.run("anna", "disable", f"{HIDDEN}2@south.example").code == 3
    assert server.run("berg", "delete", f"{HIDDEN}2@south.example", "--yes").code == 0
    assert server.run("berg", "delete", "nils@north.example", "--yes").code == 3
    assert server.run("olga", "disable", "nils@north.example").code == 4
    assert server.run("olga", "accounts", "--csv").out.count("@") == 7
    lines = {(line["deed"], line["operator_name"]): line for line in console.done("log", "--json").json}
    assert lines["disable", "anna"]["reason"] == "on leave"
    assert lines["disable", "anna"]["claims"]["ssh_key"].startswith("SHA256:")
    assert lines["disable", "olga"]["refusals"][0]["code"] == "not-permitted"


@pytest.mark.parametrize("command", ["accounts --json", "log --json", f"explain {HIDDEN}0", f"disable {HIDDEN}"])
def test_another_domain_is_not_shown(server: SshServer, command: str) -> None:
    said = server.run("anna", command)
    assert HIDDEN not in (said.out + said.err).replace(command.rpartition(" ")[2], "")


@pytest.mark.parametrize(
    "words", [("sh",), ("bash", "-c", "id"), ("cat", "/etc/passwd"), ("scp", "-t", "x"), ("; id",)]
)
def test_nothing_else_runs(server: SshServer, words: tuple[str, ...]) -> None:
    said = server.run("anna", *words)
    assert (said.code, said.out) == (2, "")


def test_no_file_is_copied_and_nothing_is_forwarded(server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "local").write_text("x")
    target = tmp_path / "remote"
    for options in ((), ("-O",)):
        scp = [*server.ssh("anna", *options, program="scp"), str(tmp_path / "local"), f"{server.place}:{target}"]
        copy = server.said(scp)
        assert copy.code != 0
        assert not target.exists()
    sftp = [*server.ssh("anna", program="sftp"), "-b", "-", server.place]
    put = server.said(sftp, f"put {tmp_path / 'local'} {target}\n")
    assert put.code != 0
    assert not target.exists()
    through = server.said([*server.ssh("anna"), "-W", f"127.0.0.1:{server.port}", server.place])
    assert (through.code, through.out) == (255, "")
    back = server.run("anna", "status", options=("-R", "0:127.0.0.1:1", "-oExitOnForwardFailure=yes"))
    assert back.code == 255


def test_no_variable_of_the_client_runs_code(server: SshServer, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    for name in ("sitecustomize.py", "usercustomize.py", "kconsole.py", "click.py", "hostile.py"):
        (code / name).write_text(f"open({str(tmp_path / 'marker')!r}, 'w')\n")
    touch = f"touch {tmp_path}/marker"
    variables = {
        "PYTHONPATH": code, "PYTHONSTARTUP": code / "hostile.py", "PYTHONHOME": code, "PAGER": touch, "EDITOR": touch,
        "TERMINFO": code, "COLUMNS": "3", "TEXTUAL_DRIVER": "hostile:Driver", "KCONSOLE_STORE": code,
        "BASH_ENV": code / "hostile.py", "ENV": code / "hostile.py",
    }  # fmt: skip
    options = ["-oSetEnv=" + " ".join(f'"{name}={value}"' for name, value in variables.items())]
    said = server.run("anna", "status", options=options)
    assert said == server.run("anna", "status")
    assert said.code == 0
    with terminal(*server.ssh("anna", "-tt", *options)[1:], server.place, program=("ssh",)) as screen:
        screen.wait_for("mara")
        screen.type("q")
        assert screen.wait_for_end() == 0
    assert not (tmp_path / "marker").exists()


def test_the_console_knows_the_role_and_its_changes(server: SshServer, console: Console, roles: Path) -> None:
    with terminal(*server.ssh("anna", "-tt")[1:], server.place, program=("ssh",)) as screen:
        screen.wait_for("mara", "petra")
        assert HIDDEN not in screen.text
        screen.send("\x1a")  # ctrl+z
        screen.type("/nils")
        screen.wait_until(lambda text: "petra" not in text, "the filter")
        screen.send("\r")
        screen.wait_for("d disable")  # the keys of the list
        screen.type("d")
        screen.wait_for("Disable 1 account?")
        roles.write_text(ROLES.replace("helpdesk", "auditor"))  # while the dialog is open
        screen.send_until("y", lambda text: "auditor" in text, "the refusal")
        screen.send("\x1b")
        screen.send_until("q", lambda text: "nils" not in text, "the end")
        assert screen.wait_for_end() == 0
    assert console.accounts("--filter", "nils")[0]["enabled"]
    last = console.done("log", "--json").json[-1]
    assert (last["operator_name"], last["changes"]) == ("anna", 0)
    assert json.dumps(last["refusals"]).count("not-permitted") == 1


def test_exports_stay_in_their_folder(server: SshServer, tmp_path: Path) -> None:
    assert server.run("olga", "dump exports/all.json").code == 0
    assert (tmp_path / "files" / "exports" / "all.json").stat().st_mode & 0o777 == 0o600
    for name in ("/root/.ssh/authorized_keys", "~/.ssh/authorized_keys", "exports/../authorized_keys", "exports/.ssh"):
        assert server.run("olga", f"dump {name}").code == 2


def test_the_plain_console_over_ssh(server: SshServer, console: Console) -> None:
    words = [*server.ssh("anna", "-tt")[1:], server.place, "kconsole", "--plain"]
    with terminal(*words, program=("ssh",), columns=200, lines=60) as screen:
        screen.wait_for("You are anna, helpdesk, north.example.", "Main menu, a number, or ? for the list:")
        for typed, then in (
            ("2", "Filter"),
            ("nils", "Numbers,"),
            ("1", "What to do"),
            ("1", "Reason"),
            ("left", "Type y"),
        ):
            screen.send(f"{typed}\r")
            screen.wait_for(then)
        screen.send("y\r")
        screen.wait_for("nils@north.example disabled.")
        screen.send("q\r")
        assert screen.wait_for_end() == 0
        assert HIDDEN not in screen.text
        assert b"\x1b" not in screen.written
    (line,) = [line for line in console.done("log", "--json").json if line["operator_name"] == "anna"]
    assert (line["deed"], line["reason"]) == ("disable", "left")
    refused = server.run("anna", "kconsole", "--plain", text="2\n\n1\n1\n\ny\n")
    assert refused.code == 2
