"""Applies a plan: each account is judged again under the lock, and what changed since the plan stays as it is."""

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

from kconsole.core.codes import message, short
from kconsole.core.decisions import Mark
from kconsole.core.errors import BadInput, NotFound, Refused
from kconsole.core.identity import canonical_address
from kconsole.core.plans import PlanRow, ReclaimPlan, decode, policy_hash
from kconsole.core.roles import Capability
from kconsole.core.times import to_iso
from kconsole.licensing.outcomes import Judgement
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts
from kconsole.operations.base import OperationContext, Outcome, RunsOn
from kconsole.operations.files import read_document
from kconsole.operations.reclaim.judging import Known, judge_again, seen_by
from kconsole.operations.reclaim.planning import check
from kconsole.operations.reclaim.policies import policy_named
from kconsole.operations.session import Session
from kconsole.store.engine import Head
from kconsole.store.journal_line import head_of, line_numbered
from kconsole.store.journal_reader import JournalReader
from kconsole.store.records import Records

LARGEST_PLAN: Final = 128 * 1024 * 1024
"""Bytes: the plan of 100,000 accounts has a fifth of that."""

_ID: Final = re.compile("[0-9a-f]{16}")


def read_plan(path: Path) -> ReclaimPlan:
    """The plan in a file, or on standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is no plan.
        Refused: it was edited.
    """
    return decode(read_document(path, LARGEST_PLAN, only_files=True)[0])


@dataclass(frozen=True)
class _UsePlan:
    name: ClassVar[str]
    runs_on: ClassVar[RunsOn]
    capability: ClassVar[Capability] = "reclaim"
    plan: ReclaimPlan
    is_braked: bool
    """Whether the accounts beyond the brake stay."""
    seen: Known = field(repr=False)
    applied_at: Callable[[], int | None] = field(compare=False, repr=False)
    """Gives the line of the log that applied the plan."""
    changed: Callable[[], Collection[int]] = field(compare=False, repr=False)
    """Gives the numbers of its accounts that were changed since it was made, by this plan or by anyone."""
    reason: str = ""

    @cached_property
    def rows(self) -> Mapping[int, PlanRow]:
        """What is to be done, by the numbers of the accounts."""
        rows = (*self.plan.rows, *(() if self.is_braked else self.plan.braked))
        return {row.number: row for row in rows}

    @property
    def addresses(self) -> tuple[str, ...]:
        """The accounts of the plan."""
        return tuple(row.address for row in self.rows.values())

    def check(self, state: Records, now: datetime) -> None:
        """Check that the plan still holds.

        Raises:
            Refused: it was applied, is too old, or its policy is another one now.
        """
        if line := self.applied_at():
            raise Refused("plan-applied-already", "plan-again", line=line)
        if now >= self.plan.expires_at:
            raise Refused("plan-expired", "plan-again", at=to_iso(self.plan.expires_at))
        name, is_same = self.plan.policy.name, False
        with suppress(NotFound):
            is_same = policy_hash(policy_named(state, name)) == self.plan.policy_sha256
        if not is_same:
            raise Refused("plan-policy-changed", "plan-again", name=short(name))

    def judged(self, context: OperationContext) -> dict[int, Judgement]:
        """What the policy says of the accounts of the plan now, by their numbers; those that are gone are not there.

        Raises:
            Refused: the plan does not hold any more, or the data says too little now.
        """
        self.check(context.state, context.now)
        found = judge_again(context, self.plan.policy, list(self.rows), self.seen, self.is_braked)
        check(found)
        return {each.entry.id: each for each in found.judged}

    def left(self, row: PlanRow, judgement: Judgement | None, changed: Collection[int]) -> Outcome | None:
        """The outcome for an account that is not as the plan has it; None for one that is.

        One that a colleague enabled again is not disabled a second time, although the policy says so.
        """
        if judgement is None:
            return Outcome(row.address, "unchanged", "gone-since-plan")
        address = judgement.entry.address
        if judgement.code == "disabled-already":
            return Outcome(address, "unchanged", judgement.code)
        if judgement.code != "do":
            why = judgement.message
        elif address != row.address:
            why = message("has-another-address")
        elif _lasting(judgement.facts) != _lasting(row.facts):
            why = message("used-since-plan")
        elif row.number in changed:
            why = message("account-changed")
        else:
            return None
        return Outcome(address, "refused", "changed-since-plan", params={"why": why})


@dataclass(frozen=True)
class ApplyPlan(_UsePlan):
    """Do with the accounts of a plan what its policy says, as far as it still says so of each."""

    name: ClassVar[str] = "reclaim"
    runs_on: ClassVar[RunsOn] = "server"

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Judge all of them, and change those for which that is right."""
        judged, changed = self.judged(context), self.changed()
        outcomes = {number: self.left(row, judged.get(number), changed) for number, row in self.rows.items()}
        due = tuple(self.rows[number].address for number, outcome in outcomes.items() if outcome is None)
        step = DisableAccounts(due) if self.plan.policy.step == "disable" else DeleteAccounts(due)
        done = {canonical_address(each.address): each for each in step.apply(context)}
        if any(each.result == "done" for each in done.values()):
            context.transaction.plan = self.plan.id
        return [outcome or done[canonical_address(self.rows[number].address)] for number, outcome in outcomes.items()]


@dataclass(frozen=True)
class MarkAccounts(_UsePlan):
    """Begin the grace period of the accounts of a plan, as far as its policy still says so of each."""

    name: ClassVar[str] = "reclaim mark"
    runs_on: ClassVar[RunsOn] = "store"

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Mark one account after the other."""
        judged, changed = self.judged(context), self.changed()
        return [self._mark(row, judged.get(number), changed, context) for number, row in self.rows.items()]

    def _mark(
        self, row: PlanRow, judgement: Judgement | None, changed: Collection[int], context: OperationContext
    ) -> Outcome:
        known, policy = context.state.marks.get(row.number), self.plan.policy
        if judgement is not None and known is not None:
            params = {"policy": known.policy, "due": to_iso(known.due)}
            return Outcome(judgement.entry.address, "unchanged", "marked-already", params=params)
        if (left := self.left(row, judgement, changed)) is not None:
            return left
        due = context.now + timedelta(days=policy.grace)
        mark = Mark(entry=row.number, address=row.address, policy=policy.name, due=due, at=context.now)
        context.transaction.put_decision("marks", mark)
        return Outcome(row.address, "done", "marked", params={"policy": policy.name, "due": to_iso(due)})


def applying(session: Session, plan: ReclaimPlan, confirmed: int | None = None, reason: str = "") -> ApplyPlan:
    """The operation that applies a plan, checked as far as that is possible before the store is locked.

    Raises:
        BadInput: the plan is none that kconsole made.
        Refused: it is of another store, too old or applied; its policy is another one now; or another number of
            accounts was confirmed than it has.
    """
    operation = ApplyPlan(plan, _is_braked(plan, confirmed), *_known(session, plan), reason)
    operation.check(session.state, session.clock.now())
    return operation


def marking(session: Session, plan: ReclaimPlan, confirmed: int | None = None, reason: str = "") -> MarkAccounts:
    """The operation that marks the accounts of a plan, checked in the same way; Refused for one without a grace."""
    operation = MarkAccounts(plan, _is_braked(plan, confirmed), *_known(session, plan), reason)
    operation.check(session.state, session.clock.now())
    if not plan.policy.grace:
        raise Refused("policy-without-grace", "apply-at-once", name=short(plan.policy.name))
    return operation


def _is_braked(plan: ReclaimPlan, confirmed: int | None) -> bool:
    """Whether only the accounts within the brake are done: all are, once their number was typed."""
    number = len(plan.rows) + len(plan.braked)
    if confirmed not in (None, number):
        raise Refused("another-number", message("type-the-number", number=number), number=number, given=confirmed)
    return confirmed is None


def _known(
    session: Session, plan: ReclaimPlan
) -> tuple[Known, Callable[[], int | None], Callable[[], Collection[int]]]:
    """What the log says of the accounts, of the plan and of changes since, once the plan is known to be of this log."""
    if _ID.fullmatch(plan.id) is None:
        raise BadInput("not-a-plan", "plan-again", error="id")
    session.catch_up()
    journal = session.store.journal
    if plan.store != session.store.id or _line_of(plan, journal) is None:
        raise Refused("plan-of-another-store", "plan-again")
    records = {("entries", row.number) for row in (*plan.rows, *plan.braked)}

    def changed() -> Collection[int]:
        traces = journal.traces(records, plan.head.sequence)
        return {number for trace in traces for table, number in trace.records if table == "entries"}

    return seen_by(session, plan.policy), lambda: _line_of(plan, journal), changed


def _line_of(plan: ReclaimPlan, journal: JournalReader) -> int | None:
    """The line of the log that applied a plan; 0 if none did, None if the plan is of another log."""
    made_at, line = Head(plan.head.sequence, plan.head.hash), 0
    with journal.reporting_damage():
        for raw in journal.backwards(line_numbered(made_at.sequence), b',"plan":"%b"' % plan.id.encode()):
            head = head_of(raw)
            if head.sequence <= made_at.sequence:
                return line if head == made_at else None
            line = head.sequence
    return None


def _lasting(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts without what changes from day to day."""
    return {name: each for name, each in facts.items() if name != "days"}
