"""The journal: a chain of lines, in which every changed byte is found."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.history import Change, Commit, Operator
from kconsole.core.records import Entry, LastLogin, Restart
from kconsole.store.engine import NO_HASH, START, BrokenJournal, Head
from kconsole.store.file_engine.journal_file import JournalFile
from kconsole.store.journal_line import body_of, commit_of, head_after, head_before, linked
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.store.stores import chained, checked_file, encoded, journal_at, line_of

BODIES: list[dict[str, Any]] = [line_of(1, reason="x"), line_of(2, reason="王"), line_of(3)]
THREE = chained(BODIES)
HEAD = Head(3, orjson.loads(THREE.splitlines()[-1])["hash"])


def test_a_line_ends_with_the_hash_of_the_one_before_and_its_own() -> None:
    raw, own = encoded({"sequence": 1}, NO_HASH)
    assert raw.decode() == f'{{"sequence":1,"previous":"{NO_HASH}","hash":"{own}"}}\n'
    assert head_after(raw, START) == Head(1, own)


def test_a_commit_comes_back_from_its_line() -> None:
    anna = Entry(address="anna@north.example", full_name="],王", id=7)
    changes = (Change("entries", 7, None, anna), Change("server", 1, Restart(noon().now()), None))
    commit = Commit(1, noon().now(), Operator("anna", "boss"), "s", "add", "why", changes, (1, 2))
    raw, own = linked(body_of(commit, 8), NO_HASH)
    assert commit_of(raw, Head(1, own)) == (commit, 8)
    line = orjson.loads(raw)
    assert list(line) == [
        *("sequence", "at", "operator", "session", "deed", "claims", "reason", "seats", "next_number", "changes"),
        *("previous", "hash"),
    ]
    assert line["changes"][0] == {
        "table": "entries",
        "number": 7,
        "before": None,
        "after": {"address": "anna@north.example", "full_name": "],王"},
    }


@pytest.mark.parametrize("compact", [False, True])
def test_an_operator_comes_back_and_lines_without_the_new_fields_keep_their_bytes(compact: bool) -> None:
    one = Entry(address="anna@north.example", id=7, last_login=LastLogin(noon().now()))
    other = replace(one, last_login=LastLogin(noon().now() + timedelta(hours=1)))
    commit = Commit(1, noon().now(), Operator("root", "boss"), "s", "sync", "", (Change("entries", 7, one, other),))
    bare = body_of(commit, 8, compact=compact)
    assert b'"claims":{"as":"boss"},"next_number"' in bare
    news: list[dict[str, Any]] = [
        {"name": "anna"},
        {"uid": 0},
        {"login_uid": 1003},
        {"key": "SHA256:tQ5 id"},
        {"name": "anna", "uid": 1003, "login_uid": 0, "key": "SHA256:tQ5", "claimed": "", "sudo_user": "x"},
    ]
    for new in news:
        whole = commit._replace(operator=commit.operator._replace(**new))
        raw, own = linked(body_of(whole, 8, compact=compact), NO_HASH)
        assert commit_of(raw, Head(1, own), {7: one}) == (whole, 8)
        known = {"claims", "operator_name", "uid", "login_uid"}
        fields = orjson.loads(raw)
        assert all(fields[name] == value for name, value in orjson.loads(bare).items() if name not in known)


@pytest.mark.parametrize("uid", ["-1", "4294967296", "1" * 30, '"7"', "1.5"])
def test_a_user_id_that_is_none_makes_no_sense(uid: str) -> None:
    body = body_of(Commit(1, noon().now(), Operator("anna", uid=7), "s", "add", "", ()), 8)
    raw, own = linked(body.replace(b'"uid":7', b'"uid":' + uid.encode()), NO_HASH)
    with pytest.raises(BrokenJournal):
        commit_of(raw, Head(1, own))


@settings(max_examples=EXAMPLES // 3)
@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=8), chunk=st.integers(1, 200))
def test_lines_are_whole_forwards_and_backwards_however_they_lie_in_the_chunks(
    sizes: list[int], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = chained({"sequence": number, "a": "x" * size} for number, size in enumerate(sizes, 1))
    journal = journal_at(tmp_path_factory.mktemp("j") / "j", content + b"torn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kconsole.store.file_engine.journal_file._CHUNK", chunk)
        assert b"".join(journal.lines()) == content
        assert [len(orjson.loads(raw)["a"]) for raw in journal.lines()] == sizes
        assert [len(orjson.loads(raw)["a"]) for raw in journal.lines_backwards(len(content))] == sizes[::-1]
    assert not journal.ends_with_a_line()
    journal.close()


def damage_in(content: bytes, folder: Path) -> BrokenJournal | None:
    (folder / "j").write_bytes(content)
    try:
        checked_file(folder / "j")
    except BrokenJournal as broken:
        return broken
    return None


@pytest.mark.thorough
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


@pytest.mark.thorough
@settings(max_examples=EXAMPLES)
@given(drawn=st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), min_size=1, max_size=5), data=st.data())
def test_any_byte_of_any_journal_that_is_changed_is_found(
    drawn: list[dict[str, Any]], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = chained({**body, **line_of(number)} for number, body in enumerate(drawn, 1))
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


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (line_of(5), "line-out-of-sequence"),
        ({"a": 1}, "makes-no-sense"),
        (line_of(4) | {"sequence": "4"}, "makes-no-sense"),
        (line_of(4, changes=[{"table": "x", "number": 1, "before": None, "after": {}}]), "makes-no-sense"),
        (line_of(4, changes=[{"table": "entries", "number": 1, "before": None, "after": {}}]), "makes-no-sense"),
        (line_of(4, changes=5), "makes-no-sense"),
        (line_of(4, at="noon"), "makes-no-sense"),
    ],
)
def test_a_line_with_a_right_hash_that_kconsole_did_not_write_is_found(
    tmp_path: Path, body: dict[str, Any], why: str
) -> None:
    found = damage_in(chained([*BODIES, body]), tmp_path)
    assert found is not None
    assert (found.line, found.why.code) == (4, why)


def test_a_line_that_is_no_json_is_found(tmp_path: Path) -> None:
    from hashlib import sha256

    hashed = b'{"sequence":1,,"previous":"' + NO_HASH.encode() + b'"'
    raw = hashed + b',"hash":"' + sha256(hashed).hexdigest().encode() + b'"}\n'
    found = damage_in(raw, tmp_path)
    assert found is not None
    assert found.why.code == "line-not-json"


def test_a_torn_line_is_set_aside_once_wherever_it_is_cut(tmp_path: Path) -> None:
    raw = THREE.splitlines(keepends=True)[2]
    for length in range(1, len(raw) - 1):
        journal = journal_at(tmp_path / "journal.jsonl", THREE + raw[:length])
        assert len(list(journal.lines())) == 3
        aside = journal.mend_torn_tail(HEAD, len(THREE))
        assert aside is not None
        assert aside.read_bytes() == raw[:length]
        assert (tmp_path / "journal.jsonl").read_bytes() == THREE
        assert journal.mend_torn_tail(HEAD, len(THREE)) is None
        aside.unlink()
        journal.close()


def test_what_is_torn_twice_alike_is_kept_once_and_otherwise_twice(tmp_path: Path) -> None:
    names = []
    for torn in (b"one", b"one", b"two"):
        journal = journal_at(tmp_path / "journal.jsonl", THREE + torn)
        aside = journal.mend_torn_tail(HEAD, len(THREE))
        names.append(aside and aside.name)
    assert names == ["journal.torn-4", "journal.torn-4", "journal.torn-4-2"]


def second_head() -> tuple[Head, int]:
    first, second, _ = THREE.splitlines(keepends=True)
    return head_after(second, head_after(first, START)), len(first) + len(second)


def test_a_line_that_lacks_nothing_but_its_end_gets_it(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "j", THREE[:-1])
    assert len(list(journal.lines())) == 2
    assert journal.mend_torn_tail(*second_head()) is None
    assert (tmp_path / "j").read_bytes() == THREE


def test_a_line_with_another_byte_for_its_end_is_damaged_and_not_torn(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "j", THREE[:-1] + b"\x0b")
    with pytest.raises(BrokenJournal) as caught:
        journal.mend_torn_tail(*second_head())
    assert (caught.value.line, caught.value.why.code) == (3, "line-feed-is-another-byte")
    assert (tmp_path / "j").read_bytes() == THREE[:-1] + b"\x0b"


def test_a_file_knows_the_hash_of_the_line_that_ends_at_a_place(tmp_path: Path) -> None:
    journal = journal_at(tmp_path / "j", THREE)
    head, place = second_head()
    assert (journal.hash_at(place), journal.hash_at(len(THREE))) == (head.hash, HEAD.hash)
    assert (journal.hash_at(0), journal.hash_at(place + 1), journal.hash_at(len(THREE) + 100)) == ("", "", "")


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
    journal = JournalFile.open(tmp_path / "j")
    assert len(list(journal.lines())) == 3
    with pytest.raises(OSError, match="Read-only file system"):
        journal.append(b"x", len(THREE))
    assert (tmp_path / "j").read_bytes() == THREE


def test_a_changed_line_is_found_from_the_line_after_it() -> None:
    first, second, third = THREE.splitlines(keepends=True)
    evil = chained([line_of(1, reason="x"), line_of(2, reason="evil")]).splitlines(keepends=True)[1]
    assert head_before(third, HEAD) == second_head()[0]
    for damaged in (second.replace(b"x", b"y"), evil, first):
        with pytest.raises(BrokenJournal, match="line 2"):
            head_before(damaged, second_head()[0])
