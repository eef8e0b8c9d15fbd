"""Mapping on the screen: those who are gone, what others do meanwhile, and servers that go."""

import threading
import time
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.directory import DirectoryUser
from kconsole.core.errors import SourceAway
from kconsole.net.deadlines import Flag
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.mapping import DirectoryListing, SetDirectory
from kconsole.operations.server import AddDomain
from kconsole.text.mapping import users_read
from kconsole.tui.screens.connecting import ReadingDialog
from kconsole.tui.screens.mapping import MappingScreen
from tests.directory_server.listener import relay
from tests.directory_server.server import CREW, DirectoryServer
from tests.limits import PATIENCE
from tests.tui.console import NARROW, WIDE, console, until, until_shown
from tests.tui.mappings import (
    DIRECTORY,
    NORTH,
    account,
    listed,
    log_in,
    mapped_from,
    people,
    show_preview,
    staff,
    status_of,
    store_of,
    to_preview,
)

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
