"""Fixtures of the screen's tests: no password in the environment, and a small server."""

import pytest

from kconsole.net.secrets import DIRECTORY_PASSWORD
from kconsole.operations.sync.access import SERVER_PASSWORD
from tests.kerio_server.server import KerioServer


@pytest.fixture(autouse=True)
def _no_one_gave_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (SERVER_PASSWORD, DIRECTORY_PASSWORD):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def mail(kerio_server: KerioServer) -> KerioServer:
    """Three people in two domains, and a list."""
    world = kerio_server.world
    world.set_license(users=10)
    world.add_domain("north.example")
    world.add_domain("south.example")
    world.add_user("anna@north.example", "Anna Berg", mailbox=True, connected=True)
    world.add_user("berg@north.example", "Berg", enabled=False)
    world.add_user("chen@south.example", "王小明")
    world.add_list("team@north.example", "Everybody")
    return kerio_server
