"""`kconsole reclaim apply`, `mark` and `due`: what they print and write, and what they refuse."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kconsole.core.encoding import inventory_document
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.confinement import confine_files
from kconsole.operations.reclaim.notices import LANGUAGES, file_name
from tests.cli.console import Console
from tests.clocks import noon
from tests.limits import PATIENCE
from tests.operations.sessions import account, logged_in

ANNA = "anna@north.example"


@pytest.fixture
def office(tmp_path: Path) -> Console:
    console = Console(tmp_path / "store", noon())
    people = [account(f"p{number}", last_login=logged_in(200 + number)) for number in range(12)]
    named = account("anna", full_name="Anna\nBcc: all@north.example", last_login=logged_in(400))
    return console.fill(named, *people, account("zoe", last_login=logged_in(1)), seats=None)


@pytest.fixture
def plan(office: Console, tmp_path: Path) -> str:
    office.done("policy", "set", "idle", "brake_percent=100")
    file = tmp_path / "plan.json"
    assert office("reclaim", "plan", "--out", str(file)).code == 5
    return str(file)


def test_a_plan_is_applied_once_its_rest_by_number_and_all_of_it_undone(office: Console, plan: str) -> None:
    assert office("reclaim", "apply", plan, "--confirm", "14").code == 4
    said = office.done("reclaim", "apply", plan, "--reason", "clean-up")
    assert "--confirm 13" in said.err
    assert "14 → 4" in said.err
    before = office.dump
    again = office("reclaim", "apply", plan)
    assert again.code == 4
    assert "line 3" in again.err
    assert office.dump == before
    line = office.done("log", "--json").json[-1]
    assert (line["deed"], len(line["accounts"]), line["reason"]) == ("reclaim", 10, "clean-up")
    assert line["plan"]
    office.done("undo", str(line["sequence"]))
    assert office("reclaim", "plan", "--out", plan).code == 5
    office.done("reclaim", "apply", plan, "--confirm", "13")
    assert office.done("status", "--json").json["seats"]["used"] == 1


def test_accounts_are_marked_listed_and_get_a_notice_each(office: Console, plan: str, tmp_path: Path) -> None:
    folder = tmp_path / "notices"
    office.done("reclaim", "mark", plan, "--notices", str(folder))
    files = sorted(each.name for each in folder.iterdir())
    assert len(files) == 10
    assert f"{ANNA}.txt" in files
    text = (folder / f"{ANNA}.txt").read_text()
    assert text.startswith(f"To: {ANNA}\nSubject: ")
    assert "2026-08-19" in text
    assert "\nBcc:" not in text
    assert stat.S_IMODE((folder / f"{ANNA}.txt").stat().st_mode) == 0o600
    due = office.done("reclaim", "due", "--json").json
    assert {each["is_due"] for each in due} == {False}
    assert len(due) == 10
    assert f"Marks withdrawn, because of a login: {ANNA}." in office.done("connect", ANNA).talk
    said = office.done("reclaim", "due", "--notices", str(folder), "--template", "cs")
    assert ANNA not in said.out
    assert "9 notices" in said.err
    assert "Dobrý den" in (folder / "p11@north.example.txt").read_text()
    assert office("reclaim", "apply", plan).code == 4  # all of them wait for their day


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_shipped_template_names_account_and_day(office: Console, plan: str, tmp_path: Path, language: str) -> None:
    office.done("reclaim", "mark", plan, "--notices", str(tmp_path / "n"), "--template", language)
    text = (tmp_path / "n" / f"{ANNA}.txt").read_text()
    assert text.count(ANNA) >= 3
    assert "2026-08-19" in text
    assert "$" not in text


def test_a_template_of_ones_own(office: Console, plan: str, tmp_path: Path) -> None:
    template = tmp_path / "own.txt"
    template.write_text("$$ ${login}/$domain/$policy/$last_login\r\n")
    office.done("reclaim", "mark", plan, "--notices", str(tmp_path / "n"), "--template", str(template))
    assert (tmp_path / "n" / f"{ANNA}.txt").read_text() == "$ anna/north.example/idle/2025-07-01\n"


WRONG = (b"$unknown", b"$", b"$ x", b"\xff\xfe\xff", b"x" * (1024 * 1024 + 1), None)


@pytest.mark.parametrize("content", WRONG, ids=range(6))
def test_a_wrong_template_marks_nothing(office: Console, plan: str, tmp_path: Path, content: bytes | None) -> None:
    template = tmp_path / "own.txt"
    if content is None:
        os.mkfifo(template)
    else:
        template.write_bytes(content)
    said = office("reclaim", "mark", plan, "--notices", str(tmp_path / "n"), "--template", str(template))
    assert said.code == 2
    assert not (tmp_path / "n").exists()
    assert office.done("reclaim", "due", "--json").json == []


def test_a_folder_that_does_not_take_notices_marks_nothing(office: Console, plan: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (office.folder, office.folder / "n", tmp_path / "file", tmp_path / "none" / "n"):
        assert office("reclaim", "mark", plan, "--notices", str(folder)).code == 2
    confine_files(tmp_path)
    try:
        assert office("reclaim", "mark", plan, "--notices", "exports/n").code == 2
    finally:
        confine_files(None)
    assert office.done("reclaim", "due", "--json").json == []


HOSTILE = (
    "../../etc/passwd", "..", ".", "", "-rf", "a/b@north.example", "a\0b@north.example", "A@north.example",
    "a@north.example", "é@north.example", "x" * 300, "\x1b]0;x\a", "con", "a@north.example-17", "a_b@north.example",
)  # fmt: skip


def test_names_of_files_are_safe_and_each_has_its_own() -> None:
    names = [file_name(Entry(address=address, id=17 + place)) for place, address in enumerate(HOSTILE)]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert name.isascii()
        assert name.isprintable()
        assert "/" not in name
        assert name[0] not in ".-"
        assert name.endswith(".txt")
        assert len(name) < 200


def test_a_file_that_is_no_plan_is_refused_with_words(office: Console, tmp_path: Path) -> None:
    (tmp_path / "no plan").write_text("{}")
    before = office.dump
    for command in ("apply", "mark"):
        for name in ("no plan", "missing"):
            said = office("reclaim", command, str(tmp_path / name))
            assert said.code == 2
            assert said.is_harmless()
    assert office.dump == before


@pytest.mark.thorough
def test_of_those_who_apply_a_plan_at_the_same_time_one_does(tmp_path: Path) -> None:
    office = Console(tmp_path / "store")  # with the clock of the machine, which the processes have
    office.fill(account("anna", last_login=logged_in(2000)), account("berg", last_login=logged_in(2000)))
    file = str(tmp_path / "plan.json")
    assert office("reclaim", "plan", "--out", file).code == 5
    command = [sys.executable, "-m", "kconsole", "--store", str(office.folder), "--wait", "60"]
    processes = [subprocess.Popen([*command, "reclaim", "apply", file], stderr=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        process.communicate(timeout=PATIENCE)
    assert sorted(process.returncode for process in processes) == [0, 4, 4, 4]
    lines = office.done("log", "--json").json
    assert [line["deed"] for line in lines if line["changes"]].count("reclaim") == 1


def test_a_plan_is_known_as_applied_when_its_line_is_archived(office: Console, plan: str) -> None:
    office.done("reclaim", "apply", plan)
    for number in range(3):
        office.done("tag", ANNA, f"t{number}")
    office.done("journal", "archive", "--keep", "1")
    again = office("reclaim", "apply", plan)
    assert (again.code, "at line 3" in again.err) == (4, True)


def test_logins_from_a_file_withdraw_marks_and_say_so(office: Console, plan: str, tmp_path: Path) -> None:
    office.done("reclaim", "mark", plan)
    (tmp_path / "logins.csv").write_text(
        f"address;time\n{ANNA};2026-08-04T12:00:00Z\np1@north.example;2020-01-01T00:00Z\n"
    )
    said = office.done("import", "logins", str(tmp_path / "logins.csv"))
    assert f"Marks withdrawn, because of a login: {ANNA}." in said.talk
    assert len(office.done("reclaim", "due", "--json").json) == 9


NAMES = (
    "\x1b]0;owned\a",
    "\u202egro",
    "../../x",
    "a\nb",
    "=cmd|x",
    "$(reboot)",
    "$address",
    "'\"`;",
    "\u200b",
    "é" * 200,
)


@pytest.mark.thorough
def test_hostile_names_in_the_store_harm_no_terminal_file_or_notice(tmp_path: Path) -> None:
    people = [
        account(f"{name[:60]}{number}@north.example", full_name=f"{name}{number}", last_login=logged_in(300))
        for number in range(10)
        for name in NAMES
    ]
    office = Console(tmp_path / "store", noon())
    document = inventory_document(Inventory(domains=(Domain(name="north.example"),), entries=tuple(people)))
    office.restore(document)
    office.done("policy", "set", "idle", "brake_percent=100", "brake_accounts=100", "grace=1")
    file, folder = str(tmp_path / "plan.json"), tmp_path / "n"
    assert office("reclaim", "plan", "--out", file).code == 5
    for arguments in (["mark", file, "--notices", str(folder)], ["due"], ["apply", file]):
        assert office("reclaim", *arguments).is_harmless()
    files = list(folder.iterdir())
    assert len(files) == len(people) == 100
    for each in files:
        text = each.read_text()
        assert len(text.splitlines()) == 11
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert {each.name for each in tmp_path.iterdir()} == {"given.json", "home", "n", "plan.json", "store"}
