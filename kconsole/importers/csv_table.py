"""The CSV tables that people bring: encoding, separator, header, quoted values, and rows that cannot be read.

Only the columns that a form names are read. A cell of another column may hold a password: it is not kept, compared or
shown, not even in a fault or when the encoding is guessed.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from kconsole.core.errors import BadInput
from kconsole.importers import code_pages
from kconsole.importers.file_lines import BadLine, LineMessage

LONGEST_LINE: Final = 64 * 1024  # characters

_MOST_LINES: Final = 50
"""How many lines a quoted value may span. A longer one is a quote that was never closed."""

_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=."?\s*', re.IGNORECASE)  # the first line of a file that Excel wrote

_FORMULA_GUARD: Final = re.compile(r"\A'(?=[-=+@])")
"""What kconsole writes before a value that a spreadsheet would take for a formula."""

_FIELD: Final = r'(?:"(?:[^"]|"")*+"|[^"{0}\r\n]*+)'


class CsvForm(NamedTuple):
    """What a file must look like."""

    columns: Mapping[str, Sequence[str]]
    """The columns that are read, each with its possible names in the header, in small letters."""
    required: Sequence[str]
    separators: str
    sample: str
    """The code of the hint that shows such a file."""
    words: Sequence[str] = ()
    """The columns that show which of the two code pages is meant; none if the columns are the same in both."""
    ignored: str = r"\A[\s\ufeff]+|[\s\ufeff]+\Z"
    """A pattern of what has no meaning in a column's name."""
    is_key: Callable[[str], bool] | None = None
    """Whether a text can be a value of the first required column.

    With it, rows may have another separator than the header, quoted values may span lines, and fields may be missing
    at the end of a row. Without it, every line is a complete row.
    """


class CsvRow(NamedTuple):
    """One row, by the line on which it begins, from 1. Values have no blanks around them; an absent one is empty."""

    line: int
    values: Mapping[str, str]


class CsvFile(NamedTuple):
    """What is known of a file after reading it, with the rows that cannot be read or taken."""

    encoding: code_pages.Encoding
    separator: str
    faults: tuple[LineMessage, ...]


def read_csv(
    document: bytes, name: str, encoding: str | None, form: CsvForm, take: Callable[[CsvRow], None]
) -> CsvFile:
    """Read a file, which errors call by this name, and hand over each good row to what takes it or raises `BadLine`.

    Raises:
        BadInput: it is empty, not text, in no known encoding, lacks a required column, or names a column twice.
    """
    if not document.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise BadInput("csv-empty", form.sample, file=name)
    if encoding is None:
        pages = code_pages.possible_encodings(document)
    else:
        named = code_pages.encoding_named(encoding)
        if named is None:
            raise BadInput("unknown-encoding", "known-encodings", encoding=encoding)
        pages = (named,)
    try:
        page = pages[0] if len(pages) < 2 else _likelier_page(document, name, form)
        text = code_pages.decode(document, page)
    except (UnicodeError, IndexError):
        code = "csv-encoding-unknown" if encoding is None else "csv-encoding-wrong"
        raise BadInput(code, "name-the-encoding", file=name, encoding=encoding) from None
    if "\0" in text:
        raise BadInput("csv-zero-bytes", "save-as-csv", file=name)
    table = _CsvTable(text, name, form)
    return CsvFile(page, table.separator, tuple(table.read(take)))


def _likelier_page(document: bytes, name: str, form: CsvForm) -> code_pages.Encoding:
    words: list[str] = []
    if form.words:
        table = _CsvTable(document.decode("latin-1"), name, form)
        table.read(lambda row: words.extend(row.values.get(column, "") for column in form.words))
    return code_pages.likelier_code_page("\n".join(words).encode("latin-1"))


class _CsvTable:
    """The rows of a text under their header."""

    def __init__(self, text: str, name: str, form: CsvForm) -> None:
        self._form = form
        self._lines = list(io.StringIO(text, newline="")) or [""]  # cut at \r\n, \n and \r, and at nothing else
        written = (at for at, line in enumerate(self._lines) if not _is_blank(line))
        at = next(written, 0)
        if _SEPARATOR_LINE.fullmatch(self._lines[at]):
            at = next(written, at)
        self._first_row = at + 1
        headers = {
            separator: [re.sub(form.ignored, "", cell).casefold() for cell in _cells(self._lines[at], separator) or ()]
            for separator in form.separators
        }
        places = {separator: self._places_in(header) for separator, header in headers.items()}
        own = max(form.separators, key=lambda separator: len(places[separator]))
        header, self._places = headers[own], places[own]
        self._width = len(header)
        for column in form.required:
            if column not in self._places:
                raise BadInput("csv-without-column", form.sample, file=name, column=column)
        self._key_place = self._places[form.required[0]]
        twice = [column for column, place in self._places.items() if header.count(header[place]) > 1]
        if twice:
            raise BadInput("csv-column-twice", "name-each-column-once", file=name, columns=twice)
        others = [separator for separator in form.separators if separator != own]
        self.separator = max([own, *others], key=self._fitting_rows) if form.is_key else own

    def read(self, take: Callable[[CsvRow], None]) -> list[LineMessage]:
        """Hand over each good row, and return what is wrong with the others."""
        faults: list[LineMessage] = []
        at = self._first_row
        while at < len(self._lines):
            line, length = self._lines[at], 1
            if not _is_blank(line):
                cells = _cells(line, self.separator)
                if cells is None and self._form.is_key:
                    cells, length = self._spanning(at)
                try:
                    take(CsvRow(at + 1, self._values(line, cells)))
                except BadLine as fault:
                    faults.append(fault.at(at + 1))
            at += length
        return faults

    def _values(self, line: str, cells: list[str] | None) -> dict[str, str]:
        if len(line) > LONGEST_LINE:
            raise BadLine("line-too-long", longest=LONGEST_LINE)
        if cells is None:
            raise BadLine("quote-open")
        if len(cells) > self._width or (len(cells) < self._width and not self._may_end_early(line, len(cells))):
            raise BadLine("wrong-fields", fields=len(cells), expected=self._width, separator=self.separator)
        return {
            column: _FORMULA_GUARD.sub("", cells[place].strip()) if place < len(cells) else ""
            for column, place in self._places.items()
        }

    def _may_end_early(self, line: str, length: int) -> bool:
        """Whether fields may be missing; a line that would be complete with another separator is refused."""
        if self._form.is_key is None:  # another value could pass for the key
            return False
        for separator in self._form.separators:
            fields = len(_cells(line, separator) or ()) if separator != self.separator else 0
            if fields == self._width or (length == 1 and fields > 1):
                raise BadLine("other-separator", separator=separator, expected=self.separator)
        return True

    def _spanning(self, at: int) -> tuple[list[str] | None, int]:
        """The row that begins here and continues in the next lines, with the number of its lines.

        A quote that was never closed can be closed by chance, by a later value that begins with a separator, and would
        then swallow rows, passwords and all. So the row must have as many fields as the header, and no line that it
        continues in may be a row itself.
        """
        reader = csv.reader(self._lines[at : at + _MOST_LINES], delimiter=self.separator, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            return None, 1
        continued = self._lines[at + 1 : at + reader.line_num]
        key = cells[self._key_place] if len(cells) == self._width else "\n"
        if set(key) & set("\r\n") or any(self._is_row(line) for line in continued):
            return None, 1
        return cells, reader.line_num

    def _is_row(self, line: str) -> bool:
        """Whether a line could be a complete row, with no quote out of place."""
        pattern = (_FIELD + r"(?:{0}" + _FIELD + r")*[\r\n]*").replace("{0}", self.separator)
        cells = _cells(line, self.separator) if re.fullmatch(pattern, line) else None
        return cells is not None and len(cells) == self._width and self._has_key(cells)

    def _fitting_rows(self, separator: str) -> tuple[int, int, int]:
        """How many lines have, with this separator, a key and all fields; all fields; at least a key."""
        complete = full = with_key = 0
        for line in self._lines[self._first_row :]:
            if cells := _cells(line, separator):
                is_full, has_key = len(cells) == self._width, len(cells) <= self._width and self._has_key(cells)
                complete += is_full and has_key
                full += is_full
                with_key += has_key
        return complete, full, with_key

    def _has_key(self, cells: list[str]) -> bool:
        is_key, place = self._form.is_key, self._key_place
        return is_key is not None and place < len(cells) and is_key(cells[place].strip())

    def _places_in(self, header: list[str]) -> dict[str, int]:
        """Where the columns of the form are; of several possible names the first one counts."""
        columns = self._form.columns.items()
        found = {column: [header.index(name) for name in names if name in header] for column, names in columns}
        return {column: places[0] for column, places in found.items() if places}


def _cells(line: str, separator: str) -> list[str] | None:
    """The cells of one line; None if it is not a complete row."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        return next(csv.reader((line,), delimiter=separator, strict=True), None)
    except csv.Error:
        return None


def _is_blank(line: str) -> bool:
    """Whether a line has nothing but blanks and separators, as in rows that a spreadsheet left empty."""
    return not line.strip(" \t\r\n;,\xa0")
