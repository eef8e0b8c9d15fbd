"""Which live server a store is kept in step with: naming it, and letting go of it."""

from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.errors import Refused
from kconsole.core.server import ASKED, Server
from kconsole.operations.base import OperationContext, Outcome, RunsOn, some_of, unique


@dataclass(frozen=True)
class AddServer:
    """Say which live server the store is kept in step with. No password is part of it."""

    name: ClassVar[str] = "add server"
    runs_on: ClassVar[RunsOn] = "store"
    server: Server
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Keep it.

        Raises:
            Refused: there is another one already; or it would be asked elsewhere what came of something.
        """
        known = work.state.server
        if known is not None and (known.name, known.access) == (self.server.name, self.server.access):
            return [Outcome(known.name, "unchanged", "is the server of this store already")]
        if known is not None and known.name != self.server.name:
            raise Refused(
                f"This store is kept in step with {known.name} already.",
                "A store mirrors one license, of one server. Remove that first, or use another store.",
            )
        server, text = self.server, "is the server of this store"
        if known is not None and known.access.url == server.access.url:
            server = replace(known, access=server.access)
            text += ", by other settings: see 'kconsole server'"
        elif known is not None:
            _refuse_while_open(known, work)
            text += f", at {server.access.url} in the place of {known.access.url}: read it first"
        work.transaction.set_server(server)
        loud = ". INSECURE: nobody checks which server that is" if server.access.insecure else ""
        return [Outcome(server.name, "done", f"{text}{loud}")]


@dataclass(frozen=True)
class RemoveServer:
    """Keep the store in step with no server any more. What was read stays."""

    name: ClassVar[str] = "remove server"
    runs_on: ClassVar[RunsOn] = "store"
    reason: str = ""
    forget_open: bool = False
    """Whether to give up what nobody knows of whether the server did it: for one that is gone for ever."""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Forget it.

        Raises:
            Refused: something was asked of it, and nobody knows yet what came of that.
        """
        known = work.state.server
        if known is None:
            return [Outcome("", "unchanged", "there is no server")]
        pending_changes = work.state.pending_changes
        if not self.forget_open:
            _refuse_while_open(known, work)
        outcomes = []
        for number, pending in pending_changes.items():
            work.transaction.remove_pending(number)
            text = f"is given up: whether it was {ASKED[pending.operation]} on {known.name} is not known"
            outcomes += [Outcome(target.address, "done", text) for target in pending.targets]
        work.transaction.set_server(None)
        text = "is not the server of this store any more; what was read stays"
        return [*outcomes, Outcome(known.name, "done", text)]


def _refuse_while_open(server: Server, work: OperationContext) -> None:
    addresses = unique(target.address for pending in work.state.pending_changes.values() for target in pending.targets)
    if addresses:
        raise Refused(
            f"Something was asked of {server.name} for {some_of(addresses)}, and it is not known yet what came of it.",
            "Read the server with 'kconsole sync' first. If it is gone for ever, give that up by"
            " 'kconsole server remove --forget-open'.",
        )
