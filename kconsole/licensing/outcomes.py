"""What a policy says of each account: that it frees its seat, or why it stays. Every account gets exactly one code.

Missing data never matches: what is not known of an account is a reason to leave it alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, get_args

from msgspec import Struct

from kconsole.core.codes import Message, message
from kconsole.core.decisions import LEAST_INACTIVE, Policy
from kconsole.core.identity import canonical_domain
from kconsole.core.records import Entry
from kconsole.core.server import LoginNumbers
from kconsole.core.times import FIRST_LOGIN, SKEW, to_iso
from kconsole.licensing.policy import LicensePolicy

Code = Literal[
    "do", "builtin", "not-an-account", "outside-filter", "disabled-already", "not-disabled", "self", "higher-role",
    "protected", "keep-until", "admin", "forwards", "delivers-for-alias", "list-moderator", "directory-mapped",
    "login-unknown", "data-too-old", "never-logged-in", "known-too-short", "recent", "disabled-lately", "grace",
    "enough-freed", "brake", "role",
]  # fmt: skip
"""What a policy says of an account, the first that fits in this order; `do` fits where no other does."""

CODES: Final[tuple[Code, ...]] = get_args(Code)

DISABLED_DAYS: Final = 90
"""Days for which an account is disabled before a policy deletes it."""

_DAY: Final = timedelta(days=1)


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What is known of one entry, beside its record."""

    entry: Entry
    fits: bool = True
    """Whether the filter of the policy selects it."""
    objection: str = ""
    """Why the operator may not change it, as `Authority.objection` says."""
    protected_by: str = ""
    """The pattern that protects it."""
    kept_until: datetime | None = None
    alias: str = ""
    """An alias that delivers to it."""
    moderates: str = ""
    """A mailing list that it moderates."""
    first_seen: datetime | None = None
    """When the log first had it; None if that is not known. It need be known of accounts that never logged in only."""
    disabled_since: datetime | None = None
    """None if that is not known. It need be known of disabled accounts only, and only to delete them."""
    due: datetime | None = None
    """The end of its grace period, if it is marked."""


class Context(NamedTuple):
    """What is the same for all accounts."""

    now: datetime
    rules: LicensePolicy
    accounts: int
    """How many accounts there are: the brake is a part of them."""
    free: int | None
    """Seats that are free; None without a limit."""
    read_at: datetime | None
    """When the data was read; None if that is not known."""
    unread: Collection[str] = ()
    """The domains whose accounts were not read, in canonical form."""
    logins: LoginNumbers | None = None
    """Of how many accounts the server states a last login; None where no server does."""
    hides_free: bool = False
    """Whether it is not known how many are."""
    lacks: str = ""
    """The capability for the step that the operator does not have."""
    is_braked: bool = True
    """Whether the brake holds: it is passed by typing the number of accounts."""


class Judgement(Struct, frozen=True, gc=False):
    """What a policy says of one account."""

    entry: Entry
    code: Code
    detail: Any = None
    """What the code depends on: see `facts`."""
    days: int | None = None
    needed: int | None = None

    @property
    def message(self) -> Message:
        """A clause about the account."""
        return Message(f"outcome-{self.code}", self.facts)

    @property
    def facts(self) -> dict[str, Any]:
        """What the code depends on, by name, as JSON has it."""
        code, detail = self.code, self.detail
        if (names := _FACTS.get(code)) is None:
            return {}
        if isinstance(detail, datetime):
            detail = to_iso(detail)
        elif isinstance(detail, tuple):
            detail = list(detail)
        if len(names) == 1:
            return {names[0]: detail}
        first = "last_login" if code in ("do", "brake") and self.entry.last_login is not None else names[0]
        facts = {first: detail, "days": self.days}
        return facts if len(names) == 2 else {**facts, "needed": self.needed}


_FACTS: Final[Mapping[Code, Sequence[str]]] = {
    "do": ("first_seen", "days"),
    "brake": ("first_seen", "days"),
    "not-an-account": ("what",),
    "higher-role": ("role",),
    "protected": ("pattern",),
    "keep-until": ("until",),
    "admin": ("role",),
    "forwards": ("addresses",),
    "delivers-for-alias": ("alias",),
    "list-moderator": ("address",),
    "login-unknown": ("why",),
    "data-too-old": ("read_at",),
    "known-too-short": ("first_seen", "days", "needed"),
    "recent": ("last_login", "days", "needed"),
    "disabled-lately": ("disabled_since", "days", "needed"),
    "grace": ("due",),
    "enough-freed": ("free",),
    "role": ("capability",),
}
"""The names of what a judgement holds. `days` are counted from the time before them; that is `last_login` where an
account would be done that has logged in."""


class Judgements(NamedTuple):
    """What a policy says of accounts, and what would come of it."""

    policy: Policy
    judged: list[Judgement]
    objections: list[Message]
    """Why the policy must not be applied to this data at all."""
    read_at: datetime | None
    """How new the data is; None if that is not known."""
    used: int
    used_after: int
    limit: int | None
    unknown: tuple[Code, ...] = ()
    """The codes that no account can have, because the mail server does not give what they depend on."""

    @property
    def counts(self) -> dict[Code, int]:
        """How many accounts have each code, in the order of the codes."""
        found = Counter(each.code for each in self.judged)
        return {code: found[code] for code in CODES if found[code]}

    def coded(self, code: Code) -> list[Judgement]:
        """The accounts with a code."""
        return [each for each in self.judged if each.code == code]

    @property
    def to_do(self) -> list[Judgement]:
        """What would be done, with those first that were not used for longest."""
        return sorted(self.coded("do"), key=lambda each: (each.detail, each.entry.address))


class _Idle(NamedTuple):
    """An account that is not used, before it is seen how many there are."""

    since: datetime
    place: int


def judge_all(facts: Iterable[Facts], policy: Policy, context: Context) -> list[Judgement]:
    """What a policy says of each account, in their order.

    Where not all that fit are done, those are that were not used for longest.
    """
    judged: list[Judgement] = []
    idle: list[_Idle] = []
    is_old = age_objection(context.read_at, context.now, policy) is not None
    for each in facts:
        judgement = _judge(each, policy, context, is_old)
        if judgement.code == "do":
            idle.append(_Idle(judgement.detail, len(judged)))
        judged.append(judgement)
    most = most_at_once(policy, context.accounts) if context.is_braked else len(idle)
    free, done = context.free, 0
    for _, place in sorted(idle):
        before = judged[place]
        if policy.stop_when_free is not None and (free is None or free >= policy.stop_when_free):
            judged[place] = Judgement(before.entry, "enough-freed", free)
        elif done >= most:
            judged[place] = Judgement(before.entry, "brake", before.detail, before.days)
        elif context.lacks:
            judged[place] = Judgement(before.entry, "role", context.lacks)
        else:
            done += 1
            if free is not None:
                free += context.rules.classify(before.entry).seat and policy.step == "disable"
    return judged


def most_at_once(policy: Policy, accounts: int) -> int:
    """The most accounts of one run: a number or a part of all, whichever is smaller; one may always be."""
    return max(min(policy.brake_accounts, accounts * policy.brake_percent // 100), 1)


def objections(policy: Policy, context: Context) -> list[Message]:
    """Why a policy must not be applied to this data at all; empty if it may."""
    found = []
    if context.unread:
        found.append(message("domains-unread", domains=sorted(context.unread)))
    if (old := age_objection(context.read_at, context.now, policy)) is not None:
        found.append(old)
    if context.logins is not None and context.logins.have_vanished:
        lost, had = context.logins.vanished, context.logins.stated_before
        found.append(message("logins-vanished", lost=lost, had=had))
    if policy.stop_when_free is not None and context.hides_free:
        found.append(message("free-not-known"))
    return found


def age_objection(read_at: datetime | None, now: datetime, policy: Policy) -> Message | None:
    """Why data is too old for a policy, or has a time that has not come; None if it is new enough."""
    is_ahead = read_at is not None and now - read_at < -SKEW
    if read_at is None or is_ahead or now - read_at > timedelta(hours=policy.max_data_age):
        return message("data-is-old", read_at=to_iso(read_at), hours=policy.max_data_age, ahead=is_ahead)
    return None


def _judge(facts: Facts, policy: Policy, context: Context, is_old: bool) -> Judgement:
    """What a policy says of one account, if there were no other."""
    entry = facts.entry
    code, detail = _lasting(facts, policy, context.rules)
    if code is not None:
        return Judgement(entry, code, detail)
    if entry.login_unknown or _is_wrong(entry, context.now):
        return Judgement(entry, "login-unknown", "unread" if entry.login_unknown else "wrong-time")
    if is_old or (context.unread and canonical_domain(entry.domain) in context.unread):
        return Judgement(entry, "data-too-old", context.read_at)
    since = facts.first_seen if entry.last_login is None else entry.last_login.at
    days = None if since is None else days_between(since, context.now)
    if entry.last_login is None and policy.never is None:
        return Judgement(entry, "never-logged-in")
    code, needed = ("recent", policy.inactive) if entry.last_login else ("known-too-short", policy.never or 0)
    needed = max(needed, LEAST_INACTIVE)  # whatever an edited dump says
    if days is None or days < needed:
        return Judgement(entry, code, since, days, needed)
    if policy.step == "delete":
        disabled = facts.disabled_since
        for_days = None if disabled is None else days_between(disabled, context.now)
        if for_days is None or for_days < DISABLED_DAYS:
            return Judgement(entry, "disabled-lately", disabled, for_days, DISABLED_DAYS)
    if facts.due is not None and context.now < facts.due:
        return Judgement(entry, "grace", facts.due)
    return Judgement(entry, "do", since, days)


def _lasting(facts: Facts, policy: Policy, rules: LicensePolicy) -> tuple[Code | None, Any]:
    """Why an account stays whatever its logins are."""
    entry, is_delete = facts.entry, policy.step == "delete"
    if rules.has_builtin_admin and entry.kind == "builtin_admin":
        return "builtin", None
    if not rules.is_account(entry) or (entry.enabled and not rules.classify(entry).seat):
        return "not-an-account", rules.classify(entry).code
    if not facts.fits:
        return "outside-filter", None
    if entry.enabled == is_delete:
        return ("not-disabled" if is_delete else "disabled-already"), None
    if facts.objection:
        return _OBJECTIONS.get(facts.objection, "role"), entry.role
    if facts.protected_by:
        return "protected", facts.protected_by
    if facts.kept_until is not None:
        return "keep-until", facts.kept_until
    if entry.role != "user":
        return "admin", entry.role
    if entry.delivers_to:
        return "forwards", entry.delivers_to
    if facts.alias:
        return "delivers-for-alias", facts.alias
    if facts.moderates:
        return "list-moderator", facts.moderates
    if entry.origin == "directory":
        return "directory-mapped", None
    return None, None


_OBJECTIONS: Final[Mapping[str, Code]] = {"own-account": "self", "higher-role": "higher-role"}


def _is_wrong(entry: Entry, now: datetime) -> bool:
    """Whether a login is one of a wrong clock."""
    return entry.last_login is not None and not FIRST_LOGIN <= entry.last_login.at <= now + SKEW


def days_between(since: datetime, now: datetime) -> int:
    """Whole days, each of 24 hours."""
    return max((now - since) // _DAY, 0)
