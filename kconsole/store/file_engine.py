"""The files of one store (lock, journal, snapshot), and the records that they add up to.

A store is a folder: the journal is the truth, the snapshot is what it adds up to. Opening reads the snapshot and what
the journal holds after it; a commit appends one line to the journal; other processes' lines are read as they come.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from kconsole.core.codes import Message
from kconsole.core.errors import NotFound, ReadOnly, StoreBusy, StoreUnusable
from kconsole.core.history import Change, Commit, Operator
from kconsole.core.times import Clock
from kconsole.store.commit_codec import body_of, changes_of, commit_of
from kconsole.store.errors import (
    NONSENSE,
    broken,
    missing,
    refuse_links,
    reporting_damage,
    reporting_nonsense,
    unreadable,
    unwritable,
)
from kconsole.store.files import NotSynced
from kconsole.store.journal import JOURNAL_FILE, BrokenJournal, Head, Journal
from kconsole.store.locking import LOCK_FILE, SERVER_LOCK_FILE, StoreLock
from kconsole.store.records import DocumentView, Records
from kconsole.store.snapshot import SNAPSHOT_FILE, DamagedSnapshot, OpenSnapshot, open_snapshot, write_snapshot
from kconsole.store.storage import SeatStorage
from kconsole.store.tables import Document
from kconsole.store.transaction import Transaction

CHECK_AT_OPENING: Final = 16 * 1024 * 1024
"""Bytes of journal up to which its whole chain is checked at opening."""

CHECK_BEFORE_WRITING: Final = 64 * 1024 * 1024
"""Bytes up to which that is done at the latest before the first change; beyond, only what the snapshot holds not."""

SMALL: Final = 1024 * 1024
"""Bytes of journal up to which a snapshot is made whenever the store is closed after a change."""

TAIL_SHARE: Final = 8
"""In a larger store it is made at closing when the tail of the journal is more than this part of the snapshot."""

LEAST_TAIL: Final = 4 * 1024 * 1024
"""Bytes of tail below which no snapshot is made while the store is open."""

GLANCE: Final = 0.05
"""Seconds to wait for another process that is saving, when all that is wanted is to see what it saved."""

OLD_FORMAT: Final = "store.format-1.json"
"""The name under which a file from before there was a journal is kept, since its log is nowhere else."""

DAMAGED: Final = f"{SNAPSHOT_FILE}.damaged"
"""The name under which a damaged snapshot is kept."""

TOLD_EVERY: Final = 2000
"""Records after which it is told at the latest how far opening has come, but for those of one line or slice."""

Progress = Callable[[int, int], None]
"""Is told how many records have been read, and of how many; what it raises ends the reading."""


def size_of(folder: Path) -> int:
    """The bytes that opening the store in a folder has to read, or nearly so; 0 if there is none."""
    sizes = 0
    for name in (SNAPSHOT_FILE, JOURNAL_FILE):
        with suppress(OSError):
            sizes += (folder / name).stat().st_size
    return sizes


class StoreFiles:
    """The files of an open store, and how far they have been read into its records."""

    def __init__(self, folder: Path, storage: SeatStorage, clock: Clock, operator: Operator, patience: float) -> None:
        self.folder = folder.resolve()  # once: so that lock, journal and snapshot belong together, whatever links do
        self.operator = operator
        self.session: Final = secrets.token_hex(8)
        self.read_only = False
        self.notices: list[Message] = []
        self.next_number = 1
        self._clock = clock
        self._patience = patience
        self._storage = storage
        self._records: Records = storage.records
        self._lock = StoreLock(self.folder / LOCK_FILE)
        self._server_lock = StoreLock(self.folder / SERVER_LOCK_FILE, "asking the server for something, for the store")
        self._journal_path: Final = self.folder / JOURNAL_FILE
        self._snapshot_path: Final = self.folder / SNAPSHOT_FILE
        self._journal: Journal | None = None
        self._snapshot_head = Head()
        self._snapshot_size = 0
        self._keep_snapshot_as = ""
        """The name under which the file of now is kept when a new snapshot takes its place, if it is no backup."""
        self._is_unchecked = False
        """Whether the lines that the snapshot holds are still to be checked, before the first change."""
        self._is_damaged = False
        """Whether it was opened to be read only in spite of damage: then nothing can be read on."""
        self._progress: Progress | None = None
        self._made: tuple[int, dict[str, Document | None]] = (0, {})
        """Of a commit after which a snapshot is made: its number, and documents of entries, not to make them again."""

    @property
    def head(self) -> Head:
        """The last line of the journal that has been read."""
        return self._snapshot_head if self._journal is None else self._journal.head

    @property
    def journal(self) -> Journal:
        """The journal.

        Raises:
            StoreUnusable: there is none.
        """
        if self._journal is None:
            raise missing(self._journal_path)
        return self._journal

    def let_go(self) -> None:
        """Close the files."""
        if self._journal is not None:
            self._journal.close()
        self._lock.close()
        self._server_lock.close()

    # Locking

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock."""
        self.lock()
        try:
            yield
        finally:
            self.unlock()

    def lock(self) -> None:
        """Take the lock.

        Raises:
            ReadOnly: the store was opened to be read only.
            StoreBusy: another process held it for too long.
            StoreUnusable: the file cannot be opened.
        """
        self._acquire(self._lock, self._patience)

    def unlock(self) -> None:
        """Let others have the lock."""
        self._lock.release()

    @contextmanager
    def alone_at_server(self, patience: float | None) -> Iterator[None]:
        """Hold the lock under which the live server is asked to change something. The store itself stays free.

        Raises:
            As `lock`.
        """
        self._acquire(self._server_lock, self._patience if patience is None else patience)
        try:
            yield
        finally:
            self._server_lock.release()

    def _acquire(self, lock: StoreLock, patience: float) -> None:
        if self.read_only:
            raise ReadOnly("The store was opened to be read only.", "Open it without --read-only to change it.")
        try:
            lock.acquire(patience, self.operator.shown)
        except OSError as error:
            raise unwritable(lock.path, error) from error

    @contextmanager
    def glance(self) -> Iterator[bool]:
        """Hold the lock to read on; whether nobody can be in the middle of a line.

        Who cannot have the lock, since nothing can be written here, reads without it.
        """
        if self.read_only:
            yield True
            return
        with ExitStack() as stack:
            settled = True
            try:
                with self._patient(min(GLANCE, self._patience)):
                    stack.enter_context(self.locked())
            except StoreBusy:
                settled = False
            except StoreUnusable:
                pass
            yield settled

    @contextmanager
    def _patient(self, patience: float) -> Iterator[None]:
        """Wait no longer than this for another process."""
        before, self._patience = self._patience, patience
        try:
            yield
        finally:
            self._patience = before

    # Opening

    def open(self, read_only: bool, progress: Progress | None = None) -> None:
        """Read the store.

        Args:
            read_only: take what is good of a damaged store, and write nothing.
            progress: is told how far it has come, in the thread that this runs in.

        Raises:
            NotFound: there is none.
            StoreUnusable: it is damaged, foreign, of a newer format, or cannot be read.
            OSError: it cannot be read.
        """
        self.read_only, self._progress = read_only, progress
        refuse_links(self.folder, SNAPSHOT_FILE, JOURNAL_FILE, LOCK_FILE, SERVER_LOCK_FILE)
        snapshot = self._readable_snapshot()
        try:
            self._journal = Journal.open(self._journal_path, read_only)
        except (FileNotFoundError, NotADirectoryError):
            self._open_without_journal(snapshot)
            return
        if snapshot is not None and snapshot.head is not None:
            self._take_snapshot(snapshot, snapshot.head)
        elif snapshot is not None:  # the first snapshot in the new format could not be written
            self._records.clear()
            self._keep_snapshot_as = OLD_FORMAT
        for step in (self._check_chain, self._replay):
            try:
                with reporting_damage(self._journal_path):
                    step()
            except StoreUnusable as damage:
                if not read_only:
                    raise
                self._is_damaged = True
                if damage.happened not in self.notices:
                    self.notices.append(damage.happened)
        self._mend_torn_tail_unless_busy()

    def _readable_snapshot(self) -> OpenSnapshot | None:
        """The snapshot, its records taken; None if there is none, or it is damaged and the journal has everything."""
        try:
            snapshot = open_snapshot(self._snapshot_path)
            self._load(snapshot)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except DamagedSnapshot as damage:
            self._records.clear()
            if not os.path.lexists(self._journal_path):
                raise StoreUnusable(
                    f"{self._snapshot_path} is damaged: {damage}.",
                    f"It was not touched. Restore it from a backup; {SNAPSHOT_FILE}.bak may be a former state of it.",
                ) from None
            self.notices.append(
                Message(f"{self._snapshot_path} was damaged ({damage}); what it held was made anew from the journal.")
            )
            self._keep_snapshot_as = DAMAGED
            return None
        return snapshot

    def _load(self, snapshot: OpenSnapshot) -> None:
        """Take the records of a snapshot.

        Raises:
            DamagedSnapshot: one makes no sense.
        """
        total = 0 if self._progress is None else snapshot.count()
        told = 0
        for table, documents in snapshot.slices():
            try:
                self._records.load(table, documents)
            except NONSENSE as error:
                raise DamagedSnapshot(f"a record in it makes no sense ({error!r})") from None
            read = len(self._records.entries)
            if self._progress is not None and (read - told >= TOLD_EVERY or read == total):
                told = read
                self._progress(read, max(read, total))

    def _open_without_journal(self, snapshot: OpenSnapshot | None) -> None:
        if snapshot is None:
            raise NotFound(
                f"There is no store in {self.folder}.",
                "Make one with 'kconsole init --seats N', or look around with 'kconsole demo'.",
            )
        if snapshot.head is None and not self.read_only:
            self._migrate()
            return
        if not self.read_only:
            raise missing(self._journal_path)
        self._take_snapshot(snapshot, snapshot.head or Head())
        self.notices.append(
            Message("The store is in an older format, and has no journal yet.")
            if snapshot.head is None
            else missing(self._journal_path).happened
        )

    def _migrate(self) -> None:
        """Begin the journal of a store from before there was one. Its file is kept, for the log in it."""
        with self.locked():
            self._records.clear()  # what was read before the lock was there may be outdated
            faster = os.path.lexists(self._journal_path)  # than we was another process
            snapshot = None if faster else self._readable_snapshot()
            if snapshot is not None:
                self._begin_from(snapshot)
        if snapshot is None:
            self.open(self.read_only, self._progress)

    def _begin_from(self, snapshot: OpenSnapshot) -> None:
        transaction = Transaction(self._storage, snapshot.next_number, "migrate")
        self._storage.stage_everything()
        self._keep_snapshot_as = OLD_FORMAT
        try:
            self.begin(transaction)
        except OSError as error:
            raise unwritable(self._journal_path, error) from error
        self.notices.append(Message(f"The store was brought to a new format; the old file is kept as {OLD_FORMAT}."))
        with suppress(OSError):  # the journal has everything
            self.write_snapshot()

    def _take_snapshot(self, snapshot: OpenSnapshot, head: Head) -> None:
        """Its records have been taken already."""
        self.next_number = snapshot.next_number
        self._snapshot_head, self._snapshot_size = head, snapshot.size
        if self._journal is not None:
            self._journal.head = head

    def _check_chain(self) -> None:
        """Check that the journal holds what the snapshot was made from; replaying checks what comes after that."""
        journal, start = self.journal, self._snapshot_head
        if journal.size < start.offset:
            raise BrokenJournal(start.sequence, "the journal ends before it: its tail has been cut off", Head())
        if not journal.holds(start):
            raise BrokenJournal(start.sequence, f"it is not the line that {SNAPSHOT_FILE} was made from", Head())
        self._is_unchecked = start.sequence > 0 and journal.size <= CHECK_BEFORE_WRITING
        if self._is_unchecked and journal.size <= CHECK_AT_OPENING:
            self._check_what_the_snapshot_holds()

    def check_ahead(self) -> None:
        """Check now what would be checked before the first change; only then it is told if something is wrong."""
        if self._is_unchecked:
            with suppress(BrokenJournal, OSError):
                self._check_what_the_snapshot_holds()

    def _check_what_the_snapshot_holds(self) -> None:
        start = self._snapshot_head
        for _, head in self.journal.linked_lines():
            if head.offset >= start.offset:
                if head != start:
                    raise BrokenJournal(head.sequence, f"it is not the line that {SNAPSHOT_FILE} was made from", Head())
                break
        self._is_unchecked = False

    def _replay(self) -> None:
        """Take the lines that the snapshot does not hold."""
        journal, replayed = self.journal, 0
        with self.glance():
            for line in journal.read_on():
                with reporting_nonsense(self._journal_path):
                    changes, next_number = changes_of(line.body), int(line.body["next_number"])
                for change in changes:
                    self._records.take(change)
                self.next_number = next_number
                replayed += len(changes)
                if self._progress is not None and replayed >= TOLD_EVERY:
                    replayed = 0
                    self._progress(len(self._records.entries), len(self._records.entries))
        if journal.head.sequence == 0:
            raise BrokenJournal(1, "the journal is empty" if journal.size == 0 else "it has no end", Head())

    def _mend_torn_tail_unless_busy(self) -> None:
        """At opening: what is torn is left alone while somebody holds the lock, who may be writing it just now."""
        if self.read_only or not self.has_grown():
            return
        with self._patient(0), suppress(StoreBusy), self.locked():
            for _ in self.come_to_the_end():
                pass

    # Reading on

    def has_grown(self) -> bool:
        """Whether the journal holds more than has been read. Costs one call to the system.

        Raises:
            StoreUnusable: the journal is gone, or is another one.
        """
        if self._journal is None or self._is_damaged:
            return False
        try:
            return self._journal.has_grown()
        except BrokenJournal as damage:
            raise broken(self._journal_path, damage) from None
        except OSError as error:
            raise unreadable(self._journal_path, error) from error

    def read_on(self) -> Iterator[Commit]:
        """Take what other processes committed; each commit is given when the records are as after it.

        Raises:
            StoreUnusable: the journal is broken.
        """
        with reporting_damage(self._journal_path), reporting_nonsense(self._journal_path):
            for line in self.journal.read_on():
                commit, next_number = commit_of(line.body), int(line.body["next_number"])
                for change in commit.changes:
                    self._records.take(change)
                self.next_number = next_number
                yield commit

    def come_to_the_end(self) -> Iterator[Commit]:
        """Under the lock: read everything, and see that the journal ends with the line that the next one follows.

        Raises:
            StoreUnusable: it does not, or what is torn cannot be mended.
        """
        if self._is_unchecked:
            with reporting_damage(self._journal_path):
                self._check_what_the_snapshot_holds()
        if self.has_grown():
            yield from self.read_on()
            if self.has_grown() and not self._mended_torn_tail():
                yield from self.read_on()
        journal = self.journal
        if not journal.holds(journal.head):
            raise broken(
                self._journal_path,
                BrokenJournal(journal.head.sequence, "it has been changed since it was read", Head()),
            )

    def _mended_torn_tail(self) -> bool:
        """Set aside what is left after reading on, which was never told as done; not if it is whole by now."""
        try:
            aside = self.journal.mend_torn_tail()
        except BrokenJournal as damage:
            raise broken(self._journal_path, damage) from None
        except OSError as error:
            raise unwritable(self._journal_path, error) from error
        if aside is None:
            return False
        self.notices.append(
            Message(f"The last line of the journal was torn; it was never told as done, and is in {aside} now.")
        )
        return True

    # Writing

    def begin(self, transaction: Transaction) -> None:
        """Begin the journal with what is staged.

        Raises:
            FileExistsError: there is one already.
            OSError: it cannot be written; then there is none.
        """
        net = self._storage.net()
        commit = self.made(self.operator, "", transaction, net.records)
        self._journal = Journal.create(self._journal_path, body_of(commit, transaction.next_number, net.documents))
        self._storage.keep()
        self.next_number = transaction.next_number

    def commit(self, who: Operator, reason: str, transaction: Transaction) -> None:
        """Bring what was staged to disk and let it stay; or take it back, whatever happens on the way.

        Raises:
            StoreUnusable: it cannot be written.
        """
        commit, self._made = None, (0, {})
        try:
            net = self._storage.net()
            if net.records:
                commit = self.made(who, reason, transaction, net.records)
                self.journal.append(body_of(commit, transaction.next_number, net.documents))
            elif transaction.refused:
                self._append_refusal(who, reason, transaction)
        except OSError as error:
            raise unwritable(self._journal_path, error) from error
        finally:
            if commit is not None and self.head.sequence == commit.sequence:
                self._storage.keep()
                self.next_number = transaction.next_number
                transaction.commit = commit
                if self.has_outgrown_snapshot:
                    entries = (each for each in net.documents if each.table == "entries" and each.after is not None)
                    self._made = commit.sequence, {str(each.number): each.after for each in entries}
            else:
                self._storage.roll_back()

    def refuse(self, who: Operator, reason: str, transaction: Transaction) -> None:
        """Take back what was staged, and let the journal say that it was refused."""
        self._storage.roll_back()
        with suppress(OSError):  # it is refused, whether that can be written down or not
            self._append_refusal(who, reason, transaction)

    def _append_refusal(self, who: Operator, reason: str, transaction: Transaction) -> None:
        self.journal.append(body_of(self.made(who, reason, transaction, ()), self.next_number, ()))

    def made(self, who: Operator, reason: str, transaction: Transaction, changes: tuple[Change, ...]) -> Commit:
        """The next commit."""
        return Commit(
            self.head.sequence + 1,
            self._clock.now(),
            who,
            self.session,
            transaction.operation,
            reason,
            changes,
            transaction.seats,
            transaction.refused,
            transaction.undoes,
            own=True,
        )

    # Snapshots

    @property
    def tail(self) -> int:
        """Bytes of journal that the snapshot does not hold."""
        return self.head.offset - self._snapshot_head.offset

    @property
    def has_outgrown_snapshot(self) -> bool:
        """Whether it is time for a new one while the store is open."""
        return self.tail > LEAST_TAIL and self.tail > self._snapshot_size

    @property
    def wants_snapshot_at_closing(self) -> bool:
        """Whether it is time for a new one at a clean exit."""
        if self.read_only or self._journal is None:
            return False
        return self.tail > 0 and (self.head.offset <= SMALL or self.tail * TAIL_SHARE > self._snapshot_size)

    def write_snapshot(self) -> None:
        """Make a new one; under the lock, at the end of the journal.

        Raises:
            OSError: it cannot be written; the one before is there as it was.
        """
        head, (sequence, made) = self.head, self._made
        self._made = 0, {}
        views = dict(self._records.views)
        if made and sequence == head.sequence:
            views["entries"] = DocumentView("entries", self._records.entries, made)
        try:
            self._snapshot_size = write_snapshot(
                self._snapshot_path, views, self.next_number, head, self._keep_snapshot_as
            )
        except NotSynced as error:
            if error.filename == str(self._snapshot_path):  # it is in place, and what was there before is kept
                self._keep_snapshot_as = ""
            raise
        self._snapshot_head, self._keep_snapshot_as = head, ""

    def try_snapshot(self) -> None:
        """Make one if nobody else is at work; the journal has everything, and the next one will try again."""
        with self._patient(0), suppress(StoreBusy, StoreUnusable, OSError), self.locked():
            if not self.has_grown():
                self.write_snapshot()
        self._made = 0, {}
