"""What another license would mean for the seats in use, before it is taken."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from kconsole.core.license import License
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing import guards


class LicensePlan(NamedTuple):
    """What another license would mean."""

    before: License
    after: License
    now: SeatReport
    planned: SeatReport
    """The seats with the other license."""
    decision: Decision
    access: guards.Access
    """How accounts without a mailbox would fare at login with it."""
    at_risk: tuple[Entry, ...]
    """The accounts without a mailbox that would be refused, or some of which would, whoever comes last."""

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return self.before != self.after

    @property
    def needs_consent(self) -> bool:
        """Whether it is taken only if somebody says so: it is smaller, and more seats are in use than it has."""
        return needs_consent(self.before, self.after, self.decision)


def plan_license(
    before: License, after: License, if_licensed: Callable[[License], SeatReport], entries: Iterable[Entry]
) -> LicensePlan:
    """What another license would mean for the seats in use.

    Args:
        before: the license as it is.
        after: as it would be.
        if_licensed: gives the figures under a license.
        entries: all entries of the store.
    """
    planned = if_licensed(after)
    access = guards.access_of(planned)
    at_risk = tuple(at_risk_at_login(entries)) if access.refused else ()
    return LicensePlan(before, after, if_licensed(before), planned, guards.may_license(planned), access, at_risk)


def at_risk_at_login(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The counted accounts that have no mailbox: those that a license which is used up keeps out."""
    for entry in entries:
        if entry.is_account and entry.deleted_at is None and entry.enabled and not entry.mailbox:
            yield entry


def needs_consent(before: License, after: License, decision: Decision) -> bool:
    """Whether a license is taken only on purpose: it is smaller than the one before, and than what is in use."""
    is_smaller = after.seats is not None and (before.seats is None or after.seats < before.seats)
    return is_smaller and decision.over > 0
