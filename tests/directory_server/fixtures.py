"""The fixtures of the directory; tests/conftest.py makes them known to all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.directory_server.samba import DomainController, shared_controller
from tests.directory_server.server import DirectoryServer, need_slapd

STAFF = 5000
"""People in the large directory."""


@pytest.fixture(scope="session")
def directory_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectoryServer]:
    """A directory of seven people, one for all tests of a process. Whoever changes it changes it back."""
    yield from _running(tmp_path_factory.mktemp("directory"), 0)


@pytest.fixture(scope="session")
def large_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectoryServer]:
    """A directory of the seven and 5,000 more."""
    yield from _running(tmp_path_factory.mktemp("large-directory"), STAFF)


@pytest.fixture
def own_directory(tmp_path: Path) -> Iterator[DirectoryServer]:
    """A directory of seven people for one test alone, which may do with it what it likes."""
    yield from _running(tmp_path / "directory", 0)


@pytest.fixture(scope="session")
def _shared_controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainController]:
    base = tmp_path_factory.getbasetemp()
    with shared_controller(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as controller:
        yield controller


@pytest.fixture
def domain_controller(_shared_controller: DomainController) -> Iterator[DomainController]:
    """An Active Directory of some 600 entries, for one test at a time. Whoever changes it changes it back."""
    with FileLock(_shared_controller.folder / "test.lock"):
        yield _shared_controller


def _running(folder: Path, staff: int) -> Iterator[DirectoryServer]:
    need_slapd()
    server = DirectoryServer(folder, staff)
    try:
        yield server.start()
    finally:
        server.close()
