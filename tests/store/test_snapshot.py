"""The snapshot: a TinyDB file that stock TinyDB opens, believed only if it is what was written."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kconsole.store.journal import Head
from kconsole.store.snapshot import DamagedSnapshot, open_snapshot, read_snapshot, write_snapshot
from tinydb import TinyDB

from kconsole.core.errors import StoreUnusable
from kconsole.store.migrations import FORMAT
from kconsole.text.messages import error_words, hint_words
from tests.store.stores import account, add, addresses, forged, forged_body, new_store, of_format_1, opened

TABLES: dict[str, Any] = {"license": {"1": {"seats": 3}}, "entries": {"4": {"address": "anna@north.example"}}}
HEAD = Head(3, 700, "ab" * 32)


def content_of(path: Path) -> bytes:
    write_snapshot(path, TABLES, 5, HEAD)
    return path.read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    content = content_of(tmp_path / "store.json")
    snapshot = read_snapshot(tmp_path / "store.json")
    assert snapshot == (TABLES, 5, HEAD, len(content))


@pytest.mark.parametrize("many", [0, 1, 1000, 1001, 2500])
def test_it_is_one_json_document_however_many_there_are(tmp_path: Path, many: int) -> None:
    tables: dict[str, Any] = {"empty": {}, "entries": {str(number): {"a": "},王"} for number in range(many)}}
    write_snapshot(tmp_path / "store.json", tables, 5, HEAD)
    content = (tmp_path / "store.json").read_bytes()
    assert content.partition(b"\n")[2] == orjson.dumps(tables)[1:]
    assert orjson.loads(content).keys() == {"meta", *tables}


def test_stock_tinydb_opens_the_file_and_reads_the_tables(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna", full_name="王小明"), account("berg", enabled=False))
    expected = addresses(store)
    store.close()
    with TinyDB(tmp_path / "store.json", access_mode="r") as database:
        assert {"meta", "entries", "domains", "license"} <= database.tables()
        entries = {document.doc_id: dict(document) for document in database.table("entries")}
        assert [entries[entry.id]["address"] for entry in opened(tmp_path).state.entries.values()] == expected
        assert [document["seats"] for document in database.table("license")] == [10]
        assert database.table("meta").all()[0]["sequence"] == 1


def test_the_one_before_stays_as_the_backup(tmp_path: Path) -> None:
    path, contents = tmp_path / "store.json", []
    for number in range(5, 8):
        write_snapshot(path, TABLES, number, HEAD)
        contents.append(path.read_bytes())
        if number > 5:
            assert (tmp_path / "store.json.bak").read_bytes() == contents[-2]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["store.json", "store.json.bak"]


def test_a_backup_that_is_the_same_file_already_leaves_nothing_behind(tmp_path: Path) -> None:
    content_of(tmp_path / "store.json")
    (tmp_path / "store.json.bak").hardlink_to(tmp_path / "store.json")
    content_of(tmp_path / "store.json")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["store.json", "store.json.bak"]


def test_a_link_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    content = content_of(tmp_path / "other.json")
    (tmp_path / "store.json").symlink_to(tmp_path / "other.json")
    with pytest.raises(OSError, match="symbolic link"):
        write_snapshot(tmp_path / "store.json", {}, 9, HEAD)
    assert (tmp_path / "other.json").read_bytes() == content


BAD = [
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
    (forged({"x": {}}, format=0), "does not say its format"),
    (forged({"x": {}}, format="1"), "does not say its format"),
    (forged({"x": {}}, format=True), "does not say its format"),
    (forged({"x": {}}, next_number=None), "makes no sense"),
    (forged({"x": {}}, offset="far"), "makes no sense"),
    (forged({"entries": {"1": {}}}), "makes no sense"),
    (forged({"entries": {"1": 5}}), "makes no sense"),
    (forged({"entries": {"1": {"address": "a", "colour": "red"}}}), "makes no sense"),
    (forged({"entries": {"one": {"address": "a"}}}), "makes no sense"),
    (forged({"entries": []}), "makes no sense"),
    (forged({"entries": {"1": {"address": "a", "deleted_at": "then"}}}), "makes no sense"),
    (forged({"domains": {"1": {}}}), "makes no sense"),
    (forged({"server": {"1": {}}}), "makes no sense"),
]


@pytest.mark.parametrize(("content", "words"), BAD)
def test_what_is_no_snapshot_is_refused_and_left_alone(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "store.json"
    file.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(StoreUnusable) as caught:
            opened(tmp_path, read_only=read_only)
        assert str(file) in error_words(caught.value)
        assert words in error_words(caught.value)
        assert hint_words(caught.value)
    assert file.read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} <= {"store.json", "lock"}


@pytest.mark.parametrize(("content", "words"), BAD)
def test_beside_a_good_journal_a_bad_snapshot_is_made_anew_and_kept(tmp_path: Path, content: bytes, words: str) -> None:
    store = new_store(tmp_path, account("anna"))
    add(store, "berg")
    store.close()
    (tmp_path / "store.json").write_bytes(content)
    again = opened(tmp_path)
    assert addresses(again) == ["anna@north.example", "berg@north.example"]
    (notice,) = again.notices
    assert words in notice
    assert "made anew from the journal" in notice
    again.close()
    assert (tmp_path / "store.json.damaged").read_bytes() == content
    assert read_snapshot(tmp_path / "store.json").head == again.head
    assert opened(tmp_path).notices == []


def test_one_of_a_newer_kconsole_is_refused_whatever_the_journal_says(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    (tmp_path / "store.json").write_bytes(forged({"x": {}}, format=FORMAT + 1))
    with pytest.raises(StoreUnusable, match=rf"newer kconsole \(format {FORMAT + 1}"):
        opened(tmp_path)


def test_one_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content = content_of(tmp_path / "store.json")
    for length in range(len(content)):
        (tmp_path / "store.json").write_bytes(content[:length])
        with pytest.raises(DamagedSnapshot):
            read_snapshot(tmp_path / "store.json")


@pytest.mark.parametrize("format_", [1, FORMAT])
def test_one_with_any_bit_turned_is_refused(tmp_path: Path, format_: int) -> None:
    content = of_format_1(TABLES) if format_ == 1 else content_of(tmp_path / "store.json")
    for place in range(len(content)):
        turned = bytearray(content)
        turned[place] ^= 1 << place % 8
        (tmp_path / "store.json").write_bytes(turned)
        with pytest.raises((DamagedSnapshot, StoreUnusable)):
            read_snapshot(tmp_path / "store.json")


@settings(max_examples=60)
@given(data=st.data())
def test_one_changed_by_hand_is_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("store") / "store.json"
    content = content_of(file)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 8)))
    changed = content[:start] + data.draw(st.binary(max_size=8)) + content[end:]
    if json_of(changed) == json_of(content):
        return
    file.write_bytes(changed)
    with pytest.raises((DamagedSnapshot, StoreUnusable)):
        read_snapshot(file)


def json_of(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


# In slices

hostile = st.text() | st.sampled_from(['},"5":{', '"entries":{', ',"entries":{"1":{', "\\", '\\"},"7":{', "}}", "\n"])
documents = st.dictionaries(st.integers(1, 30).map(str), st.dictionaries(hostile, hostile, max_size=3), max_size=12)


@settings(max_examples=200, deadline=None)
@given(
    tables=st.dictionaries(
        st.sampled_from(["license", "entries", "domains", "7", "later"]), documents, min_size=1, max_size=5
    )
)
def test_slices_hold_what_the_whole_file_does(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("store") / "store.json"
    write_snapshot(path, tables, 5, HEAD)
    for size in (1, 10_000):
        with patch("kconsole.store.snapshot._SLICE", size):
            assert read_snapshot(path).tables == tables
    whole = orjson.loads(path.read_bytes())
    del whole["meta"]
    assert whole == tables


def test_a_big_table_comes_in_many_slices(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    tables: dict[str, Any] = {
        "license": {"1": {"seats": 3}},
        "entries": {str(n): {"address": f"a{n}@b"} for n in range(1, 101)},
    }
    write_snapshot(path, tables, 101, HEAD)
    with patch("kconsole.store.snapshot._SLICE", 100):
        snapshot = open_snapshot(path)
        slices = [documents for table, documents in snapshot.slices() if table == "entries" and documents]
    assert len(slices) > 15
    assert snapshot.count() == 100
    assert max(map(len, slices)) < 10
    assert {number: document for part in slices for number, document in part.items()} == tables["entries"]


def test_one_with_the_right_checksum_that_is_no_json_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    path.write_bytes(forged_body(b'"license":{},"entries":{"1":{"address":"a"}'))
    with pytest.raises(DamagedSnapshot, match="not whole JSON"):
        read_snapshot(path)
    with pytest.raises(StoreUnusable, match="not whole JSON"):
        opened(tmp_path)
