"""Long work between events: a few milliseconds at a time, so that keys are answered meanwhile."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, Generic, TypeVar

from kconsole.operations.chunked import Chunks

AT_ONCE: Final = 0.015
"""Seconds that a piece of work has before anything else comes to its turn. With a few thousand accounts that is all."""

SLICE: Final = 0.01
"""Seconds of work between two looks at what else there is to do."""

Result = TypeVar("Result")


class ChunkRunner(Generic[Result]):
    """Does one thing at a time; what is started takes the place of what is not done yet.

    Args:
        failed: is told what the work broke down of.
    """

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    @property
    def is_working(self) -> bool:
        """Whether something is not done yet."""
        return self._task is not None and not self._task.done()

    def start(self, steps: Chunks[Result], done: Callable[[Result], None]) -> None:
        """Do this, and tell what came of it: before this returns, if it takes a moment only."""
        self.stop()
        is_done, result = _some(steps, AT_ONCE)
        if is_done:
            done(result)
        else:
            self._task = asyncio.create_task(self._go_on(steps, done))

    def stop(self) -> None:
        """Leave off what is not done yet."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _go_on(self, steps: Chunks[Result], done: Callable[[Result], None]) -> None:
        try:
            is_done = False
            while not is_done:
                await asyncio.sleep(0)
                is_done, result = _some(steps, SLICE)
            self._task = None
            done(result)
        except Exception as error:
            self._failed(error)


def _some(steps: Chunks[Any], seconds: float) -> tuple[bool, Any]:
    """Some of the steps, one at least; whether that were all, and then what came of them."""
    end = perf_counter() + seconds
    while True:
        try:
            next(steps)
        except StopIteration as over:
            return True, over.value
        if perf_counter() >= end:
            return False, None
