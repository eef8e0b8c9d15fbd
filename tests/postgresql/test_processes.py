"""Many processes at one database, and a pooler in between."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Final

import psycopg
import pytest

from kconsole.core.errors import StoreUnusable
from kconsole.store.journal_reader import verified
from kconsole.store.locations import engine_at
from kconsole.store.replay import Gaps
from kconsole.store.seatstore import SeatStore
from tests.clocks import noon
from tests.limits import PATIENCE, wait_until
from tests.postgresql.server import Database, unprivileged
from tests.store.stores import account, add, addresses, inventory_of

WRITERS: Final = 8
SEATS: Final = 40

_WRITER: Final = """
import sys
from kconsole.core.errors import Refused
from kconsole.operations.accounts import AddAccount
from kconsole.operations.session import Session

address, name = sys.argv[1:]
session = Session.open(address, patience=60)
added = 0
while True:
    if session.do(AddAccount(f"{name}-{added}@north.example")).commit is None or session.seats.report().free == 0:
        break
    added += 1
session.close()
"""


def test_eight_writers_keep_the_limit_and_one_chain(database: Database, tmp_path: Path) -> None:
    SeatStore.create(database.address(), inventory_of(account("anna"), seats=SEATS), noon(), "anna").close()
    hosts = [{**os.environ, "XDG_CACHE_HOME": str(tmp_path / f"host{number % 2}")} for number in range(WRITERS)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, database.address("boss" if number % 2 else "dirk"), f"w{number}"], env=host
        )
        for number, host in enumerate(hosts)
    ]
    for writer in writers:
        writer.wait(PATIENCE * 2)
    engine = engine_at(database.address(), read_only=True)
    engine.open()
    *_, last = verified(engine, Gaps())
    assert last == engine.head()
    engine.close()
    store = SeatStore.open(database.address(), noon())
    assert len(addresses(store)) == SEATS
    assert len({commit.session for commit in store.journal.history()}) > 2
    store.close()


# A pooler


@contextmanager
def pooled(database: Database, mode: str) -> Iterator[str]:
    """The address of a database behind PgBouncer in a mode."""
    program = which("pgbouncer", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    how = unprivileged()
    with tempfile.TemporaryDirectory(prefix="kconsole-pool-") as name:
        folder = Path(name)
        (folder / "users").write_text('"boss" ""\n')
        (folder / "ini").write_text(
            f"[databases]\n* = host={database.server.folder}\n[pgbouncer]\nlisten_addr=\nunix_socket_dir={folder}\n"
            f"listen_port=6432\npool_mode={mode}\nauth_type=trust\nauth_file={folder}/users\n"
            f"logfile={folder}/log\npidfile={folder}/pid\nignore_startup_parameters=extra_float_digits\n"
        )
        if how:
            os.chown(folder, how["user"], how["group"])
        pooler = subprocess.Popen([program, "-q", str(folder / "ini")], **how)
        try:
            # its socket is there before anyone listens at it
            wait_until(lambda: _listens(folder / ".s.PGSQL.6432") or pooler.poll() is not None, "the pooler")
            host = str(folder).replace("/", "%2F")
            yield f"postgresql://boss@{host}:6432/{database.name}"
        finally:
            pooler.terminate()
            pooler.wait(PATIENCE)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def test_a_pooler_that_shares_sessions_is_refused(database: Database) -> None:
    SeatStore.create(database.address(), inventory_of(account("anna")), noon(), "anna").abandon()
    for mode in ("transaction", "statement"):
        with pooled(database, mode) as address, pytest.raises(StoreUnusable) as caught:
            SeatStore.open(address, noon())
        assert caught.value.code == "database-pooled"


def test_a_pooler_that_shares_sessions_is_refused_while_others_use_it(database: Database) -> None:
    SeatStore.create(database.address(), inventory_of(account("anna")), noon(), "anna").abandon()
    with pooled(database, "transaction") as address, psycopg.connect(address, autocommit=True) as one:
        with psycopg.connect(address, autocommit=True) as two, two.transaction(), one.transaction():
            two.execute("SELECT 1")
            one.execute("SELECT 1")
            with pytest.raises(StoreUnusable) as caught:
                SeatStore.open(address, noon())
        assert caught.value.code == "database-pooled"


def test_a_pooler_of_whole_sessions_will_do(database: Database) -> None:
    SeatStore.create(database.address(), inventory_of(account("anna")), noon(), "anna").abandon()
    with pooled(database, "session") as address:
        store, other = SeatStore.open(address, noon(), 1), SeatStore.open(database.address("dirk"), noon(), 1)
        store.follow()
        add(store, "chen")
        add(other, "dora")
        wait_until(store.catch_up, "the line of another one")
        assert store.notices == []
        store.abandon()
        other.abandon()
