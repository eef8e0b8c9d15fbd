"""The store: transactions that are whole or not there, and two open stores that see each other's changes."""

import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from tinydb import TinyDB

from kconsole.model.errors import NotFound, Refused, StoreBusy, StoreUnusable
from kconsole.model.records import Domain, Inventory, License
from kconsole.store.seatstore import LOG_LENGTH, Commit, SeatStore
from tests.clocks import noon
from tests.store.stores import DOMAIN, account, add, addresses, inventory_of, new_store, opened, same_as_disk

# Making and opening


def test_a_new_store_holds_what_it_was_given(tmp_path: Path) -> None:
    restart = datetime(2026, 1, 1, tzinfo=UTC)
    given = Inventory(
        license=License(seats=5),
        last_restart=restart,
        domains=(Domain(name=DOMAIN, primary=True, description="x", user_limit=3),),
        entries=(account("anna", full_name="王小明"), account("old", deleted_at=restart)),
    )
    store = SeatStore.create(tmp_path / "s", given, noon(), "anna")
    assert [entry.address for entry in store.entries] == [entry.address for entry in given.entries]
    assert (store.license, store.last_restart, tuple(store.domains)) == (given.license, restart, given.domains)
    assert store.folder == tmp_path / "s"
    assert same_as_disk(store)


def test_a_store_is_made_once(tmp_path: Path) -> None:
    new_store(tmp_path, account("anna"))
    before = (tmp_path / "store.json").read_bytes()
    with pytest.raises(Refused, match=r"There is a store in .* already"):
        new_store(tmp_path)
    assert (tmp_path / "store.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store.json"]


def test_only_the_owner_may_look_into_a_store(tmp_path: Path) -> None:
    store = new_store(tmp_path / "deep" / "s")
    add(store, "anna")
    assert stat.S_IMODE((tmp_path / "deep" / "s").stat().st_mode) == 0o700
    for path in store.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert sorted(path.name for path in store.folder.iterdir()) == ["lock", "store.json"]


def test_a_store_cannot_be_made_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreUnusable, match="not a folder"):
        new_store(tmp_path / "file")
    with pytest.raises(StoreUnusable, match="cannot be written"):
        new_store(tmp_path / "file" / "s")
    with pytest.raises(NotFound):
        opened(tmp_path / "file" / "s")
    assert (tmp_path / "file").read_text() == "mine"


def test_where_no_store_is_the_message_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no store in") as caught:
        opened(tmp_path)
    assert "kconsole init" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_stock_tinydb_opens_the_file_and_reads_the_tables(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna", full_name="王小明"), account("berg", enabled=False))
    with TinyDB(tmp_path / "store.json", access_mode="r") as database:
        assert {"meta", "entries", "domains", "license", "log"} <= database.tables()
        entries = {document.doc_id: dict(document) for document in database.table("entries")}
        assert [entries[entry.id]["address"] for entry in store.entries] == addresses(store)
        assert database.table("license").all() == [{"seats": 10}]
        assert database.table("log").all()[0]["operator"] == "anna"


# Reading


def test_addresses_and_domains_are_found_without_case(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("Anna"))
    anna = store.entry_at("aNNA@NORTH.example")
    assert anna is not None
    assert store.entry(anna.id) == anna
    assert store.entry_at("nobody@north.example") is None
    assert store.domain_named("NORTH.EXAMPLE") == Domain(name=DOMAIN, primary=True)
    assert store.domain_named("south.example") is None


def test_deleted_entries_of_an_address_come_last_deleted_first(tmp_path: Path) -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 3, 1)]
    store = new_store(tmp_path, *[account("anna", deleted_at=day) for day in days], account("Anna"))
    assert [entry.deleted_at for entry in store.deleted_at("ANNA@north.example")] == sorted(days, reverse=True)
    live = store.entry_at("anna@north.example")
    assert live is not None
    assert live.deleted_at is None
    assert store.deleted_at("berg@north.example") == []


# Transactions


def test_a_transaction_is_on_disk_when_it_has_been_left(tmp_path: Path) -> None:
    store, clock = new_store(tmp_path), noon()
    with store.transaction("map", "anna", "new branch") as transaction:
        transaction.put_domain(Domain(name="south.example"))
        anna = transaction.put_entry(account("anna"))
        transaction.set_license(License(seats=7))
        transaction.set_last_restart(clock.now())
        assert store.entry_at(anna.address) == anna
    assert same_as_disk(store)
    commit = transaction.commit
    assert commit is not None
    assert (commit.sequence, commit.at, commit.operator, commit.deed, commit.reason, commit.own) == (
        2,
        clock.now(),
        "anna",
        "map",
        "new branch",
        True,
    )
    assert [change.table for change in commit.changes] == ["domains", "entries", "license", "server"]
    assert store.log()[-1] == {
        "sequence": 2,
        "at": "2026-08-05T12:03:00Z",
        "operator": "anna",
        "deed": "map",
        "reason": "new branch",
    }


def test_an_exception_takes_everything_back(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"), account("berg"))
    before, bytes_before = store.inventory, (tmp_path / "store.json").read_bytes()
    anna, berg = store.entries
    with pytest.raises(KeyboardInterrupt), store.transaction("many", "anna") as transaction:  # noqa: PT012
        transaction.put_entry(account("chen"))
        transaction.remove_entry(anna.id)
        transaction.put_entry(account("Anna"))
        transaction.put_entry(account("berg2", id=berg.id))
        transaction.put_domain(Domain(name="south.example"))
        transaction.set_license(License(seats=1))
        raise KeyboardInterrupt
    assert sorted(store.inventory.entries, key=str) == sorted(before.entries, key=str)
    assert (store.license, tuple(store.domains)) == (before.license, before.domains)
    assert store.entry_at("anna@north.example") == anna
    assert store.entry_at("berg2@north.example") is None
    assert (tmp_path / "store.json").read_bytes() == bytes_before
    add(store, "dora")
    assert addresses(opened(tmp_path)) == ["anna@north.example", "berg@north.example", "dora@north.example"]


def test_a_transaction_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    before = (tmp_path / "store.json").stat().st_mtime_ns
    (anna,) = store.entries
    with store.transaction("nothing", "anna") as transaction:
        transaction.put_entry(anna)
        transaction.set_license(store.license)
    assert transaction.commit is None
    assert store.sequence == 1
    assert (tmp_path / "store.json").stat().st_mtime_ns == before


def test_a_record_that_changed_twice_is_one_change(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    (anna,) = store.entries
    with store.transaction("many", "anna") as transaction:
        transaction.put_entry(account("anna", id=anna.id, enabled=False))
        transaction.put_entry(account("anna", id=anna.id, enabled=False, mailbox=True))
        passing = transaction.put_entry(account("passing"))
        transaction.remove_entry(passing.id)
    assert transaction.commit is not None
    (change,) = transaction.commit.changes
    assert (change.before, change.after) == (anna, account("anna", id=anna.id, enabled=False, mailbox=True))


def test_the_log_forgets_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kconsole.store.seatstore.LOG_LENGTH", 3)
    store = new_store(tmp_path)
    for number in range(4):
        add(store, f"a{number}")
    assert [line["sequence"] for line in store.log()] == [3, 4, 5]
    assert LOG_LENGTH >= 1000


def test_no_number_is_given_twice(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    first = add(store, "berg")
    with store.transaction("forget", "anna") as transaction:
        transaction.remove_entry(first.id)
    again = opened(tmp_path)
    second = add(again, "chen")
    assert second.id > first.id
    with again.transaction("restore", "anna") as transaction:
        transaction.replace_all(inventory_of(account("anna")))
    assert min(entry.id for entry in again.entries) > second.id


def test_no_domain_gets_the_number_of_another(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    commits: list[Commit] = []
    store.listen(commits.append)
    for name in ("south.example", "labs.example"):
        with store.transaction("restore", "anna") as transaction:
            transaction.replace_all(Inventory(domains=(Domain(name=name),)))
    numbers = [change.number for commit in commits for change in commit.changes if change.table == "domains"]
    assert len(set(numbers)) == 3


# Several stores


def test_an_open_store_catches_up_with_another(tmp_path: Path) -> None:
    one = new_store(tmp_path, account("anna"), account("berg"))
    other = opened(tmp_path)
    told: list[Commit] = []
    other.listen(told.append)
    assert other.catch_up() is None
    anna, berg = one.entries
    with one.transaction("many", "anna") as transaction:
        transaction.put_entry(account("anna", id=anna.id, enabled=False))
        transaction.remove_entry(berg.id)
        transaction.put_entry(account("chen"))
        transaction.put_domain(Domain(name="south.example"))
        transaction.set_last_restart(noon().now())
    commit = other.catch_up()
    assert told == [commit]
    assert commit is not None
    assert (commit.sequence, commit.own, len(commit.changes)) == (2, False, 5)
    assert same_as_disk(other)
    assert other.entry_at(berg.address) is None
    assert other.catch_up() is None


def test_a_transaction_sees_what_others_changed(tmp_path: Path) -> None:
    one = new_store(tmp_path)
    other = opened(tmp_path)
    add(one, "anna")
    with other.transaction("look", "berg") as transaction:
        assert other.entry_at("anna@north.example") is not None
        transaction.put_entry(account("berg"))
    one.catch_up()
    assert addresses(one) == addresses(other) == ["anna@north.example", "berg@north.example"]


def test_a_closed_store_tells_nobody(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    told: list[Commit] = []
    store.listen(told.append)
    store.close()
    add(store, "anna")
    assert told == []


def test_a_store_that_another_holds_is_busy_and_nothing_changes(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    before = (tmp_path / "store.json").read_bytes()
    with FileLock(tmp_path / "lock"), pytest.raises(StoreBusy, match=r"saving to .* for 0 seconds") as caught:
        add(store, "anna")
    assert "Try again" in caught.value.hint
    assert (tmp_path / "store.json").read_bytes() == before
    assert addresses(store) == []
    add(store, "anna")


ADD_MANY = """
import sys
from pathlib import Path
from kconsole.model.records import Entry
from kconsole.model.times import SystemClock
from kconsole.store.seatstore import SeatStore

folder, name, many = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store = SeatStore.open(folder, SystemClock(), patience=120)
for number in range(many):
    with store.transaction("add", name) as transaction:
        transaction.put_entry(Entry(address=f"{name}.{number}@north.example"))
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    new_store(tmp_path)
    processes, each = 8, 25
    running = [
        subprocess.Popen([sys.executable, "-c", ADD_MANY, str(tmp_path), f"p{name}", str(each)])
        for name in range(processes)
    ]
    assert [process.wait(120) for process in running] == [0] * processes
    store = opened(tmp_path)
    expected = sorted(f"p{name}.{number}@north.example" for name in range(processes) for number in range(each))
    assert addresses(store) == expected
    assert len({entry.id for entry in store.entries}) == processes * each
    assert store.sequence == 1 + processes * each
    assert [line["sequence"] for line in store.log()] == list(range(1, store.sequence + 1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "store.json"]
