"""Work in short steps, so that the screen stays responsive in between."""

from collections.abc import Generator
from typing import TypeVar

_Value = TypeVar("_Value")

Chunks = Generator[float, None, _Value]
"""Work in steps of a few milliseconds: each yields the progress, from 0 to 1; the end returns the value."""


def finished(steps: Chunks[_Value]) -> _Value:
    """Run all steps, and return the value."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: _Value = end.value
            return value


def within(low: float, high: float, steps: Chunks[_Value]) -> Chunks[_Value]:
    """The same steps as a part of larger work."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            value: _Value = end.value
            return value
        yield low + (high - low) * share
