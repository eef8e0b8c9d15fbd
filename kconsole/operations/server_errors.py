"""The server that a store follows, and why an operation does not run without it, or beside it."""

from kconsole.core.errors import NotFound, Refused
from kconsole.core.server import Server
from kconsole.store.records import Records


def server_of(state: Records) -> Server:
    """The server that a store follows; raises NotFound where none is configured."""
    if state.server is None:
        raise NotFound("no-server", "add-a-server")
    return state.server


def server_to_ask(state: Records, offline: bool) -> Server:
    """The server that a store follows; raises also Refused where --offline forbids to read it."""
    server = server_of(state)
    if offline:
        raise Refused("offline-read", "leave-out-offline-to-read", server=server.name)
    return server


def named_meanwhile(server: Server) -> Refused:
    """The error for a change that was decided before another process configured this server."""
    return Refused("server-added-meanwhile", "look-at-the-server", server=server.name)
