"""Commands for users who leave: offboard, and what is due."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kconsole.cli.context import (
    PENDING,
    CliContext,
    at_store,
    exit_code,
    read_text,
    reason_option,
    say,
    say_outcomes,
)
from kconsole.cli.decisions import read_day
from kconsole.cli.output import put_json, put_text
from kconsole.cli.server_prompt import do_and_say, password_option, said, writer_for
from kconsole.cli.tables import put_table
from kconsole.core.decisions import Offboarding
from kconsole.core.encoding import as_json
from kconsole.core.errors import ConsoleError, NotFound, Refused
from kconsole.core.times import to_iso
from kconsole.operations.base import Outcome
from kconsole.operations.offboarding import (
    CancelOffboarding,
    Offboard,
    OffboardingPlan,
    ScheduleOffboarding,
    due_now,
    plan_of,
    when_due,
)
from kconsole.operations.search.lookup import addresses_of
from kconsole.operations.session import Session
from kconsole.text import messages, words
from kconsole.text.details import offboarding_words
from kconsole.text.safe_text import safe_address, safe_text


@click.command()
@click.argument("address", metavar="[ADDRESS]", required=False, default="")
@click.option("--to", default="", metavar="ADDRESS", callback=read_text, help="Who takes over the mailbox.")
@click.option("--alias-to", default="", metavar="ADDRESS", callback=read_text, help="Who gets the mail from then on.")
@click.option("--keep-mail", is_flag=True, help="Leave the mailbox on the server.")
@click.option(
    "--on", "on_day", default="", metavar="DATE", callback=read_text, help="When: 2027-01-31, or 30d from now."
)
@click.option("--cancel", is_flag=True, help="Cancel what was to be on a day.")
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--yes", is_flag=True, help="Confirm that the account is deleted.")
@click.option("--json", "as_list", is_flag=True, help="Print the list as JSON.")
@password_option
@reason_option
@at_store
def offboard(
    place: CliContext,
    address: str,
    to: str,
    alias_to: str,
    keep_mail: bool,
    on_day: str,
    cancel: bool,
    dry_run: bool,
    yes: bool,
    as_list: bool,
    password_file: Path | None,
    reason: str,
) -> int | None:
    """Let a user leave, or list who leaves on a day.

    Shows a plan, then disables the account: its seat is free at once, and its mail stays. With --to its mailbox goes to
    another account, and with --alias-to its address and aliases do; for that the account is deleted, which needs --yes,
    and its seat is free after the next restart of the server. With --on this waits for 'kconsole due --apply', which
    judges it again.
    """
    has_options = bool(to or alias_to or keep_mail or on_day or dry_run or yes)
    if (as_list and address) or (not address and (has_options or cancel)) or (cancel and has_options):
        raise click.UsageError("Name the account that leaves, with --cancel alone or without; or nothing, to list all.")
    if to and keep_mail:
        raise click.UsageError("Choose one: --to hands the mailbox over, --keep-mail leaves it on the server.")
    if alias_to and not (to or keep_mail):
        raise click.UsageError("--alias-to deletes the account: say who gets its mailbox, --to or --keep-mail.")
    if not address:
        _put_offboardings(place, as_list)
        return None
    if not dry_run:
        place.check_writable()
    session = place.open(unconfirmed=dry_run or bool(on_day))
    address, to, alias_to = (addresses_of([each], session.state)[0] if each else "" for each in (address, to, alias_to))
    if cancel:
        done = session.do(CancelOffboarding(address, reason))
        say_outcomes(done)
        return exit_code(done.outcomes)
    due = read_day(place, on_day) if on_day else None
    name = ScheduleOffboarding.name if due else Offboard.name
    if not dry_run:
        session.check_runs(name, account=address, reason=reason)
    try:
        plan = plan_of(address, to, alias_to, session.state, session.seats.policy, session.authority)
    except Refused as refused:
        if not dry_run:
            session.log_refusal(name, refused.happened, address, reason)
        raise
    _put_plan(plan, due)
    if dry_run:
        say("Nothing was changed: this was a dry run.")
        return None
    if plan.fate is not None and not yes:
        raise click.UsageError("Nothing was changed. Add --yes to delete the account.")
    if due:
        done = session.do(ScheduleOffboarding(address, due, to, alias_to, reason))
        say_outcomes(done)
        return exit_code(done.outcomes)
    do_and_say(place, session, Offboard(address, to, alias_to, reason), password_file)
    return None


def _put_plan(plan: OffboardingPlan, due: datetime | None) -> None:
    if due:
        put_text("", f"On {words.day(due)}, once 'kconsole due --apply' runs:")
    for step in plan.steps:
        put_text("- ", safe_text(messages.sentence(step), None))


def _put_offboardings(place: CliContext, as_list: bool) -> None:
    session = place.open()
    offboardings = sorted(session.state.offboardings.values(), key=lambda each: each.due)
    if as_list:
        return put_json([{**_document(each, session), "is_due": each.due <= place.now} for each in offboardings])
    _put_table(offboardings, session)
    say(f"{words.count(len(offboardings), 'account')} to offboard")
    return None


def _put_table(offboardings: Iterable[Offboarding], session: Session) -> None:
    rows = [
        [
            safe_address(_address(each, session)),
            words.day(each.due),
            offboarding_words(each).removeprefix(", "),
            safe_text(each.reason, None),
            safe_text(each.by),
        ]
        for each in offboardings
    ]
    if rows:
        put_table(["ACCOUNT", "DUE", "THEN", "REASON", "BY"], rows, whole={0, 1})


@click.command()
@click.option("--apply", "applies", is_flag=True, help="Do what is due.")
@click.option("--json", "as_document", is_flag=True, help="Answer with a JSON document.")
@password_option
@at_store
def due(place: CliContext, applies: bool, as_document: bool, password_file: Path | None) -> int:
    """List who has left by now, or offboard them; for a timer.

    Exits with 5 if something is due, and with 0 if nothing is, or if all of it was done. Each account is judged as it
    is now: what cannot be done any more is refused, and stays due until it is cancelled or can be done.
    """
    if applies:
        place.check_writable()
    session = place.open(unconfirmed=not applies)
    found = due_now(session.state, place.now)
    documents = [{**_document(each, session), "refused": _refused(each, session), "outcomes": []} for each in found]
    outcomes: list[Outcome] = []
    if applies and found:
        by = writer_for(place, session, session.is_done_on_server(Offboard.name), password_file)
        try:
            for each, document in zip(found, documents, strict=True):
                operation = when_due(each, session.state)
                done = said(session, lambda operation=operation: session.do(operation, by))  # type: ignore[misc]
                document["outcomes"] = [_outcome(outcome) for outcome in done.outcomes]
                outcomes += done.outcomes
        except ConsoleError:  # what was done before it is said all the same
            if as_document:
                _put_due(place, documents)
            raise
    if as_document:
        _put_due(place, documents)
    elif not applies:
        _put_table(found, session)
        for document in documents:
            if document["refused"]:
                say(f"{safe_address(document['address'])}: {document['refused']}")
    if applies and found:
        return exit_code(outcomes)
    if not as_document:
        say(f"{words.count(len(found), 'account')} due" if found else "Nothing is due.")
    return PENDING if found else 0


def _put_due(place: CliContext, documents: list[dict[str, Any]]) -> None:
    put_json({"schema": "kconsole-due/1", "as_of": to_iso(place.now), "due": documents})


def _address(each: Offboarding, session: Session) -> str:
    return session.state.entries[each.entry].address


def _refused(each: Offboarding, session: Session) -> str | None:
    """Why it would be refused now; None if it would not."""
    due = when_due(each, session.state)
    try:
        plan_of(due.address, due.to, due.alias_to, session.state, session.seats.policy, session.authority)
    except (NotFound, Refused) as error:
        return messages.whole(error)
    return None


def _document(each: Offboarding, session: Session) -> dict[str, Any]:
    due = when_due(each, session.state)
    return {
        **{name: getattr(due, name) for name in ("address", "to", "alias_to")},
        **{name: as_json(getattr(each, name)) for name in ("due", "reason", "by", "at")},
        "then": "delete" if each.deletes else "disable",
    }


def _outcome(outcome: Outcome) -> dict[str, str]:
    return {
        "address": outcome.address,
        "result": outcome.result,
        "code": outcome.code,
        "text": messages.words_of(outcome.message),
    }
