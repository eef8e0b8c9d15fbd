"""Filters are saved under a name, used again, and forgotten."""

from pathlib import Path

from kconsole.operations.preferences import Preferences
from tests.tui.console import Console, console


async def filtered(screen: Console, text: str) -> None:
    await screen.press("slash")
    await screen.type(text)
    await screen.press("enter")


async def test_the_filter_of_now_is_saved_under_a_name_and_used_again(tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "habits.json")
    async with console("office", preferences=preferences) as screen:
        await filtered(screen, "scan")
        await screen.press("f")
        screen.expect_dialog("idle for a year", "would free a seat")
        await screen.press("x")
        screen.expect_dialog("comes with kconsole")
        await screen.press("s")
        screen.expect_typing_in("filter-name")
        await screen.type("mine")
        await screen.press("enter")
        screen.expect_dialog("@mine", "scan")
        await screen.press("escape", "escape")
        assert "172 of 172" in screen.title
        await screen.press("f", "enter")
        screen.expect_no_dialog().expect_focus_on("accounts")
        assert screen.listed == ["2f-scanner@northwind.example"]
    assert dict(Preferences(tmp_path / "habits.json").filters) == {"mine": "scan"}


async def test_a_filter_that_comes_with_kconsole_lists_the_idlest_first_under_the_cursor() -> None:
    async with console("office") as screen:
        await screen.press("s", "n", "G")
        await screen.press("f", "enter", "1", "0", "space")
        rows = screen.main.accounts.rows
        assert screen.main.listing.sort == "last-login"
        assert screen.main.accounts.marked == {entry.id for entry in rows[:10] if entry.is_account}
        screen.main.accounts.move_to(20)
        await screen.press("f", "enter")
        assert screen.main.accounts.cursor == 0


async def test_a_filter_that_is_used_can_be_changed_in_its_line() -> None:
    preferences = Preferences()
    preferences.keep_filter("mine", "scan")
    async with console("office", preferences=preferences) as screen:
        await screen.press("f", "enter", "slash")
        screen.expect_typing_in("filter")
        await screen.press("end", "backspace", "backspace", "backspace", "backspace", "enter")
        assert "172 of 172" in screen.title


async def test_without_a_filter_there_is_nothing_to_save() -> None:
    async with console("office") as screen:
        await screen.press("f", "s")
        screen.expect_dialog("There is no filter to save").expect_focus_on("saved")
        await screen.press("enter", "x", "escape")
        screen.expect_no_dialog()


async def test_a_filter_is_forgotten_when_x_is_pressed_twice() -> None:
    preferences = Preferences()
    for name in ("a", "b"):
        preferences.keep_filter(name, f"text of {name}")
    async with console("office", preferences=preferences) as screen:
        await screen.press("f", "x")
        screen.expect_dialog("Press x again to delete 'a'.")
        await screen.press("j", "x")
        screen.expect_dialog("Press x again to delete 'b'.")
        assert len(preferences.filters) == 2
        await screen.press("x")
        assert set(preferences.filters) == {"a"}
        assert "text of b" not in screen.text


async def test_a_name_that_is_taken_is_replaced_only_after_asking() -> None:
    preferences = Preferences()
    preferences.keep_filter("mine", "old")
    async with console("office", preferences=preferences) as screen:
        await filtered(screen, "new")
        await screen.press("f", "s")
        await screen.type("mine")
        await screen.press("enter")
        screen.expect_dialog("'mine' exists already")
        assert preferences.filters["mine"] == "old"
        await screen.press("enter")
        assert preferences.filters["mine"] == "new"


async def test_a_name_is_one_word() -> None:
    preferences = Preferences()
    async with console("office", preferences=preferences) as screen:
        await filtered(screen, "scan")
        await screen.press("f", "s")
        for name in ("", "two words", "a" * 25, "a@b"):
            await screen.type(name)
            await screen.press("enter")
            screen.expect_dialog("A name is one word")
            await screen.press("ctrl+u")
        assert not preferences.filters
        await screen.type("@mine")
        await screen.press("enter")
        assert set(preferences.filters) == {"mine"}


async def test_what_cannot_be_kept_is_reported_and_holds_for_this_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with console("office", preferences=Preferences(tmp_path / "file" / "habits.json")) as screen:
        await filtered(screen, "scan")
        await screen.press("f", "s", "m", "enter")
        assert screen.dialog is not None
        screen.expect_dialog("@m")
        assert screen.dialog._problem
        await screen.press("escape", "escape", "C", "G", "space", "enter")
        screen.expect_dialog("Failed")


async def test_a_filter_that_is_not_valid_is_not_saved_and_a_saved_one_stays_in_its_line() -> None:
    preferences = Preferences()
    preferences.keep_filter("bad", "is:x")
    async with console("office", preferences=preferences) as screen:
        await screen.press("f", "enter")
        screen.expect_no_dialog().expect_typing_in("filter")
        assert screen.listed == []
        await screen.press("escape", "slash")
        await screen.type("@bad")
        assert screen.listed == []
        assert "not valid: @bad" in screen.text
        await screen.press("tab", "f", "s")
        assert dict(preferences.filters) == {"bad": "is:x"}
