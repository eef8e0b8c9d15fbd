"""Commands about the live server: server, sync, reconcile."""

import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from kconsole.cli.context import (
    DONE,
    PARTLY_FAILED,
    CliContext,
    at_store,
    pass_cli,
    read_text,
    reason_option,
    say,
    say_outcomes,
    say_seats,
)
from kconsole.cli.output import put_json, put_sections
from kconsole.cli.server_prompt import INSECURE, password_option, say_settled, server_of, server_secret, server_to_ask
from kconsole.core.documents import server_document
from kconsole.core.errors import NotFound, SourceAway, StoreBusy
from kconsole.core.server import Server, ServerAccess
from kconsole.core.times import to_iso
from kconsole.licensing.comparison import compared
from kconsole.net.secrets import Secret
from kconsole.operations.session import Session
from kconsole.operations.sync.access import NotLetIn, Progress, Snapshot, check_settings, read_server
from kconsole.operations.sync.pull import Sync, begin_reading, settled
from kconsole.operations.sync.servers import AddServer, RemoveServer
from kconsole.text import ages, messages, words
from kconsole.text.licenses import change_rows
from kconsole.text.safe_text import safe_text
from kconsole.text.server import cause_text, comparison_rows, reading_words, server_rows, synced_words

DIFFERENT = 1
"""The exit code of a reconciliation that found differences."""


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@at_store
@pass_cli
@click.pass_context
def server(context: click.Context, place: CliContext, as_json: bool) -> None:
    """Show the live server of the store, or name one."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("--json goes with showing the server.")
        return
    session = place.open()
    found = server_of(session)
    if as_json:
        put_json({"schema": 1, "server": server_document(found)})
    else:
        put_sections([("", list(server_rows(found, session.clock.now())))])


@server.command("add")
@click.argument("name", callback=read_text)
@click.option("--url", callback=read_text, required=True, metavar="URL", help="https://host, or https://host:4040.")
@click.option(
    "--user", callback=read_text, required=True, metavar="LOGIN", help="Who logs in: an Auditor may read all."
)
@click.option("--ca", callback=read_text, default="", metavar="FILE", help="Certificates to trust, and no others.")
@click.option("--fingerprint", callback=read_text, default="", metavar="SHA256", help="The one certificate to trust.")
@click.option("--insecure", is_flag=True, help="Check no certificate. Whoever is in between reads the password.")
@reason_option
@at_store
@pass_cli
def add(
    place: CliContext, name: str, url: str, user: str, ca: str, fingerprint: str, insecure: bool, reason: str
) -> None:
    """Say which live server the store is kept in step with.

    Its password is not part of it.
    """
    access = ServerAccess(
        url=url,
        user=user,
        ca_file=str(Path(ca).expanduser().absolute()) if ca else "",
        fingerprint=fingerprint,
        insecure=insecure,
    )
    check_settings(access)
    done = place.open().do(AddServer(Server(name=name, access=access), reason))
    if insecure:
        say(INSECURE)
    say_outcomes(done)
    say("Next: 'kconsole sync'.")


@server.command("remove")
@click.option(
    "--forget-open",
    is_flag=True,
    help="Give up what is not known to be done there: for a server that is gone for ever.",
)
@reason_option
@at_store
@pass_cli
def remove(place: CliContext, forget_open: bool, reason: str) -> None:
    """Follow no server any more.

    What was read stays.
    """
    say_outcomes(place.open(about_open=False).do(RemoveServer(reason, forget_open)))


_INTERVAL: Final = re.compile(r"[1-9]\d{0,5}[smh]", re.ASCII)


def _read_interval(context: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    if not _INTERVAL.fullmatch(value):
        raise click.BadParameter(f"'{value}' is no interval, as 5m is.", context, param)
    return timedelta(seconds=int(value[:-1]) * {"s": 1, "m": 60, "h": 3600}[value[-1]])


@click.command()
@click.option("--watch", callback=_read_interval, metavar="5m", help="Go on, and read it again so often.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@password_option
@reason_option
@at_store
@pass_cli
@click.pass_context
def sync(
    context: click.Context,
    place: CliContext,
    watch: timedelta | None,
    as_json: bool,
    password_file: Path | None,
    reason: str,
) -> None:
    """Read the live server into the store.

    Domains, accounts with their last logins, lists, resources, aliases, the license and the server's own numbers:
    whole, or with the parts named that the login may not read. If the server goes away in the middle, nothing is taken.
    """
    place.check_writable()
    session = place.open(about_open=False)
    access = server_to_ask(session)
    secret = server_secret(access, password_file)
    code = DONE
    while True:
        try:
            code = _sync_once(session, access, secret, as_json, reason)
        except (SourceAway, StoreBusy) as error:
            if watch is None or isinstance(error, NotLetIn):  # a wrong password is not tried again and again
                raise
            say(f"{ages.full_moment(session.clock.now())}  {messages.error_words(error)}")
        if watch is None:
            context.exit(code)
        place.sleep(watch.total_seconds())
        session.catch_up()


def _sync_once(session: Session, access: ServerAccess, secret: Secret, as_json: bool, reason: str) -> int:
    """Read it, take it in, and say what came of it; the exit code."""
    begun, before = begin_reading(session, access), session.state.license
    done = session.do(Sync(_snapshot(access, secret), begun, reason))
    found = session.state.server
    assert found is not None  # noqa: S101  # it has just been synced
    if as_json:
        put_json(
            {
                "schema": 1,
                "server": found.name,
                "synced_at": to_iso(found.synced_at),
                "changed": [
                    {"address": outcome.address, "what": messages.words_of(outcome.message)} for outcome in done.changed
                ],
                "settled": [
                    {"address": outcome.address, "what": messages.words_of(outcome.message)}
                    for outcome in settled(done)
                ],
                "unread": list(found.unread),
                "uncounted": list(found.uncounted),
                "notes": list(found.notes),
                "license": [
                    {"what": row.label, "text": row.text} for row in change_rows(before, session.state.license)
                ],
            }
        )
    else:
        changes = words.count(len(done.changed), "entry", "entries")
        say(f"{safe_text(found.name)}: {changes} new, changed or gone. {synced_words(found)}")
        say_settled(settled(done))
    for text in found.unread:
        say(f"Not read: {text}")
    for text in found.notes:
        say(f"Note: {text}")
    for row in change_rows(before, session.state.license):
        say(f"License: {row.label}: {row.text}")
    say_seats(done)
    if done.after.over > done.before.over:
        say(f"! The license is exceeded by {words.count(done.after.over, 'seat')}.")
    return PARTLY_FAILED if found.uncounted else DONE


def _snapshot(access: ServerAccess, secret: Secret) -> Snapshot:
    """What the server says; on a terminal it is told how far the reading is."""
    if sys.stderr is None or not sys.stderr.isatty():
        return read_server(access, secret)

    def tell(far: Progress) -> None:
        click.echo(f"\r{reading_words(*far)}", err=True, nl=False)

    try:
        return read_server(access, secret, tell)
    finally:
        click.echo(err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@at_store
@pass_cli
@click.pass_context
def reconcile(context: click.Context, place: CliContext, as_json: bool) -> None:
    """Compare our count with the server's own numbers.

    As of the last sync. Where they differ, it says which accounts are likely behind it. Ends with 1 if they differ.
    """
    session = place.open()
    found = server_of(session)
    if found.numbers is None:
        raise NotFound(f"{found.name} was never read.", "Run 'kconsole sync' first.")
    comparisons = compared(session.seats.report(), found.numbers, session.state.live_entries(), found.uncounted)
    if as_json:
        put_json(
            {
                "schema": 1,
                "server": found.name,
                "synced_at": to_iso(found.synced_at),
                "figures": [
                    {
                        "figure": each.name,
                        "ours": each.ours,
                        "theirs": each.theirs,
                        "read": each.is_read,
                        "agrees": each.agrees,
                        "causes": [
                            {
                                "code": cause.code,
                                "text": cause_text(cause),
                                "accounts": [e.address for e in cause.accounts],
                            }
                            for cause in each.causes
                        ],
                    }
                    for each in comparisons
                ],
            }
        )
    else:
        put_sections([(synced_words(found), list(comparison_rows(comparisons)))])
    context.exit(0 if all(each.agrees for each in comparisons) else DIFFERENT)
