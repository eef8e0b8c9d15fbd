"""Whatever the history: no undo or redo leaves what the change itself would have been refused for."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.core.directory import DirectoryUser
from kconsole.core.errors import ConsoleError
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.licensing import guards
from kconsole.operations.accounts import AddAccount, Connect, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.history import LogQuery
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.license import ChangeTerms, Terms, Without
from kconsole.operations.mapping import DirectoryListing, MapDomain
from kconsole.operations.server import AddDomain, RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.operations.sessions import DOMAIN, account, export
from tests.under_kerio import evaluate

OTHER = "south.example"
LOGINS = ("anna", "berg")
ADDRESSES = tuple(f"{login}@{domain}" for domain in (DOMAIN, OTHER) for login in LOGINS)
DUMP = Inventory(license=License(seats=1), domains=(Domain(name=DOMAIN, primary=True),), entries=(account("anna"),))


def excess(session: Session) -> dict[str, int]:
    """By how much the license and each domain are exceeded."""
    report = session.seats.report()
    limited = {each.name: each.counted + each.held - each.limit for each in report.domains if each.limit is not None}
    return {"": report.over} | {name: max(over, 0) for name, over in limited.items()}


def changes(pick: Random, session: Session) -> Iterator[Operation]:
    """Changes that are of use in this state, for all that an operator can do; in any order, without an end."""
    while True:
        live = [entry.address for entry in session.state.live_entries()]
        on = [entry.address for entry in session.state.live_entries() if entry.enabled] or [ADDRESSES[0]]
        off = [address for address in live if address not in on] or [ADDRESSES[0]]
        free = [address for address in ADDRESSES if address not in live] or [ADDRESSES[0]]
        logins = pick.sample(LOGINS, pick.randint(0, len(LOGINS)))
        users = tuple(
            DirectoryUser(id=f"id-{each}", login=each, name=each, enabled=pick.random() < 0.8) for each in logins
        )
        rows = export(*(f"{login};;;" for login in logins))
        seats = pick.choice((0, 1, 2, 3, 4, Without.LIMIT))
        yield pick.choice(
            (
                AddAccount(pick.choice(free)),
                AddAccount(pick.choice(free)),
                DisableAccounts((pick.choice(on),)),
                EnableAccounts(tuple(pick.sample(off, pick.randint(1, len(off))))),
                DeleteAccounts((pick.choice(on),)),
                DeleteAccounts((pick.choice(on),), "transfer", pick.choice(on)),
                Connect(pick.choice(on)),
                RecordRestart(),
                ChangeTerms(Terms(seats), over_limit=pick.random() < 0.5),
                AddDomain(pick.choice(("west.example", OTHER)), pick.random() < 0.3, pick.choice((None, 0, 1))),
                ImportAccounts(rows, pick.choice((DOMAIN, OTHER, "east.example"))),
                MapDomain(DOMAIN, DirectoryListing(users, (), ()), pick.random() < 0.5, pick.random() < 0.5),
                RestoreInventory(DUMP) if pick.random() < 0.1 else RecordRestart(),
            )
        )


def undo(session: Session, number: int) -> None:
    """Undo a line, under all that must hold then. A restored dump asks for no limit, forth and back."""
    over, before = excess(session), session.state.inventory
    report, access = session.seats.report(), session.license_status
    live = {entry.id: entry for entry in session.state.live_entries()}
    try:
        target = session.history.to_undo(number)
        first = session.history.first_operation(target)
        session.undo(number)
    except ConsoleError:
        target = None
    if target is None:
        assert session.state.inventory == before
        return
    assert session.seats.report() == evaluate(session.state.inventory)
    if first == RestoreInventory.name:
        return
    after = excess(session)
    assert all(after[name] <= over.get(name, 0) for name in after), (over, after)
    now = session.state.inventory
    assert sum(domain.primary for domain in now.domains) <= 1
    named = {domain.name for domain in now.domains}
    assert len(named) == len(now.domains)
    assert {entry.domain for entry in now.entries} <= named
    at = [entry.address.casefold() for entry in session.state.live_entries()]
    assert len(at) == len(set(at))
    for entry in session.state.live_entries():
        known = live.get(entry.id)
        if first == Connect.name and known is not None and entry.mailbox and not known.mailbox:
            assert guards.may_connect(report, known, session.seats.policy, access.is_suspended).allowed


@pytest.mark.thorough
@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES, deadline=None)
def test_no_undo_leaves_what_its_change_would_be_refused_for(seed: int) -> None:
    """Random is better at it than hypothesis, whose smallest choices are those that change nothing."""
    pick, clock = Random(seed), noon()
    limit = pick.choice((None, 1))
    domains = (Domain(name=DOMAIN, primary=True), Domain(name=OTHER, user_limit=limit))
    inventory = Inventory(license=License(seats=pick.randint(1, 2)), domains=domains, entries=(account("anna"),))
    with TemporaryDirectory() as folder:
        session = Session.create(Path(folder) / "s", inventory, "anna", clock)
        for operation in islice(changes(pick, session), 40):
            clock.forward(seconds=1)
            with suppress(ConsoleError):
                session.do(operation)
            if pick.random() < 0.5:
                lines = [line for line in session.history.log(LogQuery(), newest_first=True) if line.changes]
                undo(session, pick.choice(lines[:5]).sequence)
        session.close()
