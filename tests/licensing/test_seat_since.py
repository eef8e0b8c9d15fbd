"""Since when a seat is taken: certain where the log shows it, and at least since where it only shows that it was."""

from datetime import timedelta

from msgspec.structs import replace

from kconsole.core.history import GAP, MEND
from kconsole.licensing.policy import KERIO
from kconsole.licensing.seat_since import SeatsSince
from tests.licensing.log_writer import BEGIN, LogWriter

READINGS = ("init", "import", "sync", "restore", MEND)
NOW = BEGIN + timedelta(days=400)


def since(log: LogWriter, number: int, *, skipped: int = 0) -> tuple[str, int | None]:
    """How certain it is, and how many days after the beginning; without the first lines, if some are missing."""
    found = SeatsSince(KERIO, READINGS, NOW, is_cut=bool(skipped))
    for commit in log.commits[skipped:]:
        found.take(commit)
    at, known = found.of(number)
    return known, None if at is None else (at - BEGIN).days


def days(log: LogWriter, number: int) -> None:
    log.at += timedelta(days=number)


def test_disabling_ends_it_and_other_changes_do_not() -> None:
    log = LogWriter(accounts=1)
    (one,) = log.entries.values()
    days(log, 3)
    log.write("tag", [replace(one, tags=("vip",), address="renamed@north.example")])
    assert since(log, one.id) == ("at-least-since", 0)
    log.write("disable", [replace(one, enabled=False)])
    days(log, 2)
    log.write("enable", [one])
    assert since(log, one.id) == ("since", 5)
    days(log, 2)
    log.write("delete", [replace(one, deleted_at=log.at)])
    assert since(log, one.id) == ("since", 5)  # it is held
    log.write("undo", [one])
    assert since(log, one.id) == ("since", 5)
    log.write("delete", [replace(one, deleted_at=log.at)])
    days(log, 2)
    log.restarted()  # which frees it
    days(log, 2)
    log.write("undo", [one])
    assert since(log, one.id) == ("since", 11)


def test_what_a_sync_finds_may_be_older() -> None:
    log = LogWriter(accounts=1)
    (one,) = log.entries.values()
    log.write("disable", [replace(one, enabled=False)])
    days(log, 4)
    log.write("sync", [one])
    assert since(log, one.id) == ("at-least-since", 4)
    days(log, 4)
    log.write("sync", [replace(one, full_name="Anna")])
    assert since(log, one.id) == ("at-least-since", 4)


def test_lost_lines_may_have_ended_it() -> None:
    log = LogWriter(accounts=1)
    (one,) = log.entries.values()
    log.write("disable", [replace(one, enabled=False)])
    log.write("enable", [one])
    days(log, 7)
    log.write("tag")
    gap = log.commits[-1]._replace(operation=GAP, changes=())
    log.commits.append(gap)
    assert since(log, one.id) == ("at-least-since", 7)


def test_where_the_first_lines_are_missing_it_is_at_least_since_the_first_that_is_there() -> None:
    log = LogWriter(accounts=2)
    one, two = log.entries.values()
    days(log, 5)
    log.write("disable", [replace(one, enabled=False)])
    days(log, 5)
    log.write("enable", [one])
    assert since(log, one.id, skipped=1) == ("since", 10)
    assert since(log, two.id, skipped=1) == ("at-least-since", 5)


def test_a_clock_that_was_wrong_counts_as_the_line_above() -> None:
    log = LogWriter(accounts=1)
    (one,) = log.entries.values()
    days(log, 6)
    log.write("disable", [replace(one, enabled=False)])
    for wrong in (-5_000, 90_000, -3):
        right = log.at
        days(log, wrong)
        log.write("enable", [one])
        assert since(log, one.id) == ("since", 6)
        log.write("disable", [replace(one, enabled=False)])
        log.at = right


def test_nothing_is_known_of_who_is_in_no_line() -> None:
    assert since(LogWriter(accounts=1), 99) == ("unknown", None)
