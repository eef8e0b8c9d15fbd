"""The doctor mends a journal that lost lines, its beginning or its end."""

import json
from pathlib import Path

import pytest

from kconsole.core.codes import Message, message
from kconsole.core.errors import NotFound, StoreUnusable
from kconsole.operations.accounts import AddAccount
from kconsole.operations.history import LogQuery
from kconsole.operations.maintenance import examine, mend, verify
from kconsole.operations.session import Session
from kconsole.text.messages import words_of
from tests.operations.harmed import (
    DORA,
    codes,
    contents,
    damage,
    files,
    harm_line,
    lost,
    mended,
    store_of,
    works,
)
from tests.operations.sessions import DOMAIN


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
