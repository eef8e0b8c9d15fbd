"""From the start of the process to the first full screen, in a real terminal."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

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


def report() -> str:
    """The table."""
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
    base = statistics.median(times[contenders[0].name])
    lines = ["| start to first full screen | median | fastest | against the label |", "|---|---|---|---|"]
    for name, measured in times.items():
        median = statistics.median(measured)
        lines.append(f"| {name} | {median * 1000:.0f} ms | {min(measured) * 1000:.0f} ms | {median / base:.2f} x |")
    return "\n".join(lines) + "\n"
