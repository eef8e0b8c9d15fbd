"""Commands that change the license as a whole, and so say first what that would mean: update, install."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import click

from kconsole.cli.context import CliContext, at_store, has_person, pass_cli, reason_option, say, say_outcomes
from kconsole.cli.license_json import life_document, update_standing_document
from kconsole.cli.output import put_json, put_sections, seats_document
from kconsole.core.codes import message
from kconsole.core.dump_documents import LARGEST_LIMIT
from kconsole.core.license import ComponentName, License
from kconsole.licensing.lifecycle import license_status_of
from kconsole.operations.base import Operation, refused_by
from kconsole.operations.license import (
    BuyUpdate,
    CancelUpdate,
    ChangeTerms,
    InstallLicense,
    LicensePlan,
    ReceiveUpdate,
    Terms,
    Without,
    file_notes,
    installed,
    may_install,
    plan_license,
    read_license,
)
from kconsole.operations.session import Session
from kconsole.text import messages
from kconsole.text.licenses import change_rows, license_sections, refused_words

ON_ITS_WAY = "On its way"
"""The heading under which `license_sections` tells of a pending update."""


def read_day(context: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """A calendar day."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        message = f"'{value}' is no day. Write it like 2027-03-01."
        raise click.BadParameter(message, context, param) from None


def _day_or_never(context: click.Context, param: click.Parameter, value: str | None) -> date | Without | None:
    """A calendar day, or the word that says that there is none."""
    return Without.LIMIT if value == "never" else read_day(context, param, value)


class _Seats(click.IntRange):
    """A number of seats, or the word that says that they have no limit."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        """The number."""
        return Without.LIMIT if value in ("unlimited", Without.LIMIT) else super().convert(value, param, context)


def do_deed(session: Session, operation: Operation, as_json: bool) -> None:
    """Do a deed on the license and tell what came of it; as JSON, with how the license stands then."""
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
    help="This component was bought; may be said again.",
)
@click.option("--arrived", is_flag=True, help="What was bought has arrived: it changes the license.")
@click.option("--cancel", is_flag=True, help="What was bought will not come.")
@click.option("--seats", type=_Seats(0, LARGEST_LIMIT), metavar="N", help="By hand: so many seats, or 'unlimited'.")
@click.option(
    "--maintenance-until", callback=_day_or_never, metavar="DATE", help="By hand: the anniversary, or 'never'."
)
@click.option("--expires", callback=_day_or_never, metavar="DATE", help="By hand: the license's last day, or 'never'.")
@click.option("--over-limit", is_flag=True, help="Go on though more seats are in use than there would be.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@reason_option
@at_store
@pass_cli
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
    """Record what was bought, or change the license by hand.

    What was bought is due within 24 hours: say whether it --arrived. Without options: how that stands. A license that
    is smaller than what is in use is only taken with --over-limit; who would be refused at login is said before.
    """
    terms = Terms(seats, maintenance_until, expires)
    is_bought, is_by_hand = buy is not None or bool(components), terms != Terms()
    if sum((is_bought, arrived, cancel, is_by_hand)) > 1:
        raise click.UsageError("Buying, --arrived, --cancel and changing by hand are done one at a time.")
    if (over_limit or dry_run) and not is_by_hand:
        raise click.UsageError("--over-limit and --dry-run go with --seats, --maintenance-until and --expires.")
    session = place.open()
    if is_bought:
        do_deed(session, BuyUpdate(buy or 0, components, reason), as_json)
    elif arrived:
        do_deed(session, ReceiveUpdate(reason), as_json)
    elif cancel:
        do_deed(session, CancelUpdate(reason), as_json)
    elif is_by_hand:
        plan = _plan(session, terms.on(session.state.license))
        change = _Change(session, plan, (), over_limit, as_json)
        change.tell()
        if change.goes_on(dry_run):
            change.do(ChangeTerms(terms, over_limit, reason))
    else:
        _show_pending(session, as_json)


def _show_pending(session: Session, as_json: bool) -> None:
    license_status = session.license_status
    if as_json:
        put_json({"schema": 1, "update": update_standing_document(license_status)})
    elif license_status.update is None:
        say("Nothing is on its way. Record what was bought with --buy N or --component NAME.")
    else:
        sections = license_sections(session.state.license, license_status, session.seats.report(), ())
        put_sections(("", rows) for heading, rows in sections if heading == ON_ITS_WAY)


@click.command("install")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--over-limit", is_flag=True, help="Go on though more seats are in use than there would be.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@reason_option
@at_store
@pass_cli
def install(
    place: CliContext, file: Path, dry_run: bool, yes: bool, over_limit: bool, as_json: bool, reason: str
) -> None:
    """Take the license from the server's license.key.

    First says what would change; the file's signature is not checked. A license that is smaller than what is in use is
    only taken with --over-limit. FILE may be - for standard input.
    """
    license_file = read_license(file)
    if not dry_run:
        place.check_writable()
    session = place.open()
    now = session.clock.now()
    plan = _plan(session, installed(session.state.license, license_file, now))
    change = _Change(session, plan, file_notes(session.state.license, license_file, now), over_limit, as_json)
    change.tell()
    decision = may_install(session.state.license, license_file)
    if not decision.allowed:
        raise refused_by(decision)
    if change.goes_on(dry_run, not yes, str(file) != "-"):
        change.do(InstallLicense(license_file, over_limit, reason))


def _plan(session: Session, after: License) -> LicensePlan:
    return plan_license(session.state.license, after, session.seats.if_licensed, session.state.live_entries())


class _Change:
    """A change of the license that a person, or a machine, is told of before it is done."""

    def __init__(
        self, session: Session, plan: LicensePlan, notes: Iterable[str], over_limit: bool, as_json: bool
    ) -> None:
        self._session = session
        self._plan = plan
        self._notes = list(notes)
        self._over_limit = over_limit
        self._as_json = as_json

    def tell(self) -> None:
        """Say what would be different, and what it would mean."""
        for line in (*self._lines(), *self._notes):
            say(line)

    def _lines(self) -> Iterator[str]:
        plan, now = self._plan, self._session.clock.now()
        rows = change_rows(plan.before, plan.after)
        yield "Nothing would change." if not rows else "What would change:"
        for row in rows:
            yield f"  {row.label}: {row.text}"
        was, would_be = license_status_of(plan.before, now), license_status_of(plan.after, now)
        if was.word != would_be.word:
            yield f"The license would be: {would_be.word}. {would_be.meaning} {would_be.allows}"
        if plan.decision.over:
            yield f"{messages.decision_words(plan.decision)}."
        if who := refused_words(plan.access, plan.at_risk):
            yield f"{who}."

    def goes_on(self, dry_run: bool, asks: bool = False, may_ask: bool = True) -> bool:
        """Whether it shall be done now.

        Raises:
            Refused: it is too small, and nobody said that it shall be taken nevertheless.
            UsageError: nobody can be asked.
        """
        plan = self._plan
        if plan.needs_consent and not self._over_limit:
            self._answer("refused")
            refused = refused_by(plan.decision, "would-be-refused" if dry_run else "nothing-changed")
            refused.hints = (*refused.hints, message("over-limit-takes-it"))
            raise refused
        if not plan.changes:
            say("The license is so already.")
            self._answer("unchanged")
            return False
        if dry_run:
            self._answer("dry-run")
            say("Nothing was changed: this was a dry run.")
            return False
        if asks:
            if not (may_ask and has_person()):
                raise click.UsageError("Nothing was installed. To install it, say --yes.")
            if not click.confirm("Install it?", err=True):
                self._answer("unchanged")
                say("Nothing was installed.")
                return False
        return True

    def do(self, operation: Operation) -> None:
        """Do it, and tell what came of it."""
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
                "changes": [{"what": row.label, "text": row.text} for row in change_rows(plan.before, plan.after)],
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
