"""How many seats a renewal needs: never fewer than are used, in packs, and not guessed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.license import License, price_of
from kconsole.core.reports import SeatReport
from kconsole.licensing.forecast import PACK, Step
from kconsole.licensing.renewal import Renewal, options_of, renewal_of
from kconsole.licensing.seat_history import SeatDay
from tests.limits import EXAMPLES

TODAY = date(2026, 8, 5)
LICENSE = License(seats=30, maintenance_until=TODAY + timedelta(days=90), price=price_of("24.10", "EUR"))


def seats(used: int, held: int = 0, partial: bool = False, hides_limit: bool = False) -> SeatReport:
    limit = None if hides_limit else 30
    return SeatReport(
        limit, used - held, held, used, 0, 0, used, 0, 0, 0, 0, "ok", (), (), partial=partial, hides_limit=hides_limit
    )


def past(joins: int, leaves: int = 0, days: int = 120) -> list[SeatDay]:
    """Days on which people came and went evenly."""
    found = [SeatDay(TODAY - timedelta(days=days - number)) for number in range(days + 1)]
    for which, number in (("organic_joins", joins), ("organic_leaves", leaves)):
        for each in range(number):
            day = found[each * days // number]
            setattr(day, which, getattr(day, which) + 1)
    return found


def renewal(used: int = 27, days: list[SeatDay] | None = None, *steps: Step, license_: License = LICENSE) -> Renewal:
    return renewal_of(license_, seats(used, held=1), past(6) if days is None else days, steps, TODAY, "seed")


def test_what_is_needed_and_what_it_costs() -> None:
    found = renewal()
    assert (found.state, found.what, found.days, found.used, found.held) == ("known", "maintenance", 90, 27, 1)
    assert found.needed is not None
    assert found.needed >= found.needed_now == 27
    assert found.smallest is not None
    assert found.smallest % PACK == 0
    assert found.smallest - found.needed in range(PACK)
    assert found.cost(found.smallest) == Decimal("24.10") * found.smallest
    assert renewal() == found  # the same each time


def test_reservations_that_begin_until_then_are_needed_too() -> None:
    soon, late = Step(TODAY + timedelta(days=10), 4), Step(TODAY + timedelta(days=200), 9)
    assert (renewal(27, None, soon, late).reserved, renewal(27, None, soon, late).needed_now) == (4, 31)
    more, less = renewal(27, None, soon, late).needed, renewal().needed
    assert more is not None
    assert less is not None
    assert more >= less + 3


@pytest.mark.parametrize(
    ("license_", "report", "days", "state"),
    [
        (replace(LICENSE, maintenance_until=None), seats(5), past(9), "no-date"),
        (replace(LICENSE, seats=None), seats(5), past(9), "unlimited"),
        (replace(LICENSE, seats=None), seats(5, hides_limit=True), past(9), "limit-unknown"),
        (LICENSE, seats(5, partial=True), past(9), "in-part"),
        (LICENSE, seats(5), past(2), "too-little-known"),
        (LICENSE, seats(5), past(9, days=20), "too-little-known"),
        (LICENSE, seats(5), [], "too-little-known"),
    ],
)
def test_it_is_not_guessed(license_: License, report: SeatReport, days: list[SeatDay], state: str) -> None:
    found = renewal_of(license_, report, days, (), TODAY, "seed")
    assert (found.state, found.needed, found.smallest, found.reducible) == (state, None, None, None)
    assert options_of(found, [str(number) for number in range(9)]) == []
    assert found.needed_now == 5


def test_a_day_that_has_passed_needs_what_is_used() -> None:
    found = renewal(license_=replace(LICENSE, maintenance_until=TODAY - timedelta(days=300)))
    assert (found.days, found.needed, found.smallest) == (-300, 27, 30)


def test_25_if_these_go() -> None:
    found = renewal(license_=replace(LICENSE, maintenance_until=TODAY))
    assert (found.needed, found.smallest, found.reducible) == (27, 30, 0)
    unused = [f"idle{number}" for number in range(8)]
    options = [(each.seats, list(each.accounts)) for each in options_of(found, unused)]
    assert options == [(25, unused[:2]), (20, unused[:7])]
    assert options_of(found, unused[:1]) == []


@settings(max_examples=EXAMPLES // 5, deadline=None)
@given(used=st.integers(0, 200), limit=st.integers(0, 200), joins=st.integers(0, 20), leaves=st.integers(0, 20))
def test_no_saving_is_invented(used: int, limit: int, joins: int, leaves: int) -> None:
    found = renewal(used, past(joins, leaves), license_=replace(LICENSE, seats=limit))
    if found.needed is not None and found.smallest is not None:
        assert found.smallest >= found.needed >= used
        assert found.reducible == max(limit - found.smallest, 0)
