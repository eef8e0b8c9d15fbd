"""The XML of Kerio's configuration files, read as a stream: items of lists and tables, with the wanted variables.

Both files are a `<config>` of `<list name="…"><listitem>` and `<table name="…">`, each with `<variable name="…">`. They
hold passwords that can be turned back into clear text, so nothing but the wanted variables is read: at any other place
no handler for text is set, and expat makes no Python string that a log or a traceback could show.

XML allows attacks: entities that multiply, documents that name other files, elements a million deep. All entities come
from a document type, and Kerio's files have none, so each is refused at its first letter. The limits here cover the
rest: depth, length, and the number of different names, which expat keeps until the end.
"""

import codecs
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from xml.parsers import expat

from kconsole.core.codes import Message
from kconsole.core.errors import BadInput
from kconsole.core.identity import stripped
from kconsole.importers.file_lines import BadLine

DEEPEST: Final = 32  # elements in elements; Kerio's own files are five deep
LONGEST_VALUE: Final = 16 * 1024  # characters of a wanted value
LONGEST_STRETCH: Final = 1024 * 1024
"""Bytes of a tag, comment or value, wanted or not. Expat keeps a whole tag or comment in memory."""

MOST_NAMES: Final = 1000  # of elements and attributes

MOST_ITEMS: Final = 1_000_000  # wanted ones; more than any server has users
LARGEST: Final = 4 * 1024**3  # bytes of a file; a server's users take a few thousand each

_PIECE: Final = 64 * 1024
_BLANKS: Final = b" \t\r\n"

Wanted = Mapping[str, AbstractSet[str]]
"""The variables to read, by the name of their list or table; all in small letters."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list, or a table, by the line on which it begins, from 1."""

    line: int
    kind: str
    """The name of its list or of the table, in small letters."""
    values: dict[str, str] = field(default_factory=dict)
    """The wanted variables that it has, by name in small letters; of a variable that is there twice, the first."""


def read_items(file: BinaryIO, name: str, wanted: Wanted, seen: set[str]) -> Iterator[Item]:
    """Each item of the wanted lists and tables, in the order of the file.

    Args:
        file: the file; it is read a piece at a time.
        name: what an error calls it.
        wanted: the variables to read.
        seen: receives the names of the wanted lists and tables that the file has, with or without items.

    Raises:
        BadInput: it is malformed, no configuration file, or an attack; with the line.
    """
    walk = _Walk(wanted, seen)
    size = 0
    refused: BadLine | None = None
    try:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > LARGEST:
                raise BadLine("config-too-large", gigabytes=LARGEST // 1024**3)
            walk.feed(piece)
            yield from walk.ended()
        walk.close()
        yield from walk.ended()
    except BadLine as error:
        refused = error
    except expat.ExpatError as error:
        refused = BadLine("config-malformed", problem=expat.ErrorString(error.code))
    except (LookupError, ValueError):  # an encoding that Python cannot read
        refused = BadLine("config-encoding")
    if refused is not None:
        params = {"file": name, "line": walk.line, **refused.params}
        raise BadInput(Message(refused.code, params), "copy-config-again")


class _Walk:
    """Follows the elements of a file, and lets the parser read text only in wanted variables."""

    def __init__(self, wanted: Wanted, seen: set[str]) -> None:
        self._wanted, self._seen = wanted, seen
        self._path: list[tuple[str, str]] = []
        """The open elements, with their names."""
        self._names: set[str] = set()
        self._item: Item | None = None
        self._item_depth = 0
        self._variable = ""
        self._text: list[str] = []
        self._length = 0
        self._done: list[Item] = []
        self._count = self._fed = self._last_tag = 0
        self._is_wide = False
        self._lines_before = 0
        """Lines of the file that the parser does not see."""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    @property
    def line(self) -> int:
        """The current line of the file."""
        return self._lines_before + self._parser.CurrentLineNumber

    def feed(self, piece: bytes) -> None:
        """Follow a piece of the file."""
        if not self._fed:
            text = piece.lstrip(_BLANKS)  # XML would not allow them before its declaration
            self._lines_before += piece[: len(piece) - len(text)].count(b"\n")
            piece = text
            self._is_wide = piece[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        if not self._is_wide:  # what DOS wrote at the end of a file; XML has no such character
            piece = piece.rstrip(b"\x1a")
        self._parser.Parse(piece)
        self._fed += len(piece)
        if self._fed - self._last_tag > LONGEST_STRETCH:
            raise BadLine("config-long-stretch", kilobytes=LONGEST_STRETCH // 1024)

    def close(self) -> None:
        """End the file: expat may have put its last elements off."""
        if not self._fed:
            raise BadLine("config-empty")
        self._parser.Parse(b"", True)

    def ended(self) -> list[Item]:
        """The items that ended since the last call."""
        ended, self._done = self._done, []
        self._count += len(ended)
        if self._count > MOST_ITEMS:
            raise BadLine("config-too-many-items", most=MOST_ITEMS)
        return ended

    def _refuse_document_type(self, *_: object) -> None:
        raise BadLine("config-document-type")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        self._last_tag = self._fed
        self._names.update((element, *attributes))
        if len(self._names) > MOST_NAMES:
            raise BadLine("config-too-many-names", most=MOST_NAMES)
        if len(self._path) >= DEEPEST:
            raise BadLine("config-too-deep", most=DEEPEST)
        if self._variable:
            raise BadLine("config-nested-value")
        element, name = element.lower(), attributes.get("name", "").strip().lower()
        if not self._path and element != "config":
            raise BadLine("config-other-root")
        if element in ("list", "table") and name in self._wanted:
            self._seen.add(name)
        outer = self._path[-1] if self._path else ("", "")
        self._path.append((element, name))
        if self._item is None:
            self._begin_item(element, name, outer)
        elif element == "variable" and len(self._path) == self._item_depth + 1:
            self._begin_variable(self._item, name)

    def _begin_item(self, element: str, name: str, outer: tuple[str, str]) -> None:
        is_listed = element == "listitem" and outer[0] == "list"
        kind = outer[1] if is_listed else name
        if (is_listed or element == "table") and kind in self._wanted:
            self._item = Item(self.line, kind)
            self._item_depth = len(self._path)

    def _begin_variable(self, item: Item, name: str) -> None:
        if name in self._wanted[item.kind] and name not in item.values:
            self._variable, self._text, self._length = name, [], 0
            self._parser.CharacterDataHandler = self._read_text

    def _read_text(self, content: str) -> None:
        self._length += len(content)
        if self._length > LONGEST_VALUE:
            raise BadLine("config-long-value", most=LONGEST_VALUE)
        self._text.append(content)

    def _end(self, _: str) -> None:
        self._last_tag = self._fed
        if self._item is not None and self._variable:
            self._item.values[self._variable] = stripped("".join(self._text))
            self._variable = ""
            self._parser.CharacterDataHandler = None
        elif self._item is not None and len(self._path) == self._item_depth:
            self._done.append(self._item)
            self._item = None
        self._path.pop()
