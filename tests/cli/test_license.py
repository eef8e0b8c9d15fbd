"""The license by command: shown, its trial, its components, and who may connect."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.license import Component, License
from tests.cli.console import Console, account
from tests.cli.licenses import ACTIVATED, DAY, DETAILS, EAS, TODAY, license_of, with_license
from tests.clocks import FixedClock


def test_show_tells_everything(licensed: Console) -> None:
    said = licensed.done("license", "show")
    assert licensed.done("license").out == said.out
    lines = said.out.splitlines()
    assert lines[0].startswith("State ")
    assert "ACTIVATED" in lines[0]
    for text in ("5 of 10 used", "*****-*****-*GHIJ", "Northwind Traders", "Software Maintenance", "Antivirus"):
        assert text in said.out
    assert "!" not in said.out


def test_show_in_json_has_the_shape_that_was_agreed_on(licensed: Console) -> None:
    answer = licensed.done("license", "show", "--json").json
    assert answer == licensed.done("license", "--json").json
    assert list(answer) == [
        "schema", "as_of", "state", "word", "meaning", "allows", "next", "source", "suspended", "expired", "endings",
        "components", "update", "registration", "price", "warnings", "seats",
    ]  # fmt: skip
    assert (answer["schema"], answer["as_of"]) == (1, "2026-08-05T12:03:00Z")
    assert (answer["state"], answer["suspended"], answer["expired"]) == ("activated", False, False)
    assert answer["endings"] == [
        {"what": "maintenance", "on": "2027-02-21", "days_left": 200, "over": False, "warned_at": None}
    ]
    assert answer["registration"] == {
        "registered_at": "2026-08-04T12:03:00Z",
        "activated_at": "2026-08-04T12:03:00Z",
        "id_end": "GHIJ",
        "id": "*****-*****-*GHIJ",
        "customer": {**DETAILS, "state": "", "web": "", "comment": ""},
    }
    assert (answer["components"], answer["update"], answer["warnings"]) == ([], None, [])
    assert (answer["seats"]["used"], answer["seats"]["limit"]) == (5, 10)


def test_status_has_the_same_life_without_people(licensed: Console) -> None:
    licensed.done("license", "component", "activesync", "--seats", "0")
    shown = licensed.done("license", "show", "--json").json
    status = licensed.done("status", "--json")
    life = status.json["life"]
    assert status.json["license"] == {"seats": 10, "id_end": "GHIJ"}
    assert shown["registration"].pop("customer")
    assert shown["components"][0].pop("beyond") == ["anna@north.example"]
    assert {name: shown[name] for name in life} == life
    assert "anna" not in status.out
    assert "Northwind" not in status.out
    assert "License: maintenance until 2027-02-21" in licensed.done("status").out


@pytest.mark.parametrize(
    ("license_", "state", "code"),
    [
        (License(seats=10), "unregistered", 0),
        (License(seats=10, trial_until=TODAY), "trial", 0),
        (License(seats=10, trial_until=TODAY - DAY), "trial-expired", 9),
        (replace(ACTIVATED, activated_at=None), "registered", 0),
        (ACTIVATED, "activated", 0),
        (replace(ACTIVATED, maintenance_until=TODAY - DAY), "maintenance-expired", 0),
        (replace(ACTIVATED, expires=TODAY - DAY), "license-expired", 9),
    ],
)
def test_an_expired_license_ends_with_a_code_of_its_own(
    tmp_path: Path, clock: FixedClock, license_: License, state: str, code: int
) -> None:
    console = with_license(Console(tmp_path / "store", clock), license_)
    for arguments in ("license", "license show", "license show --json", "status", "status --json"):
        said = console(*arguments.split())
        assert (said.code, said.err) == (code, "")
        assert said.out
    answer = console("status", "--json").json
    assert (answer["life"]["state"], answer["life"]["expired"]) == (state, code == 9)
    if state not in ("activated", "registered", "unregistered"):
        assert answer["life"]["warnings"][0] in answer["warnings"]
        assert f"! {answer['life']['warnings'][0]['text']}" in console("status").out


def test_grace_of_old_is_expired_too(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2023, 5, 3, tzinfo=UTC))
    console = with_license(
        Console(tmp_path / "store", clock), License(expires=datetime(2023, 4, 30, tzinfo=UTC).date())
    )
    said = console("license", "show", "--json")
    assert (said.code, said.json["suspended"], said.json["expired"]) == (9, False, True)


# trial


def test_a_trial_is_recorded(tmp_path: Path, clock: FixedClock) -> None:
    console = with_license(Console(tmp_path / "store", clock), License(seats=10))
    said = console.done("license", "trial", "--begun", "2026-07-10", "--json", "--reason", "new server")
    assert said.talk == ["trial of 30 days recorded, its last day is 2026-08-09"]
    assert (said.json["outcome"], said.json["license"]["state"]) == ("done", "trial")
    assert console("license", "trial").code == 4
    assert console.done("log", "--json").json[-2]["reason"] == "new server"


@pytest.mark.parametrize("day", ["2026-08-06", "9999-12-31", "soon", "2026-02-30"])
def test_a_trial_has_begun_by_now(tmp_path: Path, clock: FixedClock, day: str) -> None:
    console = with_license(Console(tmp_path / "store", clock), License(seats=10))
    assert console("license", "trial", "--begun", day).code == 2
    assert license_of(console)["trial_until"] is None


def test_components_are_licensed_one_by_one(licensed: Console) -> None:
    licensed.done("license", "component", "activesync", "--seats", "0", "--expires", "2026-08-10")
    assert licensed.done("license", "component", "activesync", "--seats", "0").talk == [
        "Exchange ActiveSync already has these terms"
    ]
    said = licensed.done("license", "component", "antivirus", "--json")
    assert said.json["text"] == "Antivirus is licensed"
    listed = licensed.done("license", "component")
    assert "1 of 0 seats   until 2026-08-10, 5 days left   !" in listed.out
    assert "! 1 account beyond its seats: anna@north.example" in listed.out
    assert licensed.done("license", "component", "--json").json == [
        {"name": "antivirus", "expires": None, "seats": None, "users": 5, "over": 0, "beyond": []},
        {
            "name": "activesync",
            "expires": "2026-08-10",
            "seats": 0,
            "users": 1,
            "over": 1,
            "beyond": ["anna@north.example"],
        },
    ]
    assert {"code": "activesync-ends", "text": "Exchange ActiveSync ends in 5 days (2026-08-10)"} in licensed.done(
        "status", "--json"
    ).json["warnings"]
    licensed.done("license", "component", "activesync", "--remove")
    assert [component["name"] for component in license_of(licensed)["components"]] == ["antivirus"]


def test_connect_in_json(licensed: Console) -> None:
    said = licensed.done("connect", "new@north.example", "--json")
    assert said.json == {
        "schema": 1,
        "address": "new@north.example",
        "outcome": "done",
        "may_connect": True,
        "why": "logged in, the mailbox was created",
    }
    licensed.done("license", "update", "--seats", "4", "--over-limit")
    refused = licensed("connect", "map@north.example", "--json")
    assert (refused.code, refused.json["outcome"], refused.json["may_connect"]) == (4, "refused", False)
    assert refused.json["why"].startswith("AuthLicense: ")
    assert licensed("connect", "none@north.example", "--json").json["outcome"] == "not-found"
    licensed.done("license", "update", "--expires", "2026-08-04")
    expired = licensed("connect", "anna@north.example", "--json")
    assert (expired.code, expired.json["why"]) == (4, "License is expired: all functions are suspended")


def test_components_beyond_their_seats_are_all_in_json_and_some_on_a_terminal(
    tmp_path: Path, clock: FixedClock
) -> None:
    console = with_license(
        Console(tmp_path / "store", clock),
        replace(ACTIVATED, components=(Component(name="activesync", seats=1),)),
        *(account(f"m{number:02}", last_login=EAS) for number in range(30)),
    )
    assert len(console.done("license", "--json").json["components"][0]["beyond"]) == 30
    assert "and 10 more" in console.done("license").out
