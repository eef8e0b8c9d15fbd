"""A list of accounts as a file: CSV, JSON or Markdown, with times that do not age, and totals."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

from kconsole.core.decisions import Keep
from kconsole.core.records import Entry
from kconsole.core.times import to_iso
from kconsole.licensing.decisions import kept_until
from kconsole.licensing.policy import LicensePolicy
from kconsole.text import ages, words
from kconsole.text.csv_writer import STANDARD, STYLES, CsvStyle, csv_text
from kconsole.text.details import last_login_word, name_word, reason_word
from kconsole.text.safe_text import safe_address, safe_text

NOTHING: Final = "–"

_Listed = TypeVar("_Listed")

PIECE: Final = 200
"""Entries that are written at once."""

FORMATS: Final = {
    "csv": ("CSV", ".csv"),
    "spreadsheet": ("CSV for a spreadsheet", ".csv"),
    "json": ("JSON", ".json"),
    "markdown": ("Markdown", ".md"),
}
"""The formats, what people call them, and how the names of their files end."""

_MARKUP: Final = re.compile(r"([\\`*_\[\]<>|&~#])")


def seat_word(entry: Entry, policy: LicensePolicy) -> str:
    """Whether an entry takes a seat, for a column; a deleted one may hold it."""
    if entry.deleted_at is not None:
        return "held"
    return "1" if policy.listed(entry).seat else NOTHING


Keeps = Mapping[int, Keep]
"""By the number of the account."""

NO_KEEPS: Final[Keeps] = MappingProxyType({})


class Cells(NamedTuple):
    """What can be said of each account: a title, and the text of an account. The text is safe to show."""

    title: str
    cell: Callable[[Entry, LicensePolicy, datetime, Keeps], str]
    """The text of an account by a policy, at a moment, with the keeps of the store."""


def _plain(
    text: Callable[[Entry], str], accounts_only: bool = False
) -> Callable[[Entry, LicensePolicy, datetime, Keeps], str]:
    return lambda entry, policy, *_: text(entry) if not accounts_only or policy.is_account(entry) else NOTHING


LAST_LOGIN: Final = "last-login"

CELLS: Final = {
    "address": Cells("Account", _plain(lambda entry: safe_address(entry.address))),
    "name": Cells("Name", _plain(name_word)),
    "seat": Cells("Seat", lambda entry, policy, *_: seat_word(entry, policy)),
    "because": Cells("Because", lambda entry, policy, *_: reason_word(policy.listed(entry))),
    LAST_LOGIN: Cells("Last login", lambda entry, _, now, __: last_login_word(entry, now)),
    "protocol": Cells(
        "Via", _plain(lambda entry: safe_text(entry.last_login.protocol) if entry.last_login else NOTHING)
    ),
    "domain": Cells("Domain", _plain(lambda entry: safe_address(entry.domain))),
    "kind": Cells("Kind", _plain(lambda entry: words.KINDS[entry.kind])),
    "role": Cells("Role", _plain(lambda entry: words.ROLES[entry.role], accounts_only=True)),
    "origin": Cells("Origin", _plain(lambda entry: words.ORIGINS[entry.origin], accounts_only=True)),
    "tags": Cells("Tags", _plain(lambda entry: safe_text(" ".join(entry.tags)))),
    "kept-until": Cells("Kept until", lambda entry, _, now, keeps: _kept_word(entry, now, keeps)),
    "description": Cells("Description", _plain(lambda entry: safe_text(entry.description))),
}
"""By the names of the columns of the screen. The last login is an age, for which a file has a time."""

DEFAULT: Final = ("address", "name", "seat", "because", LAST_LOGIN, "protocol")


def _kept_word(entry: Entry, now: datetime, keeps: Keeps) -> str:
    until = kept_until(keeps, entry, now)
    return "" if until is None else words.day(until)


def totals(entries: Sequence[Entry], policy: LicensePolicy) -> str:
    """How many entries these are, and how many seats they take or hold: "120 entries, 113 seats"."""
    held = sum(1 for entry in entries if entry.deleted_at is not None)
    seats = sum(1 for entry in entries if policy.listed(entry).seat)
    taken = [words.count(seats, "seat")] if seats or not held else []
    held_words = [words.count(held, "held seat")] if held else []
    return ", ".join([words.count(len(entries), "entry"), *taken, *held_words])


def report_pieces(
    form: str,
    entries: Sequence[Entry],
    columns: Sequence[str],
    policy: LicensePolicy,
    now: datetime,
    asked: str = "",
    keeps: Keeps = NO_KEEPS,
    style: CsvStyle = STANDARD,
) -> Iterator[str]:
    """A file of entries in one of the `FORMATS`, with some of the columns of `CELLS`; `asked` is the filter.

    It comes in pieces: none takes long, and none is kept, so a screen beside it never waits.
    """
    cells = [CELLS[name].cell for name in columns]
    if LAST_LOGIN in columns:
        cells[columns.index(LAST_LOGIN)] = lambda entry, _, now, __: _moment(entry, form, now)
    titles, total = [CELLS[name].title for name in columns], totals(entries, policy)
    pieces = (
        [["" if (text := cell(entry, policy, now, keeps)) == NOTHING else text for cell in cells] for entry in some]
        for some in in_pieces(entries)
    )
    if form == "json":
        yield from _json(columns, pieces, total, len(entries), now, asked)
    elif form == "markdown":
        about = f" · filter: `{safe_text(asked).replace('`', ' ')}`" if asked else ""
        lines = (f"{total}, {ages.full_moment(now)}{about}", "", markdown_row(titles), f"|{' --- |' * len(titles)}")
        yield _lines(lines)
        yield from (_lines(map(markdown_row, rows)) for rows in pieces)
    else:
        style = style if form == "csv" else STYLES["excel-semicolon"]
        yield style.mark + csv_text([titles], style)
        yield from (csv_text(rows, style) for rows in pieces)
        yield csv_text([[f"Total: {total}", *[""] * (len(titles) - 1)]], style)


def in_pieces(entries: Sequence[_Listed]) -> Iterator[Sequence[_Listed]]:
    """The entries, a few at a time."""
    return (entries[begin : begin + PIECE] for begin in range(0, len(entries), PIECE))


def _json(
    columns: Sequence[str], pieces: Iterable[list[list[str]]], total: str, number: int, now: datetime, asked: str
) -> Iterator[str]:
    import orjson

    def indented(document: object) -> str:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()

    fields = [name.replace("-", "_") for name in columns]
    about = {"schema": 1, "made_at": to_iso(now), "filter": safe_text(asked, None), "number": number, "total": total}
    yield indented(about).removesuffix("\n}") + ',\n  "accounts": ['
    separator = "\n"
    for rows in pieces:
        accounts = indented({"": [dict(zip(fields, row, strict=True)) for row in rows]})
        yield separator + accounts.removeprefix('{\n  "": [\n').removesuffix("\n  ]\n}")
        separator = ",\n"
    yield "\n  ]\n}\n" if number else "]\n}\n"


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def markdown_row(cells: Iterable[str]) -> str:
    """A line of a table, in which no sign of the cells means anything to Markdown."""
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
