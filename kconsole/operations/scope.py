"""What an operator sees of a store: all of it, or totals and what belongs to some domains."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from kconsole.core.codes import Message
from kconsole.core.decisions import Decision, Keep, Mark, OfAccount, Offboarding, Protection, Reservation, domains_named
from kconsole.core.history import Change, Commit
from kconsole.core.license import License
from kconsole.core.outcomes import Outcome
from kconsole.core.records import Domain, Entry, Restart
from kconsole.core.reports import SeatReport, Warn
from kconsole.core.roles import Authority
from kconsole.core.server import PendingChange, Server
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.decisions import protects_in
from kconsole.store.records import Records

_Record = TypeVar("_Record")

DOMAIN_WARNINGS: Final = frozenset({"domain-at-limit"})
"""Warnings that name a domain."""


class _Seen(Mapping[int, _Record]):
    """A view of some records by number: only those that the operator sees, each as it is shown to them."""

    def __init__(
        self,
        records: Mapping[int, _Record],
        is_seen: Callable[[_Record], bool],
        shown: Callable[[_Record], _Record] = lambda record: record,
    ) -> None:
        self._records = records
        self._is_seen = is_seen
        self._shown = shown

    def __getitem__(self, number: int) -> _Record:
        record = self._records[number]
        if not self._is_seen(record):
            raise KeyError(number)
        return self._shown(record)

    def __iter__(self) -> Iterator[int]:
        return (number for number, record in self._records.items() if self._is_seen(record))

    def __len__(self) -> int:
        return sum(map(self._is_seen, self._records.values()))


class RecordsInScope(Records):
    """The records of a store that an operator sees, as a view. Accounts of other domains are not there.

    With `to_show`, the accounts do not name those of other domains either. An operation, which stores the accounts that
    it found again, needs them whole.
    """

    def __init__(self, records: Records, authority: Authority, to_show: bool = True) -> None:
        self._all = records
        self._sees = authority.sees
        self._domains = authority.domains
        self._to_show = to_show
        self.tables = records.tables
        self.entries: Mapping[int, Entry] = _Seen(records.entries, self._sees_entry, self.shown)
        self.domains: Mapping[int, Domain] = _Seen(records.domains, lambda domain: authority.sees(domain.name))
        self.policies = records.policies
        self.protections: Mapping[int, Protection] = _Seen(records.protections, self.sees_decision)
        self.keeps: Mapping[int, Keep] = _Seen(records.keeps, self.sees_decision)
        self.marks: Mapping[int, Mark] = _Seen(records.marks, self.sees_decision)
        self.reservations: Mapping[int, Reservation] = _Seen(records.reservations, self.sees_decision)
        self.offboardings: Mapping[int, Offboarding] = _Seen(records.offboardings, self.sees_decision)

    def sees_decision(self, decision: Decision) -> bool:
        """Whether a decision concerns what is seen, or everyone."""
        if isinstance(decision, Reservation):
            return not decision.domain or self._sees(decision.domain)
        if isinstance(decision, OfAccount):
            entry = self._all.entries.get(decision.entry)
            named = domains_named(decision) if isinstance(decision, Offboarding) else ()
            return entry is not None and self._sees_entry(entry) and all(map(self._sees, named))
        if isinstance(decision, Protection):
            return any(protects_in(decision.pattern, domain) for domain in self._domains)
        return True

    def _sees_entry(self, entry: Entry) -> bool:
        return self._sees(entry.domain)

    def shown(self, entry: Entry) -> Entry:
        """An entry without the addresses of other domains that it delivers to, or whose mailbox went there."""
        named = (*entry.delivers_to, *entry.moderators, entry.transferred_to)
        if not self._to_show or all(not each or self._names_seen(each) for each in named):
            return entry
        return replace(
            entry,
            delivers_to=tuple(filter(self._names_seen, entry.delivers_to)),
            moderators=tuple(filter(self._names_seen, entry.moderators)),
            transferred_to=entry.transferred_to if self._names_seen(entry.transferred_to) else "",
        )

    def _names_seen(self, address: str) -> bool:
        return "@" not in address or self._sees(_domain_of(address))

    @property
    def pending_changes(self) -> dict[int, PendingChange]:
        seen = {number: self.seen_part(each) for number, each in self._all.pending_changes.items()}
        return {number: each for number, each in seen.items() if each is not None}

    def seen_part(self, pending: PendingChange) -> PendingChange | None:
        """A pending change of the accounts that are seen; None if there are none."""
        targets = tuple(target for target in pending.targets if self._sees(_domain_of(target.address)))
        if len(targets) == len(pending.targets):
            return pending
        return replace(pending, targets=targets, reason="") if targets else None

    @property
    def server(self) -> Server | None:
        server = self._all.server
        return None if server is None else self.seen_server(server)

    def seen_server(self, server: Server) -> Server:
        """A server without what it says of other domains; what names several domains or accounts is left out."""
        numbers = server.numbers
        if numbers is not None:
            numbers = replace(numbers, domains=tuple(each for each in numbers.domains if self._sees(each.name)))
        return replace(
            server,
            numbers=numbers,
            unread=(),
            notes=(),
            uncounted=tuple(filter(self._sees, server.uncounted)),
            counted=tuple(filter(self._sees, server.counted)),
            missing=tuple(filter(None, map(self._seen_missing, server.missing))),
            remarks=tuple(filter(self._is_seen_remark, server.remarks)),
        )

    def _seen_missing(self, missing: Message) -> Message | None:
        """What could not be read, of the domains that are seen; None if it was read of all those."""
        domains = missing.params.get("domains") or []
        seen = list(filter(self._sees, domains))
        if domains and not seen:
            return None
        return Message(missing.code, {**missing.params, "domains": seen, "said": ""})

    def _is_seen_remark(self, remark: Message) -> bool:
        named = [*remark.params.get("addresses", ()), remark.params.get("domain", "")]
        return all(self._sees(name.rpartition("@")[2]) for name in named if name)

    def seen_change(self, change: Change) -> Change | None:
        """The part of a change that is seen; None if nothing of it is."""
        if change.table == "intents":
            seen = _both(change, self.seen_part)
            return None if seen.before is seen.after is None else seen
        if not all(self._sees_record(change.table, each) for each in (change.before, change.after) if each is not None):
            return None
        if change.table == "connection":
            return _both(change, self.seen_server)
        return _both(change, self.shown) if change.table == "entries" else change

    def _sees_record(self, table: str, record: Any) -> bool:
        if table == "entries":
            return self._sees_entry(record)
        return self._sees(record.name) if table == "domains" else self.sees_decision(record)

    def entry_at(self, address: str) -> Entry | None:
        return self._seen(self._all.entry_at(address))

    def deleted_at(self, address: str) -> list[Entry]:
        return [self.shown(entry) for entry in self._all.deleted_at(address) if self._sees_entry(entry)]

    def has_had(self, key: str) -> bool:
        return self._sees(_domain_of(key)) and self._all.has_had(key)

    def indexing(self) -> Generator[float, None, None]:
        return self._all.indexing()

    def _seen(self, entry: Entry | None) -> Entry | None:
        return self.shown(entry) if entry is not None and self._sees_entry(entry) else None


class SeatsInScope(SeatLedger):
    """The seat figures that an operator sees: the totals of the license, and the domains and accounts in scope."""

    def __init__(self, ledger: SeatLedger, authority: Authority) -> None:
        self._ledger = ledger
        self._sees = authority.sees
        self.policy = ledger.policy
        self.reservations = ledger.reservations

    @property
    def used(self) -> int:
        return self._ledger.used

    def held_after(self, restart: Restart | None) -> list[Entry]:
        return [entry for entry in self._ledger.held_after(restart) if self._sees(entry.domain)]

    def held(self) -> list[Entry]:
        return [entry for entry in self._ledger.held() if self._sees(entry.domain)]

    def report(self) -> SeatReport:
        return self._seen_part(self._ledger.report())

    def if_changed(self, changes: Iterable[tuple[Entry | None, Entry, int]]) -> SeatReport:
        return self._seen_part(self._ledger.if_changed(changes))

    def if_licensed(self, license_: License) -> SeatReport:
        return self._seen_part(self._ledger.if_licensed(license_))

    def report_around(self, domain: str) -> SeatReport:
        return self._seen_part(self._ledger.report_around(domain))

    def has_room(self, domain: str, accounts: int = 1) -> bool:
        return self._ledger.has_room(domain, accounts)

    def _seen_part(self, report: SeatReport) -> SeatReport:
        return report._replace(
            domains=tuple(domain for domain in report.domains if self._sees(domain.name)),
            warnings=tuple(filter(self._is_seen, report.warnings)),
        )

    def _is_seen(self, warning: Warn) -> bool:
        return warning.code not in DOMAIN_WARNINGS or self._sees(warning.params["domain"])


class Scope:
    """What one authority sees of a store."""

    def __init__(self, authority: Authority, records: Records, ledger: SeatLedger) -> None:
        self.authority = authority
        self._part = RecordsInScope(records, authority) if authority.is_bound else None
        """The records in scope; None if that is all of them."""
        self.state = self._part or records
        self.seats = SeatsInScope(ledger, authority) if authority.is_bound else ledger

    def commit(self, commit: Commit, is_own: bool = False) -> Commit:
        """A line of the log as the operator sees it: of other domains, who changed something, when, and in what way.

        What is refused is seen of one's own lines, or of accounts in scope: it may name others.
        """
        part = self._part
        if part is None:
            return commit
        changes = tuple(seen for change in commit.changes if (seen := part.seen_change(change)) is not None)
        sees = self.authority.sees
        refused = tuple(each for each in commit.refused if is_own or (each.address and sees(_domain_of(each.address))))
        if changes == commit.changes and refused == commit.refused:
            return commit
        return commit._replace(changes=changes, refused=refused, reason="", is_partial=True)

    def outcomes(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """The outcomes for accounts in scope, and for what is not there: reading a server changes others too."""
        sees = self.authority.sees
        return tuple(
            each
            for each in outcomes
            if "@" not in each.address or each.result == "not-found" or sees(_domain_of(each.address))
        )


def _both(change: Change, seen: Callable[[Any], Any]) -> Change:
    """A change with both of its records as they are seen."""
    before, after = (None if each is None else seen(each) for each in (change.before, change.after))
    return change._replace(before=before, after=after)


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2] if "@" in address else ""
