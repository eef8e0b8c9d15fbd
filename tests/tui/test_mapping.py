"""Mapping a domain on the screen: its directory, the connection, the preview, and what is applied."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.net.secrets import DIRECTORY_PASSWORD
from kconsole.operations.accounts import Connect
from kconsole.tui.screens.mapping import MappingScreen
from kconsole.tui.screens.mapping_preview import PreviewScreen
from tests.directory_server.people import STAFF
from tests.directory_server.server import CREW, DirectoryServer, need_slapd
from tests.tui.console import NARROW, WIDE, Console, console, until, until_shown
from tests.tui.mappings import (
    CREW_LOGINS,
    DIRECTORY,
    NORTH,
    account,
    listed,
    log_in,
    mapped_from,
    people,
    preview_of,
    show_preview,
    staff,
    status_of,
    store_of,
    to_preview,
)

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
