"""What `licensing` says about an inventory: classifications, figures, warnings, decisions."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from kconsole.core.codes import NO_PARAMS, Message

State = Literal["unlimited", "exceeded", "full", "low", "ok", "unknown"]
"""The state of the license, from the worst that applies; unknown where seats seem free, but not all was read."""


class Classification(NamedTuple):
    """Whether an entry takes a seat, and by which rule; `text` has the words."""

    code: str
    seat: bool
    reason: str
    """A short code word, as a column shows it."""
    source: str
    """The document that says so."""


Warn = Message
"""Something an administrator should know now, in the words of `warning-CODE`."""


class DomainReport(NamedTuple):
    """The figures of one domain. All are numbers of accounts; deleted ones are only among the held."""

    name: str
    created: int
    counted: int
    held: int
    disabled: int
    connected: int
    limit: int | None
    free: int | None
    """How many accounts can still be created here; None if neither the domain nor the license has a limit."""
    reserved: int = 0
    """Seats that are reserved for accounts of this domain."""

    @property
    def own_free(self) -> int | None:
        """How many accounts its own limit still allows, whatever the license does; None without one."""
        return None if self.limit is None else max(self.limit - self.counted - self.held, 0)

    @property
    def at_limit(self) -> bool:
        return self.own_free == 0


class SeatReport(NamedTuple):
    """The figures of the license over all domains. All are numbers of seats or accounts."""

    limit: int | None
    """None is without limit."""
    counted: int
    """Accounts that take a seat."""
    held: int
    """Deleted accounts whose seat comes free with a restart of the server."""
    used: int
    free: int | None
    over: int
    created: int
    disabled: int
    connected: int
    """Counted accounts that have a mailbox."""
    latent: int
    """Counted accounts that never connected."""
    locked_out: int
    """Counted accounts that would be refused at login."""
    state: State
    domains: tuple[DomainReport, ...]
    warnings: tuple[Warn, ...]
    unlisted: int = 0
    """Seats that the server counts in domains whose users were not read, beyond those that are counted here."""
    hides_limit: bool = False
    """Whether the limit is not known: none is recorded, and the server was not read, or does not report it."""
    partial: bool = False
    """Whether some users were not read and the server does not say how many: more or fewer may be used."""
    reserved: int = 0
    """Seats that are reserved now; they are not used. There may be more than are free."""

    @property
    def available(self) -> int | None:
        """Seats that anyone may take: free and not reserved; None without a limit."""
        return None if self.free is None else max(self.free - self.reserved, 0)

    def of_domain(self, name: str) -> DomainReport | None:
        """The figures of the domain with this name, compared as written in the store; None if there is none."""
        return next((domain for domain in self.domains if domain.name == name), None)


class Decision(NamedTuple):
    """Whether something may be done, and why; `text.messages` has the words."""

    allowed: bool
    code: str
    params: Mapping[str, Any] = NO_PARAMS
    hints: tuple[Message, ...] = ()
    over: int = 0
    """Seats beyond the license, if it is done."""

    @property
    def message(self) -> Message:
        return Message(self.code, self.params)
