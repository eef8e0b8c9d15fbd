"""The lock that one process at a time may write under, with who holds it written in it."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson

from kconsole.core.errors import StoreBusy
from kconsole.store.files import PRIVATE_FILE

LOCK_FILE: Final = "lock"
SERVER_LOCK_FILE: Final = "server.lock"
_HOLDER_LENGTH: Final = 255
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02
"""Seconds between two attempts: short at first, since a change takes a fraction of a millisecond."""


class StoreLock:
    """A lock file, kept open: taking the lock costs a few calls to the system, not those of opening it each time.

    Args:
        path: the file.
        doing: what its holder is at, as a clause; those who wait too long are told.
    """

    def __init__(self, path: Path, doing: str = "saving to") -> None:
        self.path = path
        self._doing = doing
        self._descriptor = -1
        self._identity = (0, 0)
        self._mine = threading.Lock()
        """For who is of the same process: the system lets a process have again what it has."""

    def acquire(self, patience: float, operator: str) -> None:
        """Take the lock.

        Args:
            patience: seconds to wait for another process, or for another part of this one.
            operator: who takes it, for those who wait.

        Raises:
            StoreBusy: somebody held it for that long.
            OSError: the file cannot be opened.
        """
        deadline = time.monotonic() + patience
        if not self._mine.acquire(timeout=max(patience, 0)):
            raise self._busy(patience)
        try:
            self._acquire_of_others(deadline, patience)
        except BaseException:
            self._mine.release()
            raise
        self._write_holder(operator)

    def _acquire_of_others(self, deadline: float, patience: float) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            if self._descriptor < 0:
                self._open()
            if self._is_taken():
                if self._is_in_place():
                    break
                self.close()  # somebody removed the file: others will lock the one that has its name now
            elif time.monotonic() >= deadline:
                raise self._busy(patience)
            else:
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _busy(self, patience: float) -> StoreBusy:
        return StoreBusy(
            f"{self._holder()} is {self._doing} {self.path.parent}, and was not done within {patience:g} s.",
            "Try again; if it stays so, look for a kconsole that hangs.",
        )

    def release(self) -> None:
        """Let others have the lock. Never fails: what was done under it is done."""
        from filelock import unlock_descriptor

        try:
            unlock_descriptor(self._descriptor)
        except OSError:
            self.close()  # which lets it go too
        self._mine.release()

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        """A store that was dropped without being closed keeps no file open."""
        self.close()

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self.path, flags, PRIVATE_FILE)
        status = os.fstat(self._descriptor)
        self._identity = status.st_ino, status.st_dev

    def _is_taken(self) -> bool:
        from filelock import lock_descriptor  # here, since the first screen of a store needs no lock and no import

        return lock_descriptor(self._descriptor, blocking=False)

    def _is_in_place(self) -> bool:
        try:
            status = self.path.stat()
        except OSError:
            return False
        return (status.st_ino, status.st_dev) == self._identity

    def _write_holder(self, operator: str) -> None:
        """For those who wait; no failure to write it matters."""
        with suppress(OSError, TypeError):  # a name that is no text makes a TypeError
            holder = orjson.dumps({"operator": operator, "process": os.getpid()}).ljust(_HOLDER_LENGTH) + b"\n"
            if os.pread(self._descriptor, len(holder), 0) != holder:  # to write costs ten times as much
                os.pwrite(self._descriptor, holder, 0)

    def _holder(self) -> str:
        try:
            holder = orjson.loads(os.pread(self._descriptor, 4096, 0).partition(b"\n")[0])
            return f"{holder['operator'] or 'Somebody'} (process {holder['process']})"
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
            return "Another kconsole"
