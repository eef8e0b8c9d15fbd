"""Long work is done between events, one thing at a time."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.app import App
from textual.worker import WorkerFailed

from kconsole.operations.chunked import Chunks
from kconsole.tui import chunk_runner
from kconsole.tui.chunk_runner import ChunkRunner
from kconsole.tui.collector import MANY, collecting_later


def counting(to: int, seen: Callable[[int], None] = lambda _: None) -> Chunks[int]:
    for number in range(to):
        seen(number)
        yield number / to
    return to


def failing() -> Chunks[int]:
    yield 0.5
    raise RuntimeError("broken")


@pytest.fixture
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """So little time at once that each slice is one step."""
    monkeypatch.setattr(chunk_runner, "AT_ONCE", -1.0)
    monkeypatch.setattr(chunk_runner, "SLICE", 1e-9)


@asynccontextmanager
async def runner() -> AsyncIterator[ChunkRunner[int]]:
    async with App[None]().run_test() as pilot:
        yield ChunkRunner(pilot.app, "test", asyncio.Lock())


async def settled(work: ChunkRunner[int]) -> None:
    async with asyncio.timeout(30):
        while work.is_working:
            await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_what_takes_a_moment_only_is_done_at_once() -> None:
    done: list[int] = []
    async with runner() as work:
        work.start(counting(3), done.append)
        assert done == [3]
        assert not work.is_working


@pytest.mark.usefixtures("_slow")
async def test_what_takes_longer_is_done_between_events() -> None:
    done: list[int] = []
    others: list[int] = []
    async with runner() as work:
        work.start(counting(50), done.append)
        assert not done
        async with asyncio.timeout(30):
            while not done:
                others.append(1)
                await asyncio.sleep(0)
        assert done == [50]
        assert not work.is_working
        assert len(others) > 5


@pytest.mark.usefixtures("_slow")
async def test_what_is_started_takes_the_place_of_what_is_not_done() -> None:
    done: list[int] = []
    async with runner() as work:
        work.start(counting(1000), done.append)
        await asyncio.sleep(0)
        work.start(counting(5), done.append)
        await settled(work)
        assert done == [5]


@pytest.mark.usefixtures("_slow")
async def test_stopped_work_is_never_reported() -> None:
    seen: list[int] = []
    async with runner() as work:
        work.start(counting(1000, seen.append), lambda _: pytest.fail("reported"))
        await asyncio.sleep(0)
        work.stop()
        assert not work.is_working
        before = len(seen)
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(seen) <= before + 1


@pytest.mark.usefixtures("_slow")
async def test_what_breaks_ends_the_app() -> None:
    async def fail() -> None:
        async with runner() as work:
            work.start(failing(), lambda _: pytest.fail("done"))
            await settled(work)

    with pytest.raises(WorkerFailed, match="broken"):
        await fail()


@pytest.mark.usefixtures("_slow")
async def test_nothing_is_read_while_a_thread_changes_it() -> None:
    at_work, done = asyncio.Lock(), list[int]()
    async with App[None]().run_test() as pilot:
        work: ChunkRunner[int] = ChunkRunner(pilot.app, "test", at_work)
        async with at_work:
            work.start(counting(5, lambda _: done.append(0) if at_work.locked() else pytest.fail("read")), done.append)
            for _ in range(10):
                await asyncio.sleep(0)
            assert not done
        await settled(work)
        assert done[-1] == 5


@pytest.mark.usefixtures("_slow")
async def test_nothing_is_shown_once_the_console_has_ended() -> None:
    class Ended:
        app = SimpleNamespace(is_running=False)

        def run_worker(self, work: Callable[[], Coroutine[None, None, None]], **_: object) -> object:
            self.task = asyncio.ensure_future(work())
            return SimpleNamespace(is_finished=False)

    done: list[int] = []
    node = Ended()
    ChunkRunner[int](cast("Any", node), "test", asyncio.Lock()).start(counting(3), done.append)
    await node.task
    assert done == []


def test_the_collector_waits_for_a_thread_that_makes_many_records(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(gc.get_count()[0]))
    assert gc.isenabled()
    with collecting_later():
        assert not gc.isenabled()
        few = [[number] for number in range(100)]
    assert (gc.isenabled(), frozen) == (True, [])
    with collecting_later():
        many = [[number] for number in range(MANY + len(few))]
    assert frozen
    assert frozen[0] >= len(many)
