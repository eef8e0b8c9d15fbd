"""Sessions that expire in the moment in which a change is sent. Whether the server did it is not said anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from kconsole.core.server import PendingChange
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.base import Operation
from kconsole.providers.base import AnswerLost
from tests.kerio_server.faults import Cut, Error, Expired, Fault, ItemErrors, html, status
from tests.limits import thorough_but
from tests.operations.followed import ANNA, DORA, Followed, here


@dataclass(frozen=True)
class Then:
    """What happens after that, at which call; None is the change itself, sent again."""

    make: Callable[[], Fault]
    method: str | None = None


THEN = {
    "expired again": Then(Expired),
    "expired again, and done": Then(lambda: Expired(done=True)),
    "not let in": Then(lambda: Error(-32000, "Account locked."), "Session.login"),
    "a page at the login": Then(html, "Session.login"),
    "500 at the login": Then(lambda: status(500), "Session.login"),
    "cut": Then(lambda: Cut(done=False)),
    "no license": Then(lambda: Error(1003, "No license.")),
    "no rights": Then(lambda: Error(1004, "No.")),
    "not understood": Then(lambda: Error(-32602, "What?")),
    "refused for one": Then(lambda: ItemErrors(dict.fromkeys(("anna", "dora"), (1003, "No license.")))),
}
OPERATIONS: dict[str, Callable[[], Operation]] = {
    "Users.set": lambda: DisableAccounts((ANNA,)),
    "Users.remove": lambda: DeleteAccounts((ANNA,), "delete"),
    "Users.create": lambda: AddAccount(DORA),
}


def targets(pending_changes: Sequence[PendingChange]) -> list[str]:
    return [target.address for pending in pending_changes for target in pending.targets]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("method", OPERATIONS)
@pytest.mark.parametrize("name", thorough_but(("cut",), THEN))
def test_what_goes_wrong_after_it_leaves_open_what_is_so(at: Followed, name: str, method: str, done: bool) -> None:
    then = THEN[name]
    with at.fresh() as session:
        operation = OPERATIONS[method]()
        at.mail.faults.add(Expired(done=done), method)
        at.mail.faults.add(then.make(), then.method or method, call=2)
        with pytest.raises(AnswerLost) as raised:
            at.do(session, operation)
        assert "lost-session" in str(raised.value) or name == "cut"
        assert targets([*session.state.pending_changes.values()]) == [DORA if method == "Users.create" else ANNA]
        at.mail.faults.clear()
        at.recover(session)
        assert not session.state.pending_changes
        assert here(session) == at.there


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("method", OPERATIONS)
def test_if_all_is_well_then_it_is_done_or_asked_about(at: Followed, method: str, done: bool) -> None:
    with at.fresh() as session:
        at.mail.faults.add(Expired(done=done), method)
        if done and method != "Users.set":  # what is done already is refused the second time
            with pytest.raises(AnswerLost, match=r"lost-session.*again-"):
                at.do(session, OPERATIONS[method]())
            at.recover(session)
        else:
            assert at.do(session, OPERATIONS[method]()).changed
        assert not session.state.pending_changes
        assert here(session) == at.there
