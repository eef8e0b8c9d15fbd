"""Commands that import accounts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import click

from kconsole.cli.context import PARTLY_FAILED, CliContext, at_store, pass_cli, reason_option, say, say_seats
from kconsole.cli.logins import DRY_RUN, dry_run_option, encoding_option, import_logins
from kconsole.core.errors import BadInput
from kconsole.core.records import Entry
from kconsole.operations.base import Operation, refused_by
from kconsole.operations.importing.kerio_export import (
    ImportAccounts,
    ImportPlan,
    faulty_rows,
    other_domain,
    plan_import,
    read_export,
)
from kconsole.operations.importing.kerio_files import ImportKerio, KerioPlan, faulty_users, plan_kerio, read_kerio
from kconsole.operations.importing.merge import CHANGED, IMPORTED, MergePlan
from kconsole.operations.session import Session
from kconsole.text import messages, words
from kconsole.text.safe_text import safe_text

MOST_NOTES = 10
"""Notes that the preview shows one by one."""

MOST_NAMED = 5
"""Entries that the preview names of each sort."""

Plan = TypeVar("Plan", bound=MergePlan)


@click.group("import")
def import_() -> None:
    """Import accounts or logins from a file."""


import_.add_command(import_logins)


@import_.command("csv")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--domain", required=True, metavar="D", help="The domain that the accounts belong to.")
@dry_run_option
@click.option("--skip-faulty", is_flag=True, help="Import the good rows even if others are faulty.")
@encoding_option
@reason_option
@at_store
@pass_cli
@click.pass_context
def import_csv(
    context: click.Context,
    place: CliContext,
    file: Path,
    domain: str,
    dry_run: bool,
    skip_faulty: bool,
    encoding: str | None,
    reason: str,
) -> None:
    """Import the accounts of a Kerio export (CSV).

    All of them or none. The passwords in the file are not read. FILE may be - for standard input.
    """
    export = read_export(file, encoding)
    session = place.open()
    plan = plan_import(export, domain, session.state, session.seats)
    if (named := other_domain(file, domain)) is not None:
        say(f"Note: The file name says {named}, the accounts go to {plan.domain}.")
    faults = None if skip_faulty or not plan.faulty else faulty_rows(plan)
    operation = ImportAccounts(export, domain, skip_faulty, reason)
    context.exit(_import(session, plan, preview_of_export, operation, faults, dry_run, "account"))


@import_.command("kerio")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@dry_run_option
@click.option("--skip-faulty", is_flag=True, help="Import the good users even if others are faulty.")
@reason_option
@at_store
@pass_cli
@click.pass_context
def import_kerio(
    context: click.Context, place: CliContext, folder: Path, dry_run: bool, skip_faulty: bool, reason: str
) -> None:
    """Import the server's own users.cfg and mailserver.cfg.

    DIR is their folder. All of it or nothing. Run it again to update. The files are only read, without the passwords in
    them. Entries that they do not name are not deleted.
    """
    config = read_kerio(folder)
    session = place.open()
    plan = plan_kerio(config, session.state, session.seats)
    faults = None if skip_faulty or not plan.faulty else faulty_users(plan)
    operation = ImportKerio(config, skip_faulty, reason)
    context.exit(_import(session, plan, preview_of_files, operation, faults, dry_run, "entry"))


def _import(
    session: Session,
    plan: Plan,
    preview: Callable[[Plan], Iterable[str]],
    operation: Operation,
    faults: BadInput | None,
    dry_run: bool,
    thing: str,
) -> int:
    """Show the preview and import; returns the exit code."""
    for line in preview(plan):
        say(line)
    if faults is not None:
        raise faults
    if dry_run:
        if not plan.decision.allowed:
            raise refused_by(plan.decision, "would-be-refused")
        say(DRY_RUN)
        return 0
    done = session.do(operation)
    codes = Counter(outcome.code for outcome in done.outcomes)
    say(f"Imported {words.count(codes[IMPORTED], thing)}, changed {codes[CHANGED]:,}.")
    say_seats(done)
    return PARTLY_FAILED if done.failures else 0


def preview_of_export(plan: ImportPlan) -> Iterator[str]:
    """What an import of an export would do."""
    yield (
        f"{words.count(len(plan.new), 'account')} new, {len(plan.changed):,} changed, {len(plan.same):,} the same,"
        f" {len(plan.faulty):,} faulty; {words.count(len(plan.aliases), 'alias', 'aliases')}. Read as {plan.encoding}."
    )
    yield _seats(plan)
    if plan.new_domains:
        yield f"The domain {plan.domain} is new and will be added."
    yield from _notes(plan)


def preview_of_files(plan: KerioPlan) -> Iterator[str]:
    """What an import of the server's files would do."""
    yield (
        f"{_by_kind(plan.new)} new, {_by_kind([after for _, after in plan.changed])} changed,"
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
            yield f"{what}: {words.and_list([safe_text(name) for name in names], MOST_NAMED)}."
    yield from _notes(plan)
    yield "Last logins and mailboxes are not in these files, and stay as they are."


def _seats(plan: MergePlan) -> str:
    free = "without limit" if plan.seats_free is None else f"{plan.seats_free:,} free"
    freed = f" after {plan.seats_freed:,} freed by disabling" if plan.seats_freed else ""
    short = f", short by {plan.short_by:,}" if plan.short_by else ""
    return f"{words.count(plan.seats_needed, 'seat')} needed, {free}{freed}{short}."


def _notes(plan: MergePlan) -> Iterator[str]:
    yield from (messages.words_of(note.placed) for note in plan.notes[:MOST_NOTES])
    if len(plan.notes) > MOST_NOTES:
        yield f"and {len(plan.notes) - MOST_NOTES} more notes"


def _by_kind(entries: Iterable[Entry]) -> str:
    """How many of each kind: "3 accounts and 1 alias"."""
    kinds = Counter(words.kind_word(entry) for entry in entries)
    counted = [words.count(kinds[kind], kind) for kind in words.KIND_WORDS.values() if kinds[kind]]
    return words.and_list(counted, len(counted)) or words.count(0, "account")


def _change(before: Entry, after: Entry) -> str:
    """What would be different: `anna@north.example (disabled)`."""
    different = []
    if before.enabled != after.enabled:
        different.append(words.state_of(after))
    if before.role != after.role:
        different.append(words.role_word(after))
    return before.address + (f" ({', '.join(different)})" if different else "")
