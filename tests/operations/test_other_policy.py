"""Operations follow the policy of the session: here the one of another product."""

from pathlib import Path

import pytest

from kconsole.core.errors import Refused
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.session import Session
from tests.licensing.other_policy import OTHER
from tests.operations.sessions import account, session_of


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Two seats, both used; an administrator is an account as any other."""
    first = session_of(tmp_path, account("anna"), account("Admin", kind="builtin_admin"), seats=2)
    return Session(first.store, first.clock, OTHER)


def used(session: Session) -> tuple[int, int]:
    report = session.seats.report()
    return report.used, report.held


def test_a_deleted_account_frees_its_seat_without_a_restart(session: Session) -> None:
    assert used(session) == (2, 0)
    done = session.do(DeleteAccounts(("anna@north.example",)))
    assert [outcome.code for outcome in done.outcomes] == ["deleted"]
    assert used(session) == (1, 0)
    session.do(AddAccount("berg@north.example"))
    assert used(session) == (2, 0)


def test_an_administrator_can_be_suspended_and_frees_a_seat(session: Session) -> None:
    admin = next(entry for entry in session.state.live_entries() if entry.kind == "builtin_admin").address
    with pytest.raises(Refused, match="license-limit"):
        session.do(AddAccount("berg@north.example"))
    session.do(DisableAccounts((admin,)))
    assert used(session) == (1, 0)
    session.do(AddAccount("berg@north.example"))
    (outcome,) = session.do(EnableAccounts((admin,))).outcomes
    assert (outcome.result, outcome.code) == ("refused", "license-limit")
