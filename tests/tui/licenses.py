"""What the tests of the license screen share."""

from datetime import date, timedelta
from pathlib import Path

from textual.widgets import Input

from kconsole.core.license import Customer, License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.tui.screens.license import LicenseScreen
from tests.clocks import noon
from tests.tui.console import Console, until_shown

TODAY = date(2026, 8, 5)


FIELDS = ("Northwind", "Anna Berg", "anna@north.example", "1", "High St 1", "60200", "Brno", "", "CZ", "", "")
"""What a person types in the form, in its order."""


NORTH = Customer(
    organization="Northwind", person="Anna Berg", email="anna@north.example", phone="1", country="CZ", city="Brno",
    street="High St 1", zip="60200",
)  # fmt: skip


ACTIVATED = License(
    seats=5,
    id_end="GHIJ",
    registered_at=noon().now() - timedelta(days=100),
    activated_at=noon().now() - timedelta(days=100),
    customer=NORTH,
    maintenance_until=TODAY + timedelta(days=265),
)


def office(license_: License = License(seats=5), accounts: int = 5, mailboxes: int = 0) -> Inventory:  # noqa: B008
    """A store with some accounts, the first of which have a mailbox."""
    entries = tuple(
        Entry(address=f"{letter}@north.example", mailbox=place < mailboxes)
        for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz"[:accounts])
    )
    return Inventory(domains=(Domain(name="north.example", primary=True),), entries=entries, license=license_)


def license_screen(screen: Console) -> LicenseScreen:
    return next(each for each in screen.app.screen_stack if isinstance(each, LicenseScreen))


def head(screen: Console) -> list[str]:
    widget = license_screen(screen).head
    return [widget.render_line(y).text.strip() for y in range(widget.size.height)]


def keys(screen: Console) -> str:
    return license_screen(screen).key_line.render_line(0).text


def reported(screen: Console) -> str:
    return license_screen(screen).status.left


def sheet(screen: Console) -> str:
    """Everything on the sheet, in sight or not."""
    return "\n".join("".join(text for text, _ in line) for line in license_screen(screen).sheet.lines)


def paste(screen: Console, **values: str) -> None:
    """Put texts into the lines of the form that is open, as pasting does."""
    for name, value in values.items():
        screen.app.screen.query_one(f"#{name.replace('_', '-')}", Input).value = value


async def give_file(screen: Console, path: str, shown: str) -> None:
    """Give the license screen a file to install, and wait for what is shown then."""
    await screen.press("l", "i")
    paste(screen, path=path)
    await screen.press("enter")
    await until_shown(screen, shown)


async def later(screen: Console, **duration: float) -> None:
    screen.clock.forward(**duration)
    await screen.tick()


def kept(folder: Path) -> str:
    """All that a store's folder holds."""
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


HOSTILE = "Evil\x1b]0;owned\x07 [bold]x[/] [@click=app.quit]y[/] \u202egnp"
