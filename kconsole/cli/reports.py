"""The command that writes reports."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import click

from kconsole.cli.context import CliContext, FilePath, at_store, read_text, say
from kconsole.cli.output import csv_option, csv_style, put_document, put_utf8
from kconsole.cli.reclaim import policy_option
from kconsole.cli.signals import cleaning_up
from kconsole.core.report_rows import TABLES_OF, Report, ReportKind
from kconsole.operations.confinement import STANDARD_STREAM, named_file
from kconsole.operations.reclaim.policies import policy_named
from kconsole.operations.report_writing import NewFile, name_of_domain, write_all
from kconsole.operations.reports import check_complete, parts_of, report_of, since_of
from kconsole.text import words
from kconsole.text.csv_writer import CsvStyle
from kconsole.text.report_files import END, csv_pieces, name_of, pieces_of
from kconsole.text.report_tables import gap_texts
from kconsole.text.safe_text import safe_text


class FolderPath(FilePath):
    """A folder in which to write files; under a forced command, that of exports only."""

    def convert(self, value: Any, *_: Any) -> Path:
        """The folder, if the user may name it; BadInput otherwise. `-` is standard output."""
        return Path(value) if str(value) == STANDARD_STREAM else named_file(Path(value), to_write=True, is_folder=True)


@click.command()
@click.argument("kind", type=click.Choice(list(TABLES_OF)))
@click.option(
    "--since",
    default="90d",
    metavar="T",
    callback=read_text,
    show_default=True,
    help="Its first day: a day, a quarter (2026-Q3), or an age (30d).",
)
@click.option("--by", type=click.Choice(["domain"]), help="Write a file for each domain, and one with the totals.")
@click.option("--format", "form", type=click.Choice(list(END)), help="How it is written (html with --out, else md).")
@click.option(
    "--out",
    type=FolderPath(to_write=True, is_folder=True),
    metavar="DIR",
    help="The folder of the files; it is made if it is missing.",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option("--partial", is_flag=True, help="Write it even if not everything is known; every page then says so.")
@policy_option
@csv_option
@at_store
def report(
    place: CliContext,
    kind: str,
    since: str,
    by: str | None,
    form: str | None,
    out: Path | None,
    force: bool,
    partial: bool,
    policy: str,
) -> None:
    """Write a report: who holds which seat, a review, or changes.

    seats: who takes or holds a seat, since when, last logins, and what seats cost. review: all accounts, and what a
    policy says of each. changes: what was changed, who did it, and why. Each names the last line of the log that it
    rests on. If not everything is known, it is refused (exit code 4). Without --out, it is printed.
    """
    out = None if str(out) == STANDARD_STREAM else out
    if out is None and (by or force):
        raise click.UsageError("--by and --force go with --out.")
    form = form or ("html" if out is not None else "md")
    style = csv_style(form == "csv")
    session = place.open()
    found = report_of(
        session, cast(ReportKind, kind), since_of(since, session.clock.now()), policy_named(session.state, policy)
    )
    if not partial:
        check_complete(found)
    for text in gap_texts(found):
        say(f"Note: {text}")
    if out is None:
        place.needs_output = True
        for piece in pieces_of(found, form, style):
            _put(piece, form)
        return
    reports = parts_of(found) if by else [found]
    with cleaning_up():
        written = write_all(out, files_of(reports, form, style), session.store.folder, force)
    for path in written:
        click.echo(safe_text(str(path), None))
    say(f"Wrote {words.count(len(written), 'file')}.")


def _put(piece: str, form: str) -> None:
    if form == "html":
        put_utf8(piece)
    elif form == "json":
        put_document(piece.encode())
    else:
        click.echo(piece, nl=False)


def files_of(reports: Iterable[Report], form: str, style: CsvStyle) -> Iterator[NewFile]:
    """The files of reports. A CSV file has one table, so the further tables of a whole have files of their own."""
    for each in reports:
        name = name_of(each.kind, each.made_at)
        if each.part == "domain":
            name = f"{name}-{name_of_domain(each.domain)}"
        if form != "csv" or each.part != "total":
            yield NewFile(name + END[form], pieces_of(each, form, style))
        if form == "csv" and each.part != "domain":
            for table in each.tables:
                if table != each.main or (each.part == "total" and each.tables[table]):
                    yield NewFile(f"{name}_{table}.csv", csv_pieces(each, table, style))
