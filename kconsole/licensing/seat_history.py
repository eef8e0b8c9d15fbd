"""The history of the seats, day by day, from the lines of the log: nothing else is kept for it.

A day is one of UTC. Clocks may be wrong, so the order is that of the log: a line that is dated before the one above it,
or in the future, belongs to the day of that one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from kconsole.core.history import GAP, MEND, Change, Commit
from kconsole.core.identity import canonical_domain
from kconsole.core.records import Entry
from kconsole.core.times import FIRST_LOGIN
from kconsole.licensing.counting import contribution_of, share_of
from kconsole.licensing.policy import LicensePolicy

Break = Literal["begin", "import", "sync", "restore", "lost"]
"""Why the figures before and after are not of the same accounts: no one joined or left."""

_BREAKS: Final[Mapping[str, Break]] = {
    "init": "begin",
    "migrate": "begin",
    MEND: "lost",
    GAP: "lost",
    "restore": "restore",
}
_IMPORTS: Final = frozenset({"import", "import kerio"})

READING: Final = "sync"
"""The operation that finds out what others have changed at the server."""

BEGINNINGS: Final[frozenset[Break]] = frozenset(("begin", "import", "sync"))
"""The breaks that begin a history: what is before them says nothing of how people come and go."""

GroupBy = Literal["domain", "operation", "operator"]


@dataclass(slots=True)
class SeatDay:
    """One day in UTC. Over any days without a break, joins less leaves is the change of the used seats."""

    day: date
    used: int = 0
    """At the end of the day."""
    peak: int = 0
    limit: int | None = None
    held: int = 0
    joins: int = 0
    leaves: int = 0
    reclaimed: int = 0
    """Of the leaves, those by a plan that frees seats."""
    organic_joins: int = 0
    organic_leaves: int = 0
    """People who come and go: without imports, restores, plans that free seats, and what was undone."""
    is_read: bool = True
    """Whether it is known what happened on it; else what was found later is spread evenly over such days."""
    breaks: list[Break] = field(default_factory=list)


_COUNTS: Final = ("joins", "leaves", "reclaimed", "organic_joins", "organic_leaves")


class Group(NamedTuple):
    """What one domain, operation or operator contributed."""

    name: str
    """Empty for what belongs to no domain: seats that a restart freed, or in domains that were not read."""
    joins: int = 0
    leaves: int = 0
    reclaimed: int = 0


class SeatsNow(NamedTuple):
    """The figures at the end of the log: from them those before the first line that says any are known."""

    used: int
    held: int
    limit: int | None


class _Moves(NamedTuple):
    """The accounts that took a seat with a line, and those that gave it up."""

    joins: Sequence[str]
    """Their domains; a deleted account whose seat is held has not given it up."""
    leaves: Sequence[str]
    came: int
    """How many accounts count now that did not."""
    went: int


class SeatHistory:
    """Takes in the lines of a log, the first one first, and keeps a few figures for each day."""

    def __init__(
        self,
        today: date,
        policy: LicensePolicy,
        undone: Collection[int] = (),
        group_of: Callable[[Commit], str] | None = None,
        since: date = date.min,
    ) -> None:
        """Begin an empty history.

        Args:
            today: the last day; a line that is later has a wrong clock.
            policy: says which accounts take a seat.
            undone: the lines that were undone: neither they nor their undos are organic.
            group_of: names what a line belongs to, for `groups`; an empty name stands for the domains
                of its accounts. None for no groups.
            since: the first day of the `groups`.
        """
        self._today, self._policy, self._undone = today, policy, undone
        self._group_of, self._since = group_of, since
        self._days: list[SeatDay] = []
        self._used: int | None = None
        """None until a line says it."""
        self._held = 0
        """Relative to that before the first line."""
        self._limits: list[tuple[int, int | None]] = []
        """What the limit was before the first change of it, and then each change, with the number of its day."""
        self._read_on: int | None = None
        """The number of the last day with a reading, of a store that follows a server."""
        self._has_imported = False
        self._groups: dict[str, list[int]] = {}

    def take(self, commit: Commit) -> None:
        """Take in the next line."""
        if commit.refused and not commit.changes:  # nothing was read, restored or imported
            commit = commit._replace(operation="")
        day, moves, unlisted = self._day_of(commit), _moves(commit.changes, self._policy), _unlisted(commit.changes)
        joins, leaves, why = len(moves.joins), len(moves.leaves), self._break(commit)
        if unlisted is None and why is None:
            why = "sync"
        before, after = commit.seats or (self._used, None)
        if before is not None:
            if self._used is None:
                for each in self._days:
                    each.used = each.peak = before
            elif before != self._used and why is None:
                why = "lost"
            after = before + joins - leaves if after is None else after
            day.peak = max(day.peak, before, after)
            day.used = after
        net = joins - leaves if before is None or after is None else after - before
        self._used = after
        self._held += net - moves.came + moves.went - (unlisted or 0)
        day.held = self._held
        if why is not None:
            if why not in day.breaks:
                day.breaks.append(why)
        else:
            rest = net - joins + leaves
            if not (rest or joins or leaves or moves.came or moves.went or commit.operation == READING):
                return self._follow(commit, is_read=False)
            figures = [joins + max(rest, 0), leaves + max(-rest, 0), leaves if is_reclaim(commit.operation) else 0]
            if self._is_organic(commit):
                figures += [moves.came + max(unlisted or 0, 0), moves.went + max(-(unlisted or 0), 0)]
            self._count(figures, commit.operation == READING)
            if self._group_of is not None:
                self._count_groups(commit, moves, rest, self._group_of(commit))
        self._follow(commit, is_read=commit.operation == READING or why is not None)

    def days(self, now: SeatsNow) -> list[SeatDay]:
        """The days up to today, given the figures as of the last line. Nothing is taken in afterwards."""
        if not self._days:
            return []
        if self._days[0].day == date.max:  # the clock of all lines was ahead
            self._days[0].day = self._today
        self._until(self._today)
        limits = dict(self._limits) or {-1: now.limit}
        limit, held = limits[-1], now.held - self._held
        for number, day in enumerate(self._days):
            limit = limits.get(number, limit)
            day.limit, day.held = limit, max(day.held + held, 0)
            if self._used is None:
                day.used = day.peak = now.used
            if self._read_on is not None and number > self._read_on:
                day.is_read = False
        return self._days

    def groups(self) -> list[Group]:
        """What each contributed, the most active first."""
        found = [Group(name, *figures) for name, figures in self._groups.items()]
        return sorted(found, key=lambda each: (-each.joins - each.leaves, each.name))

    def _day_of(self, commit: Commit) -> SeatDay:
        at = commit.at.date()
        is_right = FIRST_LOGIN.date() <= at <= self._today
        if not self._days:
            self._days.append(SeatDay(at if is_right else date.max))
        elif is_right and self._days[0].day == date.max:
            self._days[0].day = at
        elif is_right:
            self._until(at)
        return self._days[-1]

    def _until(self, at: date) -> None:
        """Add the days up to one; nothing changes on them."""
        last = self._days[-1]
        for number in range(1, (at - last.day).days + 1):
            self._days.append(SeatDay(last.day + timedelta(days=number), last.used, last.used, held=self._held))

    def _break(self, commit: Commit) -> Break | None:
        if commit.operation in _IMPORTS and commit.changes and not self._has_imported:
            self._has_imported = True
            return "import"
        is_first = any(
            each.table == "connection" and (each.before is None or each.before.synced_at is None)
            for each in commit.changes
        )
        return "sync" if commit.operation == READING and is_first else _BREAKS.get(commit.operation)

    def _is_organic(self, commit: Commit) -> bool:
        is_own = commit.operation in _IMPORTS or is_reclaim(commit.operation)
        return not is_own and commit.undoes is None and commit.sequence not in self._undone

    def _count(self, figures: Sequence[int], is_reading: bool) -> None:
        """Count what a line changed: what a reading found, on the days since the last reading."""
        first = len(self._days) - 1
        if is_reading and self._read_on is not None:
            first = min(self._read_on + 1, first)
        if first == len(self._days) - 1:  # as nearly always
            for name, figure in zip(_COUNTS, figures, strict=False):
                if figure:
                    setattr(self._days[first], name, getattr(self._days[first], name) + figure)
            return
        days, done = self._days[first:], [0] * len(figures)
        for number, day in enumerate(days, 1):
            until = [figure * number // len(days) for figure in figures]
            for name, now, before in zip(_COUNTS, until, done, strict=False):
                setattr(day, name, getattr(day, name) + now - before)
            done = until
            if day is not days[-1]:
                day.used += done[0] - done[1]
                day.peak = max(day.peak + done[0] - done[1], day.used)

    def _follow(self, commit: Commit, is_read: bool) -> None:
        """Take in what a line says of the license and the server."""
        number = len(self._days) - 1
        follows = self._read_on is not None or commit.operation == READING
        for change in commit.changes:
            if change.table == "license":
                if not self._limits:
                    self._limits.append((-1, (change.before or change.after).seats))
                self._limits.append((number, None if change.after is None else change.after.seats))
            follows = follows and not (change.table == "connection" and change.after is None)
        if self._read_on is not None and (is_read or not follows):
            for day in self._days[self._read_on + 1 : number]:
                day.is_read = False
        if is_read or not follows:
            self._read_on = number if follows else None

    def _count_groups(self, commit: Commit, moves: _Moves, rest: int, name: str) -> None:
        if self._days[-1].day < self._since:
            return
        sides = [[name or domain for domain in domains] for domains in (moves.joins, moves.leaves)]
        sides[rest < 0] += [name] * abs(rest)
        own = is_reclaim(commit.operation)
        for side, names in enumerate(sides):
            for each in names:
                figures = self._groups.setdefault(each, [0, 0, 0])
                figures[side] += 1
                figures[2] += own and side == 1


def is_reclaim(operation: str) -> bool:
    """Whether an operation frees seats by a plan of the administrator."""
    return operation.partition(" ")[0] == "reclaim"


def _moves(changes: Sequence[Change], policy: LicensePolicy) -> _Moves:
    joins: list[str] = []
    leaves: list[str] = []
    came = went = 0
    for change in changes:
        before, after = change.before, change.after
        if change.table != "entries" or _is_alike(before, after):
            continue
        had, has = _seat(before, policy), _seat(after, policy)
        came += has == 1 != had
        went += had == 1 != has
        if had or has:
            old, new = (None if each is None else canonical_domain(each.domain) for each in (before, after))
            if had and (not has or old != new):
                leaves.append(old or "")
            if has and (not had or old != new):
                joins.append(new or "")
    return _Moves(joins, leaves, came, went)


_HELD: Final = 2


def _seat(entry: Entry | None, policy: LicensePolicy) -> int:
    """1 for an account that counts, `_HELD` for a deleted one that holds its seat until a restart, else 0."""
    if entry is None:
        return 0
    each = contribution_of(entry, None, policy)
    return _HELD if each.held else each.counted


def _is_alike(before: Entry | None, after: Entry | None) -> bool:
    if before is None or after is None or before.deleted_at != after.deleted_at:
        return False
    return share_of(before) == share_of(after)


def _unlisted(changes: Iterable[Change]) -> int | None:
    """The change of the seats in domains that were not read; None if others were read than before."""
    for change in changes:
        if change.table == "connection":
            before, after = (
                (False, 0) if each is None or not each.is_partial else (True, each.unlisted)
                for each in (change.before, change.after)
            )
            if before[0] != after[0] or (before[1] is None) != (after[1] is None):
                return None
            return (after[1] or 0) - (before[1] or 0)
    return 0
