"""Times and ages in words, and ages as users write them.

An age is the same in lists and in details, and never rounded up. It is made here, not by humanize, which mixes "a day"
with "2 days", has no "14 months", and would make the first screen wait for its import. A day is 24 hours, not a date,
so that an age does not depend on a time zone; a month is a twelfth of 365.25 days.
"""

import math
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from kconsole.core.codes import Message
from kconsole.core.times import age_of, in_utc
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_text

NEVER: Final = "never"
UNKNOWN: Final = "unknown"

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_MONTH: Final = 365.25 * _DAY / 12
_UNITS: Final = (
    (_HOUR, _MINUTE, "minute"),
    (_DAY, _HOUR, "hour"),
    (61 * _DAY, _DAY, "day"),  # users ask for 30, 45 or 60 days
    (24 * _MONTH, _MONTH, "month"),
    (math.inf, 12 * _MONTH, "year"),
)
"""The age below which a unit is used, its seconds, and its name."""

_AGE_SENTENCE: Final = (
    "write a number from 1 up and a unit: h (hours), d (days), w (weeks), m (30 days) or y (365 days)"
)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago a time was, for a narrow column; never rounded up. None is "never".

    A time more than a minute ahead is "in the future": that a clock is wrong must not be hidden.
    """
    if moment is None:
        return NEVER
    seconds = int((in_utc(now) - in_utc(moment)).total_seconds())
    if seconds <= -_MINUTE:
        return "in the future"
    if seconds < _MINUTE:
        return "just now"
    length, unit = next((length, unit) for most, length, unit in _UNITS if seconds < most)
    number = int(seconds // length)
    return f"{number} {unit} ago" if number == 1 else f"{number} {unit}s ago"


def full_moment(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """A time to the minute with its zone, or that of this machine: "2026-03-02 10:15 CET". None is "never"."""
    if moment is None:
        return NEVER
    try:
        local = in_utc(moment).astimezone(zone)
    except (OverflowError, OSError, ValueError):  # the first and last days of the calendar, moved out of it
        local = moment.replace(tzinfo=UTC)
    return f"{local.date().isoformat()} {local:%H:%M} {local.tzname() or ''}".rstrip()


def ago_and_moment(moment: datetime | None, now: datetime, zone: tzinfo | None = None) -> str:
    """Both, for details: "14 months ago (2025-01-02 10:15 CET)"."""
    return NEVER if moment is None else f"{age(moment, now)} ({full_moment(moment, zone)})"


def parse_age(text: str) -> timedelta:
    """The age that a user wrote: 180d, 12h, 2w, 6m (180 days), 1y (365 days).

    Raises:
        ValueError: it is no age, zero, or beyond a thousand years; its text is a sentence for the user.
    """
    try:
        return age_of(text)
    except ValueError as error:
        quoted = f"'{safe_text(text, 40)}'"
        raise ValueError(f"{quoted} {words_of(Message(str(error)))}: {_AGE_SENTENCE}.") from None
