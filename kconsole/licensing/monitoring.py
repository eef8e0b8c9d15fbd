"""What a monitoring system learns of the seats: the state, why, and the figures. An unknown count is never ok."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from kconsole.core.codes import Message, message
from kconsole.core.identity import canonical_domain
from kconsole.core.records import Entry
from kconsole.core.reports import DomainReport, SeatReport
from kconsole.core.server import PendingChange, Server
from kconsole.core.times import SKEW
from kconsole.licensing.components import ComponentUse
from kconsole.licensing.counting import example_of, share_of
from kconsole.licensing.lifecycle import Ending, LicenseStatus
from kconsole.licensing.policy import LicensePolicy

State = Literal["ok", "warning", "unknown", "critical"]
STATES: Final[tuple[State, ...]] = ("ok", "warning", "unknown", "critical")
"""The worst last: what is certainly wrong outranks what is not known, and that a warning."""

STALE: Final = timedelta(days=7)
"""Data older than this says nothing of the present."""

UNCONFIRMED: Final = timedelta(hours=1)
"""How long a change may be unconfirmed before it is warned of; each is for a moment."""

FORECAST_DAYS: Final = 90
"""Within so many days the chance of being full is warned of."""

_RANGE: Final = re.compile(
    r"(?P<inside>@)?(?:(?P<start>~|-?\d+(?:\.\d+)?)?(?P<colon>:))?(?P<end>-?\d+(?:\.\d+)?)?", re.ASCII
)
_STOPS: Final = frozenset({"trial", "license"})
"""What the functions of the server end with."""


class Range(NamedTuple):
    """A range of the monitoring plugins: it alerts outside of start to end, or inside, both ends included."""

    start: float
    end: float
    is_inside: bool
    text: str
    """As it was written."""

    def alerts(self, value: float) -> bool:
        return (self.start <= value <= self.end) == self.is_inside

    def alerts_up_to(self, most: float) -> bool:
        """Whether it alerts on each value from 0 to `most`."""
        return self.start <= 0 and most <= self.end if self.is_inside else most < self.start

    def times(self, factor: int) -> str:
        """The same range of another unit, as it is written."""
        start = "~:" if self.start == -math.inf else f"{self.start * factor:.15g}:" if self.start else ""
        end = "" if self.end == math.inf else f"{self.end * factor:.15g}"
        return f"{'@' if self.is_inside else ''}{start or ('' if end else '0:')}{end}"


def range_of(text: str) -> Range:
    """The range that a text names: 10, 10:, ~:10, 10:20, @10:20; ValueError with a code if it is none."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or (found["start"] is None and found["end"] is None):
        raise ValueError("range-unreadable")
    start = -math.inf if found["start"] == "~" else float(found["start"] or 0)
    end = math.inf if found["end"] is None else float(found["end"])
    if start > end:
        raise ValueError("range-reversed")
    return Range(start, end, found["inside"] is not None, text.strip())


class Thresholds(NamedTuple):
    """From when on something is warned of, or critical."""

    free_warning: Range | None = None
    """Of free seats; None for what the policy calls low."""
    free_critical: Range = range_of("1:")
    expiry_warning: Range = range_of("30:")
    """Of the days left."""
    expiry_critical: Range = range_of("7:")
    data_age: timedelta | None = None
    """None for the usual one; a store without a server has no age, so that one that is given is not met there."""
    forecast: int | None = None
    """Percent; None to look at no forecast."""

    def of_free(self, report: SeatReport, policy: LicensePolicy) -> Range:
        """The warning range of free seats in a license of this size."""
        if self.free_warning is not None:
            return self.free_warning
        return range_of(f"{policy.low_at(report.limit) + 1}:" if report.limit else "~:")


DATA_AGE: Final = timedelta(hours=26)
"""From when on the age of the data is warned of: a day, and some time for a slow reading."""


class Known(NamedTuple):
    """The figures of a report that are known. One that is not is None, as where some users were not read."""

    limit: float | None
    """Infinite without a limit."""
    used: int | None
    free: float | None
    over: int | None
    latent: int | None
    locked_out: int | None


class Finding(NamedTuple):
    """Something that decides about the state."""

    state: State
    message: Message


class Facts(NamedTuple):
    """What a state depends on."""

    now: datetime
    report: SeatReport
    status: LicenseStatus
    server: Server | None
    pending: Collection[PendingChange]
    policy: LicensePolicy
    chance: float | None = None
    """Of being full within `FORECAST_DAYS`; None where it cannot be said, or was not asked for."""

    @property
    def known(self) -> Known:
        """What is known of the report: of a part that was not read, only what it cannot make better."""
        report, is_read = self.report, self.is_read
        has_begun = self.server is None or self.server.synced_at is not None
        has_used = has_begun and not report.partial
        limit = None if report.hides_limit else math.inf if report.limit is None else report.limit
        free = None if limit is None else math.inf if report.free is None else report.free
        return Known(
            limit,
            used=report.used if has_used else None,
            free=free if has_used or (has_begun and free == 0) else None,
            over=report.over if limit is not None and (has_used or (has_begun and report.over)) else None,
            latent=report.latent if is_read else None,
            locked_out=report.locked_out if is_read or (has_begun and report.locked_out) else None,
        )

    @property
    def is_read(self) -> bool:
        """Whether all users were read; always so without a server."""
        return self.server is None or (self.server.synced_at is not None and not self.server.is_partial)

    @property
    def data_age(self) -> timedelta | None:
        """The age of what was read; None without a server, and before the first reading."""
        return None if self.server is None or self.server.synced_at is None else self.now - self.server.synced_at


def judge(facts: Facts, thresholds: Thresholds) -> list[Finding]:
    """What is not as it should be, the worst first; empty if everything is ok."""
    found = [*_of_data(facts, thresholds)]
    is_stale = facts.server is not None and any(finding.state == "unknown" for finding in found)
    seats = list(_of_seats(facts, thresholds))
    found += [each._replace(state="unknown") for each in seats] if is_stale else seats  # by old data nothing is certain
    found += _of_unread(facts)
    found += (finding for ending in facts.status.endings for finding in _of_ending(ending, facts, thresholds))
    if old := sum(facts.now - each.at > UNCONFIRMED for each in facts.pending):
        found.append(Finding("warning", message("check-unconfirmed", changes=old)))
    if thresholds.forecast is not None and facts.chance is None and facts.report.free:
        found.append(Finding("ok", message("check-no-forecast")))
    elif thresholds.forecast is not None and facts.chance is not None and facts.chance * 100 >= thresholds.forecast:
        percent = round(facts.chance * 100)
        found.append(Finding("warning", message("check-forecast", percent=percent, days=FORECAST_DAYS)))
    return sorted(found, key=lambda finding: -STATES.index(finding.state))


def worst(findings: Iterable[Finding]) -> State:
    """The state of them all."""
    return max((finding.state for finding in findings), key=STATES.index, default="ok")


def _of_data(facts: Facts, thresholds: Thresholds) -> Iterator[Finding]:
    age = facts.data_age
    if facts.server is None:
        if thresholds.data_age is not None:
            yield Finding("unknown", message("check-no-server"))
    elif age is None:
        yield Finding("unknown", message("check-never-read"))
    elif age < -SKEW:
        yield Finding("unknown", message("check-read-in-future"))
    elif age > STALE:
        yield Finding("unknown", message("check-stale", days=age.days))
    elif age > (thresholds.data_age or DATA_AGE):
        yield Finding("warning", message("check-old", hours=age // timedelta(hours=1)))


def _of_seats(facts: Facts, thresholds: Thresholds) -> Iterator[Finding]:
    report, known = facts.report, facts.known
    warning = thresholds.of_free(report, facts.policy)
    if report.over:
        yield Finding("critical", message("check-over", over=report.over))
    elif report.free == 0:
        yield Finding("critical", message("check-none-free"))
    elif report.free is not None:
        ranges: tuple[tuple[State, Range], ...] = (("critical", thresholds.free_critical), ("warning", warning))
        for state, each in ranges:
            if each.alerts_up_to(report.free) or (known.free is not None and each.alerts(report.free)):
                yield Finding(state, message("check-free", free=report.free, inside=each.is_inside, range=each.text))
                break
    if report.locked_out:
        yield Finding("critical", message("check-locked-out", accounts=report.locked_out))


def _of_unread(facts: Facts) -> Iterator[Finding]:
    if facts.server is not None and facts.server.uncounted:
        yield Finding("unknown", message("check-unread", domains=len(facts.server.uncounted)))
    if facts.report.partial:
        yield Finding("unknown", message("check-count-unknown"))
    if facts.report.hides_limit:
        yield Finding("unknown", message("check-limit-unknown"))


def _of_ending(ending: Ending, facts: Facts, thresholds: Thresholds) -> Iterator[Finding]:
    if ending.what == "grace" and not facts.status.is_expired:
        return
    days = (end_of(ending.on) - facts.now.timestamp()) / _DAY
    stops = ending.what in _STOPS
    params = {"what": ending.what, "on": ending.on, "days": ending.days}
    if ending.is_over and (stops or thresholds.expiry_warning.alerts(days)):
        yield Finding("critical" if stops else "warning", message("check-ended", **params))
    elif not ending.is_over and thresholds.expiry_critical.alerts(days):
        yield Finding("critical" if stops else "warning", message("check-ends", **params))
    elif not ending.is_over and thresholds.expiry_warning.alerts(days):
        yield Finding("warning", message("check-ends", **params))


_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1).toordinal()


def end_of(day: date) -> int:
    """The end of a day in UTC, in seconds since 1970; also of the last day of the calendar."""
    return (day.toordinal() + 1 - _EPOCH) * _DAY


class DomainUse(NamedTuple):
    """The figures of one domain."""

    name: str
    used: int | None
    """None for one whose users were not all read."""
    limit: int | None
    """Its own; None without one."""
    free: float | None
    """None where it is not known; infinite without a limit."""
    accounts: Mapping[str, int] | None
    """How many entries there are of each classification; None where not all were read."""


class Measured(NamedTuple):
    """Everything that is measured, at one moment."""

    facts: Facts
    domains: Sequence[DomainUse]
    components: Sequence[ComponentUse]
    chances: Sequence[tuple[int, float]]
    """Of being full, by days; none where nothing is forecast."""
    offboardings_due: int
    sequence: int
    """The number of the last line of the log."""
    head: str
    """Its hash."""


def domain_uses(facts: Facts, entries: Iterable[Entry]) -> list[DomainUse]:
    """The figures of the domains of a report, each name once; the entries are those that are not deleted."""
    counts: dict[str, Counter[str]] = {}
    for share, number in Counter(map(share_of, entries)).items():
        code = facts.policy.listed(example_of(share)).code
        counts.setdefault(canonical_domain(share[0].removeprefix("@")), Counter())[code] += number
    uses = {}
    for domain in facts.report.domains:
        found = counts.get(name := canonical_domain(domain.name), Counter())
        if domain.held and facts.policy.held is not None:
            found[facts.policy.held.code] += domain.held
        uses[name] = _domain_use(domain, facts, found)
    return list(uses.values())


def _domain_use(domain: DomainReport, facts: Facts, accounts: Mapping[str, int]) -> DomainUse:
    server = facts.server
    if server is None:
        is_read = True
    elif server.is_partial:
        is_read = canonical_domain(domain.name) in map(canonical_domain, server.counted)
    else:
        is_read = server.synced_at is not None
    free: float | None = math.inf if domain.free is None else domain.free
    if free and (not is_read or facts.known.free is None):
        free = None
    used = domain.counted + domain.held if is_read else None
    return DomainUse(domain.name, used, domain.limit, free, accounts if is_read else None)


def expiry_timestamps(status: LicenseStatus) -> dict[str, int]:
    """When each part of the license ends or has ended, in seconds since 1970."""
    return {ending.what: end_of(ending.on) for ending in status.endings if ending.what != "grace" or status.is_expired}


def reading_timestamp(server: Server | None) -> float | None:
    """When the server was last read, in seconds since 1970; None without a server, and before the first reading."""
    at = None if server is None else server.synced_at
    return None if at is None else at.astimezone(UTC).timestamp()
