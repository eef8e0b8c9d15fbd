"""Stores: made, opened, read and changed by transactions."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.directory import Directory
from kconsole.core.encoding import document_of
from kconsole.core.errors import NotFound, Refused, StoreUnusable
from kconsole.core.history import Commit, Operator, Refusal
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.store.seatstore import SeatStore
from tests.clocks import noon
from tests.licensing.strategies import directories, full_licenses
from tests.store.snapshots import snapshot_now
from tests.store.stores import (
    DOMAIN,
    account,
    add,
    addresses,
    everything_in,
    inventory_of,
    lines_of,
    new_store,
    opened,
    remove_entry,
    reported_to,
    same_as_disk,
)

OTHER_USER = 65534
"""The user and group that have no rights."""


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
    assert [entry.address for entry in store.state.entries.values()] == [entry.address for entry in given.entries]
    assert (store.state.license, store.state.last_restart, tuple(store.state.domains.values())) == (
        given.license,
        restart,
        given.domains,
    )
    assert store.folder == tmp_path / "s"
    assert same_as_disk(store)


def test_a_store_is_made_once(tmp_path: Path) -> None:
    new_store(tmp_path, account("anna"))
    before = (tmp_path / "journal.jsonl").read_bytes()
    with pytest.raises(Refused, match="store-exists"):
        new_store(tmp_path)
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    (tmp_path / "journal.jsonl").rename(tmp_path / "away")
    snapshot = tmp_path / "store.json"
    for target in ("away", "nowhere"):
        snapshot.symlink_to(target)
        with pytest.raises(Refused, match="store-exists"):
            new_store(tmp_path)
        snapshot.unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["away", "lock"]


def test_only_the_owner_may_look_into_a_store(tmp_path: Path) -> None:
    store = new_store(tmp_path / "deep" / "s")
    add(store, "anna")
    snapshot_now(store)
    add(store, "berg")
    store.close()
    assert stat.S_IMODE((tmp_path / "deep" / "s").stat().st_mode) == 0o700
    for path in store.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    names = sorted(path.name for path in store.folder.iterdir())
    assert names == ["journal.jsonl", "lock", "store.json", "store.json.bak"]


def test_a_link_to_the_folder_is_followed_once_and_for_all(tmp_path: Path) -> None:
    new_store(tmp_path / "one", account("anna")).close()
    new_store(tmp_path / "two").close()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    store = opened(tmp_path / "link")
    assert store.folder == tmp_path / "one"
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(tmp_path / "two")
    add(store, "berg")
    store.close()
    assert addresses(opened(tmp_path / "one")) == ["anna@north.example", "berg@north.example"]
    assert addresses(opened(tmp_path / "two")) == []


def test_a_store_can_be_made_where_a_link_points_to_nothing_yet(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "one")
    add(new_store(tmp_path / "link"), "anna")
    assert addresses(opened(tmp_path / "one")) == ["anna@north.example"]


def test_a_store_cannot_be_made_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreUnusable, match="not-a-folder"):
        new_store(tmp_path / "file")
    with pytest.raises(StoreUnusable, match="unwritable"):
        new_store(tmp_path / "file" / "s")
    with pytest.raises(NotFound):
        opened(tmp_path / "file" / "s")
    assert (tmp_path / "file").read_text() == "mine"


def test_where_no_store_is_the_message_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-store") as caught:
        opened(tmp_path)
    assert caught.value.hints[0].code == "make-or-demo"
    assert list(tmp_path.iterdir()) == []


# Reading


def test_addresses_and_domains_are_found_without_case(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("Anna"))
    anna = store.state.entry_at("aNNA@NORTH.example")
    assert anna is not None
    assert store.state.entries.get(anna.id) == anna
    assert store.state.entry_at("missing@north.example") is None
    assert store.state.domain_named("NORTH.EXAMPLE") == Domain(name=DOMAIN, primary=True)
    assert store.state.domain_named("south.example") is None


def test_deleted_entries_of_an_address_come_last_deleted_first(tmp_path: Path) -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 3, 1)]
    store = new_store(tmp_path, *[account("anna", deleted_at=day) for day in days], account("Anna"))
    assert [entry.deleted_at for entry in store.state.deleted_at("ANNA@north.example")] == sorted(days, reverse=True)
    live = store.state.entry_at("anna@north.example")
    assert live is not None
    assert live.deleted_at is None
    assert store.state.deleted_at("berg@north.example") == []


# Transactions


def test_a_transaction_is_on_disk_when_it_has_been_left(tmp_path: Path) -> None:
    store, clock = new_store(tmp_path), noon()
    with store.transaction("map", "restore", reason="new branch") as transaction:
        transaction.put_domain(Domain(name="south.example"))
        anna = transaction.put_entry(account("anna"))
        transaction.set_license(License(seats=7))
        transaction.set_last_restart(clock.now())
        assert store.state.entry_at(anna.address) == anna
    assert same_as_disk(store)
    commit = transaction.commit
    assert commit is not None
    assert (commit.sequence, commit.at, commit.operator, commit.operation, commit.reason, commit.own) == (
        2,
        clock.now(),
        Operator("anna"),
        "map",
        "new branch",
        True,
    )
    assert [change.table for change in commit.changes] == ["domains", "entries", "license", "server"]
    line = lines_of(tmp_path)[1]
    assert {name: line[name] for name in ("sequence", "at", "operator", "session", "deed", "reason")} == {
        "sequence": 2,
        "at": "2026-08-05T12:03:00Z",
        "operator": "anna",
        "session": store.session,
        "deed": "map",
        "reason": "new branch",
    }
    assert line["changes"][2] == {
        "table": "license",
        "number": 1,
        "before": document_of(License(seats=10)),
        "after": document_of(License(seats=7)),
    }


def test_an_exception_takes_everything_back(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"), account("berg"))
    before, bytes_before = everything_in(store), (tmp_path / "journal.jsonl").read_bytes()
    anna, berg = store.state.entries.values()
    with pytest.raises(KeyboardInterrupt), store.transaction("many", "restore") as transaction:  # noqa: PT012
        transaction.put_entry(account("chen"))
        remove_entry(transaction, anna.id)
        transaction.put_entry(account("Anna"))
        transaction.put_entry(account("berg2", id=berg.id))
        transaction.put_domain(Domain(name="south.example"))
        transaction.set_license(License(seats=1))
        raise KeyboardInterrupt
    assert everything_in(store) == before
    assert store.state.entry_at("anna@north.example") == anna
    assert store.state.entry_at("berg2@north.example") is None
    assert (tmp_path / "journal.jsonl").read_bytes() == bytes_before
    add(store, "dora")
    assert addresses(opened(tmp_path)) == ["anna@north.example", "berg@north.example", "dora@north.example"]


def test_a_transaction_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    before = (tmp_path / "journal.jsonl").read_bytes()
    (anna,) = store.state.entries.values()
    reported = reported_to(store)
    with store.transaction("nothing", "restore") as transaction:
        transaction.put_entry(anna)
        transaction.set_license(store.state.license)
        passing = transaction.put_entry(account("passing"))
        remove_entry(transaction, passing.id)
    assert transaction.commit is None
    assert reported == []
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    assert same_as_disk(store)


def test_a_refusal_is_journaled_without_changes(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    reported = reported_to(store)
    with pytest.raises(Refused), store.transaction("add", "restore", reason="why not") as transaction:  # noqa: PT012
        transaction.put_entry(account("berg"))
        transaction.seats = (1, 1)
        raise Refused("no-seat-is-free", seats=1)
    assert reported == []
    assert addresses(store) == ["anna@north.example"]
    *_, last = store.journal.history()
    assert (last.sequence, last.operation, last.reason, last.changes) == (2, "add", "why not", ())
    assert (last.refused, last.seats) == ((Refusal("", "no-seat-is-free", {"seats": 1}),), (1, 1))
    assert same_as_disk(store)


def test_a_partial_refusal_is_journaled_beside_the_changes_and_alone(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for logins in (("anna",), ()):
        with store.transaction("add", "restore") as transaction:
            for login in logins:
                transaction.put_entry(account(login))
            transaction.refused = (Refusal("berg@north.example", "no-seat"),)
    assert [(len(commit.changes), len(commit.refused)) for commit in store.journal.history()][1:] == [(1, 1), (0, 1)]
    assert transaction.commit is None
    assert same_as_disk(store)


def test_who_did_it_is_reported_with_his_claims(tmp_path: Path) -> None:
    operator = Operator("root", "王小明", "anna", "10.0.0.7 5022 10.0.0.1 22")
    store = SeatStore.create(tmp_path, inventory_of(), noon(), operator)
    with store.transaction("undo", "restore") as transaction:
        transaction.put_entry(account("anna"))
        transaction.undoes = 1
    assert [commit.operator for commit in store.journal.history()] == [operator] * 2
    assert [commit.undoes for commit in store.journal.history_backwards()] == [1, None]
    assert lines_of(tmp_path)[0]["claims"]["as"] == "王小明"


def test_bytes_that_are_no_text_are_written_down_all_the_same(tmp_path: Path) -> None:
    store = SeatStore.create(tmp_path, inventory_of(), noon(), Operator("a\udcff", "b\udcfe"))
    with store.transaction("add", "restore", reason="c\udcfd") as transaction:
        transaction.put_entry(account("anna"))
    with pytest.raises(Refused), store.transaction("add", "restore"):
        raise Refused("no", name="d\udcfc")
    _, second, third = store.journal.history()
    assert (second.operator, second.reason) == (Operator("a\\udcff", "b\\udcfe"), "c\\udcfd")
    assert third.refused == (Refusal("", "no", {"name": "d\\udcfc"}),)
    assert same_as_disk(store)


def test_a_record_that_json_cannot_hold_changes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    with pytest.raises(ValueError, match="surrogates"), store.transaction("add", "restore") as transaction:
        transaction.put_entry(account("berg", full_name="\udcff"))
    assert same_as_disk(store)
    add(store, "chen")
    assert same_as_disk(store)
    with pytest.raises(ValueError, match="surrogates"):
        new_store(tmp_path / "s", account("a", full_name="\udcff"))
    assert not (tmp_path / "s" / "journal.jsonl").exists()


def test_history_is_distinguished_from_both_ends(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    commits = reported_to(store)
    for login in ("berg", "chen", "dora"):
        add(store, login)
    forwards = list(store.journal.history())
    assert [commit.sequence for commit in forwards] == [1, 2, 3, 4]
    assert forwards[1:] == [commit._replace(own=False) for commit in commits]
    assert list(store.journal.history_backwards()) == forwards[::-1]
    other = opened(tmp_path)
    add(store, "emil")
    assert len(list(other.journal.history())) == len(list(other.journal.history_backwards())) == 4


# Numbers


def test_a_record_that_changed_twice_is_one_change(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    (anna,) = store.state.entries.values()
    with store.transaction("many", "restore") as transaction:
        transaction.put_entry(account("anna", id=anna.id, enabled=False))
        transaction.put_entry(account("anna", id=anna.id, enabled=False, mailbox=True))
        passing = transaction.put_entry(account("passing"))
        remove_entry(transaction, passing.id)
    assert transaction.commit is not None
    (change,) = transaction.commit.changes
    assert (change.before, change.after) == (anna, account("anna", id=anna.id, enabled=False, mailbox=True))


def test_no_number_is_given_twice(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    first = add(store, "berg")
    with store.transaction("forget", "restore") as transaction:
        remove_entry(transaction, first.id)
    again = opened(tmp_path)
    second = add(again, "chen")
    assert second.id > first.id
    with again.transaction("restore", "restore") as transaction:
        transaction.replace_all(inventory_of(account("anna")))
    assert min(entry.id for entry in again.state.entries.values()) > second.id


def test_no_domain_gets_the_number_of_another(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    commits: list[Commit] = []
    store.listen(commits.append)
    for name in ("south.example", "labs.example"):
        with store.transaction("restore", "restore") as transaction:
            transaction.replace_all(Inventory(domains=(Domain(name=name),)))
    numbers = [change.number for commit in commits for change in commit.changes if change.table == "domains"]
    assert len(set(numbers)) == 3


@settings(max_examples=25)
@given(full_licenses, st.none() | directories, st.lists(st.booleans(), max_size=3))
def test_all_of_a_license_a_directory_and_mapped_accounts_come_back(
    license_: License, directory: Directory | None, mapped: list[bool]
) -> None:
    accounts = tuple(
        account(f"a{place}", directory_id=f"id{place}", directory_logon=noon().now(), active_sync=True)
        if is_mapped
        else account(f"a{place}", delivers_to=("x@y.example",))
        for place, is_mapped in enumerate(mapped)
    )
    whole = Inventory(license=license_, domains=(Domain(name=DOMAIN, directory=directory),), entries=accounts)
    with TemporaryDirectory() as name:
        folder = Path(name)
        SeatStore.create(folder, whole, noon(), "anna", 0).close()
        kept = opened(folder).state.inventory
        (folder / "store.json").unlink()
        replayed = opened(folder).state.inventory
    assert kept == replayed
    numbers = [entry.id for entry in kept.entries]
    assert kept == replace(
        whole, entries=tuple(replace(entry, id=number) for entry, number in zip(accounts, numbers, strict=True))
    )
