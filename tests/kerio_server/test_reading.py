"""What is read: the server itself, domains, users, and the rest of a domain."""

from datetime import timedelta
from typing import Any

import pytest

from tests.clocks import FixedClock
from tests.kerio_server.client import Client
from tests.kerio_server.people import people
from tests.kerio_server.records import digest
from tests.kerio_server.unknowns import Role


def test_the_version_is_flat_and_the_api_version_is_a_number(admin: Client) -> None:
    assert admin.call("Server.getVersion") == {
        "product": "Kerio Connect",
        "version": "10.0.8.9228",
        "major": 10,
        "minor": 0,
        "revision": 8,
        "build": 9228,
    }
    assert isinstance(admin.call("Version.getApiVersion")["apiVersion"], int)
    assert admin.call("Version.getProductVersion")["productVersion"]["productName"] == "Kerio Connect"


def test_the_built_in_administrator_has_no_ids(admin: Client) -> None:
    details = admin.call("Session.whoAmI")["userDetails"]

    assert (details["id"], details["domainId"], details["loginName"]) == ("", "", "Admin")
    assert details["effectiveRole"]["userRole"] == "BuiltInAdmin"
    setting = admin.call("Server.getRemoteAdministration")["setting"]
    assert (setting["builtInAdminEnabled"], setting["builtInAdminUsername"]) == (True, "Admin")
    assert setting["builtInAdminPassword"] == ""


def test_the_built_in_administrator_is_no_user(admin: Client) -> None:
    people(admin)

    assert "Admin" not in admin.logins()


def test_a_user_called_like_the_built_in_administrator_collides(admin: Client) -> None:
    admin.server.world.add_user("Admin@northwind.example", password="another", role="Auditor")

    assert admin.call("Server.getRemoteAdministration")["setting"]["builtInAdminUsernameCollide"]
    admin.log_in("Admin@northwind.example", "another")
    assert admin.call("Session.whoAmI")["userDetails"]["id"]
    admin.log_in("Admin")
    assert admin.call("Session.whoAmI")["userDetails"]["id"] == ""
    assert admin.fails("Session.login", userName="Admin", password="another", application={})[0] == -32000


def test_who_am_i_and_my_domain(admin: Client) -> None:
    user = admin.server.world.add_user("lena@northwind.example", "Lena", role="Auditor", password="right")
    admin.log_in("lena", "right")

    details = admin.call("Session.whoAmI")["userDetails"]
    domain = admin.call("Session.getDomain")["domain"]

    assert details["id"] == user.id
    assert details["effectiveRole"] == {"userRole": "Auditor", "publicFolderRight": False, "archiveFolderRight": False}
    assert (domain["name"], domain["id"]) == ("northwind.example", admin.domain_id())
    assert "isPrimary" not in domain


def test_domains_have_all_their_members(admin: Client) -> None:
    admin.server.world.add_domain(
        "retail.example", user_limit=40, directory="WindowsActiveDirectory", directory_host="dc.example"
    )

    answer = admin.call("Domains.get", query={})

    first, second = answer["list"]
    assert answer["totalItems"] == 2
    assert (first["name"], first["isPrimary"], first["userMaxCount"]) == ("northwind.example", True, -1)
    assert (second["isPrimary"], second["userMaxCount"]) == (False, 40)
    assert second["service"]["isEnabled"]
    assert second["service"]["serviceType"] == "WindowsActiveDirectory"
    assert not first["service"]["isEnabled"]


def test_ids_look_as_they_do_on_a_real_server(admin: Client) -> None:
    people(admin)

    domain = admin.domain_id()
    assert domain.startswith("keriodb://domain/")
    guid = domain.removeprefix("keriodb://domain/")
    assert all(row["id"].startswith(f"keriodb://user/{guid}/") for row in admin.users())


def test_never_logged_in_is_zero_and_others_are_seconds(admin: Client) -> None:
    people(admin)
    logins = {row["loginName"]: row["lastLoginInfo"] for row in admin.users()}

    assert logins["Anton"] == {"dateTime": 0, "protocol": ""}
    assert logins["berta"] == {"dateTime": 1785542400, "protocol": "POP3"}


def test_sizes_have_a_value_and_a_unit(admin: Client) -> None:
    people(admin)

    assert admin.users()[0]["consumedSize"] == {"value": 0, "units": "KiloBytes"}


def test_counters_of_statistics_are_texts_and_the_start_is_not(admin: Client, kerio_clock: FixedClock) -> None:
    start = int(kerio_clock.now().timestamp())
    kerio_clock.forward(days=1, hours=2, minutes=34)

    reported = admin.call("Statistics.get")["statistics"]

    assert reported["start"] == start
    assert reported["uptime"] == {"days": 1, "hours": 2, "minutes": 34}
    assert reported["received"]["count"] == "617376"
    assert reported["storage"]["percentage"] == "92"
    assert reported["storage"]["total"] == {"value": 716796, "units": "MegaBytes"}


def test_statistics_of_users_tell_each_protocol(admin: Client) -> None:
    people(admin)
    user = admin.server.world.user("berta")
    admin.server.world.log_in("berta", "IMAP")

    reported = admin.call("Users.getStatistics", userIds=[user.id], query={})["list"][0]

    assert (reported["name"], reported["pop3"]) == ("berta", {"count": 1, "lastLogin": "2026-08-01 00:00:00"})
    assert reported["imap"]["count"] == 1
    assert reported["activeSync"] == {"count": 0, "lastLogin": ""}


def test_disabled_users_are_not_in_the_count_of_a_domain(admin: Client) -> None:
    people(admin)

    reported = admin.call("Domains.getUserCountInfo", domainId=admin.domain_id())["countInfo"]

    assert reported["currentUsers"] == 2
    assert reported["allowedUsers"]["isUnlimited"]


@pytest.mark.parametrize(
    ("of_license", "of_domain", "limit", "kind"),
    [
        (10, None, 10, "LicenseLimit"),
        (None, 5, 5, "DomainLimit"),
        (10, 5, 5, "DomainLimit"),
        (5, 10, 5, "LicenseLimit"),
        (7, 7, 7, "LicenseLimit"),
    ],
)
def test_the_stricter_limit_counts_and_the_license_if_they_are_the_same(
    admin: Client, of_license: int | None, of_domain: int | None, limit: int, kind: str
) -> None:
    people(admin)
    admin.server.world.set_license(users=of_license)
    domain = admin.server.world.domain("northwind.example")
    domain.user_limit = of_domain

    reported = admin.call("Domains.getUserCountInfo", domainId=domain.id)["countInfo"]["allowedUsers"]

    assert reported == {"isUnlimited": False, "allowedUsers": limit, "limit": limit, "limitType": kind}


def test_the_license_has_a_capital_id_and_two_expirations(admin: Client, kerio_clock: FixedClock) -> None:
    expires = kerio_clock.now() + timedelta(days=30)
    admin.server.world.set_license(users=5000, expires=expires)

    status = admin.call("ProductRegistration.getFullStatus")["status"]

    assert (status["Id"], status["users"], status["regType"]) == ("10000-TEST0-SERVR", 5000, "rsProductRegistered")
    assert status["expirations"][0] == {
        "type": "License",
        "isUnlimited": False,
        "remainingDays": 30,
        "date": int(expires.timestamp()),
    }
    assert status["expirations"][1]["type"] == "Subscription"
    assert status["expirations"][1]["isUnlimited"]
    assert admin.call("ProductRegistration.getStatus")["status"]["Id"] == status["Id"]


def test_unlimited_users_are_minus_two(admin: Client) -> None:
    assert admin.call("ProductRegistration.getFullStatus")["status"]["users"] == -2
    assert admin.call("Server.getAboutInfo")["aboutInformation"]["allowedUsers"]["isUnlimited"]


def test_about_alerts_and_mailboxes_say_how_many_users(admin: Client) -> None:
    people(admin)
    admin.server.world.set_license(users=1)
    admin.server.world.log_in("chloe")

    assert admin.call("Server.getAboutInfo")["aboutInformation"]["currentUsers"] == 2
    assert admin.call("Users.getMailboxCount")["count"] == {"active": 0, "total": 3}
    assert admin.call("Server.getAlertList")["alerts"] == []

    admin.server.world.set_license(users=2)
    admin.server.world.log_in("chloe")
    admin.server.world.set_license(users=1)

    assert admin.call("Users.getMailboxCount")["count"] == {"active": 1, "total": 3}
    alert = {"alertName": "LicenseTooManyUsers", "alertType": "Critical", "currentValue": "2", "criticalValue": "1"}
    assert admin.call("Server.getAlertList")["alerts"] == [alert]


def test_the_rest_of_a_domain(admin: Client) -> None:
    world, domain = admin.server.world, admin.domain_id()
    user = world.add_user("lena@northwind.example", "Lena")
    ml = world.add_list("all@northwind.example", "Everybody", ("lena@northwind.example", "x@elsewhere.example"))
    world.add_resource("van@northwind.example", "Red", "Equipment")
    world.add_alias("info@northwind.example", "lena@northwind.example")
    world.add_group("staff@northwind.example")

    def rows(name: str) -> list[dict[str, Any]]:
        answer = admin.call(f"{name}.get", query={"orderBy": [{"columnName": "name"}]}, domainId=domain)
        assert answer["totalItems"] == len(answer["list"]) == 1
        listed: list[dict[str, Any]] = answer["list"]
        return listed

    assert (rows("MailingLists")[0]["id"], rows("MailingLists")[0]["membersCount"]) == (ml, 2)
    assert (rows("Resources")[0]["address"], rows("Resources")[0]["type"]) == ("van@northwind.example", "Equipment")
    assert rows("Aliases")[0]["deliverTo"] == "lena@northwind.example"
    assert rows("Groups")[0]["itemSource"] == "DSInternalSource"
    members = admin.call("MailingLists.getMlUserList", query={}, mlId=ml)["list"]
    assert [(each["hasId"], each["userId"], each["emailAddress"]) for each in members] == [
        (True, user.id, ""),
        (False, "", "x@elsewhere.example"),
    ]


def test_who_has_an_address(admin: Client) -> None:
    world = admin.server.world
    user = world.add_user("lena@northwind.example", emailAddresses=["info"])
    world.add_alias("info@northwind.example", "lena@northwind.example")

    found = admin.call(
        "Server.findEntityByEmail",
        addresses=["info", "missing"],
        updatedEntity={"kind": "EntityUser", "id": user.id},
        domainId=admin.domain_id(),
    )["entities"]

    assert [(each["kind"], each["isPattern"]) for each in found] == [("EntityUser", True), ("EntityAlias", False)]


def test_a_few_more_readings(admin: Client) -> None:
    assert admin.call("Server.getProductInfo")["info"]["os"] == "Linux"
    assert admin.call("Server.getNamedConstantList")["constants"] == [{"name": "Unlimited", "value": "-1"}]
    assert "ActiveSync" in admin.call("Server.getLicenseExtensionsList")["extensions"]
    assert "loginName" in admin.call("Server.getColumnList", objectName="Users", methodName="get")["columns"]
    assert admin.call("DistributedDomain.getRole") == {"role": "clStandalone", "isMultiServer": False}
    assert admin.call("Domains.getSettings")["setting"]["serverId"]


@pytest.mark.parametrize(
    "method",
    [
        *("Domains.get", "Users.get", "Users.getMailboxCount", "ProductRegistration.getFullStatus"),
        *("Statistics.get", "Server.getVersion", "MailingLists.get", "Server.getRemoteAdministration"),
    ],
)
@pytest.mark.parametrize("role", ["Auditor", "AccountAdmin", "FullAdmin"])
def test_every_role_reads(admin: Client, role: Role, method: str) -> None:
    admin.server.world.add_user("lena@northwind.example", role=role, password="right")
    admin.log_in("lena", "right")

    assert admin.call(method, query={}, domainId=admin.domain_id())


def test_an_auditor_who_asks_for_domains_without_a_query_is_reported_of_a_database_error(admin: Client) -> None:
    admin.server.world.add_user("lena@northwind.example", role="Auditor", password="right")
    admin.log_in("lena", "right")

    assert admin.fails("Domains.get") == (1000, "internal database error")
    assert admin.call("Domains.get", query={})["totalItems"] == 1

    admin.log_in()

    assert admin.fails("Domains.get")[0] == -32602


def test_an_account_admin_sees_one_domain_and_who_he_may_change(admin: Client) -> None:
    world = admin.server.world
    world.add_domain("retail.example")
    world.add_user("boss@northwind.example", role="FullAdmin")
    world.add_user("lena@northwind.example", role="AccountAdmin", password="right")
    world.add_user("tom@northwind.example")
    admin.log_in("lena", "right")

    writable = {row["loginName"]: row["isWritableByMe"] for row in admin.users()}
    assert writable == {"boss": False, "lena": True, "tom": True}
    assert admin.call("Domains.get", query={})["totalItems"] == 1
    assert admin.fails("Users.get", query={}, domainId=admin.domain_id("retail.example"))[0] == 1004

    world.unknowns.account_admin_sees = "all"

    assert admin.call("Domains.get", query={})["totalItems"] == 2


def test_an_auditor_may_change_no_one(admin: Client) -> None:
    admin.server.world.add_user("lena@northwind.example", role="Auditor", password="right")

    assert admin.users()[0]["isWritableByMe"]
    assert not admin.log_in("lena", "right").users()[0]["isWritableByMe"]


def test_a_reading_that_a_role_may_not_have_is_refused_where_that_was_chosen(admin: Client) -> None:
    admin.server.world.add_user("lena@northwind.example", role="Auditor", password="right")
    admin.server.unknowns.refused_reads["Auditor"] = frozenset({"Users.getMailboxCount"})
    admin.log_in("lena", "right")

    assert admin.fails("Users.getMailboxCount")[0] == 1004
    assert admin.call("Server.getVersion")


def test_waiting_users_of_a_directory(admin: Client) -> None:
    waiting = admin.server.world.add_waiting("wan@northwind.example", "Wan")

    reported = admin.call("Users.getNotActivated", domainId=admin.domain_id())["newUsers"]

    assert reported == [
        {
            "userItem": {"id": waiting.id, "loginName": "wan", "fullName": "Wan", "description": ""},
            "isImportable": True,
            "message": "",
        }
    ]
    assert admin.logins() == []


def test_passwords_are_kept_as_digests_only() -> None:
    assert "secret" not in digest("secret")
