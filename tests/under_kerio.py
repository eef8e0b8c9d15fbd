"""Functions that take a policy, under that of Kerio Connect: most tests are about it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial

from kconsole.core.records import Entry, Inventory
from kconsole.core.reports import Decision, SeatReport
from kconsole.core.server import ServerNumbers
from kconsole.licensing import comparison, components, counting, guards, lifecycle
from kconsole.licensing.policy import KERIO, LicensePolicy
from kconsole.operations.search import filters
from kconsole.operations.search.index import AccountIndex

is_held = partial(counting.is_held, policy=KERIO)
uses = partial(components.uses, policy=KERIO)
use_of = partial(components.use_of, policy=KERIO)
license_status_of = partial(lifecycle.license_status_of, policy=KERIO)
trial_end = partial(lifecycle.trial_end, policy=KERIO)
may_enable = partial(guards.may_enable, policy=KERIO)
may_disable = partial(guards.may_disable, policy=KERIO)
may_delete = partial(guards.may_delete, policy=KERIO)
may_map = partial(guards.may_map, policy=KERIO)
may_connect = partial(guards.may_connect, policy=KERIO)


def evaluate(inventory: Inventory, policy: LicensePolicy = KERIO) -> SeatReport:
    """The report of a whole inventory, counted from nothing: what a ledger that follows changes must come to."""
    return counting.SeatLedger(inventory, policy).report()


def index_of(entries: Iterable[Entry] = ()) -> AccountIndex:
    return AccountIndex(KERIO, entries)


def read_filter(text: str, now: datetime, saved: Mapping[str, str] = filters.NONE_SAVED) -> filters.Filter:
    return filters.FilterReader(now, KERIO, saved).read(text)


def new_seats(befores_and_afters: Iterable[tuple[Entry | None, Entry]], held: Iterable[Entry] = ()) -> Counter[str]:
    return guards.new_seats(befores_and_afters, KERIO, held)


def may_take_seats(report: SeatReport, needed: Counter[str], purpose: guards.Purpose = "add") -> Decision:
    return guards.may_take_seats(report, needed, KERIO, purpose)


def may_create(report: SeatReport, account: Entry, held: Iterable[Entry] = ()) -> Decision:
    return guards.may_create(report, account, KERIO, held)


def compared(
    report: SeatReport, numbers: ServerNumbers, entries: Iterable[Entry], uncounted: Collection[str] = ()
) -> list[comparison.Comparison]:
    return comparison.compared(report, numbers, entries, KERIO, uncounted)
