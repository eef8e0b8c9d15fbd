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


def needs_server(server: Server, offline: bool) -> Refused:
    """The error for a change that runs on the server first, where it may not or cannot be contacted."""
    if offline:
        return Refused("offline-change", "leave-out-offline-to-change", server=server.name)
    return Refused("password-needed", "give-the-password", server=server.name)


def refuse_here(operation: str, server: Server) -> Refused:
    """The error for what would make the store differ from the server that it follows."""
    return Refused("only-without-server", "do-it-there-or-without-server", operation=operation, server=server.name)


def named_meanwhile(server: Server) -> Refused:
    """The error for a change that was decided before another process configured this server."""
    return Refused("server-added-meanwhile", "look-at-the-server", server=server.name)
