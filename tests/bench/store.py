"""The store beside its peers: opening, durable changes, what a second process sees, and memory."""

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from kconsole.core.records import Entry
from tests.bench.contenders import CONTENDERS, Contender, Kconsole, resident_megabytes
from tests.bench.timing import seconds_of, shown
from tests.samples import make_inventory

SIZES = (1_000, 10_000, 100_000)
OPENINGS = 3
POLL = 0.02
"""Seconds between two looks of the process that watches."""

LONG = 0.3
"""Seconds that a change may take before only a few of its kind are measured."""


class _Tables(msgspec.Struct):
    """The part of a snapshot that opening has to make."""

    entries: dict[int, Entry]


class Measured(NamedTuple):
    """What one contender did at one size; seconds and megabytes."""

    opening: float
    change: float
    bulk: float
    live: float
    memory: float


def median_of(act: Callable[[], object], most: int) -> float:
    """The median time; of a few only if it takes long."""
    times: list[float] = []
    while len(times) < most and not (len(times) >= 3 and sum(times) > LONG * 5):
        times.append(seconds_of(act))
    return statistics.median(times)


def in_a_process(contender: type[Contender], folder: Path) -> tuple[float, float]:
    """The best time of some fresh processes to open it, and the memory that they occupy then."""
    command = [sys.executable, "-m", "tests.bench.store", "open", contender.__name__, str(folder)]
    answers = [json.loads(subprocess.check_output(command)) for _ in range(OPENINGS)]
    return min(answer[0] for answer in answers), max(answer[1] for answer in answers)


@contextmanager
def watching(contender: type[Contender], folder: Path) -> Iterator[Callable[[], float]]:
    """A second process that polls; gives what waits for the moment at which it has seen the next change."""
    command = [sys.executable, "-m", "tests.bench.store", "watch", contender.__name__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answers = process.stdout
        assert answers.readline() == "ready\n"
        yield lambda: float(answers.readline())
        process.kill()


def live_of(contender: type[Contender], folder: Path, opened: Contender, number: int, times: int) -> float:
    """The median time from a change that is durable to another process that knows it."""
    found = []
    with watching(contender, folder) as seen_at:
        for _ in range(times):
            opened.toggle([number])
            done = time.monotonic()
            found.append(max(seen_at() - done, 0))
    return statistics.median(found)


def measured(contender: type[Contender], folder: Path) -> Measured:
    """Measure one."""
    opening, memory = in_a_process(contender, folder)
    opened = contender(folder)
    numbers = opened.numbers()
    some = iter(numbers)
    single = median_of(lambda: opened.toggle([next(some)]), 300)
    thousand = numbers[:: max(len(numbers) // 1000, 1)][:1000]
    bulk = median_of(lambda: opened.toggle(thousand), 9)
    live = live_of(contender, folder, opened, numbers[0], 3 if single > LONG else 9)
    opened.close()
    return Measured(opening, single, bulk, live, memory)


def against_appending(folder: Path) -> tuple[float, float]:
    """The median of one change of ours, and of nothing but to append and sync as many bytes, in turn."""
    opened = Kconsole(folder)
    some, journal = iter(opened.numbers()), folder / "journal.jsonl"
    opened.toggle([next(some)])
    line = journal.read_bytes().splitlines(keepends=True)[-1]
    descriptor = os.open(folder / "appended", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append() -> None:
        os.write(descriptor, line)
        os.fdatasync(descriptor)

    pairs = [(seconds_of(lambda: opened.toggle([next(some)])), seconds_of(append)) for _ in range(500)]
    os.close(descriptor)
    opened.close()
    changes, appends = zip(*pairs, strict=True)
    return statistics.median(changes), statistics.median(appends)


def loads_and_validation(folder: Path) -> float:
    """Seconds to read our file and to make its entries with msgspec in one call, in fresh processes; the best."""
    command = [sys.executable, "-m", "tests.bench.store", "validate", "Kconsole", str(folder)]
    return min(float(subprocess.check_output(command)) for _ in range(OPENINGS))


def report(sizes: Sequence[int] = SIZES) -> str:
    """The tables."""
    all_lines, our_lines = [], []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=os.environ.get("KCONSOLE_BENCH_DIR")) as temporary:
            folders = {contender: Path(temporary) / contender.__name__ for contender in CONTENDERS}
            inventory = make_inventory(size, seats=size)
            for contender, folder in folders.items():
                contender.make(folder, inventory)
            del inventory
            gc.collect()
            least = loads_and_validation(folders[Kconsole])
            for contender, folder in folders.items():
                one = measured(contender, folder)
                if contender is Kconsole:
                    opening = one.opening
                cells = (contender.name, *map(shown, one[:4]), f"{one.memory:.0f} MB")
                all_lines.append(f"| {size:,} | {' | '.join(cells)} |")
            change, append = against_appending(folders[Kconsole])
            our_cells = (shown(change), shown(append), f"{change / append:.2f}", shown(opening), shown(least))
            our_lines.append(f"| {size:,} | {' | '.join(our_cells)} | {opening / least:.2f} |")
    return "\n".join([*_HEAD, *all_lines, "", _NOTE, "", *_OUR_HEAD, *our_lines, ""])


_HEAD = (
    "| accounts | store | opening | one durable change | bulk change of 1,000 | seen by another process | memory |",
    "|---:|---|---:|---:|---:|---:|---:|",
)
_NOTE = (
    f"The other process looks every {POLL * 1000:.0f} ms. "
    "Opening and memory are those of a fresh process that holds all entries."
)
_OUR_HEAD = (
    "| accounts | one change | append and fdatasync of its bytes | ratio | opening | msgspec alone | ratio |",
    "|---:|---:|---:|---:|---:|---:|---:|",
)


def _child(what: str, name: str, folder: Path) -> None:
    if what == "validate":
        tables = msgspec.json.Decoder(_Tables)
        taken = seconds_of(lambda: tables.decode((folder / "store.json").read_bytes()))
        sys.stdout.write(json.dumps(taken))
        return
    contender = next(one for one in CONTENDERS if one.__name__ == name)
    begin = time.perf_counter()
    opened = contender(folder)
    taken = time.perf_counter() - begin
    if what == "open":
        sys.stdout.write(json.dumps([taken, resident_megabytes()]))
        return
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        if opened.see():
            sys.stdout.write(f"{time.monotonic()}\n")
            sys.stdout.flush()
        time.sleep(POLL)


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
