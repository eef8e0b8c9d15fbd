"""What the database lets a login do, whatever program it uses: the same as its role, and no line too many."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import orjson
import psycopg
import pytest
from msgspec.structs import replace

from kconsole.core.errors import NotPermitted, Refused
from kconsole.core.server import PendingChange, Target
from kconsole.core.times import SystemClock
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.session import Session
from kconsole.store.engine import JournalEngine
from kconsole.store.file_names import FORMAT
from kconsole.store.journal_line import linked
from kconsole.store.journal_reader import verified
from kconsole.store.postgresql.engine import PostgresEngine
from kconsole.store.replay import Gaps
from kconsole.store.seatstore import SeatStore
from kconsole.store.state_sum import hash_of_sum
from tests.clocks import noon
from tests.postgresql.by_hand import Said, append, disabling, entry, head_of, line_of, number_of, said_by
from tests.postgresql.server import Database, DatabaseServer
from tests.store.stores import account, inventory_of


@pytest.fixture
def store(database: Database) -> Iterator[SeatStore]:
    """A store of anna (1 after the domain), berg, off, and an admin of the server."""
    entries = account("anna"), account("berg"), account("off", enabled=False), account("admin", role="full_admin")
    store = SeatStore.create(database.address(), inventory_of(*entries), noon(), "anna")
    yield store
    store.abandon()


@pytest.fixture(scope="module")
def kept(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, SeatStore]]:
    """A database and its store, for all tests that must not be able to change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        database = database_server.database()
        entries = account("anna"), account("berg"), account("off", enabled=False), account("admin", role="full_admin")
        store = SeatStore.create(database.address(), inventory_of(*entries), noon(), "anna")
        yield database, store
        store.abandon()
        database.drop()


@pytest.mark.quick
def test_helpdesk_disables_and_nothing_else_by_kconsole_itself(database: Database, store: SeatStore) -> None:
    session = Session.open(database.address("hana"), "someone")
    done = session.do(DisableAccounts(("berg@north.example",), "left"))
    assert done.commit is not None
    assert (done.commit.operator.user, done.commit.operator.claimed) == ("hana", "someone")
    assert session.authority.role == "helpdesk"
    with pytest.raises(Refused):
        session.undo()  # the database lets helpdesk enable no one
    with pytest.raises(NotPermitted):
        session.store.transaction("x", "restore").__enter__()
    store.catch_up()
    assert not store.state.entries[number_of(store, "berg")].enabled
    assert store.journal.commit(2) is not None
    session.close()


@pytest.mark.quick
def test_helpdesk_by_hand_may_write_what_kconsole_writes(database: Database, store: SeatStore) -> None:
    change = disabling(database, number_of(store, "anna"))
    append(database, "hana", line_of(database, said_by("hana", database, changes=[change], reason="by hand")))
    assert [commit.operation for commit in store.catch_up()] == ["disable"]
    append(database, "hana", line_of(database, said_by("hana", database, "delete", refusals=[{"code": "x"}])))
    assert [commit.operation for commit in store.catch_up()] == ["delete"]


def asking(database: Database, number: int, address: str = "", place: int = 0, **changed: Any) -> Said:
    """What is said before a server is asked."""
    target = Target(number=number, server_id="", address=address or entry(database, number)["address"])
    place = place or head_of(database)[2]
    how = {"operation": "disable", "at": datetime.now(UTC), "targets": (target,), **changed}
    after = orjson.loads(msgspec.json.encode(PendingChange(**how)))
    change = {"table": "intents", "number": place, "before": None, "after": after}
    return said_by("hana", database, changes=[change], next_number=place + 1)


def test_helpdesk_asks_a_server_to_disable_and_takes_in_its_answer(database: Database, store: SeatStore) -> None:
    hana = SeatStore.open(database.address("hana"), SystemClock(), 0, "x")
    anna = number_of(store, "anna")
    target = Target(number=anna, server_id="", address="anna@north.example")
    with hana.transaction("disable", "disable") as transaction:
        asked = PendingChange(operation="disable", at=datetime.now(UTC), targets=(target,))
        number = transaction.put_pending(asked)
    with hana.transaction("disable", "read-server") as transaction:
        transaction.put_entry(replace(hana.state.entries[anna], enabled=False))
        transaction.remove_pending(number)
    store.catch_up()
    assert (store.state.entries[anna].enabled, store.state.pending_changes) == (False, {})
    with store.transaction("enable", "enable") as transaction:  # which says a sum of all records again
        transaction.put_entry(replace(store.state.entries[anna], enabled=True))
    assert list(verified(engine_of(store), Gaps()))[-1] == store.head
    hana.close()


def engine_of(store: SeatStore) -> JournalEngine:
    engine = store._engine
    assert isinstance(engine, PostgresEngine)
    return engine


def _reordered(line: Said) -> Said:
    return dict(reversed(line.items()))


FORGED: Final[dict[str, Callable[[Database, int, int], Said | bytes]]] = {
    "another operator": lambda at, anna, _: said_by("boss", at, changes=[disabling(at, anna)]),
    "enables": lambda at, _, off_: said_by(
        "hana",
        at,
        "enable",
        changes=[
            {
                "table": "entries",
                "number": off_,
                "before": entry(at, off_),
                "after": {k: v for k, v in entry(at, off_).items() if k != "enabled"},
            }
        ],
    ),
    "another name on the way": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna, name="x")]),
    "role on the way": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna, role="auditor")]),
    "not as it was": lambda at, anna, _: said_by(
        "hana",
        at,
        changes=[
            {
                "table": "entries",
                "number": anna,
                "before": {"address": "x@north.example"},
                "after": {"address": "x@north.example", "enabled": False},
            }
        ],
    ),
    "a new account": lambda at, _, __: said_by(
        "hana",
        at,
        changes=[
            {
                "table": "entries",
                "number": head_of(at)[2],
                "before": None,
                "after": {"address": "x@north.example", "enabled": False},
            }
        ],
        next_number=head_of(at)[2] + 1,
    ),
    "a removal": lambda at, anna, _: said_by(
        "hana", at, changes=[{"table": "entries", "number": anna, "before": entry(at, anna), "after": None}]
    ),
    "another table": lambda at, _, __: said_by(
        "hana", at, changes=[{"table": "policies", "number": 99, "before": None, "after": {"name": "x"}}]
    ),
    "a keep": lambda at, anna, _: said_by(
        "hana", at, changes=[{"table": "keeps", "number": anna, "before": None, "after": {"until": "2027-01-01"}}]
    ),
    "the license": lambda at, _, __: said_by(
        "hana", at, changes=[{"table": "license", "number": 1, "before": None, "after": {"seats": 1000}}]
    ),
    "logins": lambda at, anna, _: said_by(
        "hana",
        at,
        changes=[
            {
                "table": "entries",
                "domain": "north.example",
                "protocols": ["IMAP"],
                "logins": [[anna, "anna", 1780000300, None, 0, 0]],
            }
        ],
    ),
    "another operation": lambda at, anna, _: said_by("hana", at, "sync", changes=[disabling(at, anna)]),
    "numbers used up": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], next_number=10**9),
    "a state": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], state="0" * 32),
    "a snapshot": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], snapshot="0" * 64),
    "lost lines": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], gaps=[[1, 1]]),
    "an undo": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], undoes=1),
    "a plan": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], plan="p"),
    "an unknown field": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], more=1),
    "a field of a change": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna) | {"more": 1}]),
    "another order": lambda at, anna, _: orjson.dumps(
        {"sequence": 2, **_reordered(said_by("hana", at, changes=[disabling(at, anna)]))}
    ),
    "blanks that hide it": lambda at, anna, _: orjson.dumps(said_by("hana", at, changes=[disabling(at, anna)])).replace(
        b'{"table":', b'{ "table":'
    ),
    "a field twice": lambda at, anna, _: orjson.dumps(said_by("hana", at, changes=[disabling(at, anna)])).replace(
        b'"operator":"hana"', b'"operator":"boss","operator":"hana"'
    ),
    "a field of a record twice": lambda at, anna, _: orjson.dumps(
        said_by("hana", at, changes=[disabling(at, anna)])
    ).replace(b'"enabled":false', b'"enabled":true,"enabled":false'),
    "a time that is none": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], at="today"),
    "a time long ago": lambda at, anna, _: said_by(
        "hana", at, changes=[disabling(at, anna)], at="2020-01-01T00:00:00Z"
    ),
    "a number for a text": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], reason=7),
    "a text for a number": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], uid="7"),
    "half a letter": lambda at, anna, _: orjson.dumps(
        said_by("hana", at, changes=[disabling(at, anna)], reason="R")
    ).replace(b'"R"', b'"\\ud800"'),
    "a refusal that is none": lambda at, *_: said_by("hana", at, refusals=[{"address": 7, "code": "x"}]),
    "seats that are none": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], seats=[1]),
    "claims that are none": lambda at, anna, _: said_by("hana", at, changes=[disabling(at, anna)], claims={"as": 1}),
    "a repair": lambda at, *_: said_by("hana", at, "mend", refusals=[{"code": "x"}]),
    "nothing": lambda at, *_: said_by("hana", at),
    "too deep for some readers": lambda at, *_: orjson.dumps(
        said_by("hana", at, refusals=[{"code": "x", "params": {"a": "DEEP"}}])
    ).replace(b'"DEEP"', b"[" * 1500 + b"]" * 1500),
    "deep beside shallow": lambda at, *_: orjson.dumps(
        said_by("hana", at, refusals=[{"code": "x", "params": {"a": "DEEP"}}])
    ).replace(b'"DEEP"', b"[[]," * 1500 + b"1" + b"]" * 1500),
    "a number too large for some readers": lambda at, *_: orjson.dumps(
        said_by("hana", at, refusals=[{"code": "x", "params": {"a": "LARGE"}}])
    ).replace(b'"LARGE"', b"1e999"),
    "a second that is none": lambda at, anna, _: said_by(
        "hana", at, changes=[disabling(at, anna)], at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M}:60Z"
    ),
    "a server asked to delete": lambda at, anna, _: asking(at, anna, operation="delete", mailbox="delete"),
    "a server asked to enable": lambda at, _, off_: asking(at, off_, operation="enable"),
    "a server asked for another account": lambda at, anna, _: asking(at, anna, "berg@north.example"),
    "a number that is not the next one": lambda at, anna, _: asking(at, anna, place=head_of(at)[2] + 7),
    "no JSON": lambda *_: b'{"sequence":2,' + b"x" * 80 + b"}",
}
"""Lines that a helpdesk login writes by hand, whose hashes are right."""


@pytest.mark.parametrize("forgery", FORGED)
def test_helpdesk_by_hand_can_do_nothing_else(kept: tuple[Database, SeatStore], forgery: str) -> None:
    database, store = kept
    line = line_of(database, FORGED[forgery](database, number_of(store, "anna"), number_of(store, "off")))
    with pytest.raises(psycopg.Error):
        append(database, "hana", line)
    assert store.catch_up() == []


def test_helpdesk_disables_no_one_of_a_higher_role(database: Database, store: SeatStore) -> None:
    line = said_by("hana", database, changes=[disabling(database, number_of(store, "admin"))])
    with pytest.raises(psycopg.Error, match="higher role"):
        append(database, "hana", line_of(database, line))


def test_last_logins_that_were_refreshed_count_as_they_are(database: Database, store: SeatStore) -> None:
    anna = number_of(store, "anna")
    refresh: Said = {"table": "entries", "domain": "north.example", "protocols": ["IMAP"]}
    refresh["logins"] = [[anna, "anna", 1780000300, None, 0, 0]]
    append(database, "boss", line_of(database, said_by("boss", database, "sync", changes=[refresh])))
    stale = line_of(database, said_by("hana", database, changes=[disabling(database, anna)]))
    with pytest.raises(psycopg.Error):
        append(database, "hana", stale)
    session = Session.open(database.address("hana"))
    assert session.do(DisableAccounts(("anna@north.example",))).commit is not None
    session.close()


@pytest.mark.parametrize("login", ["stranger", "audra", "hana", "carol", "boss"])
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO kconsole.journal VALUES ('kconsole', 2, 'x', 'y', 'z')",
        "UPDATE kconsole.journal SET line = 'x'",
        "DELETE FROM kconsole.journal",
        "TRUNCATE kconsole.journal",
        "UPDATE kconsole.head SET sequence = 0",
        "DELETE FROM kconsole.head",
        "UPDATE kconsole.record SET document = '{}'",
        "ALTER TABLE kconsole.journal DISABLE TRIGGER ALL",
        "DROP SCHEMA kconsole CASCADE",
        "CREATE FUNCTION kconsole.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT kconsole.check_line('kconsole', '{}', '', 'full-admin', NULL)",
        "SET ROLE postgres",
    ],
)
def test_no_login_goes_past_the_functions(kept: tuple[Database, SeatStore], login: str, sql: str) -> None:
    database, store = kept
    with pytest.raises(psycopg.Error):
        database.execute(sql, login=login)
    assert store.catch_up() == []


@pytest.mark.parametrize("sql", ["UPDATE kconsole.journal SET line = 'x'", "DELETE FROM kconsole.head"])
def test_even_the_owner_is_stopped_by_triggers(database: Database, store: SeatStore, sql: str) -> None:
    with pytest.raises(psycopg.Error, match="changed or removed"):
        database.execute(sql)
    with pytest.raises(psycopg.Error, match="changed or removed"):
        database.execute("TRUNCATE kconsole.journal")
    with pytest.raises(psycopg.Error, match="only goes on"):
        database.execute("UPDATE kconsole.head SET sequence = 0")
    assert store.catch_up() == []


def test_the_chain_cannot_fork_by_hand(database: Database, store: SeatStore) -> None:
    first = head_of(database)[:2]
    one = line_of(database, said_by("boss", database, "x"))
    append(database, "boss", one)
    other = linked(orjson.dumps(said_by("boss", database, "y") | {"sequence": 2}), first[1])[0]
    with pytest.raises(psycopg.Error, match="gone on"):
        append(database, "boss", other, at=first)
    with pytest.raises(psycopg.Error, match="chain"):
        append(database, "boss", other)
    wrong = line_of(database, said_by("boss", database, "z")).replace(b'"deed":"z"', b'"deed":"w"')
    with pytest.raises(psycopg.Error, match="chain"):
        append(database, "boss", wrong)
    two = line_of(database, said_by("boss", database, "z")).replace(b"{", b"{\n", 1)
    with pytest.raises(psycopg.Error, match="chain"):
        append(database, "boss", two)
    assert [commit.operation for commit in store.catch_up()] == ["x"]


def test_a_search_path_of_the_caller_changes_nothing(database: Database, store: SeatStore) -> None:
    with database.server.connect(database.name, "hana") as connection:
        connection.execute("CREATE TEMP TABLE head AS SELECT 1")
        connection.execute(
            "CREATE FUNCTION pg_temp.role_of(name) RETURNS text LANGUAGE sql AS $$ SELECT 'full-admin' $$"
        )
        connection.execute("SET search_path = pg_temp, kconsole, pg_catalog")
        line = line_of(database, said_by("hana", database, "x", state=hash_of_sum(0)))
        sequence, hash_, _ = head_of(database)
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT kconsole.append('kconsole', %s, %s, %s, %s)", (sequence, hash_, [line], FORMAT))
    assert store.catch_up() == []


def test_an_account_admin_adds_and_tags_and_deletes_no_one(database: Database, store: SeatStore) -> None:
    carol = SeatStore.open(database.address("carol"), SystemClock(), 0, "carol")
    with carol.transaction("add", "add") as transaction:
        added = transaction.put_entry(account("chen"))
    assert carol.authority().role == "account-admin"
    sequence, _, _ = head_of(database)
    gone = {"table": "entries", "number": added.id, "before": entry(database, added.id), "after": None}
    with pytest.raises(psycopg.Error, match="deletes no"):
        append(database, "carol", line_of(database, said_by("carol", database, "delete", changes=[gone])))
    license_ = {"table": "license", "number": 1, "before": {"seats": 10}, "after": {"seats": 99}}
    with pytest.raises(psycopg.Error):
        append(database, "carol", line_of(database, said_by("carol", database, "x", changes=[license_])))
    assert head_of(database)[0] == sequence
    assert len(store.catch_up()) == 1
    carol.close()


def test_an_auditor_reads(database: Database, store: SeatStore) -> None:
    reader = SeatStore.open(database.address("audra"), noon(), 0, "x")
    assert reader.why_read_only is not None
    assert reader.state.inventory == store.state.inventory
    with pytest.raises(psycopg.Error):
        append(database, "audra", line_of(database, said_by("audra", database)))
    reader.close()


def test_a_stranger_gets_nothing(database: Database, store: SeatStore) -> None:
    with pytest.raises(NotPermitted) as caught:
        SeatStore.open(database.address("stranger"), noon(), 0, "x")
    assert caught.value.code == "database-gives-no-role"
    assert store.read_only is False
