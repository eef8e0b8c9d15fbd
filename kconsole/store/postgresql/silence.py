"""A connection that waits for no answer for ever: a server that hangs, and a network that swallows, close nothing."""

import logging
import time
from collections.abc import Generator
from typing import Any

import psycopg

# What the driver logs would stand on the screen; what matters of it is raised, too.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class Silent(psycopg.OperationalError):
    """Nothing came for too long."""

    seconds = 0.0


class Connection(psycopg.Connection[Any]):
    """A connection whose calls fail when nothing comes. Then it has to be closed: an answer may still be on its way."""

    longest = 6.0
    """Seconds without a byte after which a database counts as away."""
    _more = 0.0

    def allow(self, more: float) -> None:
        """Let the next calls take so many seconds more."""
        self._more = more

    def wait(self, gen: Any, *how: Any, **more: Any) -> Any:
        return super().wait(_limited(gen, self.longest + self._more), *how, **more)


def _limited(waiting: Any, seconds: float) -> Generator[Any, Any, Any]:
    """What the driver waits with, which is asked several times a second whether it goes on."""
    try:
        wanted, heard_at = next(waiting), time.monotonic()
        while True:
            ready = yield wanted
            now = time.monotonic()
            if ready:
                heard_at = now
            elif now - heard_at > seconds:
                silent = Silent("timeout expired")
                silent.seconds = seconds
                raise silent
            wanted = waiting.send(ready)
    except StopIteration as end:
        return end.value
