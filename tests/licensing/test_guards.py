"""Guards: what is allowed at, below and above the limits, and the figures of a refusal."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from kconsole.core.license import Component, License, PendingUpdate
from kconsole.core.records import Domain, Entry, Inventory, Kind
from kconsole.core.reports import SeatReport
from kconsole.licensing.guards import ALLOWED, may_activate, may_begin_trial, may_buy, may_finish_purchase, may_install
from kconsole.licensing.lifecycle import COMPONENTS
from kconsole.text.messages import words_of
from tests.licensing.strategies import numbered
from tests.under_kerio import (
    evaluate,
    is_held,
    license_status_of,
    may_connect,
    may_create,
    may_delete,
    may_disable,
    may_enable,
    may_map,
    may_take_seats,
    new_seats,
)

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
        assert (created.params["purpose"], enabled.params["purpose"]) == ("add", "enable")
        assert [hint.code for hint in created.hints] == ["free-a-seat"]


def test_a_refusal_has_the_figures() -> None:
    decision = may_create(report(3, 2, held("gone@north.example")), NEW)
    assert words_of(decision.message) == (
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
        figures = {
            "domain": "North.example",
            "limit": limit,
            "used": 3,
            "needed": 1,
            "left": 0,
            "short": 4 - (limit or 0),
        }
        assert created.params == {"purpose": "add", **figures}


def test_short_by_counts_the_seats_that_are_over_already() -> None:
    """One who frees as many can go on: at 14 over, one more account needs 15."""
    created = may_create(report(10, 24), NEW)
    assert (created.params["free"], created.params["short"], created.over) == (0, 15, 15)
    in_domain = may_create(report(30, 24, domain_limit=10), NEW)
    assert (in_domain.params["left"], in_domain.params["short"]) == (0, 15)


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
    assert {name: license_limit.params[name] for name in ("needed", "free", "short")} == {
        "needed": 4, "free": 3, "short": 1,
    }  # fmt: skip
    domain_limit = may_take_seats(now, Counter({"north.example": 3}), "undo")
    assert (domain_limit.code, domain_limit.params["purpose"]) == ("domain-limit", "undo")
    assert {name: domain_limit.params[name] for name in ("needed", "left", "short")} == {
        "needed": 3, "left": 2, "short": 1,
    }  # fmt: skip


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
        assert decision.params["over"] == over


@pytest.mark.parametrize(
    ("seats", "connected", "entry", "code"),
    [
        (3, 2, NEW, "allowed"),
        (3, 3, NEW, "auth-license"),
        (3, 4, NEW, "auth-license"),
        (None, 400, NEW, "allowed"),
        (0, 0, NEW, "auth-license"),
        (3, 4, replace(NEW, mailbox=True), "allowed"),
        (3, 0, replace(NEW, enabled=False, mailbox=True), "account-disabled"),
        (3, 0, replace(NEW, deleted_at=DELETED, mailbox=True), "account-deleted"),
        (3, 3, replace(NEW, role="full_admin"), "auth-license"),
        (3, 3, replace(NEW, origin="other_server"), "allowed"),  # that server lets it in
    ],
)
def test_who_may_connect(seats: int | None, connected: int, entry: Entry, code: str) -> None:
    decision = may_connect(report(seats, connected, entry, mailboxes=connected), entry)
    assert (decision.code, decision.allowed) == (code, code == "allowed")
    if code == "auth-license":
        assert words_of(decision.message).startswith("AuthLicense")  # the vendor's own word


def test_held_is_what_was_deleted_with_a_seat() -> None:
    assert is_held(held("x@north.example"), None)
    assert not is_held(replace(held("x@north.example"), enabled=False), None)


TRIAL = License(trial_until=date(2026, 8, 31))
REGISTERED = License(seats=5, registered_at=DELETED)
BOUGHT = PendingUpdate(bought_at=DELETED, seats=3)
ALL_BOUGHT = replace(REGISTERED, seats=None, components=tuple(Component(name=name) for name in COMPONENTS))


@pytest.mark.parametrize(
    ("license_", "trial", "activate", "buy", "finish"),
    [
        (License(), "allowed", "nothing-to-activate", "nothing-can-be-bought", "no-purchase"),
        (TRIAL, "trial-has-begun", "nothing-to-activate", "nothing-can-be-bought", "no-purchase"),
        (REGISTERED, "no-trial-with-license", "allowed", "allowed", "no-purchase"),
        (
            replace(REGISTERED, activated_at=DELETED),
            "no-trial-with-license",
            "already-activated",
            "allowed",
            "no-purchase",
        ),
        (
            replace(REGISTERED, expires=date(2020, 1, 1)),
            "no-trial-with-license",
            "expired-not-activated",
            "allowed",
            "no-purchase",
        ),
        (replace(REGISTERED, update=BOUGHT), "no-trial-with-license", "allowed", "purchase-pending", "allowed"),
        (ALL_BOUGHT, "no-trial-with-license", "allowed", "nothing-left-to-buy", "no-purchase"),
    ],
)
def test_what_a_license_allows_in_its_state(
    license_: License, trial: str, activate: str, buy: str, finish: str
) -> None:
    status = license_status_of(license_, DELETED)
    decisions = (
        may_begin_trial(license_),
        may_activate(license_, status),
        may_buy(license_),
        may_finish_purchase(license_),
    )
    assert [decision.code for decision in decisions] == [trial, activate, buy, finish]
    assert all(decision.allowed == (decision.code == "allowed") for decision in decisions)
    assert all(words_of(decision.message) for decision in decisions)
    assert may_install(license_, is_trial=False).allowed
    assert may_install(license_, is_trial=True).allowed == (license_.registered_at is None)
