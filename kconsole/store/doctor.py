"""The doctor: looks at everything in a store's folder, and mends what can be mended without losing anything."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.model.boundary import checked
from kconsole.model.errors import BadInput, NotFound, StoreUnusable
from kconsole.model.history import Operator
from kconsole.model.records import Inventory
from kconsole.model.times import Clock
from kconsole.store.files import PRIVATE_FILE, PRIVATE_FOLDER, sync_folder
from kconsole.store.journal import JOURNAL_FILE, BrokenJournal, Head, Journal, parsed
from kconsole.store.lines import changes_of
from kconsole.store.records import Records
from kconsole.store.seatstore import SeatStore
from kconsole.store.snapshot import SNAPSHOT_FILE, DamagedSnapshot, Snapshot, read_snapshot

ASIDE_FOLDER: Final = "set-aside"
"""Where the doctor puts what is in the way."""

LEAST_FREE: Final = 64 * 1024 * 1024
"""Bytes of free disk below which the doctor warns."""


class Finding(NamedTuple):
    """Something that the doctor found."""

    code: str
    text: str
    remedy: str = ""
    serious: bool = True
    """Whether something is wrong, rather than worth knowing."""
    mendable: bool = False
    mended: bool = False


def examine(folder: Path, clock: Clock) -> list[Finding]:
    """Look at everything; nothing is changed.

    Raises:
        NotFound: there is no store.
        StoreUnusable: a newer kconsole wrote it, or it cannot be read.
    """
    if not any((folder / name).exists() for name in (SNAPSHOT_FILE, JOURNAL_FILE)):
        raise NotFound(f"There is no store in {folder}.", "Make one with 'kconsole init --seats N'.")
    try:
        return list(_findings(folder, clock))
    except OSError as error:
        where = error.filename or folder
        raise StoreUnusable(f"{where} cannot be read: {error.strerror or error}.", "Check its permissions.") from error


def mend(folder: Path, clock: Clock, operator: Operator, patience: float) -> None:
    """Mend what can be mended; what is in the way goes into the folder `set-aside`.

    Raises:
        StoreBusy: another process holds the store.
        StoreUnusable: it cannot be written.
    """
    codes = {finding.code for finding in examine(folder, clock) if finding.mendable}
    if "permissions" in codes:
        for path, mode in _too_open(folder):
            path.chmod(mode)
    if codes & {"journal", "no-journal"}:
        _begin_anew(folder, clock, operator, patience)
    elif codes & {"snapshot", "no-snapshot", "torn"}:
        store = SeatStore.open(folder, clock, patience, operator)
        store.write_snapshot()
        store.close()
    for path in _leftovers(folder):
        _set_aside(folder, path)


def _findings(folder: Path, clock: Clock) -> Iterator[Finding]:
    for path, _ in _too_open(folder):
        yield Finding("permissions", f"{path} can be read by others.", "Only its owner should.", mendable=True)
    yield from _of_journal(folder)
    yield from _of_records(folder, clock)
    leftovers = _leftovers(folder)
    if leftovers:
        names = ", ".join(path.name for path in leftovers)
        text = f"Left over from a crash or an earlier trouble: {names}."
        yield Finding("leftovers", text, f"They can go into '{ASIDE_FOLDER}'.", serious=False, mendable=True)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        text = f"Only {free // 1024**2} MB are free on the disk of {folder}."
        yield Finding("disk", text, "A full disk stops every change.")


def _of_journal(folder: Path) -> Iterator[Finding]:
    path = folder / JOURNAL_FILE
    anew = "A new journal can begin with what is good; the old one, with what it says of the past, is kept aside."
    try:
        journal = Journal.open(path, read_only=True)
    except FileNotFoundError:
        yield Finding("no-journal", f"{path} is missing.", f"Bring it back from a backup. {anew}", mendable=True)
        return
    try:
        records, snapshot_records, snapshot = Records(), None, None
        trouble = ""
        try:
            snapshot = read_snapshot(folder / SNAPSHOT_FILE)
        except FileNotFoundError:
            trouble = "is missing"
        except DamagedSnapshot as damage:
            trouble = f"is damaged: {damage}"
        head = Head()
        try:
            for raw, head in journal.linked_lines():
                for change in changes_of(parsed(raw, head).body):
                    records.take(change)
                if snapshot is not None and head == snapshot.head:
                    snapshot_records = records.inventory
        except BrokenJournal as broken:
            remedy = f"Bring it back from a backup. {anew}"
            yield Finding("journal", f"{path} is damaged at line {broken.line}: {broken.why}.", remedy, mendable=True)
            return
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Finding("journal", f"{path}: line {head.sequence} makes no sense ({error!r}).", anew, mendable=True)
            return
        yield from _of_snapshot(folder, snapshot, snapshot_records, trouble)
        if journal.size != head.offset:
            text = f"The last line of {path} is torn: it was never told as done."
            yield Finding("torn", text, "It is set aside at the next change.", serious=False, mendable=True)
    finally:
        journal.close()


def _of_snapshot(
    folder: Path, snapshot: Snapshot | None, journal_says: Inventory | None, trouble: str
) -> Iterator[Finding]:
    path, remedy = folder / SNAPSHOT_FILE, "It can be made anew from the journal."
    if snapshot is None:
        serious = trouble != "is missing"
        yield Finding("snapshot" if serious else "no-snapshot", f"{path} {trouble}.", remedy, serious, mendable=True)
    elif journal_says is None:
        yield Finding("journal", f"The journal does not hold the line that {path} was made from.", "", mendable=True)
    elif _inventory_of(snapshot) != journal_says:
        yield Finding("snapshot", f"{path} is not what the journal adds up to.", remedy, mendable=True)


def _of_records(folder: Path, clock: Clock) -> Iterator[Finding]:
    try:
        store = SeatStore.open(folder, clock, read_only=True)
    except StoreUnusable:
        return
    try:
        checked(store.inventory, "The store")
    except BadInput as error:
        text = f"The store contradicts itself: {'; '.join(error.details) or error.message}."
        yield Finding("records", text, "Set it right with 'kconsole dump', an editor, and 'kconsole restore'.")
    finally:
        store.close()


def _begin_anew(folder: Path, clock: Clock, operator: Operator, patience: float) -> None:
    """Make a new store of what can be read, beside; then let it take the old one's place."""
    old = SeatStore.open(folder, clock, patience, operator, read_only=True)
    inventory = old.inventory
    old.close()
    beside = folder / f".mended-{JOURNAL_FILE}"
    shutil.rmtree(beside, ignore_errors=True)
    new = SeatStore.create(beside, inventory, clock, operator, patience)
    new.write_snapshot()
    new.close()
    for name in (JOURNAL_FILE, SNAPSHOT_FILE):
        if (folder / name).exists():
            _set_aside(folder, folder / name)
        (beside / name).replace(folder / name)
    shutil.rmtree(beside, ignore_errors=True)
    sync_folder(folder)


def _inventory_of(snapshot: Snapshot) -> Inventory:
    records = Records()
    records.load(snapshot.tables)
    return records.inventory


def _too_open(folder: Path) -> list[tuple[Path, int]]:
    """What others may read, and the mode it should have."""
    wanted = [(folder, PRIVATE_FOLDER), *((path, PRIVATE_FILE) for path in folder.iterdir() if path.is_file())]
    return [(path, mode) for path, mode in wanted if path.stat().st_mode & 0o077]


def _leftovers(folder: Path) -> list[Path]:
    return sorted([*folder.glob(".*.new"), *folder.glob("journal.torn-*")])


def _set_aside(folder: Path, path: Path) -> None:
    aside = folder / ASIDE_FOLDER
    aside.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    number = 1
    while (target := aside / f"{path.name.lstrip('.')}.{number}").exists():
        number += 1
    path.replace(target)
