"""Offboarding: what becomes of an account, its mail and its address when its user leaves, at once or on a day.

Without a successor the account is disabled. A mailbox can go to another account, and an address be freed, only if the
account is deleted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple

from msgspec.structs import replace

from kconsole.core.codes import Message, message, short
from kconsole.core.decisions import LONGEST_AHEAD, Keep, Offboarding, Protection
from kconsole.core.errors import NotFound, NotPermitted, Refused
from kconsole.core.identity import address_in, canonical_address, stripped
from kconsole.core.records import Entry, MailboxFate
from kconsole.core.roles import Authority, Capability
from kconsole.core.times import to_iso
from kconsole.licensing import guards
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts, only_disabled
from kconsole.operations.base import (
    OperationContext,
    Outcome,
    RunsOn,
    check_expected,
    missing,
    refused_by,
    revived,
)
from kconsole.operations.decisions import check_end
from kconsole.operations.search.lookup import hints_for
from kconsole.operations.search.states import decisions_on
from kconsole.store.records import Records


class OffboardingPlan(NamedTuple):
    """What offboarding an account comes to."""

    account: Entry
    fate: MailboxFate | None
    """What happens to the mailbox of an account that is deleted; None for one that is disabled."""
    to: str
    """The account that takes over the mailbox; empty for none."""
    alias_to: str
    """The account that gets the mail to the address, and to the aliases; empty for none."""
    aliases: tuple[Entry, ...]
    """The aliases that deliver to the account."""
    steps: tuple[Message, ...]
    """What happens, in its order."""

    @property
    def is_needed(self) -> bool:
        """Whether there is something to do: an account that is disabled already need not be disabled."""
        return bool(self.alias_to) or self.fate is not None or self.account.enabled


def plan_of(
    address: str, to: str, alias_to: str, state: Records, policy: LicensePolicy, authority: Authority
) -> OffboardingPlan:
    """What offboarding an account would come to; `state` holds what the operator may see.

    Raises:
        NotFound: there is no such account, or none to take over.
        Refused: it cannot be offboarded so, or the operator may not do that.
    """
    account = state.entry_at(address)
    if account is None:
        return _plan_of_address(address, alias_to, state, policy, authority)
    decision = guards.may_disable(account, policy)
    if not decision.allowed:
        raise refused_by(decision)
    is_deleted = bool(to or alias_to)
    if is_deleted:
        authority.insist("delete")
        if only_disabled(account):
            raise Refused("mapped-stays", "leave-out-successors", address=account.address)
    if code := authority.objection(account, None if is_deleted else replace(account, enabled=False)):
        address = "" if code == "outside-domains" else account.address
        raise NotPermitted(f"{code}-refused", "ask-full-admin", address=address, role=authority.role)
    to, alias_to = (_taker(each, account, state, policy).address if each else "" for each in (to, alias_to))
    fate: MailboxFate = "transfer" if to else "keep"
    aliases = tuple(_aliases_of(account, state))
    steps = [*_steps(account, to, alias_to, aliases, policy)]
    if is_deleted and state.server is not None and account.server_id:
        steps.append(message("step-final-there", server=state.server.name))
    steps += _cautions(account, state)
    return OffboardingPlan(account, fate if is_deleted else None, to, alias_to, aliases, tuple(steps))


def _plan_of_address(
    address: str, alias_to: str, state: Records, policy: LicensePolicy, authority: Authority
) -> OffboardingPlan:
    """What is left to do for an account that is deleted already, as after an answer that was lost: its address."""
    former = next((each for each in state.deleted_at(address) if each.is_account), None)
    if former is None or not alias_to:
        raise NotFound("address-not-in-store", hints_for(address, state), address=address)
    authority.insist("delete")
    alias_to, address = _taker(alias_to, former, state, policy).address, former.address
    steps = message("step-deleted-already", address=address), message("step-address-to", address=address, heir=alias_to)
    return OffboardingPlan(former, None, "", alias_to, (), steps)


def _taker(address: str, account: Entry, state: Records, policy: LicensePolicy) -> Entry:
    """The account that takes something over from another one."""
    taker = state.entry_at(address)
    if taker is None:
        raise NotFound("no-successor", hints_for(address, state), address=address)
    if taker.id == account.id:
        code = "successor-is-leaver"
    elif not taker.is_account:
        code = "successor-no-account"
    elif not taker.enabled:
        code = "successor-disabled"
    else:
        return taker
    raise Refused(code, "name-an-enabled-account", address=taker.address, what=policy.classify(taker).code)


def _aliases_of(account: Entry, state: Records) -> Iterator[Entry]:
    for entry in state.live_entries():
        if entry.kind == "alias" and any(_is_at(target, entry, account) for target in entry.delivers_to):
            yield entry


def _is_at(target: str, alias: Entry, account: Entry) -> bool:
    """Whether what an alias delivers to, which may be a login in its own domain, is an account."""
    return canonical_address(address_in(alias.domain, target)) == canonical_address(account.address)


def _steps(
    account: Entry, to: str, alias_to: str, aliases: Iterable[Entry], policy: LicensePolicy
) -> Iterator[Message]:
    addresses, address = [alias.address for alias in aliases], account.address
    is_deleted = bool(to or alias_to)
    if not is_deleted:
        yield message("step-disabled" if account.enabled else "step-disabled-already", address=address)
    else:
        yield message("step-deleted", address=address)
    if not policy.classify(account).seat:
        yield message("step-no-seat")
    elif is_deleted and policy.held is not None:
        yield message("step-seat-held")
    else:
        yield message("step-seat-free")
    if not is_deleted:
        yield message("step-mail-stays")
        if not account.delivers_to:
            yield message("step-forwarding-ends")
        if addresses:
            yield message("step-aliases-stay", addresses=addresses)
        yield message("step-lists-stay")
        return
    yield message("step-mailbox-to", address=to) if to else message("step-mailbox-kept", address=address)
    if alias_to:
        yield message("step-address-to", address=address, heir=alias_to)
        if addresses:
            yield message("step-aliases-to", addresses=addresses, heir=alias_to)
    else:
        yield message("step-address-gone", address=address)
        if addresses:
            yield message("step-aliases-gone", addresses=addresses)
    yield message("step-references-gone")


def _cautions(account: Entry, state: Records) -> Iterator[Message]:
    """What speaks against it, or should give a pause."""
    if account.delivers_to:
        yield message("step-forwards", addresses=list(account.delivers_to))
    key = canonical_address(account.address)
    moderated = (each for each in state.live_entries() if each.moderators)
    if addresses := [
        each.address
        for each in moderated
        if key in {canonical_address(address_in(each.domain, name)) for name in each.moderators}
    ]:
        yield message("step-moderates", addresses=addresses)
    if account.role != "user":
        yield message("step-administrator")
    for each in decisions_on(account, state):
        if isinstance(each, Keep):
            yield message("step-kept", until=to_iso(each.until), reason=short(each.reason))
        elif isinstance(each, Protection):
            yield message("step-protected", pattern=each.pattern, reason=short(each.reason))


@dataclass(frozen=True)
class Offboard:
    """Disable an account whose user leaves; or delete it, and let others take over its mailbox and its address."""

    name: ClassVar[str] = "offboard"
    runs_on: ClassVar[RunsOn] = "server"
    capability: ClassVar[Capability] = "offboard"
    address: str
    to: str = ""
    """The account that takes over the mailbox; empty to leave it where it is."""
    alias_to: str = ""
    """The account that gets the mail to the address from then on; empty for none."""
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The account as the user saw it; empty without a dialog."""
    scheduled: Offboarding | None = None
    """What is due; None if this was not decided before."""

    @property
    def is_repeated(self) -> bool:
        """Whether a timer asks for it again and again: the same refusal is logged once."""
        return self.scheduled is not None

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Judge the account as it is now, and offboard it.

        Raises:
            NotFound: there is no such account, or none to take over.
            Refused: it cannot be offboarded so, or the operator may not do that.
        """
        check_expected(self.expected, context)
        if self.scheduled is None:
            return self._apply(context)
        number = self.scheduled.entry
        entry = context.visible.entry_at(self.address)
        if entry is None or entry.id != number or context.state.offboardings.get(number) != self.scheduled:
            return [Outcome(self.address, "unchanged", "offboarding-changed")]
        try:
            return self._apply(context)
        except (NotFound, Refused) as refused:
            return [Outcome(entry.address, "refused", refused.code, refused.hints, refused.params)]

    def _apply(self, context: OperationContext) -> list[Outcome]:
        plan = plan_of(self.address, self.to, self.alias_to, context.visible, context.policy, context.authority)
        address, number = plan.account.address, plan.account.id
        if plan.account.deleted_at is not None:
            return _let_have_mail(plan, context)
        if plan.fate is None:
            outcomes = DisableAccounts((address,)).apply(context)
            if number in context.state.offboardings and not outcomes[0].failed:
                context.transaction.remove_decision("offboardings", number)
            return outcomes
        outcomes = DeleteAccounts((address,), plan.fate, plan.to).apply(context)
        if any(outcome.failed for outcome in outcomes):
            return outcomes
        if plan.alias_to:
            return outcomes + _let_have_mail(plan, context)
        for alias in plan.aliases:
            left = tuple(target for target in alias.delivers_to if not _is_at(target, alias, plan.account))
            after = replace(alias, delivers_to=left) if left else replace(alias, deleted_at=context.now)
            context.transaction.put_entry(after)
        return outcomes


def _let_have_mail(plan: OffboardingPlan, context: OperationContext) -> list[Outcome]:
    """Make the address of a deleted account an alias of another one, and let its aliases deliver there too."""
    account, to = plan.account, plan.alias_to
    alias = Entry(address=account.address, kind="alias", delivers_to=(to,))
    context.transaction.put_entry(revived(alias, context.state, context.policy))
    for each in plan.aliases:
        targets = (to if _is_at(target, each, account) else target for target in each.delivers_to)
        context.transaction.put_entry(replace(each, delivers_to=tuple(dict.fromkeys(targets))))
    addresses = [account.address, *(each.address for each in plan.aliases)]
    return [Outcome(to, "done", "gets-mail-to", params={"addresses": addresses})]


@dataclass(frozen=True)
class ScheduleOffboarding:
    """Decide that an account is offboarded on a day. Deciding it again replaces what was decided."""

    name: ClassVar[str] = "schedule offboarding"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "offboard"
    address: str
    due: datetime
    to: str = ""
    alias_to: str = ""
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The account as the user saw it; empty without a dialog."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Write it down, if it could be done now.

        Raises:
            NotFound, Refused: as `Offboard.apply`.
            BadInput: the day is over.
        """
        check_expected(self.expected, context)
        check_end(self.due, context.now, LONGEST_AHEAD, context.authority)
        plan = plan_of(self.address, self.to, self.alias_to, context.visible, context.policy, context.authority)
        account, params = plan.account, {"due": to_iso(self.due)}
        to, alias_to = (context.state.entry_at(each) if each else None for each in (plan.to, plan.alias_to))
        if account.deleted_at is not None:
            return [missing(self.address, context.visible)]
        if not plan.is_needed:
            return [Outcome(account.address, "unchanged", "disabled-already")]
        offboarding = Offboarding(
            entry=account.id, address=account.address, due=self.due, to=plan.to, alias_to=plan.alias_to,
            to_entry=to.id if to else 0, alias_entry=alias_to.id if alias_to else 0,
            reason=stripped(self.reason), by=context.by, at=context.now,
        )  # fmt: skip
        known = context.state.offboardings.get(account.id)
        if known is not None and replace(known, at=context.now, by=context.by) == offboarding:
            return [Outcome(account.address, "unchanged", "leaves-already", params=params)]
        if known is not None and account.id not in context.visible.offboardings:
            raise NotPermitted("outside-domains-refused", "ask-full-admin", address="", role=context.authority.role)
        context.transaction.put_decision("offboardings", offboarding)
        return [Outcome(account.address, "done", "leaves-on", params=params)]


@dataclass(frozen=True)
class CancelOffboarding:
    """Cancel the offboarding of an account that was to be on a day."""

    name: ClassVar[str] = "cancel offboarding"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "offboard"
    address: str
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        entry = context.visible.entry_at(self.address)
        if entry is None:
            return [missing(self.address, context.visible)]
        if entry.id not in context.visible.offboardings:
            return [Outcome(entry.address, "unchanged", "leaves-not")]
        context.transaction.remove_decision("offboardings", entry.id)
        return [Outcome(entry.address, "done", "offboarding-cancelled")]


def due_now(state: Records, now: datetime) -> list[Offboarding]:
    """The offboardings that are due, the one that is due longest first."""
    return sorted((each for each in state.offboardings.values() if each.due <= now), key=lambda each: each.due)


def when_due(offboarding: Offboarding, state: Records) -> Offboard:
    """The operation that is due, with the present addresses of all that it names."""
    to, alias_to = state.successors(offboarding)
    address = state.entries[offboarding.entry].address
    return Offboard(address, to, alias_to, offboarding.reason, scheduled=offboarding)
