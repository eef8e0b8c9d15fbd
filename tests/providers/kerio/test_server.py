"""The client against the server that behaves as real ones do, and otherwise where nobody knows how they do."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kconsole.providers.kerio.connection import connected
from kconsole.providers.kerio.snapshot import ServerSnapshot, read_server

from kconsole.core import access
from kconsole.core.errors import SourceAway
from kconsole.net.secrets import Secret
from kconsole.providers.kerio import writing
from kconsole.providers.kerio.errors import AnswerLost, ItemError, NotLetIn
from kconsole.providers.kerio.reading import find_user
from kconsole.providers.kerio.writing import Created, NewUser, Removal
from tests.kerio_server import faults
from tests.kerio_server.server import KerioServer
from tests.kerio_server.unknowns import Unknowns

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


def settings_of(server: KerioServer, user: str = "") -> access.ServerAccess:
    return access.ServerAccess(url=server.url, user=user or server.user, fingerprint=server.fingerprint)


def read(server: KerioServer, user: str = "", password: str = "", **options: Any) -> ServerSnapshot:
    return read_server(settings_of(server, user), Secret(password or server.password), **options)


def gist(snapshot: ServerSnapshot) -> object:
    """What a sync would take of users, which no guess may change."""
    return [
        [(user.login, user.enabled, user.mapped, user.role, user.last_login) for user in contents.users or ()]
        for contents in snapshot.domains
    ]


def test_all_of_a_server_is_read(served: Callable[..., KerioServer]) -> None:
    snapshot = read(served(), page=4)
    assert snapshot.unread == ()
    assert [contents.domain.name for contents in snapshot.domains] == ["northwind.example", "retail.example"]
    northwind, retail = snapshot.domains
    assert (northwind.domain.user_limit, retail.domain.user_limit) == (None, 40)
    assert retail.domain.directory is not None
    users = {user.login: user for user in (*(northwind.users or ()), *(retail.users or ()))}
    assert len(users) == 11
    assert users["user1"].last_login == SEEN_AT
    assert users["user1"].protocol == "IMAP"
    assert users["never"].last_login is None
    assert not users["never"].enabled
    assert users["mapped"].mapped
    assert users["boss"].role == "full_admin"
    assert [found.name for found in northwind.mailing_lists or ()] == ["all"]
    assert [found.name for found in northwind.resources or ()] == ["room"]
    assert [found.name for found in northwind.aliases or ()] == ["info"]
    assert snapshot.who.role == "builtin_admin"
    assert snapshot.started is not None


@pytest.mark.parametrize(
    "unknowns",
    [
        {"token_in": "body"},
        {"token_in": "either"},
        {"default_limit": 1},
        {"most_users": 3},
        {"unknown_fields": "refused"},
        {"never": "empty"},
        {"never": "missing"},
        {"never": "absent"},
        {"unlimited": -2},
        {"unlimited": 2**32 - 1},
        {"enums": "integers"},
    ],
    ids=str,
)
def test_what_nobody_knows_of_a_server_changes_nothing_that_is_read(
    served: Callable[..., KerioServer], unknowns: dict[str, Any]
) -> None:
    usual, other = read(served()), read(served(**unknowns))
    assert gist(other) == gist(usual)
    assert [contents.domain.user_limit for contents in other.domains] == [None, 40]
    assert other.unread == ()


def test_an_auditor_reads_it_and_is_told_what_he_may_not(served: Callable[..., KerioServer]) -> None:
    server = served(refused_reads={"Auditor": frozenset({"Users.getMailboxCount", "Aliases.get"})})
    snapshot = read(server, "auditor@northwind.example", "audit pass")
    assert snapshot.who.role == "auditor"
    assert snapshot.mailboxes is None
    assert [contents.aliases for contents in snapshot.domains] == [None, None]
    assert [(unread.figure, unread.domain) for unread in snapshot.unread] == [
        ("the aliases", "northwind.example"),
        ("the aliases", "retail.example"),
        ("the numbers of mailboxes", ""),
    ]
    assert gist(snapshot) == gist(read(server))


def test_a_user_who_administers_nothing_is_not_let_in(served: Callable[..., KerioServer]) -> None:
    server = served()
    server.world.set_role("user1@northwind.example", "UserRole", "own pass")
    with pytest.raises(SourceAway):
        read(server, "user1@northwind.example", "own pass")
    with pytest.raises(NotLetIn):
        read(server, password="wrong")


@pytest.mark.parametrize("fails", ["items", "call"])
def test_accounts_are_made_changed_and_removed(served: Callable[..., KerioServer], fails: str) -> None:
    server = served(create_fails=fails)
    domain = server.world.domain("northwind.example")
    with connected(settings_of(server), Secret(server.password)) as line:
        made = writing.create(line, NewUser(domain.id, "new", "New", password=Secret("own pass phrase")))
        assert isinstance(made, Created)
        again = writing.create(line, NewUser(domain.id, "new", "New"))
        assert isinstance(again, ItemError)
        assert again.code == 1001
        assert writing.set_enabled(line, [made.id], False) == ()
        found = find_user(line, domain.id, "new")
        assert found is not None
        assert not found.enabled
        (gone,) = writing.set_enabled(line, ["keriodb://user/none", made.id], True)
        assert (gone.index, gone.code) == (0, 1002)
        assert writing.remove(line, [Removal(made.id, "delete")]) == ()
        assert find_user(line, domain.id, "new") is None
        server.world.set_license(users=1)
        full = writing.create(line, NewUser(domain.id, "other"))
        assert isinstance(full, ItemError)
        assert (full.code, full.text) == (1003, "the license allows no more users")


def test_nobody_disables_himself(served: Callable[..., KerioServer]) -> None:
    server = served()
    boss = server.world.user("boss@northwind.example")
    with connected(settings_of(server, "boss@northwind.example"), Secret("full pass")) as line:
        (error,) = writing.set_enabled(line, [boss.id], False)
    assert error.code == 1004


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


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_any_call_of_a_reading_leaves_nothing_taken(served: Callable[..., KerioServer], name: str) -> None:
    server = served()
    read(server)
    methods = {seen.method for seen in server.calls} - {"Session.logout"}
    for method in sorted(methods):
        server.faults.add(FAULTS[name](), method, times=None)
        with pytest.raises(SourceAway):
            read(server)
        server.faults.clear()
    assert read(server).unread == ()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_a_change_leaves_it_open(served: Callable[..., KerioServer], name: str) -> None:
    server = served()
    user = server.world.user("user1@northwind.example")
    with connected(settings_of(server), Secret(server.password)) as line:
        server.faults.add(FAULTS[name](), "Users.set")
        with pytest.raises(AnswerLost):
            writing.set_enabled(line, [user.id], False)


@pytest.mark.parametrize("method", ["Domains.get", "Users.get", "Users.getMailboxCount", "Server.getAboutInfo"])
def test_one_expired_session_is_not_noticed(served: Callable[..., KerioServer], method: str) -> None:
    server = served()
    server.faults.add(faults.Expired(), method)
    assert read(server).unread == ()
    assert server.logins == 2


def test_session_after_session_may_expire(served: Callable[..., KerioServer]) -> None:
    server = served()
    with connected(settings_of(server), Secret(server.password)) as line:
        for logins in (2, 3, 4):
            server.faults.add(faults.Expired(), "Users.getMailboxCount")
            line.call("Users.getMailboxCount")
            assert server.logins == logins
