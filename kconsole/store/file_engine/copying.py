"""A copy of a store's files while others change it."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple

from kconsole.store.file_engine.journal_file import JOURNAL_FILE
from kconsole.store.file_engine.snapshot_file import SNAPSHOT_FILE

_STEP: Final = 1 << 16
"""Bytes that are looked through at a time."""


class OpenCopy(NamedTuple):
    """A file of the store, open, and how many bytes of it belong to the copy."""

    name: str
    file: IO[bytes]
    size: int


def open_copies(folder: Path, stack: ExitStack) -> list[OpenCopy]:
    """Open the files that make up a store; `stack` closes them.

    The snapshot is opened before the journal is measured, which only grows: so the copy of the journal holds all that
    the copy of the snapshot does.

    Raises:
        OSError: one cannot be read.
    """
    found = []
    for name in (SNAPSHOT_FILE, JOURNAL_FILE):
        with suppress(FileNotFoundError):
            file = stack.enter_context((folder / name).open("rb"))
            size = os.fstat(file.fileno()).st_size
            found.append(OpenCopy(name, file, _whole_lines(file.fileno(), size) if name == JOURNAL_FILE else size))
    return found


def _whole_lines(descriptor: int, size: int) -> int:
    """Bytes up to the end of the last whole line."""
    while size > 0:
        begin = max(size - _STEP, 0)
        found = os.pread(descriptor, size - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        size = begin
    return 0
