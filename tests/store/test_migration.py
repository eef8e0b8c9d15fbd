"""Stores of the first format: brought to the new one once, with nothing thrown away."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kconsole.store.snapshot import read_snapshot

from kconsole.core.errors import StoreBusy
from kconsole.store import file_engine
from kconsole.store.file_engine.locking import StoreLock
from kconsole.store.migrations import Tables, migrated
from tests.limits import PATIENCE
from tests.store.stores import add, addresses, lines_of, of_format_1, opened, same_as_disk

OLD: dict[str, Any] = {
    "license": {"1": {"seats": 5}},
    "server": {"1": {"last_restart": "2026-01-01T00:00:00Z"}},
    "domains": {"1": {"name": "north.example", "primary": True, "description": "", "user_limit": None}},
    "entries": {"2": {"address": "anna@north.example"}, "3": {"address": "berg@north.example", "enabled": False}},
    "log": {"7": {"sequence": 7, "at": "2026-01-01T00:00:00Z", "operator": "anna", "deed": "disable", "reason": ""}},
}


def old_store(folder: Path, **tables: Any) -> bytes:
    folder.mkdir(exist_ok=True)
    content = of_format_1({**OLD, **tables})
    (folder / "store.json").write_bytes(content)
    return content


def test_an_old_store_gets_a_journal_and_its_file_is_kept(tmp_path: Path) -> None:
    content = old_store(tmp_path)
    store = opened(tmp_path)
    assert addresses(store) == ["anna@north.example", "berg@north.example"]
    assert (store.state.license.seats, store.state.last_restart is not None, store.sequence) == (5, True, 1)
    assert "kept as store.format-1.json" in store.notices[0]
    assert lines_of(tmp_path)[0]["deed"] == "migrate"
    assert same_as_disk(store)
    assert add(store, "chen").id == 9
    for _ in range(3):
        store.write_snapshot()
    assert (tmp_path / "store.format-1.json").read_bytes() == content
    assert opened(tmp_path).notices == []


def test_an_old_store_is_only_looked_at_by_who_only_reads(tmp_path: Path) -> None:
    content = old_store(tmp_path)
    store = opened(tmp_path, read_only=True)
    assert addresses(store) == ["anna@north.example", "berg@north.example"]
    assert "older format" in store.notices[0]
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["store.json"]
    assert (tmp_path / "store.json").read_bytes() == content


def test_an_old_store_that_somebody_holds_is_busy(tmp_path: Path) -> None:
    content = old_store(tmp_path)
    lock = StoreLock(tmp_path / "lock")
    lock.acquire(0, "chen")
    with pytest.raises(StoreBusy):
        opened(tmp_path)
    assert (tmp_path / "store.json").read_bytes() == content
    assert not (tmp_path / "journal.jsonl").exists()
    lock.close()
    assert same_as_disk(opened(tmp_path))


def test_what_the_first_kconsole_wrote_last_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may write between our first look at the file and our lock."""
    old_store(tmp_path)
    real = StoreLock.acquire

    def acquire(lock: StoreLock, patience: float, operator: str) -> None:
        monkeypatch.undo()
        old_store(tmp_path, entries={**OLD["entries"], "4": {"address": "chen@north.example"}})
        real(lock, patience, operator)

    monkeypatch.setattr(StoreLock, "acquire", acquire)
    store = opened(tmp_path)
    assert addresses(store) == ["anna@north.example", "berg@north.example", "chen@north.example"]
    assert same_as_disk(store)


def test_who_comes_second_finds_the_journal_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_store(tmp_path)
    real = StoreLock.acquire

    def acquire(lock: StoreLock, patience: float, operator: str) -> None:
        monkeypatch.undo()
        add(first := opened(tmp_path), "chen")
        first.abandon()
        real(lock, patience, operator)

    monkeypatch.setattr(StoreLock, "acquire", acquire)
    store = opened(tmp_path)
    assert [line["deed"] for line in lines_of(tmp_path)] == ["migrate", "add"]
    assert addresses(store) == ["anna@north.example", "berg@north.example", "chen@north.example"]
    assert same_as_disk(store)


def test_a_first_snapshot_that_cannot_be_written_is_written_later_and_the_old_file_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = old_store(tmp_path)

    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(file_engine, "write_snapshot", fail)
        store = opened(tmp_path)
        add(store, "chen")
        store.close()
    assert (tmp_path / "store.json").read_bytes() == content
    again = opened(tmp_path)
    assert again.sequence == 2
    again.close()
    assert (tmp_path / "store.format-1.json").read_bytes() == content
    snapshot = read_snapshot(tmp_path / "store.json")
    assert snapshot.head == again.head


OPEN = """
import sys
from pathlib import Path
from kconsole.core.times import SystemClock
from kconsole.store.seatstore import SeatStore

store = SeatStore.open(Path(sys.argv[1]), SystemClock(), 60, "anna")
print(store.sequence, len(list(store.state.entries.values())), store.head.hash)
"""


def test_processes_that_migrate_at_once_agree(tmp_path: Path) -> None:
    content = old_store(tmp_path)
    running = [
        subprocess.Popen([sys.executable, "-c", OPEN, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=PATIENCE)[0] for process in running}
    assert len(answers) == 1
    assert answers.pop().startswith("1 2 ")
    assert [line["deed"] for line in lines_of(tmp_path)] == ["migrate"]
    assert (tmp_path / "store.format-1.json").read_bytes() == content


def test_migrations_go_step_by_step() -> None:
    def mark(step: int) -> Callable[[Tables], Tables]:
        return lambda tables: {**tables, "steps": {**tables.get("steps", {}), str(step): {}}}

    steps = {number: mark(number) for number in (1, 2, 3)}
    assert list(migrated({}, 2, 4, steps)["steps"]) == ["2", "3"]
    assert migrated({}, 4, 4, steps) == {}
