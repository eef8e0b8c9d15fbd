"""MapPlan: what mapping a domain would change, and the seats after it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from kconsole.core.codes import Message
from kconsole.core.directory import DirectoryUser
from kconsole.core.records import Entry
from kconsole.core.reports import Decision, SeatReport
from kconsole.licensing import guards
from kconsole.licensing.policy import LicensePolicy

FEW_GONE: Final = 5
SHARE_GONE: Final = 10
"""So many gone accounts, or percent of the domain's mapped ones, can be disabled without typing their number.

More points to a wrong base or filter.
"""

Pair = tuple[Entry, Entry]
"""An account before and after."""


class Collision(NamedTuple):
    """A user of the directory who cannot be mapped."""

    user: DirectoryUser
    reason: Message


@dataclass(kw_only=True)
class MapPlan:
    """What mapping a domain would change."""

    policy: LicensePolicy
    domain: str
    faults: Sequence[Message]
    """Entries of the directory that cannot be taken as users."""
    notes: Sequence[Message]
    mapped: int
    """Enabled mapped accounts of the domain before the mapping."""
    now: SeatReport
    planned: SeatReport
    """The seats afterwards, if gone accounts stay enabled."""
    without_gone: SeatReport
    """The seats afterwards, if gone accounts are disabled."""
    new: list[Entry] = field(default_factory=list)
    """New accounts; disabled ones are disabled in the directory."""
    renamed: list[Pair] = field(default_factory=list)
    recreated: list[Pair] = field(default_factory=list)
    """Accounts whose user is gone, and whose login another user of the directory has: the former and the new one."""
    disabled: list[Pair] = field(default_factory=list)
    """Enabled here, disabled in the directory; see `disabling` for all."""
    changed: list[Pair] = field(default_factory=list)
    """Accounts with another name or description."""
    noted: list[Pair] = field(default_factory=list)
    """Accounts where only the last logon to the directory differs."""
    same: int = 0
    gone: list[Entry] = field(default_factory=list)
    """Enabled mapped accounts that the directory does not list any more; the administrator may disable them."""
    left_disabled: list[Entry] = field(default_factory=list)
    """Disabled here, enabled in the directory: they stay disabled."""
    collisions: list[Collision] = field(default_factory=list)
    at_risk: list[Entry] = field(default_factory=list)
    """All accounts without a mailbox afterwards. Those beyond `access().let_in` are refused at login."""

    @property
    def puts(self) -> Iterator[Pair | tuple[None, Entry]]:
        """Everything that would be stored, except for gone accounts."""
        yield from ((None, entry) for entry in self.new)
        for pairs in (self.renamed, self.recreated, self.disabled, self.changed, self.noted):
            yield from pairs

    @property
    def disabling(self) -> list[Pair]:
        """All accounts that are disabled because the directory says so, renamed and recreated ones included."""
        both = (pair for pair in (*self.renamed, *self.recreated) if pair[0].enabled and not pair[1].enabled)
        return [*self.disabled, *both]

    @property
    def left_out(self) -> Counter[str]:
        """How many users of the directory are not mapped, by the code of the reason."""
        reasons = Counter(each.reason.code for each in self.collisions)
        for fault in self.faults:
            reasons[fault.code] += fault.params.get("number", 1)  # one fault for all entries with the same login
        return reasons

    @property
    def needs_typing(self) -> bool:
        """Whether so many are gone that the administrator must type their number to disable them."""
        return len(self.gone) > max(FEW_GONE, self.mapped * SHARE_GONE // 100)

    def records(self, disable_gone: bool = False) -> int:
        """How many records would be stored."""
        return sum(1 for _ in self.puts) + (len(self.gone) if disable_gone else 0)

    def after(self, disable_gone: bool) -> SeatReport:
        """The seats afterwards."""
        return self.without_gone if disable_gone else self.planned

    def decision(self, disable_gone: bool = False) -> Decision:
        """Whether it is allowed: always. It says by how much the license is exceeded, if by more than now."""
        after = self.after(disable_gone)
        if after.over <= self.now.over:
            return guards.ALLOWED
        return guards.may_map(self.now, after.used - self.now.used, self.policy)

    def access(self, disable_gone: bool = False) -> guards.Access:
        """How many accounts without a mailbox are let in and refused at login afterwards."""
        return guards.access_of(self.after(disable_gone), self.policy)

    def is_no_more_than(self, other: "MapPlan", disable_gone: bool) -> bool:
        """Whether it does the same as a plan that was shown, and exceeds the license by no more."""
        return (set(self.puts), set(self.gone)) == (set(other.puts), set(other.gone)) and (
            self.decision(disable_gone).over <= other.decision(disable_gone).over
        )
