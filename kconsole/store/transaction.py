"""A transaction: changes that will be on disk together, or not at all."""

from collections.abc import Callable, Iterable
from datetime import datetime
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from kconsole.core.decisions import DECISIONS, Decision, OfAccount, Offboarding
from kconsole.core.history import Change, Commit, Operator, Refusal
from kconsole.core.identity import canonical_address
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Restart, has_logged_in
from kconsole.core.server import PendingChange, Server
from kconsole.store.records import Records
from kconsole.store.tables import table_layer

if TYPE_CHECKING:
    from tinydb import TinyDB


class Transaction:
    """Changes in the making. The store shows them at once, in this process only.

    Attributes:
        line: the number of the journal's line that it will be.
        operation: what is done, as the journal will name it.
        changes: what has been changed so far, in its order.
        at: when it is; None for the time at which it is saved.
        seats: seats used before and after, for the journal, if they are counted.
        account: the one account that it is about, for a refusal of the whole; empty for none or several.
        refused: what a guard refused, for the journal.
        undoes: the sequence number of the commit that this one undoes.
        plan: the id of the plan that is applied.
        is_compact: whether its line may say of login refreshes no more than these: then it cannot be undone.
        commit: the result, once the block has been left; None if it changed nothing.
    """

    def __init__(self, records: Records, next_number: int, operation: str, line: int = 0) -> None:
        self._records = records
        self.line = line
        self._first_number = self.next_number = next_number
        self.operation = operation
        self.changes: list[Change] = []
        self.at: datetime | None = None
        self.seats: tuple[int, int] | None = None
        self.account = ""
        self.refused: tuple[Refusal, ...] = ()
        self.undoes: int | None = None
        self.plan = ""
        self.is_compact = False
        self.commit: Commit | None = None

    # Changing

    def put_entry(self, entry: Entry) -> Entry:
        """Store an entry, as a new one if its number is 0; returns it with its number."""
        return self.put_entries((entry,))[0]

    def put_entries(self, entries: Iterable[Entry]) -> list[Entry]:
        stored = []
        for entry in entries:
            if not entry.id:
                entry = replace(entry, id=self._new_number())  # the same entry with its number
            before, after = self._records.entries.get(entry.id), _with_own_words(self._with_line(entry))
            stored.append(after)
            self._put("entries", entry.id, after)
            if after.deleted_at is not None:
                self._end_decisions(entry.id)
            elif entry.id in self._records.marks and _ends_mark(before, after):
                self._put("marks", entry.id, None)
        return stored

    def put_decision(self, table: str, record: Decision, number: int = 0) -> int:
        """Store a decision, as a new one if no number is given; one about an account has the number of that."""
        number = number or (record.entry if isinstance(record, OfAccount) else self._new_number())
        self._put(table, number, record)
        return number

    def remove_decision(self, table: str, number: int) -> None:
        self._put(table, number, None)

    def _end_decisions(self, gone: int) -> None:
        """What is about an account ends with it: a later one of the same address may be another person's."""
        for table in ("keeps", "marks", "offboardings"):
            self._put(table, gone, None)

    def put_domain(self, domain: Domain, number: int = 0) -> None:
        """Store a domain: under this number, or else in place of the one of its name, or as a new one."""
        self._put("domains", number or self._records.domain_number(domain.name) or self._new_number(), domain)

    def remove_domain(self, number: int) -> None:
        self._put("domains", number, None)

    def set_license(self, license_: License) -> None:
        self._put("license", 1, license_)

    def set_last_restart(self, at: datetime | None, line: int | None = None) -> None:
        """Record a restart: by default after all earlier lines of the journal, and before what is deleted later."""
        self._put("server", 1, None if at is None else Restart(at, self.line if line is None else line))

    def set_server(self, server: Server | None) -> None:
        self._put("connection", 1, server)

    def put_pending(self, pending: PendingChange) -> int:
        """Store what the server is about to be asked for; returns its number."""
        number = self._new_number()
        self._put("intents", number, pending)
        return number

    def remove_pending(self, number: int) -> None:
        self._put("intents", number, None)

    def put_back(self, change: Change) -> None:
        self._put(change.table, change.number, change.before)
        if change.table == "entries" and change.before is None:
            self._end_decisions(change.number)

    def replace_all(self, inventory: Inventory) -> None:
        """Let the store hold this inventory and nothing else."""
        for table in ("entries", "domains", *DECISIONS):
            for number in list(self._records.tables[table]):
                self._put(table, number, None)
        self.set_license(inventory.license)
        self.set_last_restart(inventory.last_restart)
        self.set_server(inventory.server)
        for domain in inventory.domains:
            self._put("domains", self._new_number(), domain)
        entries = self.put_entries(replace(entry, id=0) for entry in inventory.entries)
        numbers = {canonical_address(entry.address): entry.id for entry in entries if entry.deleted_at is None}
        for table in DECISIONS:
            for decision in getattr(inventory, table):
                if isinstance(decision, OfAccount):
                    decision = replace(decision, entry=numbers[canonical_address(decision.address)])
                if isinstance(decision, Offboarding):
                    to, alias_to = (
                        numbers.get(canonical_address(each), 0) for each in (decision.to, decision.alias_to)
                    )
                    decision = replace(decision, to_entry=to, alias_entry=alias_to)
                self.put_decision(table, decision)

    @property
    def tables(self) -> "TinyDB":
        """The tables for TinyDB's own doors; what they change belongs to this transaction."""
        return table_layer(self._records.tables, self._stage)

    def _put(self, table: str, number: int, record: Any) -> None:
        """Let a record be this, or be gone if this is None."""
        before = self._records.tables[table].get(number)
        if before != record:
            self._stage(Change(table, number, before, record))

    def _stage(self, change: Change) -> None:
        self._records.take(change)
        self.changes.append(change)
        self.next_number = max(self.next_number, change.number + 1)

    def _new_number(self) -> int:
        number = self.next_number
        self.next_number += 1
        return number

    def _with_line(self, entry: Entry) -> Entry:
        """An entry with the line that deletes it, if that is this one."""
        known = self._records.entries.get(entry.id)
        if entry.deleted_at is None:
            line = 0
        elif known is None or known.deleted_at is None or known.deleted_at != entry.deleted_at:
            line = self.line
        else:
            line = known.deleted_in
        return entry if entry.deleted_in == line else replace(entry, deleted_in=line)

    # The result

    def net(self) -> tuple[Change, ...]:
        """One change for each record: from what it was at first to what it is at last, if these differ."""
        net: dict[tuple[str, int], Change] = {}
        for change in self.changes:
            key = change.table, change.number
            earlier = net.get(key)
            net[key] = change if earlier is None else earlier._replace(after=change.after)
        if len(net) == len(self.changes):  # nothing was changed twice
            return tuple(self.changes)
        return tuple(change for change in net.values() if change.before != change.after)

    def take_back(self) -> tuple[Change, ...]:
        """Restore everything as it was before, and go on; returns what it would have changed."""
        changes = self.net()
        self.roll_back()
        self.next_number, self.undoes, self.plan = self._first_number, None, ""
        return changes

    def roll_back(self) -> None:
        """Restore everything as it was before, the last change first."""
        for change in reversed(self.changes):
            self._records.take(change._replace(before=change.after, after=change.before))
        self.changes.clear()


class FirstLine(NamedTuple):
    """A line with which a journal begins: the first one, or one of a made-up past."""

    operation: str
    change: Callable[[Transaction, Records], None]
    at: datetime | None = None
    """None for now."""
    operator: Operator | None = None
    """None for who makes the store."""
    reason: str = ""
    seats: tuple[int, int] | None = None

    def transaction(self, records: Records, next_number: int, line: int) -> Transaction:
        """What it changes."""
        made = Transaction(records, next_number, self.operation, line)
        self.change(made, records)
        made.at, made.seats = self.at, self.seats
        return made


def first_lines(inventory: Inventory) -> tuple[FirstLine]:
    """The line that begins a store with these records."""
    return (FirstLine("init", lambda transaction, _: transaction.replace_all(inventory)),)


def _with_own_words(entry: Entry) -> Entry:
    """The same entry, its words the very objects that stand in the code.

    msgspec leaves out a default by identity: a "user" that was read from a file would be written out.
    """
    kind, origin, role = intern(entry.kind), intern(entry.origin), intern(entry.role)
    if kind is entry.kind and origin is entry.origin and role is entry.role:
        return entry
    return replace(entry, kind=kind, origin=origin, role=role)


def _ends_mark(before: Entry | None, after: Entry) -> bool:
    """Whether a mark of an account has nothing to wait for: it logged in, or what is to be done is done or undone."""
    return before is None or before.enabled != after.enabled or has_logged_in(before, after)
