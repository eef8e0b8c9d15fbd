"""The compact form of fresh last logins: a tenth of the bytes, and everything as with whole records."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.errors import ChangedSince, StoreUnusable
from kconsole.core.history import Commit, Operator
from kconsole.core.records import Entry, LastLogin
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.maintenance import examine, mend, verify
from kconsole.operations.session import Session
from kconsole.store.seatstore import SeatStore
from kconsole.text.messages import words_of
from tests.clocks import noon
from tests.store.stores import account, everything_in, inventory_of, lines_of, new_store, opened

T0 = datetime(2026, 11, 1, 12, tzinfo=UTC)
ODD = [T0 + timedelta(microseconds=5), T0.astimezone(tz=None).replace(microsecond=7), datetime(1601, 1, 1, tzinfo=UTC)]
COUNT = 200


def people(**fields: object) -> list[Entry]:
    persons = [(f"person.{number}", f"Person {number}", f"id-{number}") for number in range(COUNT)]
    return [account(login, full_name=name, server_id=server_id, **fields) for login, name, server_id in persons]


def log_in(store: SeatStore, at: datetime, protocol: str = "IMAP", compact: bool = True, most: int = COUNT) -> int:
    """Let accounts have a fresh last login; returns the bytes that this takes."""
    path = store.folder / "journal.jsonl"
    before = path.stat().st_size
    with store.transaction("sync", "restore") as transaction:
        transaction.is_compact = compact
        entries = list(store.state.entries.values())[:most]
        transaction.put_entries(replace(entry, last_login=LastLogin(at, protocol)) for entry in entries)
    return path.stat().st_size - before


@pytest.fixture
def both(tmp_path: Path) -> tuple[SeatStore, SeatStore]:
    """The same logins in a store with compact lines and one with whole records."""
    stores = [new_store(tmp_path / name, *people(), clock=noon()) for name in ("compact", "whole")]
    for store in stores:
        for number, protocol in enumerate(("IMAP", "IMAP", "", "POP3")):
            log_in(store, T0 + timedelta(hours=number), protocol, compact=store is stores[0])
        for number, at in enumerate(ODD):
            log_in(store, at, compact=store is stores[0], most=number + 1)
    return stores[0], stores[1]


def test_a_fresh_login_takes_a_tenth_of_the_bytes(tmp_path: Path) -> None:
    store = new_store(tmp_path, *people(last_login=LastLogin(T0, "IMAP")))
    compact = log_in(store, T0 + timedelta(minutes=5))
    whole = log_in(store, T0 + timedelta(minutes=10), compact=False)
    assert compact * 7 < whole
    assert compact < COUNT * 60


def test_all_readers_find_the_same(both: tuple[SeatStore, SeatStore]) -> None:
    compact, whole = both
    assert compact.state.tables == whole.state.tables
    assert [line["state"] for line in lines_of(compact.folder)] == [line["state"] for line in lines_of(whole.folder)]
    for store in both:
        assert verify(store.folder) == store.head
        assert everything_in(opened(store.folder)) == everything_in(store)  # replayed
    one, other = (list(store.journal.history_backwards()) for store in both)
    assert list(map(said, one)) == list(map(said, other))


def said(commit: Commit) -> tuple[str, list[str], list[tuple[object, ...]]]:
    refreshed = commit.changes if commit.operation == "sync" else ()
    changes = [(each.number, each.before.last_login, each.after.last_login) for each in refreshed]
    return commit.operation, sorted(commit.addresses), sorted(changes, key=str)


def test_other_processes_get_whole_records(tmp_path: Path) -> None:
    store = new_store(tmp_path, *people())
    other = opened(tmp_path)
    log_in(store, T0)
    (commit,) = other.catch_up()
    assert {change.after.full_name for change in commit.changes} == {entry.full_name for entry in people()}
    assert other.state.tables == store.state.tables
    assert other.state.sum() == store.state.sum()


def test_snapshots_archives_and_the_doctor(both: tuple[SeatStore, SeatStore]) -> None:
    store, _ = both
    assert store.archive(2) > 0
    log_in(store, T0 + timedelta(days=1))
    store.close()
    assert everything_in(opened(store.folder)) == everything_in(store)
    assert examine(store.folder) == []
    (store.folder / "store.json").unlink()
    assert everything_in(opened(store.folder)) == everything_in(store)
    path = store.folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    mend(store.folder, examine(store.folder), Operator("dora"), 0, words_of)
    assert verify(store.folder).sequence == store.sequence + 1
    assert opened(store.folder).state.entries == store.state.entries  # later lines say it


def test_an_undo_finds_them(tmp_path: Path) -> None:
    SeatStore.create(tmp_path / "s", inventory_of(*people(), seats=COUNT), noon(), "anna").close()
    session = Session.open(tmp_path / "s", "anna", noon(), 0)
    addresses = [entry.address for entry in session.state.entries.values()]
    session.do(DisableAccounts((addresses[0],)))
    session.do(DisableAccounts((addresses[-1],)))
    log_in(session.store, T0, most=5)
    again = Session.open(tmp_path / "s", "anna", noon(), 0)
    with pytest.raises(ChangedSince) as caught:
        again.undo(2)
    assert caught.value.hints[0].params["line"] == 4
    again.undo(3)
    found = list(again.history.log(LogQuery(account=addresses[0])))
    assert "sync" in [commit.operation for commit in found]
    assert dump_of(again) == dump_of(Session.open(tmp_path / "s", "anna", noon(), 0))


def test_a_line_without_the_account_that_it_refreshes_is_no_crash(tmp_path: Path) -> None:
    store = new_store(tmp_path / "s", account("anna"))
    with store.transaction("add", "restore") as transaction:
        transaction.put_entry(account("berg"))
    log_in(store, T0)
    store.abandon()
    path = store.folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"\0" * 40 + b"\n", *lines[2:]]))
    with pytest.raises(StoreUnusable):
        opened(store.folder)
    mend(store.folder, examine(store.folder), Operator("dora"), 0, words_of)
    after = opened(store.folder)
    assert [entry.last_login for entry in after.state.entries.values()] == [LastLogin(T0, "IMAP")]
    assert verify(store.folder) == after.head
    shutil.rmtree(store.folder)
