"""Reading the live server into the store: one transaction for all of it, with the parts named that were not read.

The server is right in what it says. What it does not say (a last login that another log brought, where an account was
imported from) stays, and so does what was never on it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from kconsole.licensing.components import is_active_sync
from kconsole.model.drafts import quick_entry, quick_login
from kconsole.model.errors import ChangedMeanwhile, NotFound, ReadOnly, Refused, StoreBusy
from kconsole.model.kerio import KerioServer
from kconsole.model.license import Component, License, component_named
from kconsole.model.records import Domain, Entry, Kind, fold
from kconsole.model.server import ASKED, DomainNumbers, Intent, Server, ServerNumbers, Target
from kconsole.operations.deeds import Done, Outcome, Work, revived, unique
from kconsole.sources.kerio_api.records import Administrator, LicenseStatus, ServerUser, UserCount
from kconsole.sources.kerio_api.snapshot import DomainContents, ServerSnapshot
from kconsole.sources.quoting import short
from kconsole.store.seatstore import SeatStore

if TYPE_CHECKING:
    from kconsole.operations.session import Session

UNLIMITED: Final = -2
"""How the server writes a license without limit."""


@dataclass
class SyncPlan:
    """What the server says, sorted into what it means for a store."""

    store: SeatStore
    snapshot: ServerSnapshot
    now: datetime
    touched: frozenset[int] = frozenset()
    """The numbers of entries that somebody changed while the server was read, or is asking the server to change: what
    was read of them may be older."""
    awaited: frozenset[str] = frozenset()
    """The folded addresses of accounts that the server is being asked to add: who does that takes them in."""
    new_domains: list[Domain] = field(default_factory=list)
    changed_domains: list[tuple[Domain, Domain]] = field(default_factory=list)
    gone_domains: list[Domain] = field(default_factory=list)
    """Domains that were read from the server once, and are not there any more."""
    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Entry]] = field(default_factory=list)
    same: int = 0
    gone: list[Entry] = field(default_factory=list)
    """Entries that were read from the server once, and are not there any more: they were deleted there."""
    only_here: list[Entry] = field(default_factory=list)
    """Entries of domains that were read, which the server does not have and never had."""
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
            entry.server_id: entry for entry in self.store.entries if entry.server_id and entry.deleted_at is None
        }
        self._sort_domains()
        touched = [entry for number in self.touched if (entry := self.store.entry(number)) is not None]
        newer = {entry.server_id for entry in touched} - {""}
        went = {fold(entry.address) for entry in touched if entry.deleted_at is not None} | self.awaited
        entries = [
            entry
            for contents in self.snapshot.domains
            for entry in _entries_of(contents)
            if entry.server_id not in newer and not (went and fold(entry.address) in went)
        ]
        self._ids = {entry.server_id for entry in entries} - {""}
        for said in entries:
            self._sort(said)
        if self.snapshot.administrator is not None:
            self._sort_administrator(self.snapshot.administrator)
        self._sort_rest()

    @property
    def license(self) -> License:
        """The license as the server tells it."""
        known, told = self.store.license, self.snapshot.license
        return known if told is None else _licensed(known, told, self.snapshot.extensions, self.now)

    def _sort_domains(self) -> None:
        by_id = {domain.server_id: domain for domain in self.store.domains if domain.server_id}
        here = set()
        for contents in self.snapshot.domains:
            said = contents.domain
            known = by_id.get(said.id) or self.store.domain_named(said.name)
            if known is None:
                self.new_domains.append(
                    Domain(
                        name=said.name,
                        primary=said.primary,
                        description=said.description,
                        user_limit=said.user_limit,
                        server_id=said.id,
                    )
                )
                continue
            here.add(known.name)
            after = replace(
                known,
                name=said.name,
                primary=said.primary,
                description=said.description,
                user_limit=said.user_limit,
                server_id=said.id,
            )
            if after != known:
                self.changed_domains.append((known, after))
        rest = [domain for domain in self.store.domains if domain.name not in here]
        if not self.snapshot.has_all_domains:
            return
        self.gone_domains = [domain for domain in rest if domain.server_id]
        if any(contents.domain.primary for contents in self.snapshot.domains):
            self.changed_domains += [(domain, replace(domain, primary=False)) for domain in rest if domain.primary]

    def _sort(self, said: Entry) -> None:
        """Sort an entry that the server has."""
        address = fold(said.address)
        if address in self._addresses:
            self.doubled.append(said)
            return
        self._addresses.add(address)
        known = self._by_id.get(said.server_id)
        if known is None and not self.store.has_had(said.address):
            self.new.append(said)
            return
        known = known or self._holder_of(said.address)
        if known is None:
            self.new.append(revived(said, self.store))
            return
        self._seen.add(known.id)
        after = _updated(known, said)
        if after is known:
            self.same += 1
        else:
            self.changed.append((known, after))

    def _holder_of(self, address: str) -> Entry | None:
        """The entry that has an address here, unless it is somebody whom the server knows by another id."""
        holder = self.store.entry_at(address)
        return None if holder is None or holder.server_id in self._ids else holder

    def _sort_administrator(self, said: Administrator) -> None:
        known = next(
            (entry for entry in self.store.entries if entry.kind == "builtin_admin" and entry.deleted_at is None), None
        )
        if known is None:
            self.new.append(Entry(address=said.login, kind="builtin_admin", enabled=said.enabled, role="full_admin"))
            return
        self._seen.add(known.id)
        after = replace(known, address=said.login, enabled=said.enabled)
        if after == known:
            self.same += 1
        else:
            self.changed.append((known, after))

    def _sort_rest(self) -> None:
        """See who is not on the server, as far as what he would be among was read."""
        read = {(fold(contents.domain.name), kind) for contents in self.snapshot.domains for kind in _kinds(contents)}
        gone = {(fold(domain.name), kind) for domain in self.gone_domains for kind in _ALL_KINDS}
        renamed = {fold(before.name): fold(after.name) for before, after in self.changed_domains}
        for entry in self.store.entries:
            if entry.deleted_at is not None or entry.id in self._seen or entry.kind == "builtin_admin":
                continue
            if entry.id in self.touched:
                continue
            domain = fold(entry.domain)
            if (renamed.get(domain, domain), entry.kind) not in read | gone:
                continue
            if entry.server_id:
                self.gone.append(entry)
            else:
                self.only_here.append(entry)


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
    login = None if user.last_login is None else quick_login(user.last_login, user.protocol)
    return quick_entry(
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
    expires = None if told.license is None or told.license.unlimited else told.license.date
    maintenance = None if told.maintenance is None or told.maintenance.unlimited else told.maintenance.date
    after = replace(known, seats=told.users, id_end=told.id_end or known.id_end)
    if extensions is not None:
        names = [name for name in dict.fromkeys(map(component_named, extensions)) if name is not None]
        after = replace(after, components=tuple(known.component(name) or Component(name=name) for name in names))
    if told.registration in ("trial", "trial_expired"):
        return replace(after, trial_until=expires or known.trial_until)
    after = replace(after, expires=expires, maintenance_until=maintenance or known.maintenance_until)
    if told.registration != "product":
        return after
    return replace(
        after, registered_at=known.registered_at or now, activated_at=known.activated_at or now, trial_until=None
    )


def _numbers(snapshot: ServerSnapshot) -> ServerNumbers:
    """What the server itself counts."""
    told, mailboxes, count = snapshot.license, snapshot.mailboxes, snapshot.user_count
    return ServerNumbers(
        licensed=None if told is None else (UNLIMITED if told.users is None else told.users),
        current=None if count is None else count.current,
        active=None if mailboxes is None else mailboxes.active,
        created=None if mailboxes is None else mailboxes.total,
        domains=tuple(
            DomainNumbers(
                name=contents.domain.name, current=contents.user_count.current, allowed=_allowed(contents.user_count)
            )
            for contents in snapshot.domains
            if contents.user_count is not None and contents.user_count.current is not None
        ),
    )


def _allowed(count: UserCount) -> int | None:
    return None if count.unlimited else count.allowed


@dataclass(frozen=True)
class AddServer:
    """Say which live server the store is kept in step with. No password is part of it."""

    name: ClassVar[str] = "add server"
    server: Server
    reason: str = ""

    def perform(self, work: Work) -> list[Outcome]:
        """Keep it.

        Raises:
            Refused: there is another one already.
        """
        known = work.store.server
        if known is not None and (known.name, known.access) == (self.server.name, self.server.access):
            return [Outcome(known.name, "unchanged", "is the server of this store already")]
        if known is not None and known.name != self.server.name:
            raise Refused(
                f"This store is kept in step with {known.name} already.",
                "A store mirrors one license, of one server. Remove that first, or use another store.",
            )
        work.set_server(self.server)
        loud = ". INSECURE: nobody checks which server that is" if self.server.access.insecure else ""
        return [Outcome(self.server.name, "done", f"is the server of this store{loud}")]


@dataclass(frozen=True)
class RemoveServer:
    """Keep the store in step with no server any more. What was read stays."""

    name: ClassVar[str] = "remove server"
    reason: str = ""
    forget_open: bool = False
    """Whether to give up what nobody knows of whether the server did it: for one that is gone for ever."""

    def perform(self, work: Work) -> list[Outcome]:
        """Forget it.

        Raises:
            Refused: something was asked of it, and nobody knows yet what came of that.
        """
        known = work.store.server
        if known is None:
            return [Outcome("", "unchanged", "there is no server")]
        intents = work.store.intents
        if intents and not self.forget_open:
            addresses = unique(target.address for intent in intents.values() for target in intent.targets)
            named = ", ".join(addresses[:3]) + (" and others" if len(addresses) > 3 else "")
            raise Refused(
                f"Something was asked of {known.name} for {named}, and it is not known yet what came of it.",
                "Run 'kconsole sync' first: it asks the server. If that is gone for ever, give it up by --forget-open.",
            )
        outcomes = []
        for number, intent in intents.items():
            work.remove_intent(number)
            text = f"is given up: whether it was {ASKED[intent.deed]} on {known.name} is not known"
            outcomes += [Outcome(target.address, "done", text) for target in intent.targets]
        work.set_server(None)
        text = "is not the server of this store any more; what was read stays"
        return [*outcomes, Outcome(known.name, "done", text)]


@dataclass(frozen=True)
class Sync:
    """Take in what was read from the server: all of it in one transaction."""

    name: ClassVar[str] = "sync"
    snapshot: ServerSnapshot
    begun: "Begun"
    """Which server was read, and how the store was when that began."""
    reason: str = ""

    def __repr__(self) -> str:
        return "Sync()"

    def perform(self, work: Work) -> list[Outcome]:
        """Take it in.

        Raises:
            NotFound: the store has no server.
            ChangedMeanwhile: it has another one than the one that was read.
        """
        server = work.store.server
        if server is None:
            raise no_server()
        _check_same(self.begun.access, server)
        at_work = [
            (intent, target)
            for number, intent in work.store.intents.items()
            if number not in self.begun.orphans
            for target in intent.targets
        ]
        names = {contents.domain.id: contents.domain.name for contents in self.snapshot.domains}
        plan = SyncPlan(
            work.store,
            self.snapshot,
            work.now,
            self.begun.touched().union(target.number for _, target in at_work),
            frozenset(
                fold(f"{target.address.rpartition('@')[0]}@{names.get(intent.domain_id, target.domain)}")
                for intent, target in at_work
                if intent.deed == "add"
            ),
        )
        for domain in plan.new_domains:
            work.put_domain(domain)
        for before, domain in plan.changed_domains:
            work.change_domain(before, domain)
        work.put_entries(_moved_along(plan, work))
        outcomes = [Outcome(entry.address, "done", "is on the server") for entry in work.put_entries(plan.new)]
        work.put_entries(after for _, after in plan.changed)
        outcomes += [Outcome(after.address, "done", "changed on the server") for _, after in plan.changed]
        asked = self._asked(plan, work)
        fates = {target.number: intent for intent in work.store.intents.values() for target in intent.targets}
        for entry in plan.gone:
            work.put_entry(gone(entry, fates.get(entry.id), work.now))
            outcomes.append(Outcome(entry.address, "done", "is gone from the server"))
        for number, intent in asked.items():
            work.remove_intent(number)
            outcomes += [_settled(intent, target, work) for target in intent.targets]
        if plan.license != work.store.license:
            work.set_license(plan.license)
        started = self.snapshot.started
        if started is not None and (work.store.last_restart is None or started > work.store.last_restart):
            work.set_last_restart(started)
        work.set_server(
            replace(
                server,
                synced_at=work.now,
                started_at=started,
                version=self.snapshot.version.version,
                role=self.snapshot.who.role,
                unread=tuple(str(each) for each in self.snapshot.unread),
                numbers=_numbers(self.snapshot),
            )
        )
        return outcomes

    def _asked(self, plan: SyncPlan, work: Work) -> dict[int, Intent]:
        """What the server was asked for and nobody heard of, of which the reading tells what became."""
        orphans = self.begun.orphans
        read = {fold(contents.domain.name) for contents in self.snapshot.domains if contents.users is not None}
        read |= {fold(domain.name) for domain in plan.gone_domains}
        whole = self.snapshot.has_all_domains and all(each.users is not None for each in self.snapshot.domains)

        def is_told_of(intent: Intent, target: Target) -> bool:
            entry = work.store.entry(target.number)  # its domain may have another name by now
            address = work.address_of(intent, target) if entry is None else entry.address
            return whole or fold(address.rpartition("@")[2]) in read

        return {
            number: intent
            for number, intent in work.store.intents.items()
            if number in orphans and all(is_told_of(intent, target) for target in intent.targets)
        }


@dataclass(frozen=True)
class Begun:
    """How a store was when a reading of its server began."""

    access: KerioServer
    """How the server is reached that is read."""
    touched: Callable[[], frozenset[int]] = frozenset
    """Tells the numbers of the entries that were changed since: what was read of them may be older."""
    orphans: frozenset[int] = frozenset()
    """The numbers of the intents that nobody was at work on: what the server says now is what came of them."""


def begin_reading(session: "Session", access: KerioServer | None = None) -> Begun:
    """Note how a session's store is, before its server is read.

    Args:
        session: with the store.
        access: the server that it shall be, where a password for it is at hand; None for whichever it has.

    Raises:
        NotFound: it has no server.
        ChangedMeanwhile: it has another one than it shall be.
    """
    orphans: Iterable[int] = ()
    try:
        with session.alone_at_server(patience=0):
            session.catch_up()
            orphans = session.intents
    except (StoreBusy, ReadOnly):
        session.catch_up()  # somebody is at work on what is open
    server = session.server
    if server is None:
        raise no_server()
    if access is not None:
        _check_same(access, server)
    sequence = session.sequence
    return Begun(server.access, lambda: session.touched_since(sequence), frozenset(orphans))


def _check_same(access: KerioServer, server: Server) -> None:
    """Go on only if a store follows the server that somebody means."""
    if server.access != access:
        raise ChangedMeanwhile(
            f"While {short(access.url)} was read as {short(access.user)}, somebody named another server for this"
            f" store: {short(server.name)} at {short(server.access.url)} as {short(server.access.user)}.",
            "Nothing was taken. Read that one.",
            (),
        )


def settled(done: Done) -> list[Outcome]:
    """What a reading told of what the server had been asked for, account by account."""
    return [outcome for outcome in done.outcomes if outcome.result == "unchanged"]


def _moved_along(plan: SyncPlan, work: Work) -> list[Entry]:
    """Entries that are not taken from the reading, in domains that it knows by another name."""
    renamed = {
        fold(before.name): after.name for before, after in plan.changed_domains if fold(before.name) != fold(after.name)
    }
    entries = [entry for number in plan.touched if renamed and (entry := work.store.entry(number)) is not None]
    moved = [
        replace(entry, address=f"{entry.login}@{renamed[fold(entry.domain)]}")
        for entry in entries
        if entry.deleted_at is None and fold(entry.domain) in renamed
    ]
    return [entry for entry in moved if work.store.entry_at(entry.address) is None]


def gone(entry: Entry, intent: Intent | None, now: datetime) -> Entry:
    """An entry that is not on the server any more; if that was asked of it, with what became of its mailbox."""
    after = replace(entry, deleted_at=now, server_id="")
    if intent is None or intent.deed != "delete" or not entry.is_account:
        return after
    return replace(after, mailbox_fate=intent.mailbox or "keep", transferred_to=intent.transfer_to)


def _settled(intent: Intent, target: Target, work: Work) -> Outcome:
    address = work.address_of(intent, target)
    entry = work.store.entry_at(address) if intent.deed == "add" else work.store.entry(target.number)
    is_there = entry is not None and entry.deleted_at is None
    if intent.deed in ("add", "delete"):
        done = is_there == (intent.deed == "add")
    else:
        done = is_there and entry is not None and entry.enabled == (intent.deed == "enable")
    return Outcome(target.address, "unchanged", f"was {'' if done else 'not '}{ASKED[intent.deed]} on the server")


def no_server() -> NotFound:
    """The error for what needs a server where there is none."""
    return NotFound(
        "This store is kept in step with no server.",
        "Name one with 'kconsole server add NAME --url https://... --user ...'.",
    )
