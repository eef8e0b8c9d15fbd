"""Roles at a store that follows a server: it is asked for nothing that the role may not do."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kconsole.core.errors import NotPermitted
from kconsole.core.roles import Authority
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.session import Session
from kconsole.operations.sync.pull import begin_reading
from tests.operations.followed import ANNA, BERG, CHEN, OTTO, Followed, here

HELPDESK = Authority("helpdesk", account=ANNA)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    with Followed(tmp_path_factory.mktemp("roles")) as followed:
        yield followed


@pytest.fixture
def session(at: Followed) -> Iterator[Session]:
    with at.fresh() as session:
        session.store.authority = lambda: HELPDESK
        yield session


def test_the_server_is_not_asked_for_what_is_forbidden(at: Followed, session: Session) -> None:
    done = at.do(session, DisableAccounts((ANNA, CHEN)))
    assert [outcome.code for outcome in done.outcomes] == ["own-account", "disabled"]
    assert here(session) == at.there
    assert (at.there[ANNA][1], at.there[CHEN][1]) == (True, False)
    before = at.there
    with pytest.raises(NotPermitted):
        at.do(session, DeleteAccounts((BERG,)))
    session.store.authority = lambda: Authority("account-admin", frozenset({"north.example"}))
    done = at.do(session, DeleteAccounts((OTTO, CHEN)))
    assert [outcome.code for outcome in done.outcomes] == ["not-in-store"] * 2
    assert at.there == before


def test_an_auditor_reads_no_server(session: Session) -> None:
    session.store.authority = lambda: Authority("auditor")
    with pytest.raises(NotPermitted) as refused:
        begin_reading(session)
    assert refused.value.params["capability"] == "read-server"
    session.store.authority = lambda: Authority("helpdesk", frozenset({"north.example"}))
    assert begin_reading(session).access == session.store.state.server.access  # type: ignore[union-attr]


def test_what_is_taken_in_is_as_the_server_has_it(at: Followed, session: Session) -> None:
    """Whoever reads the server takes in what others changed there, in all domains, the own account too."""
    session.store.authority = lambda: Authority("helpdesk", frozenset({"north.example"}), ANNA)
    for address in (ANNA, OTTO):
        at.mail.world.change_user(address, isEnabled=False)
    at.read(session)
    entries = session.store.state
    assert [entries.find(address).enabled for address in (ANNA, OTTO)] == [False, False]


def test_what_was_asked_counts_for_the_brake_and_an_undo_does_not(at: Followed, session: Session) -> None:
    session.store.authority = lambda: Authority("helpdesk")
    at.do(session, DisableAccounts((OTTO, CHEN)))
    since = at.clock.now() - at.clock.now().resolution
    assert session.history.changed_lately(since) == {OTTO, CHEN}
    at.clock.forward(hours=2)
    since = at.clock.now()
    at.do(session, EnableAccounts((BERG,)))
    session.undo(by=at.writer)
    session.undo(by=at.writer)
    later = at.opened(session.store.folder)
    for each in (session, later):
        assert each.history.changed_lately(since) == {BERG}
    later.close()


def test_a_role_that_ends_while_the_server_is_asked_leaves_it_unconfirmed(at: Followed, session: Session) -> None:
    roles = [HELPDESK]
    session.store.authority = lambda: roles[-1]
    session.listen(lambda commit: roles.append(replace(HELPDESK, role="auditor")) if commit.own else None)
    with pytest.raises(NotPermitted) as refused:
        at.do(session, DisableAccounts((OTTO,)))
    assert refused.value.code == "store-could-not-take-it"
    assert not at.there[OTTO][1]
    assert len(session.state.pending_changes) == 1
    roles.append(HELPDESK)
    at.recover(session)
    assert here(session) == at.there
