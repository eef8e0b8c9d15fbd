"""Each call that brings something to disk fails in turn: the old state or the new one is there, never another."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError, NotFound, Refused, StoreUnusable
from kconsole.store.file_engine.journal_file import JournalFile
from kconsole.store.seatstore import SeatStore
from tests.faults.disks import CODES, MANNERS, FailingDisk, Manner
from tests.store.snapshots import snapshot_now
from tests.store.stores import (
    account,
    add,
    addresses,
    new_store,
    opened,
    reported_to,
    same_as_disk,
)

MOST_CALLS = 60
"""More calls than anything here makes."""


class Attempt(NamedTuple):
    """What came of doing something on a failing disk."""

    error: ConsoleError | None
    disk: FailingDisk


def attempts(
    folder: Path, manner: Manner, code: int, prepare: Callable[[Path], Any], act: Callable[[Any], object]
) -> Any:
    """Prepare and act again in folder after folder, each time failing one call later, until none is left to fail."""
    for at in range(1, MOST_CALLS):
        place = folder / str(at)
        place.mkdir()
        prepared = prepare(place)
        error: ConsoleError | None = None
        with pytest.MonkeyPatch.context() as patch:
            disk = FailingDisk(patch, at, code, manner)
            try:
                act(prepared)
            except ConsoleError as caught:
                error = caught
        if not disk.was_reached:
            assert error is None
            assert at > 1
            return
        yield place, prepared, Attempt(error, disk)
    raise AssertionError(f"more than {MOST_CALLS} calls")


def store_with_anna(folder: Path) -> SeatStore:
    store = new_store(folder, account("anna"))
    snapshot_now(store)
    add(store, "old")
    return store


def assert_well_reported(error: ConsoleError) -> None:
    assert isinstance(error, StoreUnusable)
    assert error.exit_code == 7
    assert error.hints


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("manner", MANNERS)
def test_a_change_is_there_or_not(tmp_path: Path, manner: Manner, code: int) -> None:
    old, new = (
        ["anna@north.example", "old@north.example"],
        ["anna@north.example", "new@north.example", "old@north.example"],
    )
    for folder, store, attempt in attempts(tmp_path, manner, code, store_with_anna, lambda store: add(store, "new")):
        reported = reported_to(store)
        state = addresses(fresh := opened(folder))
        fresh.abandon()
        if attempt.error is None:
            assert state == new
        else:
            assert_well_reported(attempt.error)
            assert addresses(store) == old
            if attempt.error.effect == message("nothing-changed"):
                assert state == old, attempt.disk.calls
            else:
                assert (attempt.error.code, attempt.error.effect) == ("not-confirmed", message("perhaps-saved"))
                assert state == new
        store.catch_up()
        assert addresses(store) == state
        assert len(reported) == (attempt.error is not None and state == new)
        add(store, "later")
        assert same_as_disk(store)


def test_a_sync_that_fails_and_cannot_be_undone_is_reported_as_doubtful(tmp_path: Path) -> None:
    store = store_with_anna(tmp_path)
    with pytest.MonkeyPatch.context() as patch:

        def fail(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        patch.setattr("os.fdatasync", fail)
        patch.setattr("os.ftruncate", fail)
        with pytest.raises(StoreUnusable, match="not-confirmed"):
            add(store, "new")
    assert addresses(store) == ["anna@north.example", "old@north.example"]
    assert [commit.sequence for commit in store.catch_up()] == [3]
    assert addresses(store) == ["anna@north.example", "new@north.example", "old@north.example"]
    add(store, "later")
    assert same_as_disk(store)


@pytest.mark.parametrize("manner", MANNERS)
def test_a_refusal_stays_one_whether_it_can_be_written_down_or_not(tmp_path: Path, manner: Manner) -> None:
    def refuse(store: SeatStore) -> None:
        with pytest.raises(Refused, match="no-seat"), store.transaction("add", "restore") as transaction:  # noqa: PT012
            transaction.put_entry(account("new"))
            raise Refused("no-seat")

    for folder, store, _ in attempts(tmp_path, manner, errno.EIO, store_with_anna, refuse):
        assert addresses(store) == ["anna@north.example", "old@north.example"]
        add(store, "later")
        assert same_as_disk(store)
        assert addresses(opened(folder)) == addresses(store)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("manner", MANNERS)
def test_a_snapshot_is_the_old_one_or_the_new_one(tmp_path: Path, manner: Manner, code: int) -> None:
    def act(store: SeatStore) -> None:
        snapshot_now(store)

    for folder, store, attempt in attempts(tmp_path, manner, code, store_with_anna, act):
        if attempt.error is not None:
            assert_well_reported(attempt.error)
        assert same_as_disk(store)
        assert opened(folder).notices == []
        snapshot_now(store)
        assert same_as_disk(store)
        store.close()
        leftovers = [path.name for path in folder.glob(".*")]
        assert leftovers == []


@pytest.mark.parametrize("manner", MANNERS)
def test_to_close_never_fails(tmp_path: Path, manner: Manner) -> None:
    def close(store: SeatStore) -> None:
        store.close()

    for folder, _, attempt in attempts(tmp_path, manner, errno.ENOSPC, store_with_anna, close):
        assert attempt.error is None
        fresh = opened(folder)
        assert fresh.notices == []
        assert addresses(fresh) == ["anna@north.example", "old@north.example"]
        assert same_as_disk(fresh)


@pytest.mark.parametrize("manner", MANNERS)
def test_a_change_that_outgrows_the_snapshot_holds_even_if_that_fails(
    tmp_path: Path, manner: Manner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kconsole.store.seatstore.LEAST_TAIL", 0)

    def prepare(folder: Path) -> SeatStore:
        store = store_with_anna(folder)
        with monkeypatch.context() as patch:
            patch.setattr("kconsole.store.seatstore.LEAST_TAIL", 10**9)
            for number in range(20):
                add(store, f"a{number}")
        return store

    for folder, store, attempt in attempts(tmp_path, manner, errno.ENOSPC, prepare, lambda store: add(store, "new")):
        state = addresses(fresh := opened(folder))
        fresh.abandon()
        assert "new@north.example" in state or attempt.error is not None
        store.catch_up()
        assert addresses(store) == state
        assert same_as_disk(store)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("manner", MANNERS)
def test_a_new_store_is_there_or_not(tmp_path: Path, manner: Manner, code: int) -> None:
    def make(folder: Path) -> None:
        new_store(folder / "s", account("anna"))

    for folder, _, attempt in attempts(tmp_path, manner, code, lambda folder: folder, make):
        if attempt.error is None:
            assert same_as_disk(opened(folder / "s"))
            continue
        assert_well_reported(attempt.error)
        with pytest.raises(NotFound):
            opened(folder / "s")
        add(new_store(folder / "s"), "berg")
        assert addresses(opened(folder / "s")) == ["berg@north.example"]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_torn_line_stays_until_it_is_aside(tmp_path: Path, manner: Manner) -> None:
    def prepare(folder: Path) -> SeatStore:
        store = store_with_anna(folder)
        with (folder / "journal.jsonl").open("ab") as file:
            file.write(b'{"sequence":3,"at"')
        return store

    for folder, store, attempt in attempts(tmp_path, manner, errno.EIO, prepare, lambda store: add(store, "new")):
        if attempt.error is not None:
            assert_well_reported(attempt.error)
            add(store, "new")
        assert same_as_disk(store)
        assert [path.read_bytes() for path in folder.glob("journal.torn-*")] == [b'{"sequence":3,"at"']


@pytest.mark.parametrize("call", ["os.write", "os.fdatasync"])
def test_an_interruption_while_saving_leaves_memory_and_disk_agreeing(tmp_path: Path, call: str) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    store = store_with_anna(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(call, interrupted)
        with pytest.raises(KeyboardInterrupt):
            add(store, "new")
    store.catch_up()
    assert same_as_disk(store)
    assert addresses(store) == ["anna@north.example", "old@north.example"]
    add(store, "new")
    assert same_as_disk(store)


def test_an_interruption_just_after_saving_does_not_part_memory_from_disk(tmp_path: Path) -> None:
    store = store_with_anna(tmp_path)
    real = JournalFile.append

    def append(journal: JournalFile, raw: bytes, place: int) -> None:
        real(journal, raw, place)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JournalFile, "append", append)
        with pytest.raises(KeyboardInterrupt):
            add(store, "new")
    assert [commit.sequence for commit in store.catch_up()] == [3]
    assert "new@north.example" in addresses(store)
    assert same_as_disk(store)


def test_disks_that_cannot_do_everything_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some shared file systems know no hard links, and cannot sync a folder by itself."""
    import os
    import stat

    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(descriptor)

    def hardlink_to(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr(Path, "hardlink_to", hardlink_to)
    store = store_with_anna(tmp_path)
    before = (tmp_path / "store.json").read_bytes()
    snapshot_now(store)
    assert (tmp_path / "store.json.bak").read_bytes() == before
    assert same_as_disk(store)
    with pytest.raises(Refused, match="store-exists"):
        new_store(tmp_path)
    assert [path.name for path in tmp_path.glob(".*")] == []
