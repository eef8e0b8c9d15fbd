"""Commands that prepare a database for a store, and copy a store to another place."""

import click

from kconsole.cli.context import CliContext, at_store, say
from kconsole.cli.store_choice import location_named
from kconsole.core.errors import BadInput
from kconsole.operations import store_places
from kconsole.text import words
from kconsole.text.safe_text import safe_address, safe_text


@click.group()
def store() -> None:
    """Keep the store in a database, or somewhere else."""


@store.command("init-postgresql")
@click.option("--print", "is_printed", is_flag=True, help="Print the SQL for review, and run nothing.")
@at_store
def init_postgresql(place: CliContext, is_printed: bool) -> None:
    """Prepare a PostgreSQL database for stores.

    Makes the schema kconsole with its tables and functions, and four roles to grant to logins: kconsole_auditor,
    kconsole_helpdesk, kconsole_account_admin and kconsole_full_admin. Run it as the owner of the database or a
    superuser, and again after kconsole was updated: it brings the functions up to date, and leaves stores as they are.
    It makes no store: 'init', 'restore' or 'store copy' do.
    """
    if is_printed:
        place.needs_output = True
        click.echo(store_places.schema(), nl=False)
        return
    place.check_writable()
    login, was_there = store_places.prepare(place.store)
    if was_there:
        say(f"{place.store} is up to date: {login} brought it there.")
        return
    say(f"Prepared {place.store} as {login}. Next: grant a role to each login, as in")
    say("  GRANT kconsole_helpdesk TO anna;")
    say("Then 'kconsole init' makes an empty store there, and 'kconsole store copy' copies one.")


@store.command("bind")
@click.argument("login")
@click.option("--domain", "domains", multiple=True, metavar="D", help="Its domains; repeat it for several.")
@click.option("--account", default="", metavar="ADDRESS", help="Its own account, which it cannot disable or delete.")
@click.option("--end", "is_ended", is_flag=True, help="End what the login is bound to.")
@at_store
def bind(place: CliContext, login: str, domains: tuple[str, ...], account: str, is_ended: bool) -> None:
    """Bind a login of the database to domains and an account.

    The database refuses what LOGIN changes in other domains, whatever program it uses. What is named takes the place
    of what it was bound to before; without --domain, it works in all domains. A full admin is bound to none.
    """
    place.check_writable()
    if is_ended == bool(domains or account):
        raise BadInput("name-domain-or-account")
    session = place.open()
    session.insist("roles", "bind")
    store_places.bind(session, login, domains, account)
    if is_ended:
        say(f"{safe_text(login)} is bound to nothing.")
        return
    where = ", ".join(map(safe_address, domains)) or "all domains"
    say(f"{safe_text(login)} works in {where}" + (f"; its own account is {safe_address(account)}." if account else "."))


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
