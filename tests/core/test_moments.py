"""Moments that somebody wrote down elsewhere."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.errors import BadInput
from kconsole.core.times import moment_of, zone_named

NOON = datetime(2026, 8, 5, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-05T12:03:00Z",
        "2026-08-05 12:03Z",
        " 2026-08-05t12:03z ",
        "2026-08-05 12:03:00 UTC",
        "2026-08-05T14:03:00+02:00",
        "2026-08-05T14:03+0200",
        "2026-08-05T14:03 +02",
        "2026-08-05T12:03:00.000000000Z",
        "2026-08-05T12:03:00,000Z",
        "20260805T120300Z",
        "20260805T1203Z",
    ],
)
def test_one_moment_has_many_texts(text: str) -> None:
    moment = moment_of(text, ZoneInfo("America/New_York"))
    assert (moment, moment.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "time-not-iso"),
        ("yesterday", "time-not-iso"),
        ("2026-08-05", "time-not-iso"),
        ("12:03", "time-not-iso"),
        ("1785931380", "time-not-iso"),
        ("1785931380123", "time-not-iso"),
        ("05.08.2026 12:03", "time-not-iso"),
        ("2026-08-05T12:03:00 CEST", "time-not-iso"),
        ("２０２６-08-05T12:03Z", "time-not-iso"),
        ("2026-08-05T12:03Z\nx", "time-not-iso"),
        ("2026-02-30T12:03Z", "time-out-of-calendar"),
        ("2026-08-05T25:03Z", "time-out-of-calendar"),
        ("0001-01-01T00:00+14:00", "time-out-of-calendar"),
        ("2026-08-05T12:03+99:00", "time-out-of-calendar"),
        ("2026-08-05T12:03:00", "time-without-zone"),
    ],
)
def test_what_is_none_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        moment_of(text, None)


def test_a_text_without_a_zone_is_in_the_one_that_was_said() -> None:
    assert moment_of("2026-08-05T12:03", UTC) == NOON
    assert moment_of("2026-08-05T14:03", zone_named("Europe/Prague")) == NOON
    assert moment_of("2026-01-05T13:03", zone_named("Europe/Prague")) == datetime(2026, 1, 5, 12, 3, tzinfo=UTC)
    assert moment_of("2026-10-25T02:30", zone_named("Europe/Prague")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_zones_have_names_and_offsets() -> None:
    assert zone_named("utc") is zone_named(" Z ") is UTC
    assert zone_named("+02:00") == zone_named("+0200") == zone_named("+02") == timezone(timedelta(hours=2))
    for text in ("", "klingon", "CEST!", "../../etc/passwd", "/etc/passwd", "Europe", "+99:00", "a\0b", "é" * 300):
        with pytest.raises(BadInput):
            zone_named(text)


@given(st.text(max_size=40))
def test_no_text_does_harm(text: str) -> None:
    try:
        assert moment_of(text, UTC).tzinfo is UTC
    except ValueError as error:
        assert str(error).startswith(("time-not-iso", "time-out-of-calendar"))  # noqa: PT017
