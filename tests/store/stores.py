"""Stores to test with, and what they hold."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from kconsole.core.history import Commit
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.maintenance import verify
from kconsole.store.engine import NO_HASH, START, BrokenJournal, Head
from kconsole.store.file_engine.journal_file import JournalFile
from kconsole.store.file_names import FORMAT
from kconsole.store.journal_line import commit_of, head_after, linked
from kconsole.store.seatstore import SeatStore
from kconsole.store.transaction import Transaction
from tests.clocks import FixedClock, noon

DOMAIN = "north.example"


def account(login: str, **fields: object) -> Entry:
    return Entry(address=f"{login}@{DOMAIN}", **fields)  # type: ignore[arg-type]  # fields of an entry


def inventory_of(*entries: Entry, seats: int | None = 10) -> Inventory:
    return Inventory(license=License(seats=seats), domains=(Domain(name=DOMAIN, primary=True),), entries=entries)


def new_store(folder: Path, *entries: Entry, clock: FixedClock | None = None, patience: float = 0) -> SeatStore:
    return SeatStore.create(folder, inventory_of(*entries), clock or noon(), "anna", patience)


def opened(folder: Path, *, read_only: bool = False) -> SeatStore:
    return SeatStore.open(folder, noon(), 0, "berg", read_only)


def addresses(store: SeatStore) -> list[str]:
    return sorted(entry.address for entry in store.state.entries.values())


def add(store: SeatStore, *logins: str) -> Entry:
    """Add accounts in one transaction; returns the last."""
    with store.transaction("add", "restore") as transaction:
        entries = [transaction.put_entry(account(login)) for login in logins]
    return entries[-1]


def store_of_lines(folder: Path, lines: int) -> Path:
    """A store with a log of this length, closed."""
    store = new_store(folder, account("anna"))
    for number in range(lines - 1):
        add(store, f"a{number}")
    store.close()
    return folder


def remove_entry(transaction: Transaction, number: int) -> None:
    """Remove an entry without a trace."""
    transaction.tables.table("entries").remove(doc_ids=[number])


def reported_to(store: SeatStore) -> list[Commit]:
    """The commits that a store tells of from now on."""
    reported: list[Commit] = []
    store.listen(reported.append)
    return reported


def everything_in(store: SeatStore) -> tuple[Any, ...]:
    entries = {entry.id: entry for entry in store.state.entries.values()}
    return (
        entries,
        sorted(store.state.domains.values(), key=str),
        store.state.license,
        store.state.last_restart,
        store.sequence,
        store.head,
    )


def same_as_disk(store: SeatStore) -> bool:
    """Whether what a store tells is what another one reads, and what the journal alone adds up to."""
    fresh = opened(store.folder)
    snapshot = store.folder / "store.json"
    if snapshot.exists():
        away = snapshot.with_name("away")
        snapshot.rename(away)
        alone = opened(store.folder)
        away.rename(snapshot)
        assert everything_in(alone) == everything_in(fresh)
        alone.abandon()
    same = everything_in(fresh) == everything_in(store) and verify(store.folder) == store.head
    fresh.abandon()
    return same


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / "journal.jsonl").read_bytes().splitlines()]


def encoded(body: dict[str, Any], previous: str) -> tuple[bytes, str]:
    """A line that says anything, and its hash."""
    return linked(orjson.dumps(body), previous)


def line_of(sequence: int, **more: Any) -> dict[str, Any]:
    """What a line of a commit says that changes nothing."""
    said = {"sequence": sequence, "at": "2026-01-01T00:00:00Z", "operator": "anna", "session": "s", "deed": "x"}
    said |= {"next_number": 1, "changes": []}
    return {**said, **more}


def rebuild(folder: Path, change: int, *, keep_snapshot: bool = False) -> None:
    """Rewrite a line, and all after it so that every hash is right, as whoever may write the journal can."""
    path, previous = folder / "journal.jsonl", NO_HASH
    lines = []
    for number, raw in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        body = raw[: raw.index(b',"previous":"')] + b"}"
        if number == change:
            body = body.replace(b'"operator":"', b'"operator":"not ')
        line, previous = linked(body, previous)
        lines.append(line)
    path.write_bytes(b"".join(lines))
    if not keep_snapshot:
        (folder / "store.json").unlink()


def checked_file(path: Path) -> Head:
    """The head of a journal's file, every line of which is right."""
    file, head = JournalFile.open(path, read_only=True), START
    try:
        for raw in file.lines():
            head = head_after(raw, head)
            commit_of(raw, head)
        if not file.ends_with_a_line():
            raise BrokenJournal(head.sequence + 1, "line-has-no-end", head)
    finally:
        file.close()
    return head


def chained(bodies: Iterable[dict[str, Any]]) -> bytes:
    """A journal with a right chain, whatever its lines say."""
    content, previous = b"", NO_HASH
    for body in bodies:
        raw, previous = encoded(body, previous)
        content += raw
    return content


def journal_at(path: Path, content: bytes) -> JournalFile:
    path.write_bytes(content)
    return JournalFile.open(path)


def forged(tables: dict[str, Any], **head: object) -> bytes:
    """A snapshot with a right checksum, whatever is in it."""
    return forged_body(orjson.dumps(tables)[1:], **head)


def forged_body(body: bytes, **head: object) -> bytes:
    """A snapshot with a right checksum, whatever stands after its first line."""
    place = {"sequence": 0, "offset": 0, "hash": NO_HASH}
    return _with_checksum(body, {"product": "kconsole", "format": FORMAT, "next_number": 9, **place, **head})


def of_format_1(tables: dict[str, Any]) -> bytes:
    """A store as the first kconsole wrote it."""
    return _with_checksum(
        orjson.dumps(tables)[1:], {"product": "kconsole", "format": 1, "sequence": 7, "next_number": 9}
    )


def _with_checksum(body: bytes, head: dict[str, Any]) -> bytes:
    head["checksum"] = sha256(orjson.dumps(head) + body).hexdigest()
    return b'{"meta":{"1":' + orjson.dumps(head) + b"},\n" + body
