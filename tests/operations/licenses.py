"""A session with a license, and what every operation on a license is held to."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.codes import Message
from kconsole.core.errors import BadInput, ConsoleError, Refused
from kconsole.core.license import Customer, License
from kconsole.importers.license_file import read_license_file
from kconsole.licensing.guards import LicensePlan, plan_license
from kconsole.operations.base import Done, Operation
from kconsole.operations.license_files import LicenseFile
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from kconsole.text.messages import error_words, hint_words
from tests.clocks import FixedClock, noon
from tests.operations.sessions import account, another, session_of

NOW = noon().now()
TODAY = NOW.date()
DAY = timedelta(days=1)
CUSTOMER = Customer(
    organization="Northwind Traders", person="Anna Berg", email="anna@north.example", phone="1", country="CZ",
    city="Brno", street="High St 1", zip="60200",
)  # fmt: skip
REGISTERED = License(seats=10, id_end="GHIJ", registered_at=NOW - DAY, customer=CUSTOMER, maintenance_until=TODAY + DAY)
ACTIVATED = replace(REGISTERED, activated_at=NOW - DAY)


def session_with(folder: Path, license_: License, *logins: str, clock: FixedClock | None = None) -> Session:
    """A session at a store with this license, and accounts without a mailbox."""
    session = session_of(folder, *(account(login) for login in logins), clock=clock)
    session.do(RestoreInventory(replace(session.state.inventory, license=license_)))
    return session


def refused(session: Session, operation: Operation) -> ConsoleError:
    """The operation is refused, and changes nothing."""
    before = session.state.license
    with pytest.raises(Refused) as caught:
        session.do(operation)
    assert session.state.license == before
    assert error_words(caught.value)
    assert hint_words(caught.value)
    return caught.value


def no_input(session: Session, operation: Operation) -> ConsoleError:
    """The operation makes no sense, and changes nothing."""
    before = session.state.license
    with pytest.raises(BadInput) as caught:
        session.do(operation)
    assert session.state.license == before
    assert error_words(caught.value)
    return caught.value


def changes(session: Session, operation: Operation) -> Done:
    """The operation changes the license and nothing else, is the same in another console, and can be undone."""
    before = session.state.inventory
    done = session.do(operation)
    after = session.state.license
    assert after != before.license
    assert session.state.inventory == replace(before, license=after)
    assert another(session).state.license == after
    undone = session.undo().commit
    assert undone is not None
    assert session.state.inventory == before
    session.undo(undone.sequence)
    assert session.state.license == after
    assert session.seats.report().limit == after.seats
    return done


def outcome_of(done: Done) -> Message:
    (outcome,) = done.outcomes
    return outcome.message


def file_of(content: bytes) -> LicenseFile:
    return read_license_file(content, "license.key")


def plan_of(session: Session, after: License) -> LicensePlan:
    return plan_license(session.state.license, after, session.seats, session.state.live_entries(), NOW)
