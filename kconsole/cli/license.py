"""Commands on the license: show, trial, register, activate, update, component, install."""

from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

import click

from kconsole.cli.context import (
    DONE,
    EXPIRED,
    CliContext,
    at_store,
    has_person,
    read_text,
    reason_option,
)
from kconsole.cli.license_changes import do_on_license, install, json_option, read_day, update
from kconsole.cli.license_json import component_documents, life_document
from kconsole.cli.output import put_json, put_sections, seats_document
from kconsole.core.consistency import LARGEST_LIMIT
from kconsole.core.errors import BadInput
from kconsole.core.license import Component, ComponentName, Customer
from kconsole.core.times import to_iso
from kconsole.licensing.components import use_of
from kconsole.operations.license import OPTIONAL, ActivateLicense, BeginTrial, ChangeComponent, RegisterLicense
from kconsole.operations.license_files import checked_id, read_id
from kconsole.operations.session import Session
from kconsole.text.licenses import DETAIL_WORDS, Section, license_sections, warning_words

MOST_BEYOND: Final = 20
"""How many accounts beyond a component's seats are named for a person; JSON names them all."""


@click.group("license", invoke_without_command=True)
@json_option
@at_store
@click.pass_context
def license_(context: click.Context, place: CliContext, as_json: bool) -> None:
    """Show the license, or record what happened to it.

    Ends with exit code 9 once trial or license have expired.
    """
    if context.invoked_subcommand is None:
        _show(place.open(), as_json)
    elif as_json:
        raise click.UsageError(f"Write --json at the end: 'kconsole license {context.invoked_subcommand} --json'.")


@license_.command("show")
@json_option
@at_store
def show(place: CliContext, as_json: bool) -> None:
    """Show everything about the license.

    Its state, what that allows and what to do next; what ends when; components and the accounts beyond their seats; a
    pending purchase; and the customer. Ends with exit code 9 once trial or license have expired.
    """
    _show(place.open(), as_json)


def _show(session: Session, as_json: bool) -> None:
    status = session.license_status
    if as_json:
        answer = {"schema": 1, "as_of": to_iso(session.clock.now()), **life_document(session)}
        put_json(answer | {"seats": seats_document(session.seats.report())})
    else:
        put_sections((section.heading, section.details) for section in _sections(session))
        if status.warnings:
            click.echo()
        for warning in status.warnings:
            click.echo(f"! {warning_words(warning)}")
    click.get_current_context().exit(EXPIRED if status.is_expired else DONE)


def _sections(session: Session) -> list[Section]:
    license_ = session.state.license
    use = use_of(license_, session.state.live_entries() if license_.components else (), session.seats.policy)
    return list(license_sections(license_, session.license_status, session.seats.report(), use, MOST_BEYOND))


@license_.command("trial")
@click.option("--begun", callback=read_day, metavar="DATE", help="Its first day, if not today.")
@json_option
@reason_option
@at_store
def trial(place: CliContext, begun: date | None, as_json: bool, reason: str) -> None:
    """Record that the trial of 30 days has begun."""
    do_on_license(place.open(), BeginTrial(begun, reason), as_json)


def _customer_options(command: Any) -> Any:
    """Adds an option for each detail of a customer."""
    for name, word in reversed(DETAIL_WORDS.items()):
        needed = "" if name in OPTIONAL else " (required)"
        option = click.option(f"--{name}", callback=read_text, default="", metavar="TEXT", help=f"{word}{needed}.")
        command = option(command)
    return command


@license_.command("register")
@_customer_options
@click.option(
    "--id-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="A file with the license ID; - for standard input.",
)
@click.option("--ask-id", is_flag=True, help="Ask for the license ID on the terminal, without showing it.")
@json_option
@reason_option
@at_store
def register(
    place: CliContext, /, id_file: Path | None, ask_id: bool, as_json: bool, reason: str, **details: str
) -> None:
    """Record that the license is registered to a customer.

    Sets the anniversary of Software Maintenance. On a terminal, missing details are asked for. Registering again
    changes the details and keeps the anniversary. The license ID is never an argument, and only its last four
    characters are kept.
    """
    if id_file is not None and ask_id:
        raise click.UsageError("--id-file and --ask-id cannot be used together.")
    place.check_writable()
    session = place.open()
    id_end = "" if id_file is None else read_id(id_file)
    customer = Customer(**_complete(details))
    if ask_id:
        id_end = _asked_id()
    do_on_license(session, RegisterLicense(customer, id_end, reason), as_json)


def _complete(details: dict[str, str]) -> dict[str, str]:
    """The details, with missing ones asked for."""
    missing = [name for name in DETAIL_WORDS if name not in OPTIONAL and not details[name].strip()]
    if missing and not has_person():
        options = [f"--{name}" for name in missing]
        raise BadInput("registration-needs", "asked-on-a-terminal", effect="nothing-registered", names=options)
    return details | {name: _asked(DETAIL_WORDS[name]) for name in missing}


def _asked(what: str) -> str:
    text: str = click.prompt(what, err=True)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput("not-in-this-encoding", effect="nothing-registered") from None
    return text


def _asked_id() -> str:
    """The end of the license ID that a person types unseen; no more of it is kept."""
    if not has_person():
        raise BadInput("no-terminal-for-license-id", "name-an-id-file")
    return checked_id(click.prompt("License ID", hide_input=True, err=True))


@license_.command("activate")
@json_option
@reason_option
@at_store
def activate(place: CliContext, as_json: bool, reason: str) -> None:
    """Record that the license is bound to this installation."""
    do_on_license(place.open(), ActivateLicense(reason), as_json)


license_.add_command(update)


@license_.command("component")
@click.argument("name", type=click.Choice(get_args(ComponentName)), required=False)
@click.option("--seats", type=click.IntRange(0, LARGEST_LIMIT), metavar="N", help="How many accounts may use it.")
@click.option("--expires", callback=read_day, metavar="DATE", help="The last day on which it works.")
@click.option("--remove", is_flag=True, help="Remove it from the license.")
@json_option
@reason_option
@at_store
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

    Without NAME: which accounts use the components and exceed their seats. With NAME: license it, for as long and with
    as many seats as the license unless the options or earlier values say otherwise.
    """
    is_changed = seats is not None or expires is not None
    if remove and is_changed:
        raise click.UsageError("--remove cannot be used with --seats or --expires.")
    if name is None and (remove or is_changed):
        raise click.UsageError("Name the component to change.")
    session = place.open()
    if name is not None:
        known = session.state.license.component(name) or Component(name=name)
        changed = Component(
            name=name,
            expires=known.expires if expires is None else expires,
            seats=known.seats if seats is None else seats,
        )
        do_on_license(session, ChangeComponent(changed, not remove, reason), as_json)
    elif as_json:
        put_json(component_documents(session))
    else:
        put_sections(("", section.details) for section in _sections(session) if section.code == "components")


license_.add_command(install)
