"""Several stores open at once: they see each other's changes, wait for each other, and lose nothing."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kconsole.core.errors import StoreBusy, StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.records import Domain
from kconsole.store.file_engine.locking import StoreLock
from tests.clocks import noon
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, addresses, new_store, opened, remove_entry, reported_to, same_as_disk


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    lock = StoreLock(folder / "lock")
    lock.acquire(0, "chen")
    try:
        yield
    finally:
        lock.release()
        lock.close()


def test_an_open_store_catches_up_with_another(tmp_path: Path) -> None:
    one = new_store(tmp_path, account("anna"), account("berg"))
    other = opened(tmp_path)
    reported = reported_to(other)
    assert other.catch_up() == []
    anna, berg = one.state.entries.values()
    with one.transaction("many", "restore") as transaction:
        transaction.put_entry(account("anna", id=anna.id, enabled=False))
        remove_entry(transaction, berg.id)
        transaction.put_entry(account("chen"))
        transaction.put_domain(Domain(name="south.example"))
        transaction.set_last_restart(noon().now())
    add(one, "dora")
    commits = other.catch_up()
    assert reported == commits
    assert [(commit.sequence, commit.own, len(commit.changes)) for commit in commits] == [(2, False, 5), (3, False, 1)]
    assert transaction.commit == commits[0]._replace(own=True)
    assert same_as_disk(other)
    assert other.state.entry_at(berg.address) is None
    assert other.catch_up() == []


def test_a_transaction_sees_what_others_changed_and_tells_of_it_first(tmp_path: Path) -> None:
    one = new_store(tmp_path)
    other = opened(tmp_path)
    reported = reported_to(other)
    add(one, "anna")
    with other.transaction("look", "restore") as transaction:
        assert other.state.entry_at("anna@north.example") is not None
        assert [commit.sequence for commit in reported] == [2]
        transaction.put_entry(account("berg"))
    assert [(commit.sequence, commit.own) for commit in reported] == [(2, False), (3, True)]
    one.catch_up()
    assert addresses(one) == addresses(other) == ["anna@north.example", "berg@north.example"]


def test_a_closed_store_tells_no_one(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    reported = reported_to(store)
    store.close()
    add(opened(tmp_path), "anna")
    assert reported == []


def test_another_ones_snapshot_disturbs_no_one(tmp_path: Path) -> None:
    one = new_store(tmp_path)
    other = opened(tmp_path)
    add(one, "anna")
    snapshot_now(one)
    one.close()
    assert [commit.sequence for commit in other.catch_up()] == [2]
    add(other, "berg")
    assert same_as_disk(other)


# A line that is being written


def half_a_line(folder: Path) -> tuple[bytes, bytes]:
    """The journal as it was, and the line that another process is about to append."""
    path = folder / "journal.jsonl"
    before = path.read_bytes()
    other = opened(folder)
    add(other, "next")
    other.abandon()
    line = path.read_bytes()[len(before) :]
    return before, line


def test_a_line_that_is_being_written_is_seen_when_it_is_whole(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    before, line = half_a_line(tmp_path)
    path = tmp_path / "journal.jsonl"
    with locked(tmp_path):
        for length in (1, len(line) // 2, len(line) - 1):
            path.write_bytes(before + line[:length])
            fresh = opened(tmp_path)
            assert fresh.notices == []
            assert store.catch_up() == []
            fresh.abandon()
        assert path.read_bytes() == before + line[:-1]
        path.write_bytes(before + line)
    assert [commit.sequence for commit in store.catch_up()] == [2]
    assert same_as_disk(store)


def test_a_line_that_the_writer_undoes_after_it_was_seen_is_damage_and_not_forgotten(tmp_path: Path) -> None:
    """Reading takes no lock. Only a disk that fails after a whole line was written leads here."""
    store = new_store(tmp_path, account("anna"))
    before, line = half_a_line(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(before + line)
    assert len(store.catch_up()) == 1
    path.write_bytes(before)
    with pytest.raises(StoreUnusable, match="journal-cut-off"):
        store.catch_up()
    assert same_as_disk(opened(tmp_path))


@pytest.mark.parametrize("part", [0.01, 0.5, 0.99])
def test_a_line_whose_writer_died_is_set_aside_by_the_next_change_of_an_open_store(tmp_path: Path, part: float) -> None:
    store = new_store(tmp_path, account("anna"))
    before, line = half_a_line(tmp_path)
    torn = line[: int(len(line) * part)]
    (tmp_path / "journal.jsonl").write_bytes(before + torn)
    assert store.catch_up() == []
    add(store, "berg")
    (notice,) = store.notices
    assert notice == ("torn-line-set-aside", {"file": str(tmp_path / "journal.torn-2")})
    assert (tmp_path / "journal.torn-2").read_bytes() == torn
    assert same_as_disk(store)


def test_a_line_that_lacks_nothing_but_its_end_counts(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    before, line = half_a_line(tmp_path)
    (tmp_path / "journal.jsonl").write_bytes(before + line[:-1])
    reported = reported_to(store)
    add(store, "berg")
    assert [(commit.sequence, commit.own) for commit in reported] == [(2, False), (3, True)]
    assert store.notices == []
    assert same_as_disk(store)


def test_what_was_good_before_a_bad_line_is_taken_and_reported(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    reported = reported_to(store)
    add(other := opened(tmp_path), "berg")
    add(other, "chen")
    path = tmp_path / "journal.jsonl"
    good = path.read_bytes()
    path.write_bytes(good[:-20] + b"x" + good[-19:])
    for _ in range(2):
        with pytest.raises(StoreUnusable, match=r"journal-damaged.*line=3"):
            store.catch_up()
        assert [commit.sequence for commit in reported] == [2]
        assert addresses(store) == ["anna@north.example", "berg@north.example"]
        with pytest.raises(StoreUnusable, match=r"journal-damaged.*line=3"):
            add(store, "dora")
    path.write_bytes(good)
    add(store, "dora")
    assert same_as_disk(store)


# Locking


def test_a_store_that_another_holds_is_busy_names_him_and_nothing_changes(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    before = (tmp_path / "journal.jsonl").read_bytes()
    with locked(tmp_path), pytest.raises(StoreBusy) as caught:
        add(store, "anna")
    error = caught.value
    assert (error.code, error.params["operator"], error.params["process"]) == ("store-busy", "chen", os.getpid())
    assert error.params["folder"] == str(tmp_path)
    assert error.hints
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    assert addresses(store) == []
    add(store, "anna")
    assert same_as_disk(store)


@pytest.mark.parametrize("content", [b"", b"{", b"5", b"\xff", b'{"operator": 5}'])
def test_a_holder_that_cannot_be_read_is_another_kconsole(tmp_path: Path, content: bytes) -> None:
    store = new_store(tmp_path)
    with locked(tmp_path):
        (tmp_path / "lock").write_bytes(content)
        with pytest.raises(StoreBusy) as caught:
            add(store, "anna")
        assert (caught.value.params["operator"], caught.value.params["process"]) == ("", 0)


def test_nor_can_another_part_of_the_same_process_have_it(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path / "lock")
    lock.acquire(0, "chen")
    for _ in range(2):
        with pytest.raises(StoreBusy, match="operator='chen'"):
            lock.acquire(0, "dora")
    others = StoreLock(tmp_path / "lock")
    with pytest.raises(StoreBusy, match="operator='chen'"):
        others.acquire(0, "dora")
    lock.release()
    others.acquire(0, "dora")
    with pytest.raises(StoreBusy, match="operator='dora'"):  # and who could not have it holds nothing
        lock.acquire(0, "chen")
    others.release()
    lock.acquire(0, "chen")
    lock.release()
    lock.close()
    others.close()


def test_a_file_system_that_reports_a_held_lock_as_not_permitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: int) -> None:
        raise PermissionError(errno.EACCES, "held")

    monkeypatch.setattr("kconsole.store.file_engine.locking.flock", held)
    with pytest.raises(StoreBusy):
        StoreLock(tmp_path / "lock").acquire(0, "chen")


def test_a_shorter_name_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for operator in ("x" * 600, "chen\udcff", "dora"):
        lock = StoreLock(tmp_path / "lock")
        lock.acquire(0, operator)
        lock.close()
    with locked(tmp_path), pytest.raises(StoreBusy, match="operator='chen'"):
        add(store, "anna")


def test_a_lock_file_that_was_removed_locks_no_one_out_and_keeps_everybody_apart(tmp_path: Path) -> None:
    one = new_store(tmp_path)
    add(one, "anna")
    (tmp_path / "lock").unlink()
    other = opened(tmp_path)
    with other.transaction("slow", "restore") as transaction:
        with pytest.raises(StoreBusy):
            add(one, "berg")
        transaction.put_entry(account("chen"))
    add(one, "berg")
    assert same_as_disk(one)


def test_who_lost_the_lock_file_while_writing_is_still_the_only_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = new_store(tmp_path), opened(tmp_path)
    write = os.write

    def writing(descriptor: int, raw: bytes) -> int:
        monkeypatch.undo()
        (tmp_path / "lock").unlink()
        with pytest.raises(StoreUnusable, match="lock-broken"):
            add(other, "berg")
        return write(descriptor, raw)

    monkeypatch.setattr(os, "write", writing)
    add(one, "anna")
    assert same_as_disk(one)
    add(other, "berg")
    assert addresses(opened(tmp_path)) == ["anna@north.example", "berg@north.example"]


def test_a_lock_that_cannot_be_had_is_reported_and_reading_goes_on(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    other = opened(tmp_path)
    add(other, "anna")
    other.abandon()
    store.abandon()
    (tmp_path / "lock").unlink()
    (tmp_path / "lock").mkdir()
    again = opened(tmp_path)
    assert addresses(again) == ["anna@north.example"]
    with pytest.raises(StoreUnusable, match=r"unwritable.*lock"):
        add(again, "berg")
    again.close()


def test_the_lock_of_the_first_kconsole_is_the_same(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(StoreBusy):
        add(store, "anna")
    os.close(descriptor)
    add(store, "anna")


def test_a_commit_of_our_own_that_is_read_back_counts_as_another_ones(tmp_path: Path) -> None:
    """As after a sync that failed, when the line could not be cut off again."""
    store = new_store(tmp_path)
    reported: list[Commit] = reported_to(store)
    other = opened(tmp_path)
    add(other, "anna")
    (commit,) = store.catch_up()
    assert not commit.own
    assert reported == [commit]
