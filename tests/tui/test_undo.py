"""Undo and redo on the screen: they say what they undid, and ask where that deletes."""

import pytest

from kconsole.operations.accounts import DisableAccounts, EnableAccounts
from tests.tui.console import console, until
from tests.tui.few import OFF, SEAT, go_to, small


async def test_undoing_an_added_account_asks_since_it_deletes() -> None:
    async with console(small(SEAT)) as screen:
        await screen.press("a")
        await screen.type("z")
        await screen.press("enter", "enter", "u")
        screen.expect_dialog("Undo 'add' of 1 account?", "z@x.example", "1 account would be deleted")
        await screen.press("y")
        assert "z@x.example" not in screen.listed
        assert screen.used == 2


@pytest.mark.parametrize("is_known", [False, True])
async def test_undo_is_refused_where_the_account_has_changed_since(is_known: bool) -> None:
    async with console(small(SEAT, seats=1)) as screen:
        await screen.press("d", "y")
        other = type(screen.session).open(screen.session.store.folder, clock=screen.clock)
        other.do(DisableAccounts(("a@x.example",)))
        other.undo() if other.history.undoable else None
        other.do(EnableAccounts(("a@x.example",)))
        if is_known:
            screen.session.catch_up()
        await screen.press("u")
        await until(screen, lambda: screen.dialog is not None)
        screen.expect_dialog("Failed", "a@x.example has changed since")
        await screen.press("escape")
        assert screen.session.history.undoable is None
        assert " u undo" not in screen.keys


async def test_undo_at_the_limit_is_refused_and_can_be_tried_again() -> None:
    async with console(small(SEAT, OFF, seats=1)) as screen:
        await go_to(screen, SEAT.address)
        await screen.press("d", "y")
        await go_to(screen, OFF.address)
        await screen.press("e", "y", "u", "u")
        screen.expect_no_dialog()
        assert screen.session.state.find(SEAT.address).enabled


async def test_undo_says_the_figures_first_and_what_it_undid() -> None:
    async with console("office") as screen:
        top = screen.at.address
        await screen.press("d", "y", "u")
        assert screen.status == f"112 → 113 seats used · undone: disable {top}"
        assert "112 → 113 seats used" in screen.text


async def test_redo_does_again_what_undo_undid_and_undo_takes_that_back() -> None:
    async with console("office") as screen:
        await screen.press("d", "y", "u")
        used = [screen.used]
        for key in ("ctrl+r", "u", "ctrl+r"):
            await screen.press(key)
            used.append(screen.used)
        assert used == [113, 112, 113, 112]
        assert screen.status.startswith("113 → 112 seats used · redone: disable")
        await screen.press("ctrl+r")
        assert screen.status == "There is nothing to redo: nothing was undone since the last change."


async def test_a_new_change_ends_the_way_forth() -> None:
    async with console("office") as screen:
        await screen.press("d", "y", "u", "j", "d", "y", "ctrl+r")
        assert screen.used == 112
        assert "nothing to redo" in screen.status


async def test_redoing_a_deletion_asks_first() -> None:
    async with console(small(OFF)) as screen:
        await screen.press("x", "y", "u", "ctrl+r")
        screen.expect_dialog("Redo 'delete' of 1 account?", OFF.address, "1 account would be deleted.")
        await screen.press("n")
        assert OFF.address in screen.listed
        await screen.press("ctrl+r", "y")
        assert OFF.address not in screen.listed


async def test_redo_is_refused_where_the_account_has_changed_since() -> None:
    async with console(small(SEAT)) as screen:
        await screen.press("d", "y", "u")
        screen.other().do(DisableAccounts((SEAT.address,)))
        await screen.press("ctrl+r")
        screen.expect_dialog("Failed", "a@x.example has changed since")
        await screen.press("escape", "ctrl+r")
        assert "nothing to redo" in screen.status


async def test_without_a_change_of_this_session_undo_asks_about_the_operators_last_one() -> None:
    async with console("office") as screen:
        top = screen.at.address
        screen.other("anna").do(DisableAccounts((top,)))
        screen.clock.forward(hours=3)
        await screen.tick()
        await screen.press("u")
        await screen.pilot.pause()
        screen.expect_dialog("Undo 'disable' of 1 account?", top, "disable, by anna, 3 hours ago")
        screen.expect_focus_on("Cancel")
        await screen.press("y")
        screen.expect_no_dialog()
        assert screen.used == 113
        assert screen.status == f"112 → 113 seats used · undone: disable {top}"


async def test_no_one_is_offered_to_undo_what_others_did() -> None:
    async with console("office") as screen:
        screen.other("berg").do(DisableAccounts((screen.at.address,)))
        await screen.press("u")
        await screen.pilot.pause()
        screen.expect_no_dialog()
        assert screen.status == "Nothing to undo: the log has no change of yours that can be undone."
