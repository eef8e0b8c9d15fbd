"""Reclaiming: plans are marked, applied and undone, within the brake and the role."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.errors import NotFound, NotPermitted, Refused
from kconsole.core.roles import Authority
from kconsole.operations.accounts import Connect, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Done
from kconsole.operations.decisions import KeepAccounts, Protect
from kconsole.operations.reclaim.applying import applying, marking
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.session import Session
from tests.operations.reclaiming import (
    NOW,
    PEOPLE,
    addresses,
    apply,
    disk,
    enabled,
    idle,
    last,
    mark,
    planned,
    read_again,
    set_policy,
)
from tests.operations.sessions import account, another, logged_in, results, session_of, used
from tests.store.stores import same_as_disk


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(tmp_path, *idle(*PEOPLE), account("zoe", last_login=logged_in(1), mailbox=True))


# Stories


def test_idle_accounts_of_a_year_are_freed_but_for_the_protected_and_one_who_logs_in(session: Session) -> None:
    set_policy(session)
    session.do(Protect("berg", "the boss's"))
    session.do(KeepAccounts(addresses("chen"), NOW + timedelta(days=200), "maternity leave"))
    plan = planned(session)
    assert [row.address for row in plan.rows] == list(addresses("anna", "dora", "emil", "fred", "gina", "hugo"))
    assert results(mark(session, plan))[0] == ("anna", "done")
    assert used(session) == 9
    session.clock.forward(days=3)  # type: ignore[attr-defined]  # a fixed clock
    session.do(Connect("emil@north.example"))
    assert [each.code for each in judge(session, plan.policy, [plan.rows[0].number]).judged] == ["data-too-old"]
    session.clock.forward(days=12)  # type: ignore[attr-defined]
    read_again(session)
    due = planned(session)
    done = apply(session, due)
    assert results(done) == [(login, "done") for login in ("anna", "dora", "fred", "gina", "hugo")]
    assert enabled(session) == ["berg", "chen", "emil", "zoe"]
    assert (used(session), session.state.marks) == (4, {})
    assert (last(session).operation, last(session).plan, last(session).seats) == ("reclaim", due.id, (9, 4))
    assert same_as_disk(session.store)


def test_an_account_whose_fate_was_decided_since_the_plan_stays(session: Session) -> None:
    plan = planned(session)
    first = plan.rows[0].address
    session.do(DisableAccounts((first,)))
    session.do(EnableAccounts((first,), "on leave, comes back"))
    for do in (mark, apply):
        (outcome, *_) = do(session, plan).outcomes
        assert (outcome.address, outcome.code, outcome.params["why"].code) == (
            first, "changed-since-plan", "account-changed",
        )  # fmt: skip
    assert session.state.find(first).enabled


def test_a_plan_of_friday_leaves_on_monday_what_a_colleague_changed(session: Session) -> None:
    set_policy(session)
    plan, unused = planned(session, 96), planned(session)
    session.clock.forward(hours=64)  # type: ignore[attr-defined]
    read_again(session)
    colleague = another(session)
    colleague.do(KeepAccounts(addresses("anna"), NOW + timedelta(days=90), "back in autumn"))
    colleague.do(DeleteAccounts(addresses("berg")))
    colleague.do(Connect("chen@north.example"))
    colleague.do(DisableAccounts(addresses("dora")))
    done = apply(session, plan)
    assert [(each.address.partition("@")[0], each.result, each.code) for each in done.outcomes] == [
        ("anna", "refused", "changed-since-plan"),
        ("berg", "unchanged", "gone-since-plan"),
        ("chen", "refused", "changed-since-plan"),
        ("dora", "unchanged", "disabled-already"),
        *((login, "done", "disabled") for login in PEOPLE[4:]),
    ]
    assert [each.params["why"].code for each in done.failures] == ["outcome-keep-until", "outcome-recent"]
    assert [each.address for each in last(session).refused] == list(addresses("anna", "chen"))
    before = disk(session)
    for each, code in ((plan, "plan-applied-already"), (unused, "plan-expired")):
        with pytest.raises(Refused) as refused:
            apply(session, each)
        assert refused.value.code == code
    assert disk(session) == before


# The brake


def test_the_brake_is_passed_by_the_number_alone(session: Session) -> None:
    set_policy(session, brake_accounts=3)
    plan = planned(session)
    assert (len(plan.rows), len(plan.braked)) == (3, 5)
    for number in (0, 3, 5, 9):
        with pytest.raises(Refused, match="another-number"):
            applying(session, plan, number)
    assert len(apply(session, plan).changed) == 3
    assert len(apply(session, planned(session), 5).changed) == 5
    assert enabled(session) == ["zoe"]


# Undo


def test_undo_takes_back_what_has_not_changed_since(session: Session) -> None:
    set_policy(session)
    mark(session, planned(session))
    session.clock.forward(days=15)  # type: ignore[attr-defined]
    read_again(session)
    before, marks = session.state.live_entries(), dict(session.state.marks)
    done = apply(session, planned(session))
    assert done.commit is not None
    line = done.commit.sequence
    session.undo(line)
    assert (session.state.live_entries(), session.state.marks) == (before, marks)
    session.undo()
    assert session.state.marks == {}


def test_what_a_colleague_changed_since_stays_when_the_rest_is_undone_and_redone(session: Session) -> None:
    set_policy(session)
    done = apply(session, planned(session))
    assert done.commit is not None
    colleague = another(session)
    colleague.do(EnableAccounts(addresses("berg", "chen")))
    colleague.do(DisableAccounts(addresses("chen")))
    colleague.do(DeleteAccounts(addresses("dora")))
    assert session.last_undoable() == done.commit
    undone = session.undo(done.commit.sequence)
    others = ["anna", "berg", "emil", "fred", "gina", "hugo", "zoe"]
    assert [(login, code) for login, code in codes(undone) if code != "as-before"] == [
        (login, "changed-since-stays") for login in ("berg", "chen", "dora")
    ]
    assert (enabled(session), last(session).undoes) == (others, done.commit.sequence)
    with pytest.raises(NotFound, match="undone-already"):
        session.undo(done.commit.sequence)
    session.undo(last(session).sequence)
    assert enabled(session) == ["berg", "zoe"]
    assert same_as_disk(session.store)


def codes(done: Done) -> list[tuple[str, str]]:
    return [(each.address.partition("@")[0], each.code) for each in done.outcomes]


def test_an_undo_is_refused_where_nothing_is_as_it_was_or_no_seat_is_free(tmp_path: Path) -> None:
    session = session_of(tmp_path, *idle("anna", "berg"), seats=2)
    set_policy(session)
    line = apply(session, planned(session)).commit
    assert line is not None
    session.do(EnableAccounts(addresses("anna", "berg")))
    session.do(DisableAccounts(addresses("anna")))
    with pytest.raises(Refused, match="changed-since"):
        session.undo(line.sequence)


# Roles


def test_helpdesk_applies_and_marks_nothing(session: Session) -> None:
    plan = planned(session)
    session.store.authority = lambda: Authority("helpdesk")
    for use in (applying, marking):
        with pytest.raises(NotPermitted):
            session.do(use(session, plan))
    assert len(enabled(session)) == 9


def test_a_scope_reclaims_in_its_domains_and_sees_nothing_of_others(tmp_path: Path) -> None:
    session = session_of(tmp_path, *idle("anna", "mia@south.example"))
    set_policy(session)
    plan = planned(session)
    assert len(plan.rows) == 2
    session.store.authority = lambda: Authority("account-admin", frozenset(("south.example",)))
    session.follow_authority()
    assert [(each.address, each.code) for each in apply(session, plan).outcomes if "south" in each.address] == [
        ("mia@south.example", "disabled")
    ]
    assert [entry.login for entry in session.store.state.live_entries() if entry.enabled] == ["anna"]
    assert session.undo().changed


def test_a_scope_marks_and_lists_in_its_domains(tmp_path: Path) -> None:
    session = session_of(tmp_path, *idle("anna", "mia@south.example"))
    set_policy(session)
    plan = planned(session)
    mark(session, plan)
    session.undo()
    session.store.authority = lambda: Authority("account-admin", frozenset(("south.example",)))
    session.follow_authority()
    assert {(each.address, each.code) for each in mark(session, plan).outcomes} >= {("mia@south.example", "marked")}
    assert [each.address for each in session.store.state.marks.values()] == ["mia@south.example"]
    session.store.authority = lambda: Authority("account-admin", frozenset(("north.example",)))
    session.follow_authority()
    assert list(session.state.marks.values()) == []


def test_an_account_admin_without_domains_deletes_nothing(tmp_path: Path) -> None:
    session = session_of(tmp_path, *(replace(each, enabled=False) for each in idle("anna")))
    set_policy(session, step="delete")
    session.clock.forward(days=91)  # type: ignore[attr-defined]
    with session.store.transaction("import logins", "import") as transaction:
        transaction.put_entry(account("zoe"))
    plan = planned(session)
    assert [row.step for row in plan.rows] == ["delete"]
    session.store.authority = lambda: Authority("account-admin")
    assert [each.params["why"].code for each in apply(session, plan).outcomes] == ["outcome-role"]
    session.store.authority = Authority
    assert [each.code for each in apply(session, plan).changed] == ["deleted"]
    session.undo()
    assert session.state.find("anna@north.example").deleted_at is None


# Marks


def test_a_plan_is_marked_once(session: Session) -> None:
    set_policy(session, grace=7)
    plan = planned(session)
    assert {each.code for each in mark(session, plan).outcomes} == {"marked"}
    assert {each.due for each in session.state.marks.values()} == {NOW + timedelta(days=7)}
    assert {each.code for each in mark(session, plan).outcomes} == {"marked-already"}
    assert {each.code for each in apply(session, plan).outcomes} == {"changed-since-plan"}
    set_policy(session, grace=0)
    with pytest.raises(Refused, match="policy-without-grace"):
        marking(session, planned(session))
