"""Which policies there are."""

from typing import Final

from kconsole.core.codes import short
from kconsole.core.decisions import Policy
from kconsole.core.errors import NotFound
from kconsole.core.identity import canonical_login
from kconsole.store.records import Records

IDLE: Final = Policy(name="idle", never=60)
"""What there is until someone sets a policy of this name. Nothing uses it on its own."""


def policies_of(state: Records) -> dict[str, Policy]:
    """The policies by their names, `idle` among them."""
    known = {each.name: each for each in state.policies.values()}
    return dict(sorted({IDLE.name: IDLE, **known}.items()))


def policy_named(state: Records, name: str) -> Policy:
    """The policy with a name, compared without case; NotFound if there is none."""
    key = canonical_login(name)
    policies = policies_of(state)
    found = next((each for each in policies.values() if canonical_login(each.name) == key), None)
    if found is None:
        raise NotFound("no-such-policy", "see-policies", name=short(name), known=list(policies))
    return found
