"""The command that records a login."""

from datetime import datetime

import click

from kconsole.cli.context import CliContext, at_store, exit_code, read_text, reading, reason_option, say, say_outcomes
from kconsole.cli.output import put_json
from kconsole.core.codes import Message
from kconsole.core.reports import SeatReport
from kconsole.core.times import is_no_time, moment_of, says_no_time
from kconsole.operations.accounts import Connect
from kconsole.operations.search.lookup import addresses_of
from kconsole.text import messages, words
from kconsole.text.commits import withdrawn_words


@reading
def _moment(text: str) -> datetime:
    """A moment, in the zone that is shown unless it names one."""
    try:
        moment = moment_of(text)
        if says_no_time(text) or is_no_time(moment):
            raise ValueError("time-says-never")
        return moment
    except ValueError as error:
        hint = messages.sentence(Message(str(error)))
        raise ValueError(f"'{text}': {hint} Write it like 2026-08-05T12:03:00Z.") from None


@click.command()
@click.argument("address")
@click.option("--via", "protocol", callback=read_text, default="", metavar="IMAP", help="The protocol.")
@click.option(
    "--at",
    callback=_moment,
    metavar="TIME",
    help="When, in ISO 8601, with a zone or in this machine's; by default now.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@reason_option
@at_store
def connect(place: CliContext, address: str, protocol: str, at: datetime | None, as_json: bool, reason: str) -> int:
    """Record that a user logs in.

    The first login creates the mailbox. A login that the server would refuse is refused here, too: of a disabled
    account, of one without a mailbox once all seats have connected (AuthLicense), and once the license has expired.
    """
    session = place.open()
    (address,) = addresses_of([address], session.state)
    done = session.do(Connect(address, protocol, at, reason))
    say_outcomes(done)
    if withdrawn := withdrawn_words(done.commit):
        say(withdrawn)
    say_connected(done.before, done.after)
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
    return exit_code(done.outcomes)


def say_connected(before: SeatReport, after: SeatReport) -> None:
    """Say how many users have connected, if that has changed, and whether others would be refused now."""
    if before.connected == after.connected:
        return
    say(f"Mailboxes in use: {before.connected:,} → {words.of_limit(after.connected, after.limit)}")
    if after.locked_out > before.locked_out:
        out = words.count(after.locked_out, "account")
        advice = messages.words_of(Message("free-a-seat"))
        say(f"{out} without a mailbox would be refused at login now (AuthLicense). {advice}")
