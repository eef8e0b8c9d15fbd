"""Every command has a plain key, a palette entry and a line of help, and is found by what it means."""

from collections.abc import Mapping
from typing import Any

import pytest
from textual.widgets import Input

from kconsole.tui.app import KConsoleApp
from kconsole.tui.commands.base import AnyCommand, key_word
from kconsole.tui.keymap import Keymap, commands_by_screen, key_named
from kconsole.tui.screens.decisions import DecisionsScreen
from kconsole.tui.screens.fleet import FleetScreen
from kconsole.tui.screens.history import HistoryScreen
from kconsole.tui.screens.imports import ImportScreen
from kconsole.tui.screens.license import LicenseScreen
from kconsole.tui.screens.log import LogScreen
from kconsole.tui.screens.main import MainScreen
from kconsole.tui.screens.mapping import MappingScreen
from kconsole.tui.screens.mapping_preview import PreviewScreen
from kconsole.tui.screens.palette import PaletteDialog, found
from kconsole.tui.screens.reclaim import ReclaimScreen
from kconsole.tui.screens.reconcile import ReconcileScreen
from kconsole.tui.widgets.labelled import LabelledText
from kconsole.tui.widgets.row_list import RowList
from tests.tui.console import WIDE, Console, console
from tests.tui.directories import show_preview
from tests.tui.test_imports import FAULTY, preview

ALL: Mapping[str, AnyCommand] = {
    command.name: command for commands in commands_by_screen().values() for command in commands
}
TERMINAL_KEEPS = {"ctrl+s", "ctrl+z", "ctrl+c", "ctrl+j", "ctrl+m", "ctrl+i", "ctrl+h"}
"""Keys that a terminal, or the shell behind it, may keep for itself."""

PLAIN = {"enter", "space", "tab", "escape", "home", "end", "up", "down", "pageup", "pagedown"}


def rows_of(screen: Console) -> list[tuple[str, ...]]:
    """The labels of the dialog that is open, and their texts."""
    assert screen.dialog is not None
    return [row for _, rows in screen.dialog.query_one(LabelledText).sections for row in rows]


def test_every_command_of_every_screen_is_known_here() -> None:
    screens = (
        MainScreen,
        LogScreen,
        HistoryScreen,
        ReclaimScreen,
        DecisionsScreen,
        LicenseScreen,
        MappingScreen,
        PreviewScreen,
        ImportScreen,
        ReconcileScreen,
        FleetScreen,
        RowList,
    )
    on_screens = {command for screen in screens for command in screen.commands}
    assert on_screens == set(ALL.values())


def test_no_two_commands_share_a_name() -> None:
    assert len({command for commands in commands_by_screen().values() for command in commands}) == len(ALL)


def test_by_themselves_no_two_commands_of_a_screen_share_a_key() -> None:
    for commands in commands_by_screen().values():
        keys = [key for command in commands for key in command.keys.split(",")]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", ALL)
def test_a_command_has_a_plain_key_a_title_and_help(name: str) -> None:
    command = ALL[name]
    keys = command.keys.split(",")
    assert any(len(key_word(key)) == 1 or key in PLAIN or key.startswith("ctrl+") for key in keys)
    assert not TERMINAL_KEEPS & set(keys)
    assert [key_named(key_word(key)) for key in keys] == keys
    assert ": " in command.title
    assert command.help_text().endswith(".")
    assert "[" not in command.title + command.help_text(), "the palette parses markup"


@pytest.mark.thorough
async def test_every_command_is_in_the_help_and_in_the_palette() -> None:
    async with console("office", WIDE) as screen:
        ways = {
            "Help": (),
            "Help: the activity log": ("L",),
            "Help: seats over time": ("H",),
            "Help: the plan": ("P",),
            "Help: reservations, keeps and protections": ("V",),
            "Help: the license": ("l",),
            "Help: accounts from directories": ("M",),
            "Help: the preview": (),
            "Help: the import": (),
            "Help: the server's numbers": ("equals_sign",),
        }
        # All stores are a screen of another console: test_fleet.py.
        of_screens = [each for name, each in commands_by_screen().items() if name != "all stores"]
        for (title, keys), commands in zip(ways.items(), of_screens, strict=True):
            if title == "Help: the preview":
                show_preview(screen.app)
            if title == "Help: the import":
                await preview(screen, FAULTY)
            await screen.press(*keys, "question_mark")
            assert screen.dialog is not None
            assert screen.dialog.heading == title
            shown = rows_of(screen)
            for command in commands:
                assert (" ".join(Keymap({}).shown(command)), command.help_text()) in shown, command
            await screen.press("escape", "colon")
            found = palette(screen.app.screen)
            left_out = {command.title for command in commands if command.title not in found}
            assert not left_out
            await screen.press("escape", "escape")


def palette(screen: Any) -> str:
    """All that the palette offers before anything is typed."""
    assert isinstance(screen, PaletteDialog)
    assert isinstance(screen.app, KConsoleApp)
    keys = screen.app.keys
    return "\n".join(f"{command.title}  {keys.first(command)}" for command, _ in screen.offered.rows)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("renew", "license"), ("why", "details"), ("export", "export"), ("report", "report"), ("csv", "export"),
        ("leaver", "disable"),
        ("ldap", "map"), ("DISABLE acc", "disable"), ("history", "log"), ("zzz", ""),
        ("import", "import"), ("import accounts", "import"), ("users.cfg", "import"), ("log", "log"),
        ("unlock", "enable"), ("who", "log"), ("expire", "license"), ("inactive", "filter"), ("sync", "sync"),
        ("audits", "log"), ("quota", ""), ("password", ""), ("backup", ""),
    ],
)  # fmt: skip
async def test_commands_are_found_by_what_they_mean(words: str, first: str) -> None:
    async with console("office") as screen:
        offers = [(command, screen.main) for command in screen.main.offered()]
        assert [command.name for command, _ in found(offers, words)][:1] == ([first] if first else [])


async def test_the_palette_says_when_nothing_is_found_and_the_help_too() -> None:
    async with console("office") as screen:
        await screen.press("colon", *"zzz", "enter")
        screen.expect_dialog("No command is found by these words.", "are set on the server")
        await screen.press("escape", "question_mark", *"zzz")
        screen.expect_dialog("No key is about these words.", "Enter searches the manual.")
        await screen.press("backspace", "backspace", "backspace", *"frees")
        assert [label for label, _ in rows_of(screen)] == ["R"]


async def test_ctrl_c_goes_a_step_back_and_leaves_the_console_from_the_main_screen() -> None:
    async with console("office") as screen:
        for key in ("L", "l", "d"):
            await screen.press(key, "ctrl+c")
            assert screen.app.screen is screen.main
        await screen.press("ctrl+c")
        assert not screen.app.is_running


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_quitting_asks_only_where_something_would_be_lost(key: str) -> None:
    async with console("office") as screen:
        await screen.press("space", key)
        screen.expect_dialog("Quit?", "1 account is marked")
        await screen.press("n")
        assert screen.app.is_running
        assert screen.main.accounts.marked
        await screen.press("escape", key)
        assert not screen.app.is_running


async def test_quitting_asks_where_a_form_holds_text_and_obeys_when_it_is_said_again() -> None:
    async with console("office") as screen:
        await screen.press("a", "ctrl+q")
        assert not screen.app.is_running
    async with console("office") as screen:
        await screen.press("a", "x", "ctrl+q")
        screen.expect_dialog("Quit?", "What you typed in")
        await screen.press("ctrl+q")
        assert not screen.app.is_running


async def test_the_key_line_shows_what_works_now() -> None:
    async with console("office") as screen:
        await screen.press("slash")
        assert screen.keys.split()[:3] == ["enter", "keep", "it"]
        await screen.press("a", "down")
        assert "mark" in screen.keys
        await screen.press("d")
        assert screen.keys.split()[:2] == ["y", "yes"]
        await screen.press("escape")
        assert "mark" in screen.keys


async def test_movements_can_be_run_from_the_palette() -> None:
    async with console("office") as screen:
        await screen.press("colon")
        screen.app.screen.query_one(Input).value = "last row"
        await screen.settled()
        await screen.press("enter")
        await screen.pilot.pause()
        assert screen.main.accounts.cursor == screen.main.accounts.row_count - 1
