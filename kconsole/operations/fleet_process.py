"""Reads the stores of a fleet in a process of its own: a screen would wait for the interpreter where a thread reads."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import IO, Any, Final, NamedTuple, cast

from kconsole.core.errors import StoreUnusable
from kconsole.operations.contexts import Context, Opening
from kconsole.operations.fleet import DEADLINE, LOOK, Fleet
from kconsole.operations.fleet_reading import FleetRow, failed

_BOOT: Final = """
import sys
sys.path[:] = sys.argv[1:]
from kconsole.operations.fleet_process import answer
answer()
"""


class _Answer(NamedTuple):
    """What the process has found."""

    rows: Sequence[FleetRow]
    is_complete: bool
    asked: int
    """How many questions it had before."""


class FleetProcess:
    """As `Fleet`, in another process, which ends with this one. It begins at once.

    A process cannot end while one of its threads waits for a dead disk: then it is not this one.
    """

    def __init__(self, contexts: Sequence[Context], opening: Opening, deadline: float = DEADLINE) -> None:
        self.rows = {context.name: FleetRow(context) for context in contexts}
        self._contexts, self._opening, self._deadline = contexts, opening, deadline
        self._answers: SimpleQueue[_Answer] = SimpleQueue()
        self._is_complete = False
        self._asked = self._known = 0
        self._start()

    @property
    def is_complete(self) -> bool:
        """Whether each store was read, with its forecast, or is known not to answer now."""
        return self._is_complete and self._known == self._asked

    def look(self, patience: float = 0.0) -> list[str]:
        """Take what was found, and return which contexts have changed; with patience, wait for the first answer."""
        changed: dict[str, None] = {}
        with suppress(Empty):
            while True:
                answer = self._answers.get(timeout=patience) if patience else self._answers.get_nowait()
                patience = 0.0
                self._is_complete, self._known = answer.is_complete, answer.asked
                for row in answer.rows:
                    self.rows[row.context.name] = row
                    changed[row.context.name] = None
        return list(changed)

    def refresh(self) -> None:
        """Look again at the stores that were read a while ago."""
        if self._is_complete:
            self._ask("")

    def read_again(self, name: str) -> None:
        """Read a store soon, as after work on it."""
        if self._process.poll() is not None:
            self._start()
        self._asked += 1
        self._ask(name)

    def close(self) -> None:
        """End the process."""
        self._process.kill()

    def _start(self) -> None:
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        words = (sys.executable, "-c", _BOOT, *sys.path)
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=null)  # noqa: S603  # it is ourselves
        self._known = self._asked = 0
        self._ask((self._contexts, self._opening, self._deadline))
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _ask(self, what: object) -> None:
        stdin = cast("IO[bytes]", self._process.stdin)
        with suppress(BrokenPipeError, ValueError):  # whoever listens finds that it has ended
            pickle.dump(what, stdin)
            stdin.flush()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        with process, suppress(EOFError):
            while True:
                self._answers.put(pickle.load(cast("IO[bytes]", process.stdout)))  # noqa: S301  # it is ourselves
        error = StoreUnusable("store-not-read", None, error=f"its process ended with {process.returncode}")
        self._answers.put(_Answer([failed(context, error) for context in self._contexts], True, self._asked))


def read_all(fleet: Fleet | FleetProcess) -> list[FleetRow]:
    """Read until each store was read, or is known not to answer."""
    try:
        while not fleet.is_complete:
            fleet.look(LOOK)
    finally:
        fleet.close()
    return list(fleet.rows.values())


def answer() -> None:
    """Read the stores that standard input asks for; what is found goes to standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by mistake is no answer
    questions = _questions()
    fleet, asked, is_complete = Fleet(*next(questions)), 0, False
    queue: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=lambda: _take(questions, queue), daemon=True).start()
    while True:
        changed = fleet.look(LOOK)
        before = asked, is_complete
        is_complete = fleet.is_complete
        with suppress(Empty):
            name = queue.get(block=is_complete and not changed and before[1])
            while True:
                if name:
                    asked += 1
                    fleet.read_again(name)
                else:
                    fleet.refresh()
                name = queue.get_nowait()
        if changed or before != (asked, is_complete := fleet.is_complete):
            pickle.dump(_Answer([fleet.rows[name] for name in changed], is_complete, asked), answers)
            answers.flush()


def _questions() -> Iterator[Any]:
    while True:
        yield pickle.load(sys.stdin.buffer)  # noqa: S301  # whoever started it wrote it


def _take(questions: Iterator[str], queue: SimpleQueue[str]) -> None:
    with suppress(EOFError):
        for each in questions:
            queue.put(each)
    os._exit(0)  # whoever started it has ended
