"""Commands on the license: show, trial, register, activate, update, component, install."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

import click
from msgspec.structs import replace

from kconsole.cli.context import (
    EXPIRED,
    CliContext,
    FilePath,
    at_store,
    read_text,
    reading,
    reason_option,
    say,
    say_outcomes,
)
from kconsole.cli.encodings import confirmed
from kconsole.cli.license_json import component_documents, life_document, plan_document, update_status_document, use_in
from kconsole.cli.output import put_json, put_sections, seats_document
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.renewal import price, renewal
from kconsole.cli.streams import has_person
from kconsole.core.codes import Message, message
from kconsole.core.consistency import LARGEST_LIMIT
from kconsole.core.errors import BadInput
from kconsole.core.license import Component, ComponentName, Customer, License
from kconsole.core.times import day_of, to_iso
from kconsole.licensing import guards
from kconsole.operations import license as operations
from kconsole.operations import license_files
from kconsole.operations.base import Operation, insist, refused_by
from kconsole.operations.license import Terms, Without
from kconsole.operations.session import Session
from kconsole.text import licenses as texts
from kconsole.text import messages

MOST_BEYOND: Final = 20
"""How many accounts beyond a component's seats are named for a person; JSON names them all."""

_COMPONENT: Final = click.Choice(get_args(ComponentName))

json_option = click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
over_limit_option = click.option(
    "--over-limit", is_flag=True, help="Accept a license with fewer seats than are in use."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Only show what would change.")


def changing(command: Callable[..., Any]) -> Callable[..., Any]:
    """What all commands that change the license have: --json, --reason, and the options of the store."""
    return json_option(reason_option(at_store(command)))


def _day(text: str) -> date:
    try:
        return day_of(text)
    except ValueError as error:
        raise ValueError(f"{messages.words_of(message(str(error), text=text))}. Write it like 2027-03-01.") from None


@reading
def _day_or_never(text: str) -> date | Without:
    return Without.LIMIT if text == "never" else _day(text)


class _Seats(click.IntRange):
    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        return Without.LIMIT if value in ("unlimited", Without.LIMIT) else super().convert(value, param, context)


def _apply(session: Session, operation: Operation, as_json: bool) -> None:
    """Apply an operation to the license and show its result; as JSON, with the state of the license afterwards."""
    done = session.do(operation)
    say_outcomes(done)
    (outcome,) = done.outcomes
    if as_json:
        text = messages.words_of(outcome.message)
        put_json({"schema": 1, "outcome": outcome.result, "text": text, "license": life_document(session)})


@click.group("license", cls=RoleGroup, invoke_without_command=True)
@json_option
@at_store
@click.pass_context
def license_(context: click.Context, _: CliContext, as_json: bool) -> None:
    """Show the license, or record changes to it.

    Exits with 9 once the trial or the license has expired.
    """
    if context.invoked_subcommand is None:
        context.invoke(show, as_json=as_json)
    elif as_json:
        raise click.UsageError(f"Write --json at the end: 'kconsole license {context.invoked_subcommand} --json'.")


@license_.command("show")
@json_option
@at_store
def show(place: CliContext, as_json: bool) -> None:
    """Show everything about the license.

    Prints its state and the next step, all end dates, the components and the accounts that exceed their seats, a
    pending purchase, and the customer. Exits with 9 once the trial or the license has expired.
    """
    session = place.open()
    status = session.license_status
    if as_json:
        answer = {"schema": 1, "as_of": to_iso(session.clock.now()), **life_document(session)}
        put_json(answer | {"seats": seats_document(session.seats.report())})
    else:
        put_sections((section.heading, section.details) for section in _sections(session))
        if status.warnings:
            click.echo()
        for warning in status.warnings:
            click.echo(f"! {texts.warning_words(warning)}")
    if status.is_expired:
        click.get_current_context().exit(EXPIRED)


def _sections(session: Session) -> list[texts.Section]:
    license_, status, report = session.state.license, session.license_status, session.seats.report()
    return list(texts.license_sections(license_, status, report, use_in(session), MOST_BEYOND))


def _put_section(session: Session, code: texts.SectionCode) -> None:
    put_sections(("", section.details) for section in _sections(session) if section.code == code)


license_.add_command(price)
license_.add_command(renewal)


@license_.command("trial")
@click.option("--begun", callback=reading(_day), metavar="DATE", help="Its first day, if not today.")
@changing
def trial(place: CliContext, begun: date | None, as_json: bool, reason: str) -> None:
    """Record that the trial of 30 days has begun."""
    _apply(place.open(), operations.BeginTrial(begun, reason=reason), as_json)


def _customer_options(command: Any) -> Any:
    for name, word in reversed(texts.DETAIL_WORDS.items()):
        needed = "" if name in operations.OPTIONAL else " (required)"
        option = click.option(f"--{name}", callback=read_text, default="", metavar="TEXT", help=f"{word}{needed}.")
        command = option(command)
    return command


@license_.command("register")
@_customer_options
@click.option("--id-file", type=FilePath(), metavar="FILE", help="A file with the license ID; - for standard input.")
@click.option("--ask-id", is_flag=True, help="Ask for the license ID on the terminal, without showing it.")
@changing
def register(
    place: CliContext, /, id_file: Path | None, ask_id: bool, as_json: bool, reason: str, **details: str
) -> None:
    """Record that the license is registered to a customer.

    Sets the anniversary of Software Maintenance. On a terminal, kconsole asks for missing details. Registering
    again changes the details and keeps the anniversary. The license ID is never an argument, and only its last four
    characters are stored.
    """
    if id_file is not None and ask_id:
        raise click.UsageError("--id-file and --ask-id cannot be used together.")
    place.check_writable()
    session = place.open()
    session.check_runs(operations.RegisterLicense.name, reason=reason)
    id_end = "" if id_file is None else license_files.read_id(id_file)
    customer = Customer(**_complete(details))
    if ask_id:
        id_end = _asked_id()
    _apply(session, operations.RegisterLicense(customer, id_end, reason=reason), as_json)


def _complete(details: dict[str, str]) -> dict[str, str]:
    """The details, with missing ones asked for."""
    missing = [name for name in texts.DETAIL_WORDS if name not in operations.OPTIONAL and not details[name].strip()]
    if missing and not has_person():
        options = [f"--{name}" for name in missing]
        raise BadInput("registration-needs", "asked-on-a-terminal", effect="nothing-registered", names=options)
    return details | {name: _asked(texts.DETAIL_WORDS[name]) for name in missing}


def _asked(what: str) -> str:
    text: str = click.prompt(what, err=True)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput("not-in-this-encoding", effect="nothing-registered") from None
    return text


def _asked_id() -> str:
    """The end of the license ID that a person types unseen; no more of it is kept, also in an error."""
    if not has_person():
        raise BadInput("no-terminal-for-license-id", "name-an-id-file")
    end = license_files.id_end_of(click.prompt("License ID", hide_input=True, err=True))
    if not end:
        raise BadInput("not-a-license-id", license_files.ID_FORM, effect="nothing-registered")
    return end


@license_.command("activate")
@changing
def activate(place: CliContext, as_json: bool, reason: str) -> None:
    """Record that the license is bound to this installation."""
    _apply(place.open(), operations.ActivateLicense(reason=reason), as_json)


@license_.command("component")
@click.argument("name", type=_COMPONENT, required=False)
@click.option("--seats", type=click.IntRange(0, LARGEST_LIMIT), metavar="N", help="How many accounts may use it.")
@click.option("--expires", callback=reading(_day), metavar="DATE", help="The last day on which it works.")
@click.option("--remove", is_flag=True, help="Remove it from the license.")
@changing
def component(
    place: CliContext,
    name: ComponentName | None,
    seats: int | None,
    expires: date | None,
    remove: bool,
    as_json: bool,
    reason: str,
) -> None:
    """License an optional component, or show the components.

    Without NAME, shows which accounts use the components or exceed their seats. With NAME, licenses that component.
    Its seats and its last day are those of the license, unless they are given here or were set before.
    """
    is_changed = seats is not None or expires is not None
    if remove and is_changed:
        raise click.UsageError("--remove cannot be used with --seats or --expires.")
    if name is None and (remove or is_changed):
        raise click.UsageError("Name the component to change.")
    session = place.open()
    if name is not None:
        known = session.state.license.component(name) or Component(name=name)
        given = {"expires": expires, "seats": seats}
        changed = replace(known, **{key: value for key, value in given.items() if value is not None})
        _apply(session, operations.ChangeComponent(changed, not remove, reason=reason), as_json)
    elif as_json:
        put_json(component_documents(session))
    else:
        _put_section(session, "components")


@license_.command("update")
@click.option("--buy", type=click.IntRange(1, LARGEST_LIMIT), metavar="N", help="Record the purchase of N more seats.")
@click.option(
    "--component",
    "components",
    type=_COMPONENT,
    multiple=True,
    help="Record the purchase of this component; may be repeated.",
)
@click.option("--arrived", is_flag=True, help="Record that the purchase has arrived, and change the license.")
@click.option("--cancel", is_flag=True, help="Cancel the pending purchase.")
@click.option("--seats", type=_Seats(0, LARGEST_LIMIT), metavar="N", help="Set the number of seats, or 'unlimited'.")
@click.option(
    "--maintenance-until",
    callback=_day_or_never,
    metavar="DATE",
    help="Set the anniversary of Software Maintenance, or 'never'.",
)
@click.option("--expires", callback=_day_or_never, metavar="DATE", help="Set the last day of the license, or 'never'.")
@over_limit_option
@dry_run_option
@changing
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

    A purchase is due within 24 hours; record its arrival with --arrived. Without options, shows the pending
    purchase. A license smaller than the seats in use requires --over-limit; kconsole first lists the accounts that
    would be refused at login.
    """
    terms = Terms(seats, maintenance_until, expires)
    is_bought, is_by_hand = buy is not None or bool(components), terms != Terms()
    if sum((is_bought, arrived, cancel, is_by_hand)) > 1:
        raise click.UsageError("Use one at a time: a purchase, --arrived, --cancel, or changes by hand.")
    if (over_limit or dry_run) and not is_by_hand:
        raise click.UsageError("--over-limit and --dry-run require --seats, --maintenance-until or --expires.")
    session = place.open()
    if is_bought:
        _apply(session, operations.BuyUpdate(buy or 0, components, reason=reason), as_json)
    elif arrived:
        _apply(session, operations.ReceiveUpdate(reason=reason), as_json)
    elif cancel:
        _apply(session, operations.CancelUpdate(reason=reason), as_json)
    elif is_by_hand:
        change = _Change(session, terms.on(session.state.license), (), over_limit, as_json)
        change.apply(operations.ChangeTerms(terms, over_limit, reason=reason), dry_run)
    elif as_json:
        put_json({"schema": 1, "update": update_status_document(session.license_status)})
    elif session.state.license.update is None:
        say("No purchase is pending. Record one with --buy N or --component NAME.")
    else:
        _put_section(session, "update")


@license_.command("install")
@click.argument("file", type=FilePath())
@dry_run_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@over_limit_option
@click.option("--encoding", metavar="NAME", help="The file's encoding, if it is not UTF-8.")
@changing
def install(
    place: CliContext,
    file: Path,
    dry_run: bool,
    yes: bool,
    over_limit: bool,
    encoding: str | None,
    as_json: bool,
    reason: str,
) -> None:
    """Install the server's license.key.

    First shows what would change. The signature of the file is not checked. A license smaller than the seats in use
    requires --over-limit. FILE may be - for standard input.
    """
    read = partial(license_files.read_license, file)
    license_file = read(encoding) if yes else confirmed(read, encoding)
    if not dry_run:
        place.check_writable()
    session = place.open()
    if not dry_run:
        session.check_runs(operations.InstallLicense.name, reason=reason)
    license_, now = session.state.license, session.clock.now()
    notes = license_files.file_notes(license_, license_file, now)
    change = _Change(session, license_files.installed(license_, license_file, now), notes, over_limit, as_json)
    operation = operations.InstallLicense(license_file, over_limit, reason=reason)
    decision = guards.may_install(license_, license_file.is_trial)
    if dry_run:
        insist(decision)
    elif not decision.allowed:
        session.do(operation)  # which refuses it, and the log says so
    change.apply(operation, dry_run, asks=not yes, may_ask=str(file) != "-")


class _Change:
    """A change of the license that is shown, to a person or as JSON, before it is applied."""

    def __init__(
        self, session: Session, after: License, notes: Iterable[Message], over_limit: bool, as_json: bool
    ) -> None:
        self._session, state, now = session, session.state, session.clock.now()
        self._plan = guards.plan_license(state.license, after, session.seats, state.live_entries(), now)
        self._rows = texts.change_rows(state.license, after)
        self._notes = [messages.words_of(note) for note in notes]
        self._over_limit, self._as_json = over_limit, as_json
        say("What would change:" if self._rows else "Nothing would change.")
        rows = [f"  {row.label}: {row.text}" for row in self._rows]
        for line in (*rows, *(text for text, _ in texts.plan_lines(self._plan)), *self._notes):
            say(line)

    def apply(self, operation: Operation, dry_run: bool, asks: bool = False, may_ask: bool = True) -> None:
        """Apply it and show the result, unless it is too small, changes nothing, is only shown, or is declined."""
        plan = self._plan
        if plan.needs_consent and not self._over_limit:
            self._answer("refused")
            if dry_run:
                raise refused_by(operations.consent_needed(plan.decision), "would-be-refused")
            self._session.do(operation)  # which refuses it, and the log says so
        elif not plan.changes:
            self._answer("unchanged", "The license already has these terms.")
        elif dry_run:
            self._answer("dry-run", "Nothing was changed: this was a dry run.")
        elif asks and not (may_ask and has_person()):
            raise click.UsageError("Nothing was installed. To install without a question, use --yes.")
        elif asks and not click.confirm("Install it?", err=True):
            self._answer("unchanged", "Nothing was installed.")
        else:
            done = self._session.do(operation)
            say_outcomes(done)
            self._answer(done.outcomes[0].result)

    def _answer(self, outcome: str, text: str = "") -> None:
        if text:
            say(text)
        if self._as_json:
            changes = [{"what": row.label, "text": row.text} for row in self._rows]
            answer = {"schema": 1, "outcome": outcome, "changes": changes} | plan_document(self._plan)
            put_json(answer | {"notes": self._notes, "license": life_document(self._session)})
