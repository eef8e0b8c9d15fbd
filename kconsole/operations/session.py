"""One operator at one store: what the command line and the screen hold on to."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kconsole.core.codes import Message
from kconsole.core.directory import Directory
from kconsole.core.errors import ChangedSince, NotFound, Refused
from kconsole.core.history import Commit, Operator, as_operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.reports import SeatReport
from kconsole.core.server import PendingChange, Server
from kconsole.core.times import Clock, SystemClock
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.lifecycle import LicenseStatus, license_status_of
from kconsole.operations.base import Done, Operation, OperationContext, apply_change, the_account_of
from kconsole.operations.catalog import runs_on
from kconsole.operations.chunked import Chunks, iterated, within
from kconsole.operations.sync.refusals import named_meanwhile, needs_server, refuse_here
from kconsole.operations.system import STORE_VARIABLE as STORE_VARIABLE
from kconsole.operations.system import default_folder as default_folder
from kconsole.operations.system import system_operator as system_operator
from kconsole.operations.system import takes_long as takes_long
from kconsole.store.file_engine import Progress as Progress
from kconsole.store.seatstore import PATIENCE as PATIENCE
from kconsole.store.seatstore import SeatStore
from kconsole.store.seatstore import nothing_collected as nothing_collected

if TYPE_CHECKING:
    from kconsole.importers.kerio_config import KerioConfig
    from kconsole.importers.kerio_csv import KerioExport
    from kconsole.importers.login_csv import LoginFile
    from kconsole.operations.history import LogQuery, Trace
    from kconsole.operations.imports import ImportPlan
    from kconsole.operations.kerio_files import KerioPlan
    from kconsole.operations.logins import LoginsPlan
    from kconsole.operations.mapping import DirectoryListing, MapPlan
    from kconsole.operations.search.index import AccountIndex
    from kconsole.operations.sync.login import Writer
    from kconsole.operations.what_if import WhatIf


class Session:
    """An open store with its figures, which follow every change, and the deeds that can be taken back."""

    def __init__(self, store: SeatStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.offline = False
        """Whether somebody said that no server shall be asked."""
        self._operations: list[Commit] = []
        """What this session did and can still take back, or do again once it was."""
        self._opened_at = store.sequence
        self._traces: list[Trace] = []
        """Everybody's commits since then: so that taking back the last deed need not read the journal."""
        self._undone: dict[int, int] = {}
        self._listeners: list[Callable[[Commit], None]] = []
        self._ledger = SeatLedger(store.inventory)
        self._report: SeatReport | None = None
        self._account_index: AccountIndex | None = None
        self._plan: WhatIf | None = None
        store.listen(self._committed)

    @classmethod
    def open(
        cls,
        folder: Path,
        operator: Operator | str | None = None,
        clock: Clock | None = None,
        patience: float = PATIENCE,
        read_only: bool = False,
        progress: Progress | None = None,
    ) -> "Session":
        """Open the store in a folder. This may be done in a thread: no part of it keeps others waiting for long.

        Args:
            folder: where it is.
            operator: who is at work; None for whom the system says.
            clock: tells the moment; None for the machine's.
            patience: seconds to wait for another process that is saving.
            read_only: open what is good of a damaged store, and change nothing.
            progress: is told, every few thousand records, how many have been read and of how many; in the thread
                that this runs in. What it raises ends the opening, and is raised.

        Raises:
            NotFound: there is none.
            StoreUnusable: it is damaged, foreign, of a newer format, or cannot be read.
        """
        clock, operator = clock or SystemClock(), operator or system_operator()
        with nothing_collected():
            return cls(SeatStore.open(folder, clock, patience, operator, read_only, progress), clock)

    @classmethod
    def create(
        cls,
        folder: Path,
        inventory: Inventory,
        operator: Operator | str | None = None,
        clock: Clock | None = None,
        patience: float = PATIENCE,
    ) -> "Session":
        """Make a store in a folder, with what it shall hold, and open it.

        Raises:
            Refused: there is one already.
            StoreUnusable: it cannot be written there.
        """
        clock, operator = clock or SystemClock(), operator or system_operator()
        return cls(SeatStore.create(folder, inventory, clock, operator, patience), clock)

    # Reading

    @property
    def operator(self) -> Operator:
        """Who is at work."""
        return self._store.operator

    @operator.setter
    def operator(self, operator: Operator | str) -> None:
        self._store.operator = as_operator(operator)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._store.read_only

    @property
    def notices(self) -> list[Message]:
        """What was found wrong with the store, and mended or not, for a person."""
        return self._store.notices

    @property
    def clock(self) -> Clock:
        """Tells the moment."""
        return self._clock

    @property
    def folder(self) -> Path:
        """The folder that the store is in."""
        return self._store.folder

    @property
    def report(self) -> SeatReport:
        """The figures as of the last change that was read."""
        if self._report is None:
            self._report = self._ledger.report()
        return self._report

    @property
    def license(self) -> License:
        """What was bought."""
        return self._store.license

    @property
    def server(self) -> Server | None:
        """The live server that the store is kept in step with; None if there is none."""
        return self._store.server

    @property
    def sequence(self) -> int:
        """The number of the last commit that was read."""
        return self._store.sequence

    @property
    def pending_changes(self) -> dict[int, PendingChange]:
        """What the server was asked for and nobody knows yet whether it was done, by number."""
        return self._store.pending_changes

    @property
    def license_status(self) -> LicenseStatus:
        """How the license stands now."""
        return license_status_of(self._store.license, self._clock.now())

    @property
    def inventory(self) -> Inventory:
        """Everything, as one record."""
        return self._store.inventory

    @property
    def entries(self) -> list[Entry]:
        """All entries that have not been deleted."""
        return [entry for entry in self._store.entries if entry.deleted_at is None]

    @property
    def held(self) -> list[Entry]:
        """Deleted entries that hold a seat until the server is restarted."""
        return self._ledger.held()

    @property
    def account_index(self) -> "AccountIndex":
        """What is listed, ready to be searched and sorted; it follows every change. Made when it is first asked for."""
        if self._account_index is None:
            from kconsole.operations.search.index import AccountIndex

            self._account_index = AccountIndex([*self.entries, *self.held])
        return self._account_index

    @property
    def last_restart(self) -> datetime | None:
        """The last recorded restart of the server."""
        return self._store.last_restart

    @property
    def primary_domain(self) -> str:
        """The name of the primary domain; empty if none is."""
        return next((domain.name for domain in self._store.domains if domain.primary), "")

    def domain_named(self, name: str) -> Domain | None:
        """The domain with this name, compared without case; None if there is none."""
        return self._store.domain_named(name)

    def find(self, address: str) -> Entry:
        """The entry that has this address, or had it last.

        Raises:
            NotFound: none ever did.
        """
        entry = self._store.entry_at(address)
        if entry is not None:
            return entry
        deleted = self._store.deleted_at(address)
        if not deleted:
            raise NotFound(f"{address} is not in this store.", "Look it up with 'kconsole accounts'.")
        return deleted[0]

    def entry(self, number: int) -> Entry | None:
        """The entry with this number; None if there is none or it has been deleted."""
        entry = self._store.entry(number)
        return None if entry is None or entry.deleted_at is not None else entry

    def if_toggled(self, accounts: Iterable[Entry]) -> SeatReport:
        """The figures if these accounts were disabled, or enabled if none of them takes a seat; nothing is changed."""
        from kconsole.operations.what_if import alike, if_toggled

        once = {account.id: account for account in accounts if account.is_account}
        return if_toggled(self._ledger, alike(once.values()))

    def if_licensed(self, license_: License) -> SeatReport:
        """The figures if the license were this one; nothing is changed."""
        return self._ledger.if_licensed(license_)

    def planning(self, numbers: AbstractSet[int]) -> Chunks[SeatReport | None]:
        """The figures if the accounts with these numbers were toggled, as by `if_toggled`; for any number of them.

        It works in steps of a few milliseconds, and gives how far it has come after each; its value is the report,
        or None if no account is among them. Only what differs from the last time is counted: one more mark, or one
        less, is one step.
        """
        if self._plan is None:
            from kconsole.operations.what_if import WhatIf

            self._plan = WhatIf(self._ledger, self.entry)
        yield from self._plan.marking(numbers)
        return self._plan.report()

    def plan_import(self, export: "KerioExport", domain: str) -> "ImportPlan":
        """What importing an export into a domain would do, as things are now.

        Raises:
            BadInput: the domain is not in the store, and is no domain name.
        """
        from kconsole.operations.imports import plan_import

        return plan_import(export, domain, self._store, self.report, self.held)

    def plan_logins(self, file: "LoginFile") -> "LoginsPlan":
        """What bringing in the logins of a file would do, as things are now."""
        from kconsole.operations.logins import plan_logins

        return plan_logins(file, self._store, self._ledger)

    def plan_kerio(self, config: "KerioConfig") -> "KerioPlan":
        """What importing a server's own files would do, as things are now."""
        from kconsole.operations.kerio_files import plan_kerio

        return plan_kerio(config, self._store, self._ledger.if_changed, self.held)

    def plan_mapping(self, domain: str, listing: "DirectoryListing") -> "MapPlan":
        """What mapping the users of a directory would do, as things are now.

        Raises:
            NotFound: there is no such domain.
        """
        from kconsole.operations.mapping import named_domain, plan_mapping

        return plan_mapping(named_domain(self._store, domain), listing, self._store, self._ledger.if_changed)

    def directory_of(self, domain: str) -> Directory:
        """Where a domain's users are mapped from.

        Raises:
            NotFound: there is no such domain, or nobody said where.
        """
        from kconsole.operations.mapping import directory_of

        return directory_of(self._store, domain)

    # Ahead of time

    def preparing(self) -> Chunks[None]:
        """Make in steps what the first change and the first letter of a filter need: for a moment of leisure."""
        yield from within(0.0, 0.4, iterated(self._store.indexing()))
        yield from within(0.4, 1.0, self.account_index.preparing())

    def check_ahead(self) -> None:
        """Check of the store what the first change would check otherwise; it tells if something is wrong.

        This may be done in a thread, while the session is in use.
        """
        self._store.check_ahead()

    # Changing

    def do(self, operation: Operation, by: "Writer | None" = None) -> Done:
        """Do a deed on the state as it is now, others' changes included; where a server is followed, there first.

        Args:
            operation: what to do.
            by: who asks the server, for what is done there; None where nobody can.

        Raises:
            Refused: a guard said no, to a deed that can only be done as a whole; or the server has to be asked, and
                nobody can; or it makes no sense in a store that follows one.
            SourceAway: the server did not answer as it should.
            ConsoleError: what the deed raises, and what the store raises; then nothing was changed.
        """
        return self._do(operation, operation.name, by)

    def is_done_there(self, operation: str) -> bool:
        """Whether the operation with this name changes the server first."""
        return self.server is not None and runs_on(operation) == "server"

    def refusal_of(self, operation: str) -> Refused | None:
        """Why the operation with this name is refused beside the server, whatever it would change; None if it is not.

        Front ends ask this before they ask the user for anything.
        """
        server = self.server
        way = "store" if server is None else runs_on(operation)
        if server is None or way == "store":
            return None
        if way == "store-without-server":
            return refuse_here(operation, server)
        return needs_server(server, True) if self.offline else None

    def _do(self, operation: Operation, first: str, by: "Writer | None") -> Done:
        is_for_store = operation.runs_on == "store"
        if not is_for_store and not self.read_only:
            self.catch_up()  # another process may have configured a server meanwhile
        refused = self.refusal_of(first)
        if refused is not None:
            raise refused
        server = self.server
        if server is None or operation.runs_on != "server":
            return self.commit(operation, unfollowed=not is_for_store)
        if by is None:
            raise needs_server(server, self.offline)
        return by.do(self, operation)

    @contextmanager
    def alone_at_server(self, patience: float | None = None) -> Iterator[None]:
        """Be the only one, of all processes, who asks the live server to change something.

        Args:
            patience: seconds to wait for another one; None for as long as for the store.

        Raises:
            StoreBusy: it took too long.
        """
        with self._store.alone_at_server(patience):
            yield

    def touched_since(self, sequence: int) -> frozenset[int]:
        """The numbers of the entries that somebody changed after a line of the log that this session has read."""
        later = (trace for trace in self._traces if trace.sequence > sequence)
        return frozenset(number for trace in later for table, number in trace.records if table == "entries")

    def commit(self, operation: Operation, unfollowed: bool = False) -> Done:
        """Do a deed in the store, whatever server it follows: for what the server has done, or need not do.

        Args:
            operation: what to do.
            unfollowed: whether it may be done here only as long as the store follows no server.

        Raises:
            Refused, ConsoleError: as `do`.
        """
        from kconsole.operations.history import is_undoable

        work: OperationContext | None = None
        try:
            with self._store.transaction(operation.name, reason=operation.reason) as transaction:
                if unfollowed and self.server is not None:
                    raise named_meanwhile(self.server)
                work = OperationContext(self._store, self._ledger, transaction, self._clock.now())
                before = work.report
                work.note((), before.used)
                transaction.account = the_account_of(operation)
                outcomes = tuple(operation.apply(work))
                work.note(outcomes, before.used)
        except BaseException:
            if work is not None and transaction.commit is None:  # else it is on disk, and a listener failed
                work.take_back()
            raise
        done = Done(operation.name, outcomes, before, self.report, transaction.commit)
        if done.commit is not None and is_undoable(done.commit):
            self._operations.append(done.commit)
        return done

    @property
    def undoable(self) -> Commit | None:
        """The last deed of this session that has not been taken back, by whomever; None if there is none."""
        return next(
            (operation for operation in reversed(self._operations) if operation.sequence not in self._undone), None
        )

    def last_undoable(self) -> Commit | None:
        """The deed that `undo` would take back: of this session, or else the operator's last one in the journal.

        Raises:
            StoreUnusable: the journal is broken.
        """
        from kconsole.operations.history import undoable_of

        return self.undoable or undoable_of(self._store, self.operator)

    def undone_by(self, sequence: int | None = None) -> Commit:
        """What `undo` would take back.

        Raises:
            NotFound: there is nothing.
            StoreUnusable: the journal is broken.
        """
        from kconsole.operations.history import commit_numbered

        self.catch_up()
        commit = self.last_undoable() if sequence is None else commit_numbered(self._store, sequence)
        if commit is None:
            raise NotFound("There is nothing to undo: the log has no deed of yours that was not taken back.")
        return commit

    def is_undone_there(self, commit: Commit) -> bool:
        """Whether taking back a commit is done on the server that is followed first."""
        return self.server is not None and self.is_done_there(self._first_operation(commit))

    def refusal_of_undoing(self, commit: Commit) -> Refused | None:
        """Why taking back a commit is not done with the server that is followed, as `refusal_of`."""
        return None if self.server is None else self.refusal_of(self._first_operation(commit))

    def _first_operation(self, commit: Commit) -> str:
        from kconsole.operations.history import first_operation

        return first_operation(self._store, commit)

    def undo(self, sequence: int | None = None, reason: str = "", by: "Writer | None" = None) -> Done:
        """Take back a deed. Taking back what took another back does that again.

        Args:
            sequence: the number of its line in the log; None for the operator's last one.
            reason: why, in the operator's words.
            by: who asks the server, for what was done there; None where nobody can.

        Raises:
            NotFound: there is none, or it has been taken back.
            Refused: it would need seats that are not free; it can be tried again.
            ChangedSince: somebody changed the same record since; the deed is out of reach now.
            Refused, SourceAway: as `do`.
        """
        from kconsole.operations.undo import UndoOperation

        commit = self.undone_by(sequence)
        try:
            first = self._first_operation(commit)
            return self._do(UndoOperation(commit, first, self._traces_after, reason), first, by)
        except ChangedSince:
            self._operations = [other for other in self._operations if other.sequence != commit.sequence]
            raise

    def _traces_after(self, sequence: int) -> "Iterable[Trace]":
        """The commits after a line, the last one first: from memory, or those from before it was opened from disk."""
        from kconsole.operations.history import traces_after

        if sequence < self._opened_at:
            return traces_after(self._store, sequence)
        return (trace for trace in reversed(self._traces) if trace.sequence > sequence)

    def log(self, query: "LogQuery", newest_first: bool = False) -> "Iterator[Commit]":
        """The commits that a query asks for, the first one first or the last one first.

        Raises:
            StoreUnusable: the journal is broken; raised when that is reached.
        """
        from kconsole.operations.history import matching

        return matching(self._store, query, newest_first)

    def catch_up(self) -> list[Commit]:
        """Read what other processes committed, and tell the listeners.

        Raises:
            StoreUnusable: the journal is gone, or broken.
        """
        return self._store.catch_up()

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Tell `listener` of every commit from now on, once the figures follow it."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Let go of the store."""
        self._listeners.clear()
        self._store.close()

    def _committed(self, commit: Commit) -> None:
        if not commit.own:
            for change in commit.changes:
                apply_change(self._ledger, change)
        self._report = None
        if self._plan is not None:
            self._plan.follow(commit.changes)
        if self._account_index is not None:
            self._account_index.follow(commit.changes, self._ledger.held)
        self._trace(commit)
        for listener in list(self._listeners):
            listener(commit)

    def _trace(self, commit: Commit) -> None:
        from kconsole.operations.history import taken_back, trace_of

        if not commit.changes:
            return
        self._traces.append(trace_of(commit))
        if commit.undoes is not None:
            self._undone = taken_back(reversed(self._traces))
