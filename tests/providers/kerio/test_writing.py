"""Changes to accounts on a server: what is sent, and what is not done is reported one by one."""

from typing import Any

import pytest

from kconsole.core.records import MailboxFate
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import Answer, AnswerLost, Applied, Create, Delete, Denied, Disable, ServerRefused, Step
from kconsole.providers.kerio.assumptions import MOST_AT_ONCE
from kconsole.providers.kerio.reading import find_user
from kconsole.providers.kerio.writing import apply
from tests.providers.kerio.kerio_https import PASSWORD, Call, Error, Raw, TinyServer, give
from tests.providers.kerio.kerio_world import by_domain, user
from tests.providers.kerio.sessions import connected


def item_error(index: object, code: int, message: str = "User %1 cannot be changed.") -> dict[str, Any]:
    return {
        "inputIndex": index,
        "code": code,
        "message": message,
        "messageParameters": {"positionalParameters": ["jsmith"], "plurality": 1},
    }


def applied(server: ServerAccess, step: Step) -> Answer:
    with connected(server, Secret(PASSWORD)) as client:
        return apply(client, step)


def test_users_are_disabled_by_one_call(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give({"errors": []})
    assert applied(kerio, Disable(("a", "b"))) == (Applied("a"), Applied("b"))
    (call,) = tiny.asked("Users.set")
    assert call.params == {"userIds": ["a", "b"], "pattern": {"isEnabled": False}}


def test_those_that_were_not_disabled_are_named_one_by_one(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give({"errors": [item_error("2", 1004), item_error(0, 1002, "Gone.")]})
    assert applied(kerio, Disable(("a", "b", "c"))) == (
        Denied("not-there", "Gone."),
        Applied("b"),
        Denied("no-right", "User jsmith cannot be changed."),
    )


def test_a_call_that_is_refused_as_a_whole_is_refused_for_each(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give(Error(1004, "Insufficient rights."))
    assert applied(kerio, Disable(("a", "b"))) == (Denied("no-right", "Insufficient rights."),) * 2


def test_a_call_that_is_not_understood_is_an_error_of_ours(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give(Error(-32602, "Invalid params."))
    with pytest.raises(ServerRefused) as raised:
        applied(kerio, Disable(("a",)))
    assert raised.value.reason == "not-understood"


CHANGES: tuple[Step, ...] = (Disable(("a", "b")), Create("d", "jo"), Delete(("a",), "keep"))


@pytest.mark.parametrize(
    "errors",
    [7, [7], [item_error(2, 1004)], [item_error(-1, 1004)], [item_error(None, 1004)], [{"inputIndex": 0}], {"a": 1}],
)
def test_errors_that_say_nothing_leave_open_what_was_done(
    tiny: TinyServer, kerio: ServerAccess, errors: object
) -> None:
    tiny.answers["Users.set"] = tiny.answers["Users.create"] = tiny.answers["Users.remove"] = give({"errors": errors})
    assert all(isinstance(applied(kerio, step), AnswerLost) for step in CHANGES)


def test_nothing_and_too_many_are_no_call(tiny: TinyServer, kerio: ServerAccess) -> None:
    assert applied(kerio, Disable(())) == ()
    with pytest.raises(ValueError, match="too many"):
        applied(kerio, Disable(tuple(map(str, range(MOST_AT_ONCE + 1)))))
    assert tiny.asked("Users.set") == []


def test_a_user_is_made_with_a_password(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.create"] = give({"errors": [], "result": [{"inputIndex": 0, "id": "keriodb://user/x"}]})
    new = Create("d0", "jo", "Jo Hart", "Desk", True, Secret("s3cret"))
    assert applied(kerio, new) == (Applied("keriodb://user/x"),)
    (call,) = tiny.asked("Users.create")
    assert call.params["users"] == [
        {
            "domainId": "d0",
            "loginName": "jo",
            "fullName": "Jo Hart",
            "description": "Desk",
            "isEnabled": True,
            "password": "s3cret",
        }
    ]
    assert "s3cret" not in repr(new)


def test_without_a_password_none_is_sent_and_a_missing_id_is_looked_up(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.create"] = give({})
    tiny.answers["Users.get"] = by_domain({"d0": [user(1, loginName="jo")]})
    assert applied(kerio, Create("d0", "jo")) == (Applied("keriodb://user/d0/u1"),)
    assert "password" not in tiny.asked("Users.create")[0].params["users"][0]


@pytest.mark.parametrize(("code", "reason"), [(1001, "exists"), (1003, "license-full")])
def test_both_ways_to_refuse_a_new_user_come_to_the_same(
    tiny: TinyServer, kerio: ServerAccess, code: int, reason: str
) -> None:
    tiny.answers["Users.create"] = give(Error(code, "User %1 cannot be changed.", ["jsmith"]))
    whole = applied(kerio, Create("d0", "jo"))
    tiny.answers["Users.create"] = give({"errors": [item_error(0, code)], "result": []})
    assert applied(kerio, Create("d0", "jo")) == whole == ((reason, "User jsmith cannot be changed."),)


@pytest.mark.parametrize(
    ("fate", "method", "target"),
    [("keep", "UDeleteUser", ""), ("delete", "UDeleteFolder", ""), ("transfer", "UMoveFolder", "b")],
)
def test_users_are_removed_with_the_fate_of_their_mailbox(
    tiny: TinyServer, kerio: ServerAccess, fate: MailboxFate, method: str, target: str
) -> None:
    tiny.answers["Users.remove"] = give({"errors": [item_error(1, 1004)]})
    answer = applied(kerio, Delete(("a", "me"), fate, "b"))
    assert answer == (Applied("a"), Denied("no-right", "User jsmith cannot be changed."))
    first, _ = tiny.asked("Users.remove")[0].params["requests"]
    assert first == {
        "userId": "a",
        "method": method,
        "removeReferences": True,
        "targetUserId": target,
        "mode": "DSModeDelete",
    }


@pytest.mark.parametrize("fault", [Raw(b"<html>", 500), Raw(b"{}", cut=1), Raw(b'{"result": []}'), Error(-32002)])
def test_an_answer_that_is_lost_leaves_open_what_was_done(tiny: TinyServer, kerio: ServerAccess, fault: object) -> None:
    tiny.answers["Users.set"] = tiny.answers["Users.create"] = tiny.answers["Users.remove"] = give(fault)
    assert all(isinstance(applied(kerio, step), AnswerLost) for step in CHANGES)


def test_one_user_can_be_asked_for(tiny: TinyServer, kerio: ServerAccess) -> None:
    people = [user(1, loginName="jo.hart"), user(2, loginName="Jo", isEnabled=False)]

    def picky(call: Call) -> Any:
        return Error(-32602) if call.params["query"]["fields"] else by_domain({"d0": people})(call)

    for tiny.answers["Users.get"] in (by_domain({"d0": people}), picky):
        with connected(kerio, Secret(PASSWORD)) as client:
            found = find_user(client, "d0", "JO")
            assert found is not None
            assert (found.login, found.enabled) == ("Jo", False)
            assert find_user(client, "d0", "missing") is None
    (condition,) = tiny.asked("Users.get")[0].params["query"]["conditions"]
    assert condition == {"fieldName": "loginName", "comparator": "Eq", "value": "JO"}
