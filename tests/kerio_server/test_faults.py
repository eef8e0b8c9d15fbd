"""What goes wrong on demand."""

import http.client
import threading
from collections.abc import Callable

import orjson
import pytest

from tests.kerio_server import faults
from tests.kerio_server.client import Client
from tests.kerio_server.faults import (
    Cut,
    Error,
    Expired,
    Fault,
    HalfBody,
    HalfJson,
    Held,
    Huge,
    ItemErrors,
    Slow,
    WrongLength,
)
from tests.limits import PATIENCE

CALL = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "Users.getMailboxCount"})


def test_a_fault_comes_at_the_call_that_was_said_and_only_there(admin: Client) -> None:
    admin.server.faults.add(Error(1000, "No."), "Users.getMailboxCount", call=2)
    admin.call("Users.getMailboxCount")
    admin.call("Server.getVersion")

    assert admin.fails("Users.getMailboxCount") == (1000, "No.")
    assert admin.call("Users.getMailboxCount")
    assert admin.server.faults.pending == 0


def test_a_fault_of_any_method_and_one_that_stays(admin: Client) -> None:
    admin.server.faults.add(Error(1000, "No."), call=3, times=None)
    for method in ("Server.getVersion", "Users.getMailboxCount"):
        admin.call(method)

    assert admin.fails("Server.getVersion")[0] == admin.fails("Users.getMailboxCount")[0] == 1000

    admin.server.faults.clear()

    assert admin.call("Server.getVersion")


@pytest.mark.parametrize(
    ("fault", "status", "starts"),
    [
        (faults.status(500), 500, b"<html>"),
        (faults.html(), 200, b"<html>"),
        (faults.too_large(), 413, b"<html>"),
        (faults.redirect("https://elsewhere.example/"), 302, b""),
        (faults.null(), 200, b"null"),
        (faults.invalid_utf8(), 200, b'{"jsonrpc"'),
        (Huge(200_000), 200, b'{"jsonrpc"'),
    ],
)
def test_another_answer(admin: Client, fault: Fault, status: int, starts: bytes) -> None:
    admin.server.faults.add(fault, "Users.getMailboxCount")

    response = admin.post(CALL)

    assert response.status == status
    assert response.read().startswith(starts)
    assert admin.call("Users.getMailboxCount")


def test_invalid_bytes_are_invalid(admin: Client) -> None:
    admin.server.faults.add(faults.invalid_utf8())

    with pytest.raises(UnicodeDecodeError):
        admin.post(CALL).read().decode()


@pytest.mark.parametrize("fault", [HalfBody(), WrongLength(50), Cut(9, in_body=True)])
def test_a_body_that_breaks_off(admin: Client, fault: Fault) -> None:
    admin.server.faults.add(fault)
    response = admin.post(CALL)

    with pytest.raises((http.client.IncompleteRead, OSError)):
        response.read()


@pytest.mark.parametrize("fault", [HalfJson(), WrongLength(-5)])
def test_a_body_that_is_short_but_whole_for_http(admin: Client, fault: Fault) -> None:
    admin.server.faults.add(fault)

    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(admin.post(CALL).read())


@pytest.mark.parametrize(("fault", "done"), [(Cut(), True), (Cut(30), True), (Cut(done=False), False)])
def test_the_answer_is_lost_after_the_change_or_before(admin: Client, fault: Fault, done: bool) -> None:
    lena = admin.server.world.add_user("lena@northwind.example")
    admin.server.faults.add(fault, "Users.set")

    with pytest.raises((http.client.HTTPException, OSError, orjson.JSONDecodeError)):
        admin.call("Users.set", userIds=[lena.id], pattern={"isEnabled": False})

    assert lena.enabled is not done
    admin.connection.close()
    assert admin.call("Server.getVersion")


@pytest.mark.parametrize("done", [True, False])
def test_an_error_page_after_the_change_or_before(admin: Client, done: bool) -> None:
    lena = admin.server.world.add_user("lena@northwind.example")
    admin.server.faults.add(faults.status(500, done=done), "Users.set")
    call = {"method": "Users.set", "params": {"userIds": [lena.id], "pattern": {"isEnabled": False}}}

    assert admin.post(orjson.dumps(call)).status == 500
    assert lena.enabled is not done


def test_a_session_that_expires_stays_expired(admin: Client) -> None:
    admin.server.faults.add(Expired(), "Users.getMailboxCount")

    assert admin.fails("Users.getMailboxCount") == (-32001, "The user is not logged in.")
    assert admin.fails("Server.getVersion")[0] == -32001
    assert admin.log_in().call("Users.getMailboxCount")


def test_logging_in_can_fail_too(admin: Client) -> None:
    admin.server.faults.add(Error(1000, "No."), "Session.login")

    assert admin.fails("Session.login", userName="Admin", password="x", application={})[0] == 1000
    assert admin.log_in().call("Server.getVersion")


def test_single_users_fail_and_the_others_are_done(admin: Client) -> None:
    world = admin.server.world
    lena, tom = (world.add_user(f"{name}@northwind.example") for name in ("lena", "tom"))
    admin.server.faults.add(ItemErrors({lena.id: (1000, "%1 is stuck.", ("Lena",))}), "Users.set")

    result = admin.call("Users.set", userIds=[lena.id, tom.id], pattern={"isEnabled": False})

    assert result["errors"] == [
        {
            "inputIndex": 0,
            "code": 1000,
            "message": "%1 is stuck.",
            "messageParameters": {"positionalParameters": ["Lena"], "plurality": 1},
        }
    ]
    assert (lena.enabled, tom.enabled) == (True, False)


def test_single_users_fail_to_be_created_by_login(admin: Client) -> None:
    admin.server.faults.add(ItemErrors({"ada": (1000, "No.")}), "Users.create")
    users = [{"domainId": admin.domain_id(), "loginName": login} for login in ("ada", "tom")]

    assert [each["inputIndex"] for each in admin.call("Users.create", users=users)["errors"]] == [0]
    assert admin.logins() == ["tom"]


def test_an_answer_that_is_held_comes_when_it_is_released(admin: Client) -> None:
    held = admin.server.faults.add(Held(), "Users.getMailboxCount")
    reported: list[bytes] = []
    asking = threading.Thread(target=lambda: reported.append(admin.post(CALL).read()))
    asking.start()
    assert held.reached.wait(PATIENCE)
    with Client(admin.server).log_in() as other:
        assert other.call("Users.getMailboxCount"), "others are not held up"
    assert not reported

    held.release()
    asking.join(30)

    assert b'"count"' in reported[0]


def test_the_change_of_a_held_call_is_done_before_or_after(admin: Client) -> None:
    lena = admin.server.world.add_user("lena@northwind.example")
    body = orjson.dumps({"method": "Users.set", "params": {"userIds": [lena.id], "pattern": {"isEnabled": False}}})

    def enabled_while(fault: Held) -> bool:
        admin.server.world.change_user("lena", isEnabled=True)
        admin.server.faults.add(fault, "Users.set")
        asking = threading.Thread(target=lambda: admin.post(body).read())
        asking.start()
        assert fault.reached.wait(PATIENCE)
        enabled = lena.enabled
        fault.release()
        asking.join(30)
        return enabled

    assert enabled_while(Held())
    assert not enabled_while(Held(after_change=True))


@pytest.mark.parametrize("fault", [Held, lambda: Slow(3600)])
def test_nothing_is_held_longer_than_the_server_runs(admin: Client, fault: Callable[[], Fault]) -> None:
    admin.server.faults.add(fault(), "Users.getMailboxCount")
    failed = threading.Event()

    def ask() -> None:
        try:
            admin.post(CALL).read()
        except (http.client.HTTPException, OSError):
            failed.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert admin.server.faults.wait_until_come(30)
    admin.server.stop()
    asking.join(30)

    assert failed.is_set()


def test_a_client_that_gives_up_is_no_trouble(admin: Client) -> None:
    held = admin.server.faults.add(Held(), "Users.getMailboxCount")
    with Client(admin.server, timeout=0.05) as hasty:
        hasty.headers = dict(admin.headers)
        with pytest.raises(TimeoutError):
            hasty.post(CALL)
    held.release()

    assert admin.call("Users.getMailboxCount")
