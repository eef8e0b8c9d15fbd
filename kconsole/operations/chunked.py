"""Work in steps, so that what must not wait, as the screen, comes to its turn in between."""

from collections.abc import Generator, Iterator
from typing import TypeVar

_Value = TypeVar("_Value")

Chunks = Generator[float, None, _Value]
"""Work in steps of a few milliseconds: after each it gives how far it has come, from 0 to 1; then its value."""


def finished(steps: Chunks[_Value]) -> _Value:
    """The value of work that is done at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: _Value = end.value
            return value


def within(low: float, high: float, steps: Chunks[_Value]) -> Chunks[_Value]:
    """The same steps as a part of more."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            value: _Value = end.value
            return value
        yield low + (high - low) * share


def iterated(shares: Iterator[float]) -> Chunks[None]:
    """Work that tells only how far it has come."""
    yield from shares
