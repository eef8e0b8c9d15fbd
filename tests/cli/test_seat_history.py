"""`history` and `forecast` on a store with a past. Their words for a new store are held in `golden/`."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from kconsole.core.decisions import Reservation
from kconsole.core.roles import Authority
from kconsole.operations.seat_history import seat_forecast, seat_history
from kconsole.operations.session import Session
from kconsole.text.seat_history import plot
from tests.cli.console import Console
from tests.cli.test_schemas import faults
from tests.clocks import FixedClock
from tests.lived_in import DOMAINS, lived_in


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Console:
    folder = tmp_path_factory.mktemp("past") / "store"
    return Console(folder, lived_in(folder))


def test_the_days_fit_their_schema_and_the_status(past: Console) -> None:
    answer = past.done("history", "--json").json
    status = past.done("status", "--json").json["seats"]
    assert faults("history", answer) == []
    assert (len(answer["days"]), answer["days"][-1]["used"], answer["by"]) == (91, status["used"], None)
    all_days = past.done("history", "--since", "1y", "--json").json["days"]
    assert all_days[-91:] == answer["days"]
    joins, leaves = (sum(day[name] for day in all_days) for name in ("joins", "leaves"))
    assert joins - leaves == status["used"] - 48
    assert all_days[0]["breaks"] == ["begin"]
    assert all(day["read"] for day in all_days)


def test_the_days_as_csv(past: Console) -> None:
    rows = list(csv.DictReader(io.StringIO(past.done("history", "--csv").out)))
    days = past.done("history", "--json").json["days"]
    assert [(row["day"], int(row["used"]), row["read"]) for row in rows] == [
        (day["day"], day["used"], "true") for day in days
    ]
    assert past.done("history", "--since", "2026-09-01", "--csv").out == "day\n"
    assert past("history", "--csv", "--json").code == 2
    assert past("history", "--since", "soon").code == 2


@pytest.mark.parametrize("by", ["domain", "operation", "operator"])
def test_what_each_contributed(past: Console, by: str) -> None:
    answer = past.done("history", "--since", "1y", "--by", by, "--json").json
    assert faults("history", answer) == []
    names = {"domain": set(DOMAINS), "operation": {"add", "disable"}, "operator": {"anna"}}[by]
    assert {group["name"] for group in answer["groups"]} == names
    for figure in ("joins", "leaves"):
        assert sum(each[figure] for each in answer["groups"]) == sum(each[figure] for each in answer["days"])
    rows = list(csv.DictReader(io.StringIO(past.done("history", "--since", "1y", "--by", by, "--csv").out)))
    assert {row[by] for row in rows} == names


def test_an_operator_of_a_domain_sees_totals_and_that_domain(past: Console) -> None:
    bound = Authority("auditor", frozenset({DOMAINS[1]}), operator="anna")
    session = Session.open(past.folder, "anna", past.clock, authority=lambda: bound)
    every = Session.open(past.folder, "anna", past.clock)
    assert [group.name for group in seat_history(session, "domain").groups] == [DOMAINS[1]]
    assert seat_history(session).days == seat_history(every).days
    session.close()
    every.close()


def test_a_forecast_fits_its_schema_and_repeats(past: Console) -> None:
    answer = past.done("forecast", "--json").json
    assert faults("forecast", answer) == []
    assert (answer["state"], answer["basis"]["used"]) == (
        "forecast",
        past.done("status", "--json").json["seats"]["used"],
    )
    assert list(answer["p_full"]) == ["30", "90", "365"]
    assert past.done("forecast", "--json").json == answer
    tested = past.done("forecast", "--backtest", "--json").json
    assert faults("forecast", tested) == []
    assert [each["days"] for each in tested["backtest"]] == [28, 91]
    assert tested["backtest"][0]["ranges"] > 5


def test_a_forecast_in_words(past: Console) -> None:
    said = past.done("forecast", "--backtest")
    assert said.out.startswith("Chance that no seat is free: ")
    assert said.is_harmless()
    assert len(said.out.splitlines()) == 6


def test_it_says_why_nothing_is_forecast_and_ends_well(console: Console) -> None:
    console.fill(seats=None)
    assert console.done("forecast", "--json").json["state"] == "unlimited"
    console.done("license", "update", "--seats", "0", "--over-limit")
    assert console.done("forecast", "--json").json["state"] == "full"
    console.done("license", "update", "--seats", "9")
    assert console.done("forecast", "--json").json["state"] == "too-little-known"
    assert console.done("history").out


def test_a_reservation_is_a_certain_step(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    clock = lived_in(folder, 60, seats=80)
    session = Session.open(folder, "anna", clock)
    now = clock.now()
    free = 80 - session.seats.report().used
    times = (now, now + timedelta(days=20), now - timedelta(days=90))
    for start, count in zip(times, (2, free + 3, free), strict=True):
        until = start + timedelta(days=60)
        with session.store.transaction("reserve", "reserve") as transaction:
            reservation = Reservation(subject="New people", count=count, start=start, until=until, at=now)
            transaction.put_decision("reservations", reservation)
    found = seat_forecast(session, seat_history(session).days)
    session.close()
    assert found.reserved == 2
    assert dict(found.chances)[30] > 0.9


def test_a_clock_that_is_behind_the_log_changes_no_day(past: Console) -> None:
    assert past.clock is not None
    days = past.done("history", "--since", "1y", "--json").json["days"]
    early = Console(past.folder, FixedClock(past.clock.now() - timedelta(days=30)))
    assert [day["day"] for day in early.done("history", "--since", "1y", "--json").json["days"]] == [
        day["day"] for day in days[:-30]
    ]


def test_a_plot_is_as_wide_and_high_as_there_is_room(past: Console) -> None:
    session = Session.open(past.folder, "anna", past.clock)
    days = seat_history(session).days
    session.close()
    for width in (1, 2, 10, 40, 120):
        for height in (1, 2, 9):
            lines = plot(days, width, height)
            assert all(len(line) <= max(width, 13) for line in lines)
            assert len(lines) in (0, height)
    assert plot([], 40, 9) == []
    assert json.dumps(plot(days[:1], 40, 3))
