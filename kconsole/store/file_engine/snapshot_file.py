"""The snapshot as a file: `store.json`, which stock TinyDB opens, and which can be rebuilt from the journal.

Its first line holds the `meta` table: the format, up to which line of the journal it holds, and a checksum of
everything else in the file. So a damaged or foreign file is recognized before its records are used.
"""

import errno
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from kconsole.core.codes import message
from kconsole.core.encoding import NONSENSE
from kconsole.core.errors import StoreUnusable
from kconsole.store.engine import DamagedSnapshot, Head, Snapshot, nonsense
from kconsole.store.file_engine.files import NO_HARD_LINKS, beside, read_own, set_aside, write_whole
from kconsole.store.file_names import FORMAT, META_END, META_START, PRODUCT, SNAPSHOT_FILE

BACKUP_FILE: Final = f"{SNAPSHOT_FILE}.bak"
DAMAGED_FILE: Final = f"{SNAPSHOT_FILE}.damaged"
"""The name under which a damaged snapshot is kept."""

_encode = msgspec.json.Encoder().encode


class PlacedSnapshot(NamedTuple):
    """A snapshot, and where its line ends in the journal."""

    snapshot: Snapshot
    place: int


def read_snapshot(path: Path) -> PlacedSnapshot:
    """Read a snapshot's file; see `snapshot_in`."""
    return snapshot_in(read_own(path), path)


def snapshot_in(content: bytes, path: Path) -> PlacedSnapshot:
    """The snapshot in the content of a file, which is what was written.

    Raises:
        DamagedSnapshot: it is not what was written.
        StoreUnusable: it is of another format.
    """
    first = content[: content.find(b"\n") + 1]
    meta = None
    if first.startswith(META_START) and first.endswith(META_END):
        with suppress(msgspec.DecodeError):
            meta = _meta(msgspec.json.decode(first.removesuffix(META_END) + b"}}"))
    if meta is None:
        meta = _meta(_whole(content))  # to tell damage from a foreign file
    if meta is None:
        raise DamagedSnapshot("not-a-store")
    _check_format(path, meta["format"])
    checksum = meta.pop("checksum")
    if checksum != _checksum(meta, memoryview(content)[len(first) :]):
        raise DamagedSnapshot("not-its-checksum")
    try:
        head = Head(int(meta["sequence"]), str(meta["hash"]))
        store, state_sum = str(meta.get("store", "")), str(meta.get("sum", ""))
        snapshot = Snapshot(head, int(meta["next_number"]), content, store, state_sum, str(checksum))
        return PlacedSnapshot(snapshot, int(meta["offset"]))
    except NONSENSE as error:
        raise DamagedSnapshot(nonsense(error)) from None


def _whole(content: bytes) -> Any:
    if not content.strip():
        raise DamagedSnapshot("file-is-empty")
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise DamagedSnapshot(message("not-whole-json", error=str(error))) from None


def _check_format(path: Path, written: object) -> None:
    if type(written) is not int or written < 1:
        raise DamagedSnapshot("no-format")
    if written > FORMAT:
        raise StoreUnusable("newer-store", "use-newer-kconsole", file=str(path), format=written, newest=FORMAT)
    if written < FORMAT:
        raise StoreUnusable("older-store", "use-kconsole-0-1", file=str(path), format=written, oldest=FORMAT)


def write_snapshot(
    path: Path,
    head: Head,
    place: int,
    next_number: int,
    body: Iterable[bytes],
    *,
    store: str = "",
    state_sum: str = "",
    damaged: bool = False,
) -> tuple[int, str]:
    """Put a snapshot of the tables in place, made from the line that ends at a place; returns its size and checksum.

    The one before is kept as `store.json.bak`, or for good if it is damaged. If the new one cannot be written, the one
    before is there as it was.
    """
    if path.is_symlink():  # to rename over it would leave what it points to behind
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    content = b"".join(body)[1:]
    place_of_head = {"sequence": head.sequence, "offset": place, "hash": head.hash}
    meta = {"product": PRODUCT, "format": FORMAT, "next_number": next_number, **place_of_head}
    meta |= {name: said for name, said in (("store", store), ("sum", state_sum)) if said}
    meta["checksum"] = _checksum(meta, content)
    if damaged and path.exists():
        set_aside(read_own(path), path.with_name(DAMAGED_FILE))
    else:
        _keep_backup(path)
    first = META_START + _encode(meta) + META_END
    write_whole(path, first + content)
    return len(first) + len(content), str(meta["checksum"])


def _keep_backup(path: Path) -> None:
    """Let the present file stay as the backup, without a moment in which it is not there."""
    if not path.exists():
        return
    backup, link = path.with_name(BACKUP_FILE), beside(path)
    try:
        link.hardlink_to(path)
        link.replace(backup)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        write_whole(backup, read_own(path))
    finally:
        with suppress(OSError):
            link.unlink()  # it is still there where the backup was the same file already


def _checksum(meta: Mapping[str, Any], body: bytes | memoryview) -> str:
    """The checksum of a file, over the numbers in its first line too: a wrong one would hand out numbers twice."""
    digest = sha256(_encode(meta))
    digest.update(body)
    return digest.hexdigest()


def _meta(everything: object) -> dict[str, Any] | None:
    """The first line's document; None if this is not a store of kconsole."""
    if not isinstance(everything, dict) or not isinstance(meta := everything.get("meta"), dict):
        return None
    head = meta.get("1")
    if not isinstance(head, dict) or head.get("product") != PRODUCT or not {"format", "checksum"} <= head.keys():
        return None
    return head
