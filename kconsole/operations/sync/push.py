"""What is done on the live server first, and in the store with the server's answer.

    a rehearsal under the guards -> intents in the journal -> the server is asked -> its answers, and no intents

`operations.ask_server` has the first two steps. An intent that is found later was left by a crash, or by an answer
that never came: only the server knows what is so. `operations.settling` asks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import Message, hints_of, message
from kconsole.core.errors import ConsoleError, StoreBusy, StoreUnusable
from kconsole.core.history import Change
from kconsole.core.records import Entry, MailboxFate, fold
from kconsole.core.server import PendingChange, Server, Target
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, HalfDone, Operation, OperationContext, Outcome, RunsOn
from kconsole.operations.sync.refusals import refused_there
from kconsole.operations.sync.requests import NOTHING, AskServer, Call, take_alone
from kconsole.providers.kerio.errors import AnswerLost, ItemError, ServerRefused
from kconsole.providers.kerio.reading import find_user
from kconsole.providers.kerio.writing import Created, NewUser, Removal, create, remove, set_enabled

if TYPE_CHECKING:
    from kconsole.operations.session import Session
    from kconsole.providers.kerio.client import KerioClient

OPEN: Final = "Read the server with 'kconsole sync', which shows what is so; the next change on it asks that too."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to a call."""

    errors: Mapping[int, ItemError]
    """Those that it was not done for, by their place."""
    server_id: str = ""
    """Of a new account."""


@dataclass(frozen=True)
class TakeAnswers:
    """Take into the store what the server did."""

    runs_on: ClassVar[RunsOn] = "store"
    asked: AskServer
    answers: Mapping[int, Answer]
    """By the number of the intent; what is not among them was not asked, or never answered."""
    lost: frozenset[int]
    """The numbers of the intents whose answer never came: they stay open."""

    @property
    def name(self) -> str:
        """As the deed itself."""
        return self.asked.operation.name

    @property
    def reason(self) -> str:
        """As that of the deed."""
        return self.asked.operation.reason

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Take it. No guard is asked: the server has done it."""
        server = work.state.server
        answered: dict[str, Outcome] = {}
        for call in self.asked.calls:
            answer = self.answers.get(call.number)
            if call.number in work.state.pending_changes and call.number not in self.lost:
                work.transaction.remove_pending(call.number)
            for index, (target, change) in enumerate(zip(call.pending.targets, call.changes, strict=True)):
                answered[fold(target.address)] = self._outcome(call, answer, index, target, change, server, work)
        take_alone(self.asked.alone, work)
        if self.asked.undoes is not None and any(outcome.result == "done" for outcome in answered.values()):
            work.transaction.undoes = self.asked.undoes
        return self.asked.outcomes(answered)

    def _outcome(
        self,
        call: Call,
        answer: Answer | None,
        index: int,
        target: Target,
        change: Change,
        server: Server | None,
        work: OperationContext,
    ) -> Outcome:
        if answer is None:
            if call.number in self.lost:
                return Outcome(target.address, "open", "is not known to be done")
            return Outcome(target.address, "refused", "was not asked of the server")
        if index in answer.errors:
            return refused_there(answer.errors[index], call.pending, target, change.before, server, work)
        take_done(call.pending, target, work, change.after, answer.server_id)
        outcome = self.asked.outcome_of(target.address)
        if call.pending.operation == "add" and getattr(self.asked.operation, "password", None) is None:
            return outcome._replace(code="without-password", params={"what": outcome.message})
        return outcome


def take_done(
    pending: PendingChange, target: Target, work: OperationContext, after: Entry, server_id: str = ""
) -> None:
    """Let the store hold what the server did for one account, whatever else became of that meanwhile.

    Args:
        pending: what was asked for.
        target: for whom.
        work: the deed in the making.
        after: the account as it was meant to be; of a new one, as it is.
        server_id: of a new account.
    """
    if pending.operation == "add":
        address = work.address_of(pending, target)
        known = next((each for each in work.state.entries.values() if server_id and each.server_id == server_id), None)
        known = known or work.state.entry_at(address)
        if known is not None:  # a reading of the server, or another console, has brought it already
            work.transaction.put_entry(replace(known, server_id=server_id or known.server_id, enabled=after.enabled))
        else:
            work.transaction.put_entry(replace(after, address=address, server_id=server_id))
        return
    known = work.state.entries.get(target.number)
    if known is None:
        return
    if known.deleted_at is not None:  # a reading of the server has brought that already
        if pending.operation == "delete" and known.mailbox_fate is None:
            work.transaction.put_entry(
                replace(known, mailbox_fate=after.mailbox_fate, transferred_to=after.transferred_to)
            )
        return
    if pending.operation != "delete":
        work.transaction.put_entry(replace(known, enabled=pending.operation == "enable"))
        return
    deleted = replace(known, deleted_at=work.now, mailbox_fate=after.mailbox_fate, transferred_to=after.transferred_to)
    work.transaction.put_entry(deleted)


def write(session: "Session", operation: Operation, line: "KerioClient", password: Secret | None = None) -> Done:
    """Do a deed on the server, and then in the store.

    For who holds the store's lock at the server, and has settled what was open.

    Args:
        session: with the store.
        operation: what to do.
        line: to its server.
        password: of a new account.

    Raises:
        Refused: a guard said no, or the server did to the whole; nothing was done.
        SourceAway: the server did not answer as it should. Nothing was done, or what came of it is not known: then
            it says so, and an intent stays open.
        HalfDone: that happened after some of it had been done.
    """
    asked = AskServer(operation, line.server)
    done = session.commit(asked)
    if not asked.calls:
        return done
    answers: dict[int, Answer] = {}
    lost: set[int] = set()
    trouble: ConsoleError | None = None
    for call in asked.calls:
        try:
            answers[call.number] = _answer(line, call, password)
        except AnswerLost as error:
            lost.add(call.number)
            trouble = error
            trouble.hints = hints_of(OPEN)
        except ConsoleError as error:
            trouble = error
            trouble.effect = None  # what became of the whole is told below
            if isinstance(error, ServerRefused):
                trouble.hints = (*error.hints, message("do-it-there-and-sync"))
        if trouble is not None:
            addresses = [target.address for target in call.pending.targets]
            asked_for = message("asked-to", operation=call.pending.operation, addresses=addresses)
            trouble.details = (asked_for, *trouble.details)
            break
    try:
        done = session.commit(TakeAnswers(asked, answers, frozenset(lost)))
    except (StoreBusy, StoreUnusable) as error:
        _tell_not_taken(error, asked, answers, trouble)
        raise
    if trouble is None:
        return done
    if done.changed:
        raise HalfDone(done, trouble)
    if not lost:
        trouble.effect = Message(NOTHING)
    raise trouble


def _tell_not_taken(
    error: ConsoleError, asked: AskServer, answers: Mapping[int, Answer], trouble: ConsoleError | None
) -> None:
    """Let the store's error say what is so on the server, which it knows nothing of."""
    calls = [(call.pending.targets, answers[call.number].errors) for call in asked.calls if call.number in answers]
    done = [target.address for targets, errors in calls for at, target in enumerate(targets) if at not in errors]
    what = message("server-did-nothing") if trouble is None else trouble.happened
    if done:
        what = message("server-did-it", addresses=done)
        error.details = error.details if trouble is None else (*error.details, trouble.happened)
    error.happened = message("store-could-not-take-it", what=what, store=error.happened)
    error.effect = None
    error.hints = (*error.hints, *hints_of(OPEN))


def _answer(line: "KerioClient", call: Call, password: Secret | None) -> Answer:
    """Ask the server. Raises as `sources.kerio_api.writing.set_enabled`."""
    pending = call.pending
    if pending.operation == "add":
        return _created(line, call, password)
    ids = [target.server_id for target in pending.targets]
    if pending.operation == "delete":
        fate: MailboxFate = call.changes[0].after.mailbox_fate or "keep"
        errors = remove(line, [Removal(id_, fate, call.heir_id) for id_ in ids])
    else:
        errors = set_enabled(line, ids, pending.operation == "enable")
    return Answer({error.index: error for error in errors})


def _created(line: "KerioClient", call: Call, password: Secret | None) -> Answer:
    account: Entry = call.changes[0].after
    user = NewUser(call.pending.domain_id, account.login, account.full_name, account.description, password=password)
    made = create(line, user)
    if not isinstance(made, Created):
        return Answer({0: made})
    if made.id:
        return Answer({}, made.id)
    try:
        found = find_user(line, call.pending.domain_id, account.login)
    except ConsoleError:
        found = None
    if found is None:  # without the server's id nothing can be asked for it
        raise AnswerLost(
            f"{line.origin} told no id of {account.address}, and does not show it.",
            effect="Whether it was added is not known.",
        )
    return Answer({}, found.id)
