"""Commands about roles: who may do what, and who the user is."""

import re
import shlex
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

import click

from kconsole.cli.context import CliContext, FilePath, at_store, say
from kconsole.cli.output import put_json, put_sections
from kconsole.cli.tables import put_table
from kconsole.core.errors import BadInput, NotFound
from kconsole.core.roles import Capability
from kconsole.operations.files import LARGEST_OWN, read_document
from kconsole.operations.roles import ROLES_FILE, person_here, read_roles, records_of, warnings_of
from kconsole.text import roles as texts
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_address, safe_text

_PUBLIC_KEY: Final = re.compile(r"((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]{40,}={0,3})(?: .*)?")


@click.group()
def roles() -> None:
    """Show who may do what."""


@roles.command()
@click.argument("file", required=False, type=FilePath())
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@at_store
def check(place: CliContext, file: Path | None, as_json: bool) -> None:
    """Check the roles file, and list the operators.

    Checks FILE before it takes the place of the roles file. Exits with 2 if its
    content is wrong, and with 4 if others could change it.
    """
    person = person_here(place.store, place.operator_name)
    if not person.is_owner or person.name:
        place.insist("roles")
    file = file or place.roles_file or ROLES_FILE
    operators, state = read_roles(file, person.owner), records_of(place.store)
    notes = {
        name: [words_of(each) for each in warnings_of(entry, person.owner, state)] for name, entry in operators.items()
    }
    if as_json:
        listed = [{"name": name, **entry.model_dump(), "warnings": notes[name]} for name, entry in operators.items()]
        put_json({"schema": 1, "file": str(file), "operators": listed})
        return
    rows = [
        [
            safe_text(name),
            entry.role,
            ", ".join(safe_address(each) for each in entry.domains or ()) or "all",
            safe_address(entry.account or ""),
            "" if entry.uid is None else str(entry.uid),
        ]
        for name, entry in operators.items()
    ]
    put_table(["OPERATOR", "ROLE", "DOMAINS", "ACCOUNT", "UID"], rows)
    for name in operators:
        for note in notes[name]:
            say(f"Note: {name}: {note}.")


@roles.command()
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@at_store
def whoami(place: CliContext, as_json: bool) -> None:
    """Show who you are to kconsole, and what you may do."""
    authority, how, user = place.roles.authority(), str(place.roles.how), place.operator.user
    if isinstance(place.store, str):  # the database knows who works here, and what they may do
        with closing(place.open(unconfirmed=False)) as session:
            authority, user, away = session.authority, session.store.operator.user, session.store.away
        if away is not None:  # then it is not known, and nothing can be changed
            authority = replace(authority, refused=away.why)
        how = "database" if how in ("no-roles", "root", "owner") else how
    if not as_json:
        put_sections([("", texts.authority_rows(authority, how, user))])
        return
    put_json(
        {
            "schema": 1,
            "user": user,
            "operator": authority.operator or None,
            "how": how,
            "role": authority.role,
            "domains": sorted(authority.domains),
            "account": authority.account or None,
            "may": [each for each in get_args(Capability) if authority.may(each)],
        }
    )


@roles.command()
@click.argument("name")
@click.argument("file", required=False, type=FilePath())
@at_store
def keys(place: CliContext, name: str, file: Path | None) -> None:
    """Print the authorized_keys line of the operator NAME.

    FILE is the operator's public key. The line goes into the authorized_keys of the store's user: whoever logs in with
    that key gets kconsole as this operator, and nothing else.
    """
    place.insist("roles")
    person = person_here(place.store, place.operator_name)
    roles_file = place.roles_file or ROLES_FILE
    if name not in read_roles(roles_file, person.owner):
        raise NotFound("operator-unknown", "name-an-operator", name=name, file=str(roles_file))
    words = [
        sys.executable,
        "-I",
        "-m",
        "kconsole",
        "--store",
        str(place.store if isinstance(place.store, str) else place.store.absolute()),
    ]
    if place.roles_file is not None:
        words += ["--roles", str(place.roles_file.absolute())]
    command = shlex.join([*words, "shell", "--operator", name]).replace('"', '\\"')
    key = "PUBLIC-KEY" if file is None else public_key(file)
    click.echo(f'restrict,pty,command="{command}" {key} {name}')
    if file is None:
        say("Put the operator's public key in place of PUBLIC-KEY.")


def public_key(file: Path) -> str:
    """The public key in a file, without its comment.

    Raises:
        BadInput: there is not exactly one.
    """
    content, name = read_document(file, LARGEST_OWN)
    lines = [line for line in content.decode("ascii", "replace").splitlines() if line.strip() and line[0] != "#"]
    found = _PUBLIC_KEY.fullmatch(lines[0]) if len(lines) == 1 else None
    if found is None:
        raise BadInput("not-a-public-key", "name-a-public-key", file=name)
    return found[1]
