"""Taking care of a store: checked, mended without losing a byte, copied while others write, its log verified."""

import json
import os
import shutil
import tarfile
import threading
import time
from collections import namedtuple
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from filelock import FileLock
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kconsole.core.codes import Finding, Message, message
from kconsole.core.errors import BadInput, ConsoleError, NotFound, StoreBusy, StoreUnusable
from kconsole.core.history import Operator
from kconsole.operations.accounts import AddAccount, DisableAccounts, EnableAccounts
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.maintenance import backup, examine, mend, verify
from kconsole.operations.session import Session
from kconsole.store.file_engine.locking import StoreLock
from kconsole.store.file_engine.snapshot_file import read_snapshot, write_snapshot
from kconsole.text.messages import words_of
from tests.limits import EXAMPLES
from tests.operations.sessions import DOMAIN, account, session_of
from tests.store.stores import encoded
from tests.under_kerio import evaluate

ANNA = f"anna@{DOMAIN}"
DORA = Operator("dora")


def store_of(tmp_path: Path, changes: int = 4) -> Path:
    """A store with a snapshot, a former one beside it, and a few lines in its log; no one has it open."""
    session = session_of(tmp_path, account("anna"), account("berg"))
    for change in range(changes):
        session.do((DisableAccounts, EnableAccounts)[change % 2]((ANNA,)))
    session.close()
    session = Session.open(session.store.folder, "anna", session.clock)
    session.do(AddAccount(f"chen@{DOMAIN}"))
    session.close()
    return session.store.folder


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in examine(folder)]


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


def mended(folder: Path) -> list[Finding]:
    """Mend, and see that every byte that was there is there still, and that everybody can work again."""
    before = files(folder)
    findings = mend(folder, examine(folder), DORA, 0, words_of)
    after = files(folder)
    for path, content in before.items():
        assert after.get(path) == content or content in after.values(), path
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*")} <= {0o600, 0o700}
    return findings


def works(folder: Path) -> Session:
    """The store opens, adds up, verifies, and can be changed."""
    session = Session.open(folder, "anna", patience=0)
    assert session.seats.report() == evaluate(session.state.inventory)
    session.do(AddAccount(f"new{len(session.state.live_entries())}@{DOMAIN}"))
    assert verify(folder).sequence == len(list(session.history.log(LogQuery())))
    return session


def contents(folder: Path) -> bytes:
    session = Session.open(folder, "anna", read_only=True)
    try:
        return dump_of(session)
    finally:
        session.close()


def test_a_store_that_is_well_has_no_findings(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    before = files(folder)
    assert examine(folder) == []
    assert mend(folder, [], DORA, 0, words_of) == []
    assert files(folder) == before


def test_without_a_store_there_is_nothing_to_examine(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-store"):
        examine(tmp_path)
    with pytest.raises(NotFound):
        examine(tmp_path / "none")


def test_what_others_can_read_is_closed(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    folder.chmod(0o755)
    (folder / "journal.jsonl").chmod(0o644)
    (folder / "store.json").chmod(0o660)
    (folder / "link").symlink_to(tmp_path)
    tmp_path.chmod(0o755)
    findings = examine(folder)
    assert [finding.code for finding in findings] == ["permissions"] * 3
    assert all(finding.serious and finding.mendable for finding in findings)
    assert [finding.mended for finding in mend(folder, findings, DORA, 0, words_of)] == [True] * 3
    assert examine(folder) == []
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_what_is_no_part_of_a_store_is_left_alone(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    others = [folder / name for name in ("notes.txt", ".journal.new", ".editor.swp.new", "homes")]
    for path in others[:-1]:
        path.write_bytes(b"mine")
    others[-1].mkdir()
    (folder / "journal.jsonl").chmod(0o644)
    for path in (folder, *others):
        path.chmod(0o755)
        os.utime(path, (0, 0))
    assert codes(folder) == ["permissions"]
    mend(folder, examine(folder), DORA, 0, words_of)
    assert examine(folder) == []
    assert {path.stat().st_mode & 0o777 for path in (folder, *others)} == {0o755}
    assert (folder / "journal.jsonl").stat().st_mode & 0o777 == 0o600


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def stale_and_changed(path: Path) -> None:
    """A snapshot with a right checksum that is not what the journal adds up to."""
    snapshot, place = read_snapshot(path)
    tables = json.loads(snapshot.body) | {"license": {"1": {"seats": 99}}}
    del tables["meta"]
    write_snapshot(path, snapshot.head, place, snapshot.next_number, (orjson.dumps(tables),))


@pytest.mark.parametrize(
    ("harm", "code", "serious"),
    [
        (damage, "snapshot", True),
        (empty, "snapshot", True),
        (stale_and_changed, "snapshot", True),
        (Path.unlink, "no-snapshot", False),
    ],
)
def test_a_snapshot_is_made_again_from_the_journal(
    tmp_path: Path, harm: Callable[[Path], None], code: str, serious: bool
) -> None:
    folder = store_of(tmp_path)
    good, journal = contents(folder), (folder / "journal.jsonl").read_bytes()
    harm(folder / "store.json")
    (finding,) = examine(folder)
    assert (finding.code, finding.serious, finding.mendable) == (code, serious, True)
    assert finding.what.params["snapshot"] == str(folder / "store.json")
    (done,) = mended(folder)
    assert done.mended
    assert examine(folder) == []
    assert (contents(folder), (folder / "journal.jsonl").read_bytes()) == (good, journal)
    assert json.loads((folder / "store.json").read_bytes())["license"]["1"]["seats"] == 10
    works(folder)


def harm_line(folder: Path, number: int) -> None:
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(b'"deed"', b'"DEED"')
    (folder / "journal.jsonl").write_bytes(b"".join(lines))


def lost(*numbers: tuple[int, int]) -> list[Message]:
    return [message("lines-lost", first=first, last=last) for first, last in numbers]


def test_a_line_that_is_lost_is_a_gap_and_all_others_stay(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    good, head = contents(folder), verify(folder)
    whole = (folder / "journal.jsonl").read_bytes().splitlines()
    harm_line(folder, 3)
    with pytest.raises(StoreUnusable, match=r"journal-damaged.*line=3"):
        Session.open(folder)
    with pytest.raises(StoreUnusable, match=r"line=3.*line-not-its-hash"):
        verify(folder)
    (finding,) = examine(folder)
    assert (finding.code, finding.serious, finding.mendable) == ("journal", True, True)
    assert (finding.what.code, finding.what.params["line"]) == ("journal-damaged", 3)
    assert finding.remedy == (message("good-lines-can-be-kept", lost=1, kept=len(whole) - 1),)
    done, gap = mended(folder)
    assert (done.code, done.mended) == ("journal", True)
    assert [(gap.code, gap.what, gap.serious)] == [("gap", *lost((3, 3)), False)]
    assert examine(folder) == [gap]
    assert contents(folder) == good
    now = (folder / "journal.jsonl").read_bytes().splitlines()
    assert [*now[:2], *now[3:-1]] == [*whole[:2], *whole[3:]]
    notices: list[Message] = []
    assert verify(folder, f"{head.sequence} {head.hash}", notices).sequence == head.sequence + 1
    assert notices == lost((3, 3))
    session = works(folder)
    log = list(session.history.log(LogQuery()))
    assert [commit.operation for commit in log[2:4]] == ["gap", "disable"]
    assert log[2].at == log[3].at
    assert [commit.at for commit in log] == [each.at for each in session.history.log(LogQuery(), True)][::-1]
    assert [(commit.operator.user, commit.operation) for commit in log[-2:]] == [("dora", "mend"), ("anna", "add")]
    with pytest.raises(NotFound, match="line-to-undo-is-lost"):
        session.undo(3)
    with pytest.raises(NotFound, match="line-has-nothing-to-undo"):
        session.undo(len(log) - 1)
    session.undo(len(whole))  # before the repair
    session.undo(len(log))


def test_of_lost_lines_after_the_snapshot_later_lines_say_what_they_do(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    session = Session.open(folder, "anna")
    for login in ("one", "two", "three", "four"):
        session.do(AddAccount(f"{login}@{DOMAIN}"))
    lines = verify(folder).sequence
    harm_line(folder, lines - 1)
    (finding,) = examine(folder)
    unknown = message("changes-of-lost-lines-unknown")
    assert finding.remedy == (message("good-lines-can-be-kept", lost=1, kept=lines - 1), unknown)
    mended(folder)
    assert [finding.remedy[-1] for finding in examine(folder)] == [unknown]
    with pytest.raises(StoreUnusable, match="journal-replaced"):  # it knows what was lost, and the log does not
        session.do(AddAccount(f"five@{DOMAIN}"))
    left = {entry.login for entry in works(folder).state.live_entries()}
    assert left >= {"anna", "berg", "chen", "one", "two", "four"}
    assert "three" not in left


def test_without_a_good_snapshot_the_former_one_or_the_first_lines_do(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    good = contents(folder)
    last = verify(folder).sequence
    damage(folder / "store.json")
    harm_line(folder, last)
    assert codes(folder) == ["snapshot", "journal"]
    assert all(finding.mendable for finding in examine(folder))
    mended(folder)
    assert codes(folder) == ["gap"]
    before_the_last = json.loads(good)["entries"][:2]
    assert json.loads(contents(folder))["entries"] == before_the_last
    works(folder)


def test_without_a_snapshot_and_the_first_line_the_others_are_kept(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    for name in ("store.json", "store.json.bak"):
        damage(folder / name)
    harm_line(folder, 1)
    findings = examine(folder)
    assert [(finding.code, finding.mendable) for finding in findings] == [("snapshot", True), ("journal", True)]
    assert findings[1].remedy[-1] == message("changes-of-lost-lines-unknown")
    mended(folder)
    assert [finding.what for finding in examine(folder) if finding.code == "gap"] == lost((1, 1))
    session = Session.open(folder)
    assert {entry.login for entry in session.state.live_entries()} >= {"anna", "chen"}


def test_where_nothing_is_good_nothing_is_made(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    for line in range(verify(folder).sequence):
        harm_line(folder, line + 1)
    for name in ("store.json", "store.json.bak"):
        damage(folder / name)
    before = files(folder)
    findings = mend(folder, examine(folder), DORA, 0, words_of)
    assert [(finding.code, finding.mendable, finding.mended) for finding in findings] == [
        ("snapshot", False, False),
        ("journal", False, False),
    ]
    assert findings[1].remedy == (message("nothing-good-restore-backup"),)
    assert files(folder) == before


def test_a_missing_journal_is_begun_again(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    good = contents(folder)
    (folder / "journal.jsonl").unlink()
    assert codes(folder) == ["no-journal"]
    mended(folder)
    assert examine(folder) == []
    assert contents(folder) == good
    works(folder)


def test_a_missing_journal_and_a_damaged_snapshot_leave_the_former_one(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    (folder / "journal.jsonl").unlink()
    damage(folder / "store.json")
    assert codes(folder) == ["snapshot", "no-journal"]
    mended(folder)
    assert examine(folder) == []
    assert len(works(folder).state.live_entries()) >= 2
    (folder / "journal.jsonl").unlink()
    for name in ("store.json", "store.json.bak"):
        (folder / name).unlink()
    with pytest.raises(NotFound):
        examine(folder)


@pytest.mark.parametrize("keep", [0, -1], ids=["all", "the last line"])
def test_a_cut_tail_is_found_against_the_snapshot(tmp_path: Path, keep: int) -> None:
    folder = store_of(tmp_path)
    good = contents(folder)
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "journal.jsonl").write_bytes(b"".join(lines[:keep]))
    (finding,) = examine(folder)
    assert (finding.code, finding.mendable) == ("journal", True)
    mended(folder)
    assert contents(folder) == good
    works(folder)


def test_a_torn_tail_is_set_aside(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    good, journal = contents(folder), (folder / "journal.jsonl").read_bytes()
    (folder / "journal.jsonl").write_bytes(journal + b'{"sequence":9,"half')
    with pytest.raises(StoreUnusable, match="torn"):
        verify(folder)
    (finding,) = examine(folder)
    assert (finding.code, finding.serious, finding.mendable) == ("torn", False, True)
    before = (folder / "store.json").read_bytes()
    (done,) = mend(folder, [finding], DORA, 0, words_of)
    assert done.mended
    assert (folder / "journal.jsonl").read_bytes() == journal
    assert (folder / "store.json").read_bytes() == before
    assert b'{"sequence":9,"half' in files(folder / "set-aside").values()
    assert (codes(folder), contents(folder)) == ([], good)
    works(folder)


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


def kept(content: bytes, files_now: dict[Path, bytes]) -> bool:
    """Whether every byte of a file is there still: in one file, or in one and what was torn off its end."""
    contents_now = list(files_now.values())
    if any(now.startswith(content) for now in contents_now):
        return True
    begins = [now for now in contents_now if now and content.startswith(now)]
    return any(content[len(now) :] in contents_now for now in begins)


NAMES = ("journal.jsonl", "store.json", "store.json.bak")


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


# The log, verified


def test_the_head_of_a_log_is_found_again_as_long_as_no_one_cut_or_forged_it(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    head = verify(folder)
    works(folder).close()
    assert verify(folder, head.hash).sequence == head.sequence + 1
    assert verify(folder, f" {head.sequence} {head.hash.upper()}\n").sequence == head.sequence + 1
    with pytest.raises(StoreUnusable, match="head-not-in-log"):
        verify(folder, "1" * 64)
    with pytest.raises(StoreUnusable, match="head-not-in-log"):
        verify(folder, f"{head.sequence + 1} {head.hash}")
    for nonsense in ("", " ", "12", head.hash[:16], f"{head.hash}0", "g" * 64):
        with pytest.raises(BadInput, match="not-a-head"):
            verify(folder, nonsense)


@pytest.mark.parametrize("tail", [b"x", b'{"a":1}', b"\xff\xfe"])
def test_a_log_with_something_at_its_end_is_bad_at_the_next_line(tmp_path: Path, tail: bytes) -> None:
    folder = store_of(tmp_path)
    line = verify(folder).sequence + 1
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(tail)
    with pytest.raises(StoreUnusable, match=f"line={line}.*line-has-no-end"):
        verify(folder)
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(StoreUnusable, match=f"line={line}"):
        verify(folder)


def test_an_empty_log_is_bad_and_a_missing_one_not_found(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    (folder / "journal.jsonl").write_bytes(b"")
    with pytest.raises(StoreUnusable, match="journal-empty"):
        verify(folder)
    (folder / "journal.jsonl").unlink()
    with pytest.raises(NotFound, match="no-log"):
        verify(folder)
    (folder / "journal.jsonl").mkdir()
    with pytest.raises(StoreUnusable, match="file-is-no-file"):
        verify(folder)


# Backup


def test_a_backup_that_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session.open(store_of(tmp_path), "anna")
    (tmp_path / "old.tar").write_bytes(b"old")
    (tmp_path / "old.tar").chmod(0o640)
    with pytest.raises(BadInput, match=r"cannot-write.*No such file"):
        backup(session, tmp_path / "none" / "x.tar")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(BadInput, match="No space left"):
            backup(session, tmp_path / "old.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.tar", "store"]
    assert (tmp_path / "old.tar").read_bytes() == b"old"
    backup(session, tmp_path / "old.tar")
    assert (tmp_path / "old.tar").stat().st_mode & 0o777 == 0o640  # its mode is that of the file that was there
    assert tarfile.is_tarfile(tmp_path / "old.tar")


def test_a_backup_goes_into_a_pipe_that_is_there(tmp_path: Path) -> None:
    session = Session.open(store_of(tmp_path), "anna")
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        backup(session, tmp_path / "pipe")
        assert os.read(reader, 10) == b"store.json"
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_backup_leaves_out_a_half_written_line(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    session = Session.open(folder, "anna", read_only=True)
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b"x" * 200_000)
    backup(session, tmp_path / "b.tar")
    unpacked = tmp_path / "unpacked"
    with tarfile.open(tmp_path / "b.tar") as archive:
        archive.extractall(unpacked, filter="data")
    assert verify(unpacked) == verify_without_tail(folder)
    assert contents(unpacked) == dump_of(session)


def verify_without_tail(folder: Path) -> object:
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().rpartition(b"\n")[0] + b"\n")
    return verify(folder)


def test_a_backup_of_a_store_whose_journal_was_replaced_is_none(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    session = Session.open(folder, "anna")
    shutil.copy(store_of(tmp_path / "other") / "journal.jsonl", folder / "new")
    (folder / "new").replace(folder / "journal.jsonl")
    with pytest.raises(StoreUnusable, match="journal-damaged"):
        backup(session, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()
