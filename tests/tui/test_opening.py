"""A large store is opened beside the screen, which says how far that is."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kconsole.core.errors import NotFound
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Session
from kconsole.tui.app import KConsoleApp
from kconsole.tui.screens.main import MainScreen
from kconsole.tui.screens.opening import OpeningScreen
from tests.clocks import noon
from tests.tui.console import NARROW, text_of, until

Progress = Callable[[int, int], None]


class Gate:
    """Opens a store up to where it is asked to wait."""

    def __init__(self, folder: Path, error: Exception | None = None) -> None:
        self._folder, self._error = folder, error
        self.may_go_on = threading.Event()
        self.is_at_gate = threading.Event()
        self.was_left_off = threading.Event()

    def __call__(self, progress: Progress) -> Session:
        progress(2_000, 8_000)
        self.is_at_gate.set()
        self.may_go_on.wait(60)
        if self._error is not None:
            raise self._error
        try:
            progress(8_000, 8_000)
        except BaseException:
            self.was_left_off.set()
            raise
        return sample_session("office", self._folder, "anna", noon())


@asynccontextmanager
async def opening(gate: Gate) -> AsyncIterator[tuple[KConsoleApp, Pilot[None]]]:
    app = KConsoleApp(gate, "mail.example", "helpdesk")
    try:
        async with app.run_test(size=NARROW) as pilot:
            await until(pilot, gate.is_at_gate.is_set)
            yield app, pilot
    finally:
        gate.may_go_on.set()
        if app.session is not None:
            app.session.close()


async def test_it_tells_how_far_it_is_and_then_shows_the_accounts(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "store")
    async with opening(gate) as (app, pilot):
        await until(pilot, lambda: "2,000 of 8,000 records" in text_of(app))
        assert "Opening the store" in text_of(app)
        assert text_of(app).count("█") * 3 == text_of(app).count("░")
        gate.may_go_on.set()
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: "113 of 120 seats used" in text_of(app))
        await pilot.press(*"jjjjj", "d")
        await until(pilot, lambda: "Disable 1 account?" in text_of(app))


async def test_what_keeps_it_from_opening_ends_the_console_and_is_reported_by_who_started_it(tmp_path: Path) -> None:
    error = NotFound("There is no store.", "Make one.")
    gate = Gate(tmp_path / "store", error)
    async with opening(gate) as (app, pilot):
        gate.may_go_on.set()
        await until(pilot, lambda: app.failure is not None)
    assert app.failure is error
    assert app.return_code == 1
    assert app.session is None


@pytest.mark.parametrize("key", ["q", "escape", "ctrl+q"])
async def test_opening_can_be_left_off(tmp_path: Path, key: str) -> None:
    gate = Gate(tmp_path / "store")
    async with opening(gate) as (app, pilot):
        assert isinstance(app.screen, OpeningScreen)
        await pilot.press(key)
        await pilot.pause()
    assert await asyncio.to_thread(gate.was_left_off.wait, 30)
    assert app.session is None
    assert app.failure is None
    assert not (tmp_path / "store").exists()
