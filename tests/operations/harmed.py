"""What the tests of damaged stores share."""

import json
from pathlib import Path

import orjson

from kconsole.core.codes import Finding, Message, message
from kconsole.core.history import Operator
from kconsole.operations.accounts import AddAccount, DisableAccounts, EnableAccounts
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.maintenance import examine, mend, verify
from kconsole.operations.session import Session
from kconsole.store.file_engine.snapshot_file import read_snapshot, write_snapshot
from kconsole.text.messages import words_of
from tests.operations.sessions import DOMAIN, account, session_of
from tests.under_kerio import evaluate

ANNA = f"anna@{DOMAIN}"


DORA = Operator("dora")


def store_of(tmp_path: Path, changes: int = 4) -> Path:
    """A store with a snapshot, a former one beside it, and a few lines in its log; no one has it open."""
    session = session_of(tmp_path, account("anna"), account("berg"))
    for change in range(changes):
        session.do((DisableAccounts, EnableAccounts)[change % 2]((ANNA,)))
    session.close()
    session = Session.open(session.store.folder, "anna", session.clock)
    session.do(AddAccount(f"chen@{DOMAIN}"))
    session.close()
    return session.store.folder


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in examine(folder)]


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


def mended(folder: Path) -> list[Finding]:
    """Mend, and see that every byte that was there is there still, and that everybody can work again."""
    before = files(folder)
    findings = mend(folder, examine(folder), DORA, 0, words_of)
    after = files(folder)
    for path, content in before.items():
        assert after.get(path) == content or content in after.values(), path
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*")} <= {0o600, 0o700}
    return findings


def works(folder: Path) -> Session:
    """The store opens, adds up, verifies, and can be changed."""
    session = Session.open(folder, "anna", patience=0)
    assert session.seats.report() == evaluate(session.state.inventory)
    session.do(AddAccount(f"new{len(session.state.live_entries())}@{DOMAIN}"))
    assert verify(folder).sequence == len(list(session.history.log(LogQuery())))
    return session


def contents(folder: Path) -> bytes:
    session = Session.open(folder, "anna", read_only=True)
    try:
        return dump_of(session)
    finally:
        session.close()


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def stale_and_changed(path: Path) -> None:
    """A snapshot with a right checksum that is not what the journal adds up to."""
    snapshot, place = read_snapshot(path)
    tables = json.loads(snapshot.body) | {"license": {"1": {"seats": 99}}}
    del tables["meta"]
    write_snapshot(path, snapshot.head, place, snapshot.next_number, (orjson.dumps(tables),))


def harm_line(folder: Path, number: int) -> None:
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(b'"deed"', b'"DEED"')
    (folder / "journal.jsonl").write_bytes(b"".join(lines))


def lost(*numbers: tuple[int, int]) -> list[Message]:
    return [message("lines-lost", first=first, last=last) for first, last in numbers]


def kept(content: bytes, files_now: dict[Path, bytes]) -> bool:
    """Whether every byte of a file is there still: in one file, or in one and what was torn off its end."""
    contents_now = list(files_now.values())
    if any(now.startswith(content) for now in contents_now):
        return True
    begins = [now for now in contents_now if now and content.startswith(now)]
    return any(content[len(now) :] in contents_now for now in begins)


NAMES = ("journal.jsonl", "store.json", "store.json.bak")
