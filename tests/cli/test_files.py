"""Commands that read and write files: imports, dumps and what is restored from them."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.console import Console, account, logins
from tests.importers import exports

NORTHWIND, RETAIL, BROKEN = map(str, (exports.NORTHWIND, exports.RETAIL, exports.BROKEN))

# import


def test_real_exports_are_imported(console: Console) -> None:
    console.done("init", "--seats", "165")
    said = console.done("import", "csv", NORTHWIND, "--domain", "northwind.example", "--reason", "move")
    assert said.out == ""
    assert said.talk[0].startswith("125 accounts new, 0 changed, 0 the same, 0 faulty; 37 aliases.")
    assert said.talk[1] == "125 seats needed, 165 free."
    assert "Imported 125 accounts, changed 0." in said.talk
    console.done("import", "csv", RETAIL, "--domain", "retail.northwind.example", "--encoding", "cp1250")
    assert console.done("status", "--json").json["seats"]["used"] == 165
    assert len([document for document in console.accounts() if document["verdict"] == "imported"]) == 165


@pytest.mark.parametrize("file", [NORTHWIND, RETAIL], ids=["northwind", "retail"])
def test_no_password_of_a_file_is_in_the_store_or_reported(console: Console, file: str) -> None:
    console.done("init")
    encoding = "cp1250" if file == RETAIL else "utf-8"
    said = console.done("import", "csv", file, "--domain", "north.example", "--encoding", encoding)
    content = Path(file).read_bytes().decode("latin-1")
    separator = "," if file is RETAIL else ";"
    rows = list(csv.reader(io.StringIO(content), delimiter=separator))[1:]
    passwords = [row[1] for row in rows if len(row) == 6]
    kept = b"".join(path.read_bytes() for path in console.folder.rglob("*") if path.is_file()).decode()
    assert len(passwords) >= 40
    for text in (kept, json.dumps(kept), said.err, said.out):
        assert [password for password in passwords if len(password) > 5 and password in text] == []


def test_a_broken_export_is_refused_with_its_lines(console: Console) -> None:
    before = console.fill().dump
    said = console("import", "csv", BROKEN, "--domain", "north.example")
    assert (said.code, said.out) == (2, "")
    lines = [line[:9] for line in said.talk if line.startswith("  line ")]
    assert lines == ["  line 3:", "  line 4:", "  line 5:", "  line 6:"]
    assert console.dump == before
    partly = console("import", "csv", BROKEN, "--domain", "north.example", "--skip-faulty")
    assert (partly.code, logins(console.accounts())) == (1, ["ok.one", "ok.two"])


def test_a_dry_run_imports_nothing(console: Console) -> None:
    console.fill(seats=124)
    said = console("import", "csv", NORTHWIND, "--domain", "north.example", "--dry-run")
    assert said.code == 4
    assert "125 seats needed, 124 free, short by 1." in said.talk
    console.fill(seats=None)
    said = console.done("import", "csv", NORTHWIND, "--domain", "north.example", "--dry-run")
    assert "125 seats needed, unlimited." in said.talk
    assert console.accounts() == []


def test_an_import_that_does_not_fit_is_refused_whole(console: Console) -> None:
    console.fill(seats=124)
    said = console("import", "csv", NORTHWIND, "--domain", "north.example")
    assert said.code == 4
    assert any("Nothing was imported" in line for line in said.talk)
    assert console.accounts() == []


def test_an_import_that_cannot_begin(console: Console, tmp_path: Path) -> None:
    console.fill()
    assert console("import", "csv", str(tmp_path / "none.csv"), "--domain", "north.example").code == 2
    assert console("import", "csv", NORTHWIND).code == 2
    assert console("import", "csv", NORTHWIND, "--domain", "not a domain").code == 2
    assert console("import", "csv", NORTHWIND, "--domain", "north.example", "--encoding", "klingon").code == 2
    assert console("import", "csv", "--domain", "north.example").code == 2
    assert console("import", "xml").code == 2


def test_many_notes_are_reported_in_short(console: Console, tmp_path: Path) -> None:
    rows = [f"a{number};;;a{number},boss" for number in range(13)]
    (tmp_path / "users.csv").write_text("\n".join(["Name;FullName;Description;MailAddress", *rows]))
    console.fill(account("boss"), seats=None)
    said = console.done(
        "import", "csv", str(tmp_path / "users.csv"), "--domain", "north.example", "--encoding", "UTF-8"
    )
    assert len([line for line in said.talk if "boss is taken already" in line]) == 10
    assert "and 3 more notes" in said.talk


# dump, restore


def test_a_dump_is_restored_to_the_same_dump(office: Console, tmp_path: Path) -> None:
    dump = office.dump
    assert list(dump) == ["schema", "license", "last_restart", "server", "domains", "entries"]
    assert dump["entries"][0].keys() >= {
        "address",
        "kind",
        "origin",
        "enabled",
        "role",
        "full_name",
        "description",
        "mailbox",
        "last_login",
        "deleted_at",
    }
    said = office.done("dump", str(tmp_path / "dump.json"))
    assert (said.out, said.talk) == ("", [f"Wrote {tmp_path / 'dump.json'}."])
    assert (tmp_path / "dump.json").stat().st_mode & 0o777 == 0o600
    assert office.done("dump", "-").json == dump
    other = Console(tmp_path / "other")
    made = other.done("restore", str(tmp_path / "dump.json"))
    assert made.talk == [f"Created a store in {other.folder}.", "Restored 10 entries in 2 domains."]
    assert other.dump == dump
    again = other.done("restore", str(tmp_path / "dump.json"))
    assert again.talk == ["restored 10 entries in 2 domains"]


def test_a_dump_that_is_none_changes_nothing(office: Console, tmp_path: Path) -> None:
    before = office.dump
    for content in ("", "{", "[]", '{"schema": 2}', '{"entries": [{"address": 5}]}', '{"entries": [{"address": ""}]}'):
        (tmp_path / "bad.json").write_text(content)
        said = office("restore", str(tmp_path / "bad.json"))
        assert (said.code, said.out) == (2, "")
        assert str(tmp_path / "bad.json") in said.talk[0]
        other = Console(tmp_path / "other")
        assert other("restore", str(tmp_path / "bad.json")).code == 2
        assert not other.folder.exists()
    assert office("restore", str(tmp_path / "none.json")).code == 2
    assert office.dump == before


def test_a_dump_that_cannot_be_written(office: Console, tmp_path: Path) -> None:
    said = office("dump", str(tmp_path / "none" / "dump.json"))
    assert (said.code, said.out) == (2, "")
    assert "cannot be written: No such file or directory" in said.talk[0]
