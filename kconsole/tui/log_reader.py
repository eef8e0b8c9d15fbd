"""Reads the log for the screen, the newest line first, a bit at a time."""

from collections.abc import Callable, Iterable
from time import perf_counter

from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.records import fold
from kconsole.operations.history import LogQuery
from kconsole.operations.session import Session
from kconsole.text.commits import commit_text


class LogReader:
    """Lines of the log that fit, as far as they have been asked for."""

    def __init__(self, session: Session, account: str = "") -> None:
        self._query = LogQuery(account=account)
        self._lines = session.history.log(LogQuery(), newest_first=True)  # all of them: each is asked for by itself
        self.text = ""
        """The words that a line must hold."""
        self._read: list[Commit] = []
        self.fitting: list[Commit] = []
        self.is_at_end = False
        self.damage: StoreUnusable | None = None

    def read(self, rows: int, seconds: float) -> None:
        """Read until so many lines fit, the log ends, or the time is over."""
        end = perf_counter() + seconds
        while not self.is_at_end and len(self.fitting) < rows and perf_counter() < end:
            self.take(self.next_lines(1, seconds))

    def next_lines(self, most: int, seconds: float) -> list[Commit]:
        """The next lines, whether they fit or not: at most so many, and none after the time is over.

        A thread may do this, one at a time: the line of a large import takes seconds.
        """
        end = perf_counter() + seconds
        lines: list[Commit] = []
        while not self.is_at_end and len(lines) < most and (not lines or perf_counter() < end):
            try:
                lines.append(next(self._lines))
            except StopIteration:
                self.is_at_end = True
            except StoreUnusable as damage:
                self.damage, self.is_at_end = damage, True
        return lines

    def take(self, lines: Iterable[Commit]) -> None:
        fits = self._filter()
        for commit in lines:
            # What was written meanwhile has been added already.
            is_new = not self._read or commit.sequence < self._read[-1].sequence
            if is_new and self._query.fits(commit):
                self._read.append(commit)
                if fits(commit):
                    self.fitting.append(commit)

    def filter(self, text: str) -> None:
        """Let only lines fit that hold all of these words; compared without case."""
        self.text = text
        fits = self._filter()
        self.fitting = [commit for commit in self._read if fits(commit)]

    def add(self, commits: list[Commit]) -> int:
        """Take lines that were just written; returns how many of them fit, at the top."""
        new = [commit for commit in reversed(commits) if self._query.fits(commit)]
        fits = self._filter()
        fitting = [commit for commit in new if fits(commit)]
        self._read[:0], self.fitting[:0] = new, fitting
        return len(fitting)

    def _filter(self) -> Callable[[Commit], bool]:
        words = [fold(word) for word in self.text.split()]

        def fits(commit: Commit) -> bool:
            text = fold(commit_text(commit)) if words else ""
            return all(word in text for word in words)

        return fits
