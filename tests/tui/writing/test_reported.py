"""What a live server refuses, or leaves open, is reported."""

import dataclasses

import pytest

from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.server import AddServer, RemoveServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.operations.sync.recover import Writer
from kconsole.providers.kerio import provider
from kconsole.providers.kerio.assumptions import CAPABILITIES
from kconsole.tui.screens.add import AddDialog
from tests.kerio_server.faults import Cut, Error, Held, ItemErrors
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, console, until, until_shown
from tests.tui.following import access_of, following
from tests.tui.writing.at_server import (
    ANNA,
    CHEN,
    HOSTILE,
    LONG,
    NEW_PASSWORD,
    disable,
    enabled,
    fill_in,
    has_read,
    known,
    settled,
    to_account,
)


@pytest.mark.thorough
async def test_names_and_words_of_a_server_are_shown_as_text(mail: KerioServer) -> None:
    def named(session: Session) -> None:
        session.do(RemoveServer())
        session.do(AddServer(Server(name=HOSTILE, access=access_of(mail))))
        session.do(Sync(read_server(access_of(mail), Secret(mail.password)), SyncStart(access_of(mail))))

    mail.world.change_user(ANNA, fullName=HOSTILE)
    mail.faults.add(ItemErrors({"anna": (1004, HOSTILE)}), "Users.set")
    async with console(following(mail), prepare=has_read(mail, named), server_secret=known(mail)) as screen:
        to_account(screen, ANNA)
        seen = []
        for keys in (("d",), ("y",), ("escape", "a"), ("escape", "equals_sign")):
            await screen.press(*keys)
            if keys == ("y",):
                await settled(screen)
            seen.append(screen.text)
        assert all("a[/]b" in text for text in seen)
        assert not set("\x1b\u202e") & set("".join(seen))
        assert screen.app.is_running


@pytest.mark.quick
async def test_what_the_server_refuses_is_reported_for_each(mail: KerioServer) -> None:
    mail.faults.add(ItemErrors({"chen": (1004, "No.")}), "Users.set")
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        await screen.press("asterisk", "d", "y")
        await settled(screen)
        screen.expect_dialog("Not everything was done", "chen@south.example: the server refused")
        assert not enabled(screen, mail, ANNA)
        assert enabled(screen, mail, CHEN)


@pytest.mark.quick
async def test_a_server_that_is_away_changes_nothing(mail: KerioServer) -> None:
    async with console(following(mail), prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.stop()
        await settled(await disable(screen))
        screen.expect_dialog("Cannot connect to", "Nothing was changed, neither on the server nor here.")
        await screen.press("escape")
        mail.start()
        await settled(await disable(screen))
        assert not enabled(screen, mail, ANNA)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [NARROW, (60, 20), (60, 16)])
async def test_why_a_new_account_was_not_added_is_reported_to_the_end(mail: KerioServer, size: tuple[int, int]) -> None:
    async with console(following(mail), size, prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.stop()
        await fill_in(screen, "dora", NEW_PASSWORD)
        await screen.press("enter")
        await settled(screen)
        assert isinstance(screen.app.screen, AddDialog)
        screen.expect_dialog("Cannot connect to", "and that the server is running and accepts this host.")
        screen.expect_dialog(*(() if size == NARROW else ("pgup pgdn scroll",)))
        screen.expect_typing_in("address")


async def test_of_what_has_no_room_it_is_reported_that_there_is_more(mail: KerioServer) -> None:
    async with console(following(mail), (40, 12), prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.stop()
        await fill_in(screen, "dora")
        await screen.press("enter")
        await settled(screen)
        box = screen.app.screen.query_one(".dialog-problem").region
        assert screen.text.splitlines()[box.bottom - 1].rstrip(" │").endswith("…")
        screen.expect_dialog("dora@north.example", "Cancel")


async def test_what_was_done_is_reported_beside_how_old_it_is(mail: KerioServer) -> None:
    mail.world.add_user(LONG, "Scanner, 2nd floor")
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        assert "server as of 12:03 · all saved" in screen.text
        await settled(await disable(screen, LONG))
        assert f" 3 → 2 seats used · {LONG[:25]}" in screen.text
        await screen.resize(60, 20)
        line = next(line for line in screen.text.splitlines() if "→" in line)
        assert line.startswith(" 3 → 2 seats used · scanner-2nd")
        assert "… disab" in line  # the address gives way first
        assert line.endswith(" server as of 12:03 ")
        await screen.resize(*WIDE)
        assert "server as of 12:03 · saved 12:03 · live" in screen.text


async def test_a_refusal_of_the_whole_is_reported(mail: KerioServer) -> None:
    mail.faults.add(Error(1002, "Not today."), "Users.set")
    async with console(following(mail), prepare=has_read(mail), server_secret=known(mail)) as screen:
        await settled(await disable(screen))
        screen.expect_dialog("Nothing was done", "it no longer exists, or never did. It says: Not today")
        screen.expect_dialog("Press r: it may have been removed.")
        assert screen.status == "disable: nothing was changed"
        assert enabled(screen, mail, ANNA)
        assert not screen.session.state.pending_changes


async def test_of_many_it_says_what_was_done_and_what_was_not(
    mail: KerioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "CAPABILITIES", dataclasses.replace(CAPABILITIES, most_at_once=1))
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.faults.add(Cut(done=True), "Users.set", call=2)
        await screen.press("asterisk", "d", "y")
        await settled(screen)
        screen.expect_dialog("Only part of it was done", "disabled", "not known")
        screen.expect_dialog("Press r to see the current state")
        assert sum(not screen.session.state.find(each).enabled for each in (ANNA, CHEN)) == 1
        assert "1 change unconfirmed" in screen.text
        await screen.press("escape", "r")
        await until_shown(screen, "Unconfirmed changes are resolved")
        assert [enabled(screen, mail, each) for each in (ANNA, CHEN)] == [False, False]


@pytest.mark.quick
@pytest.mark.parametrize("done", [False, True])
async def test_an_answer_that_never_comes_is_reported_marked_and_settled_by_reading(
    mail: KerioServer, done: bool
) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.faults.add(Cut(done=done), "Users.set")
        await settled(await disable(screen))
        screen.expect_dialog("It is not known whether the server made the change.", "Press r to see the current state")
        await screen.press("escape")
        assert screen.main.status.open == "1 change unconfirmed"
        assert "· 1 change unconfirmed ·" in screen.text
        await screen.press("r")
        await until_shown(screen, "Unconfirmed changes are resolved")
        screen.expect_dialog(f"anna@north.example was {'' if done else 'not '}disabled on the server")
        assert enabled(screen, mail, ANNA) is not done
        await screen.press("escape")
        assert "open" not in screen.text


async def test_the_next_change_settles_it_and_says_so(mail: KerioServer) -> None:
    async with console(following(mail), prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.faults.add(Cut(done=True), "Users.set")
        await settled(await disable(screen))
        await screen.press("escape")
        await settled(await disable(screen, CHEN))
        screen.expect_dialog("Unconfirmed changes are resolved", "anna@north.example was disabled on the server")
        assert not enabled(screen, mail, ANNA)
        assert not enabled(screen, mail, CHEN)


async def test_a_reading_does_not_undo_what_another_console_did_meanwhile(mail: KerioServer) -> None:
    async with console(following(mail), prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(after_change=True), "Domains.get")
        await screen.press("r")
        await until(screen, held.reached.is_set)
        screen.other().do(DisableAccounts((CHEN,)), Writer(known(mail)))
        held.release()
        await until_shown(screen, "server read:")
        assert not enabled(screen, mail, CHEN)
