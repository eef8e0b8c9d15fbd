"""Every command has a plain key, a palette entry and a line of help; other keys can be chosen, faults are reported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from kconsole.operations.settings import Settings, read_settings
from kconsole.tui.app import KConsoleApp
from kconsole.tui.commands.base import AnyCommand, key_word
from kconsole.tui.keymap import RESERVED, Keymap, commands_by_screen, key_named
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


def with_keys(**keys: str) -> Settings:
    return Settings(keys={name.replace("_", "-"): text for name, text in keys.items()})


def problem(**keys: str) -> str:
    keymap = Keymap(with_keys(**keys).keys)
    assert not keymap.changed
    (reported,) = keymap.problems
    assert reported.isprintable()
    return reported


def rows_of(screen: Console) -> list[tuple[str, ...]]:
    """The labels of the dialog that is open, and their texts."""
    assert screen.dialog is not None
    return [row for _, rows in screen.dialog.query_one(LabelledText).sections for row in rows]


# One class per command


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


# Keys by the names that people give them


@pytest.mark.parametrize(
    ("called", "key"),
    [
        ("/", "slash"),
        ("?", "question_mark"),
        (":", "colon"),
        ("space", "space"),
        ("ctrl+x", "ctrl+x"),
        ("Ctrl+X", "ctrl+x"),
        ("control+x", "ctrl+x"),
        ("shift+a", "A"),
        ("shift+ctrl+f5", "ctrl+shift+f5"),
        ("F5", "f5"),
        ("PgUp", "pageup"),
        ("Esc", "escape"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("comma", "comma"),
        ("ctrl+i", "tab"),
        ("Return", "enter"),
        ("ä", "ä"),
        (" g ", "g"),
    ],
)
def test_keys_are_called_as_people_call_them(called: str, key: str) -> None:
    assert key_named(called) == key


@pytest.mark.parametrize(
    "called", ["", " ", "ctrl+", "+a", "hyperspace", "ctrl+nothing", "a b", "\x1b", "\u202e", "xx"]
)
def test_what_is_no_key_is_reported(called: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        key_named(called)


@given(st.characters(categories=["L", "N"]) | st.sampled_from("!\"#$%&'()*+-./:;<=>?@[\\]^_`{|}~"))
def test_any_letter_or_sign_is_a_key_and_is_shown_as_itself(character: str) -> None:
    assert key_word(key_named(character)) == character


# What the configuration gives


def test_an_unknown_command_is_reported_with_those_that_are_near() -> None:
    assert problem(disble="z") == "keys: there is no command 'disble'; did you mean disable?"
    assert "kconsole help keys" in problem(qqqqqqqq="z")


def test_a_name_that_means_harm_is_shown_harmlessly() -> None:
    keymap = Keymap({"\x1b]0;x\x07": "z", "disable": "\x9b2J[bold]"})
    assert all(text.isprintable() for text in keymap.problems)
    assert len(keymap.problems) == 2


def test_what_is_no_key_leaves_the_command_its_own() -> None:
    assert problem(disable="z,hyperspace").startswith("keys: disable: 'hyperspace' is no key; write a letter")


@pytest.mark.parametrize("key", [key_word(key) for key in RESERVED])
def test_some_keys_are_never_given_away(key: str) -> None:
    assert problem(disable=key).startswith(f"keys: disable: {key} ")


def test_a_command_keeps_the_key_that_leads_out() -> None:
    keymap = Keymap(with_keys(back="b", log_back="b", quit="Q").keys)
    assert not keymap.problems
    assert keymap.changed == {"back": "b,escape", "log-back": "b,escape", "quit": "Q,ctrl+q"}


def test_one_key_for_two_commands_is_reported_and_both_keep_their_own() -> None:
    reported = "keys: disable and enable cannot both have z in the list of accounts; both keep their own keys."
    assert problem(disable="z", enable="z") == reported
    assert problem(disable="e").startswith("keys: disable and enable cannot both have e")
    assert problem(disable="j").startswith("keys: disable and down cannot both have j")
    assert problem(log_filter="u").startswith("keys: log-undo") or "in the log" in problem(log_filter="u")


def test_two_commands_may_change_their_keys() -> None:
    assert Keymap(with_keys(disable="e", enable="d").keys).changed == {"disable": "e", "enable": "d"}


def test_a_clash_that_comes_of_mending_another_is_reported_too() -> None:
    keymap = Keymap(with_keys(disable="z", enable="z", delete="d").keys)
    assert keymap.changed == {}
    assert len(keymap.problems) == 2


def test_the_same_key_in_two_screens_is_no_clash() -> None:
    assert Keymap(with_keys(disable="z", log_undo="z").keys).changed == {"disable": "z", "log-undo": "z"}


@given(st.dictionaries(st.sampled_from([*ALL, "gone"]), st.text("abdejqx/,+ ?\x1b") | st.sampled_from(["esc", "f5"])))
def test_whatever_is_wanted_no_screen_has_one_key_for_two_commands(wanted: dict[str, str]) -> None:
    keymap = Keymap(wanted)
    for commands in commands_by_screen().values():
        keys = [key for command in commands for key in keymap.keys_of(command)]
        assert len(keys) == len(set(keys))
        assert {"escape"} <= set(keys)
    assert set(wanted) <= set(keymap.changed) | {name for name in wanted if f"{name}" in " ".join(keymap.problems)}


# In the console


async def test_a_command_has_its_other_key_and_no_longer_its_own() -> None:
    async with console("office", settings=with_keys(disable="z,f9")) as screen:
        await screen.press("d")
        screen.expect_no_dialog()
        for key in ("z", "f9"):
            await screen.press(key)
            screen.expect_dialog("Disable 1 account?")
            await screen.press("escape")


async def test_a_movement_and_a_sign_can_have_other_keys() -> None:
    async with console("office", settings=with_keys(down="z", filter="&")) as screen:
        await screen.press("z", "z", "j")
        assert screen.main.accounts.cursor == 2
        await screen.press("ampersand")
        screen.expect_typing_in("filter")


async def test_letters_typed_into_a_line_stay_letters() -> None:
    async with console("office", settings=with_keys(disable="z", redo="y", copy="w")) as screen:
        await screen.press("slash")
        await screen.type("zy")
        assert screen.app.screen.query_one(Input).value == "zy"
        screen.expect_no_dialog()


async def test_whatever_names_a_key_names_the_one_it_has_now() -> None:
    keys = with_keys(disable="z", restarted="f7", mark_range="m", text="ctrl+t", copy="w", help="Z", add="+")
    async with console("office", WIDE, settings=keys) as screen:
        assert "z disable" in screen.keys
        assert "Z help" in screen.keys
        assert "F7" not in screen.keys
        assert screen.banner == ["! 3 seats held until the server is restarted · press f7 after the restart"]
        await screen.press("m")
        assert screen.status.startswith("Range begun: move to its other end and press m.")
        await screen.press("escape", "Z")
        assert screen.dialog is not None
        labels = {label for label, _ in rows_of(screen)}
        assert {"z", "f7", "m", "ctrl+t", "w", "Z", "+"} <= labels
        assert not {"d", "R", "v", "Y", "y", "?", "a"} & labels
        await screen.press("escape", "colon")
        assert "Accounts: disable  z" in palette(screen.app.screen)


async def test_a_clash_is_shown_at_the_start_with_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('mouse = false\n[keys]\nexport = "z"\n# as in vim\n"disable" = "n"\n')
    settings = read_settings(file)
    assert settings.key_places == {"export": f"{file}, line 3", "disable": f"{file}, line 5"}
    async with console("office", settings=settings) as screen:
        (reported,) = screen.app.problems
        assert reported.startswith(
            f"{file}, line 5: keys: disable and never cannot both have n in the list of accounts"
        )
        screen.expect_dialog("About your configuration", "line 5")


@pytest.mark.parametrize("line", ['keys.disable = "n"', 'keys = { enable = "z", disable = "n" }'])
def test_the_line_of_a_key_is_found_however_it_is_written(tmp_path: Path, line: str) -> None:
    (tmp_path / "config.toml").write_text(f"mouse = false\n{line}\n")
    assert read_settings(tmp_path / "config.toml").key_places["disable"].endswith("config.toml, line 2")


async def test_problems_are_there_to_be_reported() -> None:
    async with console("office", settings=with_keys(disable="e")) as screen:
        assert any("disable and enable cannot both have e" in text for text in screen.app.problems)
        await screen.press("escape")
        assert "d disable" in screen.keys
