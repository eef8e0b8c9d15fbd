"""The policies of a store: which there are, and the operations that set and remove them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from kconsole.core.codes import message, short
from kconsole.core.decisions import Policy
from kconsole.core.errors import BadInput, NotFound
from kconsole.core.identity import canonical_login
from kconsole.core.roles import Capability
from kconsole.licensing.counting import SeatLedger
from kconsole.operations.base import OperationContext, Outcome, RunsOn
from kconsole.operations.search.filters import SERVICE, Filter, FilterReader
from kconsole.operations.search.states import states_of
from kconsole.store.records import Records

IDLE: Final = Policy(name="idle", where=f"-is:{SERVICE}", never=60)
"""What there is until someone sets a policy of this name. Nothing uses it on its own."""


def policies_of(state: Records) -> list[Policy]:
    """The policies by their names, `idle` among them."""
    own = list(state.policies.values())
    shipped = [] if any(_is_named(each, IDLE.name) for each in own) else [IDLE]
    return sorted(own + shipped, key=lambda each: each.name)


def policy_named(state: Records, name: str) -> Policy:
    """The policy with a name, compared without case; NotFound if there is none."""
    found = _stored(state, name)[1] or (IDLE if _is_named(IDLE, name) else None)
    if found is None:
        known = [each.name for each in policies_of(state)]
        raise NotFound("no-such-policy", "see-policies", name=short(name), known=known)
    return found


def is_stored(policy: Policy, state: Records) -> bool:
    """Whether someone has set a policy; else it ships with kconsole."""
    return policy in state.policies.values()


def filter_of(policy: Policy, state: Records, seats: SeatLedger, now: datetime) -> Filter:
    """What a policy selects; BadInput if its filter cannot be read."""
    found = FilterReader(now, seats.policy, states=states_of(state, seats, now)).read(policy.where)
    if found.problems:
        raise BadInput("policy-filter", "see-policy-settings", found.problems, name=policy.name)
    return found


@dataclass(frozen=True)
class SetPolicy:
    """Create a policy, or change settings of one that exists."""

    name: ClassVar[str] = "set policy"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "policies"
    policy: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """As users write them; those that are not named stay."""
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        from kconsole.operations.reclaim.policy_model import policy_from

        number, known = _stored(context.state, self.policy)
        before = known or (IDLE if _is_named(IDLE, self.policy) else Policy(name=self.policy))
        after = policy_from(before, dict(self.settings))
        filter_of(after, context.state, context.seats, context.now)
        if known == after:
            return [Outcome(after.name, "unchanged", "policy-unchanged")]
        context.transaction.put_decision("policies", after, number)
        return [Outcome(after.name, "done", "policy-set")]


@dataclass(frozen=True)
class RemovePolicy:
    """Remove a policy."""

    name: ClassVar[str] = "remove policy"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "policies"
    policy: str
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        number, known = _stored(context.state, self.policy)
        if known is None:
            policy_named(context.state, self.policy)
            raise NotFound("policy-is-shipped", message("set-it-first", name=IDLE.name), name=IDLE.name)
        context.transaction.remove_decision("policies", number)
        return [Outcome(known.name, "done", "policy-removed")]


def _stored(state: Records, name: str) -> tuple[int, Policy | None]:
    """A policy that someone has set, with its number; 0 and None if there is none."""
    return next(((number, each) for number, each in state.policies.items() if _is_named(each, name)), (0, None))


def _is_named(policy: Policy, name: str) -> bool:
    return canonical_login(policy.name) == canonical_login(name)
