"""Moments: UTC inside, ISO 8601 in files; those in files of other programs only with a known zone.

A moment is always an aware `datetime` whose zone is `datetime.UTC` itself, never another object for the same
offset: comparing and sorting those is about thirty times faster than comparing parsed zones.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Protocol

from kconsole.core.errors import BadInput


class Clock(Protocol):
    """Gives the present moment in UTC; injected, so that a test can hold it still."""

    def now(self) -> datetime: ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken to be in UTC already, as files here are."""
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def to_iso(moment: datetime | None) -> str | None:
    """ISO 8601 with a closing `Z`, as every file and every JSON answer of kconsole writes it."""
    return None if moment is None else moment.isoformat().removesuffix("+00:00") + "Z"


AGE_UNITS: Final = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
"""What an age is counted in."""

LONGEST_AGE: Final = timedelta(days=365_000)
"""A thousand years: the present moment less that is still a date."""


def age_of(text: str) -> timedelta:
    """The age that a text names: 180d, 12h, 2w, 6m (180 days), 1y (365 days); ValueError with a code if it is none."""
    number, unit = text.strip()[:-1].rstrip(), text.strip()[-1:].lower()
    if unit not in AGE_UNITS or not (number.isascii() and number.isdigit()):
        raise ValueError("age-unreadable")
    digits = number.lstrip("0")
    if not digits:
        raise ValueError("age-zero")
    if len(digits) > len(str(LONGEST_AGE // AGE_UNITS["h"])) or int(digits) * AGE_UNITS[unit] > LONGEST_AGE:
        raise ValueError("age-too-long")
    return int(digits) * AGE_UNITS[unit]


LONGEST_PROTOCOL: Final = 64  # characters
SKEW: Final = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours before a time is an error.

A login in the future would stay the last one until then, whatever logins follow.
"""

_MOMENT: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d|\d{8})"
    r"(?:[T ](?P<time>\d\d:\d\d|\d{4})(?::?(?P<second>\d\d)(?P<part>[.,]\d{1,9})?)?)?"
    r" ?(?P<zone>[A-Z]{1,5}|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
"""The forms of ISO 8601 that people and logs write. `fromisoformat` alone accepts Unix milliseconds as a date."""

_QUARTER: Final = re.compile(r"(\d{4})-?Q([1-4])", re.ASCII | re.IGNORECASE)
_OFFSET: Final = re.compile(r"[+-]\d\d(?::?\d\d)?", re.ASCII)
_UTC_NAMES: Final = ("UTC", "GMT", "Z")

FIRST_LOGIN: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Before it there were no such servers: an earlier login is one of a wrong clock."""

_NO_TIMES: Final = tuple(
    datetime(*day, tzinfo=UTC)
    for day in ((1601, 1, 1), (1753, 1, 1), (1858, 11, 17), (1899, 12, 31), (1904, 1, 1), (1970, 1, 1))
)
"""What Windows, data bases, spreadsheets, old Macs and Unix write for a time that never was; give or take two days."""

_LONGEST_NEVER: Final = 64  # characters

_NEVER_WORDS: Final = re.compile(
    r"never( logged (in|on))?|no(t yet| login)|none|[+-]?0+(\.0+)?|-1(\.0+)?|9999|9223372036854775807|0x0+|0x7f{15}"
    r"|[+-]?(62135596800|11644473600)(000)?|116444736000000000",
    re.ASCII | re.IGNORECASE,
)
"""Without signs around it. The numbers are ends of 64 bits, and beginnings of calendars on the scales of others."""

_UNKNOWN_WORDS: Final = re.compile(r"null|nil|nan|n/?a|n\.a|undefined|unknown|false|-*", re.ASCII | re.IGNORECASE)

_NEVER_DAYS: Final = tuple(
    re.compile(pattern + r"(?!\d).*", re.ASCII | re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)(?:\d{6})?",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4})",
        r"(?P<month>\d{1,2})[./-](?P<day>\d{1,2})[./-](?P<year>\d{4})",
        r"(?:[a-z]{3},? +)?(?P<day>\d{1,2})[ -](?P<name>[a-z]{3})[a-z]*[ -](?P<year>\d{4})",
        r"(?:[a-z]{3},? +)?(?P<name>[a-z]{3})[a-z]* +(?P<day>\d{1,2}),? +(?:[\d:]+ +)?(?:[a-z]+ +)?(?P<year>\d{4})",
    )
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def says_no_time(text: str) -> bool:
    """Whether a text in the place of a time says that there was none, or says nothing, as other programs write it."""
    return says_never(text) or _UNKNOWN_WORDS.fullmatch(_bare(text)) is not None


def _bare(text: str) -> str:
    text = text.strip()
    return text.strip(" *()<>[]'\"–—?.") if len(text) < _LONGEST_NEVER else text


def says_never(text: str) -> bool:
    """Whether a text in the place of a time says never, as other programs write it, or is empty."""
    if text.startswith("20"):  # most are in this century, and need no closer look
        return False
    bare = _bare(text)
    if not text.strip() or _NEVER_WORDS.fullmatch(bare):
        return True
    return any(_is_never_day(found) for pattern in _NEVER_DAYS if (found := pattern.fullmatch(bare)))


def _is_never_day(found: re.Match[str]) -> bool:
    day = found.groupdict()
    if day["year"] in ("0000", "0001", "9999"):
        return True
    try:
        month = _MONTHS.index(day["name"].lower()) + 1 if "name" in day else int(day["month"])
        if not int(day["day"]) and month in (0, 1) and day["year"] == "1900":  # day 0 of a spreadsheet
            return True
        return is_no_time(datetime(int(day["year"]), month, int(day["day"]), 12, tzinfo=UTC))
    except ValueError:
        return False


def is_no_time(moment: datetime) -> bool:
    """Whether a moment is the beginning or end of a calendar, which stands for no time at all."""
    return moment.year in (1, 9999) or any(abs(moment - never) < timedelta(days=2) for never in _NO_TIMES)


def is_no_day(day: date) -> bool:
    """Whether a day is the beginning or end of a calendar, which stands for no day at all."""
    return is_no_time(datetime(day.year, day.month, day.day, tzinfo=UTC))


def day_of(text: str) -> date:
    """The day that a person means by 2027-03-01; ValueError with a code if it is none, or stands for none."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("not-a-day") from None
    if is_no_day(day):
        raise ValueError("day-says-none")
    return day


def quarter_of(text: str) -> datetime:
    """The beginning of the quarter that a text names, as 2026-Q3, in the zone of this machine; else ValueError."""
    found = _QUARTER.fullmatch(text.strip())
    if found is None:
        raise ValueError("not-a-quarter")
    return moment_of(f"{found[1]}-{int(found[2]) * 3 - 2:02}-01")


def has_zone(text: str) -> bool:
    """Whether the text of a moment names its zone."""
    match = _MOMENT.fullmatch(text.strip())
    return match is not None and match["zone"] is not None


def moment_of(text: str, zone: tzinfo | None = None) -> datetime:
    """The moment that a text names in ISO 8601, in UTC; ValueError with a code if it is none.

    Args:
        text: a day, which means its beginning, or a moment, perhaps with its zone. A leap second is the next one.
        zone: that of a text that names none; None for this machine's, in which times are shown. Of an hour that a
            clock shows twice in autumn, the first is meant; one that it skips in spring counts as if it did not.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError("time-not-iso")
    name = (match["zone"] or "").upper()
    is_leap = match["second"] == "60"
    second = "59" if is_leap else match["second"] or "00"
    time = (match["time"] or "0000").replace(":", "")
    part = "" if is_leap else (match["part"] or "").replace(",", ".")
    iso = f"{match['day'].replace('-', '')}T{time}{second}{part}"
    try:
        if not name[:1].isalpha():
            moment = datetime.fromisoformat(iso + name)
            moment = in_utc(moment if name else _local(moment, zone))
        elif name in _UTC_NAMES:
            moment = datetime.fromisoformat(iso + "Z").astimezone(UTC)
        else:
            moment = _named(datetime.fromisoformat(iso), zone, name)
        if is_leap and (moment.hour, moment.minute) != (23, 59):  # it is inserted at the end of a day in UTC
            raise ValueError
        return moment + timedelta(seconds=1) if is_leap else moment
    except UnknownZone:
        raise ValueError("time-zone-unclear") from None
    except (ValueError, OverflowError, OSError):
        raise ValueError("time-out-of-calendar") from None


class UnknownZone(ValueError):
    """Letters such as CET, which are not those of the zone that is shown."""


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    if zone is not None:
        return moment.replace(tzinfo=zone)
    # Of an hour that is skipped in spring, astimezone() makes another one before Python 3.12 than since.
    seconds = moment.replace(microsecond=0).timestamp()
    return datetime.fromtimestamp(seconds, UTC).astimezone().replace(microsecond=moment.microsecond)


def _named(moment: datetime, zone: tzinfo | None, name: str) -> datetime:
    """A moment with the letters of its zone, as kconsole shows them; they say which of two equal hours is meant."""
    for fold in (0, 1):
        local = _local(moment.replace(fold=fold), zone)
        if (local.tzname() or "").upper() == name:
            return in_utc(local)
    raise UnknownZone


def zone_named(text: str) -> tzinfo:
    """The zone that a person means by `UTC`, `+02:00` or `Europe/Prague`; BadInput if this machine knows none."""
    text = text.strip()
    if text.upper() in _UTC_NAMES:
        return UTC
    try:
        if _OFFSET.fullmatch(text):
            zone = datetime.fromisoformat(f"2000-01-01T00:00{text}").tzinfo
            if zone is not None:
                return zone
        from zoneinfo import ZoneInfo

        return ZoneInfo(text)
    except (ValueError, KeyError, OSError):
        raise BadInput("unknown-zone", "write-a-zone", zone=text) from None
