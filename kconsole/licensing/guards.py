"""Guards: whether a thing may be done on the state as it is now, with the reason. They change nothing."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from kconsole.core.records import Entry, fold
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing.policy import classify

CANNOT_ADD_TEXT: Final = "You cannot add more users"
"""The vendor's own words in its account dialog. Source: Licenses in Kerio Connect, GFI support."""

AT_LICENSE_REMEDY: Final = "Disable an account that is not needed, restart the server if seats are held, or buy seats."
EXPIRED_TEXT: Final = "License is expired"
"""The server's own words for a license that has run out."""

EXPIRED_REMEDY: Final = "Renew the license and install its file. See 'kconsole license show'."

AT_DOMAIN_REMEDY: Final = "Disable an account of this domain, or raise the domain's user limit."
"""What helps at a limit. Source: Licenses in Kerio Connect, GFI support, and the rule on held seats."""

ALLOWED: Final = Decision(True, "allowed", "Allowed")


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


def may_take_seats(report: SeatReport, needed: Counter[str], text: str = CANNOT_ADD_TEXT) -> Decision:
    """Whether so many seats more may be taken, as creating and enabling accounts does.

    Refused where the license or a domain would pass its limit. An inventory that is over its limit already may
    still do what needs no further seat.

    Args:
        report: the figures as they are now.
        needed: seats by domain, from `new_seats`.
        text: the beginning of a refusal.
    """
    total = needed.total()
    if report.free is not None and total > report.free:
        held = f", {report.held} of them held until the server is restarted" if report.held else ""
        detail = (
            f"{report.used} of {report.limit} seats are used{held}; "
            f"{_seats(total)} needed, {report.free} free, short by {total - report.free}"
        )
        return Decision(False, "license-limit", text, detail, AT_LICENSE_REMEDY, total - report.free)
    for domain in report.domains:
        asked = needed[fold(domain.name)]
        if domain.limit is not None and asked > (left := max(domain.limit - domain.counted - domain.held, 0)):
            detail = (
                f"domain {domain.name} is limited to {domain.limit} accounts; "
                f"{asked} more needed, {left} left, short by {asked - left}"
            )
            return Decision(False, "domain-limit", text, detail, AT_DOMAIN_REMEDY)
    return ALLOWED


def may_create(report: SeatReport, account: Entry, held: Iterable[Entry] = ()) -> Decision:
    """Whether an account may be created. Source: at the limit the vendor refuses to add users."""
    return may_take_seats(report, new_seats([(None, account)], held))


def may_enable(report: SeatReport, account: Entry, enabled: Entry) -> Decision:
    """Whether a disabled account may be enabled again: it needs a seat as a new one does."""
    if not account.is_account:
        return not_an_account(account)
    return may_take_seats(report, new_seats([(account, enabled)]), "It cannot be enabled")


def may_disable(account: Entry) -> Decision:
    """Whether an account may be disabled: always, if it is an account. No limit ever stands in the way."""
    return ALLOWED if account.is_account else not_an_account(account)


def may_delete(entry: Entry) -> Decision:
    """Whether an entry may be deleted: everything but the built-in administrator."""
    return not_an_account(entry) if entry.kind == "builtin_admin" else ALLOWED


def not_an_account(entry: Entry) -> Decision:
    """The refusal of a deed that only user accounts know."""
    if entry.kind == "builtin_admin":
        return Decision(
            False,
            "builtin-admin",
            "The built-in administrator is not a user account",
            "",
            "It is switched on and off in the server's Administration Settings, and takes no seat.",
        )
    what = classify(entry).because
    article = "An" if what[0] in "aeiou" else "A"
    return Decision(
        False, "not-an-account", f"{article} {what} is not a user account", "", "It takes no seat as it is."
    )


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
    return Decision(
        True,
        "over-limit",
        f"The license will be exceeded by {_seats(over)}",
        f"{report.used + needed} used of {report.limit}",
        "Users without a mailbox are refused at login once the license is used up by those who connected.",
        over,
    )


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
        return Decision(False, "deleted", "The account has been deleted")
    if not entry.enabled:
        return Decision(False, "disabled", "The account is disabled", "", "Enable it first.")
    if is_suspended:
        return Decision(False, "license-expired", EXPIRED_TEXT, "all functions are suspended", EXPIRED_REMEDY)
    if entry.mailbox or report.limit is None or report.connected < report.limit:
        return ALLOWED
    return Decision(
        False,
        "license",
        "AuthLicense",
        f"{_users_have(report.connected)} connected and the license has {_seats(report.limit)}",
        AT_LICENSE_REMEDY,
    )


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
    return Decision(
        True,
        "over-limit",
        f"The license will be exceeded by {_seats(planned.over)}",
        f"{planned.used} used of {planned.limit}",
        "Disable accounts first, or take it and let users without a mailbox be refused at login.",
        planned.over,
    )


def _users_have(number: int) -> str:
    return f"{number:,} user has" if number == 1 else f"{number:,} users have"


def _seats(number: int) -> str:
    return f"{number:,} seat" if number == 1 else f"{number:,} seats"
