"""Operations on decisions: keep accounts until a day, protect them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from kconsole.core.codes import message, short
from kconsole.core.decisions import Keep, Protection
from kconsole.core.errors import BadInput, NotFound, NotPermitted
from kconsole.core.identity import canonical_address, stripped
from kconsole.core.records import Entry
from kconsole.core.roles import Authority, Capability
from kconsole.core.times import to_iso
from kconsole.licensing import guards
from kconsole.operations.base import OperationContext, Outcome, RunsOn, check_expected, missing, refusal, unique

LONGEST_KEEP: Final = {"auditor": 0, "helpdesk": 30, "account-admin": 180, "full-admin": 400}
"""Days for which each role may keep an account."""

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
        return [self._keep(address, context) for address in unique(self.addresses)]

    def _keep(self, address: str, context: OperationContext) -> Outcome:
        entry = context.visible.entry_at(address)
        if entry is None:
            return missing(address, context.visible)
        decision = guards.may_disable(entry, context.policy)
        if not decision.allowed:
            return refusal(entry.address, decision)
        known, until = context.state.keeps.get(entry.id), to_iso(self.until)
        reason, by = stripped(self.reason), context.by
        if known is not None and (known.until, known.reason) == (self.until, reason):
            return Outcome(entry.address, "unchanged", "kept-already", params={"until": until})
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
        return [self._end(address, context) for address in unique(self.addresses)]

    def _end(self, address: str, context: OperationContext) -> Outcome:
        entry = context.visible.entry_at(address)
        if entry is None:
            return missing(address, context.visible)
        if entry.id not in context.state.keeps:
            return Outcome(entry.address, "unchanged", "not-kept")
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


def check_end(until: datetime, now: datetime, most: int, authority: Authority) -> None:
    """Raise BadInput for a day that is over, and NotPermitted for one that is too far ahead."""
    if until <= now:
        raise BadInput("ends-in-the-past", "name-a-later-day", until=to_iso(until))
    if until > now + timedelta(days=most):
        hint = "ask-full-admin" if authority.role != "full-admin" else message("name-an-earlier-day", days=most)
        raise NotPermitted("ends-too-late", hint, days=most, role=authority.role)
