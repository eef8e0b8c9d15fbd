"""The seats used on the last days, from no more of the last lines of a log than their times and seats."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

_DAY: Final = re.compile(rb',"at":"(\d{4}-\d\d-\d\d)')
_SEATS: Final = re.compile(rb',"seats":\[(\d+),\d+\]')
"""No text can look like these: its quotation marks have backslashes."""


def recent_seats(backwards: Iterable[bytes], used: int, today: date, most: int) -> list[int]:
    """The seats used at the end of each day, the last day being today; of fewer days where the lines end before.

    A line that is dated after the one below it, or in the future, belongs to the day of that one.

    Args:
        backwards: the lines, the last one first.
        used: the seats used now.
        today: the last day.
        most: how many days are wanted.
    """
    found = [used]
    for raw in backwards:
        if (at := _DAY.search(raw)) is None:
            continue
        day = date.fromisoformat(at[1].decode())
        while day <= today - timedelta(days=len(found)):
            if len(found) >= most:
                return found[::-1]
            found.append(used)
        if (seats := _SEATS.search(raw)) is not None:
            used = int(seats[1])
    return found[::-1]
