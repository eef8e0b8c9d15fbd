"""Any history of changes, undos, reopenings, crashes and second processes, against a store that is two dictionaries."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from kconsole.core.errors import ConsoleError, NotFound, Refused
from kconsole.core.history import Commit
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, fold
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.maintenance import verify
from kconsole.operations.offboarding import Offboard, ScheduleOffboarding, due_now, when_due
from kconsole.operations.server import RecordRestart
from kconsole.operations.session import Session
from kconsole.store.seatstore import SeatStore
from kconsole.store.transaction import Transaction
from tests.clocks import noon
from tests.licensing.strategies import DOMAIN_NAMES, entries, inventories, licenses, moments
from tests.limits import EXAMPLES
from tests.store.snapshots import snapshot_now
from tests.store.stores import remove_entry
from tests.under_kerio import evaluate

MANY = EXAMPLES // 4 + 5

choices = st.integers(0, 1000)


class Stop(Exception):
    """The caller gives up in the middle of a transaction."""


class Model:
    """What the store should hold."""

    def __init__(self, inventory: Inventory) -> None:
        self.entries: dict[int, Entry] = {}
        self.domains: dict[str, Domain] = {domain.name: domain for domain in inventory.domains}
        self.license = inventory.license
        self.last_restart = inventory.last_restart


class StoreHistories(RuleBasedStateMachine):
    """Two handles on one store; each may be closed, or die, and be opened again."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "s"
        self.numbers: set[int] = set()
        self.sequence = 1
        self.torn = 0

    def teardown(self) -> None:
        self.temporary.cleanup()

    @initialize(inventory=inventories(most=6))
    def make(self, inventory: Inventory) -> None:
        self.model = Model(inventory)
        self.store = SeatStore.create(self.folder, inventory, noon(), "anna", 0)
        self.other = SeatStore.open(self.folder, noon(), 0)
        self.model.entries = {entry.id: entry for entry in self.store.state.entries.values()}
        self.numbers |= self.model.entries.keys()

    def change(self, work: Callable[[Transaction], object], fail: bool) -> bool:
        """Let a transaction do its work, and perhaps fail at its end; whether it held."""
        try:
            with self.store.transaction("deed", "restore", "anna") as transaction:
                work(transaction)
                if fail:
                    raise Stop
        except Stop:
            return False
        self.sequence += transaction.commit is not None
        return True

    def free(self, entry: Entry, number: int = 0) -> Entry:
        """The entry, deleted if another live one has its address: what a change would see to."""
        known = self.store.state.entry_at(entry.address)
        taken = known is not None and known.id != number
        return replace(entry, deleted_at=noon().now()) if taken else entry

    @rule(drawn=st.lists(entries(), min_size=1, max_size=3), fail=st.booleans())
    def put_new_entries(self, drawn: list[Entry], fail: bool) -> None:
        stored: list[Entry] = []

        def work(transaction: Transaction) -> None:
            stored.extend(transaction.put_entry(self.free(entry)) for entry in drawn)

        if self.change(work, fail):
            numbers = {entry.id for entry in stored}
            assert not numbers & self.numbers
            self.numbers |= numbers
            self.model.entries |= {entry.id: entry for entry in stored}

    @precondition(lambda self: self.model.entries)
    @rule(choice=choices, drawn=entries(), fail=st.booleans())
    def change_an_entry(self, choice: int, drawn: Entry, fail: bool) -> None:
        number = sorted(self.model.entries)[choice % len(self.model.entries)]
        self.store.catch_up()
        entry = self.free(replace(drawn, id=number), number)
        if self.change(lambda transaction: transaction.put_entry(entry), fail):
            self.model.entries[number] = self.store.state.entries[number]
            assert replace(self.model.entries[number], deleted_in=0) == replace(entry, deleted_in=0)

    @precondition(lambda self: self.model.entries)
    @rule(choice=choices, fail=st.booleans())
    def forget_an_entry(self, choice: int, fail: bool) -> None:
        number = sorted(self.model.entries)[choice % len(self.model.entries)]
        if self.change(lambda transaction: remove_entry(transaction, number), fail):
            del self.model.entries[number]

    @rule(name=st.sampled_from(DOMAIN_NAMES), limit=st.integers(0, 5), fail=st.booleans())
    def add_a_domain(self, name: str, limit: int, fail: bool) -> None:
        self.store.catch_up()
        domain = Domain(name=name, user_limit=limit)
        if self.store.state.domain_named(name) is None and self.change(lambda t: t.put_domain(domain), fail):
            self.model.domains[name] = domain

    @rule(license_=licenses, moment=st.none() | moments, fail=st.booleans())
    def change_license_and_restart(self, license_: License, moment: Any, fail: bool) -> None:
        def work(transaction: Transaction) -> None:
            transaction.set_license(license_)
            transaction.set_last_restart(moment)

        if self.change(work, fail):
            self.model.license, self.model.last_restart = license_, moment

    @rule(inventory=inventories(most=4), fail=st.booleans())
    def restore(self, inventory: Inventory, fail: bool) -> None:
        if self.change(lambda transaction: transaction.replace_all(inventory), fail):
            self.model = Model(inventory)
            self.model.entries = {entry.id: entry for entry in self.store.state.entries.values()}
            plain = [replace(entry, id=0, deleted_in=0) for entry in self.store.state.entries.values()]
            assert plain == [replace(entry, id=0) for entry in inventory.entries]
            assert not self.model.entries.keys() & self.numbers
            self.numbers |= self.model.entries.keys()

    @rule()
    def be_refused(self) -> None:
        try:
            with self.store.transaction("deed", "restore") as transaction:
                transaction.put_entry(Entry(address="refused@north.example"))
                raise Refused("No seat is free.")
        except Refused:
            self.sequence += 1

    @rule()
    def make_a_snapshot(self) -> None:
        snapshot_now(self.store)

    @rule(lose_snapshot=st.booleans())
    def close_and_open_again(self, lose_snapshot: bool) -> None:
        self.store.close()
        if lose_snapshot:
            (self.folder / "store.json").unlink(missing_ok=True)
        self.store = SeatStore.open(self.folder, noon(), 0)

    @rule(part=st.floats(0, 1, exclude_max=True), reopen=st.booleans())
    def die_in_the_middle_of_a_change(self, part: float, reopen: bool) -> None:
        """The journal gets a part of a line that was reported to no one."""
        self.store.catch_up()
        journal = self.folder / "journal.jsonl"
        before = journal.stat().st_size
        with self.store.transaction("deed", "restore") as transaction:
            transaction.put_entry(self.free(Entry(address="dying@north.example")))
        self.store.abandon()
        written = journal.stat().st_size - before
        with journal.open("r+b") as file:
            file.truncate(before + int((written - 1) * part))
        if reopen:
            self.store = SeatStore.open(self.folder, noon(), 0)
            assert len(self.store.notices) == (int((written - 1) * part) > 0)
        else:
            self.store, self.other = self.other, SeatStore.open(self.folder, noon(), 0)

    @rule()
    def take_the_other_handle(self) -> None:
        self.store, self.other = self.other, self.store

    @invariant()
    def both_handles_tell_what_the_model_holds(self) -> None:
        for store in (self.store, self.other):
            store.catch_up()
            assert {entry.id: entry for entry in store.state.entries.values()} == self.model.entries
            assert {domain.name: domain for domain in store.state.domains.values()} == self.model.domains
            assert (store.state.license, store.state.last_restart) == (self.model.license, self.model.last_restart)
            assert store.sequence == self.sequence
            assert verify(store.folder) == store.head
            for entry in self.model.entries.values():
                assert store.state.entries.get(entry.id) == entry
                if entry.deleted_at is None:
                    assert store.state.entry_at(entry.address) == entry
                else:
                    assert entry in store.state.deleted_at(entry.address)
            live = {fold(e.address) for e in self.model.entries.values() if e.deleted_at is None}
            for entry in self.model.entries.values():
                if fold(entry.address) not in live:
                    assert store.state.entry_at(entry.address) is None


TestStoreHistories = StoreHistories.TestCase
TestStoreHistories.settings = settings(max_examples=MANY, stateful_step_count=15, deadline=None)


LOGINS = tuple(f"{name}@north.example" for name in ("anna", "berg", "chen", "dora"))
SEATS = 2


class SessionHistories(RuleBasedStateMachine):
    """Two operators, their changes and undos; after each, figures and log agree with a replay of the whole log."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "s"
        self.clock = noon()
        domain = Domain(name="north.example", primary=True)
        inventory = Inventory(license=License(seats=SEATS), domains=(domain,))
        Session.create(self.folder, inventory, "anna", self.clock).close()
        self.sessions = [self.opened("anna"), self.opened("berg")]

    def teardown(self) -> None:
        for session in self.sessions:
            session.close()
        self.temporary.cleanup()

    def opened(self, operator: str) -> Session:
        return Session.open(self.folder, operator, self.clock, patience=0)

    def do(self, who: int, operation: Operation) -> None:
        self.clock.forward(seconds=1)
        with suppress(Refused):
            self.sessions[who].do(operation)

    @rule(who=st.integers(0, 1), login=st.sampled_from(LOGINS))
    def add(self, who: int, login: str) -> None:
        self.do(who, AddAccount(login))

    @rule(who=st.integers(0, 1), logins=st.lists(st.sampled_from(LOGINS), min_size=1, unique=True))
    def disable(self, who: int, logins: list[str]) -> None:
        self.do(who, DisableAccounts(tuple(logins)))

    @rule(who=st.integers(0, 1), logins=st.lists(st.sampled_from(LOGINS), min_size=1, unique=True))
    def enable(self, who: int, logins: list[str]) -> None:
        self.do(who, EnableAccounts(tuple(logins)))

    @rule(who=st.integers(0, 1), login=st.sampled_from(LOGINS))
    def delete(self, who: int, login: str) -> None:
        self.do(who, DeleteAccounts((login,)))

    @rule(
        who=st.integers(0, 1),
        login=st.sampled_from(LOGINS),
        to=st.sampled_from(("", *LOGINS)),
        alias_to=st.sampled_from(("", *LOGINS)),
        days=st.integers(0, 2),
    )
    def offboard(self, who: int, login: str, to: str, alias_to: str, days: int) -> None:
        with suppress(NotFound):
            if days:
                due = self.clock.now() + timedelta(days=days)
                self.do(who, ScheduleOffboarding(login, due, to, alias_to))
            else:
                self.do(who, Offboard(login, to, alias_to))

    @rule(who=st.integers(0, 1))
    def apply_due(self, who: int) -> None:
        """A timer does all that can be done; what is not there any more is not due."""
        self.clock.forward(days=1)
        session = self.sessions[who]
        session.catch_up()
        for each in due_now(session.state, self.clock.now()):
            entry = session.state.entries[each.entry]
            assert entry.deleted_at is None
            done = session.do(when_due(each, session.state))
            assert (each.entry in session.state.offboardings) == bool(done.failures)

    @rule(who=st.integers(0, 1))
    def restart(self, who: int) -> None:
        self.do(who, RecordRestart())

    @rule(who=st.integers(0, 1))
    def undo(self, who: int) -> None:
        """What is undone is as it was, but for accounts that were created: those are deleted."""
        self.clock.forward(seconds=1)
        session = self.sessions[who]
        session.catch_up()
        try:
            target = session.last_undoable()
            done = session.undo()
        except (NotFound, Refused):
            return
        assert target is not None
        if done.commit is not None:
            assert done.commit.undoes == target.sequence
        for change in target.changes:
            if change.table == "entries" and change.before is not None and change.before.deleted_at is None:
                assert session.state.live_entry(change.number) == change.before

    @rule(who=st.integers(0, 1))
    def undo_and_do_again(self, who: int) -> None:
        """What is undone and done again is as it was, for all that is not deleted."""
        self.clock.forward(seconds=1)
        session = self.sessions[who]
        session.catch_up()
        before = {entry for entry in session.state.inventory.entries if entry.deleted_at is None}
        try:
            done = session.undo()
            if done.commit is None:
                return
            session.undo(done.commit.sequence)
        except ConsoleError:
            return
        assert {entry for entry in session.state.inventory.entries if entry.deleted_at is None} == before

    @rule(who=st.integers(0, 1))
    def open_again(self, who: int) -> None:
        operator = self.sessions[who].store.operator
        self.sessions[who].close()
        self.sessions[who] = self.opened(operator.user)

    @invariant()
    def figures_are_those_of_the_records_and_the_records_those_of_the_log(self) -> None:
        replayed: dict[tuple[str, int], Any] = {}
        commits: list[Commit] = []
        for session in self.sessions:
            session.catch_up()
            assert session.seats.report() == evaluate(session.state.inventory)
        fresh = SeatStore.open(self.folder, self.clock, 0)
        for commit in fresh.journal.history():
            commits.append(commit)
            for change in commit.changes:
                assert replayed.get((change.table, change.number)) == change.before
                replayed[change.table, change.number] = change.after
        entries = {number: entry for (table, number), entry in replayed.items() if table == "entries" and entry}
        assert entries == {entry.id: entry for entry in fresh.state.entries.values()}
        assert (
            set(fresh.state.entries.values())
            == set(self.sessions[0].state.inventory.entries)
            == set(self.sessions[1].state.inventory.entries)
        )
        assert all(commit.seats is None or commit.seats[1] <= SEATS for commit in commits)
        fresh.abandon()


TestSessionHistories = SessionHistories.TestCase
TestSessionHistories.settings = settings(max_examples=MANY, stateful_step_count=20, deadline=None)
