"""Moments: UTC inside, ISO 8601 in files; those in files of other programs only with a known zone.

A moment is always an aware `datetime` whose zone is `datetime.UTC` itself, never another object for the same
offset: comparing and sorting those is about thirty times faster than comparing parsed zones.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
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


def from_iso(text: str) -> datetime:
    """The moment that an ISO 8601 text names; ValueError if it is none."""
    return in_utc(datetime.fromisoformat(text))


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
    r"(?P<local>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?|\d{8}T\d{4}(?:\d\d)?)"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
"""The forms of ISO 8601 that people and logs write. `fromisoformat` alone accepts Unix milliseconds as a date."""

_OFFSET: Final = re.compile(r"[+-]\d\d(?::?\d\d)?", re.ASCII)


def moment_of(text: str, zone: tzinfo | None) -> datetime:
    """The moment that a text names in ISO 8601, in UTC; ValueError with a code if it is none.

    The zone is that of a text that names none; an hour that a clock shows twice in autumn is the first of the two.
    Without a zone such a text is refused: a guess would be wrong by hours.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError("time-not-iso")
    offset = (match["zone"] or "").upper()
    if not offset and zone is None:
        raise ValueError("time-without-zone")
    local = match["local"].upper() + (offset if offset not in ("UTC", "GMT") else "Z")
    try:
        moment = datetime.fromisoformat(local)
        return in_utc(moment if offset else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        raise ValueError("time-out-of-calendar") from None


def zone_named(text: str) -> tzinfo:
    """The zone that a person means by `UTC`, `+02:00` or `Europe/Prague`; BadInput if this machine knows none."""
    text = text.strip()
    if text.upper() in ("UTC", "GMT", "Z"):
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
