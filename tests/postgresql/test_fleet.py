"""Fleet with a store in a database: one connection stays, and it is read again after a change only."""

import pytest

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations import fleet as fleet_module
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.contexts import Context
from kconsole.operations.fleet import Fleet
from kconsole.operations.locations import Location
from kconsole.operations.session import Progress, Session
from tests.limits import POLL, wait_until
from tests.postgresql.server import Database

_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE usename = 'audra' ORDER BY pid"


def test_it_keeps_one_connection_and_follows(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "REFRESH", 0.0)
    monkeypatch.setattr(fleet_module, "SHARE", float("inf"))
    opened: list[Location] = []

    def opening(location: Location, progress: Progress) -> Session:
        opened.append(location)
        return Session.open(location, "anna", read_only=True, progress=progress)

    entries = (Entry(address="anna@north.example"),)
    first = Inventory(license=License(seats=9), domains=(Domain(name="north.example"),), entries=entries)
    owner = Session.create(database.address(), first, "boss")
    fleet = Fleet([Context("a", database.address("audra"))], opening)

    def looked(holds: object = lambda: True) -> bool:
        assert callable(holds)
        fleet.refresh()
        fleet.look(POLL)
        return fleet.is_complete and not fleet._began and bool(holds())

    wait_until(looked)
    assert (fleet.rows["a"].state, fleet.rows["a"].role) == ("ok", "auditor")
    wait_until(lambda: len(database.execute(_SESSIONS)) == 1)
    before = database.execute(_SESSIONS)
    for _ in range(5):
        wait_until(looked)
    assert (len(opened), database.execute(_SESSIONS)) == (1, before)
    owner.do(DisableAccounts(("anna@north.example",)))
    wait_until(lambda: looked(lambda: (facts := fleet.rows["a"].facts) is not None and facts.report.used == 0))
    database.end_sessions("audra")
    wait_until(looked)
    assert fleet.rows["a"].state == "ok"  # connected again
    fleet.close()
    owner.close()
