"""The fixtures of the server; tests/conftest.py can make them known to all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import FixedClock, noon
from tests.kerio_server.certificates import NOT_THERE, openssl_is_there
from tests.kerio_server.server import KerioServer


def need_openssl() -> None:
    """Pass over a test where certificates can't be made."""
    if not openssl_is_there():
        pytest.skip(NOT_THERE)


@pytest.fixture
def kerio_clock() -> FixedClock:
    """The clock of `kerio_server`, which stands still at noon."""
    return noon()


@pytest.fixture
def kerio_server(tmp_path: Path, kerio_clock: FixedClock) -> Iterator[KerioServer]:
    """A server for one test alone, with nothing on it but its built-in administrator."""
    need_openssl()
    with KerioServer(tmp_path / "kerio-server", now=kerio_clock.now) as server:
        yield server
