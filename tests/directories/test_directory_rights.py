"""An attribute that may not be read is unknown: refused where it decides, and replacing nothing where it does not."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.errors import BadInput, SourceAway
from kconsole.directories.client import LdapClient
from kconsole.directories.reading import DirectoryListing, probe, read_directory
from kconsole.net.secrets import Secret
from tests.directories.test_directory_answers import LET_IN, asked
from tests.directory_server.answers import COMPARE, COMPARE_ANSWER, DONE, SEARCH, entry, result, speaking
from tests.directory_server.server import CREW, DirectoryServer, without

FRY = f"cn=Philip J. Fry,{CREW}"


def read(server: DirectoryServer, hidden: str = "", **changed: Any) -> DirectoryListing:
    bind_as = without(hidden) if hidden else server.bind_dn
    return read_directory(server.directory(bind_as=bind_as, **{"base": CREW, **changed}), Secret(server.password))


@pytest.mark.parametrize("attribute", ["pwdAccountLockedTime", "nsAccountLock", "uid", "entryUUID", "objectClass"])
def test_what_decides_and_is_hidden_is_named(directory_server: DirectoryServer, attribute: str) -> None:
    with pytest.raises(SourceAway) as caught:
        read(directory_server, attribute)
    assert (caught.value.code, caught.value.params["attribute"]) == ("attribute-hidden", attribute)
    assert [hint.code for hint in caught.value.hints] == ["grant-reading"]


@pytest.mark.parametrize("attribute", ["uid", "entryUUID", "objectClass", "pwdAccountLockedTime"])
def test_a_test_of_the_connection_names_it_too(directory_server: DirectoryServer, attribute: str) -> None:
    directory = directory_server.directory(bind_as=without(attribute), base=CREW)
    with pytest.raises(SourceAway, match="attribute-hidden"):
        probe(directory, Secret(directory_server.password))


@pytest.mark.parametrize(
    "filter_", ["(!(description=Robot))", "description=Human", "(&(uid=*)(|(description~=Human)))"]
)
def test_a_filter_on_what_is_hidden_leaves_no_one_out(directory_server: DirectoryServer, filter_: str) -> None:
    with pytest.raises(SourceAway) as caught:
        read(directory_server, "description", filter=filter_)
    assert (caught.value.code, caught.value.params["attribute"]) == ("attribute-hidden", "description")
    assert len(read(directory_server, filter="(!(title=Boss))").users) == 7
    assert len(read(directory_server, "description", filter="(uid=*)").users) == 7


@pytest.mark.parametrize(("attribute", "unknown"), [("description", "description"), ("displayName", "full_name")])
def test_what_only_describes_is_unknown(directory_server: DirectoryServer, attribute: str, unknown: str) -> None:
    listing = read(directory_server, attribute)
    assert len(listing.users) == 7
    assert {user.unknown for user in listing.users} == {(unknown,)}


@pytest.fixture
def undescribed(directory_server: DirectoryServer) -> Iterator[None]:
    """Fry has no description."""
    directory_server.modify(FRY, description=[])
    yield
    directory_server.modify(FRY, description=["Human"])


@pytest.mark.usefixtures("undescribed")
def test_what_has_no_value_is_known_to_have_none(directory_server: DirectoryServer) -> None:
    fry = next(user for user in read(directory_server).users if user.login == "fry")
    assert (fry.description, fry.unknown) == ("", ())


@pytest.mark.parametrize(("value", "enabled"), [("TRUE", False), ("false", True), ("perhaps", None)])
def test_nsaccountlock_disables(own_directory: DirectoryServer, value: str, enabled: bool | None) -> None:
    """As in 389 Directory Server and FreeIPA; a value that says neither is left out and reported."""
    locked = {"objectClass": ["inetOrgPerson", "locked"], "sn": ["x"], "uid": ["x"], "nsAccountLock": [value]}
    own_directory.add_entry(f"cn=x,{CREW}", locked)
    listing = read(own_directory)
    assert [user.enabled for user in listing.users if user.login == "x"] == ([] if enabled is None else [enabled])
    assert [fault.code for fault in listing.faults] == (["entry-state-unreadable"] if enabled is None else [])
    assert len(listing.doubtful_ids) == len(listing.faults)


def test_a_directory_that_is_no_active_directory_says_so(directory_server: DirectoryServer) -> None:
    with pytest.raises(BadInput, match="not-active-directory"):
        read(directory_server, kind="active_directory")


USER = entry("uid=a,dc=x", uid="a", entryUUID="1")
WITH_LOCK = entry("uid=b,dc=x", uid="b", entryUUID="2", nsAccountLock="FALSE", pwdAccountLockedTime="20260101000000Z")


@pytest.mark.parametrize(
    ("compared", "code"),
    [
        (5, ""),
        (6, ""),
        (16, ""),
        (17, ""),
        (50, "attribute-hidden"),
        (32, "attribute-hidden"),
        (53, "absence-unchecked"),
    ],
)
def test_servers_whose_search_does_not_say_it_are_asked(compared: int, code: str) -> None:
    """Theirs does not find the entries without the attribute, so these are compared."""
    answers = {**LET_IN, SEARCH: [USER, result(DONE, 0)], COMPARE: [result(COMPARE_ANSWER, compared)]}
    with speaking(answers, absent=False) as server:
        try:
            notes = [note.code for note in read_directory(asked(server.url), None).notes]
        except SourceAway as error:
            notes = [error.code]
    assert set(notes) == ({code} if code else set())


def test_an_attribute_that_no_one_has_is_no_login() -> None:
    with speaking({**LET_IN, SEARCH: [entry("cn=a,dc=x", entryUUID="1"), result(DONE, 0)]}) as server:
        with pytest.raises(SourceAway, match="attribute-hidden") as caught:
            read_directory(asked(server.url), None)
        assert caught.value.params["attribute"] == "uid"


def in_active_directory(name: str, login: str, **values: str) -> bytes:
    always = {"sAMAccountName": login, "objectGUID": f"{login:>016}", "userAccountControl": "512"}
    return entry(name, **always, **values)


def test_what_no_one_of_an_organizational_unit_shows_is_unknown_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Active Directory takes what may not be read for absent, and rights differ from one unit to another."""
    monkeypatch.setattr(LdapClient, "is_active_directory", True)
    entries = [
        in_active_directory("CN=a,OU=Sales,DC=x", "a", displayName="A", description="Clerk"),
        in_active_directory("CN=b,OU=Sales,DC=x", "b", displayName="B"),
        in_active_directory("CN=Smith\\, C,OU=sales,DC=x", "c", displayName="C"),
        in_active_directory("CN=d,OU=Board,DC=x", "d", displayName="D"),
    ]
    with speaking({**LET_IN, SEARCH: [*entries, result(DONE, 0)]}) as server:
        listing = read_directory(asked(server.url, kind="active_directory"), None)
    assert {user.login: user.unknown for user in listing.users} == {"a": (), "b": (), "c": (), "d": ("description",)}


def test_a_state_that_no_one_of_a_unit_shows_is_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LdapClient, "is_active_directory", True)
    entries = [
        in_active_directory("CN=a,OU=Sales,DC=x", "a", displayName="A", description="x", locked="TRUE"),
        in_active_directory("CN=b,OU=Board,DC=x", "b", displayName="B", description="x"),
    ]
    with speaking({**LET_IN, SEARCH: [*entries, result(DONE, 0)]}) as server:
        directory = replace(asked(server.url, kind="active_directory"), attributes=(("disabled", "locked"),))
        listing = read_directory(directory, None)
    assert [(note.code, note.params["attribute"]) for note in listing.notes] == [("absence-unchecked", "locked")]
