"""doctor, backup, --read-only, and what a review of the command line found."""

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import click
import pytest

from kconsole.cli.main import COMMANDS, kconsole
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.samples import SAMPLES, sample_session
from kconsole.operations.session import Session
from tests.cli.console import Console, Said, account
from tests.limits import PATIENCE
from tests.operations.sessions import export

ANNA = "anna@north.example"
ROWS = "Name;FullName\nchen;Chen\n"
SOUND = [
    "There is no roles file /etc/kconsole/roles.toml: everyone who can open this store may do everything.",
    "The store is in order.",
]


@pytest.fixture
def office(console: Console) -> Console:
    return console.fill(account("anna"), account("off", enabled=False))


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


# doctor


def test_a_store_that_is_well(office: Console) -> None:
    said = office.done("doctor")
    assert (said.out, said.talk) == ("", SOUND)
    assert office.done("doctor", "--json").json == []
    assert office.done("doctor", "--fix").out == ""


@pytest.mark.parametrize("sample", SAMPLES)
def test_whatever_a_store_holds_it_is_well(tmp_path: Path, sample: str) -> None:
    """Logins, deleted accounts, resources, directories, a license with all that belongs to it."""
    console = Console(tmp_path / "store")
    sample_session(sample, console.folder).close()
    for more in ([], ["--fix"]):
        said = console.done("doctor", "--json", *more)
        assert (said.json, said.talk) == ([], SOUND)
    (console.folder / "store.json").unlink()
    assert console("doctor", "--json").json[0]["code"] == "no-snapshot"
    console.done("doctor", "--fix")
    assert console.done("doctor", "--json").json == []


def test_the_doctor_says_what_it_would_mend_and_mends_it(office: Console) -> None:
    office.done("disable", ANNA)
    (office.folder / "store.json").write_text("damaged")
    (office.folder / "store.json").chmod(0o644)
    before = hashes(office.folder)
    said = office("doctor")
    assert (said.code, hashes(office.folder)) == (1, before)
    assert said.out.startswith(f"wrong  {office.folder / 'store.json'} can be read by other users.\n")
    assert f"wrong  {office.folder / 'store.json'} is damaged: it is not whole JSON" in said.out
    assert "       It can be rebuilt from the journal.\n" in said.out
    assert said.talk == [SOUND[0], "'kconsole doctor --fix' repairs what can be repaired."]
    reported = office("doctor", "--json").json
    assert [list(finding) for finding in reported] == [["code", "text", "remedy", "serious", "mendable", "mended"]] * 2
    assert [finding["code"] for finding in reported] == ["permissions", "snapshot"]
    fixed = office.done("doctor", "--fix")
    assert [line[:7] for line in fixed.out.splitlines()] == ["fixed  ", "fixed  "]
    assert fixed.talk == SOUND
    del before["lock"]  # it names its last holder
    assert set(before.values()) <= set(hashes(office.folder).values())
    after = office.done("status", "--json")
    assert (after.err, after.json["seats"]["used"]) == ("", 0)
    assert office.done("doctor", "--fix", "--json").json == []


def test_what_cannot_be_mended_is_left_and_reported(office: Console, tmp_path: Path) -> None:
    dump = office.dump
    dump["entries"].append({**dump["entries"][0], "address": "x@north.example"})
    office.restore(dump)
    (office.folder / "journal.jsonl").write_bytes(b"nonsense\n")
    for name in ("store.json", "store.json.bak"):
        (office.folder / name).unlink(missing_ok=True)
    said = office("doctor", "--fix")
    assert said.code == 1
    assert "Nothing intact is left: restore it from a backup." in said.out
    assert (office.folder / "journal.jsonl").read_bytes() == b"nonsense\n"
    assert "--fix" not in said.err
    assert Console(tmp_path / "none")("doctor").code == 3


def test_the_doctor_does_not_mend_a_store_that_is_read_only(office: Console) -> None:
    (office.folder / "store.json").write_text("damaged")
    before = hashes(office.folder)
    assert office("doctor", "--fix", "--read-only").code == 4
    assert office("doctor", "--read-only").code == 1
    assert hashes(office.folder) == before


def test_a_damaged_journal_opens_to_be_read_only(office: Console) -> None:
    office.done("disable", ANNA)
    office.done("enable", ANNA)
    journal = office.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"deed":"disable"', b'"deed":"DISABLE"'))
    said = office("status")
    assert (said.code, said.out) == (7, "")
    assert "damaged at line 2" in said.talk[0]
    assert "--read-only" in said.talk[1]
    shown = office.done("--read-only", "status", "--json")
    assert shown.json["seats"]["used"] == 1
    assert "damaged at line 2" in shown.err
    assert office("--read-only", "log").code == 7
    assert office("restore", str(office.folder.parent / "given.json")).code == 7
    assert office.done("doctor", "--fix").talk == SOUND
    assert office.done("status", "--json").json["seats"]["used"] == 1


# backup


def unpacked(file: Path, folder: Path) -> Console:
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    return Console(folder)


def test_a_backup_is_a_store_once_it_is_unpacked(office: Console, tmp_path: Path) -> None:
    office.done("disable", ANNA)
    said = office.done("backup", str(tmp_path / "b.tar"))
    assert (said.out, said.talk) == ("", [f"Wrote {tmp_path / 'b.tar'}."])
    copy = unpacked(tmp_path / "b.tar", tmp_path / "copy")
    assert copy.dump == office.dump
    assert copy.done("log", "verify").out == office.done("log", "verify").out
    copy.folder.chmod(0o700)
    assert copy.done("doctor").talk == SOUND
    assert office("backup", str(office.folder / "b.tar")).code == 2
    assert office("backup", str(tmp_path / "none" / "b.tar")).code == 2
    assert office("dump", str(office.folder / "store.json")).code == 2
    office.done("--read-only", "backup", str(tmp_path / "c.tar"))


def test_a_backup_goes_to_standard_output(office: Console) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "kconsole", "--store", str(office.folder), "backup", "-"],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    with tarfile.open(fileobj=io.BytesIO(ended.stdout)) as archive:
        assert archive.getnames() == ["store.json", "journal.jsonl"]
    assert ended.stderr == b""


WRITER = """
import sys
from pathlib import Path
from kconsole.operations.accounts import DisableAccounts, EnableAccounts
from kconsole.operations.samples import SAMPLES, sample_session
from kconsole.operations.session import Session
print("ready", flush=True)
while True:
    session = Session.open(Path(sys.argv[1]), "writer")
    for _ in range(20):
        session.do(DisableAccounts(("anna@north.example",)))
        session.do(EnableAccounts(("anna@north.example",)))
    session.close()
"""


def test_a_backup_while_another_process_writes_is_a_whole_store(office: Console, tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(office.folder)], stdout=subprocess.PIPE)
    journal = office.folder / "journal.jsonl"
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        for number in range(8):
            size = journal.stat().st_size
            said = office("--wait", "60", "backup", str(tmp_path / f"{number}.tar"))
            assert said.code == 0, said
            deadline = time.monotonic() + PATIENCE
            while journal.stat().st_size == size:
                assert writer.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.005)
    finally:
        writer.kill()
        writer.communicate()
    lengths = []
    for number in range(8):
        copy = unpacked(tmp_path / f"{number}.tar", tmp_path / f"copy{number}")
        lengths.append(int(copy.done("log", "verify").out.split()[0]))
        assert {entry["address"] for entry in copy.dump["entries"]} == {ANNA, "off@north.example"}
        assert copy.done("log", "--json").json[-1]["sequence"] == lengths[-1]
    assert lengths == sorted(lengths)
    assert lengths[-1] > lengths[0]
    office.done("log", "verify")


# --read-only


CHANGING = {
    "disable": ["disable", ANNA],
    "enable": ["enable", "off@north.example"],
    "add": ["add", "new@north.example"],
    "delete": ["delete", ANNA, "--yes"],
    "tag": ["tag", ANNA, "vip"],
    "restarted": ["restarted"],
    "connect": ["connect", ANNA],
    "license": ["license", "trial"],
    "domains": ["domains", "add", "west.example"],
    "server": ["server", "add", "mail", "--url", "https://mail.example", "--user", "eye"],
    "sync": ["sync"],
    "map": ["map", "north.example"],
    "import": ["import", "csv", "{rows}", "--domain", "north.example"],
    "restore": ["restore", "{dump}"],
    "undo": ["undo", "2"],
    "init": ["init"],
    "doctor": ["doctor", "--fix"],
    "journal": ["journal", "archive", "--keep", "1"],
    "share": ["share", "off"],
    "store": ["store", "copy", "{dump}", "{dump}.copy"],
    "keep": ["keep", ANNA, "--until", "2026-09-01", "--reason", "leave"],
    "protect": ["protect", ANNA, "--reason", "alarm"],
    "reserve": ["reserve", "add", "Anna", "--until", "2026-09-01"],
    "offboard": ["offboard", ANNA],
    "due": ["due", "--apply"],
    "policy": ["policy", "set", "idle", "inactive=90"],
    "reclaim": ["reclaim", "apply", "{plan}"],
}
READING = {
    "reconcile",
    "status",
    "check",
    "metrics",
    "accounts",
    "explain",
    "dump",
    "log",
    "backup",
    "history",
    "forecast",
    "report",
    "suggest",
}


def test_every_command_is_known_to_change_or_to_read() -> None:
    neither = {
        "completion",
        "config",
        "context",
        "demo",
        "diagnose",
        "fleet",
        "help",
        "roles",
        "schema",
        "serve",
        "service-user",
        "shell",
    }
    assert set(CHANGING) | READING | neither == set(COMMANDS)


@pytest.mark.parametrize("command", CHANGING)
@pytest.mark.parametrize("place", ["before", "after"])
def test_read_only_changes_nothing(office: Console, tmp_path: Path, command: str, place: str) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    office.done("add", "more@north.example")
    office.done("dump", str(tmp_path / "dump.json"))
    assert office("reclaim", "plan", "--out", str(tmp_path / "plan.json")).code in (0, 5)
    files = {"rows": tmp_path / "rows.csv", "dump": tmp_path / "dump.json", "plan": tmp_path / "plan.json"}
    arguments = [text.format(**files) for text in CHANGING[command]]
    before = hashes(office.folder)
    said = office("--read-only", *arguments) if place == "before" else office(*arguments, "--read-only")
    assert (said.code, said.out) == (4, "")
    assert "--read-only" in said.err
    assert hashes(office.folder) == before
    none = Console(tmp_path / "none")
    assert none("--read-only", *arguments).code in (3, 4)
    assert not none.folder.exists()


def test_read_only_reads_everything_and_writes_nothing(office: Console, tmp_path: Path) -> None:
    office.done("disable", ANNA)
    (office.folder / "store.json").write_text("damaged")
    before = hashes(office.folder)
    for arguments in (
        ["status"],
        ["accounts", "--json"],
        ["explain", ANNA],
        ["domains"],
        ["dump"],
        ["log"],
        ["log", "verify"],
        ["backup", str(tmp_path / "b.tar")],
    ):
        office.done("--read-only", *arguments)
    assert hashes(office.folder) == before


# Standard input, and input without end


def with_input(console: Console, document: bytes, *arguments: str, kind: str = "pipe") -> Said:
    command = [sys.executable, "-m", "kconsole", "--store", str(console.folder), *arguments]
    if kind == "pipe":
        ended = subprocess.run(command, input=document, capture_output=True, timeout=PATIENCE, check=False)
    else:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(document)
            ours.shutdown(socket.SHUT_WR)
            ended = subprocess.run(command, stdin=theirs.fileno(), capture_output=True, timeout=PATIENCE, check=False)
    return Said(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["pipe", "socketpair"])
def test_standard_input_is_read(office: Console, kind: str) -> None:
    dump = json.dumps(office.dump).encode()
    said = with_input(office, ROWS.encode(), "import", "csv", "-", "--domain", "north.example", kind=kind)
    assert (said.code, said.talk[-2]) == (0, "Imported 1 account, changed 0.")
    assert with_input(office, dump, "restore", "-", kind=kind).code == 0
    assert json.dumps(office.dump).encode() == dump
    bad = with_input(office, b"{", "restore", "-", kind=kind)
    assert (bad.code, bad.talk[0].startswith("kconsole: standard input is not a dump")) == (2, True)


def test_closed_standard_input_is_reported(office: Console) -> None:
    command = f'"{sys.executable}" -m kconsole --store "{office.folder}" restore - <&-'
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, "kconsole: Standard input is closed.")


@pytest.mark.parametrize("arguments", [["restore"], ["import", "csv", "--domain", "north.example"]])
@pytest.mark.parametrize("source", ["-", "/dev/stdin", "/dev/zero"])
def test_input_without_end_is_refused(office: Console, arguments: list[str], source: str) -> None:
    before = hashes(office.folder)
    command = " ".join([sys.executable, "-m", "kconsole", "--store", str(office.folder), *arguments, source])
    ended = subprocess.run(
        ["bash", "-c", f"yes | {command}"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 2
    megabytes = 256 if arguments == ["restore"] else 64
    assert f"is too large: it has more than {megabytes} MB." in ended.stderr
    assert hashes(office.folder) == before


def test_an_import_counts_what_it_did_not_what_was_planned(
    office: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process imports one of the two accounts between the preview and the change."""
    (tmp_path / "rows.csv").write_text("Name;FullName\nchen;Chen\ndora;Dora\n")

    plan_import = ImportAccounts.plan

    def and_then_another(*arguments: Any) -> Any:
        monkeypatch.setattr(ImportAccounts, "plan", plan_import)
        plan = plan_import(*arguments)
        Session.open(office.folder, "berg").do(ImportAccounts(export("chen;Other;;"), "north.example"))
        return plan

    monkeypatch.setattr(ImportAccounts, "plan", and_then_another)
    said = office.done("import", "csv", str(tmp_path / "rows.csv"), "--domain", "north.example")
    assert said.talk[0].startswith("2 accounts new, 0 changed")
    assert said.talk[-2] == "Imported 1 account, changed 1."


# Where the store is, and how long to wait for it


@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", "-1", "1e9", "x", ""])
def test_a_wait_that_is_none_is_a_usage_error(office: Console, wait: str) -> None:
    for arguments in (["--wait", wait, "status"], ["status", "--wait", wait]):
        said = office(*arguments)
        assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize("store", ["", " ", "~no-such-user/x"])
def test_a_store_that_is_none_is_a_usage_error(office: Console, store: str) -> None:
    for arguments in (["--store", store, "status"], ["status", "--store", store]):
        said = office(*arguments)
        assert (said.code, said.out) == (2, "")
        assert "--store" in said.talk[-1]


def test_a_home_in_a_variable_or_an_option_is_found(home: Path) -> None:
    console = Console(home / "kc").fill(seats=3)
    for arguments, variable in ((["status"], "~/kc"), (["--store=~/kc", "status"], "/none")):
        said = console.forked(*arguments, "--json", KCONSOLE_STORE=variable)
        assert said.json["license"]["seats"] == 3


@pytest.mark.thorough
@pytest.mark.parametrize("variable", ["~no-such-user/x", "/dev/null/x", " ", "x" * 5000])
def test_a_bad_variable_does_not_defeat_the_option(office: Console, variable: str) -> None:
    folder = str(office.folder)
    for arguments in (["--store", folder, "status"], ["status", "--store", folder], ["--help"], ["status", "--help"]):
        said = office.forked(*arguments, KCONSOLE_STORE=variable)
        assert said.code == 0, (arguments, said)
    said = office.forked("status", KCONSOLE_STORE=variable)
    assert (said.code in (2, 3, 7), said.out, "Traceback" in said.err) == (True, "", False)
    assert "Unexpected error" not in said.err


# Help, usage, and what was not foreseen


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


def test_json_of_the_domains_does_not_go_with_adding_one(office: Console) -> None:
    said = office("domains", "--json", "add", "west.example")
    assert (said.code, said.out) == (2, "")
    assert [domain["name"] for domain in office.dump["domains"]] == ["north.example"]


def test_what_was_not_foreseen_is_one_line(office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("x\x1b]0;t\x07\nkconsole: all is well")

    monkeypatch.setattr("kconsole.cli.context.Session.open", fail)
    said = office("status")
    assert (said.code, said.out, len(said.talk)) == (1, "", 2)
    assert said.talk[0].startswith("kconsole: Unexpected error: ValueError: x")
    assert "KCONSOLE_DEBUG=1" in said.talk[1]
    assert said.is_harmless()
    monkeypatch.setenv("KCONSOLE_DEBUG", "1")
    with pytest.raises(ValueError, match="x"):
        office("status")


# Files that are none


@pytest.mark.parametrize("name", ["store.json", "store.json.bak", "journal.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_refused_and_keeps_no_one_waiting(
    office: Console, tmp_path: Path, name: str, kind: str
) -> None:
    path = office.folder / name
    path.unlink(missing_ok=True)
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    for arguments in (
        ["status"],
        ["--read-only", "log"],
        ["disable", ANNA],
        ["doctor"],
        ["log", "verify"],
        ["backup", str(tmp_path / "b.tar")],
    ):
        said = office(*arguments)
        assert (said.code, str(path) in said.err) == (7, True), arguments
        assert "Unexpected" not in said.err
