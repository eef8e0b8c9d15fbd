"""The stores of all contexts, read side by side: what hangs holds neither the others nor the end of the program."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, NamedTuple

from kconsole.licensing.monitoring import Facts
from kconsole.operations.contexts import Context, Opening
from kconsole.operations.fleet_reading import FleetRow, Stopped, failed, read_store
from kconsole.operations.fleet_watch import Watch

DEADLINE: Final = 0.4
"""Seconds without any progress from which on a store is said not to answer."""

MOST_YOUNG: Final = 4
"""How many readings begin at a time: of more, each would wait long for the interpreter, and seem not to answer."""

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

SHARE: Final = 0.01
"""The most of a processor that this takes of one store; while others write all the time, five times as much."""


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


class _News(NamedTuple):
    row: FleetRow
    is_last: bool
    """Whether its reading has ended."""
    mark: object
    """What the store looked like before."""


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
        """What the stores looked like when they were read, and when that was."""
        self._watches: dict[str, Watch] = {}
        self._news: SimpleQueue[_News | str] = SimpleQueue()
        self._forecasting = threading.Lock()
        """Held by the one that reads a whole log, which keeps the interpreter busy."""
        self._is_closed = False

    @property
    def is_complete(self) -> bool:
        """Whether each store was read, with its forecast, or is known not to answer now."""
        return not self._waiting and all(row.state != "reading" and row.is_last for row in self.rows.values())

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

    def refresh(self) -> None:
        """Look again at the stores that were read a while ago."""
        now = monotonic()
        for name, at in self._ended.items():
            pause = max(REFRESH, self.rows[name].took / SHARE / 5)
            if now - at > pause and name not in self._began and name not in self._waiting:
                self._waiting.append(name)

    def read_again(self, name: str) -> None:
        """Read a store soon, as after work on it."""
        self._read.pop(name, None)
        if name not in self._waiting:
            self._waiting.append(name)

    def close(self) -> None:
        """Let the readings that run end as soon as they can; none is waited for."""
        self._is_closed = True
        self._waiting.clear()
        for name, watch in list(self._watches.items()):
            if name not in self._began:
                watch.close()

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
            args = self.rows[name], self._is_still_good(name)
            threading.Thread(target=self._work, args=args, daemon=True).start()

    def _is_still_good(self, name: str) -> Callable[[object], bool]:
        """Whether what is known of a store stands, by what it looks like now."""
        if name not in self._read:
            return lambda _: False
        (known, at), row = self._read[name], self.rows[name]
        is_fresh, is_ok = monotonic() - at < max(AGED, row.took / SHARE), row.state == "ok"
        return lambda mark: is_fresh and mark == known and (mark is not None or is_ok)

    def _work(self, before: FleetRow, is_still_good: Callable[[object], bool]) -> None:
        """Read a store in a thread."""
        name, mark = before.context.name, None

        def note(*_: int) -> None:
            self._progressed[name] = monotonic()
            if self._is_closed:
                raise Stopped

        try:
            if name not in self._watches:
                self._watches[name] = Watch(before.context.location)
            mark = self._watches[name].mark()
            if is_still_good(mark):
                self._news.put(name)
                return
            for row in read_store(before, self._opening, note, self._alone()):
                self._news.put(_News(row, row.is_last, mark))
        except Stopped:
            pass
        except Exception as error:
            self._news.put(_News(failed(before.context, error), True, mark))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        is_alone = self._forecasting.acquire(timeout=LONGEST_TURN)
        try:
            yield
        finally:
            if is_alone:
                self._forecasting.release()
