"""The next renewal of the license in words, for the command line and the License screen."""

from collections.abc import Iterator, Mapping
from typing import Final

from kconsole.licensing.forecast import LEAST_DAYS, LEAST_EVENTS, PACK
from kconsole.licensing.renewal import Renewal, RenewalState
from kconsole.text import words
from kconsole.text.licenses import Row, price_words, seats_words
from kconsole.text.safe_text import safe_address, safe_text

_ENDS: Final = {"maintenance": "Software Maintenance", "license": "The license", "": ""}

WHY: Final[Mapping[RenewalState, str]] = {
    "no-date": "No day of the renewal is recorded.",
    "unlimited": "The license has no limit of seats.",
    "limit-unknown": "It is not known how many seats the license has.",
    "in-part": "Some accounts were not read, so more seats may be used.",
    "too-little-known": (
        f"The log says too little of how accounts come and go: {LEAST_DAYS} days and {LEAST_EVENTS} changes are needed."
    ),
}
"""Why it is not known how many seats are needed."""


def renewal_rows(renewal: Renewal, most: int = 5) -> Iterator[Row]:
    """What is known of a renewal, with at most so many accounts by name. Safe to show."""
    if renewal.on is not None and renewal.days is not None:
        when = f"{words.count(renewal.days, 'day')} left" if renewal.days >= 0 else "it has passed"
        yield Row("on", "Renewal", f"{renewal.on.isoformat()}   {_ENDS[renewal.what]}, {when}")
    yield Row("used", "Used", f"{words.of_limit(renewal.used, renewal.limit, 'seat')} used{_held(renewal)}")
    if renewal.reserved:
        yield Row("reserved", "Reserved", f"{words.count(renewal.reserved, 'seat')} until then")
    yield Row("now", "At least", f"{words.count(renewal.needed_now, 'seat')}, as used and reserved now")
    if renewal.needed is None or renewal.smallest is None:
        yield Row("unknown", "Needed", f"not known: {WHY[renewal.state]}")
    else:
        yield Row("needed", "Needed", f"{words.count(renewal.needed, 'seat')}, as the forecast expects until then")
        yield Row("smallest", "Smallest", f"{_seats(renewal, renewal.smallest)}{_change(renewal)}")
    for option in renewal.options:
        names = words.and_list([safe_address(each) for each in option.accounts], most)
        go = words.count(len(option.accounts), "account")
        yield Row("option", "Smaller", f"{_seats(renewal, option.seats)} if {go} went: {names}")
    if renewal.price is not None:
        yield Row("price", "Price", price_words(renewal.price))


def _held(renewal: Renewal) -> str:
    if not renewal.held:
        return ""
    return f", {renewal.held:,} of them held until the server is restarted"


def _seats(renewal: Renewal, seats: int) -> str:
    """How many seats, and what they cost: "115 seats, 2,817.50 EUR a year"."""
    cost = renewal.cost(seats)
    currency = "" if renewal.price is None else safe_text(renewal.price.currency)
    return words.count(seats, "seat") + ("" if cost is None else f", {words.amount(cost)} {currency} a year")


def _change(renewal: Renewal) -> str:
    """What that is beside the license."""
    if renewal.limit is None or renewal.smallest is None or renewal.limit == renewal.smallest:
        return ", as now"
    more = renewal.smallest - renewal.limit
    return f": {more:,} more than now" if more > 0 else f": {-more:,} fewer than the {seats_words(renewal.limit)} now"


PACKS: Final = f"Seats are counted in packs of {PACK}."


def renewal_lines(renewal: Renewal) -> list[str]:
    """The same in lines of their own, with what they are counted in. Safe to show."""
    note = WHY[renewal.state] if renewal.needed is None else PACKS
    return [*(f"{row.label}: {row.text}" for row in renewal_rows(renewal, 3) if row.code != "unknown"), note]
