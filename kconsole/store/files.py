"""Files that are whole or not there: written beside, synced, and put in place by a rename."""

import contextlib
import errno
import os
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

_NO_HARD_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What file systems without hard links answer."""


_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What file systems answer that cannot sync a folder by itself, some shared ones among them."""


class NotSynced(OSError):
    """The new file is in place, but its name may be lost again if the machine loses power right now."""


def make_folder(folder: Path) -> None:
    """Create a folder that only its owner may enter, and those above it, unless they are there.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def write_whole(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Put a file in place so that after a crash at any moment the old one or the new one is there, never a mixture.

    The new content is on disk before it gets the name, and the name is on disk before this returns.

    Args:
        path: the file.
        content: all of it.
        replace: whether a file that is there already may be replaced.

    Raises:
        FileExistsError: the file is there, and may not be replaced.
        NotSynced: the last step, syncing the folder, failed; the new file is there.
        OSError: it cannot be written; the file is as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            os.fchmod(descriptor, PRIVATE_FILE)
            remaining = memoryview(content)
            while remaining:
                remaining = remaining[os.write(descriptor, remaining) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if replace:
            beside.replace(path)
        else:
            _place_new(beside, path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
    try:
        sync_folder(path.parent)
    except OSError as error:
        raise NotSynced(error.errno, error.strerror, str(path)) from error


def _place_new(beside: Path, path: Path) -> None:
    try:
        path.hardlink_to(beside)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        beside.replace(path)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk, on file systems that know how.

    Raises:
        OSError: it cannot be done.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
