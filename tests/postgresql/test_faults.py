"""A store in a database whose sessions end, whose server stops, is full, or is not what it was."""

import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kconsole.core.errors import StoreBusy, StoreUnusable
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.session import Session
from kconsole.store.engine import START, StorageAway
from kconsole.store.journal_line import linked
from kconsole.store.journal_reader import verified
from kconsole.store.locations import engine_at
from kconsole.store.postgresql import connection as connections
from kconsole.store.postgresql import engine as engines
from kconsole.store.postgresql.engine import PostgresEngine
from kconsole.store.postgresql.silence import Connection
from kconsole.store.replay import Gaps
from kconsole.store.seatstore import SeatStore
from tests.clocks import FixedClock, noon
from tests.limits import wait_until
from tests.postgresql.server import Database, DatabaseServer
from tests.store.stores import account, add, addresses, inventory_of

Execute = Callable[..., Any]


@pytest.fixture
def store(database: Database) -> Iterator[SeatStore]:
    store = SeatStore.create(database.address(), inventory_of(account("anna"), account("berg")), noon(), "anna", 1)
    yield store
    store.abandon()


def lines(database: Database) -> int:
    ((count,),) = database.execute("SELECT count(*) FROM kconsole.journal")
    return int(count)


def is_whole(database: Database) -> bool:
    engine = engine_at(database.address(), read_only=True)
    engine.open()
    *_, last = verified(engine, Gaps())
    ended = last == engine.head()
    engine.close()
    return ended


# Sessions that end


def test_a_session_that_ended_between_changes_is_made_again(database: Database, store: SeatStore) -> None:
    add(store, "chen")
    database.end_sessions()
    add(store, "dora")
    database.end_sessions()
    assert [commit.operation for commit in store.journal.history()] == ["init", "add", "add"]
    assert is_whole(database)


def test_a_session_that_ends_under_the_lock_saves_nothing(database: Database, store: SeatStore) -> None:
    def change() -> None:
        with store.transaction("add", "restore") as transaction:
            transaction.put_entry(account("chen"))
            database.end_sessions()

    with pytest.raises(StorageAway) as caught:
        change()
    assert (caught.value.exit_code, caught.value.effect and caught.value.effect.code) == (8, "nothing-changed")
    assert addresses(store) == ["anna@north.example", "berg@north.example"]
    add(store, "dora")
    assert lines(database) == 2
    assert is_whole(database)


def at_commit(monkeypatch: pytest.MonkeyPatch, database: Database, *, is_sent: bool, then: Callable[[], None]) -> None:
    """Lose the next COMMIT, before it is sent or when it has been done, and what comes then."""
    execute: Execute = psycopg.Connection.execute
    left = ["COMMIT"]

    def lost(self: Any, query: Any, *rest: Any, **how: Any) -> Any:
        if query not in left:
            return execute(self, query, *rest, **how)
        left.clear()
        if is_sent:
            execute(self, query, *rest, **how)
        database.end_sessions()
        then()
        return execute(self, "SELECT 1")

    monkeypatch.setattr(psycopg.Connection, "execute", lost)


@pytest.mark.quick
def test_a_commit_whose_answer_is_lost_is_found(
    database: Database, store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_commit(monkeypatch, database, is_sent=True, then=lambda: None)
    add(store, "chen")
    assert (lines(database), store.sequence) == (2, 2)
    add(store, "dora")
    assert is_whole(database)


def test_a_commit_that_was_not_done_is_no_change(
    database: Database, store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_commit(monkeypatch, database, is_sent=False, then=lambda: None)
    with pytest.raises(StorageAway):
        add(store, "chen")
    assert (lines(database), store.sequence) == (1, 1)
    add(store, "dora")
    assert is_whole(database)


def test_where_no_one_can_say_it_is_said_so_and_shown_when_the_server_is_back(
    database: Database, store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_IN_DOUBT", 0.3)
    at_commit(monkeypatch, database, is_sent=True, then=lambda: database.server.stop(signal.SIGQUIT))
    try:
        with pytest.raises(StorageAway) as caught:
            add(store, "chen")
        assert (caught.value.code, caught.value.exit_code) == ("database-not-confirmed", 8)
        assert caught.value.effect is not None
        assert caught.value.effect.code == "perhaps-saved"
        assert "chen@north.example" not in addresses(store)
    finally:
        monkeypatch.undo()
        database.server.stop()
        database.server.start()
    wait_until(store.catch_up, "the line that was saved")
    assert "chen@north.example" in addresses(store)


def test_a_lease_ends_with_its_session(database: Database, store: SeatStore) -> None:
    other = SeatStore.open(database.address(), noon(), 0, "berg")
    with store.lease("server") as check_alone:
        with pytest.raises(StoreBusy) as caught, other.lease("server"):
            raise AssertionError
        assert (caught.value.exit_code, caught.value.params["operator"]) == (6, "boss")
        check_alone()
        database.end_sessions()
        with pytest.raises(StorageAway) as lost:
            check_alone()
        assert lost.value.code == "lease-lost"
        with other.lease("server", 5):
            pass
    other.abandon()


def test_who_waits_too_long_is_told_who_saves(database: Database, store: SeatStore) -> None:
    other = SeatStore.open(database.address("dirk"), noon(), 0.05, "dirk")
    with store.transaction("x", "restore"), pytest.raises(StoreBusy) as caught:
        add(other, "chen")
    assert (caught.value.exit_code, caught.value.params["operator"]) == (6, "boss")
    other.abandon()


# Servers that stop


def test_a_server_that_restarts_costs_a_refusal_and_no_line(database: Database, store: SeatStore) -> None:
    database.server.stop(signal.SIGQUIT)
    try:
        with pytest.raises(StorageAway) as caught:
            add(store, "chen")
        assert caught.value.exit_code == 8
        assert store.away is not None
        assert store.catch_up() == []
        assert len(addresses(store)) == 2
    finally:
        database.server.start()
    wait_until(lambda: not store.catch_up() and store.away is None, "the server")
    add(store, "dora")
    assert is_whole(database)


def test_what_was_read_before_is_shown_while_the_server_is_away(database: Database, store: SeatStore) -> None:
    add(store, "chen")
    store.close()
    first = Session.open(database.address(), "anna")
    first.close()
    database.server.stop(signal.SIGQUIT)
    try:
        session = Session.open(database.address(), "anna", patience=0)
        assert session.state.entry_at("chen@north.example") is not None
        assert [notice.code for notice in session.store.notices] == ["database-away-since"]
        assert session.store.notices[0].params["minutes"] == 1
        with pytest.raises(StorageAway):
            session.do(DisableAccounts(("chen@north.example",)))
    finally:
        database.server.start()
    other = Session.open(database.address(), "berg")
    other.do(AddAccount("dora@north.example"))
    wait_until(session.catch_up, "what others changed")
    assert session.state.entry_at("dora@north.example") is not None
    session.do(DisableAccounts(("chen@north.example",)))
    assert session.store.away is None
    session.close()
    other.close()


def test_without_a_cache_there_is_nothing_to_show(database: Database, store: SeatStore, tmp_path: Path) -> None:
    store.abandon()
    nowhere = database.address().replace(database.name, "nowhere")
    with pytest.raises(StorageAway):
        SeatStore.open(nowhere, noon())
    assert tmp_path.exists()


# Following


def test_what_others_append_is_known_without_a_question(
    database: Database, store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SeatStore.open(database.address("dirk"), noon(), 1, "dirk")
    store.follow()
    add(other, "chen")
    engine: Any = store._engine
    wait_until(lambda: engine._follower.head_after(store.head).sequence == 2)
    monkeypatch.setattr(engine._link, "rows", None)  # no one may be asked
    assert [commit.operator.user for commit in store.catch_up()] == ["dirk"]
    assert store.catch_up() == []
    monkeypatch.undo()
    add(store, "dora")
    assert store.catch_up() == []
    database.end_sessions()
    add(other, "emil")
    wait_until(store.catch_up, "the line of a connection that was made again")
    assert store.notices == []
    other.abandon()


def test_what_only_one_connection_lost_is_away_for_a_moment(database: Database, store: SeatStore) -> None:
    heard = threading.Event()
    store.follow(heard.set)
    other = SeatStore.open(database.address("dirk"), noon(), 1, "dirk")
    add(other, "chen")
    wait_until(heard.is_set, "the line of another, so that it follows")
    other.abandon()
    engine: Any = store._engine
    engine._link.lost(StorageAway("database-away", database="", error=""))
    wait_until(lambda: store.away is None, "the next answer")
    add(store, "dora")


def test_where_nothing_is_notified_the_database_is_asked(
    database: Database, store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kconsole.store.postgresql.follower.hears", lambda *_: False)
    store.follow()
    other = SeatStore.open(database.address("dirk"), noon(), 1, "dirk")
    add(other, "chen")
    wait_until(store.catch_up)
    assert [notice.code for notice in store.notices] == ["database-polled"]
    other.abandon()


def test_a_follower_lives_through_a_restart(database: Database, store: SeatStore) -> None:
    store.follow()
    database.server.stop(signal.SIGQUIT)
    wait_until(lambda: store.away is not None, "away")
    database.server.start()
    wait_until(lambda: store.away is None, "back")
    add(store, "chen")
    assert lines(database) == 2


# Databases that are not what they should be


def test_an_older_backup_is_refused(database: Database, store: SeatStore) -> None:
    add(store, "chen")
    store.close()
    database.execute("ALTER TABLE kconsole.journal DISABLE TRIGGER ALL")
    database.execute("ALTER TABLE kconsole.head DISABLE TRIGGER ALL")
    database.execute("DELETE FROM kconsole.journal WHERE sequence = 2")
    database.execute("UPDATE kconsole.head SET sequence = 1, hash = (SELECT hash FROM kconsole.journal)")
    with pytest.raises(StoreUnusable) as caught:
        SeatStore.open(database.address(), noon())
    assert (caught.value.code, caught.value.exit_code) == ("database-went-back", 7)


def test_a_full_disk_changes_nothing(database: Database, store: SeatStore) -> None:
    database.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
    )
    database.execute("CREATE TRIGGER a BEFORE INSERT ON kconsole.journal EXECUTE FUNCTION full_disk()")
    with pytest.raises(StoreUnusable) as caught:
        add(store, "chen")
    assert caught.value.hints[0].code == "make-room-on-server"
    assert caught.value.effect is not None
    assert caught.value.effect.code == "nothing-changed"
    database.execute("DROP TRIGGER a ON kconsole.journal")
    add(store, "dora")
    assert is_whole(database)


def code_at_opening(address: str) -> str:
    with pytest.raises(StoreUnusable) as caught:
        SeatStore.open(address, noon())
    return caught.value.code


def test_a_newer_format_is_refused(database: Database, store: SeatStore) -> None:
    database.execute("ALTER TABLE kconsole.head DISABLE TRIGGER ALL")
    database.execute("UPDATE kconsole.head SET format = 99")
    assert code_at_opening(database.address()) == "newer-store"
    assert store.sequence == 1


def test_another_encoding_is_refused(database: Database) -> None:
    database.server.execute(
        "postgres", "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    assert code_at_opening(database.address().replace(database.name, "ascii")) == "database-encoding"
    database.server.execute("postgres", "DROP DATABASE ascii WITH (FORCE)")


def test_a_server_that_does_not_sync_is_refused(database: Database) -> None:
    database.server.stop()
    database.server.start("-c", "fsync=off")
    try:
        assert code_at_opening(database.address()) == "database-unsafe"
    finally:
        database.server.stop()
        database.server.start()


def test_a_standby_is_refused(database: Database, store: SeatStore) -> None:
    standby = DatabaseServer.standby_of(database.server)
    try:
        assert code_at_opening(database.address().replace(database.server.quoted, standby.quoted)) == "database-standby"
    finally:
        standby.close()
    assert store.sequence == 1


def test_the_time_of_a_host_orders_nothing(database: Database, store: SeatStore) -> None:
    late = FixedClock(noon().now() + timedelta(days=400))
    other = SeatStore.open(database.address("dirk"), late, 1, "dirk")
    add(other, "chen")
    store.catch_up()
    add(store, "dora")
    assert [commit.sequence for commit in store.journal.history()] == [1, 2, 3]
    assert is_whole(database)
    other.abandon()


# Who the server is


@pytest.mark.parametrize(
    ("address", "variables", "expected"),
    [
        ("postgresql://db.example/kconsole", {}, "verify-full"),
        ("postgresql://db.example/kconsole?sslmode=require", {}, None),
        ("postgresql://db.example/kconsole", {"PGSSLMODE": "verify-ca"}, None),
        ("postgresql:///kconsole", {"PGHOST": "db.example"}, "verify-full"),
        ("postgresql:///kconsole?host=/run/postgresql", {}, None),
        ("postgresql:///kconsole", {"PGHOSTADDR": "203.0.113.9"}, "verify-full"),
        ("postgresql://localhost/kconsole?hostaddr=203.0.113.9", {}, "verify-full"),
        ("postgresql://localhost/kconsole", {}, None),
        ("postgresql://localhost,db.example/kconsole", {}, "verify-full"),
        ("postgresql:far", {}, "verify-full"),
        ("postgresql:weak", {}, None),
        ("postgresql:near", {}, None),
    ],
)
def test_a_server_on_another_host_proves_who_it_is(
    address: str, variables: dict[str, str], expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services"
    services.write_text(
        "[far]\nhost=db.example\n[weak]\nhost=db.example\nsslmode=require\n[near]\nhost=/run/postgresql\n"
    )
    given: dict[str, Any] = {}

    def connect(conninfo: str, **how: Any) -> None:
        del conninfo
        given.update(how)
        raise psycopg.OperationalError("no network in tests")

    monkeypatch.setattr(Connection, "connect", connect)
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageAway):
        PostgresEngine(address).open()
    assert given.get("sslmode") == expected
    assert given["connect_timeout"] == connections.CONNECTING


def test_a_line_of_a_megabyte_comes_through(database: Database, store: SeatStore) -> None:
    engine = engine_at(database.address())
    engine.open()
    head = engine.head()
    raw, _ = linked(b'{"sequence":2,"operator":"boss","text":"%b"}' % (b"x" * 1_000_000), head.hash)
    with engine.lock(0, "anna"):
        engine.append([raw], head)
    assert list(engine.read_after(START))[1] == raw
    engine.close()
    assert store.sequence == 1
