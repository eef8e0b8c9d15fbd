"""The core of every import: what is new, changed or the same, which seats that needs, and applying all of it."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar, Final, Generic, TypeVar

from kconsole.core.codes import Hint, message
from kconsole.core.errors import BadInput
from kconsole.core.identity import canonical_address
from kconsole.core.records import Domain, Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.core.roles import Capability
from kconsole.importers.file_lines import LineMessage as LineMessage
from kconsole.licensing import guards
from kconsole.licensing.counting import SeatLedger, Share, example_of, share_of
from kconsole.licensing.reservations import may_pass, taken_by
from kconsole.operations.base import OperationContext, Outcome, RunsOn, mailbox_left, refused_by, revived
from kconsole.operations.reserving import as_seen
from kconsole.store.records import Records

MOST_FAULTS: Final = 20  # that an error names one by one: in a file of another form every line is one
MOST_RECORDED: Final = 100  # that the journal keeps one by one

IMPORTED, CHANGED, SAME = "imported", "import-changed", "import-same"  # the codes of outcomes


@dataclass
class MergePlan:
    """What an import would do: the entries of a file, compared with a store.

    Each importer decides which entry of the store is meant, and what it gets.
    """

    state: Records
    seats: SeatLedger
    new_domains: list[Domain] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Entry]] = field(default_factory=list)
    """Entries as they are, and as they would be."""
    same: list[Entry] = field(default_factory=list)
    aliases: dict[str, tuple[Entry | None, Entry]] = field(default_factory=dict)
    """By folded address; as they are (None if new), and as they would be; without outcomes of their own."""
    faulty: list[LineMessage] = field(default_factory=list)
    notes: list[LineMessage] = field(default_factory=list)
    seats_needed: int = 0
    seats_freed: int = 0
    """Seats of accounts that the import disables. They are free before any is needed."""
    seats_free: int | None = None
    """Seats that are free then; None if there is no limit."""
    decision: Decision = field(init=False)

    @property
    def short_by(self) -> int:
        """How many seats are missing; more than are needed where a limit is exceeded already."""
        return self.decision.over or int(self.decision.params.get("short", 0))

    def take(self, known: Entry | None, entry: Entry) -> None:
        """Sort an entry of the file: as it is in the store (None if it is not there), and as it would be."""
        if known is None:
            self.new.append(entry)
        elif entry == known:
            self.same.append(known)
        else:
            self.changed.append((known, entry))

    def finish(self, domain: str = "") -> None:
        """Count the seats that it needs, of this domain or of the whole license, and decide."""
        seats = self.seats
        classify = seats.policy.classify
        freeing = [pair for pair in self.changed if classify(pair[0]).seat and not classify(pair[1]).seat]
        report = seats.if_changed((before, after, 1) for before, after in freeing)
        of_domain = report.of_domain(domain) if domain else None
        needed = guards.new_seats([*((None, entry) for entry in self.new), *self.changed], seats.policy, seats.held())
        self.seats_needed, self.seats_freed = needed.total(), len(freeing)
        self.seats_free = report.free if of_domain is None else of_domain.free
        self.decision = guards.may_import(report, needed, seats.policy)
        if self.decision.allowed and (held := seats.reservations()):
            taking = (entry for entry in (*self.new, *(after for _, after in self.changed)) if classify(entry).seat)
            passing = may_pass(report, needed, taken_by(taking, held), held)
            self.decision = passing._replace(hints=(*passing.hints, message("over-limit-imports-them")))
        if (warning := mailbox_left(self.new, self.state)) is not None:
            self.notes.append(LineMessage(0, warning.code, warning.params))
        self.faulty.sort(key=lambda fault: (fault.file, fault.line))

    def after(self) -> SeatReport:
        """The seats afterwards; entries that count alike are counted together."""
        held = {canonical_address(entry.address): entry for entry in self.seats.held()}
        taking_over: list[tuple[Entry | None, Entry, int]] = []
        alike = Counter((share_of(before), share_of(after)) for before, after in self.changed)
        new: Counter[Share] = Counter()
        for entry in self.new:
            if held and (holder := held.pop(canonical_address(entry.address), None)) is not None:
                taking_over.append((holder, entry, 1))
            else:
                new[share_of(entry)] += 1
        return self.seats.if_changed(
            [
                *taking_over,
                *((None, example_of(share), number) for share, number in new.items()),
                *((example_of(before), example_of(after), number) for (before, after), number in alike.items()),
            ]
        )


Plan = TypeVar("Plan", bound=MergePlan)


class Import(ABC, Generic[Plan]):
    """The import of a file: everything that is not faulty, if the limits allow all of it."""

    name: ClassVar[str]
    runs_on: ClassVar[RunsOn] = "store-without-server"
    capability: ClassVar[Capability] = "import"
    faulty: ClassVar[tuple[str, str]]
    """The code of the error for faulty rows that must not be skipped, and the code of its hint."""
    skip_faulty: bool
    over_limit: bool
    """Whether it may exceed the license, or exceed it further, as a mapping may: the accounts exist already."""
    reason: str

    @abstractmethod
    def plan(self, state: Records, seats: SeatLedger) -> Plan:
        """Plan the import on the current state.

        Raises:
            BadInput: the file does not fit the store.
        """

    def check(self, plan: Plan) -> None:
        """Refuse a plan with faulty rows that must not be skipped."""
        if plan.faulty and not self.skip_faulty:
            raise faulty_error(*self.faulty, plan.faulty)

    def check_limit(self, plan: Plan, effect: str = "nothing-imported", visible: Records | None = None) -> None:
        """Refuse a plan that exceeds a limit, or takes reserved seats, without consent."""
        if not plan.decision.allowed and not self.over_limit:
            raise refused_by(as_seen(plan.decision, visible or plan.state), effect)

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Plan again on the current state, and import everything.

        Raises:
            BadInput: there are faulty rows, and they must not be skipped.
            Refused: there are not enough seats.
        """
        plan = self.plan(context.state, context.seats)
        self.check(plan)
        self.check_limit(plan, visible=context.visible)
        for domain in plan.new_domains:
            context.transaction.put_domain(domain)
        stored = [context.transaction.put_entry(revived(entry, context.state, context.policy)) for entry in plan.new]
        for _, entry in plan.changed:
            context.transaction.put_entry(entry)
        for before, alias in plan.aliases.values():
            new = revived(alias, context.state, context.policy) if before is None else alias
            context.transaction.put_entry(new)
        return [
            *(Outcome(entry.address, "done", IMPORTED) for entry in stored),
            *(Outcome(entry.address, "done", CHANGED) for _, entry in plan.changed),
            *(Outcome(entry.address, "unchanged", SAME) for entry in plan.same),
            *faulty_outcomes(plan.faulty),
        ]


def faulty_outcomes(faulty: Sequence[LineMessage]) -> list[Outcome]:
    """The outcomes of rows that are not imported; of a million, the journal keeps no more than the first."""
    some = list(islice(faulty, MOST_RECORDED))
    outcomes = [Outcome(fault.place, "refused", fault.code, params=fault.params) for fault in some]
    more = len(faulty) - len(some)
    return [*outcomes, Outcome("", "refused", "more-faults", params={"more": more})] if more else outcomes


def faulty_error(code: str, hint: Hint, faulty: Sequence[LineMessage]) -> BadInput:
    """The error for an import with faulty rows that must not be skipped, with the first faults as details."""
    details = [fault.placed for fault in faulty[:MOST_FAULTS]]
    if more := len(faulty) - len(details):
        details.append(message("more-faulty-rows", more=more))
    return BadInput(code, hint, details, number=len(faulty))
