"""The engine of a store in a folder.

The journal is the truth; the snapshot is what it adds up to. Only this room knows paths, places in files and locks of
the operating system.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Final

from kconsole.core.codes import Message, message
from kconsole.core.errors import ReadOnly, Refused, StoreUnusable
from kconsole.store.engine import (
    START,
    BrokenJournal,
    EngineDefaults,
    Head,
    HeadMoved,
    Snapshot,
    nothing,
    unreadable,
    unwritable,
)
from kconsole.store.file_engine.files import NotSynced, make_folder
from kconsole.store.file_engine.journal_file import InDoubt, JournalFile
from kconsole.store.file_engine.locking import LEASES, LOCK_FILE, StoreLock
from kconsole.store.file_engine.rights import (
    check_group,
    no_right_to_write,
    refuse_folder_of_others,
    refuse_network,
    share_folder,
    why_not_write,
)
from kconsole.store.file_engine.segments import Archive, write_segments
from kconsole.store.file_engine.snapshot_file import BACKUP_FILE, read_snapshot, write_snapshot
from kconsole.store.file_names import JOURNAL_FILE, SNAPSHOT_FILE
from kconsole.store.journal_line import hash_of, line_numbered, store_id_of

FILES: Final = (SNAPSHOT_FILE, JOURNAL_FILE, LOCK_FILE, *(f"{name}.lock" for name in LEASES))


def size_of(folder: Path) -> int:
    """The bytes that opening the store in a folder has to read, or nearly so; 0 if there is none."""
    sizes = 0
    for name in (SNAPSHOT_FILE, JOURNAL_FILE):
        with suppress(OSError):
            sizes += (folder / name).stat().st_size
    return sizes


def refuse_odd_files(folder: Path) -> None:
    """Raise StoreUnusable if one of a store's files is a symbolic link, or its journal or snapshot is no file.

    A new snapshot is put in the place of the old one. Over a link, it would leave the file that the link points to as
    it was, and there would be two stores. A pipe would keep who opens it waiting.
    """
    for name in (*FILES, BACKUP_FILE):
        with suppress(FileNotFoundError, NotADirectoryError):
            mode = (folder / name).lstat().st_mode
            if stat.S_ISLNK(mode):
                raise StoreUnusable("file-is-a-link", "link-the-folder", file=str(folder / name))
            if not stat.S_ISREG(mode) and name in (SNAPSHOT_FILE, BACKUP_FILE, JOURNAL_FILE):
                raise StoreUnusable("file-is-no-file", "put-file-back", file=str(folder / name))


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unreadable(name, error) from error


@contextmanager
def _writing(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(name, error, in_doubt=isinstance(error, InDoubt | NotSynced)) from error


class FileEngine(EngineDefaults):
    """A folder with a journal, a snapshot and locks; see `JournalEngine`."""

    def __init__(self, folder: Path, read_only: bool = False, allow_network_fs: bool = False) -> None:
        self.folder = Path(
            os.path.realpath(folder)
        )  # once: so that lock, journal and snapshot belong together, whatever links do
        self.address = f"file:{self.folder}"
        self.read_only = read_only
        self.why_read_only: ReadOnly | None = None
        self._allow_network_fs = allow_network_fs
        self.notices: list[Message] = []
        self._journal_path = self.folder / JOURNAL_FILE
        self._snapshot_path = self.folder / SNAPSHOT_FILE
        self.journal_name = str(self._journal_path)
        self.snapshot_name = str(self._snapshot_path)
        self._journal: JournalFile | None = None
        self._lock = StoreLock(self.folder / LOCK_FILE)
        self._store_id = ""
        self._leases = {name: StoreLock(self.folder / f"{name}.lock", f"{name}-busy") for name in LEASES}

    # Opening and closing

    def open(self) -> bool:
        """Open the journal; returns whether there is one."""
        with _reading(self.journal_name):
            refuse_odd_files(self.folder)
            with suppress(FileNotFoundError, NotADirectoryError):
                if not self.read_only:
                    self.why_read_only = why_not_write(self.folder, self._allow_network_fs)
                    if self.why_read_only is None:
                        refuse_folder_of_others(self.folder)
                self._journal = JournalFile.open(self._journal_path, self.read_only or self.why_read_only is not None)
                if self._journal.unwritable is not None:
                    self.why_read_only = no_right_to_write(self._journal_path, self._journal.unwritable)
        if self.why_read_only is not None:
            self.notices.append(message("open-read-only", why=self.why_read_only.happened))
        return self._journal is not None

    @contextmanager
    def creating(self, patience: float, holder: str, group: int | None = None) -> Iterator[None]:
        """Hold the lock of a new store, in a folder that is made if need be; the first `append` begins the journal.

        Given a group, its members share the store.

        Raises:
            Refused: there is a store already.
            StoreUnusable: it cannot be made there.
        """
        with _writing(self.journal_name):
            if self.folder.exists() and not self.folder.is_dir():
                raise StoreUnusable("not-a-folder", "choose-another-place", folder=str(self.folder))
            refuse_network(self.folder, self._allow_network_fs)
            if group is not None:
                check_group(group)
            make_folder(self.folder, group)
            if group is not None:
                share_folder(self.folder, group)
            refuse_folder_of_others(self.folder, is_new=group is None)
        with self.lock(patience, holder):
            if any(os.path.lexists(path) for path in (self._snapshot_path, self._journal_path)):
                raise Refused("store-exists", "use-it-or-another-folder", folder=str(self.folder))
            yield

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
        for lock in (self._lock, *self._leases.values()):
            lock.close()

    @property
    def _file(self) -> JournalFile:
        if self._journal is None:
            raise StoreUnusable("journal-missing", "restore-or-read-only", journal=self.journal_name)
        return self._journal

    # Locks

    @contextmanager
    def lock(self, patience: float, holder: str) -> Iterator[None]:
        with self._holding(self._lock, patience, holder):
            if self._journal is not None:
                with suppress(OSError, BrokenJournal):  # who reads on will report it
                    if self._journal.size_in_place() < 0:
                        self._follow_archive(self._journal.last_head())
                if not self._journal.ends_with_a_line():
                    self._mend_torn_tail(self._journal)
            yield

    @contextmanager
    def lease(self, name: str, patience: float, holder: str) -> Iterator[Callable[[], None]]:
        with self._holding(self._leases[name], patience, holder):
            yield nothing

    @contextmanager
    def _holding(self, lock: StoreLock, patience: float, holder: str) -> Iterator[None]:
        with _writing(str(lock.path)):
            lock.acquire(patience, holder)
        try:
            yield
        finally:
            lock.release()

    def _mend_torn_tail(self, journal: JournalFile) -> None:
        try:
            head = self.head()
            place = journal.place_of(head)
            aside = journal.mend_torn_tail(head, place) if journal.size > place else None  # else it was cut off
        except BrokenJournal as damage:
            raise damage.of(self.journal_name) from None
        except OSError as error:
            raise unwritable(self.journal_name, error) from error
        if aside is not None:
            self.notices.append(message("torn-line-set-aside", file=str(aside)))

    # Reading

    def head(self) -> Head:
        if (file := self._journal) is None:
            return START
        with _reading(self.journal_name):
            for _ in file.lines_from(file.last, file.place_of(Head(file.last))):
                pass
            return file.last_head()

    def store_id(self) -> str:
        if not self._store_id and (file := self._journal) is not None:
            with _reading(self.journal_name):
                if file.base == START:
                    self._store_id = file.store_id()
                else:
                    with suppress(BrokenJournal, StoreUnusable):  # it is in a segment that was moved elsewhere
                        self._store_id = store_id_of(next(self._archive(file).lines_after(START), b""))
            self._lock.store = self._store_id
        return self._store_id

    def size(self) -> int:
        return 0 if self._journal is None else self._journal.size

    def start(self) -> Head:
        with _reading(self.journal_name):
            return START if self._journal is None else self._archive(self._journal).start()

    def missing(self) -> Message | None:
        with _reading(self.journal_name):
            return None if self._journal is None else self._archive(self._journal).missing()

    def _archive(self, file: JournalFile) -> Archive:
        return Archive(self.folder, file.base)

    def read_after(self, head: Head) -> Iterator[bytes]:
        file = self._file
        with _reading(self.journal_name):
            if head.sequence < file.base.sequence:
                yield from self._archive(file).lines_after(head)
                head = file.base
            for _, raw in file.lines_from(head.sequence, file.place_checked(head)):
                yield raw

    def read_beginnings(self, head: Head, length: int, patterns: Sequence[bytes]) -> Iterator[bytes]:
        file = self._file
        with _reading(self.journal_name):
            if head.sequence < file.base.sequence:
                yield from self._archive(file).lines_after(head)
                head = file.base
            yield from file.beginnings(file.place_checked(head), length, patterns)

    def read_backwards(self, head: Head, patterns: Sequence[bytes] = ()) -> Iterator[bytes]:
        file = self._file
        with _reading(self.journal_name):
            if head.sequence > file.base.sequence:
                yield from file.lines_backwards(file.place_of(head), patterns)
            yield from self._archive(file).lines_backwards(head, patterns)

    def line(self, sequence: int) -> bytes | None:
        file, begin = self._file, line_numbered(sequence)
        with _reading(self.journal_name):
            if sequence > file.base.sequence:
                found = file.lines_backwards(file.place_of(Head(file.last)), (begin,))
            else:
                found = self._archive(file).lines_backwards(Head(sequence), (begin,))
            return next((raw for raw in found if raw.startswith(begin)), None)

    # Writing

    def append(self, lines: Sequence[bytes], expected: Head) -> Head:
        if not lines:
            return expected
        raw = b"".join(lines)
        after = Head(expected.sequence + len(lines), hash_of(lines[-1]))
        with _writing(self.journal_name):
            if self._journal is None:
                if expected != START:
                    raise HeadMoved
                try:
                    self._journal, place = JournalFile.create(self._journal_path, raw), 0
                except FileExistsError:
                    raise HeadMoved from None
            else:
                place = self._journal.place_of(expected)
                with self._journal.alone() as is_alone:
                    if not is_alone or self._journal.size_in_place() != place:
                        raise HeadMoved
                    self._journal.place_checked(expected)
                    self._journal.append(raw, place)
        self._journal.remember(after.sequence, place + len(raw))
        return after

    def append_all(self, batches: Iterable[Sequence[bytes]], expected: Head) -> Head:
        if self._journal is not None or expected != START:
            raise HeadMoved
        with _writing(self.journal_name):
            self._journal = JournalFile.create(self._journal_path, map(b"".join, batches))
        return self.head()

    @contextmanager
    def watch(self) -> Iterator["FileEngine"]:
        yield self

    def since(self, head: Head) -> bool:
        if self._journal is None:
            return False
        with _reading(self.journal_name):
            size = self._journal.size_in_place()
            if size < 0:
                self._follow_archive(head)
                size = self._journal.size
        if head.sequence < self._journal.base.sequence:
            return True
        place = self._journal.place_of(head)
        if size < place:
            raise BrokenJournal(head.sequence, "journal-cut-off", START)
        return size != place

    # Archives

    def _follow_archive(self, head: Head) -> None:
        """Go on in the journal that an archiving put in the place of ours.

        BrokenJournal if it does not hold a head; whoever reads after a head that is in a segment finds that out there.
        """
        new = JournalFile.open(self._journal_path, self.read_only)
        try:
            if head.sequence >= new.base.sequence:
                new.place_checked(head)
        except BrokenJournal:
            raise BrokenJournal(head.sequence, "journal-replaced", START) from None
        self._journal = new  # a thread may be reading in the old one, which is closed when no one is

    def archive(self, keep: int) -> int:
        """Move all lines but the last ones into segments; returns how many. The caller holds the lock.

        The segments are on disk before the journal without their lines is put in its place.

        Raises:
            BrokenJournal: a line is bad; nothing was moved.
        """
        file, last = self._file, self.head().sequence
        cut = last - keep
        if cut <= file.base.sequence:
            return 0
        with _writing(self.journal_name), file.alone() as is_alone:
            if not is_alone or file.size_in_place() < 0:
                raise BrokenJournal(last, "lock-broken", START)
            rest = file.checked_lines()
            write_segments(self.folder, takewhile(lambda line: line[0] <= cut, rest))
            for _ in rest:  # which checks them
                pass
            file.cut(file.place_of(Head(cut)))
            self._journal = JournalFile.open(self._journal_path, self.read_only)
        return cut - file.base.sequence

    # Snapshots

    def snapshot(self) -> Snapshot | None:
        placed = None
        with _reading(self.snapshot_name), suppress(FileNotFoundError, NotADirectoryError):
            placed = read_snapshot(self._snapshot_path)
        if placed is None:
            return None
        snapshot, place = placed
        if self._journal is not None:
            self._journal.remember_snapshot(snapshot.head, place)
            self._store_id = self.store_id() or snapshot.store
        return snapshot

    @contextmanager
    def snapshotting(self, holder: str) -> Iterator[None]:
        with self.lock(0, holder):
            yield

    def write_snapshot(
        self, head: Head, next_number: int, body: Iterable[bytes], state_sum: str = "", damaged: bool = False
    ) -> tuple[int, str]:
        place, store = self._file.place_of(head), self.store_id()
        with _writing(self.snapshot_name):
            written = write_snapshot(
                self._snapshot_path, head, place, next_number, body, store=store, state_sum=state_sum, damaged=damaged
            )
        self._file.remember_snapshot(head, place)
        return written
