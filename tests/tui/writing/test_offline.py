"""Offline, and what makes no sense with a live server."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.records import Domain, Entry
from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.recover import Writer
from kconsole.text.messages import sentences, words_of
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, console, until_shown
from tests.tui.following import access_of, following
from tests.tui.writing.at_server import (
    ANNA,
    CHEN,
    TEAM,
    disable,
    enabled,
    has_read,
    known,
    leaves_open,
    settled,
    to_account,
)


@pytest.mark.quick
async def test_offline_reads_and_writes_nothing_and_asks_for_no_password(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail)) as screen:
        screen.session.offline = True
        await screen.tick()
        assert "offline · server as of 12:03" in screen.text
        calls = len(mail.calls)
        for key in ("d", "e", "a", "x"):
            await screen.press(key)
            screen.expect_dialog("Failed", "the server mail has to be changed first, and --offline forbids that")
            await screen.press("escape")
            screen.expect_no_dialog()
        await screen.press("r")
        screen.expect_dialog("The server mail was not contacted: --offline forbids it.")
        assert len(mail.calls) == calls
        assert screen.session.state.find(ANNA).enabled


async def test_offline_takes_nothing_back_that_was_done_there(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        await settled(await disable(screen))
        screen.session.offline = True
        lines = screen.session.store.sequence
        await screen.press("u")
        screen.expect_dialog("--offline forbids")
        await screen.press("escape", "L", "u")
        screen.expect_dialog("--offline forbids")
        assert screen.session.store.sequence == lines  # what was never possible leaves no line
        assert not enabled(screen, mail, ANNA)


async def test_offline_tells_what_is_open_and_how_it_is_settled(mail: KerioServer) -> None:
    def offline(store: Path) -> None:
        leaves_open(mail, DisableAccounts((ANNA,)))(store)
        mail.forget_calls()

    async with console(following(mail), NARROW, prepare=offline) as screen:
        await until_shown(screen, "Unconfirmed changes")
        await screen.press("escape")
        screen.session.offline = True
        screen.main.recover_unconfirmed()
        await screen.pilot.pause()
        screen.expect_dialog("Start without --offline")
        assert not mail.calls


@pytest.mark.thorough
async def test_what_only_the_server_can_do_is_refused_before_anything_is_asked(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        await screen.press("c")
        screen.expect_dialog("'connect' would change the store only, not the server.")
        await screen.press("escape", "M", "enter")
        screen.expect_dialog("'map' would change the store only, not the server.")
        await screen.press("escape", "escape", "colon")
        await screen.type("record that the user")
        await until_shown(screen, "record that the user logs in now")
        await screen.press("down", "enter")
        await until_shown(screen, "'connect' would change the")


async def test_what_is_no_account_is_refused_before_anybody_is_asked_whether_to_delete_it(mail: KerioServer) -> None:
    mail.world.add_list(TEAM, "Everybody")
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        (refused,) = screen.session.do(DeleteAccounts((TEAM,)), Writer(known(mail))).failures
        calls = len(mail.calls)
        to_account(screen, TEAM)
        await screen.press("x")
        screen.expect_dialog("Refused", f"{TEAM} {words_of(refused.message)}.")
        screen.expect_dialog(sentences(refused.hints, screen.main.voice))
        await screen.press("y", "escape")
        screen.expect_no_dialog()
        assert screen.session.state.find(TEAM).deleted_at is None
        assert len(mail.calls) == calls


async def test_of_marked_ones_it_is_reported_before_which_are_not_deleted(mail: KerioServer) -> None:
    mail.world.add_list(TEAM, "Everybody")
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        for address in (CHEN, TEAM):
            to_account(screen, address)
            await screen.press("space")
        await screen.press("x")
        screen.expect_dialog("Delete 1 account?", CHEN)
        screen.expect_dialog(f"{TEAM} does not change: on the server, kconsole changes accounts only.")
        await screen.press("y")
        await settled(screen)
        screen.expect_no_dialog()
        assert mail.world.find(CHEN) is None
        assert screen.session.state.find(TEAM).deleted_at is None


async def test_what_the_server_never_had_is_deleted_here_and_not_said_to_be_deleted_there(mail: KerioServer) -> None:
    ours = replace(
        following(mail),
        domains=(Domain(name="north.example", primary=True),),
        entries=(Entry(address=TEAM, kind="mailing_list"),),
    )
    async with console(ours, NARROW, server_secret=known(mail)) as screen:
        await screen.press("x")
        screen.expect_dialog("Delete 1 entry?", TEAM)
        assert "It takes effect on" not in screen.text
        await screen.press("y")
        await settled(screen)
        assert not screen.listed


async def test_what_was_done_before_a_server_was_named_is_not_undone_here(mail: KerioServer) -> None:
    async with console("small", NARROW) as screen:
        await screen.press("c", "y")
        connected = screen.session.history.undoable
        assert connected is not None
        screen.session.do(AddServer(Server(name="mail", access=access_of(mail))))
        await screen.press("L", "j", "u")
        screen.expect_dialog("would change the store only, not the server.")
        assert screen.session.history.undoable != connected
        assert not mail.calls


async def test_what_stays_here_is_done_here_without_asking(mail: KerioServer) -> None:
    def delete(session: Session) -> None:
        session.do(DeleteAccounts((ANNA,)), Writer(Secret(mail.password)))

    async with console(following(mail), NARROW, prepare=has_read(mail, delete)) as screen:
        screen.session.offline = True
        calls = len(mail.calls)
        await screen.press("R", "y")
        screen.expect_no_dialog()
        assert "restart recorded" in screen.status
        assert len(mail.calls) == calls
