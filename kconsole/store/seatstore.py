"""The store of seats: typed records, changed in transactions that are whole or not there."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from kconsole.core.codes import Message
from kconsole.core.errors import ReadOnly, Refused, StoreBusy, StoreUnusable
from kconsole.core.history import Commit, Operator, Refusal, as_operator
from kconsole.core.records import Inventory
from kconsole.core.roles import TAKES_IN, Authority, Capability, full
from kconsole.core.times import Clock
from kconsole.store.engine import START, Away, BrokenJournal, Head, HeadMoved, JournalEngine
from kconsole.store.journal_line import STORE_ID_LENGTH, Checks, body_of, hash_of, linked
from kconsole.store.journal_reader import JournalReader
from kconsole.store.locations import Address, engine_at, known_to
from kconsole.store.records import Progress
from kconsole.store.state_sum import hash_of_sum
from kconsole.store.tables import encoded_tables
from kconsole.store.transaction import FirstLine, Transaction, first_lines

PATIENCE: Final = 10.0
"""Seconds to wait for another process that is saving."""

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
        journal: how far the journal has been read: `history()`, `history_backwards()`.
        operator: who works, for the lock and the journal.
        authority: gives what the operator may do now, and the storage lets its login do.
        session: the random name of this run, by which the journal tells it from others.
        follow: lets `catch_up` ask no one over a network from now on; a thread does that.
        notices: what was repaired, or cannot be repaired, for a person.
    """

    def __init__(
        self,
        engine: JournalEngine,
        clock: Clock,
        patience: float = PATIENCE,
        operator: Operator | str = "",
        authority: Callable[[], Authority] = full,
    ) -> None:
        self.journal = JournalReader(engine)
        self.state = self.journal.state
        self.operator = as_operator(operator)
        self.authority, self.follow = engine.bounded(authority), engine.follow
        self.session: Final = os.urandom(8).hex()
        self.notices: list[Message] = engine.notices
        self._engine, self._clock, self._patience = engine, clock, patience
        self._listeners: list[Callable[[Commit], None]] = []
        self._closed = False

    @classmethod
    def open(
        cls,
        address: Address,
        clock: Clock,
        patience: float = PATIENCE,
        operator: Operator | str = "",
        read_only: bool = False,
        progress: Progress | None = None,
        authority: Callable[[], Authority] = full,
        allow_network_fs: bool = False,
    ) -> "SeatStore":
        """Open the store at an address. A thread may do this: no part of it keeps others waiting for long.

        Patience is in seconds, for another process that is saving. A damaged store opens read-only, as far as it is
        good. One that may not be written, or is on another machine unless that is allowed, is only read, and a notice
        says why. Progress is called in this thread.

        Raises:
            NotFound: there is none.
            StoreUnusable: it is damaged, foreign, of another format, or cannot be read.
        """
        engine = engine_at(address, read_only, allow_network_fs)
        has_journal = engine.open()
        store = cls(engine, clock, patience, known_to(engine, operator), authority)
        store.read(has_journal, progress)
        return store

    def read(self, has_journal: bool, progress: Progress | None = None) -> None:
        """Read what the engine keeps, which may be a snapshot without its journal."""
        try:
            self.journal.open(has_journal, progress)
            if not self.read_only and self.journal.has_more():
                with suppress(StoreBusy), self._engine.lock(0, self.operator.shown):  # which mends a torn last line
                    self._take_rest()
        except BaseException:
            self.abandon()
            raise

    @classmethod
    def create(
        cls,
        address: Address,
        first: Inventory | Sequence[FirstLine],
        clock: Clock,
        operator: Operator | str,
        patience: float = PATIENCE,
        group: int | None = None,
        allow_network_fs: bool = False,
    ) -> "SeatStore":
        """Make a store at an address, with its first records or lines; Refused if there is one already.

        Given a group, its members share the store.
        """
        engine = engine_at(address, allow_network_fs=allow_network_fs)
        store = cls(engine, clock, patience, operator)
        try:
            with engine.creating(patience, store.operator.shown, group):
                store.operator = known_to(engine, store.operator)
                store.begin(first)
        except BaseException:
            store.abandon()
            raise
        return store

    def begin(self, first: Inventory | Sequence[FirstLine]) -> None:
        """Write the first lines of the journal, under the lock: everything that the store begins with."""
        made: list[bytes] = []
        for line in first_lines(first) if isinstance(first, Inventory) else first:
            transaction = line.transaction(self.state, self.journal.next_number, self.sequence + 1)
            with self._saving(line.operator or self.operator, line.reason, transaction) as lines:
                made += lines
                self.journal.head = Head(self.sequence + 1, hash_of(lines[0]))
        self._engine.append(made, START)

    # Where it is

    @property
    def address(self) -> str:
        return self._engine.address

    @property
    def folder(self) -> Path:  # of its files; of a store in a database, of what is kept of it here
        return self._engine.folder

    @property
    def away(self) -> Away | None:  # why the storage cannot be reached now; what was read before stays
        return self._engine.away

    @property
    def commit_seconds(self) -> float | None:  # of the last change, over a network; None on this machine
        return self._engine.commit_seconds

    @property
    def id(self) -> str:
        """The id of the store; empty if the line that says it is archived elsewhere."""
        return self._engine.store_id()

    @property
    def read_only(self) -> bool:
        return self._engine.read_only or self.why_read_only is not None

    @property
    def why_read_only(self) -> ReadOnly | None:
        """Why nothing can be changed, although the store was not opened read-only; None if it can."""
        return self._engine.why_read_only

    @property
    def head(self) -> Head:
        return self.journal.head

    @property
    def sequence(self) -> int:
        return self.journal.head.sequence

    # Reading

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Call `listener` with every commit from now on: our own, and others' once they are read."""
        self._listeners.append(listener)

    def catch_up(self) -> list[Commit]:
        """Read what other processes committed, and call the listeners. Takes no lock, and is cheap if there is nothing.

        If the journal is gone or broken, what was good before that is taken.
        """
        return self._take_rest() if self.journal.has_more() else []

    def _take_rest(self) -> list[Commit]:
        """Read on; listeners are called once no more can be read, and then for every commit, whatever happens."""
        read: list[Commit] = []
        try:
            with self.journal.reporting_damage():
                read.extend(self.journal.commits())
        finally:
            for commit in read:
                self._announce(commit)
        return read

    def _announce(self, commit: Commit) -> None:
        for listener in list(self._listeners):
            listener(commit)

    # Changing

    @contextmanager
    def transaction(
        self, operation: str, capability: Capability, operator: Operator | str = "", reason: str = ""
    ) -> Iterator[Transaction]:
        """Change records of any tables together: all of it is on disk when the block has been left, or none.

        The store is locked and up to date inside the block: what is checked there holds until it is left. An exception
        from the block rolls everything back; for `Refused`, the journal gets a line that says so. A block that changes
        nothing and refuses nothing writes nothing.

        The journal names the operation, the operator (the one who opened the store if none is given) and the reason.
        The capability is what the operation needs. The operator must have it now, under the lock, and may make no
        change that the rules of roles forbid.

        Raises:
            NotPermitted: the operator may not do that.
            ReadOnly: the store was opened read-only.
            StoreBusy: another process held the store for too long.
            StoreUnusable: it cannot be read or written; nothing was changed.
        """
        with self._locked():
            who = known_to(self._engine, operator or self.operator)
            transaction = Transaction(self.state, self.journal.next_number, operation, self.sequence + 1)
            try:
                authority = self.authority()
                authority.insist(capability)
                yield transaction
                if capability != TAKES_IN and not authority.is_unlimited:
                    authority.check_changes(transaction.net(), self.state.entries)
            except Refused as refused:
                transaction.roll_back()
                transaction.refused = (Refusal(transaction.account, refused.code, refused.params),)
                # It is refused, whether that can be written down or not.
                with suppress(StoreUnusable), self._saving(who, reason, transaction) as lines:
                    self.journal.head = self._engine.append(lines, self.head)
                raise
            except BaseException:
                transaction.roll_back()
                raise
            with self._saving(who, reason, transaction) as lines:
                self.journal.head = self._engine.append(lines, self.head)
        if transaction.commit is not None:
            self._announce(transaction.commit)
        if self.journal.tail > LEAST_TAIL and self.journal.tail > self.journal.snapshot_size:
            self._try_snapshot()

    def log_refusal(
        self, operation: str, refused: Refusal, reason: str = "", used: Callable[[], int] | None = None
    ) -> None:
        """Log that an operation was refused before it was applied. That needs no capability, and changes nothing.

        `used` gives the seats in use, once all lines of others have been read.

        Raises what `transaction` raises.
        """
        with self._locked():
            transaction = Transaction(self.state, self.journal.next_number, operation, self.sequence + 1)
            transaction.refused = (refused,)
            transaction.seats = None if used is None else (used(), used())
            with self._saving(self.operator, reason, transaction) as lines:
                self.journal.head = self._engine.append(lines, self.head)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only writer, at the end of the journal."""
        self._check_writable()
        with self._engine.lock(self._patience, self.operator.shown):
            self.operator = known_to(self._engine, self.operator)  # a database that was away may not have said
            if self.journal.has_more():
                self._take_rest()
            yield

    def _check_writable(self) -> None:
        if (why := self.why_read_only) is not None:
            raise ReadOnly(why.happened, why.hints)
        if self.read_only:
            raise ReadOnly("opened-read-only", "open-without-read-only")

    @contextmanager
    def _saving(self, who: Operator, reason: str, transaction: Transaction) -> Iterator[tuple[bytes, ...]]:
        """Give the line of a transaction to append; then let its changes stay, or roll back if the line is not there.

        No line is given if there is nothing to save. Appending stands in the caller, to have few frames on the way.
        """
        changes = transaction.net()
        if not changes and not transaction.refused:
            transaction.roll_back()
            yield ()
            return
        commit = Commit(
            self.head.sequence + 1,
            transaction.at or self._clock.now(),
            who,
            self.session,
            transaction.operation,
            reason,
            changes,
            transaction.seats,
            transaction.refused,
            transaction.undoes,
            own=True,
            plan=transaction.plan,
        )
        next_number = transaction.next_number if changes else self.journal.next_number
        try:
            line, _ = linked(body_of(commit, next_number, self._checks(commit), transaction.is_compact), self.head.hash)
            yield (line,)
            self.journal.tail += len(line)
        except BrokenJournal as damage:
            raise damage.of(self._engine.journal_name) from None
        except HeadMoved:
            moved = BrokenJournal(commit.sequence, "lock-broken", self.head)
            raise moved.of(self._engine.journal_name) from None
        finally:
            if self.head.sequence != commit.sequence:
                transaction.roll_back()
            elif changes:
                self.journal.next_number = next_number
                transaction.commit = commit

    def _checks(self, commit: Commit) -> Checks:
        journal = self.journal
        is_local = self._engine.login != ""  # then a snapshot is none of the others' business
        is_first_after_snapshot = journal.tail == 0 and journal.snapshot_size > SMALL and not is_local
        return Checks(
            os.urandom(STORE_ID_LENGTH // 2).hex() if commit.sequence == 1 else "",
            "" if self._engine.checks_lines else hash_of_sum(self.state.sum()),
            journal.snapshot_checksum if is_first_after_snapshot else "",
        )

    @contextmanager
    def lease(self, name: str, patience: float | None = None) -> Iterator[Callable[[], None]]:
        """Be the only holder of a name, of all processes. The store itself stays free.

        Gives what raises StorageAway if that is over, because the connection to the storage was lost.

        The holder of "server" is the only one who asks the mail server to change something, and knows of every pending
        change that no one else is at work on it. Patience is that for the store if none is given.
        """
        self._check_writable()
        with self._engine.lease(name, self._patience if patience is None else patience, self.operator.shown) as check:
            yield check

    # Snapshots and archives

    def archive(self, keep: int) -> int:
        """Move all lines of the journal but the last ones to where they take less room; returns how many.

        Raises what `transaction` raises.
        """
        self.authority().insist("repair")
        with self._locked(), self.journal.reporting_damage():
            if moved := self._engine.archive(keep):
                self._write_snapshot()
        return moved

    def _write_snapshot(self) -> None:
        body = encoded_tables(self.state.tables)
        damaged, self.journal.has_damaged_snapshot = self.journal.has_damaged_snapshot, False
        try:
            size, checksum = self._engine.write_snapshot(
                self.head, self.journal.next_number, body, f"{self.state.sum():x}", damaged=damaged
            )
        except StoreUnusable as error:
            self.journal.has_damaged_snapshot = damaged and error.code != "not-confirmed"  # then it is in place
            raise
        self.journal.snapshot_size, self.journal.snapshot_checksum, self.journal.tail = size, checksum, 0

    def _try_snapshot(self) -> None:
        """Make one if no one else is at work; the journal has everything, and the next one will try again."""
        with suppress(StoreBusy, StoreUnusable), self._engine.snapshotting(self.operator.shown):
            if self._engine.login or not self.journal.has_more():
                self._write_snapshot()

    def close(self) -> None:
        """Close the store, with a new snapshot if the journal has outgrown the old one. Never fails."""
        if self._closed:
            return
        self._listeners.clear()
        journal = self.journal
        is_outgrown = self._engine.size() <= SMALL or journal.tail * TAIL_SHARE > journal.snapshot_size
        if is_outgrown and journal.tail > 0 and (self._engine.login or not self.read_only) and not journal.is_damaged:
            self._try_snapshot()
        self.abandon()

    def abandon(self) -> None:
        """Close the store and do nothing else, as a process that dies does."""
        self._closed = True
        self.journal.close()
        self._engine.close()
