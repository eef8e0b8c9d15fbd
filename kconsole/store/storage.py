"""TinyDB's storage, made safe: the tables in memory, and on disk one file that is whole at every moment.

The file is a TinyDB JSON file that stock TinyDB opens. Its first line holds the `meta` table, with the format and a
checksum of everything else in the file; so a damaged or foreign file is told from a good one before it is believed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson
from tinydb.storages import Storage

from kconsole.model.errors import StoreUnusable
from kconsole.store.files import write_whole
from kconsole.store.migrations import FORMAT, Tables, migrated
from kconsole.store.tables import Document, DocumentChange

PRODUCT: Final = "kconsole"
META: Final = "meta"
_META_START: Final = b'{"meta":{"1":'
_REBUILD_HINT: Final = "It was not touched. Restore it from a backup, or 'kconsole restore' a dump into another folder."

Signature = tuple[int, int, int]
"""What tells one version of a file from another: inode, size, time of change in nanoseconds."""


class SeatStorage(Storage):
    """The tables of one store.

    Changes are staged (made in memory, with the way back remembered), then committed to disk or rolled back.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tables: Tables = {}
        self._meta: Document = {}
        self._signature: Signature | None = None
        self._staged: list[DocumentChange] = []

    @classmethod
    def opened(cls, path: Path) -> "SeatStorage":
        """The storage of an existing file.

        Raises:
            FileNotFoundError, NotADirectoryError: there is none.
            StoreUnusable: it is damaged, foreign, of a newer format, or cannot be read.
        """
        storage = cls(path)
        storage._load()
        return storage

    @property
    def meta(self) -> Document:
        """Numbers about the store that are kept with it: `sequence`, `next_number`."""
        return self._meta

    def read(self) -> Tables:
        """All tables, as TinyDB wants them. They are the live ones: change them through a table only."""
        return self._tables

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Refused: TinyDB's doors that rewrite everything would go past the record of what changed.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("change documents through a table inside a transaction")

    def stage(self, changes: list[DocumentChange]) -> None:
        """Make changes in memory, to be committed or rolled back together."""
        for change in changes:
            _make(self._tables, change)
            self._staged.append(change)

    def roll_back(self) -> None:
        """Take back what was staged, the last first."""
        for change in reversed(self._staged):
            _make(self._tables, change._replace(before=change.after, after=change.before))
        self._staged = []

    def commit(self, meta: Document) -> None:
        """Bring what was staged to disk; it is there when this returns.

        Args:
            meta: the numbers to be kept with it.

        Raises:
            NotSynced: it is in the file, but may be lost with the power. In memory it is rolled back, and the next
                `changed_outside` finds it in the file.
            OSError: it could not be written. What was staged is rolled back, and nothing of it is in the file.
        """
        try:
            write_whole(self.path, _encoded(self._tables, meta))
            signature = _signature(self.path)
        except BaseException:
            self.roll_back()
            self._signature = None
            raise
        self._staged = []
        self._meta = dict(meta)
        self._signature = signature

    def create(self, meta: Document) -> None:
        """Bring what was staged to disk as a new file.

        Raises:
            FileExistsError: there is one already.
            OSError: it could not be written.
        """
        write_whole(self.path, _encoded(self._tables, meta), replace=False)
        self._staged = []
        self._meta = dict(meta)
        self._signature = _signature(self.path)

    def changed_outside(self, believe: Callable[[Iterable[DocumentChange]], None]) -> None:
        """Read the file again if another process wrote it.

        Args:
            believe: gets what differs from memory, before memory becomes what the file is. If it raises, memory
                stays as it was.

        Raises:
            StoreUnusable: it is gone, or cannot be used any more; memory is as it was.
        """
        before = self._tables, self._meta, self._signature
        try:
            if _signature(self.path) == self._signature:
                return
            self._load()
            believe(_differences(before[0], self._tables))
        except BaseException as error:
            self._tables, self._meta, self._signature = before
            if isinstance(error, OSError):
                raise _unreadable(self.path, error) from error
            raise

    def _load(self) -> None:
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                content = file.read()
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            raise _unreadable(self.path, error) from error
        self._tables, self._meta = _decoded(content, self.path)
        self._signature = (status.st_ino, status.st_size, status.st_mtime_ns)


def _make(tables: Tables, change: DocumentChange) -> None:
    documents = tables.setdefault(change.table, {})
    if change.after is None:
        documents.pop(str(change.number), None)
    else:
        documents[str(change.number)] = change.after


def _signature(path: Path) -> Signature:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _encoded(tables: Tables, meta: Document) -> bytes:
    body = orjson.dumps(tables)[1:]
    head = {"product": PRODUCT, "format": FORMAT, **meta}
    return _META_START + orjson.dumps({**head, "checksum": _checksum(head, body)}) + b"},\n" + body


def _checksum(head: Document, body: bytes) -> str:
    """The checksum of a file, over the numbers in its first line too: a wrong one would hand out numbers twice."""
    return sha256(orjson.dumps(head) + body).hexdigest()


def _decoded(content: bytes, path: Path) -> tuple[Tables, Document]:
    """The tables and the numbers kept with them.

    Raises:
        StoreUnusable: they cannot be believed.
    """
    try:
        everything = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        what = "is empty" if not content.strip() else f"is damaged: it is not whole JSON ({error})"
        raise StoreUnusable(f"{path} {what}.", _REBUILD_HINT) from None
    head = _head(everything)
    if head is None:
        raise StoreUnusable(f"{path} is not a store of kconsole.", "It was not touched. Choose another folder.")
    written = head["format"]
    if type(written) is not int or written < 1:
        raise StoreUnusable(f"{path} is damaged: it does not say its format.", _REBUILD_HINT)
    if written > FORMAT:
        raise StoreUnusable(
            f"{path} was written by a newer kconsole (format {written}; this one reads up to {FORMAT}).",
            "It was not touched. Use the kconsole that wrote it, or a newer one.",
        )
    _, _, body = content.partition(b"\n")
    if head.pop("checksum") != _checksum(head, body):
        raise StoreUnusable(
            f"{path} is damaged: its content does not match its checksum. "
            "Something else than kconsole changed it, or the disk did.",
            _REBUILD_HINT,
        )
    del everything[META]
    return migrated(everything, written), {key: head[key] for key in head.keys() - {"product", "format"}}


def _head(everything: object) -> Document | None:
    """The first line's document; None if this is not a store of ours."""
    if not isinstance(everything, dict) or not isinstance(meta := everything.get(META), dict):
        return None
    head = meta.get("1")
    if not isinstance(head, dict) or head.get("product") != PRODUCT or not {"format", "checksum"} <= head.keys():
        return None
    return head


def _differences(before: Tables, after: Tables) -> Iterator[DocumentChange]:
    for table in {**before, **after}:
        old, new = before.get(table, {}), after.get(table, {})
        for number in {**old, **new}:
            was, now = old.get(number), new.get(number)
            if was != now:
                yield DocumentChange(table, int(number), was, now)


def _unreadable(path: Path, error: OSError) -> StoreUnusable:
    return StoreUnusable(
        f"{path} cannot be read: {error.strerror or error}.", "Check the folder and its permissions, then try again."
    )
