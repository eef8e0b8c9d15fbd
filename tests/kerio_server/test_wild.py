"""What servers in the field showed: lists without totals, churn, other servers' users, batches, closed connections."""

import ssl

import pytest

from tests.kerio_server.client import Client
from tests.kerio_server.faults import Churn


@pytest.fixture
def five(admin: Client) -> Client:
    """Five users, from anna to eva."""
    for login in ("anna", "berg", "chen", "dora", "eva"):
        admin.server.world.add_user(f"{login}@northwind.example", login.title())
    return admin


def page(client: Client, start: int, limit: int = 2) -> tuple[list[str], int | None]:
    query = {"start": start, "limit": limit, "orderBy": [{"columnName": "loginName", "direction": "Asc"}]}
    result = client.call("Users.get", query=query, domainId=client.domain_id())
    return [row["loginName"] for row in result["list"]], result.get("totalItems")


@pytest.mark.parametrize(("totals", "total"), [("stated", 5), ("of the page", 2), ("missing", None)])
def test_a_list_may_say_in_three_ways_how_long_it_is(five: Client, totals: str, total: int | None) -> None:
    five.server.unknowns.totals = totals  # type: ignore[assignment]
    assert page(five, 0) == (["anna", "berg"], total)


def test_between_two_pages_one_goes_and_one_comes(five: Client) -> None:
    five.server.faults.add(Churn(), "Users.get")
    assert page(five, 0)[0] == ["anna", "berg"]
    logins, total = page(five, 2)
    assert (logins, total) == (["dora", "eva"], 5)  # chen is on neither page
    five.server.faults.add(Churn(lambda world: world.remove_user("eva@northwind.example")), "Server.getVersion")
    five.call("Server.getVersion")
    assert five.server.world.find("eva@northwind.example") is None


def test_a_user_comes_back_and_another_person_gets_a_login(five: Client) -> None:
    world = five.server.world
    anna = world.remove_user("anna@northwind.example")
    world.insert(anna)
    assert world.user("anna@northwind.example").id == anna.id
    other = world.replace_user("anna@northwind.example")
    assert (other.login, other.row["fullName"], other.id == anna.id) == ("anna", "Another Anna", False)


def test_users_of_other_servers_take_no_seat_here(five: Client) -> None:
    world = five.server.world
    world.add_domain("wide.example", distributed=True)
    world.add_user("here@wide.example")
    world.add_user("there@wide.example", home="south")
    assert world.seats_used == 6
    homes = {row["loginName"]: row["homeServer"]["id"] for row in five.users("wide.example")}
    own = five.call("Domains.getSettings")["setting"]["serverId"]
    assert homes == {"here": own, "there": "keriodb://server/south"}
    assert five.call("DistributedDomain.getRole")["isMultiServer"]
    assert len(five.call("DistributedDomain.getHomeServerList")["servers"]) == 2
    assert five.call("Server.getAboutInfo")["aboutInformation"]["currentUsers"] == 6


def test_a_connection_is_closed_after_so_many_calls(five: Client) -> None:
    five.server.unknowns.calls_per_connection = 3  # of which one was the login
    for _ in range(2):
        five.call("Server.getVersion")
    five.connection.auto_open = 0
    with pytest.raises((ConnectionError, ssl.SSLError)):
        five.call("Server.getVersion")


def test_a_batch_goes_on_after_what_fails(five: Client) -> None:
    commands = [
        {"method": "Server.getVersion"},
        {"method": "Users.get", "params": {"query": {}}},
        {"method": "Users.getMailboxCount", "params": {}},
    ]
    version, users, count = five.call("Batch.run", commandList=commands)["results"]
    assert version["result"]["product"] == "Kerio Connect"
    assert users["error"]["code"] == -32602
    assert count["result"]["count"]["total"] == 5
    assert five.fails("Batch.run", commandList=[{"method": 1}])[0] == -32602


def test_web_sessions_are_listed_and_killed(five: Client) -> None:
    with Client(five.server).log_in() as other:
        sessions = five.call("Server.getWebSessions", query={})
        assert [each["userName"] for each in sessions["list"]] == ["Admin", "Admin"]
        assert all(secret not in str(sessions) for secret in (*five.cookies.values(), *other.cookies.values()))
        five.call("Server.killWebSessions", ids=[sessions["list"][1]["id"]])
        assert other.fails("Server.getVersion")[0] == -32001
    assert five.call("Server.getWebSessions", query={})["totalItems"] == 1
