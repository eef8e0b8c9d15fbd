"""What a role may not do is not offered on any screen, and its keys say why."""

from dataclasses import replace

import pytest

from kconsole.core.codes import message
from kconsole.core.roles import ROLES, Authority, RoleName
from kconsole.operations.catalog import capability_of
from kconsole.operations.history import LogQuery
from kconsole.tui.screens.console import ConsoleScreen
from kconsole.tui.screens.palette import HelpDialog, PaletteDialog
from tests.limits import thorough_but
from tests.tui.console import WIDE, Console, console

LABS, RETAIL = "labs.example", "retail.northwind.example"
"""Two domains of the sample."""

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


# Roles that change while the console is open


class RolesFile:
    """What the roles file says, which a test changes."""

    def __init__(self, authority: Authority) -> None:
        self.now = authority

    def __call__(self) -> Authority:
        return self.now


async def test_the_header_says_who_in_which_role_and_where() -> None:
    roles = RolesFile(Authority("helpdesk", frozenset({RETAIL}), operator="anna"))
    async with console("office", authority=roles) as screen:
        header = screen.text.splitlines()[0]
        assert header.startswith(" kconsole · mail.example")
        assert header.endswith("anna · helpdesk · retail.northwind.example ")
        await screen.press("L")
        assert screen.text.splitlines()[0].endswith("anna · helpdesk · retail.northwind.example ")
    async with console("office") as screen:
        assert screen.text.splitlines()[0].endswith("120 seats · anna@helpdesk ")


async def test_what_a_role_loses_goes_from_the_key_line_at_the_next_tick() -> None:
    roles = RolesFile(Authority("helpdesk", operator="anna"))
    async with console("office", authority=roles) as screen:
        await screen.press("j", "d")
        screen.expect_dialog("Disable 1 account?")
        roles.now = Authority("auditor", operator="anna")
        await screen.tick()
        screen.expect_dialog("Disable 1 account?")  # it shows nothing that may not be seen
        await screen.press("y")
        screen.expect_dialog("Failed", "Your role, auditor, may not disable accounts.")
        assert screen.at.enabled
        await screen.press("escape")
        assert "disable" not in screen.keys
        assert "anna · auditor" in screen.text.splitlines()[0]
        (line,) = [each for each in screen.session.history.log(LogQuery()) if each.refused]
        assert line.refused[0].code == "not-permitted"
        roles.now = Authority("helpdesk", operator="anna")
        await screen.tick()
        assert "d disable" in screen.keys
        assert screen.status == "Your role is helpdesk now."


async def test_a_broken_roles_file_ends_changes_but_not_reading() -> None:
    roles = RolesFile(Authority("account-admin", frozenset({RETAIL}), operator="anna"))
    async with console("office", authority=roles) as screen:
        roles.now = replace(roles.now, refused=message("roles-file-gone", file="roles.toml"))
        await screen.tick()
        assert screen.banner[0] == "! nothing can be changed: the roles file roles.toml is gone"
        assert "READ ONLY" in screen.text.splitlines()[0]
        await screen.press("d")
        assert screen.status == "The roles file roles.toml is gone."
        await screen.press("enter")
        screen.expect_dialog("Details")
        await screen.press("escape")
        roles.now = replace(roles.now, refused=None)
        await screen.tick()
        assert "nothing can be changed" not in screen.text
        assert "READ ONLY" not in screen.text
        assert "d disable" in screen.keys


@pytest.mark.parametrize(
    "keys",
    [
        ("j", "d"),
        ("j", "enter"),
        ("space", "space", "Y"),
        ("L", "enter"),
        ("l", "o"),
        ("M", "m"),
        ("slash", *"labs", "enter"),
        ("]", "]", "space"),
        ("E",),
        ("space", "q"),
    ],
)
async def test_other_domains_are_shown_at_once_and_nothing_stays_of_those_before(keys: tuple[str, ...]) -> None:
    roles = RolesFile(Authority("account-admin", frozenset({LABS}), operator="anna"))
    async with console("office", WIDE, authority=roles) as screen:
        await screen.press("j", "d", "y", "y", *keys)
        assert LABS in screen.text
        roles.now = Authority("account-admin", frozenset({RETAIL}), operator="anna")
        await screen.tick()
        screen.expect_dialog("Your role has changed", f"You work in {RETAIL} now, as account-admin.")
        assert LABS not in screen.text
        await screen.press("escape")
        assert screen.app.screen is screen.main
        assert LABS not in screen.text
        assert screen.app.clipboard == ""
        assert screen.main.filter_bar is None
        assert not screen.main.accounts.marked
        assert set(screen.listed) == {each.address for each in screen.session.state.live_entries()}
        await screen.press("u")
        assert LABS not in screen.text
        await screen.press("ctrl+r", "L", "enter")
        assert LABS not in screen.text


async def test_an_answer_to_a_question_about_another_domain_does_nothing() -> None:
    roles = RolesFile(Authority("account-admin", frozenset({LABS}), operator="anna"))
    async with console("office", WIDE, authority=roles) as screen:
        await screen.press("j", "d")
        before = dict(screen.session.store.state.entries)
        roles.now = Authority("account-admin", frozenset({RETAIL}), operator="anna")
        await screen.press("y")
        screen.expect_dialog("Your role has changed")
        assert LABS not in screen.text
        assert dict(screen.session.store.state.entries) == before
