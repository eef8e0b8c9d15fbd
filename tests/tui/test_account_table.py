"""The table of accounts stays where it is, at little cost for any number of accounts."""

import time
from collections.abc import Callable

import pytest

from kconsole.core.records import Entry
from tests.clocks import noon
from tests.tui.console import console

MANY = 100_000


def seconds(act: Callable[[], object]) -> float:
    """Of the processor, which the load of a machine does not change much."""
    start = time.thread_time()
    act()
    return time.thread_time() - start


@pytest.mark.thorough
async def test_to_list_nothing_after_many_costs_less_than_to_look_at_each() -> None:
    rows = [Entry(id=number + 1, address=f"p{number}@north.example") for number in range(MANY)]
    async with console("small") as screen:
        table, report, now = screen.main.accounts, screen.session.seats.report(), noon().now()

        def emptied() -> float:
            table.show(rows, "address", False, report, now)
            return seconds(lambda: table.show([], "address", False, report, now))

        looked = min(seconds(lambda: [entry.id for entry in rows]) for _ in range(5))
        assert min(emptied() for _ in range(5)) < looked
        screen.main.show_listing()


async def test_the_cursor_stays_on_its_account_or_goes_to_the_next_that_is_there() -> None:
    rows = [Entry(id=number + 1, address=f"p{number}@north.example") for number in range(6)]
    async with console("small") as screen:
        table, report, now = screen.main.accounts, screen.session.seats.report(), noon().now()

        def show(*places: int) -> int | None:
            table.show([rows[place] for place in places], "address", False, report, now)
            return None if table.highlighted is None else table.highlighted.id - 1

        show(0, 1, 2, 3, 4, 5)
        table.move_to(2)
        assert show(2, 1, 0, 3) == 2
        assert show(0, 2, 4) == 2
        assert show(0, 4, 5) == 4
        assert show(0) == 0
        assert show() is None
        screen.main.show_listing()
