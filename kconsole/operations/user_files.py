"""The user's own files: found, and opened so that nothing in their place can block or fill the memory."""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from kconsole.core.codes import Message

LARGEST: Final = 1024 * 1024
"""Bytes. A larger file is not one of the user's own files."""


class FileRefused(OSError):
    """A file that is not read or written; its text is a code."""


def folder_of(variable: str, default: Path) -> Path:
    """The path in an environment variable, or the default if the variable is not set.

    A leading `~` is a home folder: no shell expands it in a variable that was not set by one.
    """
    named = os.environ.get(variable, "")
    if not named.strip():
        return default
    try:
        return Path(named).expanduser()
    except RuntimeError:  # an unknown user: then it is a name like any other
        return Path(named)


def read_small(path: Path) -> bytes | None:
    """The content of a file of the user; None if it does not exist. The null device is an empty file.

    Raises:
        OSError: it cannot be read, is not a file, or is too large.
    """
    try:
        file = open_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise FileRefused("too-large")
    return content


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Never blocks: a pipe without a writer is refused.

    Raises:
        OSError: it does not exist, cannot be read, or is not a file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a zero byte in its name
        raise OSError(str(error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode) and str(path) != os.devnull:
        os.close(descriptor)
        raise FileRefused("not-a-file")
    return os.fdopen(descriptor, "rb")


def reason_of(error: OSError) -> Message | str:
    """Why a file cannot be read or written, as a parameter: the system's words, or a message."""
    return Message(str(error)) if isinstance(error, FileRefused) else error.strerror or str(error)
