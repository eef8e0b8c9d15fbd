"""The inverse of a deed: itself a deed, under the same guards."""

from dataclasses import dataclass, replace
from typing import ClassVar

from kconsole.licensing import guards
from kconsole.model.errors import ChangedSince
from kconsole.model.history import Change, Commit
from kconsole.model.records import Domain, Entry, fold
from kconsole.operations.deeds import Outcome, Work, insist
from kconsole.operations.server import RestoreInventory

BY_HAND = "Look at it, and set it right by hand."


@dataclass(frozen=True)
class UndoDeed:
    """Take back what one transaction did."""

    name: ClassVar[str] = "undo"
    commit: Commit
    reason: str = ""

    def perform(self, work: Work) -> list[Outcome]:
        """Let every record be as it was before; an account that was created is deleted.

        A restored dump is taken back to the letter, whatever the limits: restoring it asked for none either.

        Raises:
            ChangedSince: a record is not as the deed left it.
            Refused: it would need seats that are not free.
        """
        for change in self.commit.changes:
            self._check_unchanged(change, work)
        work.note_undoing(self.commit.sequence)
        if self.commit.deed == RestoreInventory.name:
            return self._restored(work)
        befores_and_afters = [
            (change.after, change.before)
            for change in self.commit.changes
            if change.table == "entries" and change.before is not None
        ]
        needed = guards.new_seats(befores_and_afters, work.held)
        insist(guards.may_take_seats(work.report, needed, "It cannot be undone"))
        return [self._put_back(change, work) for change in reversed(self.commit.changes)]

    def _check_unchanged(self, change: Change, work: Work) -> None:
        if change.table == "entries":
            if work.store.entry(change.number) != change.after:
                raise self._changed_since(f"{_address(change)} has changed since")
            self._check_address_is_free(change, work)
        elif change.table == "domains":
            name = (change.after or change.before).name
            if work.store.domain(change.number) != change.after:
                raise self._changed_since(f"The domain {name} has changed since")
            if change.before is None and self._in_use(change.after, work):
                raise self._changed_since(f"The domain {name} has got entries since")
        elif change.table == "server" and work.store.last_restart != change.after:
            raise self._changed_since("Another restart was recorded since")
        elif change.table == "license" and work.store.license != change.after:
            raise self._changed_since("The license has changed since")

    def _check_address_is_free(self, change: Change, work: Work) -> None:
        before: Entry | None = change.before
        if before is None or before.deleted_at is not None:
            return
        now = work.store.entry_at(before.address)
        if now is not None and all(now != other.after for other in self.commit.changes):
            raise self._changed_since(f"The address {before.address} has been taken since")

    def _in_use(self, domain: Domain, work: Work) -> bool:
        """Whether others than the deed itself put entries into a domain; deleted ones still belong to it."""
        own = {change.number for change in self.commit.changes if change.table == "entries"}
        return any(entry.id not in own and fold(entry.domain) == fold(domain.name) for entry in work.store.entries)

    def _changed_since(self, what: str) -> ChangedSince:
        return ChangedSince(f"{what}: '{self.commit.deed}' cannot be undone.", BY_HAND)

    def _put_back(self, change: Change, work: Work) -> Outcome:
        if (
            change.table == "domains"
            and change.before is None
            and any(fold(entry.domain) == fold(change.after.name) for entry in work.store.entries)
        ):
            return Outcome(change.after.name, "unchanged", "stays, since its deleted accounts belong to it")
        if change.table != "entries":
            work.put_back(change)
            return Outcome(change.after.name if change.table == "domains" else "", "done", "as it was")
        before: Entry | None = change.before
        after: Entry = change.after
        if before is None or (before.deleted_at is not None and after.deleted_at is None):
            work.put_entry(replace(after, deleted_at=work.now, mailbox_fate="keep" if after.is_account else None))
            return Outcome(after.address, "done", "deleted again")
        work.put_back(change)
        return Outcome(before.address, "done", "as it was")

    def _restored(self, work: Work) -> list[Outcome]:
        """What came goes first, so that what went finds its address and its domain's name free."""
        for change in sorted(self.commit.changes, key=lambda change: change.before is not None):
            work.put_back(change)
        return [Outcome("", "done", "everything is as it was before the dump was restored")]


def _address(change: Change) -> str:
    entry: Entry = change.after or change.before
    return entry.address
