"""Servers that are away or give no answer: what is unconfirmed, and how it is resolved."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from kconsole.core.codes import Message
from kconsole.core.errors import ReadOnly, SourceAway, StoreBusy
from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import HalfDone, Operation
from kconsole.operations.dumps import dump_of
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.providers.base import AnswerLost
from kconsole.providers.kerio import assumptions, provider
from tests.kerio_server.faults import Cut
from tests.kerio_server.server import KerioServer
from tests.operations.write_through.at_server import ANNA, BERG, CHEN, do, follow, operations, read, state, writer


def test_a_server_that_is_away_is_not_asked_and_nothing_is_written(session: Session, mail: KerioServer) -> None:
    before = (dump_of(session), session.store.sequence)
    mail.stop()
    with pytest.raises(SourceAway, match="connection-refused"):
        session.do(DisableAccounts((ANNA,)), writer(mail))
    assert (dump_of(session), session.store.sequence) == before


@pytest.mark.parametrize("done", [False, True])
def test_an_answer_that_never_comes_leaves_an_intent_that_is_settled_with_the_next(
    session: Session, mail: KerioServer, done: bool
) -> None:
    mail.faults.add(Cut(done=done), "Users.set")
    with pytest.raises(AnswerLost) as lost:
        session.do(DisableAccounts((ANNA,)), writer(mail))
    assert lost.value.effect == Message("not-known-whether-done")
    assert session.state.find(ANNA).enabled
    assert [pending.targets[0].address for pending in session.state.pending_changes.values()] == [ANNA]
    do(session, mail, EnableAccounts((BERG,)))
    assert not session.state.pending_changes
    assert session.state.find(ANNA).enabled is not done
    assert operations(session)[-3:] == ["settle", "ask server", "enable"]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("operation", ["disable", "enable", "add", "delete"])
def test_a_reading_settles_it_too(session: Session, mail: KerioServer, operation: str, done: bool) -> None:
    made: dict[str, Callable[[], Operation]] = {
        "disable": lambda: DisableAccounts((ANNA,)),
        "enable": lambda: EnableAccounts((BERG,)),
        "add": lambda: AddAccount("dora@north.example"),
        "delete": lambda: DeleteAccounts((ANNA,), "delete"),
    }
    mail.faults.add(Cut(done=done), {"add": "Users.create", "delete": "Users.remove"}.get(operation, "Users.set"))
    with pytest.raises(SourceAway):
        session.do(made[operation](), writer(mail))
    assert session.state.pending_changes
    outcomes = read(session, mail).outcomes
    assert not session.state.pending_changes
    (resolved,) = [outcome for outcome in outcomes if outcome.result == "unchanged"]
    assert (resolved.code, dict(resolved.params)) == ("resolved", {"operation": operation, "done": done})
    here, there = state(session, mail)
    assert here == there
    if operation == "delete" and done:
        assert session.state.find(ANNA).mailbox_fate == "delete"


def test_of_many_those_before_the_break_are_done(
    session: Session, mail: KerioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "CAPABILITIES", dataclasses.replace(assumptions.CAPABILITIES, most_at_once=1))
    do(session, mail, EnableAccounts((BERG,)))
    mail.faults.add(Cut(done=True), "Users.set", call=2)
    with pytest.raises(HalfDone) as raised:
        session.do(DisableAccounts((ANNA, BERG, CHEN)), writer(mail))
    assert raised.value.exit_code == 8
    assert [outcome.result for outcome in raised.value.done.outcomes] == ["done", "open", "refused"]
    assert [entry.enabled for entry in map(session.state.find, (ANNA, BERG, CHEN))] == [False, True, True]
    assert len(session.state.pending_changes) == 1
    read(session, mail)
    here, there = state(session, mail)
    assert here == there == {ANNA: False, BERG: False, CHEN: True}


def test_what_is_here_only_is_deleted_here_and_holds_no_seat(session: Session, mail: KerioServer) -> None:
    session.do(AddServer(Server(name="mail", access=session.state.server.access)))  # type: ignore[union-attr]
    session.commit(AddAccount("own@north.example"))
    assert do(session, mail, DisableAccounts(("own@north.example",))).outcomes[0].result == "refused"
    assert session.seats.report().used == 3
    do(session, mail, DeleteAccounts(("own@north.example", ANNA)))
    assert (session.seats.report().counted, session.seats.report().held) == (1, 1)
    assert mail.world.find(ANNA) is None


def test_a_reading_that_began_before_a_change_does_not_take_it_back(session: Session, mail: KerioServer) -> None:
    begun = begin_reading(session)
    snapshot = read_server(begun.access, Secret(mail.password))
    do(session, mail, DisableAccounts((ANNA,)))
    do(session, mail, DeleteAccounts((BERG,)))
    do(session, mail, AddAccount("dora@north.example"))
    session.do(Sync(snapshot, begun=begun))
    here, there = state(session, mail)
    assert here == there == {ANNA: False, CHEN: True, "dora@north.example": True}


def test_one_at_a_time_asks_the_server(session: Session, mail: KerioServer, tmp_path: Path) -> None:
    other = Session.open(tmp_path / "store", "berg", session.clock, patience=0)
    with other.store.lease("server"), pytest.raises(StoreBusy, match="server-busy"):
        session.do(DisableAccounts((ANNA,)), writer(mail))
    assert not mail.called("Users.set")
    other.close()


def test_read_only_asks_no_one(session: Session, mail: KerioServer, tmp_path: Path) -> None:
    session.close()
    looking = Session.open(tmp_path / "store", "anna", session.clock, read_only=True)
    logins = mail.logins
    with pytest.raises(ReadOnly):
        looking.do(DisableAccounts((ANNA,)), writer(mail))
    assert mail.logins == logins
    looking.close()


def test_what_the_login_may_not_read_stays_open_and_holds_nothing_up(session: Session, mail: KerioServer) -> None:
    mail.faults.add(Cut(done=True), "Users.set")
    with pytest.raises(SourceAway):
        session.do(DisableAccounts((CHEN,)), writer(mail))
    mail.world.add_user("helper@north.example", role="AccountAdmin", password=mail.password)
    follow(session, mail, "helper@north.example")
    assert do(session, mail, DisableAccounts((ANNA,))).outcomes[0].result == "done"
    assert [pending.targets[0].address for pending in session.state.pending_changes.values()] == [CHEN]
    assert session.state.find(CHEN).enabled
    follow(session, mail)
    assert not session.state.pending_changes
    assert not session.state.find(CHEN).enabled
