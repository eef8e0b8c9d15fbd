"""Changes on the screen are done on the live server first, against a real server: there and here."""

import pytest

from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.server import AddServer, RemoveServer
from kconsole.operations.sync.access import SERVER_PASSWORD, read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.operations.sync.recover import Writer
from kconsole.tui.screens.connecting import PasswordDialog
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, console
from tests.tui.following import access_of, following
from tests.tui.mappings import log_in, store_of
from tests.tui.writing.at_server import ANNA, BERG, CHEN, disable, enabled, has_read, known, settled, to_account


@pytest.mark.quick
async def test_disabling_is_done_there_and_here_and_is_undone_and_redone(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        to_account(screen, ANNA)
        await screen.press("d")
        screen.expect_dialog("Mail is kept.", "It takes effect on the server mail at once.")
        await screen.press("y")
        await settled(screen)
        screen.expect_no_dialog()
        assert not enabled(screen, mail, ANNA)
        assert screen.status == "2 → 1 seat used · anna@north.example disabled"
        await screen.press("u")
        await settled(screen)
        assert enabled(screen, mail, ANNA)
        assert "undone: disable anna@north.example" in screen.status
        await screen.press("ctrl+r")
        await settled(screen)
        assert not enabled(screen, mail, ANNA)
        assert "redone: disable" in screen.status
        assert mail.called("Users.set") == 3


async def test_marked_ones_are_enabled_and_disabled_together(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        to_account(screen, BERG)
        await screen.press("e", "y")
        await settled(screen)
        assert enabled(screen, mail, BERG)
        for address in (ANNA, BERG, CHEN):
            screen.main.accounts.mark(screen.main.accounts.marked | {screen.session.state.find(address).id})
        await screen.press("d", "y")
        await settled(screen)
        assert [enabled(screen, mail, each) for each in (ANNA, BERG, CHEN)] == [False] * 3
        assert not screen.main.accounts.marked


@pytest.mark.quick
async def test_deleting_says_that_it_is_for_good_and_taking_it_back_says_why_not(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        to_account(screen, ANNA)
        await screen.press("x")
        screen.expect_dialog(
            "Delete 1 account?", "It takes effect on the server mail at once, and cannot be undone there."
        )
        await screen.press("r", "y")
        await settled(screen)
        assert mail.world.find(ANNA) is None
        assert screen.session.state.find(ANNA).mailbox_fate == "delete"
        await screen.press("u")
        await settled(screen)
        screen.expect_dialog("was deleted on the server, which cannot be undone", "Add it again")
        assert mail.world.find(ANNA) is None
        await screen.press("escape", "L")
        assert screen.log.log_list.highlighted.operation == "delete"  # type: ignore[union-attr]
        assert "u undo" not in screen.log.key_line.render_line(0).text


async def test_a_user_leaves_there_and_here(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail)) as screen:
        to_account(screen, ANNA)
        await screen.press("O", *"chen", "enter")
        screen.expect_dialog("Offboard", "mailbox goes to chen@south.example", "cannot be undone on the server mail")
        await screen.press(*"chen", "enter", "enter", *"left", "enter", "y")
        await log_in(screen, mail.password)
        await settled(screen)
        screen.expect_no_dialog()
        assert mail.world.find(ANNA) is None
        alias = screen.session.state.find(ANNA)
        assert (alias.kind, alias.delivers_to) == ("alias", (CHEN,))
        assert ANNA in screen.status


async def test_having_added_the_server_is_no_change_that_is_undone_after_it_was_read(mail: KerioServer) -> None:
    async with console("small", WIDE) as screen:
        session = screen.session
        session.do(AddServer(Server(name="mail", access=access_of(mail))))
        session.do(Sync(read_server(access_of(mail), Secret(mail.password)), SyncStart(access_of(mail))))
        await screen.tick()
        await screen.press("u")
        screen.expect_no_dialog()
        assert "Nothing to undo" in screen.status


async def test_a_line_of_the_log_is_undone_there(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        await settled(await disable(screen))
        await screen.press("L", "u")
        screen.expect_dialog("Undo 'disable' of 1 account?", ANNA)
        await screen.press("y")
        await settled(screen)
        assert enabled(screen, mail, ANNA)
        assert "undone: disable" in screen.log.status.left


@pytest.mark.quick
async def test_what_others_did_meanwhile_is_asked_about_again(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        to_account(screen, ANNA)
        await screen.press("d")
        other = screen.other("berg")
        other.do(DisableAccounts((ANNA,)), Writer(known(mail)))
        await screen.press("y")
        await settled(screen)
        screen.expect_dialog("berg disabled anna@north.example", "is disabled already")
        assert mail.called("Users.set") == 1


@pytest.mark.quick
async def test_the_password_is_asked_for_once(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail)) as screen:
        await disable(screen)
        screen.expect_dialog("Password", f"at {mail.url}", "kept in memory until the console ends")
        await screen.press("escape")
        assert screen.status == "Cancelled. The server was not contacted."
        assert enabled(screen, mail, ANNA)
        await disable(screen)
        await log_in(screen, mail.password)
        await settled(screen)
        assert not enabled(screen, mail, ANNA)
        await screen.press("u")
        await settled(screen)
        assert enabled(screen, mail, ANNA)
        assert mail.password.encode() not in store_of(screen)
        assert mail.password not in repr(vars(screen.main.workspace))


async def test_the_environment_may_hold_the_password(mail: KerioServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVER_PASSWORD, mail.password)
    async with console(following(mail), prepare=has_read(mail)) as screen:
        await settled(await disable(screen))
        assert not enabled(screen, mail, ANNA)


async def test_a_wrong_password_is_reported_and_asked_for_again(
    mail: KerioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVER_PASSWORD, "wrong one")
    async with console(following(mail), prepare=has_read(mail)) as screen:
        await settled(await disable(screen))
        screen.expect_dialog("Failed", "refused the login of Admin")
        screen.expect_dialog("Nothing was changed, neither on the server nor here.")
        assert "wrong one" not in screen.text
        await screen.press("escape")
        await disable(screen)
        await log_in(screen, mail.password)
        await settled(screen)
        assert not enabled(screen, mail, ANNA)


async def test_a_password_for_one_server_is_not_sent_to_another(mail: KerioServer) -> None:
    async with console(following(mail), prepare=has_read(mail)) as screen:
        await disable(screen)
        assert isinstance(screen.app.screen, PasswordDialog)
        logins = mail.logins
        other = screen.other()
        other.do(RemoveServer())
        other.do(AddServer(Server(name="other", access=access_of(mail).__class__(url="https://localhost:9", user="x"))))
        await screen.tick()
        await log_in(screen, mail.password)
        await settled(screen)
        screen.expect_dialog("the server other has just been configured for")
        assert mail.logins == logins
        await screen.press("escape")
        await disable(screen)
        screen.expect_dialog("at https://localhost:9")
