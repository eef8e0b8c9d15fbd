"""The snapshot: `store.json`, a TinyDB JSON file that stock TinyDB opens, and that the journal can make anew.

Its first line holds the `meta` table: the format, up to which line of the journal it holds, and a checksum of
everything else in the file. So a damaged or foreign file is told from a good one before it is believed.
"""

import errno
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from kconsole.model.errors import StoreUnusable
from kconsole.store.files import NO_HARD_LINKS, beside, set_aside, write_whole
from kconsole.store.journal import Head
from kconsole.store.migrations import FORMAT, Tables, migrated
from kconsole.store.tables import Document

SNAPSHOT_FILE: Final = "store.json"
PRODUCT: Final = "kconsole"
META: Final = "meta"
_META_START: Final = b'{"meta":{"1":'


class DamagedSnapshot(Exception):
    """The file is not what was written; the message says what is wrong with it."""


class Snapshot(NamedTuple):
    """What a snapshot holds."""

    tables: Tables
    next_number: int
    head: Head | None
    """The last line of the journal that is in it; None in a file from before there was a journal."""
    size: int
    """Bytes."""


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot.

    Raises:
        FileNotFoundError: there is none.
        DamagedSnapshot: it is not what was written.
        StoreUnusable: a newer kconsole wrote it.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    try:
        everything = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        what = "it is empty" if not content.strip() else f"it is not whole JSON ({error})"
        raise DamagedSnapshot(what) from None
    meta = _meta(everything)
    if meta is None:
        raise DamagedSnapshot("it is not a store of kconsole")
    written = meta["format"]
    if type(written) is not int or written < 1:
        raise DamagedSnapshot("it does not say its format")
    if written > FORMAT:
        raise StoreUnusable(
            f"{path} was written by a newer kconsole (format {written}; this one reads up to {FORMAT}).",
            "It was not touched. Use the kconsole that wrote it, or a newer one.",
        )
    body = memoryview(content)[content.find(b"\n") + 1 :]
    if meta.pop("checksum") != _checksum(meta, body):
        raise DamagedSnapshot(
            "its content does not match its checksum; something else than kconsole changed it, or the disk did"
        )
    del everything[META]
    try:
        last = Head(int(meta["sequence"]), int(meta["offset"]), str(meta["hash"])) if written > 1 else None
        return Snapshot(migrated(everything, written), int(meta["next_number"]), last, len(content))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DamagedSnapshot(f"something in it makes no sense ({error!r})") from None


def write_snapshot(
    path: Path, tables: Mapping[str, Mapping[str, Document]], next_number: int, head: Head, keep_as: str = ""
) -> int:
    """Put a snapshot in place; the one before is kept as `store.json.bak`. Returns its size in bytes.

    Args:
        path: the file.
        tables: what it shall hold.
        next_number: the number of the next record.
        head: the last line of the journal that is in the tables.
        keep_as: the name under which the one before is kept for good, if it is more than a former state.

    Raises:
        OSError: it cannot be written; the one before is there as it was.
    """
    if path.is_symlink():  # to rename over it would leave what it points to behind
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    body = orjson.dumps({table: dict(documents.items()) for table, documents in tables.items()})[1:]
    meta = {"product": PRODUCT, "format": FORMAT, "next_number": next_number, **head._asdict()}
    first = _META_START + orjson.dumps({**meta, "checksum": _checksum(meta, body)}) + b"},\n"
    if keep_as and path.exists():
        set_aside(path.read_bytes(), path.with_name(keep_as))
    else:
        _keep_backup(path)
    write_whole(path, first + body)
    return len(first) + len(body)


def _keep_backup(path: Path) -> None:
    """Let the file of now stay as the backup, without a moment in which it is not there."""
    if not path.exists():
        return
    backup, link = path.with_name(f"{path.name}.bak"), beside(path)
    try:
        link.hardlink_to(path)
        link.replace(backup)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        write_whole(backup, path.read_bytes())
    finally:
        with suppress(OSError):
            link.unlink()  # it is still there where the backup was the same file already


def _checksum(meta: Document, body: bytes | memoryview) -> str:
    """The checksum of a file, over the numbers in its first line too: a wrong one would hand out numbers twice."""
    digest = sha256(orjson.dumps(meta))
    digest.update(body)
    return digest.hexdigest()


def _meta(everything: object) -> Document | None:
    """The first line's document; None if this is not a store of ours."""
    if not isinstance(everything, dict) or not isinstance(meta := everything.get(META), dict):
        return None
    head = meta.get("1")
    if not isinstance(head, dict) or head.get("product") != PRODUCT or not {"format", "checksum"} <= head.keys():
        return None
    return head
