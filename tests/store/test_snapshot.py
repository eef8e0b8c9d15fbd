"""The snapshot: a TinyDB file that stock TinyDB opens, believed only if it is what was written."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import TinyDB

from kconsole.core.errors import StoreUnusable
from kconsole.store.engine import DamagedSnapshot, Head
from kconsole.store.file_engine.snapshot_file import read_snapshot, write_snapshot
from kconsole.store.file_names import FORMAT
from tests.limits import EXAMPLES
from tests.store.stores import account, add, addresses, forged, forged_body, new_store, of_format_1, opened

TABLES: dict[str, Any] = {"license": {"1": {"seats": 3}}, "entries": {"4": {"address": "anna@north.example"}}}
HEAD = Head(3, "ab" * 32)


def written(path: Path, tables: dict[str, Any] = TABLES, next_number: int = 5) -> None:
    write_snapshot(path, HEAD, 700, next_number, (orjson.dumps(tables),))


def content_of(path: Path) -> bytes:
    written(path)
    return path.read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    content = content_of(tmp_path / "store.json")
    snapshot, place = read_snapshot(tmp_path / "store.json")
    assert (snapshot.head, snapshot.next_number, place) == (HEAD, 5, 700)
    assert orjson.loads(snapshot.body) == orjson.loads(content) == {"meta": orjson.loads(content)["meta"], **TABLES}


def test_the_bytes_are_those_of_version_0_1(tmp_path: Path) -> None:
    """The first line with its checksum, and each table as compact JSON."""
    assert content_of(tmp_path / "store.json") == forged(TABLES, next_number=5, sequence=3, offset=700, hash="ab" * 32)


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
        written(path, next_number=number)
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
        written(tmp_path / "store.json")
    assert (tmp_path / "other.json").read_bytes() == content


BAD = [
    (b"", "file-is-empty"),
    (b" \n", "file-is-empty"),
    (b"\x00" * 512, "not-whole-json"),
    (b"Name;Password\nanna;x\n", "not-whole-json"),
    (b"\xff\xfe{\x00}\x00", "not-whole-json"),
    (b"{}", "not-a-store"),
    (b"[]", "not-a-store"),
    (b"5", "not-a-store"),
    (b'{"meta": 5}', "not-a-store"),
    (b'{"meta": {"1": 5}}', "not-a-store"),
    (b'{"meta": {"1": {"product": "kconsole"}}}', "not-a-store"),
    (b'{"schema": 1, "entries": []}', "not-a-store"),
    (b'{"meta": {"1": {"product": "other", "format": 1, "checksum": ""}}}', "not-a-store"),
    (b'{"meta": {"1": {"product": "kconsole", "format": 2, "checksum": ""}}}', "not-its-checksum"),
    (b'{"meta": {"1": {"product": "kconsole", "format": 2, "checksum": 5}}}', "not-its-checksum"),
    (forged({"x": {}}, format=0), "no-format"),
    (forged({"x": {}}, format="1"), "no-format"),
    (forged({"x": {}}, format=True), "no-format"),
    (forged({"x": {}}, next_number=None), "makes-no-sense"),
    (forged({"x": {}}, offset="far"), "makes-no-sense"),
    (forged({"entries": {"1": {}}}), "makes-no-sense"),
    (forged({"entries": {"1": 5}}), "makes-no-sense"),
    (forged({"entries": {"1": {"address": "a", "colour": "red"}}}), "makes-no-sense"),
    (forged({"entries": {"one": {"address": "a"}}}), "makes-no-sense"),
    (forged({"entries": []}), "makes-no-sense"),
    (forged({"entries": {"1": {"address": "a", "deleted_at": "then"}}}), "makes-no-sense"),
    (forged({"domains": {"1": {}}}), "makes-no-sense"),
    (forged({"server": {"1": {}}}), "makes-no-sense"),
]


@pytest.mark.parametrize(("content", "code"), BAD)
def test_what_is_no_snapshot_is_refused_and_left_alone(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "store.json"
    file.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(StoreUnusable) as caught:
            opened(tmp_path, read_only=read_only)
        assert (caught.value.code, caught.value.params["snapshot"]) == ("snapshot-damaged", str(file))
        assert caught.value.params["reason"].code == code
        assert caught.value.hints
    assert file.read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} <= {"store.json", "lock"}


@pytest.mark.parametrize(("content", "code"), BAD)
def test_beside_a_good_journal_a_bad_snapshot_is_made_again_and_kept(tmp_path: Path, content: bytes, code: str) -> None:
    store = new_store(tmp_path, account("anna"))
    add(store, "berg")
    store.close()
    (tmp_path / "store.json").write_bytes(content)
    again = opened(tmp_path)
    assert addresses(again) == ["anna@north.example", "berg@north.example"]
    (notice,) = again.notices
    assert (notice.code, notice.params["reason"].code) == ("snapshot-rebuilt", code)
    again.close()
    assert (tmp_path / "store.json.damaged").read_bytes() == content
    assert read_snapshot(tmp_path / "store.json").snapshot.head == again.head
    assert opened(tmp_path).notices == []


def test_one_of_a_newer_kconsole_is_refused_whatever_the_journal_says(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    (tmp_path / "store.json").write_bytes(forged({"x": {}}, format=FORMAT + 1))
    with pytest.raises(StoreUnusable, match=f"newer-store.*format={FORMAT + 1}"):
        opened(tmp_path)


def test_one_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content = content_of(tmp_path / "store.json")
    for length in range(len(content)):
        (tmp_path / "store.json").write_bytes(content[:length])
        with pytest.raises(DamagedSnapshot):
            read_snapshot(tmp_path / "store.json")


def test_one_of_format_1_is_refused_with_the_version_that_reads_it(tmp_path: Path) -> None:
    content = of_format_1(TABLES)
    (tmp_path / "store.json").write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(StoreUnusable) as caught:
            opened(tmp_path, read_only=read_only)
        assert (caught.value.code, caught.value.params["format"]) == ("older-store", 1)
        assert [hint.code for hint in caught.value.hints] == ["use-kconsole-0-1"]
    assert (tmp_path / "store.json").read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} <= {"store.json", "lock"}


def test_one_with_any_bit_turned_is_refused(tmp_path: Path) -> None:
    content = content_of(tmp_path / "store.json")
    for place in range(len(content)):
        turned = bytearray(content)
        turned[place] ^= 1 << place % 8
        (tmp_path / "store.json").write_bytes(turned)
        with pytest.raises((DamagedSnapshot, StoreUnusable)):
            read_snapshot(tmp_path / "store.json")


@settings(max_examples=EXAMPLES // 2)
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


def test_one_with_the_right_checksum_that_is_no_json_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    path.write_bytes(forged_body(b'"license":{},"entries":{"1":{"address":"a"}'))
    with pytest.raises(StoreUnusable, match="makes-no-sense"):
        opened(tmp_path)
