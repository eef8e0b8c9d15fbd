"""The way to the server that a store follows, for commands and screens."""

import time
from collections.abc import Callable
from typing import Final

from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import Cancelled, Flag, NotLetIn, Progress, ServerState, provider_of

__all__ = [
    "SERVER_PASSWORD",
    "Cancelled",
    "NotLetIn",
    "Progress",
    "ServerState",
    "provider_of",
    "read_server",
    "seldom",
]

SERVER_PASSWORD: Final = "KCONSOLE_SERVER_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable that holds the password to the server."""


def read_server(
    access: ServerAccess,
    secret: Secret,
    progress: Callable[[Progress], None] | None = None,
    cancel: Flag | None = None,
) -> ServerState:
    """Read everything that a sync needs. See `Provider.connected` and `MailServer.read`."""
    with provider_of(access).connected(access, secret, cancel) as server:
        return server.read(progress)


QUIET: Final = 10.0
"""Seconds between two lines about how far a reading has come."""


def seldom(say: Callable[[Progress], None], seconds: float = QUIET) -> Callable[[Progress], None]:
    """Report a progress not more often than that: where each report is a line of its own."""
    last = time.monotonic()

    def tell(far: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            say(far)

    return tell
