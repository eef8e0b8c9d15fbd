"""The records that a store keeps: entries, domains, the license, and all of them together."""

import unicodedata
from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from kconsole.core.decisions import Keep, Mark, Offboarding, Policy, Protection, Reservation
from kconsole.core.directory import Directory
from kconsole.core.license import License
from kconsole.core.server import MailboxFate as MailboxFate
from kconsole.core.server import Server

Kind = Literal["user", "mailing_list", "resource", "alias", "builtin_admin"]
"""What an entry is. Only a `user` is an account that can take a seat."""

Origin = Literal["local", "directory", "imported", "other_server"]
"""Where an account came from: created here, mapped from a directory service, or imported from a domain; or that its
mailbox is on another server of a distributed domain."""

Role = Literal["user", "auditor", "account_admin", "full_admin"]
"""What an account may administer. No role changes whether it takes a seat."""


def fold(name: str) -> str:
    """The form in which addresses and domain names are compared: composed, and without case."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


class LastLogin(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The last time an account logged in, and by which protocol (`IMAP`, `POP3`, ...; empty if not known)."""

    at: datetime
    protocol: str = ""


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """One line of the server's address book: an account, or something else that has an address."""

    address: str
    """`login@domain`; the built-in administrator has a login only."""
    kind: Kind = "user"
    origin: Origin = "local"
    enabled: bool = True
    role: Role = "user"
    full_name: str = ""
    description: str = ""
    mailbox: bool = False
    """Whether a mailbox exists. The server makes it the first time the user connects."""
    last_login: LastLogin | None = None
    """None means that it never logged in, unless `login_unknown`: not a date, and not the beginning of time."""
    login_unknown: bool = False
    """Whether its source does not say if and when it logged in: then it may have."""
    deleted_at: datetime | None = None
    """When it was deleted. The record stays, since its seat comes free only with a restart of the server."""
    deleted_in: int = 0
    """The line of the log that deleted it, since clocks may be wrong; 0 if the log did not say that yet."""
    mailbox_fate: MailboxFate | None = None
    transferred_to: str = ""
    """The address that took over the mailbox of a deleted account, when its fate was `transfer`."""
    delivers_to: tuple[str, ...] = ()
    """Where an alias delivers: one address or more. Of an account, where it forwards its mail."""
    directory_id: str = ""
    """The lasting id by which the directory knows a mapped account; empty if it was not mapped by kconsole."""
    directory_logon: datetime | None = None
    """When the user last logged in to the directory, as far as it says; that is no login to the mailbox."""
    server_id: str = ""
    """The lasting id by which a live server knows it; empty if it was not read from one."""
    active_sync: bool = False
    """Whether the account has been used by Exchange ActiveSync, an optional component of the license."""
    tags: tuple[str, ...] = ()
    """The user's own words for it, as `service`; sorted. No server and no file of another program has them."""
    moderators: tuple[str, ...] = ()
    """Who moderates a mailing list, by address, as far as that is known."""
    id: int = 0
    """The store's own number for this entry, never used twice; 0 before it has been stored."""

    @property
    def login(self) -> str:
        login, at, _ = self.address.rpartition("@")
        return login if at else self.address

    @property
    def domain(self) -> str:
        _, at, domain = self.address.rpartition("@")
        return domain if at else ""

    @property
    def never_logged_in(self) -> bool:
        return self.last_login is None and not self.login_unknown

    @property
    def is_account(self) -> bool:
        return self.kind == "user"


def has_logged_in(before: Entry | None, after: Entry) -> bool:
    """Whether a later login of an account is known than before."""
    was = None if before is None else before.last_login
    return after.last_login is not None and (was is None or after.last_login.at > was.at)


class Domain(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A mail domain of the server."""

    name: str
    primary: bool = False
    description: str = ""
    user_limit: int | None = None
    """The domain's own limit of accounts; None means that only the license limits it."""
    directory: Directory | None = None
    """Where its users are mapped from; None if they are not."""
    server_id: str = ""
    """The lasting id by which a live server knows it; empty if it was not read from one."""


class Restart(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The last restart of the server that is known."""

    at: datetime = field(name="last_restart")
    line: int = 0
    """The line of the log before which all deletions were before it; 0 as `Entry.deleted_in`."""

    def came_after(self, deleted: Entry) -> bool:
        """Whether a deletion was before this restart. Times decide only where the log does not: in one line of it."""
        if deleted.deleted_in != self.line or deleted.deleted_at is None:
            return deleted.deleted_in < self.line
        return deleted.deleted_at < self.at


class Inventory(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """Everything a store holds, at one moment: the subject of every count."""

    license: License = License()
    last_restart: datetime | None = None
    """When the server was last restarted, as far as recorded."""
    restart_line: int = 0
    """See `Restart`; no part of a dump."""
    server: Server | None = None
    """The mail server that the store follows; None if there is none."""
    domains: tuple[Domain, ...] = ()
    policies: tuple[Policy, ...] = ()
    keeps: tuple[Keep, ...] = ()
    protections: tuple[Protection, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    marks: tuple[Mark, ...] = ()
    offboardings: tuple[Offboarding, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def restart(self) -> Restart | None:
        return None if self.last_restart is None else Restart(self.last_restart, self.restart_line)
