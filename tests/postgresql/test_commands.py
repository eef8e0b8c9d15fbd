"""The command line at a store in a database, as at one in a folder."""

import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.console import Console, account
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
    for words in (["share", "off"], ["share", "on", "--group", "root"], ["doctor", "--fix"]):
        assert office(*words).code == 4, words


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
    assert "CREATE FUNCTION kconsole.append" in console.done("store", "init-postgresql", "--print").out
    console.done("--store", address, "store", "init-postgresql")
    assert console("--store", address, "store", "init-postgresql").code == 4
    console.done("--store", address, "init", "--seats", "3")
    server.execute("postgres", "DROP DATABASE bare WITH (FORCE)")
