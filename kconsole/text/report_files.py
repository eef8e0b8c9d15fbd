"""A report as a file: CSV, JSON or Markdown; HTML has a module of its own. In pieces, since it may be long."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from kconsole.core.report_rows import TABLES, Report
from kconsole.core.times import to_iso
from kconsole.text import ages
from kconsole.text.csv_writer import STANDARD, CsvStyle, csv_text
from kconsole.text.report import in_pieces, markdown_row
from kconsole.text.report_html import html_pieces
from kconsole.text.report_tables import (
    COLUMNS,
    HEADINGS,
    IN_PART,
    NOTES,
    bare,
    facts_of,
    gap_texts,
    shown_tables,
    title_of,
    total_of,
)
from kconsole.text.safe_text import json_safe

SCHEMA: Final = "kconsole-report/1"

END: Final = {"csv": ".csv", "html": ".html", "md": ".md", "json": ".json"}
"""The formats, and how the names of their files end."""


def name_of(kind: str, made_at: datetime) -> str:
    """How the names of the files of a report begin: the day is that of the user."""
    return f"kconsole-{kind}-{ages.full_moment(made_at)[: len('2026-08-05')]}"


def pieces_of(report: Report, form: str, style: CsvStyle = STANDARD) -> Iterator[str]:
    """A report in one of the formats; of CSV, its first table."""
    if form == "csv":
        return csv_pieces(report, report.main, style)
    if form == "json":
        return map(json_safe, json_pieces(report))
    return html_pieces(report) if form == "html" else markdown_pieces(report)


def csv_pieces(report: Report, table: str, style: CsvStyle = STANDARD) -> Iterator[str]:
    """One table of a report as CSV. The last lines have one cell each: the log, and what is missing."""
    fields, rows = TABLES[table]._fields, report.tables[table]
    yield style.mark + csv_text([fields], style)
    for some in in_pieces(rows):
        yield csv_text(([bare(value) for value in row] for row in some), style)
    facts = [f"{label}: {text}" for label, text in facts_of(report)]
    gaps = [IN_PART, *gap_texts(report)] if report.gaps else []
    yield csv_text(([each, *[""] * (len(fields) - 1)] for each in (*gaps, *facts)), style)


def json_pieces(report: Report) -> Iterator[str]:
    """The whole report as JSON. Amounts are text: most readers of JSON make a binary fraction of a number."""
    import orjson

    about = {
        "schema": SCHEMA,
        "report": report.kind,
        "part": report.part,
        "domain": report.domain or None,
        "as_of": to_iso(report.made_at),
        "since": to_iso(report.since),
        "read_at": None if report.read_at is None else to_iso(report.read_at),
        "made_by": report.made_by,
        "organization": report.organization,
        "policy": report.policy,
        "head": {"store": report.store, "sequence": report.line, "hash": report.hash},
        "complete": not report.gaps,
        "gaps": [
            {"code": gap.code, "text": text} for gap, text in zip(report.gaps, gap_texts(report), strict=True)
        ],
        "scope": list(report.scope) or None,
    }  # fmt: skip
    yield orjson.dumps(about, option=orjson.OPT_INDENT_2).decode().removesuffix("\n}")
    for table, rows in report.tables.items():
        yield f',\n  "{table}": ['
        separator = "\n"
        for some in in_pieces(rows):
            documents = [_document(row) for row in some]
            text = orjson.dumps({"": documents}, option=orjson.OPT_INDENT_2).decode()
            yield separator + text.removeprefix('{\n  "": [\n').removesuffix("\n  ]\n}")
            separator = ",\n"
        yield "\n  ]" if rows else "]"
    yield "\n}\n"


def _document(row: Any) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else bare(value)
        for name, value in zip(row._fields, row, strict=True)
    }


def markdown_pieces(report: Report) -> Iterator[str]:
    """The report as Markdown."""
    yield f"# {markdown_text(title_of(report))}\n\n"
    if report.gaps:
        yield "".join(f"> **{text}**\n>\n" for text in (IN_PART, *map(markdown_text, gap_texts(report)))) + "\n"
    yield "".join(f"- {label}: {markdown_text(text)}\n" for label, text in facts_of(report))
    for table, rows in shown_tables(report):
        columns = COLUMNS[table]
        yield f"\n## {HEADINGS[table]}{' (in part)' if report.gaps else ''}\n\n"
        if table in NOTES:
            yield f"{NOTES[table]}\n\n"
        yield _lines([markdown_row([column.title for column in columns])])
        yield _lines([f"|{'|'.join(' ---: ' if column.right else ' --- ' for column in columns)}|"])
        for some in in_pieces(rows):
            yield _lines(markdown_row([column.cell(row) for column in columns]) for row in some)
        if total := total_of(table, rows):
            yield _lines([markdown_row(total)])


def markdown_text(text: str) -> str:
    """A text whose signs mean nothing to Markdown."""
    return markdown_row([text])[2:-2]


def _lines(lines: Iterable[str] | Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
