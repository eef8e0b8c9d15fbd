"""Tells whether the store of a context may have changed, without reading it."""

import os
from pathlib import Path
from typing import NamedTuple

from kconsole.operations.locations import Location
from kconsole.store.engine import JournalEngine
from kconsole.store.locations import engine_at


class Mark(NamedTuple):
    """What a store looks like."""

    of: object
    """The same as long as no one writes; None where that is not known."""
    size: int
    """The bytes to be read, at most."""


class Watch:
    """Looks at one store, a thread at a time. It keeps the connection to a database."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._engine: JournalEngine | None = None

    def mark(self) -> Mark:
        """What it looks like now.

        Raises:
            ConsoleError: its database cannot be asked.
        """
        if isinstance(self._location, Path):
            return _mark_of(self._location)
        if self._engine is None:
            self._engine = engine_at(self._location, read_only=True)
        head = self._engine.head()
        return Mark(head, self._engine.size())

    def close(self) -> None:
        """Let the connection go, if there is one."""
        if self._engine is not None:
            self._engine.close()


def _mark_of(folder: Path) -> Mark:
    try:
        with os.scandir(folder) as files:
            stats = [(file.name, file.stat(follow_symlinks=False)) for file in files]
    except OSError:
        return Mark(None, 0)
    size = sum(stat.st_size for name, stat in stats if name.endswith((".json", ".jsonl")))
    return Mark(tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)), size)
