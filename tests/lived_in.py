"""Months in the life of a store: people come and go."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

from kconsole.core.errors import Refused
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.session import Session
from tests.clocks import FixedClock, noon

DOMAINS = ("north.example", "south.example")


def live_on(session: Session, clock: FixedClock, days: int = 120, seed: int = 1) -> None:
    """Let so many days pass; another person adds and disables accounts on some of them."""
    random, other = Random(seed), Session.open(session.store.folder, "anna", clock)
    domains = [domain.name for domain in other.state.domains.values()]
    for day in range(days):
        clock.forward(days=1)
        if random.random() < 0.25:
            with suppress(Refused):
                other.do(AddAccount(f"new{day}@{random.choice(domains)}"))
        if random.random() < 0.2:
            with suppress(Refused):
                enabled = [each for each in other.state.live_entries() if each.is_account and each.enabled]
                other.do(DisableAccounts((random.choice(enabled).address,)))
    other.close()


def lived_in(folder: Path, days: int = 120, seats: int | None = 60, people: int = 48) -> FixedClock:
    """Make a store with a past; the clock ends at noon of the day of all tests."""
    clock = noon()
    clock.moment -= timedelta(days=days)
    inventory = Inventory(
        license=License(seats=seats, maintenance_until=noon().now().date() + timedelta(days=200)),
        domains=tuple(Domain(name=name, primary=name == DOMAINS[0]) for name in DOMAINS),
        entries=tuple(Entry(address=f"person{number}@{DOMAINS[number % 2]}") for number in range(people)),
    )
    session = Session.create(folder, inventory, "anna", clock)
    live_on(session, clock, days)
    session.close()
    return clock
