"""Files that are whole or not there: written beside, synced, and put in place by a rename."""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems without hard links answer."""

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
def new_file(path: Path) -> Iterator[tuple[Path, int]]:
    """Make a file beside another, for its owner only; it is gone again unless it is put in that one's place."""
    new = beside(path)
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            os.fchmod(descriptor, PRIVATE_FILE)
            yield new, descriptor
        finally:
            os.close(descriptor)
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


def write_whole(path: Path, content: bytes | Iterable[bytes], *, replace: bool = True) -> None:
    """Put a file in place so that after a crash at any moment the old one or the new one is there, never a mixture.

    The new content is on disk before it gets the name, and the name is on disk before this returns.

    Raises:
        FileExistsError: the file is there, and may not be replaced.
        NotSynced: the last step, syncing the folder, failed; the new file is there.
        OSError: it cannot be written; the file is as it was.
    """
    with new_file(path) as (new, descriptor):
        for piece in (content,) if isinstance(content, bytes) else content:
            remaining = memoryview(piece)
            while remaining:
                remaining = remaining[os.write(descriptor, remaining) :]
        os.fsync(descriptor)
        if replace:
            new.replace(path)
        else:
            _place_new(new, path)
    try:
        sync_folder(path.parent)
    except OSError as error:
        if replace or not _removed(path):
            raise NotSynced(error.errno, error.strerror, str(path)) from error
        raise


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


def _place_new(new: Path, path: Path) -> None:
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
