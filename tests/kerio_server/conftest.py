"""What the tests of the server share."""

from collections.abc import Iterator

import pytest

from tests.kerio_server.client import Client
from tests.kerio_server.fixtures import kerio_clock, kerio_server
from tests.kerio_server.server import KerioServer

__all__ = ["admin", "kerio_clock", "kerio_server"]


@pytest.fixture
def admin(kerio_server: KerioServer) -> Iterator[Client]:
    """The built-in administrator, logged in. The server has a domain already."""
    kerio_server.world.add_domain("northwind.example")
    with Client(kerio_server).log_in() as client:
        yield client
