"""What mapping a domain from a directory would do: who comes, changes and goes, and what that means for the seats."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from kconsole.core.codes import Message
from kconsole.core.directory import DirectoryUser
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing import guards

FEW_GONE: Final = 5
"""Accounts gone from the directory that may be deactivated without typing their number, whatever the share."""

SHARE_GONE: Final = 10
"""The same, in percent of the domain's mapped accounts. More is rather a wrong base or filter than people who left."""

Pair = tuple[Entry, Entry]
"""An account as it is, and as it would be."""


class Collision(NamedTuple):
    """A user of the directory that cannot be mapped, and why."""

    user: DirectoryUser
    reason: str
    """A sentence about the login, without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlan:
    """What mapping a domain would do."""

    domain: str
    new: tuple[Entry, ...]
    """Those that are disabled in the directory are so here."""
    renamed: tuple[Pair, ...]
    recreated: tuple[Pair, ...]
    """Accounts whose user is gone from the directory, where another one has his login now, and takes it over."""
    disabled: tuple[Pair, ...]
    """Enabled here, disabled in the directory: they are disabled here too. See `disabling`."""
    changed: tuple[Pair, ...]
    """Accounts with another name or description."""
    noted: tuple[Pair, ...]
    """Accounts of which only the last logon to the directory is another."""
    same: int
    gone: tuple[Entry, ...]
    """Enabled mapped accounts that the directory does not name any more: proposed for deactivation."""
    gone_before: int
    """The same, disabled already."""
    left_disabled: tuple[Entry, ...]
    """Disabled here, enabled in the directory: they are left so."""
    collisions: tuple[Collision, ...]
    faults: tuple[Message, ...]
    """Entries of the directory that cannot be taken as users."""
    notes: tuple[Message, ...]
    mapped: int
    """Enabled mapped accounts of the domain as it is."""
    now: SeatReport
    planned: SeatReport
    """The seats after it, if those who are gone stay as they are."""
    without_gone: SeatReport
    """The seats after it, if those who are gone are deactivated."""
    at_risk: tuple[Entry, ...]
    """All accounts without a mailbox, after it; where more of them than `access` lets in are refused at login."""

    @property
    def puts(self) -> Iterator[Pair | tuple[None, Entry]]:
        """Everything that would be stored, but for those who are gone."""
        yield from ((None, entry) for entry in self.new)
        for pairs in (self.renamed, self.recreated, self.disabled, self.changed, self.noted):
            yield from pairs

    @property
    def disabling(self) -> tuple[Pair, ...]:
        """All who are disabled because they are in the directory, those too who are renamed or under another id."""
        both = (pair for pair in (*self.renamed, *self.recreated) if pair[0].enabled and not pair[1].enabled)
        return (*self.disabled, *both)

    @property
    def changes_anything(self) -> bool:
        """Whether applying it would store anything, but for those who are gone."""
        return next(self.puts, None) is not None

    @property
    def needs_typing(self) -> bool:
        """Whether so many are gone that deactivating them has to be confirmed by their number."""
        return len(self.gone) > max(FEW_GONE, self.mapped * SHARE_GONE // 100)

    def after(self, deactivate_gone: bool) -> SeatReport:
        """The seats after it."""
        return self.without_gone if deactivate_gone else self.planned

    def decision(self, deactivate_gone: bool = False) -> Decision:
        """Whether it may be done: always; says by how much the license would be exceeded, if more than it is."""
        after = self.after(deactivate_gone)
        if after.over <= self.now.over:
            return guards.ALLOWED
        return guards.may_map(self.now, after.used - self.now.used)

    def access(self, deactivate_gone: bool = False) -> guards.Access:
        """How the accounts without a mailbox would fare at login after it."""
        return guards.access_of(self.after(deactivate_gone))

    def is_no_more_than(self, other: "MapPlan", deactivate_gone: bool) -> bool:
        """Whether the same would be done, and the license would be exceeded by no more: what somebody said yes to."""
        return (set(self.puts), set(self.gone)) == (set(other.puts), set(other.gone)) and (
            self.decision(deactivate_gone).over <= other.decision(deactivate_gone).over
        )
