"""The door to a live server: log in, ask, log out."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kconsole.core.errors import BadInput
from kconsole.core.server import ServerAccess
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import Secret
from kconsole.providers.kerio.settings import check_settings as check_settings

if TYPE_CHECKING:
    from kconsole.providers.kerio.client import KerioClient

CONNECT_TIMEOUT = 5.0
"""Seconds until a server must have answered at all."""

CALL_TIMEOUT = 30.0
"""Seconds until it must have answered a call. Some calls with a wrong name never end on servers of 10.0."""


@contextlib.contextmanager
def connected(
    server: ServerAccess,
    secret: Secret,
    cancel: Flag | None = None,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    call_timeout: float = CALL_TIMEOUT,
) -> Iterator["KerioClient"]:
    """A session with a server; it is ended whatever happens.

    Args:
        server: where it is, and who logs in.
        secret: his password.
        cancel: when it is set, whatever is being asked ends in `Cancelled`.
        connect_timeout: seconds until the server must have answered at all.
        call_timeout: seconds until it must have answered a call.

    Raises:
        BadInput: the settings make no sense, or there is no password.
        NotLetIn: the server does not let in who asks.
        SourceAway: it cannot be reached, is not to be trusted, or did not answer as it should.
    """
    check_settings(server)
    if not secret:
        raise BadInput(f"There is no password for {server.user}.", "Give the one that he logs in with.")
    from kconsole.providers.kerio.client import KerioClient

    line = KerioClient(server, connect_timeout, call_timeout, cancel)
    try:
        line.log_in(secret)
        yield line
    finally:
        line.log_out()
        line.close()
