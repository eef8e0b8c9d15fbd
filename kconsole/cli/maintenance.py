"""Commands for the maintenance of a store (doctor, backup), and the schemas of its documents."""

import sys
from pathlib import Path

import click

from kconsole.cli.context import DONE, PARTLY_FAILED, CliContext, FilePath, at_store, say
from kconsole.cli.output import put_json, put_text
from kconsole.core.codes import Finding, message
from kconsole.operations import maintenance
from kconsole.operations.roles import ROLES_FILE, roles_findings
from kconsole.text import words
from kconsole.text.messages import sentence, sentences, words_of
from kconsole.text.safe_text import safe_text

DOCUMENTS = (
    "status", "accounts", "explain", "dump", "config", "log", "head", "server", "roles", "history", "forecast", "keeps",
    "protections", "reservations", "offboardings", "due", "policies", "plan", "judgement", "marks",
    "metrics", "report", "renewal", "shared", "config-check", "settings",
)  # fmt: skip


@click.command()
@click.option("--fix", is_flag=True, help="Repair what can be repaired. Nothing is deleted.")
@click.option("--json", "as_json", is_flag=True, help="Answer with a JSON list.")
@at_store
@click.pass_context
def doctor(context: click.Context, place: CliContext, fix: bool, as_json: bool) -> None:
    """Check the store, and show what can be repaired.

    Exits with 0 if the store is in order or was repaired, and with 1 if problems remain.
    """
    if fix:
        place.check_writable()
        place.insist("repair")
    findings = [*maintenance.examine(place.store), *roles_findings(place.store, place.roles_file)]
    if fix:
        how = (place.operator, place.patience, words_of, place.allow_network_fs)
        findings = maintenance.mend(place.own_folder("doctor --fix"), findings, *how)
        place.has_changed = any(finding.mended for finding in findings)
    if as_json:
        put_json([_document(finding) for finding in findings])
    else:
        for finding in findings:
            sign = "fixed" if finding.mended else "wrong" if finding.serious else "note"
            put_text(f"{sign:<7}", safe_text(sentence(finding.what)))
            if finding.remedy and not finding.mended:
                put_text(" " * 7, safe_text(sentences(finding.remedy)))
    if not place.roles_file and not ROLES_FILE.exists():
        say(sentence(message("no-roles-file", file=str(ROLES_FILE))))
    left = [finding for finding in findings if finding.serious and not finding.mended]
    if not left:
        say("The store is in order.")
    elif any(finding.mendable for finding in left):
        say("'kconsole doctor --fix' repairs what can be repaired.")
    context.exit(PARTLY_FAILED if left else DONE)


def _document(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "text": sentence(finding.what),
        "remedy": sentences(finding.remedy),
        "serious": finding.serious,
        "mendable": finding.mendable,
        "mended": finding.mended,
    }


@click.command()
@click.argument("file", type=FilePath(to_write=True))
@at_store
def backup(place: CliContext, file: Path) -> None:
    """Back up the store to one file, also while it is in use.

    The file is a tar archive of the store's folder. To restore it, unpack it into an empty folder. FILE may be -
    for standard output, if that is not a terminal.
    """
    if str(file) == "-" and sys.stdout.isatty():
        raise click.UsageError("A terminal cannot take an archive; name a file.")
    place.needs_output = str(file) == "-"
    session = place.open()
    maintenance.backup(session, file)
    if str(file) != "-":
        say(f"Wrote {file}.")


@click.group()
def journal() -> None:
    """Keep the journal small."""


@journal.command("archive")
@click.option("--keep", metavar="LINES", type=click.IntRange(min=1), default=10_000, help="Lines that stay (10,000).")
@at_store
def archive_journal(place: CliContext, keep: int) -> None:
    """Move old lines into compressed files beside the journal.

    'log', 'undo' and 'backup' still find them there. Open consoles go on. The files may be moved elsewhere, the oldest
    first; put them back to see or undo their lines.
    """
    place.check_writable()
    place.own_folder("journal archive")
    moved = maintenance.archive(place.open(), keep)
    say(f"Archived {words.count(moved, 'line')}." if moved else "There is nothing to archive.")


@click.command()
@click.argument("document", type=click.Choice(DOCUMENTS))
def schema(document: str) -> None:
    """Print the JSON Schema of a document.

    There is one for what status, accounts, explain, log, log head, server, history and forecast print with --json, for
    a dump, for the configuration file, and for the roles file.
    """
    from kconsole.cli.schemas import schema_of

    put_json(schema_of(document))
