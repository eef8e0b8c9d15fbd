"""Fills the disk of a database while a store is changed; `test_full_disk` runs this where the disk is small.

It prints a JSON object: how often which error came, and how many lines were confirmed while the disk filled up.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from kconsole.core.errors import StoreUnusable
from kconsole.operations.accounts import DisableAccounts, EnableAccounts
from kconsole.operations.session import Session
from kconsole.store.journal_reader import verified
from kconsole.store.locations import engine_at
from kconsole.store.replay import Gaps
from tests.limits import wait_until
from tests.postgresql.server import Database, DatabaseServer
from tests.store.stores import account, inventory_of

LONG = "x" * 150
"""A part of a long reason: changes soon need room."""


def _fill(folder: Path, leave: int) -> Path:
    """Take all room but some bytes."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
    size = filler.stat().st_size
    with filler.open("r+b") as file:
        file.truncate(max(0, size - leave))
    return filler


def _change(session: Session, number: int) -> bool:
    (entry,) = session.state.entries.values()
    operation = DisableAccounts if entry.enabled else EnableAccounts
    return session.do(operation(("anna@north.example",), f"{number} {LONG}")).commit is not None


def main(folder: str) -> None:
    tempfile.tempdir = folder
    server = DatabaseServer()
    database = Database(server, server.database().name)
    session = Session.create(database.address(), inventory_of(account("anna")))
    filler, errors, confirmed = _fill(Path(folder), 200_000), Counter[str](), 0
    before = session.store.sequence
    for number in range(5_000):
        try:
            confirmed += _change(session, number)
        except StoreUnusable as error:
            errors[error.hints[0].code if error.code == "database-failed" else error.code] += 1
            if sum(errors.values()) == 3:
                break
    seen = session.store.sequence
    filler.unlink()

    def is_back() -> bool:
        try:
            return _change(session, 10_000)
        except StoreUnusable:
            return False

    wait_until(is_back, "the database")
    session.close()
    engine = engine_at(database.address(), read_only=True)
    engine.open()
    *_, last = verified(engine, Gaps())
    engine.close()
    server.close()
    found = {"errors": errors, "confirmed": confirmed, "before": before, "seen": seen, "last": last.sequence}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
