"""The client against the server that behaves as real ones do, and otherwise where no one knows how they do."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kconsole.core.errors import SourceAway
from kconsole.core.records import Entry, LastLogin
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import (
    Answer,
    AnswerLost,
    Applied,
    Create,
    Delete,
    Denied,
    Disable,
    Enable,
    NotLetIn,
    ServerState,
)
from kconsole.providers.kerio.provider import KERIO
from tests.kerio_server import faults
from tests.kerio_server.readings import read_in_pages
from tests.kerio_server.server import KerioServer
from tests.kerio_server.unknowns import Unknowns
from tests.limits import thorough_but
from tests.providers.kerio.sessions import connected

SEEN_AT = datetime(2026, 8, 1, 9, 30, tzinfo=UTC)


def furnish(server: KerioServer) -> None:
    world = server.world
    world.add_domain("northwind.example")
    world.add_domain("retail.example", user_limit=40, directory="WindowsActiveDirectory", directory_host="dc.example")
    for number in range(7):
        world.add_user(f"user{number}@northwind.example", f"User {number}", last_login=(SEEN_AT, "IMAP"))
    world.add_user("never@northwind.example", enabled=False)
    world.add_user("boss@northwind.example", role="FullAdmin", password="full pass")
    world.add_user("auditor@northwind.example", role="Auditor", password="audit pass")
    world.add_user("mapped@retail.example", mapped=True)
    world.add_list("all@northwind.example", members=("user1@northwind.example",))
    world.add_resource("room@northwind.example")
    world.add_alias("info@northwind.example", "user1")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., KerioServer]]:
    started: list[KerioServer] = []

    def start(**unknowns: Any) -> KerioServer:
        server = KerioServer(tmp_path / str(len(started)), unknowns=Unknowns(**unknowns))
        furnish(server)
        started.append(server.start())
        return server

    yield start
    for server in started:
        server.close()


def settings_of(server: KerioServer, user: str = "") -> ServerAccess:
    return ServerAccess(url=server.url, user=user or server.user, fingerprint=server.fingerprint)


def read(server: KerioServer, user: str = "", password: str = "", **options: Any) -> ServerState:
    return read_in_pages(settings_of(server, user), password or server.password, **options)


def gist(state: ServerState) -> list[list[Entry]]:
    """The users, which no assumption may change."""
    return [[entry for entry in domain.entries if entry.kind == "user"] for domain in state.domains]


def test_all_of_a_server_is_read(served: Callable[..., KerioServer]) -> None:
    state = read(served(), page=4)
    assert state.missing == ()
    assert [each.domain.name for each in state.domains] == ["northwind.example", "retail.example"]
    northwind, retail = state.domains
    assert (northwind.domain.user_limit, retail.domain.user_limit) == (None, 40)
    assert retail.directory is not None
    users = {user.login: user for users in gist(state) for user in users}
    assert len(users) == 11
    assert users["user1"].last_login == LastLogin(SEEN_AT, "IMAP")
    assert users["never"].last_login is None
    assert not users["never"].enabled
    assert (users["mapped"].origin, users["boss"].role) == ("directory", "full_admin")
    others = [(entry.kind, entry.login) for entry in northwind.entries if entry.kind != "user"]
    assert others == [("mailing_list", "all"), ("resource", "room"), ("alias", "info")]
    assert state.role == "builtin_admin"
    assert state.started is not None


@pytest.mark.parametrize(
    "unknowns",
    [
        {"token_in": "body"},
        {"token_in": "either"},
        {"default_limit": 1},
        {"most_users": 3},
        {"totals": "missing"},
        {"totals": "missing", "most_users": 3},
        {"totals": "of the page"},
        {"calls_per_connection": 1},
        {"calls_per_connection": 2},
        {"unknown_fields": "refused"},
        {"never": "empty"},
        {"unlimited": -2},
        {"unlimited": 2**32 - 1},
        {"enums": "integers"},
    ],
    ids=str,
)
def test_what_no_one_knows_of_a_server_changes_nothing_that_is_read(
    served: Callable[..., KerioServer], unknowns: dict[str, Any]
) -> None:
    usual, other = read(served()), read(served(**unknowns))
    assert gist(other) == gist(usual)
    assert [each.domain.user_limit for each in other.domains] == [None, 40]
    assert (other.missing, other.role, other.license) == ((), usual.role, usual.license)
    assert [each.directory for each in other.domains] == [each.directory for each in usual.domains]


def test_a_list_that_ends_early_and_counts_itself_is_not_believed(served: Callable[..., KerioServer]) -> None:
    state = read(served(totals="of the page", most_users=3))
    assert ["user" in each.complete for each in state.domains] == [False, True]
    assert [(each.figure, each.domain, each.reason) for each in state.missing] == [
        ("users", "northwind.example", "contradicted")
    ]


def test_churn_between_two_pages_loses_no_one(served: Callable[..., KerioServer]) -> None:
    for totals in ("stated", "missing", "of the page"):
        server = served(totals=totals)
        stay = {user.login for user in server.world.users_of(server.world.domain("northwind.example").id)} - {"user0"}
        server.faults.add(faults.Churn(), "Users.get", call=2)
        assert stay <= {user.login for users in gist(read(server, page=3)) for user in users}


def test_users_of_other_servers_of_a_distributed_domain_are_marked(served: Callable[..., KerioServer]) -> None:
    server = served()
    server.world.add_domain("wide.example", distributed=True)
    for login, home in (("here", ""), ("there", "south")):
        server.world.add_user(f"{login}@wide.example", home=home)
    state = read(server)
    assert [(user.login, user.origin) for user in gist(state)[2]] == [("here", "local"), ("there", "other_server")]
    assert state.missing == ()


def test_a_server_that_takes_numbers_only_is_asked_in_numbers(served: Callable[..., KerioServer]) -> None:
    server = served(enums="integers")
    world = server.world
    users = [world.user(f"user{number}@northwind.example") for number in range(4)]
    ids, domain = tuple(user.id for user in users), world.domain("northwind.example").id
    with KERIO.connected(settings_of(server), Secret(server.password)) as mail:
        assert mail.apply(Delete(ids[:2], "keep", domain_ids=(domain,))) == tuple(map(Applied, ids[:2]))
        assert mail.apply(Delete(ids[2:3], "transfer", ids[3])) == (Applied(ids[2]),)
        found = mail.find(domain, "user3")
        assert found is not None
        assert found.server_id == ids[3]
        assert mail.find(domain, "", ids[0]) is None
        assert denials(mail.apply(Create(domain, "new"))) == []
        new = world.user("new@northwind.example").id
        assert mail.apply(Delete((new,), "delete")) == (Applied(new),)
    assert server.called("Session.whoAmI") == 1
    asked = [seen.params["requests"][0] for seen in server.calls if seen.method == "Users.remove"]
    assert [(each["method"], each["mode"]) for each in asked] == [(0, 1), (2, 1), (1, 1)]
    assert not [seen for seen in server.calls if seen.error]


@pytest.mark.parametrize("never", ["missing", "absent"])
def test_a_last_login_that_is_not_stated_is_unknown(served: Callable[..., KerioServer], never: str) -> None:
    usual, other = ([user for users in gist(read(served(**what))) for user in users] for what in ({}, {"never": never}))
    assert {user.login for user in usual if user.login_unknown} == set()
    silent = {user.login for user in usual if user.never_logged_in}
    assert {user.login for user in other if user.login_unknown} == silent
    assert "never" in silent


def test_an_auditor_reads_it_and_is_reported_what_he_may_not(served: Callable[..., KerioServer]) -> None:
    server = served(refused_reads={"Auditor": frozenset({"Users.getMailboxCount", "Aliases.get"})})
    state = read(server, "auditor@northwind.example", "audit pass")
    assert state.role == "auditor"
    assert state.numbers.active is None
    assert ["alias" in each.complete for each in state.domains] == [False, False]
    assert [(each.figure, each.domain) for each in state.missing] == [
        ("aliases", "northwind.example"),
        ("aliases", "retail.example"),
        ("mailbox-counts", ""),
    ]
    assert gist(state) == gist(read(server))


def test_a_user_who_administers_nothing_is_not_let_in(served: Callable[..., KerioServer]) -> None:
    server = served()
    server.world.set_role("user1@northwind.example", "UserRole", "own pass")
    with pytest.raises(SourceAway):
        read(server, "user1@northwind.example", "own pass")
    with pytest.raises(NotLetIn):
        read(server, password="wrong")


def denials(answer: Answer) -> list[str]:
    """Why the server refused, account by account."""
    assert not isinstance(answer, AnswerLost)
    return [each.reason for each in answer if isinstance(each, Denied)]


@pytest.mark.parametrize("fails", ["items", "call"])
def test_accounts_are_made_changed_and_removed(served: Callable[..., KerioServer], fails: str) -> None:
    server = served(create_fails=fails)
    domain = server.world.domain("northwind.example")
    with KERIO.connected(settings_of(server), Secret(server.password)) as mail:
        answer = mail.apply(Create(domain.id, "new", "New", password=Secret("own pass phrase")))
        assert not isinstance(answer, AnswerLost)
        (made,) = answer
        assert isinstance(made, Applied)
        assert denials(mail.apply(Create(domain.id, "new", "New"))) == ["exists"]
        assert mail.apply(Disable((made.server_id,))) == (made,)
        found = mail.find(domain.id, "new")
        assert found is not None
        assert not found.enabled
        answers = mail.apply(Enable(("keriodb://user/none", made.server_id)))
        assert denials(answers) == ["not-there"]
        assert not isinstance(answers, AnswerLost)
        assert answers[-1] == made
        assert mail.apply(Delete((made.server_id,), "delete")) == (made,)
        assert mail.find(domain.id, "new") is None
        server.world.set_license(users=1)
        assert denials(mail.apply(Create(domain.id, "other"))) == ["license-full"]


def test_an_account_cannot_disable_itself(served: Callable[..., KerioServer]) -> None:
    server = served()
    boss = server.world.user("boss@northwind.example")
    with KERIO.connected(settings_of(server, "boss@northwind.example"), Secret("full pass")) as mail:
        assert denials(mail.apply(Disable((boss.id,)))) == ["no-right"]


FAULTS: dict[str, Callable[[], faults.Fault]] = {
    "cut": faults.Cut,
    "half body": faults.HalfBody,
    "half json": faults.HalfJson,
    "500": lambda: faults.status(500),
    "html": faults.html,
    "413": faults.too_large,
    "redirect": lambda: faults.redirect("https://elsewhere.example/"),
    "utf-8": faults.invalid_utf8,
    "null": faults.null,
}


@pytest.mark.parametrize("name", thorough_but(("cut", "500", "null"), FAULTS))
def test_a_fault_at_any_call_leaves_no_more_than_that_unread(served: Callable[..., KerioServer], name: str) -> None:
    server = served()
    usual = read(server)
    methods = {seen.method for seen in server.calls} - {"Session.logout"}
    for method in sorted(methods):
        server.faults.add(FAULTS[name](), method, times=None)
        is_needed = method in ("Session.login", "Session.whoAmI", "Domains.get", "Users.get")
        if is_needed or name in ("cut", "half body"):
            with pytest.raises(SourceAway):
                read(server)
        else:
            check_only_that_is_missing(usual, read(server), method)
        server.faults.clear()
    assert read(server).missing == ()


def check_only_that_is_missing(usual: ServerState, state: ServerState, method: str) -> None:
    silent = set().union(*state.silent.values())
    assert state.missing or method == "Server.getNamedConstantList"
    assert silent == ({"moderators"} if method == "MailingLists.getMlUserList" else set())
    assert gist(state) != [] or method.endswith("s.get")
    for before, after in zip(usual.domains, state.domains, strict=True):
        for kind in after.complete:
            assert [each for each in after.entries if each.kind == kind] == [
                each for each in before.entries if each.kind == kind
            ]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_a_change_leaves_it_open(served: Callable[..., KerioServer], name: str) -> None:
    server = served()
    user = server.world.user("user1@northwind.example")
    with KERIO.connected(settings_of(server), Secret(server.password)) as mail:
        server.faults.add(FAULTS[name](), "Users.set")
        assert isinstance(mail.apply(Disable((user.id,))), AnswerLost)


@pytest.mark.parametrize("method", ["Domains.get", "Users.get", "Users.getMailboxCount", "Server.getAboutInfo"])
def test_one_expired_session_is_not_noticed(served: Callable[..., KerioServer], method: str) -> None:
    server = served()
    server.faults.add(faults.Expired(), method)
    assert read(server).missing == ()
    assert server.logins == 2


def test_session_after_session_may_expire(served: Callable[..., KerioServer]) -> None:
    server = served()
    with connected(settings_of(server), Secret(server.password)) as line:
        for logins in (2, 3, 4):
            server.faults.add(faults.Expired(), "Users.getMailboxCount")
            line.call("Users.getMailboxCount")
            assert server.logins == logins
