"""A store with a past: people have come and gone in it for some months."""

from datetime import timedelta
from pathlib import Path
from random import Random

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.session import Session
from tests.clocks import FixedClock, noon

DOMAINS = ("north.example", "south.example")


def live(folder: Path, days: int = 200, seats: int | None = 60, people: int = 40, seed: int = 1) -> FixedClock:
    """Make the store; the clock ends at noon of the day of all tests."""
    clock, random = noon(), Random(seed)
    clock.moment -= timedelta(days=days)
    anniversary = noon().now().date() + timedelta(days=200)
    inventory = Inventory(
        license=License(seats=seats, maintenance_until=anniversary),
        domains=tuple(Domain(name=name, primary=name == DOMAINS[0]) for name in DOMAINS),
        entries=tuple(Entry(address=f"person{number}@{DOMAINS[number % 2]}") for number in range(people)),
    )
    session = Session.create(folder, inventory, "anna", clock)
    for day in range(days):
        clock.forward(days=1)
        if random.random() < 0.25:
            session.do(AddAccount(f"new{day}@{DOMAINS[day % 2]}"))
        if random.random() < 0.15:
            session.do(DisableAccounts((random.choice([*session.state.live_entries()]).address,)))
    session.close()
    return clock
