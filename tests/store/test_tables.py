"""TinyDB's own doors on our tables: what they change is staged, and nothing else is copied."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kconsole.store.storage import SeatDB, SeatStorage
from tinydb import where
from tinydb.table import Document

from kconsole.store.records import Records
from kconsole.store.tables import SeatTable, TouchedDocuments

Numbered = dict[int, dict[str, Any]]

THREE: Numbered = {
    1: {"address": "anna", "full_name": "A"},
    2: {"address": "berg", "full_name": "B"},
    3: {"address": "chen", "full_name": "B"},
}


@pytest.fixture
def storage() -> SeatStorage:
    storage = SeatStorage(Records())
    table_of(storage).insert_multiple([dict(document) for document in THREE.values()])
    storage.keep()
    return storage


def table_of(storage: SeatStorage) -> SeatTable:
    return SeatDB(storage=lambda: storage).seats("entries")


def content(storage: SeatStorage) -> Numbered:
    return {document.doc_id: dict(document) for document in table_of(storage)}


def shout(document: Any) -> None:
    document["full_name"] = document["full_name"].lower() * 2


def test_documents_are_inserted_with_and_without_a_number(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.insert({"address": "dora"}) == 4
    assert table.insert(Document({"address": "emil"}, doc_id=9)) == 9
    assert table.insert({"address": "fred"}) == 10
    with pytest.raises(ValueError, match="9"):
        table.insert(Document({"address": "again"}, doc_id=9))
    assert len(table) == 6


def test_documents_are_put_in_the_place_of_others(storage: SeatStorage) -> None:
    table = table_of(storage)
    table.put({1: {"address": "anna", "mailbox": True}})
    table.put({7: {"address": "dora"}})
    assert content(storage) == {**THREE, 1: {"address": "anna", "mailbox": True}, 7: {"address": "dora"}}


def test_documents_are_updated_by_number_condition_and_callable(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.update({"role": "auditor"}, doc_ids=[1, 99]) == [1]
    assert table.update({"mailbox": True}, where("full_name") == "B") == [2, 3]
    assert table.update(shout, where("address") == "chen") == [3]
    assert table.update_multiple([({"enabled": False}, where("address") == "anna")]) == [1]
    assert content(storage) == {
        1: {"address": "anna", "full_name": "A", "role": "auditor", "enabled": False},
        2: {"address": "berg", "full_name": "B", "mailbox": True},
        3: {"address": "chen", "full_name": "bb", "mailbox": True},
    }


def test_documents_are_upserted(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.upsert({"address": "anna", "full_name": "X"}, where("address") == "anna") == [1]
    assert table.upsert({"address": "dora"}, where("address") == "dora") == [4]
    assert table.upsert(Document({"address": "emil"}, doc_id=8)) == [8]
    anna = {"address": "anna", "full_name": "X"}
    assert content(storage) == {**THREE, 1: anna, 4: {"address": "dora"}, 8: {"address": "emil"}}


def test_documents_are_removed(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.remove(doc_ids=[1, 99]) == [1]
    assert table.remove(where("full_name") == "B") == [2, 3]
    assert content(storage) == {}
    table.insert({"address": "dora"})
    table.truncate()
    assert len(table) == 0


def test_a_search_never_tells_what_was_before(storage: SeatStorage) -> None:
    table = table_of(storage)
    two = where("full_name") == "B"
    assert len(table.search(two)) == 2
    table.update({"full_name": "B"}, doc_ids=[1])
    assert len(table.search(two)) == 3
    found = table.get(doc_id=1)
    assert isinstance(found, Document)
    assert found["full_name"] == "B"


def test_what_is_staged_is_kept_or_rolled_back(storage: SeatStorage) -> None:
    table = table_of(storage)
    table.update(shout)
    table.truncate()
    table.insert(Document({"address": "dora"}, doc_id=1))
    assert content(storage) == {1: {"address": "dora"}}
    assert storage.records.entry_at("dora") is not None
    storage.roll_back()
    assert content(storage) == THREE
    assert storage.records.entry_at("dora") is None
    table.remove(doc_ids=[2])
    storage.keep()
    storage.roll_back()
    assert content(storage) == {1: THREE[1], 3: THREE[3]}


def test_what_comes_to_nothing_is_no_change(storage: SeatStorage) -> None:
    table = table_of(storage)
    table.put({1: {"address": "x"}})
    table.put({1: THREE[1]})
    table.put({5: {"address": "y"}})
    table.remove(doc_ids=[5])
    table.put({2: {"address": "x"}})
    table.put({2: {"address": "y"}})
    net = storage.net()
    assert [tuple(change) for change in net.documents] == [("entries", 2, THREE[2], {"address": "y"})]
    (change,) = net.records
    assert (change.before.address, change.after.address) == ("berg", "y")


def test_an_updater_that_fails_changes_nothing(storage: SeatStorage) -> None:
    def fail(document: Any) -> None:
        document["full_name"] = "X"
        if document["address"] == "berg":
            raise RuntimeError

    with pytest.raises(RuntimeError):
        table_of(storage).update(fail)
    assert content(storage) == THREE
    assert storage.staged == []


def test_documents_that_make_no_sense_are_not_taken(storage: SeatStorage) -> None:
    with pytest.raises(TypeError):
        table_of(storage).insert_multiple([{"address": "dora"}, {"address": "emil", "colour": "red"}])
    with pytest.raises(TypeError):
        table_of(storage).insert({"full_name": "nobody"})
    assert content(storage) == THREE
    assert storage.staged == []


def test_doors_that_rewrite_everything_are_closed(storage: SeatStorage) -> None:
    database = SeatDB(storage=lambda: storage)
    for rewrite in (database.drop_tables, lambda: database.drop_table("entries")):
        with pytest.raises(NotImplementedError, match="inside a transaction"):
            rewrite()
    assert content(storage) == THREE


def test_only_documents_that_differ_are_staged() -> None:
    documents = {str(number): {"n": number, "inner": {"list": [number]}} for number in range(1, 6)}
    before = deepcopy(documents)
    view = TouchedDocuments(documents)
    view[2]["inner"]["list"].append("x")
    assert view[3]["n"] == 3
    view[4] = {"n": 4, "inner": {"list": [4]}}
    del view[5]
    view[6] = {"n": 6}
    assert documents == before
    assert [(change.number, change.before, change.after) for change in view.changes("t")] == [
        (2, before["2"], {"n": 2, "inner": {"list": [2, "x"]}}),
        (5, before["5"], None),
        (6, None, {"n": 6}),
    ]


operations = st.lists(
    st.tuples(st.sampled_from(["set", "delete", "pop", "clear", "get", "mutate"]), st.integers(1, 5)), max_size=20
)


@given(st.dictionaries(st.integers(1, 5), st.builds(dict, n=st.integers()), max_size=5), operations)
def test_the_view_is_a_mapping_like_any_other(start: dict[int, Any], steps: list[tuple[str, int]]) -> None:
    documents = {str(number): document for number, document in start.items()}
    before = deepcopy(documents)
    view, model = TouchedDocuments(documents), deepcopy(start)
    for step, number in steps:
        if step == "set":
            view[number] = {"new": number}
            model[number] = {"new": number}
        elif step == "clear":
            view.clear()
            model.clear()
        elif number not in model:
            assert number not in view
            with pytest.raises(KeyError):
                view[number]
            with pytest.raises(KeyError):
                del view[number]
        elif step == "delete":
            del view[number]
            del model[number]
        elif step == "pop":
            assert view.pop(number) == model.pop(number)
        elif step == "mutate":
            view[number]["x"] = model[number]["x"] = number
        assert dict(view) == model
        assert len(view) == len(model)
        assert [number in view for number in range(7)] == [number in model for number in range(7)]
    assert documents == before
    for change in view.changes("t"):
        assert change.before == before.get(str(change.number))
        documents.pop(str(change.number), None)
        if change.after is not None:
            documents[str(change.number)] = change.after
    assert {int(number): document for number, document in documents.items()} == model
