"""Changes to accounts on a server: what is sent, and what is not done is told one by one."""

from typing import Any

import pytest
from kconsole.providers.kerio.connection import connected

from kconsole.core.records import MailboxFate
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.kerio import writing
from kconsole.providers.kerio.errors import AnswerLost, ItemError, ServerRefused
from kconsole.providers.kerio.reading import find_user
from kconsole.providers.kerio.writing import Created, NewUser, Removal
from tests.providers.kerio.kerio_https import PASSWORD, Call, Error, Raw, TinyServer, give
from tests.providers.kerio.kerio_world import by_domain, user


def item_error(index: object, code: int, message: str = "User %1 cannot be changed.") -> dict[str, Any]:
    return {
        "inputIndex": index,
        "code": code,
        "message": message,
        "messageParameters": {"positionalParameters": ["jsmith"], "plurality": 1},
    }


def disabled(server: ServerAccess, *ids: str) -> tuple[ItemError, ...]:
    with connected(server, Secret(PASSWORD)) as line:
        return writing.set_enabled(line, ids, False)


def created(server: ServerAccess, new: NewUser) -> Created | ItemError:
    with connected(server, Secret(PASSWORD)) as line:
        return writing.create(line, new)


def removed(server: ServerAccess, *removals: Removal) -> tuple[ItemError, ...]:
    with connected(server, Secret(PASSWORD)) as line:
        return writing.remove(line, removals)


def test_users_are_disabled_by_one_call(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give({"errors": []})
    assert disabled(kerio, "a", "b") == ()
    (call,) = tiny.asked("Users.set")
    assert call.params == {"userIds": ["a", "b"], "pattern": {"isEnabled": False}}


def test_those_that_were_not_disabled_are_told_one_by_one(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give({"errors": [item_error("2", 1004), item_error(0, 1002, "Gone.")]})
    assert disabled(kerio, "a", "b", "c") == (
        ItemError(0, 1002, "it does not exist, or no longer", "Gone."),
        ItemError(2, 1004, "whoever is logged in has no right to do that", "User jsmith cannot be changed."),
    )


def test_a_call_that_is_refused_as_a_whole_is_refused_for_each(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give(Error(1004, "Insufficient rights to perform the requested operation."))
    assert [(error.index, error.code) for error in disabled(kerio, "a", "b")] == [(0, 1004), (1, 1004)]


def test_a_call_that_is_not_understood_is_an_error_of_ours(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = give(Error(-32602, "Invalid params."))
    with pytest.raises(ServerRefused, match="does not take what was asked for"):
        disabled(kerio, "a")


@pytest.mark.parametrize(
    "errors",
    [7, [7], [item_error(2, 1004)], [item_error(-1, 1004)], [item_error(None, 1004)], [{"inputIndex": 0}], {"a": 1}],
)
def test_errors_that_say_nothing_leave_open_what_was_done(
    tiny: TinyServer, kerio: ServerAccess, errors: object
) -> None:
    tiny.answers["Users.set"] = tiny.answers["Users.create"] = tiny.answers["Users.remove"] = give({"errors": errors})
    with pytest.raises(AnswerLost):
        disabled(kerio, "a", "b")
    with pytest.raises(AnswerLost):
        created(kerio, NewUser("d", "jo"))
    with pytest.raises(AnswerLost):
        removed(kerio, Removal("a", "keep"))


def test_nobody_is_asked_for_nothing_and_too_many_are_no_call(tiny: TinyServer, kerio: ServerAccess) -> None:
    assert disabled(kerio) == ()
    with pytest.raises(ValueError, match="too many"):
        disabled(kerio, *map(str, range(writing.MOST_AT_ONCE + 1)))
    assert tiny.asked("Users.set") == []


def test_a_user_is_made_with_his_password(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.create"] = give({"errors": [], "result": [{"inputIndex": 0, "id": "keriodb://user/x"}]})
    new = NewUser("d0", "jo", "Jo Hart", "Desk", True, Secret("s3cret"))
    assert created(kerio, new) == Created("keriodb://user/x")
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


def test_without_a_password_none_is_sent(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.create"] = give({})
    assert created(kerio, NewUser("d0", "jo")) == Created("")
    assert "password" not in tiny.asked("Users.create")[0].params["users"][0]


@pytest.mark.parametrize("code", [1001, 1003])
def test_both_ways_to_refuse_a_new_user_come_to_the_same(tiny: TinyServer, kerio: ServerAccess, code: int) -> None:
    tiny.answers["Users.create"] = give(Error(code, "User %1 cannot be changed.", ["jsmith"]))
    whole = created(kerio, NewUser("d0", "jo"))
    tiny.answers["Users.create"] = give({"errors": [item_error(0, code)], "result": []})
    assert created(kerio, NewUser("d0", "jo")) == whole
    assert isinstance(whole, ItemError)
    assert (whole.index, whole.code, whole.said) == (0, code, "User jsmith cannot be changed.")


@pytest.mark.parametrize(
    ("fate", "method", "target"),
    [("keep", "UDeleteUser", ""), ("delete", "UDeleteFolder", ""), ("transfer", "UMoveFolder", "b")],
)
def test_users_are_removed_with_what_becomes_of_their_mailbox(
    tiny: TinyServer, kerio: ServerAccess, fate: MailboxFate, method: str, target: str
) -> None:
    tiny.answers["Users.remove"] = give({"errors": [item_error(1, 1004)]})
    asked = Removal("a", fate, "b", False)
    (error,) = removed(kerio, asked, Removal("me", "keep"))
    assert error.index == 1
    first, second = tiny.asked("Users.remove")[0].params["requests"]
    assert first == {
        "userId": "a",
        "method": method,
        "removeReferences": False,
        "targetUserId": target,
        "mode": "DSModeDelete",
    }
    assert second["removeReferences"] is True


@pytest.mark.parametrize("fault", [Raw(b"<html>", 500), Raw(b"{}", cut=1), Raw(b'{"result": []}'), Error(-32002)])
def test_an_answer_that_is_lost_leaves_open_what_was_done(tiny: TinyServer, kerio: ServerAccess, fault: object) -> None:
    tiny.answers["Users.set"] = tiny.answers["Users.create"] = tiny.answers["Users.remove"] = give(fault)
    with pytest.raises(AnswerLost, match="Whether it did it is not known"):
        disabled(kerio, "a")
    with pytest.raises(AnswerLost, match="Whether it did it is not known"):
        created(kerio, NewUser("d", "jo"))
    with pytest.raises(AnswerLost, match="Whether it did it is not known"):
        removed(kerio, Removal("a", "keep"))


def test_what_is_so_can_be_asked_user_by_user(tiny: TinyServer, kerio: ServerAccess) -> None:
    people = [user(1, loginName="jo.hart"), user(2, loginName="Jo", isEnabled=False)]

    def picky(call: Call) -> Any:
        return Error(-32602) if call.params["query"]["fields"] else by_domain({"d0": people})(call)

    for tiny.answers["Users.get"] in (by_domain({"d0": people}), picky):
        with connected(kerio, Secret(PASSWORD)) as line:
            found = find_user(line, "d0", "JO")
            assert found is not None
            assert (found.login, found.enabled) == ("Jo", False)
            assert find_user(line, "d0", "nobody") is None
    (condition,) = tiny.asked("Users.get")[0].params["query"]["conditions"]
    assert condition == {"fieldName": "loginName", "comparator": "Eq", "value": "JO"}
