"""Disks that fail at a call of one's choice."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

Manner = Literal["once", "from-then-on", "half-written"]
MANNERS: tuple[Manner, ...] = ("once", "from-then-on", "half-written")

_CALLS: tuple[tuple[object, str], ...] = (
    (os, "write"),
    (os, "fsync"),
    (os, "fdatasync"),
    (os, "ftruncate"),
    (os, "open"),
    (Path, "replace"),
    (Path, "hardlink_to"),
)


class FailingDisk:
    """Counts the calls that bring something to disk, and fails at one of them.

    A disk that fails half-written lets the write that it fails at do half of its work first, and fails the next.
    """

    def __init__(self, patch: pytest.MonkeyPatch, at: int, code: int, manner: Manner) -> None:
        self.calls: list[str] = []
        self.failed: list[str] = []
        self._at, self._code, self._manner = at, code, manner
        for owner, name in _CALLS:
            patch.setattr(owner, name, self._failing(name, getattr(owner, name)))

    @property
    def was_reached(self) -> bool:
        """Whether there were as many calls as the one that fails."""
        return len(self.calls) >= self._at

    def _failing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            place = len(self.calls)
            if self._manner == "half-written" and place == self._at and name == "write":
                return real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            fails = {
                "once": place == self._at,
                "from-then-on": place >= self._at,
                "half-written": place == self._at + (self.calls[self._at - 1] == "write")
                if place >= self._at
                else False,
            }
            if fails[self._manner]:
                self.failed.append(name)
                raise OSError(self._code, os.strerror(self._code))
            return real(*arguments, **options)

        return call


CODES = (errno.ENOSPC, errno.EIO, errno.EROFS)
