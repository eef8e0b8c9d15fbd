"""Commands about the store as a whole and its domains: init, domains, restarted, dump, restore."""

from pathlib import Path

import click

from kconsole.cli.context import CliContext, FilePath, at_store, read_text, reason_option, say, say_outcomes
from kconsole.cli.mapping import domains_map
from kconsole.cli.output import domain_documents, put_document, put_json
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.sharing import say_shared
from kconsole.cli.status import put_domains
from kconsole.core.consistency import LARGEST_LIMIT
from kconsole.core.license import License
from kconsole.core.records import Inventory
from kconsole.operations import dumps
from kconsole.operations.files import write_document
from kconsole.operations.server import AddDomain, RecordRestart
from kconsole.operations.session import Session
from kconsole.operations.sharing import group_named
from kconsole.text import words


@click.command()
@click.option(
    "--seats", type=click.IntRange(0, LARGEST_LIMIT), metavar="N", help="Seats of the license; by default no limit."
)
@click.option("--group", "group_name", metavar="NAME", help="Share the store with the members of a system group.")
@at_store
def init(place: CliContext, seats: int | None, group_name: str | None) -> None:
    """Create an empty store."""
    place.check_writable()
    store = place.store
    inventory = Inventory(license=License(seats=seats))
    group = None if group_name is None else group_named(group_name)
    how = (place.operator, place.clock, place.patience, group, place.allow_network_fs)
    Session.create(store, inventory, *how).close()
    limit = "unlimited seats" if seats is None else words.count(seats, "seat")
    say(f"Created a store for {limit} in {store}.")
    if group is not None:
        say_shared(place.store_folder, group)
    say("Next: 'kconsole domains add NAME', then 'kconsole import csv FILE --domain NAME' or 'kconsole add ADDRESS'.")
    say("Or follow a live server: 'kconsole server add NAME --url https://... --user LOGIN'.")


@click.group(cls=RoleGroup, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON list.")
@at_store
@click.pass_context
def domains(context: click.Context, place: CliContext, as_json: bool) -> None:
    """Show the domains and their figures, add or map one."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("--json is for the list of domains only.")
        return
    report = place.open().seats.report()
    if as_json:
        put_json(domain_documents(report))
    elif report.domains:
        put_domains(report)
    else:
        say("There are no domains yet. Add one with 'kconsole domains add NAME'.")


@domains.command("add")
@click.argument("name")
@click.option("--primary", is_flag=True, help="Make it the primary domain of the server.")
@click.option(
    "--user-limit", type=click.IntRange(0, LARGEST_LIMIT), metavar="N", help="The domain's own limit of accounts."
)
@click.option("--description", callback=read_text, default="", metavar="TEXT", help="What it is for.")
@reason_option
@at_store
def add_domain(
    place: CliContext, name: str, primary: bool, user_limit: int | None, description: str, reason: str
) -> None:
    """Add a domain."""
    say_outcomes(place.open().do(AddDomain(name, primary, user_limit, description, reason)))


domains.add_command(domains_map)


@click.command()
@reason_option
@at_store
def restarted(place: CliContext, reason: str) -> None:
    """Record that the server has just been restarted.

    This frees the seats of deleted accounts.
    """
    say_outcomes(place.open().do(RecordRestart(reason)))


@click.command()
@click.argument("file", required=False, type=FilePath(to_write=True))
@at_store
def dump(place: CliContext, file: Path | None) -> None:
    """Write the whole store as one JSON document.

    Writes to FILE, or to standard output.
    """
    session = place.open()
    document = dumps.dump_of(session)
    if file is None or str(file) == "-":
        place.needs_output = True
        put_document(document)
    else:
        write_document(file, document, session.store.folder)
        say(f"Wrote {file}.")


@click.command()
@click.argument("file", type=FilePath())
@reason_option
@at_store
def restore(place: CliContext, file: Path, reason: str) -> None:
    """Replace the whole store with a dump.

    If anything is wrong with the dump, nothing is changed. FILE may be - for standard input.
    """
    place.check_writable()
    inventory = dumps.read_dump_file(file)
    done = dumps.restore(
        place.store,
        inventory,
        place.operator,
        place.patience,
        reason,
        place.clock,
        place.roles.authority,
        place.allow_network_fs,
    )
    if done is None:
        say(f"Created a store in {place.store}.")
        entries = words.count(len(inventory.entries), "entry", "entries")
        say(f"Restored {entries} in {words.count(len(inventory.domains), 'domain')}.")
    else:
        say_outcomes(done)
