"""Commands that keep and protect accounts from every policy."""

from collections import Counter
from datetime import datetime

import click

from kconsole.cli.context import (
    CliContext,
    at_store,
    exit_code,
    read_text,
    reason_option,
    say,
    say_outcomes,
)
from kconsole.cli.output import put_json
from kconsole.cli.tables import put_table
from kconsole.core.encoding import as_json
from kconsole.core.times import age_of, moment_of
from kconsole.licensing.decisions import protecting
from kconsole.operations.decisions import EndKeeps, KeepAccounts, Protect, Unprotect
from kconsole.operations.search.lookup import addresses_of
from kconsole.operations.session import Session
from kconsole.text import words
from kconsole.text.safe_text import safe_address, safe_text


def read_day(place: CliContext, text: str) -> datetime:
    """The day that a text names, as 2027-01-31; or how long it is until then, as 30d."""
    try:
        return moment_of(text)
    except ValueError:
        try:
            return place.now + age_of(text)
        except (ValueError, OverflowError):
            message = f"'{safe_text(text, 40)}' is neither a day like 2027-01-31 nor a time from now like 30d."
            raise click.BadParameter(message) from None


@click.command()
@click.argument("addresses", metavar="[ADDRESS...]", nargs=-1)
@click.option("--until", metavar="DATE", callback=read_text, default="", help="The day: 2027-01-31, or 30d from now.")
@click.option("--end", is_flag=True, help="Keep them no longer.")
@click.option("--json", "as_list", is_flag=True, help="Print the list as JSON.")
@reason_option
@at_store
def keep(
    place: CliContext, addresses: tuple[str, ...], until: str, end: bool, as_list: bool, reason: str
) -> int | None:
    """Keep accounts from every policy until a day, or list them.

    Without an address, lists who is kept, until when and why; the filter is:kept finds them too. Keeping an account
    again moves the day. Helpdesk keeps for 30 days at most, account admins for 180, full admins for 400; for what never
    ends there is 'kconsole protect'.
    """
    if bool(addresses) != bool(until or end) or (until and end) or (addresses and as_list):
        raise click.UsageError("Name accounts and either --until DATE or --end; or nothing, to list who is kept.")
    session = place.open()
    if not addresses:
        _put_keeps(place, session, as_list)
        return None
    named = addresses_of(addresses, session.state)
    done = session.do(EndKeeps(named, reason) if end else KeepAccounts(named, read_day(place, until), reason))
    say_outcomes(done)
    return exit_code(done.outcomes)


def _put_keeps(place: CliContext, session: Session, as_list: bool) -> None:
    state, now = session.state, place.now
    keeps = sorted(state.keeps.values(), key=lambda keep: keep.until)
    if as_list:
        documents = [
            {
                "address": state.entries[keep.entry].address,
                **{name: as_json(getattr(keep, name)) for name in ("until", "reason", "by", "at")},
                "active": now < keep.until,
            }
            for keep in keeps
        ]
        return put_json(documents)
    rows = [
        [
            safe_address(state.entries[keep.entry].address),
            words.day(keep.until) if now < keep.until else f"ended {words.day(keep.until)}",
            safe_text(keep.reason, None),
            safe_text(keep.by),
        ]
        for keep in keeps
    ]
    if rows:
        put_table(["ACCOUNT", "KEPT UNTIL", "REASON", "BY"], rows, whole={0, 1})
    say(words.count(len(keeps), "kept account"))


@click.command()
@click.argument("pattern", callback=read_text, required=False, default="")
@click.option("--remove", is_flag=True, help="Protect them no longer.")
@click.option("--json", "as_list", is_flag=True, help="Print the list as JSON.")
@reason_option
@at_store
def protect(place: CliContext, pattern: str, remove: bool, as_list: bool, reason: str) -> int | None:
    """Protect accounts from every policy, or list them.

    PATTERN is a login or an address; * stands for anything: 'svc-*', '*@north.example'. Without it, lists the patterns
    with the number of accounts that fit; the filter is:protected finds these.
    """
    if (remove and not pattern) or (pattern and as_list):
        raise click.UsageError("Name a pattern, with --reason or --remove; or nothing, to list what is protected.")
    session = place.open()
    if not pattern:
        _put_protections(session, as_list)
        return None
    done = session.do(Unprotect(pattern, reason) if remove else Protect(pattern, reason))
    say_outcomes(done)
    return exit_code(done.outcomes)


def _put_protections(session: Session, as_list: bool) -> None:
    protections = sorted(session.state.protections.values(), key=lambda each: each.pattern)
    protections_of = protecting(protections)
    accounts = filter(session.seats.policy.is_account, session.state.live_entries())
    fitting = Counter(each.pattern for entry in accounts for each in protections_of(entry))
    if as_list:
        documents = [
            {
                **{name: as_json(getattr(each, name)) for name in ("pattern", "reason", "by", "at")},
                "accounts": fitting[each.pattern],
            }
            for each in protections
        ]
        return put_json(documents)
    rows = [
        [
            safe_text(each.pattern, None),
            words.count(fitting[each.pattern], "account"),
            safe_text(each.reason, None),
            safe_text(each.by),
        ]
        for each in protections
    ]
    if rows:
        put_table(["PATTERN", "FITS", "REASON", "BY"], rows, whole={0, 1})
    say(words.count(len(rows), "protected pattern"))
