"""Offboarding: what becomes of account, mailbox, address and aliases, who may do it, and what waits for a day."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.decisions import Offboarding
from kconsole.core.errors import BadInput, ChangedMeanwhile, NotFound, NotPermitted, Refused
from kconsole.core.records import Entry
from kconsole.core.roles import Authority, RoleName
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.decisions import KeepAccounts, Protect
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.offboarding import (
    CancelOffboarding,
    Offboard,
    OffboardingPlan,
    ScheduleOffboarding,
    due_now,
    plan_of,
    when_due,
)
from kconsole.operations.search.states import decisions_on
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from tests.clocks import FixedClock, noon
from tests.operations.sessions import account, alias, another, only_code, results, session_of, used
from tests.store.stores import same_as_disk

ANNA, BERG, MIA, INFO = "anna@north.example", "berg@north.example", "mia@south.example", "info@north.example"
BOTH, OFF, MAPPED = "both@north.example", "off@north.example", "mapped@north.example"


@pytest.fixture
def clock() -> FixedClock:
    return noon()


@pytest.fixture
def session(tmp_path: Path, clock: FixedClock) -> Session:
    return session_of(
        tmp_path,
        account("anna", mailbox=True, description="sales"),
        account("berg", mailbox=True),
        account(MIA),
        account("off", enabled=False),
        account("mapped", origin="directory"),
        account("team", kind="mailing_list"),
        alias("info", "anna"),
        alias("both", "anna", "mia"),
        clock=clock,
    )


def offboard(session: Session, address: str = ANNA, to: str = "", alias_to: str = "") -> list[tuple[str, str]]:
    done = session.do(Offboard(address, to, alias_to))
    return [(each.address.partition("@")[0], each.code) for each in done.outcomes]


def plan(session: Session, address: str = ANNA, to: str = "", alias_to: str = "") -> OffboardingPlan:
    return plan_of(address, to, alias_to, session.state, session.seats.policy, session.authority)


def schedule(
    session: Session, address: str = ANNA, days: float = 10, to: str = "", alias_to: str = "", reason: str = ""
) -> str:
    due = session.clock.now() + timedelta(days=days)
    return only_code(session.do(ScheduleOffboarding(address, due, to, alias_to, reason)))


def apply_due(session: Session) -> list[tuple[str, str]]:
    """What a timer does."""
    return [
        (outcome.result, outcome.code)
        for each in due_now(session.state, session.clock.now())
        for outcome in session.do(when_due(each, session.state)).outcomes
    ]


def live(session: Session, address: str) -> Entry:
    found = session.state.entry_at(address)
    assert found is not None
    return found


def test_without_a_successor_the_account_is_disabled(session: Session) -> None:
    before = used(session)
    assert offboard(session) == [("anna", "disabled")]
    assert (live(session, ANNA).enabled, used(session)) == (False, before - 1)
    assert live(session, INFO).delivers_to == (ANNA,)
    session.undo()
    assert (live(session, ANNA).enabled, used(session)) == (True, before)
    assert offboard(session, OFF) == [("off", "disabled-already")]


def test_the_mailbox_goes_to_another_account(session: Session) -> None:
    before = session.store.state.copy().tables
    assert offboard(session, to=BERG) == [("anna", "deleted-seat-held")]
    assert session.state.entry_at(ANNA) is None
    (gone,) = session.state.deleted_at(ANNA)
    assert (gone.mailbox_fate, gone.transferred_to) == ("transfer", BERG)
    assert session.state.entry_at(INFO) is None, "it delivered to no one else"
    assert live(session, BOTH).delivers_to == ("mia@north.example",)
    assert same_as_disk(session.store)
    session.undo()
    assert session.store.state.tables == before
    session.undo(session.store.sequence)
    assert session.state.deleted_at(ANNA)[0].transferred_to == BERG


def test_address_and_aliases_go_to_another_account(session: Session) -> None:
    assert offboard(session, alias_to=MIA) == [("anna", "deleted-seat-held"), ("mia", "gets-mail-to")]
    made = live(session, ANNA)
    assert (made.kind, made.delivers_to) == ("alias", (MIA,))
    assert session.state.deleted_at(ANNA)[0].mailbox_fate == "keep"
    assert live(session, INFO).delivers_to == (MIA,)
    assert live(session, BOTH).delivers_to == (MIA, "mia@north.example")
    session.undo()
    assert live(session, ANNA).is_account
    assert live(session, INFO).delivers_to == (ANNA,)
    session.undo(session.store.sequence)
    assert live(session, ANNA).delivers_to == (MIA,)


def test_mailbox_and_address_may_go_to_different_accounts(session: Session) -> None:
    assert offboard(session, to=BERG, alias_to=MIA) == [("anna", "deleted-seat-held"), ("mia", "gets-mail-to")]
    assert session.state.deleted_at(ANNA)[0].transferred_to == BERG


def test_a_former_account_can_still_leave_its_address(session: Session) -> None:
    session.do(DeleteAccounts((ANNA,)))
    with pytest.raises(NotFound):
        offboard(session, to=BERG)
    with pytest.raises(Refused, match="successor-disabled"):
        offboard(session, alias_to=OFF)
    assert schedule(session, alias_to=BERG) == "not-in-store"
    assert offboard(session, alias_to=BERG) == [("berg", "gets-mail-to")]
    assert live(session, ANNA).delivers_to == (BERG,)
    with pytest.raises(Refused, match="not-an-account"):
        offboard(session, alias_to=BERG)


@pytest.mark.parametrize("which", ["to", "alias_to"])
@pytest.mark.parametrize(
    ("who", "code"),
    [
        (ANNA, "successor-is-leaver"),
        (OFF, "successor-disabled"),
        ("team@north.example", "successor-no-account"),
        ("gone@north.example", "no-successor"),
    ],
)
def test_only_an_enabled_account_takes_over(session: Session, which: str, who: str, code: str) -> None:
    before = session.store.state.copy().tables
    to, alias_to = (who, "") if which == "to" else ("", who)
    with pytest.raises((Refused, NotFound), match=code):
        offboard(session, to=to, alias_to=alias_to)
    assert session.store.state.tables == before


def test_what_cannot_be_offboarded(session: Session) -> None:
    for address, code in ((INFO, "not-an-account"), ("gone@north.example", "address-not-in-store")):
        with pytest.raises((Refused, NotFound), match=code):
            offboard(session, address)
    with pytest.raises(Refused, match="mapped-stays"):
        offboard(session, MAPPED, to=BERG)
    assert offboard(session, MAPPED) == [("mapped", "disabled")]


def steps(found: OffboardingPlan) -> list[str]:
    return [step.code.removeprefix("step-") for step in found.steps]


def test_a_plan_says_all_that_happens(session: Session) -> None:
    assert steps(plan(session)) == [
        "disabled", "seat-free", "mail-stays", "forwarding-ends", "aliases-stay", "lists-stay",
    ]  # fmt: skip
    assert steps(plan(session, to=BERG)) == [
        "deleted", "seat-held", "mailbox-to", "address-gone", "aliases-gone", "references-gone",
    ]  # fmt: skip
    assert steps(plan(session, alias_to=BERG)) == [
        "deleted", "seat-held", "mailbox-kept", "address-to", "aliases-to", "references-gone",
    ]  # fmt: skip
    assert steps(plan(session, OFF))[:2] == ["disabled-already", "no-seat"]
    assert plan(session, OFF).is_needed is False
    assert [each.address for each in plan(session).aliases] == [INFO, BOTH]
    session.do(KeepAccounts((ANNA,), session.clock.now() + timedelta(days=9), "on leave"))
    session.do(Protect("anna", "the boss"))
    assert steps(plan(session))[-2:] == ["kept", "protected"]
    with session.store.transaction("sync", "restore") as transaction:
        transaction.put_entry(replace(live(session, ANNA), delivers_to=("out@west.example",)))
        transaction.put_entry(replace(live(session, "team@north.example"), moderators=("Anna@north.example",)))
    assert "forwarding-ends" not in steps(plan(session))
    assert steps(plan(session, to=BERG))[-4:] == ["forwards", "moderates", "kept", "protected"]


@pytest.mark.parametrize(("role", "disables", "deletes"), [
    ("auditor", False, False), ("helpdesk", False, False), ("account-admin", True, False), ("full-admin", True, True),
])  # fmt: skip
def test_who_may_offboard(session: Session, role: RoleName, disables: bool, deletes: bool) -> None:
    session.store.authority = lambda: Authority(role)
    for may, to in ((deletes, BERG), (disables, "")):
        if may:
            assert schedule(session, to=to) == "leaves-on"
            offboard(session, to=to)
            session.undo()
        else:
            with pytest.raises(NotPermitted):
                schedule(session, to=to)
            with pytest.raises(NotPermitted):
                offboard(session, to=to)
    assert live(session, ANNA).enabled


def test_no_one_offboards_themselves_or_a_higher_role(session: Session) -> None:
    session.store.authority = lambda: Authority("account-admin", account=ANNA)
    with pytest.raises(NotPermitted, match="own-account"):
        offboard(session)
    with pytest.raises(NotPermitted, match="own-account"):
        schedule(session)
    session.store.authority = lambda: Authority("account-admin", ranks={MIA: "full-admin"})
    with pytest.raises(NotPermitted, match="higher-role"):
        offboard(session, MIA)


def test_a_scope_ends_at_its_domains(session: Session) -> None:
    schedule(session, alias_to=MIA)
    schedule(session, BERG)
    session.store.authority = lambda: Authority("account-admin", frozenset(("north.example",)))
    session.follow_authority()
    assert [each.address for each in session.state.offboardings.values()] == [BERG]
    with pytest.raises(NotFound):
        offboard(session, MIA)
    with pytest.raises(NotFound, match="no-successor"):
        offboard(session, to=MIA)
    with pytest.raises(NotPermitted):
        schedule(session)
    assert only_code(session.do(CancelOffboarding(ANNA))) == "leaves-not"
    assert offboard(session, to=BERG) == [("anna", "deleted-seat-held")]


def test_what_waits_for_a_day(session: Session, clock: FixedClock) -> None:
    assert schedule(session, days=10, reason="left") == "leaves-on"
    assert schedule(session, days=10, reason="left") == "leaves-already"
    assert schedule(session, days=20, reason="left") == "leaves-on"
    (known,) = session.state.offboardings.values()
    assert (known.address, known.reason, known.by, known.deletes) == (ANNA, "left", "anna", False)
    assert [known] == decisions_on(live(session, ANNA), session.state)
    assert ANNA in [address for each in session.history.log(LogQuery(account=ANNA)) for address in each.addresses]
    assert due_now(session.state, clock.now()) == []
    clock.forward(days=20)
    assert due_now(session.state, clock.now()) == [known]
    assert apply_due(session) == [("done", "disabled")]
    assert not session.state.offboardings
    assert max(session.history.log(LogQuery()), key=lambda each: each.sequence).reason == "left"
    assert same_as_disk(session.store)


@pytest.mark.parametrize("days", [-1, 0, 401])
def test_a_day_is_to_come_and_not_too_far_ahead(session: Session, days: float) -> None:
    with pytest.raises((BadInput, NotPermitted)):
        schedule(session, days=days)


def test_what_cannot_be_done_now_is_not_scheduled(session: Session) -> None:
    for to, alias_to in ((OFF, ""), ("", "gone@north.example")):
        with pytest.raises((Refused, NotFound)):
            schedule(session, to=to, alias_to=alias_to)
    assert schedule(session, OFF) == "disabled-already"
    assert not session.state.offboardings


def test_cancelling_and_undoing(session: Session) -> None:
    schedule(session)
    assert only_code(session.do(CancelOffboarding(ANNA))) == "offboarding-cancelled"
    assert not session.state.offboardings
    session.undo()
    assert session.state.offboardings
    session.undo()
    assert not session.state.offboardings
    assert only_code(session.do(CancelOffboarding(ANNA))) == "leaves-not"
    assert results(session.do(CancelOffboarding("gone@north.example"))) == [("gone", "not-found")]


def test_the_account_is_judged_again_when_it_is_due(session: Session, clock: FixedClock) -> None:
    schedule(session, to=BERG)
    session.do(DisableAccounts((BERG,)))
    clock.forward(days=10)
    lines = session.store.sequence
    assert apply_due(session) == [("refused", "successor-disabled")]
    assert apply_due(session) == [("refused", "successor-disabled")]
    assert session.store.sequence == lines + 1, "a timer's refusal is logged once"
    assert session.state.offboardings
    session.undo(lines)  # berg is enabled again
    assert apply_due(session) == [("done", "deleted-seat-held")]


def test_an_account_that_is_disabled_by_then_is_done(session: Session, clock: FixedClock) -> None:
    schedule(session)
    session.do(DisableAccounts((ANNA,)))
    clock.forward(days=10)
    assert apply_due(session) == [("unchanged", "disabled-already")]
    assert not session.state.offboardings


def test_a_rename_changes_nothing_and_a_new_account_is_another(session: Session, clock: FixedClock) -> None:
    schedule(session)
    document = session.store.state.inventory
    session.do(DeleteAccounts((ANNA,)))
    assert not session.state.offboardings
    session.do(AddAccount(ANNA))
    clock.forward(days=10)
    assert apply_due(session) == []
    session.do(RestoreInventory(document))
    (again,) = session.state.offboardings.values()
    assert session.state.entries[again.entry].description == "sales"
    with session.store.transaction("rename", "restore") as transaction:
        transaction.put_entry(replace(session.state.entries[again.entry], address="anna.berg@north.example"))
    assert apply_due(session) == [("done", "disabled")]
    assert not live(session, "anna.berg@north.example").enabled


def test_successors_may_be_renamed(session: Session, clock: FixedClock, tmp_path: Path) -> None:
    schedule(session, to=BERG, alias_to=MIA)
    other = session_of(tmp_path / "other", account("zoe"))
    with session.store.transaction("rename", "restore") as transaction:
        transaction.put_entry(replace(live(session, BERG), address="berg.smith@north.example"))
        transaction.put_entry(replace(live(session, MIA), address="mia.smith@south.example"))
    other.do(RestoreInventory(read_dump(dump_of(session), "dump")))
    assert dump_of(other) == dump_of(session)
    clock.forward(days=10)
    for each in (session, other):
        each.clock = clock
        assert apply_due(each) == [("done", "deleted-seat-held"), ("done", "gets-mail-to")]
        assert each.state.deleted_at(ANNA)[0].transferred_to == "berg.smith@north.example"
        assert live(each, ANNA).delivers_to == ("mia.smith@south.example",)


def test_what_another_console_cancelled_or_changed_is_not_applied(session: Session, clock: FixedClock) -> None:
    schedule(session)
    clock.forward(days=10)
    (due,) = due_now(session.state, clock.now())
    other = another(session)
    other.do(CancelOffboarding(ANNA))
    assert only_code(session.do(Offboard(ANNA, scheduled=due))) == "offboarding-changed"
    assert live(session, ANNA).enabled


def test_an_undo_does_not_let_the_timer_do_it_again(session: Session, clock: FixedClock) -> None:
    schedule(session)
    clock.forward(days=10)
    apply_due(session)
    session.undo()
    assert live(session, ANNA).enabled
    assert apply_due(session) == []
    session.undo(session.store.sequence)
    assert not live(session, ANNA).enabled


def test_offboarding_at_once_ends_what_was_to_be_later(session: Session) -> None:
    schedule(session)
    offboard(session)
    assert not session.state.offboardings
    session.undo()
    assert session.state.offboardings
    offboard(session, alias_to=BERG)
    assert not session.state.offboardings


def test_the_account_is_as_the_user_saw_it(session: Session) -> None:
    seen = live(session, ANNA)
    another(session).do(DisableAccounts((ANNA,)))
    for operation in (
        Offboard(ANNA, expected=(seen,)),
        ScheduleOffboarding(ANNA, session.clock.now() + timedelta(days=1), expected=(seen,)),
    ):
        with pytest.raises(ChangedMeanwhile):
            session.do(operation)


def test_an_old_store_has_none(session: Session) -> None:
    assert dict(session.state.offboardings) == {}
    assert Offboarding(due=session.clock.now(), at=session.clock.now()).deletes is False
