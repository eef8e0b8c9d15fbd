"""Each fault at each call of each change on the server: the state is as before or as after, every doubt is reported."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product

import pytest

from kconsole.core.codes import Message
from kconsole.core.errors import ConsoleError
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Done, HalfDone
from kconsole.operations.session import Session
from kconsole.providers.base import AnswerLost
from kconsole.providers.kerio import client
from kconsole.text.messages import error_words, hint_words, words_of
from tests.kerio_server.faults import (
    JSON,
    Cut,
    Error,
    Expired,
    Fault,
    HalfBody,
    HalfJson,
    Held,
    Huge,
    Instead,
    ItemErrors,
    WrongLength,
    html,
    invalid_utf8,
    null,
    redirect,
    status,
)
from tests.limits import each_with_some, share, thorough_but
from tests.operations.followed import ANNA, BERG, CHEN, DORA, OTTO, SHORT, Followed, here, state

PASSWORD = "let her in, 7f3a"

OPERATIONS: dict[str, tuple[str, Callable[[Followed, Session], Done]]] = {
    "disable": ("Users.set", lambda at, session: at.do(session, DisableAccounts((ANNA, CHEN)))),
    "enable": ("Users.set", lambda at, session: at.do(session, EnableAccounts((BERG,)))),
    "add": ("Users.create", lambda at, session: at.do(session, AddAccount(DORA, "Dora", password=Secret(PASSWORD)))),
    "delete": ("Users.remove", lambda at, session: at.do(session, DeleteAccounts((ANNA,), "delete"))),
    "undo": ("Users.set", lambda at, session: session.undo(by=at.writer)),
    "undo of an addition": ("Users.remove", lambda at, session: session.undo(by=at.writer)),
}
"""By name: the call that changes something, and what is done."""

BEFORE: dict[str, Callable[[Followed, Session], Done]] = {
    "undo": lambda at, session: at.do(session, DisableAccounts((ANNA, CHEN))),
    "undo of an addition": lambda at, session: at.do(session, AddAccount(DORA)),
}
"""What is done before, while nothing goes wrong."""


@dataclass(frozen=True)
class Wrong:
    """Something that goes wrong."""

    make: Callable[[], Fault]
    times: int | None = 1
    refused: bool = False
    """Whether it is the server's no."""


FAULTS: dict[str, Wrong] = {
    "held, and not done until later": Wrong(Held),
    "held, and done": Wrong(lambda: Held(after_change=True)),
    "cut, and done": Wrong(Cut),
    "cut, and not done": Wrong(lambda: Cut(done=False)),
    "cut in the head": Wrong(lambda: Cut(after=20)),
    "cut in the body": Wrong(lambda: Cut(after=5, in_body=True)),
    "expired": Wrong(Expired),
    "expired, though it was done": Wrong(lambda: Expired(done=True)),
    "expired for ever": Wrong(Expired, times=None),
    "500": Wrong(lambda: status(500)),
    "500, and done": Wrong(lambda: status(500, done=True)),
    "503": Wrong(lambda: status(503)),
    "a page": Wrong(html),
    "a page, and done": Wrong(lambda: html(done=True)),
    "half a body": Wrong(HalfBody),
    "half of the JSON": Wrong(HalfJson),
    "longer than it is": Wrong(WrongLength),
    "shorter than it is": Wrong(lambda: WrongLength(by=-10)),
    "-32602": Wrong(Error, refused=True),
    "-32601": Wrong(lambda: Error(-32601, "Method not found."), refused=True),
    "-32002, and not done": Wrong(lambda: Error(-32002, "Timed out.")),
    "-32002, and done": Wrong(lambda: Error(-32002, "Timed out.", done=True)),
    "1000": Wrong(lambda: Error(1000, "Operation failed."), refused=True),
    "null": Wrong(null),
    "null, and done": Wrong(lambda: Instead(b"null", done=True)),
    "huge": Wrong(lambda: Huge(200_000)),
    "huge, and done": Wrong(lambda: Huge(200_000, done=True)),
    "leads elsewhere": Wrong(lambda: redirect("https://elsewhere.example/")),
    "leads elsewhere, and done": Wrong(lambda: Instead(b"", 302, done=True)),
    "no UTF-8": Wrong(invalid_utf8),
    "no UTF-8, and done": Wrong(lambda: Instead(b'{"result":{"list":"\xff"}}', done=True)),
    "an answer to another question": Wrong(lambda: Instead(b'{"jsonrpc":"2.0","id":99,"result":{}}', done=True)),
    "nothing": Wrong(lambda: Instead(b"", done=True)),
    "a result that is a list": Wrong(lambda: Instead(b'{"jsonrpc":"2.0","id":null,"result":[]}', done=True)),
    "errors that are none": Wrong(lambda: Instead(b'{"id":null,"result":{"errors":[7]}}', done=True)),
    "a result without anything": Wrong(lambda: Instead(b'{"id":null,"result":{}}', 200, JSON, done=True)),
}


QUICK = (
    "cut, and done", "cut, and not done", "half of the JSON", "-32601",
)  # fmt: skip
"""Some faults of each kind."""

UNKNOWN, NOTHING = Message("not-known-whether-done"), Message("nothing-changed-there-or-here")

TURN = {name: turn for turn, name in enumerate(FAULTS)}


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LARGEST_ANSWER", 100_000)


def reported(error: ConsoleError) -> str:
    return "\n".join((error_words(error), *map(words_of, error.details), hint_words(error)))


def attempt(at: Followed, session: Session, operation: str) -> tuple[Done | None, ConsoleError | None]:
    try:
        return OPERATIONS[operation][1](at, session), None
    except HalfDone as half:
        return half.done, half
    except ConsoleError as error:
        return None, error


@contextmanager
def going_wrong(at: Followed, wrong: Wrong, method: str) -> Iterator[None]:
    """A call of this method goes wrong. In the end nothing does any more, and what the server was at, it has done."""
    fault = at.mail.faults.add(wrong.make(), method, times=wrong.times)
    with pytest.MonkeyPatch.context() as patch:
        if isinstance(fault, Held) and method == "Session.logout":
            patch.setattr(client, "_LOGOUT_TIMEOUT", SHORT)
        yield
    if isinstance(fault, Held):
        fault.release()
    at.mail.wait_until_left()
    at.mail.faults.clear()


def assert_well_reported(session: Session, error: ConsoleError, wrong: Wrong) -> None:
    said = reported(error)
    assert error.exit_code == (4 if wrong.refused else 8), said
    assert "Traceback" not in said
    assert PASSWORD not in said
    if session.state.pending_changes:
        assert error.effect == UNKNOWN
        assert Message("sync-shows-state") in error.hints
    else:
        assert error.effect == NOTHING
    lines = said.splitlines()
    assert len(lines) == len(set(lines)), said


def assert_can_be_settled(at: Followed, session: Session, way: str) -> None:
    """Asking the server once, in one of two ways, lets the store be as it is."""
    copy = at.copied(session.store.folder)
    if way == "settle":
        at.recover(copy)
    else:
        at.read(copy)
    state(copy)
    assert here(copy) == at.there, way
    assert not copy.state.pending_changes
    copy.close()


@pytest.mark.parametrize(("name", "operation"), each_with_some(FAULTS, OPERATIONS, QUICK))
def test_what_goes_wrong_with_the_change(at: Followed, name: str, operation: str) -> None:
    wrong, method = FAULTS[name], OPERATIONS[operation][0]
    with at.fresh() as session:
        if operation in BEFORE:
            BEFORE[operation](at, session)
        before = here(session)
        with going_wrong(at, wrong, method):
            done, error = attempt(at, session, operation)
        state(session)
        assert here(session) in (before, at.there)
        if here(session) != at.there:
            assert session.state.pending_changes
        if error is not None:
            assert_well_reported(session, error, wrong)
            assert here(session) == before
        else:
            assert done is not None
            assert not session.state.pending_changes
        assert_can_be_settled(at, session, "settle")
        assert_can_be_settled(at, session, "sync")


@pytest.mark.parametrize("name", thorough_but(QUICK, FAULTS))
def test_what_goes_wrong_with_the_login_or_the_logout(at: Followed, name: str) -> None:
    wrong = FAULTS[name]
    for method, operation in share(product(("Session.login", "Session.logout"), OPERATIONS), TURN[name], of=6):
        with at.fresh() as session:
            if operation in BEFORE:
                BEFORE[operation](at, session)
            before, there = state(session), at.there
            with going_wrong(at, wrong, method):
                _, error = attempt(at, session, operation)
            assert not session.state.pending_changes
            if error is None:
                assert here(session) == at.there != there
            else:
                assert method == "Session.login"
                assert error.exit_code == 8
                assert error.effect == NOTHING
                assert (state(session), at.there) == (before, there)
            assert_can_be_settled(at, session, "sync")


@pytest.mark.parametrize(
    ("name", "case"), each_with_some(FAULTS, product(["Session.login", "Users.get"], [False, True]), QUICK[:2])
)
def test_what_goes_wrong_while_it_is_asked_what_became_of_something(
    at: Followed, name: str, case: tuple[str, bool]
) -> None:
    wrong, (method, is_done) = FAULTS[name], case
    for operation in share(("disable", "add", "delete"), TURN[name]):
        with at.fresh() as session:
            at.mail.faults.add(Cut(done=is_done), "Users.set")
            with pytest.raises(AnswerLost):
                at.do(session, DisableAccounts((OTTO,)))
            before, there = state(session), at.there
            with going_wrong(at, wrong, method):
                _, error = attempt(at, session, operation)
            if error is None:
                assert not session.state.pending_changes
                assert here(session) == at.there != there
            else:
                assert error.exit_code == (4 if wrong.refused and method == "Users.get" else 8)
                assert error.effect == NOTHING
                assert (state(session), at.there) == (before, there)
                assert [pending.targets[0].address for pending in session.state.pending_changes.values()] == [OTTO]
            assert_can_be_settled(at, session, "settle")
            assert_can_be_settled(at, session, "sync")


@pytest.mark.parametrize("code", thorough_but((1004,), (1000, 1001, 1002, 1003, 1004, 9999)))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_server_refuses_for_someone_is_not_done_for_him(at: Followed, operation: str, code: int) -> None:
    with at.fresh() as session:
        if operation in BEFORE:
            BEFORE[operation](at, session)
        before, there = state(session), at.there
        at.mail.faults.add(ItemErrors(dict.fromkeys(("anna", "berg", "dora"), (code, "No."))), OPERATIONS[operation][0])
        done, error = attempt(at, session, operation)
        assert error is None
        assert done is not None
        assert {outcome.address for outcome in done.failures} == {
            "disable": {ANNA}, "enable": {BERG}, "add": {DORA}, "delete": {ANNA}, "undo": {ANNA},
            "undo of an addition": {DORA},
        }[operation]  # fmt: skip
        assert all(outcome.code.startswith("denied-") for outcome in done.failures)
        assert not session.state.pending_changes
        assert here(session) == at.there
        if "undo" != operation != "disable":
            assert (state(session), at.there) == (before, there)


def test_a_server_that_tells_no_id_and_does_not_show_the_account_leaves_it_open(at: Followed) -> None:
    for show in (html(), Error(1004, "No.")):
        with at.fresh() as session:
            at.mail.faults.add(Instead(b'{"id":null,"result":{"errors":[]}}', done=True), "Users.create")
            at.mail.faults.add(show, "Users.get")
            before = state(session)
            with pytest.raises(ConsoleError, match="no-id-of-new"):
                at.do(session, AddAccount(DORA))
            assert state(session) == before
            assert session.state.pending_changes
            assert at.do(session, DeleteAccounts((DORA,))).outcomes[0].result == "done"
            assert here(session) == at.there
            assert DORA not in at.there


@pytest.mark.parametrize("operation", ["disable", "delete"])
@pytest.mark.parametrize("is_done", thorough_but((True,), (False, True)))
def test_what_was_renamed_there_meanwhile_is_found_by_its_id(at: Followed, operation: str, is_done: bool) -> None:
    for renamed in ("user", "domain", "both", "another took the name"):
        with at.fresh() as session:
            at.mail.faults.add(Cut(done=is_done), OPERATIONS[operation][0])
            with pytest.raises(AnswerLost):
                OPERATIONS[operation][1](at, session)
            world = at.mail.world
            if renamed != "domain" and world.find(ANNA) is not None:
                world.change_user(ANNA, loginName="anne")
            if renamed == "another took the name":
                world.add_user(ANNA, "Another Anna")
            if renamed in ("domain", "both"):
                world.rename_domain("north.example", "n.example")
            at.recover(session)
            assert not session.state.pending_changes
            enabled = dict(here(session).values())
            there = dict(at.there.values())
            assert enabled.items() <= there.items(), renamed
            at.read(session)
            assert here(session) == at.there
            assert_can_be_settled(at, session, "sync")


def test_a_domain_that_is_gone_takes_what_is_open_with_it(at: Followed) -> None:
    for way in ("settle", "sync"):
        with at.fresh() as session:
            at.mail.faults.add(Cut(), "Users.set")
            with pytest.raises(AnswerLost):
                at.do(session, DisableAccounts((ANNA,)))
            world = at.mail.world
            for user in world.users_of(world.domain("north.example").id):
                world.take_out(user)
            del world.domains[world.domain("north.example").id]
            if way == "settle":
                at.recover(session)
                assert not session.state.pending_changes
            at.read(session)
            assert not session.state.pending_changes
            assert here(session) == at.there


@pytest.mark.parametrize("is_done", thorough_but((True,), (False, True)))
def test_what_a_renamed_domain_has_open_is_settled_by_a_reading(at: Followed, is_done: bool) -> None:
    for operation in OPERATIONS:
        with at.fresh() as session:
            if operation in BEFORE:
                BEFORE[operation](at, session)
            at.mail.faults.add(Cut(done=is_done), OPERATIONS[operation][0])
            with pytest.raises(AnswerLost):
                OPERATIONS[operation][1](at, session)
            at.mail.world.rename_domain("north.example", "n.example")
            at.read(session)
            assert not session.state.pending_changes, operation
            assert here(session) == at.there


@pytest.mark.parametrize(
    "body", [b'{"id":null,"result":{}}', b'{"id":null,"result":null}', b'{"result":{"list":null}}']
)
def test_no_one_is_gone_because_an_answer_lists_nothing(at: Followed, body: bytes) -> None:
    with at.fresh() as session:
        at.mail.faults.add(Cut(done=False), "Users.remove")
        with pytest.raises(AnswerLost):
            OPERATIONS["delete"][1](at, session)
        before = state(session)
        for ask in (at.read, at.recover):
            at.mail.faults.add(Instead(body), "Users.get", times=None)
            with pytest.raises(ConsoleError, match="strange-no-list"):
                ask(session)
            at.mail.faults.clear()
            assert state(session) == before
            assert session.state.pending_changes
