"""A command line at a store that follows a test server."""

from tests.cli.console import Console, Said
from tests.kerio_server.server import KerioServer

INTERVAL = 300.0


class Enough(KeyboardInterrupt):
    """Someone presses ctrl+c."""


def follow(console: Console, server: KerioServer, *more: str) -> Console:
    console.done(
        "server", "add", "mail", "--url", server.url, "--user", server.user, "--fingerprint", server.fingerprint, *more
    )
    return console


def secretless(said: Said, server: KerioServer) -> Said:
    assert server.password not in said.out + said.err
    return said
