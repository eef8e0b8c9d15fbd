"""A reason can be given in the questions that disable, enable and delete; it goes into the log."""

import pytest

from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.history import LogQuery
from tests.tui.console import Console, console


def reason_of_last(screen: Console) -> tuple[str, str]:
    last = next(screen.session.history.log(LogQuery(), newest_first=True))
    return last.operation, last.reason


@pytest.mark.parametrize(("keys", "operation"), [("d", "disable"), ("x", "delete")])
async def test_a_reason_goes_into_the_log_and_y_is_a_letter_there(keys: str, operation: str) -> None:
    async with console("office") as screen:
        await screen.press(keys, "i")
        screen.expect_typing_in("reason")
        await screen.type("my way")
        assert screen.used == 113
        await screen.press("enter", "y")
        screen.expect_no_dialog()
        assert reason_of_last(screen) == (operation, "my way")


async def test_the_last_line_shows_the_keys_that_work_in_the_line_for_a_reason() -> None:
    async with console("office") as screen:
        screen.other("berg").do(DisableAccounts((screen.listed[1],), "left"))
        await screen.tick()
        await screen.press("d")
        assert screen.keys.rstrip().split("  ") == [" y yes", "n or esc no", "i reason"]
        await screen.press("i")
        await screen.settled()
        assert screen.keys.rstrip().split("  ") == [" enter done", "up recent reasons", "esc no"]
        await screen.press("enter")
        assert screen.keys.rstrip().split("  ") == [" y yes", "n or esc no", "i reason"]


async def test_without_a_reason_it_is_two_keys() -> None:
    async with console("office") as screen:
        await screen.press("d", "y")
        assert reason_of_last(screen) == ("disable", "")


async def test_the_arrow_brings_back_recent_reasons_the_last_one_first() -> None:
    async with console("office") as screen:
        other, listed = screen.other("berg"), screen.listed
        for place, reason in enumerate(("left", "on leave", "left")):
            other.do(DisableAccounts((listed[place + 1],), reason))
        await screen.tick()
        await screen.press("d", "i")
        await screen.settled()
        await screen.type("x")
        await screen.press("up")
        screen.expect_dialog("Reason: left")
        await screen.press("up", "up", "enter")
        screen.expect_dialog("Reason: on leave").expect_focus_on("Cancel")
        await screen.press("y")
        assert reason_of_last(screen) == ("disable", "on leave")


async def test_a_reason_stays_where_the_question_is_asked_again() -> None:
    async with console("office") as screen:
        top = screen.at.address
        await screen.press("x", "i", "q", "enter")
        screen.other("berg").do(DisableAccounts((top,)))
        await screen.press("y")
        screen.expect_dialog("Nothing was done yet", "Reason: q")
        await screen.press("y")
        assert reason_of_last(screen) == ("delete", "q")
