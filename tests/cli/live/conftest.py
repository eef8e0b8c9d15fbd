"""A test server, and a command line at a store that follows it."""

from pathlib import Path

import pytest

from kconsole.operations.sync.access import SERVER_PASSWORD
from tests.cli.console import Console
from tests.cli.live.following import follow
from tests.clocks import FixedClock
from tests.kerio_server.server import KerioServer


@pytest.fixture
def mail(kerio_server: KerioServer, monkeypatch: pytest.MonkeyPatch) -> KerioServer:
    """Three people in two domains, and a list. The environment has the password."""
    world = kerio_server.world
    world.set_license(users=10)
    world.add_domain("north.example")
    world.add_domain("south.example")
    world.add_user("anna@north.example", "Anna Berg")
    world.add_user("berg@north.example", "Berg", enabled=False)
    world.add_user("chen@south.example", "王小明")
    world.add_list("team@north.example", "Everybody")
    monkeypatch.setenv(SERVER_PASSWORD, kerio_server.password)
    return kerio_server


@pytest.fixture
def console(tmp_path: Path, kerio_clock: FixedClock, mail: KerioServer) -> Console:
    console = Console(tmp_path / "store", kerio_clock)
    console.done("init", "--seats", "10")
    return follow(console, mail)
