"""All that a sync needs is read whole, in pages, whatever odd values a server gives."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kconsole.core.errors import SourceAway
from kconsole.core.records import Entry, LastLogin
from kconsole.core.server import DomainNumbers, ServerAccess, ServerNumbers
from kconsole.providers.base import (
    Cancelled,
    LicenseState,
    MappedFrom,
    Missing,
    Progress,
    Timeouts,
)
from tests.providers.kerio.kerio_https import Call, Error, Raw, TinyServer, give, in_turn, listed
from tests.providers.kerio.kerio_world import by_domain, domain, furnish, user
from tests.providers.kerio.states import logins, of_kind, read


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
