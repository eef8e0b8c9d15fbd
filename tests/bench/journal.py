"""A long log: what its lines take, and how long a change, opening, an undo and a page of it do; beside rows of sqlite3.

How it is measured:

- The log changes 1,000 accounts in turn. Some early lines disable accounts that no later line changes: an undo of them
  must look at all lines after them, and finds that nothing stands in its way.
- The rows of sqlite3 hold the same: number, time, operator, operation, account, and the record before and after, with
  an index by account. Its undo looks for later rows of the account, updates the record and adds a row, durably.
- Each time is that of a fresh process, the best of three; the memory is what that process occupies at most.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from kconsole.core.encoding import compact_entry
from kconsole.core.history import Change, Commit, Operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.core.times import SystemClock
from kconsole.operations.accounts import AddAccount
from kconsole.operations.history import LogQuery
from kconsole.operations.session import Session
from kconsole.store.journal_line import body_of, linked
from kconsole.store.locations import engine_at
from kconsole.store.seatstore import SeatStore
from tests.bench.timing import shown

LINES: Final = 100_000
ACCOUNTS: Final = 1_000
RUNS: Final = 3
PAGE: Final = 50
EARLY: Final = 10
KEEP: Final = 10_000
TAIL: Final = 4 * 1024 * 1024
"""Bytes after the last snapshot that a crash may leave behind."""

_T0: Final = datetime(2024, 1, 1, tzinfo=UTC)
_WHO: Final = Operator("root")


def commits(entries: dict[int, Entry], first: int, last: int) -> Iterator[Commit]:
    """Lines that disable and enable accounts; the first ones of these only in the early lines."""
    rare, numbers = list(entries)[: 2 * RUNS], list(entries)[2 * RUNS :]
    for sequence in range(first, last + 1):
        is_early = EARLY <= sequence < EARLY + len(rare)
        number = rare[sequence - EARLY] if is_early else numbers[sequence % len(numbers)]
        before = entries[number]
        entries[number] = replace(before, enabled=not before.enabled)
        change = Change("entries", number, before, entries[number])
        at, seats = _T0 + timedelta(seconds=sequence), (ACCOUNTS, ACCOUNTS)
        name = "disable" if before.enabled else "enable"
        yield Commit(sequence, at, _WHO, "0123456789abcdef", name, "", (change,), seats)


def make(folder: Path, lines: int) -> None:
    """A store and a database with so many lines."""
    persons = (Entry(address=f"person{each:04d}@north.example", full_name=f"Person {each}") for each in range(ACCOUNTS))
    license_, domain = License(seats=2 * ACCOUNTS), Domain(name="north.example", primary=True)
    inventory = Inventory(license=license_, domains=(domain,), entries=tuple(persons))
    store = SeatStore.create(folder, inventory, SystemClock(), _WHO)
    entries, number = dict(store.state.entries), store.journal.next_number
    store.close()
    rows = sqlite3.connect(folder.with_suffix(".db"), isolation_level=None)
    rows.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE entries (number INTEGER PRIMARY KEY, record BLOB);"
        "CREATE TABLE log (sequence INTEGER PRIMARY KEY, at TEXT, operator TEXT, operation TEXT, account INTEGER,"
        " before BLOB, after BLOB); CREATE INDEX by_account ON log (account, sequence)"
    )
    all_commits = commits(entries, 2, lines)
    while some := list(islice(all_commits, 10_000)):
        append(folder, some, number)
        rows.execute("BEGIN")
        rows.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", map(_row, some))
        rows.execute("COMMIT")
    records = ((each, compact_entry(entry)) for each, entry in entries.items())
    rows.executemany("INSERT INTO entries VALUES (?, ?)", records)
    rows.close()


def append(folder: Path, some: Sequence[Commit], number: int) -> None:
    """Append lines without a snapshot, as a process does that crashes."""
    engine = engine_at(folder)
    engine.open()
    with engine.lock(0, "root"):
        head, lines = engine.head(), list[bytes]()
        own = head.hash
        for commit in some:
            line, own = linked(body_of(commit, number), own)
            lines.append(line)
        engine.append(lines, head)
    engine.close()


def _row(commit: Commit) -> tuple[object, ...]:
    (change,) = commit.changes
    before, after = compact_entry(change.before), compact_entry(change.after)
    return commit.sequence, commit.at.isoformat(), commit.operator.user, commit.operation, change.number, before, after


# What is measured, each in a process of its own


def _open(folder: Path) -> None:
    Session.open(folder, _WHO, read_only=True)


def _change(folder: Path) -> Callable[[], object]:
    session = Session.open(folder, _WHO)
    return lambda: session.do(AddAccount(f"new{os.getpid()}@north.example"))


def _page(folder: Path) -> Callable[[], object]:
    session = Session.open(folder, _WHO)
    return lambda: list(islice(session.history.log(LogQuery(), newest_first=True), PAGE))


def _undo(folder: Path) -> Callable[[], object]:
    session = Session.open(folder, _WHO)
    disabled = [number for number, entry in session.store.state.entries.items() if not entry.enabled]
    line = EARLY + list(session.store.state.entries).index(disabled[0])
    return lambda: session.undo(line)


def _rows(folder: Path) -> sqlite3.Connection:
    rows = sqlite3.connect(folder.with_suffix(".db"), isolation_level=None)
    rows.execute("PRAGMA synchronous=FULL")
    return rows


def _open_rows(folder: Path) -> None:
    _rows(folder).execute("SELECT number, record FROM entries").fetchall()


def _change_rows(folder: Path) -> Callable[[], object]:
    rows = _rows(folder)

    def change() -> None:
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("UPDATE entries SET record = record WHERE number = 500")
        rows.execute("INSERT INTO log SELECT MAX(sequence) + 1, '', '', '', 500, x'', x'' FROM log")
        rows.execute("COMMIT")

    return change


def _page_rows(folder: Path) -> Callable[[], object]:
    rows = _rows(folder)
    return lambda: rows.execute(f"SELECT * FROM log ORDER BY sequence DESC LIMIT {PAGE}").fetchall()


def _undo_rows(folder: Path) -> Callable[[], object]:
    rows = _rows(folder)

    def undo() -> None:
        rows.execute("BEGIN IMMEDIATE")
        number, before = rows.execute("SELECT account, before FROM log WHERE sequence = ?", (EARLY,)).fetchone()
        rows.execute("SELECT * FROM log WHERE account = ? AND sequence > ?", (number, EARLY)).fetchall()
        rows.execute("UPDATE entries SET record = ? WHERE number = ?", (before, number))
        rows.execute("INSERT INTO log SELECT MAX(sequence) + 1, '', '', '', ?, x'', x'' FROM log", (number,))
        rows.execute("COMMIT")

    return undo


_DONE: Final = {
    function.__name__.lstrip("_"): function
    for function in (_open, _change, _page, _undo, _open_rows, _change_rows, _page_rows, _undo_rows)
}


def timed(what: str, folder: Path) -> tuple[float, float]:
    """The best time and the most memory, in megabytes, of fresh processes."""
    command = [sys.executable, "-m", "tests.bench.journal", what, str(folder)]
    answers = [json.loads(subprocess.check_output(command)) for _ in range(RUNS)]
    return min(answer[0] for answer in answers), max(answer[1] for answer in answers)


def _child(what: str, folder: Path) -> None:
    begin = time.perf_counter()
    then = _DONE[what](folder)
    if then is not None:
        begin = time.perf_counter()
        then()
    taken = time.perf_counter() - begin
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage counts what the parent had, too
    most = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    sys.stdout.write(json.dumps([taken, int(most.split()[1]) / 1024]))


def bytes_of_a_login() -> float:
    """What a fresh last login takes in the log that a sync reads with others."""
    with tempfile.TemporaryDirectory() as temporary:
        persons = tuple(Entry(address=f"person{each}@north.example", last_login=LastLogin(_T0)) for each in range(200))
        store = SeatStore.create(Path(temporary) / "s", Inventory(entries=persons), SystemClock(), _WHO)
        begin = store.folder.joinpath("journal.jsonl").stat().st_size
        with store.transaction("sync", "restore") as transaction:
            transaction.is_compact = True
            later = LastLogin(_T0 + timedelta(minutes=5))
            transaction.put_entries([replace(entry, last_login=later) for entry in store.state.entries.values()])
        taken = store.folder.joinpath("journal.jsonl").stat().st_size - begin
        store.abandon()
    return taken / len(persons)


def report(lines: Sequence[int] = (LINES,)) -> str:
    """The table."""
    table = list(_HEAD)
    for count in lines:
        with tempfile.TemporaryDirectory(dir=os.environ.get("KCONSOLE_BENCH_DIR")) as temporary:
            folder = Path(temporary) / "store"
            make(folder, count)
            Session.open(folder, _WHO).close()  # with a snapshot, as each session leaves it
            journal = folder / "journal.jsonl"
            table.append(_line(count, "kconsole", folder, "", journal.stat().st_size))
            database = folder.with_suffix(".db")
            table.append(_line(count, "sqlite3, WAL, FULL", folder, "_rows", database.stat().st_size))
            store = SeatStore.open(folder, SystemClock(), operator=_WHO)
            store.archive(min(KEEP, count // 10))
            entries, number = dict(store.state.entries), store.journal.next_number
            store.close()
            size = sum(path.stat().st_size for path in folder.glob("journal*"))
            table.append(_line(count, "kconsole, archived", folder, "", size))
            last = SeatStore.open(folder, SystemClock(), read_only=True).sequence
            append(folder, list(commits(entries, last + 1, last + TAIL // 520)), number)
            opening, memory = timed("open", folder)
            cells = f"kconsole, first opening after a crash | – | {shown(opening)} | – | – | – | {memory:.0f} MB"
            table.append(f"| {count:,} | {cells} |")
    return "\n".join([*table, "", f"A fresh last login that a sync reads takes {bytes_of_a_login():.0f} bytes.", ""])


def _line(count: int, name: str, folder: Path, kind: str, size: int) -> str:
    found = [timed(f"{what}{kind}", folder) for what in ("open", "change", "page", "undo")]
    cells = [f"{size / count:.0f}", *(shown(seconds) for seconds, _ in found), f"{found[-1][1]:.0f} MB"]
    return f"| {count:,} | {name} | {' | '.join(cells)} |"


_HEAD = (
    "| lines | log | bytes a line | opening | durable change | newest 50 lines | undo of an early line | its memory |",
    "|---:|---|---:|---:|---:|---:|---:|---:|",
)


if __name__ == "__main__":
    _child(sys.argv[1], Path(sys.argv[2]))
