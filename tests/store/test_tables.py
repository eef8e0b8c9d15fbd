"""TinyDB's own doors on a store's tables: what they change is part of the transaction."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tinydb import where
from tinydb.table import Document, Table

from kconsole.core.encoding import NONSENSE
from kconsole.core.records import Domain, Entry
from kconsole.store import tables
from kconsole.store.records import Records
from kconsole.store.tables import TABLES, decoded_tables, encoded_tables
from kconsole.store.transaction import Transaction
from tests.licensing.strategies import entries
from tests.store.stores import account, new_store, opened, remove_entry, same_as_disk

Numbered = dict[int, dict[str, Any]]

THREE: Numbered = {
    1: {"address": "anna", "full_name": "A"},
    2: {"address": "berg", "full_name": "B"},
    3: {"address": "chen", "full_name": "B"},
}


@pytest.fixture
def transaction() -> Transaction:
    records = Records()
    records.load(json.dumps({"entries": THREE}).encode())
    return Transaction(records, 4, "test")


def entries_of(transaction: Transaction) -> Table:
    return transaction.tables.table("entries")


def content(transaction: Transaction) -> Numbered:
    return {document.doc_id: dict(document) for document in entries_of(transaction)}


def test_documents_are_inserted_with_and_without_a_number(transaction: Transaction) -> None:
    assert entries_of(transaction).insert({"address": "dora"}) == 4
    assert entries_of(transaction).insert(Document({"address": "emil"}, doc_id=9)) == 9
    with pytest.raises(ValueError, match="9"):
        entries_of(transaction).insert(Document({"address": "again"}, doc_id=9))
    assert len(entries_of(transaction)) == 5
    assert transaction.put_entry(Entry(address="fred")).id == 10


def test_documents_are_updated_upserted_and_removed(transaction: Transaction) -> None:
    table = entries_of(transaction)
    assert table.update({"role": "auditor"}, doc_ids=[1]) == [1]
    assert table.update({"mailbox": True}, where("full_name") == "B") == [2, 3]
    assert table.upsert({"address": "dora"}, where("address") == "dora") == [4]
    assert table.remove(where("address") == "berg") == [2]
    assert content(transaction) == {
        1: {"address": "anna", "full_name": "A", "role": "auditor"},
        3: {"address": "chen", "full_name": "B", "mailbox": True},
        4: {"address": "dora"},
    }
    assert [(change.number, change.after is None) for change in transaction.net()] == [
        (1, False),
        (2, True),
        (3, False),
        (4, False),
    ]
    transaction.roll_back()
    assert content(transaction) == THREE


def test_what_comes_to_nothing_is_no_change(transaction: Transaction) -> None:
    entry = transaction.put_entry(Entry(address="passing"))
    remove_entry(transaction, entry.id)
    entries_of(transaction).update({"full_name": "X"}, doc_ids=[1])
    entries_of(transaction).update({"full_name": "A"}, doc_ids=[1])
    entries_of(transaction).update({"full_name": "X"}, doc_ids=[2])
    (change,) = transaction.net()
    assert (change.number, change.before.full_name, change.after.full_name) == (2, "B", "X")


def test_a_document_that_makes_no_sense_is_not_taken(transaction: Transaction) -> None:
    for document in ({"address": "emil", "colour": "red"}, {"full_name": "none"}, {"address": 5}):
        with pytest.raises(NONSENSE):
            entries_of(transaction).insert(document)
    assert transaction.changes == []
    assert content(transaction) == THREE


def test_no_table_can_be_dropped(transaction: Transaction) -> None:
    for rewrite in (transaction.tables.drop_tables, lambda: transaction.tables.drop_table("entries")):
        with pytest.raises(NotImplementedError):
            rewrite()
    assert content(transaction) == THREE


def test_what_tinydb_changes_is_durable(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"), account("berg"))
    with store.transaction("tidy", "restore") as transaction:
        transaction.tables.table("domains").update({"description": "x"}, where("primary") == True)  # noqa: E712
        entries_of(transaction).update({"enabled": False})
    assert [entry.enabled for entry in opened(tmp_path).state.entries.values()] == [False, False]
    assert [domain.description for domain in opened(tmp_path).state.domains.values()] == ["x"]
    assert same_as_disk(store)


def test_a_default_is_left_out_wherever_its_word_comes_from(transaction: Transaction) -> None:
    word = "".join(["us", "er"])
    entry = transaction.put_entry(Entry(address="dora", kind=word, role=word))  # type: ignore[arg-type]  # read somewhere
    assert content(transaction)[entry.id] == {"address": "dora"}


# All tables as JSON

hostile = st.text() | st.sampled_from(['},"5":{', '"entries":{', ',"entries":{"1":{', "\\", '\\"},"7":{', "}}", "\n"])


@given(st.lists(entries(), max_size=6), st.lists(hostile, max_size=3), st.lists(hostile, min_size=6, max_size=6))
def test_tables_come_back_in_one_piece_and_in_slices(drawn: list[Entry], names: list[str], texts: list[str]) -> None:
    written: dict[str, dict[int, Any]] = {table: {} for table in TABLES}
    written["domains"] = {number: Domain(name=name) for number, name in enumerate(names, 1)}
    written["entries"] = {
        number: replace(entry, id=number, full_name=text)
        for number, (entry, text) in enumerate(zip(drawn, texts, strict=False), 7)
    }
    body = b"".join(encoded_tables(written))
    for size in (1, 10_000):
        with patch.object(tables, "_SLICE", size):
            records = Records()
            records.load(body)
        assert records.tables == written


def test_a_big_table_comes_in_many_slices() -> None:
    written = {"license": {}, "entries": {n: Entry(address=f"a{n}@b", id=n) for n in range(1, 101)}}
    body = b"".join(encoded_tables(written))
    with patch.object(tables, "_SLICE", 100):
        slices = [records for table, records in decoded_tables(body) if table == "entries" and records]
    assert len(slices) > 15
    assert {number: entry for part in slices for number, entry in part.items()} == written["entries"]


def test_entries_need_not_stand_last() -> None:
    body = b'{"entries":{"1":{"address":"a@b"},"2":{"address":"c@d"}},"later":{"1":{}},"domains":{"3":{"name":"b"}}}'
    with patch.object(tables, "_SLICE", 10):
        records = Records()
        records.load(body)
    assert list(records.entries) == [1, 2]
    assert list(records.domains) == [3]
