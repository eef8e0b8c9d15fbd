"""Makes the pictures in screenshots/: `python -m tests.screenshots`. SVG by Textual, PNG by resvg."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from kconsole.core.history import as_operator
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Session
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.app import KConsoleApp
from tests.clocks import FixedClock, noon
from tests.tui.activity import add_history, add_note, end_license
from tests.tui.console import Keyboard
from tests.tui.directories import name_directories, show_preview
from tests.tui.servers import find_differences, leave_open, show_open, show_refusal

FOLDER = Path(__file__).parent.parent / "screenshots"
FONT = "DejaVu Sans Mono"

Keys = Callable[[Pilot[None]], Awaitable[None]]


class Picture(NamedTuple):
    """One picture: on which sample, how large, and after which keys."""

    name: str
    sample: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    others: Callable[[Session, FixedClock], None] = lambda _session, _clock: None
    """What others do before the keys are pressed."""
    theme: str = ""
    profile: TerminalProfile = TerminalProfile()
    show: Callable[[KConsoleApp], None] = lambda _app: None
    """Shows another screen before the keys are pressed."""


LARGE, WIDE, NARROW = (160, 45), (120, 36), (80, 24)

PICTURES = (
    Picture("main", "office", WIDE, ("j", "j")),
    Picture("main-160x45", "office", LARGE, ("j", "j")),
    Picture("main-80x24", "office", NARROW, ("j", "j")),
    Picture("marks", "office", WIDE, (*"jjjjj", "space", "space", "j", "space")),
    Picture("crisis", "crisis", WIDE, ("]", "]")),
    Picture("confirm", "office", NARROW, (*"jjjjjd",)),
    Picture("delete", "office", NARROW, (*"jjjjjx",)),
    Picture("details", "office", NARROW, ("/", *"bob", "enter", "enter")),
    Picture("filter", "office", NARROW, ("/", *"scan")),
    Picture("help", "office", WIDE, ("?",)),
    Picture("sort", "office", NARROW, ("s",)),
    Picture("small", "small", NARROW),
    Picture("refused", "crisis", NARROW, ("a",)),
    Picture("add", "office", NARROW, ("a", *"new.colleague")),
    Picture("palette", "office", NARROW, (":",)),
    Picture("log", "office", WIDE, ("L", "j"), add_history),
    Picture("log-80x24", "office", NARROW, ("L", "j"), add_history),
    Picture("log-line", "office", NARROW, ("L", "j", "j", "j", "enter"), add_history),
    Picture("license-trial", "small", WIDE, ("l",)),
    Picture("license-activated", "office", WIDE, ("l",)),
    Picture("license-overdue", "crisis", WIDE, ("l",)),
    Picture("license-expired", "office", WIDE, ("l",), end_license),
    Picture("license-overdue-80x24", "crisis", NARROW, ("l",)),
    Picture("license-over-limit", "office", NARROW, ("l", "D", "7", "0", "enter", "enter", "enter")),
    Picture("live-note", "office", WIDE, ("j",), add_note),
    Picture("light", "office", WIDE, ("j", "j"), theme="kconsole-light"),
    Picture("contrast", "office", WIDE, ("j", "j"), theme="kconsole-contrast"),
    Picture("terminal", "office", WIDE, ("j", "j"), theme="terminal"),
    Picture("ascii-80x24", "office", NARROW, ("j", "j"), profile=TerminalProfile(ascii_only=True)),
    Picture("ascii-confirm", "office", NARROW, (*"jjjjjd",), profile=TerminalProfile(ascii_only=True)),
    Picture("no-colours-80x24", "office", NARROW, ("j", "space"), profile=TerminalProfile(colours="none")),
    Picture("columns", "office", NARROW, ("C",)),
    Picture("text", "office", NARROW, ("space", "space", "space", "Y")),
    Picture("saved-filters", "office", NARROW, ("f",)),
    Picture("no-seat", "crisis", WIDE, ("a",)),
    Picture("export", "office", NARROW, ("E",)),
    Picture("log-160x45", "office", LARGE, ("L", "j"), add_history),
    Picture("crisis-160x45", "crisis", LARGE, ("]", "]")),
    Picture("license-160x45", "crisis", LARGE, ("l",)),
    Picture("mapping", "office", WIDE, ("M",), name_directories),
    Picture("mapping-over", "office", WIDE, (), name_directories, show=show_preview),
    Picture("mapping-over-80x24", "office", NARROW, (), name_directories, show=show_preview),
    Picture("reconcile", "office", WIDE, ("=", "]"), find_differences),
    Picture("reconcile-80x24", "office", NARROW, ("=", "]"), find_differences),
    Picture("server-open", "office", NARROW, (), leave_open, show=show_open),
    Picture("server-open-marked", "office", WIDE, ("escape", "j"), leave_open, show=show_open),
    Picture("server-refused", "office", NARROW, (), find_differences, show=show_refusal),
)


async def picture(wanted: Picture, folder: Path) -> str:
    """The picture as SVG."""
    clock = noon()
    session = sample_session(wanted.sample, folder, clock=clock)
    session.store.operator = as_operator("anna")
    app = KConsoleApp(session, "mail.northwind.example", "helpdesk", profile=wanted.profile, theme=wanted.theme)
    async with app.run_test(size=wanted.size) as pilot:
        wanted.others(session, clock)
        await pilot.pause(1)
        wanted.show(app)
        await pilot.pause()
        await Keyboard(pilot).press(*wanted.keys)
        return app.export_screenshot(title=f"kconsole: {wanted.name}")


def page() -> str:
    """The page that shows them all, the small ones first."""
    lines = ["# Pictures", "", "Made by `make screenshots`, this page too.", ""]
    for size in (NARROW, WIDE, LARGE):
        lines += [f"## {size[0]}x{size[1]}", ""]
        for each in sorted((each for each in PICTURES if each.size == size), key=lambda each: each.name):
            after = f" after `{' '.join(each.keys)}`" if each.keys else ""
            looks = f", theme {each.theme}" if each.theme else ""
            lines += [
                f"**{each.name}**: sample {each.sample}{after}{looks}.",
                "",
                f"![{each.name}]({each.name}.png)",
                "",
            ]
    return "\n".join(lines)


def main() -> None:
    """Make them all."""
    import resvg_py

    os.environ["TZ"] = "UTC"
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "README.md").write_text(page(), encoding="utf-8")
    for wanted in PICTURES:
        with tempfile.TemporaryDirectory() as folder:
            svg = asyncio.run(picture(wanted, Path(folder) / "store"))
        svg = svg.replace("Fira Code", FONT)
        (FOLDER / f"{wanted.name}.svg").write_text(svg, encoding="utf-8")
        (FOLDER / f"{wanted.name}.png").write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg)))


if __name__ == "__main__":
    main()
