"""Deeds on the server's records: domains, restarts, and the store as a whole."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from kconsole.core.errors import BadInput, Refused
from kconsole.core.records import Domain, Inventory
from kconsole.operations.base import OperationContext, Outcome, RunsOn

DOMAIN_NAME: Final = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)+")
"""Domain names that kconsole creates: labels of letters and digits (of any script), with hyphens inside."""


@dataclass(frozen=True)
class AddDomain:
    """Add a domain."""

    name: ClassVar[str] = "add domain"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    domain: str
    primary: bool = False
    user_limit: int | None = None
    description: str = ""
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Add it.

        Raises:
            BadInput: it is not a domain name.
            Refused: it is there already, or another one is primary.
        """
        check_domain_name(self.domain)
        known = work.state.domain_named(self.domain)
        if known is not None:
            raise Refused(f"The domain {known.name} is there already.", "See them with 'kconsole domains'.")
        primary = next((domain.name for domain in work.state.domains.values() if domain.primary), None)
        if self.primary and primary is not None:
            raise Refused(f"{primary} is the primary domain already.", "Add the new one without --primary.")
        work.transaction.put_domain(
            Domain(name=self.domain, primary=self.primary, description=self.description, user_limit=self.user_limit)
        )
        return [Outcome(self.domain, "done", "added")]


@dataclass(frozen=True)
class RecordRestart:
    """Record that the server was restarted: the seats of accounts deleted before come free."""

    name: ClassVar[str] = "restarted"
    runs_on: ClassVar[RunsOn] = "store"
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Record it as of now."""
        held = work.seats.report().held
        work.transaction.set_last_restart(work.now)
        freed = f"{held} held {'seat is' if held == 1 else 'seats are'} free" if held else "no seat was held"
        return [Outcome("", "done", f"restart recorded, {freed}")]


@dataclass(frozen=True)
class RestoreInventory:
    """Let the store hold what a dump holds, and nothing else."""

    name: ClassVar[str] = "restore"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    inventory: Inventory
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Replace everything."""
        work.transaction.replace_all(self.inventory)
        entries, domains = len(self.inventory.entries), len(self.inventory.domains)
        what = f"{entries:,} {'entry' if entries == 1 else 'entries'}"
        return [Outcome("", "done", f"restored {what} in {domains:,} {'domain' if domains == 1 else 'domains'}")]


def check_domain_name(name: str) -> None:
    """Go on only with a domain name.

    Raises:
        BadInput: it is none.
    """
    if not DOMAIN_NAME.fullmatch(name):
        raise BadInput(f"'{name}' is not a domain name.", "Write it like example.com or mail.example.com.")
