"""Users are read from a real directory: all of them, and each as the same one whatever he is called."""

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.directory import DirectoryUser
from kconsole.core.errors import SourceAway
from kconsole.directories.reading import DirectoryListing, probe, read_directory
from kconsole.net.secrets import Secret
from tests.directory_server.fixtures import STAFF
from tests.directory_server.listener import silent
from tests.directory_server.people import STAFF as STAFF_BASE
from tests.directory_server.people import SUFFIX, people
from tests.directory_server.server import CREW, NARROW, DirectoryServer

CREW_LOGINS = ["amy", "bender", "fry", "hermes", "leela", "professor", "zoidberg"]
NONE: frozenset[str] = frozenset()


def read(server: DirectoryServer, **changed: Any) -> DirectoryListing:
    return read_directory(server.directory(**changed), Secret(server.password))


def logins(users: Iterable[DirectoryUser]) -> list[str]:
    return sorted(user.login for user in users)


def test_seven_people_of_planet_express(directory_server: DirectoryServer) -> None:
    """The groups beside them are no users."""
    listing = read(directory_server, base=CREW)
    assert logins(listing.users) == CREW_LOGINS
    assert (listing.faults, listing.notes, listing.doubtful_ids, listing.doubtful_logins) == ((), (), NONE, NONE)
    bender = next(user for user in listing.users if user.login == "bender")
    assert (bender.full_name, bender.description, bender.enabled) == ("Bender", "Robot", True)
    assert bender.name == f"cn=Bender Bending Rodriguez,{CREW}"
    assert len({user.id for user in listing.users}) == len(CREW_LOGINS)


@pytest.mark.parametrize("door", ["ldaps", "starttls"])
@pytest.mark.thorough
def test_all_of_a_large_directory_page_by_page(large_directory: DirectoryServer, door: str) -> None:
    heard: list[int] = []
    directory = large_directory.directory(
        base=STAFF_BASE, url=large_directory.ldaps_url if door == "ldaps" else large_directory.url
    )
    listing = read_directory(directory, Secret(large_directory.password), heard.append)
    expected = list(people(STAFF))
    assert [(user.name, user.login, user.full_name, user.description, user.enabled) for user in listing.users] == [
        (person.name, person.login, person.full_name, person.description, person.enabled)
        for person in expected
        if person.login
    ]
    assert listing.faults == tuple(
        message("entry-without-login", name=person.name, attribute="uid") for person in expected if not person.login
    )
    assert len(listing.doubtful_ids) == len(listing.faults) > 40
    assert listing.doubtful_ids.isdisjoint(user.id for user in listing.users)
    assert heard == list(range(500, STAFF + 1, 500))


def test_the_base_and_the_filter_narrow_it(directory_server: DirectoryServer) -> None:
    assert logins(read(directory_server).users) == CREW_LOGINS
    assert logins(read(directory_server, filter="(ou=Delivering Crew)").users) == ["bender", "fry", "leela"]
    assert logins(read(directory_server, filter="description=Human").users) == ["amy", "fry", "hermes", "professor"]
    alone = read(directory_server, base=f"cn=Philip J. Fry,{CREW}")
    assert logins(alone.users) == ["fry"]


def test_a_search_that_finds_no_one_says_so(directory_server: DirectoryServer) -> None:
    listing = read(directory_server, filter="(description=Decapodian)")
    assert logins(listing.users) == ["zoidberg"]
    listing = read(directory_server, filter="(description=Martian)")
    assert (listing.users, len(listing.notes)) == ((), 1)


def test_no_one_may_ask_as_well(directory_server: DirectoryServer) -> None:
    listing = read_directory(directory_server.directory(bind_as=""), Secret("of no use"))
    assert logins(listing.users) == CREW_LOGINS


def test_who_is_renamed_stays_the_same(own_directory: DirectoryServer) -> None:
    before = {user.id: user for user in read(own_directory).users}
    moved = own_directory.rename(f"cn=Philip J. Fry,{CREW}", "cn=Lars Fillmore")
    own_directory.modify(moved, uid=["lars"], displayName=["Lars"])
    own_directory.modify(f"cn=Hermes Conrad,{CREW}", pwdAccountLockedTime=["000001010000Z"])
    own_directory.delete(f"cn=John A. Zoidberg,{CREW}")
    after = {user.id: user for user in read(own_directory).users}
    by_login = {user.login: user for user in before.values()}
    fry, hermes, zoidberg = by_login["fry"], by_login["hermes"], by_login["zoidberg"]
    assert after == {id_: user for id_, user in before.items() if id_ != zoidberg.id} | {
        fry.id: replace(fry, login="lars", full_name="Lars", name=moved),
        hermes.id: replace(hermes, enabled=False),
    }


def test_two_with_one_login_are_reported_and_not_guessed_at(own_directory: DirectoryServer) -> None:
    twin = {"objectClass": ["inetOrgPerson"], "sn": ["Fry"], "uid": ["FRY"]}
    own_directory.add_entry(f"cn=Philip J. Fry II,{CREW}", twin)
    listing = read(own_directory)
    assert logins(listing.users) == [login for login in CREW_LOGINS if login != "fry"]
    (fault,) = listing.faults
    assert (fault.code, fault.params["login"], fault.params["number"]) == ("entries-with-same-login", "fry", 2)
    assert fault.params["names"] == f"cn=Philip J. Fry,{CREW}; cn=Philip J. Fry II,{CREW}"
    assert (len(listing.doubtful_ids), listing.doubtful_logins) == (2, frozenset({"fry"}))


def test_many_with_one_id_are_reported_in_one_line(directory_server: DirectoryServer) -> None:
    directory = directory_server.directory("custom", attributes=(("login", "uid"), ("id", "description")))
    listing = read_directory(directory, Secret(directory_server.password))
    assert logins(listing.users) == ["bender", "leela", "zoidberg"]
    (fault,) = listing.faults
    assert (fault.code, fault.params["id"], fault.params["number"]) == ("entries-with-same-id", "Human", 4)
    assert (listing.doubtful_ids, listing.doubtful_logins) == (
        frozenset({"Human"}),
        frozenset({"amy", "fry", "hermes", "professor"}),
    )


def test_entries_without_an_id_are_reported_with_their_login(directory_server: DirectoryServer) -> None:
    """Whoever has a known login is not gone because his id cannot be read."""
    directory = directory_server.directory(attributes=(("id", "title"),))
    listing = read_directory(directory, Secret(directory_server.password))
    assert logins(listing.users) == ["professor", "zoidberg"]
    assert message("entry-without-id", name=f"cn=Philip J. Fry,{CREW}", attribute="title") in listing.faults
    assert listing.doubtful_logins == {"amy", "bender", "fry", "hermes", "leela"}


def test_a_login_that_is_no_text_is_reported(own_directory: DirectoryServer) -> None:
    own_directory.modify(f"cn=Philip J. Fry,{CREW}", jpegPhoto=[b"\xff\xfe"])
    directory = own_directory.directory(attributes=(("login", "jpegPhoto"),), filter="(jpegPhoto=*)")
    listing = read_directory(directory, Secret(own_directory.password))
    assert listing.users == ()
    assert listing.faults == (message("entry-login-unusable", name=f"cn=Philip J. Fry,{CREW}", attribute="jpegPhoto"),)


def test_references_to_other_servers_are_not_followed(own_directory: DirectoryServer) -> None:
    with silent() as elsewhere:
        there = {"objectClass": ["referral", "extensibleObject"], "ou": ["far"], "ref": [f"{elsewhere.url}/dc=far"]}
        own_directory.add_entry(f"ou=far,{SUFFIX}", there)
        listing = read(own_directory)
        assert logins(listing.users) == CREW_LOGINS
        assert listing.notes == (message("references-not-followed", number=1),)
        with pytest.raises(SourceAway, match="search-base-elsewhere"):
            read(own_directory, base=f"ou=far,{SUFFIX}")
        assert elsewhere.visits == 0


@pytest.mark.thorough
def test_a_limit_of_the_server_is_no_end_of_the_list(large_directory: DirectoryServer) -> None:
    directory = large_directory.directory(bind_as=NARROW)
    with pytest.raises(SourceAway, match="search-limit-reached") as caught:
        read_directory(directory, Secret(large_directory.password))
    assert caught.value.params["name"] == NARROW


@pytest.mark.thorough
def test_a_probe_says_what_it_found(directory_server: DirectoryServer, large_directory: DirectoryServer) -> None:
    found = probe(directory_server.directory(), Secret(directory_server.password))
    assert (found.verified_by, found.server) == ("ca file", "OpenLDAP")
    assert found.certificate is not None
    assert found.certificate[:2] == (directory_server.fingerprint, ("localhost",))
    assert found.certificate.expires is not None
    assert (found.users, found.more_users) == (7, False)
    found = probe(large_directory.directory(), Secret(large_directory.password))
    assert (found.users, found.more_users) == (500, True)
