"""Choices that are tested nowhere else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clocks import FixedClock
from tests.kerio_server.client import Client
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.server import KerioServer


@pytest.fixture
def two(admin: Client) -> Client:
    """Someone who never logged in, and someone who did."""
    world = admin.server.world
    world.add_user("never@northwind.example")
    world.add_user("once@northwind.example", last_login=(datetime(2026, 8, 1, tzinfo=UTC), "IMAP"))
    return admin


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("zero", {"lastLoginInfo": {"dateTime": 0, "protocol": ""}}),
        ("empty", {"lastLoginInfo": {"dateTime": "", "protocol": ""}}),
        ("missing", {"lastLoginInfo": {}}),
        ("absent", {}),
    ],
)
def test_never_logged_in(two: Client, written: str, wanted: dict[str, Any]) -> None:
    two.server.unknowns.never = written  # type: ignore[assignment]

    never, once = two.users(fields=["lastLoginInfo"])

    assert never == wanted
    assert once["lastLoginInfo"]["dateTime"] == 1785542400


def test_last_logins_can_be_sorted_and_asked_for_where_that_was_chosen(two: Client) -> None:
    order = [{"columnName": "lastLoginInfo", "direction": "Desc"}]
    conditions = [{"fieldName": "lastLoginInfo", "comparator": "Eq", "value": "0"}]
    for query in ({"orderBy": order}, {"conditions": conditions}):
        assert two.fails("Users.get", query=query, domainId=two.domain_id())[0] == -32602

    two.server.unknowns.by_last_login = "works"

    assert two.logins(orderBy=order) == ["once", "never"]
    assert two.logins(conditions=conditions) == ["never"]


def test_limits_that_no_one_asked_for(two: Client) -> None:
    two.server.unknowns.default_limit = 1
    assert two.logins() == ["never"]
    assert len(two.logins(limit=-1)) == 2

    two.server.unknowns.most_users = 1

    assert two.logins(limit=-1) == ["never"]
    assert two.call("Users.get", query={"limit": -1}, domainId=two.domain_id())["totalItems"] == 2


def test_enums_can_be_numbers_both_ways(two: Client) -> None:
    two.server.unknowns.enums = "integers"
    row = two.users()[0]

    assert (row["itemSource"], row["authType"], row["role"]["userRole"]) == (0, 0, 0)
    assert (row["consumedSize"]["units"], row["emailForwarding"]["mode"]) == (1, 0)

    role = {"userRole": 1, "publicFolderRight": False, "archiveFolderRight": False}
    two.call("Users.set", userIds=[row["id"]], pattern={"role": role, "authType": 2})
    assert two.ask("Users.set", userIds=[row["id"]], pattern={"authType": "UPamAuth"})["error"]["code"] == -32602
    words = {"orderBy": [{"columnName": "loginName", "direction": "Asc"}]}
    assert two.ask("Users.get", query=words, domainId=two.domain_id())["error"]["code"] == -32602
    two.server.unknowns.enums = "strings"

    assert (two.users()[0]["role"]["userRole"], two.users()[0]["authType"]) == ("Auditor", "UPamAuth")


def test_allowed_users_can_be_those_that_remain(two: Client) -> None:
    two.server.world.set_license(users=10)
    two.server.unknowns.allowed_users = "remaining"

    reported = two.call("Server.getAboutInfo")["aboutInformation"]["allowedUsers"]

    assert (reported["allowedUsers"], reported["limit"]) == (8, 10)


def test_unlimited_can_be_another_number(two: Client) -> None:
    two.server.unknowns.unlimited = 2147483647

    assert two.call("Domains.get", query={})["list"][0]["userMaxCount"] == 2147483647
    assert two.call("Server.getNamedConstantList")["constants"][0]["value"] == "2147483647"


def test_an_error_can_be_without_data(two: Client) -> None:
    assert two.ask("No.method")["error"]["data"]["messageParameters"]["positionalParameters"] == []

    two.server.unknowns.error_data = "with parameters"

    assert set(two.ask("No.method")["error"]) == {"code", "message"}


def test_an_expired_license_stops_calls_where_that_was_chosen(two: Client, kerio_clock: FixedClock) -> None:
    two.server.world.set_license(expires=kerio_clock.now() + timedelta(days=1))
    kerio_clock.forward(days=2)
    assert two.call("Server.getAlertList")["alerts"][0]["alertName"] == "LicenseExpired"

    two.server.unknowns.expired_license = "refuses"

    assert two.fails("Users.get", query={}, domainId=two.domain_id())[0] == 1004
    assert two.call("ProductRegistration.getFullStatus")["status"]["expirations"][0]["remainingDays"] < 0


def test_a_login_failure_can_be_reported_otherwise(two: Client) -> None:
    two.server.unknowns.login_failure = (1000, "Nope.")

    assert two.fails("Session.login", userName="Admin", password="x", application={}) == (1000, "Nope.")


def test_hostile_texts_arrive_as_they_are(kerio_server: KerioServer) -> None:
    made = made_up_world(300, 2)
    with KerioServer(kerio_server.certificate.file.parent / "other", made) as server, Client(server).log_in() as client:
        for domain in made.domains.values():
            rows = client.users(domain.name)
            assert rows == [user.row for user in made.users_of(domain.id)]
