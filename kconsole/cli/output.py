"""Prints JSON, CSV, tables and sections, safe on any terminal."""

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import click

from kconsole.cli.context import Command, ascii_only, say
from kconsole.cli.streams import terminal_width
from kconsole.core.encoding import as_json
from kconsole.core.identity import ascii_address, ascii_domain
from kconsole.core.records import Entry
from kconsole.core.reports import Classification, SeatReport
from kconsole.core.server import PendingChange, Server
from kconsole.core.times import to_iso
from kconsole.operations.appearance import CSV_STYLES
from kconsole.operations.session import Session
from kconsole.text import columns
from kconsole.text.csv_writer import STANDARD, STYLES, Cell, CsvStyle, csv_text
from kconsole.text.details import Detail, rule_sentence
from kconsole.text.messages import sentence, words_of
from kconsole.text.safe_text import json_safe

_SEAT_FIGURES: Final = (
    "limit", "counted", "held", "used", "free", "over", "connected", "latent", "locked_out", "state", "unlisted",
    "partial", "reserved", "available",
)  # fmt: skip
ACCOUNT_FIELDS: Final = (
    "address", "login", "domain", "full_name", "description", "kind", "origin", "enabled", "role", "mailbox"
)  # fmt: skip

LEAST_TEXT: Final = 24
"""Cells that a text has beside its label; with fewer it stands below."""

LEAST_INDENT: Final = 4

_CSV_STYLE: Final = "kconsole.csv_style"

_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def put_json(value: object) -> None:
    """Print one JSON document."""
    import orjson  # here, as json and csv below: most answers are for people, and need none of them

    try:
        document = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # an argument is in it that is not written in the terminal's encoding
        import json

        document = json.dumps(value, indent=2).encode() + b"\n"
    put_document(document)


def put_document(document: bytes) -> None:
    """Print a JSON document; characters that the output's encoding lacks are escaped."""
    text = json_safe(document.decode())
    if ascii_only():
        import json

        text = _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)
    click.echo(text, nl=False)


def put_utf8(text: str) -> None:
    """Print what has to be UTF-8, as HTML that says so, whatever the locale. A terminal gets what it can show."""
    click.echo(text if sys.stdout.isatty() else text.encode(errors="replace"), nl=False)


def csv_option(command: Command) -> Command:
    """The option of all commands that print or write CSV."""

    def keep(context: click.Context, _: click.Parameter, name: str | None) -> None:
        context.meta[_CSV_STYLE] = name

    return click.option(
        "--csv-style", type=click.Choice(CSV_STYLES), expose_value=False, callback=keep,
        help="How CSV is written: ';' with decimal commas, or for Excel.",
    )(command)  # fmt: skip


def csv_style(is_csv: bool = True) -> CsvStyle:
    """The style of `--csv-style`, else of the configuration file, for what this command writes.

    Raises:
        UsageError: the option is given, but nothing is CSV.
    """
    context = click.get_current_context(silent=True)
    name = None if context is None else context.meta.get(_CSV_STYLE)
    if not is_csv:
        if name is not None:
            raise click.UsageError("--csv-style goes with CSV only.")
        return STANDARD
    if name is None:
        from kconsole.operations.settings import read_settings

        settings = read_settings()
        name = settings.csv_style
        for problem in settings.problems:
            if problem.params.get("key", "csv_style") == "csv_style":
                say(f"Note: {words_of(problem)}")
    return STYLES[name]


def put_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a CSV table."""
    style = csv_style()
    mark = style.mark if not (ascii_only() or sys.stdout.isatty()) else ""
    click.echo(mark + csv_text([header, *rows], style), nl=False)


def say_missing_lines(session: Session) -> None:
    """Print which lines of the log are missing, if there are any: they were archived and moved elsewhere."""
    if (missing := session.store.journal.missing()) is not None:
        say(f"Note: {sentence(missing)}")


def put_sections(sections: Iterable[tuple[str, Sequence[Detail]]], indent: str = "  ") -> None:
    """Print labelled rows under headings; all labels as wide as the widest, but for very long ones.

    The texts are safe already.
    """
    sections = list(sections)
    label = max((columns.cell_width(row.label) for _, rows in sections for row in rows), default=0)
    label = min(label, columns.PADDED if (width := terminal_width()) is None else max(width // 2, columns.PADDED))
    for place, (heading, rows) in enumerate(sections):
        if place:
            click.echo()
        if heading:
            click.echo(heading)
        for row in rows:
            begin = f"{indent if heading else ''}{columns.pad(row.label, label)}  " if label else indent
            put_text(begin, row.text)


def put_text(begin: str, text: str) -> None:
    """Print a text after its label; on a terminal it goes on below itself, broken at blanks."""
    width, cells = terminal_width(), columns.cell_width(begin)
    lines = [text] if width is None else columns.wrapped(text, width - cells)
    if width is not None and len(lines) > 1 and width - cells < LEAST_TEXT:  # a long address before it
        click.echo(begin.rstrip())
        begin, cells = " " * LEAST_INDENT, LEAST_INDENT
        lines = columns.wrapped(text, width - cells)
    for line in lines:
        click.echo(f"{begin}{line}".rstrip())
        begin = " " * cells


def account_document(entry: Entry, classification: Classification) -> dict[str, Any]:
    """An entry with its classification, as `accounts --json` shows it; a deleted one does not take its seat."""
    return {
        **{name: getattr(entry, name) for name in ACCOUNT_FIELDS},
        "last_login": as_json(entry.last_login),
        "login_unknown": entry.last_login is None and entry.login_unknown,
        "seat": classification.seat and entry.deleted_at is None,
        "verdict": classification.code,
        "because": rule_sentence(classification),
        "ascii_address": ascii_address(entry.address),
        "tags": list(entry.tags),
    }


def seats_document(report: SeatReport) -> dict[str, Any]:
    """The figures of the license, as `status --json` shows them."""
    return {name: getattr(report, name) for name in _SEAT_FIGURES}


def server_age(server: Server | None, pending_changes: Iterable[PendingChange], now: datetime) -> dict[str, Any] | None:
    """The age of the last sync, as `status --json` shows it; None without a server.

    `open` has the addresses of unconfirmed changes.
    """
    if server is None:
        return None
    from kconsole.text.server import missing_texts

    age = None if server.synced_at is None else int((now - server.synced_at).total_seconds())
    return {
        "name": server.name,
        "synced_at": to_iso(server.synced_at),
        "age_seconds": age,
        "unread": missing_texts(server),
        "uncounted": list(server.uncounted),
        "partial": server.is_partial,
        "counted": list(server.counted),
        "open": list(dict.fromkeys(target.address for pending in pending_changes for target in pending.targets)),
    }


def domain_documents(report: SeatReport) -> list[dict[str, Any]]:
    """The figures of the domains, as `status --json` and `domains --json` show them."""
    return [{**domain._asdict(), "ascii_name": ascii_domain(domain.name)} for domain in report.domains]
