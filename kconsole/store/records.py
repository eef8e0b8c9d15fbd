"""The records of a store in memory, and what finds them."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from kconsole.core.decisions import Keep, Mark, Offboarding, Policy, Protection, Reservation
from kconsole.core.encoding import NONSENSE
from kconsole.core.errors import NotFound
from kconsole.core.history import Change
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Restart
from kconsole.core.server import PendingChange, Server
from kconsole.store.engine import DamagedSnapshot, nonsense
from kconsole.store.state_sum import number_of, reduced, sum_of
from kconsole.store.tables import TABLES, decoded_tables

Progress = Callable[[int, int], None]
"""Called with the number of entries that were read, and the total. What it raises ends the reading."""

_OfAccount = TypeVar("_OfAccount", Keep, Mark, Offboarding)

_STEP: Final = 8192
"""Entries that are looked at in one step: a few milliseconds."""


class Records:
    """All records of a store. Addresses and domain names are found without regard to case."""

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        self.tables: dict[str, dict[int, Any]] = {table: {} for table in TABLES}
        self.entries: Mapping[int, Entry] = self.tables["entries"]
        self.domains: Mapping[int, Domain] = self.tables["domains"]
        self.policies: Mapping[int, Policy] = self.tables["policies"]
        self.keeps: Mapping[int, Keep] = self.tables["keeps"]  # by the number of the account
        self.protections: Mapping[int, Protection] = self.tables["protections"]
        self.reservations: Mapping[int, Reservation] = self.tables["reservations"]
        self.marks: Mapping[int, Mark] = self.tables["marks"]  # by the number of the account, too
        self.offboardings: Mapping[int, Offboarding] = self.tables["offboardings"]  # and these
        self._addresses: _Addresses | None = None
        """Which entry has or had which address; made when it is first asked for, since much never asks."""
        self._changes = 0
        """How many have been taken."""
        self._sum: int | None = None
        """See `state_sum`; it lags behind by the records in `_unsummed`. None until it is first asked for."""
        self._unsummed: dict[tuple[str, int], Any] = {}
        """The records that were changed since, as they were then."""
        for change in changes:
            self.take(change)

    @property
    def license(self) -> License:
        license_: License = self.tables["license"].get(1, License())
        return license_

    @property
    def restart(self) -> Restart | None:
        return self.tables["server"].get(1)

    @property
    def last_restart(self) -> datetime | None:
        return None if self.restart is None else self.restart.at

    @property
    def server(self) -> Server | None:
        return self.tables["connection"].get(1)

    @property
    def pending_changes(self) -> dict[int, PendingChange]:
        """What the server was asked for and has not confirmed, by number."""
        return dict(self.tables["intents"])

    @property
    def primary_domain(self) -> str:
        """The name of the primary domain; empty if there is none."""
        return next((domain.name for domain in self.domains.values() if domain.primary), "")

    @property
    def inventory(self) -> Inventory:
        return Inventory(
            license=self.license,
            last_restart=self.last_restart,
            restart_line=self.restart.line if self.restart else 0,
            server=self.server,
            domains=tuple(self.domains.values()),
            policies=tuple(self.policies.values()),
            keeps=tuple(self._addressed(self.keeps)),
            protections=tuple(self.protections.values()),
            reservations=tuple(self.reservations.values()),
            marks=tuple(self._addressed(self.marks)),
            offboardings=tuple(self._addressed(self.offboardings)),
            entries=tuple(self.entries.values()),
        )

    def _addressed(self, records: Mapping[int, _OfAccount]) -> Iterator[_OfAccount]:
        """The records with the addresses of their accounts."""
        for each in records.values():
            if (entry := self.entries.get(each.entry)) is not None:
                if isinstance(each, Offboarding):
                    to, alias_to = self.successors(each)
                    each = replace(each, to=to, alias_to=alias_to, to_entry=0, alias_entry=0)
                yield replace(each, entry=0, address=entry.address)

    def successors(self, offboarding: Offboarding) -> tuple[str, str]:
        """The present addresses of who takes over the mailbox of an account that leaves, and the mail to it."""
        to, alias_to = self.live_entry(offboarding.to_entry), self.live_entry(offboarding.alias_entry)
        return to.address if to else offboarding.to, alias_to.address if alias_to else offboarding.alias_to

    def live_entries(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.deleted_at is None]

    def live_entry(self, number: int) -> Entry | None:
        """The entry with this number; None if there is none or it has been deleted."""
        entry = self.entries.get(number)
        return None if entry is None or entry.deleted_at is not None else entry

    def find(self, address: str) -> Entry:
        """The entry that has this address, or the last deleted one that had it.

        Raises:
            NotFound: the store never had it.
        """
        entry = self.entry_at(address) or next(iter(self.deleted_at(address)), None)
        if entry is None:
            raise NotFound("address-not-in-store", "look-it-up", address=address)
        return entry

    def entry_at(self, address: str) -> Entry | None:
        addresses, key = self._by_address(), canonical_address(address)
        for number in addresses.doubles.get(key, ()):  # of an old store, where they were two: each by its own spelling
            if self.entries[number].address == address:
                return self.entries[number]
        found = addresses.live.get(key)
        return None if found is None else self.entries[found]

    def deleted_at(self, address: str) -> list[Entry]:
        """The deleted entries that had this address, the last deleted first."""
        numbers = self._by_address().deleted.get(canonical_address(address))
        if not numbers:
            return []
        deleted = [self.entries[number] for number in sorted(numbers)]
        return sorted(deleted, key=attrgetter("deleted_at"), reverse=True)

    def has_had(self, key: str) -> bool:
        """Whether anything has this canonical address, or had it."""
        addresses = self._by_address()
        return key in addresses.live or key in addresses.deleted

    def _by_address(self) -> "_Addresses":
        if self._addresses is None:
            self._addresses = _Addresses()
            for number, entry in self.entries.items():
                self._addresses.add(number, entry)
        return self._addresses

    def indexing(self) -> Generator[float, None, None]:
        """Make what finds an entry by its address, in steps; after each, how far it has come, from 0 to 1."""
        while self._addresses is None:
            made, changes, numbers = _Addresses(), self._changes, list(self.entries)
            for begin in range(0, len(numbers), _STEP):
                for number in numbers[begin : begin + _STEP]:
                    made.add(number, self.entries[number])
                yield begin / len(numbers)
                if self._changes != changes:
                    break
            else:
                self._addresses = made

    def domain_named(self, name: str) -> Domain | None:
        return self.domains.get(self.domain_number(name))

    def domain_number(self, name: str) -> int:
        """The number of the domain with this name; 0 if there is none."""
        key = canonical_domain(name)
        return next((number for number, domain in self.domains.items() if canonical_domain(domain.name) == key), 0)

    def take(self, change: Change) -> None:
        records = self.tables[change.table]
        self._changes += 1
        if self._sum is not None:
            self._unsummed.setdefault((change.table, change.number), records.get(change.number))
        if change.table == "entries" and self._addresses is not None:
            self._addresses.follow(change.number, change.before, change.after)
        if change.after is None:
            records.pop(change.number, None)
        else:
            records[change.number] = change.after

    def clear(self) -> None:
        for records in self.tables.values():
            records.clear()
        self._addresses = self._sum = None
        self._unsummed.clear()

    def sum(self) -> int:
        """The sum over all records, from which `state_sum` makes their hash."""
        if self._sum is None:
            self._sum = sum_of(self.tables)
        more = 0
        for (table, number), before in self._unsummed.items():
            after = self.tables[table].get(number)
            if after is not before:
                more += number_of(table, number, after) - number_of(table, number, before)
        self._unsummed.clear()
        self._sum = reduced(self._sum + more)
        return self._sum

    def take_sum(self, state_sum: int) -> None:
        """Take a sum that someone else has checked."""
        self._sum = state_sum

    def load(self, body: bytes, progress: Progress | None = None) -> None:
        """Take the tables of a snapshot; DamagedSnapshot if it holds none."""
        total = 0 if progress is None else body.count(b'":{"address":')
        sliced, pieces = True, decoded_tables(body)
        while True:
            try:
                piece = next(pieces, None)
            except NONSENSE as error:
                if not sliced:
                    raise DamagedSnapshot(nonsense(error)) from None
                self.clear()
                sliced, pieces = False, decoded_tables(body, sliced=False)  # perhaps another table stands last
                continue
            if piece is None:
                break
            table, records = piece
            self.tables[table].update(records)
            if progress is not None and table == "entries" and records:
                progress(len(self.entries), max(total, len(self.entries)))
        self._addresses = None

    def copy(self) -> "Records":
        copy = Records()
        for table, records in self.tables.items():
            copy.tables[table].update(records)
        return copy


class _Addresses:
    """The numbers of entries by address."""

    def __init__(self) -> None:
        self.live: dict[str, int] = {}
        self.deleted: dict[str, set[int]] = {}
        self.doubles: dict[str, set[int]] = {}
        """Live entries whose addresses are the same by today's rules, and were not when they were added."""

    def follow(self, number: int, before: Entry | None, after: Entry | None) -> None:
        if before is not None and after is not None:
            was_live, is_live = before.deleted_at is None, after.deleted_at is None
            if before.address == after.address and was_live == is_live:
                return
        if before is not None:
            self.remove(number, before)
        if after is not None:
            self.add(number, after)

    def add(self, number: int, entry: Entry) -> None:
        key = canonical_address(entry.address)
        if entry.deleted_at is not None:
            self.deleted.setdefault(key, set()).add(number)
            return
        if (other := self.live.setdefault(key, number)) != number:
            self.doubles.setdefault(key, {other}).add(number)

    def remove(self, number: int, entry: Entry) -> None:
        key = canonical_address(entry.address)
        self.deleted.get(key, set()).discard(number)
        others = self.doubles.get(key, set()) - {number}
        if self.live.get(key) == number:
            del self.live[key]
            self.live.update((key, other) for other in sorted(others)[:1])
        if len(others) > 1:
            self.doubles[key] = others
        elif others:
            del self.doubles[key]
