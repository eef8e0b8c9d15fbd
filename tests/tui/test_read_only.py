"""A console that was opened to be read only."""

from pathlib import Path

import pytest

from kconsole.core.records import Inventory
from kconsole.tui.screens.main import COMMANDS
from tests.tui.console import console


async def test_it_says_so_and_offers_nothing_that_changes() -> None:
    async with console("office", read_only=True) as screen:
        assert "READ ONLY" in screen.text.splitlines()[0]
        for word in ("disable", "enable", "add", "delete"):
            assert f" {word}" not in screen.keys
        assert " / filter" in screen.keys
        assert screen.banner == ["! 3 seats held until the server is restarted"]
        assert not {command.name for command in screen.main.offered()} & {c.name for c in COMMANDS if c.changes}


@pytest.mark.parametrize("key", ["d", "e", "a", "x", "u", "ctrl+r", "R"])
async def test_the_keys_of_what_changes_say_why_they_do_nothing(key: str) -> None:
    async with console("office", read_only=True) as screen:
        await screen.press(key)
        screen.expect_no_dialog()
        assert screen.status == "Nothing can be changed: the store is open read-only."


async def test_one_can_look_around_and_read_the_log() -> None:
    async with console("office", read_only=True) as screen:
        await screen.press("space", "slash")
        await screen.type("scan")
        await screen.press("enter", "enter")
        screen.expect_dialog("Details")
        await screen.press("escape", "L")
        assert "READ ONLY" in screen.text
        assert "take back" not in screen.text
        await screen.press("u")
        assert "open read-only" in screen.log.status.left


async def test_an_empty_store_does_not_say_to_add_accounts() -> None:
    async with console(Inventory(), read_only=True) as screen:
        assert "There are no accounts in this store." in screen.text


async def test_a_store_that_may_only_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kconsole.store.file_engine.network.MOUNTS", tmp_path / "mounts")
    nfs = "9 1 0:1 / / rw - nfs nas.example:/vol rw\n"

    def mount(_: Path) -> None:
        (tmp_path / "mounts").write_text(nfs)

    async with console("office", prepare=mount, folded=True) as screen:
        screen.expect_dialog("About this store", "on a network file system (nfs)", "the machine that has the folder.")
        await screen.press("escape", "d")
        screen.expect_no_dialog()
        assert "READ ONLY" in screen.text.splitlines()[0]
        assert "open read-only" in screen.status
