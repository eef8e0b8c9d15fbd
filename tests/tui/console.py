"""A page object: tests drive the console in the words of a user.

async with console("office") as screen:
    await screen.press("d")
    screen.expect_dialog("Disable 1 account?")
"""

import asyncio
import shutil
import tempfile
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Self, cast
from unittest.mock import patch

from rich.console import RenderableType
from textual._compositor import Compositor
from textual.app import App
from textual.events import Key
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Button, Input

from kconsole.core.records import Entry, Inventory
from kconsole.core.roles import Authority, full
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Session
from kconsole.tui.app import KConsoleApp
from kconsole.tui.screens.dialog import Attentive, Dialog
from kconsole.tui.screens.log import LogScreen
from kconsole.tui.screens.main import MainScreen
from tests.clocks import FixedClock, noon
from tests.limits import PATIENCE, POLL

WIDE, NARROW = (120, 36), (80, 24)

FOLDERS = tempfile.TemporaryDirectory(prefix="kconsole-samples-")

SOON = 0.03
"""Seconds within which a timer is waited for: what is put off to a next picture is due then."""


class Keyboard:
    """The keys of a console, and when it has done what they ask for."""

    def __init__(self, pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, KConsoleApp)
        self.app, self.pilot = pilot.app, pilot
        self._typed_at = 0.0
        self.app.keystrokes.quiet = 0.0

    async def press(self, *keys: str, every: float = 1.0) -> Self:
        """Press keys as a person does who looks at the screen: as if so many seconds lay before each."""
        for key in keys:
            self._send(key, every)
            await settled(self.app)
            if self.is_working("store") or not is_painted(self.app):
                await self.saved()
        return await self.saved()

    async def press_unseen(self, *keys: str) -> Self:
        """Press keys as a person does who does not look: none waits for what the one before it does."""
        for key in keys:
            self._send(key, 1.0)
        await settled(self.app)
        return self

    def _send(self, key: str, every: float) -> None:
        driver = self.app._driver
        assert driver is not None
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        event = Key(name, character_of(name))
        event.time = self._typed_at = max(event.time, self._typed_at) + every
        event.set_sender(self.app)
        driver.send_message(event)

    async def settled(self) -> Self:
        """Let all be handled that was sent, and be painted. Where a thread is at work, it has a moment's time for it.

        A pilot's pauses wait until the processor is idle for 20 ms, several times for each key.
        """
        await settled(self.app)
        if any(not worker.is_finished for worker in self.app.workers):
            await self.pilot.pause()
        else:
            await self.pilot.pause(0)  # what is being handled waits for a thread, perhaps
        await settled(self.app)
        if self.app.is_running:
            paint(self.app)
        return self

    async def saved(self) -> Self:
        """Let changes of the store be done and shown. What a server is asked for is not waited for."""
        async with asyncio.timeout(PATIENCE):
            while self.is_working("store") or self.is_listing or not is_painted(self.app):
                await asyncio.sleep(0.001)
        return await self.settled()

    @property
    def is_listing(self) -> bool:
        """Whether the list, the plan for marks or what can be undone is worked out, and no thread holds that up."""
        main = self.app._main
        is_held_up = main is not None and main.is_attached and main.workspace.at_work.locked()
        return self.is_working("finding", "planning", "undo") and not is_held_up

    def is_working(self, *groups: str) -> bool:
        """Whether something is done in the background, by the names of its kinds."""
        return any(worker.group in groups and not worker.is_finished for worker in self.app.workers)

    async def type(self, text: str) -> Self:
        return await self.press(*text)


class Console(Keyboard):
    """A console that is running, as a test sees it."""

    def __init__(self, pilot: Pilot[None], session: Session, clock: FixedClock) -> None:
        super().__init__(pilot)
        self.session, self.clock = session, clock
        self._others: list[Session] = []

    def close(self) -> None:
        for session in (*self._others, self.session):
            session.close()

    @property
    def main(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    # Doing

    def other(self, name: str = "berg") -> Session:
        """Another process's session at the same store."""
        session = Session.open(self.session.store.folder, name, self.clock, patience=0)
        self._others.append(session)
        return session

    async def tick(self) -> "Console":
        """Let half a second pass, and all be shown that is new then: nothing is read while the log is searched."""
        await self._until_done("undo")
        self.main.tick()
        await self._until_done("undo", "finding", "planning")
        return await self.settled()

    async def _until_done(self, *groups: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.is_working(*groups):
                await asyncio.sleep(0.001)

    async def resize(self, width: int, height: int) -> "Console":
        await self.pilot.resize_terminal(width, height)
        return await self.settled()

    # Seeing

    @property
    def text(self) -> str:
        return text_of(self.app)

    @property
    def gauge(self) -> str:
        gauge = self.main.gauge
        return "\n".join(gauge.render_line(y).text.rstrip() for y in range(2))

    @property
    def status(self) -> str:
        return self.main.status.left

    @property
    def trouble(self) -> str:
        return self.main.status.trouble

    @property
    def log(self) -> LogScreen:
        screen = next(screen for screen in self.app.screen_stack if isinstance(screen, LogScreen))
        return screen

    @property
    def keys(self) -> str:
        return self.main.key_line.render_line(0).text

    @property
    def banner(self) -> list[str]:
        return [" · ".join(filter(None, (line.text, line.hint))) for line in self.main.banner.lines]

    @property
    def listed(self) -> list[str]:
        return [entry.address for entry in self.main.accounts.rows]

    @property
    def at(self) -> Entry:
        entry = self.main.accounts.highlighted
        assert entry is not None
        return entry

    @property
    def title(self) -> str:
        return str(self.main.query_one("#accounts-pane").border_title)

    @property
    def dialog(self) -> Dialog[object] | None:
        screen = self.app.screen
        return screen if isinstance(screen, Dialog) else None

    @property
    def used(self) -> int:
        return self.session.seats.report().used

    # Expecting

    def expect_dialog(self, *texts: str) -> "Console":
        assert self.dialog is not None, "no dialog is open"
        box, shown = self.dialog.query_one(".dialog").region, self.text
        within = (line[box.x : box.right].strip(" │") for line in shown.splitlines()[box.y : box.bottom])
        unwrapped = " ".join(" ".join(within).split())
        for text in texts:
            assert text in shown or text in unwrapped, f"{text!r} is not in:\n{shown}"
        return self

    def expect_no_dialog(self) -> "Console":
        assert self.dialog is None
        return self

    def expect_focus_on(self, label: str) -> "Console":
        focused = self.app.focused
        name = str(focused.label) if isinstance(focused, Button) else getattr(focused, "id", None)
        assert name == label
        return self

    def expect_typing_in(self, name: str) -> "Console":
        assert isinstance(self.app.focused, Input)
        assert self.app.focused.id == name
        return self


def character_of(key: str) -> str | None:
    """The character that a key types, by the name that Textual has for it."""
    try:
        return unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        return key if len(key) == 1 else None


def is_painted(app: KConsoleApp) -> bool:
    """Whether a question was painted: before that, it takes no key."""
    return not isinstance(app.screen, Attentive) or app.screen._attention._shown_at < inf


def _is_laid_out(app: App[Any]) -> bool:
    """Whether the screen that was asked for has lines already."""
    return not app.is_running or not app.screen_stack or bool(app.screen._compositor.size)


async def until(at: Keyboard | Pilot[None], seen: Callable[[], object]) -> None:
    """Let what happens beside the screen come so far, in threads and after a while."""
    pilot = at.pilot if isinstance(at, Keyboard) else at
    deadline = monotonic() + PATIENCE
    said: list[str] = []
    await pilot.pause()
    while not (seen() and _is_laid_out(pilot.app)):
        main = cast(KConsoleApp, pilot.app)._main
        if main is not None and main.status.left not in said:
            said.append(main.status.left)  # what is said goes away after a while
        assert monotonic() < deadline, f"it never came so far, after {said}:\n{text_of(pilot.app)}"
        await asyncio.sleep(POLL)
        await pilot.pause()


async def until_shown(screen: "Console", text: str) -> None:
    """Wait until a text stands on the screen."""
    await until(screen, lambda: text in screen.text)


def text_of(app: App[None]) -> str:
    """The whole screen as text."""
    return "\n".join(strip.text for strip in painted(app))


_paint = Compositor.render_update


def _paint_later(compositor: Compositor, full: bool = False, *arguments: Any, **options: Any) -> RenderableType | None:
    """What is exported is painted at once; a picture for a terminal, which tests do not have, when one is looked at."""
    return _paint(compositor, full, *arguments, **options) if full else None


def paint(app: App[Any]) -> None:
    """Paint what has changed."""
    _paint(app.screen._compositor, screen_stack=app._background_screens)


def painted(app: App[Any]) -> list[Strip]:
    """The lines of the screen."""
    paint(app)
    return app.screen._compositor.render_strips()


@asynccontextmanager
async def run(app: KConsoleApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """Run a console without a terminal. Of all pictures that it makes, only those that a test looks at are painted.

    A key has Textual paint two or three; that would take a third of the time of the tests.
    """
    with patch.object(Compositor, "render_update", _paint_later):
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield pilot


async def settled(app: KConsoleApp) -> None:
    """Let the loop run until it has nothing to do, before a timer is due, and all that changed is painted.

    A console that has ended paints nothing more, and the timer of its screen goes on trying.
    """
    loop: Any = asyncio.get_running_loop()  # what is ready and what is due has no public name
    calm = 0
    while calm < 2 and app.is_running:
        await asyncio.sleep(0)
        due = min((handle.when() for handle in loop._scheduled if not handle.cancelled()), default=inf) - loop.time()
        if loop._ready:
            calm = 0
        elif due < SOON:
            await asyncio.sleep(max(due, 0))
            calm = 0
        else:
            calm += 1
            app.screen._on_timer_update()


@cache
def _sample_store(name: str) -> Path:
    """A store of a sample, to be copied: hundreds of consoles begin with the same one."""
    folder = Path(tempfile.mkdtemp(dir=FOLDERS.name)) / "store"
    sample_session(name, folder, clock=noon()).close()
    return folder


@asynccontextmanager
async def console(
    of: str | Inventory = "office",
    size: tuple[int, int] = NARROW,
    title: str = "mail.example",
    read_only: bool = False,
    folded: bool = False,
    prepare: Callable[[Path], None] = lambda _: None,
    authority: Callable[[], Authority] = full,
    with_past: bool = False,
    **look: Any,
) -> AsyncIterator[Console]:
    """A console on a sample, or on an inventory.

    Args:
        of: the sample's name, or the inventory.
        size: columns and lines of the terminal.
        title: what the console says that it shows.
        read_only: whether it is opened to be read only.
        folded: whether accounts that never logged in are one line at first, as users see it.
        prepare: does something to the store's folder before the console opens it.
        authority: gives what the operator may do, whenever that is asked.
        with_past: whether the log of the sample has its past.
        look: how it looks: the profile of the terminal, settings, habits, theme.
    """
    clock = noon()
    # a thread that leaves off may write its last while the folder is removed
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        store = Path(folder) / "store"
        if isinstance(of, str) and with_past:  # made again: a forecast follows from the hash of its log
            sample_session(of, store, clock=clock, with_past=True).close()
        elif isinstance(of, str):
            shutil.copytree(_sample_store(of), store)
        else:
            Session.create(store, of, clock=clock).close()
        prepare(store)
        session = Session.open(store, "anna", clock, patience=0.2, read_only=read_only, authority=authority)
        app = KConsoleApp(session, title, "helpdesk", **look)
        async with run(app, size) as pilot:
            screen = Console(pilot, session, clock)
            await screen.saved()
            if not folded and screen.main.accounts.group:
                screen.main.action_never()
                await screen.saved()
                screen.main.accounts.move_to(0)  # in the list that has come: a list that comes keeps its account
                await screen.saved()
            yield screen
        screen.close()
