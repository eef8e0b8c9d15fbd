"""Collects what is known of accounts, and lets a policy judge them: for the plan, when it is applied, on the screen."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.identity import address_in, canonical_address, canonical_domain
from kconsole.core.records import Entry
from kconsole.core.roles import Authority, Capability
from kconsole.core.server import Server
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.decisions import kept_until, protecting
from kconsole.licensing.outcomes import Code, Context, Facts, Judgement, judge_all, objections
from kconsole.licensing.outcomes import Judgements as Judgements
from kconsole.operations.base import OperationContext
from kconsole.operations.reclaim.policies import filter_of
from kconsole.operations.search.filters import searched_text
from kconsole.operations.session import Session
from kconsole.store.first_seen import DISABLED, LONG, REVIVED, Seen, seen_in
from kconsole.store.records import Records

READINGS: Final = ("init", "restore", "import", "import kerio", "import logins", "sync")
"""The operations by which data comes in, logins among it."""


_CODES: Final[Mapping[str, Code]] = {"delivers_to": "forwards", "moderators": "list-moderator"}
"""The codes that depend on fields of which a source may say nothing."""


class _Source(NamedTuple):
    """Where facts come from."""

    state: Records
    """All records; what the operator may see of them is asked of the authority."""
    seats: SeatLedger
    authority: Authority
    now: datetime
    by_role: bool = True
    """Whether what the role of the operator forbids counts."""


class Known(NamedTuple):
    """What the log says of accounts, as of one of its lines."""

    seen: Seen
    touched: Callable[[], frozenset[int]]
    """Gives the numbers of the entries that were changed since: there may be other persons behind them."""


def seen_by(session: Session, policy: Policy) -> Known:
    """What the log says of accounts: since when it has them, and since when they are disabled.

    It costs about a second for a million lines. It stays right when others change the store: what they changed is not
    known any more.
    """
    wants_disabled, sequence = policy.step == "delete", session.store.sequence
    lines = session.store.journal.beginnings(LONG, REVIVED, *([DISABLED] if wants_disabled else []))
    seen = seen_in(lines, session.clock.now(), READINGS, wants_disabled)
    return Known(seen, lambda: session.history.touched_since(sequence))


def judge(
    session: Session,
    policy: Policy,
    numbers: Collection[int] | None = None,
    known: Known | None = None,
    by_role: bool = True,
) -> Judgements:
    """Judge all accounts that the operator sees, or those with some numbers; as anyone would, unless `by_role`."""
    known = seen_by(session, policy) if known is None else known
    source = _Source(session.store.state, session.seats, session.authority, session.clock.now(), by_role)
    return _judgements(source, policy, known, numbers, is_braked=True)


def judge_again(
    context: OperationContext, policy: Policy, numbers: Collection[int], known: Known, is_braked: bool = True
) -> Judgements:
    """Judge accounts in an operation, under the lock, with what the log said before that."""
    source = _Source(context.state, context.seats, context.authority, context.now)
    return _judgements(source, policy, known, numbers, is_braked)


def _judgements(
    source: _Source, policy: Policy, known: Known, numbers: Collection[int] | None, is_braked: bool
) -> Judgements:
    state, report, authority = source.state, source.seats.report(), source.authority
    rules, sees = source.seats.policy, authority.sees
    if authority.is_bound:
        accounts = sum(domain.created for domain in report.domains if sees(domain.name))
    else:
        accounts = report.created
    server = state.server
    everything = list(state.entries.values())  # at once: a thread may do this, while others change the store
    found = everything if numbers is None else [state.entries[each] for each in numbers if each in state.entries]
    entries = [entry for entry in found if entry.deleted_at is None and (not authority.is_bound or sees(entry.domain))]
    fitting = _fitting(entries, policy, source)
    wanted: tuple[Capability, ...] = ("reclaim", policy.step)
    context = Context(
        now=source.now,
        rules=rules,
        accounts=accounts,
        free=report.free,
        read_at=_taken_in(known.seen, everything, source.now) if server is None else server.synced_at,
        unread=_unread(state, server, entries, fitting),
        logins=None if server is None else server.logins,
        hides_free=report.hides_limit or report.partial,
        lacks=next((each for each in wanted if source.by_role and not authority.may(each)), ""),
        is_braked=is_braked,
    )
    aliases, lists = _served(everything)
    judged = judge_all(_facts(entries, fitting, aliases, lists, policy, source, known), policy, context)
    if authority.is_bound:
        judged = [_shown(each, authority) for each in judged]
    freed = sum(each.code == "do" and each.entry.enabled and rules.classify(each.entry).seat for each in judged)
    if numbers is not None:  # no plan is made of some
        silent = []
    elif server is None or server.logins is None:  # a source that says it of one says it of all
        forwards = any(entry.delivers_to and rules.is_account(entry) for entry in everything)
        silent = [] if forwards else ["delivers_to"]
        silent += [] if lists else ["moderators"]
    else:
        silent = list(server.silent)
    return Judgements(
        policy=policy,
        judged=judged,
        objections=objections(policy, context),
        read_at=context.read_at,
        used=report.used,
        used_after=report.used - freed,
        limit=report.limit,
        unknown=tuple(_CODES[field] for field in silent),
    )


def _taken_in(seen: Seen, entries: list[Entry], now: datetime) -> datetime | None:
    """How new data is that no server gave. A dump does not say how old it is, so it is no newer than its last login."""
    if seen.read_at is None or seen.read_by != "restore":
        return seen.read_at
    logins = (entry.last_login.at for entry in entries if entry.last_login is not None)
    return min(seen.read_at, max((at for at in logins if at <= now), default=seen.read_at))


def _unread(state: Records, server: Server | None, entries: list[Entry], fitting: set[int] | None) -> frozenset[str]:
    """The domains that were not read, of those whose accounts the policy is about, in canonical form."""
    if server is None or not server.is_partial:
        return frozenset()
    unread = set(map(canonical_domain, server.uncounted))
    if server.hides_domains:
        counted = set(map(canonical_domain, server.counted))
        unread |= {name for domain in state.domains.values() if (name := canonical_domain(domain.name)) not in counted}
    concerned = {entry.domain for entry in entries if fitting is None or entry.id in fitting}
    return frozenset(unread.intersection(map(canonical_domain, concerned)))


def _facts(
    entries: list[Entry],
    fitting: set[int] | None,
    aliases: Mapping[str, str],
    lists: Mapping[str, str],
    policy: Policy,
    source: _Source,
    known: Known,
) -> Iterator[Facts]:
    state, now, authority = source.state, source.now, source.authority
    protections = protecting(state.protections.values()) if state.protections else None
    dues: dict[int, datetime] = {}
    for mark in list(state.marks.values()):
        dues[mark.entry] = max(mark.due, dues.get(mark.entry, mark.due))
    first_seen, disabled_since, touched = known.seen.first_seen, known.seen.disabled_since, known.touched()
    is_delete, is_free = policy.step == "delete", authority.is_unlimited or not source.by_role
    for entry in entries:
        number = entry.id
        if entry.enabled == is_delete or (fitting is not None and number not in fitting):  # then nothing else matters
            yield Facts(entry=entry, fits=fitting is None or number in fitting)
            continue
        address = canonical_address(entry.address) if aliases or lists else ""
        protection = None if protections is None else next(protections(entry), None)
        yield Facts(
            entry=entry,
            objection="" if is_free else authority.objection(entry, None),
            protected_by="" if protection is None else protection.pattern,
            kept_until=kept_until(state.keeps, entry, now) if state.keeps else None,
            alias=aliases.get(address, ""),
            moderates=lists.get(address, ""),
            first_seen=first_seen(number) if entry.last_login is None and number not in touched else None,
            disabled_since=disabled_since(number) if is_delete and number not in touched else None,
            due=dues.get(number),
        )


def _fitting(entries: list[Entry], policy: Policy, source: _Source) -> set[int] | None:
    """The numbers of the entries that the filter of a policy selects; None for all."""
    if not policy.where:
        return None
    chosen = filter_of(policy, source.state, source.seats, source.now)
    texts = list(map(searched_text, entries)) if chosen.has_words else [""] * len(entries)
    return {entries[place].id for place in chosen.choose(list(range(len(entries))), texts, entries)}


def _served(entries: list[Entry]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """By addresses in canonical form: an alias that delivers there, and a mailing list that they moderate."""
    aliases: dict[str, str] = {}
    lists: dict[str, str] = {}
    for entry in entries:
        kind = entry.kind
        if (kind == "alias" or kind == "mailing_list") and entry.deleted_at is None:  # half the time of a set
            named, found = (entry.delivers_to, aliases) if kind == "alias" else (entry.moderators, lists)
            for target in named:
                found.setdefault(canonical_address(address_in(entry.domain, target)), entry.address)
    return aliases, lists


def _shown(judgement: Judgement, authority: Authority) -> Judgement:
    """A judgement without addresses of other domains."""
    if judgement.code in ("delivers-for-alias", "list-moderator"):
        is_seen = authority.sees(judgement.detail.rpartition("@")[2])
        return judgement if is_seen else replace(judgement, detail="")
    if judgement.code == "forwards":
        seen = tuple(each for each in judgement.detail if "@" not in each or authority.sees(each.rpartition("@")[2]))
        return replace(judgement, detail=seen)
    return judgement
