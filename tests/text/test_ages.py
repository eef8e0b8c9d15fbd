"""Ages as words, moments with their zone, and ages that the command line is given."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.text.ages import age, ago_and_moment, full_moment, parse_age
from kconsole.text.safe_text import safe_text

NOW = datetime(2026, 3, 5, 9, 15, 30, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-60), "in the future"),
        (timedelta(days=-400), "in the future"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=4), "4 minutes ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(hours=24), "1 day ago"),
        (timedelta(days=3, hours=23), "3 days ago"),
        (timedelta(days=60, hours=23), "60 days ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=180), "5 months ago"),
        (timedelta(days=430), "14 months ago"),
        (timedelta(days=730), "23 months ago"),
        (timedelta(days=731), "2 years ago"),
        (timedelta(days=1095), "2 years ago"),
        (timedelta(days=1096), "3 years ago"),
        (timedelta(days=3653), "10 years ago"),
    ],
)
def test_age_words(ago: timedelta, words: str) -> None:
    assert age(NOW - ago, NOW) == words


def test_never_is_not_an_age() -> None:
    assert age(None, NOW) == "never"
    assert full_moment(None) == "never"
    assert ago_and_moment(None, NOW) == "never"


def test_a_moment_without_zone_is_in_utc() -> None:
    assert age(datetime(2026, 3, 5, 9, 11), NOW) == "4 minutes ago"  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_an_age_fits_a_narrow_column(moment: datetime, now: datetime) -> None:
    words = age(moment, now)
    assert len(words) <= 14
    assert not words.startswith(("a ", "0 ", "-"))


@given(st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta(0)), st.timedeltas(timedelta(0)))
def test_the_older_of_two_is_never_reported_as_younger(now: datetime, one: timedelta, other: timedelta) -> None:
    units = ["just", "minute", "hour", "day", "month", "year"]

    def rank(ago: timedelta) -> tuple[int, int]:
        number, unit, *_ = age(now - ago, now).split()
        return (0, 0) if number == "just" else (units.index(unit.rstrip("s")), int(number))

    earliest = datetime.min.replace(tzinfo=UTC)
    younger, older = sorted((min(one, now - earliest), min(other, now - earliest)))
    assert rank(younger) <= rank(older)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 3, 2, 9, 15, 59, tzinfo=UTC), "2026-03-02 10:15 CET"),
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "2026-07-02 00:30 CEST"),
        (datetime(2026, 3, 2, 4, 15, tzinfo=timezone(timedelta(hours=-5))), "2026-03-02 10:15 CET"),
    ],
)
def test_full_moment_in_a_zone(moment: datetime, words: str) -> None:
    assert full_moment(moment, PRAGUE) == words


def test_full_moment_at_the_ends_of_time() -> None:
    assert full_moment(datetime.max.replace(tzinfo=UTC), timezone(timedelta(hours=1))) == "9999-12-31 23:59 UTC"
    assert full_moment(datetime.min.replace(tzinfo=UTC), timezone(timedelta(hours=-1))) == "0001-01-01 00:00 UTC"


def test_full_moment_in_the_zone_of_this_machine() -> None:
    assert full_moment(NOW).startswith("2026-03-0")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 3, 2, 9, 15, tzinfo=UTC), "3 days ago (2026-03-02 10:15 CET)"),
        (datetime(2025, 1, 2, 9, 15, tzinfo=UTC), "14 months ago (2025-01-02 10:15 CET)"),
        (datetime(2026, 3, 5, 9, 14, 30, tzinfo=UTC), "1 minute ago (2026-03-05 10:14 CET)"),
        (datetime(2026, 3, 5, 9, 15, tzinfo=UTC), "just now (2026-03-05 10:15 CET)"),
        (datetime(2026, 3, 6, 9, 15, tzinfo=UTC), "in the future (2026-03-06 10:15 CET)"),
    ],
)
def test_ago_and_moment(moment: datetime, words: str) -> None:
    assert ago_and_moment(moment, NOW, PRAGUE) == words


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_fuller_words_exist_for_any_two_moments(moment: datetime, now: datetime) -> None:
    assert ago_and_moment(moment, now, UTC).endswith(" UTC)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12h", timedelta(hours=12)),
        ("180d", timedelta(days=180)),
        ("2w", timedelta(days=14)),
        ("6m", timedelta(days=180)),
        ("1y", timedelta(days=365)),
        (" 090 D ", timedelta(days=90)),
        ("1000y", timedelta(days=365_000)),
    ],
)
def test_parse_age(text: str, expected: timedelta) -> None:
    assert parse_age(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not an age"),
        ("d", "not an age"),
        ("180", "not an age"),
        ("180s", "not an age"),
        ("-3d", "not an age"),
        ("1.5d", "not an age"),
        ("1d2h", "not an age"),
        ("١d", "not an age"),
        ("²d", "not an age"),
        ("\x1b[2Jd", r"'␛\[2Jd' is not an age"),
        ("0d", "is zero"),
        ("1001y", "longer than a thousand years"),
        ("9" * 5000 + "h", "longer than a thousand years"),
    ],
)
def test_what_is_not_an_age(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        parse_age(text)
    assert str(caught.value).endswith(".")


@given(st.integers(1, 1000), st.sampled_from("hdwmy"))
def test_a_parsed_age_can_be_taken_from_now(number: int, unit: str) -> None:
    assert NOW - parse_age(f"{number}{unit}") < NOW


@given(st.text())
def test_any_text_is_an_age_or_refused_in_a_sentence(text: str) -> None:
    with suppress(ValueError):
        assert parse_age(text) > timedelta(0)
        return
    with pytest.raises(ValueError, match=r"\.\Z") as caught:
        parse_age(text)
    assert safe_text(str(caught.value)) == str(caught.value)
