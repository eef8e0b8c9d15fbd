"""The JSON documents that commands print, as pydantic models: the source of `kconsole schema`.

Imported by that command only, and by the tests, which hold what commands print against it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kconsole.core.license import ComponentName
from kconsole.core.records import Kind, Origin, Role
from kconsole.core.reports import State
from kconsole.licensing.lifecycle import LicenseState
from kconsole.operations.config_model import Config
from kconsole.operations.dumps import dump_schema


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Warning_(_Document):
    """Something an administrator should know now."""

    code: str
    text: str


class Ending(_Document):
    """Something of the license that ends on a day, or has ended."""

    what: str
    """trial, maintenance, license, grace, or the name of a component."""
    on: date
    days_left: int
    """0 on the last day, negative afterwards."""
    over: bool
    warned_at: int | None


class Component(_Document):
    """An optional component of the license, with its use."""

    name: ComponentName
    expires: date | None
    seats: int | None
    users: int
    over: int
    """Users beyond its seats."""


class Update(_Document):
    """Seats or components that were bought and have not arrived at the server."""

    bought_at: datetime
    seats: int
    components: list[ComponentName]
    due_at: datetime
    overdue: bool
    steps: list[str]
    """What to do about an overdue update."""


class Registration(_Document):
    """What the license is bound to."""

    registered_at: datetime | None
    activated_at: datetime | None
    id_end: str
    """The last characters of the license ID. The whole ID is a secret."""
    id: str
    """The ID with all others masked; empty if it is not known."""


class Life(_Document):
    """The state of the license, and what ends when."""

    state: LicenseState
    word: str
    meaning: str
    allows: str
    next: str
    source: str
    suspended: bool
    expired: bool
    endings: list[Ending]
    components: list[Component]
    update: Update | None
    registration: Registration
    warnings: list[Warning_]


class LicenseSeats(_Document):
    """The license."""

    seats: int | None
    """Null is without limit."""
    id_end: str


class ServerAge(_Document):
    """The age of what is known of the server."""

    name: str
    synced_at: datetime | None
    age_seconds: int | None
    unread: list[str]
    """Figures that the login could not read, and why."""
    uncounted: list[str]
    """Domains whose users could not be read."""
    open: list[str]
    """Addresses of unconfirmed changes."""


class Seats(_Document):
    """The figures of the license. Null is without limit."""

    limit: int | None
    counted: int
    held: int
    """Seats of deleted accounts, until the server is restarted."""
    used: int
    free: int | None
    over: int
    connected: int
    latent: int
    """Counted accounts without a mailbox."""
    locked_out: int
    """Accounts that would be refused at login."""
    state: State


class DomainSeats(_Document):
    """The figures of a domain. Null is without limit."""

    name: str
    created: int
    counted: int
    held: int
    disabled: int
    connected: int
    limit: int | None
    free: int | None


class Status(_Document):
    """What `kconsole status --json` prints."""

    schema_: Literal[1] = Field(alias="schema")
    as_of: datetime
    license: LicenseSeats
    life: Life
    server: ServerAge | None
    """Null if no server is configured."""
    seats: Seats
    domains: list[DomainSeats]
    warnings: list[Warning_]


class Login(_Document):
    """A login."""

    at: datetime
    protocol: str


class Account(_Document):
    """An entry, one of the list that `kconsole accounts --json` prints."""

    address: str
    login: str
    domain: str
    full_name: str
    description: str
    kind: Kind
    origin: Origin
    enabled: bool
    role: Role
    mailbox: bool
    last_login: Login | None
    """Null if it never logged in."""
    seat: bool
    """Whether it takes a seat."""
    verdict: str
    """The code of the rule that decides."""
    because: str
    """The rule in words."""


class Explanation(Account):
    """An entry with its rule, one of the list that `kconsole explain --json` prints."""

    source: str
    """The document that the rule is from."""
    deleted_at: datetime | None
    held: bool
    """Whether it is deleted and holds a seat until the server is restarted."""
    may_connect: bool
    may_connect_because: str


class Claims(_Document):
    """What the operator, or the environment, claims."""

    as_: str | None = Field(alias="as")
    sudo_user: str | None
    ssh_connection: str | None


class Refused(_Document):
    """Something that a guard or the server refused."""

    address: str | None
    """Null for the whole operation."""
    code: str
    text: str


class SeatChange(_Document):
    """Seats used before and after."""

    before: int
    after: int


class LogLine(_Document):
    """A line of the log, one of the list that `kconsole log --json` prints."""

    sequence: int
    at: datetime
    operator: str
    claims: Claims
    session: str
    """A random name of the run of kconsole that made the change."""
    operation: str = Field(alias="deed")
    reason: str
    accounts: list[str]
    changes: int
    refused: list[str]
    """The refusals in words."""
    refusals: list[Refused]
    seats: SeatChange | None
    undoes: int | None
    """The line that this one undoes."""


class Access(_Document):
    """How the server is reached."""

    url: str
    user: str
    ca_file: str
    fingerprint: str
    insecure: bool
    provider: str = "kerio"


class DomainNumbers(_Document):
    """The server's own figures of a domain."""

    name: str
    current: int
    allowed: int | None


class ServerNumbers(_Document):
    """The server's own figures. Null is what could not be read."""

    licensed: int | None
    """-2 is without limit."""
    current: int | None
    active: int | None
    created: int | None
    domains: list[DomainNumbers]


class Server(_Document):
    """The server that the store follows."""

    name: str
    access: Access
    synced_at: datetime | None
    started_at: datetime | None
    version: str
    role: str
    unread: list[str]
    uncounted: list[str]
    notes: list[str]
    numbers: ServerNumbers | None


class ServerAnswer(_Document):
    """What `kconsole server --json` prints."""

    schema_: Literal[1] = Field(alias="schema")
    server: Server


_PRINTED: Final[Mapping[str, Any]] = {
    "status": Status,
    "accounts": list[Account],
    "explain": list[Explanation],
    "log": list[LogLine],
    "server": ServerAnswer,
    "config": Config,
}


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a document.

    Raises:
        KeyError: there is no document of this name.
    """
    schema = dump_schema() if name == "dump" else TypeAdapter(_PRINTED[name]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
