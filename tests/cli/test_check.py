"""`kconsole check`: one line and an exit code of monitoring plugins, whatever happens."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from kconsole.cli import check as module
from kconsole.cli.check import Deadline
from kconsole.core.errors import StoreBusy
from kconsole.core.server import PendingChange, Target
from kconsole.operations.session import Session
from kconsole.store.journal_reader import JournalReader
from kconsole.store.seatstore import SeatStore
from kconsole.text.safe_text import one_line
from tests.cli.console import Console, Said
from tests.cli.test_hostile import harmless, hostile_dump
from tests.cli.test_shell import write_roles
from tests.cli.watched import NOW, SERVER, STORE, again
from tests.clocks import noon
from tests.limits import PATIENCE, wait_until
from tests.store.stores import forged

FIGURE: Final = re.compile(r"[a-z_0-9]+=-?\d+(s|%)?(;(@?(~|-?[\d.]+)?:?([\d.]+)?)?){0,2}(;-?\d*){0,2}")
"""Performance data of the guidelines, without labels that need quotes."""


def one(said: Said) -> str:
    """The only line of an answer, and nothing else was said."""
    assert said.err == ""
    assert said.out.count("\n") == 1
    text, _, figures = said.out.rstrip("\n").partition(" | ")
    assert re.match(r"SEATS (OK|WARNING|CRITICAL|UNKNOWN) - ", text)
    assert "|" not in text + figures
    assert all(map(FIGURE.fullmatch, figures.split()))
    assert ("OK", "WARNING", "CRITICAL", "UNKNOWN")[said.code] == text.split()[1]
    return said.out.rstrip("\n")


def test_the_line(following: Console) -> None:
    assert one(following.done("check")) == (
        "SEATS OK - 13 of 20 used, 7 free (1 held) | used=13;;;0;20 free=7;3:;1:;0;20 over=0;;0;0 held=1;;;0"
        " reserved=0;;;0 latent=5;;;0 locked_out=0;;0;0 expires=7991820s;2592000:;604800: data_age=240s;93600;604800;0"
    )
    given = ("-w", "8:", "-c", "@0:2", "--expiry-warning", "4w", "--expiry-critical", "3:", "--data-age-warning", "2h")
    said = following("check", *given)
    assert one(said) == (
        "SEATS WARNING - 13 of 20 used, 7 free (1 held); the free seats are outside of 8: |"
        " used=13;;;0;20 free=7;8:;@0:2;0;20 over=0;;0;0 held=1;;;0 reserved=0;;;0 latent=5;;;0 locked_out=0;;0;0"
        " expires=7991820s;2419200:;259200: data_age=240s;7200;604800;0"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("-w 7:", 0), ("-w 8:", 1), ("-w 6", 1), ("-w @7:9", 1), ("-c 8:", 2), ("-c @~:6 -w ~:", 0), ("-c 7.5:", 2),
        ("--expiry-warning 93d", 1), ("--expiry-warning 93:", 1), ("--expiry-critical 93d", 2), ("-w 8: --exit-ok", 0),
        ("-c 8: --exit-ok", 0), ("--forecast-warning 1", 0), ("--warning=8:", 1), ("-w8:", 1), ("--wait 3 -t 5", 0),
    ],
)  # fmt: skip
def test_the_state(following: Console, arguments: str, code: int) -> None:
    said = following("check", *arguments.split())
    if "--exit-ok" not in arguments:
        one(said)
    assert said.code == code


@pytest.mark.parametrize(
    "arguments",
    [
        "-w x", "-w 10:5", "-c", "-t 0", "-t x", "--expiry-warning 30", "--expiry-critical x", "--data-age-warning 5",
        "--forecast-warning 0", "--bogus", "extra", "--wait x", "--exit-ok -w x",
    ],
)  # fmt: skip
def test_wrong_usage_is_unknown(following: Console, arguments: str) -> None:
    said = following("check", *arguments.split())
    assert (said.code, "UNKNOWN" in one(said)) == (3, True)


def test_so_is_wrong_usage_before_its_name(following: Console) -> None:
    for arguments in (["--bogus", "check"], ["--wait", "x", "check"], ["--store", "", "check"]):
        said = following(*arguments)
        assert (said.code, "UNKNOWN" in one(said)) == (3, True)
    assert following("--bogus", "status").code == 2
    assert following("explain", "check").code == 3  # which is about an address
    assert following("tag", "--bogus", "check").code == 2


@pytest.mark.parametrize("option", ["-h", "--help", "-V", "--version"])
def test_help_and_version_have_checked_nothing(following: Console, option: str) -> None:
    said = following("check", option)
    assert (said.code, said.err) == (3, "")
    assert said.out.startswith(("Usage: kconsole check", "kconsole "))


def stores_that_cannot_be_judged(folder: Path) -> Iterator[str]:
    """Break a store in one way after the other."""
    journal, snapshot = folder / "journal.jsonl", folder / "store.json"
    content, tables = journal.read_bytes(), snapshot.read_bytes()
    journal.write_bytes(content.replace(b'"address":"p1@', b'"address":"p9@'))
    snapshot.unlink()
    yield "changed"
    journal.write_bytes(b"nonsense\n")
    yield "nonsense"
    journal.write_bytes(b"")
    yield "empty"
    journal.unlink()
    snapshot.write_bytes(tables)
    yield "without journal"
    journal.write_bytes(content)
    snapshot.write_bytes(forged({"x": {}}, format=99))
    yield "newer"
    journal.unlink()
    os.mkfifo(journal)
    yield "a pipe"
    journal.unlink()
    snapshot.unlink()
    yield "gone"
    folder.rmdir() if not any(folder.iterdir()) else (folder / "lock").unlink(missing_ok=True)
    yield "empty folder"


def test_a_store_that_cannot_be_judged_is_unknown(following: Console) -> None:
    for why in stores_that_cannot_be_judged(following.folder):
        for more in ([], ["--read-only"], ["--detail"], ["--exit-ok"]):
            said = following("check", *more)
            assert (why, said.code) == (why, 3), said
            one(said)
        assert following("metrics").code in (3, 7)
        assert following("metrics", "--read-only").code in (3, 7)
    assert one(Console(following.folder / "none")("check")).startswith("SEATS UNKNOWN - There is no store in ")


def test_whatever_else_fails_is_unknown_too(following: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (OSError(5, "Input/output error"), RuntimeError("a | b\nc"), ImportError("no x"), MemoryError("anna")):
        monkeypatch.setattr(module, "facts_of", lambda *_, error=error: (_ for _ in ()).throw(error))
        said = following("check")
        assert said.code == 3
        assert isinstance(error, OSError | ImportError) == (str(error) in one(said))  # others may hold a name


def test_a_busy_store_is_unknown_and_names_no_one(following: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = StoreBusy("store-busy", "try-again", holder="anna", folder="/store", seconds=10.0)
    monkeypatch.setattr(module, "facts_of", lambda *_: (_ for _ in ()).throw(busy))
    said = following("check")
    assert (said.code, "anna" in one(said), "busy" in said.out) == (3, False, True)


def test_under_a_forced_command(following: Console) -> None:
    store = ("--store", str(following.folder), "--roles", str(write_roles(following.folder.parent, "auditor")))
    shell = (*store, "shell", "--operator", "anna", "--files", str(following.folder.parent))
    for command, code in (("check", 2), ("check -w x", 3), ("check 'x", 3), ("check\x07", 3), ("stat\x07", 2)):
        said = following.forked(*shell, SSH_ORIGINAL_COMMAND=command)
        assert (command, said.code) == (command, code)
        assert said.out.startswith("SEATS ") == command.startswith("check")


def test_another_process_that_saves_keeps_it_waiting_for_nothing(following: Console) -> None:
    store = SeatStore.open(following.folder, noon())
    with store.transaction("tag", "tag"):
        one(following.done("check"))
    store.close()


def test_it_changes_nothing(following: Console) -> None:
    """Neither does what it is told: its folder may be read-only."""

    def state() -> dict[str, tuple[str, int]]:
        return {
            path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in following.folder.iterdir()
        }

    before = state()
    following.done("check", "--detail", "--forecast-warning", "50")
    following.done("metrics")
    assert state() == before


def test_it_reads_the_log_for_a_forecast_only(following: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is run every few minutes, on stores of 100,000 accounts too, so it costs what `status` costs."""
    for name in ("history", "history_backwards"):
        monkeypatch.setattr(JournalReader, name, lambda *_, **__: pytest.fail("it reads the log"))
    monkeypatch.setattr(Session, "account_index", property(lambda _: pytest.fail("it builds the index of the list")))
    following.done("check", "--detail")
    with pytest.raises(BaseException, match="it reads the log"):
        following("check", "--forecast-warning", "50")


def test_it_loads_no_more_than_status(following: Console) -> None:
    loaded = {}
    for command in ("status", "check"):
        code = f"from kconsole.cli.main import run; run([{command!r}]); import sys; print(*sorted(sys.modules))"
        environment = {**os.environ, "KCONSOLE_STORE": str(following.folder)}
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, timeout=PATIENCE)
        loaded[command] = set(ran.stdout.decode().splitlines()[-1].split())
    own = {name for name in loaded["check"] - loaded["status"] if not name.startswith("kconsole")}
    assert own <= {"threading", "_weakrefset"}


def test_no_names_without_detail(following: Console) -> None:
    target = Target(number=1, server_id="1", address="hidden@secret.example")
    pending = PendingChange(operation="disable", at=NOW - timedelta(hours=2), targets=(target,))
    unread = replace(SERVER, name="secret-mail", uncounted=("secret.example",))
    told = again(following, replace(STORE, server=unread))
    session = Session.open(told.folder, "anna", noon())
    with session.store.transaction("ask server", "restore") as transaction:
        transaction.put_pending(pending)
    sequence, head = session.store.head
    session.close()
    said = told("check")
    assert said.code == 3
    assert not re.search("secret|hidden|example|anna", one(said))
    first, *more = told("check", "--detail").out.splitlines()
    assert first == said.out.rstrip("\n")
    assert more == [
        "1 seat of deleted accounts is held until the server is restarted",
        "Domain secret.example is at its own limit of 1 account",
        "Server secret-mail, last read 2026-08-05T11:59:00Z",
        "Users not read: secret.example",
        "Unconfirmed: hidden@secret.example",
        f"Log: line {sequence}, {head}",
    ]


def test_hostile_names_are_harmless(console: Console) -> None:
    dump = hostile_dump()
    for domain in dump["domains"]:
        domain["user_limit"] = 0
    console.restore(dump)
    first, *more = harmless(console("check", "--detail")).out.splitlines()
    assert first.startswith("SEATS ")
    assert len(more) > 10
    assert not any("|" in line for line in more)
    assert one_line("a|b\nc\x1b[2J|\u2028") == "a/b c␛[2J/"


@pytest.mark.thorough
def test_the_time_is_over_while_a_file_system_hangs(following: Console) -> None:
    """Python's signal handlers would wait for the read; only the end of the process ends it."""
    hang = "import os; from kconsole.operations.session import Session as S; "
    hang += "S.open = lambda *_, **__: os.read(os.pipe()[0], 1)"
    said = following.forked("check", "-t", "1", code=hang)
    assert (said.code, one(said)) == (
        3, "SEATS UNKNOWN - timed out after 1 second while the store was opened"
    )  # fmt: skip


def test_there_is_one_answer(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    deadline = Deadline(3600, left.append)
    deadline.end()
    deadline._over()
    assert left == []
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(BrokenPipeError()))
    unheard: list[int] = []
    Deadline(3600, unheard.append)._over()
    assert unheard == [3]
    monkeypatch.undo()
    late = Deadline(3600, left.append)
    late.stage = "judging"
    late._over()
    wait_until(lambda: left)
    assert left == [3]
    late.end()
    assert capfd.readouterr().out.count("timed out") == 1
