"""The lock that one process at a time may write under, with who holds it written in it."""

import os
import threading
import time
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path
from typing import Final

import msgspec

from kconsole.core.codes import Message
from kconsole.core.errors import StoreBusy
from kconsole.store.file_engine.files import OpenFile, give_name, new_file, place_new

LOCK_FILE: Final = "lock"
LEASES: Final = ("server",)
"""The names that are leased; each has its file `NAME.lock`."""

_HOLDER_LENGTH: Final = 255
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02
"""Seconds between two attempts: short at first, since a change takes a fraction of a millisecond."""


class StoreLock(OpenFile):
    """A lock file, kept open: taking the lock costs a few calls to the system, not those of opening it each time.

    Those who wait too long get StoreBusy with the code `busy`.
    """

    def __init__(self, path: Path, busy: str = "store-busy") -> None:
        super().__init__(path)
        self._busy_code = busy
        self.store = ""
        """The id of the store, once it is known."""
        self._mine = threading.Lock()
        """For other parts of this process: the system gives a process again what it has."""

    def acquire(self, patience: float, operator: str) -> None:
        """Take the lock, after so many seconds of patience for another process, or for another part of this one."""
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
                self._descriptor = self._opened()
            if _locks(self._descriptor):
                if self._is_in_place():
                    break
                self.close()  # the file was removed: others will lock the one that has its name now
            elif time.monotonic() >= deadline:
                raise self._busy(patience)
            else:
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _opened(self) -> int:
        while True:
            with suppress(FileNotFoundError):
                return os.open(self.path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            with suppress(FileExistsError), new_file(self.path) as (new, descriptor):
                give_name(descriptor, new)
                place_new(new, self.path)

    def _busy(self, patience: float) -> StoreBusy:
        operator, process = "", 0
        with suppress(OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):  # then the holder is not known
            holder = msgspec.json.decode(os.pread(self._descriptor, 4096, 0).partition(b"\n")[0])
            operator, process = str(holder["operator"]), int(holder["process"])
        params = {"folder": str(self.path.parent), "seconds": patience, "operator": operator, "process": process}
        return StoreBusy(Message(self._busy_code, params), "try-again-or-find-hanging")

    def release(self) -> None:
        """Release the lock. Never fails: what was done under it is done."""
        try:
            flock(self._descriptor, LOCK_UN)
        except OSError:
            self.close()  # which lets it go too
        self._mine.release()

    @staticmethod
    def store_in(path: Path) -> str:
        """The id of the store whose lock this is, as its last holder wrote it; empty if it is not known."""
        with suppress(OSError, msgspec.DecodeError, AttributeError):
            return str(msgspec.json.decode(path.read_bytes()[:4096].partition(b"\n")[0]).get("store", ""))
        return ""

    def _is_in_place(self) -> bool:
        with suppress(OSError):
            return os.path.samestat(self.path.stat(), os.fstat(self._descriptor))
        return False

    def _write_holder(self, operator: str) -> None:
        """Name the holder for those who wait."""
        with suppress(OSError, ValueError):  # no failure matters; a name that is no text makes a ValueError
            said = {"operator": operator, "process": os.getpid(), "store": self.store or self.store_in(self.path)}
            holder = msgspec.json.encode(said).ljust(_HOLDER_LENGTH) + b"\n"
            if os.pread(self._descriptor, len(holder), 0) != holder:  # to write costs ten times as much
                os.pwrite(self._descriptor, holder, 0)


def _locks(descriptor: int) -> bool:
    """Lock the file; False if another process has it, for which some file systems report that it is not permitted."""
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
