"""Our count beside the server's own numbers: where they differ, and which accounts are likely behind it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from kconsole.core.records import Entry, fold
from kconsole.core.reports import SeatReport
from kconsole.core.server import UNLIMITED, ServerNumbers
from kconsole.licensing.policy import classify


class Cause(NamedTuple):
    """What may be behind a difference."""

    code: str
    text: str
    accounts: tuple[Entry, ...] = ()
    """Those that it would be."""
    sign: int = 0
    """1 if the server would count more by it, -1 if fewer, 0 if either may be."""


class Comparison(NamedTuple):
    """One figure, counted twice."""

    figure: str
    """A word for machines."""
    title: str
    ours: int | None
    """None is without limit."""
    theirs: int | None
    """None is without limit, if it was read."""
    is_read: bool
    """Whether the server told it."""
    causes: tuple[Cause, ...] = ()

    @property
    def difference(self) -> int:
        """Theirs less ours; 0 where one of them is no number."""
        return 0 if self.ours is None or self.theirs is None else self.theirs - self.ours

    @property
    def agrees(self) -> bool:
        """Whether there is nothing to explain."""
        return not self.is_read or self.ours == self.theirs


def compared(
    report: SeatReport, numbers: ServerNumbers, entries: Iterable[Entry], uncounted: Collection[str] = ()
) -> list[Comparison]:
    """Our figures beside those of the server.

    Args:
        report: our count, as of now.
        numbers: what the server told the last time it was read.
        entries: all entries of the store that have not been deleted.
        uncounted: the domains whose users could not be read from the server.
    """
    entries = list(entries)
    missing = [_unread(uncounted)] if uncounted else []
    licensed = numbers.licensed
    found = [
        Comparison(
            "licensed",
            "Seats of the license",
            report.limit,
            None if licensed is None or licensed == UNLIMITED else licensed,
            licensed is not None,
        ),
        _figure(
            "counted",
            "Accounts that take a seat",
            report.counted,
            numbers.current,
            [*missing, *_of_count(report, entries)],
        ),
        _figure("connected", "Mailboxes in use", report.connected, numbers.active, [*missing, *_of_mailboxes(entries)]),
        _figure(
            "created", "Accounts, enabled or not", report.created, numbers.created, [*missing, *_of_created(entries)]
        ),
    ]
    by_domain: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:  # once: there may be many domains, and many in each
        by_domain[fold(entry.domain)].append(entry)
    ours_by_domain = {fold(each.name): each for each in report.domains}
    for domain in numbers.domains:
        ours = ours_by_domain.get(fold(domain.name))
        within = by_domain[fold(domain.name)]
        found.append(
            _figure(
                f"counted in {domain.name}",
                f"in {domain.name}",
                0 if ours is None else ours.counted,
                domain.current,
                [*([_unread([domain.name])] if domain.name in uncounted else []), *_of_count(report, within)],
            )
        )
    return found


def _figure(figure: str, title: str, ours: int, theirs: int | None, causes: Sequence[Cause]) -> Comparison:
    """A figure with what may be behind its difference: nothing that works the other way, and what fits best first."""
    found = Comparison(figure, title, ours, theirs, theirs is not None)
    if found.agrees:
        return found
    fitting = [cause for cause in causes if cause.sign * found.difference >= 0]
    fitting.sort(key=lambda cause: (cause.code != "unread", len(cause.accounts) != abs(found.difference)))
    return found._replace(causes=tuple(fitting))


def _of_count(report: SeatReport, entries: Sequence[Entry]) -> list[Cause]:
    """Why the server may count other accounts than we do."""
    lists = tuple(entry for entry in entries if entry.kind == "mailing_list")
    disabled = tuple(entry for entry in entries if entry.is_account and not entry.enabled)
    here = _only_here(entries)
    causes = []
    if lists:
        causes.append(Cause("lists", "old versions count mailing lists as users", lists, 1))
    if disabled:
        causes.append(Cause("disabled", "a server may count disabled accounts, by older rules", disabled, 1))
    if report.held:
        causes.append(Cause("held", "deleted accounts count until the server is restarted", sign=1))
    return [*causes, *here, _STALE]


def _of_mailboxes(entries: Sequence[Entry]) -> list[Cause]:
    """Why mailboxes may be others than we know of."""
    latent = tuple(entry for entry in entries if classify(entry).seat and not entry.mailbox)
    unused = tuple(entry for entry in entries if entry.is_account and not entry.enabled and entry.mailbox)
    causes = [Cause("restarted", "the server may count only those who connected since it was started", sign=-1)]
    if latent:
        causes.append(Cause("latent", "accounts that take a seat and never connected, as far as is known", latent, 1))
    if unused:
        causes.append(Cause("disabled", "mailboxes of disabled accounts", unused, 1))
    return [*causes, _STALE]


def _of_created(entries: Sequence[Entry]) -> list[Cause]:
    return [*_only_here(entries), _STALE]


def _only_here(entries: Sequence[Entry]) -> list[Cause]:
    here = tuple(entry for entry in entries if entry.is_account and not entry.server_id)
    return (
        [Cause("only-here", "accounts that are in this store and were never on the server", here, -1)] if here else []
    )


def _unread(domains: Collection[str]) -> Cause:
    """No cause is likelier; it fits whatever the difference is."""
    named = ", ".join(sorted(domains)[:3]) + (" and others" if len(domains) > 3 else "")
    return Cause("unread", f"the users of {named} were not read from the server")


_STALE = Cause("stale", "something may have changed since the server was read; read it again")
