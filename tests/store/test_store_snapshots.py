"""Snapshots of a store, and stores that are only read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kconsole.core.errors import ReadOnly, StoreUnusable
from kconsole.operations.maintenance import verify
from kconsole.store import journal_reader, seatstore
from tests.store.snapshots import snapshot_now
from tests.store.stores import (
    account,
    add,
    addresses,
    new_store,
    opened,
    same_as_disk,
)

OTHER_USER = 65534
"""The user and group that have no rights."""


# Snapshots


def test_a_snapshot_is_made_at_a_clean_exit_after_a_change_only(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    before = (tmp_path / "store.json").stat().st_mtime_ns
    opened(tmp_path).close()
    assert (tmp_path / "store.json").stat().st_mtime_ns == before
    store = opened(tmp_path)
    add(store, "anna")
    store.close()
    store.close()
    again = opened(tmp_path)
    assert (tmp_path / "store.json").stat().st_mtime_ns != before
    assert addresses(again) == ["anna@north.example"]
    add(again, "berg")
    again.abandon()
    assert addresses(opened(tmp_path)) == ["anna@north.example", "berg@north.example"]


def test_a_snapshot_is_made_when_the_tail_has_outgrown_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seatstore, "LEAST_TAIL", 2000)
    store = new_store(tmp_path)
    made = []
    for number in range(60):
        add(store, f"a{number}")
        made.append((tmp_path / "store.json").stat().st_mtime_ns if (tmp_path / "store.json").exists() else 0)
    assert 2 <= len(set(made)) - 1 <= 12
    assert same_as_disk(store)


@pytest.mark.parametrize(("kept", "line"), [(1 << 20, 1), (1200, 3), (1, None)])
def test_the_last_lines_before_the_snapshot_are_checked_at_opening(
    tmp_path: Path, kept: int, line: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store(tmp_path, account("anna"))
    for login in ("berg", "chen", "dora"):
        add(store, login)
    store.close()
    monkeypatch.setattr(journal_reader, "CHECK_AT_OPENING", kept)
    path = tmp_path / "journal.jsonl"
    content = path.read_bytes().replace(b'"init"', b'"exit"')
    path.write_bytes(content.replace(b'"chen@', b'"chin@') if line == 3 else content)
    if line is None:
        huge = opened(tmp_path)
        add(huge, "emma")
        with pytest.raises(StoreUnusable, match="line=1"):
            verify(tmp_path)
    else:
        with pytest.raises(StoreUnusable, match=f"line={line}"):
            opened(tmp_path)


# Reading only


def test_a_store_opened_to_be_read_changes_nothing(tmp_path: Path) -> None:
    new_store(tmp_path, account("anna")).close()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    store = opened(tmp_path, read_only=True)
    with pytest.raises(ReadOnly):
        add(store, "berg")
    with pytest.raises(ReadOnly):
        snapshot_now(store)
    store.close()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    other, reader = opened(tmp_path), opened(tmp_path, read_only=True)
    add(other, "berg")
    assert [commit.sequence for commit in reader.catch_up()] == [2]
    assert addresses(reader) == ["anna@north.example", "berg@north.example"]


@contextmanager
def without_root() -> Iterator[None]:
    """As a user that permissions bind: root may write everywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(OTHER_USER)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_store_in_a_folder_that_cannot_be_written_can_be_read() -> None:
    with TemporaryDirectory() as outside:
        Path(outside).chmod(0o755)
        folder = Path(outside) / "s"
        new_store(folder, account("anna")).close()
        for path in (*folder.iterdir(), folder):
            path.chmod(0o500 if path.is_dir() else 0o400)
            if os.geteuid() == 0:
                os.chown(path, OTHER_USER, OTHER_USER)
        with without_root():
            store = opened(folder)
            assert addresses(store) == ["anna@north.example"]
            with pytest.raises(ReadOnly, match="no-right-to-write"):
                add(store, "berg")
            assert [notice.code for notice in store.notices] == ["open-read-only"]
            store.close()
        folder.chmod(0o700)
