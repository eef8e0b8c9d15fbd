"""A backup is complete, or there is none and an error says why: every line is checked while it is copied."""

import errno
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError, StoreUnusable
from kconsole.operations.maintenance import backup, examine, verify
from kconsole.operations.session import Session
from kconsole.store import journal_reader
from kconsole.store.file_engine import copies, segments
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, addresses, new_store, opened

LINES = 12


@pytest.fixture(autouse=True)
def nothing_is_checked_at_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a store of more lines than are checked then."""
    monkeypatch.setattr(journal_reader, "CHECK_AT_OPENING", 0)
    monkeypatch.setattr(segments, "SEGMENT_SIZE", 2500)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = new_store(tmp_path / "s", account("anna"))
    for number in range(LINES - 1):
        add(store, f"a{number}")
    snapshot_now(store)
    store.close()
    return tmp_path / "s"


@pytest.fixture
def archived(folder: Path) -> Path:
    store = opened(folder)
    store.archive(3)
    store.close()
    return folder


def segment_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("journal-*.gz"), key=lambda path: int(path.name.split("-")[1]))


def unpacked(folder: Path) -> Path:
    backup(Session.open(folder), folder.parent / "b.tar")
    with tarfile.open(folder.parent / "b.tar") as archive:
        archive.extractall(folder.parent / "copy", filter="data")
    return folder.parent / "copy"


def is_whole(written: bytes) -> bool:
    """Whether every file of an archive can be unpacked, and there are some."""
    try:
        with tarfile.open(fileobj=io.BytesIO(written)) as archive:
            return bool([content.read() for content in map(archive.extractfile, archive) if content])
    except tarfile.ReadError:
        return False


def refused(folder: Path, session: Session | None = None) -> StoreUnusable:
    """The error of a backup, which leaves nothing behind, in a pipe either."""
    file = folder.parent / "b.tar"
    file.write_bytes(b"old")
    session = session or Session.open(folder)
    with pytest.raises(StoreUnusable) as caught:
        backup(session, file)
    assert file.read_bytes() == b"old"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["b.tar", "s"]
    reader, writer = os.pipe()
    try:
        with pytest.raises(StoreUnusable):
            backup(session, Path(f"/dev/fd/{writer}"))
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert not is_whole(pipe.read())
    return caught.value


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("line", [0, 1, LINES // 2, LINES - 2])
def test_a_flipped_bit_anywhere_in_the_journal_is_an_error(folder: Path, line: int) -> None:
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    flip(folder / "journal.jsonl", len(b"".join(lines[:line])) + 150)
    error = refused(folder)
    assert (error.code, error.params["line"], error.effect) == ("journal-damaged", line + 1, message("no-backup"))
    assert error.exit_code == 7


@pytest.mark.parametrize("place", [0, 20, 300, -5])
@pytest.mark.parametrize("which", [0, -1])
def test_a_flipped_bit_in_an_archive_is_an_error(archived: Path, which: int, place: int) -> None:
    flip(segment_files(archived)[which], place)
    assert refused(archived).code == "journal-damaged"


@pytest.mark.parametrize("kept", [0, 1, 200])
def test_an_archive_that_was_cut_off_is_an_error(archived: Path, kept: int) -> None:
    segment = segment_files(archived)[-1]
    segment.write_bytes(segment.read_bytes()[:kept])
    assert refused(archived).code == "journal-damaged"


def test_an_archive_under_the_name_of_another_is_an_error(archived: Path) -> None:
    first, second, *_ = segment_files(archived)
    second.write_bytes(first.read_bytes())
    assert refused(archived).code == "journal-damaged"


def test_an_archive_of_another_store_is_an_error(archived: Path, tmp_path: Path) -> None:
    other = new_store(tmp_path / "t", account("anna"))
    for number in range(LINES - 1):
        add(other, f"a{number}")
    other.archive(3)
    session = Session.open(archived)
    for path in segment_files(tmp_path / "t"):
        path.rename(archived / path.name)
    shutil.rmtree(tmp_path / "t")
    assert refused(archived, session).code == "journal-damaged"


def test_a_backup_with_archives_is_whole(archived: Path) -> None:
    copy = unpacked(archived)
    assert verify(copy) == verify(archived)
    assert {path.name for path in copy.iterdir()} == {path.name for path in archived.iterdir()} - {
        "lock",
        "store.json.bak",
    }


def test_archives_that_were_moved_elsewhere_are_none_of_its_business(archived: Path) -> None:
    segment_files(archived)[0].unlink()
    copy = unpacked(archived)
    assert addresses(opened(copy)) == addresses(opened(archived))


def test_a_pipe_in_place_of_an_archive_keeps_no_one_waiting(archived: Path) -> None:
    first = segment_files(archived)[0]
    first.unlink()
    os.mkfifo(first, 0o600)
    assert verify(unpacked(archived)) == verify(archived)
    assert [finding.code for finding in examine(archived)] == ["archive"]


def test_nothing_is_complete_without_old_lines_and_a_snapshot(archived: Path) -> None:
    session = Session.open(archived)
    segment_files(archived)[0].unlink()
    (archived / "store.json").write_bytes(b"damaged")
    with pytest.raises(StoreUnusable, match="archive-missing"):
        backup(session, archived.parent / "b.tar")
    assert not (archived.parent / "b.tar").exists()


def test_a_damaged_snapshot_is_left_out(folder: Path) -> None:
    flip(folder / "store.json", 500)
    copy = unpacked(folder)
    assert [path.name for path in copy.iterdir()] == ["journal.jsonl"]
    assert addresses(opened(copy)) == addresses(opened(folder))


def test_a_store_without_its_journal_is_not_copied(folder: Path) -> None:
    (folder / "journal.jsonl").unlink()
    session = Session.open(folder, read_only=True)
    with pytest.raises(StoreUnusable, match="journal-missing"):
        backup(session, folder.parent / "b.tar")
    assert not (folder.parent / "b.tar").exists()


def test_a_folder_that_cannot_be_listed_has_archives_or_not(archived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session.open(archived)

    def fail(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("os.listdir", fail)
    monkeypatch.setattr("os.scandir", fail)
    with pytest.raises(StoreUnusable, match="unreadable"):
        backup(session, archived.parent / "b.tar")
    with pytest.raises(StoreUnusable, match="unreadable"):
        verify(archived)
    monkeypatch.undo()
    assert not (archived.parent / "b.tar").exists()


def test_a_journal_that_is_cut_off_meanwhile_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = folder / "journal.jsonl"
    content = journal.read_bytes()
    real = copies.Copies

    def cut_off(*arguments: object) -> copies.Copies:
        journal.write_bytes(content)
        found = real(*arguments)  # type: ignore[arg-type]
        journal.write_bytes(content[:2000])
        return found

    monkeypatch.setattr("kconsole.operations.maintenance.Copies", cut_off)
    assert refused(folder).params["reason"] == message("journal-cut-off")


def test_a_reader_that_goes_away_is_an_error(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with pytest.raises(ConsoleError, match=r"cannot-write.*Broken pipe"):
            backup(Session.open(folder), Path(f"/dev/fd/{writer}"))
    finally:
        os.close(writer)
