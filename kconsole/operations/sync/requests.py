"""What the live server is to be asked for: a deed is rehearsed under its guards, and what it would change says it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.errors import Refused
from kconsole.core.history import Change
from kconsole.core.records import Entry, fold
from kconsole.core.server import PendingChange, ServerAccess, ServerDeed, Target
from kconsole.operations.accounts import what_it_is
from kconsole.operations.base import Operation, OperationContext, Outcome, Rehearsal, RunsOn
from kconsole.operations.sync.refusals import named_meanwhile, no_server
from kconsole.operations.undo import UndoOperation
from kconsole.providers.kerio.writing import MOST_AT_ONCE

ASK: Final = "ask server"
"""How the journal names that the server is about to be asked."""

NOTHING: Final = "nothing-changed-there-or-here"
ONLY_HERE: Final = "is in this store only, not on the server"


@dataclass(frozen=True, slots=True)
class Call:
    """One thing to ask of the server, for one account or several."""

    number: int
    """Of its intent."""
    pending: PendingChange
    changes: tuple[Change, ...]
    """What it means for the store, for each of the targets."""
    heir_id: str = ""
    """Of a deletion, the server's id of who takes over the mailboxes."""


class AskServer:
    """Write down what the server is about to be asked for, if the guards of a deed allow it."""

    runs_on: ClassVar[RunsOn] = "store"
    undoable: ClassVar[bool] = False
    name: str = ASK

    def __init__(self, operation: Operation, access: ServerAccess) -> None:
        self.operation = operation
        self.access = access
        self.name = operation.name
        self.reason = operation.reason
        self.address: str = getattr(operation, "address", "")
        self.addresses: tuple[str, ...] = getattr(operation, "addresses", ())
        self.calls: tuple[Call, ...] = ()
        self.alone: list[Change] = []
        """Changes that the server has nothing to do with."""
        self._rehearsal = Rehearsal((), (), None)
        self._rehearsed: dict[str, Outcome] = {}
        """What would come of it, by folded address."""
        self._refused: dict[str, Outcome] = {}

    @property
    def undoes(self) -> int | None:
        """The commit that is taken back."""
        return self._rehearsal.undoes

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Write down what to ask for; where there is nothing to ask, that is all.

        Raises:
            NotFound: the store has no server.
            Refused: what the deed raises; or it is a whole, and a part of it cannot be asked for; or the store
                follows another server than the one that would be asked.
        """
        server = work.state.server
        if server is None:
            raise no_server()
        if server.access != self.access:
            raise named_meanwhile(server)
        self._rehearsal = work.rehearse(self.operation)
        self._rehearsed = {fold(outcome.address): outcome for outcome in self._rehearsal.outcomes}
        wanted: dict[ServerDeed, list[Change]] = {}
        for change in self._rehearsal.changes:
            asked, why_not = _asked_for(change, isinstance(self.operation, UndoOperation), work)
            if why_not is not None:
                self._refuse(why_not)
            elif asked is None:
                self.alone.append(change)
            else:
                wanted.setdefault(asked, []).append(change)
        self.calls = tuple(self._calls(wanted, work))
        if self.calls and server.synced_at is None:
            raise Refused(
                f"{server.name} was never read from {server.access.url}: it is not known who is who there.",
                "Read it with 'kconsole sync'.",
                effect=NOTHING,
            )
        if self.calls:
            work.transaction.operation = ASK
            return []  # what is refused goes into the line that tells what was done
        take_alone(self.alone, work)
        return self.outcomes({})

    def outcomes(self, answered: Mapping[str, Outcome]) -> list[Outcome]:
        """What came of it for each address.

        Args:
            answered: what the server made of it, by folded address.
        """
        return [
            answered.get(fold(outcome.address)) or self._refused.get(fold(outcome.address)) or _as_read(outcome)
            for outcome in self._rehearsal.outcomes
        ]

    def outcome_of(self, address: str) -> Outcome:
        """What would come of it for an address if the server does it."""
        return self._rehearsed.get(fold(address), Outcome(address, "done", "done"))

    def _refuse(self, outcome: Outcome) -> None:
        if isinstance(self.operation, UndoOperation):
            raise Refused("cannot-undo-account", outcome.hints, address=outcome.address, reason=outcome.message)
        self._refused[fold(outcome.address)] = outcome

    def _calls(self, wanted: Mapping[ServerDeed, Sequence[Change]], work: OperationContext) -> Iterator[Call]:
        for asked, changes in wanted.items():
            at_once = 1 if asked == "add" else MOST_AT_ONCE
            for begin in range(0, len(changes), at_once):
                yield self._call(asked, tuple(changes[begin : begin + at_once]), work)

    def _call(self, asked: ServerDeed, changes: tuple[Change, ...], work: OperationContext) -> Call:
        after: Entry = changes[0].after
        domain = work.state.domain_named(after.domain)
        heir = work.state.entry_at(after.transferred_to) if asked == "delete" and after.transferred_to else None
        if heir is not None and not heir.server_id:
            raise Refused(f"{heir.address} {ONLY_HERE}: it cannot take a mailbox.", "Nothing was deleted.")
        pending = PendingChange(
            operation=asked,
            at=work.now,
            targets=tuple(_target(asked, change) for change in changes),
            mailbox=(after.mailbox_fate or "keep") if asked == "delete" else "",
            transfer_to="" if heir is None else heir.address,
            domain_id=domain.server_id if domain is not None and asked == "add" else "",
            reason=self.reason,
        )
        return Call(
            work.transaction.put_pending(pending),
            pending,
            changes,
            "" if heir is None else heir.server_id,
        )


def take_alone(changes: Sequence[Change], work: OperationContext) -> None:
    """Delete what is in this store only. It holds no seat: the server never had it."""
    for change in changes:
        if work.state.entries.get(change.number) == change.before:
            work.transaction.put_entry(replace(change.after, enabled=False))


def _asked_for(change: Change, is_undo: bool, work: OperationContext) -> tuple[ServerDeed | None, Outcome | None]:
    """What to ask the server for, to let a change be so there; or why that cannot be; or neither: it is ours alone."""
    before: Entry | None = change.before
    after: Entry | None = change.after
    if change.table != "entries" or after is None:
        raise Refused("It would change what only the server's administration can.", "Do it there.")
    was, will_be = before is not None and before.deleted_at is None, after.deleted_at is None
    if not after.is_account and (after.server_id or not was):
        return None, Outcome(
            after.address, "refused", "accounts-only-there", "do-it-there-and-sync", {"what": what_it_is(after)}
        )
    if not was:
        return _asked_to_add(after, is_undo, work)
    if not after.server_id:
        if will_be or is_undo:
            return None, Outcome(after.address, "refused", ONLY_HERE, "Read the server with 'kconsole sync'.")
        return None, None
    if not will_be:
        return "delete", None
    if before is None or replace(before, enabled=after.enabled) != after:
        return None, Outcome(after.address, "refused", "changes-more-than-enabled", "do-it-there-and-sync")
    return ("enable" if after.enabled else "disable"), None


def _asked_to_add(account: Entry, is_undo: bool, work: OperationContext) -> tuple[ServerDeed | None, Outcome | None]:
    if is_undo:
        hint = "Add it anew with 'kconsole add': the server attaches a mailbox that was kept to it again."
        return None, Outcome(
            account.address, "refused", "was deleted on the server, and that cannot be taken back", hint
        )
    domain = work.state.domain_named(account.domain)
    if domain is None or not domain.server_id:
        text = f"is in {account.domain}, a domain that was never read from the server"
        return None, Outcome(account.address, "refused", text, "Read the server with 'kconsole sync'.")
    return "add", None


def _target(asked: ServerDeed, change: Change) -> Target:
    entry: Entry = change.after
    return Target(number=change.number, server_id="" if asked == "add" else entry.server_id, address=entry.address)


def _as_read(outcome: Outcome) -> Outcome:
    """That nothing is to be done rests on what was read, not on what is so now."""
    if outcome.result != "unchanged":
        return outcome
    hint = "If that is not so any more, read the server with 'kconsole sync'."
    return outcome._replace(code="as-last-read", params={"what": outcome.message}, hint=hint)
