"""Creating, changing, removing, activating users, and what is refused."""

from typing import Any

import pytest

from tests.kerio_server.client import Client
from tests.kerio_server.world import World

GONE = "keriodb://user/none/none"


def new(admin: Client, *logins: str, **more: Any) -> dict[str, Any]:
    """The answer to creating users."""
    users = [{"domainId": admin.domain_id(), "loginName": login, "password": "x", **more} for login in logins]
    return admin.ask("Users.create", {"users": users})


def codes(result: dict[str, Any]) -> list[tuple[int, int]]:
    """Index and code of each error."""
    return [(each["inputIndex"], each["code"]) for each in result["errors"]]


def removal(user_id: str, **changed: Any) -> dict[str, Any]:
    request = {"userId": user_id, "method": "UDeleteUser", "removeReferences": False, "targetUserId": ""}
    return request | {"mode": "DSModeDelete"} | changed


def world_of(admin: Client) -> World:
    return admin.server.world


def test_users_are_created_and_those_that_fail_are_reported_one_by_one(admin: Client) -> None:
    world_of(admin).add_user("lena@northwind.example")

    result = new(admin, "ada", "LENA", "tom", fullName="New")["result"]

    assert result["errors"] == [
        {
            "inputIndex": 1,
            "code": 1001,
            "message": "User %1 already exists.",
            "messageParameters": {"positionalParameters": ["LENA"], "plurality": 1},
        }
    ]
    assert [each["inputIndex"] for each in result["result"]] == [0, 2]
    rows = {row["id"]: row for row in admin.users()}
    assert rows[result["result"][0]["id"]]["loginName"] == "ada"
    assert rows[result["result"][1]["id"]]["fullName"] == "New"


def test_one_that_fails_fails_all_and_makes_none_where_that_was_chosen(admin: Client) -> None:
    world_of(admin).add_user("lena@northwind.example")
    admin.server.unknowns.create_fails = "call"

    answer = new(admin, "ada", "lena", "tom")

    assert answer["error"]["code"] == 1001
    assert answer["error"]["data"]["messageParameters"]["positionalParameters"] == ["lena"]
    assert admin.logins() == ["lena"]


def test_no_more_users_than_the_license_has(admin: Client) -> None:
    world_of(admin).set_license(users=2)

    result = new(admin, "a", "b", "c", "d")["result"]

    assert codes(result) == [(2, 1003), (3, 1003)]
    assert result["errors"][0]["message"] == "User count license exceeded."
    assert world_of(admin).seats_used == 2


def test_a_disabled_user_needs_no_seat(admin: Client) -> None:
    world_of(admin).set_license(users=0)

    assert codes(new(admin, "a", isEnabled=False)["result"]) == []


def test_no_more_users_than_the_domain_has(admin: Client) -> None:
    world_of(admin).domain("northwind.example").user_limit = 1

    assert codes(new(admin, "a", "b")["result"]) == [(1, 1003)]


@pytest.mark.parametrize(
    "user",
    [
        {"loginName": "x"},
        {"domainId": "d"},
        {"domainId": "d", "loginName": ""},
        {"domainId": "d", "loginName": "x", "isEnabled": "yes"},
        {"domainId": "d", "loginName": "x", "authType": "UMagic"},
        {"domainId": "d", "loginName": "x", "emailForwarding": {"mode": "UForwardMaybe"}},
        {"domainId": "d", "loginName": "x", "role": {"userRole": "FullAdmin"}},
        {
            "domainId": "d",
            "loginName": "x",
            "role": {"userRole": "BuiltInAdmin", "publicFolderRight": False, "archiveFolderRight": False},
        },
    ],
)
def test_a_user_that_is_wrong_is_invalid_params(admin: Client, user: dict[str, Any]) -> None:
    users = [{"domainId": admin.domain_id(), "loginName": "good"}, user]

    assert admin.fails("Users.create", users=users)[0] == -32602
    assert admin.logins() == []


def test_a_new_user_may_log_in_to_the_administration_if_the_role_says_so(admin: Client) -> None:
    role = {"userRole": "Auditor", "publicFolderRight": False, "archiveFolderRight": False}
    new(admin, "lena", role=role)

    assert admin.log_in("lena", "x").call("Session.whoAmI")["userDetails"]["effectiveRole"] == role


def test_a_pattern_changes_its_members_of_all_and_fails_one_by_one(admin: Client) -> None:
    world = world_of(admin)
    ids = [world.add_user(f"{name}@northwind.example", name.title()).id for name in ("ada", "lena")]

    result = admin.call("Users.set", userIds=[ids[0], GONE, ids[1]], pattern={"isEnabled": False})

    assert codes(result) == [(1, 1002)]
    assert {row["fullName"]: row["isEnabled"] for row in admin.users()} == {"Ada": False, "Lena": False}
    assert world.seats_used == 0


def test_members_that_are_read_only_stay(admin: Client) -> None:
    user = world_of(admin).add_user("lena@northwind.example")

    admin.call("Users.set", userIds=[user.id], pattern={"id": "x", "itemSource": "DSLDAPSource", "consumedItems": 5})

    assert admin.users() == [user.row]
    assert (user.row["itemSource"], user.row["consumedItems"]) == ("DSInternalSource", 0)


def test_a_row_that_was_read_can_be_written_back(admin: Client) -> None:
    user = world_of(admin).add_user("lena@northwind.example", "Lena")
    row = admin.users()[0]

    result = admin.call("Users.set", userIds=[user.id], pattern=row | {"emailAddresses": ["info"]})

    assert result["errors"] == []
    assert admin.users() == [row | {"emailAddresses": ["info"]}]


@pytest.mark.parametrize("pattern", [{"isEnabled": 1}, {"authType": "UMagic"}, {"fullName": []}, "x", None])
def test_a_pattern_that_is_wrong_is_invalid_params(admin: Client, pattern: object) -> None:
    user = world_of(admin).add_user("lena@northwind.example", "Lena")

    assert admin.fails("Users.set", userIds=[user.id], pattern=pattern)[0] == -32602


def test_enabling_takes_a_seat_or_is_refused_or_goes_over_where_that_was_chosen(admin: Client) -> None:
    world = world_of(admin)
    user = world.add_user("lena@northwind.example", enabled=False)
    world.set_license(users=0)

    assert codes(admin.call("Users.set", userIds=[user.id], pattern={"isEnabled": True})) == [(0, 1003)]

    admin.server.unknowns.enable_over_license = "allowed"

    assert codes(admin.call("Users.set", userIds=[user.id], pattern={"isEnabled": True})) == []
    assert world.seats_used == 1


def test_enabling_a_mapped_user_who_never_connected_takes_no_seat(admin: Client) -> None:
    user = world_of(admin).add_user("lena@northwind.example", mapped=True, enabled=False)
    world_of(admin).set_license(users=0)

    assert codes(admin.call("Users.set", userIds=[user.id], pattern={"isEnabled": True})) == []
    assert user.enabled


def test_another_login_is_not_one_that_is_taken(admin: Client) -> None:
    world = world_of(admin)
    lena, _ = (world.add_user(f"{name}@northwind.example") for name in ("lena", "ada"))

    assert codes(admin.call("Users.set", userIds=[lena.id], pattern={"loginName": "Ada"})) == [(0, 1001)]
    assert codes(admin.call("Users.set", userIds=[lena.id], pattern={"loginName": "helen"})) == []
    assert world.find("helen@northwind.example") is lena
    assert world.find("lena@northwind.example") is None


def test_no_one_disables_or_deletes_himself(admin: Client) -> None:
    lena = world_of(admin).add_user("lena@northwind.example", role="FullAdmin", password="right")
    admin.log_in("lena", "right")

    assert codes(admin.call("Users.set", userIds=[lena.id], pattern={"isEnabled": False})) == [(0, 1004)]
    assert codes(admin.call("Users.remove", requests=[removal(lena.id)])) == [(0, 1004)]
    assert codes(admin.call("Users.set", userIds=[lena.id], pattern={"fullName": "Lena"})) == []
    assert lena.enabled


def test_no_one_changes_or_makes_a_mightier_one(admin: Client) -> None:
    world = world_of(admin)
    boss = world.add_user("boss@northwind.example", role="FullAdmin")
    tom = world.add_user("tom@northwind.example")
    world.add_user("lena@northwind.example", role="AccountAdmin", password="right")
    admin.log_in("lena", "right")
    might = {"role": {"userRole": "FullAdmin", "publicFolderRight": False, "archiveFolderRight": False}}

    assert codes(admin.call("Users.set", userIds=[boss.id, tom.id], pattern={"isEnabled": False})) == [(0, 1004)]
    assert codes(admin.call("Users.remove", requests=[removal(boss.id)])) == [(0, 1004)]
    assert codes(admin.call("Users.set", userIds=[tom.id], pattern=might)) == [(0, 1004)]
    assert codes(new(admin, "x", **might)["result"]) == [(0, 1004)]
    assert (boss.enabled, tom.enabled) == (True, False)


def test_an_account_admin_stays_in_his_domain(admin: Client) -> None:
    world = world_of(admin)
    other = world.add_domain("retail.example")
    user = world.add_user("tom@retail.example")
    world.add_user("lena@northwind.example", role="AccountAdmin", password="right")
    admin.log_in("lena", "right")

    assert codes(admin.call("Users.set", userIds=[user.id], pattern={"isEnabled": False})) == [(0, 1004)]
    assert codes(admin.call("Users.create", users=[{"domainId": other.id, "loginName": "x"}])) == [(0, 1004)]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("Users.create", {"users": []}),
        ("Users.set", {"userIds": [], "pattern": {}}),
        ("Users.remove", {"requests": []}),
        ("Users.activate", {"userIds": []}),
    ],
)
def test_an_auditor_writes_nothing(admin: Client, method: str, params: dict[str, Any]) -> None:
    world_of(admin).add_user("lena@northwind.example", role="Auditor", password="right")

    assert admin.ask(method, params)["result"]["errors"] == []
    assert admin.log_in("lena", "right").fails(method, **params) == (
        1004,
        "Insufficient rights to perform the requested operation.",
    )


def test_a_mailbox_that_was_kept_goes_to_who_is_created_by_that_name(admin: Client) -> None:
    world = world_of(admin)
    size = {"value": 7, "units": "GigaBytes"}
    kept = world.add_user("lena@northwind.example", mailbox=True, consumedSize=size, consumedItems=70)
    gone = world.add_user("tom@northwind.example", mailbox=True, consumedSize=size)

    requests = [removal(kept.id), removal(gone.id, method="UDeleteFolder"), removal(GONE)]
    assert codes(admin.call("Users.remove", requests=requests)) == [(2, 1002)]
    new(admin, "LENA", "tom")

    assert world.user("lena").mailbox
    assert (world.user("lena").row["consumedSize"], world.user("lena").row["consumedItems"]) == (size, 70)
    assert not world.user("tom").mailbox
    assert world.user("tom").row["consumedSize"]["value"] == 0


def test_a_mailbox_is_moved_to_another_user(admin: Client) -> None:
    world = world_of(admin)
    lena = world.add_user("lena@northwind.example", mailbox=True, consumedItems=70)
    tom = world.add_user("tom@northwind.example", consumedItems=5)

    assert codes(admin.call("Users.remove", requests=[_move(lena.id, GONE), _move(lena.id, lena.id)])) == [
        (0, 1002),
        (1, 1002),
    ]
    assert codes(admin.call("Users.remove", requests=[_move(lena.id, tom.id)])) == []

    assert admin.logins() == ["tom"]
    assert tom.row["consumedItems"] == 75


def _move(user_id: str, target_id: str) -> dict[str, Any]:
    return removal(user_id, method="UMoveFolder", targetUserId=target_id)


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "DeleteFolder"},
        {"method": None},
        {"mode": "Delete"},
        {"method": "UMoveFolder", "targetUserId": ""},
        {"userId": 5},
        {"removeReferences": "yes"},
    ],
)
def test_a_removal_that_is_wrong_is_invalid_params_and_removes_no_one(admin: Client, changed: dict[str, Any]) -> None:
    world = world_of(admin)
    lena, tom = (world.add_user(f"{name}@northwind.example") for name in ("lena", "tom"))

    assert admin.fails("Users.remove", requests=[removal(lena.id), removal(tom.id, **changed)])[0] == -32602
    assert admin.logins() == ["lena", "tom"]


def test_the_mode_of_a_removal_may_be_left_out(admin: Client) -> None:
    lena = world_of(admin).add_user("lena@northwind.example")
    request = removal(lena.id)
    del request["mode"]

    assert codes(admin.call("Users.remove", requests=[request])) == []
    assert admin.logins() == []


@pytest.mark.parametrize(("also", "left"), [(True, 0), (False, 1)])
def test_references_go_if_that_was_wanted(admin: Client, also: bool, left: int) -> None:
    world = world_of(admin)
    lena = world.add_user("lena@northwind.example")
    world.add_alias("info@northwind.example", "lena@northwind.example")
    ml = world.add_list("all@northwind.example", members=("lena@northwind.example",))

    admin.call("Users.remove", requests=[removal(lena.id, removeReferences=also)])

    assert admin.call("Aliases.get", query={}, domainId=admin.domain_id())["totalItems"] == left
    assert len(world.list_members[ml]) == left


def test_a_mapped_user_is_deactivated_and_can_be_activated_again(admin: Client) -> None:
    world = world_of(admin)
    lena = world.add_user("lena@northwind.example", mapped=True, mailbox=True)
    assert world.seats_used == 1

    assert codes(admin.call("Users.remove", requests=[removal(lena.id)])) == [(0, 1004)], "not in the directory"
    assert codes(admin.call("Users.remove", requests=[removal(lena.id, mode="DSModeDeactivate")])) == []
    assert admin.logins() == []
    assert world.seats_used == 0
    waiting = admin.call("Users.getNotActivated", domainId=admin.domain_id())["newUsers"]
    assert waiting[0]["userItem"]["id"] == lena.id

    assert codes(admin.call("Users.activate", userIds=[GONE, lena.id])) == [(0, 1002)]
    assert admin.logins() == ["lena"]
    assert world.seats_used == 1


def test_a_mapped_user_that_is_deactivated_is_disabled_where_that_was_chosen(admin: Client) -> None:
    lena = world_of(admin).add_user("lena@northwind.example", mapped=True)
    admin.server.unknowns.deactivated = "disabled"

    admin.call("Users.remove", requests=[removal(lena.id, mode="DSModeDeactivate")])

    assert admin.logins() == ["lena"]
    assert not lena.enabled


def test_a_mapped_user_can_be_deleted_where_the_directory_can_be_written(admin: Client) -> None:
    world = world_of(admin)
    world.domain("northwind.example").directory_writable = True
    lena = world.add_user("lena@northwind.example", mapped=True)

    assert codes(admin.call("Users.remove", requests=[removal(lena.id)])) == []
    assert admin.call("Users.getNotActivated", domainId=admin.domain_id())["newUsers"] == []
