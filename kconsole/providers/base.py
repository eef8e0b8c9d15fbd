"""The seam to mail servers: what every provider offers, in records of core and in codes that name no product."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol

from kconsole.core.codes import Message, message
from kconsole.core.directory import DirectoryKind
from kconsole.core.errors import BadInput, ConsoleError, Refused, SourceAway
from kconsole.core.license import ComponentName
from kconsole.core.records import Domain, Entry, Kind, MailboxFate
from kconsole.core.server import DomainNumbers, ServerAccess, ServerNumbers
from kconsole.net.deadlines import Flag as Flag
from kconsole.net.secrets import Secret

GROUP: Final = "kconsole.providers"
"""The entry points by which installed packages offer providers."""

Reason = Literal[
    "exists", "not-there", "license-full", "no-right", "failed", "too-large", "not-understood", "session-ended",
    "not-done", "other",
]  # fmt: skip
"""Why a server refuses something; `not-done` is what it reported as done, and did not do."""

Gap = Reason | Literal["not-given", "late", "own-domain-only", "strange", "busy", "contradicted"]
"""Why a figure is missing: the server refused it, does not offer it, took too long, or shows the login one domain; its
answer made no sense, it had no time, or what it listed is less than what it counted."""

Figure = Literal[
    "users", "mailing-lists", "resources", "aliases", "user-count", "mailbox-counts", "server-start", "built-in-admin",
    "license", "license-seats", "extensions", "other-domains", "version", "home-server", "moderators",
]  # fmt: skip


# What a provider is and can do


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one product can do."""

    product: str
    most_at_once: int
    """Accounts that one step may change. A step creates one account."""
    ranks: Mapping[str, int]
    """The rights of each role, as `ServerState.role` and `Entry.role` name it; a larger number has more."""
    mailbox_fates: frozenset[MailboxFate]
    makes_aliases: bool = False


class Timeouts(NamedTuple):
    """The seconds in which a server must have answered: at all, and a call."""

    connect: float = 5.0
    call: float = 30.0


USUAL_TIMEOUTS: Final = Timeouts()


class Progress(NamedTuple):
    """How far a reading is."""

    domains_done: int
    domains: int
    users: int


class MailServer(Protocol):
    """A session with a mail server. What it raises besides is `SourceAway`: it did not answer as it should."""

    @property
    def access(self) -> ServerAccess:
        """How it is reached."""

    def capabilities(self) -> Capabilities:
        """What it can do. Does not contact the server."""

    def read(self, progress: Callable[[Progress], None] | None = None) -> "ServerState":
        """Read everything that a sync needs, and report the progress a few times a second in the calling thread.

        Raises:
            SourceAway: also if it changed too fast, or shows no list of domains.
            Cancelled: the user cancelled.
        """

    def started(self) -> datetime | None:
        """When the server was started, by its own clock; None where it does not say."""

    def apply(self, step: "Step") -> "Answer":
        """Change accounts. `SourceAway` says that nothing was done.

        Raises:
            ServerRefused: it refused the step as a whole, for a reason that has nothing to do with its accounts.
        """

    def find(self, domain_id: str, login: str, server_id: str = "") -> Entry | None:
        """The account with a server id in a domain, or without an id the one with a login; None if there is none.

        Raises:
            ServerRefused: the login may not read the domain.
        """

    def find_alias(self, domain_id: str, login: str, deliver_to: str) -> Entry | None:
        """The alias of a login in a domain that delivers to an address; None if there is none. Raises as `find`."""


class Provider(Protocol):
    """What an entry point offers: the way to the servers of one product."""

    def check(self, access: ServerAccess) -> None:
        """Raise BadInput for settings that make no sense, as far as that shows without the server."""

    def connected(
        self, access: ServerAccess, secret: Secret, cancel: Flag | None = None, timeouts: Timeouts = USUAL_TIMEOUTS
    ) -> AbstractContextManager[MailServer]:
        """A session with a server; it ends whatever happens. With `cancel` set, the current call ends in `Cancelled`.

        Raises:
            BadInput: the settings make no sense, or there is no password.
            NotLetIn: the login failed.
            SourceAway: the server cannot be reached, is not trusted, or did not answer as it should.
        """

    def prepare(self) -> None:
        """Import what a connection needs, so that the first one does not wait for it."""


def provider_of(access: ServerAccess) -> Provider:
    """The provider of a server; raises BadInput if none of this name is installed."""
    return _provider(access.provider)


@cache  # a look at all installed packages takes 10 ms, and every change at the server would wait for it
def _provider(name: str) -> Provider:
    from importlib.metadata import EntryPoint, entry_points

    built_in = EntryPoint("kerio", "kconsole.providers.kerio.provider:KERIO", GROUP)  # also where nothing is installed
    found = {point.name: point for point in (built_in, *entry_points(group=GROUP))}
    if name not in found:
        raise BadInput("provider-unknown", "install-provider", name=name, known=sorted(found))
    provider: Provider = found[name].load()
    return provider


# What is read


class Missing(NamedTuple):
    """What could not be read, while all else was."""

    figure: Figure
    domain: str
    """The domain's name; empty for a figure of the whole server."""
    reason: Gap
    said: str = ""
    """The server's own words; text from outside, and may be empty."""
    listed: int = 0
    counted: int = 0
    """How many users were listed, and counted, where that is a contradiction."""


class MappedFrom(NamedTuple):
    """The directory service that a domain's users are mapped from, as far as the server says."""

    kind: DirectoryKind | None
    host: str
    base: str
    user: str


class DomainState(NamedTuple):
    """A domain and what is in it."""

    domain: Domain
    entries: tuple[Entry, ...]
    """Users first: they win over others with the same address."""
    complete: frozenset[Kind]
    """The kinds of which all entries were read; of others, the server may have more."""
    numbers: DomainNumbers | None = None
    directory: MappedFrom | None = None


End = date | Literal["never"] | None
"""The last day of something; None where the server does not say."""


class LicenseState(NamedTuple):
    """The license that the server goes by."""

    seats: int | None
    """None is without limit, unless `seats_unknown`."""
    id_end: str = ""
    """The last characters of its id; the whole id is a secret."""
    kind: Literal["trial", "registered", ""] = ""
    expires: End = None
    maintenance_until: End = None
    components: tuple[ComponentName, ...] | None = None
    """None where the server does not say."""
    seats_unknown: bool = False


class ServerState(NamedTuple):
    """A server as it was while it was read. None is what could not be read; `missing` says why."""

    version: str
    role: str
    """The role of the login."""
    started: datetime | None
    domains: tuple[DomainState, ...]
    has_all_domains: bool
    """Whether a domain that is not listed is not on the server either."""
    administrator: Entry | None
    license: LicenseState | None
    numbers: ServerNumbers
    missing: tuple[Missing, ...] = ()
    uptime: timedelta | None = None
    """How long the server had been running, by its own clock."""
    odd_logins: int = 0
    """Last logins with an impossible date; they count as unknown, and not as never."""
    silent: Mapping[str, frozenset[str]] = MappingProxyType({})
    """By the id of an entry, the fields of it that the server does not state: what is known of them stays. `home`
    is whether the mailbox is on another server."""


# What is changed


@dataclass(frozen=True, slots=True)
class Disable:
    """Disable accounts."""

    ids: tuple[str, ...]
    domain_ids: tuple[str, ...] = ()
    """The domains that they are in."""


@dataclass(frozen=True, slots=True)
class Enable:
    """Enable accounts."""

    ids: tuple[str, ...]
    domain_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Create:
    """Create an account."""

    domain_id: str
    login: str
    full_name: str = ""
    description: str = ""
    enabled: bool = True
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete accounts."""

    ids: tuple[str, ...]
    fate: MailboxFate
    heir_id: str = ""
    """The account that takes over the mailboxes, where they are transferred."""
    domain_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateAlias:
    """Let mail to a login in a domain go to an address."""

    domain_id: str
    login: str
    deliver_to: str


Step = Disable | Enable | Create | Delete | CreateAlias


class Applied(NamedTuple):
    """One account was changed."""

    server_id: str


class Denied(NamedTuple):
    """The server refused to change one account."""

    reason: Reason
    said: str = ""
    """The server's own words; text from outside, and may be empty."""


# What goes wrong


class ServerRefused(Refused):
    """The server understood, and refused; nothing was done."""

    def __init__(self, reason: Reason, server: str, details: Iterable[Message] = (), number: int = 0) -> None:
        why = message(f"why-{reason}", number=number)
        super().__init__("server-refused", f"after-{reason}", details, server=server, why=why)
        self.reason = reason


class NotLetIn(SourceAway):
    """The login failed; nothing else was sent to the server."""


class AnswerLost(SourceAway):
    """A change was sent, and its result is not known: the server has to be read again."""

    usual_effect = "not-known-whether-done"


Answer = tuple[Applied | Denied, ...] | AnswerLost
"""The result for each account of a step in its order; or the loss of all of them."""


class Cancelled(ConsoleError):
    """The user cancelled."""

    usual_effect = "nothing-taken"
