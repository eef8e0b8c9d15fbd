"""Operations on decisions: keep accounts until a day, protect them, reserve seats."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import message, short
from kconsole.core.decisions import LONGEST_RESERVATION, MOST_RESERVED, Keep, Protection, Reservation
from kconsole.core.errors import BadInput, NotFound, NotPermitted, Refused
from kconsole.core.identity import canonical_address, stripped
from kconsole.core.records import Entry
from kconsole.core.roles import LONGEST_KEEP, Authority, Capability
from kconsole.core.times import to_iso
from kconsole.licensing import guards
from kconsole.licensing.reservations import is_in, most_reserved
from kconsole.operations.base import OperationContext, Outcome, RunsOn, check_expected, on_each, refusal

LONGEST_PATTERN: Final = 200


@dataclass(frozen=True)
class KeepAccounts:
    """Keep accounts from every policy until a day. Keeping one again moves that day."""

    name: ClassVar[str] = "keep"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "keep"
    addresses: tuple[str, ...]
    until: datetime
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as the user saw them; empty without a dialog."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Keep one account after the other; none if there is no reason, or the day is too far ahead for the role."""
        check_expected(self.expected, context)
        check_reason(self.reason)
        check_end(self.until, context.now, longest_keep(context.authority), context.authority)
        return on_each(self.addresses, context, lambda entry: self._keep(entry, context))

    def _keep(self, entry: Entry, context: OperationContext) -> Outcome:
        decision = guards.may_disable(entry, context.policy)
        if not decision.allowed:
            return refusal(entry.address, decision)
        known, until = context.state.keeps.get(entry.id), to_iso(self.until)
        reason, by = stripped(self.reason), context.by
        if known is not None and (known.until, known.reason) == (self.until, reason):
            return Outcome(entry.address, "unchanged", "kept-already", params={"until": until})
        if (refused := context.brake(entry.address)) is not None:
            return refused
        keep = Keep(entry=entry.id, address=entry.address, until=self.until, reason=reason, by=by, at=context.now)
        context.transaction.put_decision("keeps", keep)
        if known is None:
            return Outcome(entry.address, "done", "kept", params={"until": until})
        return Outcome(entry.address, "done", "keep-moved", params={"until": until, "was": to_iso(known.until)})


@dataclass(frozen=True)
class EndKeeps:
    """End the keeps of accounts now."""

    name: ClassVar[str] = "end keep"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "keep"
    addresses: tuple[str, ...]
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        return on_each(self.addresses, context, lambda entry: self._end(entry, context))

    def _end(self, entry: Entry, context: OperationContext) -> Outcome:
        if entry.id not in context.state.keeps:
            return Outcome(entry.address, "unchanged", "not-kept")
        if (refused := context.brake(entry.address)) is not None:
            return refused
        context.transaction.remove_decision("keeps", entry.id)
        return Outcome(entry.address, "done", "keep-ended")


@dataclass(frozen=True)
class Protect:
    """Protect all accounts whose address or login fits a pattern from every policy."""

    name: ClassVar[str] = "protect"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "protect"
    pattern: str
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        check_reason(self.reason)
        pattern = stripped(self.pattern)
        if not any(map(str.isalnum, pattern)) or " " in pattern or len(pattern) > LONGEST_PATTERN:
            raise BadInput("not-a-pattern", "what-a-pattern-is", pattern=short(self.pattern))
        number = protection_number(context, pattern)
        known = context.state.protections.get(number)
        reason = stripped(self.reason)
        if known is not None and known.reason == reason:
            return [Outcome(pattern, "unchanged", "protected-already")]
        protection = Protection(pattern=pattern, reason=reason, by=context.by, at=context.now)
        context.transaction.put_decision("protections", protection, number)
        return [Outcome(pattern, "done", "protected")]


@dataclass(frozen=True)
class Unprotect:
    """Remove a protection."""

    name: ClassVar[str] = "unprotect"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "protect"
    pattern: str
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        if not (number := protection_number(context, stripped(self.pattern))):
            raise NotFound("no-such-protection", "see-protections", pattern=short(self.pattern))
        context.transaction.remove_decision("protections", number)
        return [Outcome(stripped(self.pattern), "done", "protection-removed")]


def protection_number(context: OperationContext, pattern: str) -> int:
    """The number of the protection with a pattern; 0 if there is none."""
    key = canonical_address(pattern)
    known = context.state.protections.items()
    return next((number for number, each in known if canonical_address(each.pattern) == key), 0)


def longest_keep(authority: Authority) -> int:
    """The days for which an operator may keep an account."""
    return LONGEST_KEEP[authority.role]


def check_reason(reason: str) -> None:
    """Raise BadInput where there is no reason: whoever comes later has to judge by it."""
    if not stripped(reason):
        raise BadInput("reason-needed", "give-a-reason")


def check_end(until: datetime, now: datetime, most: int, authority: Authority, start: datetime | None = None) -> None:
    """Raise BadInput for a day that is over or not after the start, and NotPermitted for one that is too far ahead."""
    if until <= max(now, start or now):
        raise BadInput("ends-in-the-past", "name-a-later-day", until=to_iso(until))
    if until > now + timedelta(days=most):
        hint = "ask-full-admin" if authority.role != "full-admin" else message("name-an-earlier-day", days=most)
        raise NotPermitted("ends-too-late", hint, days=most, role=authority.role)


@dataclass(frozen=True)
class Reserve:
    """Keep seats free for someone who is yet to come, from a day until another."""

    name: ClassVar[str] = "reserve"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "reserve"
    subject: str
    until: datetime
    start: datetime | None = None
    """None for now."""
    domain: str = ""
    count: int = 1
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Reserve them, if they are free; Refused otherwise."""
        check_reason(self.reason)
        subject = stripped(self.subject)
        if not subject or len(subject) > LONGEST_PATTERN or not 0 < self.count <= MOST_RESERVED:
            raise BadInput("not-a-reservation-to-make", "for-what-and-how-many", most=MOST_RESERVED)
        start = context.now if self.start is None else self.start
        check_end(self.until, context.now, LONGEST_RESERVATION, context.authority, start)
        reservation = Reservation(
            subject=subject, domain=self._domain(subject, context), count=self.count, start=start, until=self.until,
            reason=stripped(self.reason), by=context.by, at=context.now,
        )  # fmt: skip
        check_own(reservation, context.authority)
        check_free(reservation, 0, context)
        number = context.transaction.put_decision("reservations", reservation)
        return [Outcome(subject, "done", "seats-are-reserved", params=_params_of(number, reservation))]

    def _domain(self, subject: str, context: OperationContext) -> str:
        """The name of the domain: the one asked for, or else that of an address."""
        login, at, domain = subject.rpartition("@")
        name = self.domain or (domain if at and login and " " not in subject else "")
        if not name:
            return ""
        known = context.visible.domain_named(name)
        if known is None:
            raise NotFound("no-such-domain", "see-domains", domain=name)
        return known.name


@dataclass(frozen=True)
class CancelReservation:
    """Cancel a reservation: its seats are free for everyone."""

    name: ClassVar[str] = "cancel reservation"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "reserve"
    number: int
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        reservation = reservation_of(self.number, context)
        context.transaction.remove_decision("reservations", self.number)
        return [
            Outcome(reservation.subject, "done", "reservation-cancelled", params=_params_of(self.number, reservation))
        ]


@dataclass(frozen=True)
class ExtendReservation:
    """Move the end of a reservation."""

    name: ClassVar[str] = "extend reservation"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "reserve"
    number: int
    until: datetime
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        reservation = reservation_of(self.number, context)
        after = replace(reservation, until=self.until)
        check_end(self.until, context.now, LONGEST_RESERVATION, context.authority, reservation.start)
        if after == reservation:
            params = _params_of(self.number, reservation)
            return [Outcome(reservation.subject, "unchanged", "seats-are-reserved", params=params)]
        check_free(after, self.number, context)
        context.transaction.put_decision("reservations", after, self.number)
        return [Outcome(after.subject, "done", "seats-are-reserved", params=_params_of(self.number, after))]


def reservation_of(number: int, context: OperationContext) -> Reservation:
    """The reservation with a number, if the operator may change it; NotFound otherwise."""
    if (reservation := context.visible.reservations.get(number)) is None:
        raise NotFound("no-such-reservation", "see-reservations", number=number)
    check_own(reservation, context.authority)
    return reservation


def check_own(reservation: Reservation, authority: Authority) -> None:
    """Raise NotPermitted for a reservation of any domain, if the operator is bound to some."""
    if authority.is_bound and not (reservation.domain and authority.sees(reservation.domain)):
        raise NotPermitted("name-your-domain", "ask-full-admin", role=authority.role)


def check_free(reservation: Reservation, number: int, context: OperationContext) -> None:
    """Refuse a reservation beside which not all that are reserved at one moment would be free now."""
    others = [each for key, each in context.state.reservations.items() if key != number]
    start = max(reservation.start, context.now)
    report = context.seats.report_around(reservation.domain)
    frees = [(report.free, others)]
    for domain in report.domains if reservation.domain else ():
        if domain.own_free is not None:
            of_domain = [each for each in others if each.domain and is_in(each, domain.name)]
            frees.append((domain.own_free, of_domain))
    for free, beside in frees:
        reserved = most_reserved(beside, start, reservation.until)
        if free is not None and reserved + reservation.count > free:
            hint, count = "free-or-cancel-first", reservation.count
            raise Refused("more-than-free", hint, count=count, free=free, reserved=reserved)


def _params_of(number: int, reservation: Reservation) -> dict[str, object]:
    times = {"start": to_iso(reservation.start), "until": to_iso(reservation.until)}
    return {"number": number, "seats": reservation.count, **times}
