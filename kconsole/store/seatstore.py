"""The store of seats: typed records, changed in transactions that are whole or not there."""

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from kconsole.core.codes import Message
from kconsole.core.errors import Refused, StoreUnusable
from kconsole.core.history import Commit, Operator, Refusal, as_operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import PendingChange, Server
from kconsole.core.times import Clock
from kconsole.store.commit_codec import commit_of
from kconsole.store.errors import reporting_damage, reporting_nonsense, unreadable, unwritable
from kconsole.store.file_engine import Progress, StoreFiles
from kconsole.store.files import make_folder
from kconsole.store.journal import JOURNAL_FILE, Head, parsed
from kconsole.store.records import Records
from kconsole.store.snapshot import SNAPSHOT_FILE
from kconsole.store.storage import SeatStorage
from kconsole.store.transaction import Transaction

PATIENCE: Final = 10.0
"""Seconds to wait for another process that is saving."""

MANY: Final = 20_000
"""New records from which on the collector of garbage leaves them alone."""


class SeatStore:
    """An open store.

    Records are read from memory; a change goes through `transaction`, which locks the store against other
    processes, reads what they changed, lets the caller check and change, and brings it to disk.
    """

    def __init__(self, folder: Path, clock: Clock, patience: float, operator: Operator | str) -> None:
        self._records = Records()
        self._storage = SeatStorage(self._records)
        self._files = StoreFiles(folder, self._storage, clock, as_operator(operator), patience)
        self._listeners: list[Callable[[Commit], None]] = []
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        clock: Clock,
        patience: float = PATIENCE,
        operator: Operator | str = "",
        read_only: bool = False,
        progress: Progress | None = None,
    ) -> "SeatStore":
        """Open the store in a folder. This may be done in a thread: no part of it keeps others waiting for long.

        Args:
            folder: where it is.
            clock: tells the moment of a commit.
            patience: seconds to wait for another process that is saving.
            operator: who is at work, for the lock and the journal.
            read_only: open what is good of a damaged store, and change nothing.
            progress: is told, every few thousand records, how many have been read and of how many; in the thread
                that this runs in. What it raises ends the opening, and is raised.

        Raises:
            NotFound: there is none.
            StoreUnusable: it is damaged, foreign, of a newer format, or cannot be read.
        """
        store = cls(folder, clock, patience, operator)
        try:
            with nothing_collected():
                store._files.open(read_only, progress)
        except BaseException as error:
            store._files.let_go()
            if isinstance(error, OSError):
                raise unreadable(Path(error.filename or folder), error) from error
            raise
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
        store = cls(folder, clock, patience, operator)
        files = store._files
        if files.folder.exists() and not files.folder.is_dir():
            raise StoreUnusable(f"{folder} is not a folder.", "Choose another place for the store.")
        transaction = Transaction(store._storage, files.next_number, "init")
        begun = False
        try:
            make_folder(files.folder)
            with nothing_collected(), files.locked():
                if os.path.lexists(files.folder / SNAPSHOT_FILE):
                    raise FileExistsError
                transaction.replace_all(inventory)
                files.begin(transaction)
                begun = True
        except FileExistsError:
            raise Refused(f"There is a store in {folder} already.", "Use it, or choose another folder.") from None
        except OSError as error:
            raise unwritable(files.folder / JOURNAL_FILE, error) from error
        finally:
            if not begun:
                files.let_go()
        return store

    # Who, and where

    @property
    def folder(self) -> Path:
        """The folder that the store is in, its links resolved."""
        return self._files.folder

    @property
    def operator(self) -> Operator:
        """Who is at work, for the lock and the journal."""
        return self._files.operator

    @operator.setter
    def operator(self, operator: Operator | str) -> None:
        self._files.operator = as_operator(operator)

    @property
    def session(self) -> str:
        """The random name of this run, by which the journal tells it from others."""
        return self._files.session

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._files.read_only

    @property
    def notices(self) -> list[Message]:
        """What was found and mended, or cannot be mended, for a person."""
        return self._files.notices

    # Reading

    @property
    def state(self) -> Records:
        """The records as of the last commit that was read; inside a transaction, with its changes."""
        return self._records

    @property
    def entries(self) -> Iterable[Entry]:
        """All entries, deleted ones too, in the order in which they were stored."""
        return self._records.entries.values()

    @property
    def domains(self) -> Iterable[Domain]:
        """All domains."""
        return self._records.domains.values()

    @property
    def numbered_domains(self) -> dict[int, Domain]:
        """All domains, by number."""
        return dict(self._records.domains)

    @property
    def license(self) -> License:
        """What was bought."""
        return self._records.license

    @property
    def server(self) -> Server | None:
        """The live server that the store is kept in step with; None if there is none."""
        return self._records.server

    @property
    def pending_changes(self) -> dict[int, PendingChange]:
        """What the server was asked for and nobody knows yet whether it was done, by number."""
        return dict(self._records.pending_changes)

    @property
    def last_restart(self) -> datetime | None:
        """The last recorded restart of the server."""
        return self._records.last_restart

    @property
    def head(self) -> Head:
        """The last line of the journal that has been read."""
        return self._files.head

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

    def has_had(self, folded: str) -> bool:
        """Whether anything has this address, which is folded, or had it."""
        return self._records.has_had(folded)

    def deleted_at(self, address: str) -> list[Entry]:
        """The deleted entries that had this address, the last deleted first."""
        return self._records.deleted_at(address)

    def domain(self, number: int) -> Domain | None:
        """The domain with this number."""
        return self._records.domains.get(number)

    def domain_named(self, name: str) -> Domain | None:
        """The domain with this name; compared without case."""
        return self._records.domain_named(name)

    def domain_number(self, name: str) -> int:
        """The number of the domain with this name; 0 if there is none."""
        return self._records.domain_number(name)

    def history(self) -> Iterator[Commit]:
        """All commits that have been read, the first one first.

        Raises:
            StoreUnusable: the journal is broken before its head.
        """
        path = self.folder / JOURNAL_FILE
        with reporting_damage(path), reporting_nonsense(path):
            for raw, head in self._files.journal.linked_lines():
                if head.sequence > self.sequence:
                    return
                yield commit_of(parsed(raw, head).body)

    def history_backwards(self) -> Iterator[Commit]:
        """All commits that have been read, the last one first. A line is read only when it is asked for.

        Raises:
            StoreUnusable: a line is broken; raised when that is reached.
        """
        path, journal = self.folder / JOURNAL_FILE, self._files.journal
        with reporting_damage(path), reporting_nonsense(path):
            for line in journal.lines_backwards(self.head):
                yield commit_of(line.body)
            for _ in journal.linked_lines(self.head):
                pass  # what could not be read at opening is told once everything good has been

    def check(self) -> Head:
        """Check the whole chain on disk, every byte of it; returns its head.

        Raises:
            StoreUnusable: the journal is broken; the message names the first bad line.
        """
        path = self.folder / JOURNAL_FILE
        with self._files.glance(), reporting_damage(path):
            return self._files.journal.check()

    # Ahead of time

    def indexing(self) -> Iterator[float]:
        """Make what finds entries by address, which the first change needs, in steps of a few milliseconds."""
        return self._records.indexing()

    def check_ahead(self) -> None:
        """Check the chain of the journal where that is still to be done before the first change; changes nothing.

        This may be done in a thread, while the store is in use. A fault is told by the first change.
        """
        self._files.check_ahead()

    # Changing

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Tell `listener` of every commit from now on: our own, and others' once they are read."""
        self._listeners.append(listener)

    def catch_up(self) -> list[Commit]:
        """Read what other processes committed, and tell the listeners. Costs one call to the system if nothing.

        What is being written just now is left for the next time, since it may still fail and be taken back.

        Raises:
            StoreUnusable: the journal is gone, or broken; what was good before that is taken and told.
        """
        if not self._files.has_grown():
            return []
        with self._files.glance() as settled:
            return self._told(self._files.read_on()) if settled else []

    def _told(self, commits: Iterable[Commit]) -> list[Commit]:
        """Tell of what was read: only when no more can be read, and then of all, whatever comes in between."""
        read: list[Commit] = []
        try:
            read.extend(commits)
        finally:
            for commit in read:
                self._tell(commit)
        return read

    def _tell(self, commit: Commit) -> None:
        for listener in list(self._listeners):
            listener(commit)

    @contextmanager
    def transaction(self, operation: str, operator: Operator | str = "", reason: str = "") -> Iterator[Transaction]:
        """Change records of any tables together: all of it is on disk when the block has been left, or none.

        The store is locked and up to date inside the block: what is checked there holds until it is left. An
        exception from the block takes everything back; if it is `Refused`, the journal gets a line that says so.
        A block that changes nothing and refuses nothing writes nothing.

        Args:
            operation: what is done, as the journal will name it.
            operator: who does it; empty for the one who opened the store.
            reason: why, in his words.

        Raises:
            ReadOnly: the store was opened to be read only.
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be read or written; nothing was changed.
        """
        files, who = self._files, as_operator(operator) if operator else self.operator
        files.lock()
        try:
            self._told(files.come_to_the_end())
            transaction = Transaction(self._storage, files.next_number, operation)
            try:
                yield transaction
            except Refused as refused:
                transaction.refused = (Refusal(transaction.account, refused.code, refused.params),)
                files.refuse(who, reason, transaction)
                raise
            except BaseException:
                self._storage.roll_back()
                raise
            files.commit(who, reason, transaction)
        finally:
            files.unlock()
        if transaction.commit is not None:
            self._tell(transaction.commit)
        if files.has_outgrown_snapshot:
            files.try_snapshot()

    @contextmanager
    def alone_at_server(self, patience: float | None = None) -> Iterator[None]:
        """Be the only one, of all processes, who asks the live server to change something.

        Who holds this knows of every open intent that nobody is at work on it. The store itself stays free.

        Args:
            patience: seconds to wait for another process; None for as long as for the store.

        Raises:
            ReadOnly: the store was opened to be read only.
            StoreBusy: another process held it for that long.
            StoreUnusable: the file cannot be opened.
        """
        with self._files.alone_at_server(patience):
            yield

    def write_snapshot(self) -> None:
        """Make the snapshot anew from what is in memory.

        Raises:
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be written; the one before is there as it was.
        """
        with self._files.locked():
            self._told(self._files.come_to_the_end())
            try:
                self._files.write_snapshot()
            except OSError as error:
                raise unwritable(self.folder / SNAPSHOT_FILE, error) from error

    def close(self) -> None:
        """Let go of the store, with a new snapshot if the journal has outgrown the old one. Never fails."""
        if self._closed:
            return
        self._closed = True
        self._listeners.clear()
        if self._files.wants_snapshot_at_closing:
            self._files.try_snapshot()
        self.abandon()

    def abandon(self) -> None:
        """Let go of the store and nothing else, as a process that dies does."""
        self._closed = True
        self._files.let_go()
        gc.unfreeze()


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no garbage meanwhile: among a hundred thousand new records, that would double the time.

    What came meanwhile is left alone afterwards too, if it is much: to go through it would stop every thread for a
    twentieth of a second, again and again. It is collected as ever once a store has been let go.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MANY:
            gc.freeze()
        gc.enable()
