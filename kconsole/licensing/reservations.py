"""Seats reserved for those who are yet to come. A reservation begins and ends with the time: nothing has to run."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from kconsole.core.codes import message
from kconsole.core.decisions import Reservation
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.core.times import to_iso
from kconsole.licensing.guards import ALLOWED, Purpose


def active(reservations: Mapping[int, Reservation], now: datetime) -> dict[int, Reservation]:
    """The reservations that hold seats now, by number."""
    return {number: each for number, each in reservations.items() if each.is_active(now)}


def reserved(reservations: Iterable[Reservation], now: datetime) -> int:
    """How many seats are reserved now."""
    return sum(each.count for each in reservations if each.is_active(now))


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


def taken_by(entries: Iterable[Entry], held: Mapping[int, Reservation]) -> Counter[int]:
    """How many seats of each reservation accounts take by their addresses."""
    numbers = {canonical_address(each.subject): number for number, each in held.items() if "@" in each.subject}
    taken: Counter[int] = Counter()
    for entry in entries if numbers else ():
        number = numbers.get(canonical_address(entry.address))
        if number is not None and taken[number] < held[number].count:
            taken[number] += 1
    return taken


def may_pass(
    report: SeatReport,
    needed: Counter[str],
    taken: Counter[int],
    held: Mapping[int, Reservation],
    purpose: Purpose = "add",
) -> Decision:
    """Whether more seats may be taken, by domain (folded name), of which some are `taken` from reservations.

    Others get what is free and not reserved. Whoever a seat is reserved for only needs one that is free.
    """
    left = {number: each.count - taken[number] for number, each in held.items()}
    others = needed.total() - taken.total()
    if others > 0 and report.free is not None and sum(left.values()) > max(report.free - needed.total(), 0):
        return _refused(others, taken.total(), report.free, left, held, purpose)
    for domain in report.domains:
        name = canonical_domain(domain.name)
        of_domain = {number for number, each in held.items() if each.domain and is_in(each, name)}
        asked = needed[name] - sum(taken[number] for number in of_domain)
        free = domain.own_free
        if free is None or not of_domain or asked <= 0:
            continue
        there = {number: left[number] for number in of_domain}
        if sum(there.values()) > max(free - needed[name], 0):
            return _refused(asked, needed[name] - asked, free, there, held, purpose)
    return ALLOWED


def _refused(
    others: int, own: int, free: int, left: Mapping[int, int], held: Mapping[int, Reservation], purpose: Purpose
) -> Decision:
    """The refusal of seats for others, beside those that take seats of their `own` reservation."""
    number = min((number for number in left if left[number] > 0), key=lambda number: held[number].until)
    each = held[number]
    total = sum(left.values())
    available = max(free - own - total, 0)
    params = {
        "purpose": purpose, "needed": others, "free": free, "reserved": total, "available": available,
        "number": number, "seats": left[number], "subject": each.subject, "until": to_iso(each.until),
        "more": total - left[number], "short": others - available,
    }  # fmt: skip
    return Decision(False, "seats-reserved", params, (message("use-or-cancel-reservation", number=number),))


def shortfall(report: SeatReport) -> int:
    """Reserved seats that are not free."""
    return 0 if report.free is None else max(report.reserved - report.free, 0)
