"""Guards decide whether an operation is allowed in the current state, and say why. They change nothing."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from kconsole.core.codes import Message, hints_of, message
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.license import License
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.lifecycle import LicenseStatus, bought, is_bound, license_status_of, unlicensed
from kconsole.licensing.policy import LicensePolicy

Purpose = Literal["add", "enable", "enable-several", "undo"]
"""What the seats are needed for; a refusal begins with it."""

ALLOWED: Final = Decision(True, "allowed")


def _refused(code: str, hint: Message | str = "", /, **params: Any) -> Decision:
    return Decision(False, code, params, hints_of(hint))


def _exceeding(over: int, used: int, limit: int | None, hint: str, allowed: bool = True) -> Decision:
    if not over:
        return ALLOWED
    return Decision(allowed, "over-limit", {"over": over, "used": used, "limit": limit}, hints_of(hint), over)


def new_seats(
    befores_and_afters: Iterable[tuple[Entry | None, Entry]], policy: LicensePolicy, held: Iterable[Entry] = ()
) -> Counter[str]:
    """How many more seats a set of changes needs, by domain (folded name).

    An entry that takes a seat and took none before needs one, unless a deleted account of the same address still
    holds a seat: then it takes over that seat. An entry before the change is None for a new one.
    """
    inherited = Counter(canonical_address(entry.address) for entry in held)
    needed: Counter[str] = Counter()
    for before, after in befores_and_afters:
        if after.deleted_at is not None or not policy.classify(after).seat:
            continue
        if before is not None and before.deleted_at is None and policy.classify(before).seat:
            continue
        address = canonical_address(after.address)
        if inherited[address]:
            inherited[address] -= 1
        else:
            needed[canonical_domain(after.domain)] += 1
    return needed


def may_take_seats(
    report: SeatReport, needed: Counter[str], policy: LicensePolicy, purpose: Purpose = "add"
) -> Decision:
    """Whether so many more seats may be taken: not where the license or a domain would exceed its limit.

    An inventory that exceeds its limit already may still do what needs no further seat.
    """
    total = needed.total()
    if "license" in policy.creation_limits and report.free is not None and total > report.free:
        short = report.used + total - (report.limit or 0)  # more than it lacks of free ones where it is exceeded
        figures = {"used": report.used, "limit": report.limit, "held": report.held, "free": report.free}
        decision = _refused("license-limit", "free-a-seat", purpose=purpose, needed=total, short=short, **figures)
        return decision._replace(over=short)
    for domain in report.domains if "domain" in policy.creation_limits else ():
        asked, used = needed[canonical_domain(domain.name)], domain.counted + domain.held
        if domain.limit is not None and asked > (left := max(domain.limit - used, 0)):
            figures = {"limit": domain.limit, "used": used, "needed": asked, "left": left}
            figures["short"] = used + asked - domain.limit
            hint = "free-a-seat-of-the-domain"
            return _refused("domain-limit", hint, purpose=purpose, domain=domain.name, **figures)
    return ALLOWED


def may_create(report: SeatReport, account: Entry, policy: LicensePolicy, held: Iterable[Entry] = ()) -> Decision:
    """Whether an account may be created."""
    return may_take_seats(report, new_seats([(None, account)], policy, held), policy)


def may_enable(report: SeatReport, account: Entry, enabled: Entry, policy: LicensePolicy) -> Decision:
    """Whether a disabled account may be enabled: it needs a seat as a new one does."""
    if not policy.is_account(account):
        return _not_an_account(account, policy)
    return may_take_seats(report, new_seats([(account, enabled)], policy), policy, "enable")


def may_disable(account: Entry, policy: LicensePolicy) -> Decision:
    """Whether an account may be disabled: always. No limit prevents it."""
    return ALLOWED if policy.is_account(account) else _not_an_account(account, policy)


def may_delete(entry: Entry, policy: LicensePolicy) -> Decision:
    """Whether an entry may be deleted: everything except a built-in administrator."""
    is_builtin = policy.has_builtin_admin and entry.kind == "builtin_admin"
    return _not_an_account(entry, policy) if is_builtin else ALLOWED


def _not_an_account(entry: Entry, policy: LicensePolicy) -> Decision:
    if policy.has_builtin_admin and entry.kind == "builtin_admin":
        return _refused("builtin-admin", "builtin-admin-elsewhere")
    targets = list(entry.delivers_to)
    hint = message("alias-delivers-to", addresses=targets) if targets else "takes-no-seat"
    return _refused("not-an-account", hint, what=policy.classify(entry).code)


def may_map(report: SeatReport, needed: int, policy: LicensePolicy) -> Decision:
    """Whether accounts may be mapped from a directory service; says by how much they exceed the license."""
    used = report.used + needed
    over = 0 if report.limit is None else max(used - report.limit, 0)
    return _exceeding(over, used, report.limit, "refused-at-login", policy.mapping_may_exceed)


def may_import(report: SeatReport, needed: Counter[str], policy: LicensePolicy) -> Decision:
    """Whether accounts that exist elsewhere may be imported without consent; else, by how much they exceed a limit."""
    decision = may_take_seats(report, needed, policy)
    if decision.allowed:
        return decision
    if decision.code == "license-limit":
        decision = may_map(report, needed.total(), policy)
    hints = (decision.hints if decision.over else ()) + (message("over-limit-imports-them"),)
    return decision._replace(allowed=False, hints=hints)


def may_connect(report: SeatReport, entry: Entry, policy: LicensePolicy, is_suspended: bool = False) -> Decision:
    """Whether an account can log in.

    One with a mailbox always can if enabled, unless `LicenseStatus.is_suspended`; so can one that takes no seat here,
    as that of another server of a distributed domain: this license does not count it.
    """
    if not policy.is_account(entry):
        return _not_an_account(entry, policy)
    if entry.deleted_at is not None:
        return _refused("account-deleted")
    if not entry.enabled:
        return _refused("account-disabled", "enable-it-first")
    if is_suspended:
        return _refused("license-expired", "renew-the-license")
    if entry.mailbox or not policy.login_is_limited or not policy.classify(entry).seat:
        return ALLOWED
    if report.limit is None or report.connected < report.limit:
        return ALLOWED
    return _refused("auth-license", "free-a-seat", connected=report.connected, limit=report.limit)


def is_locked_out(report: SeatReport, entry: Entry, policy: LicensePolicy, is_suspended: bool = False) -> bool:
    """Whether the license would keep an account from logging in."""
    if not (report.locked_out or is_suspended) or not policy.listed(entry).seat:
        return False
    return not may_connect(report, entry, policy, is_suspended).allowed


class Access(NamedTuple):
    """What happens to the counted accounts without a mailbox if all of them log in. All are numbers of accounts."""

    without_mailbox: int
    let_in: int
    """The first ones to log in."""
    refused: int


def access_of(report: SeatReport, policy: LicensePolicy) -> Access:
    """What happens to the accounts without a mailbox, as `may_connect` decides one after the other."""
    is_limited = policy.login_is_limited and report.limit is not None
    let_in = min(max((report.limit or 0) - report.connected, 0), report.latent) if is_limited else report.latent
    return Access(report.latent, let_in, report.latent - let_in)


def may_license(planned: SeatReport) -> Decision:
    """Whether a license may be installed: always; says by how much the seats in use exceed it, as planned."""
    return _exceeding(planned.over, planned.used, planned.limit, "disable-first")


def needs_consent(before: License, after: License, decision: Decision) -> bool:
    """Whether a license is only installed with explicit consent: it is smaller than before, and than what is in use."""
    is_smaller = after.seats is not None and (before.seats is None or after.seats < before.seats)
    return is_smaller and decision.over > 0


class LicensePlan(NamedTuple):
    """What another license would mean for the seats in use, before it is installed."""

    before: License
    after: License
    now: SeatReport
    planned: SeatReport
    status: LicenseStatus
    planned_status: LicenseStatus
    decision: Decision
    access: Access
    at_risk: tuple[Entry, ...]
    """The accounts without a mailbox, if all or the last ones of them would be refused at login."""

    @property
    def changes(self) -> bool:
        return self.before != self.after

    @property
    def needs_consent(self) -> bool:
        return needs_consent(self.before, self.after, self.decision)


def plan_license(
    before: License, after: License, seats: SeatLedger, entries: Iterable[Entry], now: datetime
) -> LicensePlan:
    """What another license would mean for these entries, all that have not been deleted."""
    planned, policy = seats.if_licensed(after), seats.policy
    access = access_of(planned, policy)
    # Once a license is used up, counted accounts that have no mailbox yet are refused.
    without = (entry for entry in entries if policy.classify(entry).seat and not entry.mailbox)
    return LicensePlan(
        before=before,
        after=after,
        now=seats.if_licensed(before),
        planned=planned,
        status=license_status_of(before, now, policy),
        planned_status=license_status_of(after, now, policy),
        decision=may_license(planned),
        access=access,
        at_risk=tuple(without) if access.refused else (),
    )


def may_begin_trial(license_: License) -> Decision:
    """Whether a trial may begin: once, and only without a license."""
    if is_bound(license_):
        return _refused("no-trial-with-license", "show-the-license")
    if license_.trial_until is not None:
        return _refused("trial-has-begun", "show-the-license", until=str(license_.trial_until))
    return ALLOWED


def may_activate(license_: License, status: LicenseStatus) -> Decision:
    """Whether the license may be activated on this installation."""
    if license_.registered_at is None:
        return _refused("nothing-to-activate", "register-first")
    if license_.activated_at is not None:
        return _refused("already-activated", on=str(license_.activated_at.date()))
    if status.is_expired:
        return _refused("expired-not-activated", "renew-and-install")
    return ALLOWED


def may_buy(license_: License) -> Decision:
    """Whether a purchase may be recorded: one at a time, for a registered license."""
    if license_.registered_at is None:
        return _refused("nothing-can-be-bought", "register-first")
    if license_.update is not None:
        return _refused("purchase-pending", "finish-purchase", bought=bought(license_.update))
    if license_.seats is None and not unlicensed(license_):
        return _refused("nothing-left-to-buy", "show-the-license")
    return ALLOWED


def may_finish_purchase(license_: License) -> Decision:
    """Whether a purchase may arrive, or be cancelled."""
    return _refused("no-purchase", "show-the-license") if license_.update is None else ALLOWED


def may_install(license_: License, is_trial: bool) -> Decision:
    """Whether a license file may be installed: a trial's cannot replace a registered license."""
    return _refused("trial-file", "install-the-license") if is_trial and is_bound(license_) else ALLOWED
