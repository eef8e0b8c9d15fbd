"""server, reconcile, status: what they answer, and how they end when it goes wrong."""

from pathlib import Path

import pytest

from tests.cli.console import Console
from tests.cli.live.following import follow, secretless
from tests.clocks import FixedClock
from tests.kerio_server.faults import Cut
from tests.kerio_server.server import KerioServer


def test_the_server_is_shown_without_a_password(console: Console, mail: KerioServer) -> None:
    assert "Read" in secretless(console.done("server"), mail).out
    answer = console.done("server", "--json").json["server"]
    assert (answer["name"], answer["synced_at"]) == ("mail", None)
    console.done("sync")
    assert console.done("server", "--json").json["server"]["role"]
    console.done("server", "remove")
    assert console("server").code == 3
    assert console("sync").code == 3
    assert console("reconcile").code == 3


def test_insecure_is_loud_and_in_the_log(tmp_path: Path, kerio_clock: FixedClock, mail: KerioServer) -> None:
    console = Console(tmp_path / "other", kerio_clock)
    console.done("init")
    said = console.done("server", "add", "mail", "--url", mail.url, "--user", mail.user, "--insecure")
    assert said.talk[0].startswith("INSECURE")
    assert "INSECURE" in console.done("sync").err
    assert "INSECURE" in console.done("server").out
    line = next(line for line in console.done("log").out.splitlines() if "add server" in line)
    assert "mail (INSECURE)" in line


def test_what_is_pinned_has_to_be_it(console: Console, mail: KerioServer) -> None:
    access = ["--url", mail.url, "--user", mail.user]
    console.done("server", "add", "mail", *access, "--fingerprint", ":".join(["AB"] * 32))
    said = console("sync")
    assert (said.code, mail.fingerprint in said.err) == (8, True)
    assert mail.logins == 0


@pytest.mark.parametrize(
    "words",
    [
        ["add", "mail", "--url", "http://mail.example", "--user", "a"],
        ["add", "mail", "--url", "https://u:p@mail.example", "--user", "a"],
        ["add", "mail", "--url", "https://mail.example", "--user", " "],
        ["add", "mail", "--url", "https://mail.example", "--user", "a", "--fingerprint", "AB"],
        ["add", "mail", "--url", "https://mail.example"],
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, words: list[str]) -> None:
    console = Console(tmp_path / "other")
    console.done("init")
    said = console("server", *words)
    assert said.code == 2
    assert "u:p" not in said.err
    assert console("server").code == 3


# reconcile, status


def test_reconcile_ends_with_1_if_something_differs(tmp_path: Path, console: Console, mail: KerioServer) -> None:
    assert console("reconcile").code == 3
    console.done("sync")
    same = console.done("reconcile", "--json").json
    assert {figure["figure"]: (figure["ours"], figure["theirs"]) for figure in same["figures"]} == {
        "licensed": (10, 10),
        "counted": (2, 2),
        "connected": (0, 0),
        "created": (3, 3),
        "counted in north.example": (1, 1),
        "counted in south.example": (1, 1),
    }
    counted = next(each for each in same["figures"] if each["figure"] == "counted")
    assert (counted["ours"], counted["theirs"], counted["agrees"], counted["causes"]) == (2, 2, True, [])
    console = Console(tmp_path / "other", console.clock)
    console.done("init", "--seats", "10")
    console.done("domains", "add", "north.example", "--primary")
    console.done("add", "own@north.example")
    follow(console, mail).done("sync")
    said = console("reconcile")
    assert said.code == 1
    assert "! server 2   -1" in said.out
    assert "own@north.example" in said.out
    answer = console("reconcile", "--json").json
    counted = next(each for each in answer["figures"] if each["figure"] == "counted")
    assert counted["causes"][0]["code"] == "only-here"
    assert counted["causes"][0]["accounts"] == ["own@north.example"]


def test_status_tells_how_old_it_is(console: Console, kerio_clock: FixedClock) -> None:
    assert "Server: mail, never read" in console.done("status").out
    assert console.done("status", "--json").json["server"] == {
        "name": "mail", "synced_at": None, "age_seconds": None, "unread": [], "uncounted": [],
        "partial": False, "counted": [], "open": [],
    }  # fmt: skip
    console.done("sync")
    kerio_clock.forward(minutes=5)
    assert ", 5 minutes ago" in console.done("status").out
    answer = console.done("status", "--json").json["server"]
    assert answer == {
        "name": "mail", "synced_at": "2026-08-05T12:03:00Z", "age_seconds": 300, "unread": [], "uncounted": [],
        "partial": False, "counted": [], "open": [],
    }  # fmt: skip


def test_a_user_leaves_on_the_server_too(console: Console, mail: KerioServer, kerio_clock: FixedClock) -> None:
    console.done("sync")
    shown = secretless(console.done("offboard", "anna", "--to", "chen", "--alias-to", "chen", "--dry-run"), mail)
    assert "cannot be undone on the server mail" in shown.out
    assert console("offboard", "anna", "--to", "chen", "--yes", "--offline").code == 4
    console.done("offboard", "anna", "--to", "chen", "--alias-to", "chen", "--on", "3d", "--yes", "--offline")
    console.done("offboard", "chen", "--on", "2d")
    asked = len(mail.calls)
    assert console.done("due", "--apply").talk == ["Nothing is due."]
    assert len(mail.calls) == asked
    kerio_clock.forward(days=3)
    said = secretless(console("due", "--apply", "--json"), mail)
    due = {each["address"]: each["outcomes"][0] for each in said.json["due"]}
    assert (said.code, due["anna@north.example"]["code"]) == (1, "successor-disabled")
    assert not mail.world.user("chen@south.example").enabled
    console.done("enable", "chen")
    mail.faults.add(Cut(done=True), "Aliases.create")
    said = secretless(console("due", "--apply", "--json"), mail)
    assert (said.code, said.json["due"][0]["outcomes"]) == (8, [])
    assert mail.world.find("anna@north.example") is None
    assert "anna@north.example made an alias" in console("due").err, "it is not confirmed"
    console.done("sync")
    assert [each["delivers_to"] for each in console.dump["entries"] if each["kind"] == "alias"] == [
        ["chen@south.example"]
    ]
    assert console.done("offboard", "--json").json == []
