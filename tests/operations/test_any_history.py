"""Any sequence of changes can be undone, redone and read again."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from kconsole.core.errors import ChangedSince, ConsoleError, Refused
from kconsole.core.history import Change
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.licensing import counting
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.history import LogQuery
from kconsole.operations.server import AddDomain, RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from tests.clocks import FixedClock, noon
from tests.licensing.strategies import DOMAIN_NAMES, LOGINS, inventories
from tests.limits import EXAMPLES
from tests.operations.logs import later, log
from tests.operations.sessions import account, session_of, used
from tests.under_kerio import evaluate


def test_many_accounts_are_enabled_without_a_report_of_all_domains_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    domains = tuple(Domain(name=f"d{number}.example") for number in range(2000))
    off = [account(f"a{number}@d{number}.example", enabled=False) for number in range(600)]
    session = session_of(tmp_path, *off, domains=domains, seats=None)
    reported: list[str] = []
    report_of = counting._domain_report

    def counted(domain: Domain, *rest: Any) -> Any:
        reported.append(domain.name)
        return report_of(domain, *rest)

    monkeypatch.setattr(counting, "_domain_report", counted)
    done = session.do(EnableAccounts(tuple(entry.address for entry in off)))
    assert len(done.changed) == 600
    assert len(reported) <= 600 + 3 * 2000
    monkeypatch.undo()
    assert used(session) == 600


class Histories(RuleBasedStateMachine):
    """Two sessions on one store, that do, undo and redo: the ledger, the rules and the journal agree at every step."""

    addresses = st.builds("{}@{}".format, st.sampled_from([*LOGINS, "missing"]), st.sampled_from(DOMAIN_NAMES))
    several = st.lists(addresses, min_size=1, max_size=3).map(tuple)

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.clock: FixedClock = noon()
        self.lines = 1

    def teardown(self) -> None:
        self.temporary.cleanup()

    @initialize(inventory=inventories(most=8))
    def open_two(self, inventory: Inventory) -> None:
        self.folder = Path(self.temporary.name) / "s"
        self.one = Session.create(self.folder, inventory, "anna", self.clock, patience=0)
        self.other = Session.open(self.folder, "berg", self.clock, patience=0)

    def attempt(self, act: Callable[[Session], object]) -> None:
        self.clock.forward(seconds=1)
        self.one.catch_up()
        before = self.one.state.inventory
        try:
            act(self.one)
        except ConsoleError:
            assert _sorted(self.one.state.inventory) == _sorted(before)

    @rule(addresses=several, kind=st.sampled_from([DisableAccounts, EnableAccounts, DeleteAccounts]))
    def do(self, addresses: tuple[str, ...], kind: Callable[[tuple[str, ...]], Operation]) -> None:
        self.attempt(lambda session: session.do(kind(addresses)))

    @rule(address=addresses)
    def add(self, address: str) -> None:
        self.attempt(lambda session: session.do(AddAccount(address)))

    @rule(name=st.sampled_from([*DOMAIN_NAMES, "west.example"]), primary=st.booleans())
    def add_domain(self, name: str, primary: bool) -> None:
        self.attempt(lambda session: session.do(AddDomain(name, primary)))

    @rule()
    def restart(self) -> None:
        self.attempt(lambda session: session.do(RecordRestart()))

    @rule(inventory=inventories(most=4))
    def restore(self, inventory: Inventory) -> None:
        self.attempt(lambda session: session.do(RestoreInventory(inventory)))

    @rule()
    def undo(self) -> None:
        self.attempt(Session.undo)

    @rule(back=st.integers(0, 6))
    def undo_a_line(self, back: int) -> None:
        line = max(len(log(self.one)) - back, 1)
        self.attempt(lambda session: session.undo(line))

    @rule()
    def redo(self) -> None:
        """The last undo is undone at once, which leaves everything as it was before it."""
        self.clock.forward(seconds=1)
        self.one.catch_up()
        before = _sorted(self.one.state.inventory, deletions=False)
        try:
            undone = self.one.undo()
        except ConsoleError:
            return
        if undone.commit is None:
            return
        last = undone.commit.sequence
        try:
            self.one.undo(last)
        except ChangedSince:
            raise
        except Refused:
            return  # a restart that was undone since may have filled all seats with held ones
        assert _sorted(self.one.state.inventory, deletions=False) == before

    @rule()
    def change_seats(self) -> None:
        self.one, self.other = self.other, self.one

    @rule()
    def reopen(self) -> None:
        self.one = later(self.one)

    @invariant()
    def everything_agrees(self) -> None:
        for session in (self.one, self.other):
            session.catch_up()
            assert session.seats.report() == evaluate(session.state.inventory)
        assert _sorted(self.one.state.inventory) == _sorted(self.other.state.inventory) == self.replayed()

    def replayed(self) -> object:
        """What a third session makes of the whole journal, with the seats that each line tells."""
        third = Session.open(self.folder, "chen", self.clock, patience=0, read_only=True)
        records: dict[str, dict[int, Any]] = {table: {} for table in ("entries", "domains", "license", "server")}
        used = None
        for place, commit in enumerate(third.history.log(LogQuery()), 1):
            assert commit.sequence == place
            assert commit.seats is None or used in (None, commit.seats[0])
            for change in commit.changes:
                _take(records, change)
            inventory = _inventory(records)
            used = evaluate(inventory).used
            assert commit.seats is None or commit.seats[1] == used
        assert _sorted(third.state.inventory) == _sorted(inventory)
        third.close()
        return _sorted(inventory)


def _take(records: dict[str, dict[int, Any]], change: Change) -> None:
    assert records[change.table].get(change.number) == change.before
    if change.after is None:
        del records[change.table][change.number]
    else:
        records[change.table][change.number] = change.after


def _inventory(records: dict[str, dict[int, Any]]) -> Inventory:
    return Inventory(
        license=records["license"].get(1, License()),
        last_restart=restart.at if (restart := records["server"].get(1)) else None,
        restart_line=restart.line if restart else 0,
        domains=tuple(records["domains"].values()),
        entries=tuple(records["entries"].values()),
    )


def _sorted(inventory: Inventory, *, deletions: bool = True) -> object:
    """In an order, and without the moments of deletions: what is deleted again is deleted now."""
    entries = tuple(sorted(inventory.entries, key=lambda entry: entry.id))
    if not deletions:
        entries = tuple(replace(entry, deleted_at=entry.deleted_at and noon().now(), deleted_in=0) for entry in entries)
    domains = tuple(sorted(inventory.domains, key=lambda domain: domain.name))
    return replace(inventory, entries=entries, domains=domains)


TestHistories = Histories.TestCase


TestHistories.settings = settings(max_examples=EXAMPLES // 4 + 5, stateful_step_count=20, deadline=None)
