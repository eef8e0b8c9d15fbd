"""The store of seats: typed records over TinyDB tables, changed in transactions that are whole or not there."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from tinydb import TinyDB
from tinydb.table import Document as TinyDocument

from kconsole.model import documents
from kconsole.model.errors import NotFound, Refused, StoreBusy, StoreUnusable
from kconsole.model.records import Domain, Entry, Inventory, License, fold
from kconsole.model.times import Clock, from_iso, to_iso
from kconsole.store.files import PRIVATE_FILE, NotSynced, make_folder
from kconsole.store.storage import SeatStorage
from kconsole.store.tables import Document, DocumentChange, SeatTable

STORE_FILE: Final = "store.json"
LOCK_FILE: Final = "lock"
PATIENCE: Final = 10.0
"""Seconds to wait for another process that is saving."""

LOG_LENGTH: Final = 1000
"""How many transactions the log in the store remembers."""


class Change(NamedTuple):
    """One record, before and after; None where it is not there. Which kind of record it is, its `table` says."""

    table: str
    number: int
    before: Any
    after: Any


class Commit(NamedTuple):
    """A transaction that is on disk."""

    sequence: int
    at: datetime
    operator: str
    deed: str
    reason: str
    changes: tuple[Change, ...]
    own: bool
    """Whether this process made it. Of another's, only the changes are known."""


class SeatDB(TinyDB):
    """TinyDB over our own storage and table."""

    table_class = SeatTable
    default_storage_class = SeatStorage  # type: ignore[assignment]  # TinyDB's annotation fits its own class only


class SeatStore:
    """An open store.

    Records are read from memory; a change goes through `transaction`, which locks the store against other
    processes, reads what they changed, lets the caller check and change, and brings it to disk.
    """

    def __init__(self, storage: SeatStorage, clock: Clock, patience: float = PATIENCE) -> None:
        self._storage = storage
        self._clock = clock
        self._patience = patience
        self._db = SeatDB(storage=lambda: storage)
        self._listeners: list[Callable[[Commit], None]] = []
        self._entries: dict[int, Entry] = {}
        self._domains: dict[int, Domain] = {}
        self._license = License()
        self._last_restart: datetime | None = None
        self._live: dict[str, int] = {}
        self._deleted: dict[str, set[int]] = {}
        self._load_records()

    @staticmethod
    def path_in(folder: Path) -> Path:
        """The store's file in a folder."""
        return folder / STORE_FILE

    @classmethod
    def open(cls, folder: Path, clock: Clock, patience: float = PATIENCE) -> "SeatStore":
        """Open the store in a folder.

        Raises:
            NotFound: there is none.
            StoreUnusable: it is damaged, foreign, of a newer format, or cannot be read.
        """
        try:
            storage = SeatStorage.opened(cls.path_in(folder))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(
                f"There is no store in {folder}.",
                "Make one with 'kconsole init --seats N', or look around with 'kconsole demo'.",
            ) from None
        return cls(storage, clock, patience)

    @classmethod
    def create(
        cls, folder: Path, inventory: Inventory, clock: Clock, operator: str, patience: float = PATIENCE
    ) -> "SeatStore":
        """Make a store in a folder, with what it shall hold.

        Raises:
            Refused: there is one already.
            StoreUnusable: it cannot be written there.
        """
        path = cls.path_in(folder)
        store = cls(SeatStorage(path), clock, patience)
        transaction = Transaction(store)
        transaction.replace_all(inventory)
        if folder.exists() and not folder.is_dir():
            raise StoreUnusable(f"{folder} is not a folder.", "Choose another place for the store.")
        try:
            make_folder(folder)
            store._log(1, clock.now(), operator, "init", "")
            store._storage.create({"sequence": 1, "next_number": transaction.next_number})
        except FileExistsError:
            raise Refused(f"There is a store in {folder} already.", "Use it, or choose another folder.") from None
        except OSError as error:
            raise _unwritable(path, error) from error
        return store

    # Reading

    @property
    def folder(self) -> Path:
        """The folder that the store is in."""
        return self._storage.path.parent

    @property
    def entries(self) -> Iterable[Entry]:
        """All entries, deleted ones too, in the order in which they were stored."""
        return self._entries.values()

    @property
    def domains(self) -> Iterable[Domain]:
        """All domains."""
        return self._domains.values()

    @property
    def license(self) -> License:
        """What was bought."""
        return self._license

    @property
    def last_restart(self) -> datetime | None:
        """The last recorded restart of the server."""
        return self._last_restart

    @property
    def sequence(self) -> int:
        """The number of the last transaction."""
        return int(self._storage.meta.get("sequence", 0))

    @property
    def inventory(self) -> Inventory:
        """Everything, as one record."""
        return Inventory(
            license=self._license,
            last_restart=self._last_restart,
            domains=tuple(self._domains.values()),
            entries=tuple(self._entries.values()),
        )

    def entry(self, number: int) -> Entry | None:
        """The entry with this number, deleted or not."""
        return self._entries.get(number)

    def entry_at(self, address: str) -> Entry | None:
        """The entry that has this address now; compared without case."""
        number = self._live.get(fold(address))
        return None if number is None else self._entries[number]

    def deleted_at(self, address: str) -> list[Entry]:
        """The deleted entries that had this address, the last deleted first."""
        deleted = [self._entries[number] for number in sorted(self._deleted.get(fold(address), ()))]
        return sorted(deleted, key=attrgetter("deleted_at"), reverse=True)

    def domain(self, number: int) -> Domain | None:
        """The domain with this number."""
        return self._domains.get(number)

    def domain_named(self, name: str) -> Domain | None:
        """The domain with this name; compared without case."""
        key = fold(name)
        return next((domain for domain in self._domains.values() if fold(domain.name) == key), None)

    def log(self) -> list[Document]:
        """The last transactions, the newest last: `sequence`, `at`, `operator`, `deed`, `reason`."""
        return [dict(line) for line in self._db.table("log")]

    # Changing

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Tell `listener` of every commit from now on: our own, and what others changed once it is read."""
        self._listeners.append(listener)

    def catch_up(self) -> Commit | None:
        """Read what other processes changed, and tell the listeners; None if they changed nothing.

        Raises:
            StoreUnusable: the file is gone, or cannot be used any more; what is in memory stays as it was.
        """
        changes: list[Change] = []
        documents_changed: list[DocumentChange] = []

        def believe(differences: Iterable[DocumentChange]) -> None:
            with self._making_sense():
                documents_changed.extend(differences)
                changes.extend(filter(None, map(self._record_change, documents_changed)))

        self._storage.changed_outside(believe)
        if not documents_changed:
            return None
        for change in changes:
            self._take(change)
        commit = Commit(self.sequence, self._clock.now(), "", "outside", "", tuple(changes), own=False)
        self._tell(commit)
        return commit

    @contextmanager
    def transaction(self, deed: str, operator: str, reason: str = "") -> Iterator["Transaction"]:
        """Change records of any tables together: all of it is on disk when the block has been left, or none.

        The store is locked and up to date inside the block: what is checked there holds until it is left. An
        exception from the block takes everything back. A block that changes nothing writes nothing.

        Args:
            deed: what is done, as the log will name it.
            operator: who does it.
            reason: why, in his words.

        Raises:
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be read or written; nothing was changed.
        """
        with self._locked():
            self.catch_up()
            transaction = Transaction(self)
            try:
                yield transaction
            except BaseException:
                self._take_back(transaction)
                raise
            commit = self._committed(transaction, deed, operator, reason)
        transaction.commit = commit
        if commit is not None:
            self._tell(commit)

    def close(self) -> None:
        """Let go of the store."""
        self._listeners.clear()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        path = self.folder / LOCK_FILE
        lock = FileLock(path, timeout=self._patience, mode=PRIVATE_FILE)
        try:
            lock.acquire()
        except Timeout:
            raise StoreBusy(
                f"Another kconsole has been saving to {self.folder} for {self._patience:g} seconds.",
                "Nothing was changed. Try again; if it stays so, look for a kconsole that hangs.",
            ) from None
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            yield
        finally:
            lock.release()

    def _committed(self, transaction: "Transaction", deed: str, operator: str, reason: str) -> Commit | None:
        if not transaction.changes:
            return None
        sequence, at = self.sequence + 1, self._clock.now()
        try:
            self._log(sequence, at, operator, deed, reason)
            self._storage.commit({"sequence": sequence, "next_number": transaction.next_number})
        except BaseException as error:
            self._take_back(transaction)
            if isinstance(error, OSError):
                raise _unwritable(self._storage.path, error) from error
            raise
        return Commit(sequence, at, operator, deed, reason, _net(transaction.changes), own=True)

    def _log(self, sequence: int, at: datetime, operator: str, deed: str, reason: str) -> None:
        log = self._db.table("log")
        line = {"sequence": sequence, "at": to_iso(at), "operator": operator, "deed": deed, "reason": reason}
        log.insert(TinyDocument(line, doc_id=sequence))
        log.remove(doc_ids=[sequence - LOG_LENGTH])

    def _take_back(self, transaction: "Transaction") -> None:
        for change in reversed(transaction.changes):
            self._take(change._replace(before=change.after, after=change.before))
        self._storage.roll_back()

    def _tell(self, commit: Commit) -> None:
        for listener in list(self._listeners):
            listener(commit)

    # Records from documents

    def _load_records(self) -> None:
        with self._making_sense():
            for table, documents_by_number in self._storage.read().items():
                for number, document in documents_by_number.items():
                    change = self._record_change(DocumentChange(table, int(number), None, document))
                    if change is not None:
                        self._take(change)

    @contextmanager
    def _making_sense(self) -> Iterator[None]:
        """What is read inside was written with a right checksum, but perhaps not by us."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreUnusable(
                f"{self._storage.path} is damaged: a record in it makes no sense ({error!r}).", "It was not touched."
            ) from None

    @staticmethod
    def _record_change(change: DocumentChange) -> Change | None:
        """The same change of a record; None for tables that hold no records."""
        make = _RECORD_OF.get(change.table)
        if make is None:
            return None
        before = None if change.before is None else make(change.before, change.number)
        after = None if change.after is None else make(change.after, change.number)
        return Change(change.table, change.number, before, after)

    def _take(self, change: Change) -> None:
        """Let the records in memory be as after the change."""
        if change.table == "entries":
            self._take_entry(change)
        elif change.table == "domains":
            if change.after is None:
                self._domains.pop(change.number, None)
            else:
                self._domains[change.number] = change.after
        elif change.table == "license":
            self._license = License() if change.after is None else change.after
        elif change.table == "server":
            self._last_restart = change.after

    def _take_entry(self, change: Change) -> None:
        before, after = cast("Entry | None", change.before), cast("Entry | None", change.after)
        if before is not None:
            key = fold(before.address)
            self._deleted.get(key, set()).discard(change.number)
            if self._live.get(key) == change.number:
                del self._live[key]
        if after is None:
            self._entries.pop(change.number, None)
            return
        self._entries[change.number] = after
        if after.deleted_at is None:
            self._live[fold(after.address)] = change.number
        else:
            self._deleted.setdefault(fold(after.address), set()).add(change.number)


class Transaction:
    """Changes in the making. What it changes, the store shows at once, inside the transaction only."""

    def __init__(self, store: SeatStore) -> None:
        self._store = store
        self.changes: list[Change] = []
        self.next_number = int(store._storage.meta.get("next_number", 1))
        self.commit: Commit | None = None
        """What came of it, once the block has been left; None if it changed nothing."""

    def put_entry(self, entry: Entry) -> Entry:
        """Store an entry, as a new one if its number is 0; returns it with its number."""
        before = None
        if entry.id == 0:
            entry = replace(entry, id=self.next_number)
            self.next_number += 1
        else:
            before = self._store.entry(entry.id)
        self._put("entries", entry.id, before, entry, documents.compact_entry_document(entry))
        return entry

    def remove_entry(self, number: int) -> None:
        """Forget an entry, as if it had never been. To delete an account, put it with `deleted_at` instead."""
        self._put("entries", number, self._store.entry(number), None, None)

    def put_domain(self, domain: Domain, number: int = 0) -> None:
        """Store a domain, as a new one unless its number is given."""
        if number == 0:
            number = self.next_number
            self.next_number += 1
        self._put("domains", number, self._store._domains.get(number), domain, documents.domain_document(domain))

    def remove_domain(self, number: int) -> None:
        """Forget a domain."""
        self._put("domains", number, self._store._domains[number], None, None)

    def set_license(self, license_: License) -> None:
        """Let the license be this one."""
        self._put("license", 1, self._store.license, license_, documents.license_document(license_))

    def set_last_restart(self, at: datetime | None) -> None:
        """Let this be the last recorded restart of the server; None if none is recorded."""
        document = None if at is None else {"last_restart": to_iso(at)}
        self._put("server", 1, self._store.last_restart, at, document)

    def replace_all(self, inventory: Inventory) -> None:
        """Let the store hold this inventory and nothing else."""
        for number in list(self._store._entries):
            self.remove_entry(number)
        for number in list(self._store._domains):
            self.remove_domain(number)
        self.set_license(inventory.license)
        self.set_last_restart(inventory.last_restart)
        for domain in inventory.domains:
            self.put_domain(domain)
        for entry in inventory.entries:
            self.put_entry(replace(entry, id=0))

    def _put(self, name: str, number: int, before: Any, after: Any, document: Document | None) -> None:
        table = self._store._db.table(name)
        if document is None:
            table.remove(doc_ids=[number])
        elif table.update(_become(document), doc_ids=[number]) == []:
            table.insert(TinyDocument(document, doc_id=number))
        if before != after:
            change = Change(name, number, before, after)
            self.changes.append(change)
            self._store._take(change)


def _become(document: Document) -> Callable[[Any], None]:
    def update(stored: Document) -> None:
        stored.clear()
        stored.update(document)

    return update


def _net(changes: list[Change]) -> tuple[Change, ...]:
    """One change for each record: from what it was before the first to what it is after the last."""
    net: dict[tuple[str, int], Change] = {}
    for change in changes:
        key = (change.table, change.number)
        net[key] = change._replace(before=net[key].before) if key in net else change
    return tuple(change for change in net.values() if change.before != change.after)


def _restart_record(document: Document, _: int) -> datetime:
    return from_iso(document["last_restart"])


def _domain_record(document: Document, _: int) -> Domain:
    return documents.domain_from_document(document)


def _license_record(document: Document, _: int) -> License:
    return documents.license_from_document(document)


_RECORD_OF: Final[dict[str, Callable[[Document, int], object]]] = {
    "entries": documents.entry_from_document,
    "domains": _domain_record,
    "license": _license_record,
    "server": _restart_record,
}


def _unwritable(path: Path, error: OSError) -> StoreUnusable:
    if isinstance(error, NotSynced):
        return StoreUnusable(
            f"{path} was written, but the disk did not confirm it: {error.strerror}.",
            "The change is there, and could be lost if the machine stopped now. Check the disk, then look again.",
        )
    return StoreUnusable(
        f"{path} cannot be written: {error.strerror or error}. Nothing was changed.",
        "Check the free space and the permissions of the folder, then try again.",
    )
