"""Records as JSON and back. The Structs themselves say which fields there are; nothing here lists them again.

A store keeps entries compactly, without the fields that have their defaults: a third of the size. Dumps and answers of
the command line hold every field.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.json import decode

from kconsole.core.codes import Message
from kconsole.core.decisions import DECISIONS, OfAccount
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import Server

Document = dict[str, Any]

DUMP_SCHEMA: Final = 1
"""The version of the dump format that this kconsole reads and writes."""

NONSENSE: Final = (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError, OverflowError)
"""What decoding raises on data that kconsole did not write."""

_Record = TypeVar("_Record", bound=Struct)

_PLAIN: Final = frozenset({bool, int, type(None)})

_encode = msgspec.json.Encoder().encode


_UNWRITTEN: Final = ("login_unknown", "tags", "moderators")
"""The fields of an entry that version 0.1 did not write; left out where they say nothing."""

_MESSAGES: Final = ("missing", "remarks")
"""The fields of a server that hold messages."""

_LATER: Final = (*_MESSAGES, "counted", "unlisted", "silent", "logins")
"""The fields of a server that version 0.1 did not have."""

_FIRST_PROVIDER: Final = "kerio"


def document_of(record: Struct) -> Document:
    """A record with all its fields as JSON has them, without numbers that mean something in one store only."""
    names = zip(record.__struct_fields__, record.__struct_encode_fields__, strict=True)
    document = {wire: as_json(getattr(record, name)) for name, wire in names}
    if isinstance(record, Entry):
        del document["id"], document["deleted_in"]
        for name in _UNWRITTEN:
            if not document[name]:
                del document[name]
    elif isinstance(record, Inventory):
        del document["restart_line"]
        for name in DECISIONS:
            if not document[name]:
                del document[name]
    elif isinstance(record, License):
        if record.price is None:
            del document["price"]
    elif isinstance(record, OfAccount):
        for name in ("entry", "to_entry", "alias_entry"):
            document.pop(name, None)
    elif isinstance(record, Server):  # what version 0.1 did not write is left out where it says nothing
        for name in _LATER:
            if document[name] in ([], None):
                del document[name]
        if record.access.provider == _FIRST_PROVIDER:
            del document["access"]["provider"]
    return document


def writable(text: str) -> str:
    """A text that JSON can hold, whatever bytes an argument or the environment had in it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def as_json(value: Any) -> Any:
    """A record, a value of one, or a message as JSON has it."""
    if isinstance(value, str):
        return writable(value)
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Struct):
        return document_of(value)
    if isinstance(value, Message):
        return {"code": value.code, "params": as_json(value.params)}
    if isinstance(value, Mapping):
        return {name: as_json(inner) for name, inner in value.items()}
    return [as_json(inner) for inner in value] if isinstance(value, tuple | list) else decode(_encode(value))


def record_of(kind: type[_Record], document: Any) -> _Record:
    """The record that a full or compact document describes; NONSENSE if it describes none."""
    if kind is Server:
        messages = {name: [param_of(each) for each in document.get(name, ())] for name in _MESSAGES}
        document = {**document, **messages}
    return msgspec.convert(document, kind)


def param_of(value: Any) -> Any:
    """A parameter of a message that `as_json` wrote."""
    if isinstance(value, dict):
        return Message(value["code"], {name: param_of(inner) for name, inner in value["params"].items()})
    return [param_of(inner) for inner in value] if isinstance(value, list) else value


def compact_entry(entry: Entry) -> bytes:
    """An entry as JSON, without defaults and without the store's own number."""
    content = _encode(entry)
    # The number is the last field, and a default of 0 is left out.
    return content[: -len(f',"id":{entry.id}}}')] + b"}" if entry.id else content


def inventory_document(inventory: Inventory) -> Document:
    """A dump: the whole inventory as one document."""
    return {"schema": DUMP_SCHEMA, **document_of(inventory)}


def inventory_from_document(document: Document) -> Inventory:
    """The inventory that `inventory_document` described; NONSENSE if it describes none."""
    server = document.get("server")
    decisions: dict[str, Any] = {
        name: tuple(record_of(kind, each) for each in document.get(name, ())) for name, kind in DECISIONS.items()
    }
    return Inventory(
        license=record_of(License, document["license"]),
        last_restart=msgspec.convert(document.get("last_restart"), datetime | None),
        server=None if server is None else record_of(Server, server),
        domains=tuple(record_of(Domain, domain) for domain in document["domains"]),
        entries=tuple(record_of(Entry, entry) for entry in document["entries"]),
        **decisions,
    )
