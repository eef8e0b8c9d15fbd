"""What a role may not do is not offered on any screen, and its keys say why."""

import pytest

from kconsole.core.roles import ROLES, Authority, RoleName
from kconsole.operations.catalog import capability_of
from kconsole.operations.history import LogQuery
from kconsole.tui.screens.console import ConsoleScreen
from kconsole.tui.screens.palette import HelpDialog, PaletteDialog
from tests.limits import thorough_but
from tests.tui.console import Console, console

SCREENS = ("", "L", "l", "M", "=")
"""The keys that lead from the accounts to each other screen."""


async def go_to(screen: Console, key: str) -> ConsoleScreen:
    while screen.app.screen is not screen.main:
        await screen.press("escape")
    if key:
        await screen.press(key)
    shown = screen.app.screen
    assert isinstance(shown, ConsoleScreen)
    return shown


@pytest.mark.parametrize("role", thorough_but({"helpdesk"}, ROLES))
async def test_each_screen_offers_what_the_role_may_do_and_nothing_else(role: RoleName) -> None:
    async with console("office", authority=lambda: Authority(role, operator="anna")) as screen:
        lines = len(list(screen.session.history.log(LogQuery())))
        for key in SCREENS:
            shown = await go_to(screen, key)
            for command in (each for each in shown.commands if each.needs):
                allowed = capability_of(command.needs) in ROLES[role]
                assert (shown.forbids(command) is None) == allowed
                if allowed:
                    continue
                assert command not in shown.offered()
                assert command not in shown.key_line.shown
                shown.tell("")
                await screen.press(command.keys.split(",")[0])
                assert screen.app.screen is shown, command
                assert shown.status.left.startswith(f"Your role, {role}, may not "), command
        assert len(list(screen.session.history.log(LogQuery()))) == lines  # a key is no request


async def test_the_help_and_the_palette_have_only_what_is_allowed() -> None:
    async with console("office", authority=lambda: Authority("helpdesk")) as screen:
        await screen.press("?")
        assert isinstance(screen.app.screen, HelpDialog)
        words = repr(screen.app.screen._sections)
        assert "Disable the account" in words
        assert "Delete the account" not in words
        assert "Import accounts" not in words
        await screen.press("escape", ":")
        assert isinstance(screen.app.screen, PaletteDialog)
        offered = {command.name for command, _ in screen.app.screen._offers}
        assert {"disable", "enable", "undo", "sync", "log"} <= offered
        assert not offered & {"delete", "add", "import", "tag", "restarted"}


async def test_no_key_is_advised_that_the_role_does_not_have() -> None:
    async with console("office", authority=lambda: Authority("helpdesk")) as screen:
        assert screen.banner == ["! 3 seats held until the server is restarted"]
        await screen.press("M")
        assert "Press m" not in screen.text
        await screen.press("escape", "l", "o", "enter")
        assert "Your role, helpdesk, may not change the license." in screen.text
        assert "enter change" not in screen.text


async def test_the_log_offers_to_undo_what_the_role_may_undo() -> None:
    async with console("office", authority=lambda: Authority("helpdesk")) as screen:
        await screen.press("j", "d", "y", "L")
        assert "u undo" in screen.text
        screen.other().undo(screen.session.store.sequence)
        await screen.tick()
        await screen.press("g")
        assert screen.log.log_list.highlighted.operator.user == "berg"  # type: ignore[union-attr]
        assert "u undo" not in screen.text
        await screen.press("u")
        assert screen.log.status.left == "Your role, helpdesk, may not undo changes of others."
