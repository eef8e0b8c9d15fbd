"""Files that are no store any more, or never were: told, named, and left as they are."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import TinyDB

from kconsole.model.errors import StoreUnusable
from kconsole.store.migrations import FORMAT, Tables, migrated
from kconsole.store.seatstore import SeatStore
from tests.clocks import noon
from tests.store.stores import account, add, addresses, new_store, opened, same_as_disk


def good_content(folder: Path) -> bytes:
    add(new_store(folder, account("anna"), account("berg")), "chen")
    return (folder / "store.json").read_bytes()


def forged(tables: dict[str, Any], **head: object) -> bytes:
    """A file with a right checksum, whatever is in it."""
    full = {"product": "kconsole", "format": FORMAT, "sequence": 1, "next_number": 9, **head}
    body = orjson.dumps(tables)[1:]
    full["checksum"] = sha256(orjson.dumps(full) + body).hexdigest()
    return b'{"meta":{"1":' + orjson.dumps(full) + b"},\n" + body


def refused(folder: Path, content: bytes) -> StoreUnusable:
    file = folder / "store.json"
    file.write_bytes(content)
    with pytest.raises(StoreUnusable) as caught:
        opened(folder)
    assert str(file) in caught.value.message
    assert caught.value.hint
    assert file.read_bytes() == content
    assert [path.name for path in folder.iterdir() if path.name != "lock"] == ["store.json"]
    return caught.value


def test_a_forged_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_bytes(forged({"entries": {"3": {"address": "anna@north.example"}}}))
    assert addresses(opened(tmp_path)) == ["anna@north.example"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\x00" * 512, "not whole JSON"),
        (b"Name;Password\nanna;x\n", "not whole JSON"),
        (b"\xff\xfe{\x00}\x00", "not whole JSON"),
        (b"{}", "is not a store of kconsole"),
        (b"[]", "is not a store of kconsole"),
        (b"5", "is not a store of kconsole"),
        (b'{"meta": 5}', "is not a store of kconsole"),
        (b'{"meta": {"1": 5}}', "is not a store of kconsole"),
        (b'{"meta": {"1": {"product": "kconsole"}}}', "is not a store of kconsole"),
        (b'{"schema": 1, "entries": []}', "is not a store of kconsole"),
        (b'{"meta": {"1": {"product": "other", "format": 1, "checksum": ""}}}', "is not a store of kconsole"),
        (b'{"meta": {"1": {"product": "kconsole", "format": 1, "checksum": ""}}}', "does not match its checksum"),
        (b'{"meta": {"1": {"product": "kconsole", "format": 1, "checksum": 5}}}', "does not match its checksum"),
        (forged({"log": {}}, format=FORMAT + 1), f"newer kconsole (format {FORMAT + 1}"),
        (forged({"log": {}}, format=0), "does not say its format"),
        (forged({"log": {}}, format="1"), "does not say its format"),
        (forged({"log": {}}, format=True), "does not say its format"),
        (forged({"entries": {"1": {}}}), "makes no sense"),
        (forged({"entries": {"1": 5}}), "makes no sense"),
        (forged({"entries": {"one": {"address": "a"}}}), "makes no sense"),
        (forged({"entries": []}), "makes no sense"),
        (forged({"entries": {"1": {"address": "a", "deleted_at": "then"}}}), "makes no sense"),
        (forged({"domains": {"1": {}}}), "makes no sense"),
        (forged({"server": {"1": {}}}), "makes no sense"),
    ],
)
def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refused(tmp_path, content).message


def test_the_database_of_somebody_else_is_refused(tmp_path: Path) -> None:
    with TinyDB(tmp_path / "store.json") as database:
        database.insert({"address": "anna@north.example"})
        database.table("meta").insert({"product": "another"})
    assert "not a store of kconsole" in refused(tmp_path, (tmp_path / "store.json").read_bytes()).message


def test_a_store_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.json").mkdir()
    with pytest.raises(StoreUnusable, match="cannot be read"):
        opened(tmp_path)


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content = good_content(tmp_path)
    for length in range(0, len(content), 7):
        refused(tmp_path, content[:length])


def test_a_file_with_any_bit_turned_is_refused(tmp_path: Path) -> None:
    content = good_content(tmp_path)
    for place in range(len(content)):
        turned = bytearray(content)
        turned[place] ^= 1 << place % 8
        refused(tmp_path, bytes(turned))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_changed_by_hand_is_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store")
    content = good_content(folder)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 8)))
    instead = data.draw(st.binary(max_size=8).filter(lambda new: new != content[start:end]))
    changed = content[:start] + instead + content[end:]
    if json_of(changed) != json_of(content):
        refused(folder, changed)


def json_of(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"{", forged({"log": {}}, format=FORMAT + 1), forged({"entries": {"1": {}}}), forged({"entries": []})],
)
def test_an_open_store_keeps_what_it_knows_when_its_file_is_spoilt(tmp_path: Path, content: bytes) -> None:
    store = new_store(tmp_path, account("anna"))
    file = tmp_path / "store.json"
    good, before = file.read_bytes(), store.inventory
    file.write_bytes(content)
    attempts: list[Callable[[], object]] = [store.catch_up, store.catch_up, lambda: add(store, "berg")]
    for attempt in attempts:
        with pytest.raises(StoreUnusable, match=r"store\.json"):
            attempt()
    assert store.inventory == before
    assert file.read_bytes() == content
    file.write_bytes(good)
    add(store, "berg")
    assert same_as_disk(store)


def test_an_open_store_keeps_what_it_knows_when_its_file_is_gone(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    (tmp_path / "store.json").unlink()
    with pytest.raises(StoreUnusable, match="cannot be read"):
        store.catch_up()
    with pytest.raises(StoreUnusable, match="cannot be read"):
        add(store, "berg")
    assert addresses(store) == ["anna@north.example"]
    assert not (tmp_path / "store.json").exists()


# Migrations


def test_migrations_go_step_by_step() -> None:
    def mark(step: int) -> Callable[[Tables], Tables]:
        return lambda tables: {**tables, "steps": {**tables.get("steps", {}), str(step): {}}}

    steps = {number: mark(number) for number in (1, 2, 3)}
    assert list(migrated({}, 2, 4, steps)["steps"]) == ["2", "3"]
    assert migrated({}, 4, 4, steps) == {}


def test_an_older_file_is_read_in_the_new_format_and_written_in_it_by_the_next_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names_become_addresses(tables: Tables) -> Tables:
        entries = {number: {"address": document["name"]} for number, document in tables["entries"].items()}
        return {**tables, "entries": entries}

    content = forged({"entries": {"3": {"name": "anna@north.example"}}})
    (tmp_path / "store.json").write_bytes(content)
    monkeypatch.setattr("kconsole.store.storage.FORMAT", FORMAT + 1)
    monkeypatch.setattr(
        "kconsole.store.storage.migrated",
        lambda tables, written: migrated(tables, written, FORMAT + 1, {FORMAT: names_become_addresses}),
    )
    store = SeatStore.open(tmp_path, noon())
    assert addresses(store) == ["anna@north.example"]
    assert (tmp_path / "store.json").read_bytes() == content
    add(store, "berg")
    assert f'"format":{FORMAT + 1}'.encode() in (tmp_path / "store.json").read_bytes()
    assert addresses(opened(tmp_path)) == ["anna@north.example", "berg@north.example"]
