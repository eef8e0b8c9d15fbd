"""What reports hold: their rows, in columns that are always the same, and what stands on each of them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from kconsole.core.codes import Message

ReportKind = Literal["seats", "review", "changes"]

LoginKnown = Literal["known", "never", "unknown"]
"""Whether a last login is known; `unknown` is not never."""

SinceKnown = Literal["since", "at-least-since", "unknown"]
"""Whether a seat was taken at a time, or some time before it, as where the log begins with an import."""

Figure = Literal["all-seats", "reclaimable-now", "reducible-at-renewal"]
"""The three figures of what seats cost. No sum of them means anything."""


class SeatRow(NamedTuple):
    """An account that takes a seat, or a deleted one that holds it."""

    address: str
    name: str
    domain: str
    rule: str
    """The code of the rule by which it takes the seat; `held` if it is deleted."""
    since: datetime | None
    since_known: SinceKnown
    last_login: datetime | None
    login_known: LoginKnown
    protocol: str
    cost: Decimal | None
    """What the seat costs for a year; None if no price is recorded."""
    currency: str
    protected_as: str
    """The pattern that protects it; empty for none."""
    kept_until: datetime | None
    tags: str


class AccountRow(NamedTuple):
    """An account, with what a policy says of it."""

    address: str
    name: str
    domain: str
    rule: str
    enabled: bool
    role: str
    origin: str
    since: datetime | None
    since_known: SinceKnown | Literal[""]
    """Since when it takes its seat; empty if it takes none."""
    last_login: datetime | None
    login_known: LoginKnown
    outcome: str
    """The code of what the policy says."""
    why: Message
    other_policies: str
    """What the other policies say, as "purge=recent strict=do"; empty if there are none."""
    protected_as: str
    kept_until: datetime | None
    tags: str


class ChangeRow(NamedTuple):
    """What a line of the log changed of one account, or of another record."""

    line: int
    at: datetime | None
    """None if the line was lost."""
    operator: str
    operation: str
    kind: str
    """account, license, restart, server, domain, policy, keep, ..., line; empty for the whole operation."""
    subject: str
    """Which one: its address or name."""
    domain: str
    """Empty for what belongs to no domain."""
    change: str
    """added, removed, deleted, restored, enabled, disabled, changed, refused, lost."""
    fields: str
    """What was changed of it, or why it was refused, as codes."""
    seats_before: int | None
    seats_after: int | None
    reason: str
    undoes: int | None
    undone_by: int | None
    plan: str


class DomainRow(NamedTuple):
    """The sums of a domain. Seats that belong to no domain that was read have an empty name."""

    domain: str
    accounts: int
    seats: int
    held: int
    disabled: int
    reserved: int
    limit: int | None
    came: int
    """Seats taken since the beginning of the report, by others than imports."""
    left: int
    reclaimable: int | None
    """Seats of accounts that the policy would disable now; None if the data says too little."""
    cost: Decimal | None
    """What its seats, held ones among them, cost for a year."""
    currency: str


class CostRow(NamedTuple):
    """One of the three figures."""

    figure: Figure
    seats: int | None
    cost: Decimal | None
    """For a year; None if the seats or their price are not known."""
    currency: str
    unknown: str
    """Why the seats are not known, as a code; empty if they are."""


class OutcomeRow(NamedTuple):
    """How many accounts have one outcome of a policy."""

    policy: str
    outcome: str
    accounts: int


class ReservedRow(NamedTuple):
    """A reservation that has not ended."""

    subject: str
    domain: str
    seats: int
    start: datetime
    until: datetime
    reason: str
    by: str


class KeptRow(NamedTuple):
    """An account that no policy touches until a day."""

    address: str
    domain: str
    until: datetime
    reason: str
    by: str
    at: datetime


class ProtectedRow(NamedTuple):
    """Accounts that no policy ever touches."""

    pattern: str
    reason: str
    by: str
    at: datetime


Row = SeatRow | AccountRow | ChangeRow | DomainRow | CostRow | OutcomeRow | ReservedRow | KeptRow | ProtectedRow

TABLES: Final[dict[str, type[Any]]] = {
    "seats": SeatRow,
    "accounts": AccountRow,
    "changes": ChangeRow,
    "outcomes": OutcomeRow,
    "domains": DomainRow,
    "costs": CostRow,
    "reservations": ReservedRow,
    "keeps": KeptRow,
    "protections": ProtectedRow,
}
"""The tables by their names, and what their rows are."""

TABLES_OF: Final[dict[ReportKind, tuple[str, ...]]] = {
    "seats": ("seats", "domains", "costs", "reservations", "keeps", "protections"),
    "review": ("accounts", "outcomes", "changes", "domains", "reservations", "keeps", "protections"),
    "changes": ("changes", "domains"),
}
"""The tables of each report, in their order; the first one is what it is about."""


class Report(NamedTuple):
    """A report of the whole store, of one domain, or of what all domains have in common."""

    kind: ReportKind
    part: Literal["whole", "domain", "total"]
    domain: str
    """The domain of a part; else empty."""
    made_at: datetime
    since: datetime
    made_by: str
    organization: str
    """The customer of the license; empty if that is not known."""
    policy: str
    store: str
    line: int
    """The last line of the log that it rests on."""
    hash: str
    """The hash of that line, which stands for all lines."""
    read_at: datetime | None
    """How new the data is: when the server was read, or what was last imported; None if that is not known."""
    gaps: Sequence[Message]
    """What is missing, or old beside what the server has now: a report in part. Empty if it is complete."""
    scope: Sequence[str]
    """The domains that the operator may see; empty for all."""
    tables: dict[str, list[Any]]

    @property
    def main(self) -> str:
        return TABLES_OF[self.kind][0]
