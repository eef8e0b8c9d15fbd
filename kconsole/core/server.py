"""The mail server that a store follows, and changes at it that are not confirmed yet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct, field

from kconsole.core.codes import OPERATION_FIELD, Message

MailboxFate = Literal["keep", "delete", "transfer"]
"""What happens to a deleted account's mailbox."""

ServerOperation = Literal["disable", "enable", "add", "delete", "alias"]
"""What a server is asked for; `alias` makes an alias, at an address that a deleted account had."""

ASKED: Final[Mapping[ServerOperation, str]] = {
    "disable": "disabled",
    "enable": "enabled",
    "add": "added",
    "delete": "deleted",
    "alias": "made an alias",
}
"""What the server was asked for, as a participle."""

UNLIMITED: Final = -2
"""How the server writes a license without limit. The store does so too, where None means that it was not read.

Source: the vendor's interface description, ProductRegistration.
"""


class ServerAccess(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """Where the server's administration is, and who asks it. No password is ever part of it."""

    url: str
    """`https://host[:port]`; the port is 4040 where none is named."""
    user: str
    """Who logs in: with `@domain`, unless the account is in the primary domain or is the built-in administrator."""
    ca_file: str = ""
    """A file with the certificates to trust, in place of the system's."""
    fingerprint: str = ""
    """SHA-256 of the server's certificate, in hexadecimal digits; it alone is then trusted, whoever signed it."""
    insecure: bool = False
    """Whether to accept a server whose certificate is not checked."""
    provider: str = "kerio"
    """The provider of its product, by the name of its entry point."""


class DomainNumbers(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """What the server itself says of one domain. Both are numbers of accounts."""

    name: str
    current: int
    """Accounts that it counts; disabled ones are not among them."""
    allowed: int | None
    """How many there may be, by the domain's limit or the license's, whichever is less; None is without limit."""


class ServerNumbers(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """What the server itself counts, as of the last time it was read. None is what could not be read."""

    licensed: int | None = None
    """Users of its license; `UNLIMITED` is without limit."""
    current: int | None = None
    """Users that it counts against the license."""
    active: int | None = None
    """Mailboxes that it calls active."""
    created: int | None = None
    """Users that were created on it, enabled or not."""
    domains: tuple[DomainNumbers, ...] = ()


class LoginNumbers(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """How many accounts were read, and of how many the server stated a last login; and the same of a reading before."""

    users: int
    stated: int
    users_before: int
    stated_before: int

    @property
    def vanished(self) -> int:
        """Of how many accounts it no longer states it, beyond those that are no longer there."""
        is_less = self.stated * self.users_before < self.stated_before * self.users
        return self.stated_before - self.stated if is_less and self.stated < self.stated_before else 0

    @property
    def have_vanished(self) -> bool:
        """Whether these are so many that old logins say nothing."""
        return self.vanished * 100 > self.stated_before * VANISHED_PERCENT


VANISHED_PERCENT: Final = 20
"""The most accounts of which the server may no longer state the last login, where it stated one."""


def logins_read(known: LoginNumbers | None, users: int, stated: int) -> LoginNumbers:
    """The numbers of a reading, beside those of the one before; once logins have vanished, of the one before that."""
    before = (users, stated) if known is None else (known.users, known.stated)
    if known is not None and known.have_vanished:
        before = (known.users_before, known.stated_before)
    return LoginNumbers(users=users, stated=stated, users_before=before[0], stated_before=before[1])


class Server(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A live server: how it is reached, and how it was found the last time. No password is part of it."""

    name: str
    access: ServerAccess
    synced_at: datetime | None = None
    """When it was last read whole; None if it never was."""
    started_at: datetime | None = None
    """When it was started, as it said then."""
    version: str = ""
    role: str = ""
    """What the login may administer, as it said then."""
    unread: tuple[str, ...] = ()
    """What could not be read, and why, in words of version 0.1; the next field has it as messages."""
    missing: tuple[Message, ...] = ()
    uncounted: tuple[str, ...] = ()
    """The domains whose users could not be read: who takes a seat there is as it was read before, or not known."""
    counted: tuple[str, ...] = ()
    """If only a part was read, the domains whose users were all read."""
    unlisted: int | None = None
    """If only a part was read, the seats that the server counts elsewhere beyond those that the store knows of."""
    notes: tuple[str, ...] = ()
    """What differs between the store and the server, in words of version 0.1; the next field has it as messages."""
    remarks: tuple[Message, ...] = ()
    numbers: ServerNumbers | None = None
    silent: tuple[str, ...] = ()
    """The fields that it does not state of every entry, among those that decide whether an account is used."""
    logins: LoginNumbers | None = None
    """None before the first reading by a kconsole that counts them."""

    @property
    def hides_domains(self) -> bool:
        """Whether the login sees its own domain only: who takes a seat in others is as read before, or not known."""
        return any(each.params.get("figure") == "other-domains" for each in self.missing)

    @property
    def is_partial(self) -> bool:
        """Whether some users could not be read."""
        return bool(self.uncounted) or self.hides_domains


class Target(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """An account that something is asked for."""

    number: int
    """The store's number of it; 0 for one that is not there yet."""
    server_id: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


class PendingChange(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """Something that the server is asked for: stored before it is asked, removed with its answer.

    One that is found later was left by a crash, or by an answer that never came: only the server knows whether it
    was done.
    """

    operation: ServerOperation = field(name=OPERATION_FIELD)
    at: datetime
    targets: tuple[Target, ...]
    mailbox: Literal["keep", "delete", "transfer", ""] = ""
    """Of a deletion, what becomes of mailboxes."""
    transfer_to: str = ""
    """Who takes over the mailboxes; of an alias, where it delivers."""
    domain_id: str = ""
    """Of a new account or alias, the server's id of its domain, which may get another name meanwhile."""
    reason: str = ""
