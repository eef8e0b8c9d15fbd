"""Plans that free seats, as they come back from their files, and what applying them did."""

from datetime import timedelta

import msgspec
from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.history import Commit
from kconsole.core.plans import ReclaimPlan, decode, encode
from kconsole.core.records import Entry
from kconsole.operations.base import Done
from kconsole.operations.history import LogQuery
from kconsole.operations.reclaim.applying import applying, marking
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.planning import plan_of
from kconsole.operations.reclaim.policies import policy_named
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.operations.sessions import account, logged_in

NOW = noon().now()
PEOPLE = ("anna", "berg", "chen", "dora", "emil", "fred", "gina", "hugo")


def idle(*logins: str, days: float = 400) -> list[Entry]:
    return [account(login, last_login=logged_in(days), mailbox=True) for login in logins]


def set_policy(session: Session, **fields: object) -> None:
    policy = msgspec.convert({"name": "idle", "never": 60, "brake_percent": 100, **fields}, Policy)
    known = next((number for number, each in session.state.policies.items() if each.name == policy.name), 0)
    with session.store.transaction("set policy", "policies") as transaction:
        transaction.put_decision("policies", policy, known)


def planned(session: Session, hours: float = 24) -> ReclaimPlan:
    """A plan as it comes back from its file."""
    found = judge(session, policy_named(session.state, "idle"))
    return decode(encode(plan_of(session, found, timedelta(hours=hours))))


def apply(session: Session, plan: ReclaimPlan, number: int | None = None) -> Done:
    return session.do(applying(session, plan, number))


def mark(session: Session, plan: ReclaimPlan) -> Done:
    return session.do(marking(session, plan))


def last(session: Session) -> Commit:
    return next(session.history.log(LogQuery(), newest_first=True))


def enabled(session: Session) -> list[str]:
    return [entry.login for entry in session.state.live_entries() if entry.enabled]


def disk(session: Session) -> bytes:
    return (session.store.folder / "journal.jsonl").read_bytes()


def addresses(*logins: str) -> tuple[str, ...]:
    return tuple(f"{login}@north.example" for login in logins)


def read_again(session: Session) -> None:
    """Data is taken in, which says the same."""
    with session.store.transaction("import logins", "import") as transaction:
        entry = session.state.find("zoe@north.example")
        transaction.put_entry(replace(entry, last_login=replace(logged_in(0), at=session.clock.now())))
