"""Which commands a role lets the user run: asked before a command reads or asks for anything, and in the help."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, Final, NamedTuple

import click

from kconsole.cli.store_choice import check_changeable
from kconsole.core.errors import ConsoleError, ReadOnly
from kconsole.operations.catalog import capability_of

OPERATIONS: Final[Mapping[str, str]] = {
    "disable": "disable",
    "enable": "enable",
    "add": "add",
    "delete": "delete",
    "tag": "tag",
    "policy set": "set policy",
    "policy remove": "remove policy",
    "reclaim apply": "reclaim",
    "reclaim mark": "reclaim mark",
    "reserve add": "reserve",
    "reserve cancel": "cancel reservation",
    "reserve extend": "extend reservation",
    "restarted": "restarted",
    "connect": "connect",
    "license trial": "begin trial",
    "license register": "register license",
    "license activate": "activate license",
    "license component": "change component",
    "license update": "change license",
    "license install": "install license",
    "license price": "set price",
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
    "store": "restore",
    "store bind": "bind",
    "store copy": "restore",
    "store init-postgresql": "restore",
}
"""The operation of each command that always changes something, by which its capability is known."""


BIG: Final = frozenset({"delete", "due", "import csv", "import kerio", "map", "offboard", "reclaim apply", "restore"})
"""Commands that delete accounts or may change many, whatever they name. An undo is one if it deletes."""


class Asked(NamedTuple):
    """What a command was to do, for the log."""

    operation: str
    """The operation of the command, else its name."""
    account: str
    reason: str


def asked_for() -> Asked | None:
    """What the command that runs was to do; None for a dry run, which writes nothing."""
    context = click.get_current_context()
    params, path = context.params, _path(context.command_path)
    address, *more = params.get("addresses") or (params.get("address"),)
    asked = Asked(OPERATIONS.get(path, path), "" if more else address or "", params.get("reason") or "")
    return None if params.get("dry_run") else asked


def check_first(command: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a command that the role of the user does not allow, before it does anything."""

    @wraps(command)
    def run(place: Any, /, *arguments: Any, **options: Any) -> Any:
        operation = OPERATIONS.get(_path(click.get_current_context().command_path))
        if operation is not None and place.roles.how != "no-roles":
            place.insist(capability_of(operation))
        place.check_confirmed(_is_big())
        try:
            return command(place, *arguments, **options)
        except ReadOnly as error:
            if error.code == "opened-read-only" and not place.read_only:
                check_changeable(place.choice.context)
            raise

    return run


def _is_big() -> bool:
    """Whether the command that runs deletes accounts or changes many. One that only shows what it would do is not."""
    context = click.get_current_context()
    params, path = context.params, _path(context.command_path)
    if params.get("dry_run") or params.get("yes") is False or params.get("applies") is False:
        return False
    number = len(params.get("addresses") or ()) if path in OPERATIONS else 0
    if not number:
        return path in BIG
    from kconsole.operations.accounts import are_many

    return path in BIG or are_many(number)


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
