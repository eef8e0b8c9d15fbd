"""The stores of many contexts are read side by side, and one that hangs holds nothing."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations import fleet as fleet_module
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.contexts import Context
from kconsole.operations.fleet import Fleet, totals
from kconsole.operations.fleet_process import FleetProcess, read_all
from kconsole.operations.fleet_reading import FleetRow, read_store
from kconsole.operations.locations import Location
from kconsole.operations.session import Progress, Session
from tests.clocks import FixedClock
from tests.limits import PATIENCE, wait_until

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DOMAIN = "north.example"


def make_store(folder: Path, accounts: int = 3, seats: int | None = 10) -> Path:
    entries = tuple(Entry(id=number, address=f"a{number}@{DOMAIN}") for number in range(1, accounts + 1))
    first = Inventory(license=License(seats=seats), domains=(Domain(name=DOMAIN),), entries=entries)
    Session.create(folder, first, "tester", FixedClock(NOW)).close()
    return folder


class Stores:
    """Opens stores; one named "hangs" only once it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.opened: list[str] = []

    def open(self, location: Location, progress: Progress) -> Session:
        assert isinstance(location, Path)
        self.opened.append(location.name)
        if location.name.startswith("hangs"):
            self.released.wait(PATIENCE)
        return Session.open(location, "tester", FixedClock(NOW), read_only=True, progress=progress)


@pytest.fixture
def stores() -> Iterator[Stores]:
    stores = Stores()
    yield stores
    stores.released.set()


def until_complete(fleet: Fleet) -> None:
    end = monotonic() + PATIENCE
    while not fleet.is_complete:
        assert monotonic() < end
        fleet.look(0.01)


def twelve(tmp_path: Path) -> list[Context]:
    """Nine stores, and three that are away: one is missing, one damaged, one hangs."""
    folders = [make_store(tmp_path / f"store{number}", number + 1) for number in range(9)]
    damaged = make_store(tmp_path / "damaged")
    journal = damaged / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"north", b"south"))
    away = [tmp_path / "hangs", tmp_path / "missing", damaged]
    return [Context(folder.name, str(folder)) for folder in (*away, *folders)]


def test_three_away_do_not_hold_the_others(tmp_path: Path, stores: Stores) -> None:
    fleet = Fleet(twelve(tmp_path), stores.open)
    began = monotonic()
    until_complete(fleet)
    took = monotonic() - began
    states = {name: row.state for name, row in fleet.rows.items() if row.state != "ok"}
    assert states == {"hangs": "no-answer", "missing": "missing", "damaged": "damaged"}
    assert [row.facts.report.used for row in fleet.rows.values() if row.facts is not None] == [*range(1, 10)]
    assert took < PATIENCE / 4
    (total,) = totals(fleet.rows.values())
    assert (total.stores, total.used, total.limit, total.free, total.is_whole) == (9, 45, 90, 45, True)
    make_store(tmp_path / "hangs")  # it answers in the end
    stores.released.set()
    until(fleet, lambda: fleet.rows["hangs"].state == "ok")


def until(fleet: Fleet | FleetProcess, holds: object) -> None:
    assert callable(holds)
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end
        time.sleep(0.01)
        fleet.look()


def test_one_that_hangs_holds_one_thread_and_is_not_asked_again(
    tmp_path: Path, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_module, "REFRESH", 0.0)
    monkeypatch.setattr(fleet_module, "SHARE", float("inf"))
    make_store(tmp_path / "a")
    fleet = Fleet([Context("hangs", str(tmp_path / "hangs")), Context("a", str(tmp_path / "a"))], stores.open, 0.01)
    until_complete(fleet)
    for _ in range(3):
        fleet.refresh()
        until(fleet, lambda: not fleet._waiting and "a" not in fleet._began)
    assert sorted(stores.opened) == ["a", "hangs"]  # and what did not change is not read again


def test_what_changes_is_read_again(tmp_path: Path, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "REFRESH", 0.0)
    monkeypatch.setattr(fleet_module, "SHARE", float("inf"))
    folder = make_store(tmp_path / "a")
    fleet = Fleet([Context("a", str(folder))], stores.open)
    until_complete(fleet)
    with_change = Session.open(folder, "other", FixedClock(NOW))
    with_change.do(DisableAccounts((f"a1@{DOMAIN}",)))
    with_change.close()
    fleet.refresh()
    until(fleet, lambda: (facts := fleet.rows["a"].facts) is not None and facts.report.used == 2)


def test_what_was_away_is_shown_once_it_is_there(
    tmp_path: Path, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_module, "REFRESH", 0.0)
    monkeypatch.setattr(fleet_module, "SHARE", float("inf"))
    damaged = make_store(tmp_path / "damaged")
    journal = damaged / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole.replace(b"north", b"south"))
    fleet = Fleet([Context("damaged", str(damaged)), Context("gone", str(tmp_path / "gone"))], stores.open)
    until_complete(fleet)
    for _ in range(2):
        fleet.refresh()
        until(fleet, lambda: not fleet._waiting and not fleet._began)
    assert stores.opened.count("damaged") == 1  # as long as it does not change
    journal.write_bytes(whole)
    make_store(tmp_path / "gone")
    fleet.refresh()
    until(fleet, lambda: {row.state for row in fleet.rows.values()} == {"ok"})


def test_a_fault_of_one_is_a_row(tmp_path: Path, stores: Stores) -> None:
    def opening(location: Location, progress: Progress) -> Session:
        if location == tmp_path / "b":
            raise ValueError("not foreseen")
        return stores.open(location, progress)

    make_store(tmp_path / "a")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "journal.jsonl").mkdir()
    fleet = Fleet([Context(name, str(tmp_path / name)) for name in "abc"], opening)
    until_complete(fleet)
    assert [row.state for row in fleet.rows.values()] == ["ok", "failed", "failed"]


def test_two_contexts_of_a_store_count_once_and_what_has_no_limit_makes_no_sum(tmp_path: Path, stores: Stores) -> None:
    folder = make_store(tmp_path / "a")
    contexts = [Context("one", str(folder)), Context("two", str(folder))]
    fleet = Fleet(contexts, stores.open)
    until_complete(fleet)
    (total,) = totals(fleet.rows.values())
    assert (total.stores, total.used, total.limit) == (1, 3, 10)
    free = make_store(tmp_path / "b", seats=None)
    fleet = Fleet([*contexts, Context("three", str(free)), Context("wrong", "")], stores.open)
    until_complete(fleet)
    (total,) = totals(fleet.rows.values())
    assert (total.stores, total.used, total.limit, total.free) == (2, 6, None, None)
    assert fleet.rows["wrong"].state == "unusable"


def test_reading_writes_nothing(tmp_path: Path, stores: Stores) -> None:
    folder = make_store(tmp_path / "a")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    until_complete(Fleet([Context("a", str(folder))], stores.open))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_one_that_hangs_does_not_keep_the_program_from_ending(tmp_path: Path) -> None:
    """Python waits for the threads of executors, and for none of these."""
    code = f"""
import threading
import time
from kconsole.operations.contexts import Context
from kconsole.operations.fleet import Fleet
fleet = Fleet([Context("hangs", {str(tmp_path)!r})], lambda *_: threading.Event().wait(), 0.01)
while not fleet.is_complete:
    fleet.look(0.01)
fleet.close()
print(fleet.rows["hangs"].state)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=PATIENCE, check=True)
    assert ended.stdout.strip() == b"no-answer"


def open_at(location: Location, progress: Progress) -> Session:
    return Session.open(location, "tester", FixedClock(NOW), read_only=True, progress=progress)


def ends_at_once(*_: object) -> Session:
    os._exit(3)


def hangs(*_: object) -> Session:
    threading.Event().wait(PATIENCE)
    raise AssertionError


def test_a_process_of_its_own_reads_the_same(tmp_path: Path) -> None:
    contexts = [Context("a", str(make_store(tmp_path / "a"))), Context("gone", str(tmp_path / "gone"))]
    process, fleet = FleetProcess(contexts, open_at), Fleet(contexts, open_at)
    read_all(fleet)
    until(process, lambda: process.is_complete)
    assert [row.state for row in process.rows.values()] == ["ok", "missing"]
    (own, _), (other, _) = fleet.rows.values(), process.rows.values()
    assert own.facts is not None
    assert other.facts is not None
    assert (own.facts.report, own.store_id, own.role) == (other.facts.report, other.store_id, other.role)
    make_store(tmp_path / "gone")
    process.read_again("gone")
    until(process, lambda: process.is_complete)
    assert process.rows["gone"].state == "ok"
    process.close()
    until(process, lambda: {row.state for row in process.rows.values()} == {"failed"})
    process.read_again("a")  # which begins again
    until(process, lambda: process.rows["a"].state == "ok")
    process.close()


def test_a_process_that_ends_by_itself_is_said_so(tmp_path: Path) -> None:
    process = FleetProcess([Context("a", str(make_store(tmp_path / "a")))], ends_at_once)
    until(process, lambda: process.is_complete)
    assert (row := process.rows["a"]).error is not None
    assert (row.state, row.error.code) == ("failed", "store-not-read")


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    """However the program ends that started it."""
    code = f"""
import os
from kconsole.operations.contexts import Context
from kconsole.operations.fleet_process import FleetProcess, read_all
from tests.operations.test_fleet import hangs
process = FleetProcess([Context("a", {str(tmp_path)!r})], hangs)
while process.rows["a"].state == "reading":
    process.look()
print(process._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=PATIENCE, check=False)
    child = Path(f"/proc/{int(ended.stdout)}")
    wait_until(lambda: not child.exists() or "Z" in (child / "stat").read_text().split()[2])


def test_a_forecast_is_made_again_for_another_log_or_day_only(tmp_path: Path) -> None:
    made = [row.forecasted for row in read_all(Fleet([Context("a", str(make_store(tmp_path / "a")))], open_at))]
    row = FleetRow(Context("a", str(tmp_path / "a")))

    def rows(before: FleetRow) -> list[FleetRow]:
        return list(read_store(before, open_at, lambda *_: None, nullcontext()))

    *_, row = rows(row)
    known = row.forecasted
    assert known is not None
    assert made[0] is not None
    assert (known.head, known.day) == (made[0].head, made[0].day)
    assert [each.forecasted for each in rows(row)] == [known]
    yesterday = row._replace(forecasted=known._replace(day=known.day - timedelta(days=1)))
    assert len(rows(yesterday)) == 2
    long_ago = row._replace(forecasted=known._replace(head="another", at=0.0))
    assert len(rows(long_ago)) == 2
    just_now = row._replace(forecasted=known._replace(head="another", took=PATIENCE))
    assert [each.forecasted for each in rows(just_now)] == [just_now.forecasted]
