"""Which store a part is of, and which records a snapshot must hold: the journal says both."""

import shutil
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from msgspec.structs import replace

from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Change
from kconsole.core.records import Domain, Inventory
from kconsole.core.server import Server, ServerAccess
from kconsole.operations.maintenance import verify
from kconsole.store import seatstore
from kconsole.store.file_engine.snapshot_file import read_snapshot
from kconsole.store.records import Records
from kconsole.store.state_sum import hash_of_sum, number_of, sum_of
from kconsole.store.tables import encoded_tables
from tests.licensing.strategies import inventories
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, addresses, lines_of, new_store, opened


def forge(folder: Path) -> None:
    """Let the snapshot hold one account more and another limit, with a right checksum, as an attacker would."""
    path = folder / "store.json"
    document = orjson.loads(path.read_bytes())
    meta = document.pop("meta")["1"]
    document["license"]["1"]["seats"] = 99
    document["entries"]["77"] = {"address": "forged@north.example"}
    del meta["checksum"]
    if "sum" in meta:
        records = Records()
        records.load(orjson.dumps(document))
        meta["sum"] = f"{records.sum():x}"
    body = orjson.dumps(document)[1:]
    meta["checksum"] = sha256(orjson.dumps(meta) + body).hexdigest()
    path.write_bytes(b'{"meta":{"1":' + orjson.dumps(meta) + b"},\n" + body)


@pytest.mark.parametrize("lines_after", [0, 2])
@pytest.mark.parametrize("small", [seatstore.SMALL, 0])
def test_a_forged_snapshot_is_no_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int, lines_after: int
) -> None:
    monkeypatch.setattr(seatstore, "SMALL", small)  # with 0, the line after a snapshot says that it was checked
    store = new_store(tmp_path, account("anna"))
    add(store, "berg")
    snapshot_now(store)
    for login in ("chen", "dora")[:lines_after]:
        add(store, login)
    store.abandon()
    assert ("snapshot" in lines_of(tmp_path)[-1]) == (small == 0 and lines_after == 1)
    expected = addresses(opened(tmp_path))
    assert verify(tmp_path).sequence == 2 + lines_after
    forge(tmp_path)
    with pytest.raises(StoreUnusable, match="snapshot-damaged"):
        verify(tmp_path)
    for read_only in (True, False):
        store = opened(tmp_path, read_only=read_only)
        assert (addresses(store), store.state.license.seats) == (expected, 10)
        assert [(notice.code, notice.params["reason"].code) for notice in store.notices] == [
            ("snapshot-rebuilt", "state-not-of-line")
        ]
    add(store, "emil")
    store.close()
    assert addresses(opened(tmp_path)) == sorted([*expected, account("emil").address])
    assert verify(tmp_path).sequence == 3 + lines_after
    assert (tmp_path / "store.json.damaged").exists()


def test_each_line_says_what_the_records_are_after_it(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    for login in ("berg", "chen"):
        add(store, login)
        assert lines_of(tmp_path)[-1]["state"] == hash_of_sum(sum_of(store.state.tables))
    with pytest.raises(ValueError, match="surrogates"), store.transaction("add", "restore") as transaction:
        transaction.put_entry(account("gone", full_name="\udcff"))
    assert store.state.sum() == sum_of(store.state.tables) == sum_of(opened(tmp_path).state.tables)


@given(before=inventories(most=4), after=inventories(most=4))
def test_the_sum_follows_every_change(before: Inventory, after: Inventory) -> None:
    records = Records()
    for number, inventory in enumerate((before, after, before)):
        for table in ("entries", "domains"):
            for known in list(records.tables[table]):
                records.take(Change(table, known, records.tables[table][known], None))
        for at, entry in enumerate(inventory.entries):
            records.take(Change("entries", at, None, replace(entry, id=at)))
        for at, domain in enumerate(inventory.domains):
            records.take(Change("domains", at, None, domain))
        if number != 1:
            assert records.sum() == sum_of(records.tables)
    read = Records()
    read.load(b"".join(encoded_tables(records.tables)))
    assert read.sum() == records.sum()


def test_the_sum_of_given_records_is_the_same_in_every_version() -> None:
    """Lines in journals say it: a new field that has its default must not change it."""
    records = (
        ("entries", 7, account("anna", enabled=False)),
        ("domains", 2, Domain(name="north.example", user_limit=0)),
        ("connection", 1, Server(name="mail", access=ServerAccess(url="https://mail.example:4040", user="admin"))),
    )
    assert (
        hash_of_sum(sum(number_of(*record) for record in records) % (1 << 2048)) == "ce9df489299121bddd70a39ad0047bee"
    )
    assert number_of("domains", 2, Domain(name="a.b", user_limit=0)) != number_of("domains", 2, Domain(name="a.b"))


def test_a_store_has_an_id_in_its_first_line_snapshot_and_lock(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    add(store, "berg")
    store.close()
    name = lines_of(tmp_path)[0]["store"]
    assert list(lines_of(tmp_path)[0])[:2] == ["sequence", "store"]
    assert "store" not in lines_of(tmp_path)[1]
    assert read_snapshot(tmp_path / "store.json").snapshot.store == name
    add(opened(tmp_path), "chen")
    assert orjson.loads((tmp_path / "lock").read_bytes().splitlines()[0])["store"] == name
    other = new_store(tmp_path / "other")
    assert lines_of(other.folder)[0]["store"] != name


def test_a_snapshot_of_another_store_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        store = new_store(tmp_path / name, account("anna"))
        add(store, name)
        store.close()
    shutil.copy(tmp_path / "two" / "store.json", tmp_path / "one" / "store.json")
    with pytest.raises(StoreUnusable, match="parts-of-two-stores"):
        opened(tmp_path / "one")
    with pytest.raises(StoreUnusable, match="parts-of-two-stores"):
        verify(tmp_path / "one")
