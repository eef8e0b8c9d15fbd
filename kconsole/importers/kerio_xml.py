"""The XML of Kerio's configuration files, read as a stream: items of lists and tables, with the wanted variables.

Both files are a `<config>` of `<list name="…"><listitem>` and `<table name="…">`, each with `<variable name="…">`. They
hold passwords that can be turned back into clear text, so nothing but the wanted variables is read: at any other place
no handler for text is set, and expat makes no Python string that a log or a traceback could show.

XML allows attacks: entities that multiply, documents that name other files, elements a million deep. All entities come
from a document type, and Kerio's files have none, so `defusedxml` refuses each at its first letter. The limits here
cover the rest: depth, length, and the number of different names, which expat keeps until the end.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final
from xml.sax import SAXException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from kconsole.core.codes import Message
from kconsole.core.errors import BadInput

DEEPEST: Final = 32
"""Elements in elements. Kerio's own files are five deep."""

LONGEST_VALUE: Final = 16 * 1024
"""Characters of a wanted value."""

LONGEST_STRETCH: Final = 1024 * 1024
"""Bytes of a tag, comment or value, wanted or not. Expat keeps a whole tag or comment in memory."""

MOST_NAMES: Final = 1000
"""Different names of elements and attributes."""

MOST_ITEMS: Final = 1_000_000
"""Wanted items; more than any server has users."""

LARGEST: Final = 4 * 1024**3
"""Bytes of a file. A server's users take a few thousand each."""

_PIECE: Final = 64 * 1024
_BLANKS: Final = b" \t\r\n"

Wanted = Mapping[str, AbstractSet[str]]
"""The variables to read, by the name of their list or table; all in small letters."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list, or a table."""

    line: int
    """The line of the file on which it begins, from 1."""
    kind: str
    """The name of its list or of the table, in small letters."""
    values: dict[str, str] = field(default_factory=dict)
    """The wanted variables that it has, by name in small letters; of a variable that is there twice, the first."""


class _NotAConfiguration(Exception):
    """The file is refused."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


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
    from defusedxml import DefusedXmlException
    from defusedxml.expatreader import DefusedExpatParser

    parser: ExpatParser = DefusedExpatParser(forbid_dtd=True)
    walk = _Walk(parser, wanted, seen)
    size = count = 0
    started = False
    refused: _NotAConfiguration | None = None
    try:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > LARGEST:
                raise _NotAConfiguration("config-too-large", gigabytes=LARGEST // 1024**3)
            if not started:
                text = piece.lstrip(_BLANKS)  # XML would not allow them before its declaration
                walk.lines_before += piece[: len(piece) - len(text)].count(b"\n")
                piece, started = text, bool(text)
            if started:
                yield from walk.feed(piece)
                count += walk.taken
                if count > MOST_ITEMS:
                    raise _NotAConfiguration("config-too-many-items", most=MOST_ITEMS)
        if not started:
            raise _NotAConfiguration("config-empty")
        parser.close()
    except _NotAConfiguration as error:
        refused = error
    except DefusedXmlException:
        refused = _NotAConfiguration("config-document-type")
    except SAXException as error:
        refused = _NotAConfiguration("config-malformed", problem=error.getMessage())
    except (LookupError, ValueError):  # an encoding that Python cannot read
        refused = _NotAConfiguration("config-encoding")
    if refused is not None:
        params = {"file": name, "line": walk.line, **refused.params}
        raise BadInput(Message(refused.code, params), "copy-config-again")
    yield from walk.rest()


class _Walk:
    """Follows the elements of a file, and lets the parser read text only in wanted variables."""

    def __init__(self, parser: ExpatParser, wanted: Wanted, seen: set[str]) -> None:
        self._parser, self._wanted, self._seen = parser, wanted, seen
        self._passing, self._reading = _Passing(self), _Reading(self)
        self._path: list[tuple[str, str]] = []
        """The open elements, with their names."""
        self._names: set[str] = set()
        self._item: Item | None = None
        self._item_depth = 0
        self._variable = ""
        self._text: list[str] = []
        self._length = 0
        self._done: list[Item] = []
        self._fed = self._last_tag = 0
        self.taken = 0
        """How many items the last piece brought."""
        self.lines_before = 0
        """Lines of the file that the parser does not see."""
        parser.setContentHandler(self._passing)

    @property
    def line(self) -> int:
        """The current line of the file."""
        return self.lines_before + (self._parser.getLineNumber() or 1)

    def feed(self, piece: bytes) -> list[Item]:
        """The items that end in this piece of the file."""
        self._parser.feed(piece)
        self._fed += len(piece)
        if self._fed - self._last_tag > LONGEST_STRETCH:
            raise _NotAConfiguration("config-long-stretch", kilobytes=LONGEST_STRETCH // 1024)
        return self.rest()

    def rest(self) -> list[Item]:
        """The items that ended since the last call."""
        done, self._done = self._done, []
        self.taken = len(done)
        return done

    def start(self, element: str, attributes: AttributesImpl) -> None:
        """An element begins."""
        self._last_tag = self._fed
        self._names.update((element, *attributes.getNames()))
        if len(self._names) > MOST_NAMES:
            raise _NotAConfiguration("config-too-many-names", most=MOST_NAMES)
        if len(self._path) >= DEEPEST:
            raise _NotAConfiguration("config-too-deep", most=DEEPEST)
        if self._variable:
            raise _NotAConfiguration("config-nested-value")
        element, name = element.lower(), attributes.get("name", "").strip().lower()
        if not self._path and element != "config":
            raise _NotAConfiguration("config-other-root")
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
            self._parser.setContentHandler(self._reading)

    def text(self, content: str) -> None:
        """A part of the current value."""
        self._length += len(content)
        if self._length > LONGEST_VALUE:
            raise _NotAConfiguration("config-long-value", most=LONGEST_VALUE)
        self._text.append(content)

    def end(self) -> None:
        """An element ends."""
        self._last_tag = self._fed
        if self._item is not None and self._variable:
            self._item.values[self._variable] = "".join(self._text).strip()
            self._variable = ""
            self._parser.setContentHandler(self._passing)
        elif self._item is not None and len(self._path) == self._item_depth:
            self._done.append(self._item)
            self._item = None
        self._path.pop()


class _Following(ContentHandler):
    """Reports each element."""

    def __init__(self, walk: _Walk) -> None:
        super().__init__()
        self._walk = walk

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        self._walk.start(name, attrs)

    def endElement(self, _: str) -> None:
        self._walk.end()


class _Passing(_Following):
    """Outside of wanted variables: without a handler for text, the parser makes no string of it."""

    def __init__(self, walk: _Walk) -> None:
        super().__init__(walk)
        self.characters = None  # type: ignore[method-assign, assignment]  # what the parser hands expat as a handler


class _Reading(_Following):
    """Inside a wanted variable."""

    def characters(self, content: str) -> None:
        self._walk.text(content)
