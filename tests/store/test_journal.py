"""The journal: a chain of lines, in which every changed byte is found."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.store.journal import NO_HASH, BrokenJournal, Head, Journal, encoded, linked
from tests.store.stores import chained, journal_at

BODIES: list[dict[str, Any]] = [{"sequence": 1, "a": "x"}, {"sequence": 2, "a": "王"}, {"sequence": 3, "a": ""}]
THREE = chained(BODIES)


def test_a_line_ends_with_the_hash_of_the_one_before_and_its_own() -> None:
    raw, own = encoded({"sequence": 1}, NO_HASH)
    assert raw.decode() == f'{{"sequence":1,"previous":"{NO_HASH}","hash":"{own}"}}\n'
    assert linked(raw, Head()) == Head(1, len(raw), own)


@pytest.mark.parametrize("many", [0, 1, 1000, 1001, 2500])
def test_a_line_is_the_same_however_many_changes_it_has(many: int) -> None:
    changes = [{"table": "entries", "number": number, "before": None, "after": {"a": "],王"}} for number in range(many)]
    body = {"sequence": 1, "deed": "x", "changes": changes}
    raw, own = encoded(body, NO_HASH)
    assert raw == orjson.dumps({**body, "previous": NO_HASH, "hash": own}) + b"\n"
    assert linked(raw, Head()) == Head(1, len(raw), own)


def test_lines_are_read_once_and_on(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "j", THREE)
    assert [line.body["a"] for line in journal.read_on()] == ["x", "王", ""]
    assert list(journal.read_on()) == []
    assert not journal.has_grown()
    head = Journal.open(tmp_path / "j")
    assert head.check() == journal.head
    journal.append({"sequence": 4, "a": "new"})
    assert not journal.has_grown()
    assert [line.body["a"] for line in head.read_on()] == ["x", "王", "", "new"]
    assert head.head == journal.head


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6), chunk=st.integers(1, 50))
def test_lines_are_whole_however_they_lie_in_the_chunks(
    sizes: list[int], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = chained({"sequence": number, "a": "x" * size} for number, size in enumerate(sizes, 1))
    journal = journal_at(tmp_path_factory.mktemp("j") / "j", content + b"torn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kconsole.store.journal._CHUNK", chunk)
        assert b"".join(journal.raw_lines()) == content
        assert [len(line.body["a"]) for line in journal.read_on()] == sizes
    assert journal.torn_tail() == b"torn"


def damage_in(content: bytes, folder: Path) -> BrokenJournal | None:
    journal = journal_at(folder / "j", content)
    try:
        journal.check()
    except BrokenJournal as broken:
        return broken
    finally:
        journal.close()
    return None


def test_any_bit_of_a_small_journal_that_is_turned_is_found_in_its_line(tmp_path: Path) -> None:
    assert damage_in(THREE, tmp_path) is None
    for place in range(len(THREE)):
        line = THREE[:place].count(b"\n") + 1
        for bit in range(8):
            turned = bytearray(THREE)
            turned[place] ^= 1 << bit
            found = damage_in(bytes(turned), tmp_path)
            assert found is not None, (place, bit)
            assert found.line == line, (place, bit)
            assert found.good.sequence == line - 1


values = st.none() | st.booleans() | st.integers(-5, 2**40) | st.text(max_size=20)


@settings(max_examples=100)
@given(drawn=st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), min_size=1, max_size=5), data=st.data())
def test_any_byte_of_any_journal_that_is_changed_is_found(
    drawn: list[dict[str, Any]], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = chained({**body, "sequence": number} for number, body in enumerate(drawn, 1))
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    found = damage_in(content[:place] + bytes([other]) + content[place + 1 :], tmp_path_factory.mktemp("j"))
    assert found is not None
    assert found.line == content[:place].count(b"\n") + 1


@pytest.mark.parametrize(
    ("lines", "bad"),
    [([0, 2], 2), ([1, 2], 1), ([0, 2, 1], 2), ([0, 0, 1, 2], 2), ([0, 1, 1, 2], 3), ([1], 1)],
    ids=str,
)
def test_lines_that_are_missing_twice_there_or_in_another_order_are_found(
    tmp_path: Path, lines: list[int], bad: int
) -> None:
    raw = THREE.splitlines(keepends=True)
    found = damage_in(b"".join(raw[line] for line in lines), tmp_path)
    assert found is not None
    assert found.line == bad


@pytest.mark.parametrize("body", [{"sequence": 5}, {"a": 1}, {"sequence": "4"}, {"sequence": None}])
def test_a_line_with_a_right_hash_and_a_wrong_number_is_found(tmp_path: Path, body: dict[str, Any]) -> None:
    found = damage_in(chained([*BODIES, body]), tmp_path)
    assert found is not None
    assert (found.line, found.why) == (4, "its number is not the next one")


def test_a_line_that_is_no_json_is_found(tmp_path: Path) -> None:
    from hashlib import sha256

    hashed = b'{"sequence":1,,"previous":"' + NO_HASH.encode() + b'"'
    raw = hashed + b',"hash":"' + sha256(hashed).hexdigest().encode() + b'"}\n'
    found = damage_in(raw, tmp_path)
    assert found is not None
    assert "not JSON" in found.why


def test_a_torn_line_is_set_aside_once_wherever_it_is_cut(tmp_path: Path) -> None:
    raw = THREE.splitlines(keepends=True)[2]
    for length in range(1, len(raw) - 1):
        journal = journal_at(tmp_path / "journal.jsonl", THREE + raw[:length])
        assert len(list(journal.read_on())) == 3
        aside = journal.mend_torn_tail()
        assert aside is not None
        assert aside.read_bytes() == raw[:length]
        assert (tmp_path / "journal.jsonl").read_bytes() == THREE
        assert journal.mend_torn_tail() is None
        aside.unlink()
        journal.close()


def test_what_is_torn_twice_alike_is_kept_once_and_otherwise_twice(tmp_path: Path) -> None:
    names = []
    for torn in (b"one", b"one", b"two"):
        journal = journal_at(tmp_path / "journal.jsonl", THREE + torn)
        list(journal.read_on())
        aside = journal.mend_torn_tail()
        names.append(aside and aside.name)
    assert names == ["journal.torn-4", "journal.torn-4", "journal.torn-4-2"]


def test_a_line_that_lacks_nothing_but_its_end_gets_it(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "j", THREE[:-1])
    assert len(list(journal.read_on())) == 2
    assert journal.mend_torn_tail() is None
    assert (tmp_path / "j").read_bytes() == THREE
    assert [line.body for line in journal.read_on()] == [{**BODIES[2], **tail_of(THREE)}]


def tail_of(content: bytes) -> dict[str, str]:
    import orjson

    last = orjson.loads(content.splitlines()[-1])
    return {"previous": last["previous"], "hash": last["hash"]}


def test_a_line_with_another_byte_for_its_end_is_damaged_and_not_torn(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "j", THREE[:-1] + b"\x0b")
    list(journal.read_on())
    with pytest.raises(BrokenJournal, match="line 3: its line feed is another byte"):
        journal.mend_torn_tail()
    assert (tmp_path / "j").read_bytes() == THREE[:-1] + b"\x0b"


def test_a_journal_knows_the_line_that_a_head_names(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "j", THREE)
    heads = [head for _, head in journal.linked_lines()]
    assert all(journal.holds(head) for head in [Head(), *heads])
    assert not journal.holds(heads[1]._replace(offset=heads[2].offset))
    assert not journal.holds(heads[1]._replace(hash=heads[2].hash))
    assert not journal.holds(Head(4, len(THREE) + 100, heads[2].hash))


def test_a_journal_that_cannot_be_written_can_be_read_and_says_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    (tmp_path / "j").write_bytes(THREE)
    real = os.open

    def only_to_read(path: Any, flags: int, *rest: Any) -> int:
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *rest)

    monkeypatch.setattr("os.open", only_to_read)
    journal = Journal.open(tmp_path / "j")
    assert len(list(journal.read_on())) == 3
    with pytest.raises(OSError, match="Read-only file system"):
        journal.append({"sequence": 4})
    assert (tmp_path / "j").read_bytes() == THREE


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=8), chunk=st.integers(1, 200))
def test_lines_are_read_backwards_from_a_head_however_they_lie_in_the_chunks(
    sizes: list[int], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = chained({"sequence": number, "a": "x" * size} for number, size in enumerate(sizes, 1))
    journal = journal_at(tmp_path_factory.mktemp("j") / "j", content + b"torn")
    *_, (_, head) = journal.linked_lines()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kconsole.store.journal._CHUNK", chunk)
        assert [len(line.body["a"]) for line in journal.lines_backwards(head)] == sizes[::-1]
    journal.close()


def test_reading_backwards_tells_a_changed_line_once_those_after_it_are_told(tmp_path: Path) -> None:
    content = chained({"sequence": number, "a": "good"} for number in range(1, 6))
    lines = content.splitlines(keepends=True)
    *_, (_, head) = journal_at(tmp_path / "whole", content).linked_lines()
    forged = chained([{"sequence": 1, "a": "good"}, {"sequence": 2, "a": "evil"}]).splitlines(keepends=True)[1]
    for damaged in (lines[1].replace(b"good", b"evil"), forged):
        journal = journal_at(tmp_path / "damaged", b"".join((lines[0], damaged, *lines[2:])))
        lines_told = journal.lines_backwards(head)
        assert [next(lines_told).head.sequence for _ in range(3)] == [5, 4, 3]
        with pytest.raises(BrokenJournal, match="line 2"):
            next(lines_told)
