"""Walks from scene to scene: what a scene is, the steps that lead to it, and how they are taken."""

import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import ExitStack
from itertools import count
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from textual.widgets import Input

from kconsole.core.records import Inventory
from kconsole.core.roles import FULL, Authority
from kconsole.operations.samples import load_sample
from kconsole.tui.screens.waiting import WaitingDialog
from kconsole.tui.widgets.elapsed import Elapsed
from tests.clocks import noon
from tests.limits import PATIENCE
from tests.tui.console import NARROW, WIDE, Console, console, painted, until
from tests.tui.fleets import fleet_console

Size = tuple[int, int]
TINY: Final = (50, 14)
LARGE: Final = (160, 45)
ALL: Final = (WIDE, NARROW, LARGE)

Step = str | Callable[[Console], Awaitable[object] | object]
"""A key that is pressed, or something that happens."""


class Scene(NamedTuple):
    """What is seen after some steps."""

    name: str
    shows: str
    """One sentence, for the page of the pictures."""
    steps: tuple[Step, ...] = ()
    """What leads there from the scene before it."""
    sizes: tuple[Size, ...] = (NARROW,)
    """The sizes of its pictures; the first has the plain name."""

    def picture(self, size: Size) -> str:
        return self.name if size == self.sizes[0] else f"{self.name}-{size[0]}x{size[1]}"


class Walk(NamedTuple):
    """Scenes one after the other."""

    of: str | Inventory
    """A sample, or the records at the beginning."""
    scenes: tuple[Scene, ...]
    read_only: bool = False
    look: Mapping[str, Any] = {}
    """The profile of the terminal, the theme, the password to the server."""
    patches: Mapping[str, object] = {}
    """What does something else than in the program, by its name."""
    role: Authority = FULL
    """What the operator may do at the start."""
    with_past: bool = False
    """Whether the log has the past of the sample."""
    is_fleet: bool = False
    """Whether it is about the stores of several contexts, in place of one."""
    has_words: bool = True
    """Whether its words are held too; not where they are those of another walk in other colours."""

    @property
    def name(self) -> str:
        return self.scenes[0].name


# Steps

ended: Final = threading.Event()
"""Set when a walk ends, so that what never answers ends too."""


def never_answers(*_: object, **__: object) -> None:
    ended.wait(PATIENCE)


def never_ends(*so_far: object) -> Callable[..., Any]:
    """Something that reports its progress, once, to the function that it is given."""

    def act(*arguments: Any) -> None:
        report = next(each for each in arguments if callable(each))
        while not ended.wait(0.02):  # once the screen is gone, the report ends this
            report(*so_far)

    return act


async def for_12_seconds(screen: Console) -> None:
    """Let something have taken 12 seconds; the clock of what has taken long stands still."""
    await until(screen, lambda: any(hasattr(each, "_since") for each in screen.app.screen.query(Elapsed)))
    elapsed = screen.app.screen.query_one(Elapsed)
    elapsed._since = -12.0
    elapsed.show_seconds()
    if not isinstance(screen.app.screen, WaitingDialog):
        screen.app.screen._show_progress()  # type: ignore[attr-defined]
    await screen.settled()


def happens(what: Callable[..., None]) -> Step:
    """Another person does something."""

    async def step(screen: Console) -> None:
        what(screen.session, screen.clock)
        await screen.tick()

    return step


def shows(what: Callable[..., None]) -> Step:
    return lambda screen: what(screen.app)


def waits_for(text: str) -> Step:
    """Wait for a text that a thread brings."""
    return lambda screen: until(screen, lambda: text in screen.text)


def pastes(**values: str) -> Step:
    def step(screen: Console) -> None:
        for name, value in values.items():
            screen.app.screen.query_one(f"#{name.replace('_', '-')}", Input).value = value

    return step


async def back(screen: Console) -> None:
    """Go back to the first row of the main screen, with nothing marked or filtered."""
    while screen.app.screen is not screen.main:
        await screen.press("escape")
    await screen.press("escape", "escape", "g")


TITLE: Final = "mail.northwind.example"

EMPTY: Final = Inventory()


async def walked(walk: Walk, size: Size) -> AsyncGenerator[tuple[Scene, Console], None]:
    """Go from scene to scene on a terminal of a size."""
    ended.clear()
    at_once = {f"kconsole.tui.screens.main.{name}": 0.001 for name in ("LEISURE", "REST")}
    names = count(1)  # of sessions, which the log shows
    stopped = {
        "kconsole.tui.widgets.elapsed.monotonic": lambda: 0.0,
        "os.urandom": lambda size: next(names).to_bytes(size, "big"),
    }
    with ExitStack() as patches:
        for name, instead in {**at_once, **stopped, **walk.patches}.items():
            patches.enter_context(patch(name, instead))
        patches.callback(ended.set)
        of = walk.of
        if isinstance(of, str) and not walk.with_past:  # made again, as the names of its sessions are shown
            of = load_sample(of, noon().now())
        on_store = console(
            of,
            size,
            TITLE,
            walk.read_only,
            folded=True,
            authority=lambda: walk.role,
            with_past=walk.with_past,
            **walk.look,
        )
        async with fleet_console(size, **walk.look) if walk.is_fleet else on_store as screen:
            for scene in walk.scenes:
                for step in scene.steps:
                    await _take(step, screen)
                await _finished(screen)
                yield scene, screen


async def _take(step: Step, screen: Console) -> None:
    if isinstance(step, str):
        await screen.press(step)
        return
    result = step(screen)
    if result is not None:
        await result  # type: ignore[misc]
    await screen.settled()


async def _finished(screen: Console) -> None:
    """Let what works in the background come to its end, apart from what never does."""
    endless = ("reading", "server", "default")
    await until(screen, lambda: all(each.is_finished or each.group in endless for each in screen.app.workers))
    await screen.settled()


_NO_SCROLL_BARS: Final = dict.fromkeys(map(ord, "▁▂▃▄▅▆▇"), " ")
"""The end of a scroll bar says how long a text is: no word."""


def words_of(screen: Console) -> str:
    """The words on the screen, or in the dialog that is open, as a reader sees them."""
    strips = painted(screen.app)
    if screen.dialog is not None:
        box = screen.dialog.query_one(".dialog").region
        strips = [strip.crop(box.x, box.right) for strip in strips[box.y : box.bottom]]
    lines = (strip.text.translate(_NO_SCROLL_BARS).rstrip() for strip in strips)
    return "\n".join(lines).strip("\n")
