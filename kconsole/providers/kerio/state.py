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
from kconsole.providers.kerio.assumptions import MAY_TAKE_LONG, NO_FIGURE, NO_RIGHTS, SEE_ALL_DOMAINS
from kconsole.providers.kerio.client import KerioClient
from kconsole.providers.kerio.errors import AnswerLate, CallRefused
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
        self._odd: set[str] = set()
        self._missing: list[Missing] = []

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

        version = reading.server_version(client)
        role = reading.own_role(client)
        if role not in SEE_ALL_DOMAINS:
            self._missing.append(Missing("other-domains", "", "own-domain-only"))
        mailboxes = later("mailbox-counts", reading.mailbox_counts)  # first: it may take long
        unlimited = reading.unlimited_constants(client)
        self._domains = self._pages.all_of(DOMAINS, reading.domain_reader(unlimited))
        domains = [pool.submit(self._domain, domain) for domain in self._domains]
        begun += domains
        started = later("server-start", reading.started_at)
        administrator = later("built-in-admin", reading.administrator)
        license_ = later("license", reading.license_state)
        extensions = later("extensions", reading.license_components)
        count = later("user-count", reading.user_count)

        def whole() -> ServerState:
            states = tuple(future.result() for future in domains)
            license_state, seats = license_.result(), None
            if license_state is not None:
                license_state = license_state._replace(components=extensions.result())
                seats = UNLIMITED if license_state.seats is None else license_state.seats
            return ServerState(
                version=version,
                role=role,
                started=started.result(),
                domains=states,
                has_all_domains=role in SEE_ALL_DOMAINS,
                administrator=administrator.result(),
                license=license_state,
                numbers=replace(
                    mailboxes.result() or ServerNumbers(),
                    licensed=seats,
                    current=count.result(),
                    domains=tuple(state.numbers for state in states if state.numbers is not None),
                ),
                missing=tuple(sorted(self._missing)),
                odd_logins=len(self._odd),
            )

        return whole

    def _domain(self, read: reading.ReadDomain) -> DomainState:
        pages, domain = self._pages, read.domain
        at, id_, odd = f"@{domain.name}", domain.server_id, set[str]()

        def others(kind: Kind, listing: Listing) -> tuple[Entry, ...]:
            return pages.all_of(listing, reading.other_reader(kind, at), id_)

        parts: tuple[tuple[Kind, Figure, Callable[[], tuple[Entry, ...]]], ...] = (
            ("user", "users", lambda: pages.all_of(USERS, reading.user_reader(at, odd), id_, self._count_users)),
            ("mailing_list", "mailing-lists", lambda: others("mailing_list", MAILING_LISTS)),
            ("resource", "resources", lambda: others("resource", RESOURCES)),
            ("alias", "aliases", lambda: tuple(_merged(others("alias", ALIASES)))),
        )
        entries: list[Entry] = []
        complete: set[Kind] = set()
        for kind, figure, reader in parts:
            found = self._figure(figure, reader, domain.name, NO_RIGHTS)
            if found is not None:
                entries += found
                complete.add(kind)
        numbers = self._figure("user-count", lambda: reading.domain_numbers(self._client, domain), domain.name)
        with self._lock:
            self._done += 1
            self._odd |= odd
        return DomainState(domain, tuple(entries), frozenset(complete), numbers, read.directory)

    def _figure(
        self, figure: Figure, reader: Callable[[], _T | None], domain: str = "", may_lack: frozenset[int] = NO_FIGURE
    ) -> _T | None:
        """What a reader reads; None where the login may not or the server does not say, which is noted as missing."""
        try:
            read = reader()
            if read is not None:
                return read
            missing = Missing(figure, domain, "not-given")
        except CallRefused as refused:
            if refused.error.number not in may_lack:
                raise
            missing = Missing(figure, domain, refused.reason, refused.error.said)
        except AnswerLate as late:
            if late.method not in MAY_TAKE_LONG:
                raise
            missing = Missing(figure, domain, "late")
        with self._lock:
            self._missing.append(missing)
        return None

    def _count_users(self, came: int) -> None:
        with self._lock:
            self._users += came


def _merged(aliases: Iterable[Entry]) -> Iterator[Entry]:
    """Aliases with one entry for each address, which delivers to all that its rows name."""
    merged: dict[str, Entry] = {}
    for alias in aliases:
        first = merged.setdefault(canonical_address(alias.address), alias)
        more = tuple(each for each in alias.delivers_to if each not in first.delivers_to)
        if more:
            merged[canonical_address(alias.address)] = replace(first, delivers_to=(*first.delivers_to, *more))
    yield from merged.values()
