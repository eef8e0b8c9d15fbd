"""The next renewal of the license of an open store."""

from collections.abc import Sequence

from kconsole.licensing.forecast import Step
from kconsole.licensing.renewal import Renewal, options_of, renewal_of
from kconsole.licensing.seat_history import SeatDay
from kconsole.operations.reclaim.judging import Judgements
from kconsole.operations.seat_history import is_never_read, seat_history
from kconsole.operations.session import Session


def license_renewal(
    session: Session, judgements: Judgements | None = None, days: Sequence[SeatDay] | None = None
) -> Renewal:
    """What is known of the next renewal. It reads the log unless its `days` are given; a thread may do this.

    Args:
        session: the open store.
        judgements: what a policy says of accounts: those that it would disable make a smaller license possible.
        days: the history of the seats.
    """
    days = seat_history(session).days if days is None else days
    now, report = session.clock.now(), session.seats.report()
    found = renewal_of(
        session.state.license,
        report._replace(partial=report.partial or is_never_read(session)),
        days,
        reserved_steps(session),
        now.date(),
        session.store.head.hash,
    )
    return found if judgements is None else found._replace(options=options_of(found, unused(judgements)))


def reserved_steps(session: Session) -> list[Step]:
    """The seats of all reservations that have not ended, each from its beginning on."""
    now = session.clock.now()
    return [
        Step(each.start.date(), each.count) for each in session.store.state.reservations.values() if each.until > now
    ]


def unused(judgements: Judgements) -> list[str]:
    """The accounts that free a seat when the policy disables them, those first that were not used for longest.

    Those beyond the limit of one run are among them: there is time for several runs until a renewal.
    """
    if judgements.objections or judgements.policy.step != "disable":
        return []
    found = [each for each in judgements.judged if each.code in ("do", "brake")]
    return [each.entry.address for each in sorted(found, key=lambda each: (each.detail, each.entry.address))]
