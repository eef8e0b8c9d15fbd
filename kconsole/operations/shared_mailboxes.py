"""Finds accounts of an open store that could be something without a seat."""

from collections.abc import Collection, Iterator
from datetime import datetime

from kconsole.core.codes import Message, message
from kconsole.core.decisions import LEAST_INACTIVE
from kconsole.core.identity import address_in, canonical_address, canonical_domain
from kconsole.core.records import Entry
from kconsole.licensing.decisions import kept_until, protecting
from kconsole.licensing.outcomes import age_objection
from kconsole.licensing.shared_mailboxes import Found, Known, is_candidate, judged
from kconsole.operations.reclaim.policies import IDLE
from kconsole.operations.session import Session


def shared_mailboxes(session: Session, domain: str = "") -> list[Found]:
    """The accounts that take a seat and look like mailboxes of no one in particular, the clearest first.

    It reads the log if one of them has logged in.
    """
    state, rules, now = session.state, session.seats.policy, session.clock.now()
    entries = [
        entry
        for entry in state.live_entries()
        if rules.is_account(entry) and rules.classify(entry).seat and is_candidate(entry)
        if not domain or canonical_domain(entry.domain) == canonical_domain(domain)
    ]
    logins = _logins_of({entry.id for entry in entries if entry.last_login is not None}, session, now)
    protections, moderators = protecting(state.protections.values()), _moderators(session)
    hides = hides_forwarding(session)
    found = [
        judged(
            entry,
            Known(
                logins.get(entry.id),
                next(protections(entry), None) is not None,
                kept_until(state.keeps, entry, now) is not None,
                None if moderators is None else canonical_address(entry.address) in moderators,
                hides,
                _heir(entry, session),
            ),
            now,
        )
        for entry in entries
    ]
    return sorted(found, key=lambda each: (len(each.against), -len(each.reasons), each.entry.address))


def gaps_of(session: Session) -> Iterator[Message]:
    """What was not read of the server, or too long ago: accounts may be missing, and logins have come since."""
    server = session.state.server
    if server is not None and server.is_partial:
        yield message("report-domains-unread", domains=list(server.uncounted))
    if server is not None and (old := age_objection(server.synced_at, session.clock.now(), IDLE)) is not None:
        yield old


def _heir(entry: Entry, session: Session) -> str | None:
    """The account to which alone an account forwards, as far as it is one of the store."""
    named = [session.state.entry_at(address_in(entry.domain, target)) for target in entry.delivers_to]
    if len(named) != 1 or named[0] is None or not session.seats.policy.is_account(named[0]):
        return None
    return named[0].address


def hides_forwarding(session: Session) -> bool:
    """Whether no one says which accounts forward their mail. A source that says it of one says it of all."""
    server = session.state.server
    if server is not None and server.logins is not None:
        return "delivers_to" in server.silent
    is_account = session.seats.policy.is_account
    return not any(entry.delivers_to and is_account(entry) for entry in session.store.state.live_entries())


def _moderators(session: Session) -> set[str] | None:
    """The addresses of those who moderate a list, also one that the operator does not see; None if no one says."""
    lists = [entry for entry in session.store.state.live_entries() if entry.kind == "mailing_list"]
    found = {canonical_address(address_in(each.domain, name)) for each in lists for name in each.moderators}
    server = session.state.server
    is_silent = bool(lists) and not found if server is None or server.logins is None else "moderators" in server.silent
    return None if is_silent else found


def _logins_of(numbers: Collection[int], session: Session, now: datetime) -> dict[int, int]:
    """How many different last logins the log has of accounts; of none if it is too short to say."""
    seen: dict[int, set[datetime]] = {number: set() for number in numbers}
    begins: datetime | None = None
    for commit in session.store.journal.history() if numbers else ():
        begins = begins or commit.at
        for change in commit.changes:
            if change.table == "entries" and change.number in seen:
                for each in (change.before, change.after):
                    if each is not None and each.last_login is not None:
                        seen[change.number].add(each.last_login.at)
    is_long = begins is not None and (now - begins).days >= LEAST_INACTIVE
    return {number: len(logins) for number, logins in seen.items()} if is_long else {}
