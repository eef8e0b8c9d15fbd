"""The way to the server that a store follows, for commands and screens."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import CALL_TIMEOUT, CONNECT_TIMEOUT, Flag, MailServer, provider_of
from kconsole.providers.base import Cancelled as Cancelled
from kconsole.providers.base import NotLetIn as NotLetIn
from kconsole.providers.base import Progress as Progress
from kconsole.providers.base import ServerState as ServerState

SERVER_PASSWORD: Final = "KCONSOLE_SERVER_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable that holds the password to the server."""


def check_settings(access: ServerAccess) -> None:
    """Check settings as far as that is possible without the server.

    Raises:
        BadInput: they make no sense.
    """
    provider_of(access).check(access)


def connected(
    access: ServerAccess,
    secret: Secret,
    cancel: Flag | None = None,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    call_timeout: float = CALL_TIMEOUT,
) -> AbstractContextManager[MailServer]:
    """A session with a server. See `Provider.connected`."""
    provider = provider_of(access)
    return provider.connected(access, secret, cancel, connect_timeout=connect_timeout, call_timeout=call_timeout)


def read_server(
    access: ServerAccess,
    secret: Secret,
    progress: Callable[[Progress], None] | None = None,
    cancel: Flag | None = None,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    call_timeout: float = CALL_TIMEOUT,
) -> ServerState:
    """Read everything that a sync needs. See `Provider.connected` and `MailServer.read`."""
    timeouts = {"connect_timeout": connect_timeout, "call_timeout": call_timeout}
    with connected(access, secret, cancel, **timeouts) as server:
        return server.read(progress)


def import_provider(access: ServerAccess) -> None:
    """Import what a connection needs in an idle moment, so that the first one does not wait for it."""
    provider_of(access).prepare()
