"""Long work between events: a few milliseconds at a time, so that keys are answered meanwhile."""

import asyncio
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, Final, Generic, TypeVar

from textual.dom import DOMNode
from textual.worker import Worker

from kconsole.operations.chunked import Chunks

AT_ONCE: Final = 0.015
"""Seconds of work before anything else is answered. With a few thousand accounts that is all it takes."""

SLICE: Final = 0.01
"""Seconds of work between two looks at what else there is to do."""

Result = TypeVar("Result")


class ChunkRunner(Generic[Result]):
    """Does one thing at a time; what is started replaces what is not done yet.

    Nothing is read while `at_work` is locked: a thread is changing the session then.
    """

    def __init__(self, node: DOMNode, group: str, at_work: asyncio.Lock) -> None:
        self._node, self._group, self._at_work = node, group, at_work
        self._worker: Worker[None] | None = None

    @property
    def is_working(self) -> bool:
        return self._worker is not None and not self._worker.is_finished

    def start(self, chunks: Chunks[Result], done: Callable[[Result], None]) -> None:
        """Do this, and pass its result on: before this returns, if it takes a moment only."""
        self.stop()
        if not self._at_work.locked():
            is_done, result = _some(chunks, AT_ONCE)
            if is_done:
                done(result)
                return
        self._worker = self._node.run_worker(partial(self._go_on, chunks, done), group=self._group, exclusive=True)

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    async def _go_on(self, chunks: Chunks[Result], done: Callable[[Result], None]) -> None:
        is_done = False
        while not is_done:
            await asyncio.sleep(0)
            async with self._at_work:
                is_done, result = _some(chunks, SLICE)
        self._worker = None
        if self._node.app.is_running:  # else its widgets may be gone already
            done(result)


def _some(chunks: Chunks[Any], seconds: float) -> tuple[bool, Any]:
    """Some of the chunks, one at least; whether that was all, and then the result."""
    end = perf_counter() + seconds
    while True:
        try:
            next(chunks)
        except StopIteration as over:
            return True, over.value
        if perf_counter() >= end:
            return False, None
