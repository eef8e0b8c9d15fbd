"""Importing on the screen: any file, what it would change, past a limit only after a question, and back again."""

import os
import threading
from pathlib import Path

import pytest

from kconsole.core.errors import BadInput
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.importers.file_lines import Progress
from kconsole.operations.importing import any_file
from kconsole.operations.importing.any_file import AnyImport, FileToImport
from kconsole.text.messages import words_of
from kconsole.tui.screens import imports as screens
from kconsole.tui.screens.connecting import ReadingDialog
from kconsole.tui.screens.encoding import EncodingDialog
from kconsole.tui.screens.imports import ImportForm, ImportScreen
from tests.limits import PATIENCE
from tests.tui.console import Console, console, until

LABS = Path(__file__).parents[2] / "data" / "imports" / "users_labs.example_2026-03-02.csv"
FAULTY = LABS.with_name("users_labs.example_faulty_2026-03-02.csv")
NORTH = "north.example"

USERS = """<?xml version="1.0" encoding="UTF-8"?>
<config><list name="User">
<listitem><variable name="Name">amy</variable><variable name="Domain">north.example</variable>
<variable name="Account_enabled">1</variable><variable name="Password">D3S:5ec2e7</variable></listitem>
</list></config>
"""


def store(*logins: str, seats: int | None = 10) -> Inventory:
    entries = tuple(Entry(address=f"{login}@{NORTH}") for login in logins)
    return Inventory(license=License(seats=seats), domains=(Domain(name=NORTH, primary=True),), entries=entries)


async def ask(screen: Console, path: Path | str) -> Console:
    """Name a file in the form; paths are pasted, which no test waits long for."""
    await screen.press("I")
    assert isinstance(screen.app.screen, ImportForm)
    screen.app.screen.query_one("#path").value = str(path)  # type: ignore[attr-defined]  # a line
    return await screen.press("enter")


async def preview(screen: Console, path: Path | str) -> ImportScreen:
    await ask(screen, path)
    await until(screen, lambda: isinstance(screen.app.screen, ImportScreen))
    await screen.saved()
    assert isinstance(screen.app.screen, ImportScreen)
    return screen.app.screen


def headings(shown: ImportScreen) -> list[str]:
    rows = map(shown.accounts.row_at, range(shown.accounts.row_count))
    return [row.label for row in rows if row.is_heading]


async def test_an_export_goes_into_the_domain_of_its_name_and_can_be_undone() -> None:
    async with console(store("ana")) as screen:
        shown = await preview(screen, LABS)
        assert shown.view.before.used == 1
        assert shown.view.after.used == 6
        assert shown.view.number == 8, "five accounts and three aliases"
        assert "labs.example (new, it will be added)" in screen.text
        assert headings(shown) == ["1 · New domains", "5 · New", "3 · Aliases"]
        assert screen.used == 1
        await screen.press("A")
        screen.expect_dialog("Import 5 accounts and 3 aliases?", "Seats used: 1 → 6 of 10.")
        await screen.press("y")
        assert screen.app.screen is screen.main
        assert screen.used == 6
        await screen.press("u")
        screen.expect_dialog("8 entries would be deleted")
        await screen.press("8", "enter")
        assert [entry.login for entry in screen.session.state.live_entries()] == ["ana"]


async def test_the_limit_is_passed_only_after_a_question_that_says_by_how_much() -> None:
    async with console(store("ana", seats=3)) as screen:
        shown = await preview(screen, LABS)
        assert shown.view.over == "The license will be exceeded by 3 seats"
        assert "EXCEEDED" in screen.text
        await screen.press("A")
        screen.expect_dialog("! The license will be exceeded by 3 seats.", "Import over the limit")
        assert screen.dialog is not None
        assert screen.dialog.has_class("-final")
        await screen.press("escape")
        assert screen.used == 1
        await screen.press("A", "y")
        assert screen.used == 6
        assert screen.app.screen is screen.main


async def test_faulty_rows_are_named_with_their_lines_and_left_out_only_on_request() -> None:
    async with console(store("ana")) as screen:
        shown = await preview(screen, FAULTY)
        assert headings(shown)[0] == "5 · Faulty: nothing is imported while there are any"
        assert [fault.line for fault in shown.view.faulty] == [3, 4, 5, 6, 7]
        await screen.press("A")
        screen.expect_dialog("Not imported: there are faulty rows", "line 3:", "press w to leave them out")
        await screen.press("escape", "w", "A", "y")
        screen.expect_dialog("Not everything was done", "line 3")
        assert screen.used == 3


@pytest.mark.parametrize("named", ["users.cfg", ""])
async def test_the_servers_files_are_read_by_their_names_or_by_their_folder(tmp_path: Path, named: str) -> None:
    (tmp_path / "users.cfg").write_text(USERS)
    (tmp_path / "users.cfg").chmod(0o600)
    async with console(store("amy", "bender")) as screen:
        other = screen.other()
        shown = await preview(screen, tmp_path / named)
        assert headings(shown) == ["1 · Notes", "1 · Not in the files: stay as they are", "1 · The same"]
        await screen.press("A")
        assert "Nothing to import" in shown.status.left
        other.close()


async def test_last_logins_are_recognised_and_exceed_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("address;time\nana@north.example;2026-03-01T10:00:00Z\nwho@north.example;2026-03-01\n")
    async with console(store("ana", seats=1)) as screen:
        shown = await preview(screen, log)
        assert headings(shown) == ["1 · Later login", "1 · Not in this store"]
        assert not shown.view.over
        await screen.press("A", "y")
        assert [each.last_login is not None for each in screen.session.state.live_entries()] == [True]


@pytest.mark.parametrize(
    ("content", "code"),
    [("one;two\n1;2\n", "file-not-known"), ("<config></config>", "config-renamed"), ("", "csv-empty")],
)
async def test_a_file_that_is_none_of_these_is_refused_in_the_form(tmp_path: Path, content: str, code: str) -> None:
    file = tmp_path / "any.txt"
    file.write_text(content)
    async with console(store("ana")) as screen:
        await ask(screen, file)
        await until(screen, lambda: bool(getattr(screen.app.screen, "_problem", "")))
        assert isinstance(screen.app.screen, ImportForm)
        with pytest.raises(BadInput) as refused:
            any_file.read_import(FileToImport(file), screen.clock.now())
        assert refused.value.happened.code == code
        assert screen.app.screen._problem.startswith(words_of(refused.value.happened)[:40])


async def test_a_pipe_without_a_writer_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    async with console(store("ana")) as screen:
        await ask(screen, tmp_path / "pipe.csv")
        await until(screen, lambda: bool(getattr(screen.app.screen, "_problem", "")))
        assert isinstance(screen.app.screen, ImportForm)


async def test_the_encoding_is_asked_for_where_it_is_not_clear(tmp_path: Path) -> None:
    file = tmp_path / "users_north.example_2026-03-02.csv"
    file.write_bytes("Name;FullName\nmdvorak;Michal Dvořák\n".encode("cp1250"))
    async with console(store("ana")) as screen:
        await ask(screen, file)
        await until(screen, lambda: isinstance(screen.app.screen, EncodingDialog))
        await screen.press("enter")
        await until(screen, lambda: isinstance(screen.app.screen, ImportScreen))
        await screen.press("A", "y")
        assert screen.session.state.find(f"mdvorak@{NORTH}").full_name == "Michal Dvořák"


async def test_passwords_are_neither_shown_nor_stored() -> None:
    async with console(store("ana")) as screen:
        shown = await preview(screen, LABS)
        rows = [" ".join(shown.accounts.row_at(row)[:2]) for row in range(shown.accounts.row_count)]
        assert "made-up" not in f"{rows}{screen.text}"
        await screen.press("A", "y")
        folder = screen.session.store.folder
        assert not [file for file in folder.rglob("*") if file.is_file() and b"made-up" in file.read_bytes()]


async def test_reading_runs_beside_the_screen_and_escape_cancels_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slowly(file: FileToImport, now: object, progress: Progress) -> AnyImport:
        del file, now
        try:
            progress(1000)
            begun.set()
            may_end.wait(PATIENCE)
            progress(2000)
            raise AssertionError("it was not cancelled")
        finally:
            ended.set()

    monkeypatch.setattr(screens, "read_import", slowly)
    async with console(store("ana")) as screen:
        await ask(screen, LABS)
        await until(screen, begun.is_set)
        assert isinstance(screen.app.screen, ReadingDialog)
        await screen.press("escape")
        assert isinstance(screen.app.screen, ImportForm)
        may_end.set()
        await until(screen, ended.is_set)
        await screen.press("escape")
        screen.expect_no_dialog()


async def test_a_change_by_others_makes_it_plan_again_before_it_asks() -> None:
    from kconsole.operations.accounts import AddAccount

    async with console(store("ana")) as screen:
        shown = await preview(screen, LABS)
        screen.other().do(AddAccount(f"new@{NORTH}"))
        await screen.tick()
        assert "OUTDATED" in screen.text
        await screen.press("A")
        screen.expect_dialog("Seats used: 2 → 7 of 10.")
        assert shown.view.before.used == 2


async def test_a_read_only_store_offers_no_import() -> None:
    async with console(store("ana"), read_only=True) as screen:
        await screen.press("I")
        assert screen.dialog is None
