"""The tables of a store: their records as JSON and back, and as TinyDB sees them.

`store.json` is a TinyDB file: table, number as text, document. TinyDB's own doors read and change the tables in memory
too (`table_layer`); the records themselves are in memory once, and documents are made of them when TinyDB asks.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import force_setattr

from kconsole.core.decisions import DECISIONS
from kconsole.core.encoding import compact_entry, document_of, record_of
from kconsole.core.history import Change
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Restart
from kconsole.core.server import PendingChange, Server
from kconsole.store.file_names import BETWEEN, ENTRIES

if TYPE_CHECKING:
    from tinydb import TinyDB

Document = dict[str, Any]

_SLICE: Final = 256 * 1024
"""Bytes of entries that are decoded in one go: some milliseconds, in which no other thread runs."""

_BETWEEN: Final = re.compile(BETWEEN)

_encode = msgspec.json.Encoder().encode


_KINDS: Final[Mapping[str, Any]] = {
    "license": License,
    "server": Restart,
    "connection": dict[str, Any],
    "intents": PendingChange,
    "domains": Domain,
    **DECISIONS,
    "entries": Entry,
}

TABLES: Final = tuple(_KINDS)
"""The tables of a store, in the order in which they stand in its file. The names are part of the format."""

_DECODERS: Final = {table: msgspec.json.Decoder(kind).decode for table, kind in _KINDS.items()}
_TABLE_DECODERS: Final = {table: msgspec.json.Decoder(dict[int, kind]).decode for table, kind in _KINDS.items()}  # type: ignore[valid-type]


def encoded(table: str, record: Any) -> bytes:
    """A record as JSON, as its table holds it."""
    if table == "entries":
        return compact_entry(record)
    if table in ("connection", "license"):
        return _encode(document_of(record))
    return _encode(record)


def decoded(table: str, content: Any, number: int) -> Any:
    """The record that `encoded` wrote; NONSENSE if it wrote none, or there is no such table."""
    record: Any = _DECODERS[table](content)
    if table == "entries":
        force_setattr(record, "id", number)
    make = _RECORDS.get(table)
    return record if make is None else make(record)


_RECORDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "connection": lambda document: record_of(Server, document),
}
"""What makes the record of what was decoded, in tables that hold it in another form."""


# All tables together


def encoded_tables(tables: Mapping[str, Mapping[int, Any]]) -> Iterator[bytes]:
    """All tables as one JSON object, in pieces."""
    opening = b"{"
    for table, records in tables.items():
        if table in DECISIONS and not records:
            continue
        yield b'%b"%b":{' % (opening, table.encode())
        yield b",".join([b'"%d":%b' % (number, encoded(table, record)) for number, record in records.items()])
        opening = b"},"
    yield b"}}"


def decoded_tables(body: bytes, *, sliced: bool = True) -> Iterator[tuple[str, dict[int, Any]]]:
    """The records of all tables, by number, in pieces; tables of another kconsole are passed over.

    Entries are decoded slice by slice if they stand last. NONSENSE if `encoded_tables` did not write the body, or it
    cannot be sliced.
    """
    for table, content in _slices(body) if sliced else _decode_tables(body).items():
        decode = _TABLE_DECODERS.get(table)
        if decode is None:
            continue
        records: Any = decode(content)
        if table == "entries":
            for number, entry in records.items():
                force_setattr(entry, "id", number)
        elif make := _RECORDS.get(table):
            records = {number: make(found) for number, found in records.items()}
        yield table, records


_decode_tables = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _slices(body: bytes) -> Iterator[tuple[str, Any]]:
    """The content of each table; of the entries, slice by slice."""
    start, end = body.find(ENTRIES), len(body) - len(b"}}")
    if start < 0 or end - start <= _SLICE:
        yield from _decode_tables(body).items()
        return
    start += len(ENTRIES)
    yield from _decode_tables(body[:start] + b"}}").items()
    # A cut at a wrong depth leaves braces over, so that it cannot pass unnoticed.
    while (found := _BETWEEN.search(body, min(start + _SLICE, end))) is not None:
        yield "entries", b"{%b}" % body[start : found.start() + 1]
        start = found.start() + len(b"},")
    yield "entries", b"{%b}" % body[start:end]


# As TinyDB sees them


def table_layer(tables: Mapping[str, Mapping[int, Any]], stage: Callable[[Change], None]) -> "TinyDB":
    """TinyDB over the records in memory, for its queries and updates; `stage` takes what an update changes."""
    from tinydb import TinyDB
    from tinydb.storages import Storage

    class RecordStorage(Storage):
        def read(self) -> dict[str, Any]:
            return {table: _DocumentView(table, records) for table, records in tables.items()}

        def write(self, data: Mapping[str, Mapping[str, Document]]) -> None:
            if set(data) != set(tables):
                raise NotImplementedError("a table of the store cannot be dropped")
            changed = [name for name, documents in data.items() if not isinstance(documents, _DocumentView)]
            for change in [change for name in changed for change in _differences(name, tables[name], data[name])]:
                stage(change)

    return TinyDB(storage=RecordStorage)


class _DocumentView(Mapping[str, Document]):
    """A table as TinyDB reads it: documents by number as text, each made when it is asked for."""

    def __init__(self, table: str, records: Mapping[int, Any]) -> None:
        self._table, self._records = table, records

    def __getitem__(self, number: str) -> Document:
        document: Document = msgspec.json.decode(encoded(self._table, self._records[int(number)]))
        return document

    def __iter__(self) -> Iterator[str]:
        return map(str, self._records)

    def __len__(self) -> int:
        return len(self._records)


def _differences(table: str, records: Mapping[int, Any], documents: Mapping[str, Document]) -> Iterable[Change]:
    for number in records:
        if str(number) not in documents:
            yield Change(table, number, records[number], None)
    for text, document in documents.items():
        number = int(text)
        after = decoded(table, _encode(document), number)
        if (before := records.get(number)) != after:
            yield Change(table, number, before, after)
