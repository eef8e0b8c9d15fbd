"""The history of the seats of an open store, and what is forecast from it. Totals are shown in every scope."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from kconsole.core.history import Commit
from kconsole.licensing.forecast import Backtest, Forecast, Step, backtest, forecast
from kconsole.licensing.seat_history import Group, GroupBy, SeatDay, SeatHistory, SeatsNow
from kconsole.operations.session import Session

_GROUPS: Final[Mapping[GroupBy | None, Callable[[Commit], str] | None]] = {
    None: None,
    "domain": lambda _: "",
    "operation": lambda commit: commit.operation,
    "operator": lambda commit: commit.operator.shown,
}


class SeatDays(NamedTuple):
    """The history of a store."""

    days: list[SeatDay]
    """All of it, the first day first, without a gap up to today."""
    groups: list[Group]
    """Domains that the operator does not see are left out."""


def seat_history(
    session: Session,
    by: GroupBy | None = None,
    since: date = date.min,
    cancelled: Callable[[], bool] = lambda: False,
) -> SeatDays:
    """Read the whole log: a line is forgotten when its day has it. A thread may do this.

    Args:
        session: the open store.
        by: what the groups are; None for no groups.
        since: the first day of the groups.
        cancelled: whether no one waits for the answer any more, which then is of no use.
    """
    undone = session.history.undone_lines()
    history = SeatHistory(session.clock.now().date(), session.seats.policy, undone, _GROUPS[by], since)
    report, license_ = session.seats.report(), session.state.license
    for commit in session.store.journal.history(logins=False):
        history.take(commit)
        if cancelled():
            break
    days = history.days(SeatsNow(report.used, report.held, license_.seats))
    groups, authority = history.groups(), session.authority
    if by == "domain" and authority.is_bound:
        groups = [group for group in groups if group.name and authority.sees(group.name)]
    return SeatDays(days, groups)


def seat_forecast(session: Session, days: Sequence[SeatDay]) -> Forecast:
    """When no seat is free, by the history of the store. The same log gives the same answer on the same day.

    Someone comes for each reservation by its end, so its seats are taken from its beginning on, and stay so.
    """
    report, license_, now = session.seats.report(), session.state.license, session.clock.now()
    reservations = session.store.state.reservations.values()
    steps = [Step(each.start.date(), each.count) for each in reservations if each.until > now]
    found = forecast(
        days,
        report.used,
        license_.seats,
        now.date(),
        session.store.head.hash,
        steps,
        license_.maintenance_until or license_.expires,
        report.hides_limit,
    )
    return found._replace(is_partial=report.partial or is_never_read(session))


def is_never_read(session: Session) -> bool:
    """Whether the server has more to say: one that was never read."""
    server = session.state.server
    return server is not None and server.synced_at is None


def past_forecasts(session: Session, days: Sequence[SeatDay]) -> list[Backtest]:
    """How often the ranges of past forecasts held."""
    return backtest(days, session.store.head.hash)
