"""The license report: every figure, state and warning, at the edges of its rule."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Restart
from kconsole.core.reports import State
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.policy import KERIO
from kconsole.text.licenses import warning_words
from tests.under_kerio import evaluate, is_held

RESTART = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def account(login: str, domain: str = "north.example", **fields: Any) -> Entry:
    return replace(Entry(address=f"{login}@{domain}"), **fields)


def accounts(number: int, domain: str = "north.example", **fields: Any) -> tuple[Entry, ...]:
    return tuple(account(f"u{place}", domain, **fields) for place in range(number))


def inventory(
    seats: int | None,
    *entries: Entry,
    restart: datetime | None = None,
    domains: Iterable[Domain] = (Domain(name="north.example"),),
) -> Inventory:
    numbered = tuple(replace(entry, id=number) for number, entry in enumerate(entries, 1))
    return Inventory(license=License(seats=seats), last_restart=restart, domains=tuple(domains), entries=numbered)


def test_nothing_at_all() -> None:
    report = evaluate(Inventory())
    assert (report.limit, report.counted, report.held, report.used, report.free, report.over) == (
        None,
        0,
        0,
        0,
        None,
        0,
    )
    assert (report.state, report.domains, report.warnings) == ("unlimited", (), ())


def test_all_figures_of_a_mixed_inventory() -> None:
    report = evaluate(
        inventory(
            10,
            account("Admin", kind="builtin_admin"),
            account("list", kind="mailing_list"),
            account("room", kind="resource"),
            account("alias", kind="alias"),
            account("local", mailbox=True),
            account("boss", role="full_admin", mailbox=True),
            account("mapped", origin="directory"),
            account("imported", origin="imported", mailbox=True),
            account("gone", enabled=False, mailbox=True),
            account("gone2", enabled=False, origin="directory"),
            account("held", deleted_at=RESTART, mailbox=True),
            account("freed", deleted_at=RESTART - SECOND),
            restart=RESTART,
        )
    )
    assert report.limit == 10
    assert report.counted == 4
    assert report.held == 1
    assert report.used == 5
    assert report.free == 5
    assert report.over == 0
    assert report.created == 6
    assert report.disabled == 2
    assert report.connected == 3
    assert report.latent == 1
    assert report.locked_out == 0
    assert report.state == "ok"
    (domain,) = report.domains
    assert (domain.name, domain.created, domain.counted, domain.held) == ("north.example", 6, 4, 1)
    assert (domain.disabled, domain.connected, domain.limit, domain.free) == (2, 3, None, 5)


@pytest.mark.parametrize(
    ("seats", "used", "state", "free", "over"),
    [
        (None, 0, "unlimited", None, 0),
        (None, 500, "unlimited", None, 0),
        (0, 0, "full", 0, 0),
        (0, 1, "exceeded", 0, 1),
        (5, 7, "exceeded", 0, 2),
        (5, 5, "full", 0, 0),
        (1, 0, "low", 1, 0),
        # up to 15 seats: 1 left or fewer
        (15, 14, "low", 1, 0),
        (15, 13, "ok", 2, 0),
        # 16-25: 2
        (16, 14, "low", 2, 0),
        (16, 13, "ok", 3, 0),
        (25, 23, "low", 2, 0),
        (25, 22, "ok", 3, 0),
        # 26-99: 10 %, that is 2.6 to 9.9
        (26, 24, "low", 2, 0),
        (26, 23, "ok", 3, 0),
        (30, 27, "low", 3, 0),
        (30, 26, "ok", 4, 0),
        (99, 90, "low", 9, 0),
        (99, 89, "ok", 10, 0),
        # 100-999: 8 %, that is 8 to 79.92
        (100, 92, "low", 8, 0),
        (100, 91, "ok", 9, 0),
        (999, 920, "low", 79, 0),
        (999, 919, "ok", 80, 0),
        # from 1000: 5 %
        (1000, 950, "low", 50, 0),
        (1000, 949, "ok", 51, 0),
        (20_000, 19_000, "low", 1000, 0),
    ],
)
def test_state(seats: int | None, used: int, state: State, free: int | None, over: int) -> None:
    report = evaluate(inventory(seats, *accounts(used)))
    assert (report.state, report.free, report.over, report.used) == (state, free, over, used)


@pytest.mark.parametrize(
    ("deleted_at", "restart", "held"),
    [
        (RESTART - SECOND, RESTART, 0),
        (RESTART, RESTART, 1),
        (RESTART + SECOND, RESTART, 1),
        (RESTART - timedelta(days=4000), None, 1),
    ],
)
def test_a_deleted_account_holds_its_seat_until_a_restart(
    deleted_at: datetime, restart: datetime | None, held: int
) -> None:
    deleted = account("gone", deleted_at=deleted_at, mailbox=True)
    report = evaluate(inventory(5, deleted, restart=restart))
    assert (report.held, report.used, report.free) == (held, held, 5 - held)
    assert (report.created, report.counted, report.connected, report.latent, report.disabled) == (0, 0, 0, 0, 0)
    assert is_held(deleted, None if restart is None else Restart(restart)) == bool(held)


@pytest.mark.parametrize(
    "fields",
    [{"enabled": False}, {"kind": "alias"}, {"kind": "resource"}, {"kind": "mailing_list"}, {"kind": "builtin_admin"}],
)
def test_what_took_no_seat_holds_none(fields: dict[str, Any]) -> None:
    deleted = account("gone", deleted_at=RESTART, **fields)
    assert evaluate(inventory(5, deleted)).used == 0
    assert not is_held(deleted, None)


def test_what_is_not_deleted_is_not_held() -> None:
    assert not is_held(account("there"), None)


@pytest.mark.parametrize(
    ("seats", "connected", "latent", "locked_out"),
    [(3, 2, 2, 0), (3, 3, 2, 2), (3, 4, 1, 1), (3, 3, 0, 0), (None, 3, 9, 0), (0, 0, 2, 2)],
)
def test_locked_out(seats: int | None, connected: int, latent: int, locked_out: int) -> None:
    entries = [*accounts(connected, mailbox=True), *accounts(latent, "labs.example")]
    report = evaluate(
        inventory(seats, *entries, account("off", enabled=False), account("off2", enabled=False, mailbox=True))
    )
    assert (report.connected, report.latent, report.locked_out) == (connected, latent, locked_out)


@pytest.mark.parametrize(
    ("seats", "limit", "used_here", "used_elsewhere", "free"),
    [
        (None, None, 3, 0, None),
        (None, 5, 3, 100, 2),
        (None, 2, 3, 0, 0),
        (10, None, 3, 4, 3),
        (10, 5, 3, 4, 2),
        (10, 9, 3, 4, 3),
        (10, 5, 3, 9, 0),
        (10, 0, 0, 0, 0),
    ],
)
def test_free_of_a_domain_is_the_smaller_of_two(
    seats: int | None, limit: int | None, used_here: int, used_elsewhere: int, free: int | None
) -> None:
    here = [*accounts(used_here - 1), account("held", deleted_at=RESTART)] if used_here else []
    report = evaluate(
        inventory(
            seats,
            *here,
            *accounts(used_elsewhere, "labs.example"),
            domains=[Domain(name="north.example", user_limit=limit)],
        )
    )
    domain = report.of_domain("north.example")
    assert domain is not None
    assert (domain.limit, domain.free, domain.held) == (limit, free, 1 if used_here else 0)
    assert report.of_domain("labs.example") is None


def test_domains_are_compared_without_case_and_composed_and_listed_by_name() -> None:
    report = evaluate(
        inventory(
            None,
            account("a", "NORTH.example"),
            account("b", "z\u030clut.example"),
            domains=[Domain(name="ž" + "lut.example"), Domain(name="North.Example")],
        )
    )
    assert [(domain.name, domain.counted) for domain in report.domains] == [("North.Example", 1), ("žlut.example", 1)]


EXCEEDED = ("exceeded", {"free": 0, "limit": 1})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (inventory(30, *accounts(3, mailbox=True)), []),
        (inventory(None, *accounts(3)), []),
        (inventory(0), [("full", {"free": 0, "limit": 0})]),
        (inventory(3, *accounts(3, mailbox=True)), [("full", {"free": 0, "limit": 3})]),
        (inventory(3, *accounts(2, mailbox=True)), [("low", {"free": 1, "limit": 3})]),
        (inventory(20, *accounts(18)), [("low", {"free": 2, "limit": 20})]),
        (
            inventory(1, account("a", mailbox=True), account("b")),
            [EXCEEDED, ("users-locked-out", {"accounts": 1})],
        ),
        (
            inventory(1, account("a", mailbox=True), account("b"), account("c")),
            [EXCEEDED, ("users-locked-out", {"accounts": 2})],
        ),
        (inventory(30, account("a", deleted_at=RESTART)), [("restart-recommended", {"seats": 1})]),
        (
            inventory(30, *accounts(2), domains=[Domain(name="north.example", user_limit=2)]),
            [("domain-at-limit", {"domain": "north.example", "limit": 2})],
        ),
        (inventory(30, *accounts(2), domains=[Domain(name="north.example", user_limit=3)]), []),
    ],
)
def test_warnings(given: Inventory, expected: list[tuple[str, dict[str, Any]]]) -> None:
    assert [tuple(warning) for warning in evaluate(given).warnings] == expected
    assert all(warning_words(warning) for warning in evaluate(given).warnings)


def test_the_vendors_words_to_the_letter() -> None:
    (warning,) = evaluate(inventory(1, *accounts(2, mailbox=True))).warnings
    assert warning_words(warning) == "Total number of user mailboxes authorized by the license has been exceeded"


def test_an_exceeded_license_that_is_exceeded_by_held_seats() -> None:
    report = evaluate(inventory(1, account("a"), account("b", deleted_at=RESTART)))
    assert [warning.code for warning in report.warnings] == ["exceeded", "restart-recommended"]


def test_the_ledger_frees_held_seats_at_a_restart_and_holds_them_again() -> None:
    entries = [account("a"), account("b", deleted_at=RESTART), account("c", deleted_at=RESTART - SECOND)]
    ledger = SeatLedger(inventory(5, *entries), KERIO)
    assert ledger.report().held == 2
    assert len(ledger.held()) == 2
    ledger.change_restart(Restart(RESTART))
    assert ledger.report().held == 1
    assert [entry.login for entry in ledger.held()] == ["b"]
    ledger.change_restart(Restart(RESTART + SECOND))
    assert ledger.report().held == 0
    assert ledger.held() == []
    ledger.change_restart(None)
    assert ledger.report().held == 2


@pytest.mark.parametrize("order", [1, -1])
def test_the_ledger_leaves_out_no_domain_when_names_change_hands(order: int) -> None:
    north, south = Domain(name="north.example", user_limit=3), Domain(name="south.example", user_limit=4)
    before = inventory(9, account("a"), account("b"), account("c", "south.example"), domains=(north, south))
    ledger = SeatLedger(before, KERIO)
    changes = [(north, replace(north, name=south.name)), (south, replace(south, name=north.name))]
    for was, is_now in changes[::order]:
        ledger.change_domain(was, is_now)
    after = replace(before, domains=tuple(is_now for _, is_now in changes))
    assert ledger.report() == evaluate(after)
    assert [domain.limit for domain in ledger.report_around("NORTH.example").domains] == [4]
    for was, is_now in changes[::order]:
        ledger.change_domain(is_now, was)
    assert ledger.report() == evaluate(before)
