"""Files that are whole or not there: written beside, synced, and put in place by a rename."""

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from kconsole.core.errors import FileRefused

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
SHARED_FILE = 0o660
SHARED_FOLDER = 0o2770
_ABOVE_SHARED = 0o750

NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems without hard links answer."""

_ACCESS_LIST = "system.posix_acl_access"
"""The attribute that holds the rights of more users and groups, where the mode shows the most that these have."""
_ACCESS_ENTRY = struct.Struct("<HHI")
_OWN_GROUP = 4
"""The tag of the entry for the file's own group."""

_OPEN_FILES = "/proc/self/fd"

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems answer that cannot sync a folder by itself, some shared ones among them."""


class NotSynced(OSError):
    """The new file is in place, but its name may be lost again if the machine loses power right now."""


class OpenFile:
    """A file that stays open until it is closed, or its store is dropped without being closed."""

    def __init__(self, path: Path, descriptor: int = -1) -> None:
        self.path = path
        self._descriptor = descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


def beside(path: Path) -> Path:
    """A name in the same folder that nothing has.

    Never one that a process before us may have left: that could be another name of a file that is in use.
    """
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}.new")


def group_of(folder: Path) -> int | None:
    """The group whose members share the store in a folder; None if it is its owner's alone.

    The mark is the mode: the folder is for its group to write, and what is made in it gets that group.
    """
    status = folder.stat()
    mark = stat.S_ISGID | stat.S_IWGRP
    return status.st_gid if status.st_mode & mark == mark else None


@contextlib.contextmanager
def new_file(path: Path, store: Path | None = None, *, is_shared: bool = True) -> Iterator[tuple[Path, int]]:
    """Make a file beside another, with its owner, group and mode; it is gone again unless it takes that one's place.

    An exported file, and one of a shared store, has no name before `give_name`, where the system knows how: a killed
    process leaves none. In a shared store it is for the group, whatever the mask of this process, and ours whoever had
    the other. Elsewhere, where there is no other, the file is for its owner only. Root works in the stores of others:
    there, a new file is its folder's owner's. A file outside of the store is exported from it: then `store` is the
    store's folder. What is not `is_shared` is one user's own, wherever it stands.

    Raises:
        FileRefused: the other is of a user who must not get what is written, or its owner and group cannot be kept.
        OSError: the system says no.
    """
    new = beside(path)
    try:
        group = group_of(path.parent) if is_shared and store is None else None
        descriptor = -1 if store is None and group is None else _without_name(path.parent)
        if descriptor < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(new, flags, PRIVATE_FILE)
        try:
            os.fchmod(descriptor, _mode_with_owner(descriptor, path, store, group))
            yield new, descriptor
        finally:
            os.close(descriptor)
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


def _without_name(folder: Path) -> int:
    """Open a file that has no name in a folder; -1 where that, or to name it later, is not possible."""
    if not Path(_OPEN_FILES).is_dir():
        return -1
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError:  # if the folder cannot be written, the next attempt says so
        return -1


def give_name(descriptor: int, path: Path) -> None:
    """Give a file without a name this one; FileExistsError if another has it. One with a name keeps that."""
    if os.fstat(descriptor).st_nlink == 0:
        # With the descriptor of a folder, which does not matter here, Python follows the link to the file itself.
        os.link(f"{_OPEN_FILES}/{descriptor}", path, src_dir_fd=descriptor, follow_symlinks=True)


def _mode_with_owner(descriptor: int, path: Path, store: Path | None, group: int | None) -> int:
    """Give a new file the owner and group that it must have; returns its mode."""
    try:
        old = path.lstat()
    except FileNotFoundError:
        old = None
    if old is None or (group is not None and not stat.S_ISREG(old.st_mode)):
        if store is None:
            give(descriptor, path.parent)
    elif group is None:
        check_owner(old, store or path.parent)
        if not stat.S_ISREG(old.st_mode):
            return PRIVATE_FILE
        try:
            _chown(descriptor, old.st_uid, old.st_gid)
        except PermissionError:
            if old.st_uid != os.geteuid() or old.st_mode & stat.S_IRWXG:  # else the group has no right to it
                raise FileRefused("owner-not-kept") from None
    elif os.geteuid() == 0:
        _chown(descriptor, old.st_uid, group)
    if old is not None:
        with contextlib.suppress(OSError):  # most have none
            os.setxattr(descriptor, _ACCESS_LIST, os.getxattr(path, _ACCESS_LIST, follow_symlinks=False))
    if group is not None:
        open_to_group(descriptor, group, SHARED_FILE)
        return SHARED_FILE
    return PRIVATE_FILE if old is None else stat.S_IMODE(old.st_mode)


def open_to_group(descriptor: int, group: int, mode: int) -> None:
    """Give a file or folder to a group, with a mode.

    Where it has a list of more users and groups, that list has the rights of its own group, and the mode the most that
    all of these have.
    """
    _chown(descriptor, -1, group)
    with contextlib.suppress(OSError):
        content, own = os.getxattr(descriptor, _ACCESS_LIST), mode >> 3 & 7
        entries = _ACCESS_ENTRY.iter_unpack(content[4:])
        wider = ((tag, rights | own if tag == _OWN_GROUP else rights, who) for tag, rights, who in entries)
        os.setxattr(descriptor, _ACCESS_LIST, content[:4] + b"".join(_ACCESS_ENTRY.pack(*each) for each in wider))
    os.fchmod(descriptor, mode)


def check_owner(status: os.stat_result, store: Path) -> None:
    """Raise FileRefused if a file is neither ours nor, where root works in a user's store, that user's.

    What we write there would be in the hands of its owner, and be lost to the store's.
    """
    user = os.geteuid()
    if status.st_uid != user and (user != 0 or status.st_uid != store.stat().st_uid):
        raise FileRefused("of-another-user")


def give(descriptor: int, folder: Path) -> None:
    """Give what root has just made in a folder to the folder's owner, who would be locked out of it otherwise."""
    if os.geteuid() == 0:
        status = folder.stat()
        _chown(descriptor, status.st_uid, status.st_gid)


def _chown(descriptor: int, user: int, group: int) -> None:
    own = os.fstat(descriptor)
    if user not in (-1, own.st_uid) or group != own.st_gid:
        os.fchown(descriptor, user, group)


def make_folder(folder: Path, group: int | None = None, mode: int = SHARED_FOLDER) -> None:
    """Make a folder and those above it, if they are missing, and bring their names to disk.

    They are for their owner only; given a group, that shares the folder, and may pass through those above.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent, group, _ABOVE_SHARED)
    with contextlib.suppress(FileExistsError):  # made by another process meanwhile; a file fails with what comes next
        folder.mkdir(PRIVATE_FOLDER)
        with opened_folder(folder) as descriptor:
            give(descriptor, folder.parent)
            if group is None:
                os.fchmod(descriptor, PRIVATE_FOLDER)
            else:
                open_to_group(descriptor, group, mode)
        with contextlib.suppress(PermissionError):  # the folder above it may be written, but not be read
            sync_folder(folder.parent)


@contextlib.contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """Open a folder itself, and nothing that a link in its place leads to."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def placed(path: Path, *, replace: bool = True, store: Path | None = None, is_shared: bool = True) -> Iterator[int]:
    """Put a file in place so that after a crash at any moment the old one or the new one is there, never a mixture.

    What is written to the descriptor is on disk before it gets the name, and the name is on disk at the end. Whose the
    file is, `new_file` says.

    Raises:
        FileExistsError: the file is there, and may not be replaced.
        NotSynced: the last step, syncing the folder, failed; the new file is there.
        OSError: it cannot be written; the file is as it was.
    """
    with new_file(path, store, is_shared=is_shared) as (new, descriptor):
        yield descriptor
        os.fsync(descriptor)
        give_name(descriptor, new)
        if replace:
            new.replace(path)
        else:
            place_new(new, path)
    try:
        sync_folder(path.parent)
    except OSError as error:
        if replace or not _removed(path):
            raise NotSynced(error.errno, error.strerror, str(path)) from error
        raise


def write_whole(path: Path, content: bytes | Iterable[bytes], *, replace: bool = True, is_shared: bool = True) -> None:
    """Put a file of the store with this content in place; see `placed`."""
    with placed(path, replace=replace, is_shared=is_shared) as descriptor:
        for piece in (content,) if isinstance(content, bytes) else content:
            remaining = memoryview(piece)
            while remaining:
                remaining = remaining[os.write(descriptor, remaining) :]


def _removed(path: Path) -> bool:
    with contextlib.suppress(OSError):
        path.unlink()
    return not os.path.lexists(path)


def set_aside(content: bytes, path: Path) -> Path:
    """Keep what must not be thrown away under a name, or that name with a number; returns which."""
    for number in count(1):
        aside = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            write_whole(aside, content, replace=False)
        except FileExistsError:
            if aside.read_bytes() != content:
                continue
        return aside
    raise AssertionError


def read_own(path: Path) -> bytes:
    """The content of a file of the store; no link is followed: one that another user laid could lead anywhere."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        return file.read()


def place_new(new: Path, path: Path) -> None:
    """Give a file its name, unless another one has it: FileExistsError then."""
    try:
        path.hardlink_to(new)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        new.replace(path)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk, on file systems that know how."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
