"""Commands that prepare a database for a store, and copy a store to another place."""

import click

from kconsole.cli.context import CliContext, at_store, say
from kconsole.cli.store_choice import location_named
from kconsole.operations import store_places
from kconsole.text import words


@click.group()
def store() -> None:
    """Keep the store in a database, or somewhere else."""


@store.command("init-postgresql")
@click.option("--print", "is_printed", is_flag=True, help="Print the SQL for review, and run nothing.")
@at_store
def init_postgresql(place: CliContext, is_printed: bool) -> None:
    """Prepare a PostgreSQL database for stores.

    Makes the schema kconsole with its tables and functions, and four roles to grant to logins: kconsole_auditor,
    kconsole_helpdesk, kconsole_account_admin and kconsole_full_admin. Run it once, as the owner of the database or a
    superuser. It makes no store: 'init', 'restore' or 'store copy' do.
    """
    if is_printed:
        place.needs_output = True
        click.echo(store_places.schema(), nl=False)
        return
    place.check_writable()
    login = store_places.prepare(place.store)
    say(f"Prepared {place.store} as {login}. Next: grant a role to each login, as in")
    say("  GRANT kconsole_helpdesk TO anna;")
    say("Then 'kconsole init' makes an empty store there, and 'kconsole store copy' copies one.")


@store.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@at_store
def copy(place: CliContext, source: str, target: str) -> None:
    """Copy a store to a folder or database that has none.

    FROM and TO are folders or addresses as for --store. Every line of the log is checked, and is the same bytes in the
    copy, which is read again and compared. The original stays as it is.
    """
    place.check_writable()
    places = location_named(source, "FROM"), location_named(target, "TO")
    head = store_places.copy(*places, place.operator, place.patience)
    say(f"Copied {words.count(head.sequence, 'line')} to {places[1]}, and compared them. The head of both logs:")
    click.echo(f"{head.sequence} {head.hash}")
