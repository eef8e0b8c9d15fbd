"""A real Active Directory, served by Samba: who takes a seat there, and what is said where that cannot be known."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kconsole.core.directory import DirectoryUser
from kconsole.core.errors import BadInput, SourceAway
from kconsole.directories.reading import DirectoryListing, probe, read_directory
from kconsole.net.secrets import Secret
from kconsole.operations.mapping import plan_mapping
from tests.directory_server.samba import DomainController
from tests.directory_server.samba_people import (
    BINDERS,
    DOMAIN,
    NUMBER,
    ODD,
    ODD_LOGINS,
    PASSWORD,
    named,
    user,
)
from tests.operations.sessions import session_of

pytestmark = pytest.mark.thorough

PEOPLE = "(&(objectCategory=person)(sAMAccountType=805306368)(!(sAMAccountName=krbtgt))(!(sAMAccountName=Guest)))"
DISABLED = f"(&{PEOPLE}(userAccountControl:1.2.840.113556.1.4.803:=2))"
DESCRIPTION = "bf967950-0de6-11d0-a285-00aa003049e2"
DISPLAY_NAME = "bf967953-0de6-11d0-a285-00aa003049e2"
DECIDING = {
    "userAccountControl": "bf967a68-0de6-11d0-a285-00aa003049e2",
    "sAMAccountName": "3e0abfd0-126a-11d0-a060-00aa006c33ed",
    "objectGUID": "bf9679e7-0de6-11d0-a285-00aa003049e2",
}
SPARE = {
    "objectClass": "bf9679e5-0de6-11d0-a285-00aa003049e2",
    "objectCategory": "26d97369-6070-11d1-a9c6-0000f80367c1",
    "sAMAccountType": "6e7b626c-64f2-11d0-afd2-00c04fd930c9",
    "objectSid": "bf9679e8-0de6-11d0-a285-00aa003049e2",
}
"""Attributes that tell people from others. Each of them can be missing."""


def read(controller: DomainController, **changed: str) -> DirectoryListing:
    return read_directory(controller.directory(**changed), Secret(PASSWORD))


def logins(users: tuple[DirectoryUser, ...], *, enabled: bool | None = None) -> list[str]:
    return sorted(each.login for each in users if enabled in (None, each.enabled))


def test_whoever_takes_a_seat_is_who_the_domain_controller_counts(domain_controller: DomainController) -> None:
    listing = read(domain_controller)
    assert logins(listing.users) == domain_controller.search(PEOPLE)
    assert logins(listing.users, enabled=False) == domain_controller.search(DISABLED)
    assert len(listing.users) > NUMBER + 40
    assert listing.faults == ()
    (others,) = (note.params for note in listing.notes if note.code == "entries-not-people")
    assert others["number"] == 3
    assert {name.partition(",")[0] for name in others["names"].split("; ")} == {"CN=krbtgt", "CN=Guest", "CN=PARTNER$"}
    ids = {each.id for each in listing.users}
    assert ids == set(domain_controller.search(PEOPLE, "objectGUID"))


def test_seats_are_those_counted_there(domain_controller: DomainController, tmp_path: Path) -> None:
    """But for logins that no address can have, each of which is left out and counted."""
    session = session_of(tmp_path, seats=None)
    listing = read(domain_controller)
    plan = plan_mapping("north.example", listing, session.state, session.seats)
    unusable = {login for login, is_usable in ODD_LOGINS.items() if not is_usable}
    assert plan.left_out == {"login-unusable": len(unusable) - 1, "login-of-another-domain": 1}
    there = set(domain_controller.search(PEOPLE)) - unusable
    assert {entry.login for entry in plan.new} == there
    assert plan.planned.used == len(there - set(domain_controller.search(DISABLED)))


def test_a_right_that_is_missing_is_named_and_nothing_is_taken(domain_controller: DomainController) -> None:
    with domain_controller.hidden_account_restrictions():
        for ask in (read_directory, probe):
            with pytest.raises(SourceAway) as caught:
                ask(domain_controller.directory(), Secret(PASSWORD))
            assert (caught.value.code, caught.value.params["attribute"]) == ("attribute-hidden", "userAccountControl")
            assert [hint.code for hint in caught.value.hints] == ["grant-reading", "account-restrictions"]
        with pytest.raises(SourceAway, match="attribute-hidden"):
            read(domain_controller, filter="(userAccountControl=0)")
    enabled = "(!(userAccountControl:1.2.840.113556.1.4.803:=2))"
    assert all(each.enabled for each in read(domain_controller, filter=enabled).users)
    assert len(read(domain_controller).users) > NUMBER


@pytest.mark.parametrize("attribute", DECIDING)
def test_one_unit_that_hides_what_decides_is_enough(domain_controller: DomainController, attribute: str) -> None:
    with domain_controller.denied(ODD, DECIDING[attribute]), pytest.raises(SourceAway) as caught:
        read(domain_controller)
    assert (caught.value.code, caught.value.params["attribute"]) == ("attribute-hidden", attribute)
    assert ODD in caught.value.params["example"]


@pytest.mark.parametrize("attribute", SPARE)
def test_an_attribute_that_others_stand_in_for_may_be_hidden(
    domain_controller: DomainController, attribute: str
) -> None:
    expected = read(domain_controller)
    with domain_controller.denied(ODD, SPARE[attribute]):
        assert set(read(domain_controller).users) == set(expected.users)


def test_a_hidden_name_or_description_is_unknown_and_not_empty(domain_controller: DomainController) -> None:
    with domain_controller.denied(ODD, DESCRIPTION), domain_controller.denied(ODD, DISPLAY_NAME):
        users = read(domain_controller, base=ODD).users
    assert {each.unknown for each in users} == {("full_name", "description")}
    assert {each.unknown for each in read(domain_controller, base=ODD).users} == {()}


@pytest.fixture
def extra(domain_controller: DomainController) -> Iterator[str]:
    """One more user, named `extra`; gone afterwards."""
    domain_controller.add(user("extra", description="Board", displayName="Jana Hart"))
    yield named("extra")
    domain_controller.delete(named("extra"))


def test_a_user_who_is_made_again_is_another_person(domain_controller: DomainController, extra: str) -> None:
    before = next(each for each in read(domain_controller, base=ODD).users if each.login == "extra")
    assert before.description == "Board"
    domain_controller.modify(extra, "delete: description")
    after = next(each for each in read(domain_controller, base=ODD).users if each.login == "extra")
    assert (after.id, after.description, after.unknown) == (before.id, "", ())
    domain_controller.delete(extra)
    domain_controller.add(user("extra"))
    again = next(each for each in read(domain_controller, base=ODD).users if each.login == "extra")
    assert again.id != before.id


@pytest.mark.parametrize("login", BINDERS)
def test_each_refusal_of_a_login_has_its_reason(domain_controller: DomainController, login: str) -> None:
    directory = domain_controller.directory(bind_as=f"{login}@{DOMAIN}")
    if login == "bindlock":
        for _ in range(4):
            with pytest.raises(SourceAway):
                probe(directory, Secret("wrong"))
    with pytest.raises(SourceAway) as caught:
        probe(directory, Secret(PASSWORD))
    assert caught.value.code == BINDERS[login][0]
    assert "check-name-and-password" not in [hint.code for hint in caught.value.hints]


@pytest.mark.parametrize("name", ["reader", "nosuch"])
def test_a_wrong_password_or_name(domain_controller: DomainController, name: str) -> None:
    with pytest.raises(SourceAway, match="login-refused") as caught:
        probe(domain_controller.directory(bind_as=f"{name}@{DOMAIN}"), Secret("wrong"))
    assert [hint.code for hint in caught.value.hints] == ["check-name-and-password"]


@pytest.mark.parametrize("kind", ["openldap", "kerio", "apple"])
def test_another_kind_is_recognised(domain_controller: DomainController, kind: str) -> None:
    for ask in (read_directory, probe):
        with pytest.raises(BadInput, match="is-active-directory"):
            ask(domain_controller.directory(kind=kind), Secret(PASSWORD))


def test_another_scheme_is_recognised(domain_controller: DomainController) -> None:
    host = domain_controller.host
    for url, code in ((f"ldaps://{host}:389", "port-speaks-plain"), (f"ldap://{host}:636", "port-speaks-tls")):
        with pytest.raises(SourceAway, match=code):
            probe(domain_controller.directory(url=url), Secret(PASSWORD))
    assert probe(domain_controller.directory(url=f"ldap://{host}"), Secret(PASSWORD)).users > 40
