"""What a plan costs in a store of 100,000 accounts: made, applied to 1,000 of them in one durable step, and undone."""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from msgspec.structs import replace

from kconsole.core.decisions import Policy
from kconsole.core.history import Operator
from kconsole.core.records import LastLogin
from kconsole.operations.reclaim.applying import applying
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.planning import plan_of
from kconsole.operations.samples import AS_OF
from kconsole.operations.session import Session
from tests.samples import make_inventory

ACCOUNTS: Final = 100_000
IDLE: Final = 1_000
RUNS: Final = 5

_Value = TypeVar("_Value")


class _Clock:
    def now(self) -> object:
        return AS_OF


def session_in(folder: Path, accounts: int, idle: int) -> Session:
    """A store in which so many accounts are not used."""
    inventory = make_inventory(accounts, seats=None)
    entries, left = [], idle
    for entry in inventory.entries:
        is_user = entry.is_account and entry.enabled and entry.role == "user" and entry.origin == "local"
        is_idle = is_user and left > 0 and not entry.delivers_to
        left -= is_idle  # some of them are kept for other reasons
        days = 400 if is_idle else 5
        entries.append(replace(entry, last_login=LastLogin(AS_OF - timedelta(days=days), "IMAP"), login_unknown=False))
    policy = Policy(name="idle", brake_accounts=IDLE, brake_percent=100)
    inventory = replace(inventory, entries=tuple(entries), policies=(policy,), server=None)
    return Session.create(folder / "store", inventory, Operator("bench"), _Clock())  # type: ignore[arg-type]


class Time(NamedTuple):
    """Seconds that a step took."""

    wall: float
    processor: float


def times(accounts: int = ACCOUNTS, idle: int = IDLE, runs: int = RUNS) -> dict[str, list[Time]]:
    """How long each step took, in each run."""
    found: dict[str, list[Time]] = {}

    def timed(name: str, step: Callable[..., _Value], *arguments: Any) -> _Value:
        begin, worked = time.perf_counter(), time.process_time()
        value = step(*arguments)
        took = Time(time.perf_counter() - begin, time.process_time() - worked)
        found.setdefault(name, []).append(took)
        return value

    with tempfile.TemporaryDirectory() as top, closing(session_in(Path(top), accounts, idle * 2)) as session:
        policy = next(iter(session.state.policies.values()))
        for _ in range(runs):
            plan = timed(f"a plan of {accounts:,} accounts", lambda: plan_of(session, judge(session, policy)))
            operation = timed("the plan checked before the lock", applying, session, plan)
            done = timed(
                f"{len(plan.rows):,} accounts judged again and disabled, in one durable step", session.do, operation
            )
            assert len(done.changed) == len(plan.rows) > 0
            timed("all of it undone", session.undo)
    return found


def report() -> str:
    """The table."""
    lines = ["| a plan that frees seats | median | fastest | processor time, median |", "|---|---:|---:|---:|"]
    for name, each in times().items():
        walls = [time.wall for time in each]
        figures = statistics.median(walls), min(walls), statistics.median(time.processor for time in each)
        lines.append(f"| {name} | {' | '.join(f'{seconds * 1000:,.0f} ms' for seconds in figures)} |")
    return "\n".join([*lines, ""])
