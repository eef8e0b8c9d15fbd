"""Guards decide whether an operation is allowed in the current state, and say why. They change nothing."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

from kconsole.core.codes import hints_of
from kconsole.core.license import License
from kconsole.core.records import Entry, fold
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing.lifecycle import LicenseStatus, bought, is_bound, unlicensed
from kconsole.licensing.policy import KERIO, LicensePolicy

Purpose = Literal["add", "enable", "enable-several", "undo"]
"""What the seats are needed for; a refusal begins with it."""

ALLOWED: Final = Decision(True, "allowed")


def _refused(code: str, hint: str = "", /, **params: Any) -> Decision:
    return Decision(False, code, params, hints_of(hint))


def _exceeding(over: int, used: int, limit: int | None, hint: str, allowed: bool = True) -> Decision:
    """What exceeds the license by so many seats."""
    if not over:
        return ALLOWED
    return Decision(allowed, "over-limit", {"over": over, "used": used, "limit": limit}, hints_of(hint), over)


def new_seats(
    befores_and_afters: Iterable[tuple[Entry | None, Entry]], held: Iterable[Entry] = (), policy: LicensePolicy = KERIO
) -> Counter[str]:
    """How many more seats a set of changes needs, by domain (folded name).

    An entry that takes a seat and took none before needs one, unless a deleted account of the same address still
    holds a seat: then it takes over that seat.

    Args:
        befores_and_afters: each entry as it is (None for a new one) and as it would be.
        held: deleted entries that hold a seat.
        policy: the rules of the product.
    """
    inherited = Counter(fold(entry.address) for entry in held)
    needed: Counter[str] = Counter()
    for before, after in befores_and_afters:
        if after.deleted_at is not None or not policy.classify(after).seat:
            continue
        if before is not None and before.deleted_at is None and policy.classify(before).seat:
            continue
        address = fold(after.address)
        if inherited[address]:
            inherited[address] -= 1
        else:
            needed[fold(after.domain)] += 1
    return needed


def may_take_seats(
    report: SeatReport, needed: Counter[str], purpose: Purpose = "add", policy: LicensePolicy = KERIO
) -> Decision:
    """Whether so many more seats may be taken, as creating and enabling accounts does.

    Refused where the license or a domain would exceed its limit. An inventory that exceeds its limit already may
    still do what needs no further seat. `new_seats` says how many are needed.
    """
    total = needed.total()
    if "license" in policy.creation_limits and report.free is not None and total > report.free:
        short, held = total - report.free, report.held
        decision = _refused(
            "license-limit", "free-a-seat", purpose=purpose, used=report.used, limit=report.limit, held=held,
            needed=total, free=report.free, short=short,
        )  # fmt: skip
        return decision._replace(over=short)
    for domain in report.domains if "domain" in policy.creation_limits else ():
        asked = needed[fold(domain.name)]
        if domain.limit is not None and asked > (left := max(domain.limit - domain.counted - domain.held, 0)):
            return _refused(
                "domain-limit", "free-a-seat-of-the-domain", purpose=purpose, domain=domain.name, limit=domain.limit,
                needed=asked, left=left, short=asked - left,
            )  # fmt: skip
    return ALLOWED


def may_create(
    report: SeatReport, account: Entry, held: Iterable[Entry] = (), policy: LicensePolicy = KERIO
) -> Decision:
    """Whether an account may be created."""
    return may_take_seats(report, new_seats([(None, account)], held, policy), policy=policy)


def may_enable(report: SeatReport, account: Entry, enabled: Entry, policy: LicensePolicy = KERIO) -> Decision:
    """Whether a disabled account may be enabled: it needs a seat as a new one does."""
    if not policy.is_account(account):
        return not_an_account(account, policy)
    return may_take_seats(report, new_seats([(account, enabled)], policy=policy), "enable", policy)


def may_disable(account: Entry, policy: LicensePolicy = KERIO) -> Decision:
    """Whether an account may be disabled: always. No limit prevents it."""
    return ALLOWED if policy.is_account(account) else not_an_account(account, policy)


def may_delete(entry: Entry, policy: LicensePolicy = KERIO) -> Decision:
    """Whether an entry may be deleted: everything except a built-in administrator."""
    is_builtin = policy.has_builtin_admin and entry.kind == "builtin_admin"
    return not_an_account(entry, policy) if is_builtin else ALLOWED


def not_an_account(entry: Entry, policy: LicensePolicy = KERIO) -> Decision:
    """The refusal of an operation that applies to accounts only."""
    if policy.has_builtin_admin and entry.kind == "builtin_admin":
        return _refused("builtin-admin", "builtin-admin-elsewhere")
    return _refused("not-an-account", "takes-no-seat", what=policy.classify(entry).code)


def may_map(report: SeatReport, needed: int, policy: LicensePolicy = KERIO) -> Decision:
    """Whether accounts may be mapped from a directory service; says by how much they exceed the license."""
    used = report.used + needed
    over = 0 if report.limit is None else max(used - report.limit, 0)
    return _exceeding(over, used, report.limit, "refused-at-login", policy.mapping_may_exceed)


def may_connect(
    report: SeatReport, entry: Entry, is_suspended: bool = False, policy: LicensePolicy = KERIO
) -> Decision:
    """Whether an account can log in.

    A disabled account cannot. An account that has a mailbox always can, unless `LicenseStatus.is_suspended`.
    """
    if not policy.is_account(entry):
        return not_an_account(entry, policy)
    if entry.deleted_at is not None:
        return _refused("account-deleted")
    if not entry.enabled:
        return _refused("account-disabled", "enable-it-first")
    if is_suspended:
        return _refused("license-expired", "renew-the-license")
    if entry.mailbox or not policy.login_is_limited or report.limit is None or report.connected < report.limit:
        return ALLOWED
    return _refused("auth-license", "free-a-seat", connected=report.connected, limit=report.limit)


class Access(NamedTuple):
    """What happens to the counted accounts without a mailbox if all of them log in. All are numbers of accounts."""

    without_mailbox: int
    let_in: int
    """How many are still let in: the first ones."""
    refused: int
    """How many are refused after those."""


def access_of(report: SeatReport, policy: LicensePolicy = KERIO) -> Access:
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
    if license_.update is None:
        return _refused("no-purchase", "show-the-license")
    return ALLOWED


def may_install(license_: License, is_trial: bool) -> Decision:
    """Whether a license file may be installed: a trial's cannot replace a registered license."""
    if is_trial and is_bound(license_):
        return _refused("trial-file", "install-the-license")
    return ALLOWED
