"""Which server a store follows."""

from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.errors import Refused
from kconsole.core.server import Server
from kconsole.operations.base import OperationContext, Outcome, RunsOn, unique


@dataclass(frozen=True)
class AddServer:
    """Configure the server that the store follows. A password is never part of it.

    Refused if the store follows another one; or if this one has another address, and changes are unconfirmed.
    """

    name: ClassVar[str] = "add server"
    runs_on: ClassVar[RunsOn] = "store"
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
            _refuse_while_unconfirmed(known, context)
            code, params["old_url"] = "server-moved", known.access.url
        context.transaction.set_server(server)
        return [Outcome(server.name, "done", code, params=params)]


@dataclass(frozen=True)
class RemoveServer:
    """Follow no server any more. What was read stays. Refused while changes are unconfirmed."""

    name: ClassVar[str] = "remove server"
    runs_on: ClassVar[RunsOn] = "store"
    reason: str = ""
    forget_open: bool = False
    """Whether to give up unconfirmed changes: for a server that is gone for good."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        known = context.state.server
        if known is None:
            return [Outcome("", "unchanged", "no-server-to-remove")]
        if not self.forget_open:
            _refuse_while_unconfirmed(known, context)
        outcomes = []
        for number, pending in context.state.pending_changes.items():
            context.transaction.remove_pending(number)
            params = {"operation": pending.operation, "server": known.name}
            outcomes += [Outcome(target.address, "done", "given-up", params=params) for target in pending.targets]
        context.transaction.set_server(None)
        return [*outcomes, Outcome(known.name, "done", "server-removed")]


def _refuse_while_unconfirmed(server: Server, context: OperationContext) -> None:
    pending_changes = context.state.pending_changes.values()
    addresses = unique(target.address for pending in pending_changes for target in pending.targets)
    if addresses:
        raise Refused("changes-unconfirmed", "sync-or-forget", server=server.name, addresses=addresses)
