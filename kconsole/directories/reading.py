"""Reading the users of a directory over LDAP.

A reading is complete or it fails: a list that is shorter than the truth would make the missing users look gone. For the
same reason an entry that cannot be taken is reported with the id and login it seems to have (`doubtful_ids`,
`doubtful_logins`).
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from kconsole.core.codes import Message, message, short
from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.errors import BadInput, SourceAway
from kconsole.core.identity import canonical_login
from kconsole.directories.entries import Entry, EntryFault, Naming, container_of, is_always_there, naming_of
from kconsole.directories.settings import attributes_in, check_form, filter_of
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import Secret
from kconsole.net.settings import Certificate, VerifiedBy

if TYPE_CHECKING:  # ldap3 is imported only when a directory is asked
    from kconsole.directories.client import LdapClient, Page

PAGE: Final = 500
"""Users that are requested at a time. Active Directory gives no more than 1,000."""

MOST_USERS: Final = 1_000_000
"""A directory that sends more users is taken for broken."""

_MOST_STALE_PAGES: Final = 1000
"""Pages in a row without a new entry. Active Directory sends some while it searches; a broken server sends them for
ever."""

LONGEST_SEARCH: Final = 3600.0
"""Seconds for all pages of a search; each page has a limit of its own."""

_MOST_COMPARED: Final = 20
"""Entries for which the server is asked whether an absent attribute may be read."""

_ROUND: Final = 100
"""Limits of servers are multiples of this: 500, 1,000."""

_MOST_LEFT_OUT: Final = 50
"""Users that a search leaves out to see whether the server sends others in their place."""

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
        found = _Found(naming_of(directory))
        more = found.read(client, directory, most=1)
        _check(client, directory, found, is_whole=False)
        return ConnectionTest(
            verified_by=client.verified_by,
            certificate=client.certificate,
            server=client.product,
            users=found.people,
            more_users=more,
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
        BadInput: as `check_settings`, or a name without a password, or the directory is of another kind.
        SourceAway: it cannot be reached, is not trusted, does not answer properly, be it halfway through, or hides an
            attribute without which users cannot be counted.
        WaitCancelled: `cancel` was set.
    """
    with _connected(directory, secret, cancel, connect_timeout, answer_timeout) as client:
        found = _Found(naming_of(directory))
        found.read(client, directory, progress)
        _check(client, directory, found)
        return found.listing()


def _pages(client: "LdapClient", directory: Directory, filter_: str, attributes: Sequence[str]) -> Iterator["Page"]:
    """All pages of a search; raises SourceAway if they do not end."""
    seen: set[str] = set()
    cookie, stale, until = b"", 0, time.monotonic() + LONGEST_SEARCH
    while True:
        page = client.page(directory.base, filter_, attributes, PAGE, cookie)
        known = len(seen)
        seen.update(entry.name for entry in page.entries)
        stale = 0 if len(seen) > known else stale + 1
        yield page
        if not page.cookie:
            return
        if stale > _MOST_STALE_PAGES or len(seen) > MOST_USERS or time.monotonic() > until:
            raise SourceAway("users-without-end", "check-base-and-server", url=directory.url)
        cookie = page.cookie


def _check(client: "LdapClient", directory: Directory, found: "_Found", is_whole: bool = True) -> None:
    """Raise SourceAway if an attribute that decides is hidden; note which others are.

    An attribute that is absent has no value or cannot be read, and the answer of a server is the same for both.
    """
    if not found.entries:
        if directory.kind == "active_directory" and client.product and not client.is_active_directory:
            raise BadInput("not-active-directory", "set-the-kind", url=directory.url, product=client.product)
        if not client.base_is_shown(directory.base):
            raise _hidden(directory, "objectClass", [directory.base])
    people = len(found.faults) + len(found.users)
    for attribute, names in found.lacking.items():
        decides = attribute in found.naming.deciding
        never = attribute in (found.naming.login, found.naming.id) and len(set(names)) == people
        if never or (decides and is_always_there(attribute)):
            raise _hidden(directory, attribute, names)
        hidden: Sequence[str] | None
        if client.is_active_directory:  # a search there takes what is hidden for absent
            shown = found.shown.get(attribute, set())
            hidden = [name for name in names if container_of(name) not in shown]
            if decides and hidden and shown:  # nowhere else is it refused: most have none
                found.unchecked.append(attribute)
                hidden = ()
        else:
            hidden = _hidden_of(client, directory, attribute, names, is_whole)
        if hidden and decides:
            raise _hidden(directory, attribute, hidden)
        if hidden is None and decides:
            found.unchecked.append(attribute)
        found.hidden[attribute] = frozenset(names if hidden is None else hidden)
    if directory.filter:
        _check_filter(client, directory)


def _check_filter(client: "LdapClient", directory: Directory) -> None:
    """Raise SourceAway if an attribute of the administrator's filter is hidden, and would leave users out unseen.

    The first page without that filter shows it.
    """
    everyone = replace(directory, filter="")
    attributes = attributes_in(directory.filter)
    page = next(_pages(client, everyone, filter_of(everyone), attributes))
    for attribute in attributes:
        names = [entry.name for entry in page.entries if not entry.values.get(attribute.lower())]
        hidden: Sequence[str] | None = names
        if names and not is_always_there(attribute):
            hidden = (
                () if client.is_active_directory else _hidden_of(client, everyone, attribute, names, is_whole=False)
            )
        if hidden:
            raise _hidden(directory, attribute, hidden)


def _hidden_of(
    client: "LdapClient", directory: Directory, attribute: str, names: Sequence[str], is_whole: bool
) -> Sequence[str] | None:
    """The entries, of those that lack an attribute, where it may have a value that cannot be read.

    A server leaves out of a search for entries without an attribute those where it may not be searched for. None if the
    server does not say.
    """
    absent: set[str] = set()
    for page in _pages(client, directory, f"(&{filter_of(directory)}(!({attribute}=*)))", ()):
        absent.update(entry.name for entry in page.entries)
        if not is_whole and absent:
            return ()  # another page than the first of all entries
    doubtful = [name for name in names if name not in absent]
    answers = {client.may_read(name, attribute) for name in doubtful[:_MOST_COMPARED]}
    if answers <= {True}:
        return ()
    return doubtful if False in answers else None


def _hidden(directory: Directory, attribute: str, names: Sequence[str]) -> SourceAway:
    params = {"url": directory.url, "attribute": attribute, "name": short(directory.bind_as)}
    hints = [Message("grant-reading", params)]
    if attribute.lower() == "useraccountcontrol":
        hints.append(message("account-restrictions"))
    return SourceAway("attribute-hidden", hints, number=len(names), example=short(names[0]), **params)


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
        if client.is_active_directory and directory.kind not in ("active_directory", "custom"):
            raise BadInput("is-active-directory", "set-the-kind", url=directory.url)
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
    others: dict[str, None] = field(default_factory=dict)
    """The names of entries that are no person."""
    faults: dict[str, Message] = field(default_factory=dict)
    """By the name of the entry."""
    doubtful_ids: set[str] = field(default_factory=set)
    doubtful_logins: set[str] = field(default_factory=set)
    unreadable_times: int = 0
    lacking: dict[str, list[str]] = field(default_factory=dict)
    """The names of the entries without a value, by the attribute."""
    shown: dict[str, set[str]] = field(default_factory=dict)
    """By attribute, the containers where any entry has a value of it: rights are given for a container as a whole."""
    hidden: dict[str, frozenset[str]] = field(default_factory=dict)
    """Like `lacking`, as far as there may be a value that cannot be read."""
    unchecked: list[str] = field(default_factory=list)
    """Attributes of which the server does not say whether they may be read."""

    @property
    def people(self) -> int:
        return len(self.users) + len(self.faults)

    def read(
        self,
        client: "LdapClient",
        directory: Directory,
        progress: Callable[[int], None] | None = None,
        most: int = MOST_USERS,
    ) -> bool:
        """Read so many pages; returns whether there are more."""
        for number, page in enumerate(_pages(client, directory, filter_of(directory), self.naming.attributes), 1):
            for entry in page.entries:
                self.take(entry)
            self.references += page.references
            if progress is not None:
                progress(self.entries)
            if number >= most:
                return bool(page.cookie)
            if not page.is_paged and self.entries and self.entries % _ROUND == 0:
                self._check_end(client, directory)
        return False

    def _check_end(self, client: "LdapClient", directory: Directory) -> None:
        """Raise SourceAway if a server without pages stopped at a limit in silence: then it has others to send."""
        from ldap3.utils.conv import escape_filter_chars

        known = {name for _, name in self.users} | self.others.keys() | self.faults.keys()
        login = self.naming.login
        some = "".join(
            f"({login}={escape_filter_chars(user.login)})" for user in list(self.users.values())[:_MOST_LEFT_OUT]
        )
        if not some:
            return
        rest = client.page(directory.base, f"(&{filter_of(directory)}(!(|{some})))", (), PAGE, b"")
        if any(entry.name not in known for entry in rest.entries):
            params = {"url": directory.url, "name": short(directory.bind_as)}
            raise SourceAway(
                "search-cut-short", Message("raise-limit-or-narrow", params), number=self.entries, **params
            )

    def take(self, entry: Entry) -> None:
        """Take one entry, as a user, as a fault or as no person."""
        self.entries += 1
        lacking = self.naming.lacking(entry)
        for name in set(self.naming.attributes) - lacking:
            self.shown.setdefault(name, set()).add(container_of(entry.name))
        if not self.naming.is_person(entry):
            self.others[entry.name] = None
            return
        for name in lacking:
            self.lacking.setdefault(name, []).append(entry.name)
        try:
            user, time_is_read = self.naming.user(entry)
        except EntryFault as fault:
            self.faults[entry.name] = fault.reason
            self.doubtful_ids |= {fault.id} - {""}
            self.doubtful_logins |= {canonical_login(fault.login)} - {""}
            return
        self.unreadable_times += not time_is_read
        self.users[user.id, user.name] = user

    def listing(self) -> DirectoryListing:
        """Everything, once all pages are read."""
        twins: list[Message] = []
        users = self._distinct(map(self._with_unknown, self.users.values()), twins, "id")
        users = self._distinct(users, twins, "login")
        return DirectoryListing(
            users=tuple(users),
            faults=(*self.faults.values(), *twins),
            notes=tuple(self._notes()),
            doubtful_ids=frozenset(self.doubtful_ids),
            doubtful_logins=frozenset(self.doubtful_logins),
        )

    def _with_unknown(self, user: DirectoryUser) -> DirectoryUser:
        """The user, with the fields that may have another value than could be read."""
        naming = self.naming
        fields = {"full_name": next(iter(naming.full_name), ""), "description": naming.description}
        hidden = [name for name, attribute in fields.items() if user.name in self.hidden.get(attribute, ())]
        return replace(user, unknown=(*user.unknown, *hidden)) if hidden else user

    def _distinct(
        self, users: Iterable[DirectoryUser], faults: list[Message], field: Literal["id", "login"]
    ) -> list[DirectoryUser]:
        """The users with a value of their own in this field. Choosing one of several would be a guess."""
        alike: dict[str, list[DirectoryUser]] = {}
        for user in users:
            alike.setdefault(user.id if field == "id" else canonical_login(user.login), []).append(user)
        for same in alike.values():
            if len(same) == 1:
                continue
            names = [short(user.name) for user in same[:_MOST_NAMED]]
            params = {"number": len(same), "names": "; ".join(names), "more": len(same) - len(names)}
            faults.append(Message(f"entries-with-same-{field}", {field: short(getattr(same[0], field)), **params}))
            self.doubtful_ids |= {user.id for user in same}
            self.doubtful_logins |= {canonical_login(user.login) for user in same}
        return [same[0] for same in alike.values() if len(same) == 1]

    def _notes(self) -> Iterator[Message]:
        if not self.entries:
            yield message("directory-empty")
        if self.references:
            yield message("references-not-followed", number=self.references)
        if self.unreadable_times:
            yield message("logon-times-unreadable", number=self.unreadable_times)
        if garbled := sum(bool(user.unknown) for user in self.users.values()):
            yield message("values-not-text", number=garbled)
        if others := list(self.others):
            names = "; ".join(map(short, others[:_MOST_NAMED]))
            yield message("entries-not-people", number=len(others), names=names, more=len(others[_MOST_NAMED:]))
        if not self.naming.disabled:
            yield message("disabled-not-stated")
        for attribute in self.unchecked:
            yield message("absence-unchecked", attribute=attribute)
