"""The lock that one process at a time may write under, with who holds it written in it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from kconsole.model.errors import StoreBusy
from kconsole.model.times import to_iso
from kconsole.store.files import PRIVATE_FILE

LOCK_FILE: Final = "lock"
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02
"""Seconds between two attempts: short at first, since a change takes a fraction of a millisecond."""


class StoreLock:
    """A lock file, kept open: taking the lock costs two calls to the system, not the six of opening it each time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1

    @contextmanager
    def held(self, patience: float, operator: str, now: datetime) -> Iterator[None]:
        """Hold the lock.

        Args:
            patience: seconds to wait for another process.
            operator: who holds it, for those who wait.
            now: since when.

        Raises:
            StoreBusy: another process held it for that long.
            OSError: the file cannot be opened.
        """
        from filelock import lock_descriptor, unlock_descriptor

        if self._descriptor < 0:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self.path, flags, PRIVATE_FILE)
        deadline, pause = time.monotonic() + patience, _SHORTEST_PAUSE
        while not lock_descriptor(self._descriptor, blocking=False):
            if time.monotonic() >= deadline:
                raise StoreBusy(
                    f"{self._holder()} has been saving to {self.path.parent} for {patience:g} seconds.",
                    "Nothing was changed. Try again; if it stays so, look for a kconsole that hangs.",
                )
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        try:
            self._write_holder(operator, now)
            yield
        finally:
            unlock_descriptor(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write_holder(self, operator: str, now: datetime) -> None:
        """For those who wait; no failure to write it matters."""
        holder = orjson.dumps({"operator": operator, "process": os.getpid(), "since": to_iso(now)})
        with suppress(OSError):
            os.pwrite(self._descriptor, holder.ljust(256) + b"\n", 0)

    def _holder(self) -> str:
        try:
            holder = orjson.loads(os.pread(self._descriptor, 4096, 0))
            return f"{holder['operator']} (process {holder['process']}, since {holder['since']})"
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
            return "Another kconsole"
