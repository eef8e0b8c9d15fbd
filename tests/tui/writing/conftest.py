"""Fixtures of these tests."""

import pytest

from tests.kerio_server.server import KerioServer
from tests.tui.writing.at_server import ANNA, BERG, CHEN


@pytest.fixture
def mail(kerio_server: KerioServer) -> KerioServer:
    """Anna, who uses her mailbox; Berg, who is disabled; Chen; all in the order in which they are listed."""
    world = kerio_server.world
    world.set_license(users=10)
    world.add_domain("north.example")
    world.add_domain("south.example")
    world.add_user(ANNA, "Anna Berg", mailbox=True)
    world.change_user(ANNA, consumedItems=7)
    world.add_user(BERG, "Berg", enabled=False)
    world.add_user(CHEN, "王小明")
    return kerio_server
