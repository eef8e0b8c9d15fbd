"""What lies behind a dialog is dimmed, once, where the terminal has the colours for it."""

import pytest
from rich.style import Style

from kconsole.text.terminals import Colours, TerminalProfile
from kconsole.tui.app import KConsoleApp
from kconsole.tui.screens.dialog import NewsDialog
from tests.tui.console import NARROW, Console, console, painted

TITLE = "172 of 172"


def style_of(screen: Console, words: str) -> Style:
    """The style of some words on the screen."""
    for strip in painted(screen.app):
        for segment in strip:
            if words in segment.text:
                return segment.style or Style()
    raise AssertionError(f"{words!r} is not in:\n{screen.text}")


def behind_of(app: KConsoleApp) -> Style:
    assert app.palette.behind is not None
    return app.palette.behind


async def test_the_screen_behind_a_dialog_is_dimmed_but_for_the_keys() -> None:
    async with console("office", NARROW) as screen:
        before = style_of(screen, TITLE)
        await screen.press("d")
        assert style_of(screen, TITLE).color == behind_of(screen.app).color != before.color
        assert style_of(screen, TITLE).bgcolor == before.bgcolor
        keys = list(painted(screen.app)[-1])
        assert keys
        assert all(segment.style and segment.style.color != behind_of(screen.app).color for segment in keys)
        await screen.press("n")
        assert style_of(screen, TITLE) == before


async def test_behind_a_dialog_on_a_dialog_nothing_is_dimmed_twice() -> None:
    async with console("office", NARROW) as screen:
        await screen.press("d")
        once, question = style_of(screen, TITLE), style_of(screen, "Mail is kept")
        await screen.app.push_screen(NewsDialog("News", ["Short."]))
        await screen.pilot.pause()
        assert style_of(screen, TITLE) == once
        await screen.press("escape")
        assert style_of(screen, "Mail is kept") == question


@pytest.mark.parametrize(("colours", "is_dimmed"), [("256", True), ("16", False), ("none", False)])
async def test_it_is_dimmed_where_there_are_the_colours_for_it(colours: Colours, is_dimmed: bool) -> None:
    async with console("office", NARROW, profile=TerminalProfile(colours=colours)) as screen:
        before = style_of(screen, TITLE)
        await screen.press("d")
        assert (style_of(screen, TITLE) != before) is is_dimmed
