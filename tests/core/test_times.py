"""Moments: UTC inside, ISO 8601 outside."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.times import SystemClock, in_utc, moment_of, to_iso

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_from_its_text(moment: datetime) -> None:
    text = to_iso(moment)
    assert text is not None
    assert text.endswith("Z")
    back = moment_of(text)
    assert back == moment
    assert back.tzinfo is UTC


def test_no_moment_has_no_text() -> None:
    assert to_iso(None) is None


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=5, minutes=30))),
        NOON.replace(tzinfo=timezone(timedelta(0), "GMT")),
    ],
)
def test_in_utc_is_the_same_moment_in_the_one_zone(moment: datetime) -> None:
    assert in_utc(moment) == NOON
    assert in_utc(moment).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "now", "2026-13-01T00:00:00Z", "12:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_of(text)


def test_the_clock_of_this_machine_tells_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
