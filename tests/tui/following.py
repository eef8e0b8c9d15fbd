"""Stores that follow a server, as the screen shows them."""

from msgspec.structs import replace

from kconsole.core.records import Inventory
from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.tui.screens.reconcile import ReconcileScreen
from tests.kerio_server.server import KerioServer
from tests.tui.console import Console, until_shown
from tests.tui.mappings import log_in


def access_of(server: KerioServer) -> Access:
    return Access(url=server.url, user=server.user, fingerprint=server.fingerprint)


def following(server: KerioServer, **fields: object) -> Inventory:
    named = Server(name="mail", access=access_of(server))
    return Inventory(server=replace(named, **fields))


async def read(screen: Console, server: KerioServer) -> Console:
    await screen.press("f5")
    await log_in(screen, server.password)
    await until_shown(screen, "server read:")
    return screen


def comparison(screen: Console) -> ReconcileScreen:
    shown = screen.app.screen
    assert isinstance(shown, ReconcileScreen)
    return shown
