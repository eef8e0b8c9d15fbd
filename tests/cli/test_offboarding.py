"""The commands offboard and due."""

import pytest

from kconsole.core.records import Domain
from tests.cli.console import Console, Said, account
from tests.cli.test_hostile import HOSTILE, harmless, hostile_dump
from tests.clocks import FixedClock

ANNA, BERG = "anna@north.example", "berg@north.example"


@pytest.fixture
def office(console: Console, clock: FixedClock) -> Console:
    console.clock = clock
    info = account("info", kind="alias", delivers_to=(ANNA,))
    return console.fill(
        account("anna", mailbox=True), account("berg"), account("off", enabled=False), info,
        domains=(Domain(name="north.example", primary=True),),
    )  # fmt: skip


def states(office: Console) -> dict[str, str]:
    listed = {each["address"]: each for each in office.accounts()}
    return {address: each["kind"] if each["enabled"] else "disabled" for address, each in listed.items()}


def test_a_plan_first_and_then_what_it_says(office: Console) -> None:
    shown = office.done("offboard", "anna", "--dry-run")
    for part in ("no one can log in", "seat is free at once", "do not forward", "backups", "info@north.example"):
        assert part in shown.out
    assert states(office)[ANNA] == "user"
    assert office.done("offboard", "anna", "--reason", "left").out == shown.out
    assert states(office)[ANNA] == "disabled"
    office.done("undo")
    assert states(office)[ANNA] == "user"


def test_a_deletion_needs_yes(office: Console) -> None:
    said = office("offboard", "anna", "--to", "berg", "--alias-to", "berg")
    assert said.code == 2
    assert "--yes" in said.err
    assert "restart" in said.out
    assert states(office)[ANNA] == "user"
    office.done("offboard", "anna", "--to", "berg", "--alias-to", "berg", "--yes")
    assert states(office)[ANNA] == "alias"
    assert [each["delivers_to"] for each in office.dump["entries"] if each["kind"] == "alias"] == [[BERG], [BERG]]
    assert office("offboard", "anna", "--alias-to", "berg", "--keep-mail", "--yes").code == 4, "it is an alias now"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("--to berg", 2),
        ("anna --json", 2),
        ("--cancel", 2),
        ("anna --cancel --to berg", 2),
        ("anna --to berg --keep-mail", 2),
        ("anna --alias-to berg", 2),
        ("anna --on soon", 2),
        ("anna --on 2020-01-01", 2),
        ("anna --on 500d", 4),
        ("zoe", 3),
        ("info", 4),
        ("anna --to off --yes", 4),
        ("anna --to anna --yes", 4),
        ("anna --to zoe --yes", 3),
        ("anna --alias-to zoe --keep-mail --dry-run", 3),
        ("anna --offline --dry-run", 0),
    ],
)
def test_what_it_needs(office: Console, arguments: str, code: int) -> None:
    before = office.dump
    assert office("offboard", *arguments.split()).code == code
    assert office.dump == before


def test_on_a_day(office: Console, clock: FixedClock) -> None:
    assert office.done("due").talk == ["Nothing is due."]
    said = office.done("offboard", "anna", "--on", "2026-08-31", "--reason", "last day")
    assert "kconsole due --apply" in said.out
    (listed,) = office.done("offboard", "--json").json
    assert (listed["address"], listed["then"], listed["is_due"], listed["reason"]) == (
        ANNA,
        "disable",
        False,
        "last day",
    )
    assert "last day" in office.done("offboard").out
    assert "2026-08-31" in office.done("explain", "anna").out
    assert office.done("due", "--json").json["due"] == []
    assert office.done("due", "--apply").code == 0
    assert "leaves" not in office.done("status").out
    clock.forward(days=20)
    assert f"! {ANNA} leaves 2026-08-31: last day" in office.done("status").out
    clock.forward(days=10)
    assert f"! {ANNA} left 2026-08-31, see 'kconsole due': last day" in office.done("status").out
    due = office("due", "--json")
    assert due.code == 5
    assert [(each["address"], each["refused"], each["outcomes"]) for each in due.json["due"]] == [(ANNA, None, [])]
    assert office("due").code == 5
    assert states(office)[ANNA] == "user"
    applied = office.done("due", "--apply", "--json").json
    assert [(each["code"], each["result"]) for each in applied["due"][0]["outcomes"]] == [("disabled", "done")]
    assert states(office)[ANNA] == "disabled"
    assert office.done("offboard", "--json").json == office.done("due", "--json").json["due"] == []


def test_a_day_is_cancelled(office: Console, clock: FixedClock) -> None:
    office.done("offboard", "anna", "--on", "10d")
    office.done("offboard", "anna", "--cancel", "--reason", "she stays")
    assert office.done("offboard", "--json").json == []
    assert office.done("offboard", "anna", "--cancel").code == 0
    clock.forward(days=11)
    assert office.done("due", "--apply").talk == ["Nothing is due."]


def test_what_cannot_be_done_when_it_is_due_is_said_and_stays(office: Console, clock: FixedClock) -> None:
    office.done("offboard", "anna", "--to", "berg", "--on", "10d", "--yes")
    office.done("offboard", "off", "--on", "10d")
    office.done("disable", "berg")
    clock.forward(days=11)
    due = office("due", "--json")
    assert (due.code, [bool(each["refused"]) for each in due.json["due"]]) == (5, [True])
    assert "disabled" in office("due").err
    lines = len(office.done("log", "--json").json)
    for _ in range(3):
        assert office("due", "--apply").code == 4
    assert len(office.done("log", "--json").json) == lines + 1
    office.done("enable", "berg")
    assert office.done("due", "--apply").code == 0
    assert ANNA not in states(office)


def test_one_refused_among_several_is_partly_failed(office: Console, clock: FixedClock) -> None:
    office.done("enable", "off")
    office.done("offboard", "anna", "--to", "off", "--on", "10d", "--yes")
    office.done("offboard", "berg", "--on", "10d")
    office.done("disable", "off")
    clock.forward(days=11)
    assert office("due", "--apply").code == 1
    assert states(office) == {**states(office), ANNA: "user", BERG: "disabled"}


def test_a_refusal_is_in_the_log(office: Console) -> None:
    office("offboard", "anna", "--to", "off", "--yes")
    line = max(office.done("log", "--json").json, key=lambda line: line["sequence"])
    assert (line["deed"], [each["code"] for each in line["refusals"]]) == ("offboard", ["successor-disabled"])


def test_a_story(office: Console, clock: FixedClock) -> None:
    """Anna leaves in three weeks, for Berg; he takes over on the day, by a timer, and a mistake is undone."""
    office.done("offboard", "anna", "--to", "berg", "--alias-to", "berg", "--on", "21d", "--yes", "--reason", "leaves")
    backup = office.dump
    assert [each["address"] for each in backup["offboardings"]] == [ANNA]
    clock.forward(days=7)
    assert timer(office).code == 0
    clock.forward(days=15)
    done = timer(office)
    assert (done.code, states(office)[ANNA]) == (0, "alias")
    assert office.done("status", "--json").json["seats"]["held"] == 1
    assert timer(office).code == 0
    office.done("restarted")
    assert office.done("status", "--json").json["seats"]["held"] == 0
    office.done("undo")
    office.done("undo")
    assert states(office)[ANNA] == "user"
    assert timer(office).code == 0, "what was undone is not done again"
    office.restore(backup)
    assert office("due").code == 5


def test_hostile_texts_are_harmless(console: Console) -> None:
    dump = hostile_dump()
    users = [entry["address"] for entry in dump["entries"] if entry["kind"] == "user"]
    dump["offboardings"] = [
        {"address": address, "due": f"20{20 + 20 * (place % 2)}-01-01T00:00:00Z", "to": text, "alias_to": text,
         "reason": text, "by": text, "at": "2019-01-01T00:00:00Z"}
        for place, (address, text) in enumerate(zip(users, HOSTILE, strict=False))
    ]  # fmt: skip
    console.restore(dump)
    lines = ["offboard", "offboard --json", "due", "due --json", "due --apply", "due --apply --json", "log", "status"]
    for arguments in lines:
        harmless(console(*arguments.split()))
    for address in users:
        for more in (
            [],
            ["--dry-run"],
            ["--to", HOSTILE[0], "--dry-run"],
            ["--cancel"],
            ["--on", "3d", "--reason", "x"],
        ):
            harmless(console("offboard", address, *more))
        harmless(console("explain", address))
    assert {each["reason"] for each in console.done("offboard", "--json").json} <= {"x", *HOSTILE}


def timer(office: Console) -> Said:
    return office("due", "--apply")
