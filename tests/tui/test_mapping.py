"""Mapping on the screen, against a real directory server: choose, test, preview, apply."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from kconsole.core.codes import message
from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.errors import SourceAway
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.net.deadlines import Flag
from kconsole.net.secrets import DIRECTORY_PASSWORD
from kconsole.operations.accounts import AddAccount, Connect, DisableAccounts
from kconsole.operations.mapping import DirectoryListing, SetDirectory
from kconsole.operations.server import AddDomain
from kconsole.text.mapping import users_read
from kconsole.tui.screens.connecting import ReadingDialog
from kconsole.tui.screens.mapping import MappingScreen
from kconsole.tui.screens.mapping_preview import PreviewScreen
from tests.directory_server.listener import relay
from tests.directory_server.people import STAFF
from tests.directory_server.server import CREW, DirectoryServer, need_slapd
from tests.limits import PATIENCE
from tests.tui.console import NARROW, WIDE, Console, console, until, until_shown

NORTH = "north.example"
CREW_LOGINS = ["amy", "bender", "fry", "hermes", "leela", "professor", "zoidberg"]


@pytest.fixture(autouse=True)
def _no_one_gave_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DIRECTORY_PASSWORD, raising=False)


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


# Which directory


@pytest.mark.quick
async def test_domains_are_listed_with_their_directories() -> None:
    directory = replace(DIRECTORY, insecure=True)
    async with console(mapped_from(directory, *staff(3), account("local")), NARROW) as screen:
        await screen.press("M")
        assert "Domains · 1 of 2 with a directory" in screen.text
        row = next(line for line in screen.text.splitlines() if "▸!north.example" in line)
        assert "3 mapped" in row
        assert "INSECURE ldaps://directory.example · ou=p" in row
        assert "! INSECURE: the certificate is not checked" in screen.text
        await screen.press("j")
        assert any("▸ south.example" in line and "not mapped" in line for line in screen.text.splitlines())
        assert "Directory     none. Press m to set it." in screen.text
        await screen.press("escape")
        screen.expect_focus_on("accounts")


async def test_a_domain_is_shown_in_unicode_with_its_ascii_form_in_the_details_and_says_what_it_counts() -> None:
    domains = (Domain(name=NORTH, primary=True), Domain(name="xn--bcher-kva.example"))
    async with console(Inventory(license=License(seats=5), domains=domains, entries=staff(1)), WIDE) as screen:
        await screen.press("M")
        assert "1 account mapped" in screen.text
        assert "In ASCII" not in screen.text
        await screen.press("j")
        assert any("▸ bücher.example" in line for line in screen.text.splitlines())
        assert "In ASCII      xn--bcher-kva.example" in screen.text


async def test_the_cursor_begins_at_the_domain_that_is_listed() -> None:
    async with console(mapped_from(None)) as screen:
        await screen.press("right_square_bracket", "right_square_bracket", "M")
        assert "▸ south.example" in screen.text


@pytest.mark.quick
async def test_settings_are_filled_in_and_kept() -> None:
    async with console(mapped_from(None)) as screen:
        await screen.press("M", "m")
        screen.expect_typing_in("url")
        for text in ("https://x.example", "ou=people,dc=x"):
            assert isinstance(screen.app.focused, Input)
            screen.app.focused.insert_text_at_cursor(text)
            await screen.press("enter")
        screen.expect_focus_on("kind")
        await screen.press("right", "enter", *["enter"] * 5)
        screen.expect_focus_on("insecure").expect_dialog("its certificate is checked")
        assert "INSECURE" not in screen.text
        await screen.press("space")
        screen.expect_dialog("INSECURE: the certificate is not checked")
        await screen.press("enter")
        screen.expect_dialog("must start with ldaps:// or ldap://")
        url = screen.app.screen.query_one("#url", Input)
        url.value = "ldaps://x.example"
        screen.app.screen.query_one("#attributes", Input).value = "login=mailNickname, full_name = cn"
        await screen.press("enter")
        screen.expect_no_dialog()
        domain = screen.session.state.domain_named(NORTH)
        assert domain is not None
        assert domain.directory is not None
        assert (domain.directory.url, domain.directory.kind, domain.directory.insecure) == (
            "ldaps://x.example", "apple", True,
        )  # fmt: skip
        assert domain.directory.attributes == (("login", "mailNickname"), ("full_name", "cn"))
        await screen.press("u")
        domain = screen.session.state.domain_named(NORTH)
        assert domain is not None
        assert domain.directory is None


async def test_attributes_that_are_none_are_reported() -> None:
    async with console(mapped_from(DIRECTORY)) as screen:
        await screen.press("M", "m")
        screen.app.screen.query_one("#attributes", Input).value = "login"
        screen.app.screen.query_one("#insecure").focus()
        await screen.press("enter")
        screen.expect_dialog("'login' does not have the form FIELD=NAME")
        await screen.press("escape")
        assert "1 of 2 with a director" in screen.text


async def test_a_line_that_no_one_changed_keeps_what_was_there() -> None:
    odd = replace(DIRECTORY, base="ou=a\u200bb,dc=example")
    async with console(mapped_from(odd)) as screen:
        await screen.press("M", "m")
        screen.app.screen.query_one("#filter", Input).value = "(mail=*)"
        screen.app.screen.query_one("#insecure").focus()
        await screen.press("enter")
        domain = screen.session.state.domain_named(NORTH)
        assert domain is not None
        assert domain.directory == replace(odd, filter="(mail=*)")


async def test_a_directory_is_forgotten_after_a_question_and_its_accounts_stay() -> None:
    async with console(mapped_from(DIRECTORY, *staff(2))) as screen:
        await screen.press("M", "F")
        screen.expect_dialog("Forget the directory?", NORTH, "2 mapped accounts stay")
        screen.expect_focus_on("Cancel")
        await screen.press("y")
        domain = screen.session.state.domain_named(NORTH)
        assert domain is not None
        assert domain.directory is None
        assert "2 mapped" in screen.text
        await screen.press("enter")
        screen.expect_dialog("No directory is set for north.example", "Press m")


# The connection


@pytest.mark.quick
async def test_the_connection_is_tested(own_directory: DirectoryServer) -> None:
    async with console(mapped_from(own_directory.directory(base=CREW)), WIDE) as screen:
        await screen.press("M", "p")
        screen.expect_dialog("Password", own_directory.bind_dn)
        await log_in(screen)
        await until_shown(screen, "The directory answers")
        screen.expect_dialog("OpenLDAP", "encrypted, the CA file trusts the certificate", f"7 users below {CREW}")
        assert own_directory.fingerprint[:40] in screen.text


async def test_a_connection_that_no_one_checks_is_reported_loudly(directory_server: DirectoryServer) -> None:
    insecure = directory_server.directory(base=CREW, insecure=True)
    async with console(mapped_from(insecure)) as screen:
        await screen.press("M", "p")
        screen.expect_dialog("INSECURE: the certificate is not checked")
        await log_in(screen)
        await until_shown(screen, "NOT CHECKED")
        assert screen.dialog is not None
        assert screen.dialog.has_class("-notice")


async def test_a_wrong_password_is_reported_and_is_nowhere(directory_server: DirectoryServer) -> None:
    wrong = "not it, 5f1b"
    async with console(mapped_from(directory_server.directory(base=CREW))) as screen:
        before = store_of(screen)
        await screen.press("M", "enter")
        line = screen.app.focused
        assert isinstance(line, Input)
        line.insert_text_at_cursor(wrong)
        await screen.pilot.pause()
        assert wrong not in screen.text
        assert "•" * len(wrong) in screen.text
        await screen.press("home", "shift+end", "ctrl+c", "ctrl+x")
        assert wrong not in screen.app.clipboard
        await screen.press("enter")
        assert line.value == ""
        await until_shown(screen, "Failed")
        assert wrong not in screen.text
        assert store_of(screen) == before
        await screen.press("escape")
        assert isinstance(screen.app.screen, MappingScreen)


async def test_an_empty_password_is_asked_for_again_and_escape_leaves(directory_server: DirectoryServer) -> None:
    async with console(mapped_from(directory_server.directory())) as screen:
        await screen.press("M", "enter", "enter")
        screen.expect_dialog("Type the password").expect_typing_in("password")
        await screen.press("escape")
        screen.expect_no_dialog()
        assert isinstance(screen.app.screen, MappingScreen)


async def test_the_password_of_the_environment_is_not_asked_for(
    directory_server: DirectoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DIRECTORY_PASSWORD, DirectoryServer.password)
    async with console(mapped_from(directory_server.directory(base=CREW))) as screen:
        await screen.press("M", "enter")
        await until(screen, lambda: isinstance(screen.app.screen, PreviewScreen))
        assert len(preview_of(screen).plan.new) == 7


# Preview and apply


@pytest.mark.quick
async def test_users_are_previewed_and_mapped(directory_server: DirectoryServer) -> None:
    taken = account("zoidberg")
    async with console(mapped_from(directory_server.directory(base=CREW), taken), WIDE) as screen:
        preview = await to_preview(screen)
        assert "1 → 7 of 10 seats used" in screen.text
        assert "6 new, 1 colliding" in screen.text
        assert "1 · Colliding, not mapped" in screen.text
        assert "zoidberg" in screen.text
        assert [f"{login}@{NORTH}" for login in CREW_LOGINS[:-1]] == sorted(e.address for e in preview.plan.new)
        assert screen.used == 1
        await screen.press("A")
        screen.expect_dialog("Map 6 accounts?", NORTH, "Seats used: 1 → 7 of 10.", "1 user cannot be mapped")
        screen.expect_focus_on("Cancel")
        await screen.press("enter")
        screen.expect_no_dialog()
        assert screen.used == 1
        await screen.press("A", "y")
        screen.expect_dialog("Some users were not mapped", "zoidberg: the address is already taken by a local account")
        await screen.press("escape")
        assert isinstance(screen.app.screen, MappingScreen)
        assert status_of(screen) == "1 → 7 seats used · 6 accounts mapped from the directory"
        assert "6 accounts mapped" in screen.text
        assert DirectoryServer.password.encode() not in store_of(screen)
        await screen.press("u")
        screen.expect_dialog("Undo 'map' of 6 accounts?", "6 accounts would be deleted")
        await screen.press("6", "enter")
        assert "6 accounts mapped" not in screen.text
        assert [entry.address for entry in screen.session.state.live_entries()] == [taken.address]


async def test_what_is_as_the_directory_says_is_nothing_to_do() -> None:
    async with console(mapped_from(DIRECTORY, *staff(3))) as screen:
        await show_preview(screen, listed(*people(0, 3)))
        assert "Nothing to do: the accounts match the directory." in screen.text
        await screen.press("A")
        screen.expect_no_dialog()
        assert "Nothing to map" in status_of(screen)


@pytest.mark.quick
async def test_thirty_users_on_five_seats_are_25_over_named_and_refused_afterwards(tmp_path: Path) -> None:
    need_slapd()
    server = DirectoryServer(tmp_path / "directory", 30).start()
    boxes = tuple(account(f"box{place}", mailbox=True) for place in range(5))
    try:
        async with console(mapped_from(server.directory(base=STAFF), *boxes), WIDE) as screen:
            await to_preview(screen)
            assert "5 → 35 of 10 seats used · EXCEEDED" in screen.text
            assert "The license will be exceeded by 25 seats" in screen.text
            who = "of 30 accounts without a mailbox the first 5 to log in are let in, the other 25 are refused"
            assert who in screen.text
            assert "30 · Without a mailbox: refused at login once the seats are used up" in screen.text
            assert "u00000@north.example" in screen.text
            assert "box0" not in screen.text
            await screen.press("A")
            screen.expect_dialog("! The license will be exceeded by 25 seats.", "Map over the limit", who)
            screen.expect_focus_on("Cancel")
            await screen.press("y", "escape")
            assert screen.session.seats.report().state == "exceeded"
            assert any("has been exceeded" in line for line in screen.banner)
            for place in range(5):
                screen.session.do(Connect(f"u0000{place}@{NORTH}", "IMAP"))
            await screen.press("slash")
            for text, number, is_refused in (("box", 5, False), ("u0000", 10, None), ("neil+", 10, True)):
                screen.app.screen.query_one("#filter", Input).value = text
                await screen.pilot.pause()
                signs = {line.split("@")[0][-6:]: "!" in line.split("@")[0] for line in rows(screen)}
                assert len(signs) == number
                if is_refused is None:
                    assert {login for login, sign in signs.items() if sign} == {
                        f"u0000{place}" for place in range(5, 10)
                    }
                else:
                    assert set(signs.values()) == {is_refused}
    finally:
        server.close()


def rows(screen: Console) -> list[str]:
    accounts = screen.main.accounts
    return [accounts.render_line(y).text for y in range(1, accounts.row_count + 1)]


# Those who are gone


async def test_who_is_gone_stays_unless_it_is_said() -> None:
    async with console(mapped_from(DIRECTORY, *staff(6)), WIDE) as screen:
        preview = await show_preview(screen, listed(*people(2, 6), "new"))
        assert "2 of 6 mapped stay · d disables them: 5 of 10 seats used" in screen.text
        assert "6 → 7 of 10 seats used" in screen.text
        await screen.press("d")
        assert "2 of 6 mapped will be disabled · d keeps them: 7 of 10 seats used" in screen.text
        assert "6 → 5 of 10 seats used" in screen.text
        assert preview.disables_gone
        await screen.press("A")
        screen.expect_dialog("Map 3 accounts?", "2 of 6 mapped accounts are gone from the directory")
        await screen.press("y")
        assert screen.used == 5
        assert not screen.session.state.find(f"p0000@{NORTH}").enabled


async def test_many_who_are_gone_are_disabled_only_if_their_number_is_typed() -> None:
    async with console(mapped_from(DIRECTORY, *staff(10)), NARROW) as screen:
        await show_preview(screen, listed(*people(7, 10)))
        await screen.press("A")
        assert "Nothing to map" in status_of(screen)
        await screen.press("d", "A")
        screen.expect_dialog("Map 7 accounts?", "Type the number of accounts that are gone:").expect_typing_in("number")
        await screen.press("enter")
        screen.expect_dialog("Type the number of accounts that are gone. Esc")
        await screen.press("6", "enter")
        screen.expect_dialog("That is not the number")
        assert screen.used == 10
        await screen.press("backspace", "7", "enter")
        screen.expect_no_dialog()
        assert screen.used == 3


# What happens meanwhile


async def test_what_others_do_is_planned_again_at_once() -> None:
    async with console(mapped_from(DIRECTORY, *staff(3)), WIDE) as screen:
        await show_preview(screen, listed(*people(0, 3), "new"))
        assert "3 → 4 of 10 seats used" in screen.text
        screen.other("berg").do(DisableAccounts((f"p0000@{NORTH}",)))
        await screen.tick()
        assert "2 → 3 of 10 seats used" in screen.text
        assert "berg disabled p0000@north.example · planned again" in status_of(screen)


async def test_who_was_asked_before_someone_changed_it_is_asked_again() -> None:
    async with console(mapped_from(DIRECTORY, *staff(3)), WIDE) as screen:
        await show_preview(screen, listed(*people(1, 3), "new"))
        await screen.press("d", "A")
        screen.expect_dialog("Map 2 accounts?")
        screen.other("berg").do(DisableAccounts((f"p0000@{NORTH}",)))
        await screen.press("y")
        screen.expect_dialog("Map 1 account?", "berg disabled p0000@north.example", "Nothing was done yet")
        await screen.press("y")
        assert screen.session.state.find(f"new@{NORTH}").enabled


async def test_seats_that_went_meanwhile_are_asked_about_again() -> None:
    async with console(mapped_from(DIRECTORY, *staff(3), seats=4), WIDE) as screen:
        await show_preview(screen, listed(*people(0, 3), "new"))
        await screen.press("A")
        screen.expect_dialog("Map 1 account?")
        assert "exceeded" not in screen.text
        screen.other("berg").do(AddAccount("other@south.example"))
        await screen.press("y")
        screen.expect_dialog("The license will be exceeded by 1 seat.", "berg added other@south.example")
        assert screen.used == 4


async def test_many_are_said_to_be_of_before_and_planned_again_when_they_are_to_be_mapped() -> None:
    async with console(mapped_from(DIRECTORY, *staff(1100), seats=2000), WIDE) as screen:
        await show_preview(screen, listed(*people(0, 1200)))
        assert "1,100 → 1,200 of 2,000 seats used" in screen.text
        screen.other("berg").do(DisableAccounts((f"p0000@{NORTH}",)))
        await screen.tick()
        assert "OUTDATED" in screen.text
        await screen.press("A")
        await until_shown(screen, "Map 100 accounts?")
        screen.expect_dialog("Seats used: 1,099 → 1,199 of 2,000.")
        assert "OUTDATED" not in screen.text
        await screen.press("y")
        assert screen.used == 1199


async def test_more_than_a_thousand_are_mapped_beside_the_screen() -> None:
    async with console(mapped_from(DIRECTORY, seats=None), WIDE) as screen:
        await show_preview(screen, listed(*people(0, 1500)))
        await screen.press("G")
        assert "p1499@north.example" in screen.text
        await screen.press("A", "y")
        await until(screen, lambda: isinstance(screen.app.screen, MappingScreen))
        assert screen.used == 1500
        assert "1,500 accounts mapped" in screen.text


async def test_another_directory_meanwhile_is_reported() -> None:
    async with console(mapped_from(DIRECTORY), WIDE) as screen:
        await show_preview(screen, listed("new"))
        screen.other("berg").do(SetDirectory(NORTH, replace(DIRECTORY, base="ou=others,dc=example")))
        await screen.tick()
        await screen.press("A")
        screen.expect_dialog("Changed meanwhile", "north.example is no longer mapped from ldaps://directory.example")
        await screen.press("escape", "escape")
        assert "ou=others,dc=example" in screen.text
        screen.other("carla").do(AddDomain("west.example"))
        await screen.tick()
        assert "1 of 3 with a director" in screen.text


# Leaving off, and servers that go


@pytest.mark.thorough
async def test_escape_leaves_off_in_the_middle_and_nothing_is_taken(large_directory: DirectoryServer) -> None:
    with relay(large_directory.tls_port, stall_after=400_000) as way:
        async with console(mapped_from(large_directory.directory(url=way.ldaps_url))) as screen:
            before = store_of(screen)
            await screen.press("M", "enter")
            await log_in(screen)
            screen.expect_dialog("Reading ldaps://localhost", "esc cancel")
            await until_shown(screen, "00 users read")
            await screen.press("escape")
            screen.expect_no_dialog()
            assert status_of(screen) == "Cancelled. Nothing was changed."
            await until(screen, way.gone.is_set)  # though the directory is still silent
            assert isinstance(screen.app.screen, MappingScreen)
            screen.expect_no_dialog()
            assert store_of(screen) == before


@pytest.mark.thorough
async def test_a_server_that_goes_in_the_middle_leaves_everything_as_it_was(large_directory: DirectoryServer) -> None:
    with relay(large_directory.tls_port, cut_after=400_000) as way:
        directory = large_directory.directory(url=way.ldaps_url)
        async with console(mapped_from(directory, *staff(2)), WIDE) as screen:
            before = store_of(screen)
            await screen.press("M", "enter")
            await log_in(screen)
            await until_shown(screen, "Failed")
            screen.expect_dialog("closed the connection before it had answered. Nothing was taken")
            await screen.press("escape")
            assert isinstance(screen.app.screen, MappingScreen)
            assert store_of(screen) == before


@pytest.mark.thorough
async def test_five_thousand_are_previewed_and_mapped(large_directory: DirectoryServer) -> None:
    async with console(mapped_from(large_directory.directory(), seats=100), WIDE) as screen:
        preview = await to_preview(screen)
        assert len(preview.plan.new) > 4000
        await screen.press("G")
        assert preview.accounts.cursor == preview.accounts.row_count - 1
        await screen.press("g", "ctrl+d", "A")
        screen.expect_dialog("The license will be exceeded by", "users cannot be mapped")
        await screen.press("y")
        await until_shown(screen, "Some users were not mapped")
        assert screen.used == len([entry for entry in preview.plan.new if entry.enabled])
        assert DirectoryServer.password.encode() not in store_of(screen)


async def test_how_many_have_come_is_reported_while_they_come() -> None:
    may_go_on = threading.Event()

    def act(progress: Callable[[int], None], _: object) -> int:
        progress(5000)
        may_go_on.wait(PATIENCE)
        return 1

    came: list[int] = []
    async with console(mapped_from(None)) as screen:
        screen.app.push_screen(
            ReadingDialog("Reading ...", act, came.append, lambda _: None, users_read),
            lambda then: then() if then else None,
        )
        await until_shown(screen, "5,000 users read")
        may_go_on.set()
        await until(screen, lambda: came == [1])
        screen.expect_no_dialog()


@pytest.mark.parametrize("keys", [("escape",), ("ctrl+q",)])
async def test_leaving_ends_the_reading(keys: tuple[str, ...]) -> None:
    reading, ended = threading.Event(), threading.Event()

    def act(_: object, cancel: Flag) -> None:
        reading.set()
        while not cancel.is_set():
            time.sleep(0.01)
        ended.set()
        raise SourceAway("answer-late")  # of no interest any more

    came: list[object] = []
    async with console(mapped_from(None)) as screen:
        dialog = ReadingDialog("Reading ...", act, came.append, came.append, users_read)
        screen.app.push_screen(dialog, came.append)
        await until(screen, reading.is_set)
        await screen.press(*keys)
    assert ended.wait(PATIENCE)
    assert came == ([None] if keys == ("escape",) else [])
    assert screen.app.return_code in (0, None)


# Read only


async def test_read_only_reads_and_tests_but_changes_nothing(directory_server: DirectoryServer) -> None:
    inventory = mapped_from(directory_server.directory(base=CREW), account("local"))
    async with console(inventory, WIDE, read_only=True) as screen:
        await to_preview(screen)
        assert "READ ONLY" in screen.text
        assert "a apply" not in screen.text
        await screen.press("A")
        screen.expect_no_dialog()
        assert status_of(screen).startswith("Nothing can be changed")
        await screen.press("escape", "m")
        screen.expect_no_dialog()
        await screen.press("F")
        screen.expect_no_dialog()
        assert status_of(screen).startswith("Nothing can be changed")


async def test_help_tells_the_keys() -> None:
    async with console(mapped_from(DIRECTORY), WIDE) as screen:
        await screen.press("M", "question_mark")
        screen.expect_dialog("Help: accounts from directories", "Test the connection")
        await screen.press("escape", "escape")
        await show_preview(screen, listed("new"))
        await screen.press("question_mark")
        screen.expect_dialog("Help: the preview", "Disable the accounts that are gone")


async def test_names_of_a_directory_are_shown_harmless() -> None:
    hostile = DirectoryUser(id="1", login="mal", full_name="[bold]\x1b[31mMal", name="cn=mal")
    blank = DirectoryUser(id="2", login="has blank\x1b]0;x\x07", name="cn=\x1b[2J")
    async with console(mapped_from(DIRECTORY), WIDE) as screen:
        await show_preview(
            screen,
            DirectoryListing(
                (hostile, blank), (message("entry-without-login", name="bad \x1b[31m entry", attribute="uid"),), ()
            ),
        )
        assert "\x1b" not in screen.text
        assert "[bold]" in screen.text
        await screen.press("j", "enter")
        screen.expect_dialog("has blank")
        assert "\x1b" not in screen.text
