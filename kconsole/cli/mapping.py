"""Commands on mappings: `domains map` sets the directory of a domain, `map` maps its users."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from kconsole.cli.connection import password_of, password_option, trust_options
from kconsole.cli.context import CliContext, at_store, exit_code, read_text, reason_option, say, say_outcomes, say_seats
from kconsole.cli.output import put_json, put_sections, seats_document
from kconsole.cli.streams import has_person
from kconsole.core.codes import message
from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.encoding import document_of
from kconsole.core.errors import BadInput
from kconsole.core.records import Entry
from kconsole.licensing.map_plan import MapPlan
from kconsole.net.secrets import DIRECTORY_PASSWORD, Secret
from kconsole.operations import mapping
from kconsole.operations.base import refused_by
from kconsole.text import mapping as texts
from kconsole.text import words
from kconsole.text.details import Detail
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_address
from kconsole.text.trust import INSECURE, connection_words

MOST_NAMED = 5
"""Accounts of a group that are listed without --all."""

_password_option = password_option("directory", DIRECTORY_PASSWORD)

_KINDS = {kind.replace("_", "-"): kind for kind in get_args(DirectoryKind)}


def _read_attributes(
    context: click.Context, param: click.Parameter, values: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(mapping.parse_attribute(value) for value in values)
    except BadInput as error:
        raise click.BadParameter(words_of(error.happened), context, param) from None


_text = partial(click.option, callback=read_text, default="")


@click.command("map")
@click.argument("domain")
@_text("--url", metavar="URL", help="ldaps://host, or ldap://host for StartTLS.")
@_text("--base", metavar="DN", help="Where the users are: ou=people,dc=example.")
@click.option(
    "--kind",
    type=click.Choice(list(_KINDS)),
    callback=lambda _, __, value: _KINDS.get(value),
    help="The kind of directory, which sets the attributes to read.",
)
@_text("--filter", metavar="FILTER", help="A further LDAP filter.")
@_text("--bind-as", metavar="NAME", help="The name to log in with (else anonymous).")
@trust_options
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    callback=_read_attributes,
    metavar="FIELD=NAME",
    help="Another attribute for login, id, full_name, description, disabled or last_logon.",
)
@click.option("--test", "is_tested", is_flag=True, help="Test the connection first; if it fails, store nothing.")
@click.option("--remove", is_flag=True, help="Forget the directory; the accounts stay.")
@click.option("--json", "as_json", is_flag=True, help="Show the settings as a JSON document.")
@_password_option
@reason_option
@at_store
def domains_map(
    place: CliContext,
    /,
    domain: str,
    is_tested: bool,
    remove: bool,
    as_json: bool,
    password_file: Path | None,
    reason: str,
    **settings: Any,
) -> None:
    """Set, show or test the directory of a domain.

    With --url and --base, stores the settings, but never the password. Without them, shows the settings. --test
    connects to the directory. 'kconsole map DOMAIN' then maps its users.
    """
    given = {field: value for field, value in settings.items() if value}
    is_new = "url" in given or "base" in given
    if remove and (given or is_tested):
        raise click.UsageError("--remove cannot be combined with other settings.")
    if given and not is_new:
        raise click.UsageError("The settings are replaced as a whole: give --url and --base too.")
    if is_new and not ("url" in given and "base" in given):
        raise click.UsageError("A directory needs both --url and --base.")
    if is_new or remove or is_tested:
        place.insist("map")
    session = place.open()
    if remove:
        say_outcomes(session.do(mapping.ForgetDirectory(domain, reason)))
        return
    directory = Directory(**given) if is_new else mapping.directory_of(session.state, domain)
    if is_new:
        mapping.check_settings(directory)
        if directory.insecure:
            say(INSECURE)
        if is_tested:
            place.check_writable()
    if is_tested:
        _test(directory, password_file)
    if is_new:
        say_outcomes(session.do(mapping.SetDirectory(domain, directory, reason)))
        say(f"Next: 'kconsole map {domain} --dry-run'.")
    elif not is_tested and as_json:
        put_json(document_of(directory))
    elif not is_tested:
        put_sections([("", list(texts.directory_rows(directory)))])


def _test(directory: Directory, password_file: Path | None) -> None:
    answer = mapping.probe(directory, _secret(directory, password_file))
    how = connection_words(answer.certificate is not None, answer.verified_by)
    say(f"{directory.url} answers{f' ({answer.server})' if answer.server else ''}; {how}.")
    if answer.certificate is not None:
        say(f"Its certificate: {answer.certificate.fingerprint}")
    found = texts.users_words(answer.users, answer.more_users, directory.base)
    say(f"{found[:1].upper()}{found[1:]}.")


def _secret(directory: Directory, password_file: Path | None) -> Secret | None:
    """The password to log in with; None for an anonymous client."""
    return password_of(directory.bind_as, password_file, DIRECTORY_PASSWORD) if directory.bind_as else None


@click.command("map")
@click.argument("domain")
@click.option("--dry-run", is_flag=True, help="Only show what would happen.")
@click.option("--over-limit", is_flag=True, help="Map even if the license will be exceeded.")
@click.option(
    "--deactivate-gone", "disable_gone", is_flag=True, help="Disable the accounts that are gone from the directory."
)
@click.option(
    "--confirm-gone",
    type=click.IntRange(0),
    metavar="N",
    help="How many accounts are gone, where they are many (else kconsole asks).",
)
@click.option("--all", "shows_all", is_flag=True, help="List every account in the preview.")
@click.option("--json", "as_json", is_flag=True, help="Show the plan, and whether it was done, as a JSON document.")
@_password_option
@reason_option
@at_store
@click.pass_context
def map_(
    context: click.Context,
    place: CliContext,
    domain: str,
    dry_run: bool,
    over_limit: bool,
    disable_gone: bool,
    confirm_gone: int | None,
    shows_all: bool,
    as_json: bool,
    password_file: Path | None,
    reason: str,
) -> None:
    """Map a domain's users from its directory.

    Shows a preview, then maps all users, or none if the directory fails. Users are matched by the directory's id, so
    a user renamed there is renamed here. With --over-limit the mapping may exceed the license; users without a mailbox
    are then refused at login.
    """
    if not dry_run:
        place.check_writable()
    session = place.open()
    if not dry_run:
        session.check_runs(mapping.MapDomain.name, reason=reason)
    directory = mapping.directory_of(session.state, domain)
    if directory.insecure:
        say(INSECURE)
    listing = _listing(directory, password_file)
    plan = mapping.plan_mapping(domain, listing, session.state, session.seats)
    if not as_json:
        put_sections([("", list(texts.plan_summary(plan, disable_gone)))])
        for section in _shortened(texts.plan_groups(plan, disable_gone), None if shows_all else MOST_NAMED):
            click.echo()
            put_sections([section])
    if dry_run and as_json:
        put_json(_plan_document(plan, disable_gone) | {"done": False})
    decision = mapping.exceeding(plan, disable_gone, over_limit)
    if dry_run:
        if decision is not None:
            raise refused_by(decision, "would-be-refused")
        say("Nothing was mapped: this was a dry run.")
        return
    if disable_gone and plan.needs_typing and confirm_gone is None and decision is None:
        confirm_gone = _typed_number(plan)
    operation = mapping.MapDomain(domain, listing, over_limit, disable_gone, confirm_gone, plan, reason)
    done = session.do(operation)
    if as_json:
        put_json(_plan_document(plan, disable_gone) | {"done": True})
    say(f"{safe_address(plan.domain)}: {words.count(len(done.changed), 'account')} mapped, changed or disabled.")
    say_seats(done)
    if plan.left_out:
        say(f"In part: {texts.left_out_words(plan)}.")
    context.exit(exit_code(done.outcomes))


def _typed_number(plan: MapPlan) -> int:
    """Ask for the number of gone accounts, so that an administrator reads it."""
    gone = len(plan.gone)
    if not has_person():
        hint = message("confirm-gone", gone=gone)
        raise BadInput("many-gone", hint, effect="nothing-mapped", gone=gone, mapped=plan.mapped)
    say(f"{texts.gone_words(plan)}.")
    number: int = click.prompt("Type their number to disable them", type=int, err=True)
    return number


def _listing(directory: Directory, password_file: Path | None) -> mapping.DirectoryListing:
    """Read the directory; a terminal shows the progress."""
    secret = _secret(directory, password_file)
    if sys.stderr is None or not sys.stderr.isatty():
        return mapping.read_directory(directory, secret)

    def show(text: str) -> None:
        click.echo(f"\r{text}", err=True, nl=False)

    try:
        return mapping.read_directory(directory, secret, lambda number: show(texts.users_read(number)))
    finally:
        show("")


def _shortened(sections: Iterable[texts.Section], most: int | None) -> Iterator[texts.Section]:
    for heading, rows in sections:
        shown = rows if most is None or len(rows) == most + 1 else rows[:most]
        more = [Detail("", f"and {len(rows) - len(shown):,} more")] if len(rows) > len(shown) else []
        yield f"{heading} ({len(rows):,})", [*shown, *more]


def _plan_document(plan: MapPlan, disable_gone: bool) -> dict[str, Any]:
    access = plan.access(disable_gone)
    return {
        "schema": 1,
        "domain": plan.domain,
        "new": _addresses(plan.new),
        "renamed": [{"from": before.address, "to": after.address} for before, after in plan.renamed],
        "recreated": _addresses(after for _, after in plan.recreated),
        "disabled": _addresses(after for _, after in plan.disabling),
        "changed": _addresses(after for _, after in plan.changed),
        "same": plan.same + len(plan.noted),
        "gone": _addresses(plan.gone),
        "left_disabled": _addresses(plan.left_disabled),
        "colliding": [{"login": each.user.login, "because": words_of(each.reason)} for each in plan.collisions],
        "not_understood": [words_of(fault) for fault in plan.faults],
        "left_out": {"number": plan.left_out.total(), "reasons": dict(plan.left_out)},
        "notes": [words_of(note) for note in plan.notes],
        "over_by": plan.decision(disable_gone).over,
        "seats_before": seats_document(plan.now),
        "seats_after": seats_document(plan.after(disable_gone)),
        "at_login": access._asdict() | {"accounts": _addresses(plan.at_risk) if access.refused else []},
    }


def _addresses(entries: Iterable[Entry]) -> list[str]:
    return [entry.address for entry in entries]
