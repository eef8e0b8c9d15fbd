"""How many seats a license needs when it is renewed. Where too little is known, nothing is guessed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Final, Literal, NamedTuple

from kconsole.core.license import License, Price
from kconsole.core.reports import SeatReport
from kconsole.licensing.forecast import PACK, Step, seats_needed
from kconsole.licensing.seat_history import SeatDay

RenewalState = Literal["known", "no-date", "unlimited", "limit-unknown", "in-part", "too-little-known"]
"""Why it is not known how many seats are needed; the first of these that fits."""

MOST_OPTIONS: Final = 3


class Option(NamedTuple):
    """A smaller license, and the accounts that would have to go for it: those that were not used for longest."""

    seats: int
    accounts: Sequence[str]


class Renewal(NamedTuple):
    """The next renewal of a license."""

    state: RenewalState
    what: Literal["maintenance", "license", ""]
    """What ends on that day."""
    on: date | None
    days: int | None
    """Until then; negative once it has passed."""
    limit: int | None
    used: int
    """Seats used now, held ones among them."""
    held: int
    reserved: int
    """Seats of the reservations that begin until then."""
    needed: int | None
    """Seats used on that day, but for a chance of 5 %, and never fewer than now; None if that is not known."""
    price: Price | None
    options: Sequence[Option] = ()

    @property
    def needed_now(self) -> int:
        """Seats that are used or reserved already: fewer will not do, whatever comes."""
        return self.used + self.reserved

    @property
    def smallest(self) -> int | None:
        """The smallest license in packs; None if it is not known."""
        return None if self.needed is None else max(ceil(self.needed / PACK), 1) * PACK

    @property
    def reducible(self) -> int | None:
        """Seats of the license that need not be renewed, though no account goes; None if that is not known."""
        if self.smallest is None or self.limit is None:
            return None
        return max(self.limit - self.smallest, 0)

    def cost(self, seats: int | None) -> Decimal | None:
        """What so many seats cost for a year; None if that is not known."""
        return None if self.price is None or seats is None else self.price.of(seats)


def renewal_of(
    license_: License, report: SeatReport, days: Sequence[SeatDay], steps: Sequence[Step], today: date, seed: str
) -> Renewal:
    """What is known of the next renewal.

    Args:
        license_: the license.
        report: the seats used now.
        days: the history of the seats, up to today.
        steps: the reservations that have not ended.
        today: the day to look ahead from.
        seed: what the chance begins with: the hash of the last line of the log.
    """
    what: Literal["maintenance", "license", ""] = "maintenance" if license_.maintenance_until else "license"
    on = license_.maintenance_until or license_.expires
    left = None if on is None else (on - today).days
    until = today if on is None else max(on, today)
    found = Renewal(
        "known", what if on else "", on, left, license_.seats, report.used, report.held,
        sum(step.seats for step in steps if step.on <= until), None, license_.price,
    )  # fmt: skip
    if on is None:
        return found._replace(state="no-date")
    if license_.seats is None:
        return found._replace(state="limit-unknown" if report.hides_limit else "unlimited")
    if report.partial:
        return found._replace(state="in-part")
    needed = seats_needed(days, report.used, seed, steps, today, until)
    return found._replace(state="too-little-known") if needed is None else found._replace(needed=needed)


def options_of(renewal: Renewal, unused: Sequence[str]) -> list[Option]:
    """The next smaller licenses for which enough accounts are not used; these come as ordered, longest unused first."""
    if renewal.smallest is None or renewal.needed is None:
        return []
    sizes = range(renewal.smallest - PACK, 0, -PACK)
    options = ((seats, renewal.needed - seats) for seats in sizes)
    return [Option(seats, unused[:go]) for seats, go in options if go <= len(unused)][:MOST_OPTIONS]
