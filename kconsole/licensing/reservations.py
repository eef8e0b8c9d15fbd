"""Seats reserved for those who are yet to come. A reservation begins and ends with the time: nothing has to run."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from kconsole.core.decisions import Reservation
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.records import Entry


def active(reservations: Mapping[int, Reservation], now: datetime) -> dict[int, Reservation]:
    """The reservations that hold seats now, by number."""
    return {number: each for number, each in reservations.items() if each.start <= now < each.until}


def reserved(reservations: Iterable[Reservation], now: datetime) -> int:
    """How many seats are reserved now."""
    return sum(each.count for each in reservations if each.start <= now < each.until)


def most_reserved(reservations: Iterable[Reservation], start: datetime, until: datetime) -> int:
    """The most seats that are reserved at one moment of a time."""
    within = [each for each in reservations if each.start < until and start < each.until]
    return max((reserved(within, max(each.start, start)) for each in within), default=0)


def is_for(reservation: Reservation, entry: Entry) -> bool:
    """Whether a reservation names an account by its address."""
    return "@" in reservation.subject and canonical_address(reservation.subject) == canonical_address(entry.address)


def is_in(reservation: Reservation, domain: str) -> bool:
    """Whether a reservation may be used in a domain."""
    return not reservation.domain or canonical_domain(reservation.domain) == canonical_domain(domain)


def addresses_reserved(reservations: Mapping[int, Reservation], now: datetime) -> frozenset[str]:
    """The addresses for which a seat is reserved now, in canonical form."""
    subjects = (each.subject for each in active(reservations, now).values())
    return frozenset(canonical_address(subject) for subject in subjects if "@" in subject)
