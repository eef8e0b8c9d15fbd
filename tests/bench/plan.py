"""A plan by the policy `idle`: how long it takes in an open store, and what memory beyond that of the open store."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.history import Operator
from kconsole.operations.reclaim.judging import judge, seen_by
from kconsole.operations.reclaim.planning import plan_file
from kconsole.operations.reclaim.policies import IDLE
from kconsole.operations.session import Session
from tests.bench.contenders import resident_megabytes
from tests.bench.journal import append, commits
from tests.samples import make_inventory

LINES: Final = 20_000
RUNS: Final = 3
_WHO: Final = Operator("bench")


class Planned(NamedTuple):
    """One plan in a process of its own; seconds of processor time."""

    seconds: float
    file: float
    """Writing it as a file."""
    again: float
    """The same once more, as a screen does it, with what the log said."""
    memory: float
    """Megabytes of the open store."""
    more: float
    """Megabytes at most while planning."""


def make(folder: Path, accounts: int, lines: int) -> None:
    """A store with so many accounts, and lines that disable and enable them."""
    session = Session.create(folder, make_inventory(accounts, seats=2 * accounts), _WHO)
    entries, number = dict(session.store.state.entries), session.store.journal.next_number
    session.close()
    changes = commits({each: entry for each, entry in entries.items() if entry.is_account}, 2, lines)
    while some := list(islice(changes, 10_000)):
        append(folder, some, number)
    Session.open(folder, _WHO).close()


def planned(folder: Path) -> Planned:
    """Open, and plan."""
    session = Session.open(folder, _WHO)
    memory, begin = peak_megabytes(), time.process_time()
    found = judge(session, IDLE)
    seconds, begin = time.process_time() - begin, time.process_time()
    with Path(os.devnull).open("wb") as file:
        file.writelines(plan_file(session, found)())
    written = time.process_time() - begin
    most = peak_megabytes()
    assert len(found.judged) == len(session.state.live_entries())
    seen, begin = seen_by(session, IDLE), time.process_time()
    judge(session, IDLE, known=seen)
    again = time.process_time() - begin
    session.close()
    return Planned(seconds, written, again, memory, most)


def peak_megabytes() -> float:
    """The most memory that this process has occupied, or occupies now where the system does not say."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "")
    return int(peak.split()[1]) / 1e3 if peak else resident_megabytes()


def report(sizes: Sequence[int], lines: int = LINES) -> str:
    """The table."""
    titles = (f"accounts, {lines:,} lines", "plan, processor time", "its file", "judging alone", "open store, at most")
    rows = [f"| {' | '.join(titles)} | with the plan | |", f"|{'---:|' * (len(titles) + 2)}"]
    with tempfile.TemporaryDirectory() as top:
        for accounts in sizes:
            folder = Path(top) / str(accounts)
            make(folder, accounts, lines)
            runs = [_in_process(folder) for _ in range(RUNS)]
            best = Planned(*map(min, zip(*runs, strict=True)))
            times = (f"{each * 1e3:,.0f} ms" for each in (best.seconds, best.file, best.again))
            memory = f"{best.memory:.0f} MB | {best.more:.0f} MB | {best.more / best.memory:.2f} x"
            rows.append(f"| {accounts:,} | {' | '.join(times)} | {memory} |")
    return "\n".join([*rows, ""])


def _in_process(folder: Path) -> Planned:
    command = [sys.executable, "-m", "tests.bench.plan", str(folder)]
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ)
    return Planned(*json.loads(done.stdout))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(planned(Path(sys.argv[1]))))
