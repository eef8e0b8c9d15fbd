"""The fixtures of the database; tests/conftest.py makes them known to all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql.server import Database, DatabaseServer


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """A server, one for all tests of a process. None of them stops it."""
    server = DatabaseServer()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def database(database_server: DatabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database for one test alone, prepared for a journal; and a cache that no other test has."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    database = database_server.database()
    yield database
    database.drop()
