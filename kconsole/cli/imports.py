"""Commands that take accounts in from elsewhere."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from kconsole.cli.context import PARTLY_FAILED, CliContext, at_store, pass_cli, reason_option, say, say_seats
from kconsole.cli.logins import import_logins
from kconsole.core.records import Entry
from kconsole.operations.base import refused_by
from kconsole.operations.imports import (
    CHANGED,
    IMPORTED,
    ImportAccounts,
    ImportPlan,
    faulty_rows,
    other_domain,
    plan_import,
    read_export,
)
from kconsole.operations.kerio_files import ImportKerio, KerioPlan, faulty_users, plan_kerio, read_kerio
from kconsole.text import words
from kconsole.text.safe_text import safe_text

MOST_NOTES = 10
"""How many notes on passed-over values are told one by one."""

MOST_NAMED = 5
"""How many of what is new, changed or gone are named."""


@click.group("import")
def import_() -> None:
    """Take accounts or logins in from a file."""


import_.add_command(import_logins)


@import_.command("csv")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--domain", required=True, metavar="D", help="The domain that the accounts belong to.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--skip-faulty", is_flag=True, help="Take the good rows even if others are faulty.")
@click.option("--encoding", metavar="NAME", help="How the file is written, if it is not recognised: CP1250, CP1252 ...")
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

    All of them or none. The passwords in it are dropped unread. FILE may be - for standard input.
    """
    export = read_export(file, encoding)
    session = place.open()
    plan = plan_import(export, domain, session.state, session.seats.report(), session.seats.held())
    if (named := other_domain(file, domain)) is not None:
        say(f"Note: the file is named for {named}, and goes to {plan.domain}.")
    for line in told(plan):
        say(line)
    if plan.faulty and not skip_faulty:
        raise faulty_rows(plan)
    if dry_run:
        if not plan.decision.allowed:
            raise refused_by(plan.decision, "would-be-refused")
        say("Nothing was imported: this was a dry run.")
        return
    done = session.do(ImportAccounts(export, domain, skip_faulty, reason))
    texts = [outcome.code for outcome in done.outcomes]
    say(f"Imported {words.count(texts.count(IMPORTED), 'account')}, changed {texts.count(CHANGED):,}.")
    say_seats(done)
    context.exit(PARTLY_FAILED if done.failures else 0)


def told(plan: ImportPlan) -> list[str]:
    """The preview, for a person."""
    free = "without limit" if plan.seats_free is None else f"{plan.seats_free:,} free"
    short = f", short by {plan.short_by:,}" if plan.short_by else ""
    lines = [
        f"{words.count(len(plan.new), 'account')} new, {len(plan.changed):,} changed, {len(plan.same):,} the same,"
        f" {len(plan.faulty):,} faulty; {words.count(len(plan.aliases), 'alias', 'aliases')}. Read as {plan.encoding}.",
        f"{words.count(plan.seats_needed, 'seat')} needed, {free}{short}.",
    ]
    if plan.new_domain:
        lines.append(f"The domain {plan.domain} is new and would be added.")
    lines += plan.notes[:MOST_NOTES]
    if len(plan.notes) > MOST_NOTES:
        lines.append(f"and {len(plan.notes) - MOST_NOTES} more notes")
    return lines


@import_.command("kerio")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--skip-faulty", is_flag=True, help="Take the good users even if others are faulty.")
@reason_option
@at_store
@pass_cli
@click.pass_context
def import_kerio(
    context: click.Context, place: CliContext, folder: Path, dry_run: bool, skip_faulty: bool, reason: str
) -> None:
    """Import the server's own users.cfg and mailserver.cfg.

    DIR is their folder. All of it or nothing; again, it updates. The files are only read, and the passwords in them
    are not. What they do not name is not deleted.
    """
    config = read_kerio(folder)
    session = place.open()
    plan = plan_kerio(config, session.state, session.seats.if_changed, session.seats.held())
    for line in kerio_told(plan):
        say(line)
    if plan.faulty and not skip_faulty:
        raise faulty_users(plan)
    if dry_run:
        if not plan.decision.allowed:
            raise refused_by(plan.decision, "would-be-refused")
        say("Nothing was imported: this was a dry run.")
        return
    done = session.do(ImportKerio(config, skip_faulty, reason))
    texts = [outcome.code for outcome in done.outcomes]
    say(f"Imported {words.count(texts.count(IMPORTED), 'entry')}, changed {texts.count(CHANGED):,}.")
    say_seats(done)
    context.exit(PARTLY_FAILED if done.failures else 0)


def kerio_told(plan: KerioPlan) -> list[str]:
    """The preview of the server's files, for a person."""
    free = "without limit" if plan.seats_free is None else f"{plan.seats_free:,} free"
    freed = f" after {plan.seats_freed:,} freed by disabling" if plan.seats_freed else ""
    short = f", short by {plan.short_by:,}" if plan.short_by else ""
    lines = [
        f"{_by_kind(plan.new)} new, {_by_kind([after for _, after in plan.changed])} changed,"
        f" {len(plan.same):,} the same, {len(plan.faulty):,} faulty.",
        f"{words.count(plan.seats_needed, 'seat')} needed, {free}{freed}{short}.",
    ]
    lines += [f"{what}: {words.and_list(names, MOST_NAMED)}." for what, names in _named(plan) if names]
    lines += plan.notes[:MOST_NOTES]
    if len(plan.notes) > MOST_NOTES:
        lines.append(f"and {len(plan.notes) - MOST_NOTES} more notes")
    lines.append("Last logins and mailboxes are not in these files, and are left as they are.")
    return lines


def _by_kind(entries: Iterable[Entry]) -> str:
    """How many of what: "3 accounts and 1 alias"."""
    kinds = Counter(words.kind_word(entry) for entry in entries)
    counted = [words.count(kinds[kind], kind) for kind in words.KIND_WORDS.values() if kinds[kind]]
    return words.and_list(counted, len(counted)) or words.count(0, "account")


def _named(plan: KerioPlan) -> list[tuple[str, list[str]]]:
    """What is new, changed and gone, by name."""
    return [
        ("New domains", [safe_text(domain.name) for domain in plan.new_domains]),
        ("New", [safe_text(entry.address) for entry in plan.new]),
        ("Changed", [_change(before, after) for before, after in plan.changed]),
        ("Not in the files, left as they are", [safe_text(entry.address) for entry in plan.gone]),
        ("Domains not in the files, left as they are", [safe_text(domain.name) for domain in plan.gone_domains]),
    ]


def _change(before: Entry, after: Entry) -> str:
    """What would be different: `anna@north.example (disabled)`."""
    what = []
    if before.enabled != after.enabled:
        what.append(words.state_of(after))
    if before.role != after.role:
        what.append(words.role_word(after))
    return safe_text(before.address) + (f" ({', '.join(what)})" if what else "")
