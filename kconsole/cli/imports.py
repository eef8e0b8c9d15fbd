"""Commands that import accounts or logins."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from kconsole.cli.context import PARTLY_FAILED, CliContext, FilePath, at_store, reason_option, say, say_seats
from kconsole.cli.encodings import confirmed
from kconsole.cli.logins import say_connected
from kconsole.cli.permitted import RoleGroup
from kconsole.core.codes import first_of
from kconsole.core.records import Entry
from kconsole.core.times import zone_named
from kconsole.operations.files import STANDARD_STREAM, write_document
from kconsole.operations.importing import kerio_export, kerio_files, logins
from kconsole.operations.importing.merge import CHANGED, IMPORTED, Import, LineMessage, MergePlan
from kconsole.text import messages, words
from kconsole.text.commits import withdrawn_words
from kconsole.text.imports import by_kind, in_force
from kconsole.text.safe_text import safe_address, safe_text

MOST_NOTES: Final = 10  # that the preview shows one by one
MOST_NAMED: Final = 5  # entries or addresses of each sort
DRY_RUN: Final = "Nothing was imported: this was a dry run."

Plan = TypeVar("Plan", bound=MergePlan)
_Function = Callable[..., Any]

_file_argument = click.argument("file", type=FilePath())


def _import_options(good: str, has_encoding: bool = True) -> Callable[[_Function], _Function]:
    """The options of every import; some rows, users or the like are good even if others are faulty."""

    def add(command: _Function) -> _Function:
        command = reason_option(at_store(command))
        if has_encoding:
            text = "The file's encoding, if it is not UTF-8: cp1250, cp1251, iso-8859-2, utf-16 ..."
            command = click.option("--encoding", metavar="NAME", help=text)(command)
        text = "Write all faults to a file."
        command = click.option("--faults", type=FilePath(to_write=True), metavar="FILE", help=text)(command)
        text = f"Import the good {good} even if others are faulty."
        command = click.option("--skip-faulty", is_flag=True, help=text)(command)
        return click.option("--dry-run", is_flag=True, help="Only show what would happen.")(command)

    return add


_over_limit_option = click.option(
    "--over-limit", is_flag=True, help="Import even if the license or the domain's limit will be exceeded."
)


@click.group("import", cls=RoleGroup)
def import_() -> None:
    """Import accounts or logins from a file."""


@import_.command("csv")
@_file_argument
@click.option("--domain", required=True, metavar="D", help="The domain that the accounts belong to.")
@_over_limit_option
@_import_options("rows")
def import_csv(
    place: CliContext,
    file: Path,
    domain: str,
    dry_run: bool,
    skip_faulty: bool,
    over_limit: bool,
    faults: Path | None,
    encoding: str | None,
    reason: str,
) -> None:
    """Import the accounts of a Kerio export (CSV).

    Imports all accounts, or none if one is faulty. The passwords in the file are not read. With --over-limit the
    accounts may exceed the license; users without a mailbox are then refused at login. FILE may be - for standard
    input.
    """
    export = confirmed(lambda encoding: kerio_export.read_export(file, encoding, domain), encoding)
    operation = kerio_export.ImportAccounts(export, domain, skip_faulty, over_limit, reason)
    _import(place, operation, lambda plan: preview_of_export(plan, file), dry_run, "account", faults)


@import_.command("kerio")
@click.argument("folder", metavar="DIR", type=FilePath(is_folder=True))
@_over_limit_option
@_import_options("users", has_encoding=False)
def import_kerio(
    place: CliContext,
    folder: Path,
    dry_run: bool,
    skip_faulty: bool,
    over_limit: bool,
    faults: Path | None,
    reason: str,
) -> None:
    """Import the server's own users.cfg and mailserver.cfg.

    DIR is the folder with these files. Imports everything or nothing; run it again to update. The files are not
    changed, and the passwords in them are not read. Entries that the files do not list are not deleted.
    """
    operation = kerio_files.ImportKerio(kerio_files.read_kerio(folder), skip_faulty, over_limit, reason)
    _import(place, operation, preview_of_files, dry_run, "entry", faults)


def _import(
    place: CliContext,
    operation: Import[Plan],
    preview: Callable[[Plan], Iterable[str]],
    dry_run: bool,
    thing: str,
    faults: Path | None,
) -> None:
    session = place.open()
    plan = operation.plan(session.state, session.seats)
    _write_faults(plan.faulty, faults, place)
    for line in preview(plan):
        say(line)
    operation.check(plan)
    if dry_run:
        operation.check_limit(plan, "would-be-refused")
        say(DRY_RUN)
        return
    done = session.do(operation)
    codes = Counter(outcome.code for outcome in done.outcomes)
    say(f"Imported {words.count(codes[IMPORTED], thing)}, changed {codes[CHANGED]:,}.")
    say_seats(done)
    click.get_current_context().exit(PARTLY_FAILED if done.failures else 0)


def _write_faults(faulty: Iterable[LineMessage], file: Path | None, place: CliContext) -> None:
    if file is not None:
        lines = (f"{safe_text(messages.words_of(fault.placed))}\n" for fault in faulty)
        if str(file) == STANDARD_STREAM:
            click.echo("".join(lines), nl=False)
        else:
            write_document(file, "".join(lines).encode(), place.store_folder)


@import_.command("logins")
@_file_argument
@click.option("--zone", metavar="ZONE", help="The zone of times that name none: UTC, +02:00, Europe/Prague ...")
@_import_options("rows")
def import_logins(
    place: CliContext,
    file: Path,
    zone: str | None,
    dry_run: bool,
    skip_faulty: bool,
    faults: Path | None,
    encoding: str | None,
    reason: str,
) -> None:
    """Import last logins from a log (CSV).

    The first line names the columns: address, time, protocol. Times are in ISO 8601. Times without a zone are in the
    zone of --zone, or in that of this machine. Only logins later than the known ones are imported. No limit applies:
    they have already happened. FILE may be - for standard input.
    """
    known_zone = None if zone is None else zone_named(zone)
    session = place.open()
    now = session.clock.now()
    read = confirmed(lambda encoding: logins.read_login_file(file, now, known_zone, encoding), encoding)
    _write_faults(read.faults, faults, place)
    operation = logins.ImportLogins(read, skip_faulty, reason)
    plan = operation.plan(session.state, session.seats)
    for line in preview_of_logins(read, plan, known_zone):
        say(line)
    operation.check()
    if dry_run:
        say_connected(plan.before, plan.after)
        say(DRY_RUN)
        return
    done = session.do(operation)
    say(f"Imported the last logins of {words.count(len(done.changed), 'account')}.")
    if withdrawn := withdrawn_words(done.commit):
        say(withdrawn)
    say_connected(done.before, done.after)
    click.get_current_context().exit(PARTLY_FAILED if done.failures else 0)


def preview_of_logins(file: logins.LoginFile, plan: logins.LoginsPlan, zone: tzinfo | None) -> Iterator[str]:
    """What an import of logins would do."""
    yield f"{words.count(file.rows, 'login')} read as {file.encoding}, {words.count(len(file.faults), 'faulty row')}."
    yield f"{words.count(len(plan.changed), 'account')} with a later login than the known one, {plan.same:,} without."
    if file.without_time:
        yield f"Skipped {words.count(file.without_time, 'row')} without a login: no time, or one that means never."
    if file.without_zone and zone is None:
        here, times = datetime.now().astimezone().tzname(), words.count(file.without_zone, "time")
        yield f"{times} without a zone, read in that of this machine ({here}). --zone names another."
    yield from map(messages.words_of, first_of([note.placed for note in file.notes], MOST_NOTES, "more-notes"))
    for addresses, what in (
        (plan.unknown, "not in this store"),
        (plan.deleted, "of deleted accounts"),
        (plan.no_accounts, "of entries that are not accounts"),
    ):
        if addresses:
            some = words.and_list([*map(safe_address, addresses)], MOST_NAMED)
            yield f"Skipped {words.count(len(addresses), 'address')} {what}: {some}."


def preview_of_export(plan: kerio_export.ImportPlan, file: Path) -> Iterator[str]:
    """What an import of an export would do."""
    if (named := kerio_export.other_domain(file, plan.domain)) is not None:
        yield f"Note: The file name says {named}, the accounts go to {safe_address(plan.domain)}."
    yield (
        f"{words.count(len(plan.new), 'account')} new, {len(plan.changed):,} changed, {len(plan.same):,} the same,"
        f" {len(plan.faulty):,} faulty; {words.count(len(plan.aliases), 'alias', 'aliases')}. Read as {plan.encoding}."
    )
    yield _seats(plan)
    if plan.new_domains:
        yield f"The domain {safe_address(plan.domain)} is new and will be added."
    yield from _notes(plan)


def preview_of_files(plan: kerio_files.KerioPlan) -> Iterator[str]:
    """What an import of the server's files would do."""
    yield (
        f"{by_kind(plan.new)} new, {by_kind([after for _, after in plan.changed])} changed,"
        f" {len(plan.same):,} the same, {len(plan.faulty):,} faulty."
    )
    yield _seats(plan)
    for what, names in (
        ("New domains", [domain.name for domain in plan.new_domains]),
        ("New", [entry.address for entry in plan.new]),
        ("Changed", [_change(before, after) for before, after in plan.changed]),
        ("Not in the files, unchanged", [entry.address for entry in plan.gone]),
        ("Domains not in the files, unchanged", [domain.name for domain in plan.gone_domains]),
    ):
        if names:
            yield f"{what}: {words.and_list([safe_address(name) for name in names], MOST_NAMED)}."
    yield from _notes(plan)
    yield "Last logins and mailboxes are not in these files, and stay as they are."


def _seats(plan: MergePlan) -> str:
    free = "unlimited" if plan.seats_free is None else f"{plan.seats_free:,} free"
    freed = f" after {plan.seats_freed:,} freed by disabling" if plan.seats_freed else ""
    short = f", short by {plan.short_by:,}" if plan.short_by else ""
    return f"{words.count(plan.seats_needed, 'seat')} needed, {free}{freed}{short}."


def _notes(plan: MergePlan) -> Iterator[str]:
    yield from map(messages.words_of, first_of([note.placed for note in plan.notes], MOST_NOTES, "more-notes"))


def _change(before: Entry, after: Entry) -> str:
    """What would be different: `anna@north.example (disabled)`."""
    different = in_force(before, after)
    return safe_address(before.address) + (f" ({', '.join(different)})" if different else "")
