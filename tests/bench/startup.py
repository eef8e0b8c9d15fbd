"""From the start of the process to the first full screen, in a real terminal, and a short command to its end."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kconsole.operations.samples import sample_session
from tests.wire.terminal import KCONSOLE, terminal

RUNS = 15
"""Runs of each contender, in turn, so that a busy moment of the machine meets all of them alike."""

LABEL_APP = """
from textual.app import App
from textual.widgets import Label


class LabelApp(App):
    def compose(self):
        yield Label("one label")


LabelApp().run()
"""


class Contender(NamedTuple):
    """A program, and the text that stands on its first full screen."""

    name: str
    program: Sequence[str]
    arguments: Sequence[str]
    text: str
    size: tuple[int, int] = (80, 24)


def seconds_to_first_screen(contender: Contender) -> float:
    """Start it, and wait until its text stands on the screen."""
    columns, lines = contender.size
    begin = time.perf_counter()
    with terminal(*contender.arguments, program=contender.program, columns=columns, lines=lines) as screen:
        screen.wait_for(contender.text)
        return time.perf_counter() - begin


def seconds_to_end(command: Sequence[str]) -> float:
    """Run it."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def report() -> str:
    """The tables."""
    return f"{_screens()}\n{_commands()}"


def _commands() -> str:
    """`kconsole status` on the sample of the demo, beside the bare import of what such a program needs."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        sample_session("office", Path(store)).close()
        python = (sys.executable, "-c")
        commands = {
            "importing tinydb, orjson and click": (*python, "import tinydb, orjson, click"),
            "`kconsole status`": (*KCONSOLE, "--store", store, "status"),
            "`kconsole --version`": (*KCONSOLE, "--version"),
            "TAB after `kconsole disable j`": (
                *KCONSOLE,
                "__complete",
                "fish",
                "kconsole",
                "--store",
                store,
                "disable",
                "j",
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(2 * RUNS):
            for name, command in commands.items():
                times[name].append(seconds_to_end(command))
    return _table("a whole process", "the imports", times)


def _screens() -> str:
    with tempfile.TemporaryDirectory() as folder:
        label_app = Path(folder) / "label_app.py"
        label_app.write_text(LABEL_APP, encoding="utf-8")
        contenders = (
            Contender("a Textual app with one label", (sys.executable, str(label_app)), (), "one label"),
            Contender("`kconsole demo`, 80x24", KCONSOLE, ("demo",), "q quit"),
            Contender("`kconsole demo`, 120x36", KCONSOLE, ("demo",), "q quit", (120, 36)),
        )
        os.environ["TMPDIR"] = folder
        times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
        for _ in range(RUNS):
            for contender in contenders:
                times[contender.name].append(seconds_to_first_screen(contender))
    return _table("start to first full screen", "the label", times)


def _table(what: str, base_name: str, times: Mapping[str, Sequence[float]]) -> str:
    """Medians and fastest, each against the first one's."""
    first = next(iter(times.values()))
    base, fastest = statistics.median(first), min(first)
    lines = [f"| {what} | median | fastest | against {base_name}, medians | fastest |", "|---|---:|---:|---:|---:|"]
    for name, measured in times.items():
        median = statistics.median(measured)
        ratios = f"{median / base:.2f} x | {min(measured) / fastest:.2f} x"
        lines.append(f"| {name} | {median * 1000:.0f} ms | {min(measured) * 1000:.0f} ms | {ratios} |")
    return "\n".join(lines) + "\n"
