"""A store in PostgreSQL, on this machine: a change beside a bare INSERT + NOTIFY + COMMIT, and opening beside a folder.

How it is measured:

- The server is one that the tests start, with fsync, on a socket. Each figure is from this run on this machine.
- The bare transaction inserts the bytes of the same line into a table with the same keys, over the same driver.
- Another process follows the store as a console does. What it sees is timed from before the change.
- Openings are those of fresh processes, the best of three, each with the snapshot that the session before left.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

from kconsole.core.history import Operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.times import SystemClock
from kconsole.operations.accounts import DisableAccounts, EnableAccounts
from kconsole.operations.session import Session
from kconsole.operations.store_places import copy
from kconsole.store.file_names import FORMAT
from kconsole.store.journal_line import body_of, hash_of, linked, named_before
from kconsole.store.locations import engine_at
from kconsole.store.seatstore import SeatStore
from tests.bench.journal import commits
from tests.postgresql.server import DatabaseServer

if TYPE_CHECKING:
    from psycopg import Connection

CHANGES: Final = 100
_WHO: Final = Operator("boss")


def inventory(accounts: int) -> Inventory:
    """So many accounts, in one domain."""
    persons = (Entry(address=f"person{each:06d}@north.example", full_name=f"Person {each}") for each in range(accounts))
    domain = Domain(name="north.example", primary=True)
    return Inventory(license=License(seats=2 * accounts), domains=(domain,), entries=tuple(persons))


def report(accounts: Sequence[int] = (100_000,), lines: Sequence[int] = (100_000,)) -> str:
    """The tables."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("KCONSOLE_BENCH_DIR")) as temporary:
        os.environ["XDG_CACHE_HOME"] = f"{temporary}/cache"
        server = DatabaseServer()
        try:
            table = list(_HEAD)
            table += [_of_accounts(server, count, Path(temporary) / f"a{count}") for count in accounts]
            table += ["", *_HEAD_OF_LINES]
            table += [_of_lines(server, count, Path(temporary) / f"l{count}") for count in lines]
        finally:
            server.close()
    return "\n".join([*table, ""])


def _of_accounts(server: DatabaseServer, count: int, folder: Path) -> str:
    SeatStore.create(folder, inventory(count), SystemClock(), _WHO).close()
    database = server.database()
    begin = time.perf_counter()
    copy(folder, database.address(), _WHO, 60)
    copied = time.perf_counter() - begin
    Session.open(folder, _WHO).close()
    Session.open(database.address()).close()  # which keeps a snapshot here
    there, here = opened(database.address()), opened(str(folder))
    session = Session.open(database.address())
    ours, bare, seen = list[float](), list[float](), list[float]()
    with server.connect(database.name) as connection:
        connection.execute("CREATE TABLE bare (LIKE kconsole.journal INCLUDING ALL)")
        for _ in range(CHANGES):
            began = _change(session, len(ours))
            ours.append(time.monotonic() - began)
            bare.append(_bare(connection, session))
    watcher = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.postgresql", "watch", database.address("dirk")], stdout=subprocess.PIPE
    )
    assert watcher.stdout is not None
    watcher.stdout.readline()
    for number in range(CHANGES):
        began = _change(session, number)
        seen.append(float(watcher.stdout.readline()) - began)
    watcher.kill()
    watcher.communicate()
    session.close()
    database.drop()
    slow = quantiles(seen, n=20)[-1]
    cells = [_ms(median(ours)), _ms(median(bare)), f"{median(ours) / median(bare):.1f}", _ms(median(seen)), _ms(slow)]
    cells += [_ms(there), _ms(here), f"{there / here:.2f}", f"{copied:.1f} s"]
    return f"| {count:,} | {' | '.join(cells)} |"


def _change(session: Session, number: int) -> float:
    """Disable accounts in turn, then enable them; returns when it began."""
    address = (f"person{number % 50:06d}@north.example",)
    began = time.monotonic()
    session.do(DisableAccounts(address) if number % 100 < 50 else EnableAccounts(address))
    return began


def _bare(connection: "Connection[Any]", session: Session) -> float:
    """The time of a transaction that does next to nothing with the last line."""
    raw = next(session.store.journal.backwards())
    sequence = session.store.sequence
    began = time.monotonic()
    connection.execute("BEGIN")
    row = ("kconsole", sequence, named_before(raw, sequence).hash, hash_of(raw), raw)
    connection.execute("INSERT INTO bare VALUES (%s, %s, %s, %s, %s)", row)
    connection.execute("SELECT pg_notify('bare', %s)", (f"kconsole:{sequence}",))
    connection.execute("COMMIT")
    return time.monotonic() - began


def _of_lines(server: DatabaseServer, count: int, folder: Path) -> str:
    """A long log, which is written past the checks: they are measured above."""
    SeatStore.create(folder, inventory(1_000), SystemClock(), _WHO).close()
    engine = engine_at(folder)
    engine.open()
    entries = dict(SeatStore.open(folder, SystemClock(), read_only=True).state.entries)
    head = engine.head()
    (first,) = engine.read_after(engine.start())
    database = server.database()
    begin = time.perf_counter()

    def rows() -> Iterator[tuple[int, bytes]]:
        previous = head.hash
        yield 1, first
        for commit in commits(entries, 2, count):
            raw, previous = linked(body_of(commit, 10_000), previous)
            yield commit.sequence, raw

    size, last, some = 0, "", list[bytes]()
    with server.connect(database.name) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY kconsole.journal (store, sequence, previous, hash, line) FROM STDIN") as rows_in:
            for sequence, raw in rows():
                last = hash_of(raw)
                rows_in.write_row(("kconsole", sequence, named_before(raw, sequence).hash, last, raw))
                size += len(raw)
                if sequence > 1:
                    some.append(raw)
                if len(some) == 20_000 or sequence == count:
                    with engine.lock(0, "boss"):
                        head = engine.append(some, head)
                    some.clear()
        row = ("kconsole", count, last, FORMAT, size, 10_000)
        cursor.execute("INSERT INTO kconsole.head VALUES (%s, %s, %s, %s, %s, %s)", row)
        cursor.execute("ANALYZE")
    written = time.perf_counter() - begin
    engine.close()
    cold = opened(database.address(), runs=1)
    for place in (str(folder), database.address()):
        Session.open(place).close()
    there, here = opened(database.address()), opened(str(folder))
    database.drop()
    return f"| {count:,} | {_ms(there)} | {_ms(here)} | {_ms(cold)} | {written:.0f} s |"


def opened(place: str, runs: int = 3) -> float:
    """The best time in which a fresh process opens a store."""
    command = [sys.executable, "-m", "tests.bench.postgresql", "open", place]
    return min(float(json.loads(subprocess.check_output(command))) for _ in range(runs))


def _child(what: str, place: str) -> None:
    if what == "open":
        begin = time.perf_counter()
        Session.open(place, read_only=True)
        sys.stdout.write(json.dumps(time.perf_counter() - begin))
        sys.stdout.flush()
        os._exit(0)  # and leaves the snapshot as it is
    session, heard = Session.open(place), threading.Event()
    session.store.follow(heard.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        heard.wait()
        heard.clear()
        for _ in session.catch_up():
            sys.stdout.write(f"{time.monotonic()}\n")
            sys.stdout.flush()


_HEAD: Final = (
    "| accounts | a change | bare transaction | times | seen elsewhere | 95 % within | opening | of a folder | times"
    " | copying |",
    "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
)
_HEAD_OF_LINES: Final = (
    "| lines | opening | of a folder | without a snapshot | writing them |",
    "|---:|---:|---:|---:|---:|",
)


def _ms(seconds: float) -> str:
    return (
        f"{seconds * 1000:.1f} ms"
        if seconds < 0.1
        else f"{seconds * 1000:.0f} ms"
        if seconds < 1
        else f"{seconds:.2f} s"
    )


if __name__ == "__main__":
    _child(*sys.argv[1:])
