"""A server with three accounts, and a session at a store that follows it."""

from pathlib import Path

import pytest

from kconsole.core.records import Inventory
from kconsole.operations.session import Session
from tests.clocks import FixedClock
from tests.kerio_server.server import KerioServer
from tests.operations.write_through.at_server import ANNA, BERG, CHEN, follow


@pytest.fixture
def mail(kerio_server: KerioServer) -> KerioServer:
    world = kerio_server.world
    world.set_license(users=5)
    world.add_domain("north.example")
    world.add_domain("south.example")
    world.add_user(ANNA, "Anna Berg", mailbox=True)
    world.change_user(ANNA, consumedItems=7)
    world.add_user(BERG, enabled=False)
    world.add_user(CHEN, "王小明", mapped=True)
    world.add_list("team@north.example", "Everybody")
    return kerio_server


@pytest.fixture
def session(tmp_path: Path, mail: KerioServer, kerio_clock: FixedClock) -> Session:
    session = Session.create(tmp_path / "store", Inventory(), "anna", kerio_clock, patience=0)
    follow(session, mail)
    return session
