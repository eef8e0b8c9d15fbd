"""A new account on a live server."""

import gc

import pytest
from textual.widgets import Input

from kconsole.net.secrets import Secret
from kconsole.operations.accounts import DisableAccounts
from kconsole.tui.screens.add import AddDialog
from tests.kerio_server.faults import Cut
from tests.kerio_server.records import digest
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, console, until_shown
from tests.tui.following import following
from tests.tui.mappings import log_in, store_of
from tests.tui.writing.at_server import ANNA, CHEN, DORA, NEW_PASSWORD, fill_in, has_read, known, leaves_open, settled


@pytest.mark.quick
async def test_a_new_account_has_the_password_that_was_typed_and_that_is_nowhere_else(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        screen.main.accounts.move_to(screen.listed.index(ANNA))
        await fill_in(screen, "dora", NEW_PASSWORD)
        screen.expect_dialog("It goes to mail only; kconsole does not keep it.")
        assert NEW_PASSWORD not in screen.text
        form = screen.app.screen
        await screen.press("enter")
        await settled(screen)
        screen.expect_no_dialog()
        assert mail.world.user(DORA).password == digest(NEW_PASSWORD)
        assert screen.session.state.find(DORA).server_id == mail.world.user(DORA).id
        assert screen.at.address == DORA
        widgets = [widget for shown in (form, *screen.app.screen_stack) for widget in shown.walk_children()]
        assert not any(NEW_PASSWORD in repr(vars(widget)) for widget in widgets)
        assert NEW_PASSWORD.encode() not in store_of(screen)
        gc.collect()
        texts = [each for each in gc.get_objects() if isinstance(each, Secret) and each.reveal() == NEW_PASSWORD]
        assert not texts


async def test_without_a_password_it_says_that_no_one_can_log_in(mail: KerioServer) -> None:
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        await fill_in(screen, "dora")
        screen.expect_dialog("without one, the user cannot log in yet")
        await screen.press("enter")
        await settled(screen)
        assert mail.world.find(DORA) is not None
        assert screen.status == "2 → 3 seats used · dora@north.example added · no password yet: the user cannot log in"


async def test_what_the_server_refuses_is_reported_in_the_form_and_the_password_is_gone(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.world.set_license(users=2)
        await fill_in(screen, "dora", NEW_PASSWORD)
        await screen.press("enter")
        await settled(screen)
        assert isinstance(screen.app.screen, AddDialog)
        screen.expect_dialog("the license allows no more users", "type it again: it was not kept")
        assert screen.app.screen.query_one("#new-password", Input).value == ""
        assert mail.world.find(DORA) is None
        mail.world.set_license(users=10)
        await screen.press("enter", "enter")
        assert isinstance(screen.app.focused, Input)
        screen.app.focused.insert_text_at_cursor(NEW_PASSWORD)
        await screen.press("enter")
        await settled(screen)
        assert mail.world.user(DORA).password == digest(NEW_PASSWORD)


async def test_an_account_that_may_be_there_is_not_asked_for_again(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        mail.faults.add(Cut(done=True), "Users.create")
        await fill_in(screen, "dora", NEW_PASSWORD)
        await screen.press("enter")
        await settled(screen)
        screen.expect_dialog("Failed", "not known", "Press r to see the current state")
        await screen.press("escape")
        screen.expect_no_dialog()
        await screen.press("r")
        await until_shown(screen, "dora@north.example was added on the server")
        assert screen.session.state.find(DORA).enabled


async def test_leaving_the_form_forgets_what_was_typed(mail: KerioServer) -> None:
    async with console(following(mail), NARROW, prepare=has_read(mail), server_secret=known(mail)) as screen:
        await fill_in(screen, "dora", NEW_PASSWORD)
        line = screen.app.screen.query_one("#new-password", Input)
        await screen.press("escape")
        assert line.value == ""
        assert mail.world.find(DORA) is None


async def test_a_store_without_a_server_asks_for_no_password() -> None:
    async with console("small", NARROW) as screen:
        await screen.press("a")
        assert not screen.app.screen.query("#new-password")


async def test_what_was_typed_stays_though_something_else_is_open(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((CHEN,)))
    async with console(following(mail), WIDE, prepare=prepare) as screen:
        await until_shown(screen, "Unconfirmed changes")
        await screen.press("escape")
        await fill_in(screen, "dora", NEW_PASSWORD)
        await screen.press("enter")
        await log_in(screen, "wrong")
        await settled(screen)
        assert isinstance(screen.app.screen, AddDialog)
        screen.expect_dialog("refused the login", "dora")
