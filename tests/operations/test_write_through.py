"""What is done on the live server first: there and here, or neither, or reported."""

import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.codes import Message, hints_of
from kconsole.core.errors import NotFound, ReadOnly, Refused, SourceAway, StoreBusy
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Done, HalfDone, Operation
from kconsole.operations.catalog import MODULES, operation_class, runs_on
from kconsole.operations.decisions import KeepAccounts, Reserve
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.server import AddDomain, AddServer, RecordRestart
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.operations.sync.recover import Writer
from kconsole.providers.base import AnswerLost
from kconsole.providers.kerio import assumptions, provider
from tests.clocks import FixedClock
from tests.kerio_server.faults import Cut, Half, ItemErrors
from tests.kerio_server.records import digest
from tests.kerio_server.server import KerioServer
from tests.kerio_server.unknowns import Role
from tests.under_kerio import evaluate

ANNA, BERG, CHEN = "anna@north.example", "berg@north.example", "chen@south.example"


@pytest.fixture
def mail(kerio_server: KerioServer) -> KerioServer:
    world = kerio_server.world
    world.set_license(users=5)
    world.add_domain("north.example")
    world.add_domain("south.example")
    world.add_user(ANNA, "Anna Berg", mailbox=True)
    world.change_user(ANNA, consumedItems=7)
    world.add_user(BERG, enabled=False)
    world.add_user(CHEN, "王小明", mapped=True)
    world.add_list("team@north.example", "Everybody")
    return kerio_server


@pytest.fixture
def session(tmp_path: Path, mail: KerioServer, kerio_clock: FixedClock) -> Session:
    session = Session.create(tmp_path / "store", Inventory(), "anna", kerio_clock, patience=0)
    follow(session, mail)
    return session


def follow(session: Session, mail: KerioServer, user: str = "") -> None:
    access = Access(url=mail.url, user=user or mail.user, fingerprint=mail.fingerprint)
    session.do(AddServer(Server(name="mail", access=access)))
    read(session, mail)


def read(session: Session, mail: KerioServer) -> Done:
    begun = begin_reading(session)
    return session.do(Sync(read_server(begun.access, Secret(mail.password)), begun=begun))


def writer(mail: KerioServer) -> Writer:
    return Writer(Secret(mail.password))


def do(session: Session, mail: KerioServer, operation: Operation) -> Done:
    done = session.do(operation, writer(mail))
    assert session.seats.report() == evaluate(session.state.inventory)
    return done


def operations(session: Session) -> list[str]:
    return [commit.operation for commit in session.history.log(LogQuery())]


def state(session: Session, mail: KerioServer) -> tuple[dict[str, bool], dict[str, bool]]:
    """Who is enabled, here and there."""
    here = {entry.address: entry.enabled for entry in session.state.live_entries() if entry.is_account}
    world = mail.world
    return here, {world.address(user): user.enabled for user in world.users.values()}


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


# Another server


def named(mail: KerioServer, url: str = "", user: str = "") -> AddServer:
    access = Access(url=url or mail.url, user=user or mail.user, fingerprint=mail.fingerprint)
    return AddServer(Server(name="mail", access=access))


def test_what_is_open_is_not_asked_of_another_server(session: Session, mail: KerioServer) -> None:
    mail.faults.add(Cut(), "Users.set")
    with pytest.raises(SourceAway):
        do(session, mail, DisableAccounts((ANNA,)))
    with pytest.raises(Refused, match="changes-unconfirmed") as refused:
        session.do(named(mail, url="https://other.example:4040"))
    assert (refused.value.params["addresses"], refused.value.hints) == ([ANNA], hints_of("sync-or-forget"))
    session.do(named(mail, user=f"Admin@{ANNA.partition('@')[2]}"))  # the same one, by another login
    session.do(named(mail))
    read(session, mail)
    assert not session.state.pending_changes
    session.do(named(mail, url="https://other.example:4040"))


def test_at_a_server_that_was_never_read_nothing_is_changed(session: Session, mail: KerioServer) -> None:
    done = session.do(named(mail, url=mail.url.replace("localhost", "127.0.0.1")))
    assert (done.outcomes[0].code, done.outcomes[0].params["old_url"]) == ("server-moved", mail.url)
    for operation in (DisableAccounts((ANNA,)), AddAccount("dora@north.example")):
        with pytest.raises(Refused, match="server-never-read") as raised:
            do(session, mail, operation)
        assert raised.value.effect == Message("nothing-changed-there-or-here")
    read(session, mail)
    do(session, mail, DisableAccounts((ANNA,)))


def test_other_settings_for_the_same_server_leave_it_read(session: Session, mail: KerioServer) -> None:
    before = session.state.server
    done = session.do(named(mail, user=f"Admin@{ANNA.partition('@')[2]}"))
    assert done.outcomes[0].code == "server-settings-changed"
    assert before is not None
    assert session.state.server == replace(before, access=replace(before.access, user="Admin@north.example"))


def test_a_server_that_is_named_while_what_was_open_is_asked_about_is_not_taken_for_the_one_that_was_meant(
    session: Session, mail: KerioServer, kerio_clock: FixedClock
) -> None:
    mail.faults.add(Cut(), "Users.set")
    with pytest.raises(SourceAway):
        do(session, mail, DisableAccounts((ANNA,)))
    other = Session.open(session.store.folder, "berg", kerio_clock, patience=0)

    def meanwhile(_: Done) -> None:
        other.do(named(mail, url="https://other.example:4040"))

    with pytest.raises(Refused, match="server-added-meanwhile"):
        session.do(DisableAccounts((CHEN,)), Writer(Secret(mail.password), recovered=meanwhile))
    other.close()
    assert mail.world.user(CHEN).enabled
    assert not session.state.pending_changes


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("ours", [-HOUR, timedelta(minutes=1), HOUR], ids=str)
@pytest.mark.parametrize("theirs", [-7 * HOUR, timedelta(0), 7 * HOUR], ids=str)
def test_whether_a_seat_is_held_follows_from_the_servers_own_starts_and_the_log(
    session: Session, mail: KerioServer, kerio_clock: FixedClock, ours: timedelta, theirs: timedelta
) -> None:
    """The server's clock and ours may jump and differ; `ours` passes here between two steps, and `theirs` there."""
    ahead = timedelta(0)
    mail.world.now = lambda: kerio_clock.now() + ahead

    def restart() -> None:
        nonlocal ahead
        kerio_clock.moment += ours
        ahead += theirs or timedelta(minutes=1) - ours  # a start is never the one before
        mail.restart()

    def deletes(address: str) -> int:
        kerio_clock.moment += ours
        do(session, mail, DeleteAccounts((address,), "delete"))
        return session.seats.report().held

    mail.world.add_user("dora@north.example")
    restart()
    read(session, mail)
    assert deletes(ANNA) == 1
    kerio_clock.moment += ours
    read(session, mail)
    assert session.seats.report().held == 1  # it was not restarted
    restart()
    assert deletes("dora@north.example") == 1  # the first is free, and this one is not
    kerio_clock.moment += ours
    read(session, mail)
    assert session.seats.report().held == 1
    restart()
    read(session, mail)
    assert session.seats.report().held == 0


def test_a_start_that_is_read_before_another_console_saw_a_restart_is_not_another_restart(
    session: Session, mail: KerioServer, kerio_clock: FixedClock
) -> None:
    begun = begin_reading(session)
    state = read_server(begun.access, Secret(mail.password))
    kerio_clock.forward(hours=1)
    mail.restart()
    do(session, mail, DeleteAccounts((ANNA,), "delete"))
    session.do(Sync(state, begun))
    read(session, mail)
    assert session.seats.report().held == 1


@pytest.mark.parametrize("ahead", [-3 * HOUR, 3 * HOUR], ids=str)
def test_a_first_reading_compares_times_by_one_clock(
    tmp_path: Path, mail: KerioServer, kerio_clock: FixedClock, ahead: timedelta
) -> None:
    before = Inventory(domains=(Domain(name="north.example", primary=True),), entries=(Entry(address=ANNA),))
    session = Session.create(tmp_path / "other", before, "anna", kerio_clock, patience=0)
    mail.world.now = lambda: kerio_clock.now() + ahead
    mail.restart()
    kerio_clock.forward(hours=1)
    session.do(DeleteAccounts((ANNA,)))
    kerio_clock.forward(hours=1)
    mail.world.remove_user(ANNA)
    follow(session, mail)
    assert session.seats.report().held == 1
