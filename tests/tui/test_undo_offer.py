"""Undo is offered only where it works, and the log says what is undone."""

from pathlib import Path

import pytest

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.tui.console import Console, console, until

A, B = "a@x.example", "b@x.example"


def store() -> Inventory:
    domains = (Domain(name="x.example", primary=True),)
    entries = tuple(Entry(address=address, mailbox=True) for address in (A, B))
    return Inventory(license=License(seats=2), domains=domains, entries=entries)


def did(folder: Path, *operations: object, user: str = "anna") -> None:
    session = Session.open(folder, user, noon())
    for operation in operations:
        session.do(operation)  # type: ignore[arg-type]
    session.close()


async def until_offered(screen: Console) -> None:
    """The log is searched in the background, in an idle moment."""
    await until(screen, lambda: " u undo" in screen.keys)


async def test_a_fresh_session_offers_the_last_change_that_can_be_undone_and_names_it() -> None:
    def earlier(folder: Path) -> None:
        did(folder, DisableAccounts((A,)))
        did(folder, DisableAccounts((B,)))
        did(folder, EnableAccounts((B,)), user="berg")  # what berg did keeps anna's second change from being undone
        refused = Session.open(folder, "anna", noon())
        refused.do(EnableAccounts(("missing@x.example",)))  # nothing came of it
        refused.close()

    async with console(store(), prepare=earlier) as screen:
        lines = screen.session.store.sequence
        await until_offered(screen)
        await screen.press("u")
        screen.expect_dialog("Undo 'disable' of 1 account?", A, "Line 2 of the log")
        await screen.press("n")
        assert screen.session.store.sequence == lines  # no try leaves a line
        await screen.press("u", "y")
        assert screen.session.state.find(A).enabled


async def test_where_nothing_can_be_undone_nothing_is_offered_and_no_line_is_left() -> None:
    async with console(store()) as screen:
        screen.other("berg").do(DisableAccounts((A,)))
        await screen.tick()
        lines = screen.session.store.sequence
        await screen.press("u", "u")
        screen.expect_no_dialog()
        assert "Nothing to undo" in screen.status
        assert " u undo" not in screen.keys
        assert screen.session.store.sequence == lines


async def test_after_a_change_that_someone_changed_again_an_earlier_one_is_asked_about() -> None:
    async with console(store()) as screen:
        await screen.press("d", "y", "j", "d", "y")
        screen.other("berg").do(EnableAccounts((B,)))
        await screen.tick()
        lines = screen.session.store.sequence
        await screen.press("u")
        screen.expect_dialog("Undo 'disable' of 1 account?", A)
        assert screen.session.store.sequence == lines
        await screen.press("y")
        assert screen.session.state.find(A).enabled


async def test_the_log_marks_what_is_undone_and_offers_undo_where_it_works() -> None:
    async with console(store(), (100, 30)) as screen:
        await screen.press("d", "y", "u", "L")
        log = screen.log
        assert [log.log_list.undone, log.key_line.render_line(0).text.count("u undo")] == [{2: 3}, 1]
        await screen.press("j")
        assert "u undo" not in log.key_line.render_line(0).text
        await screen.press("k", "u", "y")  # undoing the undo
        assert log.log_list.undone == {3: 4}


def test_undone_lines_count_undos_of_undos(tmp_path: Path) -> None:
    session = Session.create(tmp_path / "store", store(), "anna", noon())
    session.do(DisableAccounts((A,)))
    session.undo(2)
    assert session.history.undone_lines() == {2: 3}
    session.undo(3)
    assert session.history.undone_lines() == {3: 4}
    session.do(DeleteAccounts((B,)))
    assert next(session.history.candidates()).sequence == 5
    session.close()


async def test_a_line_is_marked_as_undone_where_the_line_that_undid_it_does_not_fit_the_filter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console(store(), (100, 30)) as screen:
        screen.other("berg").do(DisableAccounts((A,)))
        await screen.tick()
        await screen.press("L", "slash", *"berg", "enter", "u")
        painted, lines = list[object](), screen.log.log_list
        monkeypatch.setattr(lines, "rows_changed", painted.append)
        await screen.press("y")
        assert [len(lines.rows), bool(painted), "×" in lines.render_line(1).text] == [1, True, True]
