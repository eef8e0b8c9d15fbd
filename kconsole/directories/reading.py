"""Reading the users of a directory over LDAP.

A reading is complete or it fails: a list that is shorter than the truth would make the missing users look gone. For the
same reason an entry that cannot be taken is reported with the id and login it seems to have (`doubtful_ids`,
`doubtful_logins`).
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from kconsole.core.codes import Message, message, short
from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.errors import BadInput, SourceAway
from kconsole.core.records import fold
from kconsole.directories.entries import Entry, EntryFault, Naming, naming_of
from kconsole.directories.settings import check_form, filter_of
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import Secret
from kconsole.net.settings import Certificate, VerifiedBy

if TYPE_CHECKING:  # ldap3 is imported only when a directory is asked
    from kconsole.directories.client import LdapClient

PAGE: Final = 500
"""Users that are requested at a time. Active Directory gives no more than 1,000."""

MOST_USERS: Final = 1_000_000
"""A directory that sends more users is taken for broken."""

_MOST_EMPTY_PAGES: Final = 1000
"""Empty pages in a row. Active Directory sends some while it searches; a broken server sends them for ever."""

_MOST_NAMED: Final = 5
"""Entries with the same login that a fault names."""


@dataclass(frozen=True, slots=True)
class DirectoryListing:
    """All users of a directory, and the entries that cannot be taken."""

    users: tuple[DirectoryUser, ...]
    faults: tuple[Message, ...]
    """One for each entry that was not taken. Distinguished names in them are text from outside."""
    notes: tuple[Message, ...]
    """References that were not followed, times that cannot be read."""
    doubtful_ids: frozenset[str] = frozenset()
    """Ids of entries that were not taken. They are in the directory, so their accounts are not gone."""
    doubtful_logins: frozenset[str] = frozenset()
    """Folded logins of entries that were not taken, for the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """The result of testing the connection to a directory."""

    verified_by: VerifiedBy
    certificate: Certificate | None
    """The server's certificate; None without encryption."""
    server: str = ""
    """The server's product and version, if it says so; text from outside."""
    users: int
    """How many users are below the base; at least so many where `more_users` is set."""
    more_users: bool = False


def check_settings(directory: Directory) -> None:
    """Raise BadInput unless the settings of a directory are valid, as far as that shows without a connection."""
    check_form(directory)
    from kconsole.directories.client import check_base, check_filter
    from kconsole.net.tls import check_ca_file

    check_base(directory.base)
    check_filter(filter_of(directory))
    check_ca_file(directory.ca_file)


def probe(directory: Directory, secret: Secret | None, cancel: Flag | None = None) -> ConnectionTest:
    """Test whether a directory answers, accepts the login, and has users below the base. Raises as `read_directory`."""
    with _connected(directory, secret, cancel) as client:
        page = client.page(directory.base, filter_of(directory), (), PAGE, b"")
        return ConnectionTest(
            verified_by=client.verified_by,
            certificate=client.certificate,
            server=client.product(),
            users=len(page.entries),
            more_users=bool(page.cookie),
        )


def read_directory(
    directory: Directory,
    secret: Secret | None,
    progress: Callable[[int], None] | None = None,
    cancel: Flag | None = None,
    *,
    connect_timeout: float = 10,
    answer_timeout: float = 60,
) -> DirectoryListing:
    """Read all users of a directory. `progress` gets the number of entries so far, after each page.

    The timeouts are seconds to connect, and for the answer to each request.

    Raises:
        BadInput: as `check_settings`, or a name without a password.
        SourceAway: it cannot be reached, is not trusted, or does not answer properly, be it halfway through.
        WaitCancelled: `cancel` was set.
    """
    with _connected(directory, secret, cancel, connect_timeout, answer_timeout) as client:
        found = _Found(naming_of(directory))
        wanted, attributes = filter_of(directory), found.naming.attributes
        cookie, empty = b"", 0
        while True:
            page = client.page(directory.base, wanted, attributes, PAGE, cookie)
            for entry in page.entries:
                found.take(entry)
            found.references += page.references
            if progress is not None:
                progress(found.entries)
            empty = 0 if page.entries else empty + 1
            if not page.cookie:
                return found.listing()
            if empty > _MOST_EMPTY_PAGES or found.entries > MOST_USERS:
                raise SourceAway("users-without-end", "check-base-and-server", url=directory.url)
            cookie = page.cookie


@contextlib.contextmanager
def _connected(
    directory: Directory,
    secret: Secret | None,
    cancel: Flag | None,
    connect_timeout: float = 10,
    answer_timeout: float = 60,
) -> Iterator["LdapClient"]:
    check_settings(directory)
    if directory.bind_as and not secret:
        # RFC 4513 calls a name with an empty password an unauthenticated bind. Many servers accept it and go on as if
        # the client were anonymous.
        raise BadInput("bind-password-missing", "give-bind-password", name=directory.bind_as)
    from kconsole.directories.client import LdapClient

    client = LdapClient(directory, connect_timeout, answer_timeout, cancel)
    try:
        client.open()
        client.bind(secret if directory.bind_as else None)
        yield client
    finally:
        client.close()


@dataclass(slots=True)
class _Found:
    """What was read so far. Duplicate ids and logins are sorted out at the end, when all entries are known."""

    naming: Naming
    entries: int = 0
    references: int = 0
    users: dict[tuple[str, str], DirectoryUser] = field(default_factory=dict)
    """By id and name: an entry that changes during the reading may be on two pages."""
    faults: list[Message] = field(default_factory=list)
    doubtful_ids: set[str] = field(default_factory=set)
    doubtful_logins: set[str] = field(default_factory=set)
    unreadable_times: int = 0

    def take(self, entry: Entry) -> None:
        """Take one entry, as a user or as a fault."""
        self.entries += 1
        try:
            user, time_is_read = self.naming.user(entry)
        except EntryFault as fault:
            self.faults.append(fault.reason)
            self.doubtful_ids |= {fault.id} - {""}
            self.doubtful_logins |= {fold(fault.login)} - {""}
            return
        self.unreadable_times += not time_is_read
        self.users[user.id, user.name] = user

    def listing(self) -> DirectoryListing:
        """Everything, once all pages are read."""
        users = self._distinct(self.users.values(), "entries-with-same-id", "id")
        users = self._distinct(users, "entries-with-same-login", "login")
        return DirectoryListing(
            users=tuple(users),
            faults=tuple(self.faults),
            notes=tuple(self._notes()),
            doubtful_ids=frozenset(self.doubtful_ids),
            doubtful_logins=frozenset(self.doubtful_logins),
        )

    def _distinct(
        self, users: Iterable[DirectoryUser], code: str, field: Literal["id", "login"]
    ) -> list[DirectoryUser]:
        """The users with a value of their own in this field. Choosing one of several would be a guess."""
        alike: dict[str, list[DirectoryUser]] = {}
        for user in users:
            alike.setdefault(user.id if field == "id" else fold(user.login), []).append(user)
        for same in alike.values():
            if len(same) == 1:
                continue
            names = [short(user.name) for user in same[:_MOST_NAMED]]
            params = {"number": len(same), "names": "; ".join(names), "more": len(same) - len(names)}
            self.faults.append(Message(code, {field: short(getattr(same[0], field)), **params}))
            self.doubtful_ids |= {user.id for user in same}
            self.doubtful_logins |= {fold(user.login) for user in same}
        return [same[0] for same in alike.values() if len(same) == 1]

    def _notes(self) -> Iterator[Message]:
        if not self.entries:
            yield message("directory-empty")
        if self.references:
            yield message("references-not-followed", number=self.references)
        if self.unreadable_times:
            yield message("logon-times-unreadable", number=self.unreadable_times)
