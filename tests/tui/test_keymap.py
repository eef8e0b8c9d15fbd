"""Other keys can be chosen by the names that people give them; faults are reported."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from kconsole.operations.settings import Settings, read_settings
from kconsole.tui.commands.base import key_word
from kconsole.tui.keymap import RESERVED, Keymap, commands_by_screen, key_named
from tests.tui.console import WIDE, console
from tests.tui.test_commands import ALL, palette, rows_of


def with_keys(**keys: str) -> Settings:
    return Settings(keys={name.replace("_", "-"): text for name, text in keys.items()})


def problem(**keys: str) -> str:
    keymap = Keymap(with_keys(**keys).keys)
    assert not keymap.changed
    (reported,) = keymap.problems
    assert reported.isprintable()
    return reported


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
