"""Any history of transactions, against a store that is nothing but a dictionary."""

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kconsole.model.records import Domain, Entry, Inventory, License, fold
from kconsole.store.seatstore import SeatStore, Transaction
from tests.clocks import noon
from tests.licensing.strategies import DOMAIN_NAMES, entries, inventories, licenses, moments

STEPS = int(os.environ.get("KCONSOLE_EXAMPLES", "100")) // 4 + 5

choices = st.integers(0, 1000)


class Stop(Exception):
    """Somebody changed his mind in the middle of a transaction."""


class Model:
    """What the store should hold."""

    def __init__(self, inventory: Inventory) -> None:
        self.entries: dict[int, Entry] = {}
        self.domains: dict[str, Domain] = {domain.name: domain for domain in inventory.domains}
        self.license = inventory.license
        self.last_restart = inventory.last_restart


class StoreHistories(RuleBasedStateMachine):
    """Two handles on one store, one of them reopened now and then; changes, failures and restored dumps."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "s"
        self.numbers: set[int] = set()
        self.sequence = 1

    def teardown(self) -> None:
        self.temporary.cleanup()

    @initialize(inventory=inventories(most=6))
    def make(self, inventory: Inventory) -> None:
        self.model = Model(inventory)
        self.store = SeatStore.create(self.folder, inventory, noon(), "anna", 0)
        self.other = SeatStore.open(self.folder, noon(), 0)
        self.model.entries = {entry.id: entry for entry in self.store.entries}
        self.numbers |= self.model.entries.keys()

    def change(self, work: Any, fail: bool) -> bool:
        """Let a transaction do its work, and perhaps fail at its end; whether it held."""
        try:
            with self.store.transaction("deed", "anna") as transaction:
                work(transaction)
                if fail:
                    raise Stop
        except Stop:
            return False
        self.sequence += transaction.commit is not None
        return True

    def free(self, entry: Entry, number: int = 0) -> Entry:
        """The entry, deleted if another live one has its address: what a deed would see to."""
        known = self.store.entry_at(entry.address)
        taken = known is not None and known.id != number
        return replace(entry, deleted_at=noon().now()) if taken else entry

    @rule(drawn=st.lists(entries(), min_size=1, max_size=3), fail=st.booleans())
    def put_new_entries(self, drawn: list[Entry], fail: bool) -> None:
        stored: list[Entry] = []

        def work(transaction: Transaction) -> None:
            stored.extend(transaction.put_entry(self.free(entry)) for entry in drawn)

        self.store.catch_up()
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
            self.model.entries[number] = entry

    @precondition(lambda self: self.model.entries)
    @rule(choice=choices, fail=st.booleans())
    def forget_an_entry(self, choice: int, fail: bool) -> None:
        number = sorted(self.model.entries)[choice % len(self.model.entries)]
        if self.change(lambda transaction: transaction.remove_entry(number), fail):
            del self.model.entries[number]

    @rule(name=st.sampled_from(DOMAIN_NAMES), limit=st.integers(0, 5), fail=st.booleans())
    def add_a_domain(self, name: str, limit: int, fail: bool) -> None:
        self.store.catch_up()
        domain = Domain(name=name, user_limit=limit)
        if self.store.domain_named(name) is None and self.change(lambda t: t.put_domain(domain), fail):
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
            self.model.entries = {entry.id: entry for entry in self.store.entries}
            plain = [replace(entry, id=0) for entry in self.store.entries]
            assert plain == [replace(entry, id=0) for entry in inventory.entries]
            assert not self.model.entries.keys() & self.numbers
            self.numbers |= self.model.entries.keys()

    @rule()
    def open_again(self) -> None:
        self.store = SeatStore.open(self.folder, noon(), 0)

    @rule()
    def take_the_other_handle(self) -> None:
        self.store, self.other = self.other, self.store

    @invariant()
    def both_handles_tell_what_the_model_holds(self) -> None:
        for store in (self.store, self.other):
            store.catch_up()
            assert {entry.id: entry for entry in store.entries} == self.model.entries
            assert {domain.name: domain for domain in store.domains} == self.model.domains
            assert (store.license, store.last_restart) == (self.model.license, self.model.last_restart)
            assert store.sequence == self.sequence
            for entry in self.model.entries.values():
                assert store.entry(entry.id) == entry
                if entry.deleted_at is None:
                    assert store.entry_at(entry.address) == entry
                else:
                    assert entry in store.deleted_at(entry.address)
            live = {fold(e.address) for e in self.model.entries.values() if e.deleted_at is None}
            for entry in self.model.entries.values():
                if fold(entry.address) not in live:
                    assert store.entry_at(entry.address) is None


TestStoreHistories = StoreHistories.TestCase
TestStoreHistories.settings = settings(max_examples=STEPS, stateful_step_count=15, deadline=None)
