"""What all tests share."""

import gc
import os
import signal
import tempfile
import time
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings

from kconsole.operations.roles import ROLES_FILE
from tests.directory_server.fixtures import (
    _shared_controller,
    directory_server,
    domain_controller,
    large_directory,
    own_directory,
)
from tests.kerio_server.fixtures import kerio_clock, kerio_server
from tests.limits import EXAMPLES, THOROUGH
from tests.postgresql.fixtures import database, database_server

__all__ = [
    "_shared_controller",
    "database",
    "database_server",
    "directory_server",
    "domain_controller",
    "kerio_clock",
    "kerio_server",
    "large_directory",
    "own_directory",
]

os.environ["TZ"] = "UTC"  # times are shown, and read, in the zone of the machine
time.tzset()

# Names are sorted by letters, whatever the language of who runs the tests.
if language := os.environ.pop("LC_ALL", ""):
    os.environ["LANG"] = language
os.environ["LC_COLLATE"] = "C"

# Whoever runs the tests may have chosen a theme or columns; those of a console in a test are the usual ones.
HOME_OF_ALL = tempfile.TemporaryDirectory(prefix="kconsole-tests-")
for kind in ("CONFIG", "DATA", "STATE"):
    os.environ[f"XDG_{kind}_HOME"] = f"{HOME_OF_ALL.name}/{kind.lower()}"

# A machine that is busy with something else is no failure, so nothing has a deadline.
# Where the tests run in the background, under nohup for example, programs that they start would ignore what they send.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

if ROLES_FILE.exists():
    raise pytest.UsageError(f"{ROLES_FILE} says what the tests may do: move it away, or run them on another machine.")

settings.register_profile("quick", deadline=None, max_examples=EXAMPLES)
settings.register_profile("thorough", deadline=None, max_examples=EXAMPLES)
settings.load_profile("thorough" if THOROUGH else "quick")

TAKE_LONG = tuple(
    Path(__file__).parent / name
    for name in (
        "faults",
        "postgresql",
        "wire",
        "cli/test_processes.py",
        "tui/test_columns.py",
        "tui/test_held_rows.py",
        "tui/test_license.py",
        "tui/test_license_files.py",
        "tui/test_license_forms.py",
        "tui/test_mapping.py",
        "tui/test_mapping_meanwhile.py",
        "tui/test_reconcile.py",
        "tui/test_saved_filters.py",
        "tui/test_server.py",
        "tui/writing",
    )
)
"""Folders and files whose tests count as marked `thorough`, unless one is marked `quick`."""


MANY_FILES = 200
"""Open files of this process from which on dropped stores are looked for."""


def _takes_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("thorough") is not None or (
        item.get_closest_marker("quick") is None and _is_heavy(item.path)
    )


@cache
def _is_heavy(path: Path) -> bool:
    return any(path.is_relative_to(place) for place in TAKE_LONG)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, where only the quick tests are asked for."""
    if THOROUGH:
        return
    quick: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        (left_out if _takes_long(item) else quick).append(item)
    items[:] = quick
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Have the collector pass over thousands of tests, which stay: it would look at them again and again.

    The console freezes its own objects once it stands. A worker runs hundreds of consoles, each garbage in the end:
    looking for it as often as a small program does took a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)
    with patch.object(gc, "freeze"):
        return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    if not THOROUGH:
        terminalreporter.write_line(
            "These were the quick tests. Left out, and run by 'make check': terminals, faults, large stores, "
            "and the full products of faults and operations."
        )


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


@pytest.fixture(autouse=True)
def _leave_the_environment() -> Iterator[None]:
    """A variable that a test leaves behind changes others, here and there: the password to a server, for one."""
    before = dict(os.environ)
    yield
    left = {
        name for name in {*before, *os.environ} - {"PYTEST_CURRENT_TEST"} if before.get(name) != os.environ.get(name)
    }
    for name in left:
        os.environ.pop(name, None)
        os.environ.update({name: before[name]} if name in before else {})
    assert not left
