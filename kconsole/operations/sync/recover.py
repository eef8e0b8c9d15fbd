"""What the server was asked for and nobody knows what came of: asking it what is so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from msgspec.structs import replace

from kconsole.core.records import Entry
from kconsole.core.server import ASKED, PendingChange, Target
from kconsole.operations.base import Done, OperationContext, Outcome, RunsOn, revived
from kconsole.operations.sync.pull import gone
from kconsole.operations.sync.pull_plan import account_of
from kconsole.operations.sync.push import take_done
from kconsole.providers.kerio.assumptions import NO_RIGHTS
from kconsole.providers.kerio.errors import NOT_THERE, ServerRefused
from kconsole.providers.kerio.pages import USERS, Pages
from kconsole.providers.kerio.reading import find_user, read_user
from kconsole.providers.kerio.records import ServerUser

if TYPE_CHECKING:
    from kconsole.operations.session import Session
    from kconsole.providers.kerio.client import KerioClient


@dataclass(frozen=True)
class Settle:
    """Take in what came of what the server was asked for. For who holds the store's lock at the server."""

    name: ClassVar[str] = "settle"
    runs_on: ClassVar[RunsOn] = "store"
    undoable: ClassVar[bool] = False
    found: Mapping[int, Sequence[ServerUser | None]]
    """By the number of the intent, the users that were found under the addresses of its targets."""
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Take it in, and let the intents go."""
        outcomes = []
        pending_changes = work.state.pending_changes
        for number, users in self.found.items():
            pending = pending_changes.get(number)
            if pending is None:
                continue
            for target, user in zip(pending.targets, users, strict=True):
                outcomes.append(_settled(pending, target, user, work))
            work.transaction.remove_pending(number)
        return outcomes


def _settled(pending: PendingChange, target: Target, user: ServerUser | None, work: OperationContext) -> Outcome:
    known = work.state.entries.get(target.number)
    word = ASKED[pending.operation]
    if pending.operation == "add":
        if user is None:
            return Outcome(target.address, "unchanged", "was not added on the server")
        account = revived(account_of(user, f"@{work.address_of(pending, target).rpartition('@')[2]}"), work.state)
        take_done(pending, target, work, account, user.id)
        return Outcome(target.address, "done", "was added on the server")
    if user is None:
        if pending.operation != "delete":
            if known is not None and known.deleted_at is None:
                work.transaction.put_entry(gone(known, None, work.now))
            return Outcome(target.address, "done", "is not on the server any more")
        after = known or Entry(address=target.address)
        after = replace(after, mailbox_fate=pending.mailbox or "keep", transferred_to=pending.transfer_to)
        take_done(pending, target, work, after)
        return Outcome(target.address, "done", "was deleted on the server")
    if known is not None and known.deleted_at is None and known.enabled != user.enabled:
        work.transaction.put_entry(replace(known, enabled=user.enabled))
    done = pending.operation != "delete" and user.enabled == (pending.operation == "enable")
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
    pending_changes = session.state.pending_changes
    return {
        number: [_whom(session, pending_changes[number], target) for target in pending_changes[number].targets]
        for number in numbers
        if number in pending_changes
    }


def answers_to(questions: Questions, line: "KerioClient") -> Settle:
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
            if error.number not in NO_RIGHTS:
                raise
    return Settle(found)


def recover(session: "Session", line: "KerioClient") -> Done | None:
    """Ask the server about everything that is open, and take in what is so; None if there is nothing to take in.

    For who holds the store's lock at the server: nobody is at work on an open intent then. What the login may not
    read stays open, for somebody who may.

    Raises:
        SourceAway, ServerRefused: the server did not answer as it should; everything stays open.
    """
    session.catch_up()
    found = answers_to(questions_about(session, session.state.pending_changes), line)
    return session.commit(found) if found.found else None


def _whom(session: "Session", pending: PendingChange, target: Target) -> Whom:
    if pending.domain_id:
        return Whom(pending.domain_id, target.address.rpartition("@")[0], "")
    entry = session.state.live_entry(target.number)
    login, _, name = (target.address if entry is None else entry.address).rpartition("@")
    domain = session.state.domain_named(name)
    return Whom("" if domain is None else domain.server_id, login, target.server_id)


class _Search:
    """Looks for accounts on the server: by what they are called, and if that is no more so, by the server's ids."""

    def __init__(self, line: "KerioClient") -> None:
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
            if error.number != NOT_THERE:
                raise
            return None  # the domain is gone, and its users with it

    def _users_of(self, domain_id: str) -> dict[str, ServerUser]:
        if domain_id not in self._users:
            users = self._pages.all_of(USERS, read_user, domain_id)
            self._users[domain_id] = {user.id: user for user in users}
        return self._users[domain_id]
