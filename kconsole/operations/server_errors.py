"""Why an operation does not run: without a server, or beside one."""

from kconsole.core.errors import NotFound, Refused
from kconsole.core.server import Server


def no_server() -> NotFound:
    """The error for what needs a server, where none is configured."""
    return NotFound("no-server", "add-a-server")


def needs_server(server: Server, offline: bool) -> Refused:
    """The error for a change that runs on the server first, where it may not or cannot be contacted."""
    if offline:
        return Refused("offline-change", "leave-out-offline-to-change", server=server.name)
    return Refused("password-needed", "give-the-password", server=server.name)


def not_asked(server: Server) -> Refused:
    """The error for a reading of the server, where --offline forbids it."""
    return Refused("offline-read", "leave-out-offline-to-read", server=server.name)


def refuse_here(operation: str, server: Server) -> Refused:
    """The error for what would make the store differ from the server that it follows."""
    return Refused("only-without-server", "do-it-there-or-without-server", operation=operation, server=server.name)


def named_meanwhile(server: Server) -> Refused:
    """The error for a change that was decided before another process configured this server."""
    return Refused("server-added-meanwhile", "look-at-the-server", server=server.name)
