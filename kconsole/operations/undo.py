"""Undoing an operation is an operation of its own, under the same guards."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal

from msgspec.structs import replace

from kconsole.core.codes import hints_of, message
from kconsole.core.decisions import Offboarding, decided_on
from kconsole.core.errors import ChangedSince, NotPermitted, Refused
from kconsole.core.history import Change, Commit, Trace
from kconsole.core.identity import canonical_domain
from kconsole.core.records import Domain, Entry, MailboxFate
from kconsole.core.roles import Capability
from kconsole.licensing import guards
from kconsole.licensing.reservations import shortfall
from kconsole.licensing.seat_history import is_reclaim
from kconsole.operations.accounts import Connect, DeleteAccounts
from kconsole.operations.base import OperationContext, Outcome, RunsOn, insist, take_matching
from kconsole.operations.catalog import capability_of, needed_to_undo, runs_on
from kconsole.operations.history import changed_accounts, touching_since
from kconsole.operations.offboarding import CancelOffboarding, Offboard
from kconsole.operations.server import RestoreInventory, refuse_while_unconfirmed
from kconsole.store.records import Records

What = Literal[
    "entry", "heir", "domain", "restart", "server", "license", "policy", "keep", "protection", "reservation", "mark",
    "offboarding",
]  # fmt: skip
"""The record that stands in the way of an undo."""

How = Literal["changed", "changed-and-back", "taken", "has-entries", "added-again", "became-primary", "recorded"]
"""What happened to it since."""


_SINGLE: Final[dict[str, What]] = {"server": "restart", "connection": "server", "license": "license"}
"""The record of each table that has one."""

_DECISIONS: Final[dict[str, What]] = {
    "policies": "policy", "keeps": "keep", "protections": "protection", "reservations": "reservation", "marks": "mark",
    "offboardings": "offboarding",
}  # fmt: skip


@dataclass(frozen=True)
class UndoOperation:
    """Undo what one transaction did."""

    name: ClassVar[str] = "undo"
    commit: Commit
    first: str
    """The name of the operation that is undone; where the commit is an undo itself, of what that undid at first."""
    traces_after: Callable[[Commit], list[Trace]] = field(compare=False)
    """Gives what changed the same records after a commit, and all undos after it, the last one first."""
    reason: str = ""
    is_own: bool = True
    """Whether the operator made that change."""
    is_redo: bool = False
    """Whether it undoes an undo: that counts as a change, which the undo of a change does not."""

    @property
    def capability(self) -> Capability:
        """Besides this, it needs the capability of the first operation."""
        return needed_to_undo(self.is_own)

    @property
    def runs_on(self) -> RunsOn:
        """Where the first operation ran."""
        return runs_on(self.first)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The entries that the undo changes."""
        return tuple(_address(change) for change in self.commit.changes if change.table == "entries")

    @property
    def _may_be_partial(self) -> bool:
        """Whether what changed since stays, and the rest is undone: each account of a plan stands for itself."""
        return is_reclaim(self.first)

    def is_as_left(self, state: Records) -> bool:
        """Whether all records are as the operation left them; `check` also reads whether that was so all the time."""
        try:
            self._check_unchanged(state)
        except ChangedSince:
            return self._may_be_partial and any(self._is_unchanged(change, state) for change in self.commit.changes)
        return True

    def check(self, state: Records) -> tuple[Change, ...]:
        """Check that nothing came after the operation that undoing it would discard; returns what is to be undone.

        Raises:
            NotFound: it is undone.
            ChangedSince: a record is not as the operation left it; where each stands for itself, none is.
        """
        touching = list(touching_since(self.commit, self.traces_after(self.commit)))
        if self._may_be_partial:
            touched = frozenset().union(*(trace.records for trace in touching))
            changed = {
                change.number  # of the account, which its mark has too
                for change in self.commit.changes
                if (change.table, change.number) in touched or not self._is_unchanged(change, state)
            }
            if left := tuple(change for change in self.commit.changes if change.number not in changed):
                return left
        try:
            self._check_unchanged(state)
            if touching:
                raise self._touched_by(touching[0])
        except ChangedSince as error:
            if touching:
                error.hints = hints_of(message("see-line-of-log", line=touching[0].sequence))
            raise
        return self.commit.changes

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Restore every record; an account that was created is deleted.

        A restored dump is undone and redone whatever the limits, since restoring it asked for none either.

        Raises:
            NotFound: another process has undone it meanwhile.
            ChangedSince: a record is not as the operation left it.
            NotPermitted: the operator may not do the first operation.
            Refused: a guard refuses what it would come to, as if a user asked for that now.
        """
        context.authority.insist(capability_of(self.first))
        left = self.check(context.state)
        if len(left) < len(self.commit.changes):
            part = dataclasses.replace(self, commit=self.commit._replace(changes=left))
            numbers = {change.number for change in left}
            stay = dict.fromkeys(_address(each) for each in self.commit.changes if each.number not in numbers)
            return part.apply(context) + [Outcome(address, "refused", "changed-since-stays") for address in stay]
        context.transaction.undoes = self.commit.sequence
        for address in changed_accounts(self.commit) if self.is_redo else ():
            if (refused := context.brake(address)) is not None:
                raise NotPermitted("brake-refused", refused.hints, **refused.params)
        if self.first == RestoreInventory.name:
            return self._restored(context)
        seats = context.seats
        entries = [change for change in self.commit.changes if change.table == "entries" and change.before is not None]
        needed = guards.new_seats([(each.after, each.before) for each in entries], seats.policy, seats.held())
        for change in self.commit.changes:
            if change.table == "server":  # without that restart, seats are held again
                held = {entry.id for entry in seats.held()}
                again = [entry for entry in seats.held_after(change.before) if entry.id not in held]
                needed.update(canonical_domain(entry.domain) for entry in again)
        insist(guards.may_take_seats(seats.report(), needed, seats.policy, "undo"))
        for change in self.commit.changes:
            if change.table == "license":
                self._check_license(change, context)
            elif change.table == "connection":
                self._check_server(change, context)
            elif change.table == "entries" and change.before is not None and change.after is not None:
                self._check_login(change, context)
        before = seats.report()
        changes = (change for change in reversed(self.commit.changes) if change.table != "intents")
        outcomes = [self._put_back(change, context) for change in changes]
        take_matching(context)
        report = context.seats.report()
        coming = max(report.held - before.held, 0)  # of accounts that it deletes again: free after a restart
        if shortfall(report) - coming > shortfall(before):
            raise Refused("undo-takes-reserved", "free-or-cancel-first", free=report.free, reserved=report.reserved)
        return outcomes

    def _is_unchanged(self, change: Change, state: Records) -> bool:
        """Whether one record is as the operation left it."""
        try:
            dataclasses.replace(self, commit=self.commit._replace(changes=(change,)))._check_unchanged(state)
        except ChangedSince:
            return False
        return True

    def _check_unchanged(self, state: Records) -> None:
        afters = {change.number: change.after for change in self.commit.changes if change.table == "entries"}
        changes_domains = any(change.table == "domains" for change in self.commit.changes)
        in_use = self._domains_in_use(state, afters) if changes_domains else set()
        for change in self.commit.changes:
            if change.table == "entries":
                if not _is_the_same(state.entries.get(change.number), change.after):
                    raise self._changed_since("entry", name=_address(change))
                if change.before is not None and change.before.deleted_at is None:
                    now = state.entry_at(change.before.address)
                    if now is not None and now != afters.get(now.id):
                        raise self._changed_since("entry", "taken", change.before.address)
            elif change.table == "domains":
                self._check_domain(change, state, in_use)
            elif change.table in _SINGLE and state.tables[change.table].get(1) != change.after:
                raise self._changed_since(_SINGLE[change.table], "recorded" if change.table == "server" else "changed")
            elif change.table in _DECISIONS and state.tables[change.table].get(change.number) != change.after:
                raise self._changed_since(_DECISIONS[change.table], name=_decided_on(change))

    def _check_license(self, change: Change, context: OperationContext) -> None:
        """Refuse a license with fewer seats than are in use, also one that was accepted before: that takes consent."""
        now, then = change.after, change.before
        decision = guards.may_license(context.seats.if_licensed(then))
        if guards.needs_consent(now, then, decision):
            raise Refused("cannot-undo-license", "disable-first-or-by-hand", reason=decision.message)
        if then.activated_at is not None and now.activated_at is None and now.registered_at is not None:
            insist(guards.may_activate(now, context.license_status))  # it may have ended since

    def _check_server(self, change: Change, context: OperationContext) -> None:
        """Refuse to leave a server that was asked for what it has not confirmed."""
        now, then = change.after, change.before
        if now is not None and (then is None or then.access.url != now.access.url):
            refuse_while_unconfirmed(now, context)

    def _check_login(self, change: Change, context: OperationContext) -> None:
        """Refuse to redo a first login that the access rule does not allow any more."""
        now, then = change.after, change.before
        if self.first == Connect.name and then.mailbox and not now.mailbox:
            report = context.seats.report_around(now.domain)
            insist(guards.may_connect(report, now, context.policy, context.license_status.is_suspended))

    def _check_domain(self, change: Change, state: Records, in_use: set[str]) -> None:
        before: Domain | None = change.before
        after: Domain | None = change.after
        name = _domain(change).name
        if state.domains.get(change.number) != after:
            raise self._changed_since("domain", name=name)
        if before is None and canonical_domain(name) in in_use:
            raise self._changed_since("domain", "has-entries", name)
        if before is None or after is not None:
            return
        added = [other for other in self.commit.changes if other.table == "domains" and other.before is None]
        going = {_domain(other).name for other in added}
        others = [domain for domain in state.domains.values() if domain.name not in going]
        if any(canonical_domain(domain.name) == canonical_domain(name) for domain in others):
            raise self._changed_since("domain", "added-again", name)
        if before.primary and (primary := next((domain for domain in others if domain.primary), None)) is not None:
            raise self._changed_since("domain", "became-primary", primary.name)

    def _domains_in_use(self, state: Records, own: dict[int, Entry | None]) -> set[str]:
        """Folded names of domains with entries of other operations; deleted ones still belong to their domain."""
        return {canonical_domain(entry.domain) for entry in state.entries.values() if entry.id not in own}

    def _touched_by(self, trace: Trace) -> ChangedSince:
        change = next(change for change in self.commit.changes if (change.table, change.number) in trace.records)
        if change.table == "entries":
            return self._changed_since("entry", "changed-and-back", _address(change))
        if change.table == "domains":
            return self._changed_since("domain", "changed-and-back", _domain(change).name)
        if change.table in _DECISIONS:
            return self._changed_since(_DECISIONS[change.table], "changed-and-back", _decided_on(change))
        return self._changed_since(_SINGLE[change.table], "changed-and-back")

    def _changed_since(self, what: What, how: How = "changed", name: str = "") -> ChangedSince:
        operation = self.commit.operation
        return ChangedSince("changed-since", "set-it-right-by-hand", what=what, how=how, name=name, operation=operation)

    def _put_back(self, change: Change, context: OperationContext) -> Outcome:
        before, after, what = change.before, change.after, ""
        if change.table == "domains":
            what = _domain(change).name
            if before is None and canonical_domain(what) in self._domains_in_use(context.state, {}):
                return Outcome(what, "unchanged", "domain-stays")
        elif change.table == "entries":
            what = _address(change)
            if after is not None and (before is None or (before.deleted_at is not None and after.deleted_at is None)):
                context.transaction.put_entry(self._deleted_again(before, after, context))
                is_alias = after.kind == "alias"
                return Outcome(after.address, "done", "alias-gone-again" if is_alias else "deleted-again")
        elif change.table in _DECISIONS:
            what = _decided_on(change)
            if isinstance(before, Offboarding) and before.due <= context.now and self.first != CancelOffboarding.name:
                return Outcome(what, "unchanged", "no-longer-due")  # or the next timer would redo it
        context.transaction.put_back(change)
        return Outcome(what, "done", "as-before")

    def _deleted_again(self, before: Entry | None, after: Entry, context: OperationContext) -> Entry:
        """The account as deleted now, because it existed until now: the server must be restarted after that.

        Its mailbox is kept, unless this redoes a deletion that said what happens to the mailbox.
        """
        if before is None or self.first not in (DeleteAccounts.name, Offboard.name):
            left = before is not None and before.mailbox and before.mailbox_fate == "keep"  # by a former account
            fate: MailboxFate | None = "keep" if after.is_account else None
            return replace(after, deleted_at=context.now, mailbox=after.mailbox or left, mailbox_fate=fate)
        if before.transferred_to:
            heir = context.state.entry_at(before.transferred_to)
            if heir is None or not heir.is_account or not heir.enabled:
                raise self._changed_since("heir", name=before.transferred_to)
        return replace(before, deleted_at=context.now)

    def _restored(self, context: OperationContext) -> list[Outcome]:
        """Remove what came before putting back what went, so that addresses and domain names are free."""
        for change in sorted(self.commit.changes, key=lambda change: change.before is not None):
            context.transaction.put_back(change)
        again = self.commit.undoes is not None
        return [Outcome("", "done", "all-as-before-that" if again else "all-as-before-restore")]


def _address(change: Change) -> str:
    entry: Entry = change.before or change.after
    return entry.address


def _is_the_same(now: Entry | None, after: Entry | None) -> bool:
    """Whether an entry is as an operation left it. A deletion that was undone and redone is the same one later."""
    if now is not None and after is not None and now.deleted_at is not None and after.deleted_at is not None:
        return replace(now, deleted_at=after.deleted_at, deleted_in=after.deleted_in) == after
    return now == after


def _domain(change: Change) -> Domain:
    domain: Domain = change.after or change.before
    return domain


def _decided_on(change: Change) -> str:
    return decided_on(change.after or change.before)


def deleted_by(commit: Commit) -> list[Entry]:
    """The entries that undoing a commit would delete."""
    return [
        change.after
        for change in commit.changes
        if change.table == "entries" and change.after is not None and change.after.deleted_at is None
        if change.before is None or change.before.deleted_at is not None
    ]


def deleted_for_good(commit: Commit) -> Entry | None:
    """The first account that a commit deleted at a server, which does not restore it; None if there is none."""
    gone = (change.before for change in commit.changes if change.table == "entries" and is_deletion(change))
    return next((entry for entry in gone if entry.server_id), None)


def is_deletion(change: Change) -> bool:
    """Whether a change deletes an entry."""
    before, after = change.before, change.after
    return before is not None and before.deleted_at is None and (after is None or after.deleted_at is not None)
