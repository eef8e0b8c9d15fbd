"""The doctor: examines everything in a store's folder, and repairs what can be repaired without losing anything.

Whatever a repaired file takes the place of is kept in the folder `set-aside`. Repairing holds the store's lock, so
that no other process writes meanwhile; open consoles notice that the journal was replaced, and say so.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.codes import Message, message
from kconsole.core.consistency import checked
from kconsole.core.errors import BadInput, NotFound, StoreUnusable
from kconsole.core.history import Change, Commit, Operator
from kconsole.core.times import SystemClock
from kconsole.store.engine import START, BrokenJournal, DamagedSnapshot, Head, unreadable, unwritable
from kconsole.store.file_engine.engine import refuse_links
from kconsole.store.file_engine.files import PRIVATE_FILE, PRIVATE_FOLDER, beside, sync_folder
from kconsole.store.file_engine.journal_file import JOURNAL_FILE, JournalFile
from kconsole.store.file_engine.locking import LOCK_FILE, StoreLock
from kconsole.store.file_engine.snapshot_file import (
    BACKUP_FILE,
    DAMAGED_FILE,
    SNAPSHOT_FILE,
    PlacedSnapshot,
    read_snapshot,
    write_snapshot,
)
from kconsole.store.journal_line import body_of, commit_of, head_after, linked
from kconsole.store.records import Records
from kconsole.store.tables import encoded_tables

ASIDE_FOLDER: Final = "set-aside"
"""Where the doctor puts what is in the way."""

LEAST_FREE: Final = 64 * 1024 * 1024
"""Bytes of free disk below which the doctor warns."""

MEND: Final = "mend"
"""The operation that begins a journal which the doctor made."""

_YOUNG: Final = 60.0
"""Seconds for which a temporary file is taken for one that another process is writing."""

_SETTLING: Final = 0.2
"""Seconds in which a line that another process is writing grows or ends."""


class Finding(NamedTuple):
    """Something that the doctor found."""

    code: str
    """What it is about; part of the JSON output."""
    what: Message
    remedy: tuple[Message, ...] = ()
    serious: bool = True
    """Whether something is wrong, rather than worth knowing."""
    mendable: bool = False
    mended: bool = False


class _Good(NamedTuple):
    """What is good in a store's files, up to the last good line."""

    records: Records
    next_number: int = 1
    head: Head = START
    place: int = 0
    """Where that line ends."""
    source: Message | None = None
    """Where the records come from; None if there is nothing good."""


class _Seen(NamedTuple):
    findings: tuple[Finding, ...]
    good: _Good


def examine(folder: Path) -> list[Finding]:
    """Examine everything; nothing is changed.

    Raises:
        NotFound: there is no store.
        StoreUnusable: another kconsole wrote it, or it cannot be read.
    """
    if not any((folder / name).exists() for name in (SNAPSHOT_FILE, JOURNAL_FILE, BACKUP_FILE)):
        raise NotFound("no-store", "make-or-demo", address=str(folder))
    try:
        refuse_links(folder)
        return list(_findings(folder))
    except OSError as error:
        raise unreadable(str(error.filename or folder), error) from error


def _findings(folder: Path) -> Iterator[Finding]:
    for path, _ in _too_open(folder):
        what = message("others-can-read", file=str(path))
        yield Finding("permissions", what, (message("only-owner-should"),), mendable=True)
    seen = _look(folder, settled=False)
    yield from seen.findings
    records = seen.good.records
    try:
        checked(records.inventory, "")
    except BadInput as contradictions:
        what = message("store-contradicts-itself", problems=contradictions.details or (contradictions.happened,))
        yield Finding("records", what, (message("dump-edit-restore"),))
    if records.pending_changes:
        asked = [target.address for pending in records.pending_changes.values() for target in pending.targets]
        what = message("unconfirmed-at-server", addresses=asked)
        yield Finding("open", what, (message("sync-confirms"),), serious=False)
    if leftovers := _leftovers(folder, before=SystemClock().now().timestamp() - _YOUNG):
        what = message("left-over-files", files=[path.name for path in leftovers])
        remedy = (message("move-to-folder", folder=ASIDE_FOLDER),)
        yield Finding("leftovers", what, remedy, serious=False, mendable=True)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        what = message("disk-nearly-full", megabytes=free // 1024**2, folder=str(folder))
        yield Finding("disk", what, (message("make-room-on-disk"),))


# What the files say


def _look(folder: Path, *, settled: bool) -> _Seen:
    """Read journal and snapshot; `settled` if the lock is held, so that no other process is in the middle of a line."""
    snapshot, trouble = _snapshot_in(folder / SNAPSHOT_FILE)
    try:
        journal = JournalFile.open(folder / JOURNAL_FILE, read_only=True)
    except FileNotFoundError:
        what = message("journal-missing", journal=str(folder / JOURNAL_FILE))
        return _without_good_journal(folder, None, snapshot, trouble, what)
    with closing(journal):
        return _with_journal(folder, journal, snapshot, trouble, settled)


def _with_journal(
    folder: Path, journal: JournalFile, snapshot: PlacedSnapshot | None, trouble: Message | None, settled: bool
) -> _Seen:
    name = str(folder / JOURNAL_FILE)
    whole, broken, at_snapshot = _replayed(journal, _Good(Records()), snapshot)
    if broken is None and whole.head == START:
        broken = BrokenJournal(1, "journal-empty", START)
    if broken is None and snapshot is not None and at_snapshot is None:
        broken = BrokenJournal(snapshot.snapshot.head.sequence, "not-the-line-of-the-snapshot", whole.head)
    if broken is not None:
        what = message("journal-damaged", journal=name, line=broken.line, reason=broken.why)
        return _without_good_journal(folder, journal, snapshot, trouble, what, broken.line - 1)
    findings = list(_of_snapshot(folder, snapshot, at_snapshot, trouble))
    if journal.size > whole.place and (settled or _stays_torn(journal, whole.place)):
        what, remedy = message("torn-last-line", journal=name), (message("can-be-set-aside"),)
        findings.append(Finding("torn", what, remedy, serious=False, mendable=True))
    return _Seen(tuple(findings), whole._replace(source=message("good-journal")))


def _without_good_journal(
    folder: Path,
    journal: JournalFile | None,
    snapshot: PlacedSnapshot | None,
    trouble: Message | None,
    what: Message,
    good_lines: int = 0,
) -> _Seen:
    """What is left if the journal is damaged after so many good lines, or missing."""
    code, good = "no-journal" if journal is None else "journal", _best_of(folder, journal, snapshot)
    remedy = [message("nothing-good-restore-backup")]
    if good.source is not None:
        remedy = [message("restore-or-begin-with", source=good.source)]
        lines = 0 if journal is None else sum(1 for _ in journal.lines())
        if (lost := lines - max(good.head.sequence, good_lines)) > 0:
            remedy.append(message("lines-not-in-it", count=lost))
    findings = [Finding(code, what, tuple(remedy), mendable=good.source is not None)]
    if snapshot is None:
        serious = journal is None or trouble is not None
        about = _about_snapshot(folder, trouble)
        findings.insert(0, Finding("snapshot", about, (), serious, mendable=good.source is not None))
    return _Seen(tuple(findings), good)


def _about_snapshot(folder: Path, trouble: Message | None) -> Message:
    name = str(folder / SNAPSHOT_FILE)
    if trouble is None:
        return message("snapshot-missing", snapshot=name)
    return message("snapshot-damaged", snapshot=name, reason=trouble)


def _of_snapshot(
    folder: Path, snapshot: PlacedSnapshot | None, journal_says: Records | None, trouble: Message | None
) -> Iterator[Finding]:
    remedy = (message("rebuild-from-journal"),)
    if snapshot is None:
        is_missing = trouble is None  # which is how a new store begins
        code = "no-snapshot" if is_missing else "snapshot"
        yield Finding(code, _about_snapshot(folder, trouble), remedy, not is_missing, mendable=True)
    elif journal_says is None or _records_of(snapshot).tables != journal_says.tables:
        what = message("snapshot-differs", snapshot=str(folder / SNAPSHOT_FILE))
        yield Finding("snapshot", what, remedy, mendable=True)


def _replayed(
    journal: JournalFile, start: _Good, snapshot: PlacedSnapshot | None
) -> tuple[_Good, BrokenJournal | None, Records | None]:
    """What the lines after a start add up to, what is wrong with the first bad one, and the records at a snapshot."""
    records, next_number, head, place, _ = start
    at_snapshot, broken = None, None
    wanted = None if snapshot is None else (snapshot.snapshot.head, snapshot.place)
    try:
        for raw in journal.lines(place):
            after = head_after(raw, head)
            commit, next_number = commit_of(raw, after)
            for change in commit.changes:
                records.take(change)
            head, place = after, place + len(raw)
            if (head, place) == wanted:
                at_snapshot = records.copy()
    except BrokenJournal as found:
        broken = found
    return _Good(records, next_number, head, place), broken, at_snapshot


def _best_of(folder: Path, journal: JournalFile | None, snapshot: PlacedSnapshot | None) -> _Good:
    """What is good if the journal as a whole is not: a snapshot with the lines after it, or lines from the first."""
    starts: list[tuple[str, _Good]] = []
    for name, found in ((SNAPSHOT_FILE, snapshot), (BACKUP_FILE, _backup_in(folder))):
        if found is not None:
            starts.append(
                (name, _Good(_records_of(found), found.snapshot.next_number, found.snapshot.head, found.place))
            )
    best = _Good(Records())
    for name, start in (*starts, ("", _Good(Records()))):
        good = start if journal is None else _replayed(journal, start, None)[0]
        if good.head.sequence > best.head.sequence:
            last = good.head.sequence
            source = message("good-lines", last=last)
            if name:
                source = message("good-snapshot", name=name)
                if last > start.head.sequence:
                    source = message("good-snapshot-and-lines", name=name, last=last)
            best = good._replace(source=source)
    return best


def _snapshot_in(path: Path) -> tuple[PlacedSnapshot | None, Message | None]:
    """A snapshot, or what is wrong with it; neither if there is none."""
    try:
        snapshot = read_snapshot(path)
        _records_of(snapshot)
    except FileNotFoundError:
        return None, None
    except DamagedSnapshot as damage:
        return None, damage.why
    return snapshot, None


def _backup_in(folder: Path) -> PlacedSnapshot | None:
    with suppress(StoreUnusable):  # it may be of another format
        return _snapshot_in(folder / BACKUP_FILE)[0]
    return None


def _records_of(snapshot: PlacedSnapshot) -> Records:
    records = Records()
    records.load(snapshot.snapshot.body)
    return records


def _stays_torn(journal: JournalFile, place: int) -> bool:
    """Whether no one is writing the line that has no end: it is the same after a while."""
    before = journal.size
    time.sleep(_SETTLING)
    return journal.size == before and not any(True for _ in journal.lines(place))


# Repairing


def mend(
    folder: Path, findings: list[Finding], operator: Operator, patience: float, worded: Callable[[Message], str]
) -> list[Finding]:
    """Repair what can be repaired; whatever is in the way goes into the folder `set-aside`.

    Returns what was found before, with what was repaired, and what is still wrong.

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
        refuse_links(folder)
        try:
            with closing(StoreLock(folder / LOCK_FILE)) as lock:
                lock.acquire(patience, operator.shown)
                try:
                    _mend_under_lock(folder, operator, worded)
                finally:
                    lock.release()
        except BrokenJournal as damage:
            journal = str(folder / JOURNAL_FILE)
            raise StoreUnusable("journal-damaged", journal=journal, line=damage.line, reason=damage.why) from None
        except OSError as error:
            raise unwritable(str(error.filename or folder), error) from error
    left = examine(folder)
    codes = {finding.code for finding in left}
    mended = [finding._replace(mended=True) for finding in findings if finding.mendable and finding.code not in codes]
    return [*mended, *left]


def _mend_under_lock(folder: Path, operator: Operator, worded: Callable[[Message], str]) -> None:
    for path, mode in _too_open(folder):
        path.chmod(mode)
    findings, good = _look(folder, settled=True)
    codes = {finding.code for finding in findings if finding.mendable}
    if codes & {"journal", "no-journal"}:
        _begin_with_good(folder, operator, good, worded)
    else:
        if "torn" in codes:
            with closing(JournalFile.open(folder / JOURNAL_FILE)) as journal:
                journal.mend_torn_tail(good.head, good.place)
            _, good = _look(folder, settled=True)
        if codes & {"snapshot", "no-snapshot"}:
            _keep(folder, SNAPSHOT_FILE, BACKUP_FILE)
            _write_snapshot(folder, good)
    for path in _leftovers(folder):
        path.replace(_place_aside(folder, path.name))
    sync_folder(folder)


def _begin_with_good(folder: Path, operator: Operator, good: _Good, worded: Callable[[Message], str]) -> None:
    """Put a new journal in place that begins with what is good.

    The snapshot comes first: after a crash between the two, it stands beside the old journal with everything that is
    good, and the repair begins again.
    """
    tables = good.records.tables.items()
    changes = [Change(table, number, None, record) for table, records in tables for number, record in records.items()]
    reason = worded(message("rebuilt-from", source=good.source, folder=ASIDE_FOLDER))
    commit = Commit(1, SystemClock().now(), operator, "", MEND, reason, tuple(changes))
    line, own = linked(body_of(commit, good.next_number), START.hash)
    new = beside(folder / JOURNAL_FILE)
    _keep(folder, SNAPSHOT_FILE, BACKUP_FILE, JOURNAL_FILE)
    try:
        JournalFile.create(new, line).close()
        _write_snapshot(folder, good._replace(head=Head(1, own), place=len(line)))
        new.replace(folder / JOURNAL_FILE)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()
    sync_folder(folder)


def _write_snapshot(folder: Path, good: _Good) -> None:
    body = encoded_tables(good.records.tables)
    write_snapshot(folder / SNAPSHOT_FILE, good.head, good.place, good.next_number, body)


def _keep(folder: Path, *names: str) -> None:
    """Keep the present files aside, before others take their place."""
    for name in names:
        path = folder / name
        if path.exists():
            place = _place_aside(folder, name)
            try:
                place.hardlink_to(path)
            except OSError:  # a file system without links
                shutil.copy2(path, place)
            with place.open("rb") as file:
                os.fsync(file.fileno())
    if (folder / ASIDE_FOLDER).exists():
        sync_folder(folder / ASIDE_FOLDER)


def _place_aside(folder: Path, name: str) -> Path:
    """A name that nothing has, in the folder for what is set aside."""
    aside = folder / ASIDE_FOLDER
    aside.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    number = 1
    while os.path.lexists(place := aside / f"{name.lstrip('.')}.{number}"):
        number += 1
    return place


def _too_open(folder: Path) -> list[tuple[Path, int]]:
    """What others may read, and the mode it should have. What links point to is no part of the store."""
    aside = folder / ASIDE_FOLDER
    paths = [folder, *folder.iterdir(), *(aside.iterdir() if aside.is_dir() else ())]
    found = []
    for path in paths:
        with suppress(FileNotFoundError):  # another process removed it just now
            if path.stat().st_mode & 0o077 and (path == folder or not path.is_symlink()):
                found.append((path, PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE))
    return found


def _leftovers(folder: Path, before: float | None = None) -> list[Path]:
    """Temporary files, and what was set aside at once.

    Temporary files count from before that many seconds since 1970; with None all of them, when no one can be writing.
    """
    temporary = []
    for path in folder.glob(".*.new"):
        with suppress(FileNotFoundError):
            if before is None or path.stat().st_mtime < before:
                temporary.append(path)
    return sorted([*temporary, *folder.glob("journal.torn-*"), *folder.glob(f"{DAMAGED_FILE}*")])
