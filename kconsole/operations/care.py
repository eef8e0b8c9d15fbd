"""Taking care of a store: check it, mend it, copy it, and check that nobody changed its log."""

import io
import tarfile
from pathlib import Path

from kconsole.model.errors import BadInput, NotFound, StoreUnusable
from kconsole.model.history import Operator
from kconsole.model.times import SystemClock
from kconsole.operations.dumps import check_not_of_store
from kconsole.operations.session import Session
from kconsole.store import doctor
from kconsole.store.doctor import Finding as Finding
from kconsole.store.files import PRIVATE_FILE, write_whole
from kconsole.store.journal import JOURNAL_FILE, BrokenJournal, Head, Journal, parsed
from kconsole.store.snapshot import SNAPSHOT_FILE


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


def verify(folder: Path, head: str = "") -> Head:
    """Check the whole chain of the log, and return its last line's number and hash.

    Args:
        folder: the store.
        head: a hash that the log had as its head once; empty for none.

    Raises:
        NotFound: there is no log.
        StoreUnusable: a line is bad, or the log does not hold the head that it once had.
    """
    path = folder / JOURNAL_FILE
    try:
        journal = Journal.open(path, read_only=True)
    except OSError as error:
        raise NotFound(f"There is no log in {folder}: {error.strerror}.") from error
    last, seen = Head(), not head
    try:
        for raw, last in journal.linked_lines():
            parsed(raw, last)
            seen = seen or last.hash == head
        if journal.size != last.offset:
            raise BrokenJournal(last.sequence + 1, "it is torn: it was never told as done", last)
    except BrokenJournal as broken:
        raise StoreUnusable(f"{path} is bad at line {broken.line}: {broken.why}.", "See 'kconsole doctor'.") from None
    finally:
        journal.close()
    if not seen:
        raise StoreUnusable(
            f"{path} does not hold the head {head[:16]}...: its end was cut off, or it was made anew.",
            "Compare it with a backup.",
        )
    return last


def backup(session: Session, path: Path) -> None:
    """Copy a store into a tar archive, while others may go on changing it.

    The snapshot is read before the journal, which only grows: so the copy of the journal holds all that the copy of the
    snapshot does.

    Raises:
        BadInput: it cannot be written there.
    """
    check_not_of_store(path, session)
    buffer = io.BytesIO()
    try:
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name in (SNAPSHOT_FILE, JOURNAL_FILE):
                file = session.folder / name
                if not file.exists():
                    continue
                content = file.read_bytes()
                if name == JOURNAL_FILE:
                    content = content[: content.rfind(b"\n") + 1]
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), PRIVATE_FILE
                entry.mtime = int(session.clock.now().timestamp())
                archive.addfile(entry, io.BytesIO(content))
        write_whole(path, buffer.getvalue())
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.", "Choose another file.") from error
