"""Commands that use a plan: apply it, or mark its accounts and write notices; and what is due."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

import click

from kconsole.cli.context import CliContext, FilePath, at_store, exit_code, read_text, reason_option, say, say_outcomes
from kconsole.cli.output import put_json
from kconsole.cli.server_prompt import do_and_say, password_option
from kconsole.cli.tables import put_table
from kconsole.core.decisions import Mark
from kconsole.core.encoding import as_json
from kconsole.operations.reclaim.applying import applying, marking, read_plan
from kconsole.operations.reclaim.notices import LANGUAGES, Notice, check_folder, read_template, write_notices
from kconsole.operations.session import Session
from kconsole.text import words
from kconsole.text.details import last_login_word
from kconsole.text.safe_text import safe_address, safe_text

_file = click.argument("file", type=FilePath())
_confirm = click.option(
    "--confirm", type=int, metavar="N", help="Pass the brake: the number of accounts of the whole plan."
)


def _writes_notices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of notices."""
    folder = click.option(
        "--notices",
        type=FilePath(to_write=True, is_folder=True),
        metavar="DIR",
        help="Write a text file for each account into this folder. No mail is sent.",
    )
    template = click.option(
        "--template",
        metavar="FILE",
        default=LANGUAGES[0],
        show_default=True,
        callback=read_text,
        help=f"The text of the notices: a file of yours, or {', '.join(LANGUAGES)}.",
    )
    with_both: Callable[..., Any] = folder(template(command))
    return with_both


@click.command("apply")
@_file
@_confirm
@password_option
@reason_option
@at_store
def apply_(place: CliContext, file: Path, confirm: int | None, password_file: Path | None, reason: str) -> None:
    """Apply a plan to the accounts that have not changed since.

    Accounts that changed since stay. A plan is applied once, to the store that it was made for, and within 24 hours
    unless it was made with --valid. The accounts beyond the brake of the policy stay too, unless you type how many the
    whole plan has: --confirm 34.
    'kconsole undo LINE' undoes what has not changed since.
    """
    session = place.open(unconfirmed=False)
    plan = read_plan(file)
    operation = applying(session, plan, confirm, reason)
    if not operation.rows:
        say("The plan has nothing to do.")
    if operation.is_braked and plan.braked:
        beyond, number = len(plan.braked), len(plan.rows) + len(plan.braked)
        what = words.count(beyond, "account")
        say(f"{what} beyond the brake {words.are(beyond)} left out; '--confirm {number}' takes all {number:,}.")
    do_and_say(place, session, operation, password_file, words.BACKUP_NOTE)


@click.command()
@_file
@_confirm
@_writes_notices
@reason_option
@at_store
def mark(place: CliContext, file: Path, confirm: int | None, notices: Path | None, template: str, reason: str) -> int:
    """Mark the accounts of a plan: their grace period begins.

    Until it is over, plans leave them alone. A login that is seen later withdraws the mark.
    """
    session = place.open()
    operation = marking(session, read_plan(file), confirm, reason)
    text = _template(notices, template, session)
    done = session.do(operation)
    say_outcomes(done)
    if notices is not None and text is not None:
        marked = {each.address for each in done.changed}
        _write(session, (each for each in session.state.marks.values() if each.address in marked), text, notices)
    return exit_code(done.outcomes)


@click.command()
@_writes_notices
@click.option("--json", "as_list", is_flag=True, help="Print the list as JSON.")
@at_store
def due(place: CliContext, notices: Path | None, template: str, as_list: bool) -> None:
    """List the marked accounts, the next one due first.

    With --notices, writes the notices again.
    """
    session, now = place.open(), place.now
    text = _template(notices, template, session)
    marks = sorted(session.state.marks.values(), key=lambda each: (each.due, each.entry))
    entries = [session.state.entries[each.entry] for each in marks]
    if as_list:
        documents = [
            {
                "address": entry.address,
                "policy": each.policy,
                "due": as_json(each.due),
                "at": as_json(each.at),
                "last_login": as_json(entry.last_login),
                "is_due": each.due <= now,
            }
            for entry, each in zip(entries, marks, strict=True)
        ]
        put_json(documents)
    else:
        rows = [
            [
                safe_address(entry.address),
                safe_text(each.policy),
                f"{words.day(each.due)}{', now' if each.due <= now else ''}",
                last_login_word(entry, now),
            ]
            for entry, each in zip(entries, marks, strict=True)
        ]
        if rows:
            put_table(["ACCOUNT", "POLICY", "DUE", "LAST LOGIN"], rows, whole={0, 2})
        over = sum(each.due <= now for each in marks)
        say(f"{words.count(len(marks), 'marked account')}, {over:,} due")
    if notices is not None and text is not None:
        _write(session, marks, text, notices)


def _template(folder: Path | None, name: str, session: Session) -> Template | None:
    """The text of the notices, if any are to be written; nothing is changed before it and their folder are right."""
    if folder is None:
        return None
    text = read_template(name)
    check_folder(folder, session.store.folder)
    return text


def _write(session: Session, marks: Iterable[Mark], text: Template, folder: Path) -> None:
    notices: Sequence[Notice] = [Notice(session.state.entries[each.entry], each) for each in marks]
    written = write_notices(notices, text, folder, session.store.folder)
    say(f"{words.count(len(written), 'notice')} written to {safe_text(str(folder), None)}")
    if left := len(notices) - len(written):
        say(f"{words.count(left, 'account')} cannot log in: no notice.")
