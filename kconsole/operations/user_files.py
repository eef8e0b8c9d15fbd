"""The user's own files, settings and habits: found, and read with care, since anybody may have put anything there."""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

LARGEST: Final = 1024 * 1024
"""Bytes of a file beyond which it is not what it should be."""


def folder_of(variable: str, default: Path) -> Path:
    """The path that an environment variable names, or the default where it is not set; `~` is somebody's home.

    No shell sees to a `~` in a variable that was not set by one.
    """
    named = os.environ.get(variable, "")
    if not named.strip():
        return default
    try:
        return Path(named).expanduser()
    except RuntimeError:  # nobody's home: then it is a name like any other
        return Path(named)


def read_small(path: Path) -> bytes | None:
    """What is in a file of the user; None if it is not there.

    Never waits: a pipe, whose other end nobody may ever open, is no file to read. The null device is an empty one.

    Raises:
        OSError: it cannot be read, is no file, or is far too large.
    """
    try:
        file = open_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError("it is too large")
    return content


def open_file(path: Path) -> BinaryIO:
    """A file, open to be read; never waits, as `read_small`.

    Raises:
        OSError: it is not there, cannot be read, or is no file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a zero byte in its name
        raise OSError(str(error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode) and str(path) != os.devnull:
        os.close(descriptor)
        raise OSError("it is no file")
    return os.fdopen(descriptor, "rb")


def reason_of(error: OSError) -> str:
    """What went wrong, in words."""
    return error.strerror or str(error)
