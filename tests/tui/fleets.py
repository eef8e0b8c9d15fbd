"""A console on the stores of several contexts, with some that are away."""

import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kconsole.operations.contexts import Context
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.locations import Location
from kconsole.operations.samples import SAMPLES, sample_session
from kconsole.operations.session import Progress, Session
from kconsole.tui.app import KConsoleApp
from tests.clocks import noon
from tests.limits import PATIENCE
from tests.tui.console import Console, run

CONTEXTS = (
    Context("mail1", "office", "red", confirm_name=True, note="production"),
    Context("mail2", "crisis", "orange", note="the branch"),
    Context("archive", "small", "grey", read_only=True),
    Context("retail", "gone", "green"),
    Context("south", "hangs", "yellow"),
    Context("labs", "", "blue"),
)


@asynccontextmanager
async def fleet_console(size: tuple[int, int], **look: Any) -> AsyncIterator[Console]:
    """A console on the samples as the stores of three servers, and three that cannot be read."""
    clock, ended = noon(), threading.Event()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for sample in SAMPLES:
            sample_session(sample, folder / sample, "anna", clock, with_past=True).close()
        contexts = [each._replace(store=each.store and f"/srv/kconsole/{each.store}") for each in CONTEXTS]

        def opened(location: Location, progress: Progress, read_only: bool = True) -> Session:
            assert isinstance(location, Path)
            if location.name == "hangs":
                ended.wait(PATIENCE)
            at = folder / location.name if location.name in SAMPLES else location
            return Session.open(at, "anna", clock, read_only=read_only, progress=progress)

        def opening(context: Context, progress: Progress) -> Session:
            return opened(context.location, progress, context.read_only)

        app = KConsoleApp(Stores(contexts, opened, opening, "anna"), "", "helpdesk", **look)
        try:
            async with run(app, size) as pilot:
                yield Console(pilot, None, clock)  # type: ignore[arg-type]  # no store is open yet
        finally:
            ended.set()
            if app.session is not None:
                app.session.close()
