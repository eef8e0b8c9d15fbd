"""Takes what was read from the server into the store, in one transaction; what could not be read is named."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import Message, message, short
from kconsole.core.errors import DATABASE_REFUSES, ChangedMeanwhile, NotPermitted, ReadOnly, StoreBusy
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.records import Entry
from kconsole.core.roles import Capability
from kconsole.core.server import PendingChange, Server, ServerAccess, Target, logins_read
from kconsole.licensing.counting import unlisted_seats
from kconsole.operations.base import Done, OperationContext, Outcome, RunsOn
from kconsole.operations.server_errors import server_of
from kconsole.operations.session import Session
from kconsole.operations.sync.pull_domains import DomainPlan
from kconsole.operations.sync.pull_plan import SyncPlan
from kconsole.operations.sync.push import deleted
from kconsole.providers.base import MailServer, Missing, ServerState

_DECIDING: Final = frozenset({"delivers_to", "moderators"})
"""Fields of which it matters whether the server states them, although no figure needs them."""

SAME_START: Final = timedelta(seconds=5)


@dataclass(frozen=True, repr=False)
class Sync:
    """Take in what was read from the server: all of it in one transaction."""

    name: ClassVar[str] = "sync"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "read-server"
    undoable: ClassVar[bool] = False
    state: ServerState
    """What was read."""
    begun: "SyncStart"
    """Which server was read, and the store at that time."""
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        server = server_of(context.state)
        _check_same(self.begun.access, server)
        domains = DomainPlan(context.state, self.state)
        left = frozenset(
            entry.id
            for entry in (context.state.live_entries() if domains.left else ())
            if entry.server_id and canonical_domain(entry.domain) in domains.left
        )
        moved = _take_domains(domains, context)
        plan = self._plan(domains, left, context)
        transaction = context.transaction
        transaction.is_compact = not self.undoable
        outcomes = [Outcome(entry.address, "done", "new-on-server") for entry in transaction.put_entries(plan.new)]
        transaction.put_entries(after for _, after in plan.changed)
        changed = {entry.id: entry for entry in moved if entry.deleted_at is None}
        changed |= {after.id: after for _, after in plan.changed}
        for entry in plan.gone:
            changed.pop(entry.id, None)
        outcomes += [
            Outcome(after.address, "done", f"{'replaced' if number in plan.replaced else 'changed'}-on-server")
            for number, after in changed.items()
        ]
        answered = self._answered(domains, context)
        pending_of = {
            target.number: pending for pending in context.state.pending_changes.values() for target in pending.targets
        }
        for entry in plan.gone:
            transaction.put_entry(gone(entry, pending_of.get(entry.id), context))
            code = "gone-from-server" if entry.server_id else "yields-address"
            outcomes.append(Outcome(entry.address, "done", code))
        for number, pending in answered.items():
            transaction.remove_pending(number)
            outcomes += [_resolved_by(pending, target, context) for target in pending.targets]
        if plan.license != context.state.license:
            transaction.set_license(plan.license)
        started = self.state.started
        if self.begun.started_at not in (None, server.started_at):  # another process has read it later
            started = server.started_at
        if started is not None and server.started_at is not None:
            take_restart(started, server, context)
        elif started is not None:
            self._take_first_start(started, context)
        server = replace(server, started_at=started or server.started_at)
        transaction.set_server(self._server(server, plan, context))
        return outcomes

    def _take_first_start(self, started: datetime, context: OperationContext) -> None:
        """Take in when the server was started, where no earlier start is known: only times say what was deleted since.

        The server's clock may differ from ours, so its start is what it has been running before our present.
        """
        ours = started if self.state.uptime is None else context.now - self.state.uptime
        known = context.state.last_restart
        if known is not None and ours <= known:
            return
        held = context.seats.held()
        since = [entry.deleted_in for entry in held if entry.deleted_at is not None and entry.deleted_at >= ours]
        line = max(min(since) - 1, 0) if since else context.transaction.line
        context.transaction.set_last_restart(min(started, context.now), line)

    def _plan(self, domains: DomainPlan, left: frozenset[int], context: OperationContext) -> SyncPlan:
        being_changed = [
            (pending, target)
            for number, pending in context.state.pending_changes.items()
            if number not in self.begun.orphans
            for target in pending.targets
        ]
        names = {each.domain.server_id: each.domain.name for each in self.state.domains}
        return SyncPlan(
            context.state,
            self.state,
            context.now,
            context.policy,
            touched=self.begun.touched().union(target.number for _, target in being_changed),
            awaited=frozenset(
                canonical_address(f"{target.address.rpartition('@')[0]}@{names.get(pending.domain_id, target.domain)}")
                for pending, target in being_changed
                if pending.operation == "add"
            ),
            gone_domains=frozenset(canonical_domain(domain.name) for domain in domains.gone),
            left=left,
        )

    def _server(self, server: Server, plan: SyncPlan, context: OperationContext) -> Server:
        after = self._server_but_seats(server, plan, context)
        if not after.is_partial:
            return after
        read = tuple(each.domain.name for each in self.state.domains if "user" in each.complete)
        report, has_all = context.seats.report(), self.state.has_all_domains
        return replace(after, counted=read, unlisted=unlisted_seats(report, self.state.numbers, read, has_all))

    def _server_but_seats(self, server: Server, plan: SyncPlan, context: OperationContext) -> Server:
        return replace(
            server,
            synced_at=context.now,
            version=self.state.version,
            role=self.state.role,
            unread=(),
            missing=tuple(_missing_messages(self.state.missing)),
            uncounted=tuple(each.domain for each in self.state.missing if each.figure == "users"),
            counted=(),
            unlisted=None,
            notes=(),
            remarks=tuple(_remarks(plan, context)),
            numbers=self.state.numbers,
            silent=tuple(sorted(_DECIDING.intersection(chain.from_iterable(self.state.silent.values())))),
            logins=logins_read(server.logins, plan.users, plan.stated_logins),
        )

    def _answered(self, domains: DomainPlan, context: OperationContext) -> dict[int, PendingChange]:
        """The unconfirmed changes whose result shows in what was read."""
        read = {canonical_domain(each.domain.name) for each in self.state.domains if "user" in each.complete}
        read |= {canonical_domain(domain.name) for domain in domains.gone}
        whole = self.state.has_all_domains and all("user" in each.complete for each in self.state.domains)

        def is_read(pending: PendingChange, target: Target) -> bool:
            entry = context.state.entries.get(target.number)  # its domain may have another name by now
            address = context.address_of(pending, target) if entry is None else entry.address
            return whole or canonical_domain(address.rpartition("@")[2]) in read

        return {
            number: pending
            for number, pending in context.state.pending_changes.items()
            if number in self.begun.orphans and all(is_read(pending, target) for target in pending.targets)
        }


@dataclass(frozen=True)
class SyncStart:
    """A store at the moment when a reading of its server began."""

    access: ServerAccess
    """The server that is read."""
    touched: Callable[[], frozenset[int]] = frozenset
    """Gives the numbers of the entries that were changed since: what was read of them may be older."""
    orphans: frozenset[int] = frozenset()
    """The numbers of the unconfirmed changes: no process is at work on them, so the reading shows their result."""
    started_at: datetime | None = None
    """When the server was started, as far as it was known."""


def begin_reading(session: Session, access: ServerAccess | None = None) -> SyncStart:
    """Note the state of a session's store, before its server is read.

    Raises:
        NotPermitted: the operator may not read it.
        ChangedMeanwhile: it is another one than `access`, where this is given.
    """
    session.check_runs(Sync.name)
    orphans: Iterable[int] = ()
    try:
        with session.store.lease("server", patience=0):
            session.catch_up()
            orphans = session.store.state.pending_changes
    except (StoreBusy, ReadOnly):
        session.catch_up()  # another process is at work on the pending changes
    server = server_of(session.store.state)
    if access is not None:
        _check_same(access, server)
    sequence = session.store.sequence
    return SyncStart(
        server.access, lambda: session.history.touched_since(sequence), frozenset(orphans), server.started_at
    )


def is_another_start(known: datetime, started: datetime) -> bool:
    """Whether a server that began at one moment, by its own clock, and now says another was restarted in between.

    Also an earlier one, because its clock may have been set back. A server may count its start back from the present,
    and be a second off.
    """
    return abs(started - known) > SAME_START


def take_restart(started: datetime, server: Server, context: OperationContext) -> None:
    """Take in that the server was restarted, if its start is another than the one that was read before.

    All deletions of earlier lines came before: whoever deletes accounts on the server reads its start first. Those that
    are first noticed in this line keep their seats, because they may have come after.
    """
    if server.started_at is not None and is_another_start(server.started_at, started):
        context.transaction.set_last_restart(min(started, context.now))


@dataclass(frozen=True)
class TakeRestart:
    """Take in that the server was restarted, before accounts are deleted on it."""

    name: ClassVar[str] = Sync.name
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "read-server"
    started: datetime
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        server = server_of(context.state)
        take_restart(self.started, server, context)
        context.transaction.set_server(replace(server, started_at=self.started))
        return []


def note_restart(session: Session, mail: MailServer) -> None:
    """Ask the server when it was started, before accounts are deleted, and take in if that is another moment.

    Raises:
        NotPermitted: a database does not let this login take that in. Later, no one could tell whether the seats of the
            deleted accounts are free.
    """
    server, started = session.store.state.server, mail.started()
    if server is None or server.started_at is None or started is None:
        return
    if not is_another_start(server.started_at, started):
        return
    try:
        session.commit(TakeRestart(started))
    except NotPermitted as refused:
        if refused.code != DATABASE_REFUSES:
            raise
        raise NotPermitted(
            "restart-not-noted", "ask-to-read-server", (), "nothing-changed", server=server.name
        ) from None


def _check_same(access: ServerAccess, server: Server) -> None:
    if server.access != access:
        params = {"url": short(access.url), "user": short(access.user)}
        params |= {"name": server.name, "new_url": short(server.access.url), "new_user": short(server.access.user)}
        raise ChangedMeanwhile("server-changed-meanwhile", "nothing-taken-read-that-one", (), **params)


def recovered(done: Done) -> list[Outcome]:
    """The outcomes of a sync that resolve unconfirmed changes."""
    return [outcome for outcome in done.outcomes if outcome.result == "unchanged"]


def _take_domains(plan: DomainPlan, context: OperationContext) -> list[Entry]:
    """Take domains in, and rename them for all their entries, deleted ones too; returns the entries that moved."""
    transaction = context.transaction
    for number in plan.replaced:
        transaction.remove_domain(number)
    for number, domain in plan.changed:
        transaction.put_domain(domain, number)
    for domain in plan.new:
        transaction.put_domain(domain)
    moved = [
        entry for entry in context.state.entries.values() if plan.moves and canonical_domain(entry.domain) in plan.moves
    ]
    return transaction.put_entries(
        [replace(entry, address=f"{entry.login}@{plan.moves[canonical_domain(entry.domain)]}") for entry in moved]
    )


def _missing_messages(missing: Iterable[Missing]) -> Iterator[Message]:
    """What was not read and why; one message for all domains that share it, because there may be many."""
    domains: dict[Missing, list[str]] = {}
    for each in missing:
        domains.setdefault(each._replace(domain=""), []).append(short(each.domain))
    for each, names in domains.items():
        named = names if names[0] else []
        params = {"said": short(each.said), "listed": each.listed, "counted": each.counted}
        yield message("figure-missing", figure=each.figure, domains=named, reason=each.reason, **params)


def _remarks(plan: SyncPlan, context: OperationContext) -> Iterator[Message]:
    """What is in the store otherwise than on the server."""
    if plan.doubled:
        yield message("addresses-doubled", addresses=[short(entry.address) for entry in plan.doubled])
    if plan.odd_logins:
        yield message("logins-odd", count=plan.odd_logins)
    entries = (entry for domain in plan.server.domains for entry in domain.entries)
    unknown = sum(entry.login_unknown for entry in entries) - plan.server.odd_logins
    if unknown > 0:
        yield message("logins-unknown", count=unknown)
    if any(each.figure == "home-server" for each in plan.server.missing):
        away = {entry.server_id for entry in context.state.live_entries() if entry.origin == "other_server"}
        doubtful = {id_ for id_, fields in plan.server.silent.items() if "home" in fields} - away
        users = [
            short(entry.address)
            for domain in plan.server.domains
            for entry in domain.entries
            if entry.server_id in doubtful and entry.enabled
        ]
        if users:
            yield message("homes-unknown", addresses=users, count=len(users))
    for each in plan.server.domains:
        known, directory = context.state.domain_named(each.domain.name), each.directory
        if directory is not None and (known is None or known.directory is None):
            params = {"kind": directory.kind or "", "host": short(directory.host), "base": short(directory.base)}
            yield message("mapped-there", domain=short(each.domain.name), user=short(directory.user), **params)


def gone(entry: Entry, pending: PendingChange | None, context: OperationContext) -> Entry:
    """An entry that is no longer on the server; if that was asked for, with the fate of its mailbox."""
    after = deleted(entry, context)
    if pending is None or pending.operation != "delete" or not entry.is_account:
        return after
    return replace(after, mailbox_fate=pending.mailbox or "keep", transferred_to=pending.transfer_to)


def _resolved_by(pending: PendingChange, target: Target, context: OperationContext) -> Outcome:
    """What the store shows of an unconfirmed change after a sync."""
    address, state = context.address_of(pending, target), context.state
    entry = state.entry_at(address) if pending.operation in ("add", "alias") else state.entries.get(target.number)
    is_there = entry is not None and entry.deleted_at is None
    if entry is not None and target.server_id and entry.server_id != target.server_id:
        is_there = False  # a namesake, who may have the store's number of the former account
    if pending.operation == "alias":
        return resolved(pending, target, entry is not None and pending.transfer_to in entry.delivers_to)
    if pending.operation in ("add", "delete"):
        return resolved(pending, target, is_there == (pending.operation == "add"))
    is_enabled = entry is not None and entry.enabled
    return resolved(pending, target, is_there and is_enabled == (pending.operation == "enable"))


def resolved(pending: PendingChange, target: Target, done: bool, changed: bool = False) -> Outcome:
    """The outcome of an unconfirmed change, once it is known whether the server did it.

    `changed` says whether that is new to the store.
    """
    params = {"operation": pending.operation, "done": done}
    return Outcome(target.address, "done" if changed else "unchanged", "resolved", params=params)
