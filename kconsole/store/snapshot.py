"""The snapshot: `store.json`, a TinyDB JSON file that stock TinyDB opens, and that the journal can make anew.

Its first line holds the `meta` table: the format, up to which line of the journal it holds, and a checksum of
everything else in the file. So a damaged or foreign file is told from a good one before it is believed.

A good one is parsed slice by slice: parsing twenty megabytes at once keeps every other thread of the process from
running for a tenth of a second, and takes twice as long, since what is parsed has left the caches before it is used.
"""

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from kconsole.core.errors import StoreUnusable
from kconsole.store.files import NO_HARD_LINKS, beside, set_aside, write_whole
from kconsole.store.journal import Head
from kconsole.store.migrations import FORMAT, Tables, migrated
from kconsole.store.tables import Document

SNAPSHOT_FILE: Final = "store.json"
PRODUCT: Final = "kconsole"
META: Final = "meta"
_META_START: Final = b'{"meta":{"1":'
_META_END: Final = b"},\n"

_SLICED: Final = "entries"
"""The table that is parsed in slices; the last one in the file."""

_SLICE: Final = 96 * 1024
"""Bytes that a slice has at least: half a millisecond of parsing."""

_ENCODED: Final = 1000
"""Documents that are encoded in one go."""

_BETWEEN: Final = re.compile(rb'\},"\d+":\{')
"""Between two documents of a table. It is nowhere inside a text, where each quote has a backslash before it."""


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


class Slice(NamedTuple):
    """Some documents of a table."""

    table: str
    documents: dict[str, Document]


class OpenSnapshot:
    """A snapshot whose checksum is right, its documents yet to be parsed."""

    def __init__(self, content: bytes, meta: Document, whole: Tables | None = None) -> None:
        self.size = len(content)
        """Bytes."""
        self._content = content
        self._whole = whole
        try:
            self.next_number = int(meta["next_number"])
            """The number of the next record."""
            self.head: Head | None = None
            """The last line of the journal that is in it; None in a file from before there was a journal."""
            if meta["format"] > 1:
                self.head = Head(int(meta["sequence"]), int(meta["offset"]), str(meta["hash"]))
        except (LookupError, TypeError, ValueError) as error:
            raise _nonsense(error) from None

    def count(self) -> int:
        """How many entries are in it; to be told while they are read, so it need not be exact."""
        return self._content.count(b'":{"address":')

    def slices(self) -> Iterator[Slice]:
        """All documents, in the order of the file.

        Raises:
            DamagedSnapshot: it is no whole JSON, although its checksum is right.
        """
        try:
            if self._whole is None:
                yield from self._sliced()
                return
        except ValueError:  # another table stands after the one that is sliced, or the file is forged
            self._whole = _parsed(self._content)
            del self._whole[META]
        for table, documents in self._whole.items():
            yield Slice(table, documents)

    def _sliced(self) -> Iterator[Slice]:
        """Slice by slice. A cut at a wrong depth leaves braces over, so that it cannot go unnoticed.

        Raises:
            ValueError: it cannot be sliced.
        """
        content, end = self._content, len(self._content) - len(b"}}")
        tables = content.index(b"\n") + 1
        start = b'"%b":{' % _SLICED.encode()
        at = tables if content.startswith(start, tables) else content.find(b"," + start, tables) + 1
        if at == 0 or not content.endswith(b"}}"):
            raise ValueError
        at += len(start)
        for table, documents in orjson.loads(b"{" + content[tables:at] + b"}}").items():
            yield Slice(table, documents)
        while (found := _BETWEEN.search(content, at + _SLICE)) is not None:
            yield Slice(_SLICED, orjson.loads(b"{%b}" % content[at : found.start() + 1]))
            at = found.start() + len(b"},")
        yield Slice(_SLICED, orjson.loads(b"{%b}" % content[at:end]))


def open_snapshot(path: Path) -> OpenSnapshot:
    """Read a snapshot's file, and see whether it is to be believed.

    Raises:
        FileNotFoundError: there is none.
        DamagedSnapshot: it is not what was written.
        StoreUnusable: a newer kconsole wrote it.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    first = content[: content.find(b"\n") + 1]
    if first.startswith(_META_START) and first.endswith(_META_END):
        try:
            meta = _meta(orjson.loads(first.removesuffix(_META_END) + b"}}"))
        except orjson.JSONDecodeError:
            meta = None
        if meta is not None and meta["format"] == FORMAT and type(meta["format"]) is int:
            checksum = meta.pop("checksum")
            if checksum == _checksum(meta, memoryview(content)[len(first) :]):
                return OpenSnapshot(content, meta)
    return _examined(path, content)


def read_snapshot(path: Path) -> Snapshot:
    """Read all of a snapshot.

    Raises:
        FileNotFoundError: there is none.
        DamagedSnapshot: it is not what was written.
        StoreUnusable: a newer kconsole wrote it.
        OSError: it cannot be read.
    """
    snapshot = open_snapshot(path)
    tables: Tables = {}
    for table, documents in snapshot.slices():
        if tables.setdefault(table, documents) is not documents:
            tables[table].update(documents)
    return Snapshot(tables, snapshot.next_number, snapshot.head, snapshot.size)


def _parsed(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        what = "it is empty" if not content.strip() else f"it is not whole JSON ({error})"
        raise DamagedSnapshot(what) from None


def _examined(path: Path, content: bytes) -> OpenSnapshot:
    """A file of an older format, parsed and brought to that of now; what is wrong with any other.

    Raises:
        DamagedSnapshot: it is not what was written.
        StoreUnusable: a newer kconsole wrote it.
    """
    everything = _parsed(content)
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
        return OpenSnapshot(content, meta, migrated(everything, written))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _nonsense(error) from None


def _nonsense(error: Exception) -> DamagedSnapshot:
    return DamagedSnapshot(f"something in it makes no sense ({error!r})")


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
    body = b"".join((b",".join(_encoded(table, documents) for table, documents in tables.items()), b"}"))
    meta = {"product": PRODUCT, "format": FORMAT, "next_number": next_number, **head._asdict()}
    first = _META_START + orjson.dumps({**meta, "checksum": _checksum(meta, body)}) + _META_END
    if keep_as and path.exists():
        set_aside(path.read_bytes(), path.with_name(keep_as))
    else:
        _keep_backup(path)
    write_whole(path, first + body)
    return len(first) + len(body)


def _encoded(table: str, documents: Mapping[str, Document]) -> bytes:
    """A table, encoded some documents at a time: no other thread runs while one is encoded, and many would be long."""
    items = iter(documents.items())
    slices = iter(lambda: orjson.dumps(dict(islice(items, _ENCODED)))[1:-1], b"")
    return b"".join((orjson.dumps(table), b":{", b",".join(slices), b"}"))


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
