"""Files that are whole or not there: written beside, synced, and put in place by a rename."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from kconsole.core.errors import FileRefused

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems without hard links answer."""

_ACCESS_LIST = "system.posix_acl_access"
"""The attribute that holds the rights of more users and groups, where the mode shows the most that these have."""

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


@contextlib.contextmanager
def new_file(path: Path, store: Path | None = None) -> Iterator[tuple[Path, int]]:
    """Make a file beside another, with its owner, group and mode; it is gone again unless it takes that one's place.

    An exported file has no name before its last moment, where the system knows how: a killed process leaves none.
    Where there is no other, the file is for its owner only. Root works in the stores of others: there, a new file is
    its folder's owner's. A file outside of the store is exported from it: then `store` is the store's folder.

    Raises:
        FileRefused: the other is of a user who must not get what is written, or its owner and group cannot be kept.
        OSError: the system says no.
    """
    new = beside(path)
    try:
        descriptor = -1 if store is None else _without_name(path.parent)
        if descriptor < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(new, flags, PRIVATE_FILE)
        try:
            os.fchmod(descriptor, _mode_with_owner(descriptor, path, store))
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


def _give_name(descriptor: int, path: Path) -> None:
    """Give a file without a name this one; FileExistsError if another has it. One with a name keeps that."""
    if os.fstat(descriptor).st_nlink == 0:
        # With the descriptor of a folder, which does not matter here, Python follows the link to the file itself.
        os.link(f"{_OPEN_FILES}/{descriptor}", path, src_dir_fd=descriptor, follow_symlinks=True)


def _mode_with_owner(descriptor: int, path: Path, store: Path | None) -> int:
    """Give a new file the owner that it must have; returns its mode."""
    try:
        old = path.lstat()
    except FileNotFoundError:
        if store is None:
            give(descriptor, path.parent)
        return PRIVATE_FILE
    check_owner(old, store or path.parent)
    if not stat.S_ISREG(old.st_mode):
        return PRIVATE_FILE
    try:
        _chown(descriptor, old)
    except PermissionError:
        raise FileRefused("owner-not-kept") from None
    with contextlib.suppress(OSError):  # most have none
        os.setxattr(descriptor, _ACCESS_LIST, os.getxattr(path, _ACCESS_LIST, follow_symlinks=False))
    return stat.S_IMODE(old.st_mode)


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
        _chown(descriptor, folder.stat())


def _chown(descriptor: int, to: os.stat_result) -> None:
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (to.st_uid, to.st_gid):
        os.fchown(descriptor, to.st_uid, to.st_gid)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, if they are missing, for their owner only, and bring their names to disk."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):  # made by another process meanwhile; a file fails with what comes next
        folder.mkdir(PRIVATE_FOLDER)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            give(descriptor, folder.parent)
            os.fchmod(descriptor, PRIVATE_FOLDER)
        finally:
            os.close(descriptor)
        with contextlib.suppress(PermissionError):  # the folder above it may be written, but not be read
            sync_folder(folder.parent)


@contextlib.contextmanager
def placed(path: Path, *, replace: bool = True, store: Path | None = None) -> Iterator[int]:
    """Put a file in place so that after a crash at any moment the old one or the new one is there, never a mixture.

    What is written to the descriptor is on disk before it gets the name, and the name is on disk at the end. Whose the
    file is, `new_file` says.

    Raises:
        FileExistsError: the file is there, and may not be replaced.
        NotSynced: the last step, syncing the folder, failed; the new file is there.
        OSError: it cannot be written; the file is as it was.
    """
    with new_file(path, store) as (new, descriptor):
        yield descriptor
        os.fsync(descriptor)
        _give_name(descriptor, new)
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


def write_whole(path: Path, content: bytes | Iterable[bytes], *, replace: bool = True) -> None:
    """Put a file of the store with this content in place; see `placed`."""
    with placed(path, replace=replace) as descriptor:
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
