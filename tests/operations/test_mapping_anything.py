"""Where a domain is mapped from; and any directory with any store comes out as planned."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.directory import DirectoryUser
from kconsole.core.errors import BadInput, NotFound
from kconsole.core.license import License
from kconsole.core.records import Entry, Inventory, fold
from kconsole.operations.decisions import Reserve
from kconsole.operations.mapping import (
    DirectoryListing,
    ForgetDirectory,
    MapDomain,
    SetDirectory,
    directory_of,
    plan_mapping,
)
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.operations.mappings import DIRECTORY, listing, person
from tests.operations.sessions import (
    DOMAIN,
    NORTH,
    SOUTH,
    session_of,
)
from tests.under_kerio import evaluate

# Where it is mapped from


def test_a_domain_keeps_where_it_is_mapped_from(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    with pytest.raises(NotFound, match="directory-not-set"):
        directory_of(session.state, DOMAIN)
    done = session.do(SetDirectory(DOMAIN.upper(), DIRECTORY))
    assert done.outcomes[0].message == message("map-directory-set", url=DIRECTORY.url)
    assert directory_of(session.state, DOMAIN) == DIRECTORY
    domain = session.state.domain_named(DOMAIN)
    assert domain is not None
    assert (domain.name, domain.primary) == (DOMAIN, True)
    assert session.do(SetDirectory(DOMAIN, DIRECTORY)).commit is None
    folder = session.store.folder
    session.close()
    opened = Session.open(folder, "anna", noon(), patience=0)
    assert directory_of(opened.state, DOMAIN) == DIRECTORY
    assert opened.do(ForgetDirectory(DOMAIN)).changed
    assert opened.do(ForgetDirectory(DOMAIN)).commit is None
    opened.undo()
    assert directory_of(opened.state, DOMAIN) == DIRECTORY
    opened.close()


def test_what_no_one_checks_is_recorded_loudly(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    done = session.do(SetDirectory(DOMAIN, replace(DIRECTORY, insecure=True)))
    assert done.outcomes[0].code == "map-directory-set-insecure"
    assert b'"insecure":true' in (session.store.folder / "journal.jsonl").read_bytes()


def test_settings_that_make_no_sense_are_not_kept(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    for wrong in (
        replace(DIRECTORY, url="https://directory.example"),
        replace(DIRECTORY, filter="(uid=*"),
        replace(DIRECTORY, fingerprint="AB"),
        replace(DIRECTORY, kind="custom"),
    ):
        with pytest.raises(BadInput):
            session.do(SetDirectory(DOMAIN, wrong))
    assert session.state.domain_named(DOMAIN) == NORTH


# Any directory, any store

LOGINS = ("a", "b", "c", "d", "A", "b@north.example", "x@south.example", "no login")
IDS = ("1", "2", "3", "4", "5")

users = st.builds(
    DirectoryUser,
    id=st.sampled_from(IDS),
    login=st.sampled_from(LOGINS),
    full_name=st.sampled_from(["", "One", "Two"]),
    enabled=st.booleans(),
)
listings = st.lists(users, max_size=5, unique_by=(lambda user: user.id, lambda user: fold(user.login))).map(
    lambda some: listing(*some)
)
entries = st.builds(
    Entry,
    address=st.sampled_from(["a", "b", "c", "d"]).map(lambda login: f"{login}@{DOMAIN}"),
    origin=st.sampled_from(["directory", "directory", "local"]),
    enabled=st.booleans(),
    mailbox=st.booleans(),
    directory_id=st.sampled_from(["", *IDS]),
)


def as_a_store_would_have_it(some: list[Entry]) -> tuple[Entry, ...]:
    """Only mapped accounts have an id of the directory, and no two the same."""
    seen: set[str] = set()
    kept = []
    for entry in some:
        id_ = entry.directory_id if entry.origin == "directory" and entry.directory_id not in seen else ""
        seen.add(id_)
        kept.append(replace(entry, directory_id=id_))
    return tuple(kept)


stores = st.lists(entries, max_size=4, unique_by=lambda entry: entry.address).map(as_a_store_would_have_it)


@given(stores, listings, st.none() | st.integers(0, 4), st.booleans())
def test_any_directory_onto_any_store(
    before: tuple[Entry, ...], found: DirectoryListing, seats: int | None, disable_gone: bool
) -> None:
    inventory = Inventory(license=License(seats=seats), domains=(NORTH, SOUTH), entries=before)
    with tempfile.TemporaryDirectory() as folder:
        session = Session.create(Path(folder) / "store", inventory, "anna", noon(), patience=0)
        was = {entry.id: entry for entry in session.state.live_entries()}
        plan = plan_mapping(DOMAIN, found, session.state, session.seats)
        session.do(MapDomain(DOMAIN, found, True, disable_gone, confirmed_gone=len(plan.gone), expected=plan))
        assert session.seats.report() == plan.after(disable_gone) == evaluate(session.state.inventory)
        now = {entry.id: entry for entry in session.state.live_entries()}
        addresses = [fold(entry.address) for entry in now.values()]
        assert len(addresses) == len(set(addresses))
        ids = [entry.directory_id for entry in now.values() if entry.directory_id]
        assert len(ids) == len(set(ids))
        for number, entry in was.items():
            assert now[number].enabled <= entry.enabled
            is_another = now[number].directory_id != entry.directory_id != ""
            assert now[number].mailbox == (entry.mailbox and not is_another)
            if entry.origin != "directory":
                assert now[number] == entry
        taken = {entry.directory_id for entry in now.values()}
        refused = {collision.user.id for collision in plan.collisions}
        for user in found.users:
            assert (user.id in taken) or (user.id in refused)
        again = plan_mapping(DOMAIN, found, session.state, session.seats)
        assert again.records() == 0
        assert not disable_gone or not again.gone
        session.close()


def test_a_mapping_takes_reserved_seats_says_so_and_uses_those_of_its_people(tmp_path: Path) -> None:
    session = session_of(tmp_path, seats=3)
    until = session.clock.now() + timedelta(days=9)
    session.do(Reserve("anna@north.example", until, reason="starts soon"))
    found = listing(person("anna"))
    assert not plan_mapping(DOMAIN, found, session.state, session.seats).notes
    session.do(MapDomain(DOMAIN, found))
    assert not session.state.reservations
    session.do(Reserve("Berta Novak", until, count=2, reason="starts soon"))
    found = listing(person("anna"), person("chen"))
    (note,) = plan_mapping(DOMAIN, found, session.state, session.seats).notes
    assert (note.code, note.params) == ("map-takes-reserved", {"reserved": 2, "free": 1})
    session.do(MapDomain(DOMAIN, found))
    assert session.seats.report().used == 2
