"""Reading the live server into the store: one transaction for all of it, with the parts named that were not read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import short
from kconsole.core.errors import ChangedMeanwhile, ReadOnly, StoreBusy
from kconsole.core.records import Entry, fold
from kconsole.core.server import (
    ASKED,
    UNLIMITED,
    DomainNumbers,
    PendingChange,
    Server,
    ServerAccess,
    ServerNumbers,
    Target,
)
from kconsole.operations.base import Done, OperationContext, Outcome, RunsOn, some_of
from kconsole.operations.sync.pull_domains import DomainPlan
from kconsole.operations.sync.pull_plan import SyncPlan
from kconsole.operations.sync.refusals import no_server
from kconsole.providers.kerio.records import DirectoryService, UserCount
from kconsole.providers.kerio.snapshot import THE_USERS, ServerSnapshot, Unread

if TYPE_CHECKING:
    from kconsole.operations.session import Session


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
class Sync:
    """Take in what was read from the server: all of it in one transaction."""

    name: ClassVar[str] = "sync"
    runs_on: ClassVar[RunsOn] = "store"
    undoable: ClassVar[bool] = False
    snapshot: ServerSnapshot
    begun: "SyncStart"
    """Which server was read, and how the store was when that began."""
    reason: str = ""

    def __repr__(self) -> str:
        return "Sync()"

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Take it in.

        Raises:
            NotFound: the store has no server.
            ChangedMeanwhile: it has another one than the one that was read.
            Refused: as `DomainPlan`.
        """
        server = work.state.server
        if server is None:
            raise no_server()
        _check_same(self.begun.access, server)
        at_work = [
            (pending, target)
            for number, pending in work.state.pending_changes.items()
            if number not in self.begun.orphans
            for target in pending.targets
        ]
        names = {contents.domain.id: contents.domain.name for contents in self.snapshot.domains}
        domains = DomainPlan(work.state, self.snapshot)
        left = _left(domains, work)
        moved = _take_domains(domains, work)
        plan = SyncPlan(
            work.state,
            self.snapshot,
            work.now,
            self.begun.touched().union(target.number for _, target in at_work),
            frozenset(
                fold(f"{target.address.rpartition('@')[0]}@{names.get(pending.domain_id, target.domain)}")
                for pending, target in at_work
                if pending.operation == "add"
            ),
            frozenset(fold(domain.name) for domain in domains.gone),
            left,
        )
        outcomes = [
            Outcome(entry.address, "done", "is on the server") for entry in work.transaction.put_entries(plan.new)
        ]
        work.transaction.put_entries(after for _, after in plan.changed)
        changed = {entry.id: entry for entry in moved if entry.deleted_at is None}
        changed |= {after.id: after for _, after in plan.changed}
        for entry in plan.gone:
            changed.pop(entry.id, None)
        outcomes += [Outcome(after.address, "done", "changed on the server") for after in changed.values()]
        asked = self._asked(domains, work)
        fates = {
            target.number: pending for pending in work.state.pending_changes.values() for target in pending.targets
        }
        for entry in plan.gone:
            work.transaction.put_entry(gone(entry, fates.get(entry.id), work.now))
            outcomes.append(Outcome(entry.address, "done", _GONE if entry.server_id else _YIELDS))
        for number, pending in asked.items():
            work.transaction.remove_pending(number)
            outcomes += [_settled(pending, target, work) for target in pending.targets]
        if plan.license != work.state.license:
            work.transaction.set_license(plan.license)
        started = self.snapshot.started
        if started is not None and (work.state.last_restart is None or started > work.state.last_restart):
            work.transaction.set_last_restart(started)
        work.transaction.set_server(
            replace(
                server,
                synced_at=work.now,
                started_at=started,
                version=self.snapshot.version.version,
                role=self.snapshot.who.role,
                unread=tuple(_told_unread(self.snapshot.unread)),
                uncounted=tuple(each.domain for each in self.snapshot.unread if each.figure == THE_USERS),
                notes=tuple(_notes(plan, work)),
                numbers=_numbers(self.snapshot),
            )
        )
        return outcomes

    def _asked(self, domains: DomainPlan, work: OperationContext) -> dict[int, PendingChange]:
        """What the server was asked for and nobody heard of, of which the reading tells what became."""
        orphans = self.begun.orphans
        read = {fold(contents.domain.name) for contents in self.snapshot.domains if contents.users is not None}
        read |= {fold(domain.name) for domain in domains.gone}
        whole = self.snapshot.has_all_domains and all(each.users is not None for each in self.snapshot.domains)

        def is_told_of(pending: PendingChange, target: Target) -> bool:
            entry = work.state.entries.get(target.number)  # its domain may have another name by now
            address = work.address_of(pending, target) if entry is None else entry.address
            return whole or fold(address.rpartition("@")[2]) in read

        return {
            number: pending
            for number, pending in work.state.pending_changes.items()
            if number in orphans and all(is_told_of(pending, target) for target in pending.targets)
        }


@dataclass(frozen=True)
class SyncStart:
    """How a store was when a reading of its server began."""

    access: ServerAccess
    """How the server is reached that is read."""
    touched: Callable[[], frozenset[int]] = frozenset
    """Tells the numbers of the entries that were changed since: what was read of them may be older."""
    orphans: frozenset[int] = frozenset()
    """The numbers of the intents that nobody was at work on: what the server says now is what came of them."""


def begin_reading(session: "Session", access: ServerAccess | None = None) -> SyncStart:
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
        with session.store.alone_at_server(patience=0):
            session.catch_up()
            orphans = session.state.pending_changes
    except (StoreBusy, ReadOnly):
        session.catch_up()  # somebody is at work on what is open
    server = session.state.server
    if server is None:
        raise no_server()
    if access is not None:
        _check_same(access, server)
    sequence = session.store.sequence
    return SyncStart(server.access, lambda: session.history.touched_since(sequence), frozenset(orphans))


def _check_same(access: ServerAccess, server: Server) -> None:
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


_GONE: Final = "is gone from the server"
_YIELDS: Final = "was in this store only, and its address is another's on the server now"


def _left(plan: DomainPlan, work: OperationContext) -> frozenset[int]:
    """The numbers of entries that were read in domains which are gone, and whose names others have now."""
    if not plan.left:
        return frozenset()
    return frozenset(
        entry.id
        for entry in work.state.entries.values()
        if entry.deleted_at is None and entry.server_id and fold(entry.domain) in plan.left
    )


def _take_domains(plan: DomainPlan, work: OperationContext) -> list[Entry]:
    """Take domains in, and let all that is in one be so by its name of now, deleted entries too; returns what moved."""
    for number in plan.replaced:
        work.transaction.remove_domain(number)
    for number, domain in plan.changed:
        work.transaction.put_domain(domain, number)
    for domain in plan.new:
        work.transaction.put_domain(domain)
    if not plan.moves:
        return []
    return work.transaction.put_entries(
        [
            replace(entry, address=f"{entry.login}@{plan.moves[fold(entry.domain)]}")
            for entry in work.state.entries.values()
            if fold(entry.domain) in plan.moves
        ]
    )


def _told_unread(unread: Iterable[Unread]) -> Iterator[str]:
    """What was not read, and why; what is so for several domains at once: there may be many."""
    domains: dict[Unread, list[str]] = {}
    for each in unread:
        domains.setdefault(each._replace(domain=""), []).append(short(each.domain))
    for each, names in domains.items():
        of = f" of {some_of(names)}" if names[0] else ""
        said = f". It says: {short(each.said)}" if each.said else ""
        yield f"{each.figure}{of}: {each.reason}{said}"


def _notes(plan: SyncPlan, work: OperationContext) -> Iterator[str]:
    """What was read, and is not in the store as it is there."""
    if plan.doubled:
        addresses = [short(entry.address) for entry in plan.doubled]
        yield f"passed over, since something else on the server has the address too: {some_of(addresses)}"
    odd = plan.snapshot.odd_times
    if odd:
        yield f"last logins that are beyond the calendar, and count as unknown: {odd:,}"
    for contents in plan.snapshot.domains:
        domain, directory = contents.domain, contents.domain.directory
        known = work.state.domain_named(domain.name)
        if directory is not None and (known is None or known.directory is None):
            yield f"{short(domain.name)} is mapped from {_told(directory)} there; this store was not told from where"


def _told(directory: DirectoryService) -> str:
    """A directory as the server tells it: "a directory (active-directory, host dc.example, base dc=example)"."""
    told = {"host": directory.host, "base": directory.base, "read as": directory.user}
    facts = [] if directory.kind is None else [directory.kind.replace("_", "-")]
    facts += [f"{word} {short(text)}" for word, text in told.items() if text]
    return f"a directory ({', '.join(facts)})" if facts else "a directory"


def gone(entry: Entry, pending: PendingChange | None, now: datetime) -> Entry:
    """An entry that is not on the server any more; if that was asked of it, with what became of its mailbox.

    One that never was there holds no seat.
    """
    after = replace(entry, deleted_at=now, server_id="", enabled=entry.enabled and bool(entry.server_id))
    if pending is None or pending.operation != "delete" or not entry.is_account:
        return after
    return replace(after, mailbox_fate=pending.mailbox or "keep", transferred_to=pending.transfer_to)


def _settled(pending: PendingChange, target: Target, work: OperationContext) -> Outcome:
    address = work.address_of(pending, target)
    entry = work.state.entry_at(address) if pending.operation == "add" else work.state.entries.get(target.number)
    is_there = entry is not None and entry.deleted_at is None
    if pending.operation in ("add", "delete"):
        done = is_there == (pending.operation == "add")
    else:
        done = is_there and entry is not None and entry.enabled == (pending.operation == "enable")
    return Outcome(target.address, "unchanged", f"was {'' if done else 'not '}{ASKED[pending.operation]} on the server")
