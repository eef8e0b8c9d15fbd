"""What a server tells, as records."""

from datetime import date, datetime
from typing import Literal, NamedTuple

from kconsole.core.directory import DirectoryKind
from kconsole.core.records import Role
from kconsole.providers.kerio.assumptions import AnyRole


class ServerVersion(NamedTuple):
    """Which server answers."""

    product: str
    version: str


class WhoAmI(NamedTuple):
    """Who is logged in."""

    id: str
    """Empty for the built-in administrator, who is no user."""
    domain_id: str
    login: str
    full_name: str
    role: AnyRole


class DirectoryService(NamedTuple):
    """Where a domain's users are mapped from, as the server knows it. The password that is there is not read."""

    kind: DirectoryKind | None
    """None where it is one that is not known here."""
    host: str
    base: str
    user: str


class ServerDomain(NamedTuple):
    """A mail domain."""

    id: str
    name: str
    description: str
    primary: bool
    user_limit: int | None
    """None where only the license limits it."""
    directory: DirectoryService | None
    """None where no users are mapped."""


class ServerUser(NamedTuple):
    """A user account."""

    id: str
    login: str
    full_name: str
    description: str
    enabled: bool
    mapped: bool
    """Whether it comes from a directory service."""
    role: Role
    """What it may administer, by itself and by its groups."""
    writable: bool
    """Whether whoever is logged in may change it."""
    last_login: datetime | None
    """None means never, unless `last_login_odd` is set."""
    protocol: str
    """By which it logged in last; empty if that is not known."""
    last_login_odd: bool
    """Whether there is a time that is beyond the calendar: it counts as unknown."""
    size: int | None
    """Bytes of its mailbox."""
    items: int | None
    """Messages and other items in its mailbox."""


class ServerList(NamedTuple):
    """A mailing list."""

    id: str
    name: str
    description: str
    members: int | None


class ServerResource(NamedTuple):
    """A room or a piece of equipment."""

    id: str
    name: str
    address: str
    description: str
    kind: Literal["room", "equipment", ""]
    enabled: bool


class ServerAlias(NamedTuple):
    """An alias."""

    id: str
    name: str
    delivers_to: str
    description: str


class Administrator(NamedTuple):
    """The built-in administrator."""

    enabled: bool
    login: str


class Expiration(NamedTuple):
    """The end of something that is licensed."""

    unlimited: bool
    date: date | None
    """The last day, in UTC; None where it is unlimited, or not told."""


class LicenseStatus(NamedTuple):
    """The license that the server goes by."""

    registration: Literal["none", "trial", "trial_expired", "product", ""]
    """Empty where it is one that is not known here."""
    id_end: str
    """The last characters of its ID, which itself is a secret."""
    company: str
    users: int | None
    """None means without limit."""
    license: Expiration | None
    maintenance: Expiration | None


class UserCount(NamedTuple):
    """How many users there are and may be, by the server's own count: in a domain, or on all of it."""

    current: int | None
    unlimited: bool
    allowed: int | None


class MailboxCount(NamedTuple):
    """Mailboxes, by the server's own count."""

    active: int | None
    total: int | None
