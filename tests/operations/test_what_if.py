"""What toggling the marked accounts would come to, as marks and accounts change."""

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.records import Inventory
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.chunked import finished
from kconsole.operations.session import Session
from kconsole.operations.what_if import if_toggled
from tests.clocks import noon
from tests.licensing.strategies import inventories
from tests.limits import EXAMPLES
from tests.operations.sessions import account, another, deleted, session_of


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(inventory=inventories(most=12), marks=st.lists(st.sets(st.integers(1, 40)), min_size=1, max_size=5))
def test_the_plan_for_marks_is_that_for_the_accounts(
    inventory: Inventory, marks: Sequence[set[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    session = Session.create(tmp_path_factory.mktemp("s") / "s", inventory, "anna", noon())
    before = session.seats.report()
    for numbers in marks:
        accounts = [
            entry for number in numbers if (entry := session.state.live_entry(number)) is not None and entry.is_account
        ]
        planned = finished(session.what_if.planning(numbers))
        assert planned == (if_toggled(session.seats, accounts) if accounts else None)
        assert session.seats.report() == before


def test_it_follows_what_happens_to_the_marked(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg", mailbox=True), account("off", enabled=False))
    other = another(session)
    marked = {entry.id for entry in session.state.live_entries()}

    def agrees() -> None:
        planned = finished(session.what_if.planning(marked))
        accounts = [entry for number in marked if (entry := session.state.live_entry(number)) is not None]
        assert planned == (if_toggled(session.seats, accounts) if accounts else None)

    agrees()
    for operation in (
        DisableAccounts(("anna@north.example", "berg@north.example")),
        EnableAccounts(("off@north.example",)),
        DeleteAccounts(("off@north.example", "anna@north.example")),
        AddAccount("anna@north.example"),
        DeleteAccounts(("anna@north.example", "berg@north.example")),
    ):
        other.do(operation)
        session.catch_up()
        agrees()
    for _ in range(2):
        other.undo()
        session.catch_up()
        agrees()


def test_what_is_no_account_and_what_is_deleted_is_passed_over(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("all", kind="mailing_list"), deleted("gone"))
    numbers = {entry.id for entry in session.state.inventory.entries}
    assert finished(session.what_if.planning(numbers)) is None
    assert finished(session.what_if.planning(set())) is None


def test_it_works_in_steps_and_goes_on_where_it_was_left_off(tmp_path: Path) -> None:
    session = session_of(tmp_path, *[account(f"a{number}") for number in range(10)], seats=None)
    marked = {entry.id for entry in session.state.live_entries()}
    with patch("kconsole.operations.what_if._SLICE", 2):
        begun = session.what_if.planning(marked)
        assert [round(next(begun), 1) for _ in range(3)] == [0.2, 0.4, 0.6]
        assert len(list(session.what_if.planning(marked))) == 2
        list(begun)
        first = min(marked)
        marked = marked - {first}
        assert len(list(session.what_if.planning(marked))) == 1
    report = finished(session.what_if.planning(marked))
    assert report is not None
    assert report.used == 1


def test_disabling_the_marked_comes_to_what_was_planned(tmp_path: Path) -> None:
    session = session_of(tmp_path, *[account(f"a{number}") for number in range(5)], account("b", enabled=False))
    marked = [entry for entry in session.state.live_entries() if entry.login != "a0"]
    planned = finished(session.what_if.planning({entry.id for entry in marked}))
    session.do(DisableAccounts(tuple(entry.address for entry in marked)))
    assert planned == session.seats.report()
    assert all(replace(entry, enabled=False) in session.state.live_entries() for entry in marked)
