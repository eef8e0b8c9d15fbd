"""What was bought, what is changed by hand, and what is said before it is."""

import pytest

from tests.cli.console import Console
from tests.cli.licenses import license_of
from tests.cli.test_hostile import harmless
from tests.clocks import FixedClock


def test_what_was_bought_is_reported_until_it_arrives(licensed: Console, clock: FixedClock) -> None:
    assert "No purchase is pending." in licensed.done("license", "update").err
    assert licensed.done("license", "update", "--json").json == {"schema": 1, "update": None}
    bought = licensed.done("license", "update", "--buy", "10", "--component", "antivirus", "--json")
    assert bought.talk == ["10 seats and Antivirus bought, due within 24 hours"]
    assert bought.json["license"]["update"]["due_at"] == "2026-08-06T12:03:00Z"
    assert licensed("license", "update", "--buy", "1").code == 4
    clock.forward(hours=25)
    assert "OVERDUE" in licensed.done("license", "update").out
    pending = licensed.done("license", "update", "--json").json["update"]
    assert (pending["overdue"], len(pending["steps"])) == (True, 3)
    assert licensed.done("license", "update", "--arrived").talk == [
        "10 seats and Antivirus arrived: the license has 20 seats now"
    ]
    assert licensed("license", "update", "--arrived").code == 4
    licensed.done("license", "update", "--component", "antispam")
    assert licensed.done("license", "update", "--cancel").talk == ["Anti-spam cancelled"]


def test_a_license_is_changed_by_hand(licensed: Console) -> None:
    said = licensed.done(
        "license", "update", "--seats", "20", "--maintenance-until", "2028-03-01", "--expires", "2028-03-01", "--json"
    )
    assert said.talk == [
        "What would change:",
        "  Seats: 10 → 20",
        "  Maintenance until: 2027-02-21 → 2028-03-01",
        "  Expires: – → 2028-03-01",
        "the license has 20 seats now; activated",
    ]
    assert (said.json["outcome"], said.json["needs_over_limit"], said.json["seats_after"]["limit"]) == (
        "done",
        False,
        20,
    )
    assert {"what": "Seats", "text": "10 → 20"} in said.json["changes"]
    again = licensed.done("license", "update", "--seats", "20")
    assert again.talk == ["Nothing would change.", "The license already has these terms."]
    free = licensed.done(
        "license", "update", "--seats", "unlimited", "--maintenance-until", "never", "--expires", "never"
    )
    assert free.talk[1:4] == [
        "  Seats: 20 → unlimited",
        "  Maintenance until: 2028-03-01 → –",
        "  Expires: 2028-03-01 → –",
    ]
    assert license_of(licensed)["seats"] is license_of(licensed)["expires"] is None
    licensed.done("undo")
    assert license_of(licensed)["seats"] == 20


def test_a_smaller_license_says_who_would_be_locked_out(licensed: Console) -> None:
    before = licensed.dump
    for more in ([], ["--dry-run"]):
        said = licensed("license", "update", "--seats", "4", "--json", *more)
        assert (said.code, licensed.dump) == (4, before)
        assert said.talk[2:4] == [
            "The license will be exceeded by 1 seat: 5 of 4 seats used.",
            "1 of 2 accounts without a mailbox would be refused at login, the last of these to log in: "
            "new@north.example and map@north.example.",
        ]
        assert "--over-limit" in said.talk[-1]
        assert (said.json["outcome"], said.json["over"], said.json["needs_over_limit"]) == ("refused", 1, True)
        assert said.json["at_login"] == {
            "without_mailbox": 2,
            "let_in": 1,
            "refused": 1,
            "accounts": ["new@north.example", "map@north.example"],
        }
    dry = licensed.done("license", "update", "--seats", "4", "--over-limit", "--dry-run", "--json")
    assert (dry.json["outcome"], dry.talk[-1]) == ("dry-run", "Nothing was changed: this was a dry run.")
    assert licensed.dump == before
    licensed.done("license", "update", "--seats", "4", "--over-limit")
    assert licensed.done("status", "--json").json["seats"]["state"] == "exceeded"
    licensed.done("undo")
    assert licensed.dump == before


def test_a_change_that_suspends_everything_says_so(licensed: Console) -> None:
    said = licensed.done("license", "update", "--expires", "2026-08-04", "--dry-run")
    assert any(line.startswith("The license would be: license expired.") for line in said.talk)


@pytest.mark.parametrize(
    "arguments",
    [
        "update --buy 0",
        "update --buy 5 --arrived",
        "update --arrived --cancel",
        "update --seats 5 --buy 5",
        "update --seats -1",
        "update --expires 1970-01-01",
        "trial --begun 1601-01-01",
        "update --expires soon",
        "update --expires unlimited",
        "update --seats never",
        "update --dry-run",
        "update --buy 5 --over-limit",
        "update --component firewall",
        "component firewall",
        "component --seats 5",
        "component --remove",
        "component antivirus --remove --seats 5",
        "component antivirus --expires soon",
        "install",
        "install none.key",
        "--json trial",
        "trial --begun soon",
    ],
)
def test_what_makes_no_sense_changes_nothing(licensed: Console, arguments: str) -> None:
    before = licensed.dump
    said = harmless(licensed("license", *arguments.split()))
    assert (said.code, said.out, licensed.dump) == (2, "", before)
    assert said.err
