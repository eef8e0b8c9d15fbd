"""log head, and log verify --signatures. What signatures show is tested with the operations."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.console import Console, account
from tests.cli.test_hostile import harmless
from tests.limits import PATIENCE
from tests.operations.ssh import made_key, need_ssh_keygen, public
from tests.store.stores import rebuild

ANNA = "anna@north.example"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_ssh_keygen()
    return made_key(tmp_path_factory.mktemp("key") / "key")


@pytest.fixture
def office(console: Console) -> Console:
    return console.fill(account("anna"))


def test_the_head_of_the_log_is_shown(office: Console) -> None:
    number, own = office.done("log", "verify").out.split()
    head = office.done("log", "head", "--json").json
    assert (head["schema"], head["sequence"], head["hash"]) == ("kconsole-head/1", int(number), own)
    assert office.done("log", "head").out.split()[:6] == ["Line", number, "Hash", own, "Store", head["store"]]
    office.done("--read-only", "log", "head")
    assert Console(office.folder / "none")("log", "head").code == 3


def test_a_signed_head_is_kept_and_verified(office: Console, key: Path, tmp_path: Path) -> None:
    kept, signers = tmp_path / "kept", tmp_path / "signers"
    document = office.done("log", "head", "--sign", str(key)).out
    assert json.loads(document.splitlines()[0])["sequence"] == 1
    office.done("disable", ANNA)
    kept.write_text(document + office.done("log", "head", "--sign", str(key)).out)
    said = office.done("log", "verify", "--signatures", str(kept))
    assert said.out.startswith("2 ")
    assert "2 signed heads" in said.talk[0]
    assert "not checked" in said.talk[0]
    signers.write_text(f"anna\x1b[2J@north.example {public(key)}\n")
    said = harmless(office.done("log", "verify", "--signatures", str(kept), "--allowed-signers", str(signers)))
    assert "not checked" not in said.err
    shutil.copytree(office.folder, tmp_path / "copy")
    rebuild(tmp_path / "copy", 2)
    assert Console(tmp_path / "copy").done("log", "verify").out.startswith("2 ")
    assert Console(tmp_path / "copy")("log", "verify", "--signatures", str(kept)).code == 7
    signers.write_text("")
    assert office("log", "verify", "--signatures", str(kept), "--allowed-signers", str(signers)).code == 4
    journal = office.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
    (office.folder / "store.json").unlink()
    said = office("log", "verify", "--signatures", str(kept))
    assert (said.code, said.out) == (7, "")


def test_a_signed_head_replaces_no_file(office: Console, key: Path, tmp_path: Path) -> None:
    file = tmp_path / "head"
    sign = ("log", "head", "--sign", str(key), "--output")
    said = office.done(*sign, str(file))
    assert (said.out, said.talk[-1]) == ("", f"Wrote {file}.")
    assert file.stat().st_mode & 0o777 == 0o600
    office.done("log", "verify", "--signatures", str(file))
    file.write_text("mine")
    assert office(*sign, str(file)).code == 2
    assert file.read_text() == "mine"
    office.done(*sign, str(file), "--force")
    office.done("log", "verify", "--signatures", str(file))
    assert office(*sign, str(office.folder / "head")).code == 2
    assert office.done(*sign, "-").out.count("SSH SIGNATURE") == 2
    assert office(*sign[:3], str(tmp_path / "none"), "--output", str(tmp_path / "other")).code == 2
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["head", "--output", "x"],
        ["head", "--force"],
        ["head", "--json", "--sign", "x"],
        ["head", "--sign", "x", "--force"],
        ["verify", "--allowed-signers", "x"],
        ["verify", "--signatures", "none"],
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(office: Console, arguments: list[str]) -> None:
    said = office("log", *arguments)
    assert (said.code, said.out) == (2, "")


def test_what_ssh_keygen_says_is_harmless(office: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ssh-keygen"
    program.write_text("#!/bin/sh\nprintf 'no\\033[2J\\007\\nkey' >&2; exit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said = harmless(office("log", "head", "--sign", str(program)))
    assert (said.code, said.out) == (2, "")
    assert "key" in said.err
    monkeypatch.setenv("PATH", "")
    assert office("log", "head", "--sign", str(program)).code == 1


def command(office: Console, key: Path) -> list[str]:
    return [sys.executable, "-m", "kconsole", "--store", str(office.folder), "log", "head", "--sign", str(key)]


@pytest.mark.thorough
def test_the_passphrase_is_asked_for_by_ssh_keygen_on_the_terminal(office: Console, tmp_path: Path) -> None:
    need_ssh_keygen()
    locked = made_key(tmp_path / "locked", "secret words")
    alone = subprocess.run(
        command(office, locked),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        start_new_session=True,
        check=False,
    )
    assert (alone.returncode, alone.stdout) == (2, b"")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, command(office, locked))
    shown = b""
    while b"Enter passphrase" not in shown:
        shown += os.read(terminal, 1000)
    os.write(terminal, b"secret words\n")
    with suppress(OSError):  # the end
        while more := os.read(terminal, 1000):
            shown += more
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert b"END SSH SIGNATURE" in shown
    assert b"secret" not in shown


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    need_ssh_keygen()
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield
        process.terminate()


@pytest.mark.usefixtures("agent")
def test_a_key_in_the_agent_is_named_by_its_public_one(office: Console, tmp_path: Path) -> None:
    key = made_key(tmp_path / "key")
    subprocess.run(["ssh-add", "-q", str(key)], check=True, timeout=PATIENCE)
    key.unlink()
    kept = tmp_path / "kept"
    office.done("log", "head", "--sign", str(key.with_suffix(".pub")), "--output", str(kept))
    office.done("log", "verify", "--signatures", str(kept))
    subprocess.run(["ssh-add", "-q", "-D"], check=True, timeout=PATIENCE)
    assert office("log", "head", "--sign", str(key.with_suffix(".pub"))).code == 2
