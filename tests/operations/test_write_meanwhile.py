"""What others do, and what the store suffers, while the server is being asked."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.errors import ConsoleError, Refused, StoreBusy, StoreUnusable
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from tests.kerio_server.faults import Answer, Cut, Meanwhile
from tests.operations.followed import ANNA, BERG, CHEN, DORA, OTTO, Followed, here, state


def test_a_store_that_is_held_when_the_server_has_answered_says_what_is_so_there(
    at: Followed, session: Session
) -> None:
    lock = FileLock(session.store.folder / "lock", thread_local=False)
    at.mail.faults.add(Meanwhile(lock.acquire), "Users.set")
    with pytest.raises(StoreBusy) as raised:
        at.do(session, DisableAccounts((ANNA, CHEN)))
    lock.release()
    error = raised.value
    assert (error.code, error.effect) == ("store-could-not-take-it", None)
    assert error.params["what"] == message("server-did-it", addresses=[ANNA, CHEN])
    assert Message("sync-shows-state") in error.hints
    assert session.state.pending_changes
    at.do(session, EnableAccounts((BERG,)))
    assert here(session) == at.there
    assert not at.there[ANNA][1]


def test_a_full_disk_when_the_server_has_answered_says_so_too(
    at: Followed, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(session)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        at.mail.faults.add(Meanwhile(lambda: patch.setattr(os, "write", full)), "Users.remove")
        with pytest.raises(StoreUnusable) as raised:
            at.do(session, DeleteAccounts((ANNA,), "delete"))
    assert (raised.value.code, raised.value.effect) == ("store-could-not-take-it", None)
    assert raised.value.params["what"] == message("server-did-it", addresses=[ANNA])
    assert "No space left" in str(raised.value)
    assert state(session) == before
    assert session.state.pending_changes
    at.read(session)
    assert here(session) == at.there
    assert session.state.find(ANNA).mailbox_fate == "delete"


def test_an_answer_that_never_came_is_reported_though_the_store_cannot_be_written_then(
    at: Followed, session: Session
) -> None:
    lock = FileLock(session.store.folder / "lock", thread_local=False)

    @dataclass(slots=True)
    class HeldAndCut(Cut):
        def answer(self, right: Answer) -> Answer:
            lock.acquire()
            return Cut.answer(self, right)

    at.mail.faults.add(HeldAndCut(), "Users.set")
    with pytest.raises(ConsoleError) as raised:
        at.do(session, DisableAccounts((ANNA,)))
    lock.release()
    assert raised.value.effect == Message("not-known-whether-done")
    assert session.state.pending_changes
    at.recover(session)
    assert here(session) == at.there


@pytest.mark.parametrize("operation", ["disable", "add", "delete", "enable"])
def test_a_reading_that_comes_between_the_call_and_the_answer_takes_nothing_from_it(
    at: Followed, session: Session, operation: str
) -> None:
    operations: dict[str, Operation] = {
        "disable": DisableAccounts((ANNA,)),
        "enable": EnableAccounts((BERG,)),
        "add": AddAccount(DORA, "Dora"),
        "delete": DeleteAccounts((ANNA,), "transfer", OTTO),
    }
    other = at.opened(session.store.folder, "berg")
    for is_late in (False, True):
        early = begin_reading(other), read_server(other.state.server.access, Secret(at.mail.password))  # type: ignore[union-attr]

        def take(early: tuple[object, ...] = early, is_late: bool = is_late) -> None:
            if not is_late:
                at.read(other)
            else:
                other.do(Sync(early[1], begun=early[0]))  # type: ignore[arg-type]
            assert other.state.pending_changes

        method = {"add": "Users.create", "delete": "Users.remove"}.get(operation, "Users.set")
        at.mail.faults.add(Meanwhile(take), method)
        done = at.do(session, operations[operation])
        assert [outcome.result for outcome in done.outcomes] == ["done"]
        assert here(session) == at.there
        assert not session.state.pending_changes
        if operation == "delete":
            gone = session.state.find(ANNA)
            assert (gone.mailbox_fate, gone.transferred_to) == ("transfer", OTTO)
            break
        session.undo(by=at.writer) if operation != "enable" else at.do(session, DisableAccounts((BERG,)))
        assert here(session) == at.there
    state(session)
    other.catch_up()
    assert state(other) == state(session)
    other.close()


def test_an_older_reading_brings_no_one_back_who_a_newer_one_saw_gone(at: Followed, session: Session) -> None:
    other = at.opened(session.store.folder, "berg")
    begun = begin_reading(other)
    snapshot = read_server(begun.access, Secret(at.mail.password))
    at.mail.world.remove_user(ANNA)
    at.mail.world.add_user(DORA)
    at.read(session)
    other.do(Sync(snapshot, begun=begun))
    assert here(other) == at.there
    other.close()


def test_a_server_that_someone_named_meanwhile_is_not_passed_over(at: Followed, tmp_path: Path) -> None:
    inventory = Inventory(domains=(Domain(name="north.example"),), entries=(Entry(address=ANNA),))
    session = Session.create(tmp_path / "store", inventory, "anna", at.clock, patience=0)
    other = at.opened(session.store.folder, "berg")
    with at.fresh() as followed:
        assert followed.state.server is not None
        other.do(AddServer(Server(name="mail", access=followed.state.server.access)))
    at.read(other)
    with pytest.raises(Refused, match="password-needed"):
        session.do(DisableAccounts((ANNA,)))
    assert at.there[ANNA][1]
    assert here(session) == at.there
    other.close()
    session.close()


def test_no_one_is_asked_who_was_named_otherwise_after_the_password_was_given(at: Followed, session: Session) -> None:
    other = at.opened(session.store.folder, "berg")
    server = session.state.server
    assert server is not None
    session.catch_up()
    other.do(AddServer(replace(server, access=replace(server.access, user="other@north.example"))))
    logins = at.mail.logins
    with pytest.raises(Refused, match="server-added-meanwhile"), at.writer.connected(session):
        pass
    assert at.mail.logins == logins
    other.close()
