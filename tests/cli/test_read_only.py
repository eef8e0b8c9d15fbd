"""--read-only: every command that would change something is refused."""

from pathlib import Path

import pytest

from kconsole.cli.main import COMMANDS
from tests.cli.console import Console, hashes

ANNA = "anna@north.example"
ROWS = "Name;FullName\nchen;Chen\n"


CHANGING = {
    "disable": ["disable", ANNA],
    "enable": ["enable", "off@north.example"],
    "add": ["add", "new@north.example"],
    "delete": ["delete", ANNA, "--yes"],
    "tag": ["tag", ANNA, "vip"],
    "restarted": ["restarted"],
    "connect": ["connect", ANNA],
    "license": ["license", "trial"],
    "domains": ["domains", "add", "west.example"],
    "server": ["server", "add", "mail", "--url", "https://mail.example", "--user", "eye"],
    "sync": ["sync"],
    "map": ["map", "north.example"],
    "import": ["import", "csv", "{rows}", "--domain", "north.example"],
    "restore": ["restore", "{dump}"],
    "undo": ["undo", "2"],
    "init": ["init"],
    "doctor": ["doctor", "--fix"],
    "journal": ["journal", "archive", "--keep", "1"],
    "share": ["share", "off"],
    "store": ["store", "copy", "{dump}", "{dump}.copy"],
    "keep": ["keep", ANNA, "--until", "2026-09-01", "--reason", "leave"],
    "protect": ["protect", ANNA, "--reason", "alarm"],
    "reserve": ["reserve", "add", "Anna", "--until", "2026-09-01"],
    "offboard": ["offboard", ANNA],
    "due": ["due", "--apply"],
    "policy": ["policy", "set", "idle", "inactive=90"],
    "reclaim": ["reclaim", "apply", "{plan}"],
}
READING = {
    "reconcile",
    "status",
    "check",
    "metrics",
    "accounts",
    "explain",
    "dump",
    "log",
    "backup",
    "history",
    "forecast",
    "report",
    "suggest",
}


def test_every_command_is_known_to_change_or_to_read() -> None:
    neither = {
        "completion",
        "config",
        "context",
        "demo",
        "diagnose",
        "fleet",
        "help",
        "roles",
        "schema",
        "serve",
        "service-user",
        "shell",
    }
    assert set(CHANGING) | READING | neither == set(COMMANDS)


@pytest.mark.parametrize("command", CHANGING)
@pytest.mark.parametrize("place", ["before", "after"])
def test_read_only_changes_nothing(small: Console, tmp_path: Path, command: str, place: str) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    small.done("add", "more@north.example")
    small.done("dump", str(tmp_path / "dump.json"))
    assert small("reclaim", "plan", "--out", str(tmp_path / "plan.json")).code in (0, 5)
    files = {"rows": tmp_path / "rows.csv", "dump": tmp_path / "dump.json", "plan": tmp_path / "plan.json"}
    arguments = [text.format(**files) for text in CHANGING[command]]
    before = hashes(small.folder)
    said = small("--read-only", *arguments) if place == "before" else small(*arguments, "--read-only")
    assert (said.code, said.out) == (4, "")
    assert "--read-only" in said.err
    assert hashes(small.folder) == before
    none = Console(tmp_path / "none")
    assert none("--read-only", *arguments).code in (3, 4)
    assert not none.folder.exists()


def test_read_only_reads_everything_and_writes_nothing(small: Console, tmp_path: Path) -> None:
    small.done("disable", ANNA)
    (small.folder / "store.json").write_text("damaged")
    before = hashes(small.folder)
    for arguments in (
        ["status"],
        ["accounts", "--json"],
        ["explain", ANNA],
        ["domains"],
        ["dump"],
        ["log"],
        ["log", "verify"],
        ["backup", str(tmp_path / "b.tar")],
    ):
        small.done("--read-only", *arguments)
    assert hashes(small.folder) == before
