"""Counts seats, from a whole inventory or from changes alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from kconsole.core.decisions import Reservation
from kconsole.core.identity import canonical_domain
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Kind, Origin, Restart
from kconsole.core.reports import DomainReport, SeatReport, State, Warn
from kconsole.core.server import Server, ServerNumbers
from kconsole.licensing.policy import LicensePolicy


class Contribution(NamedTuple):
    """What one entry adds to the figures, or all entries of a domain. All are numbers of accounts."""

    created: int = 0
    counted: int = 0
    held: int = 0
    disabled: int = 0
    connected: int = 0

    def plus(self, other: "Contribution", times: int = 1) -> "Contribution":
        """With the contribution of another entry, or of several that are alike; without it for negative `times`."""
        return Contribution(*(one + each * times for one, each in zip(self, other, strict=True)))


_NOTHING = Contribution()


def contribution_of(entry: Entry, restart: Restart | None, policy: LicensePolicy) -> Contribution:
    """How much an entry adds to each figure; a deleted one adds only a held seat, until the server restarts."""
    if not policy.is_account(entry):
        return _NOTHING
    seat = policy.classify(entry).seat
    if entry.origin == "other_server" and not seat:
        return _NOTHING
    if entry.deleted_at is not None:
        waits = policy.held is not None and (restart is None or not restart.came_after(entry))
        return Contribution(held=1) if seat and waits else _NOTHING
    return Contribution(1, int(seat), 0, int(not entry.enabled), int(seat and entry.mailbox))


def is_held(entry: Entry, restart: Restart | None, policy: LicensePolicy) -> bool:
    """Whether a deleted entry still holds a seat."""
    return contribution_of(entry, restart, policy).held > 0


Share = tuple[str, Kind, Origin, bool, bool]
"""What the contribution of a live entry depends on: domain, kind, origin, whether it is enabled and has a mailbox."""


def share_of(entry: Entry) -> Share:
    """Two live entries of the same share add the same to every figure, so many are counted as one, many times."""
    address = entry.address
    return address[address.rfind("@") :], entry.kind, entry.origin, entry.enabled, entry.mailbox


def example_of(share: Share) -> Entry:
    """An entry of this share."""
    address, kind, origin, enabled, mailbox = share  # of the address it keeps what tells the domain
    return Entry(address=address, kind=kind, origin=origin, enabled=enabled, mailbox=mailbox)


class SeatLedger:
    """The license report, kept up to date from changes alone.

    A change costs the same for any number of accounts; a restart costs as much as there are deleted ones.
    """

    def __init__(self, inventory: Inventory, policy: LicensePolicy) -> None:
        self.policy = policy
        self.reservations: Callable[[], Mapping[int, Reservation]] = dict
        """Gives the reservations that hold seats now, which changes with the time."""
        self._known: SeatReport | None = None
        """The report, until the next change."""
        self._license = inventory.license
        self._restart = inventory.restart
        self._unlisted, self._hides_limit = _unlisted(inventory.server), _hides_limit(inventory.server)
        self._domains: dict[str, list[Domain]] = {}
        """By canonical name. One name has several domains only while names are being swapped."""
        for domain in inventory.domains:
            self.change_domain(None, domain)
        self._tallies: defaultdict[str, Contribution] = defaultdict(Contribution)
        self._total = _NOTHING
        self._deleted: dict[int, Entry] = {}
        live: list[Entry] = []
        for entry in inventory.entries:
            if entry.deleted_at is None:
                live.append(entry)
            else:
                self.change_entry(None, entry)
        self._count_alike(live, 1)

    def change_entry(self, before: Entry | None, after: Entry | None) -> None:
        """An entry was added (`before` is None), removed (`after` is None) or changed."""
        if before is not None:
            self._count(before, -1)
            self._deleted.pop(before.id, None)
        if after is not None:
            self._count(after)
            if after.deleted_at is not None:
                self._deleted[after.id] = after

    def change_entries(self, changes: Iterable[tuple[Entry | None, Entry | None]]) -> None:
        """The same for many entries: those that are alike are counted once, many times."""
        before_all: list[Entry] = []
        after_all: list[Entry] = []
        for before, after in changes:
            if (before and before.deleted_at is not None) or (after and after.deleted_at is not None):
                self.change_entry(before, after)
                continue
            if before is not None:
                before_all.append(before)
            if after is not None:
                after_all.append(after)
        self._count_alike(before_all, -1)
        self._count_alike(after_all, 1)

    def _count_alike(self, live: Sequence[Entry], times: int) -> None:
        for share, number in Counter(map(share_of, live)).items():
            self._count(example_of(share), number * times)

    def change_domain(self, before: Domain | None, after: Domain | None) -> None:
        """A domain was added, removed or changed. Changes that belong together may arrive in any order."""
        self._known = None
        if before is not None:
            named = self._domains[canonical_domain(before.name)]
            named.remove(before)
            if not named:
                del self._domains[canonical_domain(before.name)]
        if after is not None:
            self._domains.setdefault(canonical_domain(after.name), []).append(after)

    def change_license(self, after: License) -> None:
        self._known = None
        self._license = after

    def change_restart(self, after: Restart | None) -> None:
        """Another restart is the last recorded one: held seats come free, or are held again."""
        self._known = None
        for entry in self._deleted.values():
            self._count(entry, -1)
        self._restart = after
        for entry in self._deleted.values():
            self._count(entry)

    def change_server(self, after: Server | None) -> None:
        """The server was read again: other seats may be in what was not read."""
        self._known = None
        self._unlisted, self._hides_limit = _unlisted(after), _hides_limit(after)

    @property
    def used(self) -> int:
        """The one figure of the report that every change asks for."""
        return self._total.counted + self._total.held + (self._unlisted or 0)

    def held(self) -> list[Entry]:
        """The deleted entries that hold a seat."""
        return self.held_after(self._restart)

    def held_after(self, restart: Restart | None) -> list[Entry]:
        """The deleted entries that would hold a seat if this were the last restart."""
        return [entry for entry in self._deleted.values() if is_held(entry, restart, self.policy)]

    def report(self) -> SeatReport:
        """The figures as they are now."""
        if self._known is None or self._known.reserved != _reserved(self.reservations()):
            self._known = self.if_licensed(self._license)
        return self._known

    def if_changed(self, changes: Iterable[tuple[Entry | None, Entry, int]]) -> SeatReport:
        """The report if entries were different: each as it is (None if new), as it would be, and how many times."""
        changes, known = list(changes), self._known
        self._exchange(changes)
        planned = self.if_licensed(self._license)
        self._exchange([(after, before, times) for before, after, times in changes])
        self._known = known
        return planned

    def _exchange(self, changes: Iterable[tuple[Entry | None, Entry | None, int]]) -> None:
        for before, after, times in changes:
            if before is not None:
                self._count(before, -times)
            if after is not None:
                self._count(after, times)

    def if_licensed(self, license_: License) -> SeatReport:
        """The report under another license."""
        return self._report(license_, chain.from_iterable(self._domains.values()))

    def report_around(self, domain: str) -> SeatReport:
        """The report with this domain alone in it: all that a guard needs, cheap for any number of domains."""
        return self._report(self._license, self._domains.get(canonical_domain(domain), ()))

    def has_room(self, domain: str, accounts: int = 1) -> bool:
        """Whether so many more accounts fit under every limit; much cheaper than a report."""
        name = canonical_domain(domain)
        tally = self._tallies[name]
        limits = [(self._license.seats, self.used)]
        limits += [(each.user_limit, tally.counted + tally.held) for each in self._domains.get(name, ())]
        return all(limit is None or used + accounts <= limit for limit, used in limits)

    def _report(self, license_: License, domains: Iterable[Domain]) -> SeatReport:
        limit, total = license_.seats, self._total
        used, partial = self.used, self._unlisted is None
        reservations = self.reservations()
        in_domains: Counter[str] = Counter()
        for each in reservations.values():
            in_domains[canonical_domain(each.domain)] += each.count
        free, over = (None, 0) if limit is None else (max(limit - used, 0), max(used - limit, 0))
        latent, hides_limit = total.counted - total.connected, limit is None and self._hides_limit
        report = SeatReport(
            limit=limit,
            counted=total.counted,
            held=total.held,
            used=used,
            free=free,
            over=over,
            created=total.created,
            disabled=total.disabled,
            connected=total.connected,
            latent=latent,
            locked_out=latent if self.policy.login_is_limited and limit is not None and total.connected >= limit else 0,
            state="unknown" if hides_limit else _state(self.policy, limit, free, over, partial),
            domains=tuple(
                _domain_report(domain, self._tallies.get(canonical_domain(domain.name), _NOTHING), free)._replace(
                    reserved=in_domains[canonical_domain(domain.name)]
                )
                for domain in sorted(domains, key=attrgetter("name"))
            ),
            warnings=(),
            unlisted=self._unlisted or 0,
            hides_limit=hides_limit,
            partial=partial,
            reserved=_reserved(reservations),
        )
        return report._replace(warnings=tuple(_warnings(report)))

    def _count(self, entry: Entry, times: int = 1) -> None:
        self._known = None
        each = contribution_of(entry, self._restart, self.policy)
        domain = canonical_domain(entry.domain)
        self._tallies[domain] = self._tallies[domain].plus(each, times)
        self._total = self._total.plus(each, times)


def _reserved(reservations: Mapping[int, Reservation]) -> int:
    return sum(each.count for each in reservations.values())


def _domain_report(domain: Domain, tally: Contribution, license_free: int | None) -> DomainReport:
    free = license_free
    if domain.user_limit is not None:
        own = max(domain.user_limit - tally.counted - tally.held, 0)
        free = own if license_free is None else min(own, license_free)
    return DomainReport(domain.name, *tally, domain.user_limit, free)


def _unlisted(server: Server | None) -> int | None:
    """Seats in what was not read of the server; None where it does not say how many."""
    return server.unlisted if server is not None and server.is_partial else 0


def _hides_limit(server: Server | None) -> bool:
    """Whether a license without a recorded limit may have one: there is a server, and it has not said."""
    return server is not None and (server.numbers is None or server.numbers.licensed is None)


def unlisted_seats(report: SeatReport, numbers: ServerNumbers, read: Collection[str], has_all: bool) -> int | None:
    """The seats that the server counts in what was not read, beyond those in the report; None where it does not say.

    `read` are the domains whose users were all read; `has_all` says whether there are no others than those that are
    listed. A total that leaves nothing for the rest may be of the listed part alone, so it says nothing of the rest.
    """
    whole = {canonical_domain(name) for name in read}
    ours = {canonical_domain(each.name): each.counted for each in report.domains}
    theirs = {canonical_domain(each.name): each.current for each in numbers.domains}
    known = report.counted - sum(ours.get(name, 0) for name in whole)
    if numbers.current is not None:
        rest = numbers.current - sum(theirs.get(name, ours.get(name, 0)) for name in whole)
        return rest - known if rest and rest >= known else None
    if not has_all or not all(name in theirs for name in ours if name not in whole):
        return None
    return sum(max(theirs[name] - counted, 0) for name, counted in ours.items() if name not in whole)


def _state(policy: LicensePolicy, limit: int | None, free: int | None, over: int, partial: bool) -> State:
    if limit is None or free is None:
        return "unlimited"
    if over:
        return "exceeded"
    if free == 0:
        return "full"
    if partial:
        return "unknown"
    return "low" if policy.is_low(limit, free) else "ok"


def _warnings(report: SeatReport) -> Iterator[Warn]:
    if report.state in ("exceeded", "full", "low"):
        yield Warn(report.state, {"free": report.free, "limit": report.limit})
    if report.locked_out:
        yield Warn("users-locked-out", {"accounts": report.locked_out})
    if report.held:
        yield Warn("restart-recommended", {"seats": report.held})
    for domain in report.domains:
        if domain.at_limit:
            yield Warn("domain-at-limit", {"domain": domain.name, "limit": domain.limit})
