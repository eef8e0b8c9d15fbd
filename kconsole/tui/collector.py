"""When the collector of garbage looks: a look at a hundred thousand records holds the screen for a quarter second."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MANY: Final = 50_000
"""New objects after which those that are there are never looked at again: nearly all are records, which stay."""


@contextmanager
def collecting_later() -> Iterator[None]:
    """Collect nothing while a thread may be making many records."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MANY:
            gc.freeze()
        if was_enabled:
            gc.enable()
