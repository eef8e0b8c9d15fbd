"""When the seats run out: chances, because a date alone would be untrue most of the time.

People come and go at two rates that are known only roughly. So each of many simulated paths draws a rate for either
direction from a Gamma distribution, and from it what each week brings. Weeks in which more happens at once than by
chance make both wider. Steps that are certain, such as reservations, are added. Source of the method, and how often its
ranges hold beside those of others: `make bench BENCH=forecast`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from math import ceil, exp, sqrt
from random import Random
from typing import Final, Literal, NamedTuple

from kconsole.licensing.seat_history import BEGINNINGS, SeatDay

HORIZONS: Final = (30, 90, 365)
"""Days within which the chance of being full is stated."""

PATHS: Final = 400
WEEKS: Final = 52
LEAST_DAYS: Final = 28
LEAST_EVENTS: Final = 5
"""With fewer people who came or went, or over fewer days, nothing is forecast."""

PACK: Final = 5
"""Seats are bought in packs of so many."""

RISK: Final = 0.05
"""The chance of being full that a purchase leaves."""

BACKTESTS: Final = (28, 91)
"""Days after which past forecasts are compared with what came."""

_WEEK: Final = 7
_MANY: Final = 30.0
"""The mean from which on a Poisson distribution is taken for a normal one."""

_NEVER: Final = 10**6

State = Literal["forecast", "too-little-known", "full", "unlimited", "limit-unknown"]
Trend = Literal["rising", "flat", "falling"]


class Step(NamedTuple):
    """Seats that are certainly taken from a day on; given up, where they are negative."""

    on: date
    seats: int


class Basis(NamedTuple):
    """What a forecast rests on."""

    since: date | None
    """The first day; None if there is none."""
    days: int
    joins: int
    leaves: int
    unread: int
    """Days that no reading is of."""

    @property
    def events(self) -> int:
        return self.joins + self.leaves

    @property
    def is_enough(self) -> bool:
        return self.days >= LEAST_DAYS and self.events >= LEAST_EVENTS

    @property
    def trend(self) -> Trend:
        return "flat" if self.joins == self.leaves else "rising" if self.joins > self.leaves else "falling"


class Purchase(NamedTuple):
    """The smallest purchase with which the seats last, but for a chance of `RISK`."""

    seats: int
    """0 if none is needed."""
    until: date


class Forecast(NamedTuple):
    """What can be said of the time when no seat is free."""

    state: State
    today: date
    basis: Basis
    used: int
    limit: int | None
    reserved: int
    """Seats of the certain steps up to today."""
    chances: tuple[tuple[int, float], ...] = ()
    """Of having been full within so many days. None are stated unless something is forecast."""
    early: int | None = None
    """Days until the chance is 10 %; None if it is less within a year, or the use does not rise."""
    even: int | None = None
    """Days until the chance is 50 %."""
    late: int | None = None
    """Days until it is 90 %."""
    is_partial: bool = False
    """Whether more seats may be used than are known: then no chance is less than it says."""
    purchase: Purchase | None = None
    """None if the anniversary is not known, or nothing is forecast."""

    @property
    def trend(self) -> Trend:
        return self.basis.trend

    def day(self, days: int) -> date:
        return self.today + timedelta(days=days)


class Backtest(NamedTuple):
    """How often the ranges of past forecasts held, in which 80 % should lie."""

    days: int
    """How far they looked."""
    ranges: int
    held: int


class _Rate(NamedTuple):
    """How often something happens: `number` times in so many days, in clusters of so many."""

    number: int
    days: int
    cluster: float

    def draw(self, random: Random) -> float:
        """Clusters a week, as they may really be."""
        return random.gammavariate(self.number / self.cluster + 0.5, 1 / self.days) * _WEEK


def known_part(days: Sequence[SeatDay]) -> Sequence[SeatDay]:
    """The days that tell how people come and go: those after the last beginning, whole ones, up to the last reading."""
    first = next(
        (number for number in range(len(days), 0, -1) if not BEGINNINGS.isdisjoint(days[number - 1].breaks)), 0
    )
    last = max(len(days) - 1, 0)
    while last > first and not days[last - 1].is_read:
        last -= 1
    return days[first:last]


def forecast(
    days: Sequence[SeatDay],
    used: int,
    limit: int | None,
    today: date,
    seed: str,
    steps: Sequence[Step] = (),
    anniversary: date | None = None,
    hides_limit: bool = False,
) -> Forecast:
    """What can be said of the time when no seat is free. The same arguments always give the same answer.

    Args:
        days: the history, up to today.
        used: the seats used now.
        limit: the seats of the license; None for without limit.
        today: the day to look ahead from.
        seed: what the chance begins with: the hash of the last line of the log.
        steps: reservations; those of past days count from now on.
        anniversary: the day until which a purchase should last.
        hides_limit: whether there may be a limit that is not known.
    """
    known = known_part(days)
    basis = _basis(known)
    taken = _steps_by_day(steps, today)
    found = Forecast("forecast", today, basis, used, limit, taken[0])
    if limit is None:
        return found._replace(state="limit-unknown" if hides_limit else "unlimited")
    if used + taken[0] >= limit:
        return found._replace(state="full")
    if not basis.is_enough:
        return found._replace(state="too-little-known")
    paths = list(simulated(known, seed, WEEKS))
    full = sorted(_day_full(path, [limit - used - step for step in taken]) for path in paths)
    early, even, late = (_quantile(full, share) if basis.trend == "rising" else None for share in (0.1, 0.5, 0.9))
    return found._replace(
        chances=tuple((horizon, sum(day <= horizon for day in full) / PATHS) for horizon in HORIZONS),
        early=early,
        even=even,
        late=late,
        purchase=_purchase(paths, taken, limit - used, today, anniversary),
    )


def simulated(days: Sequence[SeatDay], seed: str, weeks: int) -> Iterator[list[float]]:
    """Paths of the use from 0 on, with its change up to the end of each week."""
    random = Random(seed)  # noqa: S311  # it has to repeat
    joins, leaves = _rate([day.organic_joins for day in days]), _rate([day.organic_leaves for day in days])
    for _ in range(PATHS):
        come, go = joins.draw(random), leaves.draw(random)
        changes = (joins.cluster * _poisson(random, come) - leaves.cluster * _poisson(random, go) for _ in range(weeks))
        yield [0.0, *accumulate(changes)]


def backtest(days: Sequence[SeatDay], seed: str) -> list[Backtest]:
    """How often 80 % ranges, stated each week of the past from what was known then, held."""
    known = known_part(days)
    found = []
    for ahead in BACKTESTS:
        ranges = held = 0
        for origin in range(LEAST_DAYS, len(known) - ahead + 1, _WEEK):
            past, came = known[:origin], known[origin : origin + ahead]
            if not _basis(past).is_enough:
                continue
            ends = sorted(path[-1] for path in simulated(past, f"{seed} {origin}", ahead // _WEEK))
            change = sum(day.organic_joins - day.organic_leaves for day in came)
            ranges += 1
            held += ends[PATHS // 10] <= change <= ends[-PATHS // 10 - 1]
        found.append(Backtest(ahead, ranges, held))
    return found


def _basis(days: Sequence[SeatDay]) -> Basis:
    return Basis(
        since=days[0].day if days else None,
        days=len(days),
        joins=sum(day.organic_joins for day in days),
        leaves=sum(day.organic_leaves for day in days),
        unread=sum(not day.is_read for day in days),
    )


def _rate(counts: Sequence[int]) -> _Rate:
    weeks = [sum(counts[max(end - _WEEK, 0) : end]) for end in range(len(counts), _WEEK - 1, -_WEEK)]
    return _Rate(sum(counts), len(counts), max(1.0, _dispersion(weeks), _dispersion(counts)))


def _dispersion(counts: Sequence[int]) -> float:
    """The variance by the mean: 1 where single people come by chance, n where n come together."""
    mean = sum(counts) / len(counts) if counts else 0.0
    if not mean or len(counts) == 1:
        return 1.0
    return sum((count - mean) ** 2 for count in counts) / (len(counts) - 1) / mean


def _poisson(random: Random, mean: float) -> int:
    if mean > _MANY:
        return max(round(random.gauss(mean, sqrt(mean))), 0)
    count, product, least = 0, random.random(), exp(-mean)
    while product > least:
        count += 1
        product *= random.random()
    return count


def _steps_by_day(steps: Sequence[Step], today: date) -> list[int]:
    """The seats of the steps that have come, for each day from today on."""
    changes = [0] * (WEEKS * _WEEK + 1)
    for step in steps:
        ahead = max((step.on - today).days, 0)
        if ahead < len(changes):
            changes[ahead] += step.seats
    return list(accumulate(changes))


def _day_full(path: Sequence[float], room: Sequence[int]) -> int:
    """The first day on which a path leaves no room, or `_NEVER`; between two weeks it is a straight line."""
    for week in range(len(path) - 1):
        start, change = path[week], (path[week + 1] - path[week]) / _WEEK
        begin = week * _WEEK
        if max(start, path[week + 1]) < min(room[begin : begin + _WEEK + 1]):
            continue
        for day in range(1, _WEEK + 1):
            if start + change * day >= room[begin + day]:
                return begin + day
    return _NEVER


def _quantile(full: Sequence[int], share: float) -> int | None:
    day = full[ceil(share * len(full)) - 1]
    return None if day == _NEVER else day


def _purchase(
    paths: Sequence[Sequence[float]], taken: Sequence[int], free: int, today: date, anniversary: date | None
) -> Purchase | None:
    if anniversary is None or anniversary <= today:
        return None
    needed = int(_highest(paths, taken, today, anniversary)) + 1 - free
    seats = ceil(max(needed, 0) / PACK) * PACK
    return Purchase(seats, min(anniversary, today + timedelta(days=WEEKS * _WEEK)))


def seats_needed(
    days: Sequence[SeatDay], used: int, seed: str, steps: Sequence[Step], today: date, until: date
) -> int | None:
    """The most seats used up to a day, but for a chance of `RISK`; None if too little is known. The same each time."""
    known = known_part(days)
    if not _basis(known).is_enough:
        return None
    return used + ceil(_highest(list(simulated(known, seed, WEEKS)), _steps_by_day(steps, today), today, until))


def _highest(paths: Sequence[Sequence[float]], taken: Sequence[int], today: date, until: date) -> float:
    """By how much the use rises up to a day, but for a chance of `RISK`."""
    weeks = min(ceil((until - today).days / _WEEK), WEEKS)
    peaks = sorted(max(path[week] + taken[week * _WEEK] for week in range(weeks + 1)) for path in paths)
    return peaks[ceil((1 - RISK) * PATHS) - 1]
