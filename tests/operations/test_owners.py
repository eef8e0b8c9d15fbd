"""Whose a store is, and whose the files are that replace others: nothing passes to another user, nor away from one."""

import os
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kconsole.core.errors import BadInput, ReadOnly, StoreUnusable
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.operations.files import save_listing, write_document
from kconsole.operations.maintenance import archive, backup, examine, mend
from kconsole.operations.preferences import Preferences
from kconsole.operations.session import Session
from kconsole.store.file_engine.files import _without_name, make_folder
from kconsole.text.messages import words_of
from tests.operations.sessions import account, session_of
from tests.store.snapshots import snapshot_now
from tests.store.stores import add, opened
from tests.users import as_root, user

USER, OTHER = 65534, 65533

Door = Callable[[Session, Path], object]
DOORS: dict[str, Door] = {
    "dump": lambda session, path: write_document(path, b"new", session.store.folder),
    "listing": lambda session, path: save_listing(str(path), "new", session.store.folder, replace=True),
    "backup": backup,
}
doors = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that all users may look into."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def home(place: Path) -> Path:
    """A folder of the user."""
    home = place / "home"
    home.mkdir(0o755)
    os.chown(home, USER, USER)
    return home


def owners(folder: Path) -> set[tuple[int, int]]:
    statuses = [path.lstat() for path in (folder, *folder.rglob("*"))]
    return {(status.st_uid, status.st_gid) for status in statuses}


def kept(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


# The store's own files


@as_root
def test_root_leaves_every_file_of_a_users_store_to_the_user(home: Path) -> None:
    session = session_of(home / "deep", account("anna"))
    assert owners(home) == {(USER, USER)}
    assert [kept(folder)[2] for folder in (home / "deep", home / "deep" / "store")] == [0o700] * 2
    folder = session.store.folder
    for number in range(3):
        add(session.store, f"a{number}")
    snapshot_now(session.store)
    snapshot_now(session.store)
    archive(session, 1)
    session.close()
    (folder / "lock").unlink()
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b"torn")
    add(opened(folder), "berg")
    (folder / "store.json").write_bytes(b"damaged")
    mend(folder, examine(folder), Operator("root"), 0, words_of)
    names = {path.name for path in folder.rglob("*")}
    assert {"lock", "set-aside", "store.json", "store.json.bak", "journal-1-3.jsonl.gz"} <= names
    assert owners(home) == {(USER, USER)}
    with user(USER):
        add(opened(folder), "chen")


@as_root
@pytest.mark.parametrize("name", ["store.json", "journal.jsonl"])
def test_a_file_of_a_store_keeps_owner_group_and_mode(home: Path, name: str) -> None:
    session = session_of(home, account("anna"))
    snapshot_now(session.store)
    file = session.store.folder / name
    os.chown(file, USER, OTHER)
    file.chmod(0o640)
    add(session.store, "berg")
    snapshot_now(session.store)
    archive(session, 1)
    assert kept(file) == (USER, OTHER, 0o640)


@as_root
def test_a_file_of_another_in_ones_own_store_is_not_replaced(home: Path) -> None:
    session = session_of(home, account("anna"))
    snapshot_now(session.store)
    file = session.store.folder / "store.json"
    os.chown(file, OTHER, OTHER)
    before = file.read_bytes()
    with pytest.raises(StoreUnusable, match=r"unwritable.*of-another-user"):
        snapshot_now(session.store)
    file.chmod(0o644)
    with user(USER), pytest.raises(StoreUnusable, match=r"unwritable.*of-another-user"):
        snapshot_now(opened(session.store.folder))
    assert (file.read_bytes(), kept(file)) == (before, (OTHER, OTHER, 0o644))


@as_root
def test_root_leaves_preferences_to_their_user(home: Path) -> None:
    for theme in ("kconsole-light", "kconsole-dark"):
        Preferences(home / "state" / "kconsole" / "habits.json").choose_theme(theme)
        assert owners(home) == {(USER, USER)}


@pytest.mark.parametrize("mask", [0, 0o022, 0o027])
def test_the_folders_of_a_new_store_are_private_and_on_disk(
    tmp_path: Path, mask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    before = os.umask(mask)
    try:
        session_of(tmp_path / "a" / "b").close()
    finally:
        os.umask(before)
    for folder in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "store"):
        assert kept(folder)[2] == 0o700
        assert str(folder.parent) in synced
    make_folder(tmp_path / "a")


# Whose store


@as_root
def test_a_store_of_another_user_is_only_shown(home: Path) -> None:
    folder = session_of(home, account("anna")).store.folder
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    with user(OTHER):
        for store in (opened(folder), opened(folder, read_only=True)):
            assert store.state.entry_at(account("anna").address)
            with pytest.raises(ReadOnly):
                add(store, "berg")
        with pytest.raises(StoreUnusable, match="folder-of-another-user"):
            Session.create(home, Inventory())
    with user(USER):
        opened(folder)
    folder.chmod(0o757)
    with user(OTHER), pytest.raises(StoreUnusable, match="folder-of-another-user"):
        opened(folder)
    folder.chmod(0o755)
    os.chown(folder, 0, 0)
    for path in (folder.parent, home):
        os.chown(path, OTHER, OTHER)
    with user(OTHER):
        opened(folder)


@as_root
def test_a_store_in_a_folder_of_another_user_is_only_shown(home: Path) -> None:
    folder = session_of(home, account("anna")).store.folder
    for owner, mode, code in (
        (OTHER, 0o755, "folder-of-another-user"),
        (USER, 0o757, "others-can-write"),
        (USER, 0o775, ""),
        (USER, 0o1777, ""),
        (0, 0o777, ""),
    ):
        os.chown(home, owner, owner)
        home.chmod(mode)
        with user(USER):
            if code:
                with pytest.raises(StoreUnusable, match=f"{code}.*{home}'"):
                    opened(folder)
                opened(folder, read_only=True)
            else:
                opened(folder)
        opened(folder)


@as_root
def test_the_doctor_names_what_root_took_from_a_user(home: Path) -> None:
    folder = session_of(home, account("anna")).store.folder
    snapshot_now(opened(folder))
    assert examine(folder) == []
    os.chown(folder / "store.json", 0, 0)
    (finding,) = examine(folder)
    assert (finding.code, finding.serious, finding.mendable) == ("owner", True, False)
    assert finding.what.params["files"] == ["store.json"]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777, 0o720])
def test_a_store_that_others_can_change_is_only_shown_until_it_is_closed(tmp_path: Path, mode: int) -> None:
    folder = session_of(tmp_path, account("anna")).store.folder
    for path in (folder, folder / "journal.jsonl"):
        path.chmod(mode)
        with pytest.raises(StoreUnusable, match=rf"others-can-write.*{path}"):
            opened(folder)
        opened(folder, read_only=True)
        mend(folder, examine(folder), Operator("anna"), 0, words_of)
        opened(folder)
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    open_folder.chmod(mode)
    with pytest.raises(StoreUnusable, match="others-can-write"):
        Session.create(open_folder, Inventory())
    assert list(open_folder.iterdir()) == []


# Files outside of it


@doors
def test_an_export_keeps_the_mode_of_what_it_replaces(tmp_path: Path, door: Door) -> None:
    session = session_of(tmp_path)
    file = tmp_path / "out"
    door(session, file)
    assert kept(file)[2] == 0o600
    file.chmod(0o640)
    door(session, file)
    assert kept(file)[2] == 0o640


KILLED = """
import os, signal, sys
from pathlib import Path
from kconsole.operations.files import writing
with writing(Path(sys.argv[1]), Path(sys.argv[2])) as file:
    file.write(b"half of it")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("is_there", [True, False], ids=["replacing", "new"])
def test_an_export_that_is_killed_leaves_nothing(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    if (unnamed := _without_name(folder)) < 0:
        pytest.skip("this file system has no files without a name")
    os.close(unnamed)
    if is_there:
        (folder / "list.csv").write_text("old")
    subprocess.run([sys.executable, "-c", KILLED, str(folder / "list.csv"), str(tmp_path / "store")], check=False)
    assert {file.name: file.read_text() for file in folder.iterdir()} == ({"list.csv": "old"} if is_there else {})


def test_an_export_keeps_the_rights_of_single_users(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    file = tmp_path / "out"
    file.touch(0o600)
    no_one = 0xFFFFFFFF
    entries = ((1, 6, no_one), (2, 4, USER), (4, 0, no_one), (16, 4, no_one), (32, 0, no_one))
    rights = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(file, "system.posix_acl_access", rights)
    except OSError as error:
        pytest.skip(f"this file system keeps no rights of single users: {error.strerror}")
    write_document(file, b"new", session.store.folder)
    assert os.getxattr(file, "system.posix_acl_access") == rights


@as_root
@doors
def test_an_export_is_never_put_into_the_file_of_another_user(home: Path, door: Door) -> None:
    session = session_of(home)
    file = home / "out"
    file.write_bytes(b"old")
    os.chown(file, OTHER, USER)
    with pytest.raises(BadInput, match=r"cannot-write.*of-another-user"):
        door(session, file)
    with user(USER), pytest.raises(BadInput, match=r"cannot-write.*of-another-user"):
        door(session, file)
    assert (file.read_bytes(), kept(file)) == (b"old", (OTHER, USER, 0o644))
    assert {path.name for path in home.iterdir()} == {"out", "store"}


@as_root
@doors
def test_root_leaves_an_export_to_the_owner_of_the_store(home: Path, door: Door) -> None:
    session = session_of(home)
    file = home / "out"
    file.write_bytes(b"old")
    os.chown(file, USER, OTHER)
    file.chmod(0o640)
    door(session, file)
    assert file.read_bytes() != b"old"
    assert kept(file) == (USER, OTHER, 0o640)


@as_root
@doors
def test_a_group_that_cannot_be_kept_is_a_refusal(home: Path, door: Door) -> None:
    session = session_of(home)
    file = home / "out"
    file.write_bytes(b"old")
    os.chown(file, USER, OTHER)
    with user(USER), pytest.raises(BadInput, match=r"cannot-write.*owner-not-kept"):
        door(session, file)
    assert (file.read_bytes(), kept(file)) == (b"old", (USER, OTHER, 0o644))


@as_root
@doors
@pytest.mark.parametrize("kind", ["pipe", "link", "link to a device", "own link to the pipe"])
def test_nothing_goes_into_the_pipe_or_link_of_another_user(home: Path, door: Door, kind: str) -> None:
    session = session_of(home)
    pipe, name, aim = home / "pipe", home / "out", home / "aim"
    aim.write_bytes(b"old")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.chown(pipe, OTHER, OTHER)
        if kind == "pipe":
            name = pipe
        else:
            name.symlink_to({"link": aim, "link to a device": Path(os.devnull)}.get(kind, pipe))
            os.chown(name, USER if kind.startswith("own") else OTHER, OTHER, follow_symlinks=False)
        before = kept(name)
        for number in (0, USER):
            with user(number), pytest.raises(BadInput):
                door(session, name)
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)
    assert (aim.read_bytes(), kept(name)) == (b"old", before)


def test_devices_and_our_own_open_files_take_what_is_written(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    reader, writer = os.pipe()
    try:
        for name in (os.devnull, f"/dev/fd/{writer}", f"/proc/self/fd/{writer}"):
            write_document(Path(name), b"new", session.store.folder)
        assert os.read(reader, 10) == b"newnew"
    finally:
        os.close(reader)
        os.close(writer)
    for descriptor in Path("/proc/self/fd").iterdir():
        if descriptor.is_symlink() and descriptor.readlink().is_relative_to(session.store.folder):
            with pytest.raises(BadInput, match="in-store-folder"):
                write_document(descriptor, b"new", session.store.folder)
    with pytest.raises(BadInput, match="cannot-write"):
        write_document(Path("/dev/fd/none"), b"new", session.store.folder)
    (tmp_path / "1").write_bytes(b"old")
    write_document(tmp_path / "1", b"new", session.store.folder)
    assert (tmp_path / "1").read_bytes() == b"new"
