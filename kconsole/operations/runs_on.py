"""Where a deed is done when a store follows a live server: there first, here as ever, or not at all."""

from collections.abc import Mapping
from typing import Final, Literal

from kconsole.core.errors import NotFound, Refused
from kconsole.core.server import Server

Way = Literal["there", "here", "not here"]
"""On the server first; in the store only; or not, since the store would say what is so nowhere."""

WAYS: Final[Mapping[str, Way]] = {
    "disable": "there",
    "enable": "there",
    "add": "there",
    "delete": "there",
    "add domain": "not here",
    "map": "not here",
    "import": "not here",
    "import kerio": "not here",
    "restore": "not here",
    "connect": "not here",
    # What follows says something that the server does not tell, or that the next reading sets right.
    "import logins": "here",
    "restarted": "here",
    "set directory": "here",
    "forget directory": "here",
    "begin trial": "here",
    "register license": "here",
    "activate license": "here",
    "buy": "here",
    "update license": "here",
    "cancel update": "here",
    "change license": "here",
    "change component": "here",
    "install license": "here",
    "add server": "here",
    "remove server": "here",
    "ask server": "here",
    "settle": "here",
    "sync": "here",
}
"""By the name of the deed. Taking one back goes the way of that deed."""


ACCOUNTS_ONLY: Final = "on the server kconsole changes accounts only"
"""Why nothing is done there to lists, resources and aliases, as a clause."""

IN_ADMINISTRATION: Final = "Do it in the server's administration."


def way_of(operation: str) -> Way:
    """The way of a deed, by its name. One that nobody thought of is not done."""
    return WAYS.get(operation, "not here")


def no_server() -> NotFound:
    """The error for what needs a server where there is none."""
    return NotFound(
        "This store is kept in step with no server.",
        "Name one with 'kconsole server add NAME --url https://... --user ...'.",
    )


def needs_server(server: Server, offline: bool) -> Refused:
    """The error for what has to be done on the server, where nobody may or can ask that."""
    if offline:
        return Refused(
            f"Nothing was changed: it has to be done on the server {server.name} first, which --offline forbids.",
            "Leave --offline out. Nothing is kept for later.",
        )
    return Refused(
        f"Nothing was changed: it has to be done on the server {server.name} first, and nobody can ask it.",
        "Give the password that kconsole logs in with. Nothing is kept for later.",
    )


def not_asked(server: Server) -> Refused:
    """The error for what only asks the server, where --offline forbids that."""
    return Refused(f"{server.name} was not asked: --offline forbids it.", "Leave it out to ask the server.")


def refuse_here(operation: str, server: Server) -> Refused:
    """The error for what would make the store differ from the server that it follows."""
    return Refused(
        f"This store follows the server {server.name}: '{operation}' in the store alone would change nothing on it.",
        "Do it in the server's administration and read that with 'kconsole sync'; or use a store without a server.",
    )


def named_meanwhile(server: Server) -> Refused:
    """The error for what somebody has just decided to be done on a server, which he named."""
    return Refused(
        f"Nothing was changed: the server {server.name} was just named for this store.",
        "Look at it with 'kconsole server', and try again.",
    )
