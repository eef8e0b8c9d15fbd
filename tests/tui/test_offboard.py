"""An account is offboarded in a dialog that shows the plan: now, or on a day that can be changed and cancelled."""

import pytest

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.roles import Authority
from tests.tui.console import console

ANNA = Entry(address="anna@x.example", full_name="Anna", mailbox=True)
BERG = Entry(address="berg@x.example", full_name="Berg")
INFO = Entry(address="info@x.example", kind="alias", delivers_to=(ANNA.address,))
STORE = Inventory(
    license=License(seats=8), domains=(Domain(name="x.example", primary=True),), entries=(ANNA, BERG, INFO)
)


async def test_the_plan_follows_the_lines_and_says_what_is_done() -> None:
    async with console(STORE, (120, 36)) as screen:
        await screen.press("slash", *"anna", "enter", "O")
        screen.expect_dialog("Offboard anna@x.example", "Disable anna@x.example", "free at once", "do not forward")
        screen.expect_typing_in("to")
        await screen.press(*"berg", "enter")
        screen.expect_dialog("Delete anna@x.example", "after the next restart", "mailbox goes to berg@x.example")
        await screen.press(*"gone@x.example", "enter")
        screen.expect_dialog("There is no account gone@x.example to take over")
        await screen.press("up", "ctrl+u", *"berg", "enter")
        screen.expect_dialog("becomes an alias of berg@x.example", "info@x.example")
        await screen.press("enter", *"left", "enter")
        screen.expect_dialog("Delete anna@x.example?", "mailbox goes to berg@x.example", "becomes an alias")
        await screen.press("n")
        screen.expect_dialog("Offboard anna@x.example").expect_typing_in("reason")
        assert screen.session.state.find(ANNA.address).is_account
        await screen.press("enter", "y")
        screen.expect_no_dialog()
        found = screen.session.state.entry_at(ANNA.address)
        assert found is not None
        assert (found.kind, found.delivers_to) == ("alias", (BERG.address,))
        assert "seats used" in screen.text
        await screen.press("u")
        assert screen.session.state.entry_at(ANNA.address) is not None


@pytest.mark.thorough
async def test_a_day_is_shown_changed_and_cancelled() -> None:
    async with console(STORE, (120, 36)) as screen:
        await screen.press("slash", *"anna", "enter", "O", "enter", "enter", *"soon", "enter", *"left", "enter")
        screen.expect_dialog("'soon' is not a day")
        await screen.press("up", "ctrl+u", *"2026-12-31", "enter", "enter")
        screen.expect_no_dialog()
        (leaves,) = screen.session.state.offboardings.values()
        assert (leaves.address, leaves.reason, leaves.deletes) == (ANNA.address, "left", False)
        await screen.press("enter")
        screen.expect_dialog("Leaves", "2026-12-31")
        await screen.press("escape", "O")
        screen.expect_dialog("change it", "2026-12-31", "kconsole due --apply")
        await screen.press("enter", "enter", "enter", "ctrl+u", *"2027-01-15", "enter", "enter")
        (leaves,) = screen.session.state.offboardings.values()
        assert (leaves.due.month, leaves.reason) == (1, "left")
        await screen.press("slash", "ctrl+u", *"is", "colon", *"leaving", "enter")
        assert screen.listed == [ANNA.address]
        await screen.press("O", "space")
        screen.expect_dialog("stays as it is")
        await screen.press("enter", "enter", "enter", "enter", "enter")
        screen.expect_no_dialog()
        assert not screen.session.state.offboardings
        await screen.press("u")
        assert screen.session.state.offboardings


@pytest.mark.thorough
async def test_what_is_no_account_and_several_are_refused() -> None:
    async with console(STORE) as screen:
        await screen.press("slash", *"info", "enter", "O")
        screen.expect_dialog("Refused", "alias")
        await screen.press("escape", "escape", "asterisk", "O")
        screen.expect_no_dialog()
        assert "One user leaves at a time" in screen.text


@pytest.mark.thorough
async def test_a_role_that_deletes_no_one_is_told_so_before() -> None:
    async with console(STORE) as screen:
        screen.session.store.authority = lambda: Authority("account-admin")
        await screen.press("slash", *"anna", "enter", "O", *"berg", "enter")
        screen.expect_dialog("account-admin")
        await screen.press("enter", "enter", "enter")
        screen.expect_dialog("account-admin")
        await screen.press("escape")
        screen.session.store.authority = lambda: Authority("helpdesk")
        await screen.press("O")
        screen.expect_no_dialog()
