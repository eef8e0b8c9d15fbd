"""The users of a directory service, read over LDAP.

What is read is whole or it is not at all: a directory that goes away in the middle ends in an error, and never in a
list that is shorter than the truth, since those it does not name would be taken for gone. For the same reason an
entry that cannot be taken is told with what is known of it (`doubtful_ids`, `doubtful_logins`).
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from kconsole.core.codes import short
from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.errors import BadInput, SourceAway
from kconsole.core.records import fold
from kconsole.directories.entries import Entry, EntryFault, Naming, naming_of
from kconsole.directories.settings import check_form, filter_of
from kconsole.net.secrets import Secret as Secret
from kconsole.net.trust import VerifiedBy as VerifiedBy

if TYPE_CHECKING:
    from kconsole.directories.client import LdapClient

PAGE: Final = 500
"""Users that are asked for at a time. Active Directory gives no more than 1,000."""

MOST_USERS: Final = 1_000_000
"""Users beyond which no directory is believed."""

_MOST_EMPTY_PAGES: Final = 1000
"""Pages without a user in a row. Active Directory sends some while it searches; a broken server sends them for ever."""

_MOST_TOLD: Final = 5
"""Entries with the same login that a fault names."""


@dataclass(frozen=True, slots=True)
class DirectoryListing:
    """All that a directory names as users, and what of it cannot be taken."""

    users: tuple[DirectoryUser, ...]
    faults: tuple[str, ...]
    """A sentence for each entry that was not taken, with its distinguished name, which is text from outside."""
    notes: tuple[str, ...]
    """What else there is to know: references that were not followed, times that cannot be read."""
    doubtful_ids: frozenset[str] = frozenset()
    """Ids of entries that were not taken. They are in the directory: whoever has one of them is not gone."""
    doubtful_logins: frozenset[str] = frozenset()
    """Folded logins of entries that were not taken, for the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """What came out of asking a directory whether it answers."""

    encrypted: bool
    verified_by: VerifiedBy
    fingerprint: str
    """SHA-256 of the server's certificate as `AB:CD:...`; empty without encryption."""
    subject: str = ""
    """The name in the certificate, where it was checked by its signature."""
    expires: datetime | None = None
    """When the certificate ends, where it was checked by its signature."""
    server: str = ""
    """The server's product and version, if it says so; text from outside."""
    users: int
    """How many users are below the base, if `more_users` is not set: then there are more than these."""
    more_users: bool = False


def check_settings(directory: Directory) -> None:
    """Look whether a directory can be asked with these settings, as far as that can be said without asking it.

    Raises:
        BadInput: the URL, base, filter, fingerprint, CA file or name of an attribute makes no sense.
    """
    check_form(directory)
    from kconsole.directories.client import check_base, check_ca_file, check_filter

    check_base(directory.base)
    check_filter(filter_of(directory))
    check_ca_file(directory.ca_file)


def probe(
    directory: Directory, secret: Secret | None, *, connect_timeout: float = 10, answer_timeout: float = 60
) -> ConnectionTest:
    """Ask a directory whether it answers, lets in, and has users below the base. Reads none of them.

    Raises:
        BadInput: as `check_settings`, or a name without a password.
        SourceAway: it cannot be reached, is not to be trusted, or did not answer as it should.
    """
    with _connected(directory, secret, connect_timeout, answer_timeout) as line:
        page = line.page(directory.base, filter_of(directory), (), PAGE, b"")
        return ConnectionTest(
            encrypted=line.encrypted,
            verified_by=line.verified_by,
            fingerprint=line.fingerprint,
            subject=line.subject,
            expires=line.expires,
            server=line.product(),
            users=len(page.entries),
            more_users=bool(page.cookie),
        )


def read_directory(
    directory: Directory,
    secret: Secret | None,
    progress: Callable[[int], None] | None = None,
    *,
    connect_timeout: float = 10,
    answer_timeout: float = 60,
) -> DirectoryListing:
    """Everything that a directory names as users.

    Args:
        directory: where it is, and how it names things.
        secret: the password to `directory.bind_as`; None to bind as nobody.
        progress: told after each page how many entries have come.
        connect_timeout: seconds until it must have answered at all.
        answer_timeout: seconds until it must have answered a question, page by page.

    Raises:
        BadInput: as `check_settings`, or a name without a password.
        SourceAway: it cannot be reached, is not to be trusted, or did not answer as it should; in the middle, too.
    """
    naming = naming_of(directory)
    harvest = _Harvest(naming)
    wanted = filter_of(directory)
    with _connected(directory, secret, connect_timeout, answer_timeout) as line:
        cookie, empty = b"", 0
        while True:
            page = line.page(directory.base, wanted, naming.attributes, PAGE, cookie)
            for entry in page.entries:
                harvest.take(entry)
            harvest.references += page.references
            if progress is not None:
                progress(harvest.entries)
            empty = 0 if page.entries else empty + 1
            if not page.cookie:
                return harvest.listing()
            if empty > _MOST_EMPTY_PAGES or harvest.entries > MOST_USERS:
                raise SourceAway(
                    f"{directory.url} finds no end of its users.",
                    "Look whether the base is meant, and whether the server is well.",
                )
            cookie = page.cookie


@contextlib.contextmanager
def _connected(
    directory: Directory, secret: Secret | None, connect_timeout: float, answer_timeout: float
) -> Iterator["LdapClient"]:
    """A connection over which questions can be asked; it is closed whatever happens."""
    check_settings(directory)
    if directory.bind_as and not secret:
        # A name with an empty password is what RFC 4513 calls an unauthenticated bind. Many servers say yes to it,
        # and go on as if nobody had bound.
        raise BadInput(
            f"There is no password for {directory.bind_as}.", "Give its password, or no name to bind as nobody."
        )
    from kconsole.directories.client import LdapClient

    line = LdapClient(directory, connect_timeout, answer_timeout)
    try:
        line.open()
        line.bind(secret if directory.bind_as else None)
        yield line
    finally:
        line.close()


@dataclass(slots=True)
class _Harvest:
    """What has come so far. Ids and logins that came twice are told apart at the end only, when all are known."""

    naming: Naming
    entries: int = 0
    references: int = 0
    users: dict[str, DirectoryUser] = field(default_factory=dict)
    """By id."""
    faults: list[str] = field(default_factory=list)
    doubtful_ids: set[str] = field(default_factory=set)
    doubtful_logins: set[str] = field(default_factory=set)
    unreadable_times: int = 0
    _same_id: dict[str, list[DirectoryUser]] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """One entry, as a user or as a fault."""
        self.entries += 1
        try:
            user, time_is_read = self.naming.user(entry)
        except EntryFault as fault:
            self.faults.append(str(fault))
            self.doubtful_ids |= {fault.id} - {""}
            self.doubtful_logins |= {fold(fault.login)} - {""}
            return
        self.unreadable_times += not time_is_read
        first = self.users.setdefault(user.id, user)
        if first is user:
            return
        if first.name == user.name:  # one that changed while it was read comes twice
            self.users[user.id] = user
        else:
            self._same_id.setdefault(user.id, [first]).append(user)

    def listing(self) -> DirectoryListing:
        """All that came, when all has come."""
        for id_, users in self._same_id.items():
            self._leave_out(users, f"the id {short(id_)}")
        left = [user for user in self.users.values() if user.id not in self._same_id]
        firsts: dict[str, DirectoryUser] = {}
        same_login: dict[str, list[DirectoryUser]] = {}
        for user in left:
            first = firsts.setdefault(fold(user.login), user)
            if first is not user:
                same_login.setdefault(fold(user.login), [first]).append(user)
        for users in same_login.values():
            self._leave_out(users, f"the login {short(users[0].login)}")
        return DirectoryListing(
            users=tuple(user for user in left if fold(user.login) not in same_login),
            faults=tuple(self.faults),
            notes=tuple(self._notes()),
            doubtful_ids=frozenset(self.doubtful_ids),
            doubtful_logins=frozenset(self.doubtful_logins),
        )

    def _leave_out(self, users: list[DirectoryUser], what: str) -> None:
        """Entries that are the same in what has to tell them apart. Which of them is meant would be a guess."""
        names = [short(user.name) for user in users[:_MOST_TOLD]]
        names += [f"{len(users) - _MOST_TOLD} more"] if len(users) > _MOST_TOLD else []
        self.faults.append(
            f"{len(users)} entries have {what}, and none of them is taken: {'; '.join(names[:-1])} and {names[-1]}."
        )
        self.doubtful_ids |= {user.id for user in users}
        self.doubtful_logins |= {fold(user.login) for user in users}

    def _notes(self) -> Iterator[str]:
        if not self.entries:
            yield "The directory has no users below the base, or shows none of them to who asks."
        if self.references:
            yield f"{_counted(self.references, 'reference')} to other servers came along and were not followed."
        if self.unreadable_times:
            yield f"{_counted(self.unreadable_times, 'time')} of a last logon cannot be read and count as unknown."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
