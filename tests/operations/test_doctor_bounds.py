"""What the doctor leaves alone, waits for, or does not understand."""

import json
import os
import shutil
import threading
import time
from collections import namedtuple
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from filelock import FileLock
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kconsole.core.codes import Finding, message
from kconsole.core.errors import ConsoleError, StoreBusy, StoreUnusable
from kconsole.operations.accounts import DisableAccounts, EnableAccounts
from kconsole.operations.maintenance import examine, mend, verify
from kconsole.operations.session import Session
from kconsole.store.file_engine.locking import StoreLock
from kconsole.text.messages import words_of
from tests.limits import EXAMPLES
from tests.operations.harmed import (
    ANNA,
    DORA,
    NAMES,
    codes,
    contents,
    files,
    harm_line,
    kept,
    mended,
    store_of,
    works,
)
from tests.operations.sessions import account, session_of
from tests.store.stores import encoded


def test_leftovers_are_moved_not_removed(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    for number in (1, 2):
        for name in (".store.json.4711.new", "journal.torn-9", "store.json.damaged"):
            (folder / name).write_bytes(b"something %d" % number)
            (folder / name).chmod(0o600)
            os.utime(folder / name, (0, 0))
        (finding,) = examine(folder)
        assert (finding.code, finding.serious) == ("leftovers", False)
        assert "journal.torn-9" in finding.what.params["files"]
        mended(folder)
        assert examine(folder) == []
    assert len(files(folder / "set-aside")) == 6


def test_what_someone_is_writing_just_now_is_no_leftover(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    (folder / ".store.json.0a0b.new").write_bytes(b"")
    (folder / ".store.json.0a0b.new").chmod(0o600)
    assert examine(folder) == []


def test_a_contradiction_is_reported_and_not_mended(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("ANNA@North.example"))
    session.close()
    before = files(session.store.folder)
    (finding,) = examine(session.store.folder)
    assert (finding.code, finding.serious, finding.mendable) == ("records", True, False)
    assert len(finding.what.params["problems"]) == 1
    assert finding.remedy == (message("dump-edit-restore"),)
    assert mend(session.store.folder, [finding], DORA, 0, words_of) == [finding]
    assert files(session.store.folder) == before


def test_a_line_that_makes_no_sense_is_found(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    journal = (folder / "journal.jsonl").read_bytes()
    head = verify(folder)
    body = {"sequence": head.sequence + 1, "at": "?", "deed": "x", "next_number": 9, "changes": [{"table": "none"}]}
    (folder / "journal.jsonl").write_bytes(journal + encoded(body, head.hash)[0])
    (finding,) = examine(folder)
    assert finding.code == "journal"
    assert finding.what.params["reason"].code == "makes-no-sense"
    mended(folder)
    works(folder)


Usage = namedtuple("Usage", "total used free")


def test_little_free_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store_of(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**9, 10**9, 5 * 1024**2))
    (finding,) = examine(folder)
    assert (finding.code, finding.serious, finding.mendable) == ("disk", True, False)
    assert finding.what.params["megabytes"] == 5


def test_a_newer_store_is_not_touched(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    text = (folder / "store.json").read_text()
    (folder / "store.json").write_text(text.replace('"format":2', '"format":99', 1))
    before = files(folder)
    with pytest.raises(StoreUnusable, match="newer-store"):
        examine(folder)
    with pytest.raises(StoreUnusable, match="newer-store"):
        mend(folder, [Finding("x", message("x"), mendable=True)], DORA, 0, words_of)
    assert files(folder) == before


def test_mending_waits_for_whoever_is_writing(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    harm_line(folder, 3)
    before = files(folder)
    with FileLock(folder / "lock"), pytest.raises(StoreBusy):
        mend(folder, examine(folder), DORA, 0, words_of)
    assert files(folder) == before


def test_a_crash_between_snapshot_and_journal_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store_of(tmp_path)
    good = contents(folder)
    harm_line(folder, 3)
    old = files(folder)
    replace = Path.replace

    def failing(path: Path, target: Path) -> Path:
        if target.name == "journal.jsonl":
            raise OSError(5, "Input/output error")
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing)
        with pytest.raises(StoreUnusable, match="Input/output error"):
            mend(folder, examine(folder), DORA, 0, words_of)
    assert codes(folder) == ["journal"]
    mended(folder)
    assert contents(folder) == good
    assert set(old.values()) <= set(files(folder).values())
    works(folder)


def test_a_store_that_others_change_is_well_all_the_time(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    done = threading.Event()
    failures: list[Exception] = []

    def change() -> None:
        try:
            while not done.is_set():
                session = Session.open(folder, "berg", patience=30)
                session.do(DisableAccounts((ANNA,)))
                session.do(EnableAccounts((ANNA,)))
                session.close()
        except ConsoleError as error:
            failures.append(error)

    writer = threading.Thread(target=change)
    writer.start()
    deadline = time.monotonic() + 1.5
    try:
        while time.monotonic() < deadline:
            assert [finding for finding in examine(folder) if finding.serious or finding.code == "torn"] == []
            assert verify(folder).sequence > 5
            mend(folder, [Finding("x", message("x"), mendable=True)], DORA, 30, words_of)
    finally:
        done.set()
        writer.join()
    assert failures == []
    assert not (folder / "set-aside").exists()
    works(folder)


def older_format(folder: Path) -> None:
    """A store from before there was a journal."""
    path = folder / "store.json"
    first, _, body = path.read_bytes().partition(b"\n")
    meta = {
        "product": "kconsole",
        "format": 1,
        "next_number": json.loads(first.rstrip(b",") + b"}")["meta"]["1"]["next_number"],
    }
    checksum = sha256(orjson.dumps(meta) + body).hexdigest()
    path.write_bytes(b'{"meta":{"1":' + orjson.dumps({**meta, "checksum": checksum}) + b"},\n" + body)


def test_an_older_store_is_not_touched(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    older_format(folder)
    before = files(folder)
    with pytest.raises(StoreUnusable, match="older-store"):
        examine(folder)
    assert files(folder) == before


def test_without_hard_links_what_is_replaced_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store_of(tmp_path)
    good = contents(folder)
    harm_line(folder, 3)

    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    mended(folder)
    assert (codes(folder), contents(folder)) == (["gap"], good)


@settings(max_examples=EXAMPLES // 2 + 5, deadline=None)
@given(
    harms=st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(["flip", "cut", "add", "remove"]), st.floats(0, 1)),
        min_size=1,
        max_size=3,
    )
)
@example(harms=[("journal.jsonl", "flip", 1.0), ("store.json", "flip", 0.0)])
def test_whatever_happened_nothing_is_lost_and_what_is_mended_works(
    harms: list[tuple[str, str, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = store_of(tmp_path_factory.mktemp("harmed"))
    for name, harm, where in harms:
        path = folder / name
        content = bytearray(path.read_bytes() if path.exists() else b"")
        place = int(where * max(len(content) - 1, 0))
        if harm == "flip" and content:
            content[place] ^= 1 << (place % 8)
        elif harm == "cut":
            del content[place:]
        elif harm == "add":
            content += b'{"sequence":'
        path.write_bytes(content)
        path.chmod(0o600)
        if harm == "remove":
            path.unlink()
    before = files(folder)
    if not before:
        return
    findings = mend(folder, examine(folder), DORA, 0, words_of)
    after = files(folder)
    assert [path for path, content in before.items() if content and not kept(content, after)] == []
    if not any(finding.serious and not finding.mended for finding in findings):
        assert {finding.code for finding in examine(folder)} <= {"gap"}
        works(folder)


@pytest.mark.parametrize("part", ["journal.jsonl", "store.json"])
def test_a_part_of_another_store_is_refused_and_never_preferred(tmp_path: Path, part: str) -> None:
    ours, theirs = store_of(tmp_path / "ours", 3), store_of(tmp_path / "theirs", 12 if part == "journal.jsonl" else 1)
    before = contents(ours)
    shutil.copy(theirs / part, ours / part)
    own = StoreLock.store_in(ours / "lock")
    with pytest.raises(StoreUnusable):
        Session.open(ours, "anna")
    mended(ours)
    assert StoreLock.store_in(ours / "lock") == own != ""
    assert contents(ours) == before
    assert examine(ours) == []
    works(ours)
