"""The filter of the main screen: it lists as one types, and says what it does not understand."""

from tests.tui.console import console


async def test_the_filter_lists_as_one_types_and_escape_clears_it() -> None:
    async with console("office") as screen:
        await screen.press("slash")
        screen.expect_typing_in("filter")
        await screen.type("scan")
        assert screen.listed == ["2f-scanner@northwind.example"]
        assert "1 of 172" in screen.title
        await screen.press("enter")
        screen.expect_focus_on("accounts")
        await screen.press("escape")
        assert "172 of 172" in screen.title


async def test_a_filter_without_a_match_says_so() -> None:
    async with console("office") as screen:
        await screen.press("slash")
        await screen.type("zzzz")
        assert "Nothing matches 'zzzz'. Esc clears the filter." in screen.text
        await screen.press("enter", "d", "escape")
        assert "172 of 172" in screen.title


async def test_an_invalid_filter_lists_nothing_names_its_part_and_is_not_accepted() -> None:
    async with console("office") as screen:
        await screen.press("slash", *"seen", "colon", "greater_than_sign", *"1year", "space", *"is", "colon", *"seat")
        assert screen.listed == []
        assert "0 of 172" in screen.title
        bar = next(line for line in screen.text.splitlines() if "is:seat" in line)
        assert "not valid: seen:>1year" in bar
        for key in ("enter", "down"):
            await screen.press(key)
            screen.expect_typing_in("filter")
        await screen.press("escape")
        assert "172 of 172" in screen.title
        await screen.press("slash", *"is", "colon", *"seat", "enter")
        screen.expect_focus_on("accounts")
        assert screen.listed


async def test_letters_typed_into_the_filter_are_no_commands() -> None:
    async with console("office") as screen:
        await screen.press("slash")
        await screen.type("dxq")
        screen.expect_no_dialog()
        assert "'dxq'" in screen.text


async def test_an_empty_filter_closes_with_enter() -> None:
    async with console("office") as screen:
        await screen.press("slash", "enter")
        screen.expect_focus_on("accounts")
        assert screen.main.filter_bar is None


async def test_the_arrow_down_goes_from_the_filter_to_the_list() -> None:
    async with console("office") as screen:
        await screen.press("slash")
        await screen.type("northwind")
        await screen.press("down", "j")
        assert screen.main.accounts.cursor == 1


async def test_the_filter_understands_conditions_and_tells_what_it_does_not() -> None:
    async with console("office") as screen:
        await screen.press("slash")
        await screen.type("is")
        await screen.press("colon")
        assert "'is:' is not valid: after 'is:' stands one of disabled" in screen.text
        await screen.type("never")
        assert "not valid" not in screen.text
        assert all(entry.last_login is None for entry in screen.main.accounts.rows)
        assert screen.main.accounts.rows
        await screen.type(" -archive")
        assert not any("archive" in address for address in screen.listed)
