"""What every deed has in common: it works inside a transaction, entry by entry, and tells what came of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Protocol

from kconsole.core.codes import NO_PARAMS, Hint, Message, hints_of
from kconsole.core.errors import ChangedMeanwhile, ConsoleError, Refused
from kconsole.core.history import Change, Commit, Refusal
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, fold
from kconsole.core.reports import Decision, SeatReport
from kconsole.core.server import PendingChange, Server, Target
from kconsole.licensing.counting import SeatLedger, is_held
from kconsole.licensing.lifecycle import LicenseStatus, license_status_of
from kconsole.store.seatstore import SeatStore
from kconsole.store.transaction import Transaction

MANY: Final = 100
"""Changes at once beyond which the figures take them by what is alike."""

RunsOn = Literal["server", "store", "store-without-server"]
"""Where an operation takes effect first if the store follows a server: on that server; in the store only, because the
server does not report it or the next sync corrects it; or nowhere, because the store would differ from the server."""

Result = Literal["done", "unchanged", "not-found", "refused", "open"]
"""`open`: the live server was asked, and nobody knows what came of it."""


class Outcome(NamedTuple):
    """What came of a deed for one address."""

    address: str
    result: Result
    code: str
    """What happened to it, as a clause without the address: "disabled, its seat is free"."""
    hint: Hint = None
    params: Mapping[str, Any] = NO_PARAMS

    @property
    def message(self) -> Message:
        """The code with its parameters."""
        return Message(self.code, self.params)

    @property
    def hints(self) -> tuple[Message, ...]:
        """What to do next."""
        return hints_of(self.hint)

    @property
    def failed(self) -> bool:
        """Whether what was asked for is not so now."""
        return self.result in ("not-found", "refused", "open")


class Rehearsal(NamedTuple):
    """What a deed would do."""

    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]
    """Each record once."""
    undoes: int | None
    """The commit that it would take back."""


class OperationContext:
    """A deed in the making: the state as it is now, with what the deed has changed so far."""

    def __init__(self, store: SeatStore, ledger: SeatLedger, transaction: Transaction, now: datetime) -> None:
        self.store = store
        self.now = now
        self._ledger = ledger
        self._transaction = transaction
        self._accounted: list[Change] = []
        """The changes that the ledger knows of."""

    @property
    def report(self) -> SeatReport:
        """The figures now."""
        return self._ledger.report()

    def report_around(self, domain: str) -> SeatReport:
        """The figures now, with no other domain than this one in them: cheap, whatever the number of domains."""
        return self._ledger.report_around(domain)

    def if_changed(self, changes: Iterable[tuple[Entry | None, Entry, int]]) -> SeatReport:
        """The figures if entries were otherwise, as of `SeatLedger.if_changed`; nothing is changed."""
        return self._ledger.if_changed(changes)

    def if_licensed(self, license_: License) -> SeatReport:
        """The figures if the license were this one; nothing is changed."""
        return self._ledger.if_licensed(license_)

    @property
    def license_status(self) -> LicenseStatus:
        """How the license stands now."""
        return license_status_of(self.store.license, self.now)

    @property
    def held(self) -> list[Entry]:
        """Deleted entries that hold a seat."""
        return self._ledger.held()

    def put_entry(self, entry: Entry) -> Entry:
        """Store an entry; returns it with its number."""
        stored = self._transaction.put_entry(entry)
        self._account()
        return stored

    def put_entries(self, entries: Iterable[Entry]) -> list[Entry]:
        """The same for many at once."""
        stored = self._transaction.put_entries(entries)
        self._account()
        return stored

    def put_domain(self, domain: Domain) -> None:
        """Store a domain, in place of the one of its name if there is one."""
        self._transaction.put_domain(domain, self.store.domain_number(domain.name))
        self._account()

    def change_domain(self, number: int, after: Domain) -> None:
        """Let the domain with this number be so, whatever it was called."""
        self._transaction.put_domain(after, number)
        self._account()

    def remove_domain(self, number: int) -> None:
        """Forget the domain with this number."""
        self._transaction.remove_domain(number)
        self._account()

    def set_server(self, server: Server | None) -> None:
        """Let this be the live server that the store is kept in step with."""
        self._transaction.set_server(server)
        self._account()

    def rehearse(self, operation: "Operation") -> "Rehearsal":
        """See what a deed would do now, under all its guards; nothing is changed. For a work that changed nothing yet.

        Raises:
            Refused: what the deed raises.
        """
        outcomes = tuple(operation.apply(self))
        undoes = self._transaction.undoes
        self.take_back()
        return Rehearsal(outcomes, self._transaction.take_back(), undoes)

    def call_it(self, operation: str) -> None:
        """Let the journal name it so."""
        self._transaction.operation = operation

    def put_pending(self, pending: PendingChange) -> int:
        """Write down what the server is about to be asked for; returns its number."""
        number = self._transaction.put_pending(pending)
        self._account()
        return number

    def remove_pending(self, number: int) -> None:
        """It is known what came of it."""
        self._transaction.remove_pending(number)
        self._account()

    def address_of(self, pending: PendingChange, target: Target) -> str:
        """The address that something was asked for; of a new account, in its domain by the name of now."""
        domain = next(
            (each for each in self.store.domains if each.server_id and each.server_id == pending.domain_id), None
        )
        return target.address if domain is None else f"{target.address.rpartition('@')[0]}@{domain.name}"

    def put_back(self, change: Change) -> None:
        """Let a record be as it was before a change."""
        if change.table == "entries" and change.before is None:
            self._transaction.remove_entry(change.number)
        elif change.table == "entries":
            self._transaction.put_entry(change.before)
        elif change.table == "domains" and change.before is None:
            self._transaction.remove_domain(change.number)
        elif change.table == "domains":
            self._transaction.put_domain(change.before, change.number)
        elif change.table == "server":
            self._transaction.set_last_restart(change.before)
        elif change.table == "license":
            self._transaction.set_license(change.before)
        elif change.table == "connection":
            self._transaction.set_server(change.before)
        self._account()

    def set_last_restart(self, at: datetime) -> None:
        """Record a restart of the server."""
        self._transaction.set_last_restart(at)
        self._account()

    def set_license(self, license_: License) -> None:
        """Let the license be this one."""
        self._transaction.set_license(license_)
        self._account()

    def replace_all(self, inventory: Inventory) -> None:
        """Let the store hold this and nothing else."""
        self._transaction.replace_all(inventory)
        self._account()

    def take_back(self) -> None:
        """Let the ledger be as before the deed, when the transaction fails."""
        for change in reversed(self._accounted):
            apply_change(self._ledger, change._replace(before=change.after, after=change.before))
        self._accounted = []

    def note(self, outcomes: Iterable[Outcome], used_before: int) -> None:
        """Tell the journal what the deed came to."""
        self._transaction.seats = (used_before, self._ledger.used)
        refused = (outcome for outcome in outcomes if outcome.result == "refused")
        self._transaction.refused = tuple(Refusal(outcome.address, outcome.code, outcome.params) for outcome in refused)

    def note_undoing(self, sequence: int) -> None:
        """Tell the journal which commit is taken back."""
        self._transaction.undoes = sequence

    def _account(self) -> None:
        changes = self._transaction.changes[len(self._accounted) :]
        if len(changes) > MANY and all(change.table == "entries" for change in changes):
            self._ledger.change_entries((change.before, change.after) for change in changes)
        else:
            for change in changes:
                apply_change(self._ledger, change)
        self._accounted += changes


def apply_change(ledger: SeatLedger, change: Change) -> None:
    """Let the ledger know of one changed record."""
    if change.table == "entries":
        ledger.change_entry(change.before, change.after)
    elif change.table == "domains":
        ledger.change_domain(change.before, change.after)
    elif change.table == "license":
        ledger.change_license(change.after)
    elif change.table == "server":
        ledger.change_restart(change.after)


class Operation(Protocol):
    """One thing that may be done. Its class is named for it, in the imperative."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        ...

    @property
    def runs_on(self) -> RunsOn:
        """Where it takes effect first."""
        ...

    @property
    def reason(self) -> str:
        """Why, in the operator's words; may be empty."""
        ...

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Do it, and tell what came of it for each address.

        Raises:
            Refused: it can only be done as a whole, and a guard said no.
        """
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed did."""

    operation: str
    outcomes: tuple[Outcome, ...]
    before: SeatReport
    after: SeatReport
    commit: Commit | None
    """The transaction; None if nothing changed."""

    @property
    def failures(self) -> list[Outcome]:
        """The outcomes for which what was asked for is not so now."""
        return [outcome for outcome in self.outcomes if outcome.failed]

    @property
    def changed(self) -> list[Outcome]:
        """The outcomes that changed something."""
        return [outcome for outcome in self.outcomes if outcome.result == "done"]


class HalfDone(ConsoleError):
    """Some of it was done on the server and is in the store; the rest ended in what is told.

    Attributes:
        done: what was done, and what was not.
        exit_code: that of what went wrong.
    """

    def __init__(self, done: Done, trouble: ConsoleError) -> None:
        super().__init__(trouble.happened, trouble.hints, trouble.details, trouble.effect or "")
        self.done = done
        self.exit_code = trouble.exit_code


def check_expected(expected: Iterable[Entry], work: OperationContext) -> None:
    """Go on only if these entries are as they were when a person was asked about them.

    Raises:
        ChangedMeanwhile: some are not.
    """
    changed = [entry for entry in expected if work.store.entry(entry.id) != entry]
    if changed:
        raise ChangedMeanwhile(
            "changed-meanwhile",
            "look-again",
            (entry.id for entry in changed),
            addresses=[entry.address for entry in changed],
        )


def refusal(address: str, decision: Decision) -> Outcome:
    """The outcome of a deed that a guard refused."""
    return Outcome(address, "refused", decision.code, decision.hints, decision.params)


def some_of(addresses: Sequence[str], most: int = 3) -> str:
    """Addresses for a sentence: "anna@north.example, berg@north.example, chen@south.example and 3 more"."""
    more = len(addresses) - most
    return ", ".join(addresses[:most]) + (f" and {more:,} more" if more > 0 else "")


def refused_by(decision: Decision, effect: str = "") -> Refused:
    """The error for what a guard refused.

    Args:
        decision: the refusal.
        effect: the code of what became of the request, where that has to be said.
    """
    return Refused(Message(decision.code, decision.params), decision.hints, effect=effect)


def insist(decision: Decision) -> None:
    """Go on only if the decision allows it.

    Raises:
        Refused: it does not.
    """
    if not decision.allowed:
        raise refused_by(decision)


def the_account_of(operation: "Operation") -> str:
    """The one address that an operation is about; empty for none or several."""
    addresses = getattr(operation, "addresses", None) or (getattr(operation, "address", ""),)
    return addresses[0] if len(addresses) == 1 else ""


def missing(address: str) -> Outcome:
    """The outcome for an address that is not in the store."""
    return Outcome(address, "not-found", "not-in-store", "look-it-up")


def revived(entry: Entry, store: SeatStore) -> Entry:
    """A new entry, under the number of a deleted one of the same address if there is one.

    Of several it is the last that still holds its seat, or if none does, the last.
    So it takes over the seat that one may still hold, and its mailbox if that was kept: the server attaches a kept
    mailbox again when an account of the same name is created (source: Disabling and Deleting User Accounts, GFI).
    """
    deleted = [old for old in store.deleted_at(entry.address) if old.kind == entry.kind]
    if not deleted:
        return entry
    old = next((old for old in deleted if is_held(old, store.last_restart)), deleted[0])
    kept = old.mailbox and old.mailbox_fate == "keep"
    return replace(entry, id=old.id, mailbox=kept, last_login=old.last_login if kept else None)


def unique(addresses: Iterable[str]) -> list[str]:
    """The addresses in their order, each once; compared without case."""
    once: dict[str, str] = {}
    for address in addresses:
        once.setdefault(fold(address), address)
    return list(once.values())
