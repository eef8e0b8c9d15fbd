"""Compares what was read from the server with a store.

The server is right in what it states. What it does not state stays (a last login from another log, the origin of an
account), and so does what was never on it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.license import Component, License
from kconsole.core.records import Entry, Kind
from kconsole.core.times import SKEW
from kconsole.licensing.components import is_active_sync
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.base import revived
from kconsole.providers.base import End, LicenseState, ServerState
from kconsole.store.records import Records


@dataclass
class SyncPlan:
    """What the server's accounts and other addresses mean for a store, whose domains have their new names already."""

    state: Records
    server: ServerState
    now: datetime
    policy: LicensePolicy
    touched: frozenset[int] = frozenset()
    """The numbers of entries that were changed while the server was read, or are being changed on it: what was read of
    them may be older."""
    awaited: frozenset[str] = frozenset()
    """The folded addresses of accounts that are being added to the server: whoever adds one takes it in."""
    gone_domains: frozenset[str] = frozenset()
    """The folded names of domains that are no longer on the server."""
    left: frozenset[int] = frozenset()
    """The numbers of entries of domains that are no longer there, and whose names other domains have now."""
    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Entry]] = field(default_factory=list)
    replaced: set[int] = field(default_factory=set)
    """The numbers of changed entries that are another one on the server now, under the same address."""
    gone: list[Entry] = field(default_factory=list)
    """Entries that are not on the server: they were read from it once, or another entry has their address there."""
    doubled: list[Entry] = field(default_factory=list)
    """Entries whose address another entry on the server has too: the first one is taken."""

    def __post_init__(self) -> None:
        self.odd_logins = self.server.odd_logins
        """Last logins with an impossible date, or in the future; they count as unknown."""
        self.users = self.stated_logins = 0
        """How many accounts were read, and how many of them with a last login."""
        self._seen: set[int] = set()
        self._addresses: set[str] = set()
        """The addresses that the server has, folded."""
        self._live = self.state.live_entries()
        self._by_id = {entry.server_id: entry for entry in self._live if entry.server_id}
        touched = [self.state.entries[number] for number in self.touched - self.left if number in self.state.entries]
        newer = {entry.server_id for entry in touched} - {""}
        went = {canonical_address(entry.address) for entry in touched if entry.deleted_at is not None} | self.awaited
        stated = [self._stated(entry) for domain in self.server.domains for entry in domain.entries]
        self.users = sum(entry.kind == "user" for entry in stated)
        self.stated_logins = sum(entry.last_login is not None for entry in stated)
        entries = [
            entry
            for entry in stated
            if entry.server_id not in newer and not (went and canonical_address(entry.address) in went)
        ]
        kept = {canonical_address(entry.address) for entry in touched if entry.server_id and entry.deleted_at is None}
        entries = self._without_waiting(entries, kept)
        self._ids = {entry.server_id for entry in entries} - {""}
        for said in entries:
            self._sort(said)
        if self.server.administrator is not None:
            self._sort_administrator(self.server.administrator)
        self._sort_rest()

    @property
    def license(self) -> License:
        """The license after the sync."""
        known, read = self.state.license, self.server.license
        return known if read is None else _licensed(known, read, self.now)

    def _without_waiting(self, entries: list[Entry], kept: set[str]) -> list[Entry]:
        """The server's entries without those that wait for the next sync: the store has their address for another one.

        `kept` are the folded addresses of entries that stay as they are.
        """
        while kept:
            waiting = [said for said in entries if canonical_address(said.address) in kept]
            entries = [said for said in entries if canonical_address(said.address) not in kept]
            stay = [known for said in waiting if (known := self._by_id.get(said.server_id)) is not None]
            self._seen.update(known.id for known in stay)
            kept = {canonical_address(known.address) for known in stay}
        return entries

    def _sort(self, said: Entry) -> None:
        address = canonical_address(said.address)
        if address in self._addresses:
            self.doubled.append(said)
            return
        self._addresses.add(address)
        known = self._by_id.get(said.server_id)
        if known is None and not self.state.has_had(address):
            self.new.append(said)
            return
        known = known or self._holder_of(said.address)
        if known is None:
            self.new.append(revived(said, self.state, self.policy))
            return
        self._seen.add(known.id)
        if known.server_id not in ("", said.server_id):  # another person's, who has no more in common than the address
            self.replaced.add(known.id)
            self.changed.append((known, replace(said, id=known.id)))
            return
        silent = self.server.silent.get(said.server_id, frozenset())
        after = _updated(known, said, self.now, silent, self.stated_logins > 0)
        if after is not known:
            self.changed.append((known, after))

    def _stated(self, said: Entry) -> Entry:
        """An entry of the server; a login in the future counts as unknown, because it would stay the last one."""
        if said.last_login is not None and said.last_login.at > self.now + SKEW:
            self.odd_logins += 1
            said = replace(said, last_login=None, login_unknown=True)
        return with_active_sync(said)

    def _holder_of(self, address: str) -> Entry | None:
        """The store's entry with an address, unless the server has that entry under another id."""
        holder = self.state.entry_at(address)
        if holder is None or holder.server_id in self._ids or holder.id in self.left:
            return None
        return holder

    def _sort_administrator(self, said: Entry) -> None:
        known = next((entry for entry in self._live if entry.kind == "builtin_admin"), None)
        if known is None:
            self.new.append(said)
            return
        after = replace(known, address=said.address, enabled=said.enabled)
        if after != known:
            self.changed.append((known, after))

    def _sort_rest(self) -> None:
        """Find the entries that are not on the server, among the kinds of which all were read."""
        read = {(canonical_domain(each.domain.name), kind) for each in self.server.domains for kind in each.complete}
        read |= {(name, kind) for name in self.gone_domains for kind in _ALL_KINDS}
        for entry in self._live:
            if entry.id in self._seen or entry.kind == "builtin_admin":
                continue
            was_there = bool(entry.server_id) and entry.id not in self.touched
            is_missed = was_there and (canonical_domain(entry.domain), entry.kind) in read
            if is_missed or entry.id in self.left or self._is_replaced(entry):
                self.gone.append(entry)

    def _is_replaced(self, entry: Entry) -> bool:
        """Whether another entry has the address of an entry that the server does not have.

        What was never on the server yields to the entry that has its address, because its domain may have been renamed.
        """
        if canonical_address(entry.address) in self._addresses:
            return True
        holder = None if entry.server_id else self.state.entry_at(entry.address)
        return holder is not None and holder.id != entry.id


_ALL_KINDS: Final[tuple[Kind, ...]] = ("user", "mailing_list", "resource", "alias")


def with_active_sync(entry: Entry) -> Entry:
    """The same entry, marked as a user of Exchange ActiveSync if its last login says so."""
    login = entry.last_login
    return replace(entry, active_sync=True) if login is not None and _is_active_sync(login.protocol) else entry


_is_active_sync = lru_cache(64)(is_active_sync)

_STATED: Final = ("address", "kind", "enabled", "full_name", "description", "delivers_to", "moderators", "server_id")
"""The fields that the server states of every entry."""


def _updated(known: Entry, said: Entry, now: datetime, silent: frozenset[str], states_logins: bool) -> Entry:
    """An entry as the server states it; the same object if nothing is new. A later login from another source stays.

    So does what is known of the `silent` fields, which the server does not state. A server that states logins, and not
    this one, says that there may have been a later one.
    """
    after = {name: getattr(said, name) for name in _STATED}
    if said.kind == "user":
        after["role"] = said.role
        is_away = known.origin == "other_server" and "home" in silent  # known, and not refuted
        if not is_away and (said.origin != "local" or known.origin in ("directory", "other_server")):
            after["origin"] = said.origin
        after["mailbox"] = known.mailbox or said.mailbox
        after["active_sync"] = known.active_sync or said.active_sync
        login = said.last_login
        if login is not None and (known.last_login is None or not login.at <= known.last_login.at <= now + SKEW):
            after["last_login"] = login
        after["login_unknown"] = said.login_unknown and (
            states_logins or after.get("last_login", known.last_login) is None
        )
    changes = {name: value for name, value in after.items() if name not in silent and getattr(known, name) != value}
    return replace(known, **changes) if changes else known


def _licensed(known: License, read: LicenseState, now: datetime) -> License:
    """The license as the server states it; what it does not state stays.

    A license that a server goes by is registered and activated there, so it counts as both from the first reading on.
    """
    seats = known.seats if read.seats_unknown else read.seats
    after = replace(known, seats=seats, id_end=read.id_end or known.id_end)
    if read.components is not None:
        components = tuple(known.component(name) or Component(name=name) for name in read.components)
        after = replace(after, components=components)
    if read.kind == "trial":
        return replace(after, trial_until=_end(known.trial_until, read.expires))
    maintenance = _end(known.maintenance_until, read.maintenance_until)
    after = replace(after, expires=_end(known.expires, read.expires), maintenance_until=maintenance)
    if read.kind != "registered":
        return after
    registered, activated = known.registered_at or now, known.activated_at or now
    return replace(after, registered_at=registered, activated_at=activated, trial_until=None)


def _end(known: date | None, read: End) -> date | None:
    if read == "never":
        return None
    return known if read is None else read
