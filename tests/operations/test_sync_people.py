"""Who is who after a sync: accounts that come back, logins that other people have now, unknown last logins."""

import contextlib
from contextlib import closing
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError, NotFound, SourceAway
from kconsole.core.records import Entry, LastLogin
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.policies import IDLE
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.operations.tags import TagAccounts
from kconsole.providers.base import AnswerLost, ServerState
from tests.kerio_server.faults import AnyItems, Cut, Error, Fault
from tests.operations.followed import ANNA, BERG, DORA, OTTO, Followed
from tests.store.stores import same_as_disk


def served(at: Followed, session: Session, **changes: object) -> ServerState:
    """What is read of the server, with changes to what it says of Anna."""
    assert session.state.server is not None
    state = read_server(session.state.server.access, Secret(at.mail.password))
    return state._replace(
        domains=tuple(
            domain._replace(
                entries=tuple(replace(each, **changes) if each.address == ANNA else each for each in domain.entries)
            )
            for domain in state.domains
        )
    )


def take(session: Session, state: ServerState) -> Entry:
    assert session.state.server is not None
    session.do(Sync(state, SyncStart(session.state.server.access)))
    return session.state.find(ANNA)


def test_an_account_that_comes_back_has_what_the_server_says(at: Followed, session: Session) -> None:
    world = at.mail.world
    world.log_in(ANNA, "IMAP", at.clock.now() - timedelta(days=1))
    at.read(session)
    session.do(TagAccounts((ANNA,), ("vip",)))
    at.read(session)
    before, user = session.state.find(ANNA), world.user(ANNA)
    assert before.tags == ("vip",)
    world.take_out(user)
    at.read(session)
    assert session.state.entry_at(ANNA) is None
    world.insert(user)
    at.read(session)
    assert session.state.find(ANNA) == before
    assert before.mailbox
    assert before.last_login is not None


@pytest.mark.parametrize("way", ["between-two-syncs", "seen-as-gone", "deleted-here"])
def test_another_person_with_the_login_inherits_nothing(at: Followed, session: Session, way: str) -> None:
    world = at.mail.world
    world.change_user(ANNA, description="Board", fullName="Anna Berg")
    world.set_role(ANNA, "FullAdmin")
    world.log_in(ANNA, "ActiveSync", at.clock.now() - timedelta(days=1))
    at.read(session)
    session.do(TagAccounts((ANNA,), ("service",)))
    number = session.state.find(ANNA).id
    if way == "deleted-here":
        at.do(session, DeleteAccounts((ANNA,), mailbox="delete"))
    else:
        world.remove_user(ANNA)
    if way == "seen-as-gone":
        at.read(session)
    new = world.add_user(ANNA, "Anna Novák")
    done = at.read(session)
    assert session.state.find(ANNA) == Entry(
        address=ANNA, full_name="Anna Novák", server_id=str(new.row["id"]), id=number
    )
    if way == "between-two-syncs":
        assert [(outcome.address, outcome.code) for outcome in done.changed] == [(ANNA, "replaced-on-server")]


def test_an_account_that_is_added_again_has_no_mailbox_until_the_server_says_so(at: Followed, session: Session) -> None:
    at.mail.world.log_in(ANNA, "IMAP", at.clock.now() - timedelta(days=1))
    at.read(session)
    at.do(session, DeleteAccounts((ANNA,), mailbox="keep"))
    (outcome,) = at.do(session, AddAccount(ANNA)).outcomes
    assert outcome.hints == (message("mailbox-left", addresses=[ANNA]),)
    again = session.state.find(ANNA)
    assert (again.mailbox, again.last_login, again.role, again.full_name) == (False, None, "user", "")


def test_a_last_login_that_is_not_stated_is_unknown_and_overwrites_no_known_one(at: Followed, session: Session) -> None:
    unknown = served(at, session, last_login=None, login_unknown=True)
    anna = take(session, unknown)
    assert (anna.last_login, anna.never_logged_in) == (None, False)
    assert session.state.server is not None
    assert session.state.server.remarks == (message("logins-unknown", count=1),)
    login = LastLogin(at.clock.now(), "IMAP")
    assert take(session, served(at, session, last_login=login)).last_login == login
    anna = take(session, unknown)
    assert (anna.last_login, anna.login_unknown) == (login, False)


def test_a_server_that_states_logins_and_not_this_one_leaves_it_in_doubt(at: Followed, session: Session) -> None:
    at.mail.world.log_in(OTTO, "IMAP", at.clock.now() - timedelta(days=300))
    at.mail.world.log_in(ANNA, "IMAP", login := at.clock.now() - timedelta(days=300))
    at.read(session)
    anna = take(session, served(at, session, last_login=None, login_unknown=True))
    assert (anna.last_login, anna.login_unknown) == (LastLogin(login, "IMAP"), True)
    assert [each.code for each in judge(session, IDLE, [anna.id]).judged] == ["login-unknown"]
    at.read(session)
    assert [each.code for each in judge(session, IDLE, [anna.id]).judged] == ["do"]


def test_logins_that_vanish_at_the_server_are_noticed_until_they_are_back(at: Followed, session: Session) -> None:
    for address in (ANNA, OTTO):
        at.mail.world.log_in(address, "IMAP", at.clock.now() - timedelta(days=300))
    at.read(session)
    lost = served(at, session, last_login=None)
    for _ in range(3):
        take(session, lost)
        assert session.state.server is not None
        assert session.state.server.logins is not None
        assert session.state.server.logins.have_vanished
        assert [each.code for each in judge(session, IDLE).objections] == ["logins-vanished"]
    at.read(session)
    assert judge(session, IDLE).objections == []
    assert same_as_disk(session.store)


def test_forwarding_and_moderators_are_read(at: Followed, session: Session) -> None:
    world = at.mail.world
    moderators = (OTTO, "x@elsewhere.example")
    world.add_list("board@north.example", members=(ANNA, *moderators), moderators=moderators)
    world.change_user(ANNA, emailForwarding={"mode": "UForwardDeliver", "emailAddresses": ["a@elsewhere.example"]})
    world.change_user(BERG, emailForwarding={"mode": "UForwardNone", "emailAddresses": ["b@elsewhere.example"]})
    at.read(session)
    assert session.state.find("board@north.example").moderators == moderators
    assert [session.state.find(each).delivers_to for each in (ANNA, BERG)] == [("a@elsewhere.example",), ()]
    assert session.state.server is not None
    assert session.state.server.silent == ()
    found = judge(session, IDLE)
    assert {each.entry.address: each.code for each in found.judged if each.entry.address in (ANNA, OTTO)} == {
        ANNA: "forwards",
        OTTO: "list-moderator",
    }
    assert found.unknown == ()
    at.mail.faults.add(Error(1004), "MailingLists.getMlUserList", times=None)
    world.change_user(ANNA, emailForwarding={"mode": "UForwardNone", "emailAddresses": []})
    at.read(session)
    assert session.state.find("board@north.example").moderators == moderators  # as it was known
    assert session.state.find(ANNA).delivers_to == ()
    assert judge(session, IDLE).unknown == ("list-moderator",)


def test_of_too_many_lists_no_moderators_are_asked_for(
    at: Followed, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.mail.world.add_list("board@north.example", members=(OTTO,), moderators=(OTTO,))
    at.read(session)
    monkeypatch.setattr("kconsole.providers.kerio.state.MOST_LISTS", 1)
    at.mail.forget_calls()
    at.read(session)
    assert "MailingLists.getMlUserList" not in {call.method for call in at.mail.calls}
    assert session.state.find("board@north.example").moderators == (OTTO,)  # as it was known
    assert judge(session, IDLE).unknown == ("list-moderator",)


def test_a_login_in_the_future_is_unknown_and_does_not_stay(at: Followed, session: Session) -> None:
    now = at.clock.now()
    ahead = served(at, session, last_login=LastLogin(now + timedelta(days=400), "IMAP"))
    anna = take(session, ahead)
    assert (anna.last_login, anna.never_logged_in) == (None, False)
    assert session.state.server is not None
    assert session.state.server.remarks == (message("logins-odd", count=1),)
    at.clock.forward(days=401)  # the clock of this machine was wrong
    take(session, ahead)
    at.clock.forward(days=-401)
    assert take(session, served(at, session, last_login=LastLogin(now))).last_login == LastLogin(now)
    assert session.state.find(BERG).never_logged_in


def test_a_deletion_is_confirmed_although_a_namesake_is_there_by_now(at: Followed, session: Session) -> None:
    at.mail.faults.add(Cut(), "Users.remove")
    with pytest.raises(AnswerLost):
        at.do(session, DeleteAccounts((ANNA,), mailbox="delete"))
    at.mail.world.add_user(ANNA, "Another Anna")
    (outcome,) = [outcome for outcome in at.read(session).outcomes if outcome.code == "resolved"]
    assert outcome.params == {"operation": "delete", "done": True}
    assert session.state.find(ANNA).full_name == "Another Anna"


REFUSALS: dict[str, Fault] = {
    "each account": AnyItems(every=True, code=1004, message="No."),
    "the call": Error(1004, "No."),
    "not understood": Error(-32602, "What?"),
}


@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("operation", [DisableAccounts((ANNA,)), DeleteAccounts((ANNA,), "keep"), AddAccount(DORA)])
def test_a_change_that_the_server_refused_is_not_what_is_undone(
    at: Followed, session: Session, operation: Operation, why: str
) -> None:
    done = at.do(session, DisableAccounts((OTTO,)))
    assert done.commit is not None
    method = {"disable": "Users.set", "delete": "Users.remove", "add": "Users.create"}[operation.name]
    at.mail.faults.add(REFUSALS[why], method)
    with contextlib.suppress(ConsoleError):
        assert [outcome.result for outcome in at.do(session, operation).outcomes] == ["refused"]
    assert session.history.to_undo().sequence == done.commit.sequence
    with closing(at.opened(session.store.folder)) as later:
        assert later.history.to_undo().sequence == done.commit.sequence
        with pytest.raises(NotFound, match="line-has-nothing-to-undo"):
            later.history.to_undo(later.store.sequence)


def test_new_users_whose_home_server_is_unknown_are_named(at: Followed, session: Session) -> None:
    """They count, so that no seat is given twice, and the sync says so each time."""
    world = at.mail.world
    world.add_user("far@north.example", home="south")
    at.read(session)
    at.mail.faults.add(REFUSALS["the call"], "Domains.getSettings", times=None)
    world.add_user("new@north.example", home="south")
    for _ in range(2):
        at.read(session)
        assert session.state.server is not None
        messages = session.state.server.remarks
        assert [each.params["addresses"] for each in messages if each.code == "homes-unknown"] == [
            ["new@north.example"]
        ]
    assert session.state.find("far@north.example").origin == "other_server"


def test_what_the_server_does_not_state_overwrites_and_counts_nothing(at: Followed, session: Session) -> None:
    world = at.mail.world
    world.add_user("far@north.example", home="south")
    world.set_role(ANNA, "Auditor")
    world.change_user(ANNA, fullName="Anna Berg", description="IT", isEnabled=False)
    at.read(session)
    before, used = session.state.find(ANNA), session.seats.report().used
    at.mail.unknowns.hidden_members = frozenset({"fullName", "description", "role", "effectiveRole", "homeServer"})
    at.read(session)
    assert session.state.find(ANNA) == before
    assert session.state.find("far@north.example").origin == "other_server"
    assert session.seats.report().used == used
    assert (before.full_name, before.description, before.role) == ("Anna Berg", "IT", "auditor")
    at.mail.unknowns.hidden_members = frozenset({"isEnabled"})
    with pytest.raises(SourceAway, match="isEnabled"):  # disabled people would take seats
        at.read(session)
    assert session.seats.report().used == used
