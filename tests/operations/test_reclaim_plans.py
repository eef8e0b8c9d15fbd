"""Plans that do not fit the store or were changed are refused; others do exactly what they say."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.errors import BadInput, NotFound, Refused
from kconsole.core.plans import PlanHead, PlanRow, ReclaimPlan, decode, encode, policy_hash
from kconsole.core.records import Entry
from kconsole.operations.decisions import Protect
from kconsole.operations.reclaim.applying import LARGEST_PLAN, applying, marking, read_plan
from kconsole.operations.reclaim.policies import policy_named
from kconsole.operations.session import Session
from tests.limits import EXAMPLES
from tests.operations.reclaiming import (
    PEOPLE,
    addresses,
    apply,
    disk,
    enabled,
    idle,
    last,
    planned,
    read_again,
    set_policy,
)
from tests.operations.sessions import account, another, logged_in, results, session_of, used
from tests.store.stores import same_as_disk


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(tmp_path, *idle(*PEOPLE), account("zoe", last_login=logged_in(1), mailbox=True))


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
