"""The one place that counts seats: `evaluate` from an inventory, `SeatLedger` from changes alone.

Both add up the same shares of the same entries, so that neither can know a rule that the other does not.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Final

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, fold
from kconsole.core.reports import DomainReport, SeatReport, State, Warn
from kconsole.licensing.policy import classify

EXCEEDED_TEXT: Final = "Total number of user mailboxes authorized by the license has been exceeded"
"""The vendor's own words on its dashboard. Source: Licenses in Kerio Connect, GFI support."""

LOW_SEATS: Final = ((15, 1), (25, 2))
"""(largest license, seats left): at or below which free seats are low, on small licenses."""

LOW_PERCENT: Final = ((99, 10), (999, 8))
"""(largest license, percent of it left), on larger ones; `LOW_PERCENT_BEYOND` on the largest."""

LOW_PERCENT_BEYOND: Final = 5


@dataclass(slots=True)
class Tally:
    """Figures of one domain, or of all, that entries add their shares to. All are numbers of accounts."""

    created: int = 0
    counted: int = 0
    disabled: int = 0
    connected: int = 0
    held: int = 0

    def add(self, entry: Entry, last_restart: datetime | None, times: int = 1) -> None:
        """Add the share of one entry, or with `times=-1` take it back."""
        seat = classify(entry).seat
        if entry.deleted_at is not None:
            if seat and holds_until_restart(entry.deleted_at, last_restart):
                self.held += times
            return
        if entry.kind != "user":
            return
        self.created += times
        if seat:
            self.counted += times
            if entry.mailbox:
                self.connected += times
        else:
            self.disabled += times


def holds_until_restart(deleted_at: datetime, last_restart: datetime | None) -> bool:
    """Whether a deletion still waits for a restart of the server.

    Source: the vendor recommends to restart the server for deletions to apply; the seat of an account deleted
    at or after the last recorded restart, or ever if none is recorded, therefore counts as held.
    """
    return last_restart is None or deleted_at >= last_restart


def is_held(entry: Entry, last_restart: datetime | None) -> bool:
    """Whether a deleted entry still holds a seat."""
    return entry.deleted_at is not None and classify(entry).seat and holds_until_restart(entry.deleted_at, last_restart)


def evaluate(inventory: Inventory) -> SeatReport:
    """The license report of an inventory, over all domains and per domain."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    total = Tally()
    for entry in inventory.entries:
        tallies[fold(entry.domain)].add(entry, inventory.last_restart)
        total.add(entry, inventory.last_restart)
    return _report(inventory.license, inventory.domains, tallies, total)


Share = tuple[str, str, str, bool, bool]
"""What the share of a live entry depends on: domain, kind, origin, whether it is enabled and has a mailbox."""


def share_of(entry: Entry) -> Share:
    """Two live entries of the same share add the same to every figure: so many can be counted as one, many times."""
    address = entry.address
    return address[address.rfind("@") :], entry.kind, entry.origin, entry.enabled, entry.mailbox


class SeatLedger:
    """The same report, kept up to date from changes alone.

    A change costs the same whatever the number of accounts; a restart costs as much as there are deleted ones.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._license = inventory.license
        self._last_restart = inventory.last_restart
        self._known: SeatReport | None = None
        """The report, until the next change."""
        self._domains: dict[str, list[Domain]] = {}
        """By folded name. Of one name there is one, but for a moment in which names change hands."""
        for domain in inventory.domains:
            self.change_domain(None, domain)
        self._tallies: dict[str, Tally] = defaultdict(Tally)
        self._total = Tally()
        self._deleted: dict[int, Entry] = {}
        self.change_entries((None, entry) for entry in inventory.entries)

    def change_entry(self, before: Entry | None, after: Entry | None) -> None:
        """An entry came (`before` is None), went (`after` is None) or changed."""
        if before is not None:
            self._count(before, -1)
            self._deleted.pop(before.id, None)
        if after is not None:
            self._add(after)

    def change_entries(self, changes: Iterable[tuple[Entry | None, Entry | None]]) -> None:
        """The same for many, as they were and are: what is alike is counted once, many times."""
        alike: dict[Share, int] = defaultdict(int)
        some: dict[Share, Entry] = {}
        for before, after in changes:
            was, is_now = before or after, after or before
            if was is None or is_now is None:
                continue
            if was.deleted_at is not None or is_now.deleted_at is not None:
                self.change_entry(before, after)
                continue
            if before is not None:
                share = share_of(before)
                alike[share] -= 1
                some[share] = before
            if after is not None:
                share = share_of(after)
                alike[share] += 1
                some[share] = after
        for share, times in alike.items():
            self._count(some[share], times)

    def change_domain(self, before: Domain | None, after: Domain | None) -> None:
        """A domain came, went or changed. Changes that belong together may be told in any order."""
        self._known = None
        if before is not None:
            named = self._domains[fold(before.name)]
            named.remove(before)
            if not named:
                del self._domains[fold(before.name)]
        if after is not None:
            self._domains.setdefault(fold(after.name), []).append(after)

    def change_license(self, after: License) -> None:
        """The license is another now."""
        self._known = None
        self._license = after

    def change_restart(self, after: datetime | None) -> None:
        """Another restart is the last recorded one: held seats come free, or are held again."""
        self._known = None
        for entry in self._deleted.values():
            self._count(entry, -1)
        self._last_restart = after
        for entry in self._deleted.values():
            self._count(entry)

    @property
    def used(self) -> int:
        """Seats used: the one figure of the report that is asked for at every change."""
        return self._total.counted + self._total.held

    def held(self) -> list[Entry]:
        """The deleted entries that hold a seat."""
        return [entry for entry in self._deleted.values() if is_held(entry, self._last_restart)]

    def report(self) -> SeatReport:
        """The report as of the last change."""
        if self._known is None:
            self._known = self._report()
        return self._known

    def _report(self) -> SeatReport:
        return _report(self._license, self._all_domains(), self._tallies, self._total)

    def if_changed(self, changes: Iterable[tuple[Entry | None, Entry, int]]) -> SeatReport:
        """The report if entries were otherwise; nothing is changed.

        Args:
            changes: an entry as it is (None if it is not there), as it would be, and how many of the same share there
                are.
        """
        changes, known = list(changes), self._known
        self._exchange(changes)
        planned = self._report()
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
        """The report if the license were this one; nothing is changed."""
        return _report(license_, self._all_domains(), self._tallies, self._total)

    def report_around(self, domain: str) -> SeatReport:
        """The report with no other domain than this one in it: what a guard needs, whatever the number of domains."""
        return _report(self._license, self._domains.get(fold(domain), ()), self._tallies, self._total)

    def _all_domains(self) -> Iterator[Domain]:
        return chain.from_iterable(self._domains.values())

    def _add(self, entry: Entry) -> None:
        self._count(entry)
        if entry.deleted_at is not None:
            self._deleted[entry.id] = entry

    def _count(self, entry: Entry, times: int = 1) -> None:
        self._known = None
        self._tallies[fold(entry.domain)].add(entry, self._last_restart, times)
        self._total.add(entry, self._last_restart, times)


def _report(license_: License, domains: Iterable[Domain], tallies: dict[str, Tally], total: Tally) -> SeatReport:
    limit = license_.seats
    used = total.counted + total.held
    free = None if limit is None else max(limit - used, 0)
    over = 0 if limit is None else max(used - limit, 0)
    latent = total.counted - total.connected
    locked_out = latent if limit is not None and total.connected >= limit else 0
    state = _state(limit, free, over)
    of_domains = tuple(
        _domain_report(domain, tallies.get(fold(domain.name), Tally()), free)
        for domain in sorted(domains, key=attrgetter("name"))
    )
    return SeatReport(
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
        locked_out=locked_out,
        state=state,
        domains=of_domains,
        warnings=_warnings(state, limit, free, total.held, locked_out, of_domains),
    )


def _domain_report(domain: Domain, tally: Tally, license_free: int | None) -> DomainReport:
    free = license_free
    if domain.user_limit is not None:
        own = max(domain.user_limit - tally.counted - tally.held, 0)
        free = own if license_free is None else min(own, license_free)
    return DomainReport(
        name=domain.name,
        created=tally.created,
        counted=tally.counted,
        held=tally.held,
        disabled=tally.disabled,
        connected=tally.connected,
        limit=domain.user_limit,
        free=free,
    )


def _state(limit: int | None, free: int | None, over: int) -> State:
    if limit is None or free is None:
        return "unlimited"
    if over:
        return "exceeded"
    if free == 0:
        return "full"
    return "low" if _is_low(limit, free) else "ok"


def _is_low(limit: int, free: int) -> bool:
    for largest, seats in LOW_SEATS:
        if limit <= largest:
            return free <= seats
    percent = next((percent for largest, percent in LOW_PERCENT if limit <= largest), LOW_PERCENT_BEYOND)
    return free * 100 <= limit * percent


def _warnings(
    state: State,
    limit: int | None,
    free: int | None,
    held: int,
    locked_out: int,
    domains: tuple[DomainReport, ...],
) -> tuple[Warn, ...]:
    warnings: list[Warn] = []
    if state == "exceeded":
        warnings.append(Warn("exceeded", EXCEEDED_TEXT))
    elif state == "full":
        warnings.append(Warn("full", f"All {limit} seats are used: no account can be created or enabled"))
    elif state == "low":
        warnings.append(Warn("low", f"Only {free} of {limit} seats {_are(free or 0)} free"))
    if locked_out:
        warnings.append(
            Warn(
                "users-locked-out",
                f"{locked_out} {_accounts(locked_out)} without a mailbox would be refused at login",
            )
        )
    if held:
        warnings.append(
            Warn(
                "restart-recommended",
                f"{held} {'seat' if held == 1 else 'seats'} of deleted accounts {_are(held)} held until the server"
                " is restarted",
            )
        )
    warnings += [
        Warn("domain-at-limit", f"Domain {domain.name} is at its own limit of {domain.limit} accounts")
        for domain in domains
        if domain.at_limit
    ]
    return tuple(warnings)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _accounts(number: int) -> str:
    return "account" if number == 1 else "accounts"
