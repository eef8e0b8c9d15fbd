"""A plan at a live server: each step is asked for there first, and can be tried again and undone as any other."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.errors import Refused, SourceAway
from kconsole.core.plans import ReclaimPlan
from kconsole.core.records import Inventory
from kconsole.operations.accounts import EnableAccounts
from kconsole.operations.base import Done, HalfDone
from kconsole.operations.history import LogQuery
from kconsole.operations.reclaim.applying import applying, marking
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.planning import plan_of
from kconsole.operations.session import Session
from kconsole.providers.base import AnswerLost
from kconsole.providers.kerio import assumptions, provider
from tests.clocks import FixedClock
from tests.kerio_server.faults import Cut, ItemErrors
from tests.kerio_server.server import KerioServer
from tests.operations.write_through.at_server import follow, read, state, writer
from tests.store.stores import same_as_disk

PEOPLE = tuple(f"{login}@north.example" for login in ("anna", "berg", "chen", "dora"))
ANNA, BERG = PEOPLE[:2]
POLICY = Policy(name="idle", never=60, brake_percent=100)


@pytest.fixture
def mail(kerio_server: KerioServer, kerio_clock: FixedClock) -> KerioServer:
    world = kerio_server.world
    world.set_license(users=10)
    world.add_domain("north.example")
    for address in PEOPLE:
        world.add_user(address, mailbox=True, last_login=(kerio_clock.now() - timedelta(days=400), "IMAP"))
    world.add_user("zoe@north.example", last_login=(kerio_clock.now(), "IMAP"))
    return kerio_server


@pytest.fixture
def session(tmp_path: Path, mail: KerioServer, kerio_clock: FixedClock) -> Session:
    session = Session.create(tmp_path / "store", Inventory(policies=(POLICY,)), "anna", kerio_clock, patience=0)
    follow(session, mail)
    return session


def planned(session: Session) -> ReclaimPlan:
    return plan_of(session, judge(session, POLICY))


def apply(session: Session, mail: KerioServer, plan: ReclaimPlan) -> Done:
    return session.do(applying(session, plan), writer(mail))


def disabled(session: Session, mail: KerioServer) -> set[str]:
    """Who is disabled, which is the same here and there."""
    here, there = state(session, mail)
    assert here == there
    return {address for address, enabled in here.items() if not enabled}


def plans(session: Session) -> list[tuple[str, str]]:
    return [(each.operation, each.plan) for each in session.history.log(LogQuery())][-2:]


def test_it_is_done_there_and_here_undone_and_refused_again(session: Session, mail: KerioServer) -> None:
    plan = planned(session)
    done = apply(session, mail, plan)
    assert [each.code for each in done.outcomes] == ["disabled"] * 4
    assert disabled(session, mail) == set(PEOPLE)
    assert plans(session) == [("ask server", ""), ("reclaim", plan.id)]
    with pytest.raises(Refused, match="plan-applied-already"):
        apply(session, mail, plan)
    mail.world.change_user(BERG, isEnabled=True)
    read(session, mail)
    assert done.commit is not None
    undone = session.undo(done.commit.sequence, by=writer(mail))
    assert [each.address for each in undone.failures] == [BERG]
    assert disabled(session, mail) == set()
    assert same_as_disk(session.store)


def test_what_the_server_refuses_stays_and_the_rest_is_done(session: Session, mail: KerioServer) -> None:
    plan = planned(session)
    mail.faults.add(ItemErrors({"anna": (1004, "No.")}), "Users.set")
    done = apply(session, mail, plan)
    assert [each.address for each in done.failures] == [ANNA]
    assert disabled(session, mail) == set(PEOPLE[1:])
    assert plans(session)[-1] == ("reclaim", plan.id)


@pytest.mark.parametrize("is_done", [False, True])
def test_a_lost_answer_is_resolved_and_the_plan_tried_again(session: Session, mail: KerioServer, is_done: bool) -> None:
    plan = planned(session)
    mail.faults.add(Cut(done=is_done), "Users.set")
    with pytest.raises((AnswerLost, HalfDone, SourceAway)):
        apply(session, mail, plan)
    assert [each.operation for each in session.state.pending_changes.values()] == ["disable"]
    done = apply(session, mail, plan)
    assert {each.code for each in done.outcomes} == {"as-last-read" if is_done else "disabled"}
    assert disabled(session, mail) == set(PEOPLE)
    assert not session.state.pending_changes


@pytest.fixture
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the server for one account at a time."""
    monkeypatch.setattr(provider, "CAPABILITIES", dataclasses.replace(assumptions.CAPABILITIES, most_at_once=1))


def half_done(session: Session, mail: KerioServer, plan: ReclaimPlan, is_done: bool) -> list[str]:
    """Apply a plan whose third answer is lost; the addresses of the accounts."""
    mail.faults.add(Cut(done=is_done), "Users.set", call=3)
    with pytest.raises(HalfDone) as raised:
        apply(session, mail, plan)
    outcomes = raised.value.done.outcomes
    assert [each.result for each in outcomes] == ["done", "done", "open", "refused"]
    return [each.address for each in outcomes]


@pytest.mark.usefixtures("_one_by_one")
def test_a_half_done_plan_can_be_tried_again_until_all_is_answered(session: Session, mail: KerioServer) -> None:
    plan = planned(session)
    half_done(session, mail, plan, is_done=False)
    assert plans(session)[-1] == ("reclaim", "")
    assert [each.result for each in apply(session, mail, plan).outcomes] == ["unchanged"] * 2 + ["done"] * 2
    assert disabled(session, mail) == set(PEOPLE)
    with pytest.raises(Refused, match="plan-applied-already"):
        apply(session, mail, plan)


@pytest.mark.usefixtures("_one_by_one")
def test_an_account_that_a_colleague_enables_again_stays_when_the_rest_is_tried_again(
    session: Session, mail: KerioServer
) -> None:
    plan = planned(session)
    first, _, third, _ = half_done(session, mail, plan, is_done=True)
    recovered = session.do(EnableAccounts((first, third)), writer(mail))
    assert not recovered.failures
    done = {each.address: each for each in apply(session, mail, plan).outcomes}
    assert {address for address, each in done.items() if each.code == "changed-since-plan"} == {first, third}
    assert done[first].params["why"].code == "account-changed"
    assert disabled(session, mail) == set(PEOPLE) - {first, third}


def test_a_login_that_a_sync_reads_withdraws_the_mark(session: Session, mail: KerioServer) -> None:
    session.do(marking(session, planned(session)))
    assert len(session.state.marks) == 4
    at = session.clock.now() - timedelta(days=1)  # before the mark, but known only now
    mail.world.change_user(ANNA, lastLoginInfo={"dateTime": int(at.timestamp()), "protocol": "IMAP"})
    read(session, mail)
    assert session.state.find(ANNA).id not in session.state.marks
    assert len(session.state.marks) == 3
    assert same_as_disk(session.store)


def test_disabled_accounts_are_deleted_there_and_their_marks_end(session: Session, mail: KerioServer) -> None:
    plan = planned(session)
    apply(session, mail, plan)
    session.clock.forward(days=91)  # type: ignore[attr-defined]  # a fixed clock
    read(session, mail)
    policy = replace(POLICY, step="delete")
    with session.store.transaction("set policy", "policies") as transaction:
        transaction.put_decision("policies", policy, next(iter(session.state.policies)))
    late = plan_of(session, judge(session, policy))
    session.do(marking(session, late))
    assert len(session.state.marks) == 4
    session.clock.forward(days=15)  # type: ignore[attr-defined]
    read(session, mail)
    assert len(session.state.marks) == 4
    apply(session, mail, plan_of(session, judge(session, policy)))
    assert session.state.marks == {}
    assert {entry.login for entry in session.state.live_entries() if entry.is_account} == {"zoe"}
    assert same_as_disk(session.store)
