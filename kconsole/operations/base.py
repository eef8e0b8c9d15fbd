"""What all operations share: each works inside one transaction and reports an outcome for every address."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol

from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.errors import ChangedMeanwhile, Refused
from kconsole.core.history import Change, Refusal
from kconsole.core.identity import canonical_address
from kconsole.core.outcomes import Done as Done
from kconsole.core.outcomes import HalfDone as HalfDone
from kconsole.core.outcomes import Outcome as Outcome
from kconsole.core.outcomes import Result as Result
from kconsole.core.records import Entry
from kconsole.core.reports import Decision
from kconsole.core.roles import BRAKE_TIME, FULL, Authority, Capability
from kconsole.core.server import PendingChange, Target
from kconsole.licensing.counting import SeatLedger, is_held
from kconsole.licensing.lifecycle import LicenseStatus, license_status_of
from kconsole.licensing.policy import LicensePolicy
from kconsole.licensing.reservations import taken_by
from kconsole.operations.scope import RecordsInScope
from kconsole.operations.search.lookup import hints_for
from kconsole.store.records import Records
from kconsole.store.transaction import Transaction

MANY: Final = 100
"""Changes at once beyond which the figures take them by what is alike."""

RESTORING: Final = ("restore", "undo")
"""Operations that bring an earlier state back: accounts that take a seat by them use no reservation."""

RunsOn = Literal["server", "store", "store-without-server"]
"""Where an operation takes effect first if the store follows a server: on that server; in the store only, because the
server does not report it or the next sync corrects it; or nowhere, because the store would differ from the server."""


class Rehearsal(NamedTuple):
    """What an operation would do."""

    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]
    """Each record once."""
    undoes: int | None
    """The commit that it would undo."""
    plan: str
    """The id of the plan that it would apply."""


class OperationContext:
    """What an operation works with: the state as it is now, with its own changes so far, and what takes them."""

    def __init__(
        self,
        state: Records,
        ledger: SeatLedger,
        transaction: Transaction,
        now: datetime,
        authority: Authority = FULL,
        changed_lately: Callable[[datetime], set[str]] = lambda _: set(),
    ) -> None:
        self.state = state
        self.visible = RecordsInScope(state, authority, to_show=False) if authority.is_bound else state
        """The records that the operator may see: in them, accounts are found by what a user typed."""
        self.authority = authority
        self.transaction = transaction
        self.now = now
        self.by = ""
        """The operator, as decisions name them."""
        self.passed: list[Refusal] = []
        """What the operator took although it is reserved, for the log."""
        self.policy = ledger.policy
        self._ledger = ledger
        self._counted: list[Change] = []
        """The changes that the ledger has."""
        self._read_lately = changed_lately
        self._changed_lately: set[str] | None = None
        """The accounts that the operator changed lately, in canonical form; None as long as that does not matter."""

    @property
    def seats(self) -> SeatLedger:
        """The seat figures, with the changes so far. Read it again after a change."""
        changes = self.transaction.changes[len(self._counted) :]
        if len(changes) > MANY and all(change.table == "entries" for change in changes):
            self._ledger.change_entries((change.before, change.after) for change in changes)
        else:
            for change in changes:
                apply_change(self._ledger, change)
        self._counted += changes
        return self._ledger

    @property
    def license_status(self) -> LicenseStatus:
        return license_status_of(self.state.license, self.now, self._ledger.policy)

    def change(self, before: Entry, after: Entry, done: Outcome) -> Outcome:
        """Store an account as changed, if the operator may change it so; the outcome is that, or a refusal."""
        if not self.authority.is_unlimited and (refused := self._refusal(before, after)) is not None:
            return refused
        self.transaction.put_entry(after)
        return done

    def _refusal(self, before: Entry, after: Entry) -> Outcome | None:
        authority = self.authority
        if code := authority.objection(before, after):
            return Outcome(before.address, "refused", code, "ask-full-admin", {"role": authority.role})
        return self.brake(before.address)

    def brake(self, address: str) -> Outcome | None:
        """Count an account that is changed; the refusal, if the operator's role has changed its number lately."""
        authority = self.authority
        if authority.brake is None:
            return None
        if self._changed_lately is None:
            self._changed_lately = self._read_lately(self.now - BRAKE_TIME)
        self._changed_lately.add(canonical_address(address))
        if len(self._changed_lately) <= authority.brake:
            return None
        self._changed_lately.discard(canonical_address(address))
        params = {"role": authority.role, "most": authority.brake}
        return Outcome(address, "refused", "brake-reached", "ask-account-admin", params)

    def rehearse(self, operation: "Operation") -> "Rehearsal":
        """See what an operation would do now, under all its guards, and roll it back. Only before any own change."""
        outcomes = tuple(operation.apply(self))
        undoes, plan = self.transaction.undoes, self.transaction.plan
        if not self.authority.is_unlimited:
            self.authority.check_changes(self.transaction.net(), self.state.entries)
        self.roll_back_seats()
        changes = self.transaction.take_back()
        return Rehearsal(outcomes, changes, undoes, plan)

    def roll_back_seats(self) -> None:
        """Restore the seat figures of before the operation, when the transaction fails or is rolled back."""
        for change in reversed(self._counted):
            apply_change(self._ledger, change._replace(before=change.after, after=change.before))
        self._counted = []

    def address_of(self, pending: PendingChange, target: Target) -> str:
        """The address of a target of a pending change, under the present name of its domain."""
        for domain in self.state.domains.values():
            if domain.server_id and domain.server_id == pending.domain_id:
                return f"{target.address.rpartition('@')[0]}@{domain.name}"
        return target.address


def outcomes_of(operation: "Operation", context: OperationContext) -> tuple[Outcome, ...]:
    """Apply an operation, and write its figures and refusals into the journal line."""
    transaction, used_before = context.transaction, context.seats.used
    outcomes = tuple(operation.apply(context))
    if context.state.reservations and operation.name not in RESTORING and not getattr(operation, "use", ""):
        take_matching(context)
    transaction.seats = (used_before, context.seats.used)
    refused = (Refusal(each.address, each.code, each.params) for each in outcomes if each.result == "refused")
    transaction.refused = (*refused, *context.passed)
    return outcomes


def take_reserved(context: OperationContext, taken: Counter[int]) -> None:
    """Use seats of reservations: what is used is no longer reserved, and a reservation without seats is gone."""
    for number, seats in taken.items():
        reservation = context.state.reservations[number]
        if reservation.count > seats:
            less = replace(reservation, count=reservation.count - seats)
            context.transaction.put_decision("reservations", less, number)
        else:
            context.transaction.remove_decision("reservations", number)


def take_matching(context: OperationContext) -> None:
    """Use the reservations whose addresses took a seat in this transaction, whichever operation gave it to them."""
    held = context.seats.reservations()
    if held:
        first: dict[int, Entry | None] = {}
        for change in context.transaction.changes:
            if change.table == "entries":
                first.setdefault(change.number, change.before)
        entries = ((before, context.state.entries.get(number)) for number, before in first.items())
        take_reserved(context, taken_by((now for was, now in entries if now and takes_seat(was, now, context)), held))


def takes_seat(before: Entry | None, after: Entry, context: OperationContext) -> bool:
    """Whether an entry takes a seat after a change, and took none before."""
    classify = context.policy.classify
    had = before is not None and before.deleted_at is None and classify(before).seat
    return not had and after.deleted_at is None and classify(after).seat


def apply_change(ledger: SeatLedger, change: Change) -> None:
    """Count one changed record."""
    if change.table == "entries":
        ledger.change_entry(change.before, change.after)
    elif change.table == "domains":
        ledger.change_domain(change.before, change.after)
    elif change.table == "license":
        ledger.change_license(change.after)
    elif change.table == "server":
        ledger.change_restart(change.after)
    elif change.table == "connection":
        ledger.change_server(change.after)


class Operation(Protocol):
    """One change that a user can make. Its class is named for it, in the imperative.

    `name` is what the journal calls it, `runs_on` says where it takes effect first, `capability` what the operator must
    be allowed to do, and `reason` why it is made, in the operator's words. A class whose operations cannot be undone
    sets `undoable = False`.
    """

    @property
    def name(self) -> str: ...

    @property
    def capability(self) -> Capability: ...

    @property
    def runs_on(self) -> RunsOn: ...

    @property
    def reason(self) -> str: ...

    def apply(self, context: OperationContext, /) -> list[Outcome]:
        """Make the change, and report an outcome for each address; a refusal of the whole is an error."""
        ...


def check_expected(expected: Iterable[Entry], context: OperationContext) -> None:
    """Raise ChangedMeanwhile unless these entries are as the user saw them when they confirmed."""
    bound = context.authority.is_bound
    entries = RecordsInScope(context.state, context.authority).entries if bound else context.state.entries
    changed = [entry for entry in expected if entries.get(entry.id) != entry]
    if changed:
        addresses = [entry.address for entry in changed]
        raise ChangedMeanwhile("changed-meanwhile", "look-again", (each.id for each in changed), addresses=addresses)


def refusal(address: str, decision: Decision) -> Outcome:
    """The outcome of what a guard refused."""
    return Outcome(address, "refused", decision.code, decision.hints, decision.params)


def refused_by(decision: Decision, effect: str = "") -> Refused:
    """The error for a guard's refusal; `effect` is the code of what that means for the request."""
    return Refused(decision.message, decision.hints, effect=effect)


def insist(decision: Decision) -> None:
    """Raise the decision as an error unless it allows the operation."""
    if not decision.allowed:
        raise refused_by(decision)


def the_account_of(operation: "Operation") -> str:
    """The address of an operation on one account; empty for none or several."""
    addresses = getattr(operation, "addresses", None) or (getattr(operation, "address", ""),)
    return addresses[0] if len(addresses) == 1 else ""


def missing(address: str, state: Records) -> Outcome:
    """The outcome for an address that is not in the store."""
    return Outcome(address, "not-found", "not-in-store", hints_for(address, state))


def on_each(addresses: Iterable[str], context: OperationContext, change: Callable[[Entry], Outcome]) -> list[Outcome]:
    """Change the entries at these addresses one after the other, and report the addresses that have none."""
    found = ((address, context.visible.entry_at(address)) for address in unique(addresses))
    return [missing(address, context.visible) if entry is None else change(entry) for address, entry in found]


def revived(entry: Entry, state: Records, policy: LicensePolicy) -> Entry:
    """A new entry, under the number of a deleted one of the same address if there is one.

    Of several it is the last that still holds its seat, or if none does, the last. So it takes over the seat that one
    may still hold; nothing else, because it may be another person's. An account with the same id at the server was only
    missing there for a while, and keeps its tags: a server may be restored, or list less.
    """
    deleted = [old for old in state.deleted_at(entry.address) if old.kind == entry.kind]
    if not deleted:
        return entry
    old = next((old for old in deleted if is_held(old, state.restart, policy)), deleted[0])
    was_away = bool(entry.server_id) and entry.server_id == old.server_id
    return replace(entry, id=old.id, tags=old.tags if was_away else ())


def mailbox_left(entries: Iterable[Entry], state: Records) -> Message | None:
    """The warning for new accounts that may get the mailbox of a former account, which may be another person's.

    It does so by the name alone where the mailbox was kept (source: Disabling and Deleting User Accounts, GFI). The
    store does not count that mailbox, since it cannot know: a person may have removed it on the server, and a sync
    reports what is there. What it knows it says, because mail of one person would be shown to another.
    """
    addresses = [
        entry.address
        for entry in entries
        if entry.is_account and not (entry.mailbox or entry.server_id)
        if any(old.mailbox and old.mailbox_fate == "keep" and old.is_account for old in state.deleted_at(entry.address))
    ]
    return message("mailbox-left", addresses=addresses) if addresses else None


def unique(addresses: Iterable[str]) -> list[str]:
    """The addresses in their order, each once; compared without case."""
    once: dict[str, str] = {}
    for address in addresses:
        once.setdefault(canonical_address(address), address)
    return list(once.values())
