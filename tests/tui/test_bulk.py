"""Many accounts are changed in a thread, and their list is read again."""

import pytest

from kconsole.core.errors import StoreUnusable
from kconsole.operations.accounts import DisableAccounts
from kconsole.tui.screens import console as console_module
from kconsole.tui.screens import main as main_module
from kconsole.tui.screens.waiting import WaitingDialog
from tests.tui.console import console


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "MANY", 1)
    monkeypatch.setattr(main_module, "MANY", 1)


async def test_it_is_done_and_reported_and_can_be_undone() -> None:
    async with console("office") as screen:
        await screen.press("space", "space", "space", "d", "y")
        screen.expect_no_dialog()
        assert screen.used == 110
        assert screen.status.startswith("113 → 110 seats used")
        await screen.press("u")
        assert screen.used == 113
        assert "undone" in screen.status


async def test_meanwhile_it_says_so_and_no_key_does_anything() -> None:
    async with console("office") as screen:
        screen.app.push_screen(WaitingDialog("Working on 3 records ..."))
        await screen.press("escape", "q", "d", "y", "x", "enter")
        screen.expect_dialog("One moment", "Working on 3 records ...")
        assert screen.used == 113


async def test_what_others_do_meanwhile_is_reported_afterwards() -> None:
    async with console("office") as screen:
        other = screen.other("berg")
        with screen.main.workspace.feed.held():
            other.do(DisableAccounts(("2f-scanner@northwind.example",)))
            await screen.tick()
            assert "berg" not in screen.status
        await screen.tick()
        assert "berg" in screen.status
        assert screen.used == 112


async def test_what_keeps_it_from_being_done_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreUnusable("The disk is full.", "Make room.")

    async with console("office") as screen:
        await screen.press("space", "space", "d")
        monkeypatch.setattr(screen.main.workspace, "do", fail)
        await screen.press("y")
        screen.expect_dialog("The disk is full.", "Make room.")
        await screen.press("escape")
        screen.expect_no_dialog()
        assert screen.used == 113


async def test_a_plan_for_accounts_that_are_marked_no_more_hides_no_result() -> None:
    async with console("office") as screen:
        await screen.press("space", "space")
        marked, planned = screen.main.accounts.marked, screen.main.gauge.planned
        assert planned is not None
        await screen.press("d", "y")
        said = screen.status
        screen.main._show_planned(marked, planned)  # as one that was worked out meanwhile
        assert (screen.status, screen.main.gauge.planned) == (said, None)
        assert "2 accounts disabled" in said


async def test_the_history_of_an_account_is_not_looked_for_once_the_console_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kconsole.tui.screens.main.REST", 0)
    async with console("office", (160, 45)) as screen:
        app, main = screen.app, screen.main
    with app._context():
        await main._show_history()  # else it would look for widgets that are gone
