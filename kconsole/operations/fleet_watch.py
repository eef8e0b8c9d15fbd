"""Tells whether the store of a context may have changed, without reading it."""

import os
from pathlib import Path

from kconsole.operations.locations import Location
from kconsole.store.engine import JournalEngine
from kconsole.store.locations import engine_at


class Watch:
    """Looks at one store, a thread at a time. It keeps the connection to a database."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._engine: JournalEngine | None = None

    def mark(self) -> object:
        """What it looks like now, which is as long the same as no one writes; None where that is not known.

        Raises:
            ConsoleError: its database cannot be asked.
        """
        if isinstance(self._location, Path):
            return _mark_of(self._location)
        if self._engine is None:
            self._engine = engine_at(self._location, read_only=True)
        return self._engine.head()

    def close(self) -> None:
        """Let the connection go, if there is one."""
        if self._engine is not None:
            self._engine.close()


def _mark_of(folder: Path) -> object:
    try:
        with os.scandir(folder) as files:
            stats = [(file.name, file.stat(follow_symlinks=False)) for file in files]
    except OSError:
        return None
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))
