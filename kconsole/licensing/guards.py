"""Guards: whether a thing may be done on the state as it is now, with the reason. They change nothing."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from kconsole.core.codes import hints_of
from kconsole.core.records import Entry, fold
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing.policy import classify

Purpose = Literal["add", "enable", "enable-several", "undo"]
"""What seats are wanted for: it begins the refusal."""

ALLOWED: Final = Decision(True, "allowed")


def new_seats(befores_and_afters: Iterable[tuple[Entry | None, Entry]], held: Iterable[Entry] = ()) -> Counter[str]:
    """How many seats more a set of changes needs, by domain (folded name).

    An entry that takes a seat now and took none before needs one, unless a deleted account of the same address
    still holds a seat: then it takes that seat over.

    Args:
        befores_and_afters: each entry as it is (None if it is not there) and as it would be.
        held: deleted entries that hold a seat.
    """
    inherited = Counter(fold(entry.address) for entry in held)
    needed: Counter[str] = Counter()
    for before, after in befores_and_afters:
        if after.deleted_at is not None or not classify(after).seat:
            continue
        if before is not None and before.deleted_at is None and classify(before).seat:
            continue
        address = fold(after.address)
        if inherited[address]:
            inherited[address] -= 1
        else:
            needed[fold(after.domain)] += 1
    return needed


def may_take_seats(report: SeatReport, needed: Counter[str], purpose: Purpose = "add") -> Decision:
    """Whether so many seats more may be taken, as creating and enabling accounts does.

    Refused where the license or a domain would pass its limit. An inventory that is over its limit already may
    still do what needs no further seat.

    Args:
        report: the figures as they are now.
        needed: seats by domain, from `new_seats`.
        purpose: what they are wanted for.
    """
    total = needed.total()
    if report.free is not None and total > report.free:
        short = total - report.free
        params = {
            "purpose": purpose,
            "used": report.used,
            "limit": report.limit,
            "held": report.held,
            "needed": total,
            "free": report.free,
            "short": short,
        }
        return Decision(False, "license-limit", params, hints_of("free-a-seat"), short)
    for domain in report.domains:
        asked = needed[fold(domain.name)]
        if domain.limit is not None and asked > (left := max(domain.limit - domain.counted - domain.held, 0)):
            figures = {
                "purpose": purpose,
                "domain": domain.name,
                "limit": domain.limit,
                "needed": asked,
                "left": left,
                "short": asked - left,
            }
            return Decision(False, "domain-limit", figures, hints_of("free-a-seat-of-the-domain"))
    return ALLOWED


def may_create(report: SeatReport, account: Entry, held: Iterable[Entry] = ()) -> Decision:
    """Whether an account may be created. Source: at the limit the vendor refuses to add users."""
    return may_take_seats(report, new_seats([(None, account)], held))


def may_enable(report: SeatReport, account: Entry, enabled: Entry) -> Decision:
    """Whether a disabled account may be enabled again: it needs a seat as a new one does."""
    if not account.is_account:
        return not_an_account(account)
    return may_take_seats(report, new_seats([(account, enabled)]), "enable")


def may_disable(account: Entry) -> Decision:
    """Whether an account may be disabled: always, if it is an account. No limit ever stands in the way."""
    return ALLOWED if account.is_account else not_an_account(account)


def may_delete(entry: Entry) -> Decision:
    """Whether an entry may be deleted: everything but the built-in administrator."""
    return not_an_account(entry) if entry.kind == "builtin_admin" else ALLOWED


def not_an_account(entry: Entry) -> Decision:
    """The refusal of a deed that only user accounts know."""
    if entry.kind == "builtin_admin":
        return Decision(False, "builtin-admin", hints=hints_of("builtin-admin-elsewhere"))
    return Decision(False, "not-an-account", {"what": classify(entry).code}, hints_of("takes-no-seat"))


def may_map(report: SeatReport, needed: int) -> Decision:
    """Whether accounts may be mapped from a directory service: always, even past the limit; says by how much.

    Source: Licenses in Kerio Connect: the users of a mapped directory may outnumber the license; those who
    connect beyond it are refused.
    """
    if report.limit is None or report.free is None:
        return ALLOWED
    over = max(report.used + needed - report.limit, 0)
    if not over:
        return ALLOWED
    params = {"over": over, "used": report.used + needed, "limit": report.limit}
    return Decision(True, "over-limit", params, hints_of("refused-at-login"), over)


def may_connect(report: SeatReport, entry: Entry, is_suspended: bool = False) -> Decision:
    """Whether an account would be let in at login.

    Source: Licenses in Kerio Connect: once as many users have connected (created a mailbox) as the license
    has seats, further ones are refused; the vendor calls that answer AuthLicense. A disabled account is refused
    always, one that has a mailbox never for the license's sake, unless trial or license have expired.

    Args:
        report: the figures as they are now.
        entry: who would connect.
        is_suspended: whether all functions are suspended, as `Standing.is_suspended` says.
    """
    if not entry.is_account:
        return not_an_account(entry)
    if entry.deleted_at is not None:
        return Decision(False, "account-deleted")
    if not entry.enabled:
        return Decision(False, "account-disabled", hints=hints_of("enable-it-first"))
    if is_suspended:
        return Decision(False, "license-expired", hints=hints_of("renew-the-license"))
    if entry.mailbox or report.limit is None or report.connected < report.limit:
        return ALLOWED
    figures = {"connected": report.connected, "limit": report.limit}
    return Decision(False, "auth-license", figures, hints_of("free-a-seat"))


class Access(NamedTuple):
    """How the counted accounts that have no mailbox yet fare at login, if all connect. All are numbers of accounts."""

    without_mailbox: int
    let_in: int
    """How many are still let in, whoever comes first."""
    refused: int
    """How many are refused after those."""


def access_of(report: SeatReport) -> Access:
    """How the accounts without a mailbox would fare at login, as `may_connect` decides one after the other."""
    room = report.latent if report.limit is None else max(report.limit - report.connected, 0)
    let_in = min(room, report.latent)
    return Access(report.latent, let_in, report.latent - let_in)


def may_license(planned: SeatReport) -> Decision:
    """Whether a license may be taken: always; says by how much the seats in use exceed it.

    Args:
        planned: the figures with that license.
    """
    if not planned.over:
        return ALLOWED
    params = {"over": planned.over, "used": planned.used, "limit": planned.limit}
    return Decision(True, "over-limit", params, hints_of("disable-first"), planned.over)
