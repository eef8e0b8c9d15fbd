"""What a command reads: standard input, input without end, files that are none."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.session import Session
from tests.cli.console import Console, Said, hashes
from tests.limits import PATIENCE
from tests.operations.sessions import export

ANNA = "anna@north.example"
ROWS = "Name;FullName\nchen;Chen\n"


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
def test_standard_input_is_read(small: Console, kind: str) -> None:
    dump = json.dumps(small.dump).encode()
    said = with_input(small, ROWS.encode(), "import", "csv", "-", "--domain", "north.example", kind=kind)
    assert (said.code, said.talk[-2]) == (0, "Imported 1 account, changed 0.")
    assert with_input(small, dump, "restore", "-", kind=kind).code == 0
    assert json.dumps(small.dump).encode() == dump
    bad = with_input(small, b"{", "restore", "-", kind=kind)
    assert (bad.code, bad.talk[0].startswith("kconsole: standard input is not a dump")) == (2, True)


def test_closed_standard_input_is_reported(small: Console) -> None:
    command = f'"{sys.executable}" -m kconsole --store "{small.folder}" restore - <&-'
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, "kconsole: Standard input is closed.")


@pytest.mark.parametrize("arguments", [["restore"], ["import", "csv", "--domain", "north.example"]])
@pytest.mark.parametrize("source", ["-", "/dev/stdin", "/dev/zero"])
def test_input_without_end_is_refused(small: Console, arguments: list[str], source: str) -> None:
    before = hashes(small.folder)
    command = " ".join([sys.executable, "-m", "kconsole", "--store", str(small.folder), *arguments, source])
    ended = subprocess.run(
        ["bash", "-c", f"yes | {command}"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 2
    megabytes = 256 if arguments == ["restore"] else 64
    assert f"is too large: it has more than {megabytes} MB." in ended.stderr
    assert hashes(small.folder) == before


def test_an_import_counts_what_it_did_not_what_was_planned(
    small: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process imports one of the two accounts between the preview and the change."""
    (tmp_path / "rows.csv").write_text("Name;FullName\nchen;Chen\ndora;Dora\n")

    plan_import = ImportAccounts.plan

    def and_then_another(*arguments: Any) -> Any:
        monkeypatch.setattr(ImportAccounts, "plan", plan_import)
        plan = plan_import(*arguments)
        Session.open(small.folder, "berg").do(ImportAccounts(export("chen;Other;;"), "north.example"))
        return plan

    monkeypatch.setattr(ImportAccounts, "plan", and_then_another)
    said = small.done("import", "csv", str(tmp_path / "rows.csv"), "--domain", "north.example")
    assert said.talk[0].startswith("2 accounts new, 0 changed")
    assert said.talk[-2] == "Imported 1 account, changed 1."


@pytest.mark.parametrize("name", ["store.json", "store.json.bak", "journal.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_refused_and_keeps_no_one_waiting(
    small: Console, tmp_path: Path, name: str, kind: str
) -> None:
    path = small.folder / name
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
        said = small(*arguments)
        assert (said.code, str(path) in said.err) == (7, True), arguments
        assert "Unexpected" not in said.err
