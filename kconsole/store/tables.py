"""TinyDB's table, made to say what a change changed."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple, Protocol

from tinydb.table import Table

Document = dict[str, Any]


class DocumentChange(NamedTuple):
    """One document of one table, before and after; None where it is not there."""

    table: str
    number: int
    before: Document | None
    after: Document | None


class Stage(Protocol):
    """What takes the changes that a table makes."""

    def stage(self, changes: list[DocumentChange], records: Mapping[int, Any] | None = None) -> None:
        """Take them; with the records that the new documents describe, where they are at hand."""


class SeatTable(Table):
    """A table whose changes touch only the documents they name.

    TinyDB hands an updater all documents, then writes all of them. Here the updater gets a copy-on-write view: the
    documents it asks for are copied, compared afterwards, and only those that differ go to the storage, with what
    they were before. So a change costs what it changes, whatever the size of the table.
    """

    def put(self, documents: Mapping[int, Document], records: Mapping[int, Any] | None = None) -> None:
        """Let documents be these, whether there were any or not; TinyDB's `upsert` would merge the two.

        Args:
            documents: by number.
            records: what they describe, where that is at hand: so it need not be made of them.
        """
        known: Mapping[str, Any] = self._read_table()
        changes = []
        for number, document in documents.items():
            text = str(number)
            before = known[text] if text in known else None  # noqa: SIM401  # `get` would cost an exception
            if before != document:
                changes.append(DocumentChange(self.name, number, before, document))
        if changes:
            self._stage(changes, records)

    def _update_table(self, updater: Callable[[dict[int, Any]], None]) -> None:
        view = TouchedDocuments(self._read_table())
        updater(view)  # type: ignore[arg-type]  # TinyDB says dict and uses it as a mutable mapping
        self._stage(view.changes(self.name))

    def _stage(self, changes: list[DocumentChange], records: Mapping[int, Any] | None = None) -> None:
        stage: Stage = self._storage  # type: ignore[assignment]  # a SeatStorage: SeatDB builds no other
        stage.stage(changes, records)
        self.clear_cache()


class TouchedDocuments(MutableMapping[int, Document]):
    """A view of a table's documents in which those asked for, and only those, may be changed."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents
        self._befores: dict[int, Document] = {}
        """Those that were asked for, as they were."""
        self._touched: dict[int, Document | None] = {}

    def __getitem__(self, number: int) -> Document:
        if number not in self._touched:
            before = self._befores[number] = self._documents[str(number)]
            self._touched[number] = _copied(before)
        document = self._touched[number]
        if document is None:
            raise KeyError(number)
        return document

    def __setitem__(self, number: int, document: Document) -> None:
        self._touched[number] = document

    def __delitem__(self, number: int) -> None:
        if number not in self:
            raise KeyError(number)
        self._touched[number] = None

    def __contains__(self, number: object) -> bool:
        if isinstance(number, int) and number in self._touched:
            return self._touched[number] is not None
        return str(number) in self._documents

    def __iter__(self) -> Iterator[int]:
        for text in self._documents:
            number = int(text)
            if self._touched.get(number, text) is not None:
                yield number
        for number, document in self._touched.items():
            if document is not None and str(number) not in self._documents:
                yield number

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Remove all; the inherited way looks for the first that is left, again and again."""
        self._touched = dict.fromkeys(map(int, self._documents))

    def changes(self, table: str) -> list[DocumentChange]:
        """What differs from the documents underneath, in the order in which it was touched."""
        found = []
        for number, after in self._touched.items():
            before = self._befores.get(number)
            if before is None and (text := str(number)) in self._documents:
                before = self._documents[text]
            if before != after:
                found.append(DocumentChange(table, number, before, after))
        return found


def _copied(value: Any) -> Any:
    """A deep copy of a JSON value; `copy.deepcopy` takes ten times as long."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return value
