"""Keys while the live server takes its time."""

import pytest

from kconsole.tui.screens.waiting import WaitingDialog
from tests.kerio_server.faults import Error, Held
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, console, until, until_shown
from tests.tui.following import following
from tests.tui.writing.at_server import ANNA, CHEN, disable, enabled, has_read, known, settled, to_account


async def test_escape_leaves_off_and_what_was_sent_stays_open(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(after_change=True), "Users.set")
        await disable(screen)
        await until(screen, lambda: held.reached.is_set() and isinstance(screen.app.screen, WaitingDialog))
        screen.expect_dialog("Asking the server mail to disable anna@north.example ...", "esc cancels")
        assert "open" not in screen.main.status.open
        await screen.press("escape")
        await settled(screen)
        screen.expect_dialog("not known", "Press r to see the current state")
        assert len(screen.session.state.pending_changes) == 1
        held.release()
        await screen.press("escape", "r")
        await until_shown(screen, "Unconfirmed changes are resolved")
        assert not enabled(screen, mail, ANNA)


async def test_escape_before_anything_was_sent_changes_nothing(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(), "Session.login")
        await disable(screen)
        await until(screen, lambda: held.reached.is_set() and isinstance(screen.app.screen, WaitingDialog))
        await screen.press("escape")
        await settled(screen)
        screen.expect_no_dialog()
        assert screen.status == "Cancelled. The server was not contacted."
        held.release()
        assert enabled(screen, mail, ANNA)
        assert not screen.session.state.pending_changes


async def test_while_it_is_reported_no_other_key_does_anything(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(), "Users.set")
        await disable(screen)
        await until(screen, lambda: isinstance(screen.app.screen, WaitingDialog))
        await screen.press("j", "d", "y", "enter", "q", "u", "x", "y")
        await screen.tick()
        assert isinstance(screen.app.screen, WaitingDialog)
        held.release()
        await settled(screen)
        screen.expect_no_dialog()
        assert screen.at.address == ANNA
        assert enabled(screen, mail, CHEN)
        assert mail.called("Users.set") == 1


async def test_keys_before_it_is_reported_are_for_what_comes_of_it(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        screen.main.workspace.unseen = 60.0
        held = mail.faults.add(Held(), "Users.set")
        await disable(screen)
        await until(screen, held.reached.is_set)
        row = screen.listed.index(ANNA)
        await screen.press("j", "j")
        screen.expect_no_dialog()
        assert screen.main.accounts.cursor == row
        held.release()
        await settled(screen)
        await until(screen, lambda: screen.main.accounts.cursor == min(row + 2, len(screen.listed) - 1))
        assert not enabled(screen, mail, ANNA)


@pytest.mark.thorough
async def test_keys_before_it_was_reported_wait_through_the_dialog(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(), "Users.set")
        to_account(screen, ANNA)
        row = screen.main.accounts.cursor
        await screen.press("d")
        await screen.press_unseen("y", "j")
        await until(screen, lambda: isinstance(screen.app.screen, WaitingDialog))
        await screen.press("d", "y")  # for a dialog that does not know them
        held.release()
        await settled(screen)
        await until(screen, lambda: screen.main.accounts.cursor == row + 1)
        screen.expect_no_dialog()
        assert mail.called("Users.set") == 1


async def test_keys_for_a_list_do_not_answer_what_is_reported_instead(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        screen.main.workspace.unseen = 60.0
        held = mail.faults.add(Held(), "Session.login")
        mail.faults.add(Error(1002, "Not today."), "Users.set")
        await disable(screen)
        await until(screen, held.reached.is_set)
        await screen.press("space", "q")  # either would close the news
        held.release()
        await settled(screen)
        screen.expect_dialog("Not today")


async def test_leaving_the_console_leaves_off(mail: KerioServer) -> None:
    async with console(following(mail), prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(), "Users.set")
        await disable(screen)
        await until(screen, lambda: held.reached.is_set() and isinstance(screen.app.screen, WaitingDialog))
        screen.app.exit()
        await until(screen, lambda: not screen.app.is_running)
        await until(screen, lambda: not screen.is_working("server"))
        assert len(screen.session.state.pending_changes) == 1
        held.release()
