"""The days of the seats that a log adds up to."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.core.history import GAP, Commit, Operator, Refusal
from kconsole.licensing.seat_history import Group, SeatDay
from tests.licensing.log_writer import BEGIN, LogWriter
from tests.limits import EXAMPLES

FIRST = BEGIN.date()
STEPS = (
    "add", "disable", "delete", "restarted", "sync", "first sync", "import", "restore", "undo", "relicense", "lost",
    "clock back", "clock ahead", "reclaim",
)  # fmt: skip


def days_of(log: LogWriter, today: date | None = None) -> list[SeatDay]:
    return log.history(today).days(log.now())


def by_day(log: LogWriter, today: date | None = None) -> dict[date, SeatDay]:
    return {day.day: day for day in days_of(log, today)}


def apply(log: LogWriter, step: str, number: int) -> None:
    if step == "add":
        log.add(number)
    elif step in ("disable", "reclaim"):
        log.disable(number, "disable" if step == "disable" else "reclaim")
    elif step == "delete":
        log.delete(number)
    elif step == "restarted":
        log.restarted()
    elif step in ("sync", "first sync"):
        log.server = None if step == "first sync" else log.server
        log.sync(number, number // 2)
    elif step in ("import", "restore"):
        log.add(number, step)
    elif step == "undo":
        log.undo(log.commits[-1])
    elif step == "relicense":
        log.relicense(number * 10)
    elif step == "lost":
        log.commits.append(Commit(len(log.commits) + 1, log.at, Operator(""), "", GAP, "", ()))
        log.used.append(log.ledger.used)
    else:
        log.at += timedelta(days=-number if step == "clock back" else 1000)
        log.write("tag")
        log.at -= timedelta(days=-number if step == "clock back" else 1000)


@settings(max_examples=2 * EXAMPLES)
@given(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 6), st.sampled_from((0, 0, 0.4, 1, 3))), max_size=25),
    st.integers(0, 5),
)
def test_joins_less_leaves_are_the_change_of_the_use(steps: list[tuple[str, int, float]], rest: int) -> None:
    log = LogWriter()
    for step, number, pause in steps:
        log.forward(pause)
        apply(log, step, number)
    log.forward(rest)
    days = days_of(log)
    assert [day.day for day in days] == [FIRST + timedelta(days=each) for each in range(len(days))]
    assert (days[-1].used, days[-1].limit, days[-1].held) == tuple(log.now()[each] for each in (0, 2, 1))
    for before, day in pairwise(days):
        assert day.breaks or day.joins - day.leaves == day.used - before.used
        assert day.peak >= day.used
        assert min(day.joins, day.leaves, day.reclaimed, day.organic_joins, day.organic_leaves) >= 0
        assert day.reclaimed <= day.leaves


def test_a_day_has_what_happened_on_it() -> None:
    log = LogWriter(10, seats=20)
    log.forward()
    log.add(3)
    log.disable(2)
    log.forward(2)
    log.relicense(25)
    log.disable(4, "reclaim")
    days = days_of(log)
    assert [(day.used, day.peak, day.limit, day.joins, day.leaves, day.reclaimed) for day in days] == [
        (10, 10, 20, 0, 0, 0),
        (11, 13, 20, 3, 2, 0),
        (11, 11, 20, 0, 0, 0),
        (7, 11, 25, 0, 4, 4),
    ]
    assert [day.breaks for day in days] == [["begin"], [], [], []]
    assert [(day.organic_joins, day.organic_leaves) for day in days] == [(0, 0), (3, 2), (0, 0), (0, 0)]


def test_a_deleted_account_leaves_with_the_restart() -> None:
    log = LogWriter(10)
    log.forward()
    log.delete(2)
    log.forward()
    log.restarted()
    days = days_of(log)
    assert [(day.used, day.held, day.leaves, day.organic_leaves) for day in days] == [
        (10, 0, 0, 0),
        (10, 2, 0, 2),
        (8, 0, 2, 0),
    ]


def test_what_a_sync_finds_is_spread_over_the_days_before_it() -> None:
    log = LogWriter(10)
    log.sync()
    log.forward(5)
    log.sync(joins=10)
    log.forward(2)
    days = days_of(log)
    assert [day.joins for day in days] == [0, 2, 2, 2, 2, 2, 0, 0]
    assert [day.used for day in days] == [10, 12, 14, 16, 18, 20, 20, 20]
    assert [day.is_read for day in days] == [True, False, False, False, False, True, False, False]
    assert days[0].breaks == ["begin", "sync"]


def test_what_was_refused_read_and_restored_nothing() -> None:
    log, plain = LogWriter(), LogWriter()
    for each in (log, plain):
        each.add(3)
        each.forward(2)
    for operation in ("restore", "sync"):
        log.write("tag")
        log.commits[-1] = log.commits[-1]._replace(operation=operation, refused=(Refusal("", "x"),))
    assert days_of(log) == days_of(plain)


def test_beginnings_are_breaks_and_no_one_joins_in_them() -> None:
    log = LogWriter(2)
    for operation in ("import", "restore", "import"):
        log.forward()
        log.add(50, operation)
    log.forward()
    log.sync(joins=7)
    days = days_of(log)
    assert [(day.breaks, day.joins, day.organic_joins) for day in days] == [
        (["begin"], 0, 0),
        (["import"], 0, 0),
        (["restore"], 0, 0),
        ([], 50, 0),
        (["sync"], 0, 0),
    ]


def test_what_was_undone_is_not_organic() -> None:
    log = LogWriter(10)
    log.forward()
    log.undo(log.disable(5))
    day = days_of(log)[-1]
    assert (day.joins, day.leaves, day.organic_joins, day.organic_leaves) == (5, 5, 0, 0)


@pytest.mark.parametrize("wrong", [datetime(2031, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_line_with_a_wrong_clock_belongs_to_the_day_before_it(wrong: datetime) -> None:
    log = LogWriter(10)
    log.forward(3)
    log.at, right = wrong, log.at
    log.add(2)
    log.at = right + timedelta(days=1)
    log.add(1)
    days = by_day(log)
    assert (len(days), days[FIRST].used, days[FIRST + timedelta(days=4)].used) == (5, 12, 13)


def test_clocks_that_were_all_wrong_leave_one_day() -> None:
    log = LogWriter(10)
    log.add(2)
    days = days_of(log, today=date(2020, 1, 1))
    assert [(day.day, day.used) for day in days] == [(date(2020, 1, 1), 12)]


def test_days_end_at_midnight_in_utc() -> None:
    log = LogWriter(10)
    log.at = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    log.add(1)
    log.at = datetime(2026, 1, 2, 0, 0, tzinfo=UTC)
    log.add(2)
    assert [day.joins for day in days_of(log)] == [1, 2]


def test_a_huge_step_takes_a_day() -> None:
    log = LogWriter(0, seats=None)
    log.forward()
    log.add(2_000)
    log.forward()
    log.delete(2_000)
    assert [(day.joins, day.leaves, day.used, day.held) for day in days_of(log)] == [
        (0, 0, 0, 0),
        (2_000, 0, 2_000, 0),
        (0, 0, 2_000, 2_000),
    ]


def test_the_figures_before_the_first_line_that_has_some_are_worked_out() -> None:
    log = LogWriter(10, seats=20)
    log.forward()
    log.delete(3)
    log.forward()
    log.relicense(30)
    del log.commits[0]  # archived and moved elsewhere
    days = days_of(log)
    assert [(day.used, day.limit, day.held) for day in days] == [(10, 20, 3), (10, 30, 3)]
    assert LogWriter(4).history(FIRST).days(LogWriter(4).now())[0].used == 4


def test_the_groups_say_who_contributed_what() -> None:
    log = LogWriter(10)
    log.forward()
    log.add(3, domain="south.example")
    log.disable(2, "reclaim", operator="bert")
    log.delete(1)
    log.restarted()
    by_operator = log.history(group_of=lambda commit: commit.operator.user)
    assert log.history(group_of=lambda _: "").groups() == [
        Group("south.example", 3, 0, 0), Group("north.example", 0, 2, 2), Group("", 0, 1, 0),
    ]  # fmt: skip
    assert by_operator.groups() == [Group("anna", 3, 1, 0), Group("bert", 0, 2, 2)]
    assert log.history(group_of=lambda _: "", since=log.at.date() + timedelta(days=1)).groups() == []
