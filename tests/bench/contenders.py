"""The store, and others that keep the same records, behind the same few doors."""

import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from msgspec.structs import replace
from tinydb import TinyDB
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import JSONStorage
from tinydb.table import Document

from kconsole.core.encoding import compact_entry
from kconsole.core.records import Inventory
from kconsole.core.times import SystemClock
from kconsole.store.seatstore import SeatStore


class Contender(Protocol):
    """Something that keeps entries."""

    name: ClassVar[str]

    @staticmethod
    def make(folder: Path, inventory: Inventory) -> None:
        """Keep an inventory in a new folder."""
        ...

    def __init__(self, folder: Path) -> None:
        """Open it, ready to read any entry."""
        ...

    def numbers(self) -> list[int]:
        """The numbers of all entries."""
        ...

    def toggle(self, numbers: Iterable[int]) -> None:
        """Disable these, or enable them again; durable when this returns."""
        ...

    def see(self) -> bool:
        """Read what another process changed; whether there was anything."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Kconsole:
    """Our own."""

    name: ClassVar[str] = "kconsole"

    @staticmethod
    def make(folder: Path, inventory: Inventory) -> None:
        SeatStore.create(folder, inventory, SystemClock(), "anna").close()

    def __init__(self, folder: Path) -> None:
        self.store = SeatStore.open(folder, SystemClock(), operator="anna")

    def numbers(self) -> list[int]:
        return [entry.id for entry in self.store.state.entries.values()]

    def toggle(self, numbers: Iterable[int]) -> None:
        with self.store.transaction("toggle", "restore") as transaction:
            for number in numbers:
                entry = self.store.state.entries.get(number)
                assert entry is not None
                transaction.put_entry(replace(entry, enabled=not entry.enabled))

    def see(self) -> bool:
        return bool(self.store.catch_up())

    def close(self) -> None:
        self.store.close()


def _toggle(document: Any) -> None:
    document["enabled"] = not document.get("enabled", True)


class StockTinyDB:
    """TinyDB as it comes. Its storage syncs the file, and writes over it in place."""

    name: ClassVar[str] = "TinyDB, JSONStorage"

    @staticmethod
    def make(folder: Path, inventory: Inventory) -> None:
        folder.mkdir()
        with TinyDB(folder / "tiny.json") as database:
            database.insert_multiple(
                Document(json.loads(compact_entry(entry)), number) for number, entry in enumerate(inventory.entries, 1)
            )

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tiny.json"
        self.database = self._opened()
        len(self.database)
        self.seen = self.path.stat().st_mtime_ns

    def _opened(self) -> TinyDB:
        return TinyDB(self.path)

    def numbers(self) -> list[int]:
        return [document.doc_id for document in self.database]

    def toggle(self, numbers: Iterable[int]) -> None:
        self.database.update(_toggle, doc_ids=list(numbers))

    def see(self) -> bool:
        if self.path.stat().st_mtime_ns == self.seen:
            return False
        self.seen = self.path.stat().st_mtime_ns
        try:
            self.database = self._opened()
            len(self.database)
        except json.JSONDecodeError:  # it is being written just now
            self.seen = 0
            return False
        return True

    def close(self) -> None:
        self.database.close()


class CachedTinyDB(StockTinyDB):
    """TinyDB with its cache, flushed after each change so that the change is durable."""

    name: ClassVar[str] = "TinyDB, CachingMiddleware"

    def _opened(self) -> TinyDB:
        self.cache: Any = CachingMiddleware(JSONStorage)  # type: ignore[no-untyped-call]  # it has no types
        return TinyDB(self.path, storage=self.cache)

    def toggle(self, numbers: Iterable[int]) -> None:
        super().toggle(numbers)
        self.cache.flush()


class SQLite:
    """sqlite3 with a write-ahead log that is synced at each commit."""

    name: ClassVar[str] = "sqlite3, WAL, FULL"

    @staticmethod
    def make(folder: Path, inventory: Inventory) -> None:
        folder.mkdir()
        connection = sqlite3.connect(folder / "store.db")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE entries (number INTEGER PRIMARY KEY, enabled INTEGER, document TEXT)")
        connection.executemany(
            "INSERT INTO entries VALUES (?, ?, ?)",
            (
                (number, entry.enabled, json.dumps(json.loads(compact_entry(entry))))
                for number, entry in enumerate(inventory.entries, 1)
            ),
        )
        connection.commit()
        connection.close()

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "store.db", isolation_level=None)
        self.connection.execute("PRAGMA synchronous=FULL")
        self.rows = self._all()
        self.version = self._version()

    def _all(self) -> dict[int, tuple[int, str]]:
        return {row[0]: row[1:] for row in self.connection.execute("SELECT number, enabled, document FROM entries")}

    def _version(self) -> int:
        version: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def numbers(self) -> list[int]:
        return list(self.rows)

    def toggle(self, numbers: Iterable[int]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(
            "UPDATE entries SET enabled = NOT enabled WHERE number = ?", ((number,) for number in numbers)
        )
        self.connection.execute("COMMIT")

    def see(self) -> bool:
        """It says that something changed, not what."""
        if (version := self._version()) == self.version:
            return False
        self.version, self.rows = version, self._all()
        return True

    def close(self) -> None:
        self.connection.close()


CONTENDERS: tuple[type[Contender], ...] = (Kconsole, StockTinyDB, CachedTinyDB, SQLite)


def resident_megabytes() -> float:
    """Memory that this process occupies now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
