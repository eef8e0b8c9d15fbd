"""Commands that change the license as a whole, and first show what that would mean: update, install."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, get_args

import click

from kconsole.cli.context import CliContext, at_store, has_person, reason_option, say, say_outcomes
from kconsole.cli.license_json import life_document, update_status_document
from kconsole.cli.output import put_json, put_sections, seats_document
from kconsole.core.codes import Message, message
from kconsole.core.consistency import LARGEST_LIMIT
from kconsole.core.license import ComponentName, License
from kconsole.licensing import guards
from kconsole.licensing.planning import plan_license
from kconsole.operations.base import Operation, insist, refused_by
from kconsole.operations.license import (
    BuyUpdate,
    CancelUpdate,
    ChangeTerms,
    InstallLicense,
    ReceiveUpdate,
    Terms,
    Without,
)
from kconsole.operations.license_files import file_notes, installed, read_license
from kconsole.operations.session import Session
from kconsole.text import messages
from kconsole.text.licenses import change_rows, license_sections, plan_lines

json_option = click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
over_limit_option = click.option("--over-limit", is_flag=True, help="Go on even if more seats are in use than it has.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Only show what would change.")


def read_day(context: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """A calendar day."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        message = f"'{value}' is not a day. Write it like 2027-03-01."
        raise click.BadParameter(message, context, param) from None


def _day_or_never(context: click.Context, param: click.Parameter, value: str | None) -> date | Without | None:
    """A calendar day, or the word for none."""
    return Without.LIMIT if value == "never" else read_day(context, param, value)


class _Seats(click.IntRange):
    """A number of seats, or the word for no limit."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        return Without.LIMIT if value in ("unlimited", Without.LIMIT) else super().convert(value, param, context)


def do_on_license(session: Session, operation: Operation, as_json: bool) -> None:
    """Apply an operation to the license and show its result; as JSON, with the state of the license afterwards."""
    done = session.do(operation)
    say_outcomes(done)
    (outcome,) = done.outcomes
    if outcome.hints and not outcome.failed:
        say(messages.sentences(outcome.hints))
    if as_json:
        answer = {"schema": 1, "outcome": outcome.result, "text": messages.words_of(outcome.message)}
        put_json(answer | {"license": life_document(session)})


@click.command("update")
@click.option("--buy", type=click.IntRange(1, LARGEST_LIMIT), metavar="N", help="N more seats were bought.")
@click.option(
    "--component",
    "components",
    type=click.Choice(get_args(ComponentName)),
    multiple=True,
    help="This component was bought; may be repeated.",
)
@click.option("--arrived", is_flag=True, help="The purchase has arrived, which changes the license.")
@click.option("--cancel", is_flag=True, help="The purchase will not arrive.")
@click.option("--seats", type=_Seats(0, LARGEST_LIMIT), metavar="N", help="By hand: so many seats, or 'unlimited'.")
@click.option(
    "--maintenance-until", callback=_day_or_never, metavar="DATE", help="By hand: the anniversary, or 'never'."
)
@click.option("--expires", callback=_day_or_never, metavar="DATE", help="By hand: the license's last day, or 'never'.")
@over_limit_option
@dry_run_option
@json_option
@reason_option
@at_store
def update(
    place: CliContext,
    buy: int | None,
    components: tuple[ComponentName, ...],
    arrived: bool,
    cancel: bool,
    seats: int | Without | None,
    maintenance_until: date | Without | None,
    expires: date | Without | None,
    over_limit: bool,
    dry_run: bool,
    as_json: bool,
    reason: str,
) -> None:
    """Record a purchase, or change the license by hand.

    A purchase is due within 24 hours: record when it has --arrived. Without options, shows the pending purchase. A
    license smaller than the seats in use requires --over-limit; the accounts that would be refused at login are shown
    first.
    """
    terms = Terms(seats, maintenance_until, expires)
    is_bought, is_by_hand = buy is not None or bool(components), terms != Terms()
    if sum((is_bought, arrived, cancel, is_by_hand)) > 1:
        raise click.UsageError("Use one at a time: a purchase, --arrived, --cancel, or changes by hand.")
    if (over_limit or dry_run) and not is_by_hand:
        raise click.UsageError("--over-limit and --dry-run require --seats, --maintenance-until or --expires.")
    session = place.open()
    if is_bought:
        do_on_license(session, BuyUpdate(buy or 0, components, reason), as_json)
    elif arrived:
        do_on_license(session, ReceiveUpdate(reason), as_json)
    elif cancel:
        do_on_license(session, CancelUpdate(reason), as_json)
    elif is_by_hand:
        change = _Change(session, terms.on(session.state.license), (), over_limit, as_json)
        if change.goes_on(dry_run):
            change.do(ChangeTerms(terms, over_limit, reason))
    else:
        _show_pending(session, as_json)


def _show_pending(session: Session, as_json: bool) -> None:
    status = session.license_status
    if as_json:
        put_json({"schema": 1, "update": update_status_document(status)})
    elif status.update is None:
        say("No purchase is pending. Record one with --buy N or --component NAME.")
    else:
        sections = license_sections(session.state.license, status, session.seats.report(), ())
        put_sections(("", section.details) for section in sections if section.code == "update")


@click.command("install")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@dry_run_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@over_limit_option
@json_option
@reason_option
@at_store
def install(
    place: CliContext, file: Path, dry_run: bool, yes: bool, over_limit: bool, as_json: bool, reason: str
) -> None:
    """Install the server's license.key.

    First shows what would change; the file's signature is not checked. A license smaller than the seats in use
    requires --over-limit. FILE may be - for standard input.
    """
    license_file = read_license(file)
    if not dry_run:
        place.check_writable()
    session = place.open()
    now = session.clock.now()
    notes = file_notes(session.state.license, license_file, now)
    change = _Change(session, installed(session.state.license, license_file, now), notes, over_limit, as_json)
    insist(guards.may_install(session.state.license, license_file.is_trial))
    if change.goes_on(dry_run, not yes, str(file) != "-"):
        change.do(InstallLicense(license_file, over_limit, reason))


class _Change:
    """A change of the license that is shown, to a person or as JSON, before it is applied."""

    def __init__(
        self, session: Session, after: License, notes: Iterable[Message], over_limit: bool, as_json: bool
    ) -> None:
        self._session = session
        state, now = session.state, session.clock.now()
        self._plan = plan_license(state.license, after, session.seats, state.live_entries(), now)
        self._rows = change_rows(state.license, after)
        self._notes = [messages.words_of(note) for note in notes]
        self._over_limit = over_limit
        self._as_json = as_json
        say("What would change:" if self._rows else "Nothing would change.")
        rows = [f"  {row.label}: {row.text}" for row in self._rows]
        for line in (*rows, *(text for text, _ in plan_lines(self._plan)), *self._notes):
            say(line)

    def goes_on(self, dry_run: bool, asks: bool = False, may_ask: bool = True) -> bool:
        """Whether to apply it now.

        Raises:
            Refused: it is too small, and --over-limit is missing.
            UsageError: consent is needed and cannot be asked for.
        """
        plan = self._plan
        if plan.needs_consent and not self._over_limit:
            self._answer("refused")
            refused = refused_by(plan.decision, "would-be-refused" if dry_run else "nothing-changed")
            refused.hints = (*refused.hints, message("over-limit-takes-it"))
            raise refused
        if not plan.changes:
            say("The license is like this already.")
            self._answer("unchanged")
            return False
        if dry_run:
            self._answer("dry-run")
            say("Nothing was changed: this was a dry run.")
            return False
        if asks:
            if not (may_ask and has_person()):
                raise click.UsageError("Nothing was installed. To install without a question, use --yes.")
            if not click.confirm("Install it?", err=True):
                self._answer("unchanged")
                say("Nothing was installed.")
                return False
        return True

    def do(self, operation: Operation) -> None:
        """Apply it, and show the result."""
        done = self._session.do(operation)
        say_outcomes(done)
        self._answer(done.outcomes[0].result)

    def _answer(self, outcome: str) -> None:
        if not self._as_json:
            return
        plan = self._plan
        put_json(
            {
                "schema": 1,
                "outcome": outcome,
                "changes": [{"what": row.label, "text": row.text} for row in self._rows],
                "over": plan.decision.over,
                "needs_over_limit": plan.needs_consent,
                "at_login": {
                    "without_mailbox": plan.access.without_mailbox,
                    "let_in": plan.access.let_in,
                    "refused": plan.access.refused,
                    "accounts": [entry.address for entry in plan.at_risk],
                },
                "notes": self._notes,
                "seats_before": seats_document(plan.now),
                "seats_after": seats_document(plan.planned),
                "license": life_document(self._session),
            }
        )
