"""Makes the plan that a policy gives, as a file holds it."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

from msgspec.structs import replace

from kconsole.core.errors import Refused
from kconsole.core.plans import (
    LIFETIME,
    PlanHead,
    PlanRow,
    PlanSkip,
    PlanTotals,
    ReclaimPlan,
    pieces,
    policy_hash,
    sealed,
)
from kconsole.operations.reclaim.judging import Judgements
from kconsole.operations.session import Session


def check(judgements: Judgements) -> None:
    """Raise Refused if the data says too little for a plan."""
    if judgements.objections:
        raise Refused("plan-refused", "sync-then-plan", judgements.objections, name=judgements.policy.name)


def plan_of(session: Session, judgements: Judgements, valid: timedelta = LIFETIME) -> ReclaimPlan:
    """The plan that judgements of the present state give, to be applied within a time.

    Raises:
        Refused: the data says too little for a plan.
    """
    return sealed(replace(_plan(session, judgements, valid), skips=tuple(_skips(judgements))))


def plan_file(session: Session, judgements: Judgements, valid: timedelta = LIFETIME) -> Callable[[], Iterator[bytes]]:
    """What gives the same as a file, in pieces: a plan of many accounts need not be in memory as a whole."""
    plan = _plan(session, judgements, valid)
    return lambda: pieces(plan, _skips(judgements))


def _skips(judgements: Judgements) -> Iterator[PlanSkip]:
    for each in judgements.judged:
        if each.code != "do":
            yield PlanSkip(number=each.entry.id, address=each.entry.address, code=each.code, facts=each.facts)


def _plan(session: Session, judgements: Judgements, valid: timedelta) -> ReclaimPlan:
    """The plan without its skips."""
    check(judgements)
    policy, head, now = judgements.policy, session.store.head, session.clock.now()
    rows = (
        PlanRow(number=each.entry.id, address=each.entry.address, step=policy.step, facts=each.facts)
        for each in judgements.to_do
    )
    return ReclaimPlan(
        id=os.urandom(8).hex(),
        store=session.store.id,
        head=PlanHead(sequence=head.sequence, hash=head.hash),
        policy=policy,
        policy_sha256=policy_hash(policy),
        made_at=now,
        made_by=session.store.operator.shown,
        expires_at=now + valid,
        rows=tuple(rows),
        skips=(),
        unknown=judgements.unknown,
        totals=PlanTotals(used=judgements.used, used_after=judgements.used_after, limit=judgements.limit),
    )
