"""What people decided about seats: policies, keeps, protections, reservations, marks, and offboardings on a day.

What is about one account belongs to it by its number, so that it survives a rename. Numbers mean something in one store
only: a dump has the address instead.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

Step = Literal["disable", "delete"]
"""What a policy does with an account that is not used."""

PASSED: Final = "reservations-passed"
"""The code by which the log says that seats were taken that are reserved for others: nothing was refused."""

LONGEST_RESERVATION: Final = 400
"""Days ahead at which a reservation ends at the latest."""

LONGEST_AHEAD: Final = 400
"""Days ahead at which an offboarding is due at the latest."""

MOST_RESERVED: Final = 10_000
"""Seats of one reservation."""

LEAST_INACTIVE: Final = 30
"""Days without a login below which no policy calls an account unused."""


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """When an account counts as not used, and what is done then."""

    name: str
    where: str = ""
    """A filter of accounts; empty for all."""
    inactive: int = 180
    """Days since the last login."""
    never: int | None = None
    """Days since an account that never logged in is known; None keeps it."""
    grace: int = 14
    """Days between the mark and the step."""
    stop_when_free: int | None = None
    """Seats that are free when enough is done; None if it is never enough."""
    brake_accounts: int = 10
    brake_percent: int = 10
    """The most accounts of one run: the smaller of both."""
    max_data_age: int = 26
    """Hours since the server was read beyond which its data says nothing."""
    step: Step = "disable"


class Keep(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """An account that no policy touches until a day. It ends when the account is deleted."""

    entry: int = 0
    """The number of the account; 0 in a dump."""
    address: str = ""
    """Its address when it was kept; in a dump, its present one."""
    until: datetime
    reason: str = ""
    by: str = ""
    at: datetime


class Protection(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """Accounts that no policy ever touches."""

    pattern: str
    """An address or a login; `*` stands for anything."""
    reason: str = ""
    by: str = ""
    at: datetime


class Reservation(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """Seats that are kept free for someone who is yet to come, from a day until another."""

    subject: str
    """An address, or any words, as a name."""
    domain: str = ""
    """The domain in which the seats are taken; empty for any."""
    count: int = 1
    start: datetime
    until: datetime
    reason: str = ""
    by: str = ""
    at: datetime

    def is_active(self, now: datetime) -> bool:
        """Whether it holds its seats at a moment."""
        return self.start <= now < self.until


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """An account to which a policy applies once its grace period is over.

    It ends when the account logs in, is disabled or is deleted. An account has one mark at most, of whichever policy,
    so that there is one day for it.
    """

    entry: int = 0
    """The number of the account; 0 in a dump."""
    address: str = ""
    """Its address when it was marked; in a dump, its present one."""
    policy: str
    due: datetime
    at: datetime


class Offboarding(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """An account whose user leaves on a day. It is judged again then, and ends when the account is deleted before."""

    entry: int = 0
    """The number of the account; 0 in a dump."""
    address: str = ""
    """Its address when this was decided; in a dump, its present one."""
    due: datetime
    to: str = ""
    """The account that takes over the mailbox; empty where it stays."""
    alias_to: str = ""
    """The account that gets the mail to the address from then on; empty for none."""
    to_entry: int = 0
    alias_entry: int = 0
    """The numbers of these two, so that they may be renamed; 0 for none, and in a dump."""
    reason: str = ""
    by: str = ""
    at: datetime

    @property
    def deletes(self) -> bool:
        """Whether the account is deleted: its mailbox, or its address, can only go to another one then."""
        return bool(self.to or self.alias_to)


Decision = Policy | Keep | Protection | Reservation | Mark | Offboarding

OfAccount = Keep | Mark | Offboarding
"""What is about one account, and ends with it."""

DECISIONS: Final[Mapping[str, type[Decision]]] = MappingProxyType(
    {
        "policies": Policy,
        "keeps": Keep,
        "protections": Protection,
        "reservations": Reservation,
        "marks": Mark,
        "offboardings": Offboarding,
    }
)
"""By the names of their tables, and of their lists in a dump. Version 0.1 had none, so what is empty is left out."""


def domains_named(offboarding: Offboarding) -> list[str]:
    """The domains of the accounts that take something over."""
    return [address.rpartition("@")[2] for address in (offboarding.to, offboarding.alias_to) if address]


def decided_on(decision: Decision) -> str:
    """What a decision is about: an address, or its own name."""
    if isinstance(decision, OfAccount):
        return decision.address
    if isinstance(decision, Policy):
        return decision.name
    return decision.pattern if isinstance(decision, Protection) else decision.subject
