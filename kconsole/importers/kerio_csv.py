"""A Kerio export: the accounts of one domain as CSV, as Kerio Connect writes and reads them.

Source: Importing users in Kerio Connect, GFI support. Columns `Name;Password;FullName;Description;MailAddress;Groups`
in any order, only Name required; fields separated by `;` with several values by `,`, or fields by `,` with several
values in quotes. The vendor's own sample of the latter has a header with `;`, so header and rows are looked at apart.

Kerio writes passwords in clear text. Of each row only the columns of `_TAKEN` are looked at: no cell of another one
is kept, compared or told, not even where a fault is told or an encoding is guessed.
"""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, NamedTuple

from kconsole.core.errors import BadInput
from kconsole.core.records import fold
from kconsole.importers.code_pages import decode, encoding_named, likelier_code_page, possible_encodings

LONGEST_LOGIN: Final = 64
"""Characters; what RFC 5321 allows before the `@`."""

LONGEST_VALUE: Final = 1024
"""Characters of any other value."""

_LONGEST_LINE: Final = 64 * 1024
_MOST_LINES: Final = 50
"""How many lines a quoted value may span; what is longer is a quote that somebody forgot to close."""

_TAKEN: Final = ("name", "fullname", "description", "mailaddress")
"""The columns that are read, in small letters."""

_SEPARATORS: Final = (";", ",")
_OTHER: Final = {";": ",", ",": ";"}
_SEPARATOR_NAMES: Final = {";": "semicolons", ",": "commas"}
_LOGIN: Final = re.compile(r"[A-Za-z0-9._+'&#$~=!%-]*[A-Za-z0-9][A-Za-z0-9._+'&#$~=!%-]*")
_FORMULA_GUARD: Final = re.compile(r"\A'(?=[-=+@])")
"""What kconsole writes before a value that a spreadsheet would take for a formula."""

_EXCEL_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=."?\s*', re.IGNORECASE)
_FILE_NAME: Final = re.compile(
    r"users?_(?P<domain>[^_\s]+\.[^_\s]+)(?:_.*)?_\d{4}-?\d{2}-?\d{2}(?: ?\(\d+\))?\.csv", re.IGNORECASE
)
_FIELD: Final = r'(?:"(?:[^"]|"")*+"|[^"{0}\r\n]*+)'
_WELL_FORMED: Final = {
    separator: re.compile((_FIELD + r"(?:{0}" + _FIELD + r")*[\r\n]*").replace("{0}", separator))
    for separator in _SEPARATORS
}


@dataclass(frozen=True, slots=True)
class CsvAccount:
    """One good row."""

    line: int
    """The physical line of the file on which the row begins, from 1."""
    login: str
    full_name: str
    description: str
    further: tuple[str, ...]
    """Further local parts that reach the account, the login not among them; each once, in the order of the file."""


@dataclass(frozen=True, slots=True)
class CsvFault:
    """One row that was not taken."""

    line: int
    reason: str
    """A sentence. It quotes no cell, since a cell in the wrong place may be a password."""


@dataclass(frozen=True, slots=True)
class KerioExport:
    """What a file says, and what it fails to say."""

    accounts: tuple[CsvAccount, ...]
    faults: tuple[CsvFault, ...]
    encoding: str
    """`UTF-8`, `UTF-16`, `CP1250` or `CP1252`."""
    separator: str
    """What separates the fields of the rows: `;` or `,`."""


def read_kerio_export(document: bytes, name: str, encoding: str | None = None) -> KerioExport:
    """Everything a Kerio export says, good rows and faulty ones apart.

    Args:
        document: the whole file.
        name: what to call it in an error. If it is a file name as Kerio gives them, a full address in MailAddress
            is taken when its domain is the one of that name.
        encoding: the encoding of the file, if it is known better than it can be told.

    Raises:
        BadInput: it is no such file at all: empty, not text, without a column Name, or in no known encoding.
    """
    if not document.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise BadInput(f"{name} is empty.", "Export the accounts again in Kerio's administration, Accounts > Users.")
    text, page = _text_of(document, name, encoding)
    table = _Table(text, name)
    domain = domain_of_file(name)
    accounts: list[CsvAccount] = []
    faults: list[CsvFault] = []
    first_lines: dict[str, CsvAccount] = {}
    for row in table.rows():
        try:
            account = _account(row.line, table.taken(row), domain)
            first = first_lines.setdefault(fold(account.login), account)
            if first is not account:
                raise _RowFault(f"The login {first.login} is in the file already, on line {first.line}.")
        except _RowFault as fault:
            faults.append(CsvFault(row.line, str(fault)))
        else:
            accounts.append(account)
    return KerioExport(tuple(accounts), tuple(faults), page, table.separator)


def domain_of_file(name: str) -> str | None:
    """The domain in a file name such as Kerio gives to exports; None if there is none.

    Exports are named `users_<domain>_<date>.csv` or `user_<domain>_<filename>_<date>.csv`, with dates like
    `2026-08-05` or `20260805`. What stands there without a dot is not taken for a domain.
    """
    match = _FILE_NAME.fullmatch(PurePath(name).name)
    return match["domain"] if match else None


class _RowFault(Exception):
    """A row that cannot be taken; its text is the reason."""


class _Row(NamedTuple):
    line: int
    text: str
    """Its first line, raw."""
    cells: list[str] | None
    """None if its quotes are wrong."""


class _Table:
    """The rows under a header, as cells, with the columns that are taken."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = list(io.StringIO(text, newline="")) or [""]  # cut at \r\n, \n and \r, and at nothing else
        written = [at for at, line in enumerate(self._lines) if not _is_blank(line)] or [0]
        says_separator = len(written) > 1 and _EXCEL_SEPARATOR_LINE.fullmatch(self._lines[written[0]])
        at = written[1] if says_separator else written[0]
        self._first_row = at + 1
        headers = {separator: _header(self._lines[at], separator) for separator in _SEPARATORS}
        own = max(_SEPARATORS, key=lambda separator: sum(column in _TAKEN for column in headers[separator]))
        header = headers[own]
        self._columns = {column: header.index(column) for column in _TAKEN if column in header}
        if "name" not in self._columns:
            raise BadInput(
                f"{name} has no column Name: its first line is not the header of a Kerio export.",
                "The first line must name the columns, as in Name;Password;FullName;Description;MailAddress;Groups.",
            )
        twice = [column for column in self._columns if header.count(column) > 1]
        if twice:
            raise BadInput(f"{name} has a column twice: {', '.join(twice)}.", "Name each column once.")
        self._width = len(header)
        self.separator = max(own, _OTHER[own], key=self._fitting_rows)

    def taken(self, row: "_Row") -> dict[str, str]:
        """The cells of the columns that are taken, without blanks around them; those left out are empty.

        Raises:
            _RowFault: the quotes are wrong, or the number of fields is.
        """
        cells = row.cells
        if len(row.text) > _LONGEST_LINE:
            raise _RowFault(f"The line is longer than {_LONGEST_LINE} characters.")
        if cells is None:
            raise _RowFault("A quote is opened that is never closed, or stands undoubled inside a quoted value.")
        if len(cells) > self._width:
            raise _RowFault(
                f"The row has {_fields(len(cells))} and the header names {self._width}: is a value with"
                f" {_SEPARATOR_NAMES[self.separator]} in it without its quotes?"
            )
        if len(cells) < self._width:
            self._check_short(row, len(cells))
        return {
            column: _FORMULA_GUARD.sub("", cells[place].strip(), count=1) if place < len(cells) else ""
            for column, place in self._columns.items()
        }

    def _check_short(self, row: "_Row", length: int) -> None:
        """A row may end early, all its fields are in their places; but not because its separator is the other one.

        Raises:
            _RowFault: with the other separator it would be a whole row.
        """
        others = len(_parsed(row.text, _OTHER[self.separator]) or ())
        if others == self._width or (length == 1 and others > 1):
            raise _RowFault(
                f"The row has {_fields(length)} and the header names {self._width}: it is separated by"
                f" {_SEPARATOR_NAMES[_OTHER[self.separator]]}, other rows by {_SEPARATOR_NAMES[self.separator]}."
            )

    def rows(self) -> Iterator["_Row"]:
        """Each row that is not blank."""
        at = self._first_row
        while at < len(self._lines):
            line = self._lines[at]
            if _is_blank(line):
                at += 1
                continue
            cells, length = _parsed(line, self.separator), 1
            if cells is None:
                cells, length = self._spanning(at)
            yield _Row(at + 1, line, cells)
            at += length

    def _spanning(self, at: int) -> tuple[list[str] | None, int]:
        """The row that begins here and goes on in the next lines, with the number of its lines.

        A forgotten quote can be closed by chance, by a later value that begins with a separator, and would then
        swallow rows, passwords and all. So the whole must have as many fields as the header, and no line that it
        goes on in may be a row by itself.
        """
        reader = csv.reader(self._lines[at : at + _MOST_LINES], delimiter=self.separator, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            return None, 1
        going_on = self._lines[at + 1 : at + reader.line_num]
        login = cells[self._columns["name"]] if len(cells) == self._width else "\n"
        if set(login) & set("\r\n") or any(self._is_row(line) for line in going_on):
            return None, 1
        return cells, reader.line_num

    def _is_row(self, line: str) -> bool:
        """Whether a line could be a row with all its fields, no quote in it out of place."""
        cells = _parsed(line, self.separator) if _WELL_FORMED[self.separator].fullmatch(line) else None
        if not cells or len(cells) != self._width:
            return False
        return login_problem(cells[self._columns["name"]].strip()) is None

    def _fitting_rows(self, separator: str) -> tuple[int, int, int]:
        """How many lines have, with this separator, a login and all fields; all fields; a login at least."""
        whole = full = with_login = 0
        place = self._columns["name"]
        for line in self._lines[self._first_row :]:
            cells = _parsed(line, separator)
            if cells:
                is_full = len(cells) == self._width
                has_login = place < len(cells) <= self._width and login_problem(cells[place].strip()) is None
                whole += is_full and has_login
                full += is_full
                with_login += has_login
        return whole, full, with_login


def _text_of(document: bytes, name: str, encoding: str | None) -> tuple[str, str]:
    """The text of a file, and the encoding that it is in."""
    if encoding is None:
        pages = possible_encodings(document)
    else:
        asked = encoding_named(encoding)
        if asked is None:
            raise BadInput(f"{encoding} is no encoding of Kerio exports.", "Use UTF-8, UTF-16, CP1250 or CP1252.")
        pages = (asked,)
    hint = "Name its encoding, if you know it, or save it as CSV in UTF-8."
    try:
        text = decode(document, pages[0])
    except (UnicodeError, IndexError):
        raise BadInput(f"{name} is not text in {encoding or 'any encoding of Kerio exports'}.", hint) from None
    if "\0" in text:
        raise BadInput(
            f"{name} is not a CSV file: it has zero bytes in it.",
            "Export the accounts as CSV; a workbook must be saved as CSV in UTF-8 first.",
        )
    if len(pages) == 1:
        return text, pages[0]
    page = likelier_code_page(_words(document.decode("latin-1"), name).encode("latin-1"))
    return decode(document, page), page


def _words(text: str, name: str) -> str:
    """Names and descriptions of all rows: what an encoding may be guessed from."""
    table = _Table(text, name)
    words: list[str] = []
    for row in table.rows():
        with suppress(_RowFault):
            cells = table.taken(row)
            words += cells.get("fullname", ""), cells.get("description", "")
    return "\n".join(words)


def _account(line: int, cells: dict[str, str], domain: str | None) -> CsvAccount:
    login = cells["name"]
    if not login:
        raise _RowFault("The row has no login: its Name is empty.")
    problem = login_problem(login)
    if problem is not None:
        raise _RowFault(f"The login {problem}.")
    for column, called in (("fullname", "FullName"), ("description", "Description"), ("mailaddress", "MailAddress")):
        if len(cells.get(column, "")) > LONGEST_VALUE:
            raise _RowFault(f"The {called} is longer than {LONGEST_VALUE} characters.")
    further = _further(cells.get("mailaddress", ""), login, domain)
    return CsvAccount(line, login, cells.get("fullname", ""), cells.get("description", ""), further)


def _further(values: str, login: str, domain: str | None) -> tuple[str, ...]:
    """The local parts of a MailAddress cell but the login.

    The column holds local parts. A full address is one only if its domain is the domain of the file's name: any
    other would silently become an address in a domain that it does not name.
    """
    parts = {fold(login): login}
    for value in values.split(","):
        part, at, its_domain = value.strip().rpartition("@")
        if at and (domain is None or fold(its_domain) != fold(domain)):
            raise _RowFault("A further address names a domain: MailAddress holds what stands before the @ only.")
        part = part if at else its_domain
        if not part and not at:
            continue
        problem = login_problem(part)
        if problem is not None:
            raise _RowFault(f"A further address {problem}.")
        parts.setdefault(fold(part), part)
    return tuple(parts.values())[1:]


def login_problem(login: str) -> str | None:
    """What keeps a text from being a login, to go on from "The login ..."; None if nothing does.

    Source: the vendor's manual, "usernames cannot include spaces and special characters", diacritics among them.
    What mail addresses allow beyond that and no file system minds is let pass: it would come from a real server.
    """
    if _LOGIN.fullmatch(login) and len(login) <= LONGEST_LOGIN:
        return None
    if len(login) > LONGEST_LOGIN:
        return f"is longer than {LONGEST_LOGIN} characters"
    if any(letter.isspace() for letter in login):
        return "has a space in it"
    if "@" in login:
        return "names a domain: give what stands before the @ only"
    if not login.isascii():
        return "has a letter outside ASCII in it: Kerio takes plain letters, digits and few signs"
    return "has a sign in it that Kerio does not take, or no letter and no digit"


def _header(line: str, separator: str) -> list[str]:
    """The names of the columns in small letters."""
    return [cell.strip(" \t\r\n\ufeff\xa0").casefold() for cell in _parsed(line, separator) or ()]


def _parsed(line: str, separator: str) -> list[str] | None:
    """The cells of one line; None if it is not a whole row."""
    if len(line) > _LONGEST_LINE:
        return None
    try:
        return next(csv.reader((line,), delimiter=separator, strict=True), None)
    except csv.Error:
        return None


def _is_blank(line: str) -> bool:
    """Whether nothing stands on a line but blanks and separators, as in rows that a spreadsheet left empty."""
    return not line.strip(" \t\r\n;,\xa0")


def _fields(number: int) -> str:
    return "1 field" if number == 1 else f"{number} fields"
