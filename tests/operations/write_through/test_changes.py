"""What is done on the live server first: there and here, or neither, or reported."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from kconsole.core.errors import NotFound, Refused, SourceAway
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.catalog import MODULES, operation_class, runs_on
from kconsole.operations.decisions import KeepAccounts, Reserve
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.server import AddDomain, RecordRestart
from kconsole.operations.session import Session
from tests.kerio_server.faults import Cut, Half, ItemErrors
from tests.kerio_server.records import digest
from tests.kerio_server.server import KerioServer
from tests.kerio_server.unknowns import Role
from tests.operations.write_through.at_server import ANNA, BERG, CHEN, do, follow, operations, read, state, writer


def test_a_disabled_account_is_disabled_there_and_here(session: Session, mail: KerioServer) -> None:
    done = do(session, mail, DisableAccounts((ANNA,), "left"))
    assert [outcome[:3] for outcome in done.outcomes] == [(ANNA, "done", "disabled")]
    assert (done.operation, done.before.used, done.after.used) == ("disable", 2, 1)
    here, there = state(session, mail)
    assert here == there == {ANNA: False, BERG: False, CHEN: True}
    assert operations(session)[-2:] == ["ask server", "disable"]
    assert not session.state.pending_changes
    commit = list(session.history.log(LogQuery()))[-1]
    assert (commit.reason, commit.seats) == ("left", (2, 1))
    assert session.history.undoable == done.commit


def test_undone_it_is_as_it_was_there_and_here_and_redone(session: Session, mail: KerioServer) -> None:
    before = session.state.live_entries()
    do(session, mail, DisableAccounts((ANNA, CHEN)))
    undone = session.undo(by=writer(mail))
    assert session.state.live_entries() == before
    assert undone.commit is not None
    assert state(session, mail)[1] == {ANNA: True, BERG: False, CHEN: True}
    session.undo(undone.commit.sequence, by=writer(mail))
    here, there = state(session, mail)
    assert here == there == {ANNA: False, BERG: False, CHEN: False}


def test_an_account_is_added_with_the_servers_id(session: Session, mail: KerioServer) -> None:
    operation = AddAccount("dora@north.example", "Dora", "new", password=Secret("let her in"))
    done = do(session, mail, operation)
    assert done.outcomes[0].result == "done"
    user = mail.world.user("dora@north.example")
    assert session.state.find("dora@north.example").server_id == user.id
    assert (user.row["fullName"], user.row["description"]) == ("Dora", "new")
    assert digest("let her in") == user.password
    session.undo(by=writer(mail))
    assert mail.world.find("dora@north.example") is None
    assert session.state.find("dora@north.example").deleted_at is not None


def test_without_a_password_it_says_that_no_one_can_log_in(session: Session, mail: KerioServer) -> None:
    done = do(session, mail, AddAccount("dora@north.example"))
    assert done.outcomes[0].code == "without-password"


def test_deleting_does_with_the_mailbox_what_was_said(session: Session, mail: KerioServer) -> None:
    do(session, mail, EnableAccounts((BERG,)))
    done = do(session, mail, DeleteAccounts((ANNA,), "transfer", BERG))
    assert done.commit is not None
    assert mail.world.find(ANNA) is None
    assert mail.world.user(BERG).row["consumedItems"] == 7
    gone = session.state.find(ANNA)
    assert (gone.mailbox_fate, gone.transferred_to, gone.deleted_at) == ("transfer", BERG, session.clock.now())
    with pytest.raises(Refused, match="deleted-for-good"):
        session.undo(done.commit.sequence, by=writer(mail))


def test_a_kept_account_can_be_deleted_and_is_not_kept_then(session: Session, mail: KerioServer) -> None:
    session.do(KeepAccounts((ANNA, BERG), session.clock.now() + timedelta(days=9), "on leave"))
    do(session, mail, DeleteAccounts((ANNA,)))
    assert mail.world.find(ANNA) is None
    assert [each.address for each in session.state.keeps.values()] == [BERG]


def test_a_reserved_seat_is_used_once_the_server_has_made_the_account(session: Session, mail: KerioServer) -> None:
    by, until = writer(mail), session.clock.now() + timedelta(days=9)
    for subject in ("dora@north.example", "Emil Novak"):
        session.do(Reserve(subject, until, reason="starts soon"))
    numbers = {each.subject: number for number, each in session.state.reservations.items()}
    session.do(AddAccount("dora@north.example"), by)
    assert [each.subject for each in session.state.reservations.values()] == ["Emil Novak"]
    assert session.do(EnableAccounts((BERG,)), by).outcomes[0].result == "done"  # four of five
    with pytest.raises(Refused, match="seats-reserved"):
        session.do(AddAccount("fay@north.example"), by)
    assert mail.world.find("fay@north.example") is None
    done = session.do(AddAccount("emil@north.example", use=f"r{numbers['Emil Novak']}"), by)
    assert done.commit is not None
    assert {change.table for change in done.commit.changes} >= {"entries", "reservations"}
    assert not session.state.reservations


def test_a_mapped_account_is_disabled_when_it_shall_be_deleted(session: Session, mail: KerioServer) -> None:
    done = do(session, mail, DeleteAccounts((CHEN,)))
    assert done.outcomes[0].result == "done"
    assert not mail.world.user(CHEN).enabled
    assert not session.state.find(CHEN).enabled


def test_what_fails_for_one_is_reported_and_the_others_are_done(session: Session, mail: KerioServer) -> None:
    do(session, mail, EnableAccounts((BERG,)))
    mail.faults.add(ItemErrors({"berg": (1004, "No.")}), "Users.set")
    done = do(session, mail, DisableAccounts((ANNA, BERG, CHEN, "missing@north.example", "team@north.example")))
    results = {outcome.address: outcome.result for outcome in done.outcomes}
    assert results == {
        ANNA: "done", BERG: "refused", CHEN: "done", "missing@north.example": "not-found",
        "team@north.example": "refused",
    }  # fmt: skip
    here, there = state(session, mail)
    assert here == there == {ANNA: False, BERG: True, CHEN: False}


@pytest.mark.parametrize("failed", [False, True])
@pytest.mark.parametrize("operation", ["disable", "enable", "delete"])
def test_a_call_for_several_that_is_done_in_part_is_reported_as_it_really_is(
    session: Session, mail: KerioServer, operation: str, failed: bool
) -> None:
    both = (ANNA, "dora@south.example")
    mail.world.add_user(both[1])
    read(session, mail)
    if operation == "enable":
        do(session, mail, DisableAccounts(both))
    mail.faults.add(Half(1000 if failed else 0), "Users.remove" if operation == "delete" else "Users.set")
    made: dict[str, Operation] = {
        "disable": DisableAccounts(both), "enable": EnableAccounts(both), "delete": DeleteAccounts(both, "delete"),
    }  # fmt: skip
    done = session.do(made[operation], writer(mail))
    assert [(outcome.address, outcome.result) for outcome in done.outcomes] == [(ANNA, "done"), (both[1], "refused")]
    assert done.outcomes[1].code == ("denied-failed" if failed else "denied-not-done")
    here, there = state(session, mail)
    assert here == there
    commit = list(session.history.log(LogQuery()))[-1]
    assert [(each.address, each.code) for each in commit.refused] == [(both[1], done.outcomes[1].code)]
    assert {change.after.address for change in commit.changes if change.table == "entries"} == {ANNA}
    assert not session.state.pending_changes


def test_what_cannot_be_read_again_after_a_call_for_several_is_unconfirmed(session: Session, mail: KerioServer) -> None:
    mail.faults.add(Cut(done=False), "Users.get", times=3)
    with pytest.raises(SourceAway) as raised:
        session.do(DisableAccounts((ANNA, CHEN)), writer(mail))
    assert raised.value.happened.code == "answer-lost"
    assert len(session.state.pending_changes) == 1
    read(session, mail)
    here, there = state(session, mail)
    assert here == there == {ANNA: False, BERG: False, CHEN: False}


@pytest.mark.parametrize(
    ("user", "address", "code"),
    [
        ("boss@north.example", "boss@north.example", "denied-own-account"),
        ("boss", "boss@north.example", "denied-own-account"),
        ("helper@north.example", "boss@north.example", "denied-higher-rights"),
        ("eye@north.example", ANNA, "denied-auditor"),
    ],
)
def test_who_may_not_is_reported_why(session: Session, mail: KerioServer, user: str, address: str, code: str) -> None:
    roles: dict[str, Role] = {"boss": "FullAdmin", "helper": "AccountAdmin", "eye": "Auditor"}
    for login, role in roles.items():
        mail.world.add_user(f"{login}@north.example", role=role, password=mail.password)
    mail.world.set_license(users=20)
    mail.unknowns.account_admin_sees = "all"
    follow(session, mail, user)
    before = dump_of(session)
    done = do(session, mail, DisableAccounts((address,)))
    assert (done.outcomes[0].result, done.outcomes[0].code) == ("refused", code)
    assert dump_of(session) == before
    assert not session.state.pending_changes


def test_a_license_that_is_used_up_there_is_reported(session: Session, mail: KerioServer) -> None:
    mail.world.set_license(users=1)
    done = do(session, mail, AddAccount("dora@north.example"))
    assert done.outcomes[0].code == "denied-license-full"
    assert session.seats.report().used == 2
    with pytest.raises(NotFound):
        session.state.find("dora@north.example")


def test_no_one_to_ask_or_not_allowed_to_nothing_is_done(session: Session, mail: KerioServer) -> None:
    before = (dump_of(session), session.store.sequence)
    with pytest.raises(Refused, match="password-needed"):
        session.do(DisableAccounts((ANNA,)))
    session.offline = True
    with pytest.raises(Refused, match="offline-change"):
        session.do(DisableAccounts((ANNA,)), writer(mail))
    assert (dump_of(session), session.store.sequence - 1) == before  # the refusal is in the log
    assert mail.world.user(ANNA).enabled


def test_what_only_the_server_can_do_is_not_done_here(session: Session, mail: KerioServer) -> None:
    before = (dump_of(session), session.store.sequence)
    with pytest.raises(Refused, match="only-without-server"):
        session.do(AddDomain("east.example"), writer(mail))
    assert (dump_of(session), session.store.sequence - 1) == before  # the refusal is in the log
    session.do(RecordRestart())


def test_the_catalog_finds_every_operation_and_an_unknown_one_is_refused() -> None:
    import kconsole.operations as package

    names = set()
    for path in Path(package.__path__[0]).rglob("*.py"):
        names |= set(
            re.findall(r'^    name: ClassVar\[str\] = "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
        )
    assert names - {"undo"} == {name for listed in MODULES.values() for name in listed}
    for name in names - {"undo"}:
        assert getattr(operation_class(name), "name", None) == name
    assert (runs_on("disable"), runs_on("sync"), runs_on("map")) == ("server", "store", "store-without-server")
    assert runs_on("an operation of a later version") == "store-without-server"
