"""Fleet: the stores of all contexts on one screen. None of them holds the keys, the others or the end."""

import asyncio
import gc
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import pytest

from kconsole.cli.context import CliContext
from kconsole.cli.screen import stores_of
from kconsole.core.errors import NotFound
from kconsole.operations import fleet as fleet_module
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.contexts import Context, every_context
from kconsole.operations.fleet_reading import FleetRow
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.locations import Location
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Progress, Session
from kconsole.operations.settings import read_settings
from kconsole.tui.app import KConsoleApp
from kconsole.tui.commands.fleet import FLEET_COMMANDS
from kconsole.tui.screens.fleet import FleetScreen
from kconsole.tui.screens.main import LEISURE, MainScreen
from kconsole.tui.screens.opening import OpeningScreen
from tests.bench.fleet import twelve
from tests.clocks import noon
from tests.limits import PATIENCE
from tests.tui.console import NARROW, WIDE, Keyboard, text_of, until

LONGEST_WAIT = 0.5 if "slipcover" in sys.modules else 0.1
"""Seconds; twice what is promised, as the processors of a busy machine are slower. Counting lines costs time, too."""


class Site:
    """Stores in a folder. Those named "hangs..." open once they are let go, all of them once the gate is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate, self.release = threading.Event(), threading.Event()
        self.gate.set()

    def add(self, *names: str, sample: str = "small") -> "Site":
        for name in names:
            sample_session(sample, self.folder / name, "anna", noon()).close()
        return self

    def reading(self, location: Location, progress: Progress) -> Session:
        assert isinstance(location, Path)
        self.gate.wait(PATIENCE)
        if location.name.startswith("hangs"):
            self.release.wait(PATIENCE)
        return Session.open(location, "anna", noon(), read_only=True, progress=progress)

    def opening(self, context: Context, progress: Progress) -> Session:
        assert isinstance(context.location, Path)
        return Session.open(context.location, "anna", noon(), progress=progress, read_only=context.read_only)

    def context(self, name: str, **fields: Any) -> Context:
        return Context(name, str(self.folder / name))._replace(**fields)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


class Screen(Keyboard):
    """The console on several stores."""

    @property
    def fleet(self) -> FleetScreen:
        assert self.app._fleet is not None
        return self.app._fleet

    @property
    def is_on_fleet(self) -> bool:
        return self.app.screen is self.fleet

    @property
    def names(self) -> list[str]:
        return [row.context.name for row in self.fleet.list.rows]

    async def complete(self) -> None:
        def is_read(row: FleetRow) -> bool:  # on a busy machine, one that is slow does not answer at first
            return row.state != "no-answer" or row.context.name.startswith("hangs")

        reader = self.fleet.fleet
        await until(self.pilot, lambda: reader.is_complete and all(map(is_read, reader.rows.values())))
        await self.settled()

    async def opened(self) -> MainScreen:
        await until(self.pilot, lambda: isinstance(self.app.screen, MainScreen))
        await self.saved()
        assert isinstance(self.app.screen, MainScreen)
        return self.app.screen


@asynccontextmanager
async def fleet(site: Site, *contexts: Context, size: tuple[int, int] = NARROW, **look: Any) -> AsyncIterator[Screen]:
    app = KConsoleApp(Stores(contexts, site.reading, site.opening, "anna"), "", "helpdesk", **look)
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Screen(pilot)
    finally:
        site.gate.set()
        site.release.set()
        if app.session is not None:
            app.session.close()


async def test_twelve_are_read_while_keys_are_answered_and_three_are_away(site: Site) -> None:
    names = [f"store{number}" for number in range(9)]
    site.add(*names, "damaged")
    journal = site.folder / "damaged" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40] + b"x" * 39 + b"\n")
    site.gate.clear()
    contexts = map(site.context, ("hangs", "missing", "damaged", *names))
    async with fleet(site, *contexts) as screen:
        assert len(screen.names) == 12  # before any was read
        await screen.press("j", "j", "j")
        assert screen.fleet.list.highlighted is not None
        assert screen.fleet.list.highlighted.context.name == "store0"
        await screen.press("slash", *"store1")
        assert screen.names == ["store1"]
        await screen.press("escape", "G")
        assert screen.fleet.list.cursor == 11
        site.gate.set()
        away = {"hangs": "no-answer", "missing": "missing", "damaged": "damaged"}
        rows = screen.fleet.fleet.rows
        await until(screen.pilot, lambda: away == {name: row.state for name, row in rows.items() if row.state != "ok"})
        await screen.complete()
        assert "9 stores: 36 of 45 used" in text_of(screen.app)
        assert "3 stores not read" in text_of(screen.app)
        assert screen.fleet.list.cursor == 11
        sample_session("small", site.folder / "hangs", "anna", noon()).close()
        site.release.set()
        await until(screen.pilot, lambda: screen.fleet.fleet.rows["hangs"].state == "ok")
    assert screen.app.return_code in (None, 0)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_enter_opens_and_escape_goes_back(site: Site, size: tuple[int, int]) -> None:
    site.add("mail1", "mail2")
    contexts = site.context("mail1", colour="red"), site.context("mail2", read_only=True)
    async with fleet(site, *contexts, size=size) as screen:
        await screen.complete()
        await screen.press("enter")
        main = await screen.opened()
        assert screen.app.context == contexts[0]
        assert text_of(screen.app).splitlines()[0].startswith(" ■ mail1")
        used = main.session.seats.report().used
        await screen.press("j", "d", "y")
        assert main.session.seats.report().used == used - 1
        await screen.press("slash", *"a", "escape")
        assert screen.app.screen is main  # the filter first
        session = main.session
        await screen.press("escape")
        assert screen.is_on_fleet
        assert [screen.app.session, screen.app.context, screen.app._main].count(None) == 3
        assert session.store._closed
        rows = screen.fleet.fleet.rows
        await until(screen.pilot, lambda: (facts := rows["mail1"].facts) is not None and facts.report.used == used - 1)
        await screen.press("j", "enter")
        assert (await screen.opened()).is_read_only
        await screen.press("L", "escape", "escape", "enter")
        assert (await screen.opened()).is_read_only


async def test_one_that_cannot_be_read_says_why_and_is_not_opened(site: Site) -> None:
    async with fleet(site, site.context("missing"), site.context("hangs"), Context("wrong", "")) as screen:
        await screen.complete()
        for words in ("There is no store", "does not answer", "error in the context wrong"):
            await screen.press("enter")
            assert words in " ".join(text_of(screen.app).split())
            await screen.press("escape", "j")
            assert screen.is_on_fleet


async def test_what_keeps_it_from_opening_after_all_leads_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("mail1")

    def gone(*_: object) -> Session:
        raise NotFound("no-such-context", context="mail1")

    monkeypatch.setattr(site, "opening", gone)
    async with fleet(site, site.context("mail1"), site.context("mail2")) as screen:
        await screen.complete()
        await screen.press("enter")
        await until(screen.pilot, lambda: "Not opened" in text_of(screen.app))
        await screen.press("escape")
        assert screen.is_on_fleet
        assert screen.app.context is None
        assert screen.app.failure is None


async def test_a_busy_machine_keeps_nothing_from_being_shown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Counter[object]()

    def late() -> float:
        """The clock of a timer that was kept waiting after it began: of one that asks for one event, it drops that."""
        with suppress(RuntimeError):  # in a thread
            looks[asyncio.current_task()] += 1
        return monotonic() + sum(LEISURE * 1.2 for count in looks.values() if count > 1)

    monkeypatch.setattr("textual.timer._time.get_time", late)
    prepared: list[Session] = []

    def preparing(session: Session) -> Iterator[None]:
        prepared.append(session)
        yield

    monkeypatch.setattr(Session, "preparing", preparing)
    site.add("mail1")
    async with fleet(site, site.context("mail1")) as screen:
        await screen.complete()
        assert "reading" not in text_of(screen.app)
        await screen.press("enter")
        await until(screen.pilot, lambda: screen.app.session in prepared)


async def test_opening_can_be_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("mail1")
    never = threading.Event()

    def opening(*_: object) -> Session:
        never.wait(PATIENCE)
        raise AssertionError

    monkeypatch.setattr(site, "opening", opening)
    async with fleet(site, site.context("mail1"), site.context("mail2")) as screen:
        await screen.complete()
        await screen.press("enter")
        assert isinstance(screen.app.screen, OpeningScreen)
        await screen.press("escape")
        assert screen.is_on_fleet
        assert screen.app.context is None
        await screen.press("q")
    never.set()
    assert screen.app.failure is None


async def test_one_that_is_open_when_it_is_left_already_is_closed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("mail1")
    opened = site.opening(site.context("mail1"), lambda *_: None)
    never = threading.Event()
    monkeypatch.setattr(site, "opening", lambda *_: never.wait(PATIENCE))
    async with fleet(site, site.context("mail1"), site.context("mail2")) as screen:
        await screen.complete()
        await screen.press("enter")
        opening = screen.app.screen
        assert isinstance(opening, OpeningScreen)
        opening.post_message(OpeningScreen.Ended(opened, opening))
        opening.action_cancel()
        await screen.settled()
        assert screen.is_on_fleet
        await until(screen.pilot, lambda: opened.store._closed)
        assert screen.app.session is None
        await screen.press("j", "k", "s", "r")
        assert screen.is_on_fleet
        opening._is_cancelled = True
        never.set()
    assert screen.app.failure is None


async def test_orders(site: Site) -> None:
    site.add("a").add("b", sample="crisis").add("c", sample="office")
    async with fleet(site, *map(site.context, ("a", "c", "b", "missing")), size=WIDE) as screen:
        await screen.complete()
        assert screen.names == ["a", "c", "b", "missing"]
        orders = []
        for _ in range(4):
            await screen.press("s")
            orders.append(screen.names)
        assert orders[0][:2] == ["b", "missing"]  # critical, then what is not known
        assert orders[1][0] == "b"
        assert orders[1][-1] == "missing"
        assert orders[2][-1] == "missing"
        assert orders[3] == ["a", "c", "b", "missing"]


async def test_rows_follow_what_others_do(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "REFRESH", 0.0)
    monkeypatch.setattr(fleet_module, "SHARE", float("inf"))
    site.add("mail1", "mail2")

    def used() -> int | None:
        facts = screen.fleet.fleet.rows["mail1"].facts
        return None if facts is None else facts.report.used

    async with fleet(site, site.context("mail1"), site.context("mail2")) as screen:
        await screen.complete()
        before = used()
        other = site.opening(site.context("mail1"), lambda *_: None)
        entry = next(entry for entry in other.state.live_entries() if entry.is_account and entry.enabled)
        other.do(DisableAccounts((entry.address,)))
        other.close()
        await until(screen.pilot, lambda: used() != before)


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_it_ends_while_one_hangs(site: Site, key: str) -> None:
    async with fleet(site, site.context("hangs"), site.context("hangs2")) as screen:
        await screen.press(key)
        await until(screen.pilot, lambda: not screen.app.is_running or screen.app._exit)


async def test_help_and_palette_have_every_command(site: Site) -> None:
    async with fleet(site, site.context("a"), site.context("b"), size=WIDE) as screen:
        await screen.press("question_mark")
        for command in FLEET_COMMANDS[:4]:
            assert command.help_text()[:20] in " ".join(text_of(screen.app).split())
        await screen.press("escape", "colon", *"stores:", "enter")
        assert not screen.is_on_fleet
        await screen.press("escape")


@pytest.mark.thorough
async def test_no_key_waits_while_twelve_are_read_one_of_them_large() -> None:
    """Measured is the processor time of this process until a key is answered: a busy machine takes none of it."""

    async def longest(screen: Screen, least: int) -> float:
        fleet, times = screen.fleet, list[float]()
        answers: Mapping[str, Callable[[], object]] = {
            "j": lambda: fleet.list.cursor == 1, "k": lambda: fleet.list.cursor == 0,
            "slash": lambda: fleet.filter_bar, "a": lambda: fleet.filter_text, "escape": lambda: not fleet.filter_bar,
            "G": lambda: fleet.list.cursor == 11, "pageup": lambda: fleet.list.cursor == 0,
        }  # fmt: skip
        for key in cycle(answers):
            if len(times) >= least and key == "j" and fleet.fleet.is_complete:
                return max(times)
            before = process_time()
            screen._send(key, 1.0)
            async with asyncio.timeout(PATIENCE):
                while not answers[key]():
                    await asyncio.sleep(0)
            times.append(process_time() - before)
            await asyncio.sleep(0.005)
        raise AssertionError

    with twelve(accounts=100_000, lines=2_000) as (_, config):
        stores = stores_of(CliContext(), every_context(read_settings(config)))
        gc.collect()
        gc.disable()  # as when kconsole starts; the screen turns it on
        async with KConsoleApp(stores, "", "helpdesk").run_test(size=WIDE) as pilot:
            screen = Screen(pilot)
            waits = [await longest(screen, 50)]
            rows = screen.fleet.fleet.rows
            await until(screen.pilot, lambda: rows["large"].state == "ok")
            assert Counter(row.state for row in rows.values()) == {
                "ok": 8, "damaged": 1, "missing": 1, "no-answer": 2,
            }  # fmt: skip
            await screen.press("r")
            waits.append(await longest(screen, 50))
            await until(screen.pilot, lambda: screen.fleet.fleet.is_complete)
            assert max(waits) < LONGEST_WAIT
        gc.unfreeze()
