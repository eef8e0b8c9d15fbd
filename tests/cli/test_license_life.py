"""The whole life of a license on the command line, on a clock that is moved by hand."""

from pathlib import Path

from tests.cli.console import Console
from tests.clocks import noon


def test_the_whole_life_of_a_license(tmp_path: Path) -> None:
    clock = noon()
    office = Console(tmp_path / "store", clock)

    def state() -> str:
        said = office("status", "--json")
        life = said.json["life"]
        assert said.code == (9 if life["expired"] else 0)
        assert office("license", "show").code == said.code
        assert said.json["as_of"] == clock.now().isoformat().replace("+00:00", "Z")
        return str(life["state"])

    def warnings() -> list[str]:
        return [warning["code"] for warning in office("status", "--json").json["life"]["warnings"]]

    def limit() -> int:
        return int(office("status", "--json").json["seats"]["limit"])

    office.done("init", "--seats", "5")
    office.done("domains", "add", "north.example", "--primary")
    for login in "abcde":
        office.done("add", f"{login}@north.example")
    assert (state(), warnings()) == ("unregistered", [])

    office.done("license", "trial")
    assert (state(), warnings()) == ("trial", ["trial-ends"])
    assert "trial, 30 days left" in office.done("status").out
    office.done("connect", "a@north.example")
    clock.forward(days=31)
    assert (state(), warnings()) == ("trial-expired", ["trial-expired"])
    refused = office("connect", "a@north.example")
    assert (refused.code, refused.talk[0]) == (4, "a@north.example: License is expired: all functions are suspended")

    office.done(
        "license", "register", "--organization", "Northwind", "--person", "Anna Berg", "--email", "anna@north.example",
        "--phone", "1", "--country", "CZ", "--city", "Brno", "--street", "High St 1", "--zip", "60200",
    )  # fmt: skip
    assert (state(), warnings()) == ("registered", [])
    office.done("license", "activate")
    assert state() == "activated"
    office.done("connect", "a@north.example")
    assert "License: maintenance until 2027-09-05" in office.done("status").out

    office.done("license", "update", "--buy", "10")
    clock.forward(hours=24)
    assert (warnings(), limit()) == ([], 5)
    assert office("add", "f@north.example").code == 4
    clock.forward(hours=1)
    assert (state(), warnings()) == ("activated", ["update-overdue"])
    assert "! Overdue: 10 seats, bought more than 24 hours ago" in office.done("status").out
    shown = office.done("license").out
    for step in ("1. Check that the server reaches", "2. Compare the license ID", "3. If both are right"):
        assert step in shown
    office.done("license", "update", "--arrived")
    assert (warnings(), limit()) == ([], 15)
    office.done("add", "f@north.example")

    office.done("license", "update", "--expires", "2027-12-31", "--maintenance-until", "2027-12-01")
    seen: dict[int, str] = {}
    while state() == "activated":
        endings = {each["what"]: each for each in office("license", "--json").json["endings"]}
        if endings["license"]["warned_at"] is not None:
            seen.setdefault(endings["license"]["warned_at"], endings["license"]["on"])
        clock.forward(days=20)
    assert state() == "maintenance-expired"
    assert "maintenance-expired" in warnings()
    clock.moment = clock.moment.replace(year=2027, month=12, day=31)
    assert (state(), "license-ends" in warnings()) == ("maintenance-expired", True)
    assert 60 in seen
    office.done("connect", "b@north.example")
    clock.forward(days=1)
    assert state() == "license-expired"
    status = office("status")
    assert (status.code, "License: license expired" in status.out) == (9, True)
    said = office("connect", "b@north.example", "--json")
    assert (said.code, said.json["may_connect"]) == (4, False)
    assert "License is expired" in said.json["why"]
    assert "would be refused: License is expired" in office.done("explain", "b@north.example").out

    key = tmp_path / "license.key"
    key.write_text("--LICENSE--\nUsers: 15\nLicense-Expires: 01 Jan 2029\nSubscription-Expires: 01 Jan 2029\n--END--\n")
    office.done("license", "install", str(key), "--yes")
    assert (state(), limit(), warnings()) == ("activated", 15, [])
    office.done("connect", "b@north.example")
    operations = [line["deed"] for line in office.done("log", "--json").json]
    assert [operation for operation in operations if "license" in operation or operation in ("begin trial", "buy")] == [
        "begin trial", "register license", "activate license", "buy", "update license", "change license",
        "install license",
    ]  # fmt: skip
    office.done("log", "verify")
