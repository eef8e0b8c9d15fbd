"""Rows of deleted accounts, which `is:held` lists: they are looked at, and nothing is done to them."""

import pytest

from tests.tui.console import Console, console

SAID = "It was deleted; its seat comes free when the server is restarted."


async def list_held(screen: Console) -> None:
    await screen.press("slash", *"is", "colon", *"held", "enter")
    assert screen.at.deleted_at is not None


@pytest.mark.thorough
@pytest.mark.parametrize("key", ["d", "e", "x", "y", "Y", "space"])
async def test_a_command_says_that_the_account_was_deleted(key: str) -> None:
    async with console("office") as screen:
        journal = (screen.session.store.folder / "journal.jsonl").read_bytes()
        await list_held(screen)
        await screen.press(key)
        screen.expect_no_dialog()
        assert screen.status == SAID
        assert SAID in screen.text
        assert screen.app.screen is screen.main
        assert (screen.app.clipboard, screen.main.accounts.marked) == ("", frozenset())
        assert (screen.session.store.folder / "journal.jsonl").read_bytes() == journal


@pytest.mark.parametrize("keys", [("asterisk",), ("v", "G", "v"), ("space", "j", "space")])
async def test_none_of_them_is_marked(keys: tuple[str, ...]) -> None:
    async with console("office") as screen:
        await list_held(screen)
        await screen.press(*keys)
        assert screen.main.accounts.marked == frozenset()
        await screen.press("d")
        screen.expect_no_dialog()


async def test_marks_of_others_stay_and_a_change_is_on_them() -> None:
    async with console("office") as screen:
        marked = screen.at.address
        await screen.press("space")
        await list_held(screen)
        await screen.press("asterisk", "d")
        screen.expect_dialog("Disable 1 account?", marked, "It is not in the list now")


async def test_details_tell_when_it_was_deleted_and_that_its_seat_is_held() -> None:
    async with console("office") as screen:
        await list_held(screen)
        await screen.press("enter")
        screen.expect_dialog(screen.at.address, "Deleted", "its seat is held until the server is restarted")
        await screen.press("escape", "L")
        assert screen.app.screen is screen.log


async def test_their_rows_go_with_a_restart() -> None:
    async with console("office") as screen:
        await list_held(screen)
        await screen.press("R", "y")
        assert screen.listed == []
        await screen.press("d")
        assert screen.status == "There is no account here."
