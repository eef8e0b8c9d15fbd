"""What all tests share."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.directory_server.fixtures import directory_server, large_directory, own_directory
from tests.kerio_server.fixtures import kerio_clock, kerio_server

__all__ = ["directory_server", "kerio_clock", "kerio_server", "large_directory", "own_directory"]

# A machine that is busy with something else is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

MANY_FILES = 200
"""Open files of this process from which on dropped stores are looked for."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test whose part is not installed is passed over on a user's machine. In CI all parts have to be there."""
    del item, call
    report = yield
    if report.skipped and os.environ.get("CI") and "installed" in str(report.longrepr):
        report.outcome, report.longrepr = "failed", f"in CI nothing may be missing: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _let_go_of_dropped_stores() -> Iterator[None]:
    """Tests drop stores without closing them, as a crash does; a worker runs hundreds of tests."""
    yield
    gc.enable()  # what starts a whole program in this process leaves it off
    if Path("/proc/self/fd").exists() and len(os.listdir("/proc/self/fd")) > MANY_FILES:  # noqa: PTH208
        gc.collect()
