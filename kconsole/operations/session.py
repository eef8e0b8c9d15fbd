"""An open store, in the hands of one operator: what the command line and the screen work with."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from kconsole.core.codes import Message, message
from kconsole.core.errors import ChangedSince, ConsoleError, NotFound, NotPermitted, Refused, StoreBusy, StoreUnusable
from kconsole.core.history import Commit, Operator, Refusal
from kconsole.core.records import Inventory
from kconsole.core.roles import Authority, Capability, full
from kconsole.core.server import Server
from kconsole.core.times import Clock, SystemClock
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.lifecycle import LicenseStatus, license_status_of
from kconsole.licensing.policy import KERIO, LicensePolicy
from kconsole.licensing.reservations import active
from kconsole.operations.base import Done, Operation, OperationContext, apply_change, outcomes_of, the_account_of
from kconsole.operations.catalog import UNDO, not_permitted, runs_on
from kconsole.operations.chunked import Chunks, within
from kconsole.operations.history import History, can_be_undone
from kconsole.operations.locations import Location
from kconsole.operations.scope import Scope
from kconsole.operations.system import system_operator
from kconsole.store.records import Progress as Progress
from kconsole.store.records import Records
from kconsole.store.seatstore import PATIENCE as PATIENCE
from kconsole.store.seatstore import SeatStore
from kconsole.store.transaction import FirstLine

if TYPE_CHECKING:
    from kconsole.operations.search.index import AccountIndex
    from kconsole.operations.undo import UndoOperation
    from kconsole.operations.what_if import WhatIf


class ServerWriter(Protocol):
    """Applies an operation on the mail server first, and then in the store."""

    def do(self, session: "Session", operation: Operation) -> Done:
        """Ask the server for the operation, and commit its answer."""
        ...


class Session:
    """An open store with its parts; it applies operations, and all parts follow every commit.

    Attributes:
        state: the records as of the last commit that was read: `entries` and `domains` by number, `license`, `server`,
            `pending_changes`, `last_restart`, and lookups (`entry_at`, `find`, `live_entries()`, `domain_named`).
        seats: the seat figures: `report()`, `held()`, `if_licensed()`, `if_changed()`, and the `policy` they follow.
        history: the log, and what can be undone: `log(query)`, `undoable`, `to_undo()`.
        account_index: the account list, searched and sorted.
        what_if: the figures if marked accounts were toggled.
        store: where it all is: `folder`, `operator`, `read_only`, `notices`, `sequence`, `lease("server")`.
        scopes: how many scopes there have been; with each, other domains may be seen.
        clock: gives the time.
        offline: whether `--offline` forbids to contact the server.
    """

    def __init__(self, store: SeatStore, clock: Clock, policy: LicensePolicy = KERIO) -> None:
        self.store = store
        self.clock = clock
        self.offline = False
        self._records = store.state
        self._ledger = SeatLedger(store.state.inventory, policy)
        self._ledger.reservations = lambda: active(self._records.reservations, clock.now())
        self._scope = Scope(store.authority(), self._records, self._ledger)
        self.scopes = 1
        self.history = History(store, self._as_seen)
        self._account_index: AccountIndex | None = None
        self._what_if: WhatIf | None = None
        self._listeners: list[Callable[[Commit], None]] = []
        store.listen(self._committed)

    @classmethod
    def open(
        cls,
        store_at: Location,
        operator: Operator | str | None = None,
        clock: Clock | None = None,
        patience: float = PATIENCE,
        read_only: bool = False,
        progress: Progress | None = None,
        authority: Callable[[], Authority] = full,
        allow_network_fs: bool = False,
    ) -> "Session":
        """Open a store. A thread may do this: no part of it blocks others for long.

        Args:
            store_at: where it is.
            operator: None for the user that the system names.
            clock: None for the machine's.
            patience: seconds to wait for another process that saves.
            read_only: open the good part of a damaged store, and refuse every change.
            allow_network_fs: change a store on another machine, too, where locks are not to be trusted.
            progress: called in this thread every few thousand records. An exception that it raises ends the opening.
            authority: gives what the operator may do, whenever that is asked.

        Raises:
            NotFound: there is no store.
            StoreUnusable: it is damaged, foreign, of a newer format, or cannot be read.
        """
        clock, operator = clock or SystemClock(), operator or system_operator()
        store = SeatStore.open(store_at, clock, patience, operator, read_only, progress, authority, allow_network_fs)
        return cls(store, clock)

    @classmethod
    def create(
        cls,
        store_at: Location,
        first: Inventory | Sequence[FirstLine],
        operator: Operator | str | None = None,
        clock: Clock | None = None,
        patience: float = PATIENCE,
        group: int | None = None,
        allow_network_fs: bool = False,
    ) -> "Session":
        """Create a store, with its first records or lines, and open it; refused where there is one already.

        Given a group, its members share the store.
        """
        clock, operator = clock or SystemClock(), operator or system_operator()
        store = SeatStore.create(store_at, first, clock, operator, patience, group, allow_network_fs)
        return cls(store, clock)

    @property
    def state(self) -> Records:
        """The records as of the last commit that was read, as far as the operator may see them."""
        return self._scope.state

    @property
    def seats(self) -> SeatLedger:
        """The seat figures: the totals, and what the operator may see of domains and accounts."""
        return self._scope.seats

    @property
    def authority(self) -> Authority:
        """What the operator may do now. It is cheap to ask again and again."""
        return self.store.authority()

    def follow_authority(self) -> None:
        """Show what the operator may see now, which another version of the roles file may have changed."""
        authority = self.authority
        if authority.domains != self._scope.authority.domains:
            self._scope = Scope(authority, self._records, self._ledger)
            self._account_index = self._what_if = None
            self.scopes += 1

    def _as_seen(self, commit: Commit) -> Commit:
        return self._scope.commit(commit, self.history.is_own(commit))

    def may(self, capability: Capability) -> bool:
        """Whether the operator has a capability now."""
        return self.authority.may(capability)

    def insist(self, capability: Capability, name: str, account: str = "", reason: str = "") -> None:
        """Raise NotPermitted, and log it under the name of an operation, unless the operator has a capability."""
        self._log_and_raise(self.authority.refusal_to(capability), name, account, reason)

    def insist_on_all(self, name: str) -> None:
        """Raise NotPermitted, and log it, if the operator may not see all domains: for what shows or copies all."""
        refused = NotPermitted("all-domains-needed", "ask-full-admin", role=self.authority.role)
        self._log_and_raise(refused if self.authority.is_bound else None, name, "", "")

    @property
    def license_status(self) -> LicenseStatus:
        return license_status_of(self.state.license, self.clock.now(), self.seats.policy)

    @property
    def account_index(self) -> "AccountIndex":
        if self._account_index is None:
            from kconsole.operations.search.index import AccountIndex
            from kconsole.operations.search.states import states_of

            entries, policy = [*self.state.live_entries(), *self.seats.held()], self.seats.policy
            self._account_index = AccountIndex(policy, entries, lambda now: states_of(self.state, self.seats, now))
        return self._account_index

    @property
    def what_if(self) -> "WhatIf":
        if self._what_if is None:
            from kconsole.operations.what_if import WhatIf

            self._what_if = WhatIf(self.seats, self.state.live_entry)
        return self._what_if

    def preparing(self) -> Chunks[None]:
        """Build the indexes that the first change and the first letter of a filter need, in an idle moment."""
        yield from within(0.0, 0.4, self.state.indexing())
        yield from within(0.4, 1.0, self.account_index.preparing())

    def do(
        self, operation: Operation, by: ServerWriter | None = None, name: str = "", in_store_only: bool = False
    ) -> Done:
        """Apply an operation to the current state, others' changes included; on the server first if there is one.

        Args:
            operation: what to do.
            by: asks the server, for an operation that runs there; None if nothing can.
            name: the name of the operation that decides where this one runs; empty for its own.
            in_store_only: whether the server has done it already, or need not do it.

        Raises:
            NotPermitted: the operator may not do that.
            Refused: a guard refused an operation that is applied as a whole; or the server must be asked and cannot
                be; or the operation makes no sense in a store that follows a server.
            SourceAway: the server did not answer as it should.
        """
        server = None if in_store_only else self._server_to_ask(operation, name or operation.name)
        if server is not None:
            if by is None:
                raise Refused("password-needed", "give-the-password", server=server.name)
            return by.do(self, operation)
        context: OperationContext | None = None
        try:
            with self.store.transaction(operation.name, operation.capability, reason=operation.reason) as transaction:
                if self._records.server is not None and not in_store_only and operation.runs_on != "store":
                    raise _ServerNamed
                now, lately = self.clock.now(), self.history.changed_lately
                context = OperationContext(self._records, self._ledger, transaction, now, self.authority, lately)
                context.by = self.store.operator.shown
                before = self.seats.report()
                transaction.seats = (before.used, before.used)
                transaction.account = the_account_of(operation)
                outcomes = outcomes_of(operation, context)
                is_repeated = getattr(operation, "is_repeated", False) and not transaction.changes
                if is_repeated and self.history.has_refused_lately(operation.name, transaction.refused):
                    transaction.refused = ()
        except _ServerNamed:
            return self.do(operation, by, name)
        except BaseException:
            if context is not None and transaction.commit is None:  # else it is on disk, and a listener failed
                context.roll_back_seats()
            raise
        commit = transaction.commit
        if commit is not None and can_be_undone(commit):
            self.history.add_own(commit)
        if commit is not None:
            commit = self._as_seen(commit)
        return Done(operation.name, self._scope.outcomes(outcomes), before, self.seats.report(), commit)

    def commit(self, operation: Operation) -> Done:
        """Apply an operation in the store only: the server has done it already, or need not do it."""
        return self.do(operation, in_store_only=True)

    def _server_to_ask(self, operation: Operation, name: str) -> Server | None:
        """The server on which to apply an operation first; None for one that runs in the store."""
        self.follow_authority()
        self.insist(operation.capability, operation.name, the_account_of(operation), operation.reason)
        if self.state.server is not None and operation.runs_on != "store" and not self.store.read_only:
            self.catch_up()  # another process may have removed it meanwhile, or named another one
        self.check_runs(operation.name, name, the_account_of(operation), operation.reason)
        return self.state.server if operation.runs_on == "server" else None

    def check_runs(self, name: str, first: str = "", account: str = "", reason: str = "") -> None:
        """Raise, and log, why the operation with this name is refused, whatever it would change.

        For an undo, that depends on the operation that it undoes, which is `first`.
        """
        self._log_and_raise(self.refusal_of(first or name), name, account, reason)

    def _log_and_raise(self, refused: Refused | None, name: str, account: str, reason: str) -> None:
        if refused is not None:
            self.log_refusal(name, refused.happened, account, reason)
            raise refused

    def log_refusal(self, name: str, why: Message, account: str = "", reason: str = "") -> None:
        """Log that an operation was refused, where that is known before it is applied.

        It is refused, whether that can be written down or not.
        """
        with suppress(StoreBusy, StoreUnusable, Refused):
            refused = Refusal(account, why.code, why.params)
            self.store.log_refusal(name, refused, reason, lambda: self.seats.report().used)

    def undo(self, sequence: int | None = None, reason: str = "", by: ServerWriter | None = None) -> Done:
        """Undo a line of the log, or the operator's last change. Undoing an undo redoes what that undid.

        Raises:
            NotFound: there is none, or it has been undone.
            Refused: it would need seats that are not free; try again later.
            ChangedSince: a later commit changed the same record; this one can never be undone.
        """
        commit = self.to_undo(sequence)
        first = self.history.first_operation(commit)
        try:
            return self.do(self._undoing(commit, first, reason), by, first)
        except ChangedSince:
            self.history.forget(commit.sequence)
            raise

    def to_undo(self, sequence: int | None = None) -> Commit:
        """The line of the log with a number, or the operator's last change that is of a kind to be undone here.

        Raises:
            NotFound: there is none, or it has been undone.
            NotPermitted: the operator may undo nothing, or not all of it.
        """
        self._log_and_raise(self.authority.refusal_by_storage(UNDO), UNDO, "", "")
        commit = self.history.to_undo(sequence, lambda commit: self.why_never_undone(commit, commit.operation) is None)
        if self._as_seen(commit).is_partial:
            self._log_and_raise(_outside_domains(commit), "undo", "", "")
        return commit

    def last_undoable(self) -> Commit | None:
        """The last change of the operator that can be undone; it passes over what later changes keep from that."""
        self.catch_up()
        commits = (
            commit
            for commit in self.history.candidates()
            if self._undoing(commit, commit.operation).is_as_left(self._records)
            if self.why_not_undone(commit) is None
        )
        return next(commits, None)

    def why_not_undone(self, commit: Commit) -> ConsoleError | None:
        """Why a commit cannot be undone, whatever seats come free; None if it is worth a try. It changes nothing."""
        first = self.history.first_operation(commit)
        if (why := self.why_never_undone(commit, first)) is not None:
            return why
        try:
            self._undoing(commit, first).check(self._records)
        except (ChangedSince, NotFound) as error:
            return error
        return None

    def _undoing(self, commit: Commit, first: str, reason: str = "") -> "UndoOperation":
        from kconsole.operations.undo import UndoOperation

        history = self.history
        is_redo = history.undos_in(commit) % 2 == 1
        return UndoOperation(commit, first, history.traces_after, reason, history.is_own(commit), is_redo)

    def why_never_undone(self, commit: Commit, first: str) -> Refused | None:
        """Why a commit can be undone at no time, whatever was changed since. Nothing is read for it."""
        from kconsole.operations.undo import deleted_for_good

        undoing, authority = self._undoing(commit, first), self.authority
        if (
            refused := authority.refusal_to(undoing.capability) or authority.refusal_by_storage(undoing.name)
        ) is not None:
            return refused
        if self._as_seen(commit).is_partial:
            return _outside_domains(commit)
        gone = deleted_for_good(commit) if self.is_done_on_server(first) else None
        if gone is not None:
            reason = message("deleted-for-good")
            return Refused("cannot-undo-account", "add-it-again", address=gone.address, reason=reason)
        return self.refusal_of(first)

    def is_done_on_server(self, operation: str) -> bool:
        """Whether the operation with this name changes the server first."""
        return self.state.server is not None and runs_on(operation) == "server"

    def refusal_of(self, operation: str) -> Refused | None:
        """Why the operation with this name is refused, whatever it would change; None if it is not.

        The operator lacks its capability, or it makes no sense beside the server. Front ends ask this before they ask
        the user for anything.
        """
        if (refused := not_permitted(operation, self.authority)) is not None:
            return refused
        server = self.state.server
        where = "store" if server is None else runs_on(operation)
        if server is None or where == "store":
            return None
        if where == "store-without-server":
            hint = "do-it-there-or-without-server"
            return Refused("only-without-server", hint, operation=operation, server=server.name)
        return Refused("offline-change", "leave-out-offline-to-change", server=server.name) if self.offline else None

    def catch_up(self) -> list[Commit]:
        """Read what other processes committed; all parts and listeners follow."""
        self.follow_authority()
        return [self._as_seen(commit) for commit in self.store.catch_up()]

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Call `listener` with every commit from now on, after the parts have followed it."""
        self._listeners.append(listener)

    def close(self) -> None:
        self._listeners.clear()
        self.store.close()

    def _committed(self, commit: Commit) -> None:
        if not commit.own:
            for change in commit.changes:
                apply_change(self._ledger, change)
        self.history.follow(commit)
        commit = self._as_seen(commit)
        if self._what_if is not None:
            self._what_if.follow(commit.changes)
        if self._account_index is not None:
            self._account_index.follow(commit.changes, self.seats.held)
        for listener in list(self._listeners):
            listener(commit)


class _ServerNamed(Exception):
    """Another process has named a server meanwhile; the operation runs there first, or makes no sense beside it."""


def _outside_domains(commit: Commit) -> NotPermitted:
    """The error for a line of the log that the operator sees in part only."""
    return NotPermitted("line-outside-domains", "ask-full-admin", line=commit.sequence)
