"""Collects what reports hold: complete, or with what is missing named on it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from kconsole.core.codes import Message, message, short
from kconsole.core.decisions import Decision, OfAccount, Policy, Reservation, decided_on
from kconsole.core.errors import BadInput, Refused
from kconsole.core.history import Change, Commit
from kconsole.core.identity import canonical_domain
from kconsole.core.license import Price
from kconsole.core.records import Domain, Entry
from kconsole.core.report_rows import (
    TABLES,
    TABLES_OF,
    AccountRow,
    ChangeRow,
    CostRow,
    DomainRow,
    KeptRow,
    LoginKnown,
    OutcomeRow,
    ProtectedRow,
    Report,
    ReportKind,
    ReservedRow,
    SeatRow,
)
from kconsole.core.server import Server
from kconsole.core.times import age_of, moment_of, quarter_of
from kconsole.licensing.decisions import kept_until, protecting
from kconsole.licensing.seat_history import Group, SeatHistory, SeatsNow
from kconsole.licensing.seat_since import SeatsSince, Since
from kconsole.operations.catalog import BEGINNINGS
from kconsole.operations.history import LogQuery
from kconsole.operations.reclaim.judging import READINGS, judge
from kconsole.operations.reclaim.policies import policies_of
from kconsole.operations.renewal import license_renewal
from kconsole.operations.session import Session

_LOGINS: Final = frozenset(("last_login", "login_unknown", "mailbox", "active_sync", "directory_logon", "id"))
"""Fields that change when someone logs in: no one decided that."""

_DELETED: Final = ("deleted_at", "deleted_in", "mailbox_fate", "transferred_to")

_KINDS: Final[Mapping[str, str]] = {
    "license": "license",
    "server": "restart",
    "connection": "server",
    "domains": "domain",
    "policies": "policy",
    **{name: name[:-1] for name in ("keeps", "protections", "reservations", "marks", "offboardings")},
}
"""What is changed, by its table."""


def since_of(text: str, now: datetime) -> datetime:
    """When a report begins: a day or time in the zone of this machine, the first day of a quarter, or so long ago.

    Raises:
        BadInput: it is none of them.
    """
    readers: tuple[Callable[[str], datetime], ...] = (quarter_of, moment_of, lambda age: now - age_of(age))
    for read in readers:
        with suppress(ValueError, OverflowError):
            since = read(text)
            if since > now:
                raise BadInput("begins-in-future", "write-a-beginning", text=short(text))
            return since
    raise BadInput("not-a-beginning", "write-a-beginning", text=short(text))


def report_of(session: Session, kind: ReportKind, since: datetime, policy: Policy) -> Report:
    """A report of all that the operator may see, as of one line of the log, which it reads. A thread may do this."""
    while True:
        head = session.store.head
        found = _Reporting(session, kind, since, policy).report()
        if session.store.head == head:  # else someone changed something meanwhile
            return found


def check_complete(report: Report) -> None:
    """Refuse a report that is not complete."""
    if report.gaps:
        raise Refused("report-in-part", "sync-or-in-part", report.gaps, "nothing-written")


def parts_of(report: Report) -> Iterator[Report]:
    """The report of each domain, and last the total: sums, and what belongs to no domain."""
    domains = {canonical_domain(row.domain): row.domain for row in report.tables["domains"] if row.domain}
    by_domain: dict[str, dict[str, list[Any]]] = {key: {name: [] for name in report.tables} for key in domains}
    total: dict[str, list[Any]] = {name: [] for name in report.tables}
    for name, rows in report.tables.items():
        if "domain" not in TABLES[name]._fields:
            total[name] = rows
            continue
        for row in rows:
            key = canonical_domain(row.domain)
            (by_domain[key] if key in domains else total)[name].append(row)
    total["domains"] = report.tables["domains"]
    for key, tables in by_domain.items():
        tables["outcomes"] = _outcomes(report.policy, tables.get("accounts", ()))
        shown = {name: tables[name] for name in report.tables if name not in ("costs", "protections")}
        yield report._replace(part="domain", domain=domains[key], tables=shown)
    yield report._replace(part="total", tables=total)


class _Reporting:
    """Collects one report."""

    def __init__(self, session: Session, kind: ReportKind, since: datetime, policy: Policy) -> None:
        self._session, self._kind, self._since = session, kind, since
        self._state, self._ledger, self._now = session.state, session.seats, session.clock.now()
        self._policy, self._rules = policy, session.seats.policy
        self._price = session.state.license.price
        self._protecting = protecting(self._state.protections.values())
        self._undone = session.history.undone_lines()

    def report(self) -> Report:
        session = self._session
        self._read_log()
        self._judged = judge(session, self._policy, by_role=False)
        tables = {name: getattr(self, f"_{name}")() for name in TABLES_OF[self._kind]}
        customer, head, authority = self._state.license.customer, session.store.head, session.authority
        return Report(
            self._kind, "whole", "", self._now, self._since, session.store.operator.shown,
            "" if customer is None else customer.organization,
            self._policy.name, session.store.id, head.sequence, head.hash, self._judged.read_at, list(self._gaps()),
            sorted(authority.domains) if authority.is_bound else (), tables,
        )  # fmt: skip

    def _read_log(self) -> None:
        session, journal = self._session, self._session.store.journal
        is_cut = journal.missing() is not None
        history = SeatHistory(
            self._now.date(), self._rules, self._undone, lambda _: "", self._since.astimezone().date()
        )
        since = SeatsSince(self._rules, (*READINGS, *BEGINNINGS), self._now, is_cut)
        self._lost: list[int] = []
        for commit in journal.history(logins=False):
            since.take(commit)
            history.take(commit)
            if commit.is_lost and commit.at >= self._since:
                self._lost.append(commit.sequence)
        report = self._ledger.report()
        self._days = history.days(SeatsNow(report.used, report.held, session.state.license.seats))
        self._groups = {group.name: group for group in history.groups()}
        self._since_of = since.of

    def _gaps(self) -> Iterator[Message]:
        """What is missing or old."""
        server, report = self._state.server, self._ledger.report()
        if server is not None and server.is_partial:
            yield message("report-domains-unread", domains=list(server.uncounted))
        if report.partial:
            yield message("report-seats-in-part")
        if report.hides_limit:
            yield message("report-limit-unknown")
        elsewhere = {"domains-unread"} if server is not None else {"domains-unread", "data-is-old"}
        # Without a server there is no newer data to ask for: the report says how old it is.
        yield from (each for each in self._judged.objections if each.code not in elsewhere)
        if pending := list(self._state.pending_changes.values()):
            targets = [target.address for each in pending for target in each.targets]
            yield message("report-unconfirmed", addresses=list(dict.fromkeys(targets)))
        if (missing := self._session.store.journal.missing()) is not None:
            yield missing
        if self._lost:
            yield message("report-lines-lost", lines=[f"{line:,}" for line in self._lost])

    def _seats_rows(self) -> Iterator[SeatRow]:
        live = (each for each in self._state.live_entries() if self._rules.classify(each).seat)
        for entry in (*filter(self._rules.is_account, live), *self._ledger.held()):
            since = self._since_of(entry.id)
            yield SeatRow(
                entry.address, entry.full_name, entry.domain,
                "held" if entry.deleted_at is not None else self._rules.classify(entry).code,
                since.at, since.known, *_login(entry), entry.last_login.protocol if entry.last_login else "",
                *self._cost(1), self._protected(entry), self._kept(entry), " ".join(entry.tags),
            )  # fmt: skip

    def _seats(self) -> list[SeatRow]:
        return sorted(self._seats_rows(), key=lambda row: (canonical_domain(row.domain), row.address))

    def _accounts(self) -> list[AccountRow]:
        others = {
            policy.name: {each.entry.id: each.code for each in judge(self._session, policy, by_role=False).judged}
            for policy in policies_of(self._state)
            if policy != self._policy
        }
        rows = []
        for each in self._judged.judged:
            entry = each.entry
            if not self._rules.is_account(entry):
                continue
            seat = self._rules.classify(entry).seat
            since = self._since_of(entry.id) if seat else Since(None, "unknown")
            rows.append(AccountRow(
                entry.address, entry.full_name, entry.domain, self._rules.classify(entry).code, entry.enabled,
                entry.role, entry.origin, since.at, since.known if seat else "", *_login(entry), each.code,
                each.message, " ".join(f"{name}={codes[entry.id]}" for name, codes in others.items()),
                self._protected(entry), self._kept(entry), " ".join(entry.tags),
            ))  # fmt: skip
        self._rows = sorted(rows, key=lambda row: (canonical_domain(row.domain), row.address))
        return self._rows

    def _outcomes(self) -> list[OutcomeRow]:
        return _outcomes(self._policy.name, self._rows)

    def _changes(self) -> list[ChangeRow]:
        commits = self._session.history.log(LogQuery(since=self._since))
        return [row for commit in commits for row in _changes_of(commit, self._undone.get(commit.sequence))]

    def _domains(self) -> list[DomainRow]:
        freed = Counter(canonical_domain(each.entry.domain) for each in self._freed())
        is_known = not self._judged.objections
        rows = []
        report = self._ledger.report()
        for each in report.domains:
            key = canonical_domain(each.name)
            group = self._groups.get(key, Group(key))
            rows.append(DomainRow(
                each.name, each.created, each.counted, each.held, each.disabled, each.reserved, each.limit,
                group.joins, group.leaves, freed[key] if is_known else None, *self._cost(each.counted + each.held),
            ))  # fmt: skip
        group, unlisted = self._groups.get("", Group("")), report.unlisted  # restarts, and what was not read
        if (unlisted or group.joins or group.leaves) and not self._session.authority.is_bound:
            freed_there = None if unlisted else 0
            moves = (group.joins, group.leaves, freed_there)
            rows.append(DomainRow("", 0, unlisted, 0, 0, 0, None, *moves, *self._cost(unlisted)))
        return rows

    def _costs(self) -> list[CostRow]:
        report, license_ = self._ledger.report(), self._state.license
        is_bound = self._session.authority.is_bound
        seats = report.used if license_.seats is None else license_.seats
        every: int | None = sum(each.counted + each.held for each in report.domains) if is_bound else seats
        why = ""
        if report.hides_limit and not is_bound:
            every, why = None, "limit-unknown"
        freed = None if self._judged.objections else len(self._freed())
        renewal = license_renewal(self._session, days=self._days)
        reducible = None if is_bound else renewal.reducible
        return [
            CostRow("all-seats", every, *self._cost(every), why),
            CostRow("reclaimable-now", freed, *self._cost(freed), "" if freed is not None else "data-says-too-little"),
            CostRow(
                "reducible-at-renewal", reducible, *self._cost(reducible),
                "" if reducible is not None else "own-domains-only" if is_bound else renewal.state,
            ),
        ]  # fmt: skip

    def _reservations(self) -> list[ReservedRow]:
        coming = (each for each in self._state.reservations.values() if each.until > self._now)
        return [
            ReservedRow(each.subject, each.domain, each.count, each.start, each.until, each.reason, each.by)
            for each in sorted(coming, key=lambda each: (each.start, each.subject))
        ]

    def _keeps(self) -> list[KeptRow]:
        rows = []
        for number, each in self._state.keeps.items():
            entry = self._state.entries.get(number)
            if entry is not None and each.until > self._now:
                rows.append(KeptRow(entry.address, entry.domain, each.until, each.reason, each.by, each.at))
        return sorted(rows, key=lambda row: (row.until, row.address))

    def _protections(self) -> list[ProtectedRow]:
        every = self._state.protections.values()
        return [ProtectedRow(each.pattern, each.reason, each.by, each.at) for each in every]

    def _freed(self) -> list[Any]:
        """The accounts whose seats a run of the policy frees now."""
        if self._judged.policy.step != "disable":
            return []
        return [each for each in self._judged.coded("do") if self._rules.classify(each.entry).seat]

    def _cost(self, seats: int | None) -> tuple[Decimal | None, str]:
        price: Price | None = self._price
        return (None if price is None or seats is None else price.of(seats)), "" if price is None else price.currency

    def _protected(self, entry: Entry) -> str:
        return next((each.pattern for each in self._protecting(entry)), "")

    def _kept(self, entry: Entry) -> datetime | None:
        return kept_until(self._state.keeps, entry, self._now)


def _login(entry: Entry) -> tuple[datetime | None, LoginKnown]:
    if entry.last_login is not None:
        return entry.last_login.at, "known"
    return None, "unknown" if entry.login_unknown else "never"


def _outcomes(policy: str, rows: Iterable[AccountRow]) -> list[OutcomeRow]:
    """How many accounts have which outcome of which policy; the one that the report is about comes first."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found[policy, row.outcome] += 1
        found.update((name, code) for name, _, code in (each.partition("=") for each in row.other_policies.split()))
    return [OutcomeRow(*key, found[key]) for key in sorted(found, key=lambda key: (key[0] != policy, key))]


def _changes_of(commit: Commit, undone_by: int | None) -> Iterator[ChangeRow]:
    before, after = commit.seats or (None, None)

    def row(kind: str, subject: str, change: str, fields: str = "", domain: str = "") -> ChangeRow:
        at = None if commit.is_lost else commit.at
        return ChangeRow(
            commit.sequence, at, commit.operator.shown, commit.operation, kind, subject, domain, change, fields, before,
            after, commit.reason, commit.undoes, undone_by, commit.plan,
        )  # fmt: skip

    if commit.is_lost:
        yield row("line", "", "lost")
    for change in commit.changes:
        if (found := _what_changed(change)) is not None:
            yield row(*found)
    for refusal in commit.refused:
        yield row(
            "account" if refusal.address else "",
            refusal.address,
            "refused",
            refusal.code,
            refusal.address.rpartition("@")[2],
        )


def _what_changed(change: Change) -> tuple[str, str, str, str, str] | None:
    """The kind of record, which one, how it was changed, which fields, and its domain; None if no one decided it."""
    old, new = change.before, change.after
    known = new if new is not None else old
    if change.table == "intents" or known is None:
        return None
    what = "added" if old is None else "removed" if new is None else "changed"
    names = () if old is None or new is None else known.__struct_fields__
    fields = [name for name in names if name not in _LOGINS and getattr(old, name) != getattr(new, name)]
    if change.table != "entries":
        return _KINDS[change.table], _name_of(known), what, " ".join(fields), _domain_of(known)
    if what == "changed":
        if not fields:
            return None
        if old.deleted_at != new.deleted_at:
            what = "restored" if new.deleted_at is None else "deleted"
            fields = [name for name in fields if name not in _DELETED]
        elif old.enabled != new.enabled:
            what = "enabled" if new.enabled else "disabled"
            fields.remove("enabled")
    return "account", known.address, what, " ".join(fields), known.domain


def _name_of(record: Any) -> str:
    if isinstance(record, Domain | Server):
        return record.name
    return decided_on(record) if isinstance(record, Decision) else ""


def _domain_of(record: Any) -> str:
    if isinstance(record, Domain):
        return record.name
    if isinstance(record, Reservation):
        return record.domain
    return record.address.rpartition("@")[2] if isinstance(record, OfAccount) else ""
