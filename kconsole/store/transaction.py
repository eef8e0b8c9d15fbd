"""Changes in the making."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from tinydb.table import Document as TinyDocument

from kconsole.core.history import Change, Commit, Refusal
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import PendingChange, Server
from kconsole.store.records import document_of
from kconsole.store.storage import SeatStorage


class Transaction:
    """Changes that will be on disk together, or not at all. The store shows them at once, to this transaction only."""

    def __init__(self, storage: SeatStorage, next_number: int, operation: str) -> None:
        self._storage, self._db = storage, storage.db
        self._first_number = self.next_number = next_number
        self.operation = operation
        """What is done, as the journal will name it."""
        self.seats: tuple[int, int] | None = None
        """Seats used before and after, for the journal, where somebody counts them."""
        self.account = ""
        """The one account that it is about, for a refusal of the whole; empty for none or several."""
        self.refused: tuple[Refusal, ...] = ()
        """What a guard refused, for the journal."""
        self.undoes: int | None = None
        """The sequence number of the commit that this one takes back."""
        self.commit: Commit | None = None
        """What came of it, once the block has been left; None if it changed nothing."""

    @property
    def changes(self) -> list[Change]:
        """What has been changed so far, in its order."""
        return self._storage.staged

    def take_back(self) -> tuple[Change, ...]:
        """Let everything be as before it, and go on; returns what it would have changed, each record once."""
        changes = self._storage.net().records
        self._storage.roll_back()
        self.next_number, self.undoes = self._first_number, None
        return changes

    def put_entry(self, entry: Entry) -> Entry:
        """Store an entry, as a new one if its number is 0; returns it with its number."""
        return self.put_entries((entry,))[0]

    def put_entries(self, entries: Iterable[Entry]) -> list[Entry]:
        """The same for many."""
        records = {}
        for entry in entries:
            stored = entry if entry.id else replace(entry, id=self._new_number())
            records[stored.id] = stored
        documents = {number: document_of("entries", record) for number, record in records.items()}
        self._db.seats("entries").put(documents, records)
        return list(records.values())

    def remove_entry(self, number: int) -> None:
        """Forget an entry, as if it had never been. To delete an account, put it with `deleted_at` instead."""
        self._remove("entries", number)

    def put_domain(self, domain: Domain, number: int = 0) -> None:
        """Store a domain: under this number, or else in place of the one of its name, or as a new one."""
        number = number or self._storage.records.domain_number(domain.name) or self._new_number()
        self._put("domains", number, domain)

    def remove_domain(self, number: int) -> None:
        """Forget a domain."""
        self._remove("domains", number)

    def set_license(self, license_: License) -> None:
        """Let the license be this one."""
        self._put("license", 1, license_)

    def set_last_restart(self, at: datetime | None) -> None:
        """Let this be the last recorded restart of the server; None if none is recorded."""
        if at is None:
            self._remove("server", 1)
        else:
            self._put("server", 1, at)

    def set_server(self, server: Server | None) -> None:
        """Let this be the live server that the store is kept in step with; None if there is none."""
        if server is None:
            self._remove("connection", 1)
        else:
            self._put("connection", 1, server)

    def put_pending(self, pending: PendingChange) -> int:
        """Write down what the server is about to be asked for; returns its number."""
        number = self._new_number()
        self._put("intents", number, pending)
        return number

    def remove_pending(self, number: int) -> None:
        """It is known what came of it."""
        self._remove("intents", number)

    def put_back(self, change: Change) -> None:
        """Restore a record as it was before a change."""
        if change.before is None:
            self._remove(change.table, change.number)
        else:
            self._put(change.table, change.number, change.before)

    def replace_all(self, inventory: Inventory) -> None:
        """Let the store hold this inventory and nothing else."""
        for table in ("entries", "domains"):
            self._db.table(table).truncate()
        self.set_license(inventory.license)
        self.set_last_restart(inventory.last_restart)
        self.set_server(inventory.server)
        self._insert_all("domains", inventory.domains)
        self._insert_all("entries", inventory.entries)

    def _new_number(self) -> int:
        number = self.next_number
        self.next_number += 1
        return number

    def _put(self, table: str, number: int, record: Any) -> None:
        self._db.seats(table).put({number: document_of(table, record)})

    def _remove(self, table: str, number: int) -> None:
        self._db.table(table).remove(doc_ids=[number])

    def _insert_all(self, table: str, records: tuple[Any, ...]) -> None:
        numbered = [TinyDocument(document_of(table, record), doc_id=self._new_number()) for record in records]
        self._db.table(table).insert_multiple(numbered)
