"""A second product behind the seam: a small mail server in memory, which counts otherwise than Kerio Connect.

Suspended accounts free their seat at once, and so do deleted ones, without a restart. Shared mailboxes take none. Its
roles are member, operator and owner; it changes one account at a time, and always keeps deleted mailboxes.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from msgspec.structs import replace

from kconsole.core.errors import BadInput, SourceAway
from kconsole.core.records import Domain, Entry, fold
from kconsole.core.server import DomainNumbers, ServerAccess, ServerNumbers
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import Secret
from kconsole.providers.base import (
    USUAL_TIMEOUTS,
    Answer,
    AnswerLost,
    Applied,
    Cancelled,
    Capabilities,
    Create,
    CreateAlias,
    Delete,
    Denied,
    Disable,
    DomainState,
    Enable,
    LicenseState,
    NotLetIn,
    Progress,
    ServerRefused,
    ServerState,
    Step,
    Timeouts,
)

CAPABILITIES: Final = Capabilities(
    product="Maildesk",
    most_at_once=1,
    ranks={"user": 0, "member": 0, "account_admin": 1, "operator": 1, "full_admin": 2, "owner": 2},
    mailbox_fates=frozenset({"keep"}),
)

Trouble = Literal["away", "lost", "lost, and done", "not understood"]


@dataclass
class Desk:
    """The server: what is on it, and what goes wrong with the next step."""

    password: str = "open sesame"
    seats: int | None = 10
    domains: dict[str, str] = field(default_factory=dict)
    """Names by id."""
    accounts: dict[str, Entry] = field(default_factory=dict)
    """By id; a shared mailbox is a resource."""
    trouble: Trouble | None = None
    logins: int = 0
    steps: list[Step] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add_domain(self, name: str) -> str:
        id_ = f"domain-{next(self._ids)}"
        self.domains[id_] = name
        return id_

    def add(self, address: str, **fields: object) -> str:
        id_ = f"account-{next(self._ids)}"
        self.accounts[id_] = Entry(address=address, server_id=id_, **fields)  # type: ignore[arg-type]
        return id_

    def at(self, address: str) -> Entry | None:
        return next((each for each in self.accounts.values() if fold(each.address) == fold(address)), None)

    def used(self, domain: str = "") -> int:
        return sum(
            each.enabled and each.kind == "user" and domain in ("", each.domain) for each in self.accounts.values()
        )

    @property
    def is_full(self) -> bool:
        return self.seats is not None and self.used() >= self.seats


DESKS: dict[str, Desk] = {}
"""The servers that can be reached, by URL."""


class DeskServer:
    """A session with a desk."""

    def __init__(self, access: ServerAccess, desk: Desk, cancel: Flag | None) -> None:
        self.access = access
        self._desk = desk
        self._cancel = cancel

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def read(self, progress: Callable[[Progress], None] | None = None) -> ServerState:
        states: list[DomainState] = []
        for done, (id_, name) in enumerate(self._desk.domains.items()):
            self._check_cancelled()
            if self._desk.trouble == "away":
                raise SourceAway("connection-cut", url=self.access.url)
            entries = [each for each in self._desk.accounts.values() if each.domain == name]
            entries.sort(key=lambda entry: entry.kind != "user")
            domain = Domain(name=name, primary=not states, server_id=id_)
            numbers = DomainNumbers(name=name, current=self._desk.used(name), allowed=None)
            states.append(
                DomainState(domain, tuple(entries), frozenset({"user", "resource", "mailing_list", "alias"}), numbers)
            )
            if progress is not None:
                progress(Progress(done + 1, len(self._desk.domains), len(entries)))
        numbers_of_domains = tuple(state.numbers for state in states if state.numbers is not None)
        return ServerState(
            version="3.1",
            role="owner",
            started=datetime(2026, 1, 1, tzinfo=UTC),
            domains=tuple(states),
            has_all_domains=True,
            administrator=None,
            license=LicenseState(self._desk.seats, kind="registered", expires="never"),
            numbers=ServerNumbers(licensed=self._desk.seats, current=self._desk.used(), domains=numbers_of_domains),
        )

    def started(self) -> datetime | None:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def apply(self, step: Step) -> Answer:
        self._check_cancelled()
        trouble, self._desk.trouble = self._desk.trouble, None
        if trouble == "away":
            raise SourceAway("connection-refused", url=self.access.url, port=0)
        if trouble == "not understood":
            raise ServerRefused("not-understood", self.access.url)
        self._desk.steps.append(step)
        answer = () if trouble == "lost" else self._applied(step)
        return answer if trouble is None else AnswerLost("connection-cut", url=self.access.url)

    def find(self, domain_id: str, login: str, server_id: str = "") -> Entry | None:
        if self._desk.trouble == "away":
            raise SourceAway("connection-cut", url=self.access.url)
        name = self._desk.domains.get(domain_id, "")
        of_domain = [each for each in self._desk.accounts.values() if each.domain == name]
        found = next(
            (
                each
                for each in of_domain
                if each.server_id == server_id or (not server_id and fold(each.login) == fold(login))
            ),
            None,
        )
        return None if found is None else replace(found, address=found.login)

    def find_alias(self, domain_id: str, login: str, deliver_to: str) -> Entry | None:
        del domain_id, login, deliver_to
        return None

    def _applied(self, step: Step) -> tuple[Applied | Denied, ...]:
        if isinstance(step, Create):
            return (self._created(step),)
        if isinstance(step, CreateAlias):
            return (Denied("other", "It has no aliases."),)
        assert len(step.ids) <= CAPABILITIES.most_at_once
        return tuple(self._changed(id_, step) for id_ in step.ids)

    def _created(self, step: Create) -> Applied | Denied:
        name = self._desk.domains.get(step.domain_id)
        if name is None:
            return Denied("not-there")
        if self._desk.at(f"{step.login}@{name}") is not None:
            return Denied("exists", "Taken.")
        if self._desk.is_full:
            return Denied("license-full", "Buy more.")
        return Applied(self._desk.add(f"{step.login}@{name}", full_name=step.full_name, enabled=step.enabled))

    def _changed(self, id_: str, step: Disable | Enable | Delete) -> Applied | Denied:
        account = self._desk.accounts.get(id_)
        if account is None:
            return Denied("not-there", "Who?")
        if isinstance(step, Delete):
            del self._desk.accounts[id_]
        elif isinstance(step, Enable) and not account.enabled and self._desk.is_full:
            return Denied("license-full", "Buy more.")
        else:
            self._desk.accounts[id_] = replace(account, enabled=isinstance(step, Enable))
        return Applied(id_)

    def _check_cancelled(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled("server-cancelled", server=self.access.url)


class DeskProvider:
    """The way to a desk."""

    def check(self, access: ServerAccess) -> None:
        if not access.url.startswith("desk://"):
            raise BadInput("address-invalid", url=access.url)

    @contextmanager
    def connected(
        self, access: ServerAccess, secret: Secret, cancel: Flag | None = None, timeouts: Timeouts = USUAL_TIMEOUTS
    ) -> Iterator[DeskServer]:
        del timeouts
        self.check(access)
        if not secret:
            raise BadInput("password-missing", user=access.user)
        desk = DESKS.get(access.url)
        if desk is None:
            raise SourceAway("connection-refused", url=access.url, port=0)
        if secret.reveal() != desk.password:
            raise NotLetIn("login-failed", server=access.url, user=access.user)
        desk.logins += 1
        yield DeskServer(access, desk, cancel)

    def prepare(self) -> None:
        """Nothing takes long to import."""


PROVIDER: Final = DeskProvider()

METADATA: Final = "Metadata-Version: 2.1\nName: kconsole-desk\nVersion: 1.0\n"
ENTRY_POINTS: Final = "[kconsole.providers]\ndesk = tests.providers.other:PROVIDER\n"
