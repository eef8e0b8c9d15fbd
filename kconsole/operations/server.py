"""Operations on the server's records: domains, restarts, which server the store follows, and the store as a whole."""

from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.errors import BadInput, Refused
from kconsole.core.identity import NoDomainName, stored_domain
from kconsole.core.records import Domain, Inventory
from kconsole.core.roles import Capability
from kconsole.core.server import Server
from kconsole.operations.base import OperationContext, Outcome, RunsOn, unique


@dataclass(frozen=True)
class AddDomain:
    """Add a domain."""

    name: ClassVar[str] = "add domain"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    capability: ClassVar[Capability] = "server"
    domain: str
    primary: bool = False
    user_limit: int | None = None
    description: str = ""
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        name = new_domain_name(self.domain)
        known = context.state.domain_named(self.domain)
        if known is not None:
            raise Refused("domain-exists", "see-domains", domain=known.name)
        if self.primary and context.state.primary_domain:
            raise Refused("primary-exists", "add-it-without-primary", domain=context.state.primary_domain)
        context.transaction.put_domain(
            Domain(name=name, primary=self.primary, description=self.description, user_limit=self.user_limit)
        )
        return [Outcome(name, "done", "domain-added")]


@dataclass(frozen=True)
class RecordRestart:
    """Record that the server was restarted: the seats of accounts deleted before are free."""

    name: ClassVar[str] = "restarted"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "server"
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        held = context.seats.report().held
        context.transaction.set_last_restart(context.now)
        freed = held - context.seats.report().held
        return [Outcome("", "done", "restart-recorded", params={"held": freed})]


@dataclass(frozen=True)
class RestoreInventory:
    """Replace all records of the store by those of a dump."""

    name: ClassVar[str] = "restore"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    capability: ClassVar[Capability] = "restore"
    inventory: Inventory
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        context.transaction.replace_all(self.inventory)
        entries, domains = len(self.inventory.entries), len(self.inventory.domains)
        return [Outcome("", "done", "dump-restored", params={"entries": entries, "domains": domains})]


def new_domain_name(name: str) -> str:
    """The spelling in which a new domain is stored; BadInput for what is no domain name."""
    try:
        return stored_domain(name)
    except NoDomainName as error:
        raise BadInput("not-a-domain-name", "write-a-domain-name", name=name, why=error.problem) from None


@dataclass(frozen=True)
class AddServer:
    """Configure the server that the store follows. A password is never part of it.

    Refused if the store follows another one; or if this one has another address, and changes are unconfirmed.
    """

    name: ClassVar[str] = "add server"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "server"
    server: Server
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        known, server = context.state.server, self.server
        params = {"url": server.access.url, "insecure": server.access.insecure}
        code = "server-added"
        if known is not None and (known.name, known.access) == (server.name, server.access):
            return [Outcome(known.name, "unchanged", "server-added-already")]
        if known is not None and known.name != server.name:
            raise Refused("follows-another-server", "one-store-one-server", server=known.name)
        if known is not None and known.access.url == server.access.url:
            server, code = replace(known, access=server.access), "server-settings-changed"
        elif known is not None:
            refuse_while_unconfirmed(known, context)
            code, params["old_url"] = "server-moved", known.access.url
        context.transaction.set_server(server)
        return [Outcome(server.name, "done", code, params=params)]


@dataclass(frozen=True)
class RemoveServer:
    """Follow no server any more. What was read stays. Refused while changes are unconfirmed."""

    name: ClassVar[str] = "remove server"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "server"
    reason: str = ""
    forget_open: bool = False
    """Whether to give up unconfirmed changes: for a server that is gone for good."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        known = context.state.server
        if known is None:
            return [Outcome("", "unchanged", "no-server-to-remove")]
        if not self.forget_open:
            refuse_while_unconfirmed(known, context)
        outcomes = []
        for number, pending in context.state.pending_changes.items():
            context.transaction.remove_pending(number)
            params = {"operation": pending.operation, "server": known.name}
            outcomes += [Outcome(target.address, "done", "given-up", params=params) for target in pending.targets]
        context.transaction.set_server(None)
        return [*outcomes, Outcome(known.name, "done", "server-removed")]


def refuse_while_unconfirmed(server: Server, context: OperationContext) -> None:
    """Raise Refused while the server has not confirmed all that it was asked for."""
    pending_changes = context.state.pending_changes.values()
    addresses = unique(target.address for pending in pending_changes for target in pending.targets)
    if addresses:
        raise Refused("changes-unconfirmed", "sync-or-forget", server=server.name, addresses=addresses)
