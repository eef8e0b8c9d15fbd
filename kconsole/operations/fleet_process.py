"""Reads a large store in a process of its own: a screen would wait for the interpreter where a thread decodes it."""

import os
import pickle
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import IO, Final, cast

from kconsole.core.errors import StoreUnusable
from kconsole.operations.contexts import Opening
from kconsole.operations.fleet_reading import FleetRow, failed, read_store

_BOOT: Final = """
import sys
sys.path[:] = sys.argv[1:]
from kconsole.operations.fleet_process import answer
answer()
"""

_POLITE: Final = 5
"""How much the process lets others go first: above all the one that shows what it reads."""


def read_apart(before: FleetRow, opening: Opening, note: Callable[[], None]) -> Iterator[FleetRow]:
    """As `read_store`, in another process. What opens the store goes there as it is.

    Args:
        before: what was known of the store.
        opening: opens it.
        note: called whenever the process has got on, and until it has begun. What it raises ends the process.
    """
    words = (sys.executable, "-c", _BOOT, *sys.path)
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=null) as process:  # noqa: S603  # it is ourselves
        to_it, from_it = cast("tuple[IO[bytes], IO[bytes]]", (process.stdin, process.stdout))
        try:
            to_it.write(pickle.dumps((before, opening)))
            to_it.flush()
            while not select.select([from_it], [], [], 0.05)[0]:
                note()
            row = None
            while row is None or not row.is_last:
                row = pickle.load(from_it)  # noqa: S301  # our own process wrote it
                note()
                if row is not None:
                    yield row
        except (EOFError, BrokenPipeError):
            ended = f"its process ended with {process.wait()}"
            yield failed(before.context, StoreUnusable("store-not-read", None, error=ended))
        finally:
            process.kill()


def answer() -> None:
    """Read the store that standard input asks for; rows go to standard output, and None whenever it gets on."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by mistake is no answer
    os.nice(_POLITE)

    def put(row: FleetRow | None) -> None:
        pickle.dump(row, answers)
        answers.flush()

    def end_with_asker() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    put(None)
    before, opening = pickle.load(sys.stdin.buffer)  # noqa: S301  # whoever started it wrote it
    threading.Thread(target=end_with_asker, daemon=True).start()
    for row in read_store(before, opening, lambda *_: put(None), nullcontext()):
        put(row)
        if row.is_last:
            os._exit(0)  # which takes less time than to free all records
