"""The doctor: looks at everything in a store's folder, and mends what can be mended without losing anything.

Whatever a mended file takes the place of is kept in the folder `set-aside`. Mending holds the store's lock, so that
nobody writes meanwhile; consoles that are open notice that the journal was replaced, and say so.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.consistency import checked
from kconsole.core.errors import BadInput, NotFound, StoreUnusable
from kconsole.core.history import Commit, Operator
from kconsole.core.times import Clock
from kconsole.store.commit_codec import body_of, changes_of
from kconsole.store.errors import NONSENSE, refuse_links
from kconsole.store.files import PRIVATE_FILE, PRIVATE_FOLDER, beside, sync_folder
from kconsole.store.journal import JOURNAL_FILE, BrokenJournal, Head, Journal, parsed
from kconsole.store.locking import LOCK_FILE, SERVER_LOCK_FILE, StoreLock
from kconsole.store.records import Records
from kconsole.store.seatstore import SeatStore
from kconsole.store.snapshot import SNAPSHOT_FILE, DamagedSnapshot, Snapshot, read_snapshot, write_snapshot
from kconsole.store.storage import SeatStorage

ASIDE_FOLDER: Final = "set-aside"
"""Where the doctor puts what is in the way."""

BACKUP_FILE: Final = f"{SNAPSHOT_FILE}.bak"

LEAST_FREE: Final = 64 * 1024 * 1024
"""Bytes of free disk below which the doctor warns."""

MENDED: Final = "mend"
"""The deed that begins a journal which the doctor made."""

_JOURNAL_CODES: Final = frozenset({"journal", "no-journal"})
_SNAPSHOT_CODES: Final = frozenset({"snapshot", "no-snapshot"})


class Finding(NamedTuple):
    """Something that the doctor found."""

    code: str
    text: str
    remedy: str = ""
    serious: bool = True
    """Whether something is wrong, rather than worth knowing."""
    mendable: bool = False
    mended: bool = False


class _Seen(NamedTuple):
    """What a store's files say."""

    findings: tuple[Finding, ...]
    records: Records
    """What is good: all of the journal, or where that is broken, what a snapshot and it add up to."""
    next_number: int
    head: Head
    """The last good line."""
    source: str
    """Where the records come from."""


def examine(folder: Path, clock: Clock) -> list[Finding]:
    """Look at everything; nothing is changed.

    Raises:
        NotFound: there is no store.
        StoreUnusable: a newer kconsole wrote it, or it cannot be read.
    """
    if not any((folder / name).exists() for name in (SNAPSHOT_FILE, JOURNAL_FILE, BACKUP_FILE)):
        raise NotFound(f"There is no store in {folder}.", "Make one with 'kconsole init --seats N'.")
    refuse_links(folder, SNAPSHOT_FILE, JOURNAL_FILE, LOCK_FILE, SERVER_LOCK_FILE)
    with _reporting(folder, "read"):
        return list(_findings(folder, clock))


def mend(folder: Path, clock: Clock, operator: Operator, patience: float) -> None:
    """Mend what can be mended; whatever is in the way goes into the folder `set-aside`.

    Raises:
        StoreBusy: another process holds the store.
        StoreUnusable: it cannot be written.
    """
    refuse_links(folder, SNAPSHOT_FILE, JOURNAL_FILE, LOCK_FILE, SERVER_LOCK_FILE)
    with _reporting(folder, "written"), closing(StoreLock(folder / LOCK_FILE)) as lock:
        lock.acquire(patience, operator.shown)
        try:
            is_old = _mend_under_lock(folder, clock, operator)
        finally:
            lock.release()
    if is_old:
        SeatStore.open(folder, clock, patience, operator).close()


def _mend_under_lock(folder: Path, clock: Clock, operator: Operator) -> bool:
    """Returns whether the store still has to be brought to the format of now, which it does when it is opened."""
    for path, mode in _too_open(folder):
        path.chmod(mode)
    seen = _look(folder, settled=True)
    codes = {finding.code for finding in seen.findings if finding.mendable}
    if codes & _JOURNAL_CODES:
        _begin_anew(folder, clock, operator, seen)
    else:
        if "torn" in codes:
            _mend_torn_tail(folder)
            seen = _look(folder, settled=True)
        if codes & _SNAPSHOT_CODES:
            _keep(folder, SNAPSHOT_FILE, BACKUP_FILE)
            write_snapshot(folder / SNAPSHOT_FILE, seen.records.views, seen.next_number, seen.head)
    for path in _leftovers(folder):
        path.replace(_place_aside(folder, path.name))
    sync_folder(folder)
    return "old-format" in codes


@contextmanager
def _reporting(folder: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnusable(
            f"{error.filename or folder} cannot be {done}: {error.strerror or error}.",
            "Check its permissions and the disk, then try again.",
        ) from error


def _findings(folder: Path, clock: Clock) -> Iterator[Finding]:
    for path, _ in _too_open(folder):
        yield Finding("permissions", f"{path} can be read by others.", "Only its owner should.", mendable=True)
    seen = _look(folder, settled=False)
    yield from seen.findings
    yield from _contradictions(seen.records)
    if seen.records.pending_changes:
        addresses = [target.address for pending in seen.records.pending_changes.values() for target in pending.targets]
        named = ", ".join(addresses[:3]) + (f" and {len(addresses) - 3:,} more" if len(addresses) > 3 else "")
        text = f"The server was asked to change {named}, and it is not known whether it did."
        yield Finding("open", text, "'kconsole sync' asks the server.", serious=False)
    leftovers = _leftovers(folder, before=clock.now().timestamp() - _YOUNG)
    if leftovers:
        names = ", ".join(path.name for path in leftovers)
        text = f"Left over from a crash or an earlier trouble: {names}."
        yield Finding("leftovers", text, f"They can go into '{ASIDE_FOLDER}'.", serious=False, mendable=True)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        text = f"Only {free // 1024**2} MB are free on the disk of {folder}."
        yield Finding("disk", text, "A full disk stops every change. Make room.")


_YOUNG: Final = 60.0
"""Seconds for which a temporary file is taken for one that another process is writing."""


# What the files say


def _look(folder: Path, *, settled: bool) -> _Seen:
    """Read journal and snapshot.

    Args:
        folder: the store.
        settled: whether the lock is held, so that nobody is in the middle of a line.
    """
    snapshot, trouble = _snapshot_in(folder / SNAPSHOT_FILE)
    try:
        journal = Journal.open(folder / JOURNAL_FILE, read_only=True)
    except FileNotFoundError:
        return _without_journal(folder, snapshot, trouble)
    with closing(journal):
        return _with_journal(folder, journal, snapshot, trouble, settled)


def _with_journal(folder: Path, journal: Journal, snapshot: Snapshot | None, trouble: str, settled: bool) -> _Seen:
    path = folder / JOURNAL_FILE
    whole = _replayed(journal, Head(), Records(), 1, snapshot)
    if whole.broken is None and whole.head.sequence == 0:
        whole = whole._replace(broken=BrokenJournal(1, "it is empty", Head()))
    if whole.broken is None and snapshot is not None and snapshot.head is not None and whole.at_snapshot is None:
        why = f"it is not the line that {SNAPSHOT_FILE} was made from; the end was cut off, or another file put here"
        whole = whole._replace(broken=BrokenJournal(snapshot.head.sequence, why, whole.head))
    if whole.broken is not None:
        return _broken_journal(folder, journal, snapshot, trouble, whole.broken)
    findings = list(_of_snapshot(folder, snapshot, whole.at_snapshot, trouble))
    if journal.size > whole.head.offset and (settled or _stays_torn(journal, whole.head)):
        text = f"The last line of {path} is torn: it was never told as done."
        findings.append(Finding("torn", text, "It can be set aside.", serious=False, mendable=True))
    return _Seen(tuple(findings), whole.records, whole.next_number, whole.head, "the journal")


def _broken_journal(
    folder: Path, journal: Journal, snapshot: Snapshot | None, trouble: str, broken: BrokenJournal
) -> _Seen:
    text = f"{folder / JOURNAL_FILE} is damaged at line {broken.line}: {broken.why}."
    findings = []
    if trouble and snapshot is None:
        findings.append(Finding("snapshot", f"{folder / SNAPSHOT_FILE} {trouble}.", "", "missing" not in trouble))
    best = _best_of(folder, journal, snapshot)
    lines = sum(1 for _ in journal.raw_lines())
    left_out = max(lines - max(best.head.sequence, broken.line - 1), 0)
    if not best.source:
        remedy = "Nothing good is left to begin with: bring it back from a backup."
        return _Seen((*findings, Finding("journal", text, remedy)), best.records, 1, Head(), "")
    lost = f" What is in the {left_out} lines from there on is not in it." if left_out else ""
    remedy = (
        f"Bring it back from a backup. Or let a new journal begin with what is good, that is {best.source};"
        f" the old one is kept aside.{lost}"
    )
    findings = [finding._replace(mendable=True) for finding in findings]
    return best._replace(findings=(*findings, Finding("journal", text, remedy, mendable=True)))


def _without_journal(folder: Path, snapshot: Snapshot | None, trouble: str) -> _Seen:
    path = folder / JOURNAL_FILE
    if snapshot is not None and snapshot.head is None:
        text = f"The store in {folder} is in an older format, without a journal."
        finding = Finding("old-format", text, "It is brought to the new one when it is opened.", False, mendable=True)
        return _Seen((finding,), _records_of(snapshot), snapshot.next_number, Head(), "")
    findings = []
    if snapshot is None:
        findings.append(Finding("snapshot", f"{folder / SNAPSHOT_FILE} {trouble}.", "Bring it back from a backup."))
    best = _best_of(folder, None, snapshot)
    if not best.source:
        findings.append(Finding("no-journal", f"{path} is missing.", "Bring it back from a backup."))
        return best._replace(findings=tuple(findings))
    remedy = f"Bring it back from a backup. Or let a new one begin with what is good, that is {best.source}."
    findings = [finding._replace(mendable=True) for finding in findings]
    findings.append(Finding("no-journal", f"{path} is missing.", remedy, mendable=True))
    return best._replace(findings=tuple(findings))


class _Replay(NamedTuple):
    """What some lines of a journal came to."""

    records: Records
    next_number: int
    head: Head
    broken: BrokenJournal | None
    at_snapshot: Records | None
    """The records as of the line that a snapshot was made from."""


def _replayed(journal: Journal, head: Head, records: Records, next_number: int, snapshot: Snapshot | None) -> _Replay:
    """Take the good lines after a head."""
    at_snapshot, broken = None, None
    wanted = None if snapshot is None else snapshot.head
    try:
        for raw, after in journal.linked_lines(head):
            body = parsed(raw, after).body
            try:
                changes, following = changes_of(body), int(body["next_number"])
            except NONSENSE as error:
                raise BrokenJournal(after.sequence, f"it makes no sense ({error!r})", head) from None
            for change in changes:
                records.take(change)
            head, next_number = after, following
            if head == wanted:
                at_snapshot = _copy(records)
    except BrokenJournal as found:
        broken = found
    return _Replay(records, next_number, head, broken, at_snapshot)


def _best_of(folder: Path, journal: Journal | None, snapshot: Snapshot | None) -> _Seen:
    """What is good where the journal as a whole is not: a snapshot with the lines after it, or lines from the first."""
    starts: list[tuple[str, Records, int, Head]] = []
    for name, found in ((SNAPSHOT_FILE, snapshot), (BACKUP_FILE, _snapshot_in(folder / BACKUP_FILE)[0])):
        if found is not None and found.head is not None:
            starts.append((name, _records_of(found), found.next_number, found.head))
    starts.append(("", Records(), 1, Head()))
    best = _Seen((), Records(), 1, Head(), "")
    for name, records, next_number, head in starts:
        replay = _Replay(records, next_number, head, None, None)
        if journal is not None:
            replay = _replayed(journal, head, records, next_number, None)
        if replay.head.sequence > best.head.sequence:
            source = f"what {name} holds" if name else "the beginning of the journal"
            if name and replay.head.sequence > head.sequence:
                source += f" and the lines up to {replay.head.sequence}"
            elif not name:
                source = f"the lines up to {replay.head.sequence}"
            best = _Seen((), replay.records, replay.next_number, replay.head, source)
    return best


def _snapshot_in(path: Path) -> tuple[Snapshot | None, str]:
    """A snapshot, or what is wrong with it."""
    try:
        snapshot = read_snapshot(path)
        _records_of(snapshot)
    except FileNotFoundError:
        return None, "is missing"
    except DamagedSnapshot as damage:
        return None, f"is damaged: {damage}"
    except NONSENSE as error:
        return None, f"is damaged: a record in it makes no sense ({error!r})"
    return snapshot, ""


def _of_snapshot(
    folder: Path, snapshot: Snapshot | None, journal_says: Records | None, trouble: str
) -> Iterator[Finding]:
    path, remedy = folder / SNAPSHOT_FILE, "It can be made anew from the journal."
    if snapshot is None:
        is_missing = trouble == "is missing"  # which is how a new store begins
        code = "no-snapshot" if is_missing else "snapshot"
        yield Finding(code, f"{path} {trouble}.", remedy, not is_missing, mendable=True)
    elif snapshot.head is None:
        yield Finding("snapshot", f"{path} is older than the journal.", remedy, serious=False, mendable=True)
    elif journal_says is None or _records_of(snapshot).tables != journal_says.tables:
        yield Finding("snapshot", f"{path} is not what the journal adds up to.", remedy, mendable=True)


def _stays_torn(journal: Journal, head: Head) -> bool:
    """Whether nobody is writing the line that has no end: it is the same after a while."""
    from time import sleep

    before = journal.size
    sleep(_SETTLING)
    return journal.size == before and not any(True for _ in journal.raw_lines(head.offset))


_SETTLING: Final = 0.2
"""Seconds in which a line that another process is writing grows or ends."""


def _contradictions(records: Records) -> Iterator[Finding]:
    try:
        checked(records.inventory, "The store")
    except BadInput as error:
        text = f"The store contradicts itself: {'; '.join(detail.code for detail in error.details) or error.code}."
        yield Finding("records", text, "Set it right with 'kconsole dump', an editor, and 'kconsole restore'.")


def _records_of(snapshot: Snapshot) -> Records:
    records = Records()
    for table, documents in snapshot.tables.items():
        records.load(table, {number: dict(document) for number, document in documents.items()})  # which uses them up
    return records


def _copy(records: Records) -> Records:
    copy = Records()
    for table, kept in records.tables.items():
        copy.tables[table].update(kept)
    return copy


# Mending


def _begin_anew(folder: Path, clock: Clock, operator: Operator, seen: _Seen) -> None:
    """Put a new journal in place that begins with what is good.

    The snapshot comes first: whoever finds it beside the old journal, after a crash between the two, finds everything
    that is good in it, and begins anew again.
    """
    storage = SeatStorage(seen.records)
    storage.stage_everything()
    net = storage.net()
    reason = f"made anew from {seen.source}; what was there before is in {ASIDE_FOLDER}"
    commit = Commit(1, clock.now(), operator, "", MENDED, reason, net.records)
    new = beside(folder / JOURNAL_FILE)
    _keep(folder, SNAPSHOT_FILE, BACKUP_FILE, JOURNAL_FILE)
    try:
        with closing(Journal.create(new, body_of(commit, seen.next_number, net.documents))) as journal:
            write_snapshot(folder / SNAPSHOT_FILE, seen.records.views, seen.next_number, journal.head)
        new.replace(folder / JOURNAL_FILE)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()
    sync_folder(folder)


def _mend_torn_tail(folder: Path) -> None:
    with closing(Journal.open(folder / JOURNAL_FILE)) as journal:
        for _ in journal.read_on():
            pass
        journal.mend_torn_tail()


def _keep(folder: Path, *names: str) -> None:
    """Keep the files of now aside, before others take their place."""
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
    """A name in the folder for what is set aside that nothing has."""
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
        with suppress(FileNotFoundError):  # another process took it away just now
            if path.stat().st_mode & 0o077 and (path == folder or not path.is_symlink()):
                found.append((path, PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE))
    return found


def _leftovers(folder: Path, before: float | None = None) -> list[Path]:
    """Temporary files and what was set aside at once.

    Args:
        folder: the store.
        before: only temporary files that are older, as seconds since 1970; None for all, where nobody can be writing.
    """
    temporary = []
    for path in folder.glob(".*.new"):
        with suppress(FileNotFoundError):
            if before is None or path.stat().st_mtime < before:
                temporary.append(path)
    return sorted([*temporary, *folder.glob("journal.torn-*"), *folder.glob(f"{SNAPSHOT_FILE}.damaged*")])
