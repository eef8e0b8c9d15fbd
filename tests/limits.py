"""How long tests wait, and how many examples they try: the one place that says so."""

import os
import time
from collections.abc import Callable, Container, Iterable
from typing import Final, TypeVar

import pytest
from _pytest.mark.structures import ParameterSet

THOROUGH: Final = os.environ.get("KCONSOLE_TESTS", "thorough") != "quick"
"""Whether everything is tested, as `make check` does; `make test` leaves out what takes long."""

EXAMPLES: Final = int(os.environ.get("KCONSOLE_EXAMPLES", "50" if THOROUGH else "20"))
"""Examples of a property test. A test may take a fraction or a multiple of it."""

EXHAUSTIVE: Final = EXAMPLES > 100
"""Whether each fault meets each operation, as in `make exhaustive`. `make check` tries a part of the pairs."""

_T = TypeVar("_T")


def share(cases: Iterable[_T], turn: int, of: int = 3) -> list[_T]:
    """One of so many parts of the cases, another one at the next turn; all of them if there is time."""
    return list(cases) if EXHAUSTIVE else list(cases)[turn % of :: of]


def each_with_some(
    rows: Iterable[str], columns: Iterable[_T], quick: Container[str], of: int = 3
) -> list[ParameterSet]:
    """Pairs for a test: each row with a share of the columns, the next row with another share.

    The rows for quick runs have all columns.
    """
    columns = list(columns)
    return [
        pytest.param(row, column, marks=() if row in quick else pytest.mark.thorough)
        for turn, row in enumerate(rows)
        for column in (columns if row in quick else share(columns, turn, of))
    ]


def thorough_but(quick: Container[object], values: Iterable[object]) -> list[ParameterSet]:
    """Parameters of a test, of which only some are for quick runs too."""
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)), marks=() if value in quick else pytest.mark.thorough
        )
        for value in values
    ]


PATIENCE: Final = 90.0
"""Seconds after which a test gives up. A test that passes never waits for it; a busy machine may need most of it."""

POLL: Final = 0.01
"""Seconds between two looks at something that cannot be waited for in another way."""


def wait_until(condition: Callable[[], object], what: str = "it") -> None:
    """Look again and again until a condition holds, for as long as `PATIENCE`.

    Raises:
        AssertionError: it never did.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} never happened"
        time.sleep(POLL)
