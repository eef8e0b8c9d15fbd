"""One module per step from one format of the store to the next.

A step is a module with a function `migrate(tables)`, which turns the tables of format N into those of format N+1, and
stands here under its N. The first format has none before it.
"""

from collections.abc import Callable
from typing import Any, Final

from kconsole.store.migrations import to_2

Tables = dict[str, dict[str, dict[str, Any]]]
"""All tables of a store as TinyDB keeps them: table name, document number as text, document."""

FORMAT: Final = 2
"""The format that this kconsole writes."""

STEPS: Final[dict[int, Callable[[Tables], Tables]]] = {1: to_2.migrate}
"""The step from each older format."""


def migrated(
    tables: Tables, written: int, current: int = FORMAT, steps: dict[int, Callable[[Tables], Tables]] = STEPS
) -> Tables:
    """The tables in the current format, one step after the other.

    Args:
        tables: as read from the file.
        written: the format they were written in.
        current: the format wanted.
        steps: the steps to go by.
    """
    for step in range(written, current):
        tables = steps[step](tables)
    return tables
