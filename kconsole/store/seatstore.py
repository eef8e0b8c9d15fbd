"""The store of seats: typed records, changed in transactions that are whole or not there.

A store is a folder: the journal is the truth, the snapshot is what it adds up to. Opening reads the snapshot and what
the journal holds after it; a commit appends one line to the journal; other processes' lines are read as they come.
"""

import gc
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from kconsole.model.errors import NotFound, ReadOnly, Refused, StoreBusy, StoreUnusable
from kconsole.model.history import Change, Commit, Operator, as_operator
from kconsole.model.records import Domain, Entry, Inventory, License
from kconsole.model.times import Clock
from kconsole.store.files import NotSynced, make_folder
from kconsole.store.journal import JOURNAL_FILE, BrokenJournal, Head, Journal, Line, parsed
from kconsole.store.lines import body_of, changes_of, commit_of
from kconsole.store.locking import LOCK_FILE, StoreLock
from kconsole.store.records import Records
from kconsole.store.snapshot import SNAPSHOT_FILE, DamagedSnapshot, Snapshot, read_snapshot, write_snapshot
from kconsole.store.storage import SeatDB, SeatStorage
from kconsole.store.transaction import Transaction, net

PATIENCE: Final = 10.0
"""Seconds to wait for another process that is saving."""

WHOLE_CHECK: Final = 64 * 1024 * 1024
"""Bytes of journal up to which its whole chain is checked at opening; beyond, only what the snapshot does not hold."""

SMALL: Final = 1024 * 1024
"""Bytes of journal up to which a snapshot is made whenever the store is closed after a change."""

TAIL_SHARE: Final = 8
"""In a larger store it is made at closing when the tail of the journal is more than this part of the snapshot."""

LEAST_TAIL: Final = 4 * 1024 * 1024
"""Bytes of tail below which no snapshot is made while the store is open."""


class SeatStore:
    """An open store.

    Records are read from memory; a change goes through `transaction`, which locks the store against other
    processes, reads what they changed, lets the caller check and change, and brings it to disk.
    """

    def __init__(
        self, folder: Path, clock: Clock, patience: float, operator: Operator | str, read_only: bool = False
    ) -> None:
        self.folder = folder
        self.operator = as_operator(operator)
        self.read_only = read_only
        self.session: Final = secrets.token_hex(8)
        """The random name of this run, by which the journal tells it from others."""
        self.notices: list[str] = []
        """What was found and mended, or cannot be mended, for a person."""
        self._clock = clock
        self._patience = patience
        self._records = Records()
        self._storage = SeatStorage(self._records)
        self._db = SeatDB(storage=lambda: self._storage)
        self._lock = StoreLock(folder / LOCK_FILE)
        self._journal: Journal | None = None
        self._next_number = 1
        self._snapshot_head = Head()
        self._snapshot_size = 0
        self._listeners: list[Callable[[Commit], None]] = []

    @classmethod
    def open(
        cls,
        folder: Path,
        clock: Clock,
        patience: float = PATIENCE,
        operator: Operator | str = "",
        read_only: bool = False,
    ) -> "SeatStore":
        """Open the store in a folder.

        Args:
            folder: where it is.
            clock: tells the moment of a commit.
            patience: seconds to wait for another process that is saving.
            operator: who is at work, for the lock and the journal.
            read_only: open what is good of a damaged store, and change nothing.

        Raises:
            NotFound: there is none.
            StoreUnusable: it is damaged, foreign, of a newer format, or cannot be read.
        """
        store = cls(folder, clock, patience, operator, read_only)
        collecting = gc.isenabled()
        gc.disable()  # a hundred thousand records, none of them garbage: looking for some would double the time
        try:
            store._open()
        except OSError as error:
            raise _unreadable(Path(error.filename or folder), error) from error
        finally:
            if collecting:
                gc.enable()
        return store

    @classmethod
    def create(
        cls, folder: Path, inventory: Inventory, clock: Clock, operator: Operator | str, patience: float = PATIENCE
    ) -> "SeatStore":
        """Make a store in a folder, with what it shall hold.

        Raises:
            Refused: there is one already.
            StoreUnusable: it cannot be written there.
        """
        if folder.exists() and not folder.is_dir():
            raise StoreUnusable(f"{folder} is not a folder.", "Choose another place for the store.")
        store = cls(folder, clock, patience, operator)
        transaction = Transaction(store._storage, store._db, store._next_number)
        transaction.replace_all(inventory)
        try:
            make_folder(folder)
            if (folder / SNAPSHOT_FILE).exists():
                raise FileExistsError
            store._begin_journal("init", transaction)
        except FileExistsError:
            raise Refused(f"There is a store in {folder} already.", "Use it, or choose another folder.") from None
        except OSError as error:
            raise _unwritable(folder / JOURNAL_FILE, error) from error
        return store

    # Reading

    @property
    def entries(self) -> Iterable[Entry]:
        """All entries, deleted ones too, in the order in which they were stored."""
        return self._records.entries.values()

    @property
    def domains(self) -> Iterable[Domain]:
        """All domains."""
        return self._records.domains.values()

    @property
    def license(self) -> License:
        """What was bought."""
        return self._records.license

    @property
    def last_restart(self) -> datetime | None:
        """The last recorded restart of the server."""
        return self._records.last_restart

    @property
    def head(self) -> Head:
        """The last line of the journal that has been read."""
        return self._snapshot_head if self._journal is None else self._journal.head

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        return self.head.sequence

    @property
    def inventory(self) -> Inventory:
        """Everything, as one record."""
        return self._records.inventory

    def entry(self, number: int) -> Entry | None:
        """The entry with this number, deleted or not."""
        return self._records.entries.get(number)

    def entry_at(self, address: str) -> Entry | None:
        """The entry that has this address now; compared without case."""
        return self._records.entry_at(address)

    def deleted_at(self, address: str) -> list[Entry]:
        """The deleted entries that had this address, the last deleted first."""
        return self._records.deleted_at(address)

    def domain(self, number: int) -> Domain | None:
        """The domain with this number."""
        return self._records.domains.get(number)

    def domain_named(self, name: str) -> Domain | None:
        """The domain with this name; compared without case."""
        return self._records.domain_named(name)

    def history(self) -> Iterator[Commit]:
        """All commits that have been read, the first one first.

        Raises:
            StoreUnusable: the journal is broken before its head.
        """
        with self._reporting_damage():
            for raw, head in self._whole_journal().linked_lines():
                if head.sequence > self.sequence:
                    return
                yield commit_of(parsed(raw, head).body)

    def history_backwards(self) -> Iterator[Commit]:
        """All commits that have been read, the last one first. A line is parsed only when it is asked for.

        Raises:
            StoreUnusable: the journal is broken before its head.
        """
        with self._reporting_damage():
            lines = [
                (raw, head) for raw, head in self._whole_journal().linked_lines() if head.sequence <= self.sequence
            ]
            for raw, head in reversed(lines):
                yield commit_of(parsed(raw, head).body)

    # Changing

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Tell `listener` of every commit from now on: our own, and others' once they are read."""
        self._listeners.append(listener)

    def catch_up(self) -> list[Commit]:
        """Read what other processes committed, and tell the listeners. Costs three calls to the system if nothing.

        Raises:
            StoreUnusable: the journal is gone, or broken; what is in memory stays as it was.
        """
        commits: list[Commit] = []
        if self._journal is not None:
            with self._reporting_damage():
                if self._journal.is_replaced():
                    raise BrokenJournal(self.sequence, "another file was put in its place", self.head)
                if self._journal.has_grown():
                    commits = [self._take_line(line) for line in self._journal.read_on()]
        for commit in commits:
            self._tell(commit)
        return commits

    @contextmanager
    def transaction(self, deed: str, operator: Operator | str = "", reason: str = "") -> Iterator[Transaction]:
        """Change records of any tables together: all of it is on disk when the block has been left, or none.

        The store is locked and up to date inside the block: what is checked there holds until it is left. An
        exception from the block takes everything back; if it is `Refused`, the journal gets a line that says so.
        A block that changes nothing and refuses nothing writes nothing.

        Args:
            deed: what is done, as the journal will name it.
            operator: who does it; empty for the one who opened the store.
            reason: why, in his words.

        Raises:
            ReadOnly: the store was opened to be read only.
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be read or written; nothing was changed.
        """
        who = as_operator(operator) if operator else self.operator
        with self._locked():
            self.catch_up()
            self._set_aside_torn_tail()
            transaction = Transaction(self._storage, self._db, self._next_number)
            try:
                yield transaction
            except Refused as refused:
                self._storage.roll_back()
                transaction.refused = (refused.message,)
                with suppress(OSError):  # it is refused, whether that can be written down or not
                    self._append(deed, who, reason, transaction, ())
                raise
            except BaseException:
                self._storage.roll_back()
                raise
            commit = self._commit(deed, who, reason, transaction)
        transaction.commit = commit
        if commit is not None:
            self._tell(commit)

    def write_snapshot(self) -> None:
        """Make the snapshot anew from what is in memory.

        Raises:
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be written; the one before is there as it was.
        """
        with self._locked():
            self.catch_up()
            try:
                self._write_snapshot()
            except OSError as error:
                raise _unwritable(self.folder / SNAPSHOT_FILE, error) from error

    def close(self) -> None:
        """Let go of the store, with a new snapshot if the journal has outgrown the old one. Never fails."""
        self._listeners.clear()
        if self._journal is not None:
            if not self.read_only and self._wants_snapshot_at_closing():
                self._patience = 0
                with suppress(StoreBusy, StoreUnusable):
                    self.write_snapshot()
            self._journal.close()
        self._lock.close()

    # Opening

    def _open(self) -> None:
        snapshot = self._readable_snapshot()
        try:
            self._journal = Journal.open(self.folder / JOURNAL_FILE, self.read_only)
        except (FileNotFoundError, NotADirectoryError):
            self._open_without_journal(snapshot)
            return
        if snapshot is not None and snapshot.head is not None:
            self._take_snapshot(snapshot, snapshot.head)
            self._journal.head = snapshot.head
        for step in (self._check_chain, self._replay):
            try:
                with self._reporting_damage():
                    step()
            except StoreUnusable as damage:
                if not self.read_only:
                    raise
                self.notices.append(damage.message)
        self._set_aside_torn_tail_unless_busy()

    def _readable_snapshot(self) -> Snapshot | None:
        path = self.folder / SNAPSHOT_FILE
        try:
            return read_snapshot(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except DamagedSnapshot as damage:
            if not (self.folder / JOURNAL_FILE).exists():
                raise StoreUnusable(
                    f"{path} is damaged: {damage}.", "It was not touched. Restore it from a backup."
                ) from None
            self.notices.append(f"{path} was damaged ({damage}); what it held was made anew from the journal.")
            return None

    def _open_without_journal(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            raise NotFound(
                f"There is no store in {self.folder}.",
                "Make one with 'kconsole init --seats N', or look around with 'kconsole demo'.",
            )
        missing = f"{self.folder / JOURNAL_FILE} is missing."
        if snapshot.head is not None and not self.read_only:
            raise StoreUnusable(
                missing, "Bring it back from a backup. Until then, 'kconsole --read-only' shows what the store held."
            )
        self._take_snapshot(snapshot, snapshot.head or Head())
        if self.read_only:
            self.notices.append(missing)
        else:
            self._migrate(snapshot)

    def _migrate(self, snapshot: Snapshot) -> None:
        """Begin the journal of a store from before there was one. Its file stays as the backup of the new one."""
        with self._locked():
            transaction = Transaction(self._storage, self._db, snapshot.next_number)
            self._storage.staged = [
                Change(table, number, None, record)
                for table, records in self._records.tables.items()
                for number, record in records.items()
            ]
            try:
                self._begin_journal("migrate", transaction)
            except FileExistsError:
                raise StoreBusy("Another kconsole is bringing this store to its new format.", "Try again.") from None
            with suppress(OSError):  # the journal has everything
                self._write_snapshot()
        self.notices.append(f"The store was brought to a new format; the old file is {SNAPSHOT_FILE}.bak.")

    def _take_snapshot(self, snapshot: Snapshot, head: Head) -> None:
        with self._reporting_nonsense(self.folder / SNAPSHOT_FILE):
            self._records.load(snapshot.tables)
        self._next_number = snapshot.next_number
        self._snapshot_head, self._snapshot_size = head, snapshot.size

    def _check_chain(self) -> None:
        """Check every line, or in a large journal that it still holds what the snapshot was made from."""
        journal, start = self._whole_journal(), self._snapshot_head
        if journal.size < start.offset:
            raise BrokenJournal(start.sequence, "the journal ends before it: its tail has been cut off", Head())
        if journal.size > WHOLE_CHECK:
            if not journal.holds(start):
                raise BrokenJournal(start.sequence, f"it is not the line that {SNAPSHOT_FILE} was made from", Head())
            return
        for _, head in journal.linked_lines():
            if head.sequence == start.sequence and head != start:
                raise BrokenJournal(start.sequence, f"it is not the line that {SNAPSHOT_FILE} was made from", Head())

    def _replay(self) -> None:
        """Take the lines that the snapshot does not hold."""
        for line in self._whole_journal().read_on():
            with self._reporting_nonsense(self.folder / JOURNAL_FILE):
                for change in changes_of(line.body):
                    self._records.take(change)
                self._next_number = line.body["next_number"]

    def _set_aside_torn_tail_unless_busy(self) -> None:
        """At opening: what is torn is left alone while somebody holds the lock, who may be writing it just now."""
        if self.read_only or not self._whole_journal().has_grown():
            return
        patience, self._patience = self._patience, 0
        try:
            with suppress(StoreBusy, OSError), self._locked():
                self.catch_up()
                self._set_aside_torn_tail()
        finally:
            self._patience = patience

    # Committing

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self.read_only:
            raise ReadOnly("The store was opened to be read only.", "Open it without --read-only to change it.")
        with ExitStack() as stack:
            try:
                stack.enter_context(self._lock.held(self._patience, self.operator.shown, self._clock.now()))
            except OSError as error:
                raise _unwritable(self._lock.path, error) from error
            yield

    def _set_aside_torn_tail(self) -> None:
        """Under the lock, after catching up: whatever is left was never told as done."""
        journal = self._whole_journal()
        if not journal.has_grown():
            return
        try:
            aside = journal.set_aside_torn_tail()
        except OSError as error:
            raise _unwritable(journal.path, error) from error
        self.notices.append(f"The last line of the journal was torn; it was never told as done, and is in {aside} now.")

    def _commit(self, deed: str, who: Operator, reason: str, transaction: Transaction) -> Commit | None:
        changes = net(self._storage.staged, self._records)
        if not changes and not transaction.refused:
            self._storage.roll_back()
            return None
        try:
            commit = self._append(deed, who, reason, transaction, changes)
        except BaseException as error:
            self._storage.roll_back()
            if isinstance(error, OSError):
                raise _unwritable(self.folder / JOURNAL_FILE, error) from error
            raise
        self._storage.keep()
        self._next_number = transaction.next_number
        if self.head.offset - self._snapshot_head.offset > max(LEAST_TAIL, self._snapshot_size):
            with suppress(OSError):  # the journal has everything; the next one will try again
                self._write_snapshot()
        return commit if changes else None

    def _append(
        self, deed: str, who: Operator, reason: str, transaction: Transaction, changes: tuple[Change, ...]
    ) -> Commit:
        commit = self._made(self.sequence + 1, deed, who, reason, transaction, changes)
        next_number = transaction.next_number if changes else self._next_number
        self._whole_journal().append(body_of(commit, next_number))
        return commit

    def _begin_journal(self, deed: str, transaction: Transaction) -> None:
        commit = self._made(1, deed, self.operator, "", transaction, tuple(self._storage.staged))
        path = self.folder / JOURNAL_FILE
        with suppress(NotSynced):  # it is there; the next line will be synced by itself
            self._journal = Journal.create(path, body_of(commit, transaction.next_number))
        self._storage.keep()
        self._next_number = transaction.next_number

    def _made(
        self,
        sequence: int,
        deed: str,
        who: Operator,
        reason: str,
        transaction: Transaction,
        changes: tuple[Change, ...],
    ) -> Commit:
        return Commit(
            sequence=sequence,
            at=self._clock.now(),
            operator=who,
            session=self.session,
            deed=deed,
            reason=reason,
            changes=changes,
            seats=transaction.seats,
            refused=transaction.refused,
            undoes=transaction.undoes,
            own=True,
        )

    def _write_snapshot(self) -> None:
        """Under the lock, caught up."""
        head = self.head
        self._snapshot_size = write_snapshot(self.folder / SNAPSHOT_FILE, self._records.views, self._next_number, head)
        self._snapshot_head = head

    def _wants_snapshot_at_closing(self) -> bool:
        tail = self.head.offset - self._snapshot_head.offset
        return tail > 0 and (self.head.offset <= SMALL or tail * TAIL_SHARE > self._snapshot_size)

    def _take_line(self, line: Line) -> Commit:
        """Let the records be as after another process's commit."""
        with self._reporting_nonsense(self.folder / JOURNAL_FILE):
            commit = commit_of(line.body)
            next_number = int(line.body["next_number"])
        for change in commit.changes:
            self._records.take(change)
        self._next_number = next_number
        return commit

    def _tell(self, commit: Commit) -> None:
        for listener in list(self._listeners):
            listener(commit)

    # Trouble

    def _whole_journal(self) -> Journal:
        if self._journal is None:
            raise StoreUnusable(f"{self.folder / JOURNAL_FILE} is missing.", "Bring it back from a backup.")
        return self._journal

    @contextmanager
    def _reporting_damage(self) -> Iterator[None]:
        path = self.folder / JOURNAL_FILE
        try:
            yield
        except BrokenJournal as broken:
            raise StoreUnusable(
                f"{path} is damaged at line {broken.line}: {broken.why}.",
                "Nothing was changed. 'kconsole --read-only' shows what is good of it; 'kconsole doctor' says more.",
            ) from None
        except OSError as error:
            raise _unreadable(path, error) from error

    @contextmanager
    def _reporting_nonsense(self, path: Path) -> Iterator[None]:
        """What is read inside has a right checksum, but perhaps not one of ours."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreUnusable(
                f"{path} is damaged: a record in it makes no sense ({error!r}).", "It was not touched."
            ) from None


def _unreadable(path: Path, error: OSError) -> StoreUnusable:
    return StoreUnusable(
        f"{path} cannot be read: {error.strerror or error}.", "Check the folder and its permissions, then try again."
    )


def _unwritable(path: Path, error: OSError) -> StoreUnusable:
    return StoreUnusable(
        f"{path} cannot be written: {error.strerror or error}. Nothing was changed.",
        "Check the free space and the permissions of the folder, then try again.",
    )
