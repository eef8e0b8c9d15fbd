"""How honest a forecast is: how often the 80 % range of the day on which the seats run out holds, beside other methods.

How it is measured:

- A store has 118 seats, 110 of them used. People join and leave by chance, alone or in batches of 4, in each of several
  rates. After a history of so many days each method states the days until the chance of being full is 10 % and 90 %;
  then the same chance goes on for a year. A range holds if the true day lies in it; one without an upper end within the
  year holds also if the seats last that long.
- The bootstrap draws whole days of the history at random and adds up their net changes. The linear fit is ordinary
  least squares of the daily use, with its scatter around the line.
- The second figure is the range of the use after 91 days.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import accumulate
from math import ceil, sqrt
from random import Random
from statistics import linear_regression
from typing import Final, NamedTuple

from kconsole.licensing import forecast as ours
from kconsole.licensing.seat_history import SeatDay

LIMIT: Final = 118
USED: Final = 110
RATES: Final = ((1.0, 0.5), (2.0, 1.5), (4.0, 3.0), (7.0, 6.5))
"""People who join and who leave in a week."""

HISTORIES: Final = (28, 60, 90, 180)
RUNS: Final = 60
"""Stores of each rate."""

TODAY: Final = date(2026, 1, 1)
YEAR: Final = ours.WEEKS * 7
_AHEAD: Final = 91
_NORMAL_90: Final = 1.2816


class Range(NamedTuple):
    """Days until the seats run out, None for not within a year; and the change of the use after 91 days."""

    days: tuple[int | None, int | None]
    change: tuple[float, float]


Method = Callable[[Sequence[SeatDay], int, str], Range]


def made_up(random: Random, days: int, rates: tuple[float, float], batch: int) -> list[SeatDay]:
    """Days on which people join and leave; those who join come in batches."""
    found, used = [], USED
    for number in range(days):
        joins = batch * _poisson(random, rates[0] / 7 / batch)
        leaves = _poisson(random, rates[1] / 7)
        used += joins - leaves
        day = TODAY + timedelta(days=number - days + 1)
        found.append(SeatDay(day, used, used, LIMIT, organic_joins=joins, organic_leaves=leaves))
    return found


def _poisson(random: Random, mean: float) -> int:
    count, at = 0, random.expovariate(1.0)
    while at < mean:
        count, at = count + 1, at + random.expovariate(1.0)
    return count


def gamma_poisson(days: Sequence[SeatDay], free: int, seed: str) -> Range:
    """The method of kconsole."""
    known = ours.known_part(days)
    room = [free] * (YEAR + 1)
    paths = list(ours.simulated(known, seed, ours.WEEKS))
    return _range([ours._day_full(path, room) for path in paths], [path[_AHEAD // 7] for path in paths])


def bootstrap(days: Sequence[SeatDay], free: int, seed: str) -> Range:
    """Paths of net changes of whole days, drawn at random."""
    random, net = Random(seed), [day.organic_joins - day.organic_leaves for day in ours.known_part(days)]
    full, ends = [], []
    for _ in range(200):
        path = list(accumulate(random.choices(net, k=YEAR)))
        full.append(next((day for day, change in enumerate(path, 1) if change >= free), ours._NEVER))
        ends.append(path[_AHEAD - 1])
    return _range(full, ends)


def linear(days: Sequence[SeatDay], free: int, _: str) -> Range:
    """A line through the use of each day, and the scatter around it."""
    known = ours.known_part(days)
    level = list(accumulate(day.organic_joins - day.organic_leaves for day in known))
    slope, begin = linear_regression(range(len(level)), level)
    scatter = sqrt(sum((each - begin - slope * at) ** 2 for at, each in enumerate(level)) / (len(level) - 2))
    middle, spread = (len(level) - 1) / 2, sum((at - (len(level) - 1) / 2) ** 2 for at in range(len(level)))

    def side(ahead: int, sign: int) -> float:
        at = len(level) - 1 + ahead
        error = scatter * sqrt(1 + 1 / len(level) + (at - middle) ** 2 / spread)
        return begin + slope * at + sign * _NORMAL_90 * error - level[-1]

    early, late = (next((d for d in range(1, YEAR + 1) if side(d, sign) >= free), None) for sign in (1, -1))
    return Range((early, late), (side(_AHEAD, -1), side(_AHEAD, 1)))


def _range(full: Sequence[int], ends: Sequence[float]) -> Range:
    days = tuple(sorted(full)[ceil(share * len(full)) - 1] for share in (0.1, 0.9))
    early, late = (None if day == ours._NEVER else day for day in days)
    ends = sorted(ends)
    return Range((early, late), (ends[len(ends) // 10], ends[-len(ends) // 10 - 1]))


METHODS: Final[dict[str, Method]] = {
    "kconsole: Gamma-Poisson": gamma_poisson,
    "bootstrap of daily net change": bootstrap,
    "linear fit": linear,
}


def coverage(history: int, batch: int, runs: int = RUNS) -> dict[str, tuple[float, float]]:
    """How often the ranges of each method held: of the day, and of the use after 91 days."""
    held = {name: [0, 0] for name in METHODS}
    for rates in RATES:
        for run in range(runs):
            seed = f"{history} {batch} {rates} {run}"
            days = made_up(Random(seed), history + YEAR + 1, rates, batch)
            past, came = days[: history + 1], days[history + 1 :]
            past[0].breaks.append("begin")
            past.append(SeatDay(past[-1].day + timedelta(days=1)))
            change = list(accumulate(day.organic_joins - day.organic_leaves for day in came))
            free = LIMIT - USED
            full = next((day for day, each in enumerate(change, 1) if each >= free), None)
            for name, method in METHODS.items():
                found = method(past, free, seed)
                held[name][0] += _holds(found.days, full)
                held[name][1] += found.change[0] <= change[_AHEAD - 1] <= found.change[1]
    return {name: (days / runs / len(RATES), ends / runs / len(RATES)) for name, (days, ends) in held.items()}


def _holds(days: tuple[int | None, int | None], full: int | None) -> bool:
    early, late = (ours._NEVER if day is None else day for day in days)
    return early <= (ours._NEVER if full is None else full) <= late


def report(runs: int = RUNS) -> str:
    """The coverage of each method as a Markdown table."""
    lines = [
        f"How often an 80 % range holds, of {len(RATES) * runs} made-up stores each: the day on which the seats "
        "run out, and (the use after 91 days)",
        "",
        "| people join | history | " + " | ".join(METHODS) + " |",
        "|---|---|" + "---|" * len(METHODS),
    ]
    for batch in (1, 4):
        for history in HISTORIES:
            found = coverage(history, batch, runs)
            cells = [f"{days:.0%} ({ends:.0%})" for days, ends in found.values()]
            lines.append(
                f"| {'one by one' if batch == 1 else f'in batches of {batch}'} | {history} days | {' | '.join(cells)} |"
            )
    return "\n".join(lines) + "\n"
