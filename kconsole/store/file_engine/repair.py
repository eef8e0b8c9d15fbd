"""Repairs what the doctor found, without losing anything.

Whatever a repaired file takes the place of is kept in the folder `set-aside`. Repairing holds the store's lock, so
that no other process writes meanwhile; open consoles notice that the journal was replaced, and say so.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path

from kconsole.core.codes import Finding, Message, message
from kconsole.core.errors import StoreUnusable
from kconsole.core.history import MEND, Change, Commit, Operator
from kconsole.core.times import SystemClock
from kconsole.store.engine import START, BrokenJournal, Head, unwritable
from kconsole.store.file_engine.doctor import Look, examine, leftovers
from kconsole.store.file_engine.engine import refuse_odd_files
from kconsole.store.file_engine.files import (
    beside,
    group_of,
    make_folder,
    opened_folder,
    read_own,
    sync_folder,
    write_whole,
)
from kconsole.store.file_engine.journal_file import JournalFile
from kconsole.store.file_engine.locking import LOCK_FILE, StoreLock
from kconsole.store.file_engine.rights import ASIDE_FOLDER, put_right, refuse_network, wrong_modes
from kconsole.store.file_engine.salvage import Good, Salvage
from kconsole.store.file_engine.segments import all_segments, write_segment
from kconsole.store.file_engine.snapshot_file import BACKUP_FILE, write_snapshot
from kconsole.store.file_names import JOURNAL_FILE, SNAPSHOT_FILE
from kconsole.store.journal_line import STORE_ID_LENGTH, Checks, body_of, linked
from kconsole.store.state_sum import hash_of_sum
from kconsole.store.tables import encoded_tables


def mend(
    folder: Path,
    findings: list[Finding],
    operator: Operator,
    patience: float,
    worded: Callable[[Message], str],
    allow_network_fs: bool = False,
) -> list[Finding]:
    """Repair what can be repaired; whatever is in the way goes into the folder `set-aside`.

    Returns what `examine` found before, with what was repaired, and what is still wrong. A new journal begins with a
    reason in words, which `worded` makes.
    """
    if any(finding.mendable for finding in findings):
        refuse_odd_files(folder)
        refuse_network(folder, allow_network_fs)
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
    codes, same = {finding.code for finding in left}, [finding.what for finding in left]
    mended = [
        finding._replace(mended=True)
        for finding in findings
        if finding.mendable
        and (finding.code not in codes or (finding.code == "permissions" and finding.what not in same))
    ]
    return [*mended, *left]


def _mend_under_lock(folder: Path, operator: Operator, worded: Callable[[Message], str]) -> None:
    for wrong in wrong_modes(folder):
        if wrong.mendable:
            put_right(wrong)
    seen = Look(folder, settled=True)
    codes = {finding.code for finding in seen.findings if finding.mendable}
    if seen.salvage is not None:
        _keep_good_lines(folder, operator, seen.salvage, worded)
        seen = Look(folder, settled=True)
        codes = {finding.code for finding in seen.findings if finding.mendable}
    if codes & {"journal", "no-journal"}:
        _begin_with_good(folder, operator, seen.good, worded)
    else:
        if "torn" in codes:
            with closing(JournalFile.open(folder / JOURNAL_FILE)) as journal:
                journal.mend_torn_tail(seen.good.head, seen.good.place)
            seen = Look(folder, settled=True)
        if codes & {"snapshot", "no-snapshot"}:
            _keep(folder, SNAPSHOT_FILE, BACKUP_FILE)
            _write_snapshot(folder, seen.good)
    for path in leftovers(folder):
        _set_aside(folder, path)
    sync_folder(folder)


def _keep_good_lines(folder: Path, operator: Operator, salvage: Salvage, worded: Callable[[Message], str]) -> None:
    """Put a journal in place with all good lines; gaps stand for the lost ones, and a last line says what those did.

    Segments come first: after a crash before the journal is in place, the repair begins again.
    """
    damaged = [segment for segment in salvage.segments if salvage.has_changed(segment)]
    _keep(folder, SNAPSHOT_FILE, BACKUP_FILE, JOURNAL_FILE, *(segment.path.name for segment in damaged))
    kept: dict[int, list[bytes]] = {segment.first: [] for segment in damaged}  # read before any of them is written
    for number, raw in salvage.lines() if damaged else ():
        for segment in damaged:
            if segment.first <= number <= segment.last:
                kept[segment.first].append(raw)
    for segment in damaged:
        write_segment(segment.path, kept[segment.first])
    archived = salvage.segments[-1].last if salvage.segments else 0
    lines = (raw for number, raw in salvage.lines() if number > archived)
    write_whole(folder / JOURNAL_FILE, chain(lines, _mend_lines(operator, salvage, worded)))


def _mend_lines(operator: Operator, salvage: Salvage, worded: Callable[[Message], str]) -> Iterator[bytes]:
    """The line that says which lines are lost, if any are, and what they changed."""
    if salvage.gaps:
        lost = sum(last - first + 1 for first, last in salvage.gaps)
        reason = worded(message("lines-were-lost", lost=lost, folder=ASIDE_FOLDER))
        number = salvage.head.sequence + 1
        commit = Commit(number, SystemClock().now(), operator, "", MEND, reason, salvage.changes())
        state = hash_of_sum(salvage.records.sum()) if salvage.is_certain else ""
        checks = Checks(state=state, gaps=tuple(salvage.gaps))
        yield linked(body_of(commit, salvage.next_number, checks), salvage.head.hash)[0]


def _begin_with_good(folder: Path, operator: Operator, good: Good, worded: Callable[[Message], str]) -> None:
    """Put a new journal in place that begins with what is good.

    The snapshot comes first: after a crash between the two, it stands beside the old journal with everything that is
    good, and the repair begins again.
    """
    tables = good.records.tables.items()
    changes = [Change(table, number, None, record) for table, records in tables for number, record in records.items()]
    reason = worded(message("rebuilt-from", source=good.source, folder=ASIDE_FOLDER))
    commit = Commit(1, SystemClock().now(), operator, "", MEND, reason, tuple(changes))
    store = good.store or os.urandom(STORE_ID_LENGTH // 2).hex()
    checks = Checks(store, hash_of_sum(good.records.sum()))
    line, own = linked(body_of(commit, good.next_number, checks), START.hash)
    new = beside(folder / JOURNAL_FILE)
    _keep(folder, SNAPSHOT_FILE, BACKUP_FILE, JOURNAL_FILE)
    try:
        JournalFile.create(new, line).close()
        _write_snapshot(folder, good._replace(head=Head(1, own), place=len(line), store=store))
        new.replace(folder / JOURNAL_FILE)
        for segment in all_segments(folder):  # of the old journal
            _set_aside(folder, segment.path)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()
    sync_folder(folder)


def _write_snapshot(folder: Path, good: Good) -> None:
    body = encoded_tables(good.records.tables)
    write_snapshot(
        folder / SNAPSHOT_FILE,
        good.head,
        good.place,
        good.next_number,
        body,
        store=good.store,
        state_sum=f"{good.records.sum():x}",
    )


def _keep(folder: Path, *names: str) -> None:
    """Keep the present files aside, before others take their place."""
    for name in names:
        path, copy = folder / name, beside(folder / name)
        if path.exists():
            try:
                copy.hardlink_to(path)
            except OSError:  # a file system without links
                write_whole(copy, read_own(path))
            with copy.open("rb") as file:
                os.fsync(file.fileno())
            _set_aside(folder, copy, name)


def _set_aside(folder: Path, path: Path, name: str = "") -> None:
    """Move a file into the folder for what is set aside, under a name that nothing has there.

    By a descriptor: whoever can change the store's folder could let that name lead anywhere, and root follow it.
    """
    aside, number = folder / ASIDE_FOLDER, 1
    make_folder(aside, group_of(folder))
    with opened_folder(aside) as descriptor:
        taken = set(os.listdir(descriptor))  # noqa: PTH208  # a path has no descriptor
        while (free := f"{(name or path.name).lstrip('.')}.{number}") in taken:
            number += 1
        os.rename(path, free, dst_dir_fd=descriptor)
        os.fsync(descriptor)
