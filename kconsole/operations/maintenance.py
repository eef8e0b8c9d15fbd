"""Maintenance of a store: examine it, repair it, copy it, and verify its log."""

import os
import re
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import IO, Final

from kconsole.core.codes import Message
from kconsole.core.consistency import checked
from kconsole.core.errors import BadInput, NotFound, StoreUnusable
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.core.times import SystemClock
from kconsole.operations.files import STANDARD_STREAM, check_not_of_store, takes_a_stream
from kconsole.operations.session import Session
from kconsole.store.addresses import engine_at
from kconsole.store.engine import START, BrokenJournal, Head, JournalEngine
from kconsole.store.errors import broken, unreadable
from kconsole.store.file_engine import doctor
from kconsole.store.file_engine.copying import open_copies
from kconsole.store.file_engine.doctor import Finding as Finding
from kconsole.store.file_engine.files import PRIVATE_FILE, beside, sync_folder
from kconsole.store.journal_line import commit_of, head_after

_HASH: Final = re.compile(r"(?:(?P<sequence>\d+)\s+)?(?P<hash>[0-9a-fA-F]{64})")
"""A head as `log verify` shows it: the number of the line may be left out."""

SETTLING: Final = 1.0
"""Seconds in which a line that another process is writing is whole for certain."""


def examine(folder: Path) -> list[Finding]:
    """Examine everything; nothing is changed.

    Raises:
        NotFound: there is no store.
        StoreUnusable: another kconsole wrote it, or it cannot be read.
    """
    return doctor.examine(folder, SystemClock(), _contradictions)


def _contradictions(inventory: Inventory) -> tuple[Message, ...]:
    try:
        checked(inventory, "")
    except BadInput as error:
        return error.details or (error.happened,)
    return ()


def mend(
    folder: Path, findings: list[Finding], operator: Operator, patience: float, worded: Callable[[Message], str]
) -> list[Finding]:
    """Repair what can be repaired; returns what was found, with what was repaired, and what is still wrong.

    Args:
        folder: the store.
        findings: what `examine` found.
        operator: who repairs it.
        patience: seconds to wait for another process that is saving.
        worded: makes the words of the reason that a new journal begins with.

    Raises:
        StoreBusy: another process holds the store.
        StoreUnusable: it cannot be written.
    """
    if any(finding.mendable for finding in findings):
        doctor.mend(folder, SystemClock(), operator, patience, worded)
    left = examine(folder)
    codes = {finding.code for finding in left}
    mended = [finding._replace(mended=True) for finding in findings if finding.mendable and finding.code not in codes]
    return [*mended, *left]


def verify(folder: Path, head: str | None = None) -> Head:
    """Check the whole chain of the log, and return its last line's number and hash. Takes no lock.

    Args:
        folder: the store.
        head: a head that the log had once, as this shows it or its hash alone; None for none.

    Raises:
        BadInput: what was given is no head.
        NotFound: there is no log.
        StoreUnusable: a line is bad, or the log does not hold the head that it once had.
    """
    known = None if head is None else _HASH.fullmatch(head.strip())
    if head is not None and known is None:
        raise BadInput("not-a-head", "head-is-what-verify-shows", head=head)
    wanted, seen, last = (known["hash"].lower() if known else ""), False, START
    with closing(engine_at(folder, read_only=True)) as engine:
        if not engine.open():
            raise NotFound("no-log", "name-the-store", folder=str(folder))
        try:
            for last in _verified(engine):
                seen = seen or last.hash == wanted
        except BrokenJournal as damage:
            raise broken(engine.journal_name, damage) from None
        if known is not None and not seen:
            raise StoreUnusable("head-not-in-log", "compare-with-backup", journal=engine.journal_name, head=wanted)
    return last


def _verified(engine: JournalEngine) -> Iterator[Head]:
    """The head after each line that is there now; what others add meanwhile is left out.

    A last line without an end is being written, unless it stays so.

    Raises:
        BrokenJournal: at the first bad line.
    """
    head, last = START, engine.head()
    for raw in engine.read_after(START):
        head = head_after(raw, head)
        commit_of(raw, head)
        yield head
        if head.sequence >= last.sequence:
            break
    deadline = time.monotonic() + SETTLING
    with engine.watch() as changes:
        while changes.since(head) and not any(True for _ in engine.read_after(head)):
            if time.monotonic() >= deadline:
                raise BrokenJournal(head.sequence + 1, "line-has-no-end", head)
            time.sleep(SETTLING / 20)
    if head == START:
        raise BrokenJournal(1, "journal-empty", head)


def backup(session: Session, path: Path) -> None:
    """Copy a store into a tar archive, while others may go on changing it.

    Args:
        session: at the store.
        path: a file, which only its owner may read then, or a device or pipe that exists; `-` is standard output.

    Raises:
        BadInput: it cannot be written there; a file that was there is as it was.
        StoreUnusable: the store cannot be read, or was replaced meanwhile.
    """
    if str(path) == STANDARD_STREAM:
        _write_archive(session, sys.stdout.buffer)
        return
    check_not_of_store(path, session.store.folder)
    try:
        if takes_a_stream(path):
            with path.open("wb") as file:
                _write_archive(session, file)
        else:
            _write_file(session, path)
    except OSError as error:
        raise BadInput(
            "unwritable", "choose-another-file", file=str(path), error=error.strerror or str(error)
        ) from error


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
            copies = open_copies(session.store.folder, stack)
        except OSError as error:
            raise unreadable(str(error.filename), error) from error
        archive = stack.enter_context(tarfile.open(fileobj=file, mode="w|"))
        for copy in copies:
            entry = tarfile.TarInfo(copy.name)
            entry.size, entry.mode = copy.size, PRIVATE_FILE
            entry.mtime = int(session.clock.now().timestamp())
            archive.addfile(entry, copy.file)
    session.catch_up()  # which fails if another journal was put in the place of the one that was copied
