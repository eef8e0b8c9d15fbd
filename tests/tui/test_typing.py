"""What a line to type in does with bursts of keys and with pastes that are too long."""

from textual.events import Paste
from textual.widgets import Input

from kconsole.operations.search.filters import LONGEST_FILTER
from kconsole.tui.widgets.inputs import LONGEST_LINE
from tests.tui.console import Console, console


async def paste(screen: Console, text: str) -> Input:
    line = screen.app.focused
    assert isinstance(line, Input)
    event = Paste(text)
    event.set_sender(screen.app)
    screen.app.keystrokes.take(event)
    await screen.settled()
    return line


async def test_backspaces_before_a_burst_erase_what_stands_before_the_cursor() -> None:
    async with console("office") as screen:
        await screen.press("slash", *"anna", "left")
        line = await paste(screen, "\x7f\x7fxy")
        assert line.value == "axya"
        assert line.cursor_position == 3
        await paste(screen, "\x7f" * 9)
        assert line.value == "a"


async def test_a_paste_that_does_not_fit_is_not_taken_and_that_is_said() -> None:
    async with console("office") as screen:
        await screen.press("slash", "a")
        line = await paste(screen, "x" * LONGEST_FILTER)
        assert line.value == "a"
        assert screen.status == "Too long to paste: 1,000 characters at most."
        await paste(screen, "x" * (LONGEST_FILTER - 1))
        await screen.press("y")
        assert screen.status == "The line is full: 1,000 characters at most."
        await screen.press("escape", "E", "down", "ctrl+u")
        line = await paste(screen, "x" * (LONGEST_LINE + 1))
        assert line.value == ""
        screen.expect_dialog("Too long to paste: 4,096 characters at most.")
        await screen.press("escape", "Y", "s")
        await paste(screen, "x" * LONGEST_LINE)
        assert "Too long to paste" in screen.text
