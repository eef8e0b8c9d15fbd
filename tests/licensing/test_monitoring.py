"""What monitoring systems get: ranges, states, and what is not known."""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.codes import message
from kconsole.core.license import Component, License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import PendingChange, Server, ServerAccess, ServerNumbers
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.lifecycle import license_status_of
from kconsole.licensing.monitoring import (
    Facts,
    Thresholds,
    domain_uses,
    end_of,
    expiry_timestamps,
    judge,
    range_of,
    reading_timestamp,
    worst,
)
from kconsole.licensing.policy import KERIO
from tests.cli.console import account
from tests.clocks import noon

NOW = noon().now()
ACCESS = ServerAccess(url="https://mail.example:4040", user="eye")
NUMBERS = ServerNumbers(licensed=20, current=3)
HIDDEN = (message("not-read", figure="other-domains"),)


def people(number: int, **fields: Any) -> list[Entry]:
    return [account(f"p{each}", mailbox=True, **fields) for each in range(number)]


def facts(
    entries: Iterable[Entry] = (),
    server: Server | None = None,
    seats: int | None = 20,
    pending: Iterable[PendingChange] = (),
    chance: float | None = None,
    **license_: Any,
) -> Facts:
    inventory = Inventory(
        license=License(seats=seats, **license_),
        domains=(Domain(name="north.example"), Domain(name="south.example", user_limit=3)),
        entries=tuple(entries),
        server=server,
    )
    status = license_status_of(inventory.license, NOW, KERIO)
    return Facts(NOW, SeatLedger(inventory, KERIO).report(), status, server, list(pending), KERIO, chance)


def server(hours: float | None = 1, **fields: Any) -> Server:
    synced_at = None if hours is None else NOW - timedelta(hours=hours)
    return Server(name="mail", access=ACCESS, synced_at=synced_at, **{"numbers": NUMBERS, **fields})


def judged(which: Facts, **thresholds: Any) -> tuple[str, list[str]]:
    found = judge(which, Thresholds(**thresholds))
    return worst(found), [finding.message.code for finding in found]


@pytest.mark.parametrize(
    ("text", "fine", "alarming"),
    [
        ("10", (0, 3, 10), (-1, 10.5, 11)),
        ("10:", (10, 11, 1e9), (9.9, 0, -1)),
        (":10", (0, 10), (-1, 11)),
        ("~:10", (-1e9, 0, 10), (10.1,)),
        ("10:20", (10, 15, 20), (9, 21)),
        ("@10:20", (9, 21), (10, 15, 20)),
        ("@10", (11, -1), (0, 10)),
        ("@~:0", (1,), (0, -5)),
        ("-5:-1", (-5, -1), (0, -6)),
        ("1.5:2.5", (2,), (1, 3)),
        ("~:", (-1e9, 0, 1e9), ()),
        ("0", (0,), (1,)),
        (" 3: ", (3,), (2,)),
    ],
)
def test_ranges_are_those_of_the_monitoring_plugins(
    text: str, fine: tuple[float, ...], alarming: tuple[float, ...]
) -> None:
    found = range_of(text)
    assert not any(map(found.alerts, fine))
    assert all(map(found.alerts, alarming))


@pytest.mark.parametrize(
    "text",
    ["", "@", ":", "@:", "x", "20:10", "1:2:3", "10::", "~", "~10", "10:~", "@@1", "1e3", "nan", "inf", "١:", "1,5:"],
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="range-"):
        range_of(text)


@given(st.integers(0, 50), st.integers(0, 50), st.booleans(), st.integers(0, 60))
def test_what_alerts_on_all_values_up_to_one_alerts_on_each(start: int, length: int, inside: bool, most: int) -> None:
    found = range_of(f"{'@' if inside else ''}{start}:{start + length}")
    assert found.alerts_up_to(most) == all(map(found.alerts, range(most + 1)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30:", "2592000:"), ("7", "604800"), ("~:2", "~:172800"), ("@0:5", "@432000"), ("1.5:3", "129600:259200"),
        ("0:", "0:"), ("@2:", "@172800:"),
    ],
)  # fmt: skip
def test_a_range_in_another_unit(text: str, seconds: str) -> None:
    assert range_of(text).times(86_400) == seconds
    range_of(seconds)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_usual_range_warns_of_what_the_policy_calls_low(limit: int, free: int) -> None:
    free = min(free, limit)
    report = facts(seats=limit).report
    usual = Thresholds().of_free(report, KERIO)
    assert usual.alerts(free) == (limit > 0 and KERIO.is_low(limit, free))


def test_the_seats() -> None:
    assert judged(facts(people(10))) == ("ok", [])
    assert judged(facts(people(18))) == ("warning", ["check-free"])
    assert judged(facts(people(20))) == ("critical", ["check-none-free"])
    assert judged(facts(people(23))) == ("critical", ["check-over"])
    assert judged(facts([account(f"p{each}") for each in range(18)] + people(20)))[1] == [
        "check-over",
        "check-locked-out",
    ]
    assert judged(facts(people(500), seats=None)) == ("ok", [])
    assert judged(facts(seats=0)) == ("critical", ["check-none-free"])


def test_what_no_range_may_call_ok() -> None:
    """The usual mistake: 5 means that 0 to 5 are as they should be."""
    anything = {"free_warning": range_of("~:"), "free_critical": range_of("5")}
    assert judged(facts(people(20)), **anything) == ("critical", ["check-none-free"])
    assert judged(facts(people(21)), **anything) == ("critical", ["check-over"])
    assert judged(facts(people(18)), **anything) == ("ok", [])


def test_the_end_of_the_license() -> None:
    today = NOW.date()
    for days, state in ((31, "ok"), (29, "warning"), (6, "critical"), (0, "critical")):
        code = [] if state == "ok" else ["check-ends"]
        assert judged(facts(expires=today + timedelta(days=days))) == (state, code)
        milder = "warning" if state == "critical" else state
        assert judged(facts(maintenance_until=today + timedelta(days=days))) == (milder, code)
        assert judged(facts(trial_until=today + timedelta(days=days))) == (state, code)
        part = Component(name="antivirus", expires=today + timedelta(days=days))
        assert judged(facts(components=(part,))) == (milder, code)
    over = today - timedelta(days=1)
    never = {"expiry_warning": range_of("~:"), "expiry_critical": range_of("~:")}
    for thresholds in ({}, never):
        assert judged(facts(expires=over), **thresholds) == ("critical", ["check-ended"])
        assert judged(facts(trial_until=over), **thresholds) == ("critical", ["check-ended"])
    assert judged(facts(maintenance_until=over)) == ("warning", ["check-ended"])
    assert judged(facts(maintenance_until=over), **never) == ("ok", [])
    assert end_of(date(1970, 1, 1)) == 86_400
    assert end_of(date.max) > end_of(date.min)
    assert expiry_timestamps(facts(expires=date.max).status) == {"license": end_of(date.max)}


def test_the_age_of_the_data() -> None:
    assert judged(facts(server=server())) == ("ok", [])
    assert judged(facts(server=server(27))) == ("warning", ["check-old"])
    assert judged(facts(server=server(27)), data_age=timedelta(hours=48)) == ("ok", [])
    assert judged(facts(server=server(24 * 7 + 1))) == ("unknown", ["check-stale"])
    assert judged(facts(server=server(-1))) == ("unknown", ["check-read-in-future"])
    assert judged(facts(server=server(-0.01))) == ("ok", [])
    assert judged(facts(server=server(None))) == ("unknown", ["check-never-read"])
    assert judged(facts(), data_age=timedelta(hours=48)) == ("unknown", ["check-no-server"])
    assert judged(facts(people(21)), data_age=timedelta(hours=48))[0] == "critical"


def test_old_data_make_no_alarm_certain_and_nothing_ok() -> None:
    old = server(24 * 8)
    assert judged(facts(people(21), old)) == ("unknown", ["check-stale", "check-over"])
    over = NOW.date() - timedelta(days=1)
    assert judged(facts(people(21), old, expires=over))[0] == "critical"


@pytest.mark.parametrize("number", [3, 18])
def test_an_unknown_count_is_never_ok(number: int) -> None:
    """Whatever is free by what was read: others may use it."""
    for part in ({"uncounted": ("south.example",)}, {"missing": HIDDEN}):
        which = facts(people(number), server(**part))
        state, codes = judged(which)
        assert (state, "check-count-unknown" in codes) == ("unknown", True)
        known = which.known
        assert (known.used, known.free, known.over, known.latent) == (None, None, None, None)
        assert known.limit == 20
        enough = judged(facts(people(number), server(**part)), free_critical=range_of("19:"))
        assert enough[0] == "critical"  # at most so many are free
        assert judged(which, free_critical=range_of("@15:16"))[0] == "unknown"


def test_what_is_certain_although_some_were_not_read() -> None:
    part = server(missing=HIDDEN)
    full = facts(people(20), part)
    assert judged(full)[1][0] == "check-none-free"
    assert (full.known.free, full.known.used) == (0, None)
    over = facts(people(23), part)
    assert (judged(over)[0], over.known.over) == ("critical", 3)
    said = facts(people(3), server(missing=HIDDEN, unlisted=5))  # the server says how many it has elsewhere
    assert (judged(said), said.known.used, said.known.latent) == (("ok", []), 8, None)
    unread = facts(people(3), server(uncounted=("south.example",), unlisted=5))
    assert judged(unread) == ("unknown", ["check-unread"])


def test_a_limit_that_is_not_known_is_none_without_limit() -> None:
    hidden = facts(people(3), server(numbers=None), seats=None)
    assert judged(hidden) == ("unknown", ["check-limit-unknown"])
    assert (hidden.known.limit, hidden.known.free, hidden.known.over) == (None, None, None)
    known = facts(people(3), server(), seats=None).known
    assert (known.limit, known.free, known.over) == (math.inf, math.inf, 0)


def test_changes_that_stay_unconfirmed() -> None:
    changes = [PendingChange(operation="disable", at=NOW - timedelta(minutes=m), targets=()) for m in (1, 59, 61)]
    assert judged(facts(server=server(), pending=changes[:2])) == ("ok", [])
    found = judge(facts(server=server(), pending=changes), Thresholds())
    assert [(each.state, each.message.code, each.message.params["changes"]) for each in found] == [
        ("warning", "check-unconfirmed", 1)
    ]


def test_a_forecast_is_a_warning_at_most() -> None:
    assert judged(facts(chance=1.0)) == ("ok", [])
    assert judged(facts(chance=1.0), forecast=50) == ("warning", ["check-forecast"])
    assert judged(facts(chance=0.49), forecast=50) == ("ok", [])
    assert judged(facts(chance=None), forecast=1) == ("ok", ["check-no-forecast"])
    assert judged(facts(chance=None, seats=None), forecast=1) == ("ok", [])
    assert judged(facts(people(20), chance=None), forecast=1)[1] == ["check-none-free"]


def test_the_worst_comes_first_and_what_is_certain_outranks_what_is_not() -> None:
    over = NOW.date() - timedelta(days=1)
    which = facts(people(3), server(27, missing=HIDDEN), expires=over)
    found = judge(which, Thresholds())
    assert [each.state for each in found] == ["critical", "unknown", "warning"]
    assert worst(found) == "critical"
    assert worst(found[1:]) == "unknown"


def test_the_figures_of_domains() -> None:
    entries = [
        *people(2),
        account("off", enabled=False),
        account("gone", deleted_at=NOW),
        account("b@south.example"),
        account("info", kind="alias", delivers_to=("p1@north.example",)),
    ]
    which = facts(entries)
    live = [entry for entry in entries if entry.deleted_at is None]
    north, south = domain_uses(which, live)
    assert (north.name, north.used, north.limit, north.free) == ("north.example", 3, None, 16)
    assert north.accounts == {"local": 2, "disabled": 1, "held": 1, "alias": 1}
    assert (south.used, south.limit, south.free, south.accounts) == (1, 3, 2, {"local": 1})
    part = server(uncounted=("south.example",), counted=("NORTH.example",))
    north, south = domain_uses(facts(entries, part), live)
    assert (north.used, north.free, south.used, south.free, south.accounts) == (3, None, None, None, None)
    assert {use.used for use in domain_uses(facts(entries, server(None)), live)} == {None}


def test_the_time_of_the_reading() -> None:
    assert reading_timestamp(None) is reading_timestamp(server(None)) is None
    assert reading_timestamp(server(0)) == NOW.timestamp()
    never = facts([*people(23), account("x")], server(None)).known
    assert (never.used, never.free, never.over, never.latent, never.locked_out) == (None,) * 5
