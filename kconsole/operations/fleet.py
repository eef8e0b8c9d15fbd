"""The stores of all contexts, read side by side: what hangs holds neither the others nor the end of the program."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, Literal, NamedTuple

from kconsole.core.errors import BadInput, ConsoleError, NotFound, Refused, StoreUnusable
from kconsole.licensing.monitoring import FORECAST_DAYS, Facts, Finding, State, Thresholds, judge, worst
from kconsole.operations.contexts import Context, Opening
from kconsole.operations.locations import Location
from kconsole.operations.monitoring import chances_of, damage_of, facts_of
from kconsole.operations.session import Session
from kconsole.store.engine import StorageAway

FleetState = Literal["reading", "ok", "missing", "damaged", "refused", "unusable", "no-answer", "failed"]
"""What became of reading a store: `unusable` has an error in the configuration, `no-answer` may still come, and
`failed` is all else, as where the rights are missing."""

DEADLINE: Final = 0.5
"""Seconds without any progress from which on a store is said not to answer."""

MOST_YOUNG: Final = 2
"""How many readings begin at a time: more of them would keep the screen waiting for the interpreter."""

YOUNG: Final = 0.1
"""Seconds from which on a reading that has not ended counts no more among these: it waits for its disk."""

LONGEST_TURN: Final = 0.5
"""Seconds after which a forecast waits no longer for another one, whose disk may be dead by now."""

LOOK: Final = 0.02
"""Seconds between two looks of what only waits."""

REFRESH: Final = 5.0
"""Seconds after which a store is looked at again."""

AGED: Final = 60.0
"""Seconds after which one that did not change is read again: its ages and ends are others then."""


class FleetRow(NamedTuple):
    """What is known of the store of a context."""

    context: Context
    state: FleetState = "reading"
    facts: Facts | None = None
    """None where it could not be read, or only in part."""
    store_id: str = ""
    has_forecast: bool = False
    """Whether the forecast was worked out; it comes after all else."""
    findings: Sequence[Finding] = ()
    """What is not as it should be, as `kconsole check` judges it."""
    error: ConsoleError | None = None
    """Why it could not be read."""

    @property
    def alarm(self) -> State:
        """The worst of the findings; of a store that could not be read nothing is known."""
        return worst(self.findings) if self.facts is not None else "unknown"

    @property
    def chance(self) -> float | None:
        """The chance that no seat is free within 90 days; None where it cannot be said."""
        return None if self.facts is None else self.facts.chance

    @property
    def maintenance(self) -> date | None:
        """The last day of Software Maintenance, or of what the license ends with; None where neither is recorded."""
        ends = {} if self.facts is None else {ending.what: ending.on for ending in self.facts.status.endings}
        return next((ends[what] for what in ("maintenance", "license", "trial") if what in ends), None)

    @property
    def read_at(self) -> datetime | None:
        """When the server was last read; None without one, and before the first reading."""
        return None if self.facts is None or self.facts.server is None else self.facts.server.synced_at


class Total(NamedTuple):
    """The seats of one product. Two contexts of one store count once."""

    product: str
    stores: int
    used: int
    limit: int | None
    """None if one of them has no limit, or not a known one."""
    free: int | None
    reserved: int
    is_whole: bool
    """Whether all figures are known; otherwise the real ones are higher or lower."""


def totals(rows: Iterable[FleetRow]) -> list[Total]:
    """The sums, each over stores of one product: seats of different products cannot be added."""
    products: dict[str, dict[object, Facts]] = {}
    for row in rows:
        if row.facts is not None:
            products.setdefault(row.facts.policy.name, {})[row.store_id or row.context.name] = row.facts
    return [_total(product, list(facts.values())) for product, facts in products.items()]


def _total(product: str, facts: Sequence[Facts]) -> Total:
    reports = [each.report for each in facts]
    limits = [None if report.hides_limit else report.limit for report in reports]
    free = [None if report.hides_limit else report.free for report in reports]
    return Total(
        product,
        len(facts),
        sum(report.used for report in reports),
        None if None in limits else sum(limit for limit in limits if limit is not None),
        None if None in free else sum(each for each in free if each is not None),
        sum(report.reserved for report in reports),
        all(each.known.used is not None and each.known.limit is not None for each in facts),
    )


class _Stopped(Exception):
    """No one waits for the reading any more."""


class _Damaged(StoreUnusable):
    """Only a part of the store is good; what it says would be of the past."""


class _News(NamedTuple):
    row: FleetRow
    is_last: bool
    """Whether its reading has ended."""
    mark: object
    """What the files of the store looked like before."""


class Fleet:
    """Reads the stores of contexts, each in a thread of its own. One thread uses it, and looks for news.

    The threads are daemons, not workers of an executor: Python waits for those when it ends, and a store on a dead
    file system would keep the program from ending.

    Attributes:
        rows: what is known of each context, by its name.
    """

    def __init__(self, contexts: Sequence[Context], opening: Opening, deadline: float = DEADLINE) -> None:
        self.rows = {context.name: FleetRow(context) for context in contexts}
        self._opening, self._deadline = opening, deadline
        self._waiting = deque(self.rows)
        self._began: dict[str, float] = {}
        """When the readings that run began, by context. One at a time of each, so that a dead disk holds one thread."""
        self._progressed: dict[str, float] = {}
        self._ended: dict[str, float] = dict.fromkeys(self.rows, 0.0)
        """When each was read, or seen not to have changed."""
        self._read: dict[str, tuple[object, float]] = {}
        """What the files looked like when they were read, and when that was."""
        self._news: SimpleQueue[_News | str] = SimpleQueue()
        self._forecasting = threading.Lock()
        """Held by the one that reads a whole log, which keeps the interpreter busy."""
        self._is_closed = False

    @property
    def is_complete(self) -> bool:
        """Whether each store was read, with its forecast, or is known not to answer now."""
        return not self._waiting and all(
            row.state != "reading" and (row.has_forecast or row.state != "ok") for row in self.rows.values()
        )

    def look(self, patience: float = 0.0) -> list[str]:
        """Take what the threads have found, begin what is due, and return which contexts have changed.

        With patience, it waits so many seconds for the first news.
        """
        changed: dict[str, None] = {}
        self._begin()
        while True:
            try:
                news = self._news.get(timeout=patience) if patience else self._news.get_nowait()
            except Empty:
                break
            patience = 0.0
            self._take(news, changed)
        now = monotonic()
        for name, began in self._began.items():
            silence = now - max(began, self._progressed.get(name, 0.0))
            row = self.rows[name]
            most = AGED if row.state == "ok" else self._deadline  # what was read stays for a while
            if silence > most and row.state != "no-answer":
                self.rows[name] = FleetRow(row.context, "no-answer")
                changed[name] = None
        self._begin()
        return list(changed)

    def read_all(self) -> list[FleetRow]:
        """Read until each store was read, or is known not to answer."""
        try:
            while not self.is_complete:
                self.look(LOOK)
        finally:
            self.close()
        return list(self.rows.values())

    def refresh(self) -> None:
        """Look again at the stores that were read a while ago."""
        now = monotonic()
        due = (name for name, at in self._ended.items() if now - at > REFRESH and name not in self._began)
        self._waiting.extend(name for name in due if name not in self._waiting)

    def read_again(self, name: str) -> None:
        """Read a store soon, as after work on it."""
        self._read.pop(name, None)
        if name not in self._waiting:
            self._waiting.append(name)

    def close(self) -> None:
        """Let the readings that run end as soon as they can; none is waited for."""
        self._is_closed = True
        self._waiting.clear()

    def _take(self, news: "_News | str", changed: dict[str, None]) -> None:
        now = monotonic()
        if isinstance(news, str):  # nothing has changed there
            self._began.pop(news, None)
            self._ended[news] = now
            if self.rows[news].state == "no-answer":  # it took so long that the figures were taken away
                self.read_again(news)
            return
        name = news.row.context.name
        before = self.rows[name]
        if news.row.state == "ok" and not news.row.has_forecast and before.has_forecast and before.facts is not None:
            return  # the old forecast stands until there is a new one
        if news.is_last:
            self._began.pop(name, None)
            self._ended[name] = now
            self._read[name] = (news.mark, now)
        self.rows[name] = news.row
        changed[name] = None

    def _begin(self) -> None:
        now = monotonic()
        while self._waiting and sum(now - at < YOUNG for at in self._began.values()) < MOST_YOUNG:
            name = self._waiting.popleft()
            if name in self._began:
                continue
            self._began[name] = now
            self._progressed.pop(name, None)
            args = self.rows[name].context, self._is_still_good(name)
            threading.Thread(target=self._work, args=args, daemon=True).start()

    def _is_still_good(self, name: str) -> Callable[[object], bool]:
        """Whether what is known of a store stands, by what its files look like now."""
        if name not in self._read:
            return lambda _: False
        known, at = self._read[name]
        is_fresh, is_ok = monotonic() - at < AGED, self.rows[name].state == "ok"
        return lambda mark: is_fresh and mark == known and (mark is not None or is_ok)

    def _work(self, context: Context, is_still_good: Callable[[object], bool]) -> None:
        """Read a store in a thread."""
        mark: object = None
        try:
            location = context.location
            mark = _mark(location)
            if is_still_good(mark):
                self._news.put(context.name)
                return
            for row in self._readings(context, location):
                self._news.put(_News(row, row.has_forecast or row.state != "ok", mark))
        except _Stopped:
            pass
        except ConsoleError as error:
            self._news.put(_News(FleetRow(context, _state_of(error), error=error), True, mark))
        except Exception as error:  # one store must not keep the others from being shown
            failed = StoreUnusable("store-not-read", None, error=f"{type(error).__name__}: {error}")
            self._news.put(_News(FleetRow(context, "failed", error=failed), True, mark))

    def _readings(self, context: Context, location: Location) -> "Iterable[FleetRow]":
        def note(*_: int) -> None:
            self._progressed[context.name] = monotonic()
            if self._is_closed:
                raise _Stopped

        with closing(self._opening(location, note)) as session, _let_go(session):
            note()
            if (away := session.store.away) is not None:  # what was read of it before may have changed
                raise StorageAway(away.why, "database-away-hint")
            if (damage := damage_of(session)) is not None:
                raise _Damaged(damage)
            facts = facts_of(session)
            row = FleetRow(context, "ok", facts, session.store.id, findings=judge(facts, Thresholds()))
            yield row
            note()
            is_alone = self._forecasting.acquire(timeout=LONGEST_TURN)
            try:
                chance = dict(chances_of(session)).get(FORECAST_DAYS)
            finally:
                if is_alone:
                    self._forecasting.release()
            yield row._replace(facts=facts._replace(chance=chance), has_forecast=True)


@contextmanager
def _let_go(session: Session) -> Iterator[None]:
    """Free the records bit by bit in the end.

    A session is a circle of references: it would stay until the garbage collector frees all of it in one long pause.
    """
    try:
        yield
    finally:
        for table in session.store.state.tables.values():
            while table:
                table.popitem()


def _state_of(error: ConsoleError) -> FleetState:
    kinds: tuple[tuple[type[ConsoleError], FleetState], ...] = (
        (NotFound, "missing"),
        (StorageAway, "no-answer"),
        (_Damaged, "damaged"),
        (Refused, "refused"),
        (BadInput, "unusable"),
    )
    return next((state for kind, state in kinds if isinstance(error, kind)), "failed")


def _mark(location: Location) -> object:
    """What the files of a store look like, which is as long the same as no one writes; None where that is not known."""
    if not isinstance(location, Path):
        return None
    try:
        with os.scandir(location) as files:
            stats = [(file.name, file.stat(follow_symlinks=False)) for file in files]
    except OSError:
        return None
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))
