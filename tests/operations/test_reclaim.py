"""Plans that are applied and marked: what moved since stays, and a plan that does not fit is refused whole."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.errors import BadInput, NotFound, NotPermitted, Refused
from kconsole.core.history import Commit
from kconsole.core.plans import PlanHead, PlanRow, ReclaimPlan, decode, encode, policy_hash
from kconsole.core.records import Entry
from kconsole.core.roles import Authority
from kconsole.operations.accounts import Connect, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Done
from kconsole.operations.decisions import KeepAccounts, Protect
from kconsole.operations.history import LogQuery
from kconsole.operations.reclaim.applying import LARGEST_PLAN, applying, marking, read_plan
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.planning import plan_of
from kconsole.operations.reclaim.policies import policy_named
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.operations.sessions import account, another, logged_in, results, session_of, used
from tests.store.stores import same_as_disk

NOW = noon().now()
PEOPLE = ("anna", "berg", "chen", "dora", "emil", "fred", "gina", "hugo")


def idle(*logins: str, days: float = 400) -> list[Entry]:
    return [account(login, last_login=logged_in(days), mailbox=True) for login in logins]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(tmp_path, *idle(*PEOPLE), account("zoe", last_login=logged_in(1), mailbox=True))


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


def read_again(session: Session) -> None:
    """Data is taken in, which says the same."""
    with session.store.transaction("import logins", "import") as transaction:
        entry = session.state.find("zoe@north.example")
        transaction.put_entry(replace(entry, last_login=replace(logged_in(0), at=session.clock.now())))


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


# What is refused whole


def other_store(_: Session, plan: ReclaimPlan) -> ReclaimPlan:
    return replace(plan, store="0" * 32)


def other_log(_: Session, plan: ReclaimPlan) -> ReclaimPlan:
    return replace(plan, head=replace(plan.head, hash="0" * 64))


def later_log(_: Session, plan: ReclaimPlan) -> ReclaimPlan:
    return replace(plan, head=replace(plan.head, sequence=10**18))


def before_log(_: Session, plan: ReclaimPlan) -> ReclaimPlan:
    return replace(plan, head=replace(plan.head, sequence=-1))


def expired(session: Session, plan: ReclaimPlan) -> ReclaimPlan:
    session.clock.forward(hours=24)  # type: ignore[attr-defined]
    return plan


def policy_changed(session: Session, plan: ReclaimPlan) -> ReclaimPlan:
    set_policy(session, inactive=200)
    return plan


def policy_removed(_: Session, plan: ReclaimPlan) -> ReclaimPlan:
    policy = replace(plan.policy, name="gone")
    return replace(plan, policy=policy, policy_sha256=policy_hash(policy))


def applied(session: Session, plan: ReclaimPlan) -> ReclaimPlan:
    apply(session, plan)
    return plan


def applied_and_undone(session: Session, plan: ReclaimPlan) -> ReclaimPlan:
    apply(session, plan)
    session.undo()
    return plan


REFUSED: dict[Callable[[Session, ReclaimPlan], ReclaimPlan], str] = {
    other_store: "plan-of-another-store",
    other_log: "plan-of-another-store",
    later_log: "plan-of-another-store",
    before_log: "plan-of-another-store",
    expired: "plan-expired",
    policy_changed: "plan-policy-changed",
    policy_removed: "plan-policy-changed",
    applied: "plan-applied-already",
    applied_and_undone: "plan-applied-already",
}


@pytest.mark.parametrize("become", REFUSED, ids=lambda become: become.__name__)
def test_a_plan_that_does_not_fit_is_refused_and_writes_nothing(
    session: Session, become: Callable[[Session, ReclaimPlan], ReclaimPlan]
) -> None:
    set_policy(session)
    plan = become(session, planned(session))
    before = disk(session)
    for use in (applying, marking):
        with pytest.raises(Refused) as refused:
            use(session, plan)
        assert refused.value.code == REFUSED[become]
        assert refused.value.exit_code == 4
    assert disk(session) == before


def test_what_comes_between_the_look_and_the_lock_is_seen_under_the_lock(session: Session) -> None:
    set_policy(session)
    plan = planned(session)
    operation = applying(session, plan)
    other = another(session)
    apply(other, plan)
    with pytest.raises(Refused, match="plan-applied-already"):
        session.do(operation)
    set_policy(session, inactive=300)
    for code, become in (("plan-expired", expired), ("plan-policy-changed", policy_changed)):
        operation = applying(session, planned(session))
        become(session, plan)
        with pytest.raises(Refused, match=code):
            session.do(operation)
        read_again(session)
    assert same_as_disk(session.store)


def test_old_data_refuses_the_whole_plan(session: Session) -> None:
    set_policy(session, max_data_age=1)
    plan = planned(session)
    session.clock.forward(hours=2)  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="plan-refused"):
        apply(session, plan)
    assert len(enabled(session)) == 9


# Files


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"null", b"no plan", b"\xff\xfe", b'{"schema":"kconsole-plan/1"}', b'{"schema":"other/1"}',
        b'{"schema":' + b"[" * 100_000,
    ],
    ids=range(9),
)  # fmt: skip
def test_a_file_that_is_no_plan(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan").write_bytes(content)
    with pytest.raises(BadInput):
        read_plan(tmp_path / "plan")


def test_other_kinds_of_files(session: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(LARGEST_PLAN + 1)
    for name in ("pipe", "folder", "circle", "huge", "none"):
        with pytest.raises(BadInput):
            read_plan(tmp_path / name)
    plan = planned(session)
    (tmp_path / "plan").write_bytes(encode(plan))
    (tmp_path / "link").symlink_to("plan")
    assert read_plan(tmp_path / "link") == plan


def test_an_edited_file_is_refused_and_one_without_zones_is_none(session: Session) -> None:
    content = encode(planned(session))
    for old, new in ((b"anna", b"zoe"), (b'"inactive":180', b'"inactive": 30'), (b'"id":"', b'"id":"0')):
        assert old in content
        with pytest.raises(Refused, match="plan-was-edited"):
            decode(content.replace(old, new))
    with pytest.raises(BadInput):
        decode(content.replace(b'Z","made_by"', b'","made_by"'))


@settings(max_examples=EXAMPLES * 2)
@given(st.data())
def test_whatever_is_changed_in_a_file_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    session = session_of(tmp_path_factory.mktemp("store"), *idle("anna", "berg"))
    plan = planned(session)
    content = encode(plan)
    begin = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(begin, min(begin + 40, len(content))))
    changed = content[:begin] + data.draw(st.binary(max_size=20)) + content[end:]
    with suppress(BadInput, Refused):
        assert decode(changed) == plan
    session.close()


forged = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text() | st.just("0" * 16),
        "store": st.text(),
        "head": st.builds(PlanHead, sequence=st.integers(-5, 2**62), hash=st.text()),
        "made_by": st.text(),
        "made_at": st.datetimes(timezones=st.just(UTC)),
        "expires_at": st.datetimes(timezones=st.just(UTC)),
        "rows": st.lists(
            st.builds(
                PlanRow,
                number=st.integers(-3, 20) | st.integers(-(2**62), 2**62),
                address=st.text() | st.sampled_from(addresses("anna", "zoe", "keep")),
                step=st.sampled_from(("disable", "delete")),
                facts=st.dictionaries(st.text(), st.none() | st.integers(-(2**62), 2**62) | st.text()),
            )
        ).map(tuple),
    },
)


@pytest.mark.thorough
@settings(max_examples=EXAMPLES * 2)
@given(forged)
def test_a_forged_plan_with_a_right_hash_does_nothing_that_its_policy_would_not(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, Any]
) -> None:
    session = session_of(
        tmp_path_factory.mktemp("store"), *idle("anna", "keep"), account("zoe", last_login=logged_in(1))
    )
    session.do(Protect("keep", "for ever"))
    with suppress(BadInput, Refused):
        session.do(applying(session, decode(encode(replace(planned(session), **fields)))))
    assert set(enabled(session)) >= {"keep", "zoe"}
    assert len(session.state.live_entries()) == 3
    assert same_as_disk(session.store)
    session.close()


HOSTILE = [
    "", "@", "../../etc/passwd", "\x1b[2J", "a\nb@north.example", "zoe@north.example", "'; DROP", "x" * 10_000,
    "\u202e", *(f"{login}@north.example" for login in ("ANNA", "anna ", "ａnna", "root", "*")), *map(str, range(86)),
]  # fmt: skip


def test_a_hundred_hostile_names_change_nothing(session: Session) -> None:
    set_policy(session)
    plan = planned(session)
    numbers = [entry.id for entry in session.state.live_entries()] + list(range(-45, 46))
    pairs = zip(numbers, HOSTILE, strict=True)
    rows = tuple(PlanRow(number=number, address=name, step="delete", facts={"x": name}) for number, name in pairs)
    before = session.state.live_entries()
    done = apply(session, decode(encode(replace(plan, rows=rows))))
    assert not done.changed
    assert session.state.live_entries() == before
    assert all(each.address in {entry.address for entry in before} for each in last(session).refused)
    with pytest.raises(BadInput):
        applying(session, replace(plan, id='","plan":"'))


def test_a_row_twice_is_done_once_and_its_step_is_that_of_the_policy(session: Session) -> None:
    set_policy(session)
    plan = planned(session)
    twice = replace(plan, rows=tuple(replace(row, step="delete") for row in (plan.rows[0], plan.rows[0])))
    assert results(apply(session, twice)) == [("anna", "done")]
    assert session.state.find("anna@north.example").deleted_at is None


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


# Properties


@st.composite
def stores(draw: st.DrawFn) -> list[Entry]:
    kinds = ("user", "user", "user", "alias", "resource", "builtin_admin")
    return [
        account(
            f"u{place}",
            kind=draw(st.sampled_from(kinds)),
            enabled=draw(st.booleans()),
            role=draw(st.sampled_from(("user", "user", "full_admin"))),
            origin=draw(st.sampled_from(("local", "directory"))),
            last_login=draw(st.none() | st.integers(-5, 500).map(logged_in)),
            login_unknown=draw(st.booleans()),
            mailbox=draw(st.booleans()),
        )
        for place in range(draw(st.integers(0, 12)))
    ]


@settings(max_examples=max(EXAMPLES // 3, 10))
@given(stores(), st.integers(30, 300), st.integers(1, 12), st.none() | st.integers(0, 12), st.booleans())
def test_on_a_frozen_store_exactly_the_plan_is_done(
    tmp_path_factory: pytest.TempPathFactory,
    entries: list[Entry],
    inactive: int,
    brake: int,
    free: int | None,
    passes: bool,
) -> None:
    session = session_of(tmp_path_factory.mktemp("store"), *entries)
    set_policy(session, inactive=inactive, brake_accounts=brake, stop_when_free=free)
    plan, before = planned(session), {entry.id: entry for entry in session.state.live_entries()}
    rows = (*plan.rows, *plan.braked) if passes else plan.rows
    done = apply(session, plan, len(rows) if passes else None)
    assert [(each.address, each.result) for each in done.outcomes] == [(row.address, "done") for row in rows]
    changed = {number for number, entry in before.items() if session.state.entries[number] != entry}
    assert changed == {row.number for row in rows}
    assert all(session.state.entries[number] == replace(before[number], enabled=False) for number in changed)
    if not passes or not plan.braked:
        assert used(session) == plan.totals.used_after
    if changed:
        with pytest.raises(Refused, match="plan-applied-already"):
            applying(session, plan)
        session.undo()
        assert {entry.id: entry for entry in session.state.live_entries()} == before
    session.close()


def test_a_plan_without_rows_does_nothing(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("zoe", last_login=logged_in(1)))
    before = disk(session)
    assert apply(session, planned(session)).outcomes == ()
    assert disk(session) == before
    with pytest.raises(NotFound):
        policy_named(session.state, "none")
