"""Lines of a journal copied to another place: checked on the way, and the same bytes there."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256

from kconsole.core.errors import NotFound, Refused, StoreUnusable
from kconsole.store.engine import START, BrokenJournal, Head, JournalEngine
from kconsole.store.journal_line import head_after
from kconsole.store.locations import Address, engine_at, refuse_away

BATCH = 4 * 1024 * 1024
"""Bytes of lines that are handed on at once."""


class LinesAsFile:
    """Lines as a file to be read; each is checked before it is given."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines, self._rest, self._head = lines, bytearray(), START

    def read(self, size: int, /) -> bytes:
        while len(self._rest) < size:
            line = next(self._lines, b"")
            if not line:
                break
            self._head = head_after(line, self._head)
            self._rest += line
        part = bytes(self._rest[:size])
        del self._rest[:size]
        return part


class Copied:
    """What was copied: up to which line, and how many bytes."""

    def __init__(self) -> None:
        self.head, self.size, self.digest = START, 0, sha256()

    def batches(self, lines: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
        """The lines, each of which is checked, some at a time."""
        some, size = list[bytes](), 0
        for raw in lines:
            self.head = head_after(raw, self.head)
            self.size += len(raw)
            self.digest.update(raw)
            some.append(raw)
            size += len(raw)
            if size >= BATCH:
                yield some
                some, size = [], 0
        if some:
            yield some


def copy_store(source: Address, target: Address, holder: str, patience: float) -> Head:
    """Copy a whole journal to where there is none, and compare; returns its head. All of it is there, or nothing.

    Raises:
        NotFound: there is no store to copy.
        Refused: there is a store at the target.
        StoreUnusable: one of them cannot be read or written, or the copy is not the same.
    """
    with closing(engine_at(source, read_only=True)) as there, closing(engine_at(target)) as here:
        if not there.open():
            refuse_away(there)
            raise NotFound("no-store", "make-or-demo", address=str(source))
        if (missing := there.missing()) is not None:
            raise StoreUnusable(missing, "put-archive-back", effect="nothing-changed")
        if here.open():
            raise Refused("store-exists", "use-it-or-another-folder", folder=str(target))
        copied = Copied()
        try:
            with here.creating(patience, holder):
                here.append_all(copied.batches(there.read_after(START)), START)
        except BrokenJournal as damage:
            raise damage.of(there.journal_name, "nothing-changed") from None
    with closing(engine_at(target, read_only=True)) as again:
        again.open()
        if _digest(again) != (copied.head, copied.digest.hexdigest()):
            raise StoreUnusable("copy-differs", "copy-again", target=str(target))
    return copied.head


def _digest(engine: JournalEngine) -> tuple[Head, str]:
    copied = Copied()
    for _ in copied.batches(engine.read_after(START)):
        pass
    return copied.head, copied.digest.hexdigest()
