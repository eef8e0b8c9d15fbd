"""Old lines in compressed files: nothing is lost, whatever happens meanwhile, and every reader finds them."""

import errno
import gzip
import shutil
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest

from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Operator
from kconsole.operations import maintenance
from kconsole.operations.history import LogQuery
from kconsole.operations.session import Session
from kconsole.store.file_engine import segments
from tests.clocks import noon
from tests.faults.disks import MANNERS, FailingDisk, Manner
from tests.store.stores import add, everything_in, opened, store_of_lines

LINES = 20


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_SIZE", 2500)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store_of_lines(tmp_path / "s", LINES)


def archived(folder: Path, keep: int = 3) -> int:
    store = opened(folder)
    moved = store.archive(keep)
    store.close()
    return moved


def segment_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("journal-*.gz"), key=lambda path: int(path.name.split("-")[1]))


def assert_whole(folder: Path, lines: int = LINES) -> None:
    store = opened(folder)
    assert [commit.sequence for commit in store.journal.history()] == list(range(1, lines + 1))
    assert [commit.sequence for commit in store.journal.history_backwards()] == list(range(lines, 0, -1))
    assert [commit.sequence for commit in store.journal.find(b"a3@north", b"a4@north")] == [6, 5]
    assert maintenance.verify(folder) == store.head
    everything = everything_in(store)
    store.abandon()
    assert maintenance.examine(folder) == []
    (folder / "store.json").rename(folder / "away")
    alone = opened(folder)
    assert everything_in(alone) == everything
    alone.abandon()
    (folder / "away").rename(folder / "store.json")


def test_all_lines_are_found_as_before(folder: Path) -> None:
    assert_whole(folder)
    assert archived(folder) == LINES - 3
    assert len(segment_files(folder)) > 2
    assert len((folder / "journal.jsonl").read_bytes().splitlines()) == 3
    assert_whole(folder)
    assert archived(folder) == 0
    assert archived(folder, 1) == 2
    assert_whole(folder)


def test_open_handles_go_on(folder: Path) -> None:
    behind, watching, reader = opened(folder), opened(folder), opened(folder, read_only=True)
    add(watching, "berg")
    reading = reader.journal.history_backwards()
    next(reading)
    assert archived(folder, 1) == LINES
    assert watching.catch_up() == []
    assert [commit.sequence for commit in behind.catch_up()] == [LINES + 1]
    add(behind, "chen")
    assert [commit.sequence for commit in watching.catch_up()] == [LINES + 2]
    assert len(reader.catch_up()) == 2
    assert [commit.sequence for commit in reading] == list(range(LINES - 1, 0, -1))
    assert_whole(folder, LINES + 2)


def test_an_early_line_is_undone(folder: Path) -> None:
    archived(folder)
    session = Session.open(folder, Operator("anna"), noon(), 0)
    assert session.undo(5).outcomes[0].result == "done"
    session.close()
    assert maintenance.examine(folder) == []


def test_segments_that_were_moved_elsewhere_are_named(folder: Path) -> None:
    archived(folder)
    oldest, second, *_ = segment_files(folder)
    first = int(second.name.split("-")[1])
    away = oldest.rename(folder.parent / oldest.name)
    session = Session.open(folder, Operator("anna"), noon(), 0)
    add(session.store, "berg")
    assert next(session.history.log(LogQuery())).sequence == first
    assert list(session.history.log(LogQuery(), newest_first=True))[-1].sequence == first
    missing = session.store.journal.missing()
    assert missing is not None
    assert missing.params == {"last": first - 1, "file": f"journal-*-{first - 1}.jsonl.gz"}
    with pytest.raises(StoreUnusable, match="archive-missing"):
        session.history.to_undo(2)
    assert session.history.to_undo(first).sequence == first
    notices = []  # type: ignore[var-annotated]  # messages
    assert maintenance.verify(folder, notices=notices) == session.store.head
    assert notices == [missing]
    session.close()
    assert [(finding.code, finding.serious) for finding in maintenance.examine(folder)] == [("archive", False)]
    (folder / "store.json").rename(folder / "snapshot")
    with pytest.raises(StoreUnusable, match="archive-missing"):
        opened(folder)
    assert [finding.mendable for finding in maintenance.examine(folder)] == [False, False]
    (folder / "snapshot").rename(folder / "store.json")
    away.rename(oldest)
    assert_whole(folder, LINES + 1)


@pytest.mark.parametrize("spoil", [lambda content: content[:-9], lambda _: b"", lambda _: gzip.compress(b"{}\n")])
def test_a_damaged_segment_is_found(folder: Path, spoil) -> None:  # type: ignore[no-untyped-def]  # see above
    archived(folder)
    segment = segment_files(folder)[1]
    segment.write_bytes(spoil(segment.read_bytes()))
    first = int(segment.name.split("-")[1])
    with pytest.raises(StoreUnusable, match="journal-damaged") as caught:
        maintenance.verify(folder)
    assert caught.value.params["line"] == first
    assert [(finding.code, finding.mendable) for finding in maintenance.examine(folder)] == [("archive", True)]
    store = opened(folder)
    add(store, "berg")
    with pytest.raises(StoreUnusable, match="journal-damaged"):
        list(store.journal.history_backwards())
    store.close()


def test_a_bad_line_is_not_archived(folder: Path) -> None:
    store = opened(folder)
    path = folder / "journal.jsonl"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"a1@", b"b1@", 1))
    with pytest.raises(StoreUnusable, match="line=3"):
        store.archive(1)
    assert path.read_bytes() == content.replace(b"a1@", b"b1@", 1)
    path.write_bytes(content)
    store.abandon()
    assert archived(folder) == LINES - 3
    assert_whole(folder)


def test_a_backup_has_all(folder: Path, tmp_path: Path) -> None:
    archived(folder)
    session = Session.open(folder, Operator("anna"), noon(), 0)
    maintenance.backup(session, tmp_path / "b.tar")
    session.close()
    with tarfile.open(tmp_path / "b.tar") as archive:
        archive.extractall(tmp_path / "copy", filter="data")
    (tmp_path / "copy").chmod(0o700)
    assert_whole(tmp_path / "copy")


def test_the_doctor_keeps_what_can_be_unpacked(folder: Path) -> None:
    archived(folder)
    store = opened(folder)
    everything = everything_in(store)[:4]
    segment = segment_files(folder)[1]
    content = segment.read_bytes()
    lines = gzip.decompress(content).splitlines()
    segment.write_bytes(content[:-9])
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"a18@", b"*bc@", 1))
    maintenance.mend(folder, maintenance.examine(folder), Operator("anna"), 0, str)
    gaps = [finding.what.params for finding in maintenance.examine(folder)]
    last = int(segment.name.split("-")[2].split(".")[0])
    assert gaps[-1] == {"first": LINES, "last": LINES}
    assert [gap["last"] for gap in gaps[:-1]] in ([], [last])  # the last bytes may say nothing
    found = gzip.decompress(segment.read_bytes()).splitlines()
    assert found[:-1] == lines[:-1]
    assert everything_in(opened(folder))[:4] == everything
    segment.write_bytes(content)  # as from a backup
    assert [finding.code for finding in maintenance.examine(folder)] == ["gap"]
    assert maintenance.verify(folder).sequence == LINES + 1
    store.abandon()


def test_for_one_line_one_segment_is_unpacked_and_for_an_undo_each_one_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a million lines that is the difference between two seconds and six."""
    archived(folder)
    unpacked: list[int] = []
    content_up_to = segments.Segment.content_up_to

    def counted(segment: segments.Segment, last: int) -> bytes:
        unpacked.append(segment.first)
        return content_up_to(segment, last)

    monkeypatch.setattr(segments.Segment, "content_up_to", counted)
    firsts = [segment.first for segment in segments.all_segments(folder)]
    session = Session.open(folder, Operator("anna"), noon(), 0)
    commit = session.store.journal.commit(3)
    assert (commit and commit.sequence, unpacked) == (3, firsts[:1])
    assert [session.store.journal.commit(number) for number in (0, LINES + 1)] == [None, None]
    unpacked.clear()
    session.undo(2)
    assert sorted(unpacked) == sorted([firsts[0], *firsts])
    session.close()


@pytest.mark.parametrize("manner", MANNERS)
def test_the_store_is_whole_whatever_fails(folder: Path, manner: Manner) -> None:
    archived(folder, 12)  # so that there are segments before
    place, was_reached = 0, True
    while was_reached:
        place += 1
        copy = folder.parent / f"copy-{place}"
        shutil.copytree(folder, copy)
        store = opened(copy)
        with pytest.MonkeyPatch.context() as patch:
            disk = FailingDisk(patch, place, errno.ENOSPC, manner)
            with suppress(StoreUnusable):
                store.archive(6)
            was_reached = disk.was_reached
        store.abandon()
        assert_still_whole(copy)
        assert archived(copy, 2) in (4, 10)  # the next one does what is left
        assert_whole(copy)
    assert place > 12


def assert_still_whole(folder: Path) -> None:
    store = opened(folder)
    assert [commit.sequence for commit in store.journal.history()] == list(range(1, LINES + 1))
    assert maintenance.verify(folder) == store.head
    assert len(store.state.entries) == LINES
    store.abandon()
