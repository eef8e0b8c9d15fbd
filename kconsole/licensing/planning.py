"""What another license would mean for the seats in use, before it is installed."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from kconsole.core.license import License
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing import guards
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.lifecycle import LicenseStatus, license_status_of


class LicensePlan(NamedTuple):
    """What another license would mean."""

    before: License
    after: License
    now: SeatReport
    planned: SeatReport
    """The seats with the other license."""
    status: LicenseStatus
    planned_status: LicenseStatus
    decision: Decision
    access: guards.Access
    """What happens with it to accounts without a mailbox at login."""
    at_risk: tuple[Entry, ...]
    """The accounts without a mailbox, if all or the last ones of them would be refused at login."""

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return self.before != self.after

    @property
    def needs_consent(self) -> bool:
        """Whether it is only installed with explicit consent, see `guards.needs_consent`."""
        return guards.needs_consent(self.before, self.after, self.decision)


def plan_license(
    before: License, after: License, seats: SeatLedger, entries: Iterable[Entry], now: datetime
) -> LicensePlan:
    """What another license would mean.

    Args:
        before: the license as it is.
        after: as it would be.
        seats: the current figures.
        entries: all entries of the store that have not been deleted.
        now: the moment.
    """
    planned, policy = seats.if_licensed(after), seats.policy
    access = guards.access_of(planned, policy)
    # Once a license is used up, counted accounts that have no mailbox yet are refused.
    without = (entry for entry in entries if policy.classify(entry).seat and not entry.mailbox)
    return LicensePlan(
        before=before,
        after=after,
        now=seats.if_licensed(before),
        planned=planned,
        status=license_status_of(before, now, policy),
        planned_status=license_status_of(after, now, policy),
        decision=guards.may_license(planned),
        access=access,
        at_risk=tuple(without) if access.refused else (),
    )
