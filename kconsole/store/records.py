"""The records of a store in memory, with what finds them, and the documents that TinyDB sees in their place."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

from kconsole.core import documents
from kconsole.core.errors import NotFound
from kconsole.core.history import Change
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin, fold
from kconsole.core.server import PendingChange, Server
from kconsole.core.times import from_iso, to_iso
from kconsole.store.tables import Document, DocumentChange


class _Kind(NamedTuple):
    """How the records of one table become documents, and back."""

    to_document: Any
    from_document: Any


_KINDS: Final[dict[str, _Kind]] = {
    "license": _Kind(documents.license_document, lambda document, _: documents.license_from_document(document)),
    "server": _Kind(lambda at: {"last_restart": to_iso(at)}, lambda document, _: from_iso(document["last_restart"])),
    "connection": _Kind(documents.server_document, lambda document, _: documents.server_from_document(document)),
    "intents": _Kind(documents.pending_document, lambda document, _: documents.pending_from_document(document)),
    "domains": _Kind(documents.domain_document, lambda document, _: documents.domain_from_document(document)),
    "entries": _Kind(documents.compact_entry_document, lambda document, number: _entry(dict(document), number)),
}

TABLES: Final = tuple(_KINDS)
"""The tables of a store, in the order in which they stand in its file."""

_STEP: Final = 8192
"""Entries that are looked at in one step: a few milliseconds."""


class DocumentView(Mapping[str, Document]):
    """A table as TinyDB sees it: documents by number as text, each made when it is asked for.

    So the records are in memory once; a hundred thousand documents beside them would take three times their room.

    Args:
        table: its name.
        records: the records, by number.
        made: documents that are at hand, for a moment in which nothing changes.
    """

    def __init__(
        self, table: str, records: dict[int, Any], made: Mapping[str, Document | None] = MappingProxyType({})
    ) -> None:
        self._to_document = _KINDS[table].to_document
        self._records = records
        self._made = made

    def __getitem__(self, number: str) -> Document:
        document: Document = self._made.get(number) or self._to_document(self._records[int(number)])
        return document

    def __contains__(self, number: object) -> bool:
        return int(cast("str", number)) in self._records

    def __iter__(self) -> Iterator[str]:
        return map(str, self._records)

    def __len__(self) -> int:
        return len(self._records)


class Records:
    """All records of a store."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[int, Any]] = {table: {} for table in TABLES}
        self.entries: dict[int, Entry] = self.tables["entries"]
        self.domains: dict[int, Domain] = self.tables["domains"]
        self._addresses: _Addresses | None = None
        """Which entry has or had which address; made when it is first asked for, since much never asks."""
        self._changes = 0
        """How many have been taken."""
        self.views = {table: DocumentView(table, records) for table, records in self.tables.items()}

    @property
    def license(self) -> License:
        """What was bought."""
        license_: License = self.tables["license"].get(1, License())
        return license_

    @property
    def last_restart(self) -> datetime | None:
        """The last recorded restart of the server."""
        return self.tables["server"].get(1)

    @property
    def server(self) -> Server | None:
        """The live server that the store is kept in step with."""
        return self.tables["connection"].get(1)

    @property
    def pending_changes(self) -> dict[int, PendingChange]:
        """What the server was asked for and nobody knows yet whether it was done, by number."""
        return dict(self.tables["intents"])

    @property
    def primary_domain(self) -> str:
        """The name of the primary domain; empty if there is none."""
        return next((domain.name for domain in self.domains.values() if domain.primary), "")

    @property
    def inventory(self) -> Inventory:
        """Everything, as one record."""
        return Inventory(
            license=self.license,
            last_restart=self.last_restart,
            server=self.server,
            domains=tuple(self.domains.values()),
            entries=tuple(self.entries.values()),
        )

    def live_entries(self) -> list[Entry]:
        """All entries that have not been deleted."""
        return [entry for entry in self.entries.values() if entry.deleted_at is None]

    def live_entry(self, number: int) -> Entry | None:
        """The entry with this number; None if there is none or it has been deleted."""
        entry = self.entries.get(number)
        return None if entry is None or entry.deleted_at is not None else entry

    def find(self, address: str) -> Entry:
        """The entry that has this address, or the last deleted one that had it.

        Raises:
            NotFound: the store never had it.
        """
        entry = self.entry_at(address) or next(iter(self.deleted_at(address)), None)
        if entry is None:
            raise NotFound("address-not-in-store", "look-it-up", address=address)
        return entry

    def entry_at(self, address: str) -> Entry | None:
        """The entry that has this address now; compared without case."""
        number = self._by_address().live.get(fold(address))
        return None if number is None else self.entries[number]

    def deleted_at(self, address: str) -> list[Entry]:
        """The deleted entries that had this address, the last deleted first."""
        numbers = self._by_address().deleted.get(fold(address))
        if not numbers:
            return []
        deleted = [self.entries[number] for number in sorted(numbers)]
        return sorted(deleted, key=attrgetter("deleted_at"), reverse=True)

    def has_had(self, folded: str) -> bool:
        """Whether anything has this address, which is folded, or had it."""
        addresses = self._by_address()
        return folded in addresses.live or folded in addresses.deleted

    def _by_address(self) -> "_Addresses":
        if self._addresses is None:
            self._addresses = _Addresses()
            for number, entry in self.entries.items():
                self._addresses.add(number, entry)
        return self._addresses

    def indexing(self) -> Iterator[float]:
        """Make what finds an entry by its address, in steps; after each, how far it has come, from 0 to 1."""
        while self._addresses is None:
            made, changes, numbers = _Addresses(), self._changes, list(self.entries)
            for begin in range(0, len(numbers), _STEP):
                for number in numbers[begin : begin + _STEP]:
                    made.add(number, self.entries[number])
                yield begin / len(numbers)
                if self._changes != changes:
                    break
            else:
                self._addresses = made

    def domain_named(self, name: str) -> Domain | None:
        """The domain with this name; compared without case."""
        key = fold(name)
        return next((domain for domain in self.domains.values() if fold(domain.name) == key), None)

    def domain_number(self, name: str) -> int:
        """The number of the domain with this name; 0 if there is none."""
        key = fold(name)
        return next((number for number, domain in self.domains.items() if fold(domain.name) == key), 0)

    def take(self, change: Change) -> None:
        """Let the records be as after a change."""
        records = self.tables[change.table]
        self._changes += 1
        if change.table == "entries" and self._addresses is not None:
            if change.before is not None:
                self._addresses.remove(change.number, change.before)
            if change.after is not None:
                self._addresses.add(change.number, change.after)
        if change.after is None:
            records.pop(change.number, None)
        else:
            records[change.number] = change.after

    def change_of(self, documents: DocumentChange, records: Mapping[int, Any] | None = None) -> Change:
        """The change of a record that a change of its document means, to the records as they are.

        Args:
            documents: the change.
            records: what the new document describes, by number; None if that is to be made of it.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: the new document makes no sense.
        """
        table, number, _, after = documents
        if records is not None:
            made = records[number]
        else:
            made = None if after is None else _KINDS[table].from_document(after, number)
        return Change(table, number, self.tables[table].get(number), made)

    def clear(self) -> None:
        """Forget everything."""
        for records in self.tables.values():
            records.clear()
        self._addresses = None

    def load(self, table: str, documents: Mapping[str, Document]) -> None:
        """Take documents of a file, which this uses up; what is in a table of another kconsole is passed over.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: one makes no sense.
        """
        records = self.tables.get(table)
        if records is None:
            return
        from_document = _entry if table == "entries" else _KINDS[table].from_document
        for text, document in documents.items():
            number = int(text)
            records[number] = from_document(document, number)
        self._addresses = None


class _Addresses:
    """The numbers of entries by address."""

    def __init__(self) -> None:
        self.live: dict[str, int] = {}
        self.deleted: dict[str, set[int]] = {}

    def add(self, number: int, entry: Entry) -> None:
        """Take an entry in."""
        if entry.deleted_at is None:
            self.live[fold(entry.address)] = number
        else:
            self.deleted.setdefault(fold(entry.address), set()).add(number)

    def remove(self, number: int, entry: Entry) -> None:
        """Leave an entry out."""
        key = fold(entry.address)
        self.deleted.get(key, set()).discard(number)
        if self.live.get(key) == number:
            del self.live[key]


def _entry(document: Document, number: int) -> Entry:
    """The same as `entry_from_document`, which it must agree with, of a document that nobody needs afterwards.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it makes no sense.
    """
    login = document.get("last_login")
    if login is not None:
        document["last_login"] = LastLogin(from_iso(login["at"]), login["protocol"])
    if (deleted_at := document.get("deleted_at")) is not None:
        document["deleted_at"] = from_iso(deleted_at)
    if (delivers_to := document.get("delivers_to")) is not None:
        document["delivers_to"] = tuple(delivers_to)
    if (logon := document.get("directory_logon")) is not None:
        document["directory_logon"] = from_iso(logon)
    document["id"] = number
    return Entry(**document)


def record_change(change: DocumentChange) -> Change:
    """The change of a record that a change of its document means.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it makes no sense.
    """
    table, number, before, after = change
    make = _KINDS[table].from_document
    return Change(
        table,
        number,
        None if before is None else make(before, number),
        None if after is None else make(after, number),
    )


def document_of(table: str, record: Any) -> Document:
    """A record as a document of its table."""
    document: Document = _KINDS[table].to_document(record)
    return document
