"""An account is kept in a dialog; the details, a column and the gauge show what was decided."""

from datetime import timedelta

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.decisions import Protect, Reserve
from kconsole.operations.preferences import ColumnPreference
from tests.clocks import noon
from tests.tui.console import console, until_shown

ANNA = Entry(address="anna@x.example", full_name="Anna")
BERG = Entry(address="berg@x.example", full_name="Berg")
STORE = Inventory(license=License(seats=8), domains=(Domain(name="x.example", primary=True),), entries=(ANNA, BERG))


async def test_accounts_are_kept_listed_shown_and_undone() -> None:
    async with console(STORE, (120, 36)) as screen:
        screen.main.accounts.show_columns([ColumnPreference("address"), ColumnPreference("kept-until")])
        await screen.press("slash", *"anna", "enter", "K")
        screen.expect_dialog("Keep anna@x.example").expect_typing_in("until")
        await screen.press(*"soon", "enter", *"leave", "enter")
        screen.expect_dialog("'soon' is not a day")
        await screen.press("up", "ctrl+u", *"2026-08-20", "enter", "enter")
        screen.expect_no_dialog()
        (keep,) = screen.session.state.keeps.values()
        assert (keep.address, keep.reason) == (ANNA.address, "leave")
        assert screen.text.count("2026-08-20") >= 2  # the column, and the details
        await screen.press("slash", "ctrl+u", *"is", "colon", *"kept", "enter")
        assert screen.listed == [ANNA.address]
        await screen.press("u")
        assert not screen.session.state.keeps


async def test_the_gauge_and_the_details_show_reservations_and_protections() -> None:
    async with console(STORE, (120, 36)) as screen:
        assert "▄" not in screen.text
        screen.session.do(Reserve("berta@x.example", noon().now() + timedelta(days=9), count=3, reason="in spring"))
        screen.session.do(Protect("anna", "the boss"))
        await screen.press("slash", *"anna", "enter")
        await until_shown(screen, "3 reserved")
        assert "▄" in screen.text
        await screen.press("enter")
        screen.expect_dialog("Details", "the boss")
