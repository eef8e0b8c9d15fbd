"""The seat rules of one product as data, each with its source.

A `LicensePolicy` says which entries take a seat, what frees one, which limits refuse what, and how long a trial, a
grace period or a purchase lasts. Counting, guards and lifecycle apply a policy and know no product; `KERIO` is the
policy of Kerio Connect, and the one place where a default stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from itertools import product
from math import inf
from typing import Final, Literal, NamedTuple, get_args

from kconsole.core.records import Entry, Kind, Origin
from kconsole.core.reports import Classification

Limit = Literal["license", "domain"]
"""Whose limit: the seats of the license, or the user limit of one domain."""


class Rule(NamedTuple):
    """Classifies the entries that meet all of its conditions; a condition that is None is met by every entry."""

    classification: Classification
    kind: Kind | None = None
    origin: Origin | None = None
    enabled: bool | None = None

    def fits(self, kind: Kind, origin: Origin, enabled: bool) -> bool:
        conditions = ((self.kind, kind), (self.origin, origin), (self.enabled, enabled))
        return all(wanted in (None, value) for wanted, value in conditions)


@dataclass(frozen=True, eq=False, kw_only=True)
class LicensePolicy:
    """The seat rules of one product. Each entry must fit a rule, and each fact have a source."""

    name: str
    rules: tuple[Rule, ...]
    """Tried in this order; the first that fits classifies an entry. Every rule names its own source."""
    counted_kinds: frozenset[Kind]
    """Kinds of entries that are accounts: only these are counted, enabled, disabled, and log in."""
    has_builtin_admin: bool
    """Whether the server has an administrator of its own that is no account and cannot be deleted."""
    held: Classification | None
    """Classifies deleted accounts whose seat is held until the server restarts; None if deletion frees the seat."""
    creation_limits: frozenset[Limit]
    """Which limits refuse to create or enable an account."""
    mapping_may_exceed: bool
    """Whether accounts may be mapped from a directory service beyond the seats of the license."""
    login_is_limited: bool
    """Whether a user without a mailbox is refused at login once as many have connected as there are seats."""
    low_seats: tuple[tuple[int, int], ...]
    """(largest license, seats): free seats are low at or below so many, on small licenses."""
    low_percent: tuple[tuple[float, int], ...]
    """(largest license, percent of it): the same on larger ones."""
    trial: timedelta
    expiry_suspends: bool
    """Whether an expired license or trial suspends all functions."""
    grace: timedelta
    """How long an expired license still works."""
    grace_ended: date | None
    """Licenses that expire on this day or later have no grace period; None if all have one."""
    update_due: timedelta
    """When seats and components that were bought must have arrived at the server."""
    warning_days: tuple[int, ...]
    """Days left at which an end is warned of again, the last warning first."""
    sources: Mapping[str, str]
    """Who says so, by the name of the fact; `lifecycle` is about the states that no other fact explains."""
    _classifications: dict[tuple[Kind, Origin, bool], Classification] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        own = {"name", "rules", "sources", "_classifications"}
        if unsourced := {"lifecycle", *(fact.name for fact in fields(self))} - own - set(self.sources):
            raise ValueError(f"{self.name}: no source for {sorted(unsourced)}")
        table = {}
        for properties in product(get_args(Kind), get_args(Origin), (True, False)):
            rule = next((rule for rule in self.rules if rule.fits(*properties)), None)
            if rule is None:
                raise ValueError(f"{self.name}: no rule fits {properties}")
            table[properties] = rule.classification
        object.__setattr__(self, "_classifications", table)

    @property
    def classifications(self) -> tuple[Classification, ...]:
        return tuple(rule.classification for rule in self.rules)

    def classify(self, entry: Entry) -> Classification:
        """Whether an entry takes a seat, and by which rule; a deleted one as if it had not been deleted."""
        return self._classifications[entry.kind, entry.origin, entry.enabled]

    def listed(self, entry: Entry) -> Classification:
        """The same in a list of accounts, which shows deleted ones only while they hold their seat."""
        return self.classify(entry) if entry.deleted_at is None or self.held is None else self.held

    def is_account(self, entry: Entry) -> bool:
        """Whether an entry is an account, which may take a seat and log in."""
        return entry.kind in self.counted_kinds

    def low_at(self, limit: int) -> int:
        """With so many of these seats free, or fewer, it should be warned of."""
        for largest, seats in self.low_seats:
            if limit <= largest:
                return seats
        return limit * next(percent for largest, percent in self.low_percent if limit <= largest) // 100

    def is_low(self, limit: int, free: int) -> bool:
        """Whether so few of these seats are free that it should be warned of."""
        return free <= self.low_at(limit)


_OWN: Final = "the rules of kconsole"
_LICENSES: Final = "Licenses in Kerio Connect, GFI support (support.kerioconnect.gfi.com, article 360015191920)"
_ADMINS: Final = "Admin Accounts in Kerio Connect, GFI support (support.kerioconnect.gfi.com, article 123568)"
_DISTRIBUTED: Final = "Distributed domains, the vendor's guide to Kerio Connect: each server has its own license"
_DISABLING: Final = "Disabling and Deleting User Accounts in Kerio Connect, GFI support (article 110298)"
_EXPIRATION: Final = (
    "License Expiration in Kerio Connect, GFI support (support.kerioconnect.gfi.com, article 360015186380)"
)

KERIO: Final = LicensePolicy(
    name="Kerio Connect",
    rules=(
        Rule(Classification("builtin-admin", False, "built-in", _ADMINS), kind="builtin_admin"),
        Rule(Classification("mailing-list", False, "mailing-list", _LICENSES), kind="mailing_list"),
        Rule(Classification("resource", False, "resource", _LICENSES), kind="resource"),
        Rule(Classification("alias", False, "alias", _LICENSES), kind="alias"),
        Rule(Classification("other-server", False, "other-server", _DISTRIBUTED), origin="other_server"),
        Rule(Classification("disabled", False, "disabled", _DISABLING), enabled=False),
        # Accounts with admin rights take a seat like any other: no rule asks for the role.
        Rule(Classification("directory-mapped", True, "mapped", _LICENSES), origin="directory"),
        Rule(Classification("imported", True, "imported", _LICENSES), origin="imported"),
        Rule(Classification("local", True, "local", _LICENSES)),
    ),
    counted_kinds=frozenset({"user"}),
    has_builtin_admin=True,
    held=Classification("held", False, "deleted-held", _DISABLING),
    creation_limits=frozenset({"license", "domain"}),
    mapping_may_exceed=True,
    login_is_limited=True,
    low_seats=((15, 1), (25, 2)),
    low_percent=((99, 10), (999, 8), (inf, 5)),
    trial=timedelta(days=30),
    expiry_suspends=True,
    grace=timedelta(days=30),
    grace_ended=date(2023, 5, 1),
    update_due=timedelta(hours=24),
    warning_days=(1, 7, 14, 30, 60),
    sources={
        "counted_kinds": _LICENSES,
        "has_builtin_admin": _ADMINS,
        "held": f"{_DISABLING}: the vendor recommends to restart the server for deletions to apply",
        "creation_limits": f"{_LICENSES}: at the limit the server refuses to add users",
        "mapping_may_exceed": f"{_LICENSES}: the users of a mapped directory may outnumber the license",
        "login_is_limited": f"{_LICENSES}: users who connect beyond the license are refused (AuthLicense)",
        "low_seats": _OWN,
        "low_percent": _OWN,
        "lifecycle": _OWN,
        "trial": f"{_OWN}; the vendor's trial licenses expire about 30 days ahead",
        "expiry_suspends": _EXPIRATION,
        "grace": _EXPIRATION,
        "grace_ended": _EXPIRATION,
        "update_due": f"{_OWN}; no text of the vendor was found",
        "warning_days": _OWN,
    },
)
