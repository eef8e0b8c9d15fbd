"""Completion never disturbs: damaged stores, stores that are in use, hostile names."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kconsole.cli.completion.answer import answer
from kconsole.core.history import Operator
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations import completing
from kconsole.operations.session import Session
from tests.cli.console import Console
from tests.cli.offers import BREAKS, offered
from tests.clocks import noon

ANNA = "anna@north.example"


@pytest.fixture
def office(small: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setenv("KCONSOLE_STORE", str(small.folder))
    monkeypatch.setattr(completing, "ROLES_FILE", str(small.folder.parent / "no-roles.toml"))
    return small


def said_by_process(*words: str, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "kconsole", "__complete", *words]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )
    return ended.returncode, ended.stdout, ended.stderr


def nothing_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether no name is offered, and no error is said."""
    monkeypatch.setenv("KCONSOLE_STORE", str(folder))
    try:
        return offered("kconsole disable ") == []
    except (ValueError, KeyError, OSError):  # of which `main` says nothing
        return True


def test_a_damaged_store_offers_nothing(office: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    snapshot, journal = office.folder / "store.json", office.folder / "journal.jsonl"
    good, lines = snapshot.read_bytes(), journal.read_bytes()
    place = good.index(b"anna@")
    for content in (
        b"",
        b"{",
        good[:-40],
        good.replace(b'"format":2', b'"format":3'),
        good[:place] + b"x" + good[place + 1 :],
    ):
        snapshot.write_bytes(content)
        assert nothing_at(office.folder, monkeypatch), content[:60]
    snapshot.write_bytes(good)
    for content in (lines[:-5], lines[:-2] + b"x\n", lines + b"nonsense\n", b""):
        journal.write_bytes(content)
        assert nothing_at(office.folder, monkeypatch), content[-60:]
    journal.write_bytes(lines)
    assert not nothing_at(office.folder, monkeypatch)
    snapshot.unlink()
    assert offered("kconsole disable ") == [ANNA]  # the journal has all of it
    os.mkfifo(snapshot)
    assert nothing_at(office.folder, monkeypatch)
    snapshot.unlink()
    snapshot.symlink_to(journal)
    assert nothing_at(office.folder, monkeypatch)
    for other in (tmp_path / "none", journal, Path("\udcff")):
        assert nothing_at(other, monkeypatch)


def test_the_process_says_nothing_else(office: Console) -> None:
    (office.folder / "store.json").write_text("damaged")
    for words in ([], ["bash"], ["fish", "kconsole", "disable", ""], ["bash", "kconsole disable \udcff", BREAKS, "9"]):
        code, out, err = said_by_process(*words)
        assert (code, err) == (0, ""), words
        assert out in ("", "words\n")


def test_it_writes_nothing_and_waits_for_no_lock(office: Console) -> None:
    def state() -> dict[str, tuple[str, int]]:
        files = [path for path in office.folder.parent.rglob("*") if path.is_file()]
        return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}

    from filelock import FileLock

    with FileLock(office.folder / "lock"):
        before = state()
        for line in ("disable ", "undo ", "accounts --filter tag:", "reserve cancel "):
            offered(f"kconsole {line}")
        assert state() == before


def test_hostile_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("a\nb", "c\x1b[31m", "d\u202e", "-rf", "e$(f)", "g h", "i\tj")
    entries = tuple(Entry(address=f"{name}@n.example", full_name="x\n\x1b[31m\ty", id=0) for name in names)
    inventory = Inventory(domains=(Domain(name="n.example"),), entries=entries)
    Session.create(tmp_path / "store", inventory, Operator("x"), noon()).close()
    monkeypatch.setenv("KCONSOLE_STORE", str(tmp_path / "store"))
    console = Console(tmp_path / "store", noon())
    for name in ("x", "y\x1b[31m"):
        console.done("reserve", "add", name, "--until", "2027-01-31", "--reason", "x")
    assert "\x1b" not in "".join(answer("bash", ["kconsole reserve cancel ", BREAKS, "63"]))
    assert offered("kconsole disable ") == ["e$(f)@n.example", "g h@n.example"]
    assert offered("kconsole disable -- -") == ["-rf@n.example"]
    assert all(part.isprintable() for line in answer("fish", ["kconsole", "disable", ""]) for part in line.split("\t"))
    assert offered("kconsole disable ", shell="bash") == [r"e\$\(f\)@n.example", r"g\ h@n.example"]
