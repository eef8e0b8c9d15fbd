"""What the server was asked for and nobody knows what came of: asking it what is so."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from kconsole.model.records import Entry
from kconsole.model.server import Intent, Target
from kconsole.operations.deeds import Done, Outcome, Work, revived
from kconsole.operations.sync import ASKED, account_of
from kconsole.operations.write_through import take_done
from kconsole.sources.kerio_api.errors import ServerRefused
from kconsole.sources.kerio_api.reading import find_user
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
    is_he = user is not None and (intent.deed == "add" or user.id == target.server_id)
    word = ASKED[intent.deed]
    if intent.deed == "add":
        if user is None:
            return Outcome(target.address, "unchanged", "was not added on the server")
        account = revived(account_of(user, f"@{target.domain}"), work.store)
        take_done(intent, target, work, account, user.id)
        return Outcome(target.address, "done", "was added on the server")
    if user is None or not is_he:
        if intent.deed != "delete":
            return Outcome(
                target.address, "unchanged", f"is not on the server any more: whether it was {word} shows next"
            )
        after = known or Entry(address=target.address)
        after = replace(after, mailbox_fate=intent.mailbox or "keep", transferred_to=intent.transfer_to)
        take_done(intent, target, work, after)
        return Outcome(target.address, "done", "was deleted on the server")
    if known is not None and known.deleted_at is None and known.enabled != user.enabled:
        work.put_entry(replace(known, enabled=user.enabled))
    done = intent.deed != "delete" and user.enabled == (intent.deed == "enable")
    return Outcome(target.address, "done" if done else "unchanged", f"was {'' if done else 'not '}{word} on the server")


Questions = Mapping[int, Sequence[tuple[str, str]]]
"""By the number of an intent, whom to look for: the server's id of the domain, and the login."""


def questions_about(session: "Session", numbers: Iterable[int]) -> Questions:
    """What the server has to be asked about what is open, as far as it still is."""
    intents = session.intents
    return {
        number: [_whom(session, target) for target in intents[number].targets]
        for number in numbers
        if number in intents
    }


def answers_to(questions: Questions, line: "Line") -> Settle:
    """Ask the server, and tell what is to be taken in of what it says. It needs no session: this may be in a thread.

    What the login may not read stays open, for somebody who may.

    Raises:
        SourceAway: the server was not asked, or did not answer.
    """
    found = {}
    for number, whom in questions.items():
        with suppress(ServerRefused):
            found[number] = [find_user(line, domain, login) if domain else None for domain, login in whom]
    return Settle(found)


def settle(session: "Session", line: "Line") -> Done | None:
    """Ask the server about everything that is open, and take in what is so; None if there is nothing to take in.

    For who holds the store's lock at the server: nobody is at work on an open intent then. What the login may not
    read stays open, for somebody who may.

    Raises:
        SourceAway: the server did not answer; everything stays open.
    """
    session.catch_up()
    found = answers_to(questions_about(session, session.intents), line)
    return session.commit(found) if found.found else None


def _whom(session: "Session", target: Target) -> tuple[str, str]:
    domain = session.domain_named(target.domain)
    return "" if domain is None else domain.server_id, target.address.rpartition("@")[0]
