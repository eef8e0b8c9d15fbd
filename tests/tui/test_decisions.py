"""The list of reservations, keeps and protections: to see them, add, end, and move their end."""

import pytest

from kconsole.core.roles import Authority
from kconsole.tui.screens.decisions import DecisionsScreen
from tests.tui.console import NARROW, Console, console
from tests.tui.scenes import pastes


def listed(screen: Console) -> list[str]:
    assert isinstance(screen.app.screen, DecisionsScreen)
    return [each.name for each in screen.app.screen.list.rows]


async def test_a_reservation_is_made_moved_and_cancelled_and_each_is_undone() -> None:
    async with console("office", NARROW) as screen:
        state = screen.session.state
        known = dict(state.reservations)
        await screen.press("V", "a")
        pastes(subject="Berta", count="2", until="2026-10-01", reason="starts in September")(screen)
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
        pastes(subject="Berta", until="some day", reason="x")(screen)
        await screen.press(*["enter"] * 6)
        screen.expect_dialog("'some day'")
        pastes(until="2026-10-01", count="900")(screen)
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
        screen.other().do(_unprotect("svc-*"))
        await screen.tick()
        assert "svc-*" not in listed(screen)


def _unprotect(pattern: str) -> object:
    from kconsole.operations.decisions import Unprotect

    return Unprotect(pattern)


@pytest.mark.thorough
async def test_a_role_sees_its_domains_and_changes_what_it_may() -> None:
    role = Authority("helpdesk", operator="anna", domains=("retail.northwind.example",))
    async with console("office", NARROW, authority=lambda: role) as screen:
        await screen.press("V")
        assert listed(screen) == ["Trainees", "printer.*", "till.*"]
        for keys in ("a", "W", "x", "K"):
            await screen.press("g", keys)
            screen.expect_no_dialog()
            assert "helpdesk" in screen.app.screen.status.left  # type: ignore[attr-defined]
