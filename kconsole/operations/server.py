"""Operations on the server's records: domains, restarts, and the store as a whole."""

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

    def apply(self, context: OperationContext) -> list[Outcome]:
        check_domain_name(self.domain)
        known = context.state.domain_named(self.domain)
        if known is not None:
            raise Refused("domain-exists", "see-domains", domain=known.name)
        if self.primary and context.state.primary_domain:
            raise Refused("primary-exists", "add-it-without-primary", domain=context.state.primary_domain)
        context.transaction.put_domain(
            Domain(name=self.domain, primary=self.primary, description=self.description, user_limit=self.user_limit)
        )
        return [Outcome(self.domain, "done", "domain-added")]


@dataclass(frozen=True)
class RecordRestart:
    """Record that the server was restarted: the seats of accounts deleted before are free."""

    name: ClassVar[str] = "restarted"
    runs_on: ClassVar[RunsOn] = "store"
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        held = context.seats.report().held
        context.transaction.set_last_restart(context.now)
        return [Outcome("", "done", "restart-recorded", params={"held": held})]


@dataclass(frozen=True)
class RestoreInventory:
    """Replace all records of the store by those of a dump."""

    name: ClassVar[str] = "restore"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    inventory: Inventory
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        context.transaction.replace_all(self.inventory)
        entries, domains = len(self.inventory.entries), len(self.inventory.domains)
        return [Outcome("", "done", "dump-restored", params={"entries": entries, "domains": domains})]


def check_domain_name(name: str) -> None:
    """Refuse what is no domain name."""
    if not DOMAIN_NAME.fullmatch(name):
        raise BadInput("not-a-domain-name", "write-a-domain-name", name=name)
