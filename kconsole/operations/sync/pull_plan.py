"""What the server says, sorted into what it means for a store.

The server is right in what it says. What it does not say (a last login that another log brought, where an account was
imported from) stays, and so does what was never on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from msgspec.structs import replace

from kconsole.core.license import Component, License, component_named
from kconsole.core.records import Entry, Kind, LastLogin, fold
from kconsole.licensing.components import is_active_sync
from kconsole.operations.base import revived
from kconsole.providers.kerio.records import Administrator, Expiration, LicenseStatus, ServerUser
from kconsole.providers.kerio.snapshot import DomainContents, ServerSnapshot
from kconsole.store.records import Records


@dataclass
class SyncPlan:
    """What the server says of accounts, and of what else has an address, sorted into what it means for a store.

    The store has its domains by the names of now already, and the entries in them.
    """

    state: Records
    snapshot: ServerSnapshot
    now: datetime
    touched: frozenset[int] = frozenset()
    """The numbers of entries that somebody changed while the server was read, or is asking the server to change: what
    was read of them may be older."""
    awaited: frozenset[str] = frozenset()
    """The folded addresses of accounts that the server is being asked to add: who does that takes them in."""
    gone_domains: frozenset[str] = frozenset()
    """The folded names of domains that are not on the server any more."""
    left: frozenset[int] = frozenset()
    """The numbers of entries of domains that are not there any more, and whose names others have now."""
    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Entry]] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)
    """Entries that are not on the server: they were read from it once, or have an address that is another's there."""
    doubled: list[Entry] = field(default_factory=list)
    """What has an address that something else on the server has too: the first one is taken."""
    _seen: set[int] = field(default_factory=set)
    _by_id: dict[str, Entry] = field(default_factory=dict)
    _addresses: set[str] = field(default_factory=set)
    """The addresses that the server has, folded."""
    _ids: set[str] = field(default_factory=set)
    """The ids that the server has; what has none is not among them."""

    def __post_init__(self) -> None:
        self._by_id = {
            entry.server_id: entry
            for entry in self.state.entries.values()
            if entry.server_id and entry.deleted_at is None
        }
        touched = [
            entry for number in self.touched - self.left if (entry := self.state.entries.get(number)) is not None
        ]
        newer = {entry.server_id for entry in touched} - {""}
        went = {fold(entry.address) for entry in touched if entry.deleted_at is not None} | self.awaited
        entries = [
            entry
            for contents in self.snapshot.domains
            for entry in _entries_of(contents)
            if entry.server_id not in newer and not (went and fold(entry.address) in went)
        ]
        kept = {fold(entry.address) for entry in touched if entry.server_id and entry.deleted_at is None}
        entries = self._without_waiting(entries, kept)
        self._ids = {entry.server_id for entry in entries} - {""}
        for said in entries:
            self._sort(said)
        if self.snapshot.administrator is not None:
            self._sort_administrator(self.snapshot.administrator)
        self._sort_rest()

    @property
    def license(self) -> License:
        """The license as the server tells it."""
        known, told = self.state.license, self.snapshot.license
        return known if told is None else _licensed(known, told, self.snapshot.extensions, self.now)

    def _without_waiting(self, entries: list[Entry], kept: set[str]) -> list[Entry]:
        """What the server has, without what has to wait for the next reading: its address is still another's here.

        Args:
            entries: what the server has.
            kept: the folded addresses of entries that stay as they are.
        """
        while kept:
            waiting = [said for said in entries if fold(said.address) in kept]
            entries = [said for said in entries if fold(said.address) not in kept]
            stay = [known for said in waiting if (known := self._by_id.get(said.server_id)) is not None]
            self._seen.update(known.id for known in stay)
            kept = {fold(known.address) for known in stay}
        return entries

    def _sort(self, said: Entry) -> None:
        """Sort an entry that the server has."""
        address = fold(said.address)
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
            self.new.append(revived(said, self.state))
            return
        self._seen.add(known.id)
        after = _updated(known, said)
        if after is not known:
            self.changed.append((known, after))

    def _holder_of(self, address: str) -> Entry | None:
        """The entry that has an address here, unless it is somebody whom the server knows by another id."""
        holder = self.state.entry_at(address)
        if holder is None or holder.server_id in self._ids or holder.id in self.left:
            return None
        return holder

    def _sort_administrator(self, said: Administrator) -> None:
        known = next(
            (
                entry
                for entry in self.state.entries.values()
                if entry.kind == "builtin_admin" and entry.deleted_at is None
            ),
            None,
        )
        if known is None:
            self.new.append(Entry(address=said.login, kind="builtin_admin", enabled=said.enabled, role="full_admin"))
            return
        after = replace(known, address=said.login, enabled=said.enabled)
        if after != known:
            self.changed.append((known, after))

    def _sort_rest(self) -> None:
        """See who is not on the server, as far as what he would be among was read."""
        read = {(fold(contents.domain.name), kind) for contents in self.snapshot.domains for kind in _kinds(contents)}
        read |= {(name, kind) for name in self.gone_domains for kind in _ALL_KINDS}
        for entry in self.state.entries.values():
            if entry.deleted_at is not None or entry.id in self._seen or entry.kind == "builtin_admin":
                continue
            was_there = bool(entry.server_id) and entry.id not in self.touched
            is_missed = was_there and (fold(entry.domain), entry.kind) in read
            if is_missed or entry.id in self.left or self._is_replaced(entry):
                self.gone.append(entry)

    def _is_replaced(self, entry: Entry) -> bool:
        """Whether the address of an entry that the server does not have is another one's: of one address there is one.

        What was never on the server yields to whatever has its address, since its domain may have got a new name.
        """
        if fold(entry.address) in self._addresses:
            return True
        holder = None if entry.server_id else self.state.entry_at(entry.address)
        return holder is not None and holder.id != entry.id


_ALL_KINDS: Final[tuple[Kind, ...]] = ("user", "mailing_list", "resource", "alias")


def _kinds(contents: DomainContents) -> Iterator[Kind]:
    """The kinds of entries of which all were read."""
    if contents.users is not None:
        yield "user"
    if contents.mailing_lists is not None:
        yield "mailing_list"
    if contents.resources is not None:
        yield "resource"
    if contents.aliases is not None:
        yield "alias"


def _entries_of(contents: DomainContents) -> Iterator[Entry]:
    """What a domain has, as entries; accounts first, since they win over aliases."""
    at = f"@{contents.domain.name}"
    for user in contents.users or ():
        yield account_of(user, at)
    for mailing_list in contents.mailing_lists or ():
        yield Entry(
            address=mailing_list.name + at,
            kind="mailing_list",
            description=mailing_list.description,
            server_id=mailing_list.id,
        )
    for resource in contents.resources or ():
        yield Entry(
            address=resource.address if "@" in resource.address else resource.name + at,
            kind="resource",
            enabled=resource.enabled,
            full_name=resource.name,
            description=resource.description,
            server_id=resource.id,
        )
    aliases: dict[str, Entry] = {}
    for alias in contents.aliases or ():
        first = aliases.setdefault(
            fold(alias.name),
            Entry(address=alias.name + at, kind="alias", description=alias.description, server_id=alias.id),
        )
        if alias.delivers_to and alias.delivers_to not in first.delivers_to:
            aliases[fold(alias.name)] = replace(first, delivers_to=(*first.delivers_to, alias.delivers_to))
    yield from aliases.values()


def account_of(user: ServerUser, at: str) -> Entry:
    """A user of the server as an entry; `at` is the sign and the domain."""
    login = None if user.last_login is None else LastLogin(user.last_login, user.protocol)
    return Entry(
        address=user.login + at,
        origin="directory" if user.mapped else "local",
        enabled=user.enabled,
        role=user.role,
        full_name=user.full_name,
        description=user.description,
        mailbox=login is not None or user.last_login_odd or bool(user.size) or bool(user.items),
        last_login=login,
        server_id=user.id,
        active_sync=is_active_sync(user.protocol),
    )


_TOLD: Final = ("address", "kind", "enabled", "full_name", "description", "delivers_to", "server_id")
"""What the server tells of every entry."""


def _updated(known: Entry, said: Entry) -> Entry:
    """An entry as the server says it is; the very same one if nothing is new.

    A later login that is known from elsewhere stays.
    """
    after = {name: getattr(said, name) for name in _TOLD}
    if said.kind == "user":
        after["role"] = said.role
        if said.origin == "directory" or known.origin == "directory":
            after["origin"] = said.origin
        after["mailbox"] = known.mailbox or said.mailbox
        after["active_sync"] = known.active_sync or said.active_sync
        login = said.last_login
        if login is not None and (known.last_login is None or login.at > known.last_login.at):
            after["last_login"] = login
    changes = {name: value for name, value in after.items() if getattr(known, name) != value}
    return replace(known, **changes) if changes else known


def _licensed(known: License, told: LicenseStatus, extensions: tuple[str, ...] | None, now: datetime) -> License:
    """The license as the server tells it; what it does not tell stays.

    One that a server goes by is registered and activated there, so it counts as both from when that was first read.
    """
    after = replace(known, seats=told.users, id_end=told.id_end or known.id_end)
    if extensions is not None:
        names = [name for name in dict.fromkeys(map(component_named, extensions)) if name is not None]
        after = replace(after, components=tuple(known.component(name) or Component(name=name) for name in names))
    if told.registration in ("trial", "trial_expired"):
        return replace(after, trial_until=_end(known.trial_until, told.license))
    after = replace(
        after,
        expires=_end(known.expires, told.license),
        maintenance_until=_end(known.maintenance_until, told.maintenance),
    )
    if told.registration != "product":
        return after
    return replace(
        after, registered_at=known.registered_at or now, activated_at=known.activated_at or now, trial_until=None
    )


def _end(known: date | None, told: Expiration | None) -> date | None:
    """The last day of something: the one that is known where the server tells none, None where it has no end."""
    if told is None or told.unlimited:
        return known if told is None else None
    return told.date or known
