"""The store of seats: typed records, changed in transactions that are whole or not there."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from kconsole.core.codes import Message, message
from kconsole.core.errors import NotFound, ReadOnly, Refused, StoreBusy, StoreUnusable
from kconsole.core.history import Commit, Operator, Refusal, as_operator
from kconsole.core.records import Inventory
from kconsole.core.times import Clock
from kconsole.store.addresses import Address, engine_at, folder_of
from kconsole.store.engine import START, BrokenJournal, DamagedSnapshot, Head, HeadMoved, JournalEngine
from kconsole.store.errors import broken
from kconsole.store.journal_line import body_of, commit_of, head_after, head_before, linked
from kconsole.store.records import Progress, Records
from kconsole.store.tables import encoded_tables
from kconsole.store.transaction import Transaction

PATIENCE: Final = 10.0
"""Seconds to wait for another process that is saving."""

CHECK_AT_OPENING: Final = 16 * 1024 * 1024
"""Bytes of journal up to which its whole chain is checked at opening."""

CHECK_BEFORE_WRITING: Final = 64 * 1024 * 1024
"""Bytes up to which that is done before the first change; in a larger journal only the lines after the snapshot are."""

SMALL: Final = 1024 * 1024
"""Bytes of journal up to which a snapshot is made whenever the store is closed after a change."""

TAIL_SHARE: Final = 8
"""In a larger store it is made at closing when the lines after it are more than this part of it."""

LEAST_TAIL: Final = 4 * 1024 * 1024
"""Bytes of lines after the snapshot below which none is made while the store is open."""


class SeatStore:
    """An open store.

    Records are read from memory; a change goes through `transaction`, which locks the store against other processes,
    reads what they changed, lets the caller check and change, and brings it to disk.

    Attributes:
        state: the records as of the last commit that was read; inside a transaction, with its changes.
        head: the last line of the journal that was read.
        operator: who works, for the lock and the journal.
        session: the random name of this run, by which the journal tells it from others.
        notices: what was repaired, or cannot be repaired, for a person.
    """

    def __init__(
        self, engine: JournalEngine, clock: Clock, patience: float = PATIENCE, operator: Operator | str = ""
    ) -> None:
        self.state = Records()
        self.head = START
        self.operator = as_operator(operator)
        self.session: Final = secrets.token_hex(8)
        self.notices: list[Message] = engine.notices
        self._engine = engine
        self._clock = clock
        self._patience = patience
        self._next_number = 1
        self._listeners: list[Callable[[Commit], None]] = []
        self._snapshot_head, self._snapshot_size = START, 0
        self._tail = 0
        """Bytes of the journal after the snapshot."""
        self._has_damaged_snapshot = False
        self._is_unchecked = False
        """Whether the lines up to the snapshot are still to be checked, before the first change."""
        self._is_damaged = False
        """Whether it was opened read-only in spite of damage: then nothing more can be read."""
        self._closed = False
        self._held = ExitStack()
        self._changes = self._held.enter_context(engine.watch())

    @classmethod
    def open(
        cls,
        address: Address,
        clock: Clock,
        patience: float = PATIENCE,
        operator: Operator | str = "",
        read_only: bool = False,
        progress: Progress | None = None,
    ) -> "SeatStore":
        """Open the store at an address. A thread may do this: no part of it keeps others waiting for long.

        Args:
            address: where it is: `file:DIR`, or a path.
            clock: gives the moment of a commit.
            patience: seconds to wait for another process that is saving.
            operator: who works, for the lock and the journal.
            read_only: open the good part of a damaged store, and change nothing.
            progress: called in this thread with the number of entries read and the total.

        Raises:
            NotFound: there is none.
            StoreUnusable: it is damaged, foreign, of another format, or cannot be read.
        """
        engine = engine_at(address, read_only)
        return cls.opened(engine, engine.open(), clock, patience, operator, progress)

    @classmethod
    def opened(
        cls,
        engine: JournalEngine,
        has_journal: bool,
        clock: Clock,
        patience: float = PATIENCE,
        operator: Operator | str = "",
        progress: Progress | None = None,
    ) -> "SeatStore":
        """Open the store that an engine keeps; see `open`.

        Args:
            engine: keeps it.
            has_journal: whether it has one.
            clock: as for `open`.
            patience: as for `open`.
            operator: as for `open`.
            progress: as for `open`.
        """
        store = cls(engine, clock, patience, operator)
        try:
            store._read(has_journal, progress)
        except BaseException:
            store.abandon()
            raise
        return store

    @classmethod
    def create(
        cls, address: Address, inventory: Inventory, clock: Clock, operator: Operator | str, patience: float = PATIENCE
    ) -> "SeatStore":
        """Make a store at an address, with its first records.

        Raises:
            Refused: there is one already.
            StoreUnusable: it cannot be written there.
        """
        engine = engine_at(address)
        store = cls(engine, clock, patience, operator)
        try:
            with engine.creating(patience, store.operator.shown):
                store.begin(inventory)
        except BaseException:
            store.abandon()
            raise
        return store

    def begin(self, inventory: Inventory) -> None:
        """Write the first line of the journal, under the lock: everything that the store begins with.

        Raises:
            HeadMoved: there is a journal already.
            StoreUnusable: it cannot be written.
        """
        transaction = Transaction(self.state, self._next_number, "init")
        transaction.replace_all(inventory)
        self._commit(self.operator, "", transaction)

    # Where it is

    @property
    def address(self) -> str:
        """Where the store is."""
        return self._engine.address

    @property
    def folder(self) -> Path:
        """The folder of a store that is kept in files."""
        return folder_of(self._engine.address)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._engine.read_only

    @property
    def sequence(self) -> int:
        """The number of the last commit that was read."""
        return self.head.sequence

    # Opening

    def _read(self, has_journal: bool, progress: Progress | None) -> None:
        self._read_snapshot(has_journal, progress)
        if not has_journal:
            self._open_without_journal()
            return
        for step in (self._check_chain, self._read_rest):
            try:
                step(progress)
            except BrokenJournal as found:
                damage = broken(self._engine.journal_name, found)
                if not self.read_only:
                    raise damage from None
                self._is_damaged = True
                if damage.happened not in self.notices:
                    self.notices.append(damage.happened)
        if not self.read_only and self._has_more():
            with suppress(StoreBusy), self._engine.lock(0, self.operator.shown):  # which mends a torn last line
                self._take_rest()

    def _read_snapshot(self, has_journal: bool, progress: Progress | None) -> None:
        """Take the records of the snapshot, if there is one that is good; the journal has everything."""
        try:
            snapshot = self._engine.snapshot()
            if snapshot is None:
                return
            self.state.load(snapshot.body, progress)
        except DamagedSnapshot as damage:
            name = self._engine.snapshot_name
            self.state.clear()
            if not has_journal:
                raise StoreUnusable("snapshot-damaged", "restore-backup", snapshot=name, reason=damage.why) from None
            self.notices.append(message("snapshot-rebuilt", snapshot=name, reason=damage.why))
            self._has_damaged_snapshot = True
            return
        self._next_number = snapshot.next_number
        self.head = self._snapshot_head = snapshot.head
        self._snapshot_size = len(snapshot.body)

    def _open_without_journal(self) -> None:
        if self._snapshot_head == START:
            raise NotFound("no-store", "make-or-demo", address=str(self.folder))
        missing = StoreUnusable("journal-missing", "restore-or-read-only", journal=self._engine.journal_name)
        if not self.read_only:
            raise missing
        self.notices.append(missing.happened)
        self._is_damaged = True

    def _check_chain(self, _: Progress | None) -> None:
        """Check that the journal holds the line of the snapshot; `_read_rest` checks what comes after that."""
        start, size = self._snapshot_head, self._engine.size()
        next(iter(self._engine.read_after(start)), None)
        self._is_unchecked = start.sequence > 0 and size <= CHECK_BEFORE_WRITING
        if self._is_unchecked and size <= CHECK_AT_OPENING:
            self._check_lines_of_snapshot()

    def _check_lines_of_snapshot(self) -> None:
        start, head = self._snapshot_head, START
        for raw in self._engine.read_after(START):
            head = head_after(raw, head)
            if head.sequence >= start.sequence:
                break
        if head != start:
            raise BrokenJournal(head.sequence, "not-the-line-of-the-snapshot", START)
        self._is_unchecked = False

    def _read_rest(self, progress: Progress | None) -> None:
        for _ in self._commits():
            if progress is not None:
                progress(len(self.state.entries), len(self.state.entries))
        if self.head == START:
            raise BrokenJournal(1, "journal-empty" if self._engine.size() == 0 else "line-has-no-end", START)

    # Reading

    @property
    def inventory(self) -> Inventory:
        """All records, as one."""
        return self.state.inventory

    def history(self) -> Iterator[Commit]:
        """All commits that have been read, the first one first.

        Raises:
            StoreUnusable: the journal is broken before its head.
        """
        with self._reporting_damage():
            head = START
            for raw in self._engine.read_after(START):
                head = head_after(raw, head)
                if head.sequence > self.sequence:
                    return
                yield commit_of(raw, head)[0]

    def history_backwards(self) -> Iterator[Commit]:
        """All commits that have been read, the last one first. A line is read only when it is asked for.

        Raises:
            StoreUnusable: a line is broken; raised when that is reached.
        """
        with self._reporting_damage():
            head = self.head
            for raw in self._engine.read_backwards(head):
                before = head_before(raw, head)
                yield commit_of(raw, head)[0]
                head = before
            head = self.head
            for raw in self._engine.read_after(head):  # damage after what was read is reported last
                head = head_after(raw, head)

    def check(self) -> Head:
        """Check the whole chain of the journal, every byte of it; returns its head.

        Raises:
            StoreUnusable: the journal is broken; the error names the first bad line.
        """
        with self._reporting_damage():
            head = START
            for raw in self._engine.read_after(START):
                head = head_after(raw, head)
                commit_of(raw, head)
            if self._changes.since(head):
                raise BrokenJournal(head.sequence + 1, "line-has-no-end", head)
            return head

    def check_ahead(self) -> None:
        """Check the lines up to the snapshot now, if that is still to be done before the first change.

        A thread may do this while the store is in use. The first change reports what is wrong.
        """
        if self._is_unchecked:
            with suppress(BrokenJournal, StoreUnusable):
                self._check_lines_of_snapshot()

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Call `listener` with every commit from now on: our own, and others' once they are read."""
        self._listeners.append(listener)

    def catch_up(self) -> list[Commit]:
        """Read what other processes committed, and call the listeners. Takes no lock, and is cheap if there is nothing.

        Raises:
            StoreUnusable: the journal is gone, or broken; what was good before that is taken, and listeners are called.
        """
        return self._take_rest() if self._has_more() else []

    def _has_more(self) -> bool:
        if self._is_damaged:
            return False
        with self._reporting_damage():
            return self._changes.since(self.head)

    def _take_rest(self) -> list[Commit]:
        """Read on; listeners are called once no more can be read, and then for every commit, whatever happens."""
        read: list[Commit] = []
        try:
            with self._reporting_damage():
                read.extend(self._commits())
        finally:
            for commit in read:
                self._tell(commit)
        return read

    def _commits(self) -> Iterator[Commit]:
        """Take the lines after the head; each commit is given when the records are as after it."""
        for raw in self._engine.read_after(self.head):
            head = head_after(raw, self.head)
            commit, next_number = commit_of(raw, head)
            for change in commit.changes:
                self.state.take(change)
            self.head, self._next_number, self._tail = head, next_number, self._tail + len(raw)
            yield commit

    def _tell(self, commit: Commit) -> None:
        for listener in list(self._listeners):
            listener(commit)

    @contextmanager
    def _reporting_damage(self) -> Iterator[None]:
        try:
            yield
        except BrokenJournal as damage:
            raise broken(self._engine.journal_name, damage) from None

    # Changing

    @contextmanager
    def transaction(self, operation: str, operator: Operator | str = "", reason: str = "") -> Iterator[Transaction]:
        """Change records of any tables together: all of it is on disk when the block has been left, or none.

        The store is locked and up to date inside the block: what is checked there holds until it is left. An exception
        from the block rolls everything back; for `Refused`, the journal gets a line that says so. A block that changes
        nothing and refuses nothing writes nothing.

        Args:
            operation: what is done, as the journal will name it.
            operator: who does it; empty for the one who opened the store.
            reason: why, in the operator's words.

        Raises:
            ReadOnly: the store was opened read-only.
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be read or written; nothing was changed.
        """
        who = as_operator(operator) if operator else self.operator
        with self._locked():
            transaction = Transaction(self.state, self._next_number, operation)
            try:
                yield transaction
            except Refused as refused:
                transaction.roll_back()
                transaction.refused = (Refusal(transaction.account, refused.code, refused.params),)
                with suppress(StoreUnusable):  # it is refused, whether that can be written down or not
                    self._commit(who, reason, transaction)
                raise
            except BaseException:
                transaction.roll_back()
                raise
            self._commit(who, reason, transaction)
        if transaction.commit is not None:
            self._tell(transaction.commit)
        if self._tail > LEAST_TAIL and self._tail > self._snapshot_size:
            self._try_snapshot()

    @contextmanager
    def _locked(self, patience: float | None = None) -> Iterator[None]:
        """Be the only writer, at the end of the journal."""
        self._check_writable()
        with self._engine.lock(self._patience if patience is None else patience, self.operator.shown):
            if self._is_unchecked:
                with self._reporting_damage():
                    self._check_lines_of_snapshot()
            if self._has_more():
                self._take_rest()
            yield

    def _check_writable(self) -> None:
        if self.read_only:
            raise ReadOnly("opened-read-only", "open-without-read-only")

    def _commit(self, who: Operator, reason: str, transaction: Transaction) -> None:
        """Bring a transaction to disk and let it stay; or roll it back, whatever happens on the way.

        Raises:
            StoreUnusable: it cannot be written.
        """
        changes = transaction.net()
        if not changes and not transaction.refused:
            transaction.roll_back()
            return
        commit = Commit(
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
        next_number = transaction.next_number if changes else self._next_number
        try:
            line, _ = linked(body_of(commit, next_number), self.head.hash)
            self.head = self._engine.append((line,), self.head)
            self._tail += len(line)
        except (BrokenJournal, HeadMoved) as damage:
            found = (
                damage
                if isinstance(damage, BrokenJournal)
                else BrokenJournal(commit.sequence, "lock-broken", self.head)
            )
            raise broken(self._engine.journal_name, found) from None
        finally:
            if self.head.sequence != commit.sequence:
                transaction.roll_back()
            elif changes:
                self._next_number = next_number
                transaction.commit = commit

    @contextmanager
    def lease(self, name: str, patience: float | None = None) -> Iterator[None]:
        """Be the only holder of a name, of all processes. The store itself stays free.

        The holder of "server" is the only one who asks the mail server to change something, and knows of every pending
        change that no one else is at work on it.

        Args:
            name: what to hold.
            patience: seconds to wait for another process; None for as long as for the store.

        Raises:
            ReadOnly: the store was opened read-only.
            StoreBusy: another process held it for that long.
            StoreUnusable: it cannot be taken.
        """
        self._check_writable()
        with self._engine.lease(name, self._patience if patience is None else patience, self.operator.shown):
            yield

    # Snapshots

    def write_snapshot(self) -> None:
        """Make a snapshot of what is in memory.

        Raises:
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be written; the one before is there as it was.
        """
        with self._locked():
            self._write_snapshot()

    def _write_snapshot(self) -> None:
        body = encoded_tables(self.state.tables)
        damaged, self._has_damaged_snapshot = self._has_damaged_snapshot, False
        try:
            size = self._engine.write_snapshot(self.head, self._next_number, body, damaged=damaged)
        except StoreUnusable as error:
            self._has_damaged_snapshot = damaged and error.code != "not-confirmed"  # then it is in place
            raise
        self._snapshot_head, self._snapshot_size, self._tail = self.head, size, 0

    def _try_snapshot(self) -> None:
        """Make one if no one else is at work; the journal has everything, and the next one will try again."""
        with suppress(StoreBusy, StoreUnusable), self._engine.lock(0, self.operator.shown):
            if not self._has_more():
                self._write_snapshot()

    def close(self) -> None:
        """Close the store, with a new snapshot if the journal has outgrown the old one. Never fails."""
        if self._closed:
            return
        self._listeners.clear()
        is_writable = not self.read_only and not self._is_damaged and self._tail > 0
        if is_writable and (self._engine.size() <= SMALL or self._tail * TAIL_SHARE > self._snapshot_size):
            self._try_snapshot()
        self.abandon()

    def abandon(self) -> None:
        """Close the store and do nothing else, as a process that dies does."""
        self._closed = True
        self._held.close()
        self._engine.close()
