"""Commands about the server: server, sync, reconcile."""

import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from kconsole.cli.connection import trust_options
from kconsole.cli.context import (
    DONE,
    PARTLY_FAILED,
    CliContext,
    at_store,
    read_text,
    reading,
    reason_option,
    say,
    say_outcomes,
    say_seats,
)
from kconsole.cli.output import put_json, put_sections
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.server_prompt import login_to, password_option, say_recovered
from kconsole.cli.streams import lost_output
from kconsole.core.encoding import document_of
from kconsole.core.errors import NotFound, SourceAway, StoreBusy
from kconsole.core.server import Server, ServerAccess
from kconsole.core.times import to_iso
from kconsole.licensing.comparison import Cause, compared
from kconsole.net.secrets import Secret
from kconsole.operations.base import Outcome
from kconsole.operations.server import AddServer, RemoveServer
from kconsole.operations.server_errors import server_of
from kconsole.operations.session import Session
from kconsole.operations.sync.access import NotLetIn, Progress, ServerState, provider_of, read_server, seldom
from kconsole.operations.sync.pull import Sync, begin_reading, recovered
from kconsole.text import ages, messages, words
from kconsole.text import server as server_text
from kconsole.text.commits import withdrawn_words
from kconsole.text.licenses import change_rows
from kconsole.text.safe_text import safe_text
from kconsole.text.server import missing_texts, remark_texts, synced_words, uncounted_words
from kconsole.text.terminals import wants_lines
from kconsole.text.trust import INSECURE

DIFFERENT = 1
"""The exit code of a reconciliation that found differences."""

_UNSHOWN: Final = ("missing", "remarks", "logins", "silent")
"""What of a server is printed in other fields, or is of use to a plan only."""


@click.group(cls=RoleGroup, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@at_store
@click.pass_context
def server(context: click.Context, place: CliContext, as_json: bool) -> None:
    """Show the server that the store follows, or configure one."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("--json is for showing the server only.")
        return
    session = place.open()
    found = server_of(session.state)
    if as_json:
        document = {key: value for key, value in document_of(found).items() if key not in _UNSHOWN}
        document |= {"unread": missing_texts(found), "notes": remark_texts(found)}
        document |= {"partial": found.is_partial, "counted": list(found.counted), "unlisted": found.unlisted}
        put_json({"schema": 1, "server": document})
    else:
        put_sections([("", list(server_text.server_rows(found, session.clock.now())))])


@server.command("add")
@click.argument("name", callback=read_text)
@click.option("--url", callback=read_text, required=True, metavar="URL", help="https://host, or https://host:4040.")
@click.option(
    "--user", callback=read_text, required=True, metavar="LOGIN", help="The login; an Auditor may read everything."
)
@trust_options
@reason_option
@at_store
def add(place: CliContext, /, name: str, reason: str, **settings: Any) -> None:
    """Configure the server that the store follows.

    The password is not stored.
    """
    access = ServerAccess(**settings)
    provider_of(access).check(access)
    done = place.open().do(AddServer(Server(name=name, access=access), reason))
    if access.insecure:
        say(INSECURE)
    say_outcomes(done)
    say("Next: 'kconsole sync'.")


@server.command("remove")
@click.option("--forget-open", is_flag=True, help="Give up unconfirmed changes: for a server that is gone for good.")
@reason_option
@at_store
def remove(place: CliContext, forget_open: bool, reason: str) -> None:
    """Stop following the server.

    The accounts that were read stay in the store.
    """
    say_outcomes(place.open(unconfirmed=False).do(RemoveServer(reason, forget_open)))


_INTERVAL: Final = re.compile(r"[1-9]\d{0,5}[smh]", re.ASCII)


@reading
def _interval(text: str) -> timedelta:
    if not _INTERVAL.fullmatch(text):
        raise ValueError(f"'{text}' is not an interval such as 5m.")
    return timedelta(seconds=int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]])


@click.command()
@click.option("--watch", callback=_interval, metavar="5m", help="Keep reading it at this interval.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@password_option
@reason_option
@at_store
@click.pass_context
def sync(
    context: click.Context,
    place: CliContext,
    watch: timedelta | None,
    as_json: bool,
    password_file: Path | None,
    reason: str,
) -> None:
    """Read the server into the store.

    Reads domains, accounts with their last logins, mailing lists, resources, aliases, the license and the server's
    own numbers. Reports what the login may not read, and exits with 1 if it could not read all users. If the server
    fails meanwhile, nothing is saved.
    """
    place.check_writable()
    session = place.open(unconfirmed=False)
    session.check_runs(Sync.name, reason=reason)
    access, secret = login_to(session, password_file)
    code = DONE
    while True:
        try:
            code = _sync_once(session, access, secret, as_json, reason)
        except (SourceAway, StoreBusy) as error:
            if watch is None or isinstance(error, NotLetIn):  # a wrong password is not tried again and again
                raise
            say(f"{ages.full_moment(session.clock.now())}  {messages.error_words(error)}")
        if watch is None or lost_output():
            context.exit(code)
        place.sleep(watch.total_seconds())
        session.catch_up()


def _sync_once(session: Session, access: ServerAccess, secret: Secret, as_json: bool, reason: str) -> int:
    """Read the server, take that in, and report it; returns the exit code."""
    begun, before = begin_reading(session, access), session.state.license
    done = session.do(Sync(_read(access, secret), begun, reason))
    found = server_of(session.state)
    unread, notes, of_license = missing_texts(found), remark_texts(found), change_rows(before, session.state.license)
    if as_json:
        put_json(
            {
                "schema": 1,
                "server": found.name,
                "synced_at": to_iso(found.synced_at),
                "changed": [_result(outcome) for outcome in done.changed],
                "settled": [_result(outcome) for outcome in recovered(done)],
                "unread": unread,
                "uncounted": list(found.uncounted),
                "partial": found.is_partial,
                "counted": list(found.counted),
                "notes": notes,
                "license": [{"what": row.label, "text": row.text} for row in of_license],
            }
        )
    else:
        changes = words.count(len(done.changed), "entry", "entries")
        say(f"{safe_text(found.name)}: {changes} new, changed or gone. {synced_words(found)}")
        say_recovered(recovered(done))
    lines = [f"Not read: {text}" for text in unread] + [f"Note: {text}" for text in notes]
    for line in [*lines, *(f"License: {row.label}: {row.text}" for row in of_license)]:
        say(line)
    if found.is_partial:
        say(f"! In part: {uncounted_words(found)}.")
    say_seats(done)
    if withdrawn := withdrawn_words(done.commit):
        say(withdrawn)
    if done.after.over > done.before.over:
        say(f"! The license is exceeded by {words.count(done.after.over, 'seat')}.")
    return PARTLY_FAILED if found.is_partial else DONE


def _result(outcome: Outcome) -> dict[str, str]:
    return {"address": outcome.address, "what": messages.words_of(outcome.message)}


def _read(access: ServerAccess, secret: Secret) -> ServerState:
    """Read the server; on a terminal, show the progress."""
    if sys.stderr is None or not sys.stderr.isatty():
        return read_server(access, secret)
    if wants_lines(os.environ):
        return read_server(access, secret, seldom(lambda progress: say(server_text.reading_words(*progress))))

    def show(progress: Progress) -> None:
        click.echo(f"\r{server_text.reading_words(*progress)}", err=True, nl=False)

    try:
        return read_server(access, secret, show)
    finally:
        click.echo(err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@at_store
@click.pass_context
def reconcile(context: click.Context, place: CliContext, as_json: bool) -> None:
    """Compare kconsole's count with the server's own numbers.

    The numbers are from the last sync. Where they differ, likely causes are listed. Exits with 1 if they differ.
    """
    session = place.open()
    found = server_of(session.state)
    if found.numbers is None:
        raise NotFound("server-never-read", "sync-first", server=found.name)
    report, entries = session.seats.report(), session.state.live_entries()
    policy = session.seats.policy
    comparisons = compared(report, found.numbers, entries, policy, found.uncounted, found.hides_domains)
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
                        "causes": [_cause_document(cause) for cause in each.causes],
                    }
                    for each in comparisons
                ],
            }
        )
    else:
        put_sections([(synced_words(found), list(server_text.comparison_rows(comparisons)))])
    context.exit(0 if all(each.agrees for each in comparisons) else DIFFERENT)


def _cause_document(cause: Cause) -> dict[str, object]:
    return {
        "code": cause.code,
        "text": server_text.cause_text(cause),
        "accounts": [entry.address for entry in cause.accounts],
    }
