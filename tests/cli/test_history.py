"""log, undo. Their words are held in `golden/`."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kconsole.cli.history import FOLLOW_PAUSE
from kconsole.operations.system import system_operator
from tests.cli.console import Console, Said, account
from tests.cli.test_hostile import HOSTILE, harmless
from tests.limits import PATIENCE
from tests.store.stores import encoded

ANNA, BERG = "anna@north.example", "berg@north.example"
USER = system_operator().user


@pytest.fixture
def office(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    for variable in ("SUDO_USER", "SSH_CONNECTION"):
        monkeypatch.delenv(variable, raising=False)
    return console.fill(account("anna"), account("berg"), account("off", enabled=False), seats=2)


def lines(said: Said) -> list[int]:
    return [document["sequence"] for document in said.json]


# log


def test_the_log_in_json_has_the_shape_that_was_agreed_on(office: Console) -> None:
    office.done("disable", ANNA, "--reason", "left us")
    begun, disabled = office.done("log", "--json").json
    assert begun["deed"] == "init"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", disabled.pop("at"))
    assert re.fullmatch("[0-9a-f]+", disabled.pop("session"))
    assert disabled == {
        "sequence": 2,
        "operator": USER,
        "uid": os.getuid(),
        "login_uid": system_operator().login_uid,
        "operator_name": None,
        "claims": {"as": None, "sudo_user": None, "ssh_connection": None, "ssh_key": None},
        "deed": "disable",
        "reason": "left us",
        "accounts": [ANNA],
        "changes": 1,
        "refused": [],
        "refusals": [],
        "seats": {"before": 2, "after": 1},
        "undoes": None,
        "undone_by": None,
        "plan": None,
    }


def test_the_log_for_a_person(office: Console) -> None:
    office.done("disable", ANNA, "--reason", "left us")
    office.done("--as", "chen", "enable", "off@north.example")
    assert office("add", "more@north.example", "--as", "chen").code == 4
    said = office.done("log")
    header, _, disabled, _, refused = said.out.splitlines()
    assert header.split() == ["LINE", "WHEN", "OPERATOR", "OPERATION", "ACCOUNTS", "SEATS", "REASON"]
    for word in ("2 ", USER, "disable", ANNA, "2 → 1", "left us"):
        assert word in disabled
    for word in (f'{USER} as "chen"', "add refused", "more@north.example", "refused: "):
        assert word in refused
    assert said.err == ""


def test_the_log_is_asked_for_an_account_an_operator_and_a_time(office: Console) -> None:
    office.done("disable", ANNA)
    office.done("disable", BERG, "--as", "chen")
    office.forked("enable", ANNA, SUDO_USER="dora", SSH_CONNECTION="10.0.0.1 5 10.0.0.2 22")
    for arguments, expected in (
        ([], [1, 2, 3, 4]),
        (["--account", ANNA.upper()], [1, 2, 4]),
        (["--account", "anna"], [1, 2, 4]),
        (["--filter", "chen disable"], [3]),
        (["--filter", "CHEN anna@"], []),
        (["--operator", "chen"], [3]),
        (["--operator", "dora"], [4]),
        (["--operator", USER], [1, 2, 3, 4]),
        (["--operator", "missing"], []),
        (["--account", ANNA, "--operator", "dora"], [4]),
        (["--since", "1h"], [1, 2, 3, 4]),
        (["--since", (datetime.now(UTC) + timedelta(hours=1)).isoformat()], []),
        (["--since", "2020-01-01"], [1, 2, 3, 4]),
        (["--since", office.done("log", "--json").json[2]["at"]], [3, 4]),
    ):
        assert lines(office.done("log", "--json", *arguments)) == expected, arguments
    assert office.done("log", "--json", "--operator", "missing").out == "[]\n"
    assert office.done("log", "--operator", "missing").out == ""
    *_, last = office.done("log", "--json").json
    assert (last["claims"]["sudo_user"], last["claims"]["ssh_connection"]) == ("dora", "10.0.0.1 5 10.0.0.2 22")
    assert last["operator"] == USER
    assert office.done("log", "--json").json[2]["claims"]["as"] == "chen"


@pytest.mark.parametrize("zone", ["Europe/Prague", "America/St_Johns", "UTC"])
def test_a_shown_time_is_found_by_the_filter_and_by_since(
    office: Console, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        office.done("disable", ANNA)
        office.done("enable", ANNA)
        *_, last = office.done("log").out.splitlines()
        shown = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", last)
        assert shown is not None
        assert 3 in lines(office.done("log", "--json", "--since", shown[0]))
        assert 3 in lines(office.done("log", "--json", "--filter", shown[0]))
        an_hour_later = (datetime.fromisoformat(shown[0]) + timedelta(hours=1)).isoformat(" ", "minutes")
        assert lines(office.done("log", "--json", "--since", an_hour_later)) == []
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("since", ["yesterday", "7", "0d", "2026-13-01", "", "99999999999999y"])
def test_a_time_that_is_none_is_a_usage_error(office: Console, since: str) -> None:
    said = office("log", "--since", since)
    assert (said.code, said.out) == (2, "")


def test_a_long_table_has_one_header_and_every_line(office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kconsole.cli.history.LINES_AT_A_TIME", 3)
    for _ in range(4):
        office.done("disable", ANNA)
        office.done("enable", ANNA)
    numbers = [line.split()[0] for line in office.done("log").out.splitlines()]
    assert numbers == ["LINE", *map(str, range(1, 10))]


@contextmanager
def following(console: Console, *arguments: str) -> Iterator[Any]:
    command = [sys.executable, "-m", "kconsole", "--store", str(console.folder), "log", "--follow", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    too_long = threading.Timer(60, process.kill)  # who reads a line that never comes would wait for ever
    too_long.start()
    try:
        yield process
    finally:
        too_long.cancel()
        process.kill()
        process.communicate()


def test_a_log_is_followed_in_another_process(office: Console) -> None:
    assert FOLLOW_PAUSE <= 1  # what a clock would say of it on an idle machine
    with following(office, "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["deed"] == "init"
        office.done("disable", ANNA, "--as", "chen")
        seen = json.loads(process.stdout.readline())
        assert (seen["sequence"], seen["deed"], seen["accounts"], seen["claims"]["as"]) == (
            2,
            "disable",
            [ANNA],
            "chen",
        )
        office("add", "a@north.example", "--reason", "x")
        office("enable", ANNA)
        office("add", "b@north.example")
        reported = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert [document["deed"] for document in reported] == ["add", "enable"]
        assert process.poll() is None


def test_a_log_is_followed_by_what_was_asked_for_until_ctrl_c(office: Console) -> None:
    with following(office, "--account", BERG) as process:
        assert process.stdout is not None
        assert "init" in process.stdout.readline()
        office.done("disable", ANNA)
        office.done("disable", BERG)
        line = process.stdout.readline()
        assert BERG in line
        assert line.startswith("3  ")
        process.send_signal(2)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, "Traceback" in err) == (130, "", False)


def test_a_followed_log_that_is_replaced_ends_with_an_error(office: Console) -> None:
    with following(office) as process:
        assert process.stdout is not None
        process.stdout.readline()
        journal = office.folder / "journal.jsonl"
        (office.folder / "other").write_bytes(journal.read_bytes()[:-1])
        (office.folder / "other").replace(journal)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 7
        assert "another file was put in its place" in err


def test_a_followed_log_goes_on_when_old_lines_are_archived(office: Console) -> None:
    with following(office) as process:
        assert process.stdout is not None
        process.stdout.readline()
        office.done("disable", ANNA)
        assert "disable" in process.stdout.readline()
        office.done("journal", "archive", "--keep", "1")
        office.done("enable", ANNA)
        assert "enable" in process.stdout.readline()
    assert [line["deed"] for line in office.done("log", "--json").json] == ["init", "disable", "enable"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_line_of_the_log_is_harmless(office: Console, text: str) -> None:
    """Whoever can write the journal can make any line of it, with a right hash."""
    head = office.done("log", "verify").out.split()[1]
    body = {"sequence": 2, "at": "2026-01-01T00:00:00Z", "operator": text, "claims": dict.fromkeys(["as", "ssh"], text)}
    body |= {"session": text, "deed": text, "reason": text, "refused": [f"{text}: {text}"], "next_number": 9}
    body |= {"seats": [1, 2], "changes": []}
    with (office.folder / "journal.jsonl").open("ab") as file:
        file.write(encoded(body, head)[0])
    document = harmless(office.done("log", "--json")).json[1]
    assert (document["deed"], document["operator"], document["reason"]) == (text, text, text)
    assert len(harmless(office.done("log")).out.splitlines()) == 3
    harmless(office.done("log", "verify"))
    assert harmless(office("undo", "2")).code == 3
    harmless(office.done("doctor"))
    assert harmless(office.done("--read-only", "log")).out


@pytest.mark.thorough
def test_a_long_log_is_shown_as_far_as_someone_reads_it(tmp_path: Path) -> None:
    console = Console(tmp_path / "store").fill(account("anna"))
    journal = console.folder / "journal.jsonl"
    content, head = journal.read_bytes(), console.done("log", "verify").out.split()[1]
    more = [content]
    for number in range(2, 20_002):
        line, head = encoded(_refusal(number), head)
        more.append(line)
    journal.write_bytes(b"".join(more))
    script = f'"{sys.executable}" -m kconsole --store "{console.folder}" log | head -3; echo ${{PIPESTATUS[0]}}'
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert ended.stdout.splitlines()[-1] == "0"
    assert len(ended.stdout.splitlines()) == 4
    assert len(console.done("log", "--json").json) == 20_001
    assert console.done("log").out.count("\n") == 20_002


def _refusal(number: int) -> dict[str, object]:
    texts = {"at": "2026-01-01T00:00:00Z", "operator": "x", "session": "s", "deed": "add"}
    return {"sequence": number, **texts, "refused": ["a@x: no"], "next_number": 9, "changes": []}


# undo


def test_the_last_own_change_is_undone_and_redone(office: Console) -> None:
    office.done("disable", ANNA)
    said = office.done("undo", "--reason", "too early")
    assert said.out == ""
    assert said.talk[-1] == "1 → 2 of 2 seats used"
    *_, last = office.done("log", "--json").json
    assert (last["deed"], last["undoes"], last["reason"]) == ("undo", 2, "too early")
    nothing = office("undo")
    assert (nothing.code, nothing.out) == (3, "")
    again = office("undo", "2")
    assert (again.code, "undo 3" in again.err) == (3, True)
    assert office.done("undo", "3").talk[-1] == "2 → 1 of 2 seats used"
    assert "line 2" in office.done("undo").talk[0]
    assert office.done("status", "--json").json["seats"]["used"] == 2


def test_undo_is_refused_at_the_limit_and_when_changed_since(office: Console) -> None:
    office.done("disable", ANNA)
    office.done("enable", "off@north.example", "--as", "chen")
    said = office("undo")
    assert said.code == 4
    office.done("disable", "off@north.example", "--as", "chen")
    office.done("enable", ANNA, "--as", "chen")
    said = office("undo")
    assert (said.code, said.out) == (4, "")
    assert ANNA in said.talk[1]
    assert "line 6" in said.talk[2]


def test_anothers_change_is_undone_by_its_line_only(office: Console) -> None:
    office.done("disable", ANNA, "--as", "chen")
    assert office("undo").code == 3
    assert office("undo", "--as", "dora").code == 3
    assert 'as "chen"' in office.done("undo", "2", "--as", "dora").talk[0]
    assert office("undo", "--as", "chen").code == 3


def test_an_added_account_is_deleted_and_holds_its_seat(office: Console) -> None:
    office.done("disable", ANNA)
    office.done("add", "chen@north.example")
    assert len(office.done("undo").talk) == 2
    seats = office.done("status", "--json").json["seats"]
    assert (seats["used"], seats["held"]) == (2, 1)
    assert office.done("explain", "chen@north.example", "--json").json[0]["held"]


def test_a_restart_an_import_a_restore_and_deletions_are_undone(office: Console, tmp_path: Path) -> None:
    office.restore({"license": {"seats": 9}, "entries": [{"address": ANNA}, {"address": BERG, "origin": "directory"}]})
    before = office.dump
    office.done("delete", ANNA, BERG, "--yes")
    assert {entry["enabled"] for entry in office.dump["entries"]} == {True, False}
    office.done("undo")
    assert office.dump == before
    office.done("delete", ANNA, "--yes")
    office.done("restarted")
    assert office.done("status", "--json").json["seats"]["held"] == 0
    office.done("undo")
    assert office.done("status", "--json").json["seats"]["held"] == 1
    office.done("undo")
    (tmp_path / "users.csv").write_text("Name;FullName\nanna;New Name\nnew;New\n")
    office.done("import", "csv", str(tmp_path / "users.csv"), "--domain", "north.example")
    office.done("undo")
    assert office.done("accounts", "--json", "--sort", "address").json[0]["full_name"] == ""
    assert office.done("status", "--json").json["seats"]["held"] == 1
    office.done("restarted")
    before = office.dump
    (tmp_path / "empty.json").write_text("{}")
    office.done("restore", str(tmp_path / "empty.json"), "--reason", "oops")
    assert office.dump["entries"] == []
    office.done("undo")
    assert {entry["address"] for entry in office.dump["entries"]} == {entry["address"] for entry in before["entries"]}
    office.done("log", "verify")


@pytest.mark.parametrize("line", ["0", "-1", "x", "1.5"])
def test_a_line_that_is_none_is_a_usage_error(office: Console, line: str) -> None:
    assert office("undo", line).code == 2
    assert office("undo", "9").code == office("undo", "1").code == office("undo", "9" * 30).code == 3


def test_seats_in_the_log_are_those_of_the_report(office: Console) -> None:
    used = [office.done("status", "--json").json["seats"]["used"]]
    for arguments in (
        ["disable", ANNA],
        ["enable", "off@north.example"],
        ["add", "x@north.example"],
        ["delete", BERG, "--yes"],
        ["undo"],
        ["undo", "5"],
        ["restarted"],
        ["connect", ANNA],
        ["domains", "add", "west.example"],
        ["undo", "--as", "missing"],
    ):
        office(*arguments)
        used.append(office.done("status", "--json").json["seats"]["used"])
    reported = [document["seats"] for document in office.done("log", "--json").json if document["seats"] is not None]
    assert len(reported) >= 7
    for seats in reported:
        assert seats["before"] in used
        assert seats["after"] in used
    for earlier, after in pairwise(reported):
        assert earlier["after"] == after["before"]
    assert reported[-1]["after"] == used[-1]
