"""Fleet: twelve stores of which three are away, from the start of `kconsole` on; and what keys wait for meanwhile.

How it is measured: a real process in a pty, several times; reported is the median, of the keys the longest wait of all.
A key waits for the first byte after it, which need not be its answer: one that is said to wait did at least that.
Of esc, the time is taken off in which more could come: the keys of arrows begin with it.
"""

import json
import shutil
import socket
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.operations.samples import sample_session
from kconsole.store.file_engine.engine import FileEngine
from kconsole.tui.terminal.recogniser import ESCAPE_DELAY
from tests.bench import plan
from tests.bench.line import Line, cpu_seconds, line
from tests.wire.terminal import KCONSOLE

ACCOUNTS: Final = 100_000
LINES: Final = 20_000
RUNS: Final = 3
SIZES: Final = ((80, 24), (120, 36))
IDLE: Final = 30.0
TYPING: Final = 0.05

ESC: Final = "\x1b"

KEYS: Final = ("j", "k", "G", "g", "s", "j", "/", "s", "t", ESC, "\x1b[6~", "\x1b[5~", "r", "j", "\r", ESC)
"""Each changes the screen."""


class Measured(NamedTuple):
    """One run; seconds."""

    figures: float
    """Until each row has its figures, or why it has none."""
    complete: float
    """And the forecast."""
    wait: float
    """The longest of a key."""
    idle: float
    """The share of a processor that is taken when nothing happens."""


@contextmanager
def twelve(accounts: int, lines: int = LINES) -> Iterator[tuple[Path, Path]]:
    """A folder, and a configuration of twelve stores: one is large, one is locked, one damaged, and three are away."""
    with tempfile.TemporaryDirectory(prefix="kconsole-bench-") as name, socket.socket() as silent:
        folder = Path(name)
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)  # it is never answered
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            refused = other.getsockname()[1]
        plan.make(folder / "large", accounts, lines)
        sample_session("office", folder / "office", "anna", with_past=True).close()
        for store in ("a", "b", "c", "d", "e", "busy", "damaged"):
            shutil.copytree(folder / "office", folder / store)
        (folder / "damaged" / "store.json").unlink()
        journal = folder / "damaged" / "journal.jsonl"
        journal.write_bytes(journal.read_bytes()[:-40] + b"x" * 39 + b"\n")
        names = ("large", "office", "a", "b", "c", "d", "e", "busy", "damaged", "gone")
        stores = {each: str(folder / each) for each in names}
        stores["silent"] = f"postgresql://anna@127.0.0.1:{silent.getsockname()[1]}/x"
        stores["refused"] = f"postgresql://anna@127.0.0.1:{refused}/x"
        config = folder / "contexts.toml"
        config.write_text("".join(f"[contexts.{each}]\nstore = {json.dumps(at)}\n" for each, at in stores.items()))
        busy = FileEngine(folder / "busy")
        busy.open()
        with busy.lock(1.0, "another"):
            yield folder, config


def measured(folder: Path, config: Path, size: tuple[int, int], is_idle: bool) -> Measured:
    """Start it, and press keys from its first bytes on, while it reads and reads again."""
    with line(KCONSOLE, size, {"KCONSOLE_CONFIG": str(config), "XDG_CACHE_HOME": str(folder)}, folder) as one:
        figures = one.first(lambda text: "reading ..." not in text and "damaged:" in text)
        complete = one.first(lambda text: " ... " not in text and "damaged:" in text)
        idle = idle_share(one) if is_idle else 0.0
    with line(KCONSOLE, size, {"KCONSOLE_CONFIG": str(config), "XDG_CACHE_HOME": str(folder)}, folder) as one:
        while "large" not in one.screen.written.decode(errors="replace"):
            one.read(TYPING)
        waits = [(key, one.longest_wait((key,), TYPING)) for key in KEYS]
        wait = max(waited - (ESCAPE_DELAY if key == ESC else 0.0) for key, waited in waits)
    return Measured(figures, complete, wait, idle)


def idle_share(one: Line) -> float:
    """The share of a processor that it takes when no one types, its processes too."""
    worked = cpu_seconds(one.screen.pid)
    one.read_for(IDLE)
    return (cpu_seconds(one.screen.pid) - worked) / IDLE


def report(accounts: int = ACCOUNTS, sizes: Sequence[tuple[int, int]] = SIZES) -> str:
    """The table."""
    rows = [
        f"| twelve stores, one with {accounts:,} accounts, three away | all figures | with the forecasts |"
        " longest wait of a key | idle |",
        "|---|---:|---:|---:|---:|",
    ]
    with twelve(accounts) as (folder, config):
        for size in sizes:
            runs = [measured(folder, config, size, number == 0) for number in range(RUNS)]
            figures, complete = (statistics.median(each) for each in zip(*(run[:2] for run in runs), strict=True))
            rows.append(
                f"| {size[0]}x{size[1]} | {figures:.2f} s | {complete:.2f} s |"
                f" {max(run.wait for run in runs) * 1000:.0f} ms | {runs[0].idle * 100:.1f} % |"
            )
    return "\n".join(rows) + "\n"
