"""Reads all that a sync needs: whole, or with the parts named that the login may not read, or not at all."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError, SourceAway
from kconsole.core.identity import canonical_address
from kconsole.core.records import Entry, Kind
from kconsole.core.server import UNLIMITED, ServerNumbers
from kconsole.net.deadlines import Flag
from kconsole.providers.base import Cancelled, DomainState, Figure, Missing, Progress, ServerState
from kconsole.providers.kerio import reading
from kconsole.providers.kerio.assumptions import BUSY, MAY_TAKE_LONG, MOST_LISTS, NO_RIGHTS, SEE_ALL_DOMAINS
from kconsole.providers.kerio.client import KerioClient
from kconsole.providers.kerio.errors import AnswerLate, AnswerStrange, CallRefused
from kconsole.providers.kerio.pages import ALIASES, DOMAINS, MAILING_LISTS, RESOURCES, USERS, Listing, Pages

AT_A_TIME: Final = 4
"""Domains that are read at the same time."""

_POLL: Final = 0.1
"""Seconds between two reports of progress."""

_T = TypeVar("_T")


class Stop(threading.Event):
    """Set when a part of the reading fails, and when the user cancels."""

    def __init__(self, cancel: Flag | None) -> None:
        super().__init__()
        self._cancel = cancel

    def is_set(self) -> bool:
        return super().is_set() or (self._cancel is not None and self._cancel.is_set())


def read_state(client: KerioClient, stop: Stop, page: int, progress: Callable[[Progress], None] | None) -> ServerState:
    """Read everything. See `MailServer.read`.

    When a part fails, `stop` is set: that ends the calls of the client, which is of no use then.
    """
    with ThreadPoolExecutor(AT_A_TIME, "kerio") as pool:
        reader = _Reader(client, page)
        begun: list[Future[Any]] = []
        try:
            whole = reader.begin(pool, begun)
            _wait_for(begun, stop, lambda: progress(reader.progress) if progress is not None else None)
            return whole()
        except CallRefused as refused:
            error: ConsoleError = _not_readable(client, refused)
        except BaseException:
            stop.set()
            raise
        finally:
            for future in begun:
                future.cancel()
        stop.set()
        raise error


def _not_readable(client: KerioClient, refused: CallRefused) -> SourceAway:
    if refused.error.number not in NO_RIGHTS:
        return SourceAway(refused.happened, "maybe-old-or-new", refused.details)
    happened = message("login-may-not-read", server=client.origin, user=client.access.user)
    return SourceAway(happened, "log-in-as-auditor", refused.details)


def _wait_for(begun: list[Future[Any]], stop: Stop, report: Callable[[], None]) -> None:
    """Wait until all is done. Raises the first error."""
    left = set(begun)
    while left:
        done, left = wait(left, _POLL, FIRST_COMPLETED)
        for future in done:
            future.result()
        report()
        if stop.is_set():
            raise Cancelled("reading-cancelled")


class _Reader:
    """What is being read, by several threads."""

    def __init__(self, client: KerioClient, page: int) -> None:
        self._client = client
        self._pages = Pages(client, page)
        self._lock = threading.Lock()
        self._domains: tuple[reading.ReadDomain, ...] = ()
        self._done = 0
        self._users = 0
        self._noticed = reading.Noticed()
        self._missing: list[Missing] = []
        self._no_users: ConsoleError | None = None
        """Why the users of some domain could not be read, if it is not for lack of rights."""

    @property
    def progress(self) -> Progress:
        return Progress(self._done, len(self._domains), self._users)

    def begin(self, pool: ThreadPoolExecutor, begun: list[Future[Any]]) -> Callable[[], ServerState]:
        """Begin to read everything; returns what makes the state when all that has begun is done."""
        client = self._client

        def later(figure: Figure, read: Callable[[KerioClient], _T | None]) -> Future[_T | None]:
            future = pool.submit(lambda: self._figure(figure, lambda: read(client)))
            begun.append(future)
            return future

        login = reading.own_login(client)
        mailboxes = later("mailbox-counts", reading.mailbox_counts)  # first: it may take long
        version = later("version", reading.server_version)
        unlimited = reading.unlimited_constants(client)
        self._domains = self._pages.all_of(DOMAINS, reading.domain_reader(unlimited))
        domains = [pool.submit(self._domain, domain) for domain in self._domains]
        begun += domains
        started = later("server-start", reading.start)
        administrator = later("built-in-admin", reading.administrator)
        license_ = later("license", reading.license_state)
        extensions = later("extensions", reading.license_components)
        count = later("user-count", reading.user_count)

        def whole() -> ServerState:
            states = tuple(future.result() for future in domains)
            if self._no_users is not None and not any("user" in each.complete for each in states):
                raise self._no_users
            license_state, seats = license_.result(), None
            if license_state is not None:
                license_state = license_state._replace(components=extensions.result())
                seats = UNLIMITED if license_state.seats is None else license_state.seats
                if license_state.seats_unknown:
                    self._note(Missing("license-seats", "", "strange"))
                    seats = None
            numbers = replace(
                mailboxes.result() or ServerNumbers(),
                licensed=seats,
                current=count.result(),
                domains=tuple(state.numbers for state in states if state.numbers is not None),
            )
            has_all = login.role in SEE_ALL_DOMAINS and login.server_id not in self._noticed.restricted
            if not has_all:
                self._note(Missing("other-domains", "", "own-domain-only"))
            elif self._is_short(states, numbers):
                has_all = False
                states = tuple(each._replace(complete=each.complete - {"user"}) for each in states)
            start = started.result()
            return ServerState(
                version=version.result() or "",
                role=login.role,
                started=None if start is None else start.at,
                uptime=None if start is None else start.uptime,
                domains=self._with_moderators(self._with_homes(states)),
                has_all_domains=has_all,
                administrator=administrator.result(),
                license=license_state,
                numbers=numbers,
                missing=tuple(sorted(self._missing)),
                odd_logins=len(self._noticed.odd),
                silent=self._noticed.silent,
            )

        return whole

    def _domain(self, read: reading.ReadDomain) -> DomainState:
        pages, domain = self._pages, read.domain
        at, id_, noticed = f"@{domain.name}", domain.server_id, reading.Noticed()

        def users() -> tuple[Entry, ...]:
            return pages.all_of(USERS, reading.user_reader(at, noticed), id_, self._count_users)

        def others(kind: Kind, listing: Listing) -> tuple[Entry, ...]:
            return pages.all_of(listing, reading.other_reader(kind, at), id_)

        parts: tuple[tuple[Kind, Figure, Callable[[], tuple[Entry, ...]]], ...] = (
            ("user", "users", users),
            ("mailing_list", "mailing-lists", lambda: others("mailing_list", MAILING_LISTS)),
            ("resource", "resources", lambda: others("resource", RESOURCES)),
            ("alias", "aliases", lambda: tuple(_merged(others("alias", ALIASES)))),
        )
        listed = {kind: self._figure(figure, reader, domain.name) for kind, figure, reader in parts}
        numbers = self._figure("user-count", lambda: reading.domain_numbers(self._client, domain), domain.name)
        is_sure = read.directory is not None and (USERS, id_) not in pages.uncounted
        if numbers is not None and not is_sure and _is_less(listed["user"], numbers.current):
            listed["user"] = self._figure("users", users, domain.name)  # they may be more or fewer by now
        complete = {kind for kind, found in listed.items() if found is not None}
        if numbers is not None and not is_sure and _is_less(found := listed["user"], numbers.current):
            complete.discard("user")
            self._note(Missing("users", domain.name, "contradicted", "", len(found or ()), numbers.current))
        with self._lock:
            self._done += 1
            self._noticed.odd |= noticed.odd
            self._noticed.restricted |= noticed.restricted
            self._noticed.homes |= noticed.homes
            self._noticed.silent |= noticed.silent
        entries = tuple(entry for found in listed.values() for entry in found or ())
        return DomainState(domain, entries, frozenset(complete), numbers, read.directory)

    def _is_short(self, states: tuple[DomainState, ...], numbers: ServerNumbers) -> bool:
        """Whether the server counts more users than it listed; noted then. A directory's users may be counted as well.

        Where mailing lists and resources count as users, they were listed too.
        """
        is_sure = not self._pages.uncounted and any(each.directory is not None for each in states)
        counted = max(numbers.created or 0, numbers.current or 0)
        listed = sum(entry.kind != "alias" for each in states for entry in each.entries)
        if is_sure or listed >= counted or not all("user" in each.complete for each in states):
            return False
        again = self._figure("mailbox-counts", lambda: reading.mailbox_counts(self._client))
        counted = min(counted, max((again and again.created) or counted, numbers.current or 0))
        if listed >= counted:
            return False
        for each in states:
            self._note(Missing("users", each.domain.name, "contradicted", "", listed, counted))
        return True

    def _with_homes(self, states: tuple[DomainState, ...]) -> tuple[DomainState, ...]:
        """The domains, with those users marked whose mailbox is on another server of a distributed domain."""
        homes = self._noticed.homes
        if not homes:
            return states
        own = self._figure("home-server", lambda: reading.own_server_id(self._client))
        if own is None:
            for id_ in homes:
                self._noticed.silent[id_] = self._noticed.silent.get(id_, frozenset()) | {"home"}
        away = {id_ for id_, (server, _) in homes.items() if own is not None and server != own}

        def marked(entry: Entry) -> Entry:
            return replace(entry, origin="other_server") if entry.server_id in away else entry

        return tuple(each._replace(entries=tuple(map(marked, each.entries))) for each in states)

    def _with_moderators(self, states: tuple[DomainState, ...]) -> tuple[DomainState, ...]:
        """The domains, with the moderators of mailing lists, who may be users of other domains.

        They take a call for each list, so of too many none is asked for.
        """
        lists = [entry.server_id for each in states for entry in each.entries if entry.kind == "mailing_list"]
        found: dict[str, tuple[reading.Moderator, ...]] | None = None
        if len(lists) <= MOST_LISTS:
            found = self._figure("moderators", lambda: {id_: reading.moderators(self._client, id_) for id_ in lists})
        if found is None:
            self._noticed.silent |= dict.fromkeys(lists, frozenset({"moderators"}))
            return states
        if not any(found.values()):
            return states
        addresses = {entry.server_id: entry.address for each in states for entry in each.entries}

        def moderated(entry: Entry) -> Entry:
            known = (addresses.get(each.user_id) or each.address for each in found.get(entry.server_id, ()))
            return replace(entry, moderators=named) if (named := tuple(filter(None, known))) else entry

        return tuple(each._replace(entries=tuple(map(moderated, each.entries))) for each in states)

    def _figure(self, figure: Figure, reader: Callable[[], _T | None], domain: str = "") -> _T | None:
        """What a reader reads; None where the login may not or the server does not say, which is noted as missing."""
        try:
            read = reader()
            if read is not None:
                return read
            missing = Missing(figure, domain, "not-given")
        except CallRefused as refused:
            missing = Missing(figure, domain, refused.reason, refused.error.said)
            if figure == "users" and refused.error.number not in NO_RIGHTS:
                self._no_users = _not_readable(self._client, refused)
        except AnswerStrange as strange:
            missing = Missing(figure, domain, "busy" if strange.problem in BUSY else "strange")
            if figure == "users":
                self._no_users = strange
        except AnswerLate as late:
            if late.method not in MAY_TAKE_LONG:
                raise
            missing = Missing(figure, domain, "late")
        self._note(missing)
        return None

    def _note(self, missing: Missing) -> None:
        with self._lock:
            self._missing.append(missing)

    def _count_users(self, came: int) -> None:
        with self._lock:
            self._users += came


def _is_less(listed: tuple[Entry, ...] | None, counted: int) -> bool:
    return listed is not None and len(listed) < counted


def _merged(aliases: Iterable[Entry]) -> Iterator[Entry]:
    """Aliases with one entry for each address, which delivers to all that its rows name."""
    merged: dict[str, Entry] = {}
    for alias in aliases:
        first = merged.setdefault(canonical_address(alias.address), alias)
        more = tuple(each for each in alias.delivers_to if each not in first.delivers_to)
        if more:
            merged[canonical_address(alias.address)] = replace(first, delivers_to=(*first.delivers_to, *more))
    yield from merged.values()
