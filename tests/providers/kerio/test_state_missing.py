"""Parts that cannot be read: named where the rest is of use; otherwise nothing is taken."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.providers.base import (
    DomainState,
    Missing,
    ServerRefused,
    ServerState,
    Timeouts,
)
from tests.limits import PATIENCE, thorough_but
from tests.providers.kerio.kerio_https import Call, Error, Raw, TinyServer, give
from tests.providers.kerio.kerio_world import by_domain, furnish
from tests.providers.kerio.states import FIGURES, LATE, NEEDED, OF_A_DOMAIN, logins, of_kind, read


@pytest.mark.parametrize(("method", "figure", "of"), FIGURES)
@pytest.mark.parametrize("code", [1000, 1004, -32601])
def test_a_figure_that_the_role_may_not_read_is_named_and_all_else_is_there(
    tiny: TinyServer, kerio: ServerAccess, method: str, figure: str, of: Callable[[ServerState], object], code: int
) -> None:
    furnish(tiny)
    tiny.answers[method] = give(Error(code, "No."))
    state = read(kerio)
    assert of(state) is None
    assert [each.figure for each in state.missing] == [figure]
    others = [other for _, name, other in FIGURES if name not in (figure, "extensions")]
    assert all(other(state) is not None for other in others)
    assert [len(names) for names in logins(state)] == [5, 5]


def test_the_start_is_asked_for_in_two_ways(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    tiny.answers["Server.getServerTime"] = give(Error(-32601))
    tiny.answers["Statistics.get"] = give({"statistics": {"start": "1754246600"}})
    assert read(kerio).started == datetime(2025, 8, 3, 18, 43, 20, tzinfo=UTC)


@pytest.mark.parametrize(("method", "figure", "of"), OF_A_DOMAIN)
def test_a_part_of_a_domain_that_the_role_may_not_read_is_named(
    tiny: TinyServer, kerio: ServerAccess, method: str, figure: str, of: Callable[[DomainState], object]
) -> None:
    furnish(tiny)
    answer = tiny.answers[method]
    tiny.answers[method] = lambda call: (
        Error(1004, "Insufficient rights.") if call.params["domainId"].endswith("d1") else answer(call)
    )
    state = read(kerio)
    assert not of(state.domains[1])
    assert of(state.domains[0])
    assert [each[:4] for each in state.missing] == [(figure, "d1.example", "no-right", "Insufficient rights.")]


def test_without_domains_there_is_nothing_to_take(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    tiny.answers["Domains.get"] = give(Error(1004, "Insufficient rights."))
    with pytest.raises(SourceAway, match="login-may-not-read") as caught:
        read(kerio)
    assert not isinstance(caught.value, ServerRefused)


FAULTS = {
    "500": Raw(b"<html>", 500),
    "cut": Raw(b'{"result": {"li', cut=9),
    "expired": Error(-32001),
    "number": Raw(b'{"result": 1}'),
    "4711": Error(4711),
    "odd": {"list": 7},
}
HARD = ("cut", "expired")
"""The server fails, and not an answer of it alone."""
OPTIONAL = [("Server.getVersion", "version"), *((method, figure) for method, figure, _ in (*FIGURES, *OF_A_DOMAIN))]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", [*NEEDED, "Users.get"])
def test_without_what_is_needed_nothing_is_taken(
    tiny: TinyServer, kerio: ServerAccess, method: str, fault: str
) -> None:
    furnish(tiny)
    tiny.answers[method] = give(FAULTS[fault])
    if (method, fault) != ("Session.whoAmI", "odd"):
        with pytest.raises(SourceAway):
            read(kerio)


@pytest.mark.parametrize(
    ("method", "fault"),
    thorough_but(
        [(OPTIONAL[place][0], fault) for place, fault in enumerate(HARD)],
        [(method, fault) for method, _ in OPTIONAL for fault in HARD],
    ),
)
def test_a_server_that_fails_meanwhile_leaves_nothing_taken(
    tiny: TinyServer, kerio: ServerAccess, method: str, fault: str
) -> None:
    furnish(tiny)
    tiny.answers[method] = give(FAULTS[fault])
    with pytest.raises(SourceAway):
        read(kerio)


ODD = [Raw(b"<html>", 503), Raw(b"<html>", 500), Raw(b'{"result": 1}'), Error(4711), Error(1000, "Database error.")]


@pytest.mark.parametrize("place", range(len(OPTIONAL)))
def test_one_answer_that_cannot_be_used_leaves_the_rest(tiny: TinyServer, kerio: ServerAccess, place: int) -> None:
    """One domain of two, or one figure, is named, and everything else is there."""
    method, figure = OPTIONAL[place]
    furnish(tiny)
    usual, odd = tiny.answers[method], ODD[place % len(ODD)]
    tiny.answers[method] = lambda call: usual(call) if "d1" in call.params.get("domainId", "d1")[-2:] else odd
    if method == "Server.getServerTime":
        tiny.answers["Statistics.get"] = give(odd)
    state = read(kerio)
    domain = "d0.example" if (method, figure) in [each[:2] for each in OF_A_DOMAIN] else ""
    if not domain:
        tiny.answers[method] = give(odd)
        state = read(kerio)
    reasons = {0: "busy", 1: "strange", 2: "strange", 3: "other", 4: "failed"}
    assert [each[:3] for each in state.missing] == [(figure, domain, reasons[place % len(ODD)])]
    assert len(of_kind(state.domains[1])) == 5
    assert state.domains[1].complete == {"user", "mailing_list", "resource", "alias"}
    assert state.has_all_domains


@pytest.mark.parametrize("users", [-1, -3, "many", None])
def test_an_odd_number_of_seats_leaves_the_rest_of_the_license(
    tiny: TinyServer, kerio: ServerAccess, users: Any
) -> None:
    furnish(tiny)
    usual = tiny.answers["ProductRegistration.getFullStatus"]

    def odd(call: Call) -> Any:
        answer = usual(call)
        return {"status": {**answer["status"], "users": users}}

    tiny.answers["ProductRegistration.getFullStatus"] = odd
    state = read(kerio)
    assert state.license is not None
    assert (state.license.seats_unknown, state.license.id_end) == (True, "7890")
    assert (state.numbers.licensed, state.missing) == (None, (Missing("license-seats", "", "strange"),))


def test_what_is_still_being_asked_is_let_go_of_when_something_fails(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    over, answered = threading.Event(), threading.Event()
    held: list[bool] = []

    def hold(_: Call) -> Raw:
        held.append(over.wait(PATIENCE))
        answered.set()
        return Raw(b"{}", cut=1)

    tiny.answers["Users.getMailboxCount"] = hold
    tiny.answers["Server.getAboutInfo"] = give(FAULTS["cut"])
    with pytest.raises(SourceAway, match="connection-cut"):
        read(kerio, timeouts=Timeouts(call=600))
    over.set()
    assert answered.wait(PATIENCE)
    assert held == [True]  # the reading was over before the answer came


def test_an_account_that_cannot_be_read_is_not_passed_over(tiny: TinyServer, kerio: ServerAccess) -> None:
    for odd in ({"loginName": ""}, {"id": None}, {"isEnabled": "maybe"}, {"isEnabled": None}):
        people = furnish(tiny, domains=1)["keriodb://domain/d0"]
        people[3] |= odd
        with pytest.raises(SourceAway, match=rf"strange-(name|field).*{next(iter(odd))}"):
            read(kerio)


def test_mailboxes_that_are_counted_too_slowly_are_named(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    tiny.answers["Users.getMailboxCount"] = give(Raw(hold=True))
    state = read(kerio, timeouts=Timeouts(call=LATE))
    assert state.numbers.active is None
    assert state.missing == (Missing("mailbox-counts", "", "late"),)


def test_what_else_is_answered_too_slowly_is_not_taken(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    tiny.answers["Aliases.get"] = give(Raw(hold=True))
    with pytest.raises(SourceAway, match="answer-late"):
        read(kerio, timeouts=Timeouts(call=LATE))


def test_a_session_that_expires_in_the_middle_is_begun_again(tiny: TinyServer, kerio: ServerAccess) -> None:
    people = furnish(tiny, domains=8, users=3)
    lock, asked = threading.Lock(), 0

    def expiring(call: Call) -> Any:
        nonlocal asked
        with lock:  # they come in several threads, and it is to expire once
            asked += 1
            if asked == 4:
                tiny.sessions.clear()
        return by_domain(people)(call)

    tiny.answers["Users.get"] = expiring
    assert [len(names) for names in logins(read(kerio))] == [3] * 8
    assert len(tiny.asked("Session.login")) == 2
