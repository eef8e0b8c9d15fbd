"""The seam between a store and where its journal is kept: what any engine must do.

The file engine is the first one. An engine keeps lines and knows nothing of what they say; `journal_line` writes and
checks them. The contract tests (tests/store/test_engine_contract.py) hold for every engine.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from kconsole.core.codes import Message, message
from kconsole.core.errors import ReadOnly, StoreUnusable, reason_of
from kconsole.core.roles import Authority

NO_HASH: Final = "0" * 64
"""The hash before the first line."""


class Head(NamedTuple):
    """A line of the journal, by its number and hash; it stands for all lines up to it."""

    sequence: int = 0
    hash: str = NO_HASH


START: Final = Head()
"""The head of a journal without lines."""


class HeadMoved(Exception):
    """Another writer appended to the journal first; nothing was written."""


class BrokenJournal(Exception):
    """The chain of lines is broken at a line, the first one being 1.

    Attributes:
        good: the last good line before it.
    """

    def __init__(self, line: int, why: Message | str, good: Head) -> None:
        self.line, self.good = line, good
        self.why = why if isinstance(why, Message) else Message(why)
        super().__init__(f"line {line}: {self.why.code}")

    def of(self, journal: str, effect: str = "nothing-changed") -> StoreUnusable:
        """The error for whoever works with the store."""
        hints = (message("read-only-shows-good-part"), message("doctor-says-more"))
        return StoreUnusable("journal-damaged", hints, effect=effect, journal=journal, line=self.line, reason=self.why)


class StorageAway(StoreUnusable):
    """The storage is on another machine and cannot be reached now; what was read stays, and nothing is changed."""

    exit_code = 8
    usual_effect = "nothing-changed"


class Away(NamedTuple):
    """Why a storage cannot be reached, and when it was last read."""

    why: Message
    read_at: datetime | None


def nonsense(error: Exception) -> Message:
    """What is wrong with data of which no record can be made, although its checksum is right."""
    return message("makes-no-sense", error=repr(error))


class DamagedSnapshot(Exception):
    """A snapshot is not what was written."""

    def __init__(self, why: Message | str) -> None:
        self.why = why if isinstance(why, Message) else Message(why)
        super().__init__(self.why.code)


def unreadable(name: str, error: OSError) -> StoreUnusable:
    """A file that cannot be read."""
    hint = "ask-for-rights" if isinstance(error, PermissionError) else "check-folder-and-permissions"
    return StoreUnusable("unreadable", hint, file=name, error=reason_of(error))


def unwritable(name: str, error: OSError, in_doubt: bool = False) -> StoreUnusable:
    """A file that cannot be written, or of which the disk does not say whether it was."""
    reason = reason_of(error)
    if in_doubt:
        return StoreUnusable("not-confirmed", "check-disk-then-store", effect="perhaps-saved", file=name, error=reason)
    hint = "check-space-and-permissions"
    return StoreUnusable("unwritable", hint, effect="nothing-changed", file=name, error=reason)


class Snapshot(NamedTuple):
    """What the journal adds up to at one of its lines, so that opening need not read all of them."""

    head: Head
    next_number: int
    body: bytes
    """The tables as JSON, as `tables` writes them."""
    store: str = ""
    """The id of its store; empty if it was written before stores had ids."""
    state_sum: str = ""
    """The sum over its records in hexadecimal digits; see `state_sum`."""
    checksum: str = ""


class Changes(Protocol):
    """Watches the journal for lines of others."""

    def since(self, head: Head) -> bool:
        """Whether the journal has anything after a head. Cheap: it is asked several times a second.

        Raises BrokenJournal if the journal is shorter than that, or is another one.
        """


def nothing() -> None:
    """No one waits for what is heard, or a lease is never lost."""


class EngineDefaults:
    """What holds for an engine whose storage is on this machine."""

    away: Away | None = None
    login: str = ""
    checks_lines: bool = False
    commit_seconds: float | None = None

    def bounded(self, authority: Callable[[], Authority]) -> Callable[[], Authority]:
        """The storage knows no roles."""
        return authority

    def follow(self, heard: Callable[[], None] = nothing) -> None:
        """Nothing is asked over a network, so `since` is cheap as it is."""


class JournalEngine(Protocol):
    """Keeps the journal of one store, for one handle on it.

    Every method raises StoreUnusable when its storage cannot be read or written.

    Attributes:
        address: where the store is, as `file:/srv/kconsole`.
        journal_name: what to call the journal in a message.
        read_only: whether this handle was asked to write nothing, and to show the good part of what is damaged.
        why_read_only: why it can write nothing, although it was to, once it is open; None if it can.
        notices: what was repaired on the way, for a person.
        commit_seconds: how long the last append took over a network; None on this machine.
    """

    commit_seconds: float | None

    address: str
    journal_name: str
    read_only: bool
    why_read_only: ReadOnly | None
    notices: list[Message]

    @property
    def folder(self) -> Path:
        """Where its files are, or those that this host keeps of a storage elsewhere: no one else writes there."""

    @property
    def away(self) -> Away | None:
        """Why the storage cannot be reached now; None if it can."""

    @property
    def login(self) -> str:
        """The login by which the storage knows who writes; empty if only the system knows."""

    @property
    def checks_lines(self) -> bool:
        """Whether the storage checks all that lines of this login change; they say no sum, which it cannot check."""

    @property
    def snapshot_name(self) -> str:
        """What to call the snapshot in a message."""

    def open(self) -> bool:
        """Open the journal; returns whether there is one to be read now."""

    def creating(self, patience: float, holder: str, group: int | None = None) -> AbstractContextManager[None]:
        """Hold the lock of a new store; the first `append` begins its journal. Refused if there is one.

        Given a group, its members share the store, where it is kept in files.
        """

    def bounded(self, authority: Callable[[], Authority]) -> Callable[[], Authority]:
        """What gives an authority, with no more than the storage lets its login do at that time."""

    def follow(self, heard: Callable[[], None] = nothing) -> None:
        """Learn in a thread what others append, from now on, so that `since` and what is read next ask no one.

        That thread calls `heard` when there is something to be read.
        """

    def head(self) -> Head:
        """The last whole line that the journal has now."""

    def start(self) -> Head:
        """The head before the oldest line that is there: START, unless old lines were moved elsewhere."""

    def missing(self) -> Message | None:
        """Which lines were moved elsewhere, and what to put back to have them; None if all are there."""

    def store_id(self) -> str:
        """The id of the store, which its first line says; of an older one, the first digits of that line's hash."""

    def size(self) -> int:
        """The bytes of the journal; they decide when a check or a snapshot is worth its time."""

    def lock(self, patience: float, holder: str) -> AbstractContextManager[None]:
        """Be the only writer. What a crashed writer left half written is set aside first.

        Those who wait see the holder's name; after so many seconds of patience they get StoreBusy.
        """

    def lease(self, name: str, patience: float, holder: str) -> AbstractContextManager[Callable[[], None]]:
        """Be the only holder of a name, as "server". The journal stays free.

        Gives what raises StorageAway if others may hold it by now, as when a connection was lost.
        """

    def read_after(self, head: Head) -> Iterator[bytes]:
        """The whole lines after a head, with their line feeds; BrokenJournal if the journal does not hold that head.

        StoreUnusable if lines after it were moved elsewhere.
        Takes no lock: a line that is half written is left for later.
        """

    def read_beginnings(self, head: Head, length: int, patterns: Sequence[bytes]) -> Iterator[bytes]:
        """The same; of a line longer than that perhaps only its beginning, unless it contains one of these bytes."""

    def read_backwards(self, head: Head, patterns: Sequence[bytes] = ()) -> Iterator[bytes]:
        """The lines up to a head, the last one first; given patterns, only those that contain one of them."""

    def line(self, sequence: int) -> bytes | None:
        """The line with a number; None if it is not there."""

    def append(self, lines: Sequence[bytes], expected: Head) -> Head:
        """Append lines, all of them or none; durable when this returns its new head. The caller holds the lock.

        Raises HeadMoved if the journal does not end with the expected head.
        """

    def append_all(self, batches: Iterable[Sequence[bytes]], expected: Head) -> Head:
        """The same with many lines, some at a time; they begin a journal, and are all there or none."""

    def archive(self, keep: int) -> int:
        """Move all lines but the last ones, which are at least one, to where they take less room; returns how many.

        Every line is checked first; BrokenJournal at a bad one. An engine that has no such place moves none. The caller
        holds the lock.
        """

    def watch(self) -> AbstractContextManager[Changes]:
        """Watch for what others append."""

    def snapshot(self) -> Snapshot | None:
        """The last snapshot, None if there is none; DamagedSnapshot if it is not what was written."""

    def snapshotting(self, holder: str) -> AbstractContextManager[None]:
        """Be the only one who writes a snapshot; StoreBusy if someone else is at work. The journal may go on."""

    def write_snapshot(
        self, head: Head, next_number: int, body: Iterable[bytes], state_sum: str = "", damaged: bool = False
    ) -> tuple[int, str]:
        """Put a snapshot of the tables at a head in place of the last one, which is kept aside if it is damaged.

        Returns its size in bytes, and its checksum. The caller holds the lock.
        """

    def close(self) -> None:
        """Release everything. Never fails."""
