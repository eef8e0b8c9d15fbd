"""The whole store as one JSON document, out and in."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
from msgspec.structs import replace

from kconsole.core.encoding import inventory_document
from kconsole.core.errors import NotFound
from kconsole.core.history import Operator
from kconsole.core.records import Entry, Inventory
from kconsole.core.roles import Authority, full
from kconsole.core.times import Clock
from kconsole.importers.dump_documents import dump_schema as dump_schema
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.base import Done
from kconsole.operations.files import read_document
from kconsole.operations.locations import Location
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from kconsole.store.seatstore import PATIENCE


def dump_of(session: Session) -> bytes:
    """The dump of a session's store, ending in a newline."""
    session.insist_on_all("dump")
    document = inventory_document(_in_order(session.store.state.inventory))
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _in_order(inventory: Inventory) -> Inventory:
    """The inventory with times that say what was deleted before the restart: a dump has no lines of the log."""
    if (restart := inventory.restart) is None:
        return inventory
    deleted = [(entry, entry.deleted_at) for entry in inventory.entries if entry.deleted_at is not None]
    before = [at + timedelta(microseconds=1) for entry, at in deleted if restart.came_after(entry)]
    after = max([restart.at, *before])

    def timed(entry: Entry) -> Entry:
        if entry.deleted_at is None or entry.deleted_at >= after or restart.came_after(entry):
            return entry
        return replace(entry, deleted_at=after)

    return replace(inventory, last_restart=after, entries=tuple(map(timed, inventory.entries)))


def read_dump_file(path: Path) -> Inventory:
    """Read a dump from a file, or from standard input for `-`."""
    return read_dump(*read_document(path))


def restore(
    store: Location,
    inventory: Inventory,
    operator: Operator | None = None,
    patience: float = PATIENCE,
    reason: str = "",
    clock: Clock | None = None,
    authority: Callable[[], Authority] = full,
    allow_network_fs: bool = False,
) -> Done | None:
    """Replace everything in a store by an inventory; None if there was none, and it was created."""
    try:
        session = Session.open(store, operator, clock, patience, authority=authority, allow_network_fs=allow_network_fs)
    except NotFound:
        Session.create(store, inventory, operator, clock, patience, allow_network_fs=allow_network_fs).close()
        return None
    try:
        return session.do(RestoreInventory(inventory, reason))
    finally:
        session.close()
