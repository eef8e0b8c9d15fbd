"""The columns of the table are chosen, moved and widened, and kept; what is cut is one key away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.operations.preferences import ColumnPreference
from kconsole.tui.widgets.account_columns import (
    ADDRESS,
    COLUMNS,
    DEFAULT,
    NARROWEST,
    WIDEST,
    choices_of,
    columns_of,
    preferences_of,
)
from kconsole.tui.widgets.account_table import AccountTable
from kconsole.tui.widgets.column_list import laid_out
from tests.operations.sessions import logged_in
from tests.tui.console import NARROW, WIDE, Console, console

NAMES = [column.name for column in COLUMNS]
HABITS = st.lists(st.builds(ColumnPreference, st.sampled_from([*NAMES, "gone"]), st.integers(-5, 500), st.booleans()))


def header(screen: Console) -> str:
    return screen.main.accounts.render_line(0).text


def titles(screen: Console) -> list[str]:
    return [title for title in (column.title for column in COLUMNS) if title in header(screen)]


async def test_at_first_what_fits_is_shown() -> None:
    async with console("office", NARROW) as screen:
        assert titles(screen) == ["Account", "Name", "Seat", "Last login"]
        await screen.resize(*WIDE)
        assert titles(screen) == ["Account", "Name", "Seat", "Last login"]
        await screen.resize(200, 50)
        assert titles(screen) == ["Account", "Name", "Seat", "Because", "Last login", "Via"]


async def test_a_column_is_shown_by_space_and_kept_by_enter() -> None:
    async with console("office", WIDE) as screen:
        await screen.press("C")
        screen.expect_dialog("[ ] Description    not shown")
        await screen.press("G", "space")
        screen.expect_dialog("[x] Description")
        await screen.press("enter")
        screen.expect_no_dialog()
        assert "Description" in titles(screen)
        assert screen.app.preferences.columns[-1] == ColumnPreference("description", 0, True)


async def test_escape_leaves_all_as_it_was() -> None:
    async with console("office", WIDE) as screen:
        before = header(screen)
        await screen.press("C", "G", "space", "K", "plus", "escape")
        assert header(screen) == before
        assert screen.app.preferences.columns == ()


async def test_columns_move_and_the_cursor_goes_with_them() -> None:
    async with console("office", WIDE) as screen:
        await screen.press("C", "j", "greater_than_sign", "J", "less_than_sign", "enter")
        assert header(screen).index("Seat") < header(screen).index("Name") < header(screen).index("Because")


async def test_a_column_gets_wider_and_narrower_by_a_cell() -> None:
    async with console("office", WIDE) as screen:
        await screen.press("C", "j", "j", "plus", "plus", "minus", "enter")
        assert screen.app.preferences.columns[2] == ColumnPreference("seat", 5, True)


async def test_the_account_is_always_shown() -> None:
    async with console("office") as screen:
        await screen.press("C", "space")
        screen.expect_dialog("The account itself is always shown.", "[x] Account")
        await screen.press("enter")
        assert "Account" in titles(screen)


async def test_r_goes_back_to_how_it_was_made() -> None:
    async with console("office", WIDE) as screen:
        before = header(screen)
        await screen.press("C", "G", "space", "enter")
        assert header(screen) != before
        await screen.press("C", "r", "enter")
        assert header(screen) == before
        assert screen.app.preferences.columns == ()


async def test_where_there_is_no_room_the_dialog_says_so() -> None:
    async with console("office", (60, 20)) as screen:
        await screen.press("C")
        screen.expect_dialog("[x] Via            no room at this size")


async def test_what_is_kept_is_shown_at_the_next_start() -> None:
    async with console("office", WIDE) as screen:
        screen.app.preferences.keep_columns(
            [ColumnPreference("domain"), ColumnPreference(ADDRESS), ColumnPreference("nonsense")]
        )
        screen.main.accounts.show_columns(screen.app.preferences.columns)
        assert titles(screen) == ["Account", "Domain"]
        assert header(screen).index("Domain") < header(screen).index("Account")


async def test_the_sign_of_the_sorting_is_there_whatever_is_hidden() -> None:
    async with console("office") as screen:
        assert "Last login ▲" in header(screen)
        await screen.press("s", "d")
        assert header(screen).startswith(" ▲ Account")
        assert "domain, A to Z" in screen.title
        await screen.press("S")
        assert header(screen).startswith(" ▼")
        await screen.press("s", "a")
        assert header(screen).startswith("   Account ▲")


async def test_a_narrow_column_keeps_the_sign() -> None:
    async with console("office") as screen:
        screen.main.accounts.show_columns([ColumnPreference(ADDRESS), ColumnPreference("last-login", 6)])
        assert "Las… ▲" in header(screen)


def test_every_order_has_a_column_that_shows_it() -> None:
    from kconsole.text.words import ORDER_WORDS

    assert set(NAMES) >= set(ORDER_WORDS)


@given(HABITS, st.integers(20, 400))
def test_whatever_was_kept_makes_a_table_that_fits(preferences: list[ColumnPreference], width: int) -> None:
    choices = choices_of(preferences)
    assert sorted(choice.column.name for choice in choices) == sorted(NAMES)
    assert all(choice.width == 0 or NARROWEST <= choice.width <= WIDEST for choice in choices)
    layout = laid_out(columns_of(choices), width, AccountTable.signs)
    shown = [column.name for column, _ in layout]
    assert ADDRESS in shown
    assert [name for name in (c.column.name for c in choices) if name in shown] == shown
    assert all(cells >= 0 for _, cells in layout)
    assert choices == DEFAULT or width < 60 or AccountTable.signs + sum(cells + 1 for _, cells in layout) <= width
    assert choices_of(preferences_of(choices)) == choices


def test_what_the_user_chose_does_not_take_the_room_of_the_address() -> None:
    all_of_them = [ColumnPreference(name) for name in NAMES]
    for width in range(70, 300):
        cells = {column.name: cells for column, cells in laid_out(columns_of(choices_of(all_of_them)), width, 3)}
        assert cells[ADDRESS] >= 28 or set(cells) <= {ADDRESS, "name", "seat", "last-login"}


LONG = Entry(
    address=f"{'very-long-login-' * 8}x@{'sub.' * 20}north.example",
    full_name="Name with many parts " * 12 + "\u202eend",
    description="A description " * 90 + "[bold]end[/]",
    origin="directory",
    role="account_admin",
    mailbox=True,
    last_login=LastLogin(logged_in(3).at, "Protocol-\x1bof-a-kind"),
)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_all_that_can_be_a_column_stands_whole_in_the_details(size: tuple[int, int]) -> None:
    inventory = Inventory(domains=(Domain(name="north.example", primary=True),), entries=(LONG,))
    async with console(inventory, size) as screen:
        await screen.press("C", *("G", "space", "k", "space", "k", "space", "k", "space", "k", "space"), "enter")
        await screen.press("enter")
        assert screen.dialog is not None
        seen = ""
        for _ in range(200):
            seen += "".join(line.strip(" │╭╰╮╯─▁▂▃▄▅▆▇▔") for line in screen.text.splitlines())
            if screen.dialog.scrolling.scroll_offset.y >= screen.dialog.scrolling.max_scroll_y:
                break
            await screen.press("j")
        seen = "".join(seen.split())
        for text in (
            LONG.description,
            LONG.full_name.replace("\u202eend", "\ufffdend"),
            r"\u202eend",
            "Protocol-␛of-a-kind",
            r"Protocol-\x1bof-a-kind",
            "accountadmin,mappedfromadirectory",
            "takesaseat:mapped",
        ):
            for piece in text.split():
                assert piece in seen, piece
        assert screen.dialog is not None


async def test_every_column_says_something_of_every_kind_of_entry() -> None:
    async with console("office") as screen:
        rows = screen.main.accounts.as_text(screen.session.state.live_entries())
        assert rows[0] == ["Account", "Name", "Seat", "Because", "Last login", "Via"]
        view = screen.main.accounts.view
        for entry in screen.session.state.live_entries():
            cells = {column.name: column.cell(entry, view) for column in COLUMNS}
            assert all(text.isprintable() for text in cells.values())
            assert cells["role"] == "–" or entry.is_account
            assert all(cells[name] for name in ("address", "seat", "because", "kind", "role", "origin"))


async def test_a_change_is_shown_whatever_the_columns_are() -> None:
    async with console("office", WIDE) as screen:
        await screen.press("C", "G", "space", "enter")
        address = screen.at.address
        await screen.press("d", "y")
        assert screen.at == replace(screen.at, address=address, enabled=False)
        assert "disabled" in screen.text
