"""Explains an entry: gathers what decides about its seat and its login."""

from kconsole.core.records import Entry
from kconsole.licensing.counting import is_held
from kconsole.licensing.explanation import Explanation
from kconsole.licensing.guards import may_connect
from kconsole.operations.search.states import decisions_on
from kconsole.operations.session import Session


def explanation_of(entry: Entry, session: Session) -> Explanation:
    """What decides about an entry now."""
    policy, state = session.seats.policy, session.state
    return Explanation(
        entry,
        policy.classify(entry),
        is_held(entry, state.restart, policy),
        may_connect(session.seats.report(), entry, policy, session.license_status.is_suspended),
        policy,
        decisions_on(entry, state),
        session.clock.now(),
    )
