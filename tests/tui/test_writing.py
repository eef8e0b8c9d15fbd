"""Changes on the screen that are done on the live server first, against a real server: there and here, or reported."""

import dataclasses
import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from kconsole.core.errors import SourceAway
from kconsole.core.records import Domain, Entry
from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.server import AddServer, RemoveServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD, read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.operations.sync.recover import Writer
from kconsole.providers.kerio import provider
from kconsole.providers.kerio.assumptions import CAPABILITIES
from kconsole.text.messages import sentences, words_of
from kconsole.tui.screens.add import AddDialog
from kconsole.tui.screens.connecting import PasswordDialog
from kconsole.tui.screens.main import MainScreen
from kconsole.tui.screens.waiting import WaitingDialog
from tests.clocks import noon
from tests.kerio_server.faults import Cut, Error, Held, ItemErrors
from tests.kerio_server.records import digest
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, Console, console, until, until_shown
from tests.tui.test_mapping import log_in, store_of
from tests.tui.test_server import access_of, following

ANNA, BERG, CHEN, DORA = "anna@north.example", "berg@north.example", "chen@south.example", "dora@north.example"
LONG = "scanner-2nd-floor@north.example"
TEAM = "team@north.example"
NEW_PASSWORD = "let her in, ünique 77c1"


@pytest.fixture(autouse=True)
def _no_one_gave_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SERVER_PASSWORD, raising=False)


@pytest.fixture
def mail(kerio_server: KerioServer) -> KerioServer:
    """Anna, who uses her mailbox; Berg, who is disabled; Chen; all in the order in which they are listed."""
    world = kerio_server.world
    world.set_license(users=10)
    world.add_domain("north.example")
    world.add_domain("south.example")
    world.add_user(ANNA, "Anna Berg", mailbox=True)
    world.change_user(ANNA, consumedItems=7)
    world.add_user(BERG, "Berg", enabled=False)
    world.add_user(CHEN, "王小明")
    return kerio_server


def has_read(mail: KerioServer, then: Callable[[Session], None] = lambda _: None) -> Callable[[Path], None]:
    """The store has been kept in step with a server, before the console opens it; then something else happens."""

    def prepare(store: Path) -> None:
        session = Session.open(store, "anna", noon())
        session.do(Sync(read_server(access_of(mail), Secret(mail.password)), SyncStart(access_of(mail))))
        then(session)
        session.close()

    return prepare


def leaves_open(mail: KerioServer, operation: Operation, done: bool = True) -> Callable[[Path], None]:
    """Someone asked the server for something, and his console never heard what came of it."""

    def ask(session: Session) -> None:
        mail.faults.add(Cut(done=done), "Users.set")
        with pytest.raises(SourceAway):
            session.do(operation, Writer(Secret(mail.password)))
        assert session.state.pending_changes

    return has_read(mail, ask)


def known(mail: KerioServer) -> Secret:
    return Secret(mail.password)


def to_account(screen: Console, address: str) -> None:
    screen.main.accounts.move_to(screen.listed.index(address))


def enabled(screen: Console, mail: KerioServer, address: str) -> bool:
    """Whether an account is enabled, which has to be the same here and there."""
    here, there = screen.session.state.find(address).enabled, mail.world.user(address).enabled
    assert here == there
    return here


async def settled(screen: Console) -> Console:
    """What was asked of the server has been answered, and reported."""
    await until(screen, lambda: not screen.is_working("server", "store"))
    return screen


async def disable(screen: Console, address: str = ANNA) -> Console:
    to_account(screen, address)
    await screen.press("d", "y")
    return screen


# There and here


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
        await screen.press(*"chen", "enter", "enter", *"left", "enter")
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


# The password


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


# Texts from outside

HOSTILE = "a[/]b\x1b[2J\u202e[@click=app.quit]x"


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


# What goes wrong


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


# While the server takes its time


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
        await screen.pilot.press("y", "j")
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


# A new account


async def fill_in(screen: Console, login: str, password: str = "") -> Console:
    await screen.press("a")
    await screen.type(login)
    await screen.press("enter", "enter")
    screen.expect_typing_in("new-password")
    assert isinstance(screen.app.focused, Input)
    screen.app.focused.insert_text_at_cursor(password)
    return screen


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


# What was open at the start


async def test_what_is_open_at_the_start_is_reported_and_marked(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))
    async with console(following(mail), NARROW, prepare=prepare) as screen:
        await until_shown(screen, "Unconfirmed changes")
        screen.expect_dialog("The server mail was asked for this, and its answer was lost:", f"disable {ANNA}")
        screen.expect_dialog("Press r to ask the server.")
        await screen.press("escape")
        assert "· 1 change unconfirmed ·" in screen.text
        await screen.press("r")
        await log_in(screen, mail.password)
        await until_shown(screen, "Unconfirmed changes are resolved")
        assert not enabled(screen, mail, ANNA)


@pytest.mark.parametrize("done", [False, True])
async def test_with_a_password_it_is_settled_at_the_start(mail: KerioServer, done: bool) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)), done)
    async with console(following(mail), NARROW, prepare=prepare, server_secret=known(mail)) as screen:
        await until_shown(screen, "Unconfirmed changes are resolved")
        screen.expect_dialog(f"anna@north.example was {'' if done else 'not '}disabled on the server")
        assert enabled(screen, mail, ANNA) is not done
        await screen.press("escape")
        assert not screen.session.state.pending_changes
        assert "open" not in screen.text


async def test_it_is_settled_although_someone_is_at_work_meanwhile(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))
    login = mail.faults.add(Held(), "Session.login", call=3)
    async with console(following(mail), NARROW, prepare=prepare, server_secret=known(mail)) as screen:
        await until(screen, login.reached.is_set)
        await settled(await disable(screen, CHEN))
        assert not enabled(screen, mail, CHEN)
        assert not enabled(screen, mail, ANNA)
        login.release()
        await until(screen, lambda: not screen.is_working("settling"))
        assert not screen.session.state.pending_changes


async def test_if_the_server_is_away_at_the_start_what_is_open_is_reported(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))

    def and_stop(store: Path) -> None:
        prepare(store)
        mail.stop()

    async with console(following(mail), NARROW, prepare=and_stop, server_secret=known(mail)) as screen:
        await until_shown(screen, "Unconfirmed changes")
        screen.expect_dialog("Cannot connect to", f"disable {ANNA}")
        assert screen.session.state.pending_changes


async def test_what_another_console_is_at_is_no_ones_crash(mail: KerioServer) -> None:
    others: list[Session] = []

    def at_it(store: Path) -> None:
        leaves_open(mail, DisableAccounts((ANNA,)))(store)
        others.append(Session.open(store, "berg", noon()))
        lock = others[0].store.lease("server")
        lock.__enter__()
        others.append(lock)  # type: ignore[arg-type]  # kept to be left

    async with console(following(mail), NARROW, prepare=at_it, server_secret=known(mail)) as screen:
        await screen.tick()
        screen.expect_no_dialog()
        assert "1 change unconfirmed" in screen.text
        others[1].__exit__(None, None, None)  # type: ignore[attr-defined]
        others[0].close()


async def test_what_is_being_asked_for_when_the_screen_is_complete_is_no_crash(
    mail: KerioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys can be typed ahead of it."""
    complete, later = MainScreen.complete, list[MainScreen]()
    monkeypatch.setattr(MainScreen, "complete", lambda self: later.append(self))
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(), "Users.set")
        await disable(screen)
        await until(screen, held.reached.is_set)
        complete(later[0])
        assert not [each for each in screen.app.workers if each.group == "recovering"]
        held.release()
        await settled(screen)
        assert not enabled(screen, mail, ANNA)
        screen.expect_no_dialog()


async def test_read_only_tells_what_is_open_and_asks_no_one(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))
    async with console(following(mail), NARROW, prepare=prepare, read_only=True, server_secret=known(mail)) as screen:
        await until_shown(screen, "Unconfirmed changes")
        screen.expect_dialog("without --read-only")
        assert screen.session.state.pending_changes


def test_what_asks_a_server_is_not_imported_for_the_first_picture() -> None:
    code = "import sys, kconsole.tui.app, kconsole.cli.screen; print(*sorted(sys.modules))"
    words = [sys.executable, "-c", code]
    imported = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    assert "kconsole.tui.screens.main" in imported
    late = (
        "httpx",
        "kconsole.operations.sync.access",
        "kconsole.operations.sync.recover",
        "kconsole.tui.screens.waiting",
    )
    assert not [name for name in late if name in imported]


# Offline, and what makes no sense with a server


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
