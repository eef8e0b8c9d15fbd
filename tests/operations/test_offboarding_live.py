"""Offboarding on a live server: the account first, then its address and aliases, one step at a time."""

from datetime import timedelta
from itertools import product

import pytest

from kconsole.core.errors import ConsoleError, Refused
from kconsole.operations.base import HalfDone, Outcome
from kconsole.operations.history import LogQuery
from kconsole.operations.offboarding import Offboard, ScheduleOffboarding, due_now
from kconsole.operations.session import Session
from kconsole.providers.base import AnswerLost
from tests.kerio_server.faults import Cut, ItemErrors
from tests.limits import each_with_some
from tests.operations.followed import ANNA, BERG, CHEN, OTTO, Followed, here, state
from tests.operations.test_write_faults import FAULTS, QUICK, going_wrong

INFO, BOTH = "info@north.example", "both@north.example"

Aliases = dict[str, set[str]]


@pytest.fixture(name="session")
def _session(at: Followed) -> Session:
    """Anna has two aliases, of which one delivers to Otto too."""
    session = at.reset()
    for address, to in ((INFO, ANNA), (BOTH, ANNA), (BOTH, OTTO)):
        at.mail.world.add_alias(address, to)
    at.read(session)
    return session


def aliases_there(at: Followed) -> Aliases:
    found: Aliases = {}
    for domain in at.mail.world.domains.values():
        for row in at.mail.world.rows["alias"][domain.id]:
            found.setdefault(f"{row['name']}@{domain.name}", set()).add(row["deliverTo"])
    return found


def aliases_here(session: Session) -> Aliases:
    return {each.address: set(each.delivers_to) for each in session.state.live_entries() if each.kind == "alias"}


def said(outcomes: tuple[Outcome, ...]) -> list[tuple[str, str, str]]:
    return [(each.address, each.result, each.code) for each in outcomes]


def test_it_is_disabled_there_and_here(at: Followed, session: Session) -> None:
    assert said(at.do(session, Offboard(ANNA)).outcomes) == [(ANNA, "done", "disabled")]
    assert here(session) == at.there
    session.undo(by=at.writer)
    assert at.there[ANNA][1]


def test_mailbox_address_and_aliases_go_to_another_account(at: Followed, session: Session) -> None:
    done = at.do(session, Offboard(ANNA, to=OTTO, alias_to=OTTO))
    assert said(done.outcomes) == [(ANNA, "done", "deleted-seat-held"), (OTTO, "done", "gets-mail-to")]
    assert here(session) == at.there
    assert ANNA not in at.there
    assert aliases_here(session) == aliases_there(at) == {ANNA: {OTTO}, INFO: {OTTO}, BOTH: {OTTO}}
    assert not session.state.pending_changes
    assert done.commit is not None
    with pytest.raises(Refused, match="cannot-undo-account"):
        session.undo(done.commit.sequence, by=at.writer)
    before = state(session)
    at.read(session)
    assert [(each.address, each.delivers_to) for each in state(session)] == [
        (each.address, each.delivers_to) for each in before
    ]


def test_without_an_alias_the_server_removes_what_delivered_to_it(at: Followed, session: Session) -> None:
    at.do(session, Offboard(ANNA, to=OTTO))
    assert aliases_here(session) == aliases_there(at) == {BOTH: {OTTO}}
    at.read(session)
    assert aliases_here(session) == aliases_there(at)


def test_an_account_that_is_not_deleted_keeps_its_address(at: Followed, session: Session) -> None:
    at.mail.faults.add(ItemErrors({at.there[ANNA][0]: (1004, "No.")}), "Users.remove")
    done = at.do(session, Offboard(ANNA, alias_to=OTTO))
    assert [(each.address, each.result) for each in done.outcomes] == [(ANNA, "refused"), (OTTO, "refused")]
    assert done.outcomes[1].code == "alias-not-asked"
    assert here(session) == at.there
    assert aliases_here(session) == aliases_there(at)
    assert not session.state.pending_changes


def test_an_alias_that_the_server_refuses_is_said_and_the_others_are_made(at: Followed, session: Session) -> None:
    at.mail.faults.add(ItemErrors({"anna": (1000, "No.")}), "Aliases.create")
    done = at.do(session, Offboard(ANNA, alias_to=OTTO))
    assert said(done.outcomes) == [(ANNA, "done", "deleted-seat-held"), (OTTO, "refused", "alias-denied")]
    assert done.outcomes[1].params["alias"] == ANNA
    assert aliases_here(session) == aliases_there(at) == {INFO: {OTTO}, BOTH: {OTTO}}
    at.mail.faults.clear()
    assert said(at.do(session, Offboard(ANNA, alias_to=OTTO)).outcomes) == [(OTTO, "done", "gets-mail-to")]
    assert aliases_here(session)[ANNA] == aliases_there(at)[ANNA] == {OTTO}


def attempt(at: Followed, session: Session) -> ConsoleError | None:
    try:
        at.do(session, Offboard(ANNA, OTTO, OTTO))
    except ConsoleError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("name", "case"),
    each_with_some(FAULTS, product(["Users.remove", "Aliases.create"], ["recover", "sync"]), QUICK, of=4),
)
def test_what_goes_wrong_is_asked_about_and_can_be_completed(
    at: Followed, session: Session, name: str, case: tuple[str, str]
) -> None:
    method, way = case
    with going_wrong(at, FAULTS[name], method):
        error = attempt(at, session)
    assert error is None or isinstance(error, HalfDone) == (method == "Aliases.create")
    assert error is None or error.exit_code in (4, 8)
    if session.state.pending_changes and method == "Users.remove":
        asked = [each.operation for each in session.state.pending_changes.values()]
        assert asked == ["delete", "alias", "alias"], "otto has the mail to the third one already"
        assert aliases_here(session)[INFO] == {ANNA}
    if way == "recover":
        at.recover(session)
        assert not session.state.pending_changes
    at.read(session)
    assert not session.state.pending_changes
    assert here(session) == at.there
    assert aliases_here(session) == aliases_there(at)
    if aliases_there(at).get(ANNA) != {OTTO}:
        again = Offboard(ANNA, OTTO if ANNA in at.there else "", OTTO)
        assert not at.do(session, again).failures
    assert aliases_there(at)[ANNA] == {OTTO}
    assert aliases_here(session) == aliases_there(at)


def test_what_is_due_is_done_there_and_stays_due_where_it_is_refused(at: Followed, session: Session) -> None:
    due = session.clock.now() + timedelta(days=3)
    for address, to in ((ANNA, OTTO), (CHEN, "")):
        session.do(ScheduleOffboarding(address, due, to))  # asks no server
    at.clock.forward(days=3)
    at.mail.faults.add(ItemErrors({at.there[CHEN][0]: (1004, "No.")}), "Users.set", times=None)
    lines = []
    for _ in range(2):
        for each in due_now(session.state, session.clock.now()):
            at.do(session, Offboard(each.address, each.to, scheduled=each))
        lines.append(session.store.sequence)
    assert [each.address for each in session.state.offboardings.values()] == [CHEN]
    assert ANNA not in at.there
    at.mail.faults.clear()
    (each,) = due_now(session.state, session.clock.now())
    at.do(session, Offboard(each.address, scheduled=each))
    assert not session.state.offboardings
    assert here(session) == at.there


def test_another_console_cancels_while_the_server_is_asked(at: Followed, session: Session) -> None:
    session.do(ScheduleOffboarding(BERG, session.clock.now() + timedelta(days=1)))  # berg is disabled already
    assert not session.state.offboardings
    session.do(ScheduleOffboarding(ANNA, session.clock.now() + timedelta(days=1)))
    at.clock.forward(days=1)
    (each,) = due_now(session.state, session.clock.now())
    at.mail.faults.add(Cut(done=True), "Users.set")
    with pytest.raises(AnswerLost):
        at.do(session, Offboard(ANNA, scheduled=each))
    assert session.state.offboardings, "it is not known yet"
    at.mail.faults.clear()
    done = at.do(session, Offboard(ANNA, scheduled=each))
    assert said(done.outcomes)[0][:2] == (ANNA, "unchanged")
    assert not session.state.offboardings
    assert max(session.history.log(LogQuery()), key=lambda each: each.sequence).operation == "offboard"
