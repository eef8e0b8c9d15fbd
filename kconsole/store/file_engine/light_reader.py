"""Reads what completion offers out of the files of a store, without opening the store.

A shell waits for it at each TAB: it imports next to nothing, and decodes only what it gives. It takes no lock and
writes nothing. Nothing is decided by what it reads: it gives names to type. Files that are not what kconsole wrote
raise `ValueError`, `KeyError` or `OSError`.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from hashlib import sha256
from mmap import PROT_READ, mmap

from kconsole.store.file_names import (
    BETWEEN,
    ENTRIES,
    FORMAT,
    JOURNAL_FILE,
    META_END,
    META_START,
    PRODUCT,
    SNAPSHOT_FILE,
)

_CHUNK = 1 << 20
_LONGEST_TAIL = 64 << 20
"""Bytes of lines after the snapshot, beyond which reading them would take seconds."""
_LONG_LINE = 64 << 10
"""Bytes of a line, beyond which only its beginning is read."""

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHECKSUM = re.compile(rb',"checksum":"([0-9a-f]{64})"\}\Z')
_ENTRY = b':{"address":"'
"""How an entry begins. Its fields have one order, and what is usual is left out."""
_BETWEEN = re.compile(BETWEEN)
_TAGS = re.compile(rb'"tags":(\[[^\]]*\])')

Document = dict[str, object]
Place = int | Document
"""Where an entry is: in the snapshot, or the document of a later line."""

Kind = str
"""Which entries: `entries` for all, `accounts`, `enabled` accounts or `disabled` ones."""


class LightReader:
    """The files of one store, as they are now."""

    def __init__(self, folder: str) -> None:
        """Read the snapshot, which is checked, and the lines after it."""
        self._content: bytes | mmap = b""
        self._entries, place, head = 0, 0, b""
        self._later: dict[str, dict[int, Document | None]] = {}
        """The records that lines after the snapshot changed, by table and number; None for those that are gone."""
        snapshot, self._journal = (_opened(os.path.join(folder, name)) for name in (SNAPSHOT_FILE, JOURNAL_FILE))  # noqa: PTH118
        if snapshot >= 0:
            self._content, place, head = _snapshot(snapshot)
            begin = self._content.find(ENTRIES)
            if begin < 0:
                raise ValueError("no entries")
            self._entries = begin + len(ENTRIES)
        if self._journal >= 0:
            self._take_tail(place, head)

    def entries(self, prefix: str, kind: Kind, most: int) -> dict[str, Place] | None:
        """The addresses that begin so, in any case, with the place of each; None if there are more than that.

        A deleted account is among them: its document says so.
        """
        found: dict[str, Place] = {}
        later = self._later.get("entries", {})
        pattern = _beginning(prefix) + rb')"(,"kind":"[a-z_]+")?(?:,"origin":"[a-z_]+")?(,"enabled":false)?'
        for match in re.compile(pattern, re.IGNORECASE).finditer(self._content, self._entries):
            address, is_other, is_disabled = match.groups()
            if (is_other and kind != "entries") or kind == ("enabled" if is_disabled else "disabled"):
                continue
            if not later or self._number(match.start()) not in later:
                found[json.loads(b'"%b"' % address)] = match.start() + 1
                if len(found) > most:
                    return None
        for document in later.values():
            if document is not None and _is(kind, document) and _begins(document, prefix):
                found[str(document["address"])] = document
        return found if len(found) <= most else None

    def stems(self, prefix: str, most: int, sees: Callable[[str], bool]) -> list[str]:
        """How the addresses go on that begin so and that the user sees: so many beginnings at most, of all of them."""
        found: list[bytes] = re.compile(_beginning(prefix) + b')"', re.IGNORECASE).findall(self._content, self._entries)
        later = (each for each in self._later.get("entries", {}).values() if each is not None and _begins(each, prefix))
        found += (str(document["address"]).encode() for document in later)
        domains = {each.rpartition(b"@")[2] for each in found}
        seen = {domain for domain in domains if sees(f"@{domain.decode()}")}
        if seen != domains:
            found = [each for each in found if each.rpartition(b"@")[2] in seen]
        pairs = enumerate(zip(min(found), max(found), strict=False)) if found else ()
        length = next((place for place, (one, other) in pairs if one != other), 0)
        length = max(length, len(prefix.encode()))  # these may differ in case
        stems: set[bytes] = set()
        while len(more := {each[: length + 1] for each in found}) <= most and more != stems:
            stems, length = more, length + 1
        return [each.decode(errors="ignore") for each in stems or more if b"\\" not in each]

    def document(self, place: Place) -> Document:
        """The document of an entry."""
        if isinstance(place, dict):
            return place
        after = _BETWEEN.search(self._content, place)
        document: Document = json.loads(self._content[place : after.start() + 1 if after else -2])
        return document

    def tags(self) -> Iterator[tuple[str, list[str]]]:
        """The tags of each entry that has some, with its address."""
        later = self._later.get("entries", {})
        for match in _TAGS.finditer(self._content, self._entries):
            start = self._content.rfind(_ENTRY, 0, match.start())
            if self._number(start) not in later:
                end = self._content.find(b'"', start + len(_ENTRY))
                yield self._content[start + len(_ENTRY) : end].decode(), json.loads(match[1])
        for document in later.values():
            if document is not None and isinstance(tags := document.get("tags"), list):
                yield str(document["address"]), tags

    def numbered(self, table: str) -> dict[int, Document | None]:
        """The records of a table other than the entries, by number; None for those that are gone."""
        tables = self._content[self._content.find(b"\n") + 1 : self._entries]
        head = json.loads(b"{%b}}" % tables) if tables else {}
        return {int(number): each for number, each in head.get(table, {}).items()} | self._later.get(table, {})

    def table(self, name: str) -> list[Document]:
        """The records of a table other than the entries."""
        return [each for each in self.numbered(name).values() if each is not None]

    def last_lines(self, count: int) -> Iterator[Document]:
        """The last lines of the journal, the last one first. A long one has no changes."""
        end = os.fstat(self._journal).st_size if self._journal >= 0 else 0
        end = self._line_feed_before(end) + 1
        for _ in range(count):
            if end <= 0:
                return
            begin = self._line_feed_before(end - 1) + 1
            raw = os.pread(self._journal, min(end - begin, _LONG_LINE), begin)
            if end - begin > _LONG_LINE:
                raw = raw[: raw.index(b',"changes":[')] + b"}"
            yield json.loads(raw)
            end = begin

    def _number(self, start: int) -> int:
        """The number of the entry that begins at a place."""
        return int(self._content[self._content.rfind(b'"', 0, start - 1) + 1 : start - 1])

    def _line_feed_before(self, end: int) -> int:
        """The place of the last line feed before a place; -1 if there is none."""
        while end > 0:
            begin = max(end - _CHUNK, 0)
            if (found := os.pread(self._journal, end - begin, begin).rfind(b"\n")) >= 0:
                return begin + found
            end = begin
        return -1

    def _take_tail(self, place: int, head: bytes) -> None:
        """Take what changed after the line of a head, which ended at a place before lines were archived."""
        end = b'"hash":"%b"}\n' % head if head else b""
        if place < len(end) or os.pread(self._journal, len(end), place - len(end)) != end:
            content = os.pread(self._journal, os.fstat(self._journal).st_size, 0)
            place = content.index(end) + len(end)
        size = os.fstat(self._journal).st_size
        if size - place > _LONGEST_TAIL:
            raise ValueError("too much to read")
        for raw in os.pread(self._journal, size - place, place).split(b"\n")[:-1]:
            for change in json.loads(raw).get("changes", ()):
                if "logins" not in change:  # these change no address
                    self._later.setdefault(change["table"], {})[change["number"]] = change["after"]


def _opened(path: str) -> int:
    """A file of a store, open; -1 if it is not there."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return -1
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise ValueError("no file")
    return descriptor


def _snapshot(descriptor: int) -> tuple[mmap, int, bytes]:
    """The content of a snapshot, where its line ends in the journal, and the hash of that line."""
    content = mmap(descriptor, 0, prot=PROT_READ)  # a file of the store is never changed, but replaced
    first = content.find(b"\n") + 1
    meta = content[len(META_START) : first].removesuffix(META_END)
    said = _CHECKSUM.search(meta)
    if content[: len(META_START)] != META_START or said is None:
        raise ValueError("no snapshot")
    digest = sha256(meta[: said.start()] + b"}")
    digest.update(memoryview(content)[first:])
    document = json.loads(meta)
    if digest.hexdigest().encode() != said[1] or (document["product"], document["format"]) != (PRODUCT, FORMAT):
        raise ValueError("damaged")
    return content, int(document["offset"]), str(document["hash"]).encode()


def _quoted(text: str) -> bytes:
    """A text as it stands between quotes in JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1].encode()


def _beginning(prefix: str) -> bytes:
    """A pattern that matches an entry up to the end of its address, which begins so: its one group, left open."""
    return re.escape(_ENTRY) + b"(" + re.escape(_quoted(prefix)) + rb'(?:[^"\\]|\\.)*'


def _begins(document: Document, prefix: str) -> bool:
    return str(document["address"]).lower().startswith(prefix.lower())


def _is(kind: Kind, document: Document) -> bool:
    if kind == "entries":
        return True
    is_fitting = kind == "accounts" or kind == ("enabled" if document.get("enabled", True) else "disabled")
    return is_fitting and document.get("kind", "user") == "user"
