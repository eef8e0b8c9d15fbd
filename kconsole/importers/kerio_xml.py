"""The XML of Kerio's configuration files, read as a stream: items of lists and tables, with the variables asked for.

Both files are a `<config>` of `<list name="…"><listitem>` and `<table name="…">`, each with `<variable name="…">`. They
hold passwords that can be turned back into clear text, so what is not asked for is never read: while the parser passes
it, no handler for text is set, and expat makes no Python string of it that a log or a traceback could show.

XML is a language for attacks as well: entities that multiply, documents that name other files, elements a million
deep. A document type is where all entities come from, and Kerio's files have none, so `defusedxml` refuses each at
its first letter. What it leaves open is closed here: depth, length, and the number of different names, which expat
keeps until the end.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from xml.sax import SAXException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from kconsole.core.errors import BadInput

DEEPEST: Final = 32
"""Elements in elements. Kerio's own files are five deep."""

LONGEST_VALUE: Final = 16 * 1024
"""Characters of a value that is asked for."""

LONGEST_STRETCH: Final = 1024 * 1024
"""Bytes from tag to tag, whether asked for or not: of a tag, a comment or a value. Expat holds the first two whole."""

MOST_NAMES: Final = 1000
"""Different names of elements and attributes."""

MOST_ITEMS: Final = 1_000_000
"""Items that are asked for; more than any server has users."""

LARGEST: Final = 4 * 1024**3
"""Bytes of a file. A server's users take a few thousand each."""

_PIECE: Final = 64 * 1024
_BLANKS: Final = b" \t\r\n"

Wanted = Mapping[str, AbstractSet[str]]
"""The variables that are asked for, by the name of their list or table; all in small letters."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list, or a table."""

    line: int
    """The line of the file on which it begins, from 1."""
    kind: str
    """The name of its list or of the table, in small letters."""
    values: dict[str, str] = field(default_factory=dict)
    """What was asked for and is there, by name in small letters; of a variable that is there twice, the first."""


class _NoConfiguration(Exception):
    """A file that is not what it should be; its text is the reason."""


def read_items(file: BinaryIO, name: str, wanted: Wanted, seen: set[str]) -> Iterator[Item]:
    """Each item of the lists and tables that are asked for, as the file comes to it.

    Args:
        file: the file; it is read a piece at a time.
        name: what to call it in an error.
        wanted: the variables that are asked for.
        seen: takes the names of those lists and tables that are there, if they hold items or not.

    Raises:
        BadInput: it is malformed, no configuration file, or meant to do harm; it says where.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.expatreader import DefusedExpatParser

    parser: ExpatParser = DefusedExpatParser(forbid_dtd=True)
    walk = _Walk(parser, wanted, seen)
    size = count = 0
    started = False
    problem = ""
    try:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > LARGEST:
                raise _NoConfiguration(f"it is larger than {LARGEST // 1024**3} GB")
            if not started:
                text = piece.lstrip(_BLANKS)  # XML would not allow them before its declaration
                walk.lines_before += piece[: len(piece) - len(text)].count(b"\n")
                piece, started = text, bool(text)
            if started:
                yield from walk.feed(piece)
                count += walk.taken
                if count > MOST_ITEMS:
                    raise _NoConfiguration(f"it holds more than {MOST_ITEMS:,} items")
        if not started:
            raise _NoConfiguration("it is empty")
        parser.close()
    except _NoConfiguration as error:
        problem = str(error)
    except DefusedXmlException:
        problem = "it has a document type (DTD), as attacks do and Kerio's files do not"
    except (SAXException, LookupError, ValueError) as error:  # the last two: an encoding that Python cannot read
        problem = error.getMessage() if isinstance(error, SAXException) else "it is in an unknown encoding"
    if problem:
        raise BadInput(
            f"{name}, line {walk.line}: {problem}.", "Copy the file again from the server. Nothing was imported."
        )
    yield from walk.rest()


class _Walk:
    """Follows the elements of a file, and lets the parser read a text only where it is asked for."""

    def __init__(self, parser: ExpatParser, wanted: Wanted, seen: set[str]) -> None:
        self._parser, self._wanted, self._seen = parser, wanted, seen
        self._passing, self._reading = _Passing(self), _Reading(self)
        self._path: list[tuple[str, str]] = []
        """The open elements, with the names that they bear."""
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
        """The line of the file that has been come to."""
        return self.lines_before + (self._parser.getLineNumber() or 1)

    def feed(self, piece: bytes) -> list[Item]:
        """The items that end in this piece of the file."""
        self._parser.feed(piece)
        self._fed += len(piece)
        if self._fed - self._last_tag > LONGEST_STRETCH:
            raise _NoConfiguration(f"a tag, comment or value is longer than {LONGEST_STRETCH // 1024} kB")
        return self.rest()

    def rest(self) -> list[Item]:
        """The items that ended since this was asked last."""
        done, self._done = self._done, []
        self.taken = len(done)
        return done

    def start(self, element: str, attributes: AttributesImpl) -> None:
        """An element begins."""
        self._last_tag = self._fed
        self._names.update((element, *attributes.getNames()))
        if len(self._names) > MOST_NAMES:
            raise _NoConfiguration(f"it has more than {MOST_NAMES:,} different names of elements")
        if len(self._path) >= DEEPEST:
            raise _NoConfiguration(f"its elements are more than {DEEPEST} deep")
        if self._variable:
            raise _NoConfiguration("a value has elements in it")
        element, name = element.lower(), attributes.get("name", "").strip().lower()
        if not self._path and element != "config":
            raise _NoConfiguration("it is no configuration file of Kerio Connect, which is a <config>")
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
        """A part of the value that is being read."""
        self._length += len(content)
        if self._length > LONGEST_VALUE:
            raise _NoConfiguration(f"a value is longer than {LONGEST_VALUE:,} characters")
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
    """Tells of each element, whatever becomes of the text in it."""

    def __init__(self, walk: _Walk) -> None:
        super().__init__()
        self._walk = walk

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        self._walk.start(name, attrs)

    def endElement(self, _: str) -> None:
        self._walk.end()


class _Passing(_Following):
    """While a text is of no concern: there is nobody to take it, and so the parser does not make one."""

    def __init__(self, walk: _Walk) -> None:
        super().__init__(walk)
        self.characters = None  # type: ignore[method-assign, assignment]  # what the parser hands expat as a handler


class _Reading(_Following):
    """While a value is read that was asked for."""

    def characters(self, content: str) -> None:
        self._walk.text(content)
