"""The inverse of a deed: itself a deed, under the same guards."""

from dataclasses import dataclass, replace
from typing import ClassVar

from kconsole.licensing import guards
from kconsole.model.errors import ChangedSince
from kconsole.model.records import Entry, fold
from kconsole.operations.deeds import Outcome, Work, insist
from kconsole.store.seatstore import Change, Commit


@dataclass(frozen=True)
class UndoDeed:
    """Take back what one transaction did."""

    name: ClassVar[str] = "undo"
    commit: Commit
    reason: str = ""

    def perform(self, work: Work) -> list[Outcome]:
        """Let every record be as it was before; an account that was created is deleted.

        Raises:
            ChangedSince: a record is not as the deed left it.
            Refused: it would need seats that are not free, or forget a domain that is in use.
        """
        for change in self.commit.changes:
            self._check_unchanged(change, work)
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
                raise ChangedSince(
                    f"{_address(change)} has changed since: '{self.commit.deed}' cannot be undone.",
                    "Look at it, and set it right by hand.",
                )
        elif change.table == "domains" and change.before is None:
            name = change.after.name
            if any(e.deleted_at is None and fold(e.domain) == fold(name) for e in work.store.entries):
                raise ChangedSince(f"The domain {name} has entries now: adding it cannot be undone.")
        elif change.table == "server" and work.store.last_restart != change.after:
            raise ChangedSince("Another restart was recorded since: this one cannot be undone.")

    def _put_back(self, change: Change, work: Work) -> Outcome:
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


def _address(change: Change) -> str:
    entry: Entry = change.after or change.before
    return entry.address
