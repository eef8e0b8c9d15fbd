"""Tags are given in a dialog; an alias says where it delivers, and `d` there asks about the owner."""

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from tests.tui.console import console

ANNA = Entry(address="anna@x.example", full_name="Anna", tags=("old", "vip"))
BERG = Entry(address="berg@x.example", full_name="Berg", tags=("vip",))
PRESS = Entry(address="press@x.example", kind="alias", delivers_to=("anna@x.example",))
BOARD = Entry(address="board@x.example", kind="alias", delivers_to=("anna@x.example", "berg@x.example"))
STORE = Inventory(
    license=License(seats=5), domains=(Domain(name="x.example", primary=True),), entries=(ANNA, BERG, PRESS, BOARD)
)


async def test_the_tags_that_all_have_are_changed_and_undone() -> None:
    async with console(STORE) as screen:

        def tags() -> list[tuple[str, ...]]:
            return [screen.session.state.find(each.address).tags for each in (ANNA, BERG)]

        await screen.press("slash", *"tag", "colon", *"vip", "enter", "asterisk", "T")
        screen.expect_dialog("Tags of").expect_typing_in("tags")
        await screen.press("ctrl+u", *"service", "space", "left_parenthesis", "enter")
        screen.expect_dialog("'(' is not a tag.")
        await screen.press("backspace", "backspace", "enter")
        screen.expect_no_dialog()
        assert tags() == [("old", "service"), ("service",)]
        await screen.press("u")
        assert tags() == [("old", "vip"), ("vip",)]


async def test_a_tag_that_no_one_has_is_named() -> None:
    async with console(STORE) as screen:
        await screen.press("slash", "minus", *"tag", "colon", *"vi")
        assert screen.status == "no account has the tag 'vi'"
        assert len(screen.listed) == 4
        await screen.press("p")
        assert screen.status == ""
        assert ANNA.address not in screen.listed


async def test_an_alias_shows_where_it_delivers_and_d_there_asks_about_the_owner() -> None:
    async with console(STORE) as screen:
        await screen.press("slash", *"press", "enter")
        assert screen.listed == [PRESS.address]
        assert "→ anna" in screen.text
        await screen.press("d")
        screen.expect_dialog("Disable 1 account?", ANNA.address, "press@x.example is an alias: it delivers to")
        await screen.press("y")
        assert not screen.session.state.find(ANNA.address).enabled
        await screen.press("d")
        screen.expect_no_dialog()
        assert ANNA.address in screen.status
        await screen.press("e")
        screen.expect_dialog("Enable 1 account?", ANNA.address)


async def test_an_alias_of_several_says_of_who_and_asks_nothing() -> None:
    async with console(STORE) as screen:
        await screen.press("slash", *"board", "enter")
        assert "→ anna +1" in screen.text
        await screen.press("d")
        screen.expect_no_dialog()
        assert "delivers to anna@x.example and berg@x.example" in screen.status


async def test_an_alias_of_several_with_long_addresses_names_them_whole() -> None:
    async with console("office") as screen:
        await screen.press("slash", *"billing", "enter", "d")
        screen.expect_dialog("Nothing was changed", "l.navarro@northwind.example", "z.hart@northwind.example")
