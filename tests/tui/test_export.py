"""What is listed is saved in a file: in its order, with its filter and marks, and never over another's file."""

import csv
import json
from pathlib import Path

import pytest

from kconsole.text.safe_text import safe_address
from tests.tui.console import console


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def saved(home: Path, end: str = "csv") -> Path:
    (found,) = home.glob(f"kconsole-accounts-*.{end}")
    return found


async def test_a_report_takes_two_keys_and_holds_the_folded_accounts(home: Path) -> None:
    async with console("office") as screen:
        everything = len(screen.session.account_index)
        assert screen.main.accounts.group
        await screen.press("E", "enter")
        assert screen.dialog is None
        rows = list(csv.reader(saved(home).read_text().splitlines()))
        assert len(rows) == everything + 2
        assert rows[-1][0].startswith(f"Total: {everything} entries, 110 seats")
        assert "saved in" in screen.main.status.left


async def test_the_filter_and_the_marks_are_respected(home: Path) -> None:
    async with console("office") as screen:
        await screen.press("slash", *"is:disabled", "enter")
        listed = [safe_address(entry.address) for entry in screen.main.accounts.rows]
        await screen.press("E", "space", "space", "enter")
        assert [row["address"] for row in json.loads(saved(home, "json").read_text())["accounts"]] == listed
        await screen.press("space", "E", "space", "space", "space", "enter")
        assert saved(home, "md").read_text().startswith("1 entry, 0 seats")


async def test_a_file_that_is_there_is_replaced_only_after_a_second_enter(home: Path) -> None:
    file = home / "mine.csv"
    file.write_text("mine")
    async with console("office") as screen:
        await screen.press("E", "down", "ctrl+u", *"~/mine.csv", "enter")
        screen.expect_dialog("exists already")
        assert file.read_text() == "mine"
        await screen.press("enter")
        assert screen.dialog is None
        assert file.read_text().startswith("Account,")


async def test_the_second_file_of_a_day_gets_another_name(home: Path) -> None:
    async with console("office") as screen:
        await screen.press("E", "enter", "E", "enter")
        assert len(list(home.iterdir())) == 2


@pytest.mark.parametrize("name", ["-", "~/-rf.csv"])
async def test_a_name_that_is_an_option_is_refused(home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    async with console("office") as screen:
        await screen.press("E", "down", "ctrl+u", *name, "enter")
        screen.expect_dialog("begins with -")
        await screen.press("escape", "Y", "s", "ctrl+u", *name, "enter")
        assert "begins with -" in screen.text
    assert not list(home.iterdir())
