"""The whole store as one JSON document, out and in."""

from pathlib import Path

import orjson

from kconsole.core.encoding import inventory_document
from kconsole.core.errors import BadInput, NotFound
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.core.times import Clock
from kconsole.importers.dump_documents import dump_schema as dump_schema
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.base import Done
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from kconsole.operations.streams import read_document
from kconsole.store.file_engine.files import write_whole
from kconsole.store.seatstore import PATIENCE


def dump_of(session: Session) -> bytes:
    """The dump of a session's store, ending in a newline."""
    return orjson.dumps(
        inventory_document(session.state.inventory), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def write_dump(path: Path, document: bytes, session: Session) -> None:
    """Write a dump to a file that only its owner may read, or into an existing device or pipe.

    Raises:
        BadInput: it cannot be written there. An existing file is unchanged then.
    """
    check_not_of_store(path, session)
    try:
        if takes_a_stream(path):
            path.write_bytes(document)
        else:
            write_whole(path, document)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInput("cannot-write", "choose-another-file", file=str(path), reason=reason) from error


def check_not_of_store(path: Path, session: Session) -> None:
    """Continue only if a file to be written is outside of the store's own folder.

    Raises:
        BadInput: it is in it, or below it.
    """
    folder = session.store.folder.resolve()
    if path.resolve().is_relative_to(folder) or path.absolute().parent.resolve().is_relative_to(folder):
        raise BadInput("in-store-folder", "choose-a-file-elsewhere", file=str(path))


def takes_a_stream(path: Path) -> bool:
    """Whether this is a device, a pipe or `/dev/stdout`, which a file must not replace."""
    absolute = path.absolute()
    in_system = any(absolute.is_relative_to(folder) for folder in ("/dev", "/proc"))
    return path.exists() and not path.is_dir() and (in_system or not path.is_file())


def read_dump_file(path: Path) -> Inventory:
    """Read a dump from a file, or from standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is not a dump.
    """
    return read_dump(*read_document(path))


def restore(
    folder: Path,
    inventory: Inventory,
    operator: Operator | None = None,
    patience: float = PATIENCE,
    reason: str = "",
    clock: Clock | None = None,
) -> Done | None:
    """Replace everything in the store of a folder by an inventory; create the store if there is none.

    Returns:
        What was done; None if the store was created.
    """
    try:
        session = Session.open(folder, operator, clock, patience=patience)
    except NotFound:
        Session.create(folder, inventory, operator, clock, patience=patience).close()
        return None
    try:
        return session.do(RestoreInventory(inventory, reason))
    finally:
        session.close()
