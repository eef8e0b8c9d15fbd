"""What a login of the database is bound to, how kconsole shows it, and how a database is brought up to date."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import get_args

import psycopg
import pytest
from msgspec.json import encode

from kconsole.core.errors import BadInput, NotPermitted, StoreBusy
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Kind, Origin
from kconsole.core.roles import BRAKE, ROLES, Authority, Bounds
from kconsole.core.times import SystemClock
from kconsole.licensing.policy import KERIO
from kconsole.operations import store_places
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.catalog import MODULES, UNDO, capability_of
from kconsole.operations.session import Session
from kconsole.store.file_names import FORMAT
from kconsole.store.postgresql.connection import OPERATIONS
from kconsole.store.postgresql.schema import VERSION, functions, schema
from kconsole.store.seatstore import SeatStore
from tests.postgresql.by_hand import append, disabling, entry, head_of, line_of, number_of, said_by
from tests.postgresql.server import Database
from tests.postgresql.test_commands import AtDatabase
from tests.store.stores import account

NORTH, SOUTH = "north.example", "bücher.example"
MANY = tuple(f"a{number}@{NORTH}" for number in range(BRAKE + 2))


@pytest.fixture
def boss(database: Database) -> Iterator[Session]:
    entries = (*(Entry(address=address) for address in MANY), Entry(address=f"dora@{SOUTH}"), account("hana"))
    domains = Domain(name=NORTH, primary=True), Domain(name=SOUTH)
    session = Session.create(database.address(), Inventory(license=License(), domains=domains, entries=entries))
    yield session
    session.close()


def test_a_bound_login_is_refused_by_kconsole_and_by_the_database(
    database: Database, boss: Session, tmp_path: Path
) -> None:
    office, helpdesk = AtDatabase(database, tmp_path), AtDatabase(database, tmp_path, "hana")
    session = Session.open(database.address("hana"), "hana@host")
    assert helpdesk("store", "bind", "hana", "--domain", NORTH).code == 4
    with pytest.raises(psycopg.Error):
        database.execute("SELECT kconsole.bind('hana', NULL)", login="hana")
    for words, code in (
        (["unknown", "--domain", NORTH], 3),
        (["hana", "--domain", "x.example"], 3),
        (["hana", "--account", f"x@{NORTH}"], 3),
        (["hana"], 2),
        (["hana", "--end", "--domain", NORTH], 2),
    ):
        assert office("store", "bind", *words).code == code, words
    office.done("store", "bind", "hana", "--domain", SOUTH, "--account", f"HANA@{NORTH}")
    who = helpdesk.done("roles", "whoami", "--json").json
    assert [who[name] for name in ("user", "how", "role", "domains", "account")] == [
        "hana", "database", "helpdesk", ["xn--bcher-kva.example"], f"hana@{NORTH}",
    ]  # fmt: skip
    assert helpdesk("disable", MANY[0]).code == 3  # it does not see that
    disabled = Entry(address=MANY[0], enabled=False, id=number_of(boss.store, "a0"))
    with (  # a session from before that learns it under the lock
        pytest.raises(NotPermitted) as refused,
        session.store.transaction("disable", "disable") as transaction,
    ):
        transaction.put_entry(disabled)
    assert refused.value.code == "outside-domains-refused"
    assert session.authority.domains == {"xn--bcher-kva.example"}
    with pytest.raises(psycopg.Error, match="other domains"):
        append(
            database, "hana", line_of(database, said_by("hana", database, changes=[disabling(database, disabled.id)]))
        )
    helpdesk.done("disable", f"dora@{SOUTH}")
    office.done("store", "bind", "hana", "--end")
    helpdesk.done("disable", MANY[0])
    assert helpdesk.done("roles", "whoami", "--json").json["domains"] == []
    session.close()


def test_helpdesk_has_a_brake_in_the_database(database: Database, boss: Session) -> None:
    session = Session.open(database.address("hana"), "hana@host")
    session.do(DisableAccounts(MANY[: BRAKE - 1]))
    last, more = (number_of(boss.store, f"a{number}") for number in (BRAKE, BRAKE + 1))
    two = [disabling(database, last), disabling(database, more)]
    with pytest.raises(psycopg.Error, match="an hour"):
        append(database, "hana", line_of(database, said_by("hana", database, changes=two)))
    append(database, "hana", line_of(database, said_by("hana", database, changes=two[:1])))
    with pytest.raises(psycopg.Error, match="an hour"):
        append(database, "hana", line_of(database, said_by("hana", database, changes=two[1:])))
    database.execute("UPDATE kconsole.lately SET at = at - interval '61 minutes' WHERE number <> %s", last)
    append(database, "hana", line_of(database, said_by("hana", database, changes=two[1:])))
    session.close()


def test_what_the_database_refuses_ends_with_4(database: Database, boss: Session, tmp_path: Path) -> None:
    """Where kconsole knows less than the database, as of a brake whose lines it has not read."""
    database.execute(
        "INSERT INTO kconsole.lately SELECT 'kconsole', 'hana', n, now() FROM generate_series(1001, 1010) n"
    )
    said = AtDatabase(database, tmp_path, "hana")("disable", MANY[0])
    assert (said.code, "an hour at most" in said.err) == (4, True)
    assert boss.store.catch_up() == []


def test_roles_of_a_file_and_of_the_database_both_hold() -> None:
    of_file = Authority("account-admin", frozenset({"a.example", "b.example"}))
    both = of_file.within(Bounds("helpdesk", frozenset({"b.example", "c.example"}), "x@b.example"))
    assert both == Authority("helpdesk", frozenset({"b.example"}), "x@b.example")
    apart = of_file.within(Bounds("full-admin", frozenset({"c.example"})))
    assert (apart.may("tag"), apart.sees("c.example")) == (False, False)
    assert of_file.within(Bounds()) == of_file


def test_the_sql_knows_the_rules_of_kconsole(database: Database) -> None:
    """Which entries take a seat, and which operations an account admin has."""
    told, seats = [], []
    for kind, origin, enabled, is_deleted in product(get_args(Kind), get_args(Origin), (True, False), (True, False)):
        deleted_at = datetime.now(UTC) if is_deleted else None
        each = Entry(address="x@y.example", kind=kind, origin=origin, enabled=enabled, deleted_at=deleted_at)
        told.append(encode(each).decode())
        seats.append((2 if is_deleted else 1) if KERIO.is_account(each) and KERIO.classify(each).seat else 0)
    found = database.execute("SELECT kconsole.seat_of('entries', each::json) FROM unnest(%s::text[]) each", told)
    assert [seat for (seat,) in found] == seats
    role = {name for names in MODULES.values() for name in names if capability_of(name) in ROLES["account-admin"]}
    only_full_admins = {"sync", "set directory", "forget directory"}  # these change domains and the server
    assert set(OPERATIONS) == role - only_full_admins | {UNDO, "delete"}


def test_a_database_of_an_older_version_is_brought_up_to_date(
    database: Database, boss: Session, tmp_path: Path
) -> None:
    office = AtDatabase(database, tmp_path)
    boss.do(DisableAccounts(MANY[:2]))
    for sql in (
        "DROP TABLE kconsole.operator, kconsole.lately CASCADE",
        "DROP FUNCTION kconsole.binding, kconsole.bind, kconsole.unbind, kconsole.version, kconsole.check_seats",
        "ALTER TABLE kconsole.record DROP COLUMN seat",
        "ALTER TABLE kconsole.head DROP COLUMN counted",
        "CREATE OR REPLACE FUNCTION kconsole.key_of(name text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT name'",
        "DROP TRIGGER only_grows ON kconsole.journal",
    ):
        database.execute(sql)
    session = Session.open(database.address("hana"))  # an older database is read, and roles hold
    assert (session.authority.role, len(session.state.entries)) == ("helpdesk", len(MANY) + 2)
    session.close()
    found = office("doctor", "--json").json
    assert [each["code"] for each in found] == ["functions", "triggers"]
    assert "bind, binding" in found[0]["text"]
    office.as_login("postgres").done("store", "init-postgresql")
    assert office.done("doctor", "--json").json == []
    ((counted, used),) = database.execute("SELECT counted, kconsole.used(store, counted) FROM kconsole.head")
    assert counted == used == len(MANY)
    boss.store.catch_up()
    AtDatabase(database, tmp_path, "hana").done("disable", MANY[2])
    assert office.as_login("carol")("store", "init-postgresql").code == 4
    database.execute(
        f"CREATE OR REPLACE FUNCTION kconsole.version() RETURNS int LANGUAGE sql AS 'SELECT {VERSION + 1}'"
    )
    assert office.as_login("postgres")("store", "init-postgresql").code == 4
    office.done("disable", MANY[3])  # a newer database takes the lines of this kconsole


def test_all_functions_have_a_search_path_of_their_own() -> None:
    assert len(functions()) == schema().count("CREATE OR REPLACE FUNCTION")
    heads = re.findall(r"CREATE OR REPLACE FUNCTION kconsole\.(\w+)(.*?)\$\$", schema(), re.S)
    assert [name for name, head in heads if "SET search_path = pg_catalog, pg_temp" not in head] == ["seat_of"]


def test_what_a_login_can_do_besides_lines_is_harmless(database: Database, boss: Session) -> None:
    reader = SeatStore.open(database.address("audra"), SystemClock(), 0, "x")
    heard = []
    reader.follow(lambda: heard.append(1))
    with database.server.connect(database.name, "hana") as own:
        for payload in ("", "kconsole:99999999", "kconsole:x", "x" * 7_000):
            own.execute("SELECT pg_notify('kconsole', %s)", (payload,))
        for sql in (
            "SET ROLE boss",
            "SET SESSION AUTHORIZATION boss",
            "SELECT kconsole.unbind('hana')",
            "SELECT * FROM kconsole.operator",
            "SELECT * FROM kconsole.record",
            "LOCK TABLE kconsole.head IN EXCLUSIVE MODE",
            "SELECT * FROM kconsole.head FOR UPDATE",
            "COPY kconsole.journal FROM STDIN",
            "COPY kconsole.journal TO PROGRAM 'cat'",
            "SELECT lo_import('/etc/passwd')",
            "ALTER FUNCTION kconsole.append OWNER TO hana",
            "SET session_replication_role = replica",
            "CREATE TABLE kconsole.x ()",
            "GRANT kconsole_full_admin TO hana",
        ):
            with pytest.raises(psycopg.Error):
                own.execute(sql)
        own.execute("CREATE TEMP TABLE operator AS SELECT 1")
        own.execute("CREATE FUNCTION pg_temp.session_user() RETURNS text LANGUAGE sql AS $$ SELECT 'boss' $$")
        own.execute("CREATE FUNCTION pg_temp.eq(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT true $$")
        own.execute("CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.eq)")
        own.execute("SET search_path = pg_temp, pg_catalog, kconsole")
        admin = boss.state.entry_at(MANY[0])
        assert admin is not None
        line = line_of(database, said_by("boss", database, changes=[disabling(database, admin.id)]))
        with pytest.raises(psycopg.Error, match="operator of a line"):
            own.execute("SELECT kconsole.append('kconsole', %s, %s, %s, %s)", (*head_of(database)[:2], [line], FORMAT))
        line = line_of(database, said_by("hana", database, refusals=[{"code": "x"}]))
        with pytest.raises(psycopg.Error, match="another format"):  # which no kconsole would read
            own.execute("SELECT kconsole.append('kconsole', %s, %s, %s, 99)", (*head_of(database)[:2], [line]))
        with pytest.raises(psycopg.Error):  # lines of another store, and many at once
            own.execute("SELECT kconsole.append('other', 0, repeat('0', 64), %s, 1)", ([line],))
        with pytest.raises(psycopg.Error, match="so many lines"):
            own.execute("SELECT kconsole.append('kconsole', %s, %s, %s, 99)", (*head_of(database)[:2], [line] * 101))
        own.execute("SET standard_conforming_strings = off")  # which would spoil all regular expressions
        line = line_of(database, said_by("hana", database, refusals=[{"code": "x"}], at="today"))
        with pytest.raises(psycopg.Error, match="does not say that"):
            own.execute(
                "SELECT kconsole.append('kconsole', %s, %s, ARRAY[decode(%s, 'hex')], %s)",
                (*head_of(database)[:2], line.hex(), FORMAT),
            )
        own.execute("BEGIN")
        own.execute("SELECT kconsole.lock_head('kconsole')")  # held: others are told that it is busy
        ((timeout,),) = own.execute("SHOW idle_in_transaction_session_timeout").fetchall()
        assert timeout == "5min"
        waiting = Session.open(database.address(), patience=0.05)
        with pytest.raises(StoreBusy) as busy:
            waiting.do(DisableAccounts(MANY[:1]))
        assert (busy.value.exit_code, busy.value.params["operator"]) == (6, "hana")
        with pytest.raises(psycopg.Error):  # it would outlive the session
            own.execute("PREPARE TRANSACTION 'x'")
        own.execute("ROLLBACK")
        assert waiting.do(DisableAccounts(MANY[:1])).commit is not None
        waiting.close()
    assert entry(database, admin.id)["enabled"] is False
    reader.abandon()


def test_a_binding_is_for_stores_in_a_database(tmp_path: Path) -> None:
    session = Session.create(tmp_path, Inventory())
    with pytest.raises(BadInput):
        store_places.bind(session, "hana", [], "")
    session.close()
