"""The history screen: the use over time, and the forecast. Its words are held in `golden/`."""

from unittest.mock import patch

import pytest

from kconsole.core.errors import StoreUnusable
from kconsole.operations.accounts import DisableAccounts
from kconsole.store.journal_reader import JournalReader
from kconsole.tui.screens.main import MainScreen
from tests.lived_in import live_on
from tests.tui.console import NARROW, console, until


async def test_it_shows_days_and_forecast_and_follows_what_others_do() -> None:
    async with console("office", NARROW) as screen:
        live_on(screen.session, screen.clock, 40)
        await screen.tick()
        await screen.press("H")
        await until(screen, lambda: "Chance that no seat is free" in screen.text)
        used = screen.session.seats.report().used
        await screen.press("G")
        assert "the log begins" in screen.text
        await screen.press("g")
        assert f"{screen.clock.now():%Y-%m-%d}   {used}" in screen.text
        screen.other("berg").do(DisableAccounts((screen.listed[0],)))
        await screen.tick()
        await until(screen, lambda: f"{screen.clock.now():%Y-%m-%d}   {used - 1}" in screen.text)


async def test_the_period_is_90_days_a_year_or_30_days() -> None:
    async with console("small", NARROW) as screen:
        await screen.press("H")
        await until(screen, lambda: "Too little is known" in screen.text)
        for days in (90, 365, 30, 90):
            assert f"Seats used in {days} days" in screen.text
            await screen.press("p")


@pytest.mark.parametrize("word", ["history", "trend", "forecast"])
async def test_the_palette_finds_it(word: str) -> None:
    async with console("small", NARROW) as screen:
        await screen.press(":", *word)
        assert "seats over time" in screen.text


async def test_a_broken_log_is_named_and_the_way_back_is_open() -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreUnusable("journal-missing", "restore-or-read-only", journal="journal.jsonl")

    async with console("small", NARROW) as screen:
        with patch.object(JournalReader, "history", broken):
            await screen.press("H")
            await until(screen, lambda: "journal.jsonl" in screen.text)
        await screen.press("H")
        assert isinstance(screen.app.screen, MainScreen)
