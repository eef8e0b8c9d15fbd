"""Each command on accounts and domains, and each of its options, in this process. Their words are held in `golden/`."""

import csv
import io
import re
from typing import Any, get_args

import pytest

from kconsole.licensing.policy import KERIO
from kconsole.operations.search.sorting import SortField
from tests.cli.console import Console, account


def logins(answer: list[dict[str, Any]]) -> list[str]:
    return [document["login"] for document in answer]


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
    assert list(answer) == ["schema", "as_of", "license", "life", "server", "read_only", "seats", "domains", "warnings"]
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
        "reserved": 0,
        "available": 1,
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
            "reserved": 0,
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
            "reserved": 0,
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


def test_a_screen_reader_gets_no_bar(office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = office.done("status").out
    monkeypatch.setenv("ACCESSIBLE", "1")
    assert shown.endswith(office.done("status").out)
    assert office.done("status").out[0].isdecimal()
    monkeypatch.setenv("ACCESSIBLE", "0")
    assert office.done("status").out == shown


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
    said = office("explain", "missing", "anna@north.example")
    assert (said.code, "missing" in said.talk[0]) == (1, True)
    assert "anna@north.example" in said.out
    assert office("explain", "missing", "--json").json == []
    assert office("explain", "missing").code == 3
    assert office("explain", "missing").out == ""
    assert office("explain").code == 2


# domains


def test_domains_are_shown(office: Console) -> None:
    assert office.done("domains", "--json").json == office.done("status", "--json").json["domains"]
    lines = office.done("domains").out.splitlines()
    assert lines[0].split() == ["DOMAIN", "CREATED", "COUNTED", "HELD", "DISABLED", "MAILBOXES", "LIMIT", "FREE"]
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
        (["missing"], 3),
        (["missing", "anna@north.example"], 1),
        (["info@north.example"], 4),
        (["info@north.example", "missing"], 4),
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
    assert said.talk[1:] == ["0 → 1 of 1 seat used"]
    (anna,) = console.accounts()
    assert (anna["full_name"], anna["description"], anna["origin"]) == ("Anna [/]", "王", "local")
    assert console("add", "berg@north.example").code == 4
    assert console("add", "anna@north.example").code == 4
    assert console("add", "anna@west.example").code == 3
    assert console("add", "not an address").code == 2
    assert console("add").code == 2
    assert len(console.accounts()) == 1


def test_delete_needs_yes_and_says_what_it_means(office: Console) -> None:
    addresses = [f"{login}@north.example" for login in ("anna", "mapped", "gone", "Admin", "info", "missing")]
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
        ("transfer:missing", 3, None, ""),
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
