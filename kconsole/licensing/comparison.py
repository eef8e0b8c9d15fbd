"""Compares our figures with the server's: where they differ, and which accounts are likely behind it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from kconsole.core.codes import NO_PARAMS
from kconsole.core.identity import canonical_domain
from kconsole.core.records import Entry
from kconsole.core.reports import SeatReport
from kconsole.core.server import UNLIMITED, ServerNumbers
from kconsole.licensing.policy import LicensePolicy


class Cause(NamedTuple):
    """What may be behind a difference; `text` has the words."""

    code: str
    accounts: tuple[Entry, ...] = ()
    sign: int = 0
    """1 if it makes the server count more, -1 if fewer, 0 for either."""
    params: Mapping[str, Any] = NO_PARAMS


class Comparison(NamedTuple):
    """One figure, counted twice."""

    figure: str
    """licensed, counted, connected or created."""
    ours: int | None
    """None is without limit."""
    theirs: int | None
    """None is without limit, or not read."""
    is_read: bool
    causes: tuple[Cause, ...] = ()
    domain: str = ""
    """Empty for all domains."""

    @property
    def name(self) -> str:
        """The figure as JSON names it: "counted", "counted in north.example"."""
        return f"{self.figure} in {self.domain}" if self.domain else self.figure

    @property
    def difference(self) -> int:
        return 0 if self.ours is None or self.theirs is None else self.theirs - self.ours

    @property
    def agrees(self) -> bool:
        return not self.is_read or self.ours == self.theirs


def compared(
    report: SeatReport,
    numbers: ServerNumbers,
    entries: Iterable[Entry],
    policy: LicensePolicy,
    uncounted: Collection[str] = (),
    hides_domains: bool = False,
) -> list[Comparison]:
    """Our figures beside the server's last ones; its users of `uncounted` domains could not be read.

    `hides_domains` says whether it may have others, which the login does not see.
    """
    entries = list(entries)
    missing = [_unread(uncounted)] if uncounted else []
    missing += [_HIDDEN] if hides_domains else []
    licensed = None if numbers.licensed == UNLIMITED else numbers.licensed
    found = [
        Comparison("licensed", report.limit, licensed, numbers.licensed is not None),
        _figure("counted", report.counted, numbers.current, [*missing, *_of_count(report, entries, policy)]),
        _figure("connected", report.connected, numbers.active, [*missing, *_of_mailboxes(entries, policy)]),
        _figure("created", report.created, numbers.created, [*missing, *_only_here(entries, policy), _STALE]),
    ]
    by_domain: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:  # grouped once: there may be many domains, and many entries in each
        by_domain[canonical_domain(entry.domain)].append(entry)
    ours_by_domain = {canonical_domain(each.name): each.counted for each in report.domains}
    for domain in numbers.domains:
        causes = [_unread([domain.name])] if domain.name in uncounted else []
        causes += _of_count(report, by_domain[canonical_domain(domain.name)], policy)
        ours = ours_by_domain.get(canonical_domain(domain.name), 0)
        found.append(_figure("counted", ours, domain.current, causes, domain.name))
    return found


def _figure(figure: str, ours: int, theirs: int | None, causes: Sequence[Cause], domain: str = "") -> Comparison:
    """A figure with the causes that work in the direction of its difference, the best match first."""
    found = Comparison(figure, ours, theirs, theirs is not None, domain=domain)
    if found.agrees:
        return found
    fitting = [cause for cause in causes if cause.sign * found.difference >= 0]
    fitting.sort(
        key=lambda cause: (cause.code not in ("unread", "hidden"), len(cause.accounts) != abs(found.difference))
    )
    return found._replace(causes=tuple(fitting))


def _of_count(report: SeatReport, entries: Sequence[Entry], policy: LicensePolicy) -> Iterator[Cause]:
    if lists := tuple(entry for entry in entries if entry.kind == "mailing_list"):
        yield Cause("lists", lists, 1)
    if disabled := tuple(entry for entry in entries if policy.is_account(entry) and not entry.enabled):
        yield Cause("disabled", disabled, 1)
    if report.held:
        yield Cause("held", sign=1)
    yield from _only_here(entries, policy)
    yield _STALE


def _of_mailboxes(entries: Sequence[Entry], policy: LicensePolicy) -> Iterator[Cause]:
    yield Cause("restarted", sign=-1)
    if latent := tuple(entry for entry in entries if policy.classify(entry).seat and not entry.mailbox):
        yield Cause("latent", latent, 1)
    unused = tuple(entry for entry in entries if policy.is_account(entry) and not entry.enabled and entry.mailbox)
    if unused:
        yield Cause("disabled", unused, 1)
    yield _STALE


def _only_here(entries: Sequence[Entry], policy: LicensePolicy) -> Iterator[Cause]:
    if here := tuple(entry for entry in entries if policy.is_account(entry) and not entry.server_id):
        yield Cause("only-here", here, -1)


def _unread(domains: Collection[str]) -> Cause:
    """No cause is likelier, and it works in both directions."""
    return Cause("unread", params={"domains": sorted(domains)})


_STALE: Final = Cause("stale")
_HIDDEN: Final = Cause("hidden")
