"""The command that prints how to set up a service user."""

import os
import pwd
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click

from kconsole.cli.context import CliContext, at_store
from kconsole.operations.roles import ROLES_FILE, read_roles
from kconsole.text.service_user import ServiceOperator, service_user_script

EXAMPLES: Final = ("anna", "berg")

_USER: Final = r"[a-z_][a-z0-9_-]{0,31}"
_PATH: Final = r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+"
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def _plain(pattern: str, what: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """The callback of an option whose text stands in a script and in rules of sudo."""

    def check(context: click.Context, param: click.Parameter, value: Any) -> Any:
        for each in (value,) if isinstance(value, str) else value:
            if not re.fullmatch(pattern, each):
                raise click.BadParameter(f"'{each}' is not {what}.", context, param)
        return value

    return check


def _program() -> str:
    """Where this kconsole is installed."""
    found = shutil.which(sys.argv[0]) or shutil.which("kconsole") or "/usr/bin/kconsole"
    return os.path.abspath(found) if Path(found).name == "kconsole" else "/usr/bin/kconsole"  # noqa: PTH100  # a link stays


@click.command("service-user")
@click.option(
    "--print", "is_printed", is_flag=True, required=True, help="Print the script; kconsole runs nothing itself."
)
@click.option(
    "--operator",
    "names",
    multiple=True,
    metavar="NAME",
    callback=_plain(_NAME, "a name of an operator"),
    help="An operator; by default, those of the roles file.",
)
@click.option(
    "--user",
    default="kconsole",
    show_default=True,
    metavar="NAME",
    callback=_plain(_USER, "a name of a system user"),
    help="The name of the service user and its group.",
)
@click.option(
    "--home",
    default="/var/lib/kconsole",
    show_default=True,
    metavar="DIR",
    callback=_plain(_PATH, "a path of letters, digits and . _ -"),
    help="Its home folder, with the store.",
)
@click.option(
    "--program",
    default=_program,
    show_default="this one",
    metavar="FILE",
    callback=_plain(_PATH, "a path of letters, digits and . _ -"),
    help="The kconsole that operators run.",
)
@at_store
def service_user(
    place: CliContext, is_printed: bool, names: tuple[str, ...], user: str, home: str, program: str
) -> None:
    """Print a script that adds a system user for a shared store.

    Read the script before you run it as root. It makes the user and its home, one rule of sudo for each operator that
    allows 'kconsole shell --operator NAME' and nothing else, and examples for authorized_keys and the roles file.
    """
    del is_printed
    roles_file = place.roles_file or ROLES_FILE
    operators = [ServiceOperator(name, name) for name in names]
    if not operators and os.path.lexists(roles_file):
        listed = read_roles(roles_file, os.geteuid())
        operators = [ServiceOperator(name, _user_of(entry.uid)) for name, entry in listed.items()]
    operators = operators or [ServiceOperator(name, name) for name in EXAMPLES]
    click.echo(service_user_script(user, home, program, operators, str(ROLES_FILE)), nl=False)


def _user_of(uid: int | None) -> str:
    """What sudo calls a user, if it is known who that is: users of the network may have names with blanks."""
    if uid is None:
        return ""
    with suppress(KeyError):
        if re.fullmatch(_USER, name := pwd.getpwuid(uid).pw_name):
            return name
    return f"#{uid}"
