"""A live server that is not there, for pictures: how it was found, and what it counted."""

from dataclasses import replace

from kconsole.model.kerio import KerioServer
from kconsole.model.server import DomainNumbers, Server, ServerNumbers
from kconsole.operations.session import Session
from kconsole.operations.sync import AddServer
from tests.clocks import FixedClock

ACCESS = KerioServer(url="https://mail.northwind.example:4040", user="eye@northwind.example", fingerprint="ab" * 32)


def find_differences(session: Session, clock: FixedClock) -> None:
    """Let somebody name a server that counts four lists more, one domain otherwise, and does not tell its license."""
    other = Session.open(session.folder, "berg", clock)
    report = other.report
    domains = tuple(
        DomainNumbers(name=each.name, current=each.counted + 4 * (each.name == "northwind.example"), allowed=None)
        for each in report.domains
    )
    numbers = ServerNumbers(
        current=report.counted + 4, active=report.connected - 6, created=report.created, domains=domains
    )
    server = Server(name="mail", access=ACCESS, role="auditor", unread=("the license: no right",), numbers=numbers)
    other.do(AddServer(replace(server, synced_at=clock.now())))
    other.close()
