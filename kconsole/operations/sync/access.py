"""The way to the server that a store follows, for commands and screens."""

from collections.abc import Callable
from typing import Final

from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import Cancelled, Flag, NotLetIn, Progress, ServerState, provider_of

__all__ = ["SERVER_PASSWORD", "Cancelled", "NotLetIn", "Progress", "ServerState", "provider_of", "read_server"]

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
