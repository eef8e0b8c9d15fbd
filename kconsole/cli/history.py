"""Commands on the log: log, log head, log verify, undo."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice, takewhile
from pathlib import Path

import click
import orjson

from kconsole.cli.context import CliContext, FilePath, at_store, exit_code, reading, reason_option, say
from kconsole.cli.output import put_document, put_sections, say_missing_lines
from kconsole.cli.server_prompt import password_option, said, writer_for
from kconsole.cli.streams import has_person, lost_output, terminal_width
from kconsole.core.codes import OPERATION_FIELD, Message
from kconsole.core.history import Commit
from kconsole.core.times import moment_of, to_iso
from kconsole.operations import signed_heads
from kconsole.operations.files import writing
from kconsole.operations.history import LogQuery
from kconsole.operations.maintenance import verify
from kconsole.operations.search.lookup import addresses_of
from kconsole.operations.session import Session
from kconsole.operations.undo import deleted_by
from kconsole.text import ages, columns, messages, words
from kconsole.text.commits import line_filter, operation_word, refusal_words, seats_words, subject
from kconsole.text.details import Detail
from kconsole.text.safe_text import safe_address, safe_text

FOLLOW_PAUSE = 0.5
"""Seconds between two polls of the journal with `--follow`."""

LINES_AT_A_TIME = 1_000
"""Lines of the table that are laid out together, to find the widths of the columns."""


@reading
def _since(text: str) -> datetime:
    """A time, in the zone that the log shows unless it names one, or so long ago."""
    with suppress(ValueError):
        return moment_of(text)
    with suppress(ValueError):
        return datetime.now().astimezone() - ages.parse_age(text)
    raise ValueError(f"'{text}' is neither a time (2026-08-05T12:00Z) nor an age (12h, 7d, 6m).")


@click.group(invoke_without_command=True)
@click.option("--account", default="", metavar="ADDRESS", help="Only changes of this address.")
@click.option("--operator", default="", metavar="NAME", help="Only changes by this user, name, user id or SSH key.")
@click.option("--since", callback=_since, metavar="T", help="Only changes since this time, or within this period: 7d.")
@click.option(
    "--filter", "text", default="", metavar="TEXT", help="Only lines that hold these words, as on the screen."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list; with --follow, a line for each change.")
@click.option("--follow", is_flag=True, help="Keep printing new changes until ctrl+c.")
@at_store
@click.pass_context
def log(
    context: click.Context,
    place: CliContext,
    account: str,
    operator: str,
    since: datetime | None,
    text: str,
    as_json: bool,
    follow: bool,
) -> None:
    """Show the activity log, sign its head, or verify it."""
    if context.invoked_subcommand is not None:
        if account or operator or since or text or as_json or follow:
            raise click.UsageError(f"These options go with the log, not with 'log {context.invoked_subcommand}'.")
        return
    session = place.open()
    (account,) = addresses_of([account], session.state)
    query, holds = LogQuery(account=account, operator=operator, since=since), line_filter(text)
    commits = filter(holds, session.history.log(query))
    undone = session.history.undone_lines()
    if follow:
        _follow(session, lambda commit: query.fits(commit) and holds(commit), commits, undone, as_json)
    elif as_json:
        _put_list(commits, undone)
    else:
        _put_table(commits, undone)
    say_missing_lines(session)


def log_document(commit: Commit, undone: Mapping[int, int]) -> dict[str, object]:
    """A commit as `log --json` shows it."""
    seats, operator = commit.seats, commit.operator
    claims = {
        "as": operator.claimed,
        "sudo_user": operator.sudo_user,
        "ssh_connection": operator.connection,
        "ssh_key": operator.key,
    }
    return {
        "sequence": commit.sequence,
        "at": None if commit.is_lost else to_iso(commit.at),
        "operator": operator.user,
        "uid": operator.uid,
        "login_uid": operator.login_uid,
        "operator_name": operator.name or None,
        "claims": {name: claim or None for name, claim in claims.items()},
        "session": commit.session,
        OPERATION_FIELD: commit.operation,
        "reason": commit.reason,
        "accounts": commit.addresses,
        "changes": len(commit.changes),
        "refused": [refusal_words(refusal) for refusal in commit.refused],
        "refusals": [
            {"address": refusal.address or None, "code": refusal.code, "text": messages.recorded_words(refusal.message)}
            for refusal in commit.refused
        ],
        "seats": None if seats is None else {"before": seats[0], "after": seats[1]},
        "undoes": commit.undoes,
        "undone_by": undone.get(commit.sequence),
        "plan": commit.plan or None,
    }


def _put_list(commits: Iterable[Commit], undone: Mapping[int, int]) -> None:
    """Print one JSON list while the log is read: it may be long."""
    start = "["
    for commit in takewhile(lambda _: lost_output() is None, commits):
        text = orjson.dumps(log_document(commit, undone), option=orjson.OPT_INDENT_2).decode()
        put_document(f"{start}\n{text}".encode())
        start = ","
    put_document(b"[]\n" if start == "[" else b"\n]\n")


def _put_table(commits: Iterable[Commit], undone: Mapping[int, int]) -> None:
    header, width = ["LINE", "WHEN", "OPERATOR", "OPERATION", "ACCOUNTS", "SEATS", "REASON"], terminal_width()
    rows = (_row(commit, undone) for commit in commits)
    while not lost_output() and (some := list(islice(rows, LINES_AT_A_TIME))):
        lines = columns.table(header, some, right={0}, whole={1}, drops=(5,), spare=(2,), width=width)
        if header[0] == "":
            next(lines)
        click.echo("\n".join(lines))
        header = ["" for _ in header]


def _row(commit: Commit, undone: Mapping[int, int]) -> list[str]:
    return [
        str(commit.sequence),
        "" if commit.is_lost else ages.full_moment(commit.at),
        safe_text(commit.operator.shown),
        operation_word(commit, commit.sequence in undone),
        words.and_list([safe_address(address) for address in commit.addresses], 2) or subject(commit),
        seats_words(commit),
        "; ".join(filter(None, [safe_text(commit.reason), _refusals(commit)])),
    ]


def _refusals(commit: Commit) -> str:
    if not commit.refused:
        return ""
    more = len(commit.refused) - 1
    return f"refused: {safe_text(refusal_words(commit.refused[0]))}" + (f" and {more:,} more" if more else "")


def _follow(
    session: Session,
    fits: Callable[[Commit], bool],
    commits: Iterable[Commit],
    undone: Mapping[int, int],
    as_json: bool,
) -> None:
    while not lost_output():
        for commit in commits:
            if as_json:
                put_document(orjson.dumps(log_document(commit, undone), option=orjson.OPT_APPEND_NEWLINE))
            else:
                click.echo("  ".join(filter(None, _row(commit, undone))))
        time.sleep(FOLLOW_PAUSE)
        commits = [commit for commit in session.catch_up() if fits(commit)]


@log.command("head")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")
@click.option(
    "--sign",
    type=FilePath(),
    metavar="KEY",
    help="Sign it by ssh-keygen: a private key, or a public one of the agent.",
)
@click.option("--output", type=FilePath(to_write=True), metavar="FILE", help="Write the signed head into a new file.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@at_store
def head_of_log(place: CliContext, as_json: bool, sign: Path | None, output: Path | None, force: bool) -> None:
    """Show the head of the log: number and hash of its last line.

    The hash stands for all lines before it. Signed with --sign and kept in another place, it shows anyone with
    'log verify --signatures' whether the log was cut off or rewritten since.
    """
    if sign is None and (output is not None or force):
        raise click.UsageError("--output and --force go with --sign.")
    if as_json and sign is not None:
        raise click.UsageError("--json does not go with --sign: what is signed is JSON already.")
    if force and output is None:
        raise click.UsageError("--force goes with --output.")
    head = signed_heads.log_head(place.store, place.now)
    if sign is None:
        if as_json:
            put_document(head.text)
            return
        at = to_iso(head.time) or ""
        rows = {"Line": f"{head.sequence:,}", "Hash": head.hash, "Store": head.store or "unknown", "Time": at}
        put_sections([("", [Detail(*row) for row in rows.items()])])
        return
    if has_person():
        say("ssh-keygen signs the head. It may ask for the passphrase, or for a touch of the key.")
    document = signed_heads.signed(head, sign)
    if output is None or str(output) == "-":
        place.needs_output = True
        click.echo(document, nl=False)
        return
    with writing(output, place.store_folder, replace=force) as file:
        file.write(document)
    say(f"Wrote {output}.")


@log.command("verify")
@click.option("--head", metavar="HASH", help="A head from an earlier check; it must still be in the log.")
@click.option("--signatures", type=FilePath(), metavar="FILE", help="Signed heads; each must still be in the log.")
@click.option("--allowed-signers", type=FilePath(), metavar="FILE", help="Who may sign, as for ssh-keygen -Y verify.")
@at_store
def verify_log(place: CliContext, head: str | None, signatures: Path | None, allowed_signers: Path | None) -> None:
    """Verify the whole log, and show its head.

    Keep the head in another place. A later check with --head then shows whether the end of the log was cut off, or
    the whole log rewritten. With --signatures, the same for the heads that 'log head --sign' signed; FILE may have
    several, with any text around them, and may be - for standard input.

    Exits with 7 if the log is damaged, or not the one that was signed, and with 4 if a signature is wrong.
    """
    if allowed_signers is not None and signatures is None:
        raise click.UsageError("--allowed-signers goes with --signatures.")
    heads, signers = [], list[str]()
    if signatures is not None:
        heads = signed_heads.signed_heads_in(signatures)
        signers = signed_heads.check_signatures(heads, allowed_signers, place.now)
    notices: list[Message] = []
    last = verify(place.store, head, notices, [each.head for each in heads])
    named = list(zip(signers, heads, strict=True))
    for signer, key in dict.fromkeys((signer, each.key) for signer, each in named):
        own = [each.head for name, each in named if (name, each.key) == (signer, key)]
        by = f"{signer}, {key}" if signer else f"the key {key}; whose it is was not checked"
        when = f"the last of line {own[-1].sequence:,}, signed on {to_iso(own[-1].time)}"
        say(f"The log has {words.count(len(own), 'signed head')}, {when}, by {by}.")
    complete = "otherwise intact" if notices else f"complete: {words.count(last.sequence, 'line')}"
    for notice in notices:
        say(f"Note: {messages.sentence(notice)}")
    say(f"The log is {complete}. Keep its head elsewhere:")
    click.echo(f"{last.sequence} {last.hash}")


@click.command()
@click.argument("line", required=False, type=click.IntRange(min=1))
@password_option
@reason_option
@at_store
def undo(place: CliContext, line: int | None, password_file: Path | None, reason: str) -> int:
    """Undo your last change, or any line of the log.

    Refused if a later change affects the same records, or if not enough seats are free. Undoing an undo redoes the
    change.
    """
    session = place.open(unconfirmed=False)
    undone = session.to_undo(line)
    place.check_confirmed(bool(deleted_by(undone)))
    addresses = [safe_address(address) for address in undone.addresses]
    what = f"{operation_word(undone)} {words.and_list(addresses, 2)}".strip()
    operator, when = safe_text(undone.operator.shown), ages.age(undone.at, session.clock.now())
    say(f"Undoing line {undone.sequence}: {what}, by {operator}, {when}.")
    followed = session.state.server is not None
    is_there = followed and session.is_done_on_server(session.history.first_operation(undone))
    by = writer_for(place, session, is_there, password_file)
    done = said(session, lambda: session.undo(undone.sequence, reason, by))
    return exit_code(done.outcomes)
