"""Kill processes at random moments of a loop of changes, and look each time what the store says.

Run as a process of its own: `python -m tests.faults.kill_loop FOLDER KILLS SEED`. Prints what it found at the end.
"""

import os
import random
import select
import signal
import sys
from pathlib import Path

from kconsole.core.records import Entry, Inventory
from kconsole.core.times import SystemClock
from kconsole.operations.maintenance import verify
from kconsole.store import seatstore
from kconsole.store.seatstore import SeatStore

LONGEST = 0.02
"""Seconds until the kill: enough to open the store, make some changes and a snapshot."""

NAMES = ("a@north.example", "b@north.example", "c@north.example")


def opened(folder: Path) -> SeatStore:
    return SeatStore.open(folder, SystemClock(), 10, "anna")


def change_for_ever(folder: Path, acknowledge: int) -> None:
    """Change three entries together, and tell the sequence number once that is done."""
    seatstore.LEAST_TAIL = 3000  # type: ignore[misc]  # so that snapshots are killed too
    while True:
        store = opened(folder)
        for _ in range(40):
            entries = [store.state.entry_at(name) or Entry(address=name) for name in NAMES]
            with store.transaction("loop", "restore") as transaction:
                for entry in entries:
                    text = str(store.sequence + 1)
                    transaction.put_entry(Entry(address=entry.address, description=text, id=entry.id))
            assert transaction.commit is not None
            os.write(acknowledge, b"%d\n" % transaction.commit.sequence)
        store.close()


def killed_after(folder: Path, seconds: float) -> int:
    """The last number that a child acknowledged before it was killed; 0 if none."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            change_for_ever(folder, writing)
        finally:
            os._exit(1)
    os.close(writing)
    select.select([], [], [], seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child ended by itself"
    with os.fdopen(reading, "rb") as pipe:
        reported = pipe.read().splitlines(keepends=True)
    return max((int(line) for line in reported if line.endswith(b"\n")), default=0)


def assert_whole(folder: Path, acknowledged: int) -> tuple[int, int]:
    """Open the store as its next user does; returns its last number, and how many torn lines were set aside."""
    store = opened(folder)
    assert store.sequence >= acknowledged, f"{acknowledged} was reported as done; the store ends at {store.sequence}"
    texts = {entry.description for entry in store.state.entries.values()}
    assert texts == {str(store.sequence)}, f"half of a change is there: {texts}, at {store.sequence}"
    assert verify(store.folder) == store.head
    torn = sum("torn" in notice.code for notice in store.notices)
    assert len(store.notices) == torn, store.notices
    store.abandon()
    return store.sequence, torn


def main(folder: Path, kills: int, seed: int) -> None:
    """Kill that often."""
    chance = random.Random(seed)
    store = SeatStore.create(folder, Inventory(), SystemClock(), "anna")
    with store.transaction("loop", "restore") as transaction:
        for name in NAMES:
            transaction.put_entry(Entry(address=name, description="2"))
    store.abandon()
    torn = last = 0
    for _ in range(kills):
        acknowledged = max(last, killed_after(folder, chance.uniform(0, LONGEST)))
        last, more = assert_whole(folder, acknowledged)
        torn += more
    store = opened(folder)
    numbers = [commit.sequence for commit in store.journal.history()]
    assert numbers == list(range(1, last + 1))
    with_snapshot = store.state.inventory
    store.abandon()
    (folder / "store.json").unlink(missing_ok=True)
    assert opened(folder).state.inventory == with_snapshot
    sys.stdout.write(f"{kills} kills, {last} changes, {torn} torn lines\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
