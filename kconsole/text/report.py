"""A list of accounts as a file: CSV, JSON or Markdown, with times that do not age, and totals."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from kconsole.core.records import Entry
from kconsole.core.times import to_iso
from kconsole.licensing.policy import LicensePolicy
from kconsole.text import ages, words
from kconsole.text.details import last_login_word, name_word, reason_word
from kconsole.text.safe_text import safe_address, safe_text

NOTHING: Final = "–"

FORMATS: Final = {
    "csv": ("CSV", ".csv"),
    "spreadsheet": ("CSV for a spreadsheet", ".csv"),
    "json": ("JSON", ".json"),
    "markdown": ("Markdown", ".md"),
}
"""The formats, what people call them, and how the names of their files end."""

_FORMULA: Final = re.compile(r"""((?:\A|[;,|\t\r\n])["'\s]*)(?=[-=+@＝＋－＠﹦﹢﹣﹫])""")
"""What precedes a text that a spreadsheet takes for a formula, whichever separator it cuts at; its sign may be wide."""

_MARKUP: Final = re.compile(r"([\\`*_\[\]<>|&~#])")


def _of_account(text: Callable[[Entry], str]) -> Callable[[Entry, LicensePolicy], str]:
    return lambda entry, policy: text(entry) if policy.is_account(entry) else NOTHING


def seat_word(entry: Entry, policy: LicensePolicy) -> str:
    """Whether an entry takes a seat, for a column; a deleted one may hold it."""
    if entry.deleted_at is not None:
        return "held"
    return "1" if policy.listed(entry).seat else NOTHING


class Cells(NamedTuple):
    """What can be said of each account: a title, and the text of an account. The text is safe to show."""

    title: str
    cell: Callable[[Entry, LicensePolicy], str]


LAST_LOGIN: Final = "last-login"

CELLS: Final = {
    "address": Cells("Account", lambda entry, _: safe_address(entry.address)),
    "name": Cells("Name", lambda entry, _: name_word(entry)),
    "seat": Cells("Seat", seat_word),
    "because": Cells("Because", lambda entry, policy: reason_word(policy.listed(entry))),
    LAST_LOGIN: Cells("Last login", lambda _, __: ""),
    "protocol": Cells("Via", lambda entry, _: safe_text(entry.last_login.protocol) if entry.last_login else NOTHING),
    "domain": Cells("Domain", lambda entry, _: safe_address(entry.domain)),
    "kind": Cells("Kind", lambda entry, _: words.KINDS[entry.kind]),
    "role": Cells("Role", _of_account(lambda entry: words.ROLES[entry.role])),
    "origin": Cells("Origin", _of_account(lambda entry: words.ORIGINS[entry.origin])),
    "tags": Cells("Tags", lambda entry, _: safe_text(" ".join(entry.tags))),
    "description": Cells("Description", lambda entry, _: safe_text(entry.description)),
}
"""By the names of the columns of the screen. The last login is an age there, and a time in a file."""

DEFAULT: Final = ("address", "name", "seat", "because", LAST_LOGIN, "protocol")


def totals(entries: Sequence[Entry], policy: LicensePolicy) -> str:
    """How many entries these are, and how many seats they take: "120 entries, 113 seats"."""
    held = sum(1 for entry in entries if entry.deleted_at is not None)
    seats = sum(1 for entry in entries if policy.listed(entry).seat)
    seats_words = words.count(held, "held seat") if held else words.count(seats, "seat")
    return f"{words.count(len(entries), 'entry', 'entries')}, {seats_words}"


def report(
    form: str, entries: Sequence[Entry], columns: Sequence[str], policy: LicensePolicy, now: datetime, asked: str = ""
) -> str:
    """A file of entries in one of the `FORMATS`, with some of the columns of `CELLS`; `asked` is the filter."""
    cells = [CELLS[name].cell for name in columns]
    if LAST_LOGIN in columns:
        cells[columns.index(LAST_LOGIN)] = lambda entry, _: _moment(entry, form, now)
    rows = [["" if (text := cell(entry, policy)) == NOTHING else text for cell in cells] for entry in entries]
    titles = [CELLS[name].title for name in columns]
    total = totals(entries, policy)
    if form == "json":
        return _json(columns, rows, total, len(entries), now, asked)
    if form == "markdown":
        about = f" · filter: `{safe_text(asked).replace('`', ' ')}`" if asked else ""
        lines = [f"{total}, {ages.full_moment(now)}{about}", "", _markdown(titles), f"|{' --- |' * len(titles)}"]
        return "\n".join([*lines, *map(_markdown, rows), ""])
    rows.append([f"Total: {total}", *[""] * (len(titles) - 1)])
    return csv_text(titles, rows) if form == "csv" else "\ufeff" + csv_text(titles, rows, ";", "\r\n")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]], separator: str = ",", end: str = "\n") -> str:
    """A CSV table. A quote stands before what a spreadsheet would take for a formula; importers remove it."""
    import csv  # here, as orjson below: the first screen needs neither
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator=end)
    writer.writerow(header)
    writer.writerows([_FORMULA.sub(r"\1'", safe_text(value, None)) for value in row] for row in rows)
    return buffer.getvalue()


def _json(columns: Sequence[str], rows: list[list[str]], total: str, number: int, now: datetime, asked: str) -> str:
    import orjson

    fields = [name.replace("-", "_") for name in columns]
    document = {
        "schema": 1,
        "made_at": to_iso(now),
        "filter": safe_text(asked, None),
        "number": number,
        "total": total,
        "accounts": [dict(zip(fields, row, strict=True)) for row in rows],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _markdown(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _moment(entry: Entry, form: str, now: datetime) -> str:
    """When an entry last logged in: with its zone, but for a spreadsheet in a form that it takes for a time."""
    if entry.last_login is None:
        return last_login_word(entry, now)
    if form in ("csv", "json"):
        return to_iso(entry.last_login.at) or ""
    moment = ages.full_moment(entry.last_login.at)
    return moment[: len("2026-03-02 10:15")] if form == "spreadsheet" else moment
