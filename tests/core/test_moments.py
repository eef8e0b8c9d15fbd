"""Moments that someone wrote down elsewhere."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.errors import BadInput
from kconsole.core.times import is_no_time, moment_of, says_never, says_no_time, zone_named
from kconsole.text.ages import full_moment

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
        ("12:03", "time-not-iso"),
        ("1785931380", "time-not-iso"),
        ("1785931380123", "time-not-iso"),
        ("05.08.2026 12:03", "time-not-iso"),
        ("2026-08-05T12:03:00 CEST", "time-zone-unclear"),
        ("２０２６-08-05T12:03Z", "time-not-iso"),
        ("2026-08-05T12:03Z\nx", "time-not-iso"),
        ("2026-02-30T12:03Z", "time-out-of-calendar"),
        ("2026-08-05T25:03Z", "time-out-of-calendar"),
        ("0001-01-01T00:00+14:00", "time-out-of-calendar"),
        ("2026-08-05T12:03+99:00", "time-out-of-calendar"),
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
        assert str(error).startswith("time-")  # noqa: PT017


@pytest.fixture
def in_prague(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Prague")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_prague")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-06 00:30", "2026-08-05T22:30Z"),
        ("2026-08-06", "2026-08-05T22:00Z"),
        ("20260106", "2026-01-05T23:00Z"),
        ("2026-08-06 00:30 CEST", "2026-08-05T22:30Z"),
        ("2026-10-25 02:30", "2026-10-25T00:30Z"),
        ("2026-10-25 02:30 cest", "2026-10-25T00:30Z"),
        ("2026-10-25 02:30 CET", "2026-10-25T01:30Z"),
        ("2026-03-29 02:30", "2026-03-29T01:30Z"),
        ("2026-08-06T00:30:00Z", "2026-08-06T00:30Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00Z"),
        ("2017-01-01 00:59:60.5", "2017-01-01T00:00Z"),
        ("2017-01-01T05:29:60+05:30", "2017-01-01T00:00Z"),
    ],
)
def test_a_text_without_a_zone_is_in_the_one_that_is_shown(text: str, moment: str) -> None:
    assert moment_of(text) == datetime.fromisoformat(moment)


@pytest.mark.usefixtures("in_prague")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-08-06 00:30 CET", "time-zone-unclear"),
        ("2026-08-06 00:30 EST", "time-zone-unclear"),
        ("2026-08-06 12:00:60", "time-out-of-calendar"),
        ("2026-08-06 12:00:61Z", "time-out-of-calendar"),
        ("9999-12-31T23:59:60Z", "time-out-of-calendar"),
        ("9999-12-31T23:59-05:00", "time-out-of-calendar"),
        ("0000-01-01T00:00Z", "time-out-of-calendar"),
    ],
)
def test_what_the_shown_zone_does_not_have_is_refused(text: str, code: str) -> None:
    with pytest.raises(ValueError, match=f"^{code}$"):
        moment_of(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "never", "Never", "-", "0", "-1", "0.0", "9999", "null", "N/A", "unknown", "0000-00-00 00:00:00"),
        *("01/01/1970", "1.1.1970 01:00:00", "12/31/1969 16:00", "Thu, 01 Jan 1970 00:00:00 GMT", "1/1/0001"),
        *(
            "Thu Jan  1 01:00:00 CET 1970",
            "12/31/1600 7:00:00 PM",
            "00/00/0000",
            "1900-01-00",
            "31.12.9999",
            "1-Jan-1601",
        ),
        *("16010101000000.0Z", "-62135596800", "(never)", "**Never**", "not yet", "--", "<null>", "N.A.", "1970/1/1"),
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59.999-08:00", "9223372036854775807"),
    ],
)
def test_texts_that_say_that_there_was_no_time(text: str) -> None:
    assert says_no_time(text)


@pytest.mark.parametrize("text", ["null", "-", "?", "unknown", "N/A", "2026-08-05", "5.8.2026", "1970-01-05", "1", "x"])
def test_unknown_is_not_never(text: str) -> None:
    assert not says_never(text)


@pytest.mark.parametrize("text", ["2026-08-05", "5/8/2026", "1970-01-05", "Mon Jan  5 2026", "1785931380", "1", "x"])
def test_what_may_be_a_time_does_not_say_that_there_was_none(text: str) -> None:
    assert not says_no_time(text)


@pytest.mark.parametrize(
    "text",
    ["1970-01-01T00:00:00.000Z", "1969-12-31 19:00-05:00", "1601-01-01", "1899-12-30", "1900-01-01"],
)
def test_moments_that_stand_for_no_time(text: str) -> None:
    assert is_no_time(moment_of(text))


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["Europe/Prague", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "Etc/GMT+12"])
def test_what_is_shown_in_any_zone_is_read_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    try:

        @given(st.datetimes(datetime(1990, 1, 3), datetime(2036, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
        def read_back(moment: datetime) -> None:
            moment = moment.replace(second=0, microsecond=0)
            shown = full_moment(moment)
            assert moment_of(shown) == moment  # with the letters of its zone, which say which of two equal hours it is
            without, has_gap = moment_of(shown[:16]), moment_of(shown[:16]) != moment
            assert not has_gap or moment - without == timedelta(hours=1)
            assert moment_of(shown[:10]) <= moment

        read_back()
    finally:
        monkeypatch.undo()
        time.tzset()
