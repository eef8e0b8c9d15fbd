"""Reading the store of one context for Fleet, in a thread or in a process of its own."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

from kconsole.core.errors import BadInput, ConsoleError, NotFound, Refused, StoreUnusable
from kconsole.core.roles import RoleName
from kconsole.licensing.monitoring import FORECAST_DAYS, Facts, Finding, State, Thresholds, judge, worst
from kconsole.operations.contexts import Context, Opening
from kconsole.operations.monitoring import chances_of, damage_of, facts_of
from kconsole.operations.session import Progress, Session
from kconsole.store.engine import StorageAway

FleetState = Literal["reading", "ok", "missing", "damaged", "refused", "unusable", "no-answer", "failed"]
"""What became of reading a store: `unusable` has an error in the configuration, `no-answer` may still come, and
`failed` is all else, as where the rights are missing."""

PAUSE: Final = 100
"""How many times as long as a forecast took the next one is waited for, on the same day: others may write all day."""


class Stopped(Exception):
    """No one waits for the reading any more."""


class Damaged(StoreUnusable):
    """Only a part of the store is good; what it says would be of the past."""


class Forecasted(NamedTuple):
    """What a forecast was made of."""

    head: str
    """The hash of the last line."""
    day: date
    at: float
    took: float
    """Seconds of a processor."""


class FleetRow(NamedTuple):
    """What is known of the store of a context."""

    context: Context
    state: FleetState = "reading"
    facts: Facts | None = None
    """None where it could not be read, or only in part."""
    store_id: str = ""
    forecasted: Forecasted | None = None
    """None before the forecast was made; it comes after all else."""
    findings: tuple[Finding, ...] = ()
    """What is not as it should be, as `kconsole check` judges it."""
    error: ConsoleError | None = None
    """Why it could not be read."""
    role: RoleName | None = None
    """The role of the user there."""
    took: float = 0.0
    """Seconds of a processor that it took, without the forecast."""

    @property
    def has_forecast(self) -> bool:
        return self.forecasted is not None

    @property
    def is_last(self) -> bool:
        """Whether its reading has ended with it."""
        return self.has_forecast or self.state != "ok"

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


def read_store(
    before: FleetRow, opening: Opening, note: Progress, alone: AbstractContextManager[object]
) -> Iterator[FleetRow]:
    """What is known of a store, first without the forecast; or why it cannot be read.

    Args:
        before: what was known, so that a forecast is not made again without need.
        opening: opens the store.
        note: called every few thousand records.
        alone: held while the forecast reads the whole log, which keeps the interpreter busy.

    Raises:
        Stopped: `note` did.
    """
    try:
        yield from _readings(before, opening, note, alone)
    except Stopped:
        raise
    except Exception as error:  # one store must not keep the others from being shown
        yield failed(before.context, error)


def failed(context: Context, error: Exception) -> FleetRow:
    """The row of a store that could not be read."""
    if not isinstance(error, ConsoleError):
        error = StoreUnusable("store-not-read", None, error=f"{type(error).__name__}: {error}")
    kinds: tuple[tuple[type[ConsoleError], FleetState], ...] = (
        (NotFound, "missing"),
        (StorageAway, "no-answer"),
        (Damaged, "damaged"),
        (Refused, "refused"),
        (BadInput, "unusable"),
    )
    return FleetRow(context, next((state for kind, state in kinds if isinstance(error, kind)), "failed"), error=error)


def _readings(
    before: FleetRow, opening: Opening, note: Progress, alone: AbstractContextManager[object]
) -> Iterator[FleetRow]:
    began = time.thread_time()
    with closing(opening(before.context.location, note)) as session, _let_go(session):
        note(0, 0)
        if (away := session.store.away) is not None:  # what was read of it before may have changed
            raise StorageAway(away.why, "database-away-hint")
        if (damage := damage_of(session)) is not None:
            raise Damaged(damage)
        facts = facts_of(session)
        row = FleetRow(before.context, "ok", facts, session.store.id, findings=tuple(judge(facts, Thresholds())))
        known = time.thread_time()
        row = row._replace(role=session.authority.role, took=known - began)
        head, day = session.store.head.hash, facts.now.date()
        if _is_still_good(before, row.store_id, head, day):
            yield row._replace(facts=facts._replace(chance=before.chance), forecasted=before.forecasted)
            return
        yield row
        note(0, 0)
        with alone:
            chance = dict(chances_of(session)).get(FORECAST_DAYS)
        forecasted = Forecasted(head, day, time.monotonic(), time.thread_time() - known)
        yield row._replace(facts=facts._replace(chance=chance), forecasted=forecasted)


def _is_still_good(before: FleetRow, store_id: str, head: str, day: date) -> bool:
    """Whether a forecast need not be made again: the same log gives the same on the same day."""
    known = before.forecasted
    if known is None or known.day != day or before.store_id != store_id:
        return False
    return known.head == head or time.monotonic() - known.at < PAUSE * known.took


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
