"""TinyDB's storage, over records in memory: changes are staged, then stay or are rolled back."""

from collections.abc import Mapping
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage

from kconsole.model.history import Change
from kconsole.store.records import Records, record_change
from kconsole.store.tables import Document, DocumentChange, SeatTable


class SeatStorage(Storage):
    """The tables of one store, as TinyDB reads and changes them."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.staged: list[Change] = []
        """The changes since the last `keep` or `roll_back`."""

    def read(self) -> dict[str, Any]:
        """All tables. They are made of the live records: change them through a table only."""
        return dict(self.records.views)

    def write(self, data: Mapping[str, Mapping[str, Document]]) -> None:
        """Refused: TinyDB's doors that rewrite everything would go past the record of what changed.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("change documents through a table inside a transaction")

    def stage(self, changes: list[DocumentChange]) -> None:
        """Make changes in memory, to be kept or rolled back together."""
        for documents in changes:
            change = record_change(documents)
            self.records.take(change)
            self.staged.append(change)

    def keep(self) -> list[Change]:
        """Let what was staged stay; returns it."""
        kept, self.staged = self.staged, []
        return kept

    def roll_back(self) -> None:
        """Take back what was staged, the last first."""
        for change in reversed(self.staged):
            self.records.take(change._replace(before=change.after, after=change.before))
        self.staged = []


class SeatDB(TinyDB):
    """TinyDB over our own storage and table."""

    table_class = SeatTable
    default_storage_class = SeatStorage  # type: ignore[assignment]  # TinyDB's annotation fits its own class only
