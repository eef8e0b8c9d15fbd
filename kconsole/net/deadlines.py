"""Deadlines: how long a server may take for one answer as a whole, and how a user cancels the wait."""

import math
import time
from typing import Final, Protocol

POLL: Final = 0.2
"""Seconds between two checks whether a wait was cancelled."""


class Flag(Protocol):
    """Set when the user cancels; `threading.Event` is one."""

    def is_set(self) -> bool: ...


class WaitCancelled(Exception):
    """The user cancelled the wait for an answer."""


class Deadline:
    """The time left for one answer.

    A timeout of a socket bounds each read only; a server that sends a byte now and then could hold a call for ever.
    The time runs from the first call of `left`: connecting has a timeout of its own.
    """

    __slots__ = ("_cancel", "_seconds", "_until")

    def __init__(self, seconds: float, cancel: Flag | None = None) -> None:
        self._seconds = seconds
        self._cancel = cancel
        self._until = math.inf

    def left(self) -> float:
        """Seconds for the next wait on the socket, at most `POLL` where the user can cancel.

        Raises:
            WaitCancelled: the user cancelled.
            TimeoutError: the time is up.
        """
        if self._cancel is not None and self._cancel.is_set():
            raise WaitCancelled
        now = time.monotonic()
        if self._until == math.inf:
            self._until = now + self._seconds
        if self._until <= now:
            raise TimeoutError("timed out")
        return self._until - now if self._cancel is None else min(self._until - now, POLL)
