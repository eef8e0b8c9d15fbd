"""Which commands a role lets the user run: asked before a command reads or asks for anything, and in the help."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, Final

import click

from kconsole.core.errors import ConsoleError
from kconsole.operations.catalog import capability_of

OPERATIONS: Final[Mapping[str, str]] = {
    "disable": "disable",
    "enable": "enable",
    "add": "add",
    "delete": "delete",
    "tag": "tag",
    "restarted": "restarted",
    "connect": "connect",
    "license trial": "begin trial",
    "license register": "register license",
    "license activate": "activate license",
    "license component": "change component",
    "license update": "change license",
    "license install": "install license",
    "server add": "add server",
    "server remove": "remove server",
    "sync": "sync",
    "map": "map",
    "domains add": "add domain",
    "import": "import",
    "import csv": "import",
    "import kerio": "import kerio",
    "import logins": "import logins",
    "init": "restore",
    "restore": "restore",
    "undo": "undo",
    "journal": "archive",
    "journal archive": "archive",
    "share": "share",
    "share on": "share",
    "share off": "share",
}
"""The operation of each command that always changes something, by which its capability is known."""


def operation_of(context: click.Context) -> str:
    """The operation of a command, else its name."""
    path = _path(context.command_path)
    return OPERATIONS.get(path, path)


def check_first(command: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a command that the role of the user does not allow, before it does anything."""

    @wraps(command)
    def run(place: Any, /, *arguments: Any, **options: Any) -> Any:
        context = click.get_current_context()
        if _path(context.command_path) in OPERATIONS and place.roles.how != "no-roles":
            place.insist(capability_of(operation_of(context)))
        return command(place, *arguments, **options)

    return run


class RoleGroup(click.Group):
    """A group whose help lists the commands that the role of the user allows. The others are refused, not unknown."""

    def all_commands(self, _: click.Context) -> list[str]:
        """The names of all commands, in the order of the help."""
        return sorted(self.commands)

    def list_commands(self, context: click.Context) -> list[str]:
        names, place = self.all_commands(context), context.find_root().obj
        with suppress(ConsoleError, click.UsageError):  # then every command that needs a store says so
            if place is not None and place.roles.how != "no-roles":
                authority, group = place.roles.authority(), _path(context.command_path)
                paths = {name: f"{group} {name}".lstrip() for name in names}
                return [
                    name
                    for name, path in paths.items()
                    if path not in OPERATIONS or authority.may(capability_of(OPERATIONS[path]))
                ]
        return names


def _path(command_path: str) -> str:
    """The words that name a command, without that of the program."""
    return command_path.partition(" ")[2]
