"""The command line at a store in a database, as at one in a folder."""

import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from kconsole.cli.completion.answer import answer
from kconsole.operations.samples import sample_session
from tests.cli.console import Console, account
from tests.clocks import noon
from tests.postgresql.server import Database


class AtDatabase(Console):
    """A command line at a store in a database; files that it needs go into a folder."""

    def __init__(self, database: Database, folder: Path, login: str = "boss") -> None:
        super().__init__(folder / "files")
        self.database = database
        self.address = database.address(login)

    def __call__(self, *arguments: str, encoding: str = "utf-8") -> Any:
        return super().__call__("--store", self.address, *arguments, encoding=encoding)

    def as_login(self, login: str) -> "AtDatabase":
        return AtDatabase(self.database, self.folder.parent, login)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> AtDatabase:
    office = AtDatabase(database, tmp_path)
    office.fill(account("anna"), account("berg"), account("off", enabled=False), seats=5)
    return office


def head_of(console: Console) -> str:
    return str(console.done("log", "verify").out)


@pytest.mark.quick
def test_a_store_in_a_database_does_what_one_in_a_folder_does(office: AtDatabase) -> None:
    assert office("init").code == 4
    office.done("disable", "anna@north.example", "--reason", "left")
    office.done("undo")
    office.done("add", "chen@north.example")
    assert office.done("status", "--json").json["seats"]["used"] == 3
    log = office.done("log", "--json").json
    assert [line["deed"] for line in log] == ["init", "disable", "undo", "add"]
    assert {line["operator"] for line in log} == {"boss"}
    assert len(head_of(office).split()[-1]) == 64
    assert office.done("doctor", "--json").json == []


def test_the_way_there_and_back_has_the_same_bytes(office: AtDatabase, tmp_path: Path) -> None:
    office.done("disable", "anna@north.example")
    folder, again = tmp_path / "out", office.database.server.database()
    said = office.done("store", "copy", office.address, str(folder))
    bytes_ = (folder / "journal.jsonl").read_bytes()
    assert said.out.split()[-1] == head_of(office).split()[-1]
    office.done("store", "copy", str(folder), again.address())
    other = AtDatabase(again, tmp_path)
    back = tmp_path / "back"
    office.done("store", "copy", again.address(), str(back))
    assert (back / "journal.jsonl").read_bytes() == bytes_
    assert head_of(other) == head_of(office) == head_of(Console(folder))
    other.done("undo")
    assert office("store", "copy", str(folder), office.address).code == 4
    assert office("store", "copy", office.address, str(folder)).code == 4
    again.drop()


def test_a_backup_is_a_store_in_a_folder(office: AtDatabase, tmp_path: Path) -> None:
    office.done("backup", str(tmp_path / "backup.tar"))
    with tarfile.open(tmp_path / "backup.tar") as archive:
        archive.extractall(tmp_path / "restored", filter="data")
    restored = Console(tmp_path / "restored")
    assert head_of(restored) == head_of(office)
    assert restored.dump == office.dump


def test_what_needs_a_folder_says_so(office: AtDatabase) -> None:
    for words in (["share", "off"], ["share", "on", "--group", "root"], ["doctor", "--fix"], ["journal", "archive"]):
        assert office(*words).code == 4, words


@pytest.mark.quick
@pytest.mark.parametrize(
    "address",
    ["postgresql://boss:secret@host/db", "postgresql://host/db?password=secret", "postgresql:svc?password=secret"],
)
def test_no_password_is_taken_from_an_address(tmp_path: Path, address: str) -> None:
    said = Console(tmp_path)("--store", address, "status")
    assert (said.code, "secret" in said.err, ".pgpass" in said.err) == (2, False, True)


def test_a_database_is_prepared_once(database_server: Any, tmp_path: Path) -> None:
    server = database_server
    server.execute("postgres", "CREATE DATABASE bare")
    address = server.database().address("postgres").rpartition("/")[0] + "/bare"
    console = Console(tmp_path)
    assert console("--store", address, "init").code == 7
    assert "FUNCTION kconsole.append" in console.done("store", "init-postgresql", "--print").out
    console.done("--store", address, "store", "init-postgresql")
    console.done("--store", address, "init", "--seats", "3")
    server.execute("postgres", "DROP DATABASE bare WITH (FORCE)")


def test_commands_while_the_database_is_away(office: AtDatabase) -> None:
    office.done("status")
    office.database.server.stop()
    try:
        said = office("status", "--json")
        assert (said.code, said.json["seats"]["used"]) == (0, 2)
        assert "less than 1 minute ago" in said.err
        assert office("disable", "anna@north.example").code == 8
        assert office("check").code == 3
        assert office.done("roles", "whoami", "--json").json["may"] == []
        assert office("log", "verify").code == 8
        assert office("doctor", "--json").json[0]["code"] == "away"
        assert office.as_login("hana")("add", "x@north.example").code == 8
    finally:
        office.database.server.start()
    office.done("disable", "anna@north.example")
    assert office("check").code in (0, 1)


def test_roles_of_the_database_hold_on_the_command_line(office: AtDatabase) -> None:
    helpdesk, auditor = office.as_login("hana"), office.as_login("audra")
    assert auditor.done("status", "--json").json["seats"]["used"] == 2
    assert auditor("disable", "anna@north.example").code == 4
    assert helpdesk("add", "chen@north.example").code == 4
    assert helpdesk("delete", "anna@north.example", "--yes").code == 4
    assert office.as_login("stranger")("status").code == 4
    assert office.done("log", "--json").json[-1]["deed"] == "delete"


def test_without_the_driver_it_says_what_to_install(office: AtDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = office("status")
    assert (said.code, "kconsole[postgresql]" in said.err) == (7, True)


def test_another_store_at_the_same_address_is_no_old_backup(office: AtDatabase) -> None:
    office.done("disable", "anna@north.example")
    server, name = office.database.server, office.database.name
    server.execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")
    server.execute("postgres", f"CREATE DATABASE {name} TEMPLATE prepared")
    office.done("init", "--seats", "7")
    assert office.done("status", "--json").json["license"]["seats"] == 7


def test_completion_offers_what_this_host_keeps(office: AtDatabase) -> None:
    office.done("status")
    offered = answer("zsh", ["kconsole disable a", "kconsole", "--store", office.address, "disable", "a"])
    assert [line.partition("\t")[0] for line in offered] == ["words", "anna@north.example"]


def test_diagnose_contacts_no_database(tmp_path: Path) -> None:
    store = (
        Console(tmp_path)
        .done("--store", "postgresql://db.example/kconsole", "diagnose", "--json")
        .json["paths"]["store"]
    )
    assert store == {"path": "postgresql://db.example/kconsole", "there": None}


def test_history_and_forecast_are_those_of_a_folder(database: Database, tmp_path: Path) -> None:
    sample_session("office", tmp_path / "store", "anna", clock=noon(), with_past=True).close()
    folder, there = Console(tmp_path / "store", noon()), AtDatabase(database, tmp_path)
    there.clock = noon()
    folder.done("store", "copy", str(tmp_path / "store"), there.address)
    for words in (["history", "--json"], ["forecast", "--json"], ["log", "--json"], ["report", "changes", "--csv"]):
        assert there(*words).out == folder(*words).out, words
    assert there.done("forecast").out == folder.done("forecast").out


def test_the_doctor_looks_at_the_walls_of_the_database(office: AtDatabase) -> None:
    office.database.execute("ALTER TABLE kconsole.journal DISABLE TRIGGER only_grows")
    office.database.execute("GRANT UPDATE ON kconsole.head TO hana")
    said = office("doctor", "--json")
    assert (said.code, [finding["code"] for finding in said.json]) == (1, ["triggers", "walls"])
    assert "hana" in said.json[1]["text"]
    office.database.execute("UPDATE kconsole.journal SET line = overlay(line PLACING 'X' FROM 40)")
    assert office("doctor", "--json").json[-1]["code"] == "journal"
    assert office("log", "verify").code == 7


def test_a_role_of_the_database_refuses_before_anything_is_asked(office: AtDatabase) -> None:
    for words in (["license", "register"], ["license", "register", "--id-file", "missing"]):
        said = office.as_login("hana")(*words)
        assert (said.code, "full admin" in said.err) == (4, True), said
