"""Resolves unconfirmed changes: asks the server about their accounts, and takes the answer into the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.records import Entry
from kconsole.core.server import PendingChange, Target
from kconsole.operations.base import Done, OperationContext, Outcome, RunsOn, revived
from kconsole.operations.session import Session
from kconsole.operations.sync.pull import gone, resolved
from kconsole.operations.sync.pull_plan import with_active_sync
from kconsole.operations.sync.push import take_done
from kconsole.providers.base import Capabilities, MailServer, ServerRefused


@dataclass(frozen=True)
class Recover:
    """Take in what became of unconfirmed changes. The caller holds the store's lock at the server."""

    name: ClassVar[str] = "settle"
    runs_on: ClassVar[RunsOn] = "store"
    undoable: ClassVar[bool] = False
    found: Mapping[int, Sequence[Entry | None]]
    """By the number of the pending change, the server's accounts for its targets."""
    capabilities: Capabilities
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for number, accounts in self.found.items():
            pending = context.state.pending_changes.get(number)
            if pending is not None:
                each = zip(pending.targets, accounts, strict=True)
                outcomes += [self._resolve(pending, target, account, context) for target, account in each]
                context.transaction.remove_pending(number)
        return outcomes

    def _resolve(
        self, pending: PendingChange, target: Target, account: Entry | None, context: OperationContext
    ) -> Outcome:
        known, live = context.state.entries.get(target.number), context.state.live_entry(target.number)
        if pending.operation == "add":
            if account is None:
                return resolved(pending, target, done=False)
            login, address = account.address, context.address_of(pending, target)
            account = with_active_sync(replace(account, address=f"{login}@{address.rpartition('@')[2]}"))
            new = revived(account, context.state)
            take_done(pending, target, context, new, self.capabilities, account.server_id)
            return resolved(pending, target, done=True, changed=True)
        if account is None and pending.operation != "delete":
            if live is not None:
                context.transaction.put_entry(gone(live, None, context, self.capabilities))
            return Outcome(target.address, "done", "gone-from-server")
        if account is None:
            after = known or Entry(address=target.address)
            after = replace(after, mailbox_fate=pending.mailbox or "keep", transferred_to=pending.transfer_to)
            take_done(pending, target, context, after, self.capabilities)
            return resolved(pending, target, done=True, changed=True)
        if live is not None and live.enabled != account.enabled:
            context.transaction.put_entry(replace(live, enabled=account.enabled))
        done = pending.operation != "delete" and account.enabled == (pending.operation == "enable")
        return resolved(pending, target, done, changed=done)


Question = tuple[str, str, str]
"""What `MailServer.find` takes: the id of a domain, empty if that was never read; a login; the id of an account, empty
for one that may be new."""

Questions = Mapping[int, Sequence[Question]]
"""By the number of the pending change, the accounts to look for."""


def questions_about(session: Session, numbers: Iterable[int]) -> Questions:
    """What the server has to be asked about pending changes, as far as they are still there."""
    pending_changes = session.state.pending_changes
    return {
        number: [_question(session, pending_changes[number], target) for target in pending_changes[number].targets]
        for number in numbers
        if number in pending_changes
    }


def answers_to(questions: Questions, mail: MailServer) -> Recover:
    """Ask the server, and return what is to be taken in. It needs no session: a thread may do this.

    A change to accounts that the login may not read stays unconfirmed, for a login that may.
    """
    found = {}
    for number, asked in questions.items():
        try:
            found[number] = [mail.find(*question) if question[0] else None for question in asked]
        except ServerRefused as refused:
            if refused.reason != "no-right":
                raise
    return Recover(found, mail.capabilities())


def recover(session: Session, mail: MailServer) -> Done | None:
    """Ask the server about all unconfirmed changes, and take in its answers; None if there is nothing to take in.

    The caller holds the store's lock at the server, so that no other process is at work on a pending change.

    Raises:
        SourceAway, ServerRefused: the server did not answer as it should; everything stays unconfirmed.
    """
    session.catch_up()
    answers = answers_to(questions_about(session, session.state.pending_changes), mail)
    return session.commit(answers) if answers.found else None


def _question(session: Session, pending: PendingChange, target: Target) -> Question:
    if pending.domain_id:
        return pending.domain_id, target.address.rpartition("@")[0], ""
    entry = session.state.live_entry(target.number)
    login, _, name = (target.address if entry is None else entry.address).rpartition("@")
    domain = session.state.domain_named(name)
    return "" if domain is None else domain.server_id, login, target.server_id
