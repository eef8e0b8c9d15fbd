"""The whole store as one JSON document, out and in."""

from pathlib import Path

import orjson

from kconsole.core.encoding import inventory_document
from kconsole.core.errors import NotFound
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.core.times import Clock
from kconsole.importers.dump_documents import dump_schema as dump_schema
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.base import Done
from kconsole.operations.files import read_document
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from kconsole.store.seatstore import PATIENCE


def dump_of(session: Session) -> bytes:
    """The dump of a session's store, ending in a newline."""
    document = inventory_document(session.state.inventory)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_dump_file(path: Path) -> Inventory:
    """Read a dump from a file, or from standard input for `-`."""
    return read_dump(*read_document(path))


def restore(
    folder: Path,
    inventory: Inventory,
    operator: Operator | None = None,
    patience: float = PATIENCE,
    reason: str = "",
    clock: Clock | None = None,
) -> Done | None:
    """Replace everything in a store by an inventory; None if there was none, and it was created."""
    try:
        session = Session.open(folder, operator, clock, patience=patience)
    except NotFound:
        Session.create(folder, inventory, operator, clock, patience=patience).close()
        return None
    try:
        return session.do(RestoreInventory(inventory, reason))
    finally:
        session.close()
