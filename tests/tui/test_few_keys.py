"""What a helpdesk does most takes few keys at 80x24, counted from the main screen."""

from pathlib import Path

import pytest

from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.license import ChangeTerms, Terms
from tests.tui.console import NARROW, Console, console


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class Counted:
    """Presses keys, and counts them."""

    def __init__(self, screen: Console) -> None:
        self.screen, self.keys = screen, 0

    async def press(self, *keys: str) -> None:
        self.keys += len(keys)
        await self.screen.press(*keys)


def used(screen: Console) -> int:
    return screen.session.seats.report().used


async def test_disable_a_person() -> None:
    async with console("office", NARROW) as screen:
        person, hand = screen.main.accounts.rows[3], Counted(screen)
        await hand.press("slash", *person.address.partition("@")[0], "enter", "d", "y")
        assert not screen.session.state.live_entry(person.id).enabled  # type: ignore[union-attr]
        assert hand.keys <= 4 + len(person.login)


async def test_free_ten_seats_of_accounts_that_are_idle_for_a_year() -> None:
    async with console("office", NARROW) as screen:
        before, hand = used(screen), Counted(screen)
        await hand.press("f", "enter", "1", "0", "space", "d", "y")
        assert (before - used(screen), hand.keys <= 12) == (10, True)


async def test_why_it_takes_a_seat() -> None:
    async with console("office", NARROW) as screen:
        hand = Counted(screen)
        await hand.press("enter")
        screen.expect_dialog("Details", "takes a seat")
        assert hand.keys <= 1


async def test_why_no_account_can_be_added_and_who_would_free_a_seat() -> None:
    async with console("office", NARROW) as screen:
        session = screen.session
        session.do(DisableAccounts(tuple(entry.address for entry in session.seats.held())))
        session.do(ChangeTerms(Terms(seats=used(screen) - 13), over_limit=True))
        hand = Counted(screen)
        await hand.press("a")
        screen.expect_dialog("No seat is free", "short by 14")
        await hand.press("f")
        rows = screen.main.accounts.rows
        assert rows
        assert all(entry.enabled and entry.role == "user" for entry in rows)
        assert rows[0].never_logged_in
        assert hand.keys <= 2


async def test_undo_what_a_colleague_did_at_a_time() -> None:
    async with console("office", NARROW) as screen:
        victim = screen.main.accounts.rows[3]
        other = screen.other("carol")
        other.do(DisableAccounts((victim.address,)))
        await screen.settled()
        screen.main.tick()
        hand, at = Counted(screen), "12:"
        await hand.press("L", "slash", *at, "enter", "u", "y")
        assert screen.session.state.live_entry(victim.id).enabled  # type: ignore[union-attr]
        assert hand.keys <= 8


async def test_a_report_as_csv(home: Path) -> None:
    async with console("office", NARROW) as screen:
        hand = Counted(screen)
        await hand.press("E", "enter")
        assert list(home.glob("*.csv"))
        assert hand.keys <= 4


async def test_undo_my_last_two_changes() -> None:
    async with console("office", NARROW) as screen:
        before = used(screen)
        await screen.press("d", "y", "j", "d", "y")
        assert used(screen) == before - 2
        hand = Counted(screen)
        await hand.press("u", "u")
        assert (used(screen), hand.keys) == (before, 2)
