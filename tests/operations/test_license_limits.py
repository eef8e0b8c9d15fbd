"""A license smaller than what is in use: only on purpose, and never by an undo."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.errors import Refused
from kconsole.core.license import License
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.license import (
    ActivateLicense,
    BuyUpdate,
    ChangeTerms,
    ReceiveUpdate,
    Terms,
)
from tests.clocks import noon
from tests.operations.licenses import ACTIVATED, REGISTERED, plan_of, refused, session_with
from tests.operations.sessions import account, session_of


def test_a_license_smaller_than_what_is_in_use_is_only_taken_on_purpose(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED, *"abcd")
    assert refused(session, ChangeTerms(Terms(2))).happened == ("over-limit", {"over": 2, "used": 4, "limit": 2})
    session.do(ChangeTerms(Terms(4)))
    done = session.do(ChangeTerms(Terms(2), over_limit=True))
    assert (done.after.over, done.after.state) == (2, "exceeded")
    session.do(ChangeTerms(Terms(3)))  # still over, and yet better than before
    session.do(ChangeTerms(Terms(expires=date(2028, 1, 1))))
    assert session.seats.report().over == 1


def test_undoing_does_not_take_a_license_that_is_smaller_than_what_is_in_use(tmp_path: Path) -> None:
    session = session_with(tmp_path, replace(REGISTERED, seats=2), "a", "b")
    session.do(BuyUpdate(3))
    commit = session.do(ReceiveUpdate()).commit
    assert commit is not None
    arrival = commit.sequence
    session.do(AddAccount("c@north.example"))
    with pytest.raises(Refused, match="cannot-undo-license") as caught:
        session.undo(arrival)
    assert caught.value.params["reason"] == ("over-limit", {"over": 1, "used": 3, "limit": 2})
    assert session.state.license.seats == 5
    session.do(DisableAccounts(("c@north.example",)))
    session.undo(arrival)
    assert session.state.license.seats == 2


def test_a_license_that_was_too_small_before_is_too_small_for_an_undo_and_a_redo(tmp_path: Path) -> None:
    """Accepting it takes a consent that an undo cannot give."""
    session = session_with(tmp_path, replace(REGISTERED, seats=5), *"abcd")
    session.do(ChangeTerms(Terms(3), over_limit=True))
    changed = session.do(ChangeTerms(Terms(9))).commit
    assert changed is not None
    with pytest.raises(Refused, match="cannot-undo-license"):
        session.undo()
    session.do(DisableAccounts(("a@north.example",)))
    session.undo(changed.sequence)
    assert session.state.license.seats == 3


def test_an_activation_is_not_redone_once_the_license_has_ended(tmp_path: Path) -> None:
    ends = replace(REGISTERED, expires=noon().now().date())
    session = session_with(tmp_path, ends, "a")
    session.do(ActivateLicense())
    undone = session.undo().commit
    assert undone is not None
    session.clock.forward(days=60)  # type: ignore[attr-defined]  # the clock of tests
    with pytest.raises(Refused, match="expired-not-activated"):
        session.undo(undone.sequence)
    assert session.state.license.activated_at is None


def test_a_license_without_limit_is_larger_than_any(tmp_path: Path) -> None:
    session = session_with(tmp_path, replace(ACTIVATED, seats=None), *"abc")
    refused(session, ChangeTerms(Terms(2)))
    assert plan_of(session, replace(ACTIVATED, seats=2)).needs_consent
    assert not plan_of(session, replace(ACTIVATED, seats=3)).needs_consent


def test_a_plan_says_who_would_be_locked_out(tmp_path: Path) -> None:
    session = session_of(
        tmp_path, account("box", mailbox=True), account("new"), account("late"), account("off", enabled=False),
        account("team", kind="mailing_list"), seats=10,
    )  # fmt: skip
    plan = plan_of(session, License(seats=2))
    assert (plan.decision.over, plan.needs_consent, plan.changes) == (1, True, True)
    assert (plan.access.without_mailbox, plan.access.let_in, plan.access.refused) == (2, 1, 1)
    assert [entry.login for entry in plan.at_risk] == ["new", "late"]
    assert (plan.now.limit, plan.planned.limit, session.seats.report().limit) == (10, 2, 10)
    same = plan_of(session, session.state.license)
    assert (same.changes, same.at_risk, same.decision.over) == (False, (), 0)
    session.do(ChangeTerms(Terms(2), over_limit=True))
    assert session.seats.report() == plan.planned
