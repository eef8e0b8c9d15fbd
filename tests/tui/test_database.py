"""The console at a store in a database: it waits for no network, and says when the database is away."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.operations.accounts import AddAccount
from kconsole.operations.session import Session
from kconsole.store.postgresql.link import Link
from kconsole.tui.app import KConsoleApp
from tests.clocks import FixedClock, noon
from tests.postgresql.server import Database
from tests.store.stores import account
from tests.tui.console import WIDE, Console, until, until_shown

pytestmark = pytest.mark.thorough


@asynccontextmanager
async def at(database: Database, login: str = "boss") -> AsyncIterator[Console]:
    clock = noon() if login == "boss" else FixedClock(datetime.now(UTC))  # the database compares it with its own
    domains = (Domain(name="north.example", primary=True),)
    entries = account("anna", full_name="Anna"), account("berg", full_name="Berg")
    inventory = Inventory(license=License(seats=10), domains=domains, entries=entries)
    Session.create(database.address(), inventory, "anna", clock).close()
    session = Session.open(database.address(login), "anna", clock, patience=0.2)
    app = KConsoleApp(session, "mail.example", "helpdesk")
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        screen = Console(pilot, session, clock)
        if screen.main.accounts.group:
            screen.main.action_never()
        await screen.settled()
        yield screen
    session.close()


async def test_a_change_is_saved_and_says_how_long_it_took(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at(database) as screen:
        asked: list[str] = []
        rows = Link.rows

        def noted(self: Link, sql: str, *values: object, **how: Any) -> list[Any]:
            if threading.current_thread() is threading.main_thread():
                asked.append(sql)
            return rows(self, sql, *values, **how)

        monkeypatch.setattr(Link, "rows", noted)
        await screen.press("d", "y")
        await until_shown(screen, " ms")
        await screen.press("u")
        await until_shown(screen, "saved")
        await screen.press("down", "up")
        other = Session.open(database.address("dirk"), "dirk")
        asked.clear()
        other.do(AddAccount("chen@north.example"))
        other.close()
        del asked[:]
        await until_shown(screen, "chen@north.example")
        assert asked == []


async def test_the_console_goes_on_while_the_database_is_away(database: Database) -> None:
    async with at(database) as screen:
        database.server.stop(signal.SIGQUIT)
        try:
            await until_shown(screen, "database away")
            await screen.press("down", "up", "/", "a", "escape")
            await screen.press("d", "y")
            await until_shown(screen, "Failed")
            screen.expect_dialog("Nothing was changed.")
            assert all(entry.enabled for entry in screen.session.state.entries.values())
            await screen.press("escape")
        finally:
            database.server.start()
        loop = asyncio.get_running_loop()
        began = loop.time()
        while screen.main.workspace.trouble:
            await asyncio.sleep(0.01)
            screen.main.tick()
        assert loop.time() - began < 30
        await screen.press("d", "y")
        await until_shown(screen, " ms")


@pytest.mark.parametrize("has_changed", [False, True])
async def test_what_hangs_holds_no_key_and_no_change(database: Database, has_changed: bool) -> None:
    async with at(database) as screen:
        if has_changed:  # then its connection is there, and hangs too
            await screen.press("d", "y")
            await until_shown(screen, " ms")
            await screen.press("down")
        database.server.freeze()
        try:
            await screen.press_unseen("d", "y")  # a thread waits for the answer
            await until_shown(screen, "Failed")
            await screen.press("escape", "down")
            screen.main.tick()
            assert "database away" in screen.main.workspace.trouble
            await screen.press("d", "y")
            await until_shown(screen, "Failed")
            await screen.press("escape")
        finally:
            database.server.freeze(signal.SIGCONT)
        await until(screen, lambda: not screen.main.workspace.trouble)
        await screen.press("d", "y")
        await until_shown(screen, " ms")


async def test_helpdesk_is_offered_what_the_database_takes_and_nothing_else(database: Database) -> None:
    async with at(database, "hana") as screen:
        await screen.press("d", "y")
        assert screen.used == 1
        assert " d disable" in screen.keys
        assert not any(f" {key}" in screen.keys for key in ("e enable", "u undo", "r read server", "a add"))
        for key in ("e", "u"):
            await screen.press(key)
            await until_shown(screen, "may not do that in a store in a database")
            await screen.press("escape")
