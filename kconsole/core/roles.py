"""What an operator may do: roles, their capabilities, and the rules that hold for every account.

Nothing is changed without a capability, and no change that the rules forbid is saved. Who has which role is read
elsewhere; where there are no roles, everyone is a full admin.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from kconsole.core.codes import Message
from kconsole.core.decisions import OfAccount, Offboarding, Reservation, domains_named
from kconsole.core.errors import NotPermitted
from kconsole.core.history import Change
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.records import Entry

Capability = Literal[
    "read-server", "disable", "undo", "keep", "enable", "enable-admins", "add", "tag", "record-logins", "reserve",
    "reclaim", "map", "offboard", "delete", "undo-others", "import", "license", "server", "restore", "repair",
    "policies", "protect", "roles",
]  # fmt: skip
"""What a role may be allowed to do. Reading the store needs none."""

RoleName = Literal["auditor", "helpdesk", "account-admin", "full-admin"]

_HELPDESK: Final[frozenset[Capability]] = frozenset(("read-server", "disable", "undo", "keep", "enable"))
_ACCOUNT_ADMIN: Final[frozenset[Capability]] = _HELPDESK | frozenset(
    ("enable-admins", "add", "tag", "record-logins", "reserve", "reclaim", "map", "offboard")
)
_FULL_ADMIN: Final[frozenset[Capability]] = _ACCOUNT_ADMIN | frozenset(
    ("delete", "undo-others", "import", "license", "server", "restore", "repair", "policies", "protect", "roles")
)

ROLES: Final[Mapping[RoleName, frozenset[Capability]]] = MappingProxyType(
    {
        "auditor": frozenset(),
        "helpdesk": _HELPDESK,
        "account-admin": _ACCOUNT_ADMIN,
        "full-admin": _FULL_ADMIN,
    }
)
"""What each role may do, the least one first. An account admin deletes too, but only if bound to domains."""

RANKS: Final[Mapping[str, int]] = MappingProxyType({"user": 0} | {role: rank for rank, role in enumerate(ROLES, 1)})
"""The order of roles, those of accounts on the server too, whose names have a `_` where ours have a `-`."""

TAKES_IN: Final[Capability] = "read-server"
"""The capability of what takes in the state of the server. That is taken as it is, whatever accounts it changes."""

BRAKE: Final = 10
BRAKE_TIME: Final = timedelta(hours=1)
"""How many accounts helpdesk changes in which time: a mistake, or a stolen key, does no more damage than that."""

LONGEST_KEEP: Final = {"auditor": 0, "helpdesk": 30, "account-admin": 180, "full-admin": 400}
"""Days for which each role may keep an account."""


class Bounds(NamedTuple):
    """What the storage lets its login do, whatever a roles file says."""

    role: RoleName | None = None
    """None where it is not known."""
    domains: frozenset[str] = frozenset()
    """As `Authority.domains`."""
    account: str = ""
    operations: frozenset[str] | None = None
    """As `Authority.operations`."""


@dataclass(frozen=True)
class Authority:
    """What an operator may do right now."""

    role: RoleName = "full-admin"
    domains: frozenset[str] = frozenset()
    """The domains that the role is bound to, in canonical form; empty for all."""
    account: str = ""
    """The operator's own account, in canonical form; empty if it is not known."""
    operator: str = ""
    """The operator's name in the roles file."""
    ranks: Mapping[str, RoleName] = field(default_factory=lambda: MappingProxyType({}))
    """The roles of the operators with an account, by its canonical address."""
    refused: Message | None = None
    """Why nothing can be changed now; None if it can."""
    operations: frozenset[str] | None = None
    """The names of the operations that the storage lets its login do; None where it holds back none."""

    @property
    def is_bound(self) -> bool:
        """Whether it ends with some domains."""
        return bool(self.domains)

    @property
    def is_unlimited(self) -> bool:
        """Whether no rule for single accounts concerns it."""
        return self.role == "full-admin" and not self.account

    @property
    def may_all(self) -> bool:
        """Whether it has every capability, now."""
        return self.role == "full-admin" and self.refused is None

    @property
    def brake(self) -> int | None:
        """How many accounts it may change in `BRAKE_TIME`; None if that is not limited."""
        return BRAKE if self.role == "helpdesk" else None

    def within(self, bounds: Bounds) -> "Authority":
        """The same, with no more than the storage allows too."""
        role = self.role if bounds.role is None or RANKS[self.role] <= RANKS[bounds.role] else bounds.role
        domains, refused = self.domains | bounds.domains, self.refused
        if self.domains and bounds.domains:
            domains = self.domains & bounds.domains
            if not domains:  # empty stands for all
                domains, refused = self.domains, refused or Message("no-domain-in-common")
        account, operations = self.account or bounds.account, bounds.operations
        return replace(self, role=role, domains=domains, account=account, operations=operations, refused=refused)

    def may(self, capability: Capability) -> bool:
        """Whether it has a capability, now."""
        return self.refused is None and (
            capability in ROLES[self.role]
            or (capability == "delete" and self.role == "account-admin" and self.is_bound)
        )

    def sees(self, domain: str) -> bool:
        """Whether the accounts of a domain may be shown and changed."""
        return not self.domains or canonical_domain(domain) in self.domains

    def refusal_to(self, capability: Capability) -> NotPermitted | None:
        """The error for a capability that it lacks; None if it has that."""
        if self.may(capability):
            return None
        if self.refused is not None:
            return NotPermitted(self.refused, "roles-file-first")
        return NotPermitted("not-permitted", "ask-full-admin", capability=capability, role=self.role)

    def refusal_by_storage(self, operation: str) -> NotPermitted | None:
        """The error for an operation, by its name, that the storage would refuse; None if it would not."""
        if self.operations is None or operation in self.operations:
            return None
        return NotPermitted("not-in-this-store", "ask-full-admin", role=self.role)

    def insist(self, capability: Capability) -> None:
        """Raise NotPermitted unless it has a capability."""
        if (refused := self.refusal_to(capability)) is not None:
            raise refused

    def objection(self, before: Entry | None, after: Entry | None) -> str:
        """The code of why an entry must not be changed from one state to another; empty if it may.

        None is where the entry is not there.
        """
        if not all(self.sees(each.domain) for each in (before, after) if each is not None):
            return "outside-domains"
        was, is_there = _live(before), _live(after)
        if was is not None and (is_there is None or (was.enabled and not is_there.enabled)):
            key = canonical_address(was.address)
            if key == self.account:
                return "own-account"
            if max(_rank(was.role), _rank(self.ranks.get(key, "user"))) > _rank(self.role):
                return "higher-role"
        if is_there is None or is_there.role == "user" or self.may("enable-admins"):
            return ""
        if was is None or was.role != is_there.role or is_there.enabled > was.enabled:
            return "admin-account"
        return ""

    def check_changes(self, changes: Iterable[Change], entries: Mapping[int, Entry]) -> None:
        """Check all changes of a transaction, before they are saved or a server is asked for them.

        `entries` are those after the changes. Operations refuse single accounts themselves, so that the others are
        changed. This is the wall behind them.

        Raises:
            NotPermitted: one of the changes is forbidden.
        """
        changes = tuple(changes)
        replaced: dict[str, Entry] = {}
        if any(change.after is None for change in changes):  # a restored dump brings the same accounts back
            afters = (_live(change.after) for change in changes if change.table == "entries" and change.before is None)
            replaced = {canonical_address(entry.address): entry for entry in afters if entry is not None}
        for change in changes:
            if change.table == "entries":
                before, after = change.before, change.after
                if after is None and before is not None:
                    after = replaced.get(canonical_address(before.address))
                if code := self.objection(before, after):
                    address = "" if code == "outside-domains" else (before or after).address
                    raise NotPermitted(f"{code}-refused", "ask-full-admin", address=address, role=self.role)
            elif change.table != "intents" and self.is_bound and not self._sees_decision(change, entries):
                raise NotPermitted("outside-domains-refused", "ask-full-admin", address="", role=self.role)

    def _sees_decision(self, change: Change, entries: Mapping[int, Entry]) -> bool:
        """Whether a change is one of a decision about an account or domain in scope."""
        for each in (change.before, change.after):
            if isinstance(each, OfAccount):
                entry = entries.get(each.entry)
                if entry is not None and not self.sees(entry.domain):
                    return False
            elif isinstance(each, Reservation):
                # one of any domain is used by whoever takes its seat; operations see to it that no one else changes it
                if not (self.sees(each.domain) if each.domain else _is_used(change)):
                    return False
            elif each is not None:
                return False
        # one that names other domains may end, as it does with its account
        return not isinstance(change.after, Offboarding) or all(map(self.sees, domains_named(change.after)))


FULL: Final = Authority()
"""What there is without a roles file: everything is allowed."""


def full() -> Authority:
    """The authority of everyone where there are no roles."""
    return FULL


def _is_used(change: Change) -> bool:
    """Whether all that a reservation loses are seats."""
    before, after = change.before, change.after
    return before is not None and (after is None or (after.count < before.count and after.until == before.until))


def _live(entry: Entry | None) -> Entry | None:
    return None if entry is None or entry.deleted_at is not None else entry


def _rank(role: str) -> int:
    return RANKS[role.replace("_", "-")]
