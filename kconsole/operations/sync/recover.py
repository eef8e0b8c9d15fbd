"""Resolves unconfirmed changes: asks the server about their accounts, and takes the answer into the store.

`Writer` does that before each operation that it pushes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.errors import DATABASE_REFUSES, NotPermitted, SourceAway
from kconsole.core.records import Entry
from kconsole.core.roles import Capability
from kconsole.core.server import PendingChange, ServerAccess, Target
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, Operation, OperationContext, Outcome, RunsOn, revived
from kconsole.operations.server_errors import named_meanwhile, server_of
from kconsole.operations.session import Session
from kconsole.operations.sync.pull import gone, note_restart, resolved
from kconsole.operations.sync.pull_plan import with_active_sync
from kconsole.operations.sync.push import push, take_done
from kconsole.operations.sync.requests import NOTHING_CHANGED
from kconsole.providers.base import USUAL_TIMEOUTS, Flag, MailServer, ServerRefused, Timeouts, provider_of


@dataclass(frozen=True)
class Recover:
    """Take in what became of unconfirmed changes. The caller holds the store's lock at the server."""

    name: ClassVar[str] = "settle"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "read-server"
    undoable: ClassVar[bool] = False
    found: Mapping[int, Sequence[Entry | None]]
    """By the number of the pending change, the server's accounts for its targets."""
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
        if pending.operation == "alias":
            if account is not None:
                there = context.state.entry_at(context.address_of(pending, target))
                targets = dict.fromkeys((*(() if there is None else there.delivers_to), *account.delivers_to))
                take_done(pending, target, context, replace(account, delivers_to=tuple(targets)), account.server_id)
            return resolved(pending, target, account is not None, account is not None)
        if pending.operation == "add":
            if account is None:
                return resolved(pending, target, done=False)
            login, address = account.address, context.address_of(pending, target)
            account = with_active_sync(replace(account, address=f"{login}@{address.rpartition('@')[2]}"))
            new = revived(account, context.state, context.policy)
            take_done(pending, target, context, new, account.server_id)
            return resolved(pending, target, done=True, changed=True)
        if account is None and pending.operation != "delete":
            if live is not None:
                context.transaction.put_entry(gone(live, None, context))
            return Outcome(target.address, "done", "gone-from-server")
        if account is None:
            after = known or Entry(address=target.address)
            after = replace(after, mailbox_fate=pending.mailbox or "keep", transferred_to=pending.transfer_to)
            take_done(pending, target, context, after)
            return resolved(pending, target, done=True, changed=True)
        if live is not None and live.enabled != account.enabled:
            context.transaction.put_entry(replace(live, enabled=account.enabled))
        done = pending.operation != "delete" and account.enabled == (pending.operation == "enable")
        return resolved(pending, target, done, changed=done)


class Question(NamedTuple):
    """What `MailServer.find` and `find_alias` take."""

    domain_id: str
    """Empty for a domain that was never read."""
    login: str
    server_id: str = ""
    """Empty for an account that may be new."""
    deliver_to: str = ""
    """Where an alias delivers; empty for an account."""


Questions = Mapping[int, Sequence[Question]]
"""By the number of the pending change, the accounts to look for."""


def questions_about(session: Session, numbers: Iterable[int]) -> Questions:
    """What the server has to be asked about pending changes, as far as they are still there."""
    pending_changes = session.store.state.pending_changes
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
            found[number] = [_found(mail, question) for question in asked]
        except ServerRefused as refused:
            if refused.reason != "no-right":
                raise
    return Recover(found)


def _found(mail: MailServer, question: Question) -> Entry | None:
    domain_id, login, server_id, deliver_to = question
    if not domain_id:
        return None
    return mail.find_alias(domain_id, login, deliver_to) if deliver_to else mail.find(domain_id, login, server_id)


def recover(session: Session, mail: MailServer) -> Done | None:
    """Ask the server about all unconfirmed changes, and take in its answers; None if there is nothing to take in.

    The caller holds the store's lock at the server, so that no other process is at work on a pending change. If the
    server does not answer as it should, everything stays unconfirmed; what a database does not let this login take in
    stays so for a login that may.
    """
    session.catch_up()
    answers = answers_to(questions_about(session, session.store.state.pending_changes), mail)
    if not answers.found:
        return None
    try:
        return take_in(answers, session.commit)
    except NotPermitted as refused:
        if refused.code != DATABASE_REFUSES:
            raise
        return None


def take_in(answers: Recover, save: Callable[[Operation], Done]) -> Done:
    """Save what the server says of unconfirmed changes.

    A database lets a login take in what its role could change. The rest stays unconfirmed, for a login that may.

    Raises:
        NotPermitted: that is all of it.
    """
    try:
        return save(answers)
    except NotPermitted as refused:
        taken: list[Done] = []
        for number, found in answers.found.items() if refused.code == DATABASE_REFUSES else ():
            with suppress(NotPermitted):
                taken.append(save(Recover({number: found})))
        if not taken:
            raise
    outcomes = tuple(outcome for done in taken for outcome in done.outcomes)
    return taken[-1]._replace(outcomes=outcomes, before=taken[0].before)


def _question(session: Session, pending: PendingChange, target: Target) -> Question:
    if pending.domain_id:
        deliver_to = pending.transfer_to if pending.operation == "alias" else ""
        return Question(pending.domain_id, target.address.rpartition("@")[0], "", deliver_to)
    entry = session.store.state.live_entry(target.number)
    login, _, name = (target.address if entry is None else entry.address).rpartition("@")
    domain = session.store.state.domain_named(name)
    return Question("" if domain is None else domain.server_id, login, target.server_id)


_DELETE: Final = ("delete", "offboard", "reclaim", "undo")
"""The operations that may delete accounts."""


@dataclass(frozen=True)
class Writer:
    """Logs in for each operation.

    Args:
        secret: the password to the server.
        cancel: set when the user cancels; what was sent before may be applied or not.
        access: the server that the password belongs to; if the store follows another one by then, that does not
            receive the password. None for the server that the session knows at the beginning.
        timeouts: of connecting and of each call.
        recovered: called with what became of unconfirmed changes, if there were any.
    """

    secret: Secret
    cancel: Flag | None = None
    access: ServerAccess | None = None
    timeouts: Timeouts = USUAL_TIMEOUTS
    recovered: Callable[[Done], None] | None = None

    def do(self, session: Session, operation: Operation) -> Done:
        """Apply an operation on the server, and then in the store; unconfirmed changes are recovered first.

        Raises:
            NotFound: the store follows no server any more.
            Refused, SourceAway, HalfDone: as `push`; or the store follows another server than the password is for.
            StoreBusy: another process is changing the server.
        """
        is_pushed = False
        try:
            with session.store.lease("server") as check_alone, self.connected(session) as mail:
                done = recover(session, mail)
                if done is not None and self.recovered is not None:
                    self.recovered(done)
                if operation.name in _DELETE:
                    note_restart(session, mail)
                is_pushed = True
                return push(session, operation, mail, check_alone)
        except (SourceAway, ServerRefused) as error:
            if not is_pushed:
                error.effect = Message(NOTHING_CHANGED)
                pending_changes = session.store.state.pending_changes.values()
                addresses = [target.address for pending in pending_changes for target in pending.targets]
                if addresses:
                    error.details = (*error.details, message("unconfirmed-first", addresses=addresses))
            raise

    def connected(self, session: Session) -> AbstractContextManager[MailServer]:
        """A session with the server that the store follows now; raises Refused if the password is for another one."""
        before = session.store.state.server
        meant = self.access or (None if before is None else before.access)
        session.catch_up()
        server = server_of(session.store.state)
        if meant is not None and server.access != meant:
            raise named_meanwhile(server)
        return provider_of(server.access).connected(server.access, self.secret, self.cancel, self.timeouts)
