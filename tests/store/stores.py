"""Stores to test with, and ways to break them."""

from pathlib import Path

from kconsole.model.records import Domain, Entry, Inventory, License
from kconsole.store.seatstore import SeatStore
from tests.clocks import FixedClock, noon

DOMAIN = "north.example"


def account(login: str, **fields: object) -> Entry:
    return Entry(address=f"{login}@{DOMAIN}", **fields)  # type: ignore[arg-type]  # fields of an entry


def inventory_of(*entries: Entry, seats: int | None = 10) -> Inventory:
    return Inventory(license=License(seats=seats), domains=(Domain(name=DOMAIN, primary=True),), entries=entries)


def new_store(folder: Path, *entries: Entry, clock: FixedClock | None = None, patience: float = 0) -> SeatStore:
    return SeatStore.create(folder, inventory_of(*entries), clock or noon(), "anna", patience)


def opened(folder: Path) -> SeatStore:
    return SeatStore.open(folder, noon(), 0)


def addresses(store: SeatStore) -> list[str]:
    return sorted(entry.address for entry in store.entries)


def add(store: SeatStore, login: str) -> Entry:
    with store.transaction("add", "anna") as transaction:
        return transaction.put_entry(account(login))


def same_as_disk(store: SeatStore) -> bool:
    """Whether what a store tells is what another one reads from its file."""
    fresh = opened(store.folder)
    return (fresh.inventory, fresh.sequence, fresh.log()) == (store.inventory, store.sequence, store.log())
