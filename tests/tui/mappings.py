"""Domains that are mapped from a directory, and the way to their preview."""

from textual.widgets import Input

from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.mapping import DirectoryListing
from kconsole.tui.screens.mapping import MappingScreen
from kconsole.tui.screens.mapping_preview import PreviewScreen
from tests.directory_server.server import DirectoryServer
from tests.tui.console import Console, until

NORTH = "north.example"
CREW_LOGINS = ["amy", "bender", "fry", "hermes", "leela", "professor", "zoidberg"]


def mapped_from(directory: Directory | None, *entries: Entry, seats: int | None = 10) -> Inventory:
    domains = (Domain(name=NORTH, primary=True, directory=directory), Domain(name="south.example"))
    return Inventory(license=License(seats=seats), domains=domains, entries=entries)


def account(login: str, **fields: object) -> Entry:
    return Entry(address=f"{login}@{NORTH}", **fields)  # type: ignore[arg-type]  # fields of an entry


def staff(number: int, **fields: object) -> tuple[Entry, ...]:
    return tuple(
        account(f"p{place:04}", origin="directory", directory_id=f"id-p{place:04}", **fields) for place in range(number)
    )


def listed(*logins: str) -> DirectoryListing:
    return DirectoryListing(tuple(DirectoryUser(id=f"id-{login}", login=login) for login in logins), (), ())


def people(first: int, last: int) -> list[str]:
    return [f"p{place:04}" for place in range(first, last)]


DIRECTORY = Directory(url="ldaps://directory.example", base="ou=people,dc=example")


async def log_in(screen: Console, password: str = DirectoryServer.password) -> None:
    """Give the password to the dialog that asks for it, as by a paste."""
    assert isinstance(screen.app.focused, Input)
    screen.app.focused.insert_text_at_cursor(password)
    await screen.press("enter")


async def to_preview(screen: Console) -> PreviewScreen:
    await screen.press("M", "enter")
    await log_in(screen)
    await until(screen, lambda: isinstance(screen.app.screen, PreviewScreen))
    return preview_of(screen)


def preview_of(screen: Console) -> PreviewScreen:
    shown = screen.app.screen
    assert isinstance(shown, PreviewScreen)
    return shown


async def show_preview(screen: Console, listing: DirectoryListing, directory: Directory = DIRECTORY) -> PreviewScreen:
    """A preview of what was read before, without a server."""
    await screen.press("M")
    mapping = screen.app.screen
    assert isinstance(mapping, MappingScreen)
    mapping.compare(NORTH, directory, listing)
    await until(screen, lambda: isinstance(screen.app.screen, PreviewScreen))
    return preview_of(screen)


def status_of(screen: Console) -> str:
    shown = screen.app.screen
    assert isinstance(shown, MappingScreen | PreviewScreen)
    return shown.status.left


def store_of(screen: Console) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(screen.session.store.folder.iterdir()))
