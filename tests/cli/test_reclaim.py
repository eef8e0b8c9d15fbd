"""The commands policy, reclaim plan and reclaim explain."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kconsole.core.decisions import Policy
from kconsole.core.encoding import inventory_document
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from tests.cli.console import Console, account, days_ago
from tests.cli.test_schemas import faults
from tests.clocks import FixedClock


@pytest.fixture
def office(console: Console) -> Console:
    return console.fill(
        account("anna", last_login=days_ago(3)),
        account("old", last_login=days_ago(400)),
        account("older", last_login=days_ago(700)),
        account("new"),
        account("chief", last_login=days_ago(400), role="full_admin"),
        account("info", kind="alias", delivers_to=("anna@north.example",)),
    )


def test_a_plan_says_what_it_would_do_why_the_rest_stays_and_ends_with_5(office: Console, tmp_path: Path) -> None:
    office.done("policy", "set", "idle", "brake_percent=100")
    said = office("reclaim", "plan")
    assert said.code == 5
    shown = [line.split()[0] for line in said.out.splitlines() if "@" in line]
    assert shown == ["older@north.example", "old@north.example"]
    assert ("(2)" in said.out, "(4)" in said.out) == (True, True)
    assert "5 → 3" in said.err
    plan = office("reclaim", "plan", "--json")
    assert (plan.code, faults("plan", plan.json)) == (5, [])
    assert [row["address"] for row in plan.json["rows"]] == shown
    assert plan.json["totals"] == {"used": 5, "used_after": 3, "limit": 10}
    assert {each["address"].partition("@")[0]: each["code"] for each in plan.json["skips"]} == {
        "anna": "delivers-for-alias", "new": "known-too-short", "chief": "admin", "info": "not-an-account",
    }  # fmt: skip
    file = tmp_path / "plan.json"
    assert office("reclaim", "plan", "--out", str(file)).code == 5
    assert json.loads(file.read_bytes())["rows"] == plan.json["rows"]
    assert office("reclaim", "plan", "--out", str(office.folder / "store.json")).code in (2, 4)
    assert office("reclaim", "plan", "--out", "-").json["rows"] == plan.json["rows"]
    assert len(office.done("log", "--json").json) == 2  # it writes nothing into the store


def test_nothing_to_do_ends_with_0_and_the_unknown_with_3(office: Console) -> None:
    office.done("policy", "set", "none", "where=is:kept")
    assert office.done("reclaim", "plan", "--policy", "none").code == 0
    assert office.done("reclaim", "plan", "--policy", "none", "--json").json["rows"] == []
    assert office("reclaim", "plan", "--policy", "more").code == 3
    assert office("reclaim", "explain", "zoe").code == 3
    office.done("delete", "anna", "--yes")
    assert office("reclaim", "explain", "anna@north.example").code == 3


def test_one_account_is_explained(office: Console) -> None:
    for login, words in {"old": "400 days ago", "chief": "administers", "new": "of 60 days", "info": "alias"}.items():
        assert words in office.done("reclaim", "explain", login).out


def test_protections_and_ending_keeps_stand_below_the_plan(office: Console) -> None:
    office.done("protect", "old*", "--reason", "scanners of the hall")
    office.done("keep", "new", "--until", "3d", "--reason", "back on Monday")
    said = office.done("reclaim", "plan")
    assert ("scanners of the hall" in said.out, "back on Monday" in said.out) == (True, True)


def test_old_data_ends_with_4_and_leaves_no_file(console: Console, tmp_path: Path) -> None:
    policy = Policy(name="idle", max_data_age=1)
    inventory = Inventory(
        license=License(seats=3), domains=(Domain(name="north.example"),), policies=(policy,),
        entries=(account("old", last_login=days_ago(400)),),
    )  # fmt: skip
    console.restore(inventory_document(inventory))
    console.clock = FixedClock(datetime.now(UTC) + timedelta(hours=2))
    file = tmp_path / "plan.json"
    for arguments in ((), ("--json",), ("--out", str(file))):
        said = console("reclaim", "plan", *arguments)
        assert (said.code, said.out) == (4, "")
    assert not file.exists()
    assert "Note:" in console.done("reclaim", "explain", "old").err


def test_policies_are_listed_shown_set_and_removed(office: Console) -> None:
    (idle,) = office.done("policy", "list", "--json").json
    assert (idle["name"], idle["inactive"], idle["never"], idle["shipped"]) == ("idle", 180, 60, True)
    office.done("policy", "set", "guests", "where=tag:guest", "inactive=30", "never=keep", "--reason", "audit")
    guests = office.done("policy", "show", "guests", "--json").json
    assert (guests["where"], guests["inactive"], guests["never"], guests["shipped"]) == ("tag:guest", 30, None, False)
    assert "tag:guest" in office.done("policy", "show", "Guests").out
    assert "guests" in office.done("policy", "list").out
    assert office.done("log", "--json").json[-1]["deed"] == "set policy"
    office.done("policy", "remove", "guests")
    assert [each["name"] for each in office.done("policy", "list", "--json").json] == ["idle"]
    office.done("undo")
    assert len(office.done("policy", "list", "--json").json) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("set", "x", "inactive"), 2),
        (("set", "x", "inactive=90", "inactive=60"), 2),
        (("set", "x", "inactive=3"), 2),
        (("set", "x", "step=explode"), 2),
        (("set", "x", "where=seen:x"), 2),
        (("set", "a b"), 2),
        (("show", "x"), 3),
        (("remove", "x"), 3),
        (("remove", "idle"), 3),
    ],
)
def test_policy_says_what_it_needs(office: Console, arguments: tuple[str, ...], code: int) -> None:
    said = office("policy", *arguments)
    assert (said.code, said.out) == (code, "")
    assert len(office.done("log", "--json").json) == 1


def test_a_dump_has_policies_and_brings_them_back(office: Console, tmp_path: Path) -> None:
    office.done("policy", "set", "guests", "inactive=45")
    dump = office.dump
    assert faults("dump", dump) == []
    other = Console(tmp_path / "other").restore(dump)
    assert {each["name"]: each["inactive"] for each in other.done("policy", "list", "--json").json}["guests"] == 45
