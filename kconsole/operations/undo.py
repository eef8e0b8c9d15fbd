"""The inverse of a deed: itself a deed, under the same guards."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.codes import Message, hints_of, message
from kconsole.core.errors import ChangedSince, Refused
from kconsole.core.history import Change, Commit
from kconsole.core.records import Domain, Entry, fold
from kconsole.licensing import guards
from kconsole.operations.accounts import DeleteAccounts
from kconsole.operations.base import OperationContext, Outcome, RunsOn, insist
from kconsole.operations.catalog import runs_on
from kconsole.operations.history import Trace, touching_since
from kconsole.operations.license_plans import needs_consent
from kconsole.operations.server import RestoreInventory

BY_HAND = "Look at it, and set it right by hand."


@dataclass(frozen=True)
class UndoOperation:
    """Take back what one transaction did."""

    name: ClassVar[str] = "undo"
    commit: Commit
    first: str
    """The deed that was done in the first place, where the commit is an undo of an undo."""
    traces_after: Callable[[int], Iterable[Trace]] = field(compare=False)
    """The commits after a line that changed something, the last one first."""
    reason: str = ""

    @property
    def runs_on(self) -> RunsOn:
        """As the operation that was done in the first place."""
        return runs_on(self.first)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The entries that it changes."""
        return tuple(_address(change) for change in self.commit.changes if change.table == "entries")

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Let every record be as it was before; an account that was created is deleted.

        A restored dump is taken back to the letter, whatever the limits: restoring it asked for none either. So is
        the taking back of one.

        Raises:
            NotFound: it has been taken back meanwhile.
            ChangedSince: a record is not as the deed left it.
            Refused: it would need seats that are not free, or leave a license with fewer seats than are in use.
        """
        later = list(self.traces_after(self.commit.sequence))
        touching = next(touching_since(self.commit, later), None)
        try:
            self._check_unchanged(work)
            if touching is not None:
                raise self._changed_since(f"{self._touched_by(touching)} has changed since, and back")
        except ChangedSince as changed:
            if touching is not None:
                changed.hints = hints_of(message("see-line-of-log", line=touching.sequence))
            raise
        work.transaction.undoes = self.commit.sequence
        if self.first == RestoreInventory.name:
            return self._restored(work)
        befores_and_afters = [
            (change.after, change.before)
            for change in self.commit.changes
            if change.table == "entries" and change.before is not None
        ]
        needed = guards.new_seats(befores_and_afters, work.seats.held())
        insist(guards.may_take_seats(work.seats.report(), needed, "undo"))
        self._check_license(work)
        return [self._put_back(change, work) for change in reversed(self.commit.changes) if change.table != "intents"]

    def _check_unchanged(self, work: OperationContext) -> None:
        afters = {change.number: change.after for change in self.commit.changes if change.table == "entries"}
        in_use = self._domains_in_use(work, afters)
        for change in self.commit.changes:
            if change.table == "entries":
                if work.state.entries.get(change.number) != change.after:
                    raise self._changed_since(f"{_address(change)} has changed since")
                self._check_address_is_free(change, work, afters)
            elif change.table == "domains":
                self._check_domain(change, work, in_use)
            elif change.table == "server" and work.state.last_restart != change.after:
                raise self._changed_since("Another restart was recorded since")
            elif change.table == "connection" and work.state.server != change.after:
                raise self._changed_since("The server has changed since, or was read")
            elif change.table == "license" and work.state.license != change.after:
                raise self._changed_since("The license has changed since")

    def _check_license(self, work: OperationContext) -> None:
        """Undoing leaves a license with fewer seats than are in use only as far as it was so before the deed."""
        for change in self.commit.changes:
            if change.table == "license":
                decision = guards.may_license(work.seats.if_licensed(change.before))
                over_before = max(self._used_before - (change.before.seats or 0), 0)
                if decision.over > over_before and needs_consent(change.after, change.before, decision):
                    reason = Message(decision.code, decision.params)
                    raise Refused("cannot-undo-license", "disable-first-or-by-hand", reason=reason)

    @property
    def _used_before(self) -> int:
        return 0 if self.commit.seats is None else self.commit.seats[0]

    def _check_domain(self, change: Change, work: OperationContext, in_use: set[str]) -> None:
        before: Domain | None = change.before
        after: Domain | None = change.after
        name = _domain(change).name
        if work.state.domains.get(change.number) != after:
            raise self._changed_since(f"The domain {name} has changed since")
        if before is None and fold(name) in in_use:
            raise self._changed_since(f"The domain {name} has got entries since")
        if before is None or after is not None:
            return
        going = {_domain(other).name for other in self.commit.changes if _goes(other)}
        others = [domain for domain in work.state.domains.values() if domain.name not in going]
        if any(fold(domain.name) == fold(name) for domain in others):
            raise self._changed_since(f"The domain {name} has been added again since")
        if before.primary and (primary := next((domain for domain in others if domain.primary), None)) is not None:
            raise self._changed_since(f"{primary.name} has become the primary domain since")

    def _check_address_is_free(self, change: Change, work: OperationContext, afters: dict[int, Entry | None]) -> None:
        before: Entry | None = change.before
        if before is None or before.deleted_at is not None:
            return
        now = work.state.entry_at(before.address)
        if now is not None and now != afters.get(now.id):
            raise self._changed_since(f"The address {before.address} has been taken since")

    def _domains_in_use(self, work: OperationContext, own: dict[int, Entry | None]) -> set[str]:
        """Folded names of domains into which others than the deed itself put entries; deleted ones still belong."""
        if not any(change.table == "domains" for change in self.commit.changes):
            return set()
        return {fold(entry.domain) for entry in work.state.entries.values() if entry.id not in own}

    def _touched_by(self, trace: Trace) -> str:
        change = next(change for change in self.commit.changes if (change.table, change.number) in trace.records)
        if change.table == "entries":
            return _address(change)
        if change.table == "domains":
            return f"The domain {_domain(change).name}"
        return {"server": "The recorded restart", "connection": "The server"}.get(change.table, "The license")

    def _changed_since(self, what: str) -> ChangedSince:
        return ChangedSince(f"{what}: '{self.commit.operation}' cannot be undone.", BY_HAND)

    def _put_back(self, change: Change, work: OperationContext) -> Outcome:
        if change.table == "domains":
            return self._put_domain_back(change, work)
        if change.table != "entries":
            work.transaction.put_back(change)
            return Outcome("", "done", "as it was")
        before: Entry | None = change.before
        after: Entry | None = change.after
        if after is not None and (before is None or (before.deleted_at is not None and after.deleted_at is None)):
            work.transaction.put_entry(self._deleted_again(before, after, work))
            return Outcome(after.address, "done", "deleted again")
        work.transaction.put_back(change)
        return Outcome(_address(change), "done", "as it was")

    def _deleted_again(self, before: Entry | None, after: Entry, work: OperationContext) -> Entry:
        """An account as deleted now, since until now it was there: the server has to be restarted after that.

        Its mailbox is kept, unless it is its deletion that is done again, which said what becomes of it.
        """
        if before is None or self.first != DeleteAccounts.name:
            return replace(after, deleted_at=work.now, mailbox_fate="keep" if after.is_account else None)
        if before.transferred_to:
            heir = work.state.entry_at(before.transferred_to)
            if heir is None or not heir.is_account or not heir.enabled:
                raise self._changed_since(f"{before.transferred_to}, who gets its mailbox, has changed since")
        return replace(before, deleted_at=work.now)

    def _put_domain_back(self, change: Change, work: OperationContext) -> Outcome:
        name = _domain(change).name
        if change.before is None and any(fold(entry.domain) == fold(name) for entry in work.state.entries.values()):
            return Outcome(name, "unchanged", "stays, since its deleted accounts belong to it")
        work.transaction.put_back(change)
        return Outcome(name, "done", "as it was")

    def _restored(self, work: OperationContext) -> list[Outcome]:
        """What came goes first, so that what went finds its address and its domain's name free."""
        for change in sorted(self.commit.changes, key=lambda change: change.before is not None):
            work.transaction.put_back(change)
        again = self.commit.undoes is not None
        return [Outcome("", "done", f"everything is as it was before {'that' if again else 'the dump was restored'}")]


def _address(change: Change) -> str:
    entry: Entry = change.before or change.after
    return entry.address


def _domain(change: Change) -> Domain:
    domain: Domain = change.after or change.before
    return domain


def _goes(change: Change) -> bool:
    """Whether a domain came with the deed, and so goes when it is taken back."""
    return change.table == "domains" and change.before is None
