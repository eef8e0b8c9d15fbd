"""TinyDB's storage, over records in memory: changes are staged, then stay or are rolled back."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from tinydb import TinyDB
from tinydb.storages import Storage

from kconsole.core.history import Change
from kconsole.store.records import Records
from kconsole.store.tables import Document, DocumentChange, SeatTable

_Change = TypeVar("_Change", Change, DocumentChange)


class NetChanges(NamedTuple):
    """What a transaction comes to: one change for each record, as records and as documents, in the same order."""

    records: tuple[Change, ...]
    documents: tuple[DocumentChange, ...]


class SeatStorage(Storage):
    """The tables of one store, as TinyDB reads and changes them."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.staged: list[Change] = []
        """The changes since the last `keep` or `roll_back`."""
        self._documents: list[DocumentChange] = []
        """The same as documents: so none is made twice."""
        self.db = SeatDB(storage=lambda: self)

    def read(self) -> dict[str, Any]:
        """All tables. They are made of the live records: change them through a table only."""
        return dict(self.records.views)

    def write(self, data: Mapping[str, Mapping[str, Document]]) -> None:
        """Refused: TinyDB's doors that rewrite everything would go past the record of what changed.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("change documents through a table inside a transaction")

    def stage(self, changes: list[DocumentChange], records: Mapping[int, Any] | None = None) -> None:
        """Make changes in memory, to be kept or rolled back together.

        Args:
            changes: of documents.
            records: what the new ones describe, by number; None if that is to be made of them.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: a document makes no sense; none of the changes is made.
        """
        made = [self.records.change_of(documents, records) for documents in changes]
        for change in made:
            self.records.take(change)
        self.staged += made
        self._documents += changes

    def stage_everything(self) -> None:
        """Let all records count as new: those that were there before there was a journal."""
        for table, view in self.records.views.items():
            records = self.records.tables[table]
            self.staged += [Change(table, number, None, record) for number, record in records.items()]
            self._documents += [
                DocumentChange(table, number, None, document)
                for number, document in zip(records, view.values(), strict=True)
            ]

    def net(self) -> NetChanges:
        """From what each record was before its first staged change to what it is after its last."""
        if self._are_net():
            return NetChanges(tuple(self.staged), tuple(self._documents))
        first: dict[tuple[str, int], int] = {}
        last: dict[tuple[str, int], int] = {}
        for place, change in enumerate(self.staged):
            key = change.table, change.number
            first.setdefault(key, place)
            last[key] = place
        places = [
            (begin, last[key])
            for key, begin in first.items()
            if self.staged[begin].before != self.staged[last[key]].after
        ]
        return NetChanges(
            tuple(_from_to(self.staged[begin], self.staged[end]) for begin, end in places),
            tuple(_from_to(self._documents[begin], self._documents[end]) for begin, end in places),
        )

    def _are_net(self) -> bool:
        """Whether every record is changed once, and is another one afterwards."""
        once = {(change.table, change.number) for change in self.staged}
        return len(once) == len(self.staged) and all(
            change.before is None or change.before != change.after for change in self.staged
        )

    def keep(self) -> None:
        """Let what was staged stay."""
        self.staged, self._documents = [], []

    def roll_back(self) -> None:
        """Take back what was staged, the last first."""
        for change in reversed(self.staged):
            self.records.take(change._replace(before=change.after, after=change.before))
        self.keep()


def _from_to(first: _Change, last: _Change) -> _Change:
    return first if first is last else first._replace(after=last.after)


class SeatDB(TinyDB):
    """TinyDB over our own storage and table."""

    table_class = SeatTable
    default_storage_class = SeatStorage  # type: ignore[assignment]  # TinyDB's annotation fits its own class only

    def seats(self, name: str) -> SeatTable:
        """A table, by the name of its class."""
        table: SeatTable = self.table(name)  # type: ignore[assignment]  # `table_class` says so
        return table
