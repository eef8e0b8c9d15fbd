"""License files are read on the screen."""

import os
from pathlib import Path

import pytest

from tests.importers.license_writer import FULL_ID, license_key, trial_key
from tests.tui.console import console, until_shown
from tests.tui.licenses import (
    ACTIVATED,
    give_file,
    kept,
    office,
    reported,
    sheet,
)


async def test_words_of_a_file_in_another_encoding_show_which_it_is(tmp_path: Path) -> None:
    key = license_key(users="3").replace(b"Northwind Traders", "Růžena Dvořáková".encode("cp1250"))
    (tmp_path / "license.key").write_bytes(key)
    async with console(office(ACTIVATED)) as screen:
        await give_file(screen, str(tmp_path / "license.key"), "Which of these reads right?")
        screen.expect_dialog("CP1250     Růžena Dvořáková", "CP1252     Rùžena Dvoøáková")
        await screen.press("escape")
        screen.expect_no_dialog()
        await screen.press("i", "enter")
        await until_shown(screen, "Which of these reads right?")
        await screen.press("enter")
        await until_shown(screen, "Install license.key?")
        await screen.press("y")
        customer = screen.session.state.license.customer
        assert customer is not None
        assert customer.organization == "Růžena Dvořáková"


async def test_a_file_over_the_limit_names_who_is_refused(tmp_path: Path) -> None:
    (tmp_path / "license.key").write_bytes(license_key(users="3"))
    async with console(office(ACTIVATED, mailboxes=2)) as screen:
        await give_file(screen, str(tmp_path / "license.key"), "Install license.key?")
        screen.expect_dialog(
            "Install license.key?",
            "! The license will be exceeded by 2 seats",
            "! 2 of 3 accounts without a mailbox would be refused at login, the last of these to log in: "
            "c@north.example, d@north.example and e@north.example",
            "5 → 3",
            "Install, over the limit",
        ).expect_focus_on("Cancel")
        await screen.press("G")
        screen.expect_dialog("Its signature is not checked")
        assert FULL_ID not in screen.text
        await screen.press("enter")
        assert screen.session.state.license == ACTIVATED
        await screen.press("i", "enter")  # the name is still there
        await until_shown(screen, "Install license.key?")
        await screen.press("y")
        assert screen.session.seats.report().over == 2
        assert reported(screen).startswith("the license has 3 seats now")
        assert FULL_ID not in kept(screen.session.store.folder)
        await screen.press("i", "enter")
        await until_shown(screen, "Nothing would change")
        screen.expect_dialog("Nothing would change", "Its signature is not checked")


async def test_the_file_of_a_trial_is_refused_over_a_license(tmp_path: Path) -> None:
    (tmp_path / "t.key").write_bytes(trial_key())
    async with console(office(ACTIVATED)) as screen:
        await give_file(screen, str(tmp_path / "t.key"), "file of a trial")
        screen.expect_dialog("Refused", "file of a trial")
        await screen.press("escape")
        assert screen.session.state.license == ACTIVATED


@pytest.mark.thorough
@pytest.mark.parametrize("what", ["pipe", "folder", "nothing", "-", "~no-such-user/x", ""])
async def test_what_is_no_license_file_keeps_no_one_waiting(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    async with console(office(ACTIVATED)) as screen:
        expected = {
            "pipe": "it is not a file",
            "folder": "it is not a file",
            "nothing": "No such file",
            "-": "No such file",
            "": "Name the file.",
        }
        said = expected.get(what, "That home folder is unknown.")
        await give_file(screen, what, said)
        screen.expect_dialog(said)


async def test_hostile_text_of_a_file_is_shown_harmless(tmp_path: Path) -> None:
    key = license_key(users="50").replace(b"Northwind Traders", "[bold]\x1b[2JEvil\u202e[/]".encode())
    (tmp_path / "a[b].key").write_bytes(key)
    async with console(office(ACTIVATED)) as screen:
        await give_file(screen, str(tmp_path / "a[b].key"), "Install a[b].key?")
        screen.expect_dialog("Install a[b].key?", "[bold]␛[2JEvil")
        assert "\x1b" not in screen.text
        await screen.press("y")
        assert "[bold]␛[2JEvil" in sheet(screen)
