"""The history of the seats and the forecast, in words and as a plot."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kconsole.licensing.forecast import HORIZONS, RISK, Backtest, Basis, Forecast
from kconsole.licensing.seat_history import Break, Group, GroupBy, SeatDay
from kconsole.text import words
from kconsole.text.gauge import BLOCKS
from kconsole.text.safe_text import safe_address, safe_text

BREAKS: Final[Mapping[Break, str]] = {
    "begin": "the log begins",
    "import": "first import",
    "sync": "first sync, or other domains read",
    "restore": "dump restored",
    "lost": "lines of the log lost",
}

COLUMNS: Final = ("DAY", "USED", "PEAK", "LIMIT", "HELD", "JOINS", "LEAVES", "RECLAIMED", "NOTE")

NO_DOMAIN: Final = "(restarts, domains not read)"

_LIMIT: Final = "─"


def day_cells(day: SeatDay) -> list[str]:
    """A day as cells of `COLUMNS`; zeros of what came and went are left out."""
    limit = "–" if day.limit is None else f"{day.limit:,}"
    moves = (day.joins, day.leaves, day.reclaimed)
    cells = [day.day.isoformat(), f"{day.used:,}", f"{day.peak:,}", limit, f"{day.held:,}"]
    return [*cells, *(f"{each:,}" if each else "" for each in moves), note_words(day)]


def note_words(day: SeatDay) -> str:
    """Why the figures of a day are to be read with care; empty if they are not."""
    return ", ".join([*(BREAKS[each] for each in day.breaks), *([] if day.is_read else ["not read"])])


def group_name(group: Group, by: GroupBy) -> str:
    """The name of a group, safe to show."""
    if by == "domain":
        return safe_address(group.name) if group.name else NO_DOMAIN
    return safe_text(group.name)


def summary(days: Sequence[SeatDay]) -> str:
    """What some days add up to: "90 days: 12 joined, 8 left, 3 of them reclaimed; peak 115."."""
    if not days:
        return "The log has nothing of these days."
    joins, leaves, reclaimed = (sum(getattr(day, name) for day in days) for name in ("joins", "leaves", "reclaimed"))
    own = f", {reclaimed:,} of them reclaimed" if reclaimed else ""
    unread = sum(not day.is_read for day in days)
    not_read = f"; {words.count(unread, 'day')} not read" if unread else ""
    peak = max(day.peak for day in days)
    return f"{words.count(len(days), 'day')}: {joins:,} joined, {leaves:,} left{own}; peak {peak:,}{not_read}."


def percent(chance: float) -> str:
    """A chance: "4 %"; never 0 or 100, since no one knows that."""
    rounded = round(chance * 100)
    return "under 1 %" if rounded < 1 else "over 99 %" if rounded > 99 else f"{rounded} %"


def forecast_lines(found: Forecast) -> list[str]:
    """A forecast in sentences, the most important one first."""
    if found.state == "limit-unknown":
        return ["The limit of the license is not known: nothing can be forecast."]
    if found.state == "unlimited":
        return ["The license has no limit: no seat will be missing."]
    if found.state == "full":
        reserved = f", with {words.count(found.reserved, 'reservation')}" if found.reserved > 0 else ""
        return [f"No seat is free now{reserved}: {words.of_limit(found.used, found.limit)} used."]
    basis = found.basis
    if found.state == "too-little-known":
        changes = words.count(basis.events, "change")
        return [f"Too little is known: {words.count(basis.days, 'day')}, {changes}."]
    partial = "More seats may be used than are known: no chance is less than this." if found.is_partial else ""
    lines = (_chances(found), partial, _dates(found), _purchase(found), basis_words(basis))
    return [line for line in lines if line]


def _chances(found: Forecast) -> str:
    within = {30: "in 30 days", 90: "in 90", HORIZONS[-1]: "in a year"}
    parts = [f"{percent(chance)} {within[days]}" for days, chance in found.chances]
    return f"Chance that no seat is free: {', '.join(parts)}."


def _dates(found: Forecast) -> str:
    if found.trend != "rising":
        return f"The use is {found.trend}: no date can be given."
    if found.early is None:
        return "Hardly within a year."
    parts = [f"Hardly before {found.day(found.early).isoformat()}"]
    if found.even is not None:
        parts.append(f"even odds by {found.day(found.even).isoformat()}")
    if found.late is not None:
        parts.append(f"90 % by {found.day(found.late).isoformat()}")
    else:
        parts.append(f"not within a year: {percent(1 - found.chances[-1][1])}")
    return f"{'; '.join(parts)}."


def _purchase(found: Forecast) -> str:
    if found.purchase is None:
        return ""
    seats, until = found.purchase.seats, found.purchase.until.isoformat()
    odds = f"with a chance of {1 - RISK:.0%} or more".replace("%", " %")
    if not seats:
        return f"The seats last until {until}, {odds}."
    return f"{words.count(seats, 'more seat')} would last until {until}, {odds}."


def basis_words(basis: Basis) -> str:
    """What a forecast rests on: "Known: 34 joined and 22 left in 182 days since 2026-05-01."."""
    since = "" if basis.since is None else f" since {basis.since.isoformat()}"
    unread = f", {basis.unread:,} of them not read" if basis.unread else ""
    return (
        f"Known: {basis.joins:,} joined and {basis.leaves:,} left in {words.count(basis.days, 'day')}{since}{unread}."
    )


def backtest_words(past: Backtest) -> str:
    """How often past ranges held."""
    if not past.ranges:
        return f"No past range for {past.days} days can be compared yet."
    share = f"{past.held / past.ranges:.0%}".replace("%", " %")
    ranges = words.count(past.ranges, "past range")
    return f"{past.held:,} of {ranges} for {past.days} days held: {share}, where 80 % should."


def plot(days: Sequence[SeatDay], width: int, height: int) -> list[str]:
    """The use of some days as lines of at most `width` cells, with the limit as a line where it is in sight.

    Figures stand to the left, the first and the last day below.
    """
    low, high = _bounds(days)
    label = max(len(f"{high:,}"), len(f"{low:,}"))
    columns, rows = list(_columns(days, width - label - 1)), height - 1
    if not columns or rows < 1:
        return []
    parts, lines = len(BLOCKS) - 1, []
    for row in range(rows - 1, -1, -1):
        cells = ""
        for some in columns:
            part = (max(day.used for day in some) - low) * parts * rows // (high - low) - row * parts
            limit = some[-1].limit
            is_limit = limit is not None and min((limit - low) * rows // (high - low), rows - 1) == row
            cells += _LIMIT if is_limit and part <= 0 else BLOCKS[min(max(part, 0), parts)]
        figure = f"{high:,}" if row == rows - 1 else f"{low:,}" if row == 0 else ""
        lines.append(f"{figure:>{label}} {cells}")
    first, last = days[0].day.isoformat(), days[-1].day.isoformat()
    ends = first if len(columns) < len(first) + len(last) + 1 else f"{first}{last:>{len(columns) - len(first)}}"
    return [*lines, f"{'':{label}} {ends}"]


def _bounds(days: Sequence[SeatDay]) -> tuple[int, int]:
    """The figures at the foot and the top of a plot: the limit is in sight unless it is far away."""
    low, high = min((day.used for day in days), default=0), max((day.peak for day in days), default=1)
    limits = [day.limit for day in days if day.limit is not None and day.limit <= 2 * high]
    high = max([high, *limits])
    return max(low - max((high - low) // 4, 1), 0), max(high, 1)


def _columns(days: Sequence[SeatDay], width: int) -> Iterator[Sequence[SeatDay]]:
    """The days in at most so many groups, as even as they can be."""
    number = min(len(days), max(width, 0))
    for place in range(number):
        yield days[place * len(days) // number : (place + 1) * len(days) // number]
