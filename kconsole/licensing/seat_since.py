"""Since when accounts take their seats, by the lines of the log: nothing else keeps that."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.core.report_rows import SinceKnown
from kconsole.core.times import FIRST_LOGIN, SKEW
from kconsole.licensing.counting import contribution_of
from kconsole.licensing.policy import LicensePolicy


class Since(NamedTuple):
    """Since when a seat is taken, as far as that is known."""

    at: datetime | None
    known: SinceKnown


class SeatsSince:
    """Takes in the lines of a log, the first one first.

    A line that took data in says that a seat was taken by then, and not since when: the import that a log begins with,
    and a sync that found what others did. A line whose clock was wrong counts as one of the time above it.
    """

    def __init__(self, policy: LicensePolicy, readings: Collection[str], now: datetime, is_cut: bool) -> None:
        """Begin with nothing; `is_cut` says that the first lines of the log are missing."""
        self._policy, self._readings, self._latest = policy, frozenset(readings), now + SKEW
        self._at: datetime | None = None
        self._first: datetime | None = None
        """Since when at least seats are taken of which no line says it."""
        self._is_cut = is_cut
        self._since: dict[int, Since] = {}
        self._held: set[int] = set()
        self._freed: set[int] = set()
        """The deleted accounts that hold their seats, and those whose seats a restart freed."""

    def take(self, commit: Commit) -> None:
        """Take in the next line."""
        if FIRST_LOGIN <= commit.at <= self._latest and (self._at is None or commit.at > self._at):
            self._at = commit.at
        if commit.is_lost:  # its time is that of the next line, by which whoever took a seat there had it
            self._since.clear()
        if commit.is_lost or self._is_cut:
            self._first, self._is_cut = self._at, False
        known: SinceKnown = "at-least-since" if commit.operation in self._readings else "since"
        for change in commit.changes:
            if change.table == "entries":
                number, after = change.number, change.after
                had, has = self._takes(change.before) and number not in self._freed, self._takes(after)
                if has and not had:
                    self._since[number] = Since(self._at, known)
                elif had and not has:
                    self._since.pop(number, None)
                self._freed.discard(number)
                (self._held.add if has and after.deleted_at is not None else self._held.discard)(number)
            elif change.table == "server" and change.after is not None:
                self._freed |= self._held
                self._held.clear()

    def of(self, number: int) -> Since:
        """Since when an account, that takes or holds a seat now, does so."""
        found = self._since.get(number, Since(self._first, "at-least-since"))
        return found if found.at is not None else Since(None, "unknown")

    def _takes(self, entry: Entry | None) -> bool:
        if entry is None:
            return False
        each = contribution_of(entry, None, self._policy)
        return bool(each.counted or each.held)
