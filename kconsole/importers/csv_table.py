"""The CSV tables that people bring: encoding, separator, header, quoted values, and rows that cannot be read.

Only the columns that a form names are read. A cell of another column may hold a password: it is not kept, compared or
shown, not even in a fault or when the encoding is guessed.
"""

import csv
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from kconsole.core.codes import message
from kconsole.core.errors import BadInput, EncodingUnconfirmed
from kconsole.core.identity import BLANKS, stripped
from kconsole.importers import code_pages
from kconsole.importers.file_lines import LOOK, BadLine, LineMessage, Progress, unwatched

LARGEST: Final = 64 * 1024 * 1024  # bytes; a row of an export takes about a hundred
MOST_LINES: Final = 2_000_000
LONGEST_LINE: Final = 64 * 1024  # characters

_LONGEST_VALUE: Final = 50
"""How many lines a quoted value may span. A longer one is a quote that was never closed."""

_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=."?\s*', re.IGNORECASE)  # the first line of a file that Excel wrote

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_EMPTY_LINE: Final = re.compile(rf'(?:[{BLANKS};,\x1a]|"")*')
_FILE_END_BACKWARDS: Final = re.compile(r"[\x1a\0\s]*[\x1a\0]")
"""What DOS wrote at the end of a text file. Sought forwards, zero bytes before the end would take hours."""

GUARDED: Final = re.compile(r"""((?:\A|[;,|\t\r\n])["'\s]*)'(?=[-=+@＝＋－＠﹦﹢﹣﹫])""")
"""What kconsole writes before what a spreadsheet would take for a formula, see `cli.output`."""

_LINE_MARKS: Final = "\ufeff\x1a"  # where a file was appended to another

_GUARDED_AT_START: Final = re.compile(r"(\A)'(?=[-=+@])")

_FIELD: Final = r'(?:"(?:[^"]|"")*+"|[^"{0}\r\n]*+)'
_BLANKS: Final = r"[ \xa0\u2007\u202f\u3000{1}]"

_WIDE_SAMPLE: Final = 400  # bytes

_MOST_SORTS: Final = 1_000  # of faults whose parameters are kept once
_SQUEEZED: Final = str.maketrans("", "", " _-")

Params = dict[str, Any]


class CsvForm(NamedTuple):
    """What a file must look like."""

    columns: Mapping[str, Sequence[str]]
    """The columns that are read, each with its possible names in the header, in small letters."""
    required: Sequence[str]
    separators: str
    sample: str
    """The code of the hint that shows such a file."""
    words: Sequence[str] = ()
    """The columns that show which of the two code pages is meant; none for all that are read."""
    ignored: str = r"\A[\s\ufeff\x1a]+|[\s\ufeff]+\Z"
    """A pattern of what has no meaning in a column's name."""
    is_key: Callable[[str], bool] | None = None
    """Whether a text can be a value of the first required column.

    With it, rows may have another separator than the header, quoted values may span lines, and fields may be missing
    at the end of a row. Without it, every line is a complete row.
    """
    guarded: re.Pattern[str] = _GUARDED_AT_START
    """After what a quote is removed that keeps a spreadsheet from taking a text for a formula."""


class CsvRow(NamedTuple):
    """One row, by the line on which it begins, from 1. Values have no blanks around them; an absent one is empty."""

    line: int
    values: Mapping[str, str]


class CsvFile(NamedTuple):
    """What is known of a file after reading it, with the rows that cannot be read or taken."""

    encoding: str
    separator: str
    faults: tuple[LineMessage, ...]
    notes: tuple[LineMessage, ...] = ()


def has_columns(document: bytes, form: CsvForm) -> bool:
    """Whether the header of a document has the columns that a form requires, whatever its encoding."""
    page = code_pages.marked_encoding(document) or code_pages.likely_utf16(document) or "latin-1"
    head = document[:LONGEST_LINE].decode(page, "replace")
    try:
        _CsvTable(head, "latin-1", "", form)
    except BadInput as error:
        return error.happened.code != "csv-without-column"
    return True


def read_csv(
    document: bytes,
    name: str,
    encoding: str | None,
    form: CsvForm,
    take: Callable[[CsvRow], None],
    progress: Progress = unwatched,
) -> CsvFile:
    """Read a file, which errors call by this name, and hand over each good row to what takes it or raises `BadLine`.

    Raises:
        BadInput: it is empty, not text, in no known encoding, too large, lacks a required column, or names one twice.
        EncodingUnconfirmed: it is not in UTF-8, and no encoding was named.
    """
    if len(document) > LARGEST:
        raise BadInput("document-too-large", file=name, megabytes=LARGEST // 1024**2)
    if not document.strip(b"\0 \t\r\n\x1a\xef\xbb\xbf\xff\xfe"):
        raise BadInput("csv-empty", form.sample, file=name)
    page = _encoding_of(document, name, form, progress) if encoding is None else code_pages.encoding_named(encoding)
    if page is None:
        raise BadInput("unknown-encoding", "known-encodings", encoding=encoding)
    try:
        text = code_pages.decode(document, page)
    except UnicodeError as error:
        place = code_pages.place_of(error, document, page)
        raise BadInput("csv-encoding-wrong", "name-the-encoding", file=name, **place) from None
    text = _without_file_end(text)
    if "\0" in text:
        raise BadInput("csv-zero-bytes", "save-as-csv", file=name)
    table = _CsvTable(text, page, name, form)
    faults = table.read(take, progress)
    return CsvFile(page, table.separator, tuple(faults), tuple(table.notes))


def _encoding_of(document: bytes, name: str, form: CsvForm, progress: Progress) -> str:
    """UTF-8, what a mark says, or any other that makes no difference to what is read."""
    if marked := code_pages.marked_encoding(document):
        return marked
    if (wide := code_pages.likely_utf16(document)) is not None:
        header = document[:_WIDE_SAMPLE].decode(wide, "replace").partition("\n")[0].strip()
        raise EncodingUnconfirmed(name, wide, [message("encoding-example", encoding=wide, words=[header])])
    if code_pages.is_mostly_utf8(document):
        return "UTF-8"
    words: dict[str, list[bytes]] = {column: [] for column in form.columns}

    def collect(row: CsvRow) -> None:
        for column, value in row.values.items():
            if not value.isascii():
                words[column].append(value.encode("latin-1"))

    _CsvTable(_without_file_end(document.decode("latin-1")), "latin-1", name, form).read(collect, progress)
    changed = [word for column in form.columns for word in words[column]]
    judged = [word for column in form.words for word in words[column]]
    return code_pages.guessed(document, name, changed, judged)


def _without_file_end(text: str) -> str:
    end = _FILE_END_BACKWARDS.match(text[::-1])
    return text[: len(text) - end.end()] if end else text


class _Lines(Sequence[str]):
    """The lines of a text, cut at CRLF, LF and CR and at nothing else; only where they begin is kept."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._begins = text, array("I", [0])
        for end in _LINE_END.finditer(text):
            self._begins.append(end.end())
            if len(self._begins) > MOST_LINES:
                raise BadInput("csv-too-many-lines", file=name, most=MOST_LINES)
        if self._begins[-1] < len(text):
            self._begins.append(len(text))

    def __len__(self) -> int:
        return len(self._begins) - 1

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        return self._text[self._begins[at] : self._begins[at + 1]]


class _CsvTable:
    """The rows of a text under their header."""

    def __init__(self, text: str, encoding: str, name: str, form: CsvForm) -> None:
        self._form, self._name, self._encoding = form, name, encoding
        self._lines = _Lines(text, name)
        self._is_damaged = code_pages.has_wrong_bytes(text)
        self._known: dict[str, Params] = {}
        self.notes: list[LineMessage] = []
        at = self._first_row = next(self._written(0), 0)
        line = self._lines[at] if self._lines else ""
        headers = {separator: self._names(_cells(line, separator) or ()) for separator in form.separators}
        places = {separator: self._places_in(header) for separator, header in headers.items()}
        own = max(form.separators, key=lambda separator: len(places[separator]))
        self._header, self._places, self._first_row = headers[own], places[own], at + 1
        while self._header and not self._header[-1]:
            self._header.pop()
        self._width = len(self._header)
        for column in form.required:
            if column not in self._places:
                raise BadInput("csv-without-column", form.sample, file=name, column=column)
        self._key_place = self._places[form.required[0]]
        twice = [column for column, place in self._places.items() if self._header.count(self._header[place]) > 1]
        if twice:
            raise BadInput("csv-column-twice", "name-each-column-once", file=name, columns=twice)
        others = [separator for separator in form.separators if separator != own]
        self._own_separator = own
        self.separator = max([own, *others], key=self._fitting_rows) if form.is_key else own

    def read(self, take: Callable[[CsvRow], None], progress: Progress) -> list[LineMessage]:
        """Hand over each good row, and return what is wrong with the others."""
        faults: list[LineMessage] = []
        end = self._first_row
        for at in self._written(self._first_row):
            if at < end:  # a line of the row before
                continue
            if at % LOOK == 0:
                progress(at)
            line, end = self._lines[at], at + 1
            cells = self._cells(line)
            if self._is_header(line, at):
                continue
            if cells is None and self._form.is_key:
                cells, length = self._spanning(at)
                end = at + length
            try:
                if self._is_damaged and (wrong := code_pages.wrong_byte("".join(self._lines[at:end]), self._encoding)):
                    raise BadLine("not-in-encoding", **wrong)
                take(CsvRow(at + 1, self._values(line, cells)))
            except BadLine as fault:
                key = f"{fault.code}{fault.params}"  # a million faults are of a few sorts
                if len(self._known) < _MOST_SORTS:
                    self._known.setdefault(key, fault.params)
                faults.append(LineMessage(at + 1, fault.code, self._known.get(key, fault.params)))
        return faults

    def _written(self, begin: int) -> Iterator[int]:
        """The places of lines that are not empty, and do not only name a separator."""
        for at in range(begin, len(self._lines)):
            line = self._lines[at]
            if (line[:1].isalnum() and line[:4].lower() != "sep=") or (
                not _EMPTY_LINE.fullmatch(line) and not (len(line) < 16 and _SEPARATOR_LINE.fullmatch(line))
            ):
                yield at

    def _names(self, cells: Sequence[str]) -> list[str]:
        return [re.sub(self._form.ignored, "", cell).casefold() for cell in cells]

    def _is_header(self, line: str, at: int) -> bool:
        """Whether the header stands here again, as where one file was appended to another.

        Raises:
            BadInput: it is another header. The columns after it would be taken for others, passwords among them.
        """
        squeezed = line.casefold().translate(_SQUEEZED)
        if not all(any(name in squeezed for name in self._form.columns[column]) for column in self._form.required):
            return False
        for separator in self._form.separators:
            names = self._names(_cells(line, separator) or ())
            while names and not names[-1]:
                names.pop()
            if names == self._header and separator == self._own_separator:
                if self._width == 1 and line.strip() != self._lines[self._first_row - 1].strip():
                    return False  # a login may be "name"
                self.notes.append(LineMessage(at + 1, "header-again"))
                return True
            found = self._places_in(names)
            if len(found) > 1 and all(column in found for column in self._form.required):
                raise BadInput("csv-other-header", "import-one-by-one", file=self._name, line=at + 1)
        return False

    def _cells(self, line: str) -> list[str] | None:
        """The fields of a line; empty ones beyond the header do not count."""
        return self._trimmed(_cells(line, self.separator))

    def _trimmed(self, cells: list[str] | None) -> list[str] | None:
        while cells and len(cells) > self._width and not stripped(cells[-1]):
            cells.pop()
        return cells

    def _values(self, line: str, cells: list[str] | None) -> dict[str, str]:
        if len(line) > LONGEST_LINE:
            raise BadLine("line-too-long", longest=LONGEST_LINE)
        if cells is None:
            raise BadLine("quote-open")
        if len(cells) > self._width or (len(cells) < self._width and not self._may_end_early(line, len(cells))):
            raise BadLine("wrong-fields", fields=len(cells), expected=self._width, separator=self.separator)
        return {
            column: self._form.guarded.sub(r"\1", stripped(cells[place])) if place < len(cells) else ""
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
        lines = (self._lines[each] for each in range(at, min(at + _LONGEST_VALUE, len(self._lines))))
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        try:
            cells = self._trimmed(next(reader)) or []
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
        cells = self._cells(line) if re.fullmatch(pattern, line) else None
        return cells is not None and len(cells) == self._width and self._has_key(cells)

    def _fitting_rows(self, separator: str) -> tuple[int, int, int]:
        """How many lines have, with this separator, a key and all fields; all fields; at least a key."""
        complete = full = with_key = 0
        for at in range(self._first_row, len(self._lines)):
            if cells := self._trimmed(_cells(self._lines[at], separator)):
                is_full, has_key = len(cells) == self._width, len(cells) <= self._width and self._has_key(cells)
                complete += is_full and has_key
                full += is_full
                with_key += has_key
        return complete, full, with_key

    def _has_key(self, cells: list[str]) -> bool:
        is_key, place = self._form.is_key, self._key_place
        return is_key is not None and place < len(cells) and is_key(stripped(cells[place]))

    def _places_in(self, header: list[str]) -> dict[str, int]:
        return {
            column: header.index(name)
            for column, names in self._form.columns.items()
            for name in names[::-1]
            if name in header
        }


def _cells(line: str, separator: str) -> list[str] | None:
    """The fields of a line; None if a quote in it is left open, or is out of place, or it is far too long."""
    if line[:1] in _LINE_MARKS:
        line = line.lstrip(_LINE_MARKS)
    cells = _parsed(line, separator)
    if '"' not in line or (cells is not None and not any(cell[:1] != stripped(cell)[:1] == '"' for cell in cells)):
        return cells
    blanks = _BLANKS.replace("{1}", "" if separator == "\t" else "\t")
    begins = re.sub(rf'(\A|{separator}){blanks}+"', r'\1"', line)
    return _parsed(re.sub(rf'"{blanks}+({separator}|[\r\n]*\Z)', r'"\1', begins), separator) or cells


def _parsed(line: str, separator: str) -> list[str] | None:
    if len(line) > LONGEST_LINE:
        return None
    try:
        return next(csv.reader((line,), delimiter=separator, strict=True), None)
    except csv.Error:
        return None
