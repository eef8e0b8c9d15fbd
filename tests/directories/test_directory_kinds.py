"""What the kinds of directories name their users with, served by a real directory."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from kconsole.core.directory import DirectoryKind, DirectoryUser
from kconsole.directories.reading import DirectoryListing, read_directory
from kconsole.net.secrets import Secret
from tests.directory_server.people import SUFFIX
from tests.directory_server.server import DirectoryServer

BASE = f"ou=others,{SUFFIX}"
GUID = uuid.UUID("12345678-9abc-def0-1122-334455667788")
NOON = datetime(2026, 8, 5, 12, 3, tzinfo=UTC)


@pytest.fixture
def server(directory_server: DirectoryServer) -> Iterator[DirectoryServer]:
    directory_server.add_entry(BASE, {"objectClass": ["organizationalUnit"]})
    added: list[str] = []
    directory_server.added = added  # type: ignore[attr-defined]
    yield directory_server
    for name in (*added, BASE):
        directory_server.delete(name)


def put(server: DirectoryServer, cn: str, *classes: str, **values: str | bytes | list[str | bytes]) -> str:
    name = f"cn={cn},{BASE}"
    attributes = {key.replace("_", "-"): value if isinstance(value, list) else [value] for key, value in values.items()}
    server.add_entry(name, {"objectClass": list(classes), "sn": ["x"], **attributes})
    server.added.append(name)  # type: ignore[attr-defined]
    return name


def read(server: DirectoryServer, kind: DirectoryKind, **changed: Any) -> DirectoryListing:
    return read_directory(server.directory(kind, **({"base": BASE} | changed)), Secret(server.password))


def only(server: DirectoryServer, kind: DirectoryKind, **changed: Any) -> DirectoryUser:
    (user,) = read(server, kind, **changed).users
    return user


def filetime(moment: datetime) -> str:
    return str(int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7)


def test_active_directory(server: DirectoryServer) -> None:
    """Its GUID has the first three of its parts in the other order."""
    windows: dict[str, Any] = {"sAMAccountName": "jhart", "objectGUID": GUID.bytes_le, "objectCategory": "person"}
    name = put(
        server,
        "Jo Hart",
        "user",
        displayName="Hart, Jo",
        description="Sales",
        userAccountControl="512",
        lastLogonTimestamp=filetime(NOON),
        **windows,
    )
    others: dict[str, Any] = windows | {"objectGUID": uuid.UUID(int=1).bytes_le}
    put(server, "A computer", "user", "computer", **others)
    put(server, "A contact", "contact", **others)
    put(server, "A template", "user", **(others | {"objectCategory": "template"}))
    assert only(server, "active_directory") == DirectoryUser(
        id=str(GUID), login="jhart", full_name="Hart, Jo", description="Sales", last_logon=NOON, name=name
    )


@pytest.mark.parametrize(
    ("control", "enabled"),
    [("512", True), ("514", False), ("66050", False), ("66048", True), ("-2147483646", False), ("0", True)],
)
def test_who_is_disabled_in_active_directory(server: DirectoryServer, control: str, enabled: bool) -> None:
    put(
        server, "J", "user", sAMAccountName="j", objectGUID=GUID.bytes_le, objectCategory="person",
        userAccountControl=control,
    )  # fmt: skip
    assert only(server, "active_directory").enabled is enabled


@pytest.mark.parametrize(
    ("ticks", "moment", "notes"),
    [
        ("0", None, 0),
        ("9223372036854775807", None, 0),
        ("1", None, 0),
        ("116444736000000000", None, 0),  # 1970
        ("116446464000000000", datetime(1970, 1, 3, tzinfo=UTC), 0),
        ("9223372036854775806", None, 1),  # the year 30828
    ],
)
def test_times_of_windows(server: DirectoryServer, ticks: str, moment: datetime | None, notes: int) -> None:
    put(
        server, "J", "user", sAMAccountName="j", objectGUID=GUID.bytes_le, objectCategory="person",
        lastLogonTimestamp=ticks, userAccountControl="512",
    )  # fmt: skip
    listing = read(server, "active_directory")
    assert [user.last_logon for user in listing.users] == [moment]
    assert len(listing.notes) == notes


def test_apple(server: DirectoryServer) -> None:
    person = ("inetOrgPerson", "apple-user")
    guid = "6D2E55F0-61B9-4B2A-9E0D-3C8F0A3B7D11"
    here, away = ";Kerberosv5;;jo@X;", [";DisabledUser;;ApplePasswordServer;0x1", ";Kerberosv5;;sam@X;"]
    put(server, "Jo", *person, uid="jo", apple_generateduid=guid, authAuthority=here)
    put(server, "Sam", *person, uid="sam", apple_generateduid=guid[:-1] + "2", authAuthority=list(away))
    put(server, "No user of Apple's", "inetOrgPerson", uid="x")
    users = read(server, "apple").users
    assert [(user.login, user.id, user.full_name, user.enabled) for user in users] == [
        ("jo", guid, "Jo", True),
        ("sam", guid[:-1] + "2", "Sam", False),
    ]


def test_kerio_directory_is_read_as_its_like(server: DirectoryServer) -> None:
    put(server, "Jo", "inetOrgPerson", uid="jo", displayName="Jo Hart")
    user = only(server, "kerio")
    assert (user.login, user.full_name) == ("jo", "Jo Hart")
    assert str(uuid.UUID(user.id)) == user.id


def test_a_lock_of_openldap_that_ends_by_itself_disables_no_one(server: DirectoryServer) -> None:
    put(server, "A", "inetOrgPerson", uid="a", pwdAccountLockedTime="20260805100000Z")
    put(server, "B", "inetOrgPerson", uid="b", pwdAccountLockedTime="000001010000Z")
    assert [(user.login, user.enabled) for user in read(server, "openldap").users] == [("a", True), ("b", False)]


def test_openldap_knows_who_has_bound(server: DirectoryServer) -> None:
    name = put(server, "Jo", "inetOrgPerson", uid="jo", userPassword="hers")
    assert only(server, "openldap").last_logon is None
    read_directory(server.directory(bind_as=name), Secret("hers"))
    assert only(server, "openldap").last_logon is not None


CUSTOM = (("login", "employeeNumber"), ("id", "carLicense"))


@pytest.mark.parametrize(
    ("last", "moment"),
    [
        ("20260805120300Z", NOON),
        ("202608051203Z", NOON),
        ("20260805120300.123Z", NOON),
        ("20260805140300,5+0200", NOON),
        ("20260805063300-0530", NOON),
        (filetime(NOON), NOON),
        ("20260805", None),  # too few ticks to be true, and a date without a time
        ("2026-08-05 12:03", None),
        ("20261305120300Z", None),
        ("20260805250300Z", None),
        ("99991231235959-0100", None),
        ("٢٠٢٦٠٨٠٥١٢٠٣Z", None),
    ],
)
def test_attributes_of_ones_own(server: DirectoryServer, last: str, moment: datetime | None) -> None:
    put(
        server, "Jo", "inetOrgPerson", employeeNumber="17", carLicense="K 17", title="Dr. Jo", roomNumber="2nd floor",
        employeeType="TRUE", departmentNumber=last,
    )  # fmt: skip
    named = (
        ("full_name", "title"), ("description", "roomNumber"), ("disabled", "employeeType"),
        ("last_logon", "departmentNumber"),
    )  # fmt: skip
    listing = read(server, "custom", attributes=(*CUSTOM, *named))
    (user,) = listing.users
    assert (user.login, user.id, user.full_name, user.description) == ("17", "K 17", "Dr. Jo", "2nd floor")
    assert not user.enabled
    if last != "20260805":
        assert (user.last_logon, len(listing.notes)) == (moment, 0 if moment else 1)


def test_single_attributes_of_a_kind_can_be_others(server: DirectoryServer) -> None:
    put(server, "Jo", "inetOrgPerson", uid="jo", mail="jo.hart", employeeType="guest")
    put(server, "Sam", "inetOrgPerson", uid="sam", mail="sam", employeeType="staff")
    user = only(server, "openldap", attributes=(("login", "mail"),), filter="(!(employeeType=staff))")
    assert user.login == "jo.hart"


def test_ids_that_are_no_text_are_digits(server: DirectoryServer) -> None:
    put(server, "Jo", "inetOrgPerson", employeeNumber="17", jpegPhoto=b"\xff\x00\x01")
    assert only(server, "custom", attributes=(("login", "employeeNumber"), ("id", "jpegPhoto"))).id == "ff0001"


def test_of_several_values_the_first_and_without_an_option_if_there_is_one(server: DirectoryServer) -> None:
    values: dict[str, Any] = {"displayName;lang-de": "Frau Hart", "displayName": "Jo Hart", "description": ["A", "B"]}
    put(server, "Jo", "inetOrgPerson", uid=["  jo ", "josephine"], **values)
    put(server, "Sam", "inetOrgPerson", uid="sam", **{"displayName;lang-de": "Herr Sam"})
    jo, sam = read(server, "openldap").users
    assert (jo.login, jo.full_name, jo.description, sam.full_name) == ("jo", "Jo Hart", "A", "Herr Sam")


def test_whatever_is_in_a_value_is_taken_as_it_is(server: DirectoryServer) -> None:
    put(server, "Jo", "inetOrgPerson", uid="j\x1b[2J", title="nul \0 here", roomNumber="x" * 5000)
    user = only(server, "openldap", attributes=(("full_name", "title"), ("description", "roomNumber")))
    assert (user.login, user.full_name, len(user.description)) == ("j\x1b[2J", "nul \0 here", 1024)
