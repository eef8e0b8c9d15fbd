"""Stores of sample data."""

from pathlib import Path

from kconsole.core.history import Operator
from kconsole.core.times import Clock, SystemClock
from kconsole.importers.samples import SAMPLES as SAMPLES
from kconsole.importers.samples import load_sample
from kconsole.operations.session import Session


def sample_session(
    name: str, folder: Path, operator: Operator | str | None = None, clock: Clock | None = None
) -> Session:
    """A session on a new store of sample data, as if the sample had been taken just now.

    Raises:
        NotFound: there is no such sample.
        Refused: there is a store in the folder already.
    """
    clock = clock or SystemClock()
    return Session.create(folder, load_sample(name, clock.now()), operator, clock)
