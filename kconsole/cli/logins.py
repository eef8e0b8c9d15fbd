"""Commands that record logins: one by one, or from a log."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from kconsole.cli.context import (
    PARTLY_FAILED,
    CliContext,
    at_store,
    exit_code,
    pass_cli,
    read_text,
    reason_option,
    say,
    say_outcomes,
)
from kconsole.cli.output import put_json
from kconsole.core.codes import Message
from kconsole.core.moments import moment_of, zone_named
from kconsole.core.reports import SeatReport
from kconsole.operations.importing.logins import (
    ImportLogins,
    LoginFile,
    LoginsPlan,
    faulty_logins,
    plan_logins,
    read_login_file,
)
from kconsole.operations.logins import Connect
from kconsole.text import messages, words

MOST_NAMED: Final = 5
"""Skipped addresses that the preview names of each sort."""

DRY_RUN: Final = "Nothing was imported: this was a dry run."
dry_run_option = click.option("--dry-run", is_flag=True, help="Only show what would happen.")
encoding_option = click.option(
    "--encoding", metavar="NAME", help="The file's encoding, if it is not recognised: CP1250, CP1252 ..."
)


def _read_moment(context: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """A moment, with its zone."""
    if value is None:
        return None
    try:
        return moment_of(value, None)
    except ValueError as error:
        text = f"'{value}': {messages.sentence(Message(str(error)))} Write it like 2026-08-05T12:03:00Z."
        raise click.BadParameter(text, context, param) from None


@click.command()
@click.argument("address")
@click.option("--via", "protocol", callback=read_text, default="", metavar="IMAP", help="The protocol.")
@click.option("--at", callback=_read_moment, metavar="TIME", help="When, in ISO 8601 with its zone; by default now.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@reason_option
@at_store
@pass_cli
def connect(place: CliContext, address: str, protocol: str, at: datetime | None, as_json: bool, reason: str) -> None:
    """Record that a user logs in.

    The first login makes the mailbox. Refused if the account is disabled, if as many users have connected as the
    license has seats and this one has no mailbox yet (AuthLicense), or if trial or license have expired.
    """
    done = place.open().do(Connect(address, protocol, at, reason))
    say_outcomes(done)
    _say_connected(done.before, done.after)
    if as_json:
        (outcome,) = done.outcomes
        put_json(
            {
                "schema": 1,
                "address": outcome.address,
                "outcome": outcome.result,
                "may_connect": not outcome.failed,
                "why": messages.words_of(outcome.message),
            }
        )
    click.get_current_context().exit(exit_code(done.outcomes))


@click.command("logins")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--zone", metavar="ZONE", help="The zone of times that name none: UTC, +02:00, Europe/Prague ...")
@dry_run_option
@click.option("--skip-faulty", is_flag=True, help="Import the good rows even if others are faulty.")
@encoding_option
@reason_option
@at_store
@pass_cli
@click.pass_context
def import_logins(
    context: click.Context,
    place: CliContext,
    file: Path,
    zone: str | None,
    dry_run: bool,
    skip_faulty: bool,
    encoding: str | None,
    reason: str,
) -> None:
    """Import last logins from a log (CSV).

    Its first line names the columns: address, time, protocol. Times are ISO 8601 with their zone, unless --zone names
    it. Only logins later than the known ones are imported, also beyond the license: they have happened. FILE may be -
    for standard input.
    """
    known_zone = None if zone is None else zone_named(zone)
    session = place.open()
    logins = read_login_file(file, session.clock.now(), known_zone, encoding)
    plan = plan_logins(logins, session.state, session.seats)
    for line in preview_of_logins(logins, plan):
        say(line)
    if logins.faults and not skip_faulty:
        raise faulty_logins(logins.faults)
    if dry_run:
        _say_connected(plan.before, plan.after)
        say(DRY_RUN)
        return
    done = session.do(ImportLogins(logins, skip_faulty, reason))
    say(f"Imported the last logins of {words.count(len(done.changed), 'account')}.")
    _say_connected(done.before, done.after)
    context.exit(PARTLY_FAILED if done.failures else 0)


def preview_of_logins(file: LoginFile, plan: LoginsPlan) -> Iterator[str]:
    """What an import of logins would do."""
    yield f"{words.count(file.rows, 'login')} read as {file.encoding}, {words.count(len(file.faults), 'faulty row')}."
    yield f"{words.count(len(plan.changed), 'account')} with a later login than the known one, {plan.same:,} without."
    if file.without_time:
        yield f"Skipped {words.count(file.without_time, 'row')} without a time: never logged in."
    for addresses, what in (
        (plan.unknown, "not in this store"),
        (plan.deleted, "of deleted accounts"),
        (plan.no_accounts, "of entries that are not accounts"),
    ):
        if addresses:
            yield f"Skipped {words.count(len(addresses), 'address')} {what}: {words.and_list(addresses, MOST_NAMED)}."


def _say_connected(before: SeatReport, after: SeatReport) -> None:
    """Say how many users have connected, if that has changed, and whether others would be refused now."""
    if before.connected == after.connected:
        return
    limit = "" if after.limit is None else f" of {after.limit:,}"
    say(f"{before.connected:,} → {after.connected:,}{limit} connected")
    if after.locked_out > before.locked_out:
        out = words.count(after.locked_out, "account")
        advice = messages.words_of(Message("free-a-seat"))
        say(f"{out} without a mailbox would be refused at login now (AuthLicense). {advice}")
