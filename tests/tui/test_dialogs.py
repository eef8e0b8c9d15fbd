"""Dialogs fit into every terminal: buttons and problems are always in sight, the body scrolls."""

import asyncio

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from kconsole.tui.screens.waiting import WaitingDialog
from kconsole.tui.widgets.elapsed import Elapsed
from tests.tui.console import Console, console

SIZES = [(80, 24), (60, 20), (50, 12), (40, 10), (120, 36)]


def in_sight(screen: Console, *texts: str) -> None:
    for text in texts:
        assert text in screen.text, f"{text!r} is not in:\n{screen.text}"


@pytest.mark.thorough
@pytest.mark.parametrize("size", SIZES)
async def test_the_buttons_are_in_sight(size: tuple[int, int]) -> None:
    async with console("office", size) as screen:
        for keys, button in (
            (("asterisk", "x"), "Delete"),
            (("t",), "Delete"),
            (("escape", "d"), "Disable"),
            (("escape", "escape", "question_mark"), "esc close"),
            (("escape", "enter"), "Close"),
            (("escape", "R"), "It was restarted"),
            (("escape", "a"), "Add"),
        ):
            await screen.press(*keys)
            assert screen.dialog is not None
            buttons = screen.dialog.query("Button")
            assert all(screen.app.screen.region.contains_region(b.region) for b in buttons), (keys, screen.text)
            in_sight(screen, button)


@pytest.mark.thorough
@pytest.mark.parametrize("size", SIZES)
async def test_a_problem_is_in_sight(size: tuple[int, int]) -> None:
    async with console("office", size) as screen:
        await screen.press("asterisk", "x", "t", "enter", "y")
        in_sight(screen, "Type the account", "Cancel")
        await screen.press("escape", "escape", "a", "enter", "enter")
        in_sight(screen, "cannot be", "Cancel", "Add")


async def test_a_long_body_scrolls_by_every_key_of_movement() -> None:
    async with console("office", (30, 8)) as screen:
        await screen.press("enter")
        assert screen.dialog is not None
        body = screen.dialog.scrolling
        seen = [body.scroll_offset.y]
        for key in ("j", "down", "pagedown", "ctrl+f", "ctrl+d", "G"):
            await screen.press(key)
            seen.append(body.scroll_offset.y)
        assert seen == sorted(set(seen))
        assert seen[-1] == body.max_scroll_y
        for key in ("k", "up", "pageup", "ctrl+u"):
            await screen.press(key)
            assert body.scroll_offset.y < seen[-1]
            seen.append(body.scroll_offset.y)
        await screen.press("g")
        assert body.scroll_offset.y == 0


async def test_a_confirmation_scrolls_too_and_says_so() -> None:
    async with console("office", (50, 12)) as screen:
        await screen.press("asterisk", "x")
        in_sight(screen, "j k scroll", "The mailboxes stay")
        await screen.press("G")
        assert "The mailboxes stay" not in screen.text
        in_sight(screen, "Cancel", "Delete")


async def test_a_short_one_says_nothing_of_scrolling() -> None:
    async with console("office", (80, 24)) as screen:
        await screen.press("d")
        assert "scroll" not in screen.text


async def test_resizing_keeps_the_buttons_in_sight() -> None:
    async with console("office", (120, 36)) as screen:
        await screen.press("asterisk", "x")
        await screen.resize(50, 12)
        in_sight(screen, "Cancel", "Delete")
        await screen.resize(80, 24)
        in_sight(screen, "Cancel", "Delete")


async def test_a_dialog_may_have_to_go_before_it_was_built() -> None:
    async with console("small") as screen:
        for turns in range(4):
            screen.app.push_screen(WaitingDialog("Reading ..."))
            for _ in range(turns):
                await asyncio.sleep(0)
            await screen.app.pop_screen()
            await screen.pilot.pause()
        screen.expect_no_dialog()


async def test_what_takes_long_shows_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("kconsole.tui.widgets.elapsed.monotonic", lambda: now)
    async with console("office") as screen:
        await screen.app.push_screen(WaitingDialog("Working ..."))
        await screen.settled()
        elapsed = screen.app.screen.query_one(Elapsed)
        assert str(elapsed.render()) == "| 0 s"
        now += 5
        elapsed.show_seconds()
        assert str(elapsed.render()) == "/ 5 s"


async def test_a_dialog_opens_without_parsing_what_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def parse(sheet: Stylesheet, css: str, read_from: object, **how: object) -> list[RuleSet]:
        parsed.append((css, read_from, *how.items()))
        return _parse_rules(sheet, css, read_from, **how)  # type: ignore[arg-type]  # as they were given

    _parse_rules = Stylesheet._parse_rules
    monkeypatch.setattr(Stylesheet, "_parse_rules", parse)
    monkeypatch.setattr("kconsole.tui.style_sheet._PARSED", {})
    async with console("office") as screen:
        await screen.press("d", "escape", "s")
    assert parsed
    assert len(set(parsed)) == len(parsed)
