"""All that a sync needs, read at once: whole, or with the parts named that the role may not read, or not at all."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from kconsole.core.codes import short
from kconsole.core.errors import ConsoleError, SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.kerio import reading
from kconsole.providers.kerio.assumptions import MAY_TAKE_LONG, NO_FIGURE, NO_RIGHTS, SEE_ALL_DOMAINS
from kconsole.providers.kerio.connection import CALL_TIMEOUT, CONNECT_TIMEOUT, connected
from kconsole.providers.kerio.errors import AnswerLate, Cancelled, ServerRefused, reason_of
from kconsole.providers.kerio.pages import ALIASES, DOMAINS, MAILING_LISTS, PAGE, RESOURCES, USERS, Pages
from kconsole.providers.kerio.records import (
    Administrator,
    LicenseStatus,
    MailboxCount,
    ServerAlias,
    ServerDomain,
    ServerList,
    ServerResource,
    ServerUser,
    ServerVersion,
    UserCount,
    WhoAmI,
)

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from kconsole.providers.kerio.client import KerioClient

AT_A_TIME: Final = 4
"""Domains that are read at the same time."""

_LOOK: Final = 0.1
"""Seconds between two looks at how far it is."""

_T = TypeVar("_T")


class Progress(NamedTuple):
    """How far a reading is."""

    domains_done: int
    domains: int
    users: int


THE_USERS: Final = "the users"
"""What is not read where it is not known who takes a seat in a domain."""


class Unread(NamedTuple):
    """What could not be read, while all else was."""

    figure: str
    """What, in our words: `the license`, `the users`, ..."""
    domain: str
    """The domain's name, which is text from outside; empty for a figure of the whole server."""
    reason: str
    """Why, as a clause in our words."""
    said: str = ""
    """The same in the server's; text from outside, and may be empty."""


class DomainContents(NamedTuple):
    """A domain and what is in it. None stands for what could not be read, and is no empty list."""

    domain: ServerDomain
    users: tuple[ServerUser, ...] | None
    mailing_lists: tuple[ServerList, ...] | None
    resources: tuple[ServerResource, ...] | None
    aliases: tuple[ServerAlias, ...] | None
    user_count: UserCount | None


class ServerSnapshot(NamedTuple):
    """A server as it was while it was read. None stands for what could not be read; `unread` says why."""

    version: ServerVersion
    started: datetime | None
    who: WhoAmI
    domains: tuple[DomainContents, ...]
    administrator: Administrator | None
    license: LicenseStatus | None
    extensions: tuple[str, ...] | None
    mailboxes: MailboxCount | None
    user_count: UserCount | None
    unread: tuple[Unread, ...]

    @property
    def has_all_domains(self) -> bool:
        """Whether a domain that is not here is not on the server either."""
        return self.who.role in SEE_ALL_DOMAINS

    @property
    def odd_times(self) -> int:
        """How many last logins are beyond the calendar; they count as unknown, and not as never."""
        return sum(user.last_login_odd for contents in self.domains for user in contents.users or ())


def read_server(
    server: ServerAccess,
    secret: Secret,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    call_timeout: float = CALL_TIMEOUT,
    page: int = PAGE,
) -> ServerSnapshot:
    """Everything that a sync needs.

    Args:
        server: where it is, and who logs in.
        secret: his password.
        progress: told in the calling thread how far it is, a few times a second.
        cancel: when it is set, the reading ends in `Cancelled`.
        connect_timeout: seconds until the server must have answered at all.
        call_timeout: seconds until it must have answered a call.
        page: users that are asked for at a time.

    Raises:
        BadInput, NotLetIn: as `connected`.
        SourceAway: it cannot be reached, did not answer as it should, changed too fast, or gives no list of domains.
        Cancelled: somebody called it off.
    """
    from concurrent.futures import ThreadPoolExecutor

    stop = _Stop(cancel)
    with (
        connected(server, secret, stop, connect_timeout=connect_timeout, call_timeout=call_timeout) as line,
        ThreadPoolExecutor(AT_A_TIME, "kerio") as pool,
    ):
        harvest = _Harvest(line, page)
        begun: list[Future[object]] = []
        try:
            snapshot = harvest.begin(pool, begun)
            _await(begun, stop, lambda: progress(harvest.progress) if progress is not None else None)
            return snapshot()
        except ServerRefused as error:
            what = f"{line.origin} refused what has to be read: {reason_of(error.number)}."
            hint = "Look into the server's error log; it may be too old for this, or too new."
            if error.number in NO_RIGHTS:
                what = f"{line.origin} does not let {short(server.user)} read what is needed."
                hint = "Log in as somebody who may: an Auditor may read the whole administration."
            trouble: ConsoleError = SourceAway(what, hint, error.details)
        except BaseException:
            stop.set()
            raise
        finally:
            _stop_rest(begun)
        stop.set()
        raise trouble


def _stop_rest(begun: "list[Future[object]]") -> None:
    """Begin nothing that has not begun yet."""
    for future in begun:
        future.cancel()


def _await(
    begun: "list[Future[object]]",
    stop: "_Stop",
    look: Callable[[], None],
) -> None:
    """Wait until all is done, or something has gone wrong. Whatever goes wrong first is what is told."""
    from concurrent.futures import FIRST_COMPLETED, wait

    left = set(begun)
    while left:
        done, left = wait(left, _LOOK, FIRST_COMPLETED)
        for future in done:
            future.result()
        look()
        if stop.is_set():
            raise Cancelled("The reading of the server was called off.")


class _Stop:
    """Whether to go on: not if somebody called it off, and not if something has gone wrong."""

    def __init__(self, cancel: threading.Event | None) -> None:
        self._own = threading.Event()
        self._cancel = cancel

    def set(self) -> None:
        """Something has gone wrong."""
        self._own.set()

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._own.is_set() or (self._cancel is not None and self._cancel.is_set())


class _Harvest:
    """What is being read. Its parts are read by several threads."""

    def __init__(self, line: "KerioClient", page: int) -> None:
        self._line = line
        self._pages = Pages(line, page)
        self._lock = threading.Lock()
        self._domains: tuple[ServerDomain, ...] = ()
        self._done = 0
        self._users = 0
        self._unread: list[Unread] = []

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self._done, len(self._domains), self._users)

    def begin(self, pool: "ThreadPoolExecutor", begun: "list[Future[object]]") -> Callable[[], ServerSnapshot]:
        """Begin to read everything.

        Returns:
            What makes the snapshot when all that has begun is done.
        """

        def later(job: Callable[[], _T]) -> "Future[_T]":
            future = pool.submit(job)
            begun.append(future)  # type: ignore[arg-type]  # nobody asks these for their results
            return future

        line = self._line
        version = reading.server_version(line)
        who = reading.who_am_i(line)
        if who.role not in SEE_ALL_DOMAINS:
            self._unread.append(Unread("other domains", "", "who logs in may be shown his own only"))
        mailboxes = later(lambda: self._figure("the numbers of mailboxes", lambda: reading.mailbox_count(line)))
        unlimited = reading.unlimited_constants(line)
        self._domains = self._pages.all_of(DOMAINS, reading.domain_reader(unlimited))
        contents = [later(lambda domain=domain: self._contents(domain)) for domain in self._domains]  # type: ignore[misc]
        started = later(lambda: self._figure("the start of the server", lambda: reading.started_at(line)))
        admin = later(lambda: self._figure("the built-in administrator", lambda: reading.administrator(line)))
        license_ = later(lambda: self._figure("the license", lambda: reading.license_status(line)))
        extensions = later(lambda: self._figure("the extensions", lambda: reading.license_extensions(line)))
        count = later(lambda: self._figure("the number of users", lambda: reading.whole_count(line)))
        return lambda: ServerSnapshot(
            version=version,
            started=started.result(),
            who=who,
            domains=tuple(future.result() for future in contents),
            administrator=admin.result(),
            license=license_.result(),
            extensions=extensions.result(),
            mailboxes=mailboxes.result(),
            user_count=count.result(),
            unread=tuple(sorted(self._unread)),
        )

    def _contents(self, domain: ServerDomain) -> DomainContents:
        pages, id_ = self._pages, domain.id

        def part(figure: str, reader: Callable[[], _T]) -> _T | None:
            return self._figure(figure, reader, domain.name, NO_RIGHTS)

        contents = DomainContents(
            domain=domain,
            users=part(THE_USERS, lambda: pages.all_of(USERS, reading.read_user, id_, self._count_users)),
            mailing_lists=part("the mailing lists", lambda: pages.all_of(MAILING_LISTS, reading.read_list, id_)),
            resources=part("the resources", lambda: pages.all_of(RESOURCES, reading.read_resource, id_)),
            aliases=part("the aliases", lambda: pages.all_of(ALIASES, reading.read_alias, id_)),
            user_count=self._figure(
                "the number of users", lambda: reading.domain_count(self._line, id_), domain.name, NO_FIGURE
            ),
        )
        with self._lock:
            self._done += 1
        return contents

    def _figure(
        self, figure: str, reader: Callable[[], _T | None], domain: str = "", may_lack: frozenset[int] = NO_FIGURE
    ) -> _T | None:
        """What a reader reads; None where the role may not, or the server does not tell, which is remembered."""
        try:
            read = reader()
            if read is not None:
                return read
            unread = Unread(figure, domain, "the server does not tell it")
        except ServerRefused as error:
            if error.number not in may_lack:
                raise
            unread = Unread(figure, domain, reason_of(error.number), error.said)
        except AnswerLate as error:
            if error.method not in MAY_TAKE_LONG:
                raise
            unread = Unread(figure, domain, "the server did not answer in time")
        with self._lock:
            self._unread.append(unread)
        return None

    def _count_users(self, came: int) -> None:
        with self._lock:
            self._users += came
