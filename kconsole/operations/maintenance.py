"""Taking care of a store: check it, mend it, copy it, and check that nobody changed its log."""

import os
import re
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import IO, Final

from kconsole.core.errors import BadInput, NotFound, StoreUnusable
from kconsole.core.history import Operator
from kconsole.core.times import SystemClock
from kconsole.operations.dumps import check_not_of_store, takes_a_stream
from kconsole.operations.session import Session
from kconsole.operations.streams import STANDARD_STREAM
from kconsole.store import doctor
from kconsole.store.doctor import Finding as Finding
from kconsole.store.files import PRIVATE_FILE, beside, sync_folder
from kconsole.store.journal import JOURNAL_FILE, BrokenJournal, Head, Journal, parsed
from kconsole.store.snapshot import SNAPSHOT_FILE

_HASH: Final = re.compile(r"(?:(?P<sequence>\d+)\s+)?(?P<hash>[0-9a-fA-F]{64})")
"""A head as `log verify` tells it: the number of the line may be left out."""

_STEP: Final = 1 << 16
"""Bytes that are looked through at a time."""

SETTLING: Final = 1.0
"""Seconds in which a line that another process is writing is whole for certain."""


def examine(folder: Path) -> list[Finding]:
    """Look at everything; nothing is changed.

    Raises:
        NotFound: there is no store.
        StoreUnusable: a newer kconsole wrote it, or it cannot be read.
    """
    return doctor.examine(folder, SystemClock())


def mend(folder: Path, findings: list[Finding], operator: Operator, patience: float) -> list[Finding]:
    """Mend what can be mended; returns what was found, with what was mended, and what is still wrong.

    Raises:
        StoreBusy: another process holds the store.
        StoreUnusable: it cannot be written.
    """
    if any(finding.mendable for finding in findings):
        doctor.mend(folder, SystemClock(), operator, patience)
    left = examine(folder)
    codes = {finding.code for finding in left}
    mended = [finding._replace(mended=True) for finding in findings if finding.mendable and finding.code not in codes]
    return [*mended, *left]


def verify(folder: Path, head: str | None = None) -> Head:
    """Check the whole chain of the log, and return its last line's number and hash. Needs no lock, only to read.

    Args:
        folder: the store.
        head: a head that the log had once, as this tells it or its hash alone; None for none.

    Raises:
        BadInput: what was given is no head.
        NotFound: there is no log.
        StoreUnusable: a line is bad, or the log does not hold the head that it once had.
    """
    known = None if head is None else _HASH.fullmatch(head.strip())
    if head is not None and known is None:
        raise BadInput(f"'{head}' is no head of a log.", "It is the 64 digits that 'kconsole log verify' told.")
    path = folder / JOURNAL_FILE
    try:
        journal = Journal.open(path, read_only=True)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"There is no log in {folder}.", "Name the store's folder with --store.") from None
    except OSError as error:
        raise StoreUnusable(f"{path} cannot be read: {error.strerror or error}.", "Check its permissions.") from error
    wanted, seen = (known["hash"].lower() if known else ""), False
    last = Head()
    with closing(journal):
        try:
            for last in _checked_lines(journal):
                seen = seen or last.hash == wanted
        except BrokenJournal as broken:
            raise StoreUnusable(
                f"{path} is bad at line {broken.line}: {broken.why}.", "See 'kconsole doctor'."
            ) from None
        except OSError as error:
            raise StoreUnusable(f"{path} cannot be read: {error.strerror or error}.", "Check the disk.") from error
    if known is not None and not seen:
        raise StoreUnusable(
            f"{path} does not hold the head {wanted[:16]}...: its end was cut off, or it was made anew.",
            "Compare it with a backup.",
        )
    return last


def _checked_lines(journal: Journal) -> Iterator[Head]:
    """The head that each line makes, of all that is there now; of what others add meanwhile there is no end.

    A last one that has no end is being written, unless it stays so.

    Raises:
        BrokenJournal: at the first bad line.
    """
    head, all_of_it, deadline = Head(), journal.size, time.monotonic() + SETTLING
    while True:
        for raw, after in journal.linked_lines(head):
            parsed(raw, after)
            head = after
            yield head
        if head.offset >= min(all_of_it, journal.size) or time.monotonic() >= deadline:
            break
        time.sleep(SETTLING / 20)
    if head.sequence == 0 and journal.size == 0:
        raise BrokenJournal(1, "the log is empty", head)
    if head.offset < min(all_of_it, journal.size):
        raise BrokenJournal(head.sequence + 1, "it is torn: it was never told as done", head)


def backup(session: Session, path: Path) -> None:
    """Copy a store into a tar archive, while others may go on changing it.

    The snapshot is opened before the journal is measured, which only grows: so the copy of the journal holds all that
    the copy of the snapshot does.

    Args:
        session: at the store.
        path: a file, which only its owner may read then, or a device or pipe that is there; `-` is standard output.

    Raises:
        BadInput: it cannot be written there; a file that was there is as it was.
        StoreUnusable: the store cannot be read, or was replaced meanwhile.
    """
    if str(path) == STANDARD_STREAM:
        _write_archive(session, sys.stdout.buffer)
        return
    check_not_of_store(path, session)
    try:
        if takes_a_stream(path):
            with path.open("wb") as file:
                _write_archive(session, file)
        else:
            _write_file(session, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.", "Choose another file.") from error


def _write_file(session: Session, path: Path) -> None:
    new = beside(path)
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
        with open(descriptor, "wb") as file:  # noqa: PTH123  # a descriptor
            _write_archive(session, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink()
    sync_folder(path.parent)


def _write_archive(session: Session, file: IO[bytes]) -> None:
    with ExitStack() as stack:
        try:
            sources = _sources(session.store.folder, stack)
        except OSError as error:
            raise StoreUnusable(
                f"{error.filename} cannot be read: {error.strerror or error}.", "Check its permissions."
            ) from error
        archive = stack.enter_context(tarfile.open(fileobj=file, mode="w|"))
        for name, source, size in sources:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = size, PRIVATE_FILE
            entry.mtime = int(session.clock.now().timestamp())
            archive.addfile(entry, source)
    session.catch_up()  # which tells if somebody put another journal in the place of the one that was copied


def _sources(folder: Path, stack: ExitStack) -> list[tuple[str, IO[bytes], int]]:
    """The files of a store, open, and how many bytes of each belong to the copy."""
    found: list[tuple[str, IO[bytes], int]] = []
    for name in (SNAPSHOT_FILE, JOURNAL_FILE):
        with suppress(FileNotFoundError):
            file = stack.enter_context((folder / name).open("rb"))
            size = os.fstat(file.fileno()).st_size
            found.append((name, file, _whole_lines(file.fileno(), size) if name == JOURNAL_FILE else size))
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
