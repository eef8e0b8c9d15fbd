"""Addresses that change hands on the server between two readings, and what it tells of the license and of more."""

from contextlib import closing
from datetime import date

import pytest

from kconsole.core.codes import Message, message
from kconsole.core.directory import Directory
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.mapping import SetDirectory
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.providers.base import End, LicenseState, ServerState
from tests.operations.followed import ANNA, BERG, Followed, here, state

LOCAL = "local@north.example"


def check_is_as_there(session: Session, at: Followed) -> None:
    assert here(session) == at.there
    assert len({entry.address for entry in session.state.live_entries()}) == len(session.state.live_entries())
    state(session)


def read(at: Followed, session: Session) -> ServerState:
    assert session.state.server is not None
    return read_server(session.state.server.access, Secret(at.mail.password))


def remarks(session: Session) -> tuple[Message, ...]:
    assert session.state.server is not None
    return session.state.server.remarks


# Addresses


def test_a_login_that_only_the_store_had_is_his_who_has_it_there(at: Followed, session: Session) -> None:
    before = session.seats.report()
    session.commit(AddAccount(LOCAL))
    number = session.state.find(ANNA).id
    at.mail.world.change_user(ANNA, loginName="local")
    assert [outcome.code for outcome in at.read(session).changed] == ["changed-on-server", "yields-address"]
    check_is_as_there(session, at)
    assert session.state.find(LOCAL).id == number
    assert (session.seats.report().counted, session.seats.report().held) == (
        before.counted,
        0,
    )  # it never was there to hold a seat
    assert not at.read(session).changed
    at.do(session, DeleteAccounts((LOCAL,)))
    check_is_as_there(session, at)
    assert LOCAL not in at.there


def test_logins_go_round_and_on(at: Followed, session: Session) -> None:
    session.commit(AddAccount(LOCAL))
    at.mail.world.add_user("eve@north.example")
    at.read(session)
    numbers = {entry.server_id: entry.id for entry in session.state.live_entries() if entry.server_id}
    world = at.mail.world
    for address, login in ((ANNA, "x"), (BERG, "anna"), ("x@north.example", "berg"), ("eve@north.example", "local")):
        world.change_user(address, loginName=login)
    world.add_user("eve@north.example", "Another Eve")
    at.read(session)
    check_is_as_there(session, at)
    assert {entry.server_id: entry.id for entry in session.state.live_entries()}.items() >= numbers.items()
    assert not at.read(session).changed


def test_whose_address_is_still_anothers_waits_for_the_next_reading(at: Followed, session: Session) -> None:
    """Anna is being changed, and so what was read of her is not taken; nor is who has her address then."""
    before = here(session)
    world = at.mail.world
    begun = begin_reading(session)
    world.change_user(ANNA, loginName="anna.berg")
    world.change_user(BERG, loginName="anna")
    world.add_user(BERG, "Another Berg")
    found = read(at, session)
    at.do(session, DisableAccounts((ANNA,)))
    session.do(Sync(found, begun=begun))
    state(session)
    assert here(session) == before | {ANNA: (before[ANNA][0], False)}
    at.read(session)
    check_is_as_there(session, at)


def test_who_takes_the_address_of_someone_being_changed_is_not_taken_for_him(at: Followed, session: Session) -> None:
    id_ = session.state.find(ANNA).server_id
    begun = begin_reading(session)
    at.mail.world.change_user(ANNA, loginName="anna.berg")
    at.mail.world.add_user(ANNA, "Another Anna")
    found = read(at, session)
    at.do(session, DisableAccounts((ANNA,)))
    session.do(Sync(found, begun=begun))
    assert session.state.find(ANNA).server_id == id_
    at.read(session)
    check_is_as_there(session, at)


def test_what_was_not_read_yields_its_address_to_what_was(at: Followed, session: Session) -> None:
    world = at.mail.world
    world.add_resource("room@north.example")
    at.read(session)
    world.change_user(ANNA, loginName="room")
    begun, state = begin_reading(session), read(at, session)
    unread = tuple(
        each._replace(
            entries=tuple(entry for entry in each.entries if entry.kind != "resource"),
            complete=each.complete - {"resource"},
        )
        for each in state.domains
    )
    session.do(Sync(state._replace(domains=unread), begun=begun))
    assert session.state.find("room@north.example").kind == "user"
    check_is_as_there(session, at)


# What is reported besides


def test_what_has_an_address_twice_is_reported(at: Followed, session: Session) -> None:
    assert remarks(session) == ()
    at.mail.world.add_alias(ANNA, BERG)
    at.read(session)
    assert remarks(session) == (message("addresses-doubled", addresses=[ANNA]),)
    assert session.state.find(ANNA).kind == "user"


def test_a_directory_that_the_store_was_not_reported_of_is_reported(at: Followed, session: Session) -> None:
    domain = at.mail.world.domain("south.example")
    domain.directory, domain.directory_host = "WindowsActiveDirectory", "dc.example"
    at.read(session)
    (remark,) = remarks(session)
    assert remark.code == "mapped-there"
    assert (
        remark.params.items() >= {"domain": "south.example", "kind": "active_directory", "host": "dc.example"}.items()
    )
    with closing(at.opened(session.store.folder)) as again:
        assert remarks(again) == (remark,)
    session.do(SetDirectory("south.example", Directory(url="ldaps://dc.example", base="dc=example")))
    at.read(session)
    assert remarks(session) == ()


def test_logins_with_impossible_dates_are_remarked(at: Followed, session: Session) -> None:
    begun, state = begin_reading(session), read(at, session)
    session.do(Sync(state._replace(odd_logins=3), begun))
    assert remarks(session) == (message("logins-odd", count=3),)


# The license

NEXT_YEAR, LATER = date(2027, 1, 1), date(2028, 2, 2)


@pytest.mark.parametrize(("end", "expected"), [(None, NEXT_YEAR), ("never", None), (LATER, LATER)])
@pytest.mark.parametrize("what", ["expires", "maintenance_until", "trial_until"])
def test_an_end_is_as_stated_and_as_known_where_it_is_not_stated(
    at: Followed, session: Session, what: str, end: End, expected: date | None
) -> None:
    begun, state = begin_reading(session), read(at, session)
    status = LicenseState(10, "7890", "trial" if what == "trial_until" else "registered", NEXT_YEAR, NEXT_YEAR)
    session.do(Sync(state._replace(license=status), begun=begun))
    assert getattr(session.state.license, what) == NEXT_YEAR
    begun = begin_reading(session)
    status = status._replace(maintenance_until=end) if what == "maintenance_until" else status._replace(expires=end)
    session.do(Sync(state._replace(license=status), begun=begun))
    assert getattr(session.state.license, what) == expected
