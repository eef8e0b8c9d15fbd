"""An engine that keeps journals in memory: the proof that a store needs no files."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kconsole.core.codes import Message
from kconsole.core.errors import ReadOnly, StoreBusy
from kconsole.store.engine import START, BrokenJournal, EngineDefaults, Head, HeadMoved, Snapshot, nothing
from kconsole.store.journal_line import hash_of, store_id_in


class Memory:
    """What all handles on one journal share."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.snapshot: Snapshot | None = None
        self.locks: dict[str, threading.Lock] = {}


class MemoryEngine(EngineDefaults):
    """One handle."""

    def __init__(self, memory: Memory, read_only: bool = False) -> None:
        self.memory = memory
        self.address = "memory:"
        self.folder = Path("/memory")
        self.journal_name = "the journal in memory"
        self.snapshot_name = "the snapshot in memory"
        self.read_only = read_only
        self.why_read_only: ReadOnly | None = None
        self.notices: list[Message] = []

    def open(self) -> bool:
        return bool(self.memory.lines)

    @contextmanager
    def creating(self, patience: float, holder: str, group: int | None = None) -> Iterator[None]:
        del group
        with self.lock(patience, holder):
            yield

    def head(self) -> Head:
        return self._head(len(self.memory.lines))

    def _head(self, sequence: int) -> Head:
        return Head(sequence, hash_of(self.memory.lines[sequence - 1])) if sequence else START

    def start(self) -> Head:
        return START

    def missing(self) -> Message | None:
        return None

    def store_id(self) -> str:
        return store_id_in(self.memory.lines[0]) if self.memory.lines else ""

    def size(self) -> int:
        return sum(map(len, self.memory.lines))

    @contextmanager
    def lock(self, patience: float, holder: str) -> Iterator[None]:
        with self.lease("", patience, holder):
            yield

    @contextmanager
    def lease(self, name: str, patience: float, holder: str) -> Iterator[Callable[[], None]]:
        lock = self.memory.locks.setdefault(name, threading.Lock())
        if not lock.acquire(timeout=patience):
            code = f"{name}-busy" if name else "store-busy"
            raise StoreBusy(code, folder=self.address, operator=holder, process=0, seconds=patience)
        try:
            yield nothing
        finally:
            lock.release()

    def read_after(self, head: Head) -> Iterator[bytes]:
        if head.sequence > len(self.memory.lines) or self._head(head.sequence) != head:
            raise BrokenJournal(head.sequence, "line-changed-since", START)
        yield from self.memory.lines[head.sequence :]

    def read_beginnings(self, head: Head, length: int, patterns: Sequence[bytes]) -> Iterator[bytes]:
        for line in self.read_after(head):
            yield line if any(pattern in line for pattern in patterns) else line[:length]

    def read_backwards(self, head: Head, patterns: Sequence[bytes] = ()) -> Iterator[bytes]:
        lines = reversed(self.memory.lines[: head.sequence])
        yield from (line for line in lines if not patterns or any(pattern in line for pattern in patterns))

    def line(self, sequence: int) -> bytes | None:
        return self.memory.lines[sequence - 1] if 0 < sequence <= len(self.memory.lines) else None

    def append(self, lines: Sequence[bytes], expected: Head) -> Head:
        if len(self.memory.lines) != expected.sequence:
            raise HeadMoved
        if self.head() != expected:
            raise BrokenJournal(expected.sequence, "line-changed-since", START)
        self.memory.lines += lines
        return self.head()

    def append_all(self, batches: Iterable[Sequence[bytes]], expected: Head) -> Head:
        return self.append([line for lines in batches for line in lines], expected)

    def archive(self, keep: int) -> int:
        del keep
        return 0

    @contextmanager
    def watch(self) -> Iterator["MemoryEngine"]:
        yield self

    def since(self, head: Head) -> bool:
        if head.sequence > len(self.memory.lines):
            raise BrokenJournal(head.sequence, "journal-cut-off", START)
        return head.sequence != len(self.memory.lines)

    def snapshot(self) -> Snapshot | None:
        return self.memory.snapshot

    @contextmanager
    def snapshotting(self, holder: str) -> Iterator[None]:
        with self.lock(0, holder):
            yield

    def write_snapshot(
        self, head: Head, next_number: int, body: Iterable[bytes], state_sum: str = "", damaged: bool = False
    ) -> tuple[int, str]:
        del damaged  # nothing is kept aside
        self.memory.snapshot = Snapshot(head, next_number, b"".join(body), self.store_id(), state_sum, "checksum")
        return len(self.memory.snapshot.body), "checksum"

    def close(self) -> None:
        """Nothing is open."""
