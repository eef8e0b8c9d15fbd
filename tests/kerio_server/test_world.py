"""What changes on the server without its API, and worlds made up by chance."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clocks import FixedClock, noon
from tests.kerio_server.client import Client
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.unknowns import Unknowns
from tests.kerio_server.world import World


def world_with(*, seats: int | None = None, unknowns: Unknowns | None = None) -> World:
    world = World(now=noon().now, unknowns=unknowns)
    world.add_domain("northwind.example", directory="WindowsActiveDirectory")
    world.set_license(users=seats)
    return world


def counted(world: World) -> int:
    """Seats, counted from scratch."""
    return sum(1 for user in world.users.values() if user.enabled and (user.mailbox or not user.mapped))


def test_a_login_makes_the_mailbox_and_is_remembered() -> None:
    world = world_with()
    user = world.add_user("lena@northwind.example")

    assert world.log_in("lena", "ActiveSync", datetime(2026, 8, 1, tzinfo=UTC)) == "AuthOK"

    assert user.mailbox
    assert user.row["lastLoginInfo"] == {"dateTime": 1785542400, "protocol": "ActiveSync"}
    assert user.row["consumedSize"]["value"] > 0


def test_a_protocol_that_does_not_count_as_last_login_where_that_was_chosen() -> None:
    world = world_with(unknowns=Unknowns(updating_protocols=frozenset({"IMAP"})))
    user = world.add_user("lena@northwind.example")

    world.log_in("lena", "CalDAV")

    assert user.row["lastLoginInfo"]["dateTime"] == 0
    assert "CalDAV" in user.logins


def test_who_is_not_let_in() -> None:
    world = world_with(seats=1)
    world.add_user("lena@northwind.example", enabled=False)
    world.add_user("tom@northwind.example", mapped=True)
    world.add_user("ada@northwind.example", mapped=True)
    world.add_user("eve@northwind.example", mapped=True)
    world.disable_in_directory("eve@northwind.example")

    assert world.log_in("missing") == "AuthFail"
    assert world.log_in("lena") == "AuthUserDisabled"
    assert world.log_in("eve") == "AuthUserDisabled"
    assert world.log_in("tom") == "AuthOK"
    assert world.log_in("ada") == "AuthLicense"
    assert world.log_in("tom") == "AuthOK", "who has a mailbox is let in"


def test_mapped_users_take_a_seat_when_they_connect() -> None:
    world = world_with()
    world.add_user("tom@northwind.example", mapped=True)
    assert world.seats_used == 0

    world.log_in("tom")

    assert world.seats_used == 1


@pytest.mark.parametrize(("choice", "shown"), [("enabled", True), ("disabled", False)])
def test_a_user_who_is_disabled_in_the_directory_shows_it_or_not(choice: str, shown: bool) -> None:
    world = world_with(unknowns=Unknowns(disabled_in_directory=choice))  # type: ignore[arg-type]
    user = world.add_user("tom@northwind.example", mapped=True)

    world.disable_in_directory("tom@northwind.example")

    assert user.enabled is shown


def test_deleting_frees_the_seat_at_once_or_at_the_next_restart() -> None:
    at_once = world_with()
    at_once.add_user("lena@northwind.example")
    at_once.remove_user("lena@northwind.example")
    assert at_once.seats_used == 0

    held = world_with(unknowns=Unknowns(seats_freed="at restart"))
    held.add_user("lena@northwind.example")
    held.add_user("tom@northwind.example")
    held.change_user("tom@northwind.example", isEnabled=False)
    held.remove_user("lena@northwind.example")
    assert held.seats_used == 1

    held.restart()

    assert held.seats_used == 0


@pytest.mark.parametrize(("after", "active"), [("none", 0), ("kept", 1)])
def test_active_mailboxes_after_a_restart(admin: Client, kerio_clock: FixedClock, after: str, active: int) -> None:
    admin.server.unknowns.active_after_restart = after  # type: ignore[assignment]
    world = admin.server.world
    world.add_user("lena@northwind.example")
    world.log_in("lena")
    assert admin.call("Users.getMailboxCount")["count"]["active"] == 1
    kerio_clock.forward(hours=1)

    admin.server.restart()
    admin.connection.close()
    admin.log_in()

    assert admin.call("Users.getMailboxCount")["count"] == {"active": active, "total": 1}
    assert admin.call("Statistics.get")["statistics"]["start"] == int(kerio_clock.now().timestamp())


@pytest.mark.parametrize(("counts", "active"), [(False, 0), (True, 1)])
def test_active_mailboxes_of_disabled_users(counts: bool, active: int) -> None:
    world = world_with(unknowns=Unknowns(active_when_disabled=counts))
    world.add_user("lena@northwind.example")
    world.log_in("lena")

    world.change_user("lena@northwind.example", isEnabled=False)

    assert world.active_mailboxes() == active


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "add mapped", "disable", "enable", "log in", "remove", "restart"]),
            st.sampled_from(["a", "b", "c", "d"]),
        )
    )
)
def test_seats_are_counted_right_whatever_happens(operations: list[tuple[str, str]]) -> None:
    world = world_with(seats=2)
    for operation, name in operations:
        address = f"{name}@northwind.example"
        if operation == "restart":
            world.restart()
        elif world.find(address) is None:
            if operation.startswith("add"):
                world.add_user(address, mapped=operation == "add mapped")
        elif operation == "remove":
            world.remove_user(address)
        elif operation in ("disable", "enable"):
            world.change_user(address, isEnabled=operation == "enable")
        elif operation == "log in":
            world.log_in(address)

        assert world.seats_used == counted(world)


def test_users_can_be_added_from_many_threads() -> None:
    world = world_with()

    def add(first: int) -> None:
        for number in range(first, first + 50):
            world.add_user(f"u{number}@northwind.example")

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 50, 100, 150)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert world.seats_used == counted(world) == 200


def test_the_same_seed_makes_the_same_world() -> None:
    first, second, other = (made_up_world(60, 3, seed=seed, now=noon().now) for seed in (1, 1, 2))

    def rows(world: World) -> list[object]:
        return [user.row for user in world.users.values()]

    assert rows(first) == rows(second) != rows(other)


def test_a_made_up_world_has_something_of_everything() -> None:
    world = made_up_world(400, 4, now=noon().now)
    users = list(world.users.values())

    assert [len(world.users_of(domain)) for domain in world.domains] == [100] * 4
    assert {user.mapped for user in users} == {True, False}
    assert any(not user.enabled for user in users)
    assert any(user.row["lastLoginInfo"]["dateTime"] == 0 for user in users)
    assert any("\x1b" in user.row["fullName"] for user in users)
    assert any("王" in user.row["fullName"] for user in users)
    assert {"FullAdmin", "AccountAdmin", "UserRole"} <= {user.role for user in users}
    assert world.license.users == 440
    assert all(world.rows[kind][next(iter(world.domains))] for kind in world.rows)
    assert any(domain.user_limit for domain in world.domains.values())
    assert any(domain.waiting for domain in world.domains.values())


def test_a_made_up_world_can_be_harmless() -> None:
    world = made_up_world(400, 4, now=noon().now, hostile=False)

    assert all(user.row["fullName"].isprintable() or "\u200d" in user.row["fullName"] for user in world.users.values())
