"""Addresses that change hands on the server between two readings, and what it tells of the license and of more."""

from contextlib import closing
from datetime import date

import pytest
from kconsole.providers.kerio.records import DirectoryService, Expiration, LicenseStatus

from kconsole.core.directory import Directory
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.mapping import SetDirectory
from kconsole.operations.session import Session
from kconsole.operations.sync.access import ServerState, read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.text.messages import words_of
from tests.operations.followed import ANNA, BERG, Followed, here, state

LOCAL = "local@north.example"


def check_is_as_there(session: Session, at: Followed) -> None:
    assert here(session) == at.there
    assert len({entry.address for entry in session.state.live_entries()}) == len(session.state.live_entries())
    state(session)


def read(at: Followed, session: Session) -> ServerState:
    assert session.state.server is not None
    return read_server(session.state.server.access, Secret(at.mail.password))


def notes(session: Session) -> tuple[str, ...]:
    assert session.state.server is not None
    return session.state.server.notes


# Addresses


def test_a_login_that_only_the_store_had_is_his_who_has_it_there(at: Followed, session: Session) -> None:
    before = session.seats.report()
    session.commit(AddAccount(LOCAL))
    number = session.state.find(ANNA).id
    at.mail.world.change_user(ANNA, loginName="local")
    outcomes = [words_of(outcome.message) for outcome in at.read(session).changed]
    assert outcomes == [
        "changed on the server",
        "was in this store only, and its address is another's on the server now",
    ]
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
    snapshot = read(at, session)
    at.do(session, DisableAccounts((ANNA,)))
    session.do(Sync(snapshot, begun=begun))
    state(session)
    assert here(session) == before | {ANNA: (before[ANNA][0], False)}
    at.read(session)
    check_is_as_there(session, at)


def test_who_takes_the_address_of_somebody_being_changed_is_not_taken_for_him(at: Followed, session: Session) -> None:
    id_ = session.state.find(ANNA).server_id
    begun = begin_reading(session)
    at.mail.world.change_user(ANNA, loginName="anna.berg")
    at.mail.world.add_user(ANNA, "Another Anna")
    snapshot = read(at, session)
    at.do(session, DisableAccounts((ANNA,)))
    session.do(Sync(snapshot, begun=begun))
    assert session.state.find(ANNA).server_id == id_
    at.read(session)
    check_is_as_there(session, at)


def test_what_was_not_read_yields_its_address_to_what_was(at: Followed, session: Session) -> None:
    world = at.mail.world
    world.add_resource("room@north.example")
    at.read(session)
    world.change_user(ANNA, loginName="room")
    begun, snapshot = begin_reading(session), read(at, session)
    unread = tuple(contents._replace(resources=None) for contents in snapshot.domains)
    session.do(Sync(snapshot._replace(domains=unread), begun=begun))
    assert session.state.find("room@north.example").kind == "user"
    check_is_as_there(session, at)


# What is told besides


def test_what_has_an_address_twice_is_told(at: Followed, session: Session) -> None:
    assert notes(session) == ()
    at.mail.world.add_alias(ANNA, BERG)
    at.read(session)
    assert notes(session) == (f"passed over, since something else on the server has the address too: {ANNA}",)
    assert session.state.find(ANNA).kind == "user"


def test_a_directory_that_the_store_was_not_told_of_is_told(at: Followed, session: Session) -> None:
    domain = at.mail.world.domain("south.example")
    domain.directory, domain.directory_host = "WindowsActiveDirectory", "dc.example"
    at.read(session)
    (note,) = notes(session)
    assert note.startswith("south.example is mapped from a directory (active-directory, host dc.example")
    with closing(at.opened(session.store.folder)) as again:
        assert notes(again) == (note,)
    session.do(SetDirectory("south.example", Directory(url="ldaps://dc.example", base="dc=example")))
    at.read(session)
    assert notes(session) == ()


def test_a_directory_of_which_little_is_told(at: Followed, session: Session) -> None:
    begun, snapshot = begin_reading(session), read(at, session)
    services = (DirectoryService(None, "", "", ""), DirectoryService(None, "dc.example", "", "cn=reader"))
    domains = tuple(
        contents._replace(domain=contents.domain._replace(directory=service))
        for contents, service in zip(snapshot.domains, services, strict=True)
    )
    session.do(Sync(snapshot._replace(domains=domains), begun=begun))
    assert [note.partition(" there;")[0] for note in notes(session)] == [
        "north.example is mapped from a directory",
        "south.example is mapped from a directory (host dc.example, read as cn=reader)",
    ]


def test_logins_beyond_the_calendar_are_told(at: Followed, session: Session) -> None:
    begun, snapshot = begin_reading(session), read(at, session)
    first, *rest = snapshot.domains
    users = tuple(user._replace(last_login_odd=True) for user in first.users or ())
    session.do(Sync(snapshot._replace(domains=(first._replace(users=users), *rest)), begun=begun))
    assert notes(session) == (f"last logins that are beyond the calendar, and count as unknown: {len(users)}",)


# The license

NEXT_YEAR, LATER = date(2027, 1, 1), date(2028, 2, 2)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, NEXT_YEAR),
        (Expiration(False, None), NEXT_YEAR),
        (Expiration(True, None), None),
        (Expiration(False, LATER), LATER),
    ],
)
@pytest.mark.parametrize("end", ["expires", "maintenance_until", "trial_until"])
def test_an_end_is_as_told_and_as_known_where_it_is_not_told(
    at: Followed, session: Session, end: str, told: Expiration | None, expected: date | None
) -> None:
    begun, snapshot = begin_reading(session), read(at, session)
    known = Expiration(False, NEXT_YEAR)
    status = LicenseStatus("trial" if end == "trial_until" else "product", "7890", "", 10, known, known)
    session.do(Sync(snapshot._replace(license=status), begun=begun))
    assert getattr(session.state.license, end) == NEXT_YEAR
    begun = begin_reading(session)
    status = status._replace(maintenance=told) if end == "maintenance_until" else status._replace(license=told)
    session.do(Sync(snapshot._replace(license=status), begun=begun))
    assert getattr(session.state.license, end) == expected
