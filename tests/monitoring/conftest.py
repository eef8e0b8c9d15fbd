"""A store as the monitoring systems see it, by a program of its own."""

import sys
from pathlib import Path

import pytest

from kconsole.core.times import SystemClock
from kconsole.operations.samples import sample_session
from tests.cli.console import Console

PROGRAM = (sys.executable, "-m", "kconsole")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Console:
    """The sample, with 7 of 120 seats free."""
    folder = tmp_path_factory.mktemp("monitored") / "store"
    sample_session("office", folder, clock=SystemClock(), with_past=True).close()
    return Console(folder)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs run this kconsole."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
