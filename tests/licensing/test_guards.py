"""Guards: what may be done at, below and above the limits, and the words of a refusal."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Kind
from kconsole.core.reports import SeatReport
from kconsole.licensing.counting import evaluate, is_held
from kconsole.licensing.guards import (
    ALLOWED,
    may_connect,
    may_create,
    may_delete,
    may_disable,
    may_enable,
    may_map,
    may_take_seats,
    new_seats,
)
from kconsole.text.messages import decision_words, words_of
from tests.licensing.strategies import numbered

DELETED = datetime(2026, 3, 1, tzinfo=UTC)
NEW = Entry(address="new@north.example")
OFF = Entry(address="off@north.example", enabled=False)
ON = replace(OFF, enabled=True)
NOT_ACCOUNTS: list[tuple[Kind, str]] = [
    ("alias", "not-an-account"),
    ("resource", "not-an-account"),
    ("mailing_list", "not-an-account"),
    ("builtin_admin", "builtin-admin"),
]


def held(address: str) -> Entry:
    return Entry(address=address, deleted_at=DELETED)


def report(
    seats: int | None, counted: int, *more: Entry, mailboxes: int = 0, domain_limit: int | None = None
) -> SeatReport:
    users = [Entry(address=f"u{place}@north.example", mailbox=place < mailboxes) for place in range(counted)]
    domain = Domain(name="North.example", user_limit=domain_limit)
    labs = Domain(name="labs.example")
    return evaluate(Inventory(license=License(seats=seats), domains=(domain, labs), entries=numbered([*users, *more])))


@pytest.mark.parametrize(
    ("seats", "counted", "allowed"), [(None, 500, True), (5, 4, True), (5, 5, False), (5, 6, False), (0, 0, False)]
)
def test_creating_and_enabling_need_a_free_seat(seats: int | None, counted: int, allowed: bool) -> None:
    now = report(seats, counted, OFF)
    created, enabled = may_create(now, NEW), may_enable(now, OFF, ON)
    assert created.allowed == enabled.allowed == allowed
    if not allowed:
        assert created.code == enabled.code == "license-limit"
        assert words_of(created.message) == "You cannot add more users"
        assert words_of(enabled.message) == "It cannot be enabled"
        assert created.remedy


def test_a_refusal_has_the_figures() -> None:
    decision = may_create(report(3, 2, held("gone@north.example")), NEW)
    assert decision_words(decision) == (
        "You cannot add more users: 3 of 3 seats are used, 1 of them held until the server is restarted; "
        "1 seat needed, 0 free, short by 1"
    )
    assert decision.over == 1


@pytest.mark.parametrize(("limit", "allowed"), [(None, True), (4, True), (3, False), (2, False), (0, False)])
def test_a_domain_has_a_limit_of_its_own(limit: int | None, allowed: bool) -> None:
    now = report(20, 2, OFF, held("gone@north.example"), domain_limit=limit)
    created, enabled = may_create(now, NEW), may_enable(now, OFF, ON)
    assert created.allowed == enabled.allowed == allowed
    assert may_create(now, Entry(address="new@labs.example")).allowed
    if not allowed:
        assert created.code == enabled.code == "domain-limit"
        assert words_of(created.message) == "You cannot add more users"
        assert f"domain North.example is limited to {limit} accounts; 1 more needed, 0 left" in created.detail


def test_a_domain_that_is_not_listed_has_no_limit() -> None:
    assert may_create(report(5, 1, domain_limit=1), Entry(address="new@other.example")) == ALLOWED


@pytest.mark.parametrize(
    "entry",
    [
        Entry(address="list@north.example", kind="mailing_list"),
        Entry(address="room@north.example", kind="resource"),
        Entry(address="alias@north.example", kind="alias"),
        Entry(address="Admin", kind="builtin_admin"),
        OFF,
    ],
)
def test_what_takes_no_seat_may_be_created_at_the_limit(entry: Entry) -> None:
    assert may_create(report(1, 3, domain_limit=1), entry) == ALLOWED


def test_enabling_what_is_enabled_needs_nothing() -> None:
    assert may_enable(report(1, 3), ON, ON) == ALLOWED


def test_an_address_that_is_still_held_takes_over_its_seat() -> None:
    gone = held("New@North.Example")
    now = report(3, 2, gone, domain_limit=3)
    assert now.free == 0
    assert not may_create(now, NEW).allowed
    assert may_create(now, NEW, [gone]) == ALLOWED
    assert not may_create(now, Entry(address="other@north.example"), [gone]).allowed


def test_one_held_seat_is_taken_over_once() -> None:
    twin = Entry(address="NEW@north.example")
    assert new_seats([(None, NEW), (None, twin)], [held("new@north.example")]) == Counter({"north.example": 1})
    both = [held("new@north.example"), held("new@north.example")]
    assert not new_seats([(None, NEW), (None, twin)], both).total()


def test_new_seats_of_many_changes() -> None:
    changes: list[tuple[Entry | None, Entry]] = [
        (None, NEW),
        (None, Entry(address="x@LABS.example")),
        (None, Entry(address="list@north.example", kind="mailing_list")),
        (OFF, ON),
        (ON, OFF),
        (ON, replace(ON, full_name="Renamed")),
        (ON, replace(ON, deleted_at=DELETED)),
        (held("back@north.example"), Entry(address="back@north.example")),
    ]
    assert new_seats(changes) == Counter({"north.example": 3, "labs.example": 1})


def test_many_at_once_are_refused_whole() -> None:
    now = report(10, 7, domain_limit=9)
    assert may_take_seats(now, Counter({"north.example": 2, "labs.example": 1})) == ALLOWED
    license_limit = may_take_seats(now, Counter({"north.example": 2, "labs.example": 2}))
    assert (license_limit.code, license_limit.over) == ("license-limit", 1)
    assert "4 seats needed, 3 free, short by 1" in license_limit.detail
    domain_limit = may_take_seats(now, Counter({"north.example": 3}), "The import does not fit")
    assert domain_limit.code == "domain-limit"
    assert domain_limit.reason.startswith("The import does not fit: domain North.example")
    assert "3 more needed, 2 left, short by 1" in domain_limit.detail


def test_over_the_limit_what_needs_no_seat_may_be_done() -> None:
    now = report(1, 3, OFF, domain_limit=1)
    assert may_take_seats(now, Counter()) == ALLOWED
    assert may_disable(ON) == ALLOWED
    assert may_delete(ON) == ALLOWED


@pytest.mark.parametrize(("kind", "code"), NOT_ACCOUNTS)
def test_only_accounts_are_enabled_disabled_and_connect(kind: Kind, code: str) -> None:
    entry = Entry(address="x@north.example", kind=kind)
    now = report(5, 1)
    for decision in (may_enable(now, entry, entry), may_disable(entry), may_connect(now, entry)):
        assert (decision.allowed, decision.code) == (False, code)
        assert words_of(decision.message)
    assert may_delete(entry).allowed == (kind != "builtin_admin")


@pytest.mark.parametrize(
    ("seats", "needed", "over"), [(None, 500, 0), (10, 3, 0), (10, 4, 1), (10, 9, 6), (5, 0, 2), (5, 1, 3)]
)
def test_mapping_may_pass_the_limit_and_says_by_how_much(seats: int | None, needed: int, over: int) -> None:
    decision = may_map(report(seats, 7), needed)
    assert decision.allowed
    assert decision.over == over
    assert decision.code == ("over-limit" if over else "allowed")
    if over:
        assert (
            words_of(decision.message) == f"The license will be exceeded by {over} {'seat' if over == 1 else 'seats'}"
        )


@pytest.mark.parametrize(
    ("seats", "connected", "entry", "code"),
    [
        (3, 2, NEW, "allowed"),
        (3, 3, NEW, "license"),
        (3, 4, NEW, "license"),
        (None, 400, NEW, "allowed"),
        (0, 0, NEW, "license"),
        (3, 4, replace(NEW, mailbox=True), "allowed"),
        (3, 0, replace(NEW, enabled=False, mailbox=True), "disabled"),
        (3, 0, replace(NEW, deleted_at=DELETED, mailbox=True), "deleted"),
        (3, 3, replace(NEW, role="full_admin"), "license"),
    ],
)
def test_who_may_connect(seats: int | None, connected: int, entry: Entry, code: str) -> None:
    decision = may_connect(report(seats, connected, entry, mailboxes=connected), entry)
    assert (decision.code, decision.allowed) == (code, code == "allowed")
    if code == "license":
        assert words_of(decision.message) == "AuthLicense"


def test_held_is_what_was_deleted_with_a_seat() -> None:
    assert is_held(held("x@north.example"), None)
    assert not is_held(replace(held("x@north.example"), enabled=False), None)
