"""What the server is to be asked for: the operation is rehearsed under its guards, and its changes become requests."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.decisions import DECISIONS
from kconsole.core.errors import Refused
from kconsole.core.history import Change
from kconsole.core.identity import address_in, canonical_address
from kconsole.core.records import Entry
from kconsole.core.server import PendingChange, ServerAccess, ServerOperation, Target
from kconsole.operations.base import Operation, OperationContext, Outcome, RunsOn
from kconsole.operations.catalog import ASK
from kconsole.operations.server_errors import named_meanwhile, server_of
from kconsole.operations.undo import UndoOperation
from kconsole.providers.base import Capabilities, Create, CreateAlias, Delete, Disable, Enable, Step

NOTHING_CHANGED: Final = "nothing-changed-there-or-here"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the server, for one account or several."""

    number: int
    """Of its pending change."""
    pending: PendingChange
    changes: tuple[Change, ...]
    """What it means for the store, for each of the targets."""
    step: Step


class AskServer:
    """Write down what the server is about to be asked for, if the guards of an operation allow it."""

    runs_on: ClassVar[RunsOn] = "store"

    def __init__(self, operation: Operation, access: ServerAccess, capabilities: Capabilities) -> None:
        self.operation = operation
        self.access = access
        self.capabilities = capabilities
        self.name = operation.name
        self.capability = operation.capability
        self.reason = operation.reason
        self.is_repeated = getattr(operation, "is_repeated", False)
        self.address: str = getattr(operation, "address", "")
        self.addresses: tuple[str, ...] = getattr(operation, "addresses", ())
        self.calls: tuple[Call, ...] = ()
        self.local: list[Change] = []
        """Changes to entries that only the store has."""
        self.decisions: list[Change] = []
        """Changes to decisions, which no server knows: taken once it has done its part."""
        self.following: list[Change] = []
        """Changes to aliases that the server makes by itself as it deletes the accounts that they deliver to."""
        self.undoes: int | None = None
        """The commit that is undone."""
        self.plan = ""
        """The id of the plan that is applied."""
        self._outcomes: tuple[Outcome, ...] = ()
        """The results if the server does it all; also by folded address."""
        self._rehearsed: dict[str, Outcome] = {}
        self._refused: dict[str, Outcome] = {}
        self._unconfirmed: frozenset[str] = frozenset()
        """Folded addresses of accounts with a change that was left unconfirmed: this login could not take it in."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        server = server_of(context.state)
        if server.access != self.access:
            raise named_meanwhile(server)
        pending_changes = context.state.pending_changes.values()
        self._unconfirmed = frozenset(
            canonical_address(target.address) for pending in pending_changes for target in pending.targets
        )
        rehearsal = context.rehearse(self.operation)
        self.undoes, self.plan, self._outcomes = rehearsal.undoes, rehearsal.plan, rehearsal.outcomes
        self._rehearsed = {canonical_address(outcome.address): outcome for outcome in rehearsal.outcomes}
        wanted: dict[ServerOperation, list[Change]] = {}
        is_undo = isinstance(self.operation, UndoOperation)
        going = {canonical_address(each.before.address) for each in rehearsal.changes if _deletes_account(each)}
        for change in rehearsal.changes:
            if change.table in DECISIONS:
                self.decisions.append(change)
                continue
            if not is_undo and _new_targets(change):
                self._check_alias(change.after, context)
                wanted.setdefault("alias", []).append(change)
                continue
            if not is_undo and (lost := _lost_targets(change)) and lost <= going:
                self.following.append(change)
                continue
            asked = _request_for(change, is_undo, context)
            if isinstance(asked, Outcome) and is_undo:
                raise Refused("cannot-undo-account", asked.hints, address=asked.address, reason=asked.message)
            if isinstance(asked, Outcome):
                self._refused[canonical_address(asked.address)] = asked
            elif asked is None:
                self.local.append(change)
            else:
                wanted.setdefault(asked, []).append(change)
        self.calls = tuple(self._calls(wanted, context))
        if self.calls and server.synced_at is None:
            raise Refused("server-never-read", "sync-first", (), NOTHING_CHANGED, server=server.name)
        if self.calls:
            context.transaction.operation = ASK
            return []  # refusals go into the line that has the results
        delete_local(self.local, context)
        take_decisions(self.decisions, context)
        if self.local or self.decisions:
            context.transaction.undoes, context.transaction.plan = self.undoes, self.plan
        return self.outcomes({})

    def outcomes(self, answered: Mapping[str, Outcome]) -> list[Outcome]:
        """The outcome for each address: the server's answer by folded address, a refusal, or the rehearsed one."""
        return [
            answered.get(canonical_address(outcome.address))
            or self._refused.get(canonical_address(outcome.address))
            or _as_read(outcome, self._unconfirmed)
            for outcome in self._outcomes
        ]

    def outcome_of(self, address: str) -> Outcome:
        """The outcome for an address if the server does it."""
        return self._rehearsed.get(canonical_address(address), Outcome(address, "done", "done"))

    def _check_alias(self, alias: Entry, context: OperationContext) -> None:
        """Refuse the whole, if an alias that belongs to it cannot be made."""
        if not self.capabilities.makes_aliases:
            product = self.capabilities.product
            raise Refused("no-aliases-there", (), (), NOTHING_CHANGED, product=product, address=alias.address)
        domain = context.state.domain_named(alias.domain)
        if domain is None or not domain.server_id:
            raise Refused("alias-domain-unread", "sync-first", (), NOTHING_CHANGED, address=alias.address)

    def _calls(self, wanted: Mapping[ServerOperation, Sequence[Change]], context: OperationContext) -> Iterator[Call]:
        for asked, changes in wanted.items():
            at_once = 1 if asked in ("add", "alias") else self.capabilities.most_at_once
            for begin in range(0, len(changes), at_once):
                yield self._call(asked, tuple(changes[begin : begin + at_once]), context)

    def _call(self, asked: ServerOperation, changes: tuple[Change, ...], context: OperationContext) -> Call:
        account: Entry = changes[0].after
        domain = context.state.domain_named(account.domain)
        heir, fate, is_new = None, account.mailbox_fate or "keep", asked in ("add", "alias")
        if asked == "delete":
            if fate not in self.capabilities.mailbox_fates:
                raise Refused("fate-not-possible", "choose-another-fate", fate=fate, product=self.capabilities.product)
            heir = context.state.entry_at(account.transferred_to) if account.transferred_to else None
        elif asked == "alias":
            heir = context.state.entry_at(_new_targets(changes[0])[0])
        if heir is not None and not heir.server_id:
            raise Refused("heir-only-here", "nothing-deleted", address=heir.address)
        pending = PendingChange(
            operation=asked,
            at=context.now,
            targets=tuple(
                Target(number=number, server_id="" if is_new else after.server_id, address=after.address)
                for number, after in ((change.number, change.after) for change in changes)
            ),
            mailbox=fate if asked == "delete" else "",
            transfer_to="" if heir is None else heir.address,
            domain_id=domain.server_id if domain is not None and is_new else "",
            reason=self.reason,
        )
        ids = tuple(target.server_id for target in pending.targets)
        domains = {context.state.domain_named(change.after.domain) for change in changes}
        domain_ids = tuple(sorted(each.server_id for each in domains if each is not None and each.server_id))
        step: Step
        if asked == "add":
            password = getattr(self.operation, "password", None)
            step = Create(pending.domain_id, account.login, account.full_name, account.description, password=password)
        elif asked == "alias":
            step = CreateAlias(pending.domain_id, account.login, pending.transfer_to)
        elif asked == "delete":
            step = Delete(ids, fate, "" if heir is None else heir.server_id, domain_ids)
        else:
            step = Enable(ids, domain_ids) if asked == "enable" else Disable(ids, domain_ids)
        return Call(context.transaction.put_pending(pending), pending, changes, step)


def delete_local(changes: Sequence[Change], context: OperationContext) -> None:
    """Delete entries that only the store has. They hold no seat, because the server never had them."""
    for change in changes:
        if context.state.entries.get(change.number) == change.before:
            context.transaction.put_entry(replace(change.after, enabled=False))


def take_following(changes: Iterable[Change], deleted: Set[str], context: OperationContext) -> None:
    """Change aliases as the server did when it deleted accounts, unless they were changed meanwhile."""
    for change in changes:
        if _lost_targets(change) <= deleted and context.state.entries.get(change.number) == change.before:
            context.transaction.put_entry(change.after)


def take_decisions(changes: Iterable[Change], context: OperationContext) -> None:
    """Change decisions that are as they were when the server was asked."""
    for change in changes:
        if context.state.tables[change.table].get(change.number) == change.before:
            context.transaction.put_back(change._replace(before=change.after, after=change.before))


def _request_for(change: Change, is_undo: bool, context: OperationContext) -> ServerOperation | Outcome | None:
    """What to ask the server for to make a change; a refusal if it cannot be; None for what the store alone has."""
    before: Entry | None = change.before
    after: Entry | None = change.after
    if change.table != "entries" or after is None:
        raise Refused("only-in-administration", "do-it-there-and-sync")
    was, will_be = before is not None and before.deleted_at is None, after.deleted_at is None
    if not after.is_account and (after.server_id or not was):
        return _refused(after, "accounts-only-there", "do-it-there-and-sync", kind=after.kind)
    if not was and is_undo:
        return _refused(after, "deleted-for-good", "add-it-again")
    if not was:
        domain = context.state.domain_named(after.domain)
        is_read = domain is not None and domain.server_id
        return "add" if is_read else _refused(after, "domain-never-read", "sync-first", domain=after.domain)
    if not after.server_id:
        return _refused(after, "only-here", "sync-first") if will_be or is_undo else None
    if not will_be:
        return "delete"
    if before is None or replace(before, enabled=after.enabled) != after:
        return _refused(after, "changes-more-than-enabled", "do-it-there-and-sync")
    return "enable" if after.enabled else "disable"


def _new_targets(change: Change) -> list[str]:
    """Where an alias delivers that did not before; the server itself removes what delivers to a deleted account."""
    before: Entry | None = change.before
    after: Entry | None = change.after
    if change.table != "entries" or after is None or after.kind != "alias" or after.deleted_at is not None:
        return []
    known = () if before is None or before.deleted_at is not None else before.delivers_to
    return [target for target in after.delivers_to if target not in known]


def _deletes_account(change: Change) -> bool:
    before, after = change.before, change.after
    is_entry = change.table == "entries" and before is not None and after is not None
    return is_entry and before.is_account and after.deleted_at is not None


def _lost_targets(change: Change) -> set[str]:
    """Where an alias does not deliver any more, in canonical form."""
    before: Entry | None = change.before
    after: Entry | None = change.after
    if change.table != "entries" or before is None or before.kind != "alias" or before.deleted_at is not None:
        return set()
    left = () if after is None or after.deleted_at is not None else after.delivers_to
    lost = (target for target in before.delivers_to if target not in left)
    return {canonical_address(address_in(before.domain, target)) for target in lost}


def _refused(entry: Entry, code: str, hint: str, **params: str) -> Outcome:
    return Outcome(entry.address, "refused", code, hint, params)


def _as_read(outcome: Outcome, unconfirmed: Container[str]) -> Outcome:
    """Say of an unchanged account that this rests on the last reading of the server, or is not known."""
    if outcome.result != "unchanged":
        return outcome
    if canonical_address(outcome.address) in unconfirmed:
        return outcome._replace(result="open", code="still-unconfirmed", params={}, hint="ask-to-read-server")
    return outcome._replace(code="as-last-read", params={"what": outcome.message}, hint="sync-if-changed")
