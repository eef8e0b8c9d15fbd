"""Reservations: what is available, who may take a reserved seat, and who may reserve."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.decisions import Reservation
from kconsole.core.errors import BadInput, NotFound, NotPermitted, Refused
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.roles import Authority
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.policy import KERIO
from kconsole.licensing.reservations import active, may_pass, most_reserved, reserved, shortfall, taken_by
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.decisions import CancelReservation, ExtendReservation, Reserve
from kconsole.operations.dumps import dump_of
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.operations.sessions import account, session_of
from tests.store.stores import same_as_disk

NOW = noon().now()
DAY = timedelta(days=1)

moments = st.integers(-3, 3).map(lambda days: NOW + days * DAY)
kept_free = st.builds(
    Reservation,
    subject=st.sampled_from(["anna@north.example", "Berg@NORTH.example", "apprentices"]),
    domain=st.sampled_from(["", "north.example"]),
    count=st.integers(1, 3),
    start=moments,
    until=moments,
    at=st.just(NOW),
)
reservations = st.lists(kept_free, max_size=4).map(lambda drawn: dict(enumerate(drawn, 1)))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Five seats, two of them used."""
    return session_of(tmp_path, account("u1"), account("u2"), account("off", enabled=False), seats=5)


def reserve(session: Session, subject: str = "Anna Novak", count: int = 1, days: float = 10, **fields: object) -> int:
    done = session.do(Reserve(subject, NOW + days * DAY, count=count, reason="starts soon", **fields))  # type: ignore[arg-type]
    return int(done.outcomes[0].params["number"])


def add(session: Session, login: str, **fields: object) -> str:
    return session.do(AddAccount(f"{login}@north.example", **fields)).outcomes[0].code  # type: ignore[arg-type]


def figures(session: Session) -> tuple[int, int | None, int, int | None]:
    report = session.seats.report()
    return report.used, report.free, report.reserved, report.available


# Pure


@given(reservations, st.integers(0, 9), st.integers(0, 9))
def test_available_is_limit_less_used_less_active(drawn: dict[int, Reservation], used: int, limit: int) -> None:
    entries = tuple(Entry(address=f"u{at}@north.example", id=at + 1) for at in range(used))
    ledger = SeatLedger(Inventory(license=License(seats=limit), entries=entries), KERIO)
    ledger.reservations = lambda: active(drawn, NOW)
    report, held = ledger.report(), sum(each.count for each in drawn.values() if each.start <= NOW < each.until)
    assert (report.used, report.reserved, reserved(drawn.values(), NOW)) == (used, held, held)
    assert report.available == max(limit - used - held, 0)
    assert shortfall(report) == max(held - max(limit - used, 0), 0)


@given(
    reservations,
    st.integers(0, 9),
    st.sets(st.sampled_from(["anna", "berg", "chen", "dora", "emil"])),
    st.none() | st.integers(0, 9),
)
def test_what_may_pass_leaves_others_their_seats(
    drawn: dict[int, Reservation], limit: int, logins: set[str], domain_limit: int | None
) -> None:
    domain = Domain(name="north.example", user_limit=domain_limit)
    ledger = SeatLedger(Inventory(license=License(seats=limit), domains=(domain,)), KERIO)
    held = active(drawn, NOW)
    ledger.reservations = lambda: held
    new = [Entry(address=f"{login}@north.example") for login in sorted(logins)]
    taken, before = taken_by(new, held), ledger.report()
    decision = may_pass(before, Counter({"north.example": len(new)}), taken, held)
    assert all(taken[number] <= held[number].count for number in taken)
    after = ledger.if_changed((None, entry, 1) for entry in new)
    rest = before.reserved - taken.total()
    if decision.allowed and len(new) > taken.total():
        assert after.free is not None
        assert after.over or rest <= after.free
    if not held or len(new) == taken.total():
        assert decision.allowed or domain_limit is not None
    if not decision.allowed:
        assert decision.params["number"] in held
        assert decision.params["short"] > 0


@given(reservations)
def test_the_most_at_one_moment_is_that_of_some_moment(drawn: dict[int, Reservation]) -> None:
    days = [reserved(drawn.values(), NOW + day * DAY) for day in range(-3, 3)]
    assert most_reserved(drawn.values(), NOW - 3 * DAY, NOW + 3 * DAY) == max(days)


# In a store


def test_what_is_reserved_is_not_used_and_others_do_not_get_it(session: Session) -> None:
    number = reserve(session, count=2)
    assert figures(session) == (2, 3, 2, 1)
    assert add(session, "new1") == "account-added"
    with pytest.raises(Refused) as caught:
        add(session, "new2")
    assert caught.value.code == "seats-reserved"
    assert (caught.value.params["subject"], caught.value.params["number"]) == ("Anna Novak", number)
    done = session.do(EnableAccounts(("off@north.example",)))
    assert done.outcomes[0].code == "seats-reserved"
    session.do(CancelReservation(number))
    assert add(session, "new2") == "account-added"


def test_a_reservation_is_used_in_the_same_line_and_undone_with_it(session: Session) -> None:
    number = reserve(session, count=2)
    add(session, "new1")
    done = session.do(AddAccount("anna.novak@north.example", use=f"r{number}"))
    assert done.commit is not None
    assert {change.table for change in done.commit.changes} == {"entries", "reservations"}
    assert figures(session) == (4, 1, 1, 0)
    session.do(AddAccount("berta.novak@north.example", use=f"R{number}"))
    assert figures(session) == (5, 0, 0, 0)
    session.undo()
    assert session.state.reservations[number].count == 1
    assert same_as_disk(session.store)


def test_an_address_uses_its_own_reservation_whichever_operation_takes_the_seat(session: Session) -> None:
    reserve(session, "OFF@north.example", count=1)
    reserve(session, "dora@north.example", count=2)
    assert figures(session)[3] == 0
    done = session.do(EnableAccounts(("off@north.example",)))
    assert done.outcomes[0].code == "enabled"
    assert add(session, "dora") == "account-added"
    assert figures(session) == (4, 1, 1, 0)


def test_several_are_enabled_as_far_as_reservations_leave_seats(tmp_path: Path) -> None:
    off = [account(f"off{at}", enabled=False) for at in range(3)]
    session = session_of(tmp_path, *off, seats=2)
    reserve(session, "off2@north.example")
    done = session.do(EnableAccounts(tuple(entry.address for entry in off)))
    assert [outcome.code for outcome in done.outcomes] == ["enabled", "seats-reserved", "enabled"]
    assert figures(session) == (2, 0, 0, 0)


def test_time_begins_and_ends_a_reservation(session: Session) -> None:
    reserve(session, count=3, start=NOW + 5 * DAY)
    assert figures(session) == (2, 3, 0, 3)
    session.clock.forward(days=5)  # type: ignore[attr-defined]  # a fixed clock
    assert figures(session) == (2, 3, 3, 0)
    session.clock.forward(days=5)  # type: ignore[attr-defined]  # a fixed clock
    assert figures(session) == (2, 3, 0, 3)


def test_no_more_is_reserved_than_is_free_at_any_moment(session: Session) -> None:
    reserve(session, count=2, days=5)
    with pytest.raises(Refused, match="more-than-free"):
        reserve(session, count=2, start=NOW + 4 * DAY)
    number = reserve(session, count=3, start=NOW + 5 * DAY)
    with pytest.raises(Refused, match="more-than-free"):
        session.do(ExtendReservation(min(session.state.reservations), NOW + 6 * DAY))
    session.do(ExtendReservation(number, NOW + 20 * DAY))
    session.undo()
    assert session.state.reservations[number].until == NOW + 10 * DAY


def test_undoing_a_cancellation_or_a_leaver_takes_no_seat_of_others(session: Session) -> None:
    number = reserve(session, count=3)
    cancelled = session.do(CancelReservation(number)).commit
    add(session, "new1")
    assert cancelled is not None
    with pytest.raises(Refused, match="undo-takes-reserved"):
        session.undo(cancelled.sequence)
    freed = session.do(DisableAccounts(("u1@north.example",))).commit
    reserve(session, count=3)
    assert freed is not None
    with pytest.raises(Refused, match="undo-takes-reserved"):
        session.undo(freed.sequence)


def test_whoever_may_reserve_may_pass_a_reservation_and_the_log_says_so(session: Session) -> None:
    reserve(session, count=3)
    session.store.authority = lambda: Authority("helpdesk")
    done = session.do(EnableAccounts(("off@north.example",), over_reservations=True))
    assert done.outcomes[0].code == "seats-reserved"
    session.store.authority = lambda: Authority("account-admin")
    done = session.do(EnableAccounts(("off@north.example",), over_reservations=True))
    assert done.commit is not None
    assert [refusal.code for refusal in done.commit.refused] == ["reservations-passed"]
    assert figures(session) == (3, 2, 3, 0)
    done = session.do(AddAccount("new@north.example", over_reservations=True))
    assert done.commit is not None
    assert [refusal.code for refusal in done.commit.refused] == ["reservations-passed"]


def test_helpdesk_reserves_nothing(session: Session) -> None:
    session.store.authority = lambda: Authority("helpdesk")
    with pytest.raises(NotPermitted):
        reserve(session)


def test_a_scope_ends_at_its_domains(session: Session) -> None:
    north = reserve(session, "anna@north.example", count=2)
    session.store.authority = lambda: Authority("account-admin", frozenset(("south.example",)))
    session.follow_authority()
    assert list(session.state.reservations) == []
    with pytest.raises(NotFound):
        session.do(CancelReservation(north))
    with pytest.raises(NotPermitted):
        reserve(session)
    with pytest.raises(NotFound):
        reserve(session, "x@north.example")
    session.do(AddAccount("mia@south.example"))
    with pytest.raises(Refused) as caught:
        session.do(AddAccount("max@south.example"))
    assert caught.value.code == "seats-reserved-elsewhere"
    assert "anna" not in str(caught.value.params)


@pytest.mark.parametrize(
    "fields",
    [{"count": 0}, {"count": -1}, {"subject": " "}, {"days": -1}, {"start": NOW + 11 * DAY}, {"subject": "x" * 300}],
)
def test_nonsense_is_not_reserved(session: Session, fields: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        reserve(session, **fields)  # type: ignore[arg-type]


def test_a_reservation_ends_within_400_days(session: Session) -> None:
    reserve(session, days=400)
    with pytest.raises(NotPermitted, match="ends-too-late"):
        reserve(session, days=401)


def test_a_reservation_of_another_domain_is_not_used(session: Session) -> None:
    number = reserve(session, domain="south.example")
    with pytest.raises(Refused, match="reserved-elsewhere"):
        add(session, "anna", use=f"r{number}")
    with pytest.raises(NotFound, match="no-such-reservation"):
        add(session, "anna", use="r999")
    with pytest.raises(BadInput):
        add(session, "anna", use="seven")


def test_a_domain_has_a_limit_of_its_own(session: Session) -> None:
    number = reserve(session, domain="south.example", count=2)
    with pytest.raises(Refused, match="more-than-free"):
        reserve(session, domain="south.example")
    with pytest.raises(Refused, match="seats-reserved"):
        session.do(AddAccount("mia@south.example"))
    session.do(AddAccount("mia@south.example", use=f"r{number}"))
    assert session.seats.report_around("south.example").domains[0].reserved == 1


def test_a_dump_restores_reservations_as_they_were(session: Session) -> None:
    reserve(session, "u1@north.example", count=1)
    dump, inventory = dump_of(session), session.store.state.inventory
    session.do(RestoreInventory(inventory))
    assert dump_of(session) == dump


def test_a_store_without_limit_reserves_too(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("u1"), seats=None)
    reserve(session, count=50)
    assert figures(session) == (1, None, 50, None)
    assert add(session, "new") == "account-added"
    session.do(DeleteAccounts(("new@north.example",)))
