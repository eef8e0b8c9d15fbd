"""Queries: start and limit, fields, order and conditions."""

from typing import Any

import pytest

from tests.kerio_server.client import Client
from tests.kerio_server.people import people


@pytest.mark.parametrize("params", [{}, {"query": {}}, {"domainId": "x"}, {"query": [], "domainId": "x"}])
def test_users_need_a_query_and_a_domain(admin: Client, params: dict[str, Any]) -> None:
    assert admin.fails("Users.get", **params)[0] in (-32602, 1002)


def test_a_domain_that_there_is_not(admin: Client) -> None:
    assert admin.fails("Users.get", query={}, domainId="keriodb://domain/none")[0] == 1002


def test_total_items_is_what_is_there_before_start_and_limit(admin: Client) -> None:
    people(admin)
    order = [{"columnName": "loginName", "direction": "Asc"}]
    query = {"start": 1, "limit": 1, "orderBy": order}

    answer = admin.call("Users.get", query=query, domainId=admin.domain_id())

    assert [row["loginName"] for row in answer["list"]] == ["berta"]
    assert answer["totalItems"] == 3


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({}, 3),
        ({"limit": -1}, 3),
        ({"limit": 4294967295}, 3),
        ({"limit": 0}, 0),
        ({"start": 2}, 1),
        ({"start": 99, "limit": 5}, 0),
        ({"fields": None, "conditions": None, "orderBy": None}, 3),
    ],
)
def test_start_and_limit(admin: Client, query: dict[str, Any], rows: int) -> None:
    people(admin)

    assert len(admin.users(**query)) == rows


def test_fields_are_those_asked_for_and_all_if_none_are(admin: Client) -> None:
    people(admin)

    assert set(admin.users(fields=["loginName", "lastLoginInfo"])[0]) == {"loginName", "lastLoginInfo"}
    assert len(admin.users(fields=[])[0]) > 25
    assert admin.users(fields=["LIST_USERS"]) == admin.users()
    assert set(admin.users(fields=["loginName", "displayName"])[0]) == {"loginName"}


def test_a_member_that_there_is_not_is_refused_where_that_was_chosen(admin: Client) -> None:
    admin.server.unknowns.unknown_fields = "refused"

    assert admin.fails("Users.get", query={"fields": ["displayName"]}, domainId=admin.domain_id())[0] == -32602


@pytest.mark.parametrize(
    ("name", "direction", "exact", "wanted"),
    [
        ("loginName", "Asc", False, ["Anton", "berta", "chloe"]),
        ("loginName", "Desc", False, ["chloe", "berta", "Anton"]),
        ("fullName", "Desc", True, ["chloe", "berta", "Anton"]),
        ("consumedItems", "Asc", False, ["berta", "Anton", "chloe"]),
        ("isEnabled", "Asc", False, ["Anton", "berta", "chloe"]),
        ("isEnabled", 1, False, ["berta", "chloe", "Anton"]),
    ],
)
def test_order(admin: Client, name: str, direction: object, exact: bool, wanted: list[str]) -> None:
    people(admin)

    assert admin.logins(orderBy=[{"columnName": name, "direction": direction, "caseSensitive": exact}]) == wanted


@pytest.mark.parametrize(
    ("name", "comparator", "value", "wanted"),
    [
        ("loginName", "Eq", "anton", {"Anton"}),
        ("loginName", 0, "anton", {"Anton"}),
        ("loginName", "NotEq", "berta", {"Anton", "chloe"}),
        ("loginName", "LessThan", "berta", {"Anton"}),
        ("loginName", "LessEq", "berta", {"Anton", "berta"}),
        ("loginName", "GreaterThan", "berta", {"chloe"}),
        ("consumedItems", "GreaterEq", "9", {"Anton", "chloe"}),
        ("consumedItems", "LessThan", "80", {"Anton", "berta"}),
        ("isEnabled", "Eq", "false", {"Anton"}),
        ("itemSource", "Eq", "DSLDAPSource", {"chloe"}),
        ("fullName", "Like", "čap", {"berta"}),
        ("fullName", "Like", "A%", {"Anton"}),
        ("fullName", "Like", "%zhang", {"Anton"}),
        ("fullName", "Like", "zhang", {"Anton"}),
        ("fullName", "Like", "zhang*", set()),
        ("QUICKSEARCH", "Eq", "Anton Zhang", {"Anton"}),
        ("QUICKSEARCH", "Like", "anton", {"Anton", "chloe"}),
        ("QUICKSEARCH", "Like", "b*", {"berta"}),
        ("QUICKSEARCH", "NotEq", "berta", {"Anton", "chloe"}),
    ],
)
def test_conditions(admin: Client, name: str, comparator: object, value: str, wanted: set[str]) -> None:
    people(admin)
    condition = {"fieldName": name, "comparator": comparator, "value": value}

    assert set(admin.logins(conditions=[condition])) == wanted


def test_conditions_are_all_to_hold_or_any(admin: Client) -> None:
    people(admin)
    conditions = [
        {"fieldName": "isEnabled", "comparator": "Eq", "value": "true"},
        {"fieldName": "loginName", "comparator": "Eq", "value": "anton"},
    ]

    assert admin.logins(conditions=conditions) == []
    assert admin.logins(conditions=conditions, combining="And") == []
    assert len(admin.logins(conditions=conditions, combining="Or")) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"conditions": [{"fieldName": "loginName", "comparator": "Contains", "value": "x"}]},
        {"conditions": [{"fieldName": "loginName", "comparator": "Eq", "value": 1}]},
        {"conditions": [{"fieldName": "nothing", "comparator": "Eq", "value": "x"}]},
        {"conditions": [{"fieldName": "isWritableByMe", "comparator": "Eq", "value": "true"}]},
        {"conditions": ["x"]},
        {"conditions": "x"},
        {
            "combining": "Or",
            "conditions": [
                {"fieldName": "itemSource", "comparator": "Eq", "value": "DSLDAPSource"},
                {"fieldName": "loginName", "comparator": "Eq", "value": "x"},
            ],
        },
        {"combining": "Xor"},
        {"orderBy": [{"columnName": "nothing", "direction": "Asc"}]},
        {"orderBy": [{"columnName": "loginName", "direction": "Up"}]},
        {"limit": "5"},
        {"limit": -2},
        {"start": -1},
        {"fields": "loginName"},
    ],
)
def test_a_query_that_is_wrong_is_invalid_params(admin: Client, query: dict[str, Any]) -> None:
    assert admin.fails("Users.get", query=query, domainId=admin.domain_id()) == (-32602, "Invalid params.")


def test_pages_are_in_step_while_users_change(admin: Client) -> None:
    people(admin)
    order = [{"columnName": "loginName", "direction": "Asc"}]
    assert admin.logins(limit=2, orderBy=order) == ["Anton", "berta"]

    admin.server.world.remove_user("anton@northwind.example")

    assert admin.logins(limit=2, orderBy=order) == ["berta", "chloe"]
