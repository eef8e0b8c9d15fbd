"""A log is verified, and backed up as it stands."""

import os
import shutil
import tarfile
from pathlib import Path

import pytest

from kconsole.core.errors import BadInput, NotFound, StoreUnusable
from kconsole.operations.dumps import dump_of
from kconsole.operations.maintenance import backup, verify
from kconsole.operations.session import Session
from tests.operations.harmed import (
    contents,
    store_of,
    works,
)


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
