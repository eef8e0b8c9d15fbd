"""log verify: the first bad line is named, and a head that was noted is looked for."""

import json
import re
from pathlib import Path

import pytest

from kconsole.operations.system import system_operator
from tests.cli.console import Console, account

ANNA, BERG = "anna@north.example", "berg@north.example"
USER = system_operator().user


@pytest.fixture
def office(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    for variable in ("SUDO_USER", "SSH_CONNECTION"):
        monkeypatch.delenv(variable, raising=False)
    return console.fill(account("anna"), account("berg"), account("off", enabled=False), seats=2)


def test_a_whole_log_tells_its_head(office: Console) -> None:
    office.done("disable", ANNA)
    said = office.done("log", "verify")
    assert re.fullmatch(r"2 [0-9a-f]{64}\n", said.out)
    assert json.loads((office.folder / "journal.jsonl").read_bytes().splitlines()[1])["hash"] == said.out.split()[1]


def test_the_first_bad_line_is_named(office: Console) -> None:
    for _ in range(3):
        office.done("disable", ANNA)
        office.done("enable", ANNA)
    journal = office.folder / "journal.jsonl"
    good = journal.read_bytes().splitlines(keepends=True)
    for bad in (
        [good[0], good[1].replace(b"disable", b"enabled"), *good[2:]],
        [good[0], *good[2:]],
        [good[0], good[2], good[1], *good[3:]],
        [good[0], b"\n", *good[1:]],
        [good[0], good[1][:-10]],
    ):
        journal.write_bytes(b"".join(bad))
        said = office("log", "verify")
        assert (said.code, said.out) == (7, "")
        assert said.talk[0].startswith(f"kconsole: {journal} is damaged at line 2: ")
        assert "doctor" in said.talk[1]


def test_a_head_that_was_noted_is_looked_for(office: Console, tmp_path: Path) -> None:
    office.done("disable", ANNA)
    noted = office.done("log", "verify").out.strip()
    office.done("enable", ANNA)
    journal = office.folder / "journal.jsonl"
    lines_now = journal.read_bytes().splitlines(keepends=True)
    for head in (noted, noted.split()[1], noted.split()[1].upper()):
        assert office.done("log", "verify", "--head", head).out.startswith("3 ")
    (office.folder / "store.json").unlink()
    journal.write_bytes(lines_now[0])
    assert office.done("log", "verify").out.startswith("1 ")
    said = office("log", "verify", "--head", noted)
    assert (said.code, said.out) == (7, "")
    assert noted.split()[1][:16] in said.talk[0]
    other = Console(tmp_path / "again" / "store")
    other.restore({"entries": [{"address": ANNA}]})
    other.done("disable", ANNA)
    journal.write_bytes((other.folder / "journal.jsonl").read_bytes())
    assert office.done("log", "verify").out.startswith("2 ")
    assert office("log", "verify", "--head", noted).code == 7


@pytest.mark.parametrize("head", ["", "12", "no head", "g" * 64])
def test_a_head_that_is_none_is_a_usage_error(office: Console, head: str) -> None:
    said = office("log", "verify", "--head", head)
    assert (said.code, said.out) == (2, "")


def test_the_options_of_the_log_do_not_go_with_verify(office: Console) -> None:
    for option in (["--json"], ["--follow"], ["--account", "x"], ["--operator", "x"], ["--since", "1d"]):
        said = office("log", *option, "verify")
        assert (said.code, said.out) == (2, "")


def test_a_log_is_verified_without_a_store_that_opens_and_by_who_may_only_read(office: Console) -> None:
    (office.folder / "store.json").write_text("damaged")
    (office.folder / "lock").unlink()
    before = sorted(office.folder.iterdir())
    office.done("--read-only", "log", "verify")
    office.done("log", "verify")
    assert sorted(office.folder.iterdir()) == before
    assert office.forked("log", "verify", KCONSOLE_STORE=str(office.folder / "none")).code == 3
