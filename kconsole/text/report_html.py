"""A report as one HTML file: without scripts, and without anything that a browser would have to fetch.

The standard library does this: all tables are alike, so one function that escapes is enough, where a template engine
would be one more package to keep. The policy in its head forbids the browser everything but the style of this file.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from typing import Any, Final

from kconsole.core.report_rows import Report
from kconsole.text.report import in_pieces
from kconsole.text.report_tables import (
    COLUMNS,
    HEADINGS,
    IN_PART,
    NOTES,
    Column,
    facts_of,
    gap_texts,
    shown_tables,
    title_of,
    total_of,
)

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #55606b; --line: #c9d0d6; --back: #ffffff; --head: #eef1f4;
  --warn: #8a1c1c; --warn-back: #fdecec; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #a4aeb8; --line: #3a434c; --back: #14171a;
  --head: #20262c; --warn: #ffb4ab; --warn-back: #3b1513; } }
* { box-sizing: border-box; }
body { margin: 2rem auto; padding: 0 1.5rem; max-width: 80rem; color: var(--ink); background: var(--back);
  overflow-wrap: anywhere; font: 0.9375rem/1.45 system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 0.75rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; break-after: avoid; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
p { margin: 0.25rem 0 0.5rem; color: var(--soft); }
.part { border: 2px solid var(--warn); background: var(--warn-back); color: var(--warn); padding: 0.6rem 1rem;
  margin: 0 0 1rem; }
.part p, .part li { color: inherit; }
.part ul { margin: 0; padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: 0 0 0.4rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
thead th { background: var(--head); border-bottom: 2px solid var(--line); vertical-align: bottom;
  overflow-wrap: normal; }
tbody th { font-weight: 600; }
.whole { min-width: 18em; }
.short { white-space: nowrap; }
.text { min-width: 10em; }
.right { text-align: right; }
.total > * { border-top: 2px solid var(--ink); font-weight: 600; }
tfoot td { border: 0; color: var(--soft); font-size: 0.85em; overflow-wrap: anywhere; }
tfoot b { color: var(--warn); }
@page { size: A4 landscape; margin: 14mm 12mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #55606b; }
  @bottom-left { content: "kconsole"; font: 8pt sans-serif; color: #55606b; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --back: #fff; --head: #eee;
    --warn: #8a1c1c; --warn-back: #fff; }
  body { margin: 0; padding: 0; max-width: none; font-size: 8pt; line-height: 1.3; }
  h2 { margin-top: 1.2em; } th, td { padding: 1pt 4pt; }
  h1 { font-size: 15pt; } h2 { font-size: 11pt; }
  .wide { overflow: visible; }
  thead { display: table-header-group; } tfoot { display: table-footer-group; }
  thead th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr { break-inside: avoid; } }
"""

_PART_STYLE: Final = """
@page { @top-center { content: "In part: not everything is known."; font: bold 9pt sans-serif; color: #8a1c1c; } }
"""
"""What stands above each page that is printed; the foot of each table says so too, where a browser knows no such."""


def html_pieces(report: Report) -> Iterator[str]:
    """The report as HTML."""
    style = _STYLE + (_PART_STYLE if report.gaps else "")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    title = _text(title_of(report))
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    )
    if report.gaps:
        gaps = "".join(f"<li>{_text(text)}</li>" for text in gap_texts(report))
        yield f'<section class="part" aria-label="{IN_PART}"><p><b>{IN_PART}</b></p><ul>{gaps}</ul></section>\n'
    facts = "".join(f"<dt>{_text(label)}</dt><dd>{_text(text)}</dd>" for label, text in facts_of(report))
    yield f"<dl>{facts}</dl>\n"
    for table, rows in shown_tables(report):
        yield from _table(report, table, rows)
    yield "</main>\n</body>\n</html>\n"


def _table(report: Report, table: str, rows: Sequence[Any]) -> Iterator[str]:
    columns = COLUMNS[table]
    head = "".join(f'<th scope="col"{_class(column)}>{_text(column.title)}</th>' for column in columns)
    part = f"<b>{IN_PART}</b> " if report.gaps else ""
    foot = f"{part}Log: line {report.line:,}, hash {report.hash}"
    note = f"{len(rows):,} in all. {NOTES.get(table, '')}".strip()
    yield (
        f'<section>\n<h2 id="{table}">{HEADINGS[table]}</h2>\n<div class="wide" role="region" tabindex="0" '
        f'aria-labelledby="{table}">\n<table aria-labelledby="{table}">\n<caption>{_text(note)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n"
        f'<tfoot><tr><td colspan="{len(columns)}">{foot}</td></tr></tfoot>\n<tbody>\n'
    )
    for some in in_pieces(rows):
        yield "".join(_row([column.cell(row) for column in columns], columns) for row in some)
    if total := total_of(table, rows):
        yield _row(total, columns, ' class="total"')
    yield "</tbody>\n</table>\n</div>\n</section>\n"


def _row(cells: Sequence[str], columns: Sequence[Column], kind: str = "") -> str:
    first, *others = (f"{_class(column)}>{_cell(cell)}" for cell, column in zip(cells, columns, strict=True))
    return f'<tr{kind}><th scope="row"{first}</th>{"".join(f"<td{each}</td>" for each in others)}</tr>\n'


def _class(column: Column) -> str:
    return f' class="{"right short" if column.right else column.look}"'


def _cell(text: str) -> str:
    """A cell; one in another script has a reading direction of its own."""
    return _text(text) if text.isascii() else f"<bdi>{_text(text)}</bdi>"


def _text(text: str) -> str:
    """A text, which is safe to show, without any sign that means something to HTML."""
    return escape(text, quote=True)
