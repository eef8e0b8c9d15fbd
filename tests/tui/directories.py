"""Directories that are not there, for pictures: their settings, and what one of them would list."""

from collections.abc import Iterator

from msgspec.structs import replace

from kconsole.core.directory import Directory, DirectoryUser
from kconsole.operations.mapping import DirectoryListing, MapDomain, SetDirectory, plan_mapping
from kconsole.operations.session import Session
from kconsole.tui.app import KConsoleApp
from kconsole.tui.screens.main import MainScreen
from kconsole.tui.screens.mapping_preview import PreviewScreen
from tests.clocks import FixedClock

ACTIVE = Directory(
    url="ldaps://dc1.northwind.example",
    base="ou=Staff,dc=northwind,dc=example",
    kind="active_directory",
    bind_as="kconsole@northwind.example",
    filter="(memberOf=cn=mail,ou=Groups,dc=northwind,dc=example)",
)
OPEN = Directory(
    url="ldap://ldap.labs.example",
    base="ou=people,dc=labs,dc=example",
    bind_as="cn=reader,dc=labs,dc=example",
    insecure=True,
)

DOMAIN = "northwind.example"

NAMES = (
    "Ada Byron", "Bruno Weiss", "Chidi Okafor", "Dana Novak", "Eunji Park", "Farid Haddad", "Greta Lind",
    "Imani Mwangi", "Jorge Ruiz", "Katja Vogel", "Liam Walsh", "Marta Silva", "Nils Holm", "Olu Adeyemi", "Priya Nair",
)  # fmt: skip


def name_directories(session: Session, clock: FixedClock) -> None:
    """Let someone name the directories of two domains, and map one of them as its accounts are."""
    other = Session.open(session.store.folder, "berg", clock)
    for domain, directory in ((DOMAIN, ACTIVE), ("labs.example", OPEN)):
        other.do(SetDirectory(domain, directory))
    other.do(MapDomain(DOMAIN, same_listing(other)))
    other.close()


def same_listing(session: Session) -> DirectoryListing:
    """Those who are mapped, and no others."""
    return DirectoryListing(tuple(_known(session)), (), ())


def large_listing(session: Session) -> DirectoryListing:
    """Thirty new people; of those that are known, two are gone, one is disabled, one is renamed. One collides."""
    disabled, renamed, *same = _known(session)[2:]
    changed = (replace(disabled, enabled=False), replace(renamed, login=f"{renamed.login}-berger"))
    taken = DirectoryUser(id="taken", login="info", full_name="Front desk", name=f"cn=info,{ACTIVE.base}")
    return DirectoryListing((*changed, *same, *_new_people(30), taken), (), ())


def _known(session: Session) -> list[DirectoryUser]:
    mapped = [entry for entry in session.state.live_entries() if entry.origin == "directory" and entry.domain == DOMAIN]
    mapped = [entry for entry in mapped if entry.enabled]
    return [DirectoryUser(id=f"id of {entry.id}", login=entry.login, full_name=entry.full_name) for entry in mapped]


def _new_people(number: int) -> Iterator[DirectoryUser]:
    for place in range(number):
        first, last = NAMES[place % 15].split()
        other = NAMES[(place + 4 * (place // 15)) % 15].split()[1]
        yield DirectoryUser(
            id=f"new-{place}", login=f"{first[0]}.{other}".lower(), full_name=f"{first} {other if place > 14 else last}"
        )


def show_preview(app: KConsoleApp) -> None:
    """Show what mapping the large listing would do, as if its directory had just been read."""
    main = app.screen
    assert isinstance(main, MainScreen)
    main.workspace.feed.poll()
    listing = large_listing(main.session)
    plan = plan_mapping(DOMAIN, listing, main.session.state, main.session.seats)
    app.push_screen(PreviewScreen(main.workspace, ACTIVE, listing, plan))
