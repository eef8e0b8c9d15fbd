"""What the server was asked for and nobody knows what came of: asking it what is so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from kconsole.model.records import Entry
from kconsole.model.server import ASKED, Intent, Target
from kconsole.operations.deeds import Done, Outcome, Work, revived
from kconsole.operations.sync import gone
from kconsole.operations.sync_plan import account_of
from kconsole.operations.write_through import take_done
from kconsole.sources.kerio_api.errors import NOT_THERE, ServerRefused
from kconsole.sources.kerio_api.guesses import NO_RIGHTS
from kconsole.sources.kerio_api.pages import USERS, Pages
from kconsole.sources.kerio_api.reading import find_user, read_user
from kconsole.sources.kerio_api.records import ServerUser

if TYPE_CHECKING:
    from kconsole.operations.session import Session
    from kconsole.sources.kerio_api.wire import Line


@dataclass(frozen=True)
class Settle:
    """Take in what came of what the server was asked for. For who holds the store's lock at the server."""

    name: ClassVar[str] = "settle"
    found: Mapping[int, Sequence[ServerUser | None]]
    """By the number of the intent, the users that were found under the addresses of its targets."""
    reason: str = ""

    def perform(self, work: Work) -> list[Outcome]:
        """Take it in, and let the intents go."""
        outcomes = []
        intents = work.store.intents
        for number, users in self.found.items():
            intent = intents.get(number)
            if intent is None:
                continue
            for target, user in zip(intent.targets, users, strict=True):
                outcomes.append(_settled(intent, target, user, work))
            work.remove_intent(number)
        return outcomes


def _settled(intent: Intent, target: Target, user: ServerUser | None, work: Work) -> Outcome:
    known = work.store.entry(target.number)
    word = ASKED[intent.deed]
    if intent.deed == "add":
        if user is None:
            return Outcome(target.address, "unchanged", "was not added on the server")
        account = revived(account_of(user, f"@{work.address_of(intent, target).rpartition('@')[2]}"), work.store)
        take_done(intent, target, work, account, user.id)
        return Outcome(target.address, "done", "was added on the server")
    if user is None:
        if intent.deed != "delete":
            if known is not None and known.deleted_at is None:
                work.put_entry(gone(known, None, work.now))
            return Outcome(target.address, "done", "is not on the server any more")
        after = known or Entry(address=target.address)
        after = replace(after, mailbox_fate=intent.mailbox or "keep", transferred_to=intent.transfer_to)
        take_done(intent, target, work, after)
        return Outcome(target.address, "done", "was deleted on the server")
    if known is not None and known.deleted_at is None and known.enabled != user.enabled:
        work.put_entry(replace(known, enabled=user.enabled))
    done = intent.deed != "delete" and user.enabled == (intent.deed == "enable")
    return Outcome(target.address, "done" if done else "unchanged", f"was {'' if done else 'not '}{word} on the server")


class Whom(NamedTuple):
    """Somebody to look for on the server."""

    domain_id: str
    """The server's id of his domain; empty if it was never read."""
    login: str
    server_id: str
    """The server's id of him; empty for one who may be new."""


Questions = Mapping[int, Sequence[Whom]]
"""By the number of an intent, whom to look for."""


def questions_about(session: "Session", numbers: Iterable[int]) -> Questions:
    """What the server has to be asked about what is open, as far as it still is."""
    intents = session.intents
    return {
        number: [_whom(session, intents[number], target) for target in intents[number].targets]
        for number in numbers
        if number in intents
    }


def answers_to(questions: Questions, line: "Line") -> Settle:
    """Ask the server, and tell what is to be taken in of what it says. It needs no session: this may be in a thread.

    What the login may not read stays open, for somebody who may.

    Raises:
        SourceAway, ServerRefused: the server was not asked, or did not answer as it should.
    """
    found, search = {}, _Search(line)
    for number, people in questions.items():
        try:
            found[number] = [search.find(whom) for whom in people]
        except ServerRefused as error:
            if error.code not in NO_RIGHTS:
                raise
    return Settle(found)


def settle(session: "Session", line: "Line") -> Done | None:
    """Ask the server about everything that is open, and take in what is so; None if there is nothing to take in.

    For who holds the store's lock at the server: nobody is at work on an open intent then. What the login may not
    read stays open, for somebody who may.

    Raises:
        SourceAway, ServerRefused: the server did not answer as it should; everything stays open.
    """
    session.catch_up()
    found = answers_to(questions_about(session, session.intents), line)
    return session.commit(found) if found.found else None


def _whom(session: "Session", intent: Intent, target: Target) -> Whom:
    if intent.domain_id:
        return Whom(intent.domain_id, target.address.rpartition("@")[0], "")
    entry = session.entry(target.number)
    login, _, name = (target.address if entry is None else entry.address).rpartition("@")
    domain = session.domain_named(name)
    return Whom("" if domain is None else domain.server_id, login, target.server_id)


class _Search:
    """Looks for accounts on the server: by what they are called, and if that is no more so, by the server's ids."""

    def __init__(self, line: "Line") -> None:
        self._line = line
        self._pages = Pages(line)
        self._users: dict[str, dict[str, ServerUser]] = {}
        """By the id of a domain that was read whole, its users by their ids."""

    def find(self, whom: Whom) -> ServerUser | None:
        """The user that something was asked for; of a new one, whoever has the login. None if there is none."""
        if not whom.domain_id:
            return None
        try:
            user = find_user(self._line, whom.domain_id, whom.login)
            if not whom.server_id or (user is not None and user.id == whom.server_id):
                return user
            return self._users_of(whom.domain_id).get(whom.server_id)
        except ServerRefused as error:
            if error.code != NOT_THERE:
                raise
            return None  # the domain is gone, and its users with it

    def _users_of(self, domain_id: str) -> dict[str, ServerUser]:
        if domain_id not in self._users:
            users = self._pages.all_of(USERS, read_user, domain_id)
            self._users[domain_id] = {user.id: user for user in users}
        return self._users[domain_id]
