"""What is done on the live server first, and in the store with the server's answer.

    a rehearsal under the guards -> intents in the journal -> the server is asked -> its answers, and no intents

The deed is rehearsed, and what it would change says what to ask for. An intent that is found later was left by a
crash, or by an answer that never came: only the server knows what is so. `operations.settling` asks it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from kconsole.model.errors import ConsoleError, Refused, StoreBusy, StoreUnusable
from kconsole.model.history import Change
from kconsole.model.kerio import KerioServer
from kconsole.model.records import Entry, MailboxFate, fold
from kconsole.model.server import Intent, Server, ServerDeed, Target
from kconsole.operations.accounts import what_it_is
from kconsole.operations.deeds import Deed, Done, HalfDone, Outcome, Rehearsal, Work, some_of
from kconsole.operations.server_refusals import refused_there
from kconsole.operations.undo import UndoDeed
from kconsole.operations.ways import named_meanwhile, no_server
from kconsole.sources.kerio_api.errors import AnswerLost, ItemError, ServerRefused
from kconsole.sources.kerio_api.reading import find_user
from kconsole.sources.kerio_api.writing import MOST_AT_ONCE, Created, NewUser, Removal, create, remove, set_enabled
from kconsole.sources.secret import Secret

if TYPE_CHECKING:
    from kconsole.operations.session import Session
    from kconsole.sources.kerio_api.wire import Line

ASK: Final = "ask server"
"""How the journal names that the server is about to be asked."""

OPEN: Final = "Read the server with 'kconsole sync', which shows what is so; the next change on it asks that too."


@dataclass(frozen=True, slots=True)
class Call:
    """One thing to ask of the server, for one account or several."""

    number: int
    """Of its intent."""
    intent: Intent
    changes: tuple[Change, ...]
    """What it means for the store, for each of the targets."""
    heir_id: str = ""
    """Of a deletion, the server's id of who takes over the mailboxes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to a call."""

    errors: Mapping[int, ItemError]
    """Those that it was not done for, by their place."""
    server_id: str = ""
    """Of a new account."""


class AskServer:
    """Write down what the server is about to be asked for, if the guards of a deed allow it."""

    def __init__(self, deed: Deed, access: KerioServer) -> None:
        self.deed = deed
        self.access = access
        self.name = deed.name
        self.reason = deed.reason
        self.address: str = getattr(deed, "address", "")
        self.addresses: tuple[str, ...] = getattr(deed, "addresses", ())
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

    def perform(self, work: Work) -> list[Outcome]:
        """Write down what to ask for; where there is nothing to ask, that is all.

        Raises:
            NotFound: the store has no server.
            Refused: what the deed raises; or it is a whole, and a part of it cannot be asked for; or the store
                follows another server than the one that would be asked.
        """
        server = work.store.server
        if server is None:
            raise no_server()
        if server.access != self.access:
            raise named_meanwhile(server)
        self._rehearsal = work.rehearse(self.deed)
        self._rehearsed = {fold(outcome.address): outcome for outcome in self._rehearsal.outcomes}
        wanted: dict[ServerDeed, list[Change]] = {}
        for change in self._rehearsal.changes:
            asked, why_not = _asked_for(change, isinstance(self.deed, UndoDeed), work)
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
            work.call_it(ASK)
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
        if isinstance(self.deed, UndoDeed):
            raise Refused(f"It cannot be undone: {outcome.address} {outcome.text}.", outcome.hint)
        self._refused[fold(outcome.address)] = outcome

    def _calls(self, wanted: Mapping[ServerDeed, Sequence[Change]], work: Work) -> Iterator[Call]:
        for asked, changes in wanted.items():
            at_once = 1 if asked == "add" else MOST_AT_ONCE
            for begin in range(0, len(changes), at_once):
                yield self._call(asked, tuple(changes[begin : begin + at_once]), work)

    def _call(self, asked: ServerDeed, changes: tuple[Change, ...], work: Work) -> Call:
        after: Entry = changes[0].after
        domain = work.store.domain_named(after.domain)
        heir = work.store.entry_at(after.transferred_to) if asked == "delete" and after.transferred_to else None
        if heir is not None and not heir.server_id:
            raise Refused(f"{heir.address} {ONLY_HERE}: it cannot take a mailbox.", "Nothing was deleted.")
        intent = Intent(
            deed=asked,
            at=work.now,
            targets=tuple(_target(asked, change) for change in changes),
            mailbox=(after.mailbox_fate or "keep") if asked == "delete" else "",
            transfer_to="" if heir is None else heir.address,
            domain_id=domain.server_id if domain is not None and asked == "add" else "",
            reason=self.reason,
        )
        return Call(
            work.put_intent(intent),
            intent,
            changes,
            "" if heir is None else heir.server_id,
        )


@dataclass(frozen=True)
class TakeAnswers:
    """Take into the store what the server did."""

    asked: AskServer
    answers: Mapping[int, Answer]
    """By the number of the intent; what is not among them was not asked, or never answered."""
    lost: frozenset[int]
    """The numbers of the intents whose answer never came: they stay open."""

    @property
    def name(self) -> str:
        """As the deed itself."""
        return self.asked.deed.name

    @property
    def reason(self) -> str:
        """As that of the deed."""
        return self.asked.deed.reason

    def perform(self, work: Work) -> list[Outcome]:
        """Take it. No guard is asked: the server has done it."""
        server = work.store.server
        answered: dict[str, Outcome] = {}
        for call in self.asked.calls:
            answer = self.answers.get(call.number)
            if call.number in work.store.intents and call.number not in self.lost:
                work.remove_intent(call.number)
            for index, (target, change) in enumerate(zip(call.intent.targets, call.changes, strict=True)):
                answered[fold(target.address)] = self._outcome(call, answer, index, target, change, server, work)
        take_alone(self.asked.alone, work)
        if self.asked.undoes is not None and any(outcome.result == "done" for outcome in answered.values()):
            work.note_undoing(self.asked.undoes)
        return self.asked.outcomes(answered)

    def _outcome(
        self,
        call: Call,
        answer: Answer | None,
        index: int,
        target: Target,
        change: Change,
        server: Server | None,
        work: Work,
    ) -> Outcome:
        if answer is None:
            if call.number in self.lost:
                return Outcome(target.address, "open", "is not known to be done")
            return Outcome(target.address, "refused", "was not asked of the server")
        if index in answer.errors:
            return refused_there(answer.errors[index], call.intent, target, change.before, server, work)
        take_done(call.intent, target, work, change.after, answer.server_id)
        outcome = self.asked.outcome_of(target.address)
        if call.intent.deed == "add" and getattr(self.asked.deed, "password", None) is None:
            return outcome._replace(text=f"{outcome.text}; it has no password yet, so that nobody can log in")
        return outcome


def take_done(intent: Intent, target: Target, work: Work, after: Entry, server_id: str = "") -> None:
    """Let the store hold what the server did for one account, whatever else became of that meanwhile.

    Args:
        intent: what was asked for.
        target: for whom.
        work: the deed in the making.
        after: the account as it was meant to be; of a new one, as it is.
        server_id: of a new account.
    """
    if intent.deed == "add":
        address = work.address_of(intent, target)
        known = next((each for each in work.store.entries if server_id and each.server_id == server_id), None)
        known = known or work.store.entry_at(address)
        if known is not None:  # a reading of the server, or another console, has brought it already
            work.put_entry(replace(known, server_id=server_id or known.server_id, enabled=after.enabled))
        else:
            work.put_entry(replace(after, address=address, server_id=server_id))
        return
    known = work.store.entry(target.number)
    if known is None:
        return
    if known.deleted_at is not None:  # a reading of the server has brought that already
        if intent.deed == "delete" and known.mailbox_fate is None:
            work.put_entry(replace(known, mailbox_fate=after.mailbox_fate, transferred_to=after.transferred_to))
        return
    if intent.deed != "delete":
        work.put_entry(replace(known, enabled=intent.deed == "enable"))
        return
    deleted = replace(known, deleted_at=work.now, mailbox_fate=after.mailbox_fate, transferred_to=after.transferred_to)
    work.put_entry(deleted)


def take_alone(changes: Sequence[Change], work: Work) -> None:
    """Delete what is in this store only. It holds no seat: the server never had it."""
    for change in changes:
        if work.store.entry(change.number) == change.before:
            work.put_entry(replace(change.after, enabled=False))


NOTHING: Final = "Nothing was changed, neither there nor here."
ONLY_HERE: Final = "is in this store only, not on the server"


def _asked_for(change: Change, is_undo: bool, work: Work) -> tuple[ServerDeed | None, Outcome | None]:
    """What to ask the server for, to let a change be so there; or why that cannot be; or neither: it is ours alone."""
    before: Entry | None = change.before
    after: Entry | None = change.after
    if change.table != "entries" or after is None:
        raise Refused("It would change what only the server's administration can.", "Do it there.")
    was, will_be = before is not None and before.deleted_at is None, after.deleted_at is None
    if not after.is_account and (after.server_id or not was):
        text = f"is {what_it_is(after)}: on the server kconsole changes accounts only"
        return None, Outcome(after.address, "refused", text, "Do it in the server's administration.")
    if not was:
        return _asked_to_add(after, is_undo, work)
    if not after.server_id:
        if will_be or is_undo:
            return None, Outcome(after.address, "refused", ONLY_HERE, "Read the server with 'kconsole sync'.")
        return None, None
    if not will_be:
        return "delete", None
    if before is None or replace(before, enabled=after.enabled) != after:
        hint = "Do it in the server's administration."
        return None, Outcome(after.address, "refused", "would change in more than being enabled", hint)
    return ("enable" if after.enabled else "disable"), None


def _asked_to_add(account: Entry, is_undo: bool, work: Work) -> tuple[ServerDeed | None, Outcome | None]:
    if is_undo:
        hint = "Add it anew with 'kconsole add': the server attaches a mailbox that was kept to it again."
        return None, Outcome(
            account.address, "refused", "was deleted on the server, and that cannot be taken back", hint
        )
    domain = work.store.domain_named(account.domain)
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
    return outcome._replace(text=f"{outcome.text}, as the server was last read", hint=hint)


def write(session: "Session", deed: Deed, line: "Line", password: Secret | None = None) -> Done:
    """Do a deed on the server, and then in the store.

    For who holds the store's lock at the server, and has settled what was open.

    Args:
        session: with the store.
        deed: what to do.
        line: to its server.
        password: of a new account.

    Raises:
        Refused: a guard said no, or the server did to the whole; nothing was done.
        SourceAway: the server did not answer as it should. Nothing was done, or what came of it is not known: then
            it says so, and an intent stays open.
        HalfDone: that happened after some of it had been done.
    """
    asked = AskServer(deed, line.server)
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
            trouble.hint = OPEN
        except ConsoleError as error:
            trouble = error
            trouble.effect = ""  # what became of the whole is told below
            if isinstance(error, ServerRefused):
                trouble.hint = f"{error.hint} Do it in its administration, and read that with 'kconsole sync'."
        if trouble is not None:
            addresses = [target.address for target in call.intent.targets]
            trouble.details = (f"It was asked to {call.intent.deed} {some_of(addresses)}.", *trouble.details)
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
        trouble.effect = NOTHING
    raise trouble


def _tell_not_taken(
    error: ConsoleError, asked: AskServer, answers: Mapping[int, Answer], trouble: ConsoleError | None
) -> None:
    """Let the store's error say what is so on the server, which it knows nothing of."""
    calls = [(call.intent.targets, answers[call.number].errors) for call in asked.calls if call.number in answers]
    done = [target.address for targets, errors in calls for at, target in enumerate(targets) if at not in errors]
    what = "The server did nothing of it" if trouble is None else trouble.message.rstrip(".")
    if done:
        what = f"The server did it for {some_of(done)}"
        error.details = error.details if trouble is None else (*error.details, trouble.message)
    error.happened = f"{what}; but the store could not take that in. {error.happened}"
    error.effect = ""
    error.hint = f"{error.hint} {OPEN}"


def _answer(line: "Line", call: Call, password: Secret | None) -> Answer:
    """Ask the server. Raises as `sources.kerio_api.writing.set_enabled`."""
    intent = call.intent
    if intent.deed == "add":
        return _created(line, call, password)
    ids = [target.server_id for target in intent.targets]
    if intent.deed == "delete":
        fate: MailboxFate = call.changes[0].after.mailbox_fate or "keep"
        errors = remove(line, [Removal(id_, fate, call.heir_id) for id_ in ids])
    else:
        errors = set_enabled(line, ids, intent.deed == "enable")
    return Answer({error.index: error for error in errors})


def _created(line: "Line", call: Call, password: Secret | None) -> Answer:
    account: Entry = call.changes[0].after
    user = NewUser(call.intent.domain_id, account.login, account.full_name, account.description, password=password)
    made = create(line, user)
    if not isinstance(made, Created):
        return Answer({0: made})
    if made.id:
        return Answer({}, made.id)
    try:
        found = find_user(line, call.intent.domain_id, account.login)
    except ConsoleError:
        found = None
    if found is None:  # without the server's id nothing can be asked for it
        raise AnswerLost(
            f"{line.origin} told no id of {account.address}, and does not show it.",
            effect="Whether it was added is not known.",
        )
    return Answer({}, found.id)
