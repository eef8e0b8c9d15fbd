"""Three users at one shared store at its seat limit, each with another umask, killed at random moments.

Run as root in a process of its own: `python -m tests.faults.group_crowd FOLDER CHANGES PAUSE SEED`, where PAUSE is the
time between two kills in seconds. Prints what it found at the end.
"""

import concurrent.futures.thread  # noqa: F401  # while Python's own files can be read
import os
import pkgutil
import random
import select
import signal
import stat
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Final

import kconsole
from kconsole.core.errors import Refused
from kconsole.core.history import Operator
from kconsole.operations import maintenance
from kconsole.operations.history import LogQuery
from kconsole.operations.session import Session
from kconsole.operations.tags import TagAccounts
from kconsole.store import seatstore
from kconsole.text.messages import words_of
from tests.faults.crowd_member import next_change
from tests.store.stores import inventory_of

GROUP: Final = 61000
USERS: Final = {"anna": (61001, 0o022), "berg": (61002, 0o077), "chen": (61003, 0o000)}
SEATS: Final = 6


def become(name: str) -> None:
    """Be a user for good."""
    number, mask = USERS[name]
    os.umask(mask)
    os.setgroups([GROUP])
    os.setresgid(number, number, number)
    os.setresuid(number, number, number)


def work(folder: Path, name: str, acknowledge: int, seed: float) -> None:
    """Change for ever, and tell the number of each line that is reported as done; sometimes archive and mend too."""
    seatstore.LEAST_TAIL = 3000  # type: ignore[misc]  # so that there are snapshots, and kills in them
    chance, made = random.Random(seed), 0
    while True:
        session = Session.open(folder, name, patience=120)
        for _ in range(chance.randint(1, 30)):
            made += 1
            try:
                done = session.do(next_change(session, chance, f"{name}{seed}.{made}@north.example".lower()))
            except Refused:
                continue
            if done.commit is not None:
                os.write(acknowledge, b"%d\n" % done.commit.sequence)
        if chance.random() < 0.1:
            session.store.archive(20)
        session.close()
        if chance.random() < 0.05:
            maintenance.mend(folder, maintenance.examine(folder), Operator(name), 120, words_of)


class Writer:
    """A process of a user, begun again whenever it was killed."""

    def __init__(self, folder: Path, name: str, chance: random.Random) -> None:
        self.folder, self.name, self.chance = folder, name, chance
        self.reported: set[int] = set()
        self.begin()

    def begin(self) -> None:
        self.pipe, writing = os.pipe()
        self.rest, seed = b"", self.chance.random()
        self.process = os.fork()
        if self.process == 0:
            os.close(self.pipe)
            try:
                become(self.name)
                work(self.folder, self.name, writing, seed)
            except BaseException as error:  # the parent raises it
                os.write(2, f"{self.name}: {error!r}\n".encode())
            finally:
                os._exit(1)
        os.close(writing)

    def listen(self) -> None:
        *lines, self.rest = (self.rest + os.read(self.pipe, 1 << 16)).split(b"\n")
        self.reported |= set(map(int, lines))

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        _, status = os.waitpid(self.process, 0)
        if not os.WIFSIGNALED(status):
            raise AssertionError(f"{self.name} ended by itself")
        while select.select([self.pipe], [], [], 0)[0] and (chunk := os.read(self.pipe, 1 << 16)):
            self.rest += chunk
        self.reported |= {int(line) for line in self.rest.split(b"\n")[:-1]}
        os.close(self.pipe)


def assert_open_to_the_group(folder: Path) -> int:
    """Every file is 0660 and every folder 2770, of the group; returns the number of files."""
    paths = (folder, *folder.rglob("*"))
    for path in paths:
        status = path.lstat()
        wanted = 0o2770 if path.is_dir() else 0o660
        assert (status.st_gid, stat.S_IMODE(status.st_mode)) == (GROUP, wanted), path
    return len(paths)


def assert_whole(folder: Path, reported: dict[str, set[int]]) -> int:
    """Every change that was reported is in the log, by its user, and none passed the limit; returns the last line."""
    session = Session.open(folder, "root", patience=0)
    commits = list(session.history.log(LogQuery()))
    assert [commit.sequence for commit in commits] == list(range(1, len(commits) + 1))
    assert maintenance.verify(folder) == session.store.head
    users = {commit.sequence: commit.operator.user for commit in commits if commit.changes}
    for name, numbers in reported.items():
        assert {users.get(number) for number in numbers} <= {name}
    used = 0
    for commit in commits[1:]:
        assert commit.seats is not None
        assert commit.seats[0] == used, commit
        used = commit.seats[1]
        assert used <= SEATS, commit
    assert session.seats.report().used == used
    session.close()
    return len(commits)


def last_change(folder: Path, name: str) -> None:
    """Each user still makes a change, in a process of their own."""
    process = os.fork()
    if process == 0:
        try:
            become(name)
            session = Session.open(folder, name, patience=10)
            entry = next(iter(session.state.live_entries()))
            done = session.do(TagAccounts((entry.address,), (f"last-{name}",)))
            session.close()
            os._exit(int(done.commit is None))
        finally:
            os._exit(1)
    assert os.waitpid(process, 0)[1] == 0, f"{name} is locked out"


def main(folder: Path, changes: int, pause: float, seed: int) -> None:
    """Let each user make so many changes."""
    for module in pkgutil.walk_packages(kconsole.__path__, "kconsole."):
        if not module.name.startswith(("kconsole.tui", "kconsole.cli", "kconsole.__main__")):
            import_module(module.name)
    chance, began, kills = random.Random(seed), time.monotonic(), 0
    folder.parent.chmod(0o711)
    Session.create(folder, inventory_of(seats=SEATS), "root", group=GROUP).close()
    last_reported = {name: set[int]() for name in USERS}
    writers = [Writer(folder, name, chance) for name in USERS]
    next_kill = time.monotonic() + pause
    while any(len(writer.reported) < changes for writer in writers):
        ready = select.select([writer.pipe for writer in writers], [], [], max(next_kill - time.monotonic(), 0))[0]
        for writer in writers:
            if writer.pipe in ready:
                writer.listen()
        if time.monotonic() >= next_kill:
            victim = chance.choice(writers)
            victim.kill()
            victim.begin()
            kills, next_kill = kills + 1, time.monotonic() + pause * chance.uniform(0.5, 1.5)
    for writer in writers:
        writer.kill()
        last_reported[writer.name] = writer.reported
    seconds = time.monotonic() - began
    for name in USERS:
        last_change(folder, name)
    lines, files = assert_whole(folder, last_reported), assert_open_to_the_group(folder)
    reported = sum(map(len, last_reported.values()))
    sys.stdout.write(f"{reported} changes reported, {kills} kills, {lines} lines, {files} files, {seconds:.1f} s\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
