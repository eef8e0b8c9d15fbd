"""A few accounts of different kinds, to see what a change does to each."""

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from tests.tui.console import Console

SEAT = Entry(address="a@x.example", full_name="Anna", mailbox=True)
OFF = Entry(address="b@x.example", enabled=False)
MAPPED = Entry(address="c@x.example", origin="directory")
LIST = Entry(address="team@x.example", kind="mailing_list")
ADMIN = Entry(address="Admin", kind="builtin_admin")


def small(*entries: Entry, seats: int | None = 5) -> Inventory:
    return Inventory(license=License(seats=seats), domains=(Domain(name="x.example", primary=True),), entries=entries)


async def go_to(screen: Console, address: str) -> None:
    screen.main.accounts.move_to(screen.listed.index(address))
    await screen.pilot.pause()
