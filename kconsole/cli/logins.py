"""Commands that record logins: one by one, or from a log."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

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
from kconsole.operations.logins import (
    Connect,
    ImportLogins,
    LoginFile,
    LoginsPlan,
    faulty_logins,
    plan_logins,
    read_login_file,
)
from kconsole.text import messages, words

MOST_NAMED = 5
"""How many addresses that were passed over are told one by one."""


def _read_moment(context: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """A moment, with its zone."""
    if value is None:
        return None
    try:
        return moment_of(value, None)
    except ValueError as error:
        message = f"'{value}' {error}. Write it like 2026-08-05T12:03:00Z."
        raise click.BadParameter(message, context, param) from None


@click.command()
@click.argument("address")
@click.option("--via", "protocol", callback=read_text, default="", metavar="IMAP", help="The protocol.")
@click.option("--at", callback=_read_moment, metavar="TIME", help="When, in ISO 8601 with its zone; without, now.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@reason_option
@at_store
@pass_cli
def connect(place: CliContext, address: str, protocol: str, at: datetime | None, as_json: bool, reason: str) -> None:
    """Record that a user logs in.

    The mailbox appears with the first login. Refused if the account is disabled, if as many users have connected as
    the license has seats and this one has no mailbox yet (AuthLicense), or if trial or license have expired.
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
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--skip-faulty", is_flag=True, help="Take the good rows even if others are faulty.")
@click.option("--encoding", metavar="NAME", help="How the file is written, if it is not recognised: CP1250, CP1252 ...")
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
    """Bring in last logins from a log (CSV).

    Its first line names the columns: address, time, protocol. Times are ISO 8601 with their zone, unless --zone says
    it. Only logins later than the known ones are taken; whatever happened is recorded, also beyond the license. FILE
    may be - for standard input.
    """
    known_zone = None if zone is None else zone_named(zone)
    session = place.open()
    logins = read_login_file(file, session.clock.now(), known_zone, encoding)
    plan = plan_logins(logins, session.state, session.seats)
    for line in told(logins, plan):
        say(line)
    if logins.faults and not skip_faulty:
        raise faulty_logins(logins.faults)
    if dry_run:
        _say_connected(plan.before, plan.after)
        say("Nothing was imported: this was a dry run.")
        return
    done = session.do(ImportLogins(logins, skip_faulty, reason))
    say(f"Brought in the last logins of {words.count(len(done.changed), 'account')}.")
    _say_connected(done.before, done.after)
    context.exit(PARTLY_FAILED if done.failures else 0)


def told(file: LoginFile, plan: LoginsPlan) -> list[str]:
    """The preview, for a person."""
    lines = [
        f"{words.count(file.rows, 'login')} read as {file.encoding}, {words.count(len(file.faults), 'faulty row')}.",
        f"{words.count(len(plan.changed), 'account')} with a later login than is known, {plan.same:,} without.",
    ]
    if file.without_time:
        lines.append(f"{words.count(file.without_time, 'row')} without a time passed over: never logged in.")
    for addresses, what in (
        (plan.unknown, "not in this store"),
        (plan.deleted, "of deleted accounts"),
        (plan.no_accounts, "of no user account"),
    ):
        if addresses:
            lines.append(f"{words.count(len(addresses), 'address')} {what}, passed over: {_some(addresses)}.")
    return lines


def _some(addresses: Sequence[str]) -> str:
    return words.and_list(addresses, MOST_NAMED)


def _say_connected(before: SeatReport, after: SeatReport) -> None:
    """Tell how many have connected, if that has changed, and what it means for those who have not."""
    if before.connected == after.connected:
        return
    limit = "" if after.limit is None else f" of {after.limit:,}"
    say(f"{before.connected:,} → {after.connected:,}{limit} connected")
    if after.locked_out > before.locked_out:
        out = words.count(after.locked_out, "account")
        hint = messages.words_of(Message("free-a-seat"))
        say(f"{out} without a mailbox would be refused at login now (AuthLicense). {hint}")
