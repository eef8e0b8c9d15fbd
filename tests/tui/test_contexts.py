"""A store with a name: it stands first on every screen, and deletions and changes of many may want it typed."""

import pytest

from kconsole.operations.contexts import Context
from kconsole.tui.widgets.lines import HeaderLine
from tests.tui.console import NARROW, WIDE, console
from tests.tui.test_imports import LABS, preview

PRODUCTION = Context("mail1", "/srv/mail1", "red", confirm_name=True)
BRANCH = Context("branch-office-in-another-town", "/srv/branch", "green")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_name_stands_first_on_every_screen(size: tuple[int, int]) -> None:
    for context, shown in ((PRODUCTION, "▲ mail1"), (BRANCH, "■ branch-office-i")):
        async with console("office", size, context=context) as screen:
            for keys in ([], ["L"], ["escape", "l"], ["escape", "H"], ["escape", "P"], ["escape", "V"]):
                await screen.press(*keys)
                header = screen.app.screen.query_one(HeaderLine)
                parts = list(header.paint(0, size[0]))
                assert parts[0][0].startswith(f" {shown}")
                assert parts[0][1] == f"context-{context.colour}"
                assert sum(len(text) for text, _ in parts) == size[0]


async def test_a_deletion_wants_the_name() -> None:
    async with console("office", context=PRODUCTION) as screen:
        entries = len(screen.listed)
        await screen.press(*"jjjjjjjjjj", "x", "y")
        screen.expect_dialog("Type the name of the context")
        await screen.type("mail2")
        await screen.press("enter")
        screen.expect_dialog("That is not the name of the context")
        assert len(screen.listed) == entries
        await screen.press("backspace", "1", "enter")
        screen.expect_no_dialog()
        await screen.press("u")


async def test_many_want_their_number_and_the_name_and_few_want_neither() -> None:
    async with console("office", context=PRODUCTION) as screen:
        await screen.press("space", "d", "y")
        screen.expect_no_dialog()
        assert screen.used == 112
        await screen.press("1", "5", "space", "d")
        await screen.type(str(len(screen.main.accounts.marked) - 1))  # one is disabled already
        await screen.press("enter")
        screen.expect_dialog("Type the name of the context")
        assert screen.used == 112
        await screen.type("mail1")
        await screen.press("enter")
        screen.expect_no_dialog()
        assert screen.used < 112


async def test_an_import_wants_the_name_and_so_does_its_undo() -> None:
    async with console("office", context=PRODUCTION) as screen:
        await preview(screen, LABS)
        await screen.press("A", "y")
        screen.expect_dialog("Type the name of the context")
        await screen.type("mail1")
        await screen.press("enter")
        screen.expect_no_dialog()
        await screen.press("u", "y")
        screen.expect_dialog("Type the name")


async def test_without_the_wish_a_y_is_enough() -> None:
    async with console("office", context=BRANCH) as screen:
        await screen.press(*"jjjjjjjjjj", "x", "y")
        screen.expect_no_dialog()
