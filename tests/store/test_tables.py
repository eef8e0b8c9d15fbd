"""TinyDB's own doors on our tables: what they change is staged, and nothing else is copied."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import where
from tinydb.operations import increment
from tinydb.table import Document

from kconsole.store.seatstore import SeatDB
from kconsole.store.storage import SeatStorage
from kconsole.store.tables import SeatTable, TouchedDocuments


@pytest.fixture
def storage(tmp_path: Path) -> SeatStorage:
    storage = SeatStorage(tmp_path / "store.json")
    table = table_of(storage)
    table.insert_multiple([{"name": "anna", "logins": 1}, {"name": "berg", "logins": 2}, {"name": "chen", "logins": 2}])
    storage.create({"sequence": 1})
    return storage


def table_of(storage: SeatStorage) -> SeatTable:
    table = SeatDB(storage=lambda: storage).table("people")
    assert isinstance(table, SeatTable)
    return table


def on_disk(storage: SeatStorage) -> dict[int, Any]:
    return content(SeatStorage.opened(storage.path))


def content(storage: SeatStorage) -> dict[int, Any]:
    return {document.doc_id: dict(document) for document in table_of(storage)}


THREE = {1: {"name": "anna", "logins": 1}, 2: {"name": "berg", "logins": 2}, 3: {"name": "chen", "logins": 2}}


def test_documents_are_inserted_with_and_without_a_number(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.insert({"name": "dora"}) == 4
    assert table.insert(Document({"name": "emil"}, doc_id=9)) == 9
    assert table.insert({"name": "fred"}) == 10
    with pytest.raises(ValueError, match="9"):
        table.insert(Document({"name": "again"}, doc_id=9))
    assert len(table) == 6


def test_documents_are_updated_by_number_condition_and_callable(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.update({"logins": 7}, doc_ids=[1, 99]) == [1]
    assert table.update({"seen": True}, where("logins") == 2) == [2, 3]
    assert table.update(increment("logins"), where("name") == "chen") == [3]
    assert table.update_multiple([({"x": 1}, where("name") == "anna")]) == [1]
    assert content(storage) == {
        1: {"name": "anna", "logins": 7, "x": 1},
        2: {"name": "berg", "logins": 2, "seen": True},
        3: {"name": "chen", "logins": 3, "seen": True},
    }


def test_documents_are_upserted(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.upsert({"name": "anna", "logins": 5}, where("name") == "anna") == [1]
    assert table.upsert({"name": "dora"}, where("name") == "dora") == [4]
    assert table.upsert(Document({"name": "emil"}, doc_id=8)) == [8]
    assert content(storage) == {**THREE, 1: {"name": "anna", "logins": 5}, 4: {"name": "dora"}, 8: {"name": "emil"}}


def test_documents_are_removed(storage: SeatStorage) -> None:
    table = table_of(storage)
    assert table.remove(doc_ids=[1, 99]) == [1]
    assert table.remove(where("logins") == 2) == [2, 3]
    assert content(storage) == {}
    table.insert({"name": "dora"})
    table.truncate()
    assert len(table) == 0


def test_a_search_never_tells_what_was_before(storage: SeatStorage) -> None:
    table = table_of(storage)
    two = where("logins") == 2
    assert len(table.search(two)) == 2
    table.update({"logins": 2}, doc_ids=[1])
    assert len(table.search(two)) == 3
    found = table.get(doc_id=1)
    assert isinstance(found, Document)
    assert found["logins"] == 2


def test_what_is_staged_is_committed_or_rolled_back(storage: SeatStorage) -> None:
    table = table_of(storage)
    table.update(increment("logins"))
    table.truncate()
    table.insert(Document({"name": "dora"}, doc_id=1))
    assert content(storage) == {1: {"name": "dora"}}
    storage.roll_back()
    assert content(storage) == THREE == on_disk(storage)
    table.remove(doc_ids=[2])
    storage.commit({"sequence": 2})
    storage.roll_back()
    assert content(storage) == {1: THREE[1], 3: THREE[3]} == on_disk(storage)


def test_an_updater_that_fails_changes_nothing(storage: SeatStorage) -> None:
    def fail(document: Any) -> None:
        document["logins"] = 100
        if document["name"] == "berg":
            raise RuntimeError

    with pytest.raises(RuntimeError):
        table_of(storage).update(fail)
    assert content(storage) == THREE


def test_doors_that_rewrite_everything_are_closed(storage: SeatStorage) -> None:
    database = SeatDB(storage=lambda: storage)
    for rewrite in (database.drop_tables, lambda: database.drop_table("people")):
        with pytest.raises(NotImplementedError, match="inside a transaction"):
            rewrite()
    assert on_disk(storage) == THREE


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
