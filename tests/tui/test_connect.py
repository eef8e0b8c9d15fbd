"""Recording on the screen that a user logs in."""

from msgspec.structs import replace

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from tests.clocks import noon
from tests.tui.console import WIDE, console

NEW = Entry(address="new@north.example", full_name="Noor New")
LATER = Entry(address="later@north.example")
KNOWN = Entry(
    address="known@north.example", mailbox=True, last_login=LastLogin(noon().now().replace(year=2025), "IMAP")
)


def small(*entries: Entry, seats: int | None = 2) -> Inventory:
    domains = (Domain(name="north.example", primary=True),)
    return Inventory(license=License(seats=seats), domains=domains, entries=entries)


async def test_a_first_login_is_recorded_after_a_question_and_undone() -> None:
    async with console(small(NEW, KNOWN), WIDE) as screen:
        assert screen.at.address == NEW.address
        await screen.press("c")
        screen.expect_dialog("Record a login?", NEW.address, "It would be let in now", "1 user has connected")
        screen.expect_focus_on("Cancel")
        await screen.press("enter")
        assert not screen.session.state.find(NEW.address).mailbox
        await screen.press("c", "y")
        entry = screen.session.state.find(NEW.address)
        assert entry.mailbox
        assert entry.last_login == LastLogin(screen.clock.now(), "")
        assert "new@north.example logged in" in screen.status
        await screen.press("u")
        assert screen.session.state.find(NEW.address) == replace(entry, mailbox=False, last_login=None)


async def test_who_has_a_mailbox_is_let_in_whatever_the_seats() -> None:
    async with console(small(KNOWN, NEW, LATER, seats=1)) as screen:
        await screen.press("slash")
        await screen.type("known")
        await screen.press("enter", "c")
        screen.expect_dialog("it has a mailbox, so no seat limit applies")


async def test_who_would_be_refused_is_reported_why_and_nothing_is_recorded() -> None:
    async with console(small(NEW, KNOWN, seats=1)) as screen:
        await screen.press("c")
        screen.expect_dialog("Refused", "new@north.example would be refused at login.", "AuthLicense", "1 user has")
        await screen.press("escape")
        assert not screen.session.state.find(NEW.address).mailbox


async def test_a_disabled_account_and_an_alias_are_refused() -> None:
    off = replace(NEW, enabled=False)
    async with console(small(off, seats=None)) as screen:
        await screen.press("c")
        screen.expect_dialog("Refused", "The account is disabled")
    async with console(small(seats=None)) as screen:
        await screen.press("c")
        screen.expect_no_dialog()
        assert "no account here" in screen.status


async def test_read_only_records_nothing() -> None:
    async with console(small(NEW), read_only=True) as screen:
        await screen.press("c")
        screen.expect_no_dialog()
        assert screen.status.startswith("Nothing can be changed")
