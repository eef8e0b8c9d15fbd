"""What several people did, for pictures."""

from contextlib import suppress
from datetime import timedelta

from kconsole.core.errors import Refused
from kconsole.core.history import Operator
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.license import ChangeTerms, Terms
from kconsole.operations.server import RecordRestart
from kconsole.operations.session import Session
from tests.clocks import FixedClock


def add_history(session: Session, clock: FixedClock) -> None:
    """Let three people work for a day."""
    people = ("anna", Operator("root", claimed="berg", sudo_user="berg"), "cron")
    accounts = [entry.address for entry in session.store.state.live_entries() if entry.is_account and entry.enabled]
    operations: tuple[Operation, ...] = (
        DisableAccounts(tuple(accounts[3:6]), reason="left in June"),
        AddAccount("new.colleague@northwind.example", "Noor Colleague", reason="ticket 4711"),
        DeleteAccounts((accounts[9],), reason="duplicate"),
        RecordRestart(),
        EnableAccounts((accounts[4],), reason="back from leave"),
        DisableAccounts(tuple(accounts[20:32]), reason="180 days without a login"),
        AddAccount("info@northwind.example"),
        DisableAccounts((accounts[40],)),
    )
    for turn, operation in enumerate(operations):
        clock.forward(hours=3, minutes=7 * turn)
        other = Session.open(session.store.folder, people[turn % len(people)], clock)
        with suppress(Refused):
            other.do(operation)
        other.close()
    clock.forward(minutes=11)
    other = Session.open(session.store.folder, people[1], clock)
    other.undo()
    other.close()
    clock.forward(minutes=4)


def add_note(session: Session, clock: FixedClock) -> None:
    """Let someone else disable an account."""
    other = Session.open(session.store.folder, "berg", clock)
    other.do(DisableAccounts(("c.lindstrom@labs.example",)))
    other.close()


def end_license(session: Session, clock: FixedClock) -> None:
    """Let the license have ended three days ago."""
    _change_terms(session, clock, Terms(expires=clock.now().date() - timedelta(days=3)))


def end_maintenance(session: Session, clock: FixedClock) -> None:
    """Let Software Maintenance have ended three days ago."""
    _change_terms(session, clock, Terms(maintenance_until=clock.now().date() - timedelta(days=3)))


def begin_grace(session: Session, clock: FixedClock) -> None:
    """Let it be three days after the end of a license that had a grace period."""
    clock.moment = clock.moment.replace(year=2023, month=4, day=20)
    end_license(session, clock)


def _change_terms(session: Session, clock: FixedClock, terms: Terms) -> None:
    other = Session.open(session.store.folder, "berg", clock)
    other.do(ChangeTerms(terms))
    other.close()
    session.catch_up()
