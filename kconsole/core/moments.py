"""Times in files of other programs: read only if they are complete, in a known zone."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from kconsole.core.errors import BadInput
from kconsole.core.times import in_utc

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
    """The moment that a text names, in UTC.

    Args:
        text: ISO 8601 with a time of day.
        zone: the zone of a text that names none; an hour that a clock shows twice in autumn is the first of the two.
            None refuses such a text: a guess would be wrong by hours.

    Raises:
        ValueError: it names none; its text is the code of the reason.
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
    """The zone that a person means by `UTC`, `+02:00` or `Europe/Prague`.

    Raises:
        BadInput: none that this machine knows.
    """
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
