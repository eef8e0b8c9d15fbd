"""Each command and each of its options, in this process. Their words are held in `golden/`."""

import csv
import io
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from filelock import FileLock

from kconsole import __version__
from kconsole.cli.main import COMMANDS, kconsole
from kconsole.cli.screen import Appearance, Start
from kconsole.core.records import Domain, LastLogin
from kconsole.licensing.policy import KERIO
from kconsole.operations.preferences import Preferences, preferences_path
from kconsole.operations.search.sorting import SortField
from kconsole.operations.session import Session
from tests.cli.console import Console, Said, account

FILES = Path(__file__).parent.parent / "importers" / "files"
NORTHWIND = str(FILES / "users_northwind.example_2026-08-05.csv")
RETAIL = str(FILES / "users_retail.northwind.example_20260805.csv")
BROKEN = str(FILES / "users_broken_2026-08-05.csv")


def days_ago(days: float, protocol: str = "IMAP") -> LastLogin:
    return LastLogin((datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0), protocol)


def logins(answer: list[dict[str, Any]]) -> list[str]:
    return [document["login"] for document in answer]


@pytest.fixture
def office(console: Console) -> Console:
    """Every kind of entry in two domains."""
    return console.fill(
        account("anna", full_name="Anna Berg", description="Sales", mailbox=True, last_login=days_ago(3)),
        account("old", mailbox=True, last_login=days_ago(400, "POP3"), role="full_admin"),
        account("mapped", origin="directory"),
        account("off", enabled=False, origin="imported", last_login=days_ago(200)),
        account("gone", deleted_at=datetime.now(UTC), mailbox=True, mailbox_fate="keep"),
        account("info", kind="alias", delivers_to=("anna@north.example",)),
        account("all", kind="mailing_list"),
        account("room", kind="resource"),
        account("Admin", kind="builtin_admin"),
        account("berg@south.example"),
        seats=6,
        domains=(Domain(name="north.example", primary=True), Domain(name="south.example", user_limit=2)),
    )


# init, status


def test_init_makes_an_empty_store_once(console: Console) -> None:
    said = console.done("init", "--seats", "1")
    assert (said.out, str(console.folder) in said.talk[0]) == ("", True)
    assert console.done("status", "--json").json["license"] == {"seats": 1, "id_end": ""}
    assert console("init", "--seats", "9").code == 4
    assert console.done("status", "--json").json["license"] == {"seats": 1, "id_end": ""}


def test_a_store_without_limit(console: Console) -> None:
    console.done("init")
    answer = console.done("status", "--json").json
    assert (answer["seats"]["limit"], answer["seats"]["free"], answer["seats"]["state"]) == (None, None, "unlimited")


@pytest.mark.parametrize("seats", ["-1", "many", "1.5", "9" * 30])
def test_init_needs_a_sensible_number(console: Console, seats: str) -> None:
    assert console("init", "--seats", seats).code == 2
    assert not console.folder.exists()


def test_status_in_json_has_the_shape_that_was_agreed_on(office: Console) -> None:
    answer = office.done("status", "--json").json
    assert list(answer) == ["schema", "as_of", "license", "life", "server", "seats", "domains", "warnings"]
    assert answer["schema"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", answer["as_of"])
    assert answer["license"] == {"seats": 6, "id_end": ""}
    assert answer["seats"] == {
        "limit": 6,
        "counted": 4,
        "held": 1,
        "used": 5,
        "free": 1,
        "over": 0,
        "connected": 2,
        "latent": 2,
        "locked_out": 0,
        "state": "low",
        "unlisted": 0,
        "partial": False,
    }
    assert answer["domains"] == [
        {
            "name": "north.example",
            "created": 4,
            "counted": 3,
            "held": 1,
            "disabled": 1,
            "connected": 2,
            "limit": None,
            "free": 1,
            "ascii_name": "north.example",
        },
        {
            "name": "south.example",
            "created": 1,
            "counted": 1,
            "held": 0,
            "disabled": 0,
            "connected": 0,
            "limit": 2,
            "free": 1,
            "ascii_name": "south.example",
        },
    ]
    assert [warning["code"] for warning in answer["warnings"]] == ["low", "restart-recommended"]
    assert all(list(warning) == ["code", "text"] for warning in answer["warnings"])


def test_status_for_a_person(office: Console) -> None:
    said = office.done("status")
    assert said.err == ""
    lines = said.out.splitlines()
    assert lines[0].endswith("5 of 6 seats used  LOW")
    assert any(line.startswith("north.example") for line in lines)
    assert [line[:2] for line in lines[-2:]] == ["! ", "! "]


EXCEEDED_TEXT = "Total number of user mailboxes authorized by the license has been exceeded"


def test_an_exceeded_license_is_a_warning(console: Console) -> None:
    console.fill(account("a"), account("b"), seats=1)
    warnings = {warning["code"]: warning["text"] for warning in console.done("status", "--json").json["warnings"]}
    assert f"! {warnings['exceeded']}" in console.done("status").out.splitlines()


# accounts


def test_accounts_in_json_have_the_shape_that_was_agreed_on(office: Console) -> None:
    answer = office.accounts()
    assert logins(answer) == ["berg", "mapped", "old", "off", "anna", "Admin", "all", "info", "room"]
    anna = answer[4]
    assert {**anna, "last_login": None} == {
        "address": "anna@north.example",
        "login": "anna",
        "domain": "north.example",
        "full_name": "Anna Berg",
        "description": "Sales",
        "kind": "user",
        "origin": "local",
        "enabled": True,
        "role": "user",
        "mailbox": True,
        "last_login": None,
        "login_unknown": False,
        "seat": True,
        "verdict": "local",
        "because": anna["because"],
        "ascii_address": "anna@north.example",
        "tags": [],
    }
    assert list(anna["last_login"]) == ["at", "protocol"]
    assert anna["last_login"]["at"].endswith("Z")
    assert answer[0]["last_login"] is None
    classifications = {document["login"]: (document["seat"], document["verdict"]) for document in answer}
    assert classifications == {
        "berg": (True, "local"),
        "mapped": (True, "directory-mapped"),
        "old": (True, "local"),
        "off": (False, "disabled"),
        "anna": (True, "local"),
        "Admin": (False, "builtin-admin"),
        "all": (False, "mailing-list"),
        "info": (False, "alias"),
        "room": (False, "resource"),
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--domain", "SOUTH.example"], ["berg"]),
        (["--verdict", "directory-mapped"], ["mapped"]),
        (["--inactive", "180d"], ["old", "off"]),
        (["--inactive", "1y"], ["old"]),
        (["--never"], ["berg", "mapped"]),
        (["--never", "--inactive", "1y"], ["berg", "mapped", "old"]),
        (["--never", "--domain", "north.example", "--verdict", "local"], []),
        (["--sort", "address", "--verdict", "local"], ["anna", "berg", "old"]),
        (["--sort", "address", "--reverse", "--verdict", "local"], ["old", "berg", "anna"]),
        (["--reverse", "--verdict", "local"], ["anna", "old", "berg"]),
    ],
)
def test_accounts_are_chosen_and_sorted(office: Console, options: list[str], expected: list[str]) -> None:
    assert logins(office.accounts(*options)) == expected
    table = list(csv.DictReader(io.StringIO(office.done("accounts", "--csv", *options).out)))
    assert [row["login"] for row in table] == expected
    said = office.done("accounts", *options)
    assert [line.split("@")[0] for line in said.out.splitlines()[1:]] == expected
    assert said.talk[-1].startswith(f"{len(expected)} entr")


@pytest.mark.parametrize("sort", get_args(SortField))
def test_accounts_can_be_sorted_by_every_field(office: Console, sort: str) -> None:
    assert sorted(logins(office.accounts("--sort", sort))) == sorted(
        logins(office.accounts("--sort", sort, "--reverse"))
    )


@pytest.mark.parametrize("classification", [classification.code for classification in KERIO.classifications])
def test_every_verdict_can_be_asked_for(office: Console, classification: str) -> None:
    assert {document["verdict"] for document in office.accounts("--verdict", classification)} <= {classification}


@pytest.mark.parametrize(
    "options",
    [
        ["--inactive", "180"],
        ["--inactive", "0d"],
        ["--verdict", "seat"],
        ["--sort", "size"],
        ["--json", "--csv"],
        ["anna@north.example"],
    ],
)
def test_accounts_refuses_what_makes_no_sense(office: Console, options: list[str]) -> None:
    said = office("accounts", *options)
    assert (said.code, said.out) == (2, "")
    assert said.talk[0].startswith("Usage: kconsole accounts")
    assert said.talk[1] == "Try 'kconsole accounts --help'."


def test_accounts_of_a_domain_that_is_not_there(office: Console) -> None:
    said = office("accounts", "--domain", "west.example")
    assert (said.code, said.out, "west.example" in said.err) == (3, "", True)


def test_a_spreadsheet_finds_no_formula(console: Console) -> None:
    starts = ["=1+1", "+48 22", "-Anna", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
    console.fill(*[account(f"a{n}", full_name=name, description=name) for n, name in enumerate(starts)])
    rows = list(csv.DictReader(io.StringIO(console.done("accounts", "--csv", "--sort", "address").out)))
    for row in rows:
        assert not row["full_name"].startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert [row["full_name"] for row in rows[:4]] == ["'=1+1", "'+48 22", "'-Anna", "'@SUM(A1)"]
    assert [document["full_name"] for document in console.accounts("--sort", "address")] == starts


def test_csv_holds_long_texts_whole(console: Console) -> None:
    console.fill(account("anna", description="é" + "x" * 5000))
    (row,) = csv.DictReader(io.StringIO(console.done("accounts", "--csv").out))
    assert len(row["description"]) == 5001
    assert (row["enabled"], row["seat"], row["last_login_at"]) == ("true", "true", "")


# explain


def test_explain_in_json(office: Console) -> None:
    answer = office.done("explain", "--json", "anna@north.example", "GONE@north.example", "admin@north.example").json
    assert [document["login"] for document in answer] == ["anna", "gone", "Admin"]
    assert answer[0].keys() >= office.accounts()[0].keys()
    assert [document["held"] for document in answer] == [False, True, False]
    assert [document["seat"] for document in answer] == [True, False, False]
    assert [document["may_connect"] for document in answer] == [True, False, False]
    assert all(isinstance(document["source"], str) and document["source"] for document in answer)
    assert answer[0]["deleted_at"] is None
    assert answer[1]["deleted_at"].endswith("Z")


def test_explain_for_a_person(office: Console) -> None:
    said = office.done("explain", "anna@north.example", "gone@north.example")
    assert "3 days ago (" in said.out
    assert "Licenses in Kerio Connect" in said.out
    assert said.err == ""


def test_explain_tells_what_it_does_not_find(office: Console) -> None:
    said = office("explain", "nobody", "anna@north.example")
    assert (said.code, "nobody" in said.talk[0]) == (1, True)
    assert "anna@north.example" in said.out
    assert office("explain", "nobody", "--json").json == []
    assert office("explain", "nobody").code == 3
    assert office("explain", "nobody").out == ""
    assert office("explain").code == 2


# domains


def test_domains_are_shown(office: Console) -> None:
    assert office.done("domains", "--json").json == office.done("status", "--json").json["domains"]
    lines = office.done("domains").out.splitlines()
    assert lines[0].split() == ["DOMAIN", "CREATED", "COUNTED", "HELD", "DISABLED", "CONNECTED", "LIMIT", "FREE"]
    assert lines[2].split() == ["south.example", "1", "1", "0", "0", "0", "2", "1"]


def test_domains_are_added(console: Console) -> None:
    console.done("init")
    empty = console.done("domains")
    assert (empty.out, len(empty.talk)) == ("", 1)
    console.done(
        "domains", "add", "north.example", "--primary", "--user-limit", "5", "--description", "all", "--reason", "x"
    )
    assert console.dump["domains"] == [
        {
            "name": "north.example",
            "primary": True,
            "description": "all",
            "user_limit": 5,
            "directory": None,
            "server_id": "",
        }
    ]
    assert console("domains", "add", "North.Example").code == 4
    assert console("domains", "add", "west.example", "--primary").code == 4
    assert console("domains", "add", "nonsense").code == 2
    assert console("domains", "add", "west.example", "--user-limit", "-1").code == 2
    assert console("domains", "add").code == 2
    assert len(console.dump["domains"]) == 1


# disable, enable, add, delete, restarted


def test_disable_and_enable(office: Console) -> None:
    said = office.done("disable", "anna@north.example", "ANNA@north.example", "--reason", "left us")
    assert (said.out, said.talk[1:]) == ("", ["5 → 4 of 6 seats used"])
    assert len(office.done("disable", "anna@north.example").talk) == 1
    assert office.done("enable", "anna@north.example").talk[-1] == "4 → 5 of 6 seats used"


@pytest.mark.parametrize("command", ["disable", "enable"])
@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        (["nobody"], 3),
        (["nobody", "anna@north.example"], 1),
        (["info@north.example"], 4),
        (["info@north.example", "nobody"], 4),
        (["Admin@north.example", "anna@north.example"], 1),
        ([], 2),
    ],
)
def test_several_addresses_end_with_one_code(office: Console, command: str, addresses: list[str], code: int) -> None:
    said = office(command, *addresses)
    assert (said.code, said.out) == (code, "")
    assert said.err


def test_enable_is_refused_at_the_limit(console: Console) -> None:
    console.fill(account("on"), account("off", enabled=False), seats=1)
    assert console("enable", "off@north.example").code == 4


def test_add(console: Console) -> None:
    console.fill(seats=1)
    said = console.done("add", "anna@north.example", "--name", "Anna [/]", "--description", "王", "--reason", "new")
    assert said.talk[1:] == ["0 → 1 of 1 seats used"]
    (anna,) = console.accounts()
    assert (anna["full_name"], anna["description"], anna["origin"]) == ("Anna [/]", "王", "local")
    assert console("add", "berg@north.example").code == 4
    assert console("add", "anna@north.example").code == 4
    assert console("add", "anna@west.example").code == 3
    assert console("add", "not an address").code == 2
    assert console("add").code == 2
    assert len(console.accounts()) == 1


def test_delete_needs_yes_and_says_what_it_means(office: Console) -> None:
    addresses = [f"{login}@north.example" for login in ("anna", "mapped", "gone", "Admin", "info", "nobody")]
    said = office("delete", *addresses)
    assert said.code == 2
    assert [line.split(" ")[0] for line in said.talk[:6]] == addresses
    assert "--yes" in said.talk[-1]
    assert len(office.accounts()) == 9


def test_delete_and_restart(office: Console) -> None:
    said = office.done("delete", "--yes", "anna@north.example", "mapped@north.example", "--reason", "left us")
    assert said.talk[2:] == ["5 → 4 of 6 seats used"]
    assert office.done("restarted", "--reason", "update").talk[1:] == ["4 → 2 of 6 seats used"]
    assert office.dump["last_restart"].endswith("Z")


@pytest.mark.parametrize(
    ("mailbox", "code", "fate", "to"),
    [
        ("keep", 0, "keep", ""),
        ("delete", 0, "delete", ""),
        ("transfer:old@north.example", 0, "transfer", "old@north.example"),
        ("transfer:nobody", 3, None, ""),
        ("transfer:anna@north.example", 4, None, ""),
        ("transfer:", 2, None, ""),
        ("transfer", 2, None, ""),
        ("keep:old@north.example", 2, None, ""),
        ("burn", 2, None, ""),
    ],
)
def test_what_becomes_of_a_mailbox(office: Console, mailbox: str, code: int, fate: str | None, to: str) -> None:
    assert office("delete", "anna@north.example", "--yes", "--mailbox", mailbox).code == code
    (anna,) = [entry for entry in office.dump["entries"] if entry["address"] == "anna@north.example"]
    assert (anna["mailbox_fate"], anna["transferred_to"]) == (fate, to)
    assert (anna["deleted_at"] is not None) == (code == 0)


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


@pytest.mark.parametrize("file", [NORTHWIND, RETAIL])
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


# Where the store is


@pytest.mark.parametrize(
    "arguments",
    [
        "status",
        "accounts",
        "explain a",
        "domains",
        "domains add x.example",
        "disable a",
        "enable a",
        "add a@x.example",
        "delete a --yes",
        "restarted",
        "connect a",
        "dump",
        f"import csv {NORTHWIND} --domain x.example",
    ],
)
def test_without_a_store_every_command_says_how_to_make_one(console: Console, arguments: str) -> None:
    said = console(*arguments.split(" "))
    assert (said.code, said.out) == (3, "")
    assert str(console.folder) in said.talk[0]
    assert not console.folder.exists()


def test_the_store_is_chosen_by_option_before_variable_before_default(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_option = Console(tmp_path / "option").fill(seats=1)
    by_variable = Console(tmp_path / "variable").fill(seats=2)
    by_default = Console(home / ".local" / "share" / "kconsole").fill(seats=3)

    def seats(*arguments: str) -> Any:
        said = by_option.process(*arguments, "--json", KCONSOLE_STORE=os.environ.get("KCONSOLE_STORE", ""))
        return said.json["license"]["seats"]

    assert seats("status") == 3
    monkeypatch.setenv("KCONSOLE_STORE", str(by_variable.folder))
    assert seats("status") == 2
    assert seats("--store", str(by_option.folder), "status") == 1
    assert seats("status", "--store", str(by_option.folder)) == 1
    assert seats("--store", str(by_option.folder), "status", "--store", str(by_default.folder)) == 3


# Busy and damaged stores


def test_a_busy_store_says_so(office: Console) -> None:
    with FileLock(office.folder / "lock"):
        said = office("disable", "anna@north.example")
        assert office("status").code == 0
    assert (said.code, said.out) == (6, "")
    assert re.match(rf"kconsole: .+ \(process \d+.*\) is saving to {office.folder}", said.talk[0])
    assert office("status", "--wait", "-1").code == 2


@pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
def test_a_damaged_snapshot_is_rebuilt_from_the_journal_with_a_note(office: Console, content: str) -> None:
    before = office.dump
    file = office.folder / "store.json"
    file.write_text(content)
    said = office.done("status", "--json")
    (note,) = said.talk
    assert note.startswith(f"Note: {file} was damaged (it is ")
    assert said.json["seats"]["used"] == 5
    office.done("disable", "anna@north.example")
    assert office.done("enable", "anna@north.example").talk[0].startswith("anna@north.example")
    after = office.done("dump")
    assert (after.json, after.err) == (before, "")


@pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
def test_a_damaged_store_is_named_and_not_touched(office: Console, content: str, tmp_path: Path) -> None:
    file = office.folder / "store.json"
    (office.folder / "journal.jsonl").unlink()
    file.write_text(content)
    for arguments in (["status"], ["status", "--json"], ["disable", "anna@north.example"], ["dump"]):
        said = office(*arguments)
        assert (said.code, said.out) == (7, "")
        assert said.talk[0].startswith(f"kconsole: {file} is ")
        assert "not touched" in said.talk[1]
    (tmp_path / "good.json").write_text("{}")
    assert office("restore", str(tmp_path / "good.json")).code == 7
    assert office("init").code == 4
    assert file.read_text() == content


# Help


def test_help_and_version(console: Console) -> None:
    said = console.done("--help")
    assert said.err == ""
    assert "Exit codes: 0 done, 1 partly failed, 2 usage" in said.out
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", said.out, re.MULTILINE), name
    assert console.done("--version").out == f"kconsole {__version__}\n"


def all_commands(
    command: click.Command = kconsole, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found += all_commands(below, (*path, name))
    return found


@pytest.mark.parametrize(
    ("path", "command"), all_commands(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_has_a_short_help(
    console: Console, path: tuple[str, ...], command: click.Command
) -> None:
    sentence = command.get_short_help_str(1000)
    assert 0 < len(sentence) <= 60, sentence
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
    assert console.done(*path, "-h").out == console.done(*path, "--help").out


def test_what_is_no_command(console: Console) -> None:
    for arguments in (
        ["nonsense"],
        ["--nonsense"],
        ["status", "--nonsense"],
        ["status", "more"],
        ["domains", "remove"],
    ):
        said = console(*arguments)
        assert (said.code, said.out) == (2, "")
        assert said.talk[-1].startswith("kconsole: ")


# The console itself


def test_without_a_terminal_the_console_says_what_to_use_instead(office: Console) -> None:
    said = office()
    assert (said.code, said.out) == (2, "")
    assert said.talk[0] == "kconsole: The console needs a terminal that can move its cursor."
    assert "kconsole status" in said.talk[1]
    assert office("demo").code == 2


def test_with_a_terminal_the_console_opens_on_the_store_or_on_a_throw_away_sample(
    office: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, Path, int | None]] = []

    def show(_: Start, session: Session, title: str, __: Appearance) -> None:
        assert session.store.folder.is_dir()
        shown.append((title, session.store.folder, session.seats.report().limit))

    monkeypatch.setattr("kconsole.cli.screen.has_terminal", lambda _: True)
    monkeypatch.setattr("kconsole.cli.screen.show", show)
    office.done()
    assert shown.pop() == ("", office.folder, 6)
    office.done("demo")
    title, folder, limit = shown.pop()
    assert (title, limit, folder.exists()) == ("sample 'office'", 120, False)
    office.done("demo", "--sample", "crisis", "--into", str(tmp_path / "kept"))
    assert shown.pop() == (f"sample 'crisis' in {tmp_path / 'kept'}", tmp_path / "kept", 50)
    assert (tmp_path / "kept").is_dir()
    office.folder = tmp_path / "none"
    assert office().code == 3


def test_demo_keeps_its_store_where_asked(console: Console, tmp_path: Path) -> None:
    said = console.done("demo", "--sample", "small", "--into", str(tmp_path / "demo"))
    (line,) = said.talk
    assert f"kconsole --store {tmp_path / 'demo'}" in line
    assert Console(tmp_path / "demo").done("status", "--json").json["license"] == {"seats": 5, "id_end": ""}
    assert console("demo", "--into", str(tmp_path / "demo")).code == 4
    assert console("demo", "--sample", "none").code == 2


def test_accounts_takes_the_filter_of_the_screen(office: Console) -> None:
    answer = office.done("accounts", "--json", "--filter", "seen:>180d -is:disabled").json
    assert logins(answer) == ["old"]
    refused = office("accounts", "--filter", "is:nobody")
    assert refused.code == 2


def test_tags_are_in_the_list_the_filter_and_the_csv(office: Console) -> None:
    office.done("tag", "anna", "all@north.example", "VIP", "service", "--reason", "audit")
    assert [each["tags"] for each in office.accounts("--filter", "is:service tag:vip")] == [["service", "vip"]] * 2
    (row,) = csv.DictReader(io.StringIO(office.done("accounts", "--csv", "--filter", "tag:vip anna").out))
    assert row["tags"] == "service vip"
    office.done("tag", "anna", "vip", "--remove")
    assert logins(office.accounts("--filter", "tag:vip")) == ["all"]
    office.done("undo")
    assert logins(office.accounts("--filter", "(is:service -is:list) or none")) == ["anna"]
    assert "servce" in office.done("accounts", "--json", "--filter", "-tag:servce").err
    assert office("tag", "anna", "berg@south.example").code == 2
    assert office("tag", "anna", "not a tag").code == 2
    assert office("tag", "no-such-login", "vip").code == 3


@pytest.mark.parametrize(
    "command",
    [
        ("disable",),
        ("enable",),
        ("explain",),
        ("delete", "--yes"),
        ("connect",),
        ("tag", "vip"),
        ("delete", "--yes", "old@north.example", "--mailbox", "transfer:{}"),
    ],
    ids=" ".join,
)
def test_every_command_takes_a_login_alone_and_names_the_nearest(office: Console, command: tuple[str, ...]) -> None:
    def run(login: str) -> Said:
        if "{}" in command[-1]:
            return office(*command[:-1], command[-1].format(login))
        return office(command[0], login, *command[1:])

    misspelled = run("ana")
    assert (misspelled.code, "anna@north.example" in misspelled.err) == (3, True)
    office.done("add", "anna@south.example")
    ambiguous = run("anna")
    assert (ambiguous.code, "anna@north.example, anna@south.example" in ambiguous.err) == (4, True)
    office.done("delete", "--yes", "anna@south.example")
    assert run("Anna").code == 0


def test_accounts_lists_the_deleted_whose_seat_is_held_when_asked(office: Console) -> None:
    assert "gone" not in logins(office.accounts())
    (gone,) = office.accounts("--filter", "is:held")
    assert (gone["login"], gone["seat"], gone["verdict"]) == ("gone", False, "held")
    (row,) = csv.DictReader(io.StringIO(office.done("accounts", "--csv", "--filter", "is:held").out))
    assert (row["login"], row["verdict"]) == ("gone", "held")
    office.done("restarted")
    assert office.accounts("--filter", "is:held") == []


def test_accounts_takes_a_filter_that_was_saved_on_the_screen(office: Console) -> None:
    assert office("accounts", "--filter", "@unused").code == 2
    preferences = Preferences(preferences_path())
    preferences.keep_filter("unused", "seen:>180d is:enabled")
    assert logins(office.accounts("--filter", "@unused")) == ["old"]
    assert logins(office.accounts("--filter", "@unused anna")) == []
    assert office("accounts", "--filter", "@used").code == 2
