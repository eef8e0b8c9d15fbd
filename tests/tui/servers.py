"""A live server that is not there, for pictures: how it was found, what it counted, refused, or never answered."""

from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.roles import Capability
from kconsole.core.server import DomainNumbers, PendingChange, Server, ServerAccess, ServerNumbers, Target
from kconsole.operations.base import OperationContext, Outcome, RunsOn
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.push import denied
from kconsole.providers.base import Denied
from kconsole.providers.kerio.assumptions import CAPABILITIES
from kconsole.tui.app import KConsoleApp
from tests.clocks import FixedClock

ACCESS = ServerAccess(url="https://mail.northwind.example:4040", user="eye@northwind.example", fingerprint="ab" * 32)


NOT_READ = message("figure-missing", figure="license", domains=[], reason="no-right", said="")


def find_differences(session: Session, clock: FixedClock) -> None:
    """Let someone name a server that counts four lists more, one domain otherwise, and does not tell its license."""
    other = Session.open(session.store.folder, "berg", clock)
    report = other.seats.report()
    domains = tuple(
        DomainNumbers(name=each.name, current=each.counted + 4 * (each.name == "northwind.example"), allowed=None)
        for each in report.domains
    )
    numbers = ServerNumbers(
        current=report.counted + 4, active=report.connected - 6, created=report.created, domains=domains
    )
    server = Server(
        name="mail",
        access=ACCESS,
        role="auditor",
        missing=(NOT_READ,),
        numbers=numbers,
    )
    other.do(AddServer(replace(server, synced_at=clock.now())))
    other.close()


@dataclass(frozen=True)
class _NeverAnswered:
    """Write down that the server was asked for something, as what is asked of it is."""

    name: ClassVar[str] = "ask server"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "restore"
    addresses: tuple[str, ...]
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        entries = [context.state.entry_at(address) for address in self.addresses]
        targets = tuple(Target(number=each.id, server_id="u", address=each.address) for each in entries if each)
        context.transaction.put_pending(PendingChange(operation="disable", at=context.now, targets=targets))
        return []


@dataclass(frozen=True)
class _RefusedThere:
    """What comes of a change that the server does for none of these."""

    name: ClassVar[str] = "disable"
    runs_on: ClassVar[RunsOn] = "server"
    capability: ClassVar[Capability] = "restore"
    addresses: tuple[str, ...]
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        return [self._outcome(address, context) for address in self.addresses]

    def _outcome(self, address: str, context: OperationContext) -> Outcome:
        entry = context.state.entry_at(address)
        target = Target(number=0 if entry is None else entry.id, server_id="u", address=address)
        pending = PendingChange(operation="disable", at=context.now, targets=(target,))
        return denied(Denied("no-right", "Access denied."), pending, target, entry, context, CAPABILITIES)


SCANNER, PAPADAKI = "2f-scanner@northwind.example", "a.papadaki@retail.northwind.example"


def leave_open(session: Session, clock: FixedClock) -> None:
    """Let a crash leave open what the server was asked for."""
    find_differences(session, clock)
    other = Session.open(session.store.folder, "berg", clock)
    other.commit(_NeverAnswered((SCANNER, PAPADAKI)))
    other.close()
    session.catch_up()


def show_open(app: KConsoleApp) -> None:
    """Tell it, as at the start."""
    assert app._main is not None
    app._main.tick()
    app._main.recover_unconfirmed()


def show_refusal(app: KConsoleApp) -> None:
    """Tell that the server refused to disable two accounts."""
    assert app._main is not None
    app._main.tick()
    app._main.show_result(app._main.session.commit(_RefusedThere((SCANNER, PAPADAKI))))
