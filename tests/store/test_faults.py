"""Disks that fill up, break or cannot do everything: each step of saving fails in turn."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kconsole.model.errors import ConsoleError, StoreUnusable
from kconsole.store import files
from kconsole.store.seatstore import Commit, SeatStore
from tests.clocks import noon
from tests.store.stores import account, add, addresses, inventory_of, new_store, opened, same_as_disk

Fault = Callable[[pytest.MonkeyPatch], None]


def failing(code: int, when: Callable[..., bool], real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        if when(*arguments):
            raise OSError(code, os.strerror(code))
        return real(*arguments, **options)

    return call


def is_folder(descriptor: int) -> bool:
    return os.path.isdir(f"/proc/self/fd/{descriptor}")  # noqa: PTH112  # a descriptor, not a path of ours


def always(*_: object) -> bool:
    return True


def disk_full(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("os.write", failing(errno.ENOSPC, always, os.write))


def disk_full_half_way(patch: pytest.MonkeyPatch) -> None:
    real = os.write
    written: list[int] = []

    def write(descriptor: int, content: bytes) -> int:
        if written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(real(descriptor, content[:40]))
        return written[0]

    patch.setattr("os.write", write)


def content_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("os.fsync", failing(errno.EIO, lambda descriptor: not is_folder(descriptor), os.fsync))


def folder_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("os.fsync", failing(errno.EIO, is_folder, os.fsync))


def not_renamed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Path, "replace", failing(errno.EACCES, always, Path.replace))


def not_opened(patch: pytest.MonkeyPatch) -> None:
    """As in a folder that is read-only: root would not notice the mode."""
    patch.setattr("os.open", failing(errno.EROFS, lambda path, *_: str(path).endswith(".new"), os.open))


def folder_not_opened(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("os.open", failing(errno.EMFILE, lambda _, flags, *__: bool(flags & os.O_DIRECTORY), os.open))


def mode_not_set(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("os.fchmod", failing(errno.EPERM, always, os.fchmod))


BEFORE_THE_RENAME: list[Fault] = [
    disk_full,
    disk_full_half_way,
    content_not_synced,
    not_renamed,
    not_opened,
    mode_not_set,
]
AFTER_THE_RENAME: list[Fault] = [folder_not_synced, folder_not_opened]


@pytest.mark.parametrize("fault", BEFORE_THE_RENAME)
def test_a_change_that_could_not_be_saved_is_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    store = new_store(tmp_path, account("anna"))
    told: list[Commit] = []
    store.listen(told.append)
    before = (tmp_path / "store.json").read_bytes()
    with monkeypatch.context() as patch:
        fault(patch)
        with pytest.raises(StoreUnusable, match=r"store\.json cannot be written: .*Nothing was changed") as caught:
            add(store, "berg")
    assert caught.value.exit_code == 7
    assert "free space" in caught.value.hint
    assert told == []
    assert (tmp_path / "store.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "store.json"]
    assert store.catch_up() is None
    assert same_as_disk(store)
    chen = add(store, "chen")
    assert store.entry(chen.id) == chen
    assert same_as_disk(store)


@pytest.mark.parametrize("fault", AFTER_THE_RENAME)
def test_a_change_that_the_disk_did_not_confirm_is_told_as_such_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    store = new_store(tmp_path, account("anna"))
    with monkeypatch.context() as patch:
        fault(patch)
        with pytest.raises(StoreUnusable, match="was written, but the disk did not confirm it") as caught:
            add(store, "berg")
    assert "Nothing was changed" not in caught.value.message
    assert addresses(opened(tmp_path)) == ["anna@north.example", "berg@north.example"]
    commit = store.catch_up()
    assert commit is not None
    assert [change.after.address for change in commit.changes] == ["berg@north.example"]
    assert same_as_disk(store)
    add(store, "chen")
    assert same_as_disk(store)


@pytest.mark.parametrize("fault", [*BEFORE_THE_RENAME, *AFTER_THE_RENAME])
def test_a_store_that_could_not_be_made_can_be_made_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    if fault is not_renamed:
        monkeypatch.setattr(Path, "hardlink_to", failing(errno.EPERM, always, Path.hardlink_to))
    with monkeypatch.context() as patch:
        fault(patch)
        with pytest.raises(StoreUnusable, match=r"store\.json"):
            new_store(tmp_path / "s")
    if fault in AFTER_THE_RENAME:
        assert same_as_disk(opened(tmp_path / "s"))
    else:
        assert list((tmp_path / "s").iterdir()) == []
        add(new_store(tmp_path / "s"), "anna")


@pytest.mark.parametrize("fault", [disk_full, folder_not_synced])
def test_an_interruption_while_saving_leaves_memory_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    store = new_store(tmp_path, account("anna"))
    with monkeypatch.context() as patch:
        patch.setattr("os.write" if fault is disk_full else "os.fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            add(store, "berg")
    assert addresses(store) == ["anna@north.example"]
    store.catch_up()
    assert same_as_disk(store)
    add(store, "chen")
    assert same_as_disk(store)


def test_text_that_json_cannot_hold_changes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path, account("anna"))
    with pytest.raises(TypeError), store.transaction("add", "anna") as transaction:
        transaction.put_entry(account("berg", full_name="\udcff"))
    assert same_as_disk(store)
    add(store, "chen")
    assert same_as_disk(store)


def test_a_folder_that_cannot_be_synced_by_itself_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", failing(errno.EINVAL, is_folder, os.fsync))
    store = new_store(tmp_path, account("anna"))
    add(store, "berg")
    assert same_as_disk(store)


def test_a_disk_without_hard_links_still_makes_a_store_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", failing(errno.EPERM, always, Path.hardlink_to))
    new_store(tmp_path, account("anna"))
    with pytest.raises(ConsoleError, match="already"):
        new_store(tmp_path)
    assert addresses(opened(tmp_path)) == ["anna@north.example"]


def test_a_disk_that_fails_at_hard_links_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", failing(errno.EIO, always, Path.hardlink_to))
    with pytest.raises(StoreUnusable, match="cannot be written"):
        new_store(tmp_path)


def test_a_lock_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    (tmp_path / "lock").mkdir()
    with pytest.raises(StoreUnusable, match="lock cannot be written"):
        add(store, "anna")
    assert same_as_disk(store)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store(tmp_path)
    add(opened(tmp_path), "anna")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", failing(errno.EACCES, always, Path.open))
        with pytest.raises(StoreUnusable, match=r"store\.json cannot be read: Permission denied"):
            opened(tmp_path)
        with pytest.raises(StoreUnusable, match=r"store\.json cannot be read"):
            store.catch_up()
    assert addresses(store) == []
    store.catch_up()
    assert same_as_disk(store)


def test_a_link_in_the_way_of_the_new_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / f".file.{os.getpid()}.new").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic links"):
        files.write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "other").read_text() == "mine"


def test_a_store_that_fails_to_be_made_is_not_half_there(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        SeatStore.create(tmp_path / "s", inventory_of(account("a", full_name="\udcff")), noon(), "anna")
    assert not (tmp_path / "s" / "store.json").exists()
