"""Logins from any log, as CSV: who, when, and by which protocol.

The first line names the columns; of those only address, time and protocol are looked at. No cell of another one, which
may be a password, is kept, compared or told, and no fault quotes a cell: it may be one in the wrong place. A row is one
line: none of the three values goes on in the next.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from kconsole.core.errors import BadInput
from kconsole.core.moments import SKEW, moment_of
from kconsole.core.records import fold
from kconsole.importers.code_pages import Encoding, decode, encoding_named, possible_encodings
from kconsole.importers.kerio_csv import CsvFault

LONGEST_ADDRESS: Final = 320
"""Characters: what RFC 5321 allows before and after the `@`."""

LONGEST_PROTOCOL: Final = 64
_LONGEST_LINE: Final = 64 * 1024
_LONGEST_TIME: Final = 64
_SEPARATORS: Final = {";": "semicolons", ",": "commas", "\t": "tabs"}
_CALLED: Final = {
    "address": ("address", "emailaddress", "mailaddress", "email", "mail", "account", "username", "user", "login"),
    "time": ("time", "timestamp", "datetime", "logintime", "lastlogin", "lastloginat", "date"),
    "protocol": ("protocol", "lastloginprotocol", "via", "service"),
}
"""What each column may be called, folded, without blanks, `_` and `-`; the first that is there is taken.

Those of `kconsole accounts --csv` are among them.
"""

_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=."?\s*', re.IGNORECASE)
_FORMULA_GUARD: Final = re.compile(r"\A'(?=[-=+@])")


class Login(NamedTuple):
    """One row: somebody logged in."""

    line: int
    """The line of the file, from 1."""
    address: str
    at: datetime
    """In UTC."""
    protocol: str
    """Empty if the file does not say."""


@dataclass(frozen=True, slots=True)
class LoginFile:
    """What a file says, and what it fails to say."""

    logins: tuple[Login, ...]
    """The last login of each address, in the order in which the addresses first appear."""
    rows: int
    """How many good rows there are."""
    without_time: int
    """Rows of accounts that never logged in: their time is empty."""
    faults: tuple[CsvFault, ...]
    encoding: Encoding


def read_login_csv(
    document: bytes, name: str, now: datetime, zone: tzinfo | None = None, encoding: str | None = None
) -> LoginFile:
    """Everything that a file of logins says, good rows and faulty ones apart.

    Args:
        document: the whole file.
        name: what to call it in an error.
        now: the present moment: what is later is a fault.
        zone: the zone of times that name none; None if such a time is a fault.
        encoding: the encoding of the file, if it is known better than it can be told.

    Raises:
        BadInput: it is no such file at all: empty, not text, or without the columns.
    """
    if not document.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise BadInput(f"{name} is empty.", _SAMPLE)
    text, page = _text_of(document, name, encoding)
    table = _Table(text, name)
    last: dict[str, Login] = {}
    faults: list[CsvFault] = []
    rows = without_time = 0
    for line, row in table.rows():
        try:
            address, time, protocol = table.taken(row)
            if not time:
                without_time += 1
                continue
            login = Login(line, address, _moment(time, zone, now), protocol)
        except _RowFault as fault:
            faults.append(CsvFault(line, str(fault)))
            continue
        rows += 1
        key = fold(address)
        if key not in last or login.at > last[key].at:
            last[key] = login
    return LoginFile(tuple(last.values()), rows, without_time, tuple(faults), page)


class _RowFault(Exception):
    """A row that cannot be taken; its text is the reason."""


class _Table:
    """The rows under a header, with the columns that are taken."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = enumerate(io.StringIO(text, newline=""), 1)  # cut at \r\n, \n and \r, and at nothing else
        header = next(self._written(), "")
        if _SEPARATOR_LINE.fullmatch(header):
            header = next(self._written(), "")
        headers = {separator: _header(header, separator) for separator in _SEPARATORS}
        self._separator = max(_SEPARATORS, key=lambda separator: len(_columns(headers[separator])))
        names = headers[self._separator]
        columns = _columns(names)
        for called, what in (("address", "addresses"), ("time", "times")):
            if called not in columns:
                raise BadInput(f"{name} has no column of {what}: its first line must name one {called}.", _SAMPLE)
        twice = [called for called, place in columns.items() if names.count(names[place]) > 1]
        if twice:
            raise BadInput(f"{name} has a column twice: {', '.join(twice)}.", "Name each column once.")
        self._address, self._time = columns["address"], columns["time"]
        self._protocol = columns.get("protocol")
        self._width = len(names)

    def rows(self) -> Iterator[tuple[int, str]]:
        """Each line below the header that is not blank, with its number."""
        return ((number, line) for number, line in self._lines if not _is_blank(line))

    def taken(self, line: str) -> tuple[str, str, str]:
        """Address, time and protocol of a row; time and protocol may be empty.

        Raises:
            _RowFault: it is no whole row, or a value cannot be one.
        """
        if len(line) > _LONGEST_LINE:
            raise _RowFault(f"The line is longer than {_LONGEST_LINE:,} characters.")
        cells = _parsed(line, self._separator)
        if cells is None:
            raise _RowFault("A quote is opened that is not closed on the line, or stands undoubled inside a value.")
        if len(cells) != self._width:  # a field that is left out would let another stand for the address, and be told
            raise _RowFault(
                f"The row has {len(cells):,} {'field' if len(cells) == 1 else 'fields'} and the header names"
                f" {self._width}, separated by {_SEPARATORS[self._separator]}: does one lack, or its quotes?"
            )
        address = _FORMULA_GUARD.sub("", cells[self._address].strip())
        protocol = "" if self._protocol is None else _FORMULA_GUARD.sub("", cells[self._protocol].strip())
        if not address:
            raise _RowFault("The row has no address.")
        if len(address) > LONGEST_ADDRESS:
            raise _RowFault(f"The address is longer than {LONGEST_ADDRESS} characters.")
        if len(protocol) > LONGEST_PROTOCOL:
            raise _RowFault(f"The protocol is longer than {LONGEST_PROTOCOL} characters.")
        return address, cells[self._time].strip(), protocol

    def _written(self) -> Iterator[str]:
        return (line for _, line in self._lines if not _is_blank(line))


def _text_of(document: bytes, name: str, encoding: str | None) -> tuple[str, Encoding]:
    """The text of a file, and the encoding that it is in.

    Of the two code pages it is the Western one where both fit: they agree on every letter that a Kerio login can have.
    """
    if encoding is None:
        pages = possible_encodings(document)[::-1]
    else:
        asked = encoding_named(encoding)
        if asked is None:
            raise BadInput(f"{encoding} is no encoding of such files.", "Use UTF-8, UTF-16, CP1250 or CP1252.")
        pages = (asked,)
    try:
        text = decode(document, pages[0])
    except (UnicodeError, IndexError):
        raise BadInput(
            f"{name} is not text in {encoding or 'any known encoding'}.",
            "Save it in UTF-8, or name its encoding.",
        ) from None
    if "\0" in text:
        raise BadInput(f"{name} is not a CSV file: it has zero bytes in it.", "Save it as CSV in UTF-8.")
    return text, pages[0]


def _moment(time: str, zone: tzinfo | None, now: datetime) -> datetime:
    if len(time) > _LONGEST_TIME:
        raise _RowFault("The time is no moment.")
    try:
        at = moment_of(time, zone)
    except ValueError as error:
        raise _RowFault(f"The time {error}.") from None
    if at > now + SKEW:
        raise _RowFault("The time is in the future: is it in another zone?")
    return at


def _header(line: str, separator: str) -> list[str]:
    """The names of the columns, folded and without what people join words with."""
    cells = _parsed(line, separator) or [] if len(line) <= _LONGEST_LINE else []
    return [re.sub(r"[\s_\-\ufeff]", "", cell).casefold() for cell in cells]


def _columns(header: list[str]) -> dict[str, int]:
    """Where the columns stand that are taken."""
    found: dict[str, int] = {}
    for column, names in _CALLED.items():
        place = next((header.index(name) for name in names if name in header), None)
        if place is not None:
            found[column] = place
    return found


def _parsed(line: str, separator: str) -> list[str] | None:
    """The cells of one line; None if it is not a whole row."""
    try:
        return next(csv.reader((line,), delimiter=separator, strict=True), None)
    except csv.Error:
        return None


def _is_blank(line: str) -> bool:
    return not line.strip(" \t\r\n;,\xa0")


_SAMPLE: Final = (
    "Write it like this: address;time;protocol, and in the next line anna@x.example;2026-08-05T12:03Z;IMAP."
)
