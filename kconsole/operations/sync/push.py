"""Applies an operation on the server first, and then in the store with the server's answers.

    a rehearsal under the guards -> pending changes in the journal -> the server is asked -> its answers are committed

`requests` has the first two steps. A pending change that is found later was left by a crash or by a lost answer: it is
unconfirmed, and `recover` asks the server about it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import Message, hints_of, message, short
from kconsole.core.decisions import Decision, decided_on
from kconsole.core.errors import ConsoleError, NotPermitted, StoreBusy, StoreUnusable
from kconsole.core.history import Change
from kconsole.core.identity import canonical_address
from kconsole.core.records import Entry
from kconsole.core.roles import Capability
from kconsole.core.server import PendingChange, Target
from kconsole.operations.accounts import own_address
from kconsole.operations.base import Done, HalfDone, Operation, OperationContext, Outcome, RunsOn
from kconsole.operations.session import Session
from kconsole.operations.sync.requests import (
    NOTHING_CHANGED,
    AskServer,
    Call,
    delete_local,
    take_decisions,
    take_following,
)
from kconsole.providers.base import AnswerLost, Applied, Capabilities, Denied, MailServer, ServerRefused

SHOWS_STATE: Final = "sync-shows-state"
"""The hint after a change whose result is not known."""

Results = tuple[Applied | Denied, ...]


@dataclass(frozen=True)
class TakeAnswers:
    """Take into the store what the server did."""

    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "read-server"
    name: str
    reason: str
    asked: AskServer
    answers: Mapping[int, Results]
    """By the number of the pending change; others were not asked for, or their answer is lost."""
    lost: frozenset[int]
    """The numbers of the pending changes whose answer is lost: they stay, unconfirmed."""

    @property
    def use(self) -> str:
        """The reservation that the operation has used, which is among its decisions."""
        return str(getattr(self.asked.operation, "use", ""))

    def apply(self, context: OperationContext) -> list[Outcome]:
        answered: dict[str, Outcome] = {}  # no guard is asked, because the server has done it
        for call in self.asked.calls:
            if call.number in context.state.pending_changes and call.number not in self.lost:
                context.transaction.remove_pending(call.number)
            for place, (target, change) in enumerate(zip(call.pending.targets, call.changes, strict=True)):
                outcome = self._outcome(call, place, target, change, context)
                known = answered.get(key := canonical_address(outcome.address))
                if (
                    known is None or not known.failed
                ):  # several aliases are one outcome: that of the account they deliver to
                    answered[key] = outcome
        delete_local(self.asked.local, context)
        done = {address for address, outcome in answered.items() if outcome.result == "done"}
        take_following(self.asked.following, done, context)
        # the decision of one account is about it, whatever it is called; of several, each names its own
        alone = done if len(answered) == 1 else None
        due = (each for each in self.asked.decisions if alone or canonical_address(decided_on(_after(each))) in done)
        take_decisions(due, context)
        if any(outcome.result == "done" for outcome in answered.values()):
            context.transaction.undoes = self.asked.undoes
            if len(self.answers) == len(self.asked.calls):  # else the rest can be tried again
                context.transaction.plan = self.asked.plan
        return self.asked.outcomes(answered)

    def _outcome(self, call: Call, place: int, target: Target, change: Change, context: OperationContext) -> Outcome:
        if call.pending.operation == "alias":
            return self._alias_outcome(call, target, change.after, context)
        if call.number in self.lost:
            return Outcome(target.address, "open", "unconfirmed")
        if call.number not in self.answers:
            return Outcome(target.address, "refused", "not-asked")
        answer = self.answers[call.number][place]
        if isinstance(answer, Denied):
            return denied(answer, call.pending, target, change.before, context, self.asked.capabilities)
        take_done(call.pending, target, context, change.after, answer.server_id)
        outcome = self.asked.outcome_of(target.address)
        if call.pending.operation == "add" and getattr(self.asked.operation, "password", None) is None:
            return outcome._replace(code="without-password", params={"what": outcome.message})
        return outcome

    def _alias_outcome(self, call: Call, target: Target, alias: Entry, context: OperationContext) -> Outcome:
        """The outcome of an alias, which is that of the account that it delivers to."""
        to, params = call.pending.transfer_to, {"alias": target.address}
        if call.number in self.lost:
            return Outcome(to, "open", "alias-unconfirmed", "offboard-again", params)
        if call.number not in self.answers:
            hint = None if _is_taken(self.asked.calls, self.answers) else "offboard-again"
            return Outcome(to, "refused", "alias-not-asked", hint, params)
        (answer,) = self.answers[call.number]
        if isinstance(answer, Denied):
            said = short(answer.said).rstrip(".")
            return Outcome(to, "refused", "alias-denied", "make-the-alias-there", {**params, "said": said})
        take_done(call.pending, target, context, alias, answer.server_id)
        return self.asked.outcome_of(to)


def _after(change: Change) -> Decision:
    decision: Decision = change.after or change.before
    return decision


def take_done(
    pending: PendingChange, target: Target, context: OperationContext, after: Entry, server_id: str = ""
) -> None:
    """Take into the store what the server did for one account, whatever else became of that meanwhile.

    `after` is the account as it was meant to be; a new one, as it is on the server under this id.
    """
    state, transaction = context.state, context.transaction
    if pending.operation == "alias":
        address = context.address_of(pending, target)
        known = state.entry_at(address)
        alias = after if known is None else replace(known, delivers_to=after.delivers_to)
        if alias.kind == "alias":
            transaction.put_entry(replace(alias, address=address, server_id=server_id or alias.server_id))
        return
    if pending.operation == "add":
        address = context.address_of(pending, target)
        known = next((each for each in state.entries.values() if server_id and each.server_id == server_id), None)
        known = known or state.entry_at(address)
        if known is not None:  # a sync, or another console, has brought it already
            transaction.put_entry(replace(known, server_id=server_id or known.server_id, enabled=after.enabled))
        else:
            transaction.put_entry(replace(after, address=address, server_id=server_id))
        return
    known = state.entries.get(target.number)
    if known is None:
        return
    fate = {"mailbox_fate": after.mailbox_fate, "transferred_to": after.transferred_to}
    if known.deleted_at is not None:  # a sync has brought that already
        if pending.operation == "delete" and known.mailbox_fate is None:
            transaction.put_entry(replace(known, **fate))
    elif pending.operation == "delete":
        transaction.put_entry(deleted(replace(known, **fate), context))
    else:
        transaction.put_entry(replace(known, enabled=pending.operation == "enable"))


def deleted(entry: Entry, context: OperationContext) -> Entry:
    """An entry as deleted now. One that was never on the server holds no seat there."""
    return replace(entry, deleted_at=context.now, enabled=entry.enabled and bool(entry.server_id))


def push(session: Session, operation: Operation, mail: MailServer, check_alone: Callable[[], None]) -> Done:
    """Apply an operation on the server, and then in the store.

    The caller holds the store's lease at the server, and has recovered unconfirmed changes. `check_alone` raises if the
    lease was lost: then others may be at the server, and it is asked for nothing more.

    Raises:
        Refused: a guard or the server refused it as a whole; nothing was done.
        SourceAway: the server did not answer as it should. Nothing was done, or the result is unconfirmed: then the
            error says so, and the pending change stays.
        HalfDone: the same after a part of it was done.
    """
    asked = AskServer(operation, mail.access, mail.capabilities())
    done = session.commit(asked)
    if not asked.calls:
        return done
    answers, lost, error = _ask(mail, asked, check_alone)
    try:
        done = session.commit(TakeAnswers(asked.name, asked.reason, asked, answers, frozenset(lost)))
    except (NotPermitted, StoreBusy, StoreUnusable) as store_error:
        _explain_not_taken(store_error, asked, answers, error)
        raise
    if error is None:
        return done
    if done.changed:
        raise HalfDone(done, error)
    if not lost:
        error.effect = Message(NOTHING_CHANGED)
    raise error


def _ask(
    mail: MailServer, asked: AskServer, check_alone: Callable[[], None]
) -> tuple[dict[int, Results], set[int], ConsoleError | None]:
    """Ask for one call after the other until something goes wrong: the answers, what is lost, and the error."""
    answers: dict[int, Results] = {}
    for call in asked.calls:
        if call.pending.operation == "alias" and _is_taken(asked.calls, answers):
            continue
        lost: set[int] = set()
        error: ConsoleError
        try:
            check_alone()
            answer = mail.apply(call.step)
        except ConsoleError as raised:
            error = raised
            error.effect = None  # the effect on the whole is added later
            if isinstance(error, ServerRefused):
                error.hints = (*error.hints, message("do-it-there-and-sync"))
        else:
            if not isinstance(answer, AnswerLost):
                answers[call.number] = answer
                continue
            lost, error = {call.number}, answer
            if call.pending.operation == "delete":  # the aliases at its address stay to be asked about, too
                lost |= {each.number for each in asked.calls if each.pending.operation == "alias"}
            error.hints = hints_of(SHOWS_STATE)
        addresses = [target.address for target in call.pending.targets]
        asked_for = message("asked-to", operation=call.pending.operation, addresses=addresses)
        error.details = (asked_for, *error.details)
        return answers, lost, error
    return answers, set(), None


def _is_taken(calls: Iterable[Call], answers: Mapping[int, Results]) -> bool:
    """Whether the account is still there whose address an alias was to have."""
    deletions = (answers.get(call.number, ()) for call in calls if call.pending.operation == "delete")
    return any(isinstance(answer, Denied) for answers in deletions for answer in answers)


def _explain_not_taken(
    store_error: ConsoleError, asked: AskServer, answers: Mapping[int, Results], error: ConsoleError | None
) -> None:
    """Let the store's error say what the server did, which the store does not have."""
    each = ((call.pending.targets, answers[call.number]) for call in asked.calls if call.number in answers)
    pairs = [pair for targets, results in each for pair in zip(targets, results, strict=False)]
    done = [target.address for target, answer in pairs if isinstance(answer, Applied)]
    what = message("server-did-nothing") if error is None else error.happened
    if done:
        what = message("server-did-it", addresses=done)
        store_error.details = store_error.details if error is None else (*store_error.details, error.happened)
    store_error.happened = message("store-could-not-take-it", what=what, store=store_error.happened)
    store_error.effect = None if error is None else error.effect
    store_error.hints = (*store_error.hints, *hints_of(SHOWS_STATE))


def denied(
    answer: Denied,
    pending: PendingChange,
    target: Target,
    account: Entry | None,
    context: OperationContext,
    capabilities: Capabilities,
) -> Outcome:
    """The outcome for an account that the server refused to change, with the likely rule behind it.

    `account` is what the store knows of it; None for a new one.
    """
    said = answer.said.replace(target.server_id, target.address) if target.server_id else answer.said
    params: dict[str, Any] = {"said": short(said).rstrip(".")}
    code = f"denied-{answer.reason}"
    if answer.reason == "no-right":
        code = _rule_of(target.address, account, context, capabilities)
        params["login"] = "" if context.state.server is None else context.state.server.access.user
    elif answer.reason == "not-there" and pending.operation == "add":
        code, params["domain"] = "denied-domain-gone", target.domain
    elif answer.reason == "not-there" and pending.transfer_to:
        code, params["heir"] = "denied-not-there-or-heir", pending.transfer_to
    return Outcome(target.address, "refused", code, f"after-{code}", params)


def _rule_of(address: str, account: Entry | None, context: OperationContext, capabilities: Capabilities) -> str:
    """Which rule made the server deny the right, as far as that is known: a code.

    Administrators cannot disable or delete themselves, nor accounts of higher rights.
    """
    server = context.state.server
    if server is None:
        return "denied-no-right"
    login = server.access.user
    ranks, rank = capabilities.ranks, capabilities.ranks.get(server.role)
    if own_address(login, context.state.primary_domain) == canonical_address(address):
        return "denied-own-account"
    if server.role == "auditor":
        return "denied-auditor"
    if rank is not None and account is not None and ranks.get(account.role, 0) > rank:
        return "denied-higher-rights"
    if rank == max(ranks.values()) or context.license_status.is_expired:
        return "denied-license-ended"
    return "denied-no-right-to-it"
