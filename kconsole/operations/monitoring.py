"""What a monitoring system learns of an open store. Nothing is changed, and no server is contacted."""

from kconsole.core.codes import Message
from kconsole.licensing.components import use_of
from kconsole.licensing.monitoring import FORECAST_DAYS, Facts, Measured, domain_uses
from kconsole.operations.session import Session


def facts_of(session: Session, with_forecast: bool = False) -> Facts:
    """What the state depends on. Only a forecast reads the log, which takes long where that is long."""
    chance = dict(chances_of(session)).get(FORECAST_DAYS) if with_forecast else None
    state, pending = session.state, list(session.state.pending_changes.values())
    return Facts(
        session.clock.now(),
        session.seats.report(),
        session.license_status,
        state.server,
        pending,
        session.seats.policy,
        chance,
    )


def chances_of(session: Session) -> tuple[tuple[int, float], ...]:
    """The chances of being full, by days; none where nothing is forecast, and certainty where no seat is free.

    Where some users were not read, each would be too small.
    """
    from kconsole.licensing.forecast import HORIZONS
    from kconsole.operations.seat_history import seat_forecast, seat_history

    found = seat_forecast(session, seat_history(session).days)
    if found.state == "full":
        return tuple((days, 1.0) for days in HORIZONS)
    return () if found.is_partial else found.chances


def damage_of(session: Session) -> Message | None:
    """Why a store that was opened with `--read-only` is not whole; None if it is."""
    notices = session.store.notices
    return notices[-1] if session.store.journal.is_damaged and notices else None


def measured(session: Session, with_forecast: bool = True) -> Measured:
    """Everything that is measured."""
    facts, state = facts_of(session), session.state
    return Measured(
        facts,
        domain_uses(facts, state.live_entries()),
        use_of(state.license, session.store.state.live_entries(), session.seats.policy),
        chances_of(session) if with_forecast else (),
        sum(each.due <= facts.now for each in state.offboardings.values()),
        session.store.sequence,
        session.store.head.hash,
    )
