"""What is forecast, and how honest it is."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.history import Change
from kconsole.licensing.forecast import (
    LEAST_DAYS,
    PACK,
    RISK,
    Forecast,
    Purchase,
    Step,
    backtest,
    forecast,
    known_part,
)
from kconsole.licensing.seat_history import SeatDay
from tests.bench.forecast import coverage, made_up
from tests.licensing.log_writer import LogWriter
from tests.limits import EXAMPLES

TODAY = date(2026, 8, 5)


def days_with(joins: list[int], leaves: list[int]) -> list[SeatDay]:
    """A beginning, then days on which so many join and leave, then today."""
    days = [SeatDay(TODAY - timedelta(days=len(joins) + 1), breaks=["begin"])]
    for come, go in zip(joins, leaves, strict=True):
        days.append(SeatDay(days[-1].day + timedelta(days=1), organic_joins=come, organic_leaves=go))
    return [*days, SeatDay(TODAY)]


def seen(days: list[SeatDay], used: int = 110, limit: int | None = 118, seed: str = "head", **more: object) -> Forecast:
    return forecast(days, used, limit, TODAY, seed, **more)  # type: ignore[arg-type]


RISING = days_with([1, 0, 0, 0] * 15, [0, 0, 0, 0, 0, 1] * 10)


@settings(max_examples=EXAMPLES // 10)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=LEAST_DAYS, max_size=90),
    st.integers(1, 40),
    st.integers(0, 2**64).map(str),
)
def test_chances_rise_with_the_days_and_repeat(moves: list[tuple[int, int]], free: int, seed: str) -> None:
    days = days_with([come for come, _ in moves], [go for _, go in moves])
    found = seen(days, 100, 100 + free, seed)
    chances = [chance for _, chance in found.chances]
    assert chances == sorted(chances)
    assert all(0 <= chance <= 1 for chance in chances)
    points = [point for point in (found.early, found.even, found.late) if point is not None]
    assert points == sorted(points)
    assert found == seen(days, 100, 100 + free, seed)
    assert found.trend == "rising" or points == []
    more = dict(seen(days, 100, 101 + free, seed).chances)
    assert all(more[days] <= chance for days, chance in found.chances)


def test_another_head_draws_other_paths() -> None:
    assert seen(RISING) != seen(RISING, seed="another")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (seen(RISING, limit=None), "unlimited"),
        (seen(RISING, limit=None, hides_limit=True), "limit-unknown"),
        (seen(RISING, used=118), "full"),
        (seen(RISING, used=130), "full"),
        (seen(RISING, steps=[Step(TODAY, 8)]), "full"),
        (seen(RISING[:20]), "too-little-known"),
        (seen(days_with([1, 1, 1, 1] + [0] * 96, [0] * 100)), "too-little-known"),
        (seen([SeatDay(TODAY, breaks=["begin"])]), "too-little-known"),
        (seen([]), "too-little-known"),
        (seen(RISING), "forecast"),
    ],
)
def test_nothing_is_forecast_where_nothing_can_be(found: Forecast, state: str) -> None:
    assert found.state == state
    assert bool(found.chances) == (state == "forecast")
    assert state == "forecast" or (found.early, found.even, found.purchase) == (None, None, None)


@pytest.mark.parametrize(("joins", "leaves", "trend"), [(1, 1, "flat"), (1, 2, "falling")])
def test_a_use_that_does_not_rise_has_no_date(joins: int, leaves: int, trend: str) -> None:
    found = seen(days_with([joins] * 60, [leaves] * 60), used=117)
    assert (found.state, found.trend, found.early, found.even, found.late) == ("forecast", trend, None, None, None)


def test_what_was_before_a_beginning_does_not_count() -> None:
    days = [SeatDay(TODAY, organic_joins=50), *RISING]
    assert [day.organic_joins for day in known_part(days)] == [day.organic_joins for day in RISING[1:-1]]
    restored = [replace_breaks(day, number) for number, day in enumerate(RISING)]
    assert len(known_part(restored)) == len(RISING) - 2


def replace_breaks(day: SeatDay, number: int) -> SeatDay:
    return SeatDay(day.day, breaks=["restore"] if number == 30 else day.breaks)


def test_days_after_the_last_reading_say_nothing() -> None:
    unread = [SeatDay(day.day, organic_joins=1, is_read=number < 40) for number, day in enumerate(RISING)]
    assert len(known_part(unread)) == 40
    between = [SeatDay(day.day, organic_joins=1, is_read=number > 40) for number, day in enumerate(RISING)]
    assert len(known_part(between)) == len(RISING) - 1


def test_reservations_are_certain_steps() -> None:
    found = seen(RISING, used=100, steps=[Step(TODAY + timedelta(days=40), 18)])
    assert dict(found.chances)[90] > 0.8 > 0.1 > dict(found.chances)[30]
    assert found.early == found.even == 40
    assert seen(RISING, steps=[Step(TODAY - timedelta(days=9), 3)]).reserved == 3
    assert seen(RISING, steps=[Step(TODAY + timedelta(days=900), 30)])._replace(reserved=0) == seen(RISING)


def test_the_smallest_purchase_lasts_and_a_smaller_one_does_not() -> None:
    anniversary = TODAY + timedelta(days=364)
    bought = seen(RISING, anniversary=anniversary).purchase
    assert bought is not None
    assert bought.seats > 0
    assert bought.seats % PACK == 0
    assert dict(seen(RISING, limit=118 + bought.seats).chances)[365] <= RISK
    assert dict(seen(RISING, limit=118 + bought.seats - PACK).chances)[365] > RISK
    assert seen(RISING, limit=900, anniversary=anniversary).purchase == Purchase(0, anniversary)
    assert seen(RISING, anniversary=TODAY).purchase is None
    assert seen(RISING).purchase is None


@pytest.mark.thorough
def test_two_hundred_days_compared_with_what_the_next_sixty_bring() -> None:
    held = 0
    for run in range(30):
        log, random = LogWriter(60, seats=1000), Random(run)
        reached = []
        for day in range(260):
            log.forward()
            if random.random() < 0.4:
                log.add(random.randint(1, 2))
            if random.random() < 0.3:
                log.disable()
            if day == 150:
                log.disable(10, "reclaim")
                log.add(20, "restore")
            reached.append(log.ledger.used)
        then = log.at.date() - timedelta(days=60)
        days = [day for day in log.history().days(log.now()) if day.day <= then]
        used, limit = reached[199], reached[199] + 12
        found = forecast(days, used, limit, then, str(run))
        came = next((number for number, each in enumerate(reached[200:], 1) if each >= limit), None)
        early, late = (10**6 if each is None else each for each in (found.early, found.late))
        held += early <= came <= late if came is not None else late > 60
    assert held >= 20


def test_a_backtest_counts_the_ranges_that_held() -> None:
    days = made_up(Random(1), 200, (3.0, 2.0), 1)
    short, long = backtest(days, "head")
    assert (short.days, long.days) == (28, 91)
    assert short.ranges > long.ranges > 5
    assert short.held / short.ranges > 0.5
    assert [past.ranges for past in backtest(days[:30], "head")] == [0, 0]


@pytest.mark.thorough
@pytest.mark.parametrize(("batch", "least"), [(1, 0.78), (4, 0.7)])
def test_the_stated_range_holds_about_as_often_as_it_says(batch: int, least: float) -> None:
    found = coverage(60, batch, 30)
    ours, others = found.pop("kconsole: Gamma-Poisson"), list(found.values())
    assert ours[0] >= least
    assert all(ours[0] > other[0] for other in others)


def test_seats_in_domains_that_are_not_read_count_if_no_others_are_read_than_before() -> None:
    log = LogWriter(10)
    log.sync()
    log.forward()
    assert log.server is not None
    for unlisted, uncounted in ((4, ("b.example",)), (6, ("b.example",)), (None, ("b.example",)), (0, ())):
        before = log.server
        log.server = replace(before, unlisted=unlisted, uncounted=uncounted)
        log.ledger.change_server(log.server)
        log.forward()
        log.write("sync", others=[Change("connection", 1, before, log.server)])
        if log.commits[-2].seats is not None:
            used = log.commits[-2].seats[1]
            log.commits[-1] = log.commits[-1]._replace(seats=(used, log.ledger.used))
    days = log.history().days(log.now())
    assert [(day.used, day.joins, day.organic_joins, day.breaks) for day in days[2:]] == [
        (14, 0, 0, ["sync"]),
        (16, 2, 2, []),
        (10, 0, 0, ["sync"]),
        (10, 0, 0, ["sync"]),
    ]
