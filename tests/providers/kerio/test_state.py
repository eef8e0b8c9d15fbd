"""All that a sync needs: whole, or with the parts named that the role may not read, or not at all."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kconsole.core.errors import SourceAway
from kconsole.core.records import Entry, Kind, LastLogin
from kconsole.core.server import DomainNumbers, ServerAccess, ServerNumbers
from kconsole.providers.base import (
    Cancelled,
    DomainState,
    LicenseState,
    MappedFrom,
    Missing,
    Progress,
    ServerRefused,
    ServerState,
    Timeouts,
)
from tests.kerio_server.readings import read_in_pages
from tests.limits import PATIENCE, thorough_but
from tests.providers.kerio.kerio_https import PASSWORD, Call, Error, Raw, TinyServer, give, in_turn, listed
from tests.providers.kerio.kerio_world import by_domain, domain, furnish, user

LATE = 2.0
"""Seconds after which an answer that is held is late, and no other is, though the machine be busy."""

FIGURES: list[tuple[str, str, Callable[[ServerState], object]]] = [
    ("Server.getServerTime", "server-start", lambda state: state.started),
    ("Server.getRemoteAdministration", "built-in-admin", lambda state: state.administrator),
    ("ProductRegistration.getFullStatus", "license", lambda state: state.license),
    ("Server.getLicenseExtensionsList", "extensions", lambda state: state.license and state.license.components),
    ("Users.getMailboxCount", "mailbox-counts", lambda state: state.numbers.active),
    ("Server.getAboutInfo", "user-count", lambda state: state.numbers.current),
]
OF_A_DOMAIN: list[tuple[str, str, Callable[[DomainState], object]]] = [
    ("Users.get", "users", lambda domain: "user" in domain.complete),
    ("MailingLists.get", "mailing-lists", lambda domain: "mailing_list" in domain.complete),
    ("Resources.get", "resources", lambda domain: "resource" in domain.complete),
    ("Aliases.get", "aliases", lambda domain: "alias" in domain.complete),
    ("Domains.getUserCountInfo", "user-count", lambda domain: domain.numbers),
]
NEEDED = ["Session.whoAmI", "Domains.get"]
EVERYTHING = [
    *NEEDED,
    "Server.getNamedConstantList",
    "Server.getVersion",
    *(method for method, *_ in FIGURES),
    *(method for method, *_ in OF_A_DOMAIN),
]


def read(server: ServerAccess, **options: Any) -> ServerState:
    return read_in_pages(server, PASSWORD, **options)


def of_kind(domain: DomainState, kind: Kind = "user") -> list[Entry]:
    return [entry for entry in domain.entries if entry.kind == kind]


def logins(state: ServerState) -> list[list[str]]:
    return [[user.login for user in of_kind(domain)] for domain in state.domains]


def test_everything_is_read(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny, domains=3, users=7)
    state = read(kerio)
    assert state.missing == ()
    assert (state.version, state.role, state.has_all_domains) == ("10.0.8.9228", "auditor", True)
    at = datetime(2025, 8, 3, 18, 43, 20, tzinfo=UTC)
    assert state.started == at
    assert [each.domain.name for each in state.domains] == ["d0.example", "d1.example", "d2.example"]
    assert [len(names) for names in logins(state)] == [7, 7, 7]
    first, second, _ = state.domains
    assert of_kind(first)[0] == Entry(
        address="user0000@d0.example",
        full_name="User 0",
        mailbox=True,
        last_login=LastLogin(at, "IMAP"),
        server_id="keriodb://user/d0/u0",
    )
    assert of_kind(first, "mailing_list") == [Entry(address="all@d0.example", kind="mailing_list", server_id="l1")]
    (room,) = of_kind(first, "resource")
    assert (room.full_name, room.enabled) == ("Blue room", True)
    (alias,) = of_kind(first, "alias")
    assert (alias.address, alias.delivers_to) == ("info@d0.example", ("user0001",))
    assert first.numbers == DomainNumbers(name="d0.example", current=7, allowed=100)
    assert of_kind(second, "alias") == []
    assert second.complete == {"user", "mailing_list", "resource", "alias"}
    assert state.administrator == Entry(address="Admin", kind="builtin_admin", role="full_admin")
    assert state.license == LicenseState(5000, "7890", "registered", "never", date(2030, 11, 20), ("activesync",))
    domains = tuple(each.numbers for each in state.domains if each.numbers is not None)
    assert state.numbers == ServerNumbers(licensed=5000, current=10, active=3, created=10, domains=domains)
    assert tiny.sessions == set()


def test_of_the_license_id_no_more_is_kept_than_its_end(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    state = read(kerio)
    assert state.license is not None
    assert state.license.id_end == "7890"
    assert "12345" not in repr(state)


def test_users_come_in_pages_in_order(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny, domains=1, users=25)
    assert logins(read(kerio, page=10)) == [[f"user{number:04}" for number in range(25)]]
    asked = [call.params["query"] for call in tiny.asked("Users.get")]
    assert [(query["start"], query["limit"]) for query in asked] == [(0, 10), (9, 10), (18, 10)]
    assert {query["orderBy"][0]["columnName"] for query in asked} == {"loginName"}
    assert all("password" not in query["fields"] and "lastLoginInfo" in query["fields"] for query in asked)


def short_of(tiny: TinyServer, listed_users: int) -> None:
    """The first domain lists fewer users than it counts, as if it had no more."""
    usual = tiny.answers["Users.get"]

    def cut(call: Call) -> Any:
        answer = usual(call)
        if not call.params["domainId"].endswith("d0"):
            return answer
        return {"list": answer["list"][:listed_users], "totalItems": min(answer["totalItems"], listed_users)}

    tiny.answers["Users.get"] = cut


def test_a_list_that_is_less_than_the_server_counts_is_not_believed(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    short_of(tiny, 3)
    state = read(kerio)
    assert [("user" in each.complete, len(of_kind(each))) for each in state.domains] == [(False, 3), (True, 5)]
    assert state.missing == (Missing("users", "d0.example", "contradicted", "", 3, 5),)
    assert state.has_all_domains
    tiny.answers["Domains.getUserCountInfo"] = give(Error(1004))
    tiny.answers["Users.getMailboxCount"] = give({"count": {"active": 3, "total": 12}})
    state = read(kerio)  # the count of the whole server does not say of which domain they are
    assert [("user" in each.complete, len(of_kind(each))) for each in state.domains] == [(False, 3), (False, 5)]
    assert [(each.domain, each.reason) for each in state.missing if each.figure == "users"] == [
        ("d0.example", "contradicted"),
        ("d1.example", "contradicted"),
    ]
    assert not state.has_all_domains


def test_a_directory_may_be_counted_with_users_who_are_not_listed(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    service = {"isEnabled": True, "serviceType": "WindowsActiveDirectory"}
    tiny.answers["Domains.get"] = listed([domain(0, service=service), domain(1)])
    short_of(tiny, 3)
    state = read(kerio)
    assert ["user" in each.complete for each in state.domains] == [True, True]
    assert state.missing == ()


def test_someone_who_leaves_while_the_users_are_counted_is_no_contradiction(
    tiny: TinyServer, kerio: ServerAccess
) -> None:
    people = furnish(tiny)["keriodb://domain/d0"]
    usual, counts = tiny.answers["Domains.getUserCountInfo"], 0

    def coming(call: Call) -> Any:
        nonlocal counts
        counts += 1
        if counts == 1:
            people.append(user(9999))
        return usual(call)

    tiny.answers["Domains.getUserCountInfo"] = coming
    assert read(kerio).missing == ()


@pytest.mark.parametrize(
    "lying",
    [
        lambda call: {"list": [user(call.params["query"]["start"])], "totalItems": 10**9},
        lambda _: {"list": [], "totalItems": 5},
        lambda _: {"list": [user(1)], "totalItems": 50},
        lambda _: {"list": [user(1), user(2)], "totalItems": 1},
    ],
)
def test_a_server_that_does_not_count_well_is_given_up(
    tiny: TinyServer, kerio: ServerAccess, lying: Callable[[Call], Any]
) -> None:
    furnish(tiny, domains=1)
    tiny.answers["Users.get"] = lying
    with pytest.raises(SourceAway):
        read(kerio)


@pytest.mark.parametrize("taken", ["order", "nothing"])
def test_a_server_that_takes_no_names_of_fields_is_asked_for_all(
    tiny: TinyServer, kerio: ServerAccess, taken: str
) -> None:
    people = furnish(tiny, domains=2, users=25)

    def picky(call: Call) -> Any:
        query = call.params["query"]
        if query["fields"] or (taken == "nothing" and "orderBy" in query):
            return Error(-32602, "Invalid params.")
        return by_domain(people)(call)

    tiny.answers["Users.get"] = picky
    assert [len(names) for names in logins(read(kerio, page=10))] == [25, 25]


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


def test_progress_is_reported_in_the_callers_thread(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny, domains=6, users=4)
    reported: list[Progress] = []
    threads: set[threading.Thread] = set()

    def progress(now: Progress) -> None:
        reported.append(now)
        threads.add(threading.current_thread())

    read(kerio, progress=progress)
    assert reported[-1] == (6, 6, 24)
    assert reported == sorted(reported)
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("method", ["Session.whoAmI", "Domains.get", "Users.get", "Server.getAboutInfo"])
def test_a_reading_can_be_called_off_at_any_call(tiny: TinyServer, kerio: ServerAccess, method: str) -> None:
    furnish(tiny)
    cancel = threading.Event()

    def hold(_: Call) -> Raw:
        cancel.set()
        return Raw(hold=True)

    tiny.answers[method] = hold
    with pytest.raises(Cancelled):
        read(kerio, cancel=cancel, timeouts=Timeouts(call=600))
    assert len(tiny.asked("Session.logout")) == 1


SEEN = datetime(2025, 8, 3, 18, 43, 20, tzinfo=UTC)


UNSTATED: list[Any] = [{"dateTime": None}, {"other": 1}, {}, None]
ODD_TIMES: list[Any] = [10**17, -(10**9), 10**8, "yesterday", [], True]
ODD_LOGINS: list[Any] = ["yesterday", 7, []]


@pytest.mark.parametrize(
    ("info", "last_login", "unknown", "odd"),
    [
        *(({"dateTime": never}, None, False, False) for never in (0, "0", "", -5, 3600, -11644473600, -62135596800)),
        *((info, None, True, False) for info in UNSTATED),
        *(({"dateTime": at}, SEEN, False, False) for at in ("1754246600", 1754246600, 1754246600000, 1754246600000000)),
        *(({"dateTime": at}, None, True, True) for at in ODD_TIMES),
        *((info, None, True, True) for info in ODD_LOGINS),
    ],
)
def test_a_last_login_that_never_was_is_distinguished_from_one_that_cannot_be_read(
    tiny: TinyServer, kerio: ServerAccess, info: Any, last_login: datetime | None, unknown: bool, odd: bool
) -> None:
    people = furnish(tiny, domains=1, users=1)["keriodb://domain/d0"]
    people[0]["lastLoginInfo"] = info | {"protocol": "POP3"} if isinstance(info, dict) else info
    state = read(kerio)
    (found,) = of_kind(state.domains[0])
    assert found.last_login == (LastLogin(last_login, "POP3") if last_login else None)
    assert (found.login_unknown, found.never_logged_in) == (unknown, last_login is None and not unknown)
    assert state.odd_logins == odd


def test_a_user_with_nothing_but_a_name_and_one_of_an_old_server(tiny: TinyServer, kerio: ServerAccess) -> None:
    people = furnish(tiny, domains=1, users=0)["keriodb://domain/d0"]
    people.append({"id": "a", "loginName": "bare", "isEnabled": True, "newField": [{}]})
    people.append(
        {
            "id": "b",
            "loginName": "old",
            "isEnabled": 0,
            "itemSource": 1,
            "role": {"userRole": 3},
            "consumedSize": {"value": "2", "units": 2},
            "consumedItems": "17",
        }
    )
    state = read(kerio)
    bare, old = of_kind(state.domains[0])
    assert state.silent == {
        "a": {"full_name", "description", "role", "home", "delivers_to"},
        "b": {"full_name", "description", "home", "delivers_to"},
    }
    assert (bare.enabled, bare.origin, bare.role, bare.last_login, bare.mailbox) == (True, "local", "user", None, False)
    assert (old.enabled, old.origin, old.role, old.mailbox) == (False, "directory", "full_admin", True)


def test_what_is_no_limit_of_a_domain(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny, users=0)
    limits = [-1, -2, 2**32 - 1, 2**31 - 1, 7777, "40", 0, None]
    tiny.answers["Domains.get"] = listed([domain(number, userMaxCount=limit) for number, limit in enumerate(limits)])
    tiny.answers["Domains.getUserCountInfo"] = give({})
    found = [each.domain.user_limit for each in read(kerio).domains]
    assert found == [None, None, None, None, None, 40, 0, None]


def test_a_directory_is_reported_without_its_password(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny, users=0)
    service = {
        "isEnabled": True,
        "serviceType": "WindowsActiveDirectory",
        "hostname": "dc.example",
        "ldapSuffix": "dc=example",
        "authentication": {"username": "reader", "password": "geheim", "isSecure": True},
    }
    tiny.answers["Domains.get"] = listed([domain(0, service=service)])
    state = read(kerio)
    assert state.domains[0].directory == MappedFrom("active_directory", "dc.example", "dc=example", "reader")
    assert "geheim" not in repr(state)


@pytest.mark.parametrize(("users", "expected"), [(-2, None), ("25", 25), (0, 0)])
def test_the_users_of_a_license(tiny: TinyServer, kerio: ServerAccess, users: object, expected: int | None) -> None:
    furnish(tiny)
    tiny.answers["ProductRegistration.getFullStatus"] = in_turn({"status": {"users": users}})
    status = read(kerio).license
    assert status is not None
    assert status.seats == expected
