"""The list of reservations, keeps and protections: to see them, add, end, and move their end."""

import pytest
from textual.widgets import Input

from kconsole.core.roles import Authority
from kconsole.operations.decisions import Unprotect
from kconsole.tui.screens.decisions import DecisionsScreen
from tests.tui.console import NARROW, Console, console


def here(screen: Console) -> DecisionsScreen:
    assert isinstance(screen.app.screen, DecisionsScreen)
    return screen.app.screen


def listed(screen: Console) -> list[str]:
    return [each.name for each in here(screen).list.rows]


def fill(screen: Console, **values: str) -> None:
    for name, value in values.items():
        screen.app.screen.query_one(f"#{name}", Input).value = value


async def test_a_reservation_is_made_moved_and_cancelled_and_each_is_undone() -> None:
    async with console("office", NARROW) as screen:
        state = screen.session.state
        known = dict(state.reservations)
        await screen.press("V", "a")
        fill(screen, subject="Berta", count="2", until="2026-10-01", reason="starts in September")
        await screen.press(*["enter"] * 6)
        (number,) = state.reservations.keys() - known.keys()
        assert (listed(screen)[0], screen.session.seats.report().reserved) == ("Berta", 2)
        await screen.press("g", "K", *["backspace"] * 16, *"2026-10-31", "enter")
        assert f"{state.reservations[number].until:%Y-%m-%d}" in ("2026-10-31", "2026-10-30")
        await screen.press("g", "x", "y")
        assert dict(state.reservations) == known
        await screen.press("u", "u", "u")
        assert dict(state.reservations) == known
        await screen.press("V")
        screen.expect_no_dialog()
        assert screen.app.screen is screen.main


async def test_what_a_day_cannot_be_is_said_in_the_form() -> None:
    async with console("office", NARROW) as screen:
        await screen.press("V", "a")
        fill(screen, subject="Berta", until="some day", reason="x")
        await screen.press(*["enter"] * 6)
        screen.expect_dialog("'some day'")
        fill(screen, until="2026-10-01", count="900")
        await screen.press("enter")
        screen.expect_dialog("900")


@pytest.mark.thorough
async def test_keeps_and_protections_end_and_others_are_made() -> None:
    async with console("office", NARROW) as screen:
        state = screen.session.state
        await screen.press("V", *"jj", "x", "y")
        assert len(state.keeps) == 2
        await screen.press("G", "x", "y")
        assert len(state.protections) == 3
        await screen.press("G", "K")
        screen.expect_no_dialog()
        await screen.press("W", *"svc-*", "enter", *"never log in", "enter")
        assert "svc-*" in listed(screen)
        screen.other().do(Unprotect("svc-*"))
        await screen.tick()
        assert "svc-*" not in listed(screen)


@pytest.mark.thorough
async def test_a_role_sees_its_domains_and_changes_what_it_may() -> None:
    role = Authority("helpdesk", operator="anna", domains=frozenset({"retail.northwind.example"}))
    async with console("office", NARROW, authority=lambda: role) as screen:
        await screen.press("V")
        assert listed(screen) == ["Trainees", "printer.*", "till.*"]
        for keys in ("a", "W", "x", "K"):
            await screen.press("g", keys)
            screen.expect_no_dialog()
            assert "helpdesk" in here(screen).status.left
